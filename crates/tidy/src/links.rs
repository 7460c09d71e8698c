//! A link between the repository's texts leads somewhere: the file is there, and so is the heading.
//!
//! Addresses elsewhere (`https:`, `mailto:`) are not asked.

use std::collections::BTreeMap;

use crate::Finding;
use crate::tree::Source;

/// Every link to a place in the repository that is not there. `exists` says whether there is a file or a folder at a path
/// from the root; pictures are no texts, so the files alone cannot tell.
pub fn check(files: &[Source], exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let texts = files.iter().filter(|file| file.extension() == "md");
    let texts: BTreeMap<&str, String> = texts
        .map(|file| (file.path.as_str(), without_code(&file.text)))
        .collect();
    let mut findings = Vec::new();
    for (path, text) in &texts {
        for (n, line) in text.lines().enumerate() {
            for target in targets(line) {
                if let Some(what) = wrong(path, target, &texts, exists) {
                    findings.push(Finding::new(path, n + 1, what));
                }
            }
        }
    }
    findings
}

/// What is wrong with a link of the file at `from`.
fn wrong(
    from: &str,
    target: &str,
    texts: &BTreeMap<&str, String>,
    exists: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme);
    if ["https", "http", "mailto"].contains(&scheme) {
        return None;
    }
    let (place, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match place {
        "" => from.to_owned(),
        _ => match resolved(from, place) {
            Some(path) => path,
            None => return Some(format!("{target} leads out of the repository")),
        },
    };
    if !place.is_empty() && !exists(&path) {
        return Some(format!("{target} leads to {path}, which does not exist"));
    }
    let text = texts.get(path.as_str()).filter(|_| !anchor.is_empty())?;
    let there = anchors(text).iter().any(|known| known == anchor);
    (!there).then(|| format!("{target}: {path} has no heading #{anchor}"))
}

/// A path from the root; `None` when it leaves the repository.
fn resolved(from: &str, place: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if place.starts_with('/') {
        return None;
    }
    for part in place.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The targets of a line's links and pictures, and of a definition (`[name]: target`).
fn targets(line: &str) -> Vec<&str> {
    let mut found: Vec<&str> = line
        .match_indices("](")
        .map(|(at, opening)| &line[at + opening.len()..])
        .map(|rest| &rest[..rest.find([')', ' ']).unwrap_or(rest.len())])
        .collect();
    let definition = line
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "));
    found.extend(definition.and_then(|(_, target)| target.split_whitespace().next()));
    found
}

/// The anchors of the headings, as GitHub makes them: a heading that stands twice gets a number.
fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().to_lowercase();
        let kept = kept
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let numbered = (1..).map(|n| format!("{anchor}-{n}"));
        let free = std::iter::once(anchor.clone())
            .chain(numbered)
            .find(|name| !found.contains(name));
        found.extend(free);
    }
    found
}

/// The text with its fenced blocks emptied and its code spans left out, but for headings, whose code makes anchors.
fn without_code(text: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let start = line.trim_start();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) if line.starts_with('#') => kept += line,
            // What stands between an odd and an even mark is code.
            (None, None) => kept.extend(line.split('`').step_by(2)),
            (Some(_), _) => {}
        }
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        let files = [
            Source::new("docs/a.md", text),
            Source::new(
                "docs/b.md",
                "# The `key` ring\n## 키 링, 백업\n## Same\n## Same\n",
            ),
            Source::new("README.md", "# Hello"),
        ];
        let there = [
            "docs",
            "docs/a.md",
            "docs/b.md",
            "README.md",
            "docs/images/shop.png",
        ];
        check(&files, &|path| there.contains(&path))
            .into_iter()
            .map(|finding| (finding.line, finding.what))
            .collect()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        let text = "# Here and there\n[b](b.md) ![shop](images/shop.png \"The shop\") [up](../README.md#hello)\n\
            [key](b.md#the-key-ring), [backup](./b.md#키-링-백업), [second](b.md#same-1), [here](#here-and-there)\n\
            [folder](../docs/) [elsewhere](https://example.com/none.md) [mail](mailto:a@example.com)\n[ref]: b.md\n";
        assert_eq!(found(text), []);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let text = "[gone](c.md)\n[anchor](b.md#nothing) [self](#nothing)\n[out](../../x.md) [root](/README.md)\n\
            ![no picture](images/none.png)\n[ref]: none.md\n[third](b.md#same-2)\n";
        let lines: Vec<usize> = found(text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 2, 2, 3, 3, 4, 5, 6]);
    }

    #[test]
    fn code_holds_no_links_and_no_headings() {
        let text = "`[a](none.md)` and\n```sh\n# nothing\n[b](none.md)\n```\n[c](#nothing)\n";
        let found = found(text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, 6);
    }
}
