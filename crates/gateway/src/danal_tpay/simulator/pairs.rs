//! Pairs `NAME=VALUE` as they travel: each value URL-encoded over its EUC-KR octets, all of them encrypted under the
//! merchant's key with an IV that is the same for everybody. Nothing is signed.

use encoding_rs::EUC_KR;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::{Deserialize, Serialize};

use super::codes;
use crate::codec_aes_cbc;

/// Danal's one IV.
const IV: [u8; 16] = [
    0xd7, 0xd0, 0x2c, 0x92, 0xcb, 0x93, 0x0b, 0x66, 0x1f, 0x10, 0x7c, 0xb9, 0x26, 0x90, 0xfc, 0x83,
];
/// What is escaped by the rules of forms, but for the space, which becomes a plus sign.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'*')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b' ');

/// A merchant's key (`CRYPTOKEY`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CryptoKey([u8; 32]);

impl CryptoKey {
    /// Reads 64 hex digits.
    pub fn parse(digits: &str) -> Option<CryptoKey> {
        let bytes = hex::decode(digits).ok()?;
        bytes.try_into().ok().map(CryptoKey)
    }

    /// The 64 hex digits.
    pub fn digits(&self) -> String {
        hex::encode(self.0)
    }

    /// Encrypts to Base64.
    pub fn seal(&self, plain: &str) -> String {
        let sealed = codec_aes_cbc::encrypt(&self.0, IV, plain.as_bytes());
        sealed.expect("the key has 32 bytes")
    }

    /// Decrypts Base64. Pairs are printable ASCII; what is not was encrypted under another key, even where its padding
    /// looks right by chance.
    pub fn open(&self, sealed: &str) -> Option<String> {
        let plain = codec_aes_cbc::decrypt(&self.0, IV, sealed)?;
        let printable = plain.iter().all(|b| (b' '..=b'~').contains(b));
        printable.then(|| String::from_utf8(plain).ok()).flatten()
    }
}

/// Pairs that the simulator sends. They may hold a billing key, so there is no `Debug`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Pairs that begin with a code and its text.
    pub fn new(code: &str, message: &str) -> Pairs {
        let mut pairs = Pairs::default();
        pairs.put("RETURNCODE", code);
        pairs.put("RETURNMSG", message);
        pairs
    }

    /// Pairs of something that was done.
    pub fn done() -> Pairs {
        Pairs::new(codes::OK, codes::message(codes::OK))
    }

    /// Adds a pair, unless it has nothing to say.
    pub fn put(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Takes the order from the pairs: Danal promises none.
    pub fn shuffled(mut self, random: impl Fn() -> u64) -> Pairs {
        for last in (1..self.0.len()).rev() {
            let other = (random() % (last as u64 + 1)) as usize;
            self.0.swap(last, other);
        }
        self
    }

    /// The pairs as text, not encrypted.
    pub fn text(&self) -> String {
        let pairs = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The pairs as a body, encrypted.
    pub fn body(&self, key: &CryptoKey) -> String {
        format!("DATA={}", encode(&key.seal(&self.text())))
    }

    /// The pairs as they are.
    pub fn into_fields(self) -> Vec<(String, String)> {
        self.0
    }
}

/// URL-encodes the EUC-KR octets of a text.
fn encode(text: &str) -> String {
    let (octets, _, _) = EUC_KR.encode(text);
    percent_encode(&octets, ESCAPED)
        .to_string()
        .replace(' ', "+")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::form::Form;

    const KEY: &str = "20ad459ab1ad2f6e541929d50d24765abb05850094a9629041bebb726814625d";

    /// Computed outside this project.
    const REPLY: &str = "DATA=bH6El5elON5883LB3RlfF1OF1H8eZTXv49wXL8%2FAVeVdkv%2Fwyl0cPj8fbtJGHivxcT7lIioaSLgd59nlVT00eJ%2FnSOe%2BIXIhgIEtNgtUEltBRVNY9Y6bSLJRyu8ahZszUvP7zKGJvIT%2FMCYHmI8aWQ%3D%3D";

    #[test]
    fn the_vector_of_a_reply_holds() {
        let mut reply = Pairs::new("0000", "성공");
        reply.put("TID", "202611190930120000000001");
        reply.put("ORDERID", "ord-20261119-0001");
        reply.put("AMOUNT", "12900");
        let key = CryptoKey::parse(KEY).unwrap();
        assert_eq!(reply.body(&key), REPLY);
        assert_eq!(key.digits(), KEY);
    }

    #[test]
    fn what_was_sealed_under_another_key_is_not_opened() {
        let key = CryptoKey::parse(KEY).unwrap();
        let data = Form::read(REPLY.as_bytes(), EUC_KR);
        let data = data.text("DATA");
        assert!(key.open(data).unwrap().ends_with("&AMOUNT=12900"));
        // One wrong key in 256 leaves a padding that looks right.
        let mut looked_right = 0;
        for n in 0..2000_u16 {
            let mut other = [0x5a; 32];
            other[..2].copy_from_slice(&n.to_le_bytes());
            looked_right += u16::from(codec_aes_cbc::decrypt(&other, IV, data).is_some());
            assert!(CryptoKey(other).open(data).is_none(), "{n}");
        }
        assert!(looked_right > 0);
        assert!(CryptoKey::parse(&KEY[1..]).is_none() && CryptoKey::parse("wrong").is_none());
    }

    #[test]
    fn a_shuffle_keeps_every_pair() {
        let mut pairs = Pairs::done();
        for name in ["A", "B", "C", "D"] {
            pairs.put(name, "1");
        }
        pairs.put("NONE", "");
        let counter = std::cell::Cell::new(0_u64);
        let random = || {
            counter.set(counter.get() + 1);
            counter.get().wrapping_mul(0x9e37_79b9_7f4a_7c15)
        };
        let (before, after) = (pairs.clone().into_fields(), pairs.shuffled(random));
        let mut sorted = after.0.clone();
        assert_ne!(sorted, before, "the order is another one");
        sorted.sort();
        let mut expected = before;
        expected.sort();
        assert_eq!(sorted, expected);
    }
}
