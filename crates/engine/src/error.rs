//! Why a flow did not give its answer.

use dangol_domain::v1::Refusal;
use dangol_store::StoreError;

/// A refusal that changed nothing, or a part of ours that is out of order.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The request was refused; nothing changed.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// The store is not available.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault could not open what it should.
    #[error("the vault: {0}")]
    Vault(#[from] dangol_vault::VaultError),
    /// A row names a PG that this build does not have, or the like.
    #[error("{0}")]
    Setup(String),
}

impl From<Refusal> for FlowError {
    fn from(refusal: Refusal) -> FlowError {
        FlowError::Refused(refusal)
    }
}
