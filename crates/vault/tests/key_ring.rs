//! The key ring's file and text: whom it lets in, and what it says when it does not.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::*;
use dangol_vault::{KeyRing, VaultError};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("exists").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("own file");
}

#[test]
fn a_new_ring_is_its_owners_alone_and_reads_back_the_same() {
    let home = home();
    let made = KeyRing::create(&home.path, &mut fill(1), NOW_MS).expect("a ring");
    assert_eq!(mode(&home.path), 0o600);
    assert_eq!(mode(home.path.parent().expect("a folder")), 0o700);

    let loaded = KeyRing::load(&home.path).expect("loads");
    assert_eq!(loaded.fingerprint(), made.fingerprint());
    assert_eq!(loaded.active_id(), made.active_id());
    assert_eq!(loaded.active_since_ms(), NOW_MS);
    let text = fs::read_to_string(&home.path).expect("text");
    let from_text = KeyRing::from_text(&text).expect("reads");
    assert_eq!(from_text.fingerprint(), made.fingerprint());
}

#[test]
fn a_ring_is_never_overwritten() {
    let home = home();
    KeyRing::create(&home.path, &mut fill(1), NOW_MS).expect("a ring");
    let before = fs::read(&home.path).expect("bytes");
    let error = refused(KeyRing::create(&home.path, &mut fill(2), NOW_MS));
    assert!(matches!(error, VaultError::RingExists { .. }), "{error}");
    assert_eq!(fs::read(&home.path).expect("bytes"), before);
}

#[test]
fn a_missing_ring_is_named_and_not_made() {
    let home = home();
    let error = refused(KeyRing::load(&home.path));
    assert!(matches!(error, VaultError::RingMissing { .. }), "{error}");
    assert!(error.to_string().contains(&home.path.display().to_string()));
    assert!(!home.path.parent().expect("a folder").exists());
}

#[test]
fn a_ring_that_others_can_reach_is_refused() {
    let home = home();
    KeyRing::create(&home.path, &mut fill(1), NOW_MS).expect("a ring");
    for open in [0o640, 0o604, 0o620, 0o601] {
        set_mode(&home.path, open);
        let error = refused(KeyRing::load(&home.path)).to_string();
        let advice = format!("chmod 600 {}", home.path.display());
        assert!(error.contains(&advice), "{error}");
    }
    set_mode(&home.path, 0o400);
    KeyRing::load(&home.path).expect("read-only for its owner is fine");
}

#[test]
fn a_folder_that_everybody_can_write_to_gets_no_ring() {
    let home = home();
    set_mode(home.folder.path(), 0o777);
    let path = home.folder.path().join("ring.json");
    let error = refused(KeyRing::create(&path, &mut fill(1), NOW_MS));
    assert!(
        matches!(error, VaultError::FolderWritable { .. }),
        "{error}"
    );
    assert!(!path.exists());
}

#[test]
fn every_cut_of_a_ring_is_refused() {
    let home = home();
    KeyRing::create(&home.path, &mut fill(1), NOW_MS).expect("a ring");
    let text = fs::read_to_string(&home.path).expect("text");
    for end in 0..text.trim_end().len() {
        let error = refused(KeyRing::from_text(&text[..end]));
        assert!(matches!(error, VaultError::RingText { .. }), "{error}");
        assert!(error.to_string().contains("DANGOL_KEY_RING"), "{error}");
    }
}

#[test]
fn a_ring_with_a_flaw_is_refused_for_that_flaw() {
    let good = ring_text("a", &[("a", KEY_A)]);
    KeyRing::from_text(&good).expect("the text that the flaws are made from is good");
    for (text, expected) in [
        (" \n".to_owned(), "it is empty"),
        (
            good.replace(r#""version":1"#, r#""version":2"#),
            "its version is 2",
        ),
        (ring_text("b", &[("a", KEY_A)]), "not among its keys"),
        (ring_text("a", &[]), "not among its keys"),
        (ring_text("a", &[("a", KEY_A), ("a", KEY_B)]), "the same id"),
        (ring_text("A.", &[("A.", KEY_A)]), "letters and digits"),
        (ring_text(KEY_A, &[(KEY_A, KEY_A)]), "letters and digits"),
        (ring_text("a", &[("a", &KEY_A[1..])]), "line 1"),
        (ring_text("a", &[("a", &format!("{KEY_A}AA"))]), "line 1"),
        (
            good.replace(r#""active""#, r#""actve":1,"active""#),
            "line 1",
        ),
    ] {
        let error = refused(KeyRing::from_text(&text)).to_string();
        assert!(error.contains(expected), "{expected:?} in: {error}");
    }
}

#[test]
fn a_database_knows_its_ring() {
    let text = |active, keys: &[(&str, &str)]| ring_text(active, keys);
    let of = |text: &str| KeyRing::from_text(text).expect("a ring");
    let a = of(&text("a", &[("a", KEY_A)]));
    let ab = of(&text("b", &[("a", KEY_A), ("b", KEY_B)]));
    a.matches(&a.fingerprint()).expect("itself");
    ab.matches(&a.fingerprint()).expect("one more key");

    let says = |ring: &KeyRing, stored: &str, expected: &str| {
        let error = refused(ring.matches(stored)).to_string();
        assert!(error.contains(expected), "{expected:?} in: {error}");
        assert!(
            error.contains("DANGOL_KEY_RING"),
            "names its place: {error}"
        );
    };
    says(&a, &ab.fingerprint(), r#"does not hold the key "b""#);
    let same_id = of(&text("a", &[("a", KEY_B)]));
    says(&same_id, &a.fingerprint(), r#"its key "a" is another one"#);
    let other_secret = of(&text("a", &[("a", KEY_A)]).replace(SERVER_SECRET, KEY_B));
    says(&other_secret, &a.fingerprint(), "server secret differs");
    for garbage in ["", "v2 secret:00", &format!("{} x", a.fingerprint())] {
        says(&a, garbage, "cannot be read");
    }
}
