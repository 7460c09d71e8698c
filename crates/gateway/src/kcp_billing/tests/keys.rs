//! Signatures and the files that private keys come in.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use x509_parser::pem::parse_x509_pem;

use super::support::CERT;
use crate::kcp_billing::sign::{KeyError, Signer};

/// Signatures made outside the project with a throw-away key that was not kept.
const OUTSIDE_KEY: &str = "\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzZ2E26GLbm/Xh8u1hG64zhJb88m3CpF000ZIvg1xhsrojtPJbn7AhsHsf1dMfT1d\
ZOie+lKfw1rRWS98O4a70xqgpaPQz5uG5IVuwzewf6BMWLT8myJ7CENM98c/lIxNsnUuNe8ih0+dh83K0jvJhb7RK4pzkq5EEGJzsm7nCDWX\
DbuO/36MlVuiGe7RRbKuWTClGhUZf1FhtQNAMRKHdhzGdnVWvPtklP/7KVlUn44i+oYWvoUy4P0bQLfK/ISO8EEMVFPLzClJh4K8W8M8deZh\
gtnCsVcAViz+imc6WTPr8xX/V182vj3g7ORlqnbIhezC2V+bcprGZDYKFv1RLQIDAQAB";
const OUTSIDE_SIGNATURES: [(&str, &str); 3] = [
    (
        "A52Q7^26111901234567^STSC",
        "ojFgn1H4c+KROqfm71qclWHhnweSqSbET9Nd8qJvwRhtzThTAsQaqllkMrQG1fMlsfyoj8N20Ycnz09OlRHRzU22fXO6z2m+xl5TMBJ/+sF6\
         kwwYYUAmLcHQxXT1ABYH4KaWYANATZw0tCyDiJet1zgWEgJeFoz0/x2ReN54AEKVqLW04iLyLOS75KbIx1FIzZ6IQK4HEE9OCnlRR5e4rx6O\
         mS0zSkb5SpcXUcji0vovr6sBDDp95mnaFoiQ2+Ap5wf9bYAtYd4D3OArR7WJ+m9dBdBfjdSeMsrEZLl9s3+ufZY6oTT1oY0Te+WWkL/tkuO0\
         UTS4/EHQRfJ3mjXnBQ==",
    ),
    (
        "A52Q7^26111901234567^STPC",
        "ZxpteHLxDLlmNnH6tNfB02sxMmpFnnpgzAm6pA7h8dQd7GPiYEA0J7OXglXJYXAvswPb50thBq9Pmat2EP1G7NNND2K/SW1/TjIdk6ETo3Th\
         UUhH218o7Sk0ZTeoGdc2+S478h4frbu1sitrW3DPtNzwBBafKWpTrWvkJTHXuvtK7rqJ+KjcE9GsTdHzXfC0MhYV6sEorBeSykE2NMPeRYRB\
         uEOyKnMlvUABTmlbY3il+BPcn1Ajv8/PiUUf8waLiV02lODReAWC3nPG7OZBAibSA4McqiriycWU6QbkJE8jEOxjJotsUjS56PzL/OSizC6X\
         VXghEoN2bziDkhF3ww==",
    ),
    (
        "A52Q7^26111901234567^PACA",
        "maYfYjdHq3YN4A++VTuq33CRclie+aCgm6KBD7g7RgdzzJfaoyep3N1mM8/ELI0KysCsGucsX6ouqx3hGDs9XbFsMVBfeG4mPt8p8wTLYzGI\
         UzIQwDBfrKOv5T2+KoVuHRksMlaWnRId688Cc6sq9pchCtaXGKtmS4Xoqz9vkRIudj+NM4Z6v7+PO7XhNqXhVQdXJmFYSEUaddPxPIC1lEPP\
         oBOIK7mco3IoP3pYoKJZliNyWOxw8H1whI7qvJ1klXHpfCQtyaBJGrEsywkzquKUwBkFgXaaEvgRc9Gdt0FzjGQbATPt3ZC+QhTyP/lMY9Z7\
         Rdp+P+K6Ui1HxbOO+A==",
    ),
];

fn verifies(key: &[u8], message: &str, signature: &str) -> bool {
    let signature = STANDARD.decode(signature).expect("Base64");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(message.as_bytes(), &signature)
        .is_ok()
}

/// A question carries our certificate's signature of a message.
pub fn assert_signed(question: &Value, message: &str) {
    let (_, pem) = parse_x509_pem(CERT.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    let key = &certificate.public_key().subject_public_key.data;
    let signature = question["kcp_sign_data"].as_str().expect("signed");
    assert!(verifies(key, message, signature), "not signed: {message}");
}

#[test]
fn signatures_made_outside_fit_what_we_sign() {
    let key = STANDARD.decode(OUTSIDE_KEY).unwrap();
    for (message, signature) in OUTSIDE_SIGNATURES {
        assert!(verifies(&key, message, signature), "{message}");
        assert!(!verifies(&key, "A52Q7^26111901234568^STSC", signature));
    }
}

#[test]
fn every_envelope_of_a_key_signs_as_openssl_does() {
    for pem in [
        include_str!("../fixtures/keys/plain.pem"),
        include_str!("../fixtures/keys/pkcs1.pem"),
        include_str!("../fixtures/keys/aes256.pem"),
        include_str!("../fixtures/keys/des3.pem"),
    ] {
        let signer = Signer::read(pem, "changeit").expect("readable");
        let signature = signer.sign("A52Q7^26111901234567^STSC");
        assert_eq!(signature, include_str!("../fixtures/keys/stsc.sig"));
    }
}

#[test]
fn a_key_that_cannot_be_read_says_what_to_do() {
    let read = |pem, password| Signer::read(pem, password).map(|_| ()).unwrap_err();
    let aes256 = include_str!("../fixtures/keys/aes256.pem");
    let pbes1 = include_str!("../fixtures/keys/pbes1.pem");
    assert_eq!(read(aes256, "wrong"), KeyError::WrongPassword);
    assert_eq!(read(aes256, ""), KeyError::WrongPassword);
    assert_eq!(read(pbes1, "changeit"), KeyError::OldEncryption);
    assert!(
        KeyError::OldEncryption
            .to_string()
            .contains("openssl pkcs8 -in")
    );
    assert_eq!(read(CERT, ""), KeyError::NotAKey);
    assert_eq!(read("", ""), KeyError::Missing);
    assert_eq!(read("A52Q7", ""), KeyError::NotPem);
}
