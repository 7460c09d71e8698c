//! Finding the binary under test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The binary that `DANGOL_BIN` names, else the one of the profile that this program was built in, brought up to date.
///
/// # Panics
/// When it cannot be built.
pub fn path() -> PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| match std::env::var_os("DANGOL_BIN") {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
    .clone()
}

/// Cargo builds a binary only for the tests of its own package, so it is asked for here: a moment when it is there.
fn build() -> PathBuf {
    let own = std::env::current_exe().expect("this program has a path");
    // target/<profile>/deps/<test> or target/<profile>/<program>
    let profile = own
        .ancestors()
        .skip(1)
        .find(|folder| folder.file_name().is_some_and(|name| name != "deps"))
        .expect("a profile's folder");
    let target = profile.parent().expect("a target folder");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--bin", "dangol"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let built = command.status().expect("cargo runs");
    assert!(built.success(), "the binary under test was not built");
    profile.join("dangol")
}
