//! What the vault's tests share: predictable bytes, a ring in a temporary folder, one sealed key.
#![allow(dead_code, reason = "each test program uses its part of this")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use dangol_domain::{BillingKey, Secret};
use dangol_vault::{ChannelContext, KeyContext, KeyRing, Vault, VaultError};
use tempfile::TempDir;

pub const NOW_MS: i64 = 1_790_000_000_000;
pub const NONCE: [u8; 12] = [7; 12];
pub const BILLING_KEY: &str = "2611211234567890BATCHKEY";
pub const PASSWORD: &str = "hunter2-of-the-channel";
pub const CONTEXT: KeyContext<'static> = KeyContext {
    merchant: "imp00000001",
    customer_uid: "gildong_0001_1234",
    pg: "pg_a",
};
pub const CHANNEL: ChannelContext<'static> = ChannelContext {
    merchant: "imp00000001",
    channel_key: "channel-1",
    pg: "pg_a",
};

/// Bytes that differ from each other and follow from `seed`: xorshift, which is enough to tell keys apart.
pub fn fill(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |bytes| {
        for byte in bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
    }
}

pub struct Home {
    pub folder: TempDir,
    pub path: PathBuf,
}

/// A path for a ring in a folder that does not exist yet.
pub fn home() -> Home {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("keys/ring.json");
    Home { folder, path }
}

pub fn ring(seed: u64) -> KeyRing {
    KeyRing::create(&home().path, &mut fill(seed), NOW_MS).expect("a ring")
}

/// A ring's text with one or more keys, as an operator's tool would write it.
pub fn ring_text(active: &str, keys: &[(&str, &str)]) -> String {
    let keys: Vec<String> = keys
        .iter()
        .map(|(id, key)| format!(r#"{{"id":"{id}","created_at_ms":{NOW_MS},"key":"{key}"}}"#))
        .collect();
    format!(
        r#"{{"version":1,"active":"{active}","server_secret":"{SERVER_SECRET}","keys":[{}]}}"#,
        keys.join(",")
    )
}

pub const SERVER_SECRET: &str = "U0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVUU0U";
pub const KEY_A: &str = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE";
pub const KEY_B: &str = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI";

pub fn random_44(seed: u64) -> [u8; 44] {
    let mut random = [0; 44];
    fill(seed)(&mut random);
    random
}

/// A vault, its merchant's data key and a billing key sealed at [`CONTEXT`].
pub fn sealed_key() -> (Vault, String, String) {
    let vault = Vault::new(ring(1));
    let data_key = vault.make_data_key(CONTEXT.merchant, &random_44(2));
    let sealed = vault
        .seal_key(&data_key, &CONTEXT, NONCE, &BillingKey::new(BILLING_KEY))
        .unwrap_or_else(|e| panic!("sealing: {e}"));
    (vault, data_key, sealed)
}

pub fn credentials() -> BTreeMap<String, Secret> {
    let mut values = BTreeMap::new();
    values.insert("password".to_owned(), Secret::new(PASSWORD));
    values.insert("empty".to_owned(), Secret::new(""));
    values.insert(
        "이름".to_owned(),
        Secret::new("-----BEGIN-----\nline\n-----END-----\n"),
    );
    values
}

/// The error of something that must fail; what would have been a secret is never shown.
pub fn refused<T>(result: Result<T, VaultError>) -> VaultError {
    match result {
        Ok(_) => panic!("this should have been refused"),
        Err(error) => error,
    }
}
