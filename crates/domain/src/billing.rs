//! The billing key as everybody but the vault knows it: its name and what may be shown.

use crate::{Buyer, CardFacts, UserCode};

/// A stored billing key without the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BillingKeyRecord {
    /// Whose it is.
    pub merchant: UserCode,
    /// The merchant's name for it.
    pub customer_uid: String,
    /// The channel that issued it and that alone can charge it.
    pub channel_key: String,
    /// The provider's name.
    pub pg_provider: String,
    /// The merchant's id at the PG.
    pub pg_id: String,
    /// The card.
    pub card: CardFacts,
    /// The buyer as told at issue: the PG may want it again with each charge.
    pub buyer: Buyer,
    /// When this name first got a key, ms.
    pub inserted_at: i64,
    /// When the key was last replaced, ms.
    pub updated_at: i64,
}
