//! Danal's notices (NOTI), sent after a window has issued a key. Danal does not sign them and cannot be asked about them, so
//! they are hints at most.

use super::pairs::{self, Pairs};
use crate::contract::{Channel, Notice, NoticeSays};
use crate::lenient::{said, shown_code};

/// Longest number of ours or of Danal's, in bytes.
const NUMBER_BYTES_MAX: usize = 64;

/// Reads a notice, sealed (`DATA`) or plain: which of them Danal sends is not known.
pub fn read(channel: &Channel, notice: &Notice) -> NoticeSays {
    // One text for every reason: whoever sends garbage learns nothing from the answer.
    let refused = || {
        NoticeSays::Refused("a notice that names no order of Danal's, or does not open".to_owned())
    };
    let data = notice.text("DATA").filter(|data| !data.trim().is_empty());
    let opened = match &data {
        Some(data) => {
            let key = pairs::crypto_key(channel);
            let plain = key.and_then(|key| pairs::open(&key, data));
            match plain.and_then(|plain| Pairs::read(&plain)) {
                Some(opened) => Some(opened),
                None => return refused(),
            }
        }
        None => None,
    };
    let get = |name: &str| match &opened {
        Some(opened) => opened.get(name).to_owned(),
        None => notice.text(name).unwrap_or_default().trim().to_owned(),
    };
    let order_id = get("ORDERID");
    if !is_number(&order_id) {
        return refused();
    }
    NoticeSays::Hint {
        order_id,
        pg_tid: Some(get("TID")).filter(|tid| is_number(tid)),
        claim: claim(&get),
    }
}

/// What was claimed, without card and key.
fn claim(get: &impl Fn(&str) -> String) -> String {
    let amount = get("AMOUNT");
    let is_amount = !amount.is_empty() && amount.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let amount = if is_amount {
        said(&amount)
    } else {
        "?".to_owned()
    };
    let kind = match get("ISBILL").as_str() {
        "Y" => "a key and a charge",
        "N" => "a key",
        _ => "something",
    };
    format!(
        "Danal's notice of {kind}, amount {}: [{}] {}",
        amount,
        shown_code(&get("RETURNCODE")),
        said(&get("RETURNMSG"))
    )
}

fn is_number(text: &str) -> bool {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    (1..=NUMBER_BYTES_MAX).contains(&text.len()) && plain
}
