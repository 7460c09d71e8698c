//! Sealed billing keys under the merchant's customer_uid.

use dangol_domain::billing::BillingKeyRecord;
use dangol_domain::{Payment, UserCode};

use crate::json::corrupt;
use crate::{Db, Row, Step, StoreError, json, values};

crate::statements! {
    UPSERT = "INSERT INTO billing_key (merchant, customer_uid, channel_key, provider, pg_id, sealed, card, buyer, \
        inserted_at, updated_at) SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), \
        CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS TEXT), CAST($9 AS BIGINT), CAST($9 AS BIGINT) \
        WHERE EXISTS (SELECT 1 FROM payment WHERE merchant = $1 AND imp_uid = $10 AND revised_by = $11) \
        ON CONFLICT (merchant, customer_uid) DO UPDATE SET channel_key = excluded.channel_key, provider = excluded.provider, \
        pg_id = excluded.pg_id, sealed = excluded.sealed, card = excluded.card, buyer = excluded.buyer, updated_at = excluded.updated_at";
    FIND = "SELECT merchant, customer_uid, channel_key, provider, pg_id, card, buyer, inserted_at, updated_at, sealed \
        FROM billing_key WHERE merchant = $1 AND customer_uid = $2";
}

/// A record with its sealed key.
#[derive(Clone)]
pub struct Sealed {
    /// What may be shown.
    pub record: BillingKeyRecord,
    /// The sealed key; only the vault can open it.
    pub sealed: String,
}

pub(crate) fn upsert_if_revised(key: &Sealed, p: &Payment, write_id: i64) -> Step {
    let r = &key.record;
    Step::new(
        UPSERT,
        values![
            r.merchant.as_str(),
            r.customer_uid.as_str(),
            r.channel_key.as_str(),
            r.pg_provider.as_str(),
            r.pg_id.as_str(),
            key.sealed.as_str(),
            json::write(&r.card),
            json::write(&r.buyer),
            r.updated_at,
            p.imp_uid.as_str(),
            write_id
        ],
    )
}

/// The key of a customer_uid, sealed.
pub async fn find(
    db: &Db,
    merchant: &UserCode,
    customer_uid: &str,
) -> Result<Option<Sealed>, StoreError> {
    let rows = db
        .read(FIND, values![merchant.as_str(), customer_uid])
        .await?;
    rows.first().map(sealed).transpose()
}

fn sealed(row: &Row) -> Result<Sealed, StoreError> {
    Ok(Sealed {
        record: BillingKeyRecord {
            merchant: UserCode::parse(row.text(0)?)
                .ok_or_else(|| corrupt("billing_key.merchant"))?,
            customer_uid: row.text(1)?.to_owned(),
            channel_key: row.text(2)?.to_owned(),
            pg_provider: row.text(3)?.to_owned(),
            pg_id: row.text(4)?.to_owned(),
            card: json::read(row.text(5)?, "billing_key.card")?,
            buyer: json::read(row.text(6)?, "billing_key.buyer")?,
            inserted_at: row.int(7)?,
            updated_at: row.int(8)?,
        },
        sealed: row.text(9)?.to_owned(),
    })
}
