//! Billing keys that are kept aside: they came, and the PG has not decided about their first charge. When it approves
//! they become the key of their customer_uid; when it does not they are forgotten.

use dangol_domain::{CardFacts, ImpUid, Payment, UserCode};

use crate::billing_keys::Sealed;
use crate::{Db, Step, StoreError, json, values};

crate::statements! {
    INSERT = "INSERT INTO held_key (merchant, imp_uid, sealed, card) \
        SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT) \
        WHERE EXISTS (SELECT 1 FROM payment WHERE merchant = $1 AND imp_uid = $2 AND revised_by = $5) ON CONFLICT DO NOTHING";
    DELETE = "DELETE FROM held_key WHERE merchant = $1 AND imp_uid = $2 \
        AND EXISTS (SELECT 1 FROM payment WHERE merchant = $1 AND imp_uid = $2 AND revised_by = $3)";
    FIND = "SELECT sealed, card FROM held_key WHERE merchant = $1 AND imp_uid = $2";
}

/// A key that is kept aside, sealed, and its card.
pub struct Held {
    /// The sealed key; only the vault can open it.
    pub sealed: String,
    /// The card.
    pub card: CardFacts,
}

pub(crate) fn insert_if_revised(key: &Sealed, p: &Payment, write_id: i64) -> Step {
    let (merchant, imp_uid) = (p.merchant.as_str(), p.imp_uid.as_str());
    let card = json::write(&key.record.card);
    Step::new(
        INSERT,
        values![merchant, imp_uid, key.sealed.as_str(), card, write_id],
    )
}

pub(crate) fn delete_if_revised(p: &Payment, write_id: i64) -> Step {
    Step::new(
        DELETE,
        values![p.merchant.as_str(), p.imp_uid.as_str(), write_id],
    )
}

/// The key that is kept aside for a payment.
pub async fn find(
    db: &Db,
    merchant: &UserCode,
    imp_uid: &ImpUid,
) -> Result<Option<Held>, StoreError> {
    let rows = db
        .read(FIND, values![merchant.as_str(), imp_uid.as_str()])
        .await?;
    let held = rows.first().map(|row| {
        Ok(Held {
            sealed: row.text(0)?.to_owned(),
            card: json::read(row.text(1)?, "held_key.card")?,
        })
    });
    held.transpose()
}
