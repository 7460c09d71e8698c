//! AES-256-CBC with PKCS#7 padding, in Base64, proven by independently computed vectors. A cipher without a seal: that a
//! text decrypts says who could have written it, not that nobody changed it.

use aws_lc_rs::cipher::{
    AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Encrypts to Base64. `None` when the key has not 32 bytes.
pub fn encrypt(key: &[u8], iv: [u8; 16], plain: &[u8]) -> Option<String> {
    let key = UnboundCipherKey::new(&AES_256, key).ok()?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).ok()?;
    let mut bytes = plain.to_vec();
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    key.less_safe_encrypt(&mut bytes, context).ok()?;
    Some(STANDARD.encode(bytes))
}

/// Decrypts Base64. `None` when it is none, when the padding is not that of this key, or the key has not 32 bytes.
pub fn decrypt(key: &[u8], iv: [u8; 16], encrypted: &str) -> Option<Vec<u8>> {
    let key = UnboundCipherKey::new(&AES_256, key).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let mut bytes = STANDARD.decode(encrypted.trim()).ok()?;
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let plain = key.decrypt(&mut bytes, context).ok()?;
    Some(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "20ad459ab1ad2f6e541929d50d24765abb05850094a9629041bebb726814625d";
    const IV: &str = "d7d02c92cb930b661f107cb92690fc83";

    /// Computed outside this project.
    const VECTORS: [(&str, &str); 3] = [
        (
            "TXTYPE=DELBILLKEY&SERVICETYPE=BATCH&BILLKEY=BK0001",
            "W5g4tZ0opf+yLVLgZCwXgTIzVAiMGmqDSDOH26EHlIcyPAOw/IB8GdpKooeavfW+GYuVnfvmnTQfYBBig8U/1w==",
        ),
        (
            "TXTYPE=OTBILL&SERVICETYPE=BATCH&ISREBILL=Y&BILLINFO=BK0001TESTBILLKEY&ORDERID=ord-20261119-0001&ITEMNAME=%BF%F9+%B1%B8%B5%B6%B7%E1&AMOUNT=12900&CURRENCY=410&USERID=u1&USERAGENT=ONLINE",
            "ELnlWBNtBMOSZstO7LWK0VJJ6LToz+wc0WPY1IYjiuywjSKdxa4Um1SqTaijwDXQuliFzZSbn0gR97yFP4/r8FmMDmfIGrUMCWVt4he1CW+6eqPOoSXF1sFWn9CfpbOvUaGKQEzVJxQrAn713fxPARc9oxj/96fndaC4nAwQN98qGSkvAyiX+ZbnAtISOWurI0OxdcmgmYui9JlQQGQ0/N/sZz1Rl0aMusF3Z0Exe/Z3M4TP01ksql9+ntMPh4q4",
        ),
        (
            "RETURNCODE=0000&RETURNMSG=%BC%BA%B0%F8&TID=202611190930120000000001&ORDERID=ord-20261119-0001&AMOUNT=12900",
            "bH6El5elON5883LB3RlfF1OF1H8eZTXv49wXL8/AVeVdkv/wyl0cPj8fbtJGHivxcT7lIioaSLgd59nlVT00eJ/nSOe+IXIhgIEtNgtUEltBRVNY9Y6bSLJRyu8ahZszUvP7zKGJvIT/MCYHmI8aWQ==",
        ),
    ];

    fn key_and_iv() -> (Vec<u8>, [u8; 16]) {
        let iv = hex::decode(IV).unwrap().try_into().unwrap();
        (hex::decode(KEY).unwrap(), iv)
    }

    #[test]
    fn the_vectors_hold() {
        let (key, iv) = key_and_iv();
        for (plain, encrypted) in VECTORS {
            assert_eq!(
                encrypt(&key, iv, plain.as_bytes()).as_deref(),
                Some(encrypted)
            );
            assert_eq!(
                decrypt(&key, iv, encrypted).as_deref(),
                Some(plain.as_bytes())
            );
        }
    }

    #[test]
    fn what_cannot_be_decrypted_is_nothing() {
        let (key, iv) = key_and_iv();
        for wrong in ["", "not base64", "AAAA", "W5g4tZ0opf+yLVLgZCwXgQ=="] {
            assert_eq!(decrypt(&key, iv, wrong), None, "{wrong}");
        }
        assert_eq!(decrypt(&key[1..], iv, VECTORS[0].1), None);
        assert_eq!(encrypt(b"short", iv, b"text"), None);
    }
}
