//! The lock files hold no banned crate and no source but the public registries.
//!
//! `cargo deny` checks more (licences), but it is a tool that not everybody has; this part always runs.

use toml::Table;

use crate::Finding;
use crate::tree::Source;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
const NPM: &str = "https://registry.npmjs.org/";

/// Checks `Cargo.lock` against the bans of `deny.toml`, and each `package-lock.json`.
pub fn check(files: &[Source]) -> Vec<Finding> {
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    };
    let mut findings = Vec::new();
    match (text("deny.toml"), text("Cargo.lock")) {
        (Some(rules), Some(lock)) => match (rules.parse(), lock.parse()) {
            (Ok(rules), Ok(lock)) => check_cargo(&rules, &lock, &mut findings),
            _ => findings.push(Finding::new(
                "Cargo.lock",
                0,
                "it or deny.toml cannot be read",
            )),
        },
        _ => findings.push(Finding::new("Cargo.lock", 0, "it or deny.toml is missing")),
    }
    for file in files
        .iter()
        .filter(|file| file.path.ends_with("package-lock.json"))
    {
        for (index, line) in file.text.lines().enumerate() {
            let address = line.trim().strip_prefix("\"resolved\": \"");
            if address.is_some_and(|address| address.contains("://") && !address.starts_with(NPM)) {
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    "comes from elsewhere than the public npm registry",
                ));
            }
        }
    }
    findings
}

fn check_cargo(rules: &Table, lock: &Table, findings: &mut Vec<Finding>) {
    let names = |table: &Table, outer: &str, inner: &str, key: &str| -> Vec<String> {
        let entries = match inner {
            "" => table.get(outer),
            _ => table.get(outer).and_then(|outer| outer.get(inner)),
        };
        let entries = entries
            .and_then(|entries| entries.as_array())
            .cloned()
            .unwrap_or_default();
        let name = |entry: &toml::Value| {
            entry
                .get(key)
                .and_then(|name| name.as_str())
                .map(str::to_owned)
        };
        entries.iter().filter_map(name).collect()
    };
    let banned = names(rules, "bans", "deny", "crate");
    if banned.is_empty() {
        findings.push(Finding::new(
            "deny.toml",
            0,
            "bans nothing; [bans] deny was expected",
        ));
    }
    for name in names(lock, "package", "", "name")
        .iter()
        .filter(|name| banned.contains(name))
    {
        findings.push(Finding::new(
            "Cargo.lock",
            0,
            format!("holds {name}, which deny.toml bans"),
        ));
    }
    for source in names(lock, "package", "", "source")
        .iter()
        .filter(|source| *source != REGISTRY)
    {
        findings.push(Finding::new(
            "Cargo.lock",
            0,
            format!("a crate comes from {source}"),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lock: &str, npm: &str) -> Vec<String> {
        let files = [
            Source::new(
                "deny.toml",
                "[bans]\ndeny = [{ crate = \"leaky\", reason = \"leaks\" }]",
            ),
            Source::new("Cargo.lock", lock),
            Source::new("web/package-lock.json", npm),
        ];
        check(&files)
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn a_banned_crate_and_a_foreign_source_are_found() {
        let lock = "[[package]]\nname = \"leaky\"\n[[package]]\nname = \"x\"\nsource = \"git+https://a.example/x\"\n";
        assert_eq!(found(lock, "").len(), 2);
        let fine = format!("[[package]]\nname = \"leaky-not\"\nsource = \"{REGISTRY}\"\n");
        assert_eq!(
            found(
                &fine,
                "  \"resolved\": \"https://registry.npmjs.org/a/-/a-1.tgz\",\n"
            ),
            [""; 0]
        );
        assert_eq!(
            found(
                &fine,
                "  \"resolved\": \"http://mirror.example/a-1.tgz\",\n"
            )
            .len(),
            1
        );
    }
}
