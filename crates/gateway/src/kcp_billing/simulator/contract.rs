//! A merchant's contract with the simulated KCP: site code, group id, certificate. The keys are throw-away keys of this
//! sandbox; they open nothing elsewhere.

use std::io;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, Issuer, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde::{Deserialize, Serialize};

/// The site code whose group id is published, and that group id.
const PUBLISHED: (&str, &str) = ("A52Q7", "A52Q71000489");
/// The subject of a service certificate is a number of 16 digits.
const SUBJECT: &str = "2021062910000024";
/// Who signs the certificates of a sandbox.
const ISSUER: &str = "spl.sandbox.invalid";

/// What a merchant gets, as the sandbox remembers it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Papers {
    /// Five characters.
    pub site_cd: String,
    /// The batch group id, 12 characters.
    pub group_id: String,
    /// PEM.
    pub certificate: String,
    /// PKCS#8 PEM, not encrypted.
    pub private_key: String,
}

impl Papers {
    /// Makes the papers of a site, with a fresh RSA-2048 key.
    ///
    /// # Errors
    /// `InvalidInput` when the site code is not five letters or digits.
    pub fn make(site_cd: &str) -> io::Result<Papers> {
        if site_cd.len() != 5
            || !site_cd
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        {
            let text = "a site code is five capital letters or digits, such as A52Q7";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let (certificate, private_key) = certificate().map_err(io::Error::other)?;
        let (published_site, published_group) = PUBLISHED;
        let group_id = match site_cd == published_site {
            true => published_group.to_owned(),
            false => format!("{site_cd}0000000"),
        };
        Ok(Papers {
            site_cd: site_cd.to_owned(),
            group_id,
            certificate,
            private_key,
        })
    }
}

/// A certificate and its key, both PEM.
fn certificate() -> Result<(String, String), rcgen::Error> {
    let mut signer = CertificateParams::default();
    signer.distinguished_name.push(DnType::CommonName, ISSUER);
    let signer = Issuer::new(signer, KeyPair::generate()?);
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, SUBJECT);
    // As long as the sandbox's clock may be moved forward.
    params.not_before = rcgen::date_time_ymd(2021, 6, 29);
    params.not_after = rcgen::date_time_ymd(2099, 12, 31);
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let certificate = params.signed_by(&key, &signer)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// A contract as requests are checked against it.
pub struct Contract {
    /// The papers.
    pub papers: Papers,
    /// The certificate as requests carry it: without line breaks.
    certificate_line: String,
    /// The public key of the certificate, DER.
    public_key: Vec<u8>,
}

impl Contract {
    /// Reads the papers.
    ///
    /// # Errors
    /// `InvalidData` when the certificate cannot be read.
    pub fn new(papers: Papers) -> io::Result<Contract> {
        let unreadable = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "a certificate in the sandbox cannot be read",
            )
        };
        let (_, pem) = x509_parser::pem::parse_x509_pem(papers.certificate.as_bytes())
            .map_err(|_| unreadable())?;
        let certificate = pem.parse_x509().map_err(|_| unreadable())?;
        let public_key = certificate.public_key().subject_public_key.data.to_vec();
        let certificate_line = papers.certificate.replace(['\r', '\n'], "");
        Ok(Contract {
            papers,
            certificate_line,
            public_key,
        })
    }

    /// Whether a request carries this contract's certificate, on one line.
    pub fn accepts_certificate(&self, sent: &str) -> bool {
        sent == self.certificate_line
    }

    /// Whether a signature (base64) over a message was made with the contract's key.
    pub fn signed(&self, message: &str, signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else {
            return false;
        };
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key);
        key.verify(message.as_bytes(), &signature).is_ok()
    }
}
