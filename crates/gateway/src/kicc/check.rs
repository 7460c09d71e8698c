//! Proves a channel's credentials without moving money: a cancel of a payment that cannot exist, signed once rightly and
//! once wrongly. When KICC's answers differ, it looked at the signature and took ours.

use super::fields;
use super::messages::{Cancel, Cancelled, Verdict as _, cancel_code};
use super::talk::{NoAnswer, ask, listed};
use crate::contract::{Channel, Checked};
use crate::lenient::{said, shown_code};
use crate::wire::Wire;

/// A number of the right form that KICC never gave out: its numbers begin with a date.
const NO_SUCH_PG_CNO: &str = "00000000000000000000";
/// The published test secret has 16 letters; anything shorter than this is a slip.
const SECRET_BYTES_MIN: usize = 8;

/// Checks a channel.
pub async fn check(wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked {
    if let Err(what) = locally(channel) {
        return Checked::Bad(what);
    }
    let secret = channel.credential("secret");
    let (id, other_id) = (format!("chk-{at_ms}-a"), format!("chk-{at_ms}-b"));
    let signed = cancel_code(secret, NO_SUCH_PG_CNO, &id);
    let signed_wrongly = cancel_code(secret, &id, NO_SUCH_PG_CNO);
    let rightly = cancel(wire, channel, &id, signed, at_ms).await;
    let wrongly = cancel(wire, channel, &other_id, signed_wrongly, at_ms).await;
    let (right, wrong) = match (rightly, wrongly) {
        (Ok(right), Ok(wrong)) => (right, wrong),
        (Err(no_answer), _) | (_, Err(no_answer)) => {
            let seen = no_answer.seen();
            return Checked::CannotProve(format!(
                "the credentials have the right form, but {seen}"
            ));
        }
    };
    let code = right.code();
    let text = format!("[{}] {}", shown_code(code), said(right.text()));
    if listed(channel, "bad_signature_codes", code) {
        return Checked::Bad(format!(
            "KICC refuses the signature made with this secret: {text}; check that MID and secret are of one contract, test or live"
        ));
    }
    if code == wrong.code() || code.is_empty() || code == "0000" {
        return Checked::CannotProve(format!(
            "the credentials have the right form; KICC's answers do not show whether it looked at the signature: {text}"
        ));
    }
    Checked::Good(format!(
        "KICC told a right signature from a wrong one and does not know the made-up payment: {text}"
    ))
}

async fn cancel(
    wire: &dyn Wire,
    channel: &Channel,
    id: &str,
    msg_auth_value: String,
    at_ms: i64,
) -> Result<Cancelled, NoAnswer> {
    let question = Cancel {
        mall_id: &channel.pg_id,
        shop_transaction_id: id,
        pg_cno: NO_SUCH_PG_CNO,
        revise_type_code: "40",
        amount: None,
        remain_amount: None,
        revise_message: "channel check".to_owned(),
        cancel_req_date: fields::day(at_ms),
        msg_auth_value,
    };
    ask(wire, channel, "/api/trades/revise", &question).await
}

/// Checks what needs no KICC.
fn locally(channel: &Channel) -> Result<(), String> {
    let id = channel.pg_id.as_str();
    if id.len() != 8 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err("the MID (mallId) must be 8 letters and digits, such as T5102001".to_owned());
    }
    let secret = channel.credential("secret");
    if secret.is_empty() {
        return Err(
            "secret is missing: the secret key of this MID, from KICC's merchant site".to_owned(),
        );
    }
    if secret == id {
        return Err("secret is the MID; it must be the secret key of that MID".to_owned());
    }
    if secret.len() < SECRET_BYTES_MIN || !secret.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(
            "secret is no secret key of KICC: 8 and more letters, digits and signs without spaces"
                .to_owned(),
        );
    }
    Ok(())
}
