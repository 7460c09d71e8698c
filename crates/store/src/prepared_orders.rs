//! Amounts that a merchant's server told before a window opens.

use dangol_domain::{Currency, PreparedOrder, UserCode};

use crate::json::corrupt;
use crate::{Db, Row, StoreError, Write, key_of, values};

crate::statements! {
    INSERT = "INSERT INTO prepared_order (merchant, merchant_uid, amount, currency) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE prepared_order SET amount = $1, currency = $2 WHERE merchant = $3 AND merchant_uid = $4";
    FIND = "SELECT merchant, merchant_uid, amount, currency FROM prepared_order WHERE merchant = $1 AND merchant_uid = $2";
}

/// Keeps a prepared order; `false` when its merchant_uid has one already.
pub async fn insert(db: &Db, order: &PreparedOrder) -> Result<bool, StoreError> {
    let params = values![
        order.merchant.as_str(),
        order.merchant_uid.as_str(),
        order.amount,
        currency(order)
    ];
    let write = Write::new(key_of(&order.merchant_uid)).step(INSERT, params);
    Ok(db.write(write).await?.affected(0) > 0)
}

/// Changes a prepared order; `false` when there is none.
pub async fn update(db: &Db, order: &PreparedOrder) -> Result<bool, StoreError> {
    let params = values![
        order.amount,
        currency(order),
        order.merchant.as_str(),
        order.merchant_uid.as_str()
    ];
    let write = Write::new(key_of(&order.merchant_uid)).step(UPDATE, params);
    Ok(db.write(write).await?.affected(0) > 0)
}

/// The prepared order of a merchant_uid.
pub async fn find(
    db: &Db,
    merchant: &UserCode,
    merchant_uid: &str,
) -> Result<Option<PreparedOrder>, StoreError> {
    let rows = db
        .read(FIND, values![merchant.as_str(), merchant_uid])
        .await?;
    rows.first().map(prepared_order).transpose()
}

fn currency(order: &PreparedOrder) -> Option<&str> {
    order.currency.as_ref().map(Currency::as_str)
}

fn prepared_order(row: &Row) -> Result<PreparedOrder, StoreError> {
    let read = |text| Currency::parse(text).ok_or_else(|| corrupt("prepared_order.currency"));
    Ok(PreparedOrder {
        merchant: UserCode::parse(row.text(0)?)
            .ok_or_else(|| corrupt("prepared_order.merchant"))?,
        merchant_uid: row.text(1)?.to_owned(),
        amount: row.int(2)?,
        currency: row.opt_text(3)?.map(read).transpose()?,
    })
}
