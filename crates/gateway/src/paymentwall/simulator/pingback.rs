//! Pingbacks: how Paymentwall tells a merchant what happened, by GET, until it hears `OK`.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::book::Record;
use super::payment::Charge;
use super::queue::Pingback;
use super::{PROVIDER, Paymentwall, signature};
use crate::sandbox::control::Fault;
use crate::wire::{Method, Request};

/// Type: paid.
pub const PAID: u16 = 0;
/// Type: given back in full.
pub const REFUNDED: u16 = 2;
/// Type: under review.
pub const IN_REVIEW: u16 = 200;
/// Type: a review accepted it.
pub const ACCEPTED: u16 = 201;
/// Type: a review declined it.
pub const DECLINED: u16 = 202;
/// Type: an authorisation was given up.
pub const VOIDED: u16 = 203;
/// Type: given back in part.
pub const PARTLY_REFUNDED: u16 = 220;

/// The gap between two tries, ms.
const GAP_MS: i64 = 30 * 60 * 1000;
/// How often a pingback is sent: for a day.
const TRIES_MAX: u32 = 48;
/// How late a late pingback comes, ms.
const LATE_MS: i64 = 30 * 60 * 1000;
/// The answer by which it was heard, the whole of it.
const HEARD: &[u8] = b"OK";
/// How long a merchant may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

impl Paymentwall {
    /// The pingback of a type about a charge, with further fields, as planned faults want it: none, or one.
    pub(super) fn pingbacks_of(
        &self,
        charge: &Charge,
        kind: u16,
        further: &[(&str, &str)],
    ) -> Vec<Pingback> {
        let fault = self.world.notice_fault(PROVIDER, &charge.plan);
        if fault == Some(Fault::NoNotice) {
            return vec![];
        }
        let late_ms = match fault {
            Some(Fault::LateNotice) => LATE_MS,
            _ => 0,
        };
        let hands_token_over = charge.letter == 't' && [PAID, ACCEPTED].contains(&kind);
        let (kind, reference) = (kind.to_string(), charge.reference());
        let version = self.settings.pingback_version.to_string();
        let mut fields = vec![
            ("uid", charge.uid.as_str()),
            ("goodsid", &charge.plan),
            ("slength", ""),
            ("speriod", ""),
            ("type", &kind),
            ("ref", &reference),
            ("is_test", "1"),
        ];
        fields.extend_from_slice(further);
        // How a widget's payment hands a token over is not published: this field is the simulator's own.
        if let Some(token) = charge.token.as_deref().filter(|_| hands_token_over) {
            fields.push(("card_token", token));
        }
        fields.push(("sign_version", &version));
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        vec![Pingback {
            serial: self.book().queue.new_serial(),
            project: charge.project.clone(),
            url: charge.pingback_url.clone(),
            fields: fields.into_iter().map(owned).collect(),
            due_ms: self.world.now_ms() + late_ms,
            twice: fault == Some(Fault::DuplicateNotice),
            forged: fault == Some(Fault::BadSignature),
            tries: 0,
        }]
    }

    /// Sends a pingback that is due, and notes whether it was heard.
    pub(super) async fn tell(&self, serial: u64, now_ms: i64) {
        let Some((pingback, url)) = self.addressed(serial) else {
            return;
        };
        let tries = pingback.tries + 1;
        let copies = 1 + u8::from(pingback.twice && pingback.tries == 0);
        let mut heard = false;
        for _ in 0..copies {
            heard |= self.is_heard(&url).await;
        }
        let next_ms = (!heard && tries < TRIES_MAX).then_some(now_ms + GAP_MS);
        let record = Record::Told {
            serial,
            tries,
            next_ms,
        };
        if let Err(error) = self.world.append(PROVIDER, None, Some(&record)).await {
            tracing::error!(%error, "a pingback was sent and could not be written down");
        }
        self.book().queue.told(serial, tries, next_ms);
    }

    /// A pingback and the address that carries it.
    fn addressed(&self, serial: u64) -> Option<(Pingback, String)> {
        let book = self.book();
        let pingback = book.queue.pingback(serial)?;
        let project = book.project(|project| project.key == pingback.project)?;
        let mut sig = signature::of_pingback(&pingback.fields, &project.secret);
        if pingback.forged {
            let last = if sig.pop() == Some('0') { '1' } else { '0' };
            sig.push(last);
        }
        let url = book.queue.url_of(pingback)?;
        Some((pingback.clone(), with_query(url, &pingback.fields, &sig)))
    }

    async fn is_heard(&self, url: &str) -> bool {
        let request = Request {
            method: Method::Get,
            url: url.to_owned(),
            headers: vec![],
            body: vec![],
            timeout_connect: PATIENCE,
            timeout_answer: PATIENCE,
            to_stranger: false,
        };
        match self.world.notify(request).await {
            Ok(answer) => answer.status == 200 && answer.body == HEARD,
            Err(error) => {
                tracing::debug!(%error, "nobody heard a pingback");
                false
            }
        }
    }
}

/// An address with a pingback's fields and its signature.
fn with_query(url: &str, fields: &[(String, String)], sig: &str) -> String {
    let pair = |name: &str, value: &str| {
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        format!("{name}={}", encode(value))
    };
    let mut pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| pair(name, value))
        .collect();
    pairs.push(pair("sig", sig));
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{}", pairs.join("&"))
}
