//! Proves a channel's credentials without moving money: the deletion of a key that cannot exist. An answer that opens under
//! our crypto key comes from somebody who has it, and Danal keeps one for each CPID.

use dangol_domain::FailureClass;

use super::codes::{self, Meaning, Step, listed, meaning};
use super::messages::{Answer, delete_key};
use super::pairs;
use super::talk::{NoAnswer, ask, shown};
use crate::contract::{Channel, Checked};
use crate::wire::Wire;

/// No key of Danal's looks like this.
const NO_SUCH_KEY: &str = "NO-SUCH-KEY";
/// Digits of a CPID.
const CPID_DIGITS: usize = 10;

/// Checks a channel.
pub async fn check(wire: &dyn Wire, channel: &Channel) -> Checked {
    if let Err(what) = locally(channel) {
        return Checked::Bad(what);
    }
    match ask(wire, channel, &delete_key(NO_SUCH_KEY)).await {
        Ok(answer) => told(channel, &answer),
        Err(NoAnswer::Closed) => Checked::Bad(
            "Danal answers under another key: crypto_key is not the one of this CPID".to_owned(),
        ),
        Err(no_answer) => Checked::CannotProve(format!(
            "the credentials have the right form, but: {}",
            no_answer.seen()
        )),
    }
}

fn told(channel: &Channel, answer: &Answer) -> Checked {
    let (code, text) = (answer.code(), shown(answer));
    if code == codes::UNREADABLE && !answer.sealed {
        return Checked::Bad(format!(
            "Danal cannot decrypt what this crypto_key encrypts: {text}; check that CPID and crypto_key are of one contract, and that the key is the one for credit cards"
        ));
    }
    if meaning(channel, code, Step::Revoke) == Meaning::Refused(FailureClass::Config) {
        return Checked::Bad(format!(
            "Danal refuses this CPID: {text}; check the CPID, that it is open for subscription payments, and that Danal knows this server's IP address"
        ));
    }
    if !answer.sealed {
        return Checked::CannotProve(format!(
            "the credentials have the right form; Danal's answer does not show whether it knows them: {text}"
        ));
    }
    let knows_no_such_key = match listed(channel, "unknown_key_codes", code) {
        true => "and does not know the made-up key",
        false => "though its word about the made-up key is not the expected one",
    };
    Checked::Good(format!(
        "Danal answered under the crypto_key of this CPID {knows_no_such_key}: {text}; charges also need this server's IP address registered with Danal"
    ))
}

/// Checks what needs no Danal.
fn locally(channel: &Channel) -> Result<(), String> {
    let id = channel.pg_id.as_str();
    let key = channel.credential("crypto_key");
    let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex(id) {
        return Err(
            "the MID is a crypto key; it must be the CPID, 10 digits such as 9810030929".to_owned(),
        );
    }
    if id.len() != CPID_DIGITS || !id.bytes().all(|b| b.is_ascii_digit()) {
        return Err("the MID (CPID) must be 10 digits, such as 9810030929".to_owned());
    }
    if key.is_empty() {
        return Err(
            "crypto_key is missing: the CRYPTOKEY of this CPID for credit cards, from Danal"
                .to_owned(),
        );
    }
    if key == id {
        return Err("crypto_key is the CPID; it must be the CRYPTOKEY of that CPID".to_owned());
    }
    if pairs::crypto_key(channel).is_none() {
        return Err("crypto_key must be 64 hexadecimal digits (0-9, a-f)".to_owned());
    }
    Ok(())
}
