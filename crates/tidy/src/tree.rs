//! The repository's text files, and what kind of file each is.

use std::fs;
use std::io;
use std::path::Path;

use crate::rust;

/// A text file of the repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// From the repository's root, with forward slashes.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A file from its path and text.
    pub fn new(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The part of the name after the last dot; empty without one.
    pub fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Whether the path passes through a folder of this name.
    pub fn is_under(&self, folder: &str) -> bool {
        let mut parts = self.path.split('/').rev();
        parts.next();
        parts.any(|part| part == folder)
    }
}

/// Folders that hold what was built, downloaded or recorded, not what was written.
const SKIPPED: &[&str] = &[
    "target",
    "node_modules",
    "dist",
    "dangol-data",
    "test-results",
    "playwright-report",
];
/// Hidden folders that are part of the project.
const HIDDEN: &[&str] = &[".ci", ".config", ".cargo"];

/// Reads every text file under the root, in order of path. Files that are not UTF-8 are left out.
pub fn read(root: &Path) -> io::Result<Vec<Source>> {
    let mut found = Vec::new();
    read_folder(root, "", &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn read_folder(folder: &Path, prefix: &str, found: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let hidden = name.starts_with('.') && !HIDDEN.contains(&name.as_str());
            if !hidden && !SKIPPED.contains(&name.as_str()) {
                read_folder(&entry.path(), &format!("{path}/"), found)?;
            }
        } else if kind.is_file()
            // In a worktree `.git` is a file, which names the folder.
            && name != ".git"
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            found.push(Source { path, text });
        }
    }
    Ok(())
}

/// Paths that hold only tests: by folder, by name, or because their parent declares them under
/// `#[cfg(test)]`. A path that ends in `/` means everything below it.
pub struct TestPaths(Vec<String>);

impl TestPaths {
    /// Finds the modules that are declared under `#[cfg(test)]`.
    pub fn find(files: &[Source]) -> TestPaths {
        let mut paths = Vec::new();
        for file in files.iter().filter(|file| file.extension() == "rs") {
            let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            let stem = name.trim_end_matches(".rs");
            let below = match stem {
                "lib" | "main" | "mod" => folder.to_owned(),
                _ => format!("{folder}/{stem}"),
            };
            for module in rust::test_modules(&rust::mask(&file.text).code) {
                paths.push(format!("{below}/{module}.rs"));
                paths.push(format!("{below}/{module}/"));
            }
        }
        TestPaths(paths)
    }

    /// Whether the whole file is test code or test data.
    pub fn holds(&self, file: &Source) -> bool {
        const FOLDERS: &[&str] = &["tests", "fixtures", "snapshots", "proptest-regressions"];
        const ENDINGS: &[&str] = &[
            "/tests.rs",
            "_test.rs",
            "_tests.rs",
            ".test.ts",
            "_test.ts",
            ".spec.ts",
            ".test.js",
            ".test.mjs",
        ];
        FOLDERS.iter().any(|folder| file.is_under(folder))
            || ENDINGS.iter().any(|ending| file.path.ends_with(ending))
            || self.0.iter().any(|path| {
                file.path == *path || (path.ends_with('/') && file.path.starts_with(path))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_declared_for_tests_is_a_test_file_and_its_neighbour_is_not() {
        let files = [
            Source::new(
                "crates/a/src/lib.rs",
                "#[cfg(test)]\nmod world;\nmod real;\n",
            ),
            Source::new("crates/a/src/flow.rs", "#[cfg(test)]\nmod fake;\n"),
        ];
        let tests = TestPaths::find(&files);
        let holds = |path: &str| tests.holds(&Source::new(path, ""));
        assert!(holds("crates/a/src/world.rs") && holds("crates/a/src/world/cards.rs"));
        assert!(holds("crates/a/src/flow/fake.rs"));
        assert!(holds("crates/a/tests/it.rs") && holds("web/sdk/init.test.ts"));
        assert!(!holds("crates/a/src/real.rs") && !holds("crates/a/src/fake.rs"));
        assert!(!holds("crates/a/src/contests.rs") && !holds("tests.toml"));
    }
}
