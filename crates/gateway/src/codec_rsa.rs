//! RSA signatures (PKCS#1 v1.5 over SHA-256).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

/// Signs a message. The same key and message always give the same signature.
pub fn sign(pair: &RsaKeyPair, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    #[expect(
        clippy::disallowed_methods,
        reason = "the interface asks for randomness; PKCS#1 v1.5 draws none"
    )]
    let random = SystemRandom::new();
    pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
        .expect("the buffer has the modulus' length, the one thing that could be wrong");
    signature
}
