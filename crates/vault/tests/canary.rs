//! No error, no file name and no public text gives a secret away.

mod common;

use std::fmt::Debug;
use std::fs;
use std::marker::PhantomData;
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use common::*;
use dangol_vault::{KeyContext, KeyRing, Vault, VaultError};

/// How the bytes of a secret could look in a text, in full or for the most part.
fn spellings(secret: &[u8]) -> Vec<String> {
    let hex: String = secret.iter().map(|b| format!("{b:02x}")).collect();
    let listed = format!("{secret:?}");
    vec![
        hex[..24].to_owned(),
        hex[..24].to_uppercase(),
        listed[1..36].to_owned(),
        STANDARD_NO_PAD.encode(secret)[..16].to_owned(),
        URL_SAFE_NO_PAD.encode(secret)[..16].to_owned(),
    ]
}

fn said(errors: Vec<VaultError>) -> String {
    let say = |error: &VaultError| format!("{error}\n{error:?}\n{error:#?}\n");
    errors.iter().map(say).collect()
}

fn ring_errors() -> Vec<VaultError> {
    let good = ring_text("a", &[("a", KEY_A)]);
    let home = home();
    let mut errors = vec![
        // A key where something else belongs: a parser likes to quote what it did not expect.
        refused(KeyRing::from_text(
            &good.replace(&NOW_MS.to_string(), &format!("{KEY_A:?}")),
        )),
        refused(KeyRing::from_text(
            &good.replace("\"version\":1", &format!("\"version\":{KEY_A:?}")),
        )),
        refused(KeyRing::from_text(
            &good.replace("\"key\"", &format!("{KEY_A:?}")),
        )),
        refused(KeyRing::from_text(&ring_text(KEY_A, &[("a", KEY_A)]))),
        refused(KeyRing::from_text(&ring_text(KEY_A, &[(KEY_A, KEY_A)]))),
        refused(KeyRing::from_text(
            &good.replace(KEY_A, &format!("{KEY_A}!")),
        )),
        refused(KeyRing::from_text(KEY_A)),
        refused(KeyRing::from_text(&format!("{good}{good}"))),
    ];
    fs::create_dir(home.path.parent().expect("a folder")).expect("a new folder");
    fs::write(&home.path, &good).expect("a new file");
    fs::set_permissions(&home.path, fs::Permissions::from_mode(0o644)).expect("own file");
    errors.push(refused(KeyRing::load(&home.path)));
    errors.push(refused(KeyRing::create(&home.path, &mut fill(1), NOW_MS)));
    let other = KeyRing::from_text(&ring_text("a", &[("a", KEY_B)])).expect("a ring");
    let ring = KeyRing::from_text(&good).expect("a ring");
    errors.push(refused(ring.matches(&other.fingerprint())));
    errors
}

fn vault_errors() -> Vec<VaultError> {
    let vault = Vault::new(KeyRing::from_text(&ring_text("a", &[("a", KEY_A)])).expect("a ring"));
    let data_key = vault.make_data_key(CONTEXT.merchant, &DATA_KEY);
    let key = dangol_domain::BillingKey::new(BILLING_KEY);
    let sealed = vault
        .seal_key(&data_key, &CONTEXT, NONCE, &key)
        .expect("seals");
    let values = credentials();
    let channel = vault
        .seal_credentials(&data_key, &CHANNEL, NONCE, &values)
        .expect("seals");
    let elsewhere = KeyContext {
        pg: "pg_b",
        ..CONTEXT
    };
    let other_kek =
        Vault::new(KeyRing::from_text(&ring_text("b", &[("b", KEY_B)])).expect("a ring"));
    vec![
        refused(vault.open_key(&data_key, &elsewhere, &sealed)),
        refused(vault.open_key(&data_key, &CONTEXT, BILLING_KEY)),
        refused(vault.open_key(KEY_A, &CONTEXT, &sealed)),
        refused(vault.open_key(&data_key, &CONTEXT, &channel)),
        refused(vault.open_credentials(&data_key, &CHANNEL, &sealed)),
        refused(vault.open_credentials(&data_key, &CHANNEL, PASSWORD)),
        refused(other_kek.open_key(&data_key, &CONTEXT, &sealed)),
        refused(vault.open_key(&vault.make_data_key("other", &DATA_KEY), &CONTEXT, &sealed)),
    ]
}

/// A data key and its nonce.
const DATA_KEY: [u8; 44] = *b"this is a data key, 32 bytes long and nonce.";

#[test]
fn errors_and_public_texts_hold_no_secret() {
    let ring = KeyRing::from_text(&ring_text("a", &[("a", KEY_A)])).expect("a ring");
    let mut public = said(ring_errors()) + &said(vault_errors()) + &ring.fingerprint();
    let vault = Vault::new(ring);
    public += &vault.make_data_key(CONTEXT.merchant, &DATA_KEY);

    let decoded = |text| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    for bytes in [
        decoded(KEY_A),
        decoded(SERVER_SECRET),
        DATA_KEY[..32].to_vec(),
    ] {
        for spelling in spellings(&bytes) {
            assert!(!public.contains(&spelling), "{spelling:?} in: {public}");
        }
    }
    for text in [
        BILLING_KEY,
        PASSWORD,
        &String::from_utf8_lossy(&DATA_KEY[..32]),
    ] {
        assert!(!public.contains(text), "{text:?} in: {public}");
    }
}

/// `SHOWN` of a probe is the first of these two that applies: a type's own constant wins over a trait's.
struct Probe<T>(PhantomData<T>);

trait Hidden {
    const SHOWN: bool = false;
}

impl<T> Hidden for Probe<T> {}

impl<T: Debug> Probe<T> {
    const SHOWN: bool = true;
}

#[test]
fn what_holds_keys_cannot_be_printed() {
    const { assert!(Probe::<String>::SHOWN, "the probe sees a Debug") };
    const { assert!(!Probe::<KeyRing>::SHOWN) };
    const { assert!(!Probe::<Vault>::SHOWN) };
}
