//! Invariant 7: time and randomness enter as arguments, and connections go out through the wire port.
//!
//! Clippy's `disallowed-methods` holds the same where it can see the call. This rule sees what clippy
//! does not (macros, `#[allow]`, SQL's own clock) and keeps the list of port files short and in one place.

use crate::tree::{Source, TestPaths};
use crate::{Finding, rust};

/// What only a port file may say in code.
const CODE: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "OffsetDateTime::now_utc",
    "UtcDateTime::now",
    "Utc::now",
    "Local::now",
    ".elapsed()",
    "getrandom::",
    "rand::",
    "thread_rng",
    "OsRng",
    "SystemRandom",
    "generate_key",
    "generate_nonce",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "TcpStream::connect",
    "reqwest::Client",
    // Whoever silences the lint must be on the list.
    "clippy::disallowed_methods",
];

/// What only a port file may say in SQL, in lower case.
const SQL: &[&str] = &[
    "current_timestamp",
    "clock_timestamp(",
    "now()",
    "'now'",
    "unixepoch(",
    "random()",
    "randomblob(",
    "gen_random_uuid(",
];

/// This crate, which names what it looks for.
const TIDY: &str = "crates/tidy/";

/// A port file and why it is one: a line of `ports.txt`.
struct Port<'a> {
    path: &'a str,
    line: usize,
}

/// Checks every file against the list in `ports.txt`: each line a path and a reason, `#` a comment.
pub fn check(files: &[Source], list: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut ports = Vec::new();
    for (index, line) in list.text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once(char::is_whitespace) {
            Some((path, _)) => ports.push(Port {
                path,
                line: index + 1,
            }),
            None => findings.push(Finding::new(
                &list.path,
                index + 1,
                "a port file needs a reason",
            )),
        }
    }
    let tests = TestPaths::find(files);
    let mut used = vec![false; ports.len()];
    let ours = |file: &&Source| file.path.starts_with("crates/") && !file.path.starts_with(TIDY);
    for file in files.iter().filter(|file| ours(file) && !tests.holds(file)) {
        let uses = uses(file);
        match ports.iter().position(|port| port.path == file.path) {
            Some(index) => used[index] = !uses.is_empty(),
            None => findings.extend(uses),
        }
    }
    let stale = ports.iter().zip(used).filter(|(_, used)| !used);
    findings.extend(stale.map(|(port, _)| {
        Finding::new(
            &list.path,
            port.line,
            format!(
                "{} uses no clock, randomness or connection: take it off",
                port.path
            ),
        )
    }));
    findings
}

fn uses(file: &Source) -> Vec<Finding> {
    let found = |text: &str, at: usize, what: &str| {
        let line = rust::line_of(text, at);
        Finding::new(
            &file.path,
            line,
            format!("uses `{what}`; take the Clock, Random or Wire port as an argument"),
        )
    };
    let mut findings = Vec::new();
    match file.extension() {
        "rs" => {
            let masked = rust::mask(&file.text);
            let spans = rust::test_spans(&masked.code);
            let code = rust::without(&masked.code, &spans);
            for wanted in CODE {
                findings.extend(
                    rust::places(&code, wanted)
                        .into_iter()
                        .map(|at| found(&code, at, wanted)),
                );
            }
            for span in masked
                .strings
                .iter()
                .filter(|span| !spans.iter().any(|test| test.contains(&span.start)))
            {
                let text = &file.text[span.clone()];
                findings.extend(sql_uses(text).map(|wanted| found(&file.text, span.start, wanted)));
            }
        }
        "sql" => findings.extend(sql_uses(&file.text).map(|wanted| {
            let at = file.text.to_lowercase().find(wanted).unwrap_or_default();
            found(&file.text, at, wanted)
        })),
        _ => {}
    }
    findings
}

fn sql_uses(text: &str) -> impl Iterator<Item = &'static str> {
    let text = text.to_lowercase();
    SQL.iter()
        .filter(move |wanted| !rust::places(&text, wanted).is_empty())
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &str, path: &str, text: &str) -> Vec<String> {
        let list = Source::new("ports.txt", list);
        check(&[Source::new(path, text)], &list)
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn a_clock_outside_the_list_is_found_even_where_clippy_was_silenced() {
        let text = "fn a() {\n    let now = std::time::SystemTime::now();\n}\n";
        assert!(
            found("", "crates/engine/src/a.rs", text)[0]
                .starts_with("crates/engine/src/a.rs:2: uses `SystemTime::now`")
        );
        let silenced = "#![allow(clippy::disallowed_methods)]\n";
        assert_eq!(found("", "crates/engine/src/a.rs", silenced).len(), 1);
        assert_eq!(
            found("", "crates/store/src/a.rs", "x(\"SELECT now()\");").len(),
            1
        );
        assert_eq!(
            found(
                "",
                "crates/store/src/migrations/1.sql",
                "a\nDEFAULT CURRENT_TIMESTAMP"
            )
            .len(),
            1
        );
        assert_eq!(
            found(
                "",
                "crates/vault/src/a.rs",
                "aws_lc_rs::rand::fill(&mut x);"
            )
            .len(),
            1
        );
    }

    #[test]
    fn a_port_file_may_and_tests_and_comments_may() {
        let clock = "let now = Instant::now();";
        assert_eq!(
            found(
                "crates/a/src/clock.rs the clock",
                "crates/a/src/clock.rs",
                clock
            ),
            [""; 0]
        );
        assert_eq!(found("", "crates/a/tests/it.rs", clock), [""; 0]);
        assert_eq!(
            found(
                "",
                "crates/a/src/b.rs",
                "// Instant::now\n\"it knows no now\"; operand::x(); MyInstant::new()"
            ),
            [""; 0]
        );
        assert_eq!(
            found(
                "",
                "crates/a/src/b.rs",
                "#[cfg(test)]\nmod tests { fn a() { Instant::now(); } }"
            ),
            [""; 0]
        );
    }

    #[test]
    fn a_stale_or_unexplained_port_is_found() {
        assert!(
            found("crates/a/src/gone.rs a clock", "crates/a/src/b.rs", "")[0]
                .contains("take it off")
        );
        assert!(found("crates/a/src/b.rs", "crates/a/src/c.rs", "")[0].contains("needs a reason"));
    }
}
