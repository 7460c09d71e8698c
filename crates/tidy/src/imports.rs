//! The import table: what each crate may depend on, and where SQL may be written.
//!
//! The table is `imports.toml`. It is read beside every `Cargo.toml` under `crates/`; a crate that the
//! table does not name is a finding, so that a new crate says where it stands.

use toml::{Table, Value};

use crate::tree::{Source, TestPaths};
use crate::{Finding, rust};

/// Checks every crate against the table.
pub fn check(files: &[Source], table: &Source) -> Vec<Finding> {
    let rules: Table = match table.text.parse() {
        Ok(rules) => rules,
        Err(error) => return vec![Finding::new(&table.path, 0, error.to_string())],
    };
    let renamed = files
        .iter()
        .find(|file| file.path == "Cargo.toml")
        .map(workspace_packages)
        .unwrap_or_default();
    let tests = TestPaths::find(files);
    let mut findings = Vec::new();
    for file in files {
        let Some((folder, inner)) = file
            .path
            .strip_prefix("crates/")
            .and_then(|path| path.split_once('/'))
        else {
            continue;
        };
        let rule = rules.get("crates").and_then(|crates| crates.get(folder));
        match (rule, inner) {
            (None, "Cargo.toml") => findings.push(Finding::new(
                &file.path,
                0,
                format!("{} does not name it", table.path),
            )),
            (Some(rule), "Cargo.toml") => {
                check_manifest(file, folder, rule, &rules, &renamed, &mut findings)
            }
            (Some(rule), _) if file.extension() == "rs" && !tests.holds(file) => {
                check_code(file, rule, &mut findings)
            }
            _ => {}
        }
    }
    findings
}

/// Dependency key → the package that it stands for, where the root manifest renames it.
type Renamed = Vec<(String, String)>;

fn workspace_packages(root: &Source) -> Renamed {
    let root: Table = root.text.parse().unwrap_or_default();
    let dependencies = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"));
    let dependencies = dependencies
        .and_then(Value::as_table)
        .cloned()
        .unwrap_or_default();
    let package =
        |(key, value): (String, Value)| Some((key, value.get("package")?.as_str()?.to_owned()));
    dependencies.into_iter().filter_map(package).collect()
}

/// The packages of every dependency section but the development ones, those of targets included.
fn dependencies(manifest: &Table, renamed: &Renamed) -> Vec<String> {
    let targets = manifest
        .get("target")
        .and_then(Value::as_table)
        .cloned()
        .unwrap_or_default();
    let sections = std::iter::once(manifest).chain(targets.values().filter_map(Value::as_table));
    let mut found = Vec::new();
    for section in sections {
        for kind in ["dependencies", "build-dependencies"] {
            for (key, value) in section
                .get(kind)
                .and_then(Value::as_table)
                .into_iter()
                .flatten()
            {
                let own = value.get("package").and_then(Value::as_str);
                let inherited = renamed
                    .iter()
                    .find(|(name, _)| name == key)
                    .map(|(_, package)| package.as_str());
                found.push(own.or(inherited).unwrap_or(key).to_owned());
            }
        }
    }
    found
}

fn list(value: Option<&Value>) -> Option<Vec<&str>> {
    Some(
        value?
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .collect(),
    )
}

fn check_manifest(
    file: &Source,
    folder: &str,
    rule: &Value,
    rules: &Table,
    renamed: &Renamed,
    findings: &mut Vec<Finding>,
) {
    let manifest: Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return findings.push(Finding::new(&file.path, 0, error.to_string())),
    };
    let workspace = list(rule.get("workspace")).unwrap_or_default();
    let external = list(rule.get("external"));
    for package in dependencies(&manifest, renamed) {
        let allowed = match package.strip_prefix("dangol-") {
            Some(ours) => workspace.contains(&ours),
            None => {
                let only = list(rules.get("only").and_then(|only| only.get(&package)));
                external
                    .as_ref()
                    .is_none_or(|all| all.contains(&package.as_str()))
                    && only.is_none_or(|folders| folders.contains(&folder))
            }
        };
        if !allowed {
            findings.push(Finding::new(
                &file.path,
                0,
                format!("{folder} may not depend on {package} (imports.toml)"),
            ));
        }
    }
}

fn check_code(file: &Source, rule: &Value, findings: &mut Vec<Finding>) {
    let masked = rust::mask(&file.text);
    let tests = rust::test_spans(&masked.code);
    let code = rust::without(&masked.code, &tests);
    if let Some(limit) = rule.get("only_under") {
        let folders = list(limit.get("folders")).unwrap_or_default();
        let crates = list(limit.get("crates")).unwrap_or_default();
        if !folders
            .iter()
            .any(|folder| file.is_under(folder) || file.path.ends_with(&format!("/{folder}.rs")))
        {
            for name in crates {
                let path = format!("{name}::");
                for at in rust::places(&code, &path) {
                    let what = format!("uses {name}, which belongs under {}", folders.join(" or "));
                    findings.push(Finding::new(&file.path, rust::line_of(&code, at), what));
                }
            }
        }
    }
    if rule.get("sql").and_then(Value::as_bool) != Some(true) {
        for span in masked
            .strings
            .iter()
            .filter(|span| !tests.iter().any(|test| test.contains(&span.start)))
        {
            if is_sql(&file.text[span.clone()]) {
                let line = rust::line_of(&file.text, span.start);
                findings.push(Finding::new(
                    &file.path,
                    line,
                    "holds SQL, which belongs into crates/store",
                ));
            }
        }
    }
}

/// Whether a string is an SQL statement. One spelling of the keywords, as in a statement: a sentence
/// that begins with "Select" is none.
fn is_sql(text: &str) -> bool {
    const STATEMENTS: &[(&str, &str)] = &[
        ("SELECT", " FROM "),
        ("INSERT INTO", " "),
        ("INSERT OR", " INTO "),
        ("UPDATE", " SET "),
        ("DELETE FROM", " "),
        ("WITH", " AS ("),
        ("CREATE TABLE", " "),
        ("ALTER TABLE", " "),
        ("DROP TABLE", " "),
        ("PRAGMA", " "),
    ];
    let text: String = text
        .split_whitespace()
        .filter(|word| *word != "\\")
        .collect::<Vec<_>>()
        .join(" ");
    STATEMENTS.iter().any(|(first, then)| {
        let upper = text.starts_with(first) && text[first.len()..].contains(then);
        let (first, then) = (first.to_lowercase(), then.to_lowercase());
        upper || (text.starts_with(&first) && text[first.len()..].contains(&then))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "
        [crates.core]
        workspace = []
        external = [\"serde\"]
        [crates.edge]
        workspace = [\"core\"]
        only_under = { folders = [\"simulator\"], crates = [\"axum\"] }
        [only]
        axum = [\"edge\"]
        reqwest = []
    ";

    fn found(path: &str, text: &str) -> Vec<String> {
        let root = Source::new(
            "Cargo.toml",
            "[workspace.dependencies]\nweb = { package = \"reqwest\", version = \"1\" }",
        );
        let files = [root, Source::new(path, text)];
        check(&files, &Source::new("imports.toml", TABLE))
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn a_dependency_outside_the_table_is_found_whatever_it_is_called() {
        let edge = |text: &str| found("crates/edge/Cargo.toml", text).len();
        assert_eq!(
            edge("[dependencies]\ndangol-core = \"1\"\naxum.workspace = true\n"),
            0
        );
        assert_eq!(edge("[dependencies]\nreqwest.workspace = true\n"), 1);
        assert_eq!(edge("[dependencies]\nx = { package = \"reqwest\" }\n"), 1);
        assert_eq!(edge("[build-dependencies]\nweb.workspace = true\n"), 1);
        assert_eq!(
            edge("[target.'cfg(unix)'.dependencies]\nreqwest = \"1\"\n"),
            1
        );
        assert_eq!(edge("[dev-dependencies]\nreqwest = \"1\"\n"), 0);
        let core = |text: &str| found("crates/core/Cargo.toml", text).len();
        assert_eq!(core("[dependencies]\nserde = \"1\"\n"), 0);
        assert_eq!(core("[dependencies]\nitoa = \"1\"\n"), 1);
        assert_eq!(core("[dependencies]\ndangol-edge = \"1\"\n"), 1);
        assert_eq!(found("crates/fresh/Cargo.toml", "").len(), 1);
    }

    #[test]
    fn a_crate_is_used_in_its_folders_only() {
        let code = "fn a() {}\nuse axum::Router;\n";
        assert_eq!(found("crates/edge/src/acme/mod.rs", code).len(), 1);
        assert_eq!(
            found("crates/edge/src/acme/simulator/mod.rs", code),
            [""; 0]
        );
        assert_eq!(found("crates/edge/src/acme/tests.rs", code), [""; 0]);
    }

    #[test]
    fn sql_outside_the_store_is_found_and_prose_is_not() {
        let sql = |text: &str| found("crates/edge/src/a.rs", &format!("f(\"{text}\");")).len();
        assert_eq!(sql("SELECT a FROM b"), 1);
        assert_eq!(sql("update b\n    set a = 1"), 1);
        assert_eq!(sql("WITH x AS (SELECT 1) INSERT"), 1);
        assert_eq!(sql("Select a card from the list"), 0);
        assert_eq!(sql("UPDATED"), 0);
    }
}
