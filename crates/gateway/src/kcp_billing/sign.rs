//! KCP's signatures: RSA (PKCS#1 v1.5) over SHA-256, with the private key of the service certificate.

use aws_lc_rs::signature::{KeyPair, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};
use x509_parser::pem::parse_x509_pem;

use crate::codec_rsa;

/// A private key that can sign.
pub struct Signer(RsaKeyPair);

/// Why a key or certificate cannot be used. The texts say what to do and hold nothing of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// There is none.
    #[error("the private key is missing")]
    Missing,
    /// Not PEM.
    #[error("the private key is not a PEM file")]
    NotPem,
    /// A PEM file of something else.
    #[error(
        "the file is not a private key but something else; it must begin with BEGIN [ENCRYPTED] PRIVATE KEY"
    )]
    NotAKey,
    /// Encrypted in a way that we do not read.
    #[error(
        "the private key is encrypted in an old way (PBES1); convert the file once with: \
         openssl pkcs8 -in OLD.pem -topk8 -v2 aes-256-cbc -out NEW.pem"
    )]
    OldEncryption,
    /// The password does not open it.
    #[error("the private key's password is missing or wrong")]
    WrongPassword,
    /// Not RSA, or too short.
    #[error("the private key is not an RSA key of 2048 bits or more")]
    NotRsa,
}

impl Signer {
    /// Reads a private key: PKCS#8, plain or encrypted (PBES2), or PKCS#1, as PEM.
    ///
    /// # Errors
    /// When it cannot be used; see [`KeyError`].
    pub fn read(pem: &str, password: &str) -> Result<Signer, KeyError> {
        if pem.trim().is_empty() {
            return Err(KeyError::Missing);
        }
        let (label, der) = SecretDocument::from_pem(pem.trim()).map_err(|_| KeyError::NotPem)?;
        let pair = match label {
            "ENCRYPTED PRIVATE KEY" => {
                let sealed = EncryptedPrivateKeyInfoRef::try_from(der.as_bytes())
                    .map_err(|_| KeyError::OldEncryption)?;
                if sealed.encryption_algorithm.pbes2().is_none() {
                    return Err(KeyError::OldEncryption);
                }
                let opened = sealed
                    .decrypt(password)
                    .map_err(|_| KeyError::WrongPassword)?;
                RsaKeyPair::from_pkcs8(opened.as_bytes())
            }
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(der.as_bytes()),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(der.as_bytes()),
            _ => return Err(KeyError::NotAKey),
        };
        pair.map(Signer).map_err(|_| KeyError::NotRsa)
    }

    /// Signs a message; Base64.
    pub fn sign(&self, message: &str) -> String {
        STANDARD.encode(codec_rsa::sign(&self.0, message.as_bytes()))
    }

    /// Whether a certificate is this key's.
    pub fn matches(&self, certificate: &Certificate) -> bool {
        self.0.public_key().as_ref() == certificate.public_key
    }
}

/// What we need to know of a certificate.
pub struct Certificate {
    public_key: Vec<u8>,
    /// The last moment of its validity, ms.
    pub not_after_ms: i64,
    /// That moment for people.
    pub not_after: String,
}

impl Certificate {
    /// Reads a PEM certificate; `None` when it is none.
    pub fn read(pem: &str) -> Option<Certificate> {
        let (_, pem) = parse_x509_pem(pem.trim().as_bytes()).ok()?;
        let parsed = pem.parse_x509().ok()?;
        let not_after = parsed.validity().not_after;
        Some(Certificate {
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            not_after_ms: not_after.timestamp() * 1000,
            not_after: not_after.to_string(),
        })
    }
}

/// A certificate as `kcp_cert_info`: without line breaks, for which KCP refuses access.
pub fn one_line(pem: &str) -> String {
    pem.trim().replace(['\r', '\n'], "")
}
