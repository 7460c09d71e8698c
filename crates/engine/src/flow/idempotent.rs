//! `Idempotency-Key`: the same key and the same request get the same answer for a day, and do nothing twice.

use dangol_domain::UserCode;
use dangol_domain::v1::{Refusal, messages};
use dangol_store::idempotency;

use crate::tokens::hex;
use crate::{Engine, FlowError};

/// How long answers are kept, ms.
const KEPT_MS: i64 = 24 * 3600 * 1000;
/// How long a request may take before it is believed lost with its process, ms: longer than any answer takes.
const LOST_AFTER_MS: i64 = 90_000;
/// Longest key, characters.
const KEY_MAX: usize = 255;

/// What a request with a key may do.
pub enum Turn {
    /// It is this request's turn.
    Ours(Claim),
    /// It was answered: HTTP status and body.
    Answered(u16, String),
}

/// The right to answer a key.
pub struct Claim {
    merchant: UserCode,
    key: String,
    claimed_at: i64,
    /// When the key was first used, if somebody before never answered, ms: what happened since may be his doing.
    pub lost_since: Option<i64>,
}

/// Takes the turn for a key. What is asked counts by its bytes.
///
/// # Errors
/// HTTP 400 for a key that is none; HTTP 409 when the key was used for something else, or is being answered.
pub async fn begin(
    engine: &Engine,
    merchant: &UserCode,
    key: &str,
    asked: &[&[u8]],
) -> Result<Turn, FlowError> {
    let good = |b: u8| b.is_ascii_graphic() || b == b' ';
    if key.is_empty() || key.len() > KEY_MAX || !key.bytes().all(good) {
        let text = "must be 1 to 255 ASCII characters";
        return Err(Refusal::malformed("Idempotency-Key", text).into());
    }
    let hash = hex(&engine.vault.keyed_hash("idempotency", &asked.join(&0)));
    let now = engine.now_ms();
    let claim = |claimed_at, lost_since| Claim {
        merchant: merchant.clone(),
        key: key.to_owned(),
        claimed_at,
        lost_since,
    };
    if idempotency::claim(&engine.db, merchant, key, &hash, now, now - KEPT_MS).await? {
        return Ok(Turn::Ours(claim(now, None)));
    }
    let conflict = |message: &str| Refusal {
        status: 409,
        code: 1,
        message: message.to_owned(),
    };
    let Some(used) = idempotency::find(&engine.db, merchant, key).await? else {
        return Err(conflict(messages::KEY_IN_FLIGHT).into());
    };
    if used.asked != hash {
        return Err(conflict(messages::KEY_OF_ANOTHER).into());
    }
    if let Some((status, body)) = used.answer {
        return Ok(Turn::Answered(u16::try_from(status).unwrap_or(200), body));
    }
    let lost = now - used.claimed_at > LOST_AFTER_MS;
    if !lost || !idempotency::take_over(&engine.db, merchant, key, used.claimed_at, now).await? {
        return Err(conflict(messages::KEY_IN_FLIGHT).into());
    }
    Ok(Turn::Ours(claim(now, Some(used.first_at))))
}

/// Keeps the answer; one that only says that we are out of order is not kept, so that the request can be repeated.
pub async fn end(engine: &Engine, claim: Claim, status: u16, body: &str) -> Result<(), FlowError> {
    let Claim {
        merchant,
        key,
        claimed_at,
        ..
    } = claim;
    let db = &engine.db;
    if status >= 500 {
        idempotency::release(db, &merchant, &key, claimed_at).await?;
    } else {
        let status = i64::from(status);
        idempotency::answer(db, &merchant, &key, claimed_at, status, body).await?;
    }
    Ok(())
}
