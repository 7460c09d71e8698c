//! Proves a channel's credentials without moving money: Brick is asked for a charge that cannot exist, and the status API for
//! such a payment, signed once rightly and once wrongly.

use super::codes::{NO_SUCH_CHARGE, is_key_refused};
use super::messages::{Params, Refusal};
use super::talk::{CHARGES, NoAnswer, ask_brick_as, ask_status, shown};
use super::window::TokenSource;
use super::{facts, fields, notice, sign};
use crate::contract::{Channel, Checked};
use crate::wire::Wire;

/// A charge's number that Paymentwall never gave out.
const NO_SUCH_ID: &str = "0";
/// Keys have 30 or 32 letters and digits; anything shorter than this is a slip.
const KEY_BYTES_MIN: usize = 16;
/// The keys of a channel, with what they are called in the Merchant Area.
const KEYS: [(&str, &str); 3] = [
    ("secret_key", "the project's secret key"),
    ("brick_public_key", "Brick's public key"),
    ("brick_private_key", "Brick's private key"),
];

/// Checks a channel.
pub async fn check(wire: &dyn Wire, channel: &Channel, _at_ms: i64) -> Checked {
    if let Err(what) = locally(channel) {
        return Checked::Bad(what);
    }
    match brick(wire, channel).await {
        Brick::Good => {}
        Brick::Bad(what) => return Checked::Bad(what),
        Brick::Unclear(seen) => {
            return Checked::CannotProve(format!("the keys have the right form, but {seen}"));
        }
    }
    match signatures(wire, channel).await {
        Ok((Some(right), Some(wrong))) if right != wrong => Checked::Good(
            "Brick takes the private key, and Paymentwall told a right signature from a wrong one"
                .to_owned(),
        ),
        Ok(_) => Checked::CannotProve(
            "Brick takes the private key; the secret key is not proven: Paymentwall's answers do not show whether it looked at the signature (is the Payment Status API active for this account?)"
                .to_owned(),
        ),
        Err(no_answer) => Checked::CannotProve(format!(
            "Brick takes the private key; the secret key is not proven: {}",
            no_answer.seen()
        )),
    }
}

/// What Brick thinks of the private key.
enum Brick {
    Good,
    Bad(String),
    Unclear(String),
}

async fn brick(wire: &dyn Wire, channel: &Channel) -> Brick {
    let private = channel.credential("brick_private_key");
    let refusal = match look(wire, channel, private).await {
        Ok(Some(refusal)) => refusal,
        Ok(None) => {
            let seen = "Paymentwall did not say that it lacks a charge that cannot exist";
            return Brick::Unclear(seen.to_owned());
        }
        Err(no_answer) => return Brick::Unclear(no_answer.seen()),
    };
    if refusal.code.0 == NO_SUCH_CHARGE {
        return Brick::Good;
    }
    let shown = shown(&refusal);
    if !is_key_refused(&refusal.code.0) {
        return Brick::Unclear(format!("Paymentwall answered {shown}"));
    }
    // Does it take the other key?
    let public = channel.credential("brick_public_key");
    let swapped = match look(wire, channel, public).await {
        Ok(Some(refusal)) => refusal.code.0 == NO_SUCH_CHARGE,
        _ => false,
    };
    Brick::Bad(match swapped {
        true => "brick_public_key and brick_private_key are swapped: Brick takes the public one as its private key".to_owned(),
        false => format!("Brick refuses brick_private_key: {shown}; check that it is the private key of this project"),
    })
}

/// Looks at a charge that cannot exist.
async fn look(
    wire: &dyn Wire,
    channel: &Channel,
    api_key: &str,
) -> Result<Option<Refusal>, NoAnswer> {
    let path = format!("{CHARGES}/{NO_SUCH_ID}");
    let told = ask_brick_as(wire, channel, &path, None, api_key).await?;
    Ok(told.refusal())
}

/// What the status API says to a right signature and to a wrong one.
async fn signatures(
    wire: &dyn Wire,
    channel: &Channel,
) -> Result<(Option<String>, Option<String>), NoAnswer> {
    let question = || -> Params {
        let reference = fields::reference(channel, NO_SUCH_ID);
        vec![("key", channel.pg_id.clone()), ("ref", reference)]
    };
    let right = sign::signed(channel, question());
    let mut wrong = right.clone();
    if let Some((_, sign)) = wrong.last_mut() {
        *sign = sign.chars().rev().collect();
    }
    let said = async |question: &Params| {
        let told = ask_status(wire, channel, question).await?;
        Ok(told.refusal().map(|refusal| shown(&refusal)))
    };
    Ok((said(&right).await?, said(&wrong).await?))
}

/// Checks what needs no Paymentwall.
fn locally(channel: &Channel) -> Result<(), String> {
    let is_key = |text: &str| {
        text.len() >= KEY_BYTES_MIN && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let project = channel.pg_id.as_str();
    if !is_key(project) {
        return Err(
            "the project key (pg_id) must be 32 letters and digits from the Merchant Area"
                .to_owned(),
        );
    }
    for (name, what) in KEYS {
        let key = channel.credential(name);
        if key.is_empty() {
            return Err(format!("{name} is missing: {what}"));
        }
        if key == project {
            return Err(format!("{name} is the project key; it must be {what}"));
        }
        if !is_key(key) {
            return Err(format!(
                "{name} is no key of Paymentwall's; it must be {what}"
            ));
        }
    }
    for (at, (name, what)) in KEYS.iter().enumerate() {
        for (other, _) in &KEYS[at + 1..] {
            if channel.credential(name) == channel.credential(other) {
                return Err(format!("{other} is the same as {name}, which is {what}"));
            }
        }
    }
    if channel.credential("secret_key").starts_with("t_") {
        return Err(
            "secret_key is a key of Brick's; it must be the project's secret key".to_owned(),
        );
    }
    let private_is_test = channel.credential("brick_private_key").starts_with("t_");
    if notice::is_test_channel(channel) != private_is_test {
        return Err(
            "of brick_public_key and brick_private_key one is for test (t_) and one is not"
                .to_owned(),
        );
    }
    guesses(channel)
}

/// Whether the operator's guesses are among those that can be made.
fn guesses(channel: &Channel) -> Result<(), String> {
    TokenSource::built(channel)?;
    for (name, choices) in [
        ("sign_version", &["2", "3"][..]),
        ("notice_sign_version_min", &["1", "2", "3"]),
        ("refund", &["ticket", "brick"]),
        ("two_decimals", &["true", "false"]),
        ("status_api", &["true", "false"]),
    ] {
        if !choices.contains(&channel.dialect(facts(), name)) {
            return Err(format!("{name} must be one of: {}", choices.join(", ")));
        }
    }
    Ok(())
}
