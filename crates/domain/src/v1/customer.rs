//! The billing key's holder as V1 shows it. The key itself is never part of it.

use serde::Serialize;

use crate::CardKind;
use crate::billing::BillingKeyRecord;
use crate::clock::seconds;

/// V1's customer object.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the field names are V1's own vocabulary")]
pub struct CustomerView {
    pub card_code: Option<String>,
    pub card_issuer_code: Option<String>,
    pub card_issuer_name: Option<String>,
    pub card_name: String,
    pub card_number: Option<String>,
    pub card_publisher_code: Option<String>,
    pub card_publisher_name: Option<String>,
    pub card_type: Option<u8>,
    pub customer_addr: Option<String>,
    pub customer_email: Option<String>,
    pub customer_id: Option<String>,
    pub customer_name: Option<String>,
    pub customer_postcode: Option<String>,
    pub customer_tel: Option<String>,
    pub customer_uid: String,
    pub inserted: i64,
    pub pg_id: String,
    pub pg_provider: String,
    pub sandbox: bool,
    pub updated: i64,
}

impl CustomerView {
    /// Shows a record. `sandbox`: whether its channel is a sandbox one.
    pub fn new(record: &BillingKeyRecord, sandbox: bool) -> CustomerView {
        let buyer = record.buyer.clone();
        let card = record.card.clone();
        CustomerView {
            card_code: card.code,
            card_issuer_code: None,
            card_issuer_name: None,
            // V1 has no null here.
            card_name: card.name.unwrap_or_default(),
            card_number: card.number.map(|n| n.as_str().to_owned()),
            card_publisher_code: None,
            card_publisher_name: None,
            card_type: card.kind.map(|kind| match kind {
                CardKind::Credit => 0,
                CardKind::Check => 1,
            }),
            customer_addr: buyer.addr,
            customer_email: buyer.email,
            customer_id: None,
            customer_name: buyer.name,
            customer_postcode: buyer.postcode,
            customer_tel: buyer.tel,
            customer_uid: record.customer_uid.clone(),
            inserted: seconds(record.inserted_at),
            pg_id: record.pg_id.clone(),
            pg_provider: record.pg_provider.clone(),
            sandbox,
            updated: seconds(record.updated_at),
        }
    }
}
