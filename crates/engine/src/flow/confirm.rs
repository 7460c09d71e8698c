//! Asking the merchant before the PG is asked (i'mport's `confirm_process`): when the buyer is back from the PG's window,
//! and before the step that takes money or makes a key, the merchant's server says yes or no.
//!
//! The payment is still [`dangol_domain::State::Ready`] then: nothing is on its way, so there is nothing to find out after
//! a crash. Whoever dies here leaves a window that the buyer may finish (the merchant is asked once more) and that expires
//! otherwise. A yes is never kept: the step to the PG is committed by the one who heard it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dangol_domain::v1::messages;
use dangol_domain::{Failure, FailureClass, Payment};
use dangol_gateway::contract::{WindowOrder, WindowReturn};
use dangol_gateway::wire::{Answer, Method, Request, Wire, WireError};
use serde::Deserialize;

use super::open_window::Found;
use super::result::percent_encode;
use crate::Engine;

/// V1's 10 s for the whole question: what connecting does not take is left for the answer.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(5);

/// Longest reason that is kept, characters.
const REASON_MAX: usize = 200;

/// The merchant did not say yes.
pub(super) struct Refused {
    /// What the payment failed with: the merchant's reason, as far as it gave one.
    pub failure: Failure,
    /// What was seen, for the history. Names no address: one may carry a secret.
    pub seen: String,
}

/// How it stands with the merchant's word when a window may go on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreed {
    /// The merchant does not want to be asked.
    Unasked,
    /// It said yes.
    Yes,
    /// The return asks nothing of the PG, so there was nothing to agree to; nothing may be sent for it.
    NothingToSend,
}

/// Asks the merchant, where it wants to be asked: by its own `confirm_url`, by the one that its page brought, or by both.
/// A page is in a stranger's browser, so what it brought can add a question and never take one away.
pub(super) async fn ask(
    engine: &Engine,
    found: &Found,
    order: &WindowOrder,
    returned: &WindowReturn,
) -> Result<Agreed, Refused> {
    let set = found.merchant.confirm_url.as_deref();
    let brought = found.request.confirm_url.as_deref();
    if set.is_none() && brought.is_none() {
        return Ok(Agreed::Unasked);
    }
    if !would_send(found, order, returned).await {
        return Ok(Agreed::NothingToSend);
    }
    let content_type = found.merchant.webhook_type.as_str();
    let put = |url: Option<&str>| {
        let request = url.map(|url| question(url, content_type, &found.payment));
        async {
            match request {
                Some(request) => read(engine.wire.send(request).await),
                None => Ok(()),
            }
        }
    };
    let (first, second) = tokio::join!(put(set), put(brought.filter(|url| Some(*url) != set)));
    first.and(second).map(|()| Agreed::Yes)
}

/// Whether this return leads to a question to the PG. A buyer who gave up comes back as well, and what a connector reads
/// in a return is its own: so it is tried on a wire that leads nowhere.
async fn would_send(found: &Found, order: &WindowOrder, returned: &WindowReturn) -> bool {
    #[derive(Default)]
    struct Noticed(AtomicBool);

    #[async_trait]
    impl Wire for Noticed {
        async fn send(&self, _: Request) -> Result<Answer, WireError> {
            self.0.store(true, Ordering::Relaxed);
            Err(WireError::NotConnected)
        }
    }

    let (noticed, channel) = (Noticed::default(), &found.channel);
    channel
        .gateway
        .close_window(&noticed, &channel.channel, order, returned)
        .await;
    noticed.0.into_inner()
}

/// The question, in the encoding of the merchant's webhooks.
fn question(url: &str, content_type: &str, payment: &Payment) -> Request {
    let (imp_uid, merchant_uid) = (payment.imp_uid.as_str(), payment.merchant_uid.as_str());
    let amount = payment.money().json();
    let body = if content_type == "application/x-www-form-urlencoded" {
        let encode = percent_encode;
        format!(
            "imp_uid={}&merchant_uid={}&amount={amount}",
            encode(imp_uid),
            encode(merchant_uid)
        )
    } else {
        serde_json::json!({ "imp_uid": imp_uid, "merchant_uid": merchant_uid, "amount": amount })
            .to_string()
    };
    Request {
        method: Method::Post,
        url: url.to_owned(),
        headers: vec![
            ("content-type", content_type.to_owned()),
            ("user-agent", "Dangol-Confirm/1".to_owned()),
        ],
        body: body.into_bytes(),
        timeout_connect: CONNECT,
        timeout_answer: ANSWER,
        to_stranger: true,
    }
}

/// 200 is yes, and nothing else is.
fn read(answer: Result<Answer, WireError>) -> Result<(), Refused> {
    let (seen, body) = match answer {
        Ok(answer) if answer.status == 200 => return Ok(()),
        Ok(answer) => (format!("HTTP {}", answer.status), answer.body),
        Err(error) => (error.to_string(), Vec::new()),
    };
    let reason = reason(&body).unwrap_or_else(|| messages::CONFIRM_NO_REASON.to_owned());
    Err(Refused {
        failure: Failure::new(FailureClass::Unconfirmed, "", reason),
        seen: format!("the merchant did not confirm: {seen}"),
    })
}

/// The merchant's reason, `{"reason": "…"}`, as one line.
fn reason(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Told {
        reason: String,
    }
    let told: Told = serde_json::from_slice(body).ok()?;
    let line: String = told.reason.chars().filter(|c| !c.is_control()).collect();
    let reason: String = line.trim().chars().take(REASON_MAX).collect();
    (!reason.is_empty()).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_200_is_a_yes_and_a_reason_is_one_line_of_text() {
        let answer = |status, body: &[u8]| {
            read(Ok(Answer {
                status,
                content_type: String::new(),
                retry_after_s: None,
                body: body.to_vec(),
            }))
        };
        let no = |status, body: &str| match answer(status, body.as_bytes()) {
            Ok(()) => panic!("{status} is no yes"),
            Err(refused) => refused.failure.message,
        };
        assert!(answer(200, b"{\"reason\":\"ignored\"}").is_ok());
        assert!(answer(200, &[0xff; 8]).is_ok());
        assert_eq!(
            no(409, r#"{"reason":" 재고가\n 없습니다\u0000 "}"#),
            "재고가 없습니다"
        );
        let long = serde_json::json!({ "reason": "가".repeat(500) }).to_string();
        assert_eq!(no(400, &long).chars().count(), REASON_MAX);
        for (status, body) in [
            (500, "<html>"),
            (204, ""),
            (201, r#"{"reason":""}"#),
            (302, r#"{"reason":7}"#),
            (404, "[]"),
        ] {
            assert_eq!(no(status, body), messages::CONFIRM_NO_REASON, "{status}");
        }
    }

    #[test]
    fn no_answer_is_no_yes() {
        let too_large = WireError::TooLarge { status: 200 };
        for error in [
            WireError::NotConnected,
            WireError::Forbidden,
            WireError::Lost,
            WireError::TimedOut,
            too_large,
        ] {
            let refused = read(Err(error)).expect_err("no yes");
            assert_eq!(refused.failure.message, messages::CONFIRM_NO_REASON);
            assert!(refused.seen.ends_with(&error.to_string()));
        }
    }
}
