//! Holds the rules on the repository itself.

use std::path::{Path, PathBuf};

use dangol_tidy::{Finding, imports, links, locks, names, places, ports, ratchet, tree, walls};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files() -> Vec<tree::Source> {
    let files = tree::read(&root()).expect("the repository can be read");
    assert!(
        files
            .iter()
            .any(|file| file.path == "crates/domain/Cargo.toml"),
        "this is not the repository's root"
    );
    files
}

/// A list of this crate.
fn list(files: &[tree::Source], name: &str) -> tree::Source {
    let path = format!("crates/tidy/{name}");
    files
        .iter()
        .find(|file| file.path == path)
        .cloned()
        .expect("the list is there")
}

fn hold(findings: Vec<Finding>) {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn no_gateway_is_named_outside_its_folder() {
    hold(names::check(&files()));
}

#[test]
fn time_randomness_and_connections_come_from_the_ports() {
    let files = files();
    hold(ports::check(&files, &list(&files, "ports.txt")));
}

#[test]
fn crates_depend_as_the_import_table_says() {
    let files = files();
    hold(imports::check(&files, &list(&files, "imports.toml")));
}

#[test]
fn connectors_and_simulators_share_only_codecs() {
    hold(walls::check(&files()));
}

#[test]
fn files_and_functions_stay_small() {
    let files = files();
    hold(ratchet::check(&files, &list(&files, "ratchet.txt")));
}

#[test]
fn nothing_names_a_place_on_one_machine() {
    hold(places::check(&files()));
}

#[test]
fn lock_files_hold_nothing_banned_or_foreign() {
    hold(locks::check(&files()));
}

#[test]
fn links_between_texts_lead_somewhere() {
    let root = root();
    hold(links::check(&files(), &|path| root.join(path).exists()));
}
