//! Invariant 9: a gateway's connector and its simulator share no code but codecs, so that a mistake in one
//! is caught by the other. A codec is a module whose name begins with `codec`.

use crate::tree::{Source, TestPaths};
use crate::{Finding, rust};

const HOME: &str = "crates/gateway/src/";

/// Every place where one side uses the other.
pub fn check(files: &[Source]) -> Vec<Finding> {
    let tests = TestPaths::find(files);
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.extension() == "rs" && !tests.holds(file))
    {
        let Some((gateway, inner)) = file
            .path
            .strip_prefix(HOME)
            .and_then(|path| path.split_once('/'))
        else {
            continue;
        };
        let is_gateway = files
            .iter()
            .any(|file| file.path == format!("{HOME}{gateway}/profile.toml"));
        if !is_gateway {
            continue;
        }
        let masked = rust::mask(&file.text);
        let code = rust::without(&masked.code, &rust::test_spans(&masked.code));
        match inner.strip_prefix("simulator") {
            Some(rest) => check_simulator(file, gateway, rest, &code, &mut findings),
            None => check_connector(file, inner, &code, &mut findings),
        }
    }
    findings
}

/// `rest` is the path after `simulator`: `/mod.rs`, `.rs`, `/pages.rs`, `/window/card.rs` …
fn check_simulator(
    file: &Source,
    gateway: &str,
    rest: &str,
    code: &str,
    findings: &mut Vec<Finding>,
) {
    // How many modules lie between this file's and the gateway's.
    let depth = match rest {
        ".rs" => 1,
        _ => rest.matches('/').count() + usize::from(!rest.ends_with("/mod.rs")),
    };
    for up in ["super::".repeat(depth), format!("crate::{gateway}::")] {
        for at in rust::places(code, &up) {
            if code[..at].ends_with("super::") {
                continue;
            }
            // One path, or the members of a group.
            let after = &code[at + up.len()..];
            let group = after
                .strip_prefix('{')
                .and_then(|group| group.split('}').next());
            let members = group.map_or_else(|| vec![after], |group| group.split(',').collect());
            for member in members
                .into_iter()
                .map(first_word)
                .filter(|name| !name.is_empty())
            {
                if !["simulator", "super"].contains(&member) && !member.starts_with("codec") {
                    let what = format!(
                        "the simulator uses the connector's {member}; write its own from the protocol"
                    );
                    findings.push(Finding::new(&file.path, rust::line_of(code, at), what));
                }
            }
        }
    }
}

fn check_connector(file: &Source, inner: &str, code: &str, findings: &mut Vec<Finding>) {
    // The gateway's mod.rs names the simulator's maker in its entry for the list.
    let wanted: &[&str] = if inner == "mod.rs" {
        &["sandbox::"]
    } else {
        &["sandbox::", "simulator::"]
    };
    for name in wanted {
        for at in rust::places(code, name) {
            let what =
                format!("the connector uses {name}; it knows the gateway's side by HTTP only");
            findings.push(Finding::new(&file.path, rust::line_of(code, at), what));
        }
    }
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(inner: &str, text: &str) -> usize {
        let files = [
            Source::new("crates/gateway/src/acmepay/profile.toml", ""),
            Source::new(&format!("crates/gateway/src/acmepay/{inner}"), text),
        ];
        check(&files).len()
    }

    #[test]
    fn a_simulator_that_borrows_from_the_connector_is_found() {
        assert_eq!(
            found("simulator/mod.rs", "use super::messages::Approve;"),
            1
        );
        assert_eq!(
            found(
                "simulator/api.rs",
                "use super::super::{codec, messages::Approve};"
            ),
            1
        );
        assert_eq!(found("simulator/api.rs", "use crate::acmepay::codes;"), 1);
        assert_eq!(
            found("simulator/window/card.rs", "super::super::super::codes::X"),
            1
        );
    }

    #[test]
    fn a_simulator_may_use_itself_codecs_and_the_sandbox() {
        assert_eq!(
            found(
                "simulator/mod.rs",
                "mod api; use super::codec_hex::hex; use crate::sandbox::World;"
            ),
            0
        );
        assert_eq!(
            found(
                "simulator/api.rs",
                "use super::fields; use crate::acmepay::simulator::Shop;"
            ),
            0
        );
        assert_eq!(
            found(
                "simulator/window/card.rs",
                "use super::super::fields; use super::x;"
            ),
            0
        );
        assert_eq!(found("simulator/tests.rs", "use super::super::codes;"), 0);
    }

    #[test]
    fn a_connector_that_knows_the_sandbox_is_found() {
        assert_eq!(found("messages.rs", "use crate::sandbox::Journal;"), 1);
        assert_eq!(found("messages.rs", "super::simulator::cards()"), 1);
        assert_eq!(
            found(
                "mod.rs",
                "pub const ENTRY: Entry = Entry { simulator: simulator::make };"
            ),
            0
        );
    }
}
