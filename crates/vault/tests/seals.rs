//! What is sealed opens at its place, and only there.

mod common;

use common::*;
use dangol_domain::BillingKey;
use dangol_vault::{ChannelContext, KeyContext, KeyRing, Vault, VaultError};

/// Each text that differs from `text` in one bit and is still text.
fn one_bit_off(text: &str) -> Vec<String> {
    let flip = |n: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[n / 8] ^= 1 << (n % 8);
        String::from_utf8(bytes).ok()
    };
    (0..text.len() * 8).filter_map(flip).collect()
}

#[test]
fn a_billing_key_opens_at_its_place() {
    let (vault, data_key, sealed) = sealed_key();
    assert!(!sealed.contains(BILLING_KEY));
    for _ in ["unwrapped", "kept"] {
        let opened = vault.open_key(&data_key, &CONTEXT, &sealed).expect("opens");
        assert_eq!(opened.expose(), BILLING_KEY);
    }
}

#[test]
fn credentials_open_at_their_place() {
    let (vault, data_key, _) = sealed_key();
    let sealed = vault
        .seal_credentials(&data_key, &CHANNEL, NONCE, &credentials())
        .expect("seals");
    let opened = vault
        .open_credentials(&data_key, &CHANNEL, &sealed)
        .expect("opens");
    let plain = |map: &std::collections::BTreeMap<String, dangol_domain::Secret>| {
        map.iter()
            .map(|(name, value)| (name.clone(), value.expose().to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(plain(&opened), plain(&credentials()));

    for elsewhere in [
        ChannelContext {
            channel_key: "channel-2",
            ..CHANNEL
        },
        ChannelContext {
            pg: "pg_b",
            ..CHANNEL
        },
    ] {
        let error = refused(vault.open_credentials(&data_key, &elsewhere, &sealed));
        assert!(matches!(error, VaultError::Refused { .. }), "{error}");
    }
    // A kind of content is part of its seal, even where the place reads the same.
    let as_key = KeyContext {
        merchant: CHANNEL.merchant,
        customer_uid: CHANNEL.channel_key,
        pg: CHANNEL.pg,
    };
    let error = refused(vault.open_key(&data_key, &as_key, &sealed));
    assert!(matches!(error, VaultError::Refused { .. }), "{error}");
}

#[test]
fn a_row_copied_elsewhere_does_not_open() {
    let (vault, data_key, sealed) = sealed_key();
    for elsewhere in [
        KeyContext {
            customer_uid: "gildong_0001_1235",
            ..CONTEXT
        },
        KeyContext {
            pg: "pg_b",
            ..CONTEXT
        },
        // The same characters, divided otherwise.
        KeyContext {
            customer_uid: "gildong_0001_1234p",
            pg: "g_a",
            ..CONTEXT
        },
    ] {
        let error = refused(vault.open_key(&data_key, &elsewhere, &sealed));
        assert!(matches!(error, VaultError::Refused { .. }), "{error}");
    }
}

#[test]
fn another_merchant_opens_nothing_with_either_data_key() {
    let (vault, data_key, sealed) = sealed_key();
    let other = KeyContext {
        merchant: "imp00000002",
        ..CONTEXT
    };
    // With its own data key: the text names another one.
    let own = vault.make_data_key(other.merchant, &random_44(3));
    let error = refused(vault.open_key(&own, &other, &sealed));
    assert!(matches!(error, VaultError::DataKeyOther { .. }), "{error}");
    // With the first merchant's data key copied into its row, though that one was just unwrapped and kept.
    vault.open_key(&data_key, &CONTEXT, &sealed).expect("opens");
    let error = refused(vault.open_key(&data_key, &other, &sealed));
    assert!(matches!(error, VaultError::Refused { .. }), "{error}");
    // Nor does anything get sealed for the second one under it.
    let key = BillingKey::new(BILLING_KEY);
    let error = refused(vault.seal_key(&data_key, &other, NONCE, &key));
    assert!(matches!(error, VaultError::Refused { .. }), "{error}");
    // And the first one's still opens.
    vault.open_key(&data_key, &CONTEXT, &sealed).expect("opens");
}

#[test]
fn no_single_changed_bit_goes_unnoticed() {
    let (vault, data_key, sealed) = sealed_key();
    let changed = one_bit_off(&sealed);
    assert!(changed.len() > 500, "the test must have something to try");
    for text in changed {
        assert!(
            vault.open_key(&data_key, &CONTEXT, &text).is_err(),
            "{text}"
        );
    }
    for text in one_bit_off(&data_key) {
        assert!(vault.open_key(&text, &CONTEXT, &sealed).is_err(), "{text}");
    }
}

#[test]
fn what_is_not_a_sealed_text_is_refused() {
    let (vault, data_key, sealed) = sealed_key();
    let mut texts: Vec<String> = (0..sealed.len()).map(|n| sealed[..n].to_owned()).collect();
    for more in ["A", "=", ".", ".AAAA", "\n"] {
        texts.push(format!("{sealed}{more}"));
    }
    texts.push(sealed.replacen("v1.", "v2.", 1));
    texts.push("v1.k.AAAAAAAAAAAAAAAA.".to_owned());
    for text in texts {
        assert!(
            vault.open_key(&data_key, &CONTEXT, &text).is_err(),
            "{text}"
        );
        assert!(vault.open_key(&text, &CONTEXT, &sealed).is_err(), "{text}");
    }
}

#[test]
fn more_merchants_than_are_kept_all_open() {
    let vault = Vault::new(ring(1));
    let rows: Vec<(String, String, String)> = (0..1500)
        .map(|n| {
            let merchant = format!("imp{n:08}");
            let data_key = vault.make_data_key(&merchant, &random_44(n));
            let context = KeyContext {
                merchant: &merchant,
                ..CONTEXT
            };
            let key = BillingKey::new(format!("key of {n}"));
            let sealed = vault
                .seal_key(&data_key, &context, NONCE, &key)
                .expect("seals");
            (merchant, data_key, sealed)
        })
        .collect();
    for (n, (merchant, data_key, sealed)) in rows.iter().enumerate() {
        let context = KeyContext {
            merchant,
            ..CONTEXT
        };
        let opened = vault.open_key(data_key, &context, sealed).expect("opens");
        assert_eq!(opened.expose(), format!("key of {n}"));
    }
}

#[test]
fn an_older_key_of_the_ring_still_opens_and_a_missing_one_is_named() {
    let only_a = || KeyRing::from_text(&ring_text("a", &[("a", KEY_A)])).expect("a ring");
    let both = KeyRing::from_text(&ring_text("b", &[("a", KEY_A), ("b", KEY_B)])).expect("a ring");
    let vault = Vault::new(only_a());
    let data_key = vault.make_data_key(CONTEXT.merchant, &random_44(2));
    let sealed = vault
        .seal_key(&data_key, &CONTEXT, NONCE, &BillingKey::new(BILLING_KEY))
        .expect("seals");

    let later = Vault::new(both);
    let opened = later.open_key(&data_key, &CONTEXT, &sealed).expect("opens");
    assert_eq!(opened.expose(), BILLING_KEY);
    let newer = later.make_data_key(CONTEXT.merchant, &random_44(3));
    assert!(newer.starts_with("v1.b."), "the active key wraps: {newer}");

    let error = refused(Vault::new(only_a()).open_key(&newer, &CONTEXT, &sealed));
    assert!(
        matches!(&error, VaultError::KeyUnknown { key_id, .. } if key_id == "b"),
        "{error}"
    );
}

#[test]
fn another_ring_with_the_same_ids_opens_nothing() {
    let a = Vault::new(KeyRing::from_text(&ring_text("k", &[("k", KEY_A)])).expect("a ring"));
    let b = Vault::new(KeyRing::from_text(&ring_text("k", &[("k", KEY_B)])).expect("a ring"));
    let data_key = a.make_data_key(CONTEXT.merchant, &random_44(2));
    let error = refused(b.open_key(&data_key, &CONTEXT, "v1.k.AAAAAAAAAAAAAAAA.AAAA"));
    assert!(matches!(error, VaultError::Refused { .. }), "{error}");
}

#[test]
fn keyed_hashes_depend_on_ring_label_and_bytes() {
    let (a, b) = (Vault::new(ring(1)), Vault::new(ring(2)));
    let hash = a.keyed_hash("window token", b"x");
    assert!(Vault::same(&hash, &a.keyed_hash("window token", b"x")));
    for other in [
        b.keyed_hash("window token", b"x"),
        a.keyed_hash("access token", b"x"),
        a.keyed_hash("window token", b"y"),
        a.keyed_hash("window toke", b"nx"),
    ] {
        assert!(!Vault::same(&hash, &other));
    }
    assert!(!Vault::same(&hash, &hash[..31]));
}
