//! Nothing names a path of one person's machine: the project must build and read well anywhere.

use crate::tree::Source;
use crate::{Finding, rust};

/// Written in two parts, so that this file does not break its own rule.
const PLACES: &[(&str, &str)] = &[
    ("/wo", "rk/"),
    ("/tmp/bash", "_jobs"),
    ("/tmp/tar", "get"),
    ("/tmp/br", "ief"),
    (".lib", "rary/"),
    ("shared/de", "sign"),
    ("shared/se", "eds"),
    ("shared/ref", "erence"),
];

/// Every line that names such a place.
pub fn check(files: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for (first, second) in PLACES {
            let place = format!("{first}{second}");
            for (at, _) in file.text.match_indices(&place) {
                // The tail of a longer path is a folder of ours; the same from the root is not.
                let inside =
                    place.starts_with('/') && at > 0 && is_path(file.text.as_bytes()[at - 1]);
                if !inside {
                    findings.push(Finding::new(
                        &file.path,
                        rust::line_of(&file.text, at),
                        format!("names {place}"),
                    ));
                }
            }
        }
    }
    findings
}

fn is_path(byte: u8) -> bool {
    rust::is_word(byte) || matches!(byte, b'.' | b'-' | b'}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_from_the_root_is_found_and_a_folder_of_ours_is_not() {
        let text = format!(
            "a\ncd {}main\nsee src{}a.rs",
            PLACES[0].0.to_owned() + PLACES[0].1,
            "/wo".to_owned() + "rk/"
        );
        let lines: Vec<usize> = check(&[Source::new("a.md", &text)])
            .into_iter()
            .map(|finding| finding.line)
            .collect();
        assert_eq!(lines, [2]);
    }
}
