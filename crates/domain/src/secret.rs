//! Values that must not be seen: they have no `Debug`, no `Display` and no `Serialize`, and are wiped
//! when dropped. Reading one is an explicit [`Secret::expose`].

use zeroize::Zeroizing;

/// A text that must not reach a log, an error, a URL or a file in plaintext.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of a secret text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The plaintext, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A billing key in plaintext, in the form its connector wrote it. It exists inside the vault and in the
/// request being sent, nowhere else (ARCHITECTURE.md, invariant 5).
#[derive(Clone)]
pub struct BillingKey(Secret);

impl BillingKey {
    /// Wraps what the PG issued.
    pub fn new(text: impl Into<String>) -> BillingKey {
        BillingKey(Secret::new(text))
    }

    /// The plaintext, for the vault and the connector.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}
