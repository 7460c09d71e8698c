//! Proves a channel's credentials without moving money: a registration is reserved that nobody will complete. It proves the
//! seller key, the shop id and that PAYCO knows this server's address; nothing but a charge proves the product id.

use super::messages::{Reserve, Reserved};
use super::talk::ask;
use super::{facts, fields};
use crate::contract::{Channel, Checked};
use crate::wire::Wire;

/// Nobody will come to this address: the name is reserved for such uses.
const NOWHERE: &str = "https://return.invalid/";
/// Longest ids that PAYCO documents, in bytes.
const SELLER_KEY_BYTES_MAX: usize = 100;
const CP_ID_BYTES_MAX: usize = 30;

/// Checks a channel.
pub async fn check(wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked {
    if let Err(what) = locally(channel) {
        return Checked::Bad(what);
    }
    let reference = format!("check-{at_ms}");
    let question = Reserve {
        seller_key: &channel.pg_id,
        cp_id: channel.credential("cp_id"),
        seller_auto_payment_reference_key: &reference,
        return_url: NOWHERE,
        return_url_param: "{}".to_owned(),
        currency: "KRW",
        total_payment_amt: 0,
        order_method: channel.dialect(facts(), "order_method"),
        order_channel: "PC",
        in_app_yn: "N",
        order_title: fields::title("channel check"),
        extra_data: r#"{"viewOptions":{"iframeYn":"N"}}"#.to_owned(),
    };
    let answer = match ask(wire, channel, "/outseller/autoPayment/reserve", &question).await {
        Ok(answer) => answer,
        Err(no_answer) => {
            return Checked::CannotProve(format!(
                "the credentials have the right form, but {}",
                no_answer.seen()
            ));
        }
    };
    if !answer.is_ok() {
        return Checked::Bad(format!(
            "PAYCO refuses a reservation with this seller key and cp_id: {}; check both, and that PAYCO knows this server's IP address",
            answer.shown()
        ));
    }
    let reserved: Reserved = answer.result().unwrap_or_default();
    if reserved.order_sheet_url.some().is_none() {
        return Checked::CannotProve("PAYCO took a reservation but named no window".to_owned());
    }
    let product = match channel.credential("product_id") {
        "" => "without a product_id, partial cancels cannot be asked for",
        _ => "the product_id is proven by the first charge only",
    };
    Checked::Good(format!(
        "PAYCO took a reservation with this seller key and cp_id; {product}"
    ))
}

/// Checks what needs no PAYCO.
fn locally(channel: &Channel) -> Result<(), String> {
    let is_id = |text: &str, bytes_max: usize| {
        !text.is_empty() && text.len() <= bytes_max && text.bytes().all(|b| b.is_ascii_graphic())
    };
    let (seller_key, cp_id) = (channel.pg_id.as_str(), channel.credential("cp_id"));
    let product_id = channel.credential("product_id");
    if !is_id(seller_key, SELLER_KEY_BYTES_MAX) {
        return Err("the MID must be PAYCO's seller key (sellerKey), such as S0FSJE".to_owned());
    }
    if cp_id.is_empty() {
        return Err("cp_id is missing: the shop id that PAYCO gave with the contract".to_owned());
    }
    if !is_id(cp_id, CP_ID_BYTES_MAX) {
        return Err("cp_id must be at most 30 letters, digits and signs without spaces".to_owned());
    }
    if cp_id == seller_key {
        return Err("cp_id is the seller key; it must be the shop id".to_owned());
    }
    if cp_id == product_id {
        return Err("cp_id and product_id are the same; they are two ids".to_owned());
    }
    Ok(())
}
