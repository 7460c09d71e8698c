//! Files and functions stay small enough to read. What is longer is listed with its length in
//! `ratchet.txt`; a listed length may only go down, and a line goes when its reason has gone.

use std::collections::BTreeMap;

use crate::tree::Source;
use crate::{Finding, rust};

/// Lines of a file.
const FILE_LINES_MAX: usize = 500;
/// Lines of a function.
const FUNCTION_LINES_MAX: usize = 70;
/// Kinds of file that people write and read.
const EXTENSIONS: &[&str] = &[
    "rs", "ts", "js", "mjs", "css", "html", "svelte", "sql", "sh",
];

/// Checks every file against the limits and the list. A line of the list is a length and a path, for a
/// function `path::name`.
pub fn check(files: &[Source], list: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut listed: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (index, line) in list.text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line
            .split_once(' ')
            .and_then(|(length, what)| Some((length.parse().ok()?, what.trim())))
        {
            Some((length, what)) => _ = listed.insert(what, (length, index + 1)),
            None => findings.push(Finding::new(
                &list.path,
                index + 1,
                "is not a length and a path",
            )),
        }
    }
    let long = long(files);
    for (what, (path, line, length, limit)) in &long {
        match listed.get(what.as_str()) {
            Some((allowed, _)) if length <= allowed => {}
            Some((allowed, _)) => {
                let text =
                    format!("{what} grew from {allowed} to {length} lines; it may only shrink");
                findings.push(Finding::new(path, *line, text));
            }
            None => {
                let text = format!(
                    "{what} has {length} lines, more than {limit}; split it where the thought ends"
                );
                findings.push(Finding::new(path, *line, text));
            }
        }
    }
    for (what, (allowed, line)) in listed {
        let now = long.get(what).map(|(_, _, length, _)| *length);
        if now.is_none_or(|now| now < allowed) {
            let text = match now {
                Some(now) => format!("{what} has {now} lines now: lower the number from {allowed}"),
                None => format!("{what} is short now, or gone: take the line out"),
            };
            findings.push(Finding::new(&list.path, line, text));
        }
    }
    findings
}

/// What is over its limit: key → (path, line, length, limit). Of functions of one name in one file, the
/// longest counts.
fn long(files: &[Source]) -> BTreeMap<String, (String, usize, usize, usize)> {
    let mut long = BTreeMap::new();
    for file in files
        .iter()
        .filter(|file| EXTENSIONS.contains(&file.extension()))
    {
        let length = file.text.lines().count();
        if length > FILE_LINES_MAX {
            long.insert(
                file.path.clone(),
                (file.path.clone(), 0, length, FILE_LINES_MAX),
            );
        }
        if file.extension() != "rs" {
            continue;
        }
        for function in rust::functions(&rust::mask(&file.text).code) {
            let key = format!("{}::{}", file.path, function.name);
            let known = long
                .get(&key)
                .is_some_and(|(_, _, length, _)| *length >= function.lines);
            if function.lines > FUNCTION_LINES_MAX && !known {
                long.insert(
                    key,
                    (
                        file.path.clone(),
                        function.line,
                        function.lines,
                        FUNCTION_LINES_MAX,
                    ),
                );
            }
        }
    }
    long
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &str, path: &str, text: &str) -> Vec<String> {
        let files = [Source::new(path, text)];
        check(&files, &Source::new("ratchet.txt", list))
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    fn function(lines: usize) -> String {
        format!(
            "/// Doc.\nfn long() {{\n{}}}\n",
            "    a();\n".repeat(lines - 2)
        )
    }

    #[test]
    fn a_long_function_is_found_at_one_line_over() {
        assert_eq!(found("", "a.rs", &function(70)), [""; 0]);
        assert_eq!(found("", "a.rs", &function(71)).len(), 1);
    }

    #[test]
    fn a_long_file_is_found() {
        assert_eq!(found("", "a.ts", &"x\n".repeat(500)), [""; 0]);
        assert_eq!(found("", "a.ts", &"x\n".repeat(501)).len(), 1);
        assert_eq!(found("", "a.txt", &"x\n".repeat(501)), [""; 0]);
    }

    #[test]
    fn the_list_only_shrinks() {
        assert_eq!(found("80 a.rs::long", "a.rs", &function(80)), [""; 0]);
        assert!(found("80 a.rs::long", "a.rs", &function(81))[0].contains("grew"));
        assert!(found("80 a.rs::long", "a.rs", &function(79))[0].contains("lower the number"));
        assert!(found("80 a.rs::long", "a.rs", &function(9))[0].contains("take the line out"));
    }
}
