//! Invariant 1: no payment gateway is named outside its own folder and the one list.
//!
//! The names come from the folders under `crates/gateway/src` that hold a `profile.toml`. Comments count
//! as well: code that needs to know a gateway's name to be explained is not general.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::tree::{Source, TestPaths};
use crate::{Finding, rust};

const HOME: &str = "crates/gateway/src/";
const LIST: &str = "crates/gateway/src/lib.rs";
/// What may name gateways: the shop's snippets, browser tests with the vendors' libraries that they use, and texts for
/// people.
const EXCEPTED: &[&str] = &["web/demo/", "web/e2e/", "web/package.json", "docs/"];
const EXCEPTED_ENDINGS: &[&str] = &[".md", "package-lock.json", "Cargo.lock", ".snap"];

/// Folder of each gateway → its names in lower case: the whole (`acmepay_card` as `acmepaycard`) and the
/// first word (`acmepay`).
fn gateways(files: &[Source]) -> BTreeMap<&str, Vec<String>> {
    let mut found = BTreeMap::new();
    for file in files {
        let folder = file
            .path
            .strip_prefix(HOME)
            .and_then(|rest| rest.strip_suffix("/profile.toml"));
        if let Some(folder) = folder.filter(|folder| !folder.contains('/')) {
            let first = folder.split('_').next().unwrap_or(folder).to_owned();
            let mut names = vec![first, folder.replace('_', "")];
            names.dedup();
            found.insert(folder, names);
        }
    }
    found
}

/// Every place outside the exceptions that names a gateway.
pub fn check(files: &[Source]) -> Vec<Finding> {
    let gateways = gateways(files);
    let tests = TestPaths::find(files);
    let mut findings = Vec::new();
    for file in files {
        // Without its profile a gateway's name would be unknown here, and free to spread.
        let inner = file.path.strip_prefix(HOME);
        let simulated = inner.and_then(|inner| inner.strip_suffix("/simulator/mod.rs"));
        if simulated.is_some_and(|folder| !gateways.contains_key(folder)) {
            findings.push(Finding::new(
                &file.path,
                0,
                "its gateway has no profile.toml",
            ));
        }
        let excepted = EXCEPTED.iter().any(|prefix| file.path.starts_with(prefix))
            || EXCEPTED_ENDINGS
                .iter()
                .any(|ending| file.path.ends_with(ending))
            || tests.holds(file);
        if excepted {
            continue;
        }
        let own = file
            .path
            .strip_prefix(HOME)
            .and_then(|rest| rest.split_once('/'))
            .map_or("", |(own, _)| own);
        let foreign: Vec<&str> = gateways
            .iter()
            .filter(|(folder, _)| **folder != own)
            .flat_map(|(_, names)| names)
            .map(String::as_str)
            .collect();
        check_file(file, &foreign, &mut findings);
    }
    findings
}

fn check_file(file: &Source, names: &[&str], findings: &mut Vec<Finding>) {
    if let Some(name) = names
        .iter()
        .find(|name| !mentions(&file.path, name).is_empty())
    {
        findings.push(Finding::new(
            &file.path,
            0,
            format!("the file is named after the gateway {name}"),
        ));
    }
    let is_rust = file.extension() == "rs";
    let masked = rust::mask(&file.text);
    let text = if is_rust {
        rust::without(&file.text, &rust::test_spans(&masked.code))
    } else {
        file.text.clone()
    };
    let mut found: Vec<(usize, &str)> = Vec::new();
    for name in names {
        found.extend(mentions(&text, name).into_iter().map(|at| (at, *name)));
    }
    found.sort_unstable();
    if file.path == LIST {
        found.retain(|(at, _)| !is_module(&text, *at));
        let items = rust::top_items(&masked.code);
        if let Some(first) = found.first().copied() {
            let list = items
                .into_iter()
                .find(|item| item.contains(&first.0))
                .unwrap_or_default();
            found.retain(|(at, _)| !list.contains(at));
        }
    }
    let mut last = 0;
    for (at, name) in found {
        let line = rust::line_of(&text, at);
        if line != last {
            findings.push(Finding::new(
                &file.path,
                line,
                format!("names the gateway {name}; what differs between gateways belongs into its folder or profile"),
            ));
        }
        last = line;
    }
}

/// Whether a position is on a line that declares a module.
fn is_module(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default().trim();
    let line = line.strip_prefix("pub ").unwrap_or(line);
    line.starts_with("mod ") && line.ends_with(';')
}

/// Where a name is used as a word or as words of an identifier: `acmepay_order`, `AcmepayOrder`,
/// `AcmePay`, `ACMEPAY-7`; but not `acmepayer`.
fn mentions(text: &str, name: &str) -> Vec<usize> {
    let words = words(text);
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let mut joined = String::new();
        let mut end = word.start;
        for next in &words[index..] {
            let gap = &text[end..next.start];
            let connected = joined.is_empty() || gap.is_empty() || gap == "_";
            if !connected {
                break;
            }
            joined.push_str(&text[next.clone()].to_lowercase());
            end = next.end;
            if joined == name {
                found.push(word.start);
            }
            if joined.len() >= name.len() {
                break;
            }
        }
    }
    found
}

/// The words of a text: runs of letters, cut at the humps of camel case.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let case = |index: usize| {
        letters
            .get(index)
            .map(|(_, letter)| (letter.is_uppercase(), letter.is_lowercase()))
    };
    for (index, (at, letter)) in letters.iter().enumerate() {
        if !letter.is_alphabetic() {
            continue;
        }
        let end = at + letter.len_utf8();
        let before = index.checked_sub(1).map(|before| letters[before].1);
        let goes_on = before.is_some_and(|before| {
            // `acmePay` is cut before the P, `ACMEPay` too.
            let hump = letter.is_uppercase()
                && (before.is_lowercase() || case(index + 1).is_some_and(|(_, lower)| lower));
            before.is_alphabetic() && !hump
        });
        match words.last_mut() {
            Some(word) if goes_on => word.end = end,
            _ => words.push(*at..end),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        let files = [
            Source::new("crates/gateway/src/acmepay_card/profile.toml", ""),
            Source::new("crates/gateway/src/other/profile.toml", ""),
            Source::new(path, text),
        ];
        check(&files)
            .into_iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn a_name_is_found_in_code_comments_strings_and_other_languages() {
        let text = "fn a() {}\nlet acmepay_order = 1;\n// as Acmepay does\n\"ACMEPAY\"; AcmePayOrder\nacmepay7; isAcmepayCard\n";
        assert_eq!(found("crates/engine/src/flow.rs", text), [2, 3, 4, 5]);
        assert_eq!(
            found("web/sdk/src/acme.ts", "if (pg === 'acmepay_card') {}"),
            [1]
        );
        assert_eq!(
            found("crates/store/migrations/0001.sql", "DEFAULT 'acmepay'"),
            [1]
        );
        assert_eq!(found("web/window/acmepay.ts", ""), [0]);
    }

    #[test]
    fn a_longer_word_is_another_word() {
        let text = "acmepayer acmepaycheck acme pay acme.pay; other_wise otherwise Another";
        let files = [
            Source::new("crates/gateway/src/acmepay/profile.toml", ""),
            Source::new("web/a.ts", text),
        ];
        assert_eq!(check(&files), []);
    }

    #[test]
    fn own_folder_tests_and_texts_may_name_it_and_a_neighbour_may_not() {
        let tail = "fn a() {}\n#[cfg(test)]\nmod tests { fn acmepay() {} }\n";
        assert_eq!(found("crates/engine/src/a.rs", tail), []);
        assert_eq!(found("crates/engine/tests/acmepay.rs", "acmepay"), []);
        assert_eq!(found("docs/acmepay.md", "acmepay"), []);
        assert_eq!(
            found("crates/gateway/src/acmepay_card/codes.rs", "acmepay"),
            []
        );
        assert_eq!(found("crates/gateway/src/other/codes.rs", "acmepay"), [1]);
    }

    #[test]
    fn a_gateway_without_a_profile_is_found() {
        assert_eq!(found("crates/gateway/src/fresh/simulator/mod.rs", ""), [0]);
    }

    #[test]
    fn the_list_is_one_item() {
        let list = "pub mod acmepay_card;\npub static ALL: &[E] = &[\n  acmepay_card::E,\n];\n";
        assert_eq!(found(LIST, list), []);
        let more = format!("{list}fn special(name: &str) -> bool {{\n  name == \"acmepay\"\n}}\n");
        assert_eq!(found(LIST, &more), [6]);
    }
}
