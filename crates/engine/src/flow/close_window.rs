//! Closing a window: the PG has returned the browser, or the buyer gave up. A return is only a hint; the key exists when
//! the PG says so.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use dangol_domain::billing::BillingKeyRecord;
use dangol_domain::v1::messages;
use dangol_domain::{
    CardFacts, Event, Failure, FailureClass, Money, Payment, Receipt, Secret, State,
};
use dangol_gateway::contract::{Issue, IssuedKey, ReturnClaim, Revoked, WindowOrder, WindowReturn};
use dangol_gateway::wire::{Unplugged, Wire};
use dangol_store::billing_keys::Sealed;
use dangol_store::jobs::{Edit, Job};
use dangol_store::merchants::MerchantRecord;
use dangol_store::windows::WindowRecord;
use dangol_store::{payments, windows};
use dangol_vault::KeyContext;

use super::attempt::{self, FIRST_INQUIRY_MS, INTENT_MS, expire_job, follow, resolve_job};
use super::confirm::{self, Agreed};
use super::notify::Told;
use super::open_window::{Found, NotYours, Page, find, order, page, token_fits};
use super::record::{Happening, Recorded, record};
use super::result::{self, WindowResult};
use super::webhook_first;
use crate::inflight::InFlight;
use crate::{Engine, FlowError};

/// How long a browser waits for the word of the merchant and of the PG, longer than we do (10 s and 35 s).
pub(crate) const WAIT: Duration = Duration::from_secs(50);

/// How long a browser waits for a PG that will decide later.
const DECISION: Duration = Duration::from_secs(30);

/// The PG returned the browser, which is at this address: believe nothing, ask the PG, record. A window that has ended shows
/// its stored result.
pub async fn close_window(
    engine: &Engine,
    window_id: &str,
    returned: WindowReturn,
    browser_ip: Option<IpAddr>,
) -> Result<Result<(WindowResult, Page), NotYours>, FlowError> {
    let Some(found) = find(engine, window_id).await? else {
        return Ok(Err(NotYours::Unknown));
    };
    let channel = &found.channel;
    let claim = channel.gateway.read_return(&channel.channel, &returned);
    let fits = |token: &str| token_fits(engine, &found.window, token);
    if let Err(why) = proven(&claim, found.payment.imp_uid.as_str(), fits) {
        return Ok(Err(why));
    }
    let page = page(engine, &found);
    let (window, merchant) = (found.window.clone(), Arc::clone(&found.merchant));
    let token = claim.token.as_ref().map_or("", Secret::expose);
    let mut order = order(engine, &found, token);
    order.browser_ip = browser_ip.map(|ip| ip.to_string());
    let payment = end(engine, found, order, returned).await?;
    webhook_first::until_told(engine, &merchant, &payment).await?;
    let expired = engine.now_ms() > window.expires_at;
    Ok(Ok((result::of(&payment, &window, expired), page)))
}

/// Whether a return is this window's: by the token that the PG echoed, or, where it echoes none, by the order number in
/// what only the PG can have written.
fn proven(
    claim: &ReturnClaim,
    order_id: &str,
    fits: impl Fn(&str) -> bool,
) -> Result<(), NotYours> {
    let told = claim.order_id.as_deref();
    let belongs = match &claim.token {
        Some(token) => fits(token.expose()),
        None => claim.sealed && told.is_some(),
    };
    match told {
        _ if !belongs => Err(NotYours::BadToken),
        Some(id) if id != order_id => Err(NotYours::OtherOrder),
        _ => Ok(()),
    }
}

/// Takes the step out of Ready if it is still to be taken, and waits for the end.
async fn end(
    engine: &Engine,
    found: Found,
    order: WindowOrder,
    returned: WindowReturn,
) -> Result<Arc<Payment>, FlowError> {
    let payment = found.payment.clone();
    if payment.state != State::Ready {
        return follow(engine, &payment, WAIT).await;
    }
    if engine.now_ms() > found.window.expires_at {
        let expire = Happening::of(Event::Expire, Told::Waiting);
        return Ok(record(engine, &found.merchant, &payment, expire)
            .await?
            .payment);
    }
    // A browser that leaves in the middle must not leave half of it behind.
    let task = engine
        .tasks
        .spawn(exchange(engine.clone(), found, order, returned));
    match tokio::time::timeout(WAIT, task).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => Err(FlowError::Setup(error.to_string())),
        Err(_) => attempt::follow(engine, &payment, Duration::ZERO).await,
    }
}

/// Asks the merchant, where it wants to be asked. Then commits that the exchange is about to be asked for, asks, records.
async fn exchange(
    engine: Engine,
    found: Found,
    order: WindowOrder,
    returned: WindowReturn,
) -> Result<Arc<Payment>, FlowError> {
    // Of two returns at this node one asks; the other hears what came of it.
    let Ok(announcer) = InFlight::begin_alone(&engine, &found.payment.imp_uid) else {
        return follow(&engine, &found.payment, WAIT).await;
    };
    let agreed = match confirm::ask(&engine, &found, &order, &returned).await {
        Ok(agreed) => agreed,
        Err(refused) => {
            let ended = unconfirmed(&engine, found, order, returned, refused).await?;
            drop(announcer);
            return follow(&engine, &ended, WAIT).await;
        }
    };
    let began = engine.clock.local_ms();
    let job = resolve_job(&found.payment, engine.now_ms());
    let sent = send(&engine, &found, &job, agreed).await?;
    if !sent.ours {
        // It ended while the merchant was thinking.
        if agreed == Agreed::Yes && sent.payment.state == State::Failed {
            discard(&engine, found, order, returned);
        }
        drop(announcer);
        return follow(&engine, &sent.payment, WAIT).await;
    }
    let channel = &found.channel;
    let issue = if engine.clock.local_ms() - began > INTENT_MS {
        Issue::Refused(Failure::new(
            FailureClass::Retryable,
            "",
            "잠시 후 다시 시도해주세요.",
        ))
    } else {
        let wire = match agreed {
            Agreed::NothingToSend => &Unplugged as &dyn Wire,
            Agreed::Unasked | Agreed::Yes => engine.wire.as_ref(),
        };
        channel
            .gateway
            .close_window(wire, &channel.channel, &order, &returned)
            .await
    };
    let recorded = record_issue(&engine, &found.merchant, &sent.payment, issue, job).await;
    if let Err(error) = &recorded {
        tracing::error!(imp_uid = %sent.payment.imp_uid, %error, "ALARM: an issue could not be recorded; its resolve job will ask");
    }
    let mut ended = recorded.unwrap_or(sent.payment);
    if ended.state == State::Pending {
        // A notice may be on its way: until then whoever asks after the window is told that it is being worked on.
        ended = attempt::follow_on(&engine, &ended, DECISION).await?;
    }
    announcer.announce(ended.clone());
    Ok(ended)
}

/// Ends a window to which the merchant did not agree: the PG is not asked. Whatever it made by itself in its own window
/// is taken back, as far as one question can: nothing that is left of it can take money.
async fn unconfirmed(
    engine: &Engine,
    found: Found,
    order: WindowOrder,
    returned: WindowReturn,
    refused: confirm::Refused,
) -> Result<Arc<Payment>, FlowError> {
    let imp_uid = found.payment.imp_uid.clone();
    tracing::info!(%imp_uid, seen = refused.seen, "a window ends unconfirmed");
    let mut happening = refusal(&found.payment, &found.window, refused.failure);
    happening.detail = Some(refused.seen);
    let ended = record(engine, &found.merchant, &found.payment, happening).await?;
    if ended.payment.state == State::Failed {
        discard(engine, found, order, returned);
    }
    Ok(ended.payment)
}

/// Has the PG take back what it made by itself in a window that ended without a question to it. The buyer need not wait.
fn discard(engine: &Engine, found: Found, order: WindowOrder, returned: WindowReturn) {
    let engine = engine.clone();
    engine.tasks.clone().spawn(async move {
        let (gateway, channel) = (found.channel.gateway, &found.channel.channel);
        let discard = gateway.discard(engine.wire.as_ref(), channel, &order, &returned);
        if let Revoked::Refused(_) | Revoked::Unknown(_) = discard.await {
            let imp_uid = &found.payment.imp_uid;
            tracing::warn!(%imp_uid, "the PG may still keep what its window made; it cannot be charged");
        }
    });
}

/// The guarded step by which one of two returns wins.
async fn send(
    engine: &Engine,
    found: &Found,
    job: &Job,
    agreed: Agreed,
) -> Result<Recorded, FlowError> {
    let (payment, window) = (&found.payment, &found.window);
    let mut sending = Happening::of(Event::Send, Told::Waiting);
    sending.detail = (agreed == Agreed::Yes).then(|| "the merchant confirmed".to_owned());
    sending.jobs = vec![
        Edit::Done(expire_job(payment, window.expires_at)),
        Edit::Add(job.clone()),
    ];
    let sent = record(engine, &found.merchant, payment, sending).await?;
    if sent.ours || sent.payment.state != State::Ready {
        return Ok(sent);
    }
    // Still ready, and yet not ours: another payment holds the merchant_uid by now.
    let failure = Failure::new(FailureClass::Duplicate, "", messages::UID_USED);
    let payment = refuse(engine, &found.merchant, &sent.payment, window, failure).await?;
    Ok(Recorded {
        payment,
        ours: false,
    })
}

async fn record_issue(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
    issue: Issue,
    job: Job,
) -> Result<Arc<Payment>, FlowError> {
    let mut happening = Happening::of(Event::Decline, Told::Waiting);
    let (mut sealed, mut held) = (None, None);
    match issue {
        Issue::Issued(issued) => {
            happening.event = Event::Approve;
            happening.receipt = Some(issue_receipt(payment, &issued));
            sealed = Some(seal(engine, merchant, payment, &issued)?);
        }
        Issue::Refused(failure) => happening.failure = Some(failure),
        Issue::Pending { why, key } => {
            happening.event = Event::Pend;
            happening.detail = Some(why);
            held = key
                .map(|key| seal(engine, merchant, payment, &key))
                .transpose()?;
        }
        Issue::Unknown(why) => {
            happening.event = Event::LoseTrack;
            happening.failure = Some(Failure::new(FailureClass::Protocol, "", why.clone()));
            happening.detail = Some(why);
        }
    }
    happening.key = sealed.as_ref();
    happening.held_key = held.as_ref();
    happening.jobs = vec![match happening.event {
        Event::Pend | Event::LoseTrack => Edit::Later(job, engine.now_ms() + FIRST_INQUIRY_MS, 0),
        _ => Edit::Done(job),
    }];
    Ok(record(engine, merchant, payment, happening).await?.payment)
}

/// What the PG approved with the issue: its first charge, or nothing (an amount of 0: there is nothing to cancel).
pub(super) fn issue_receipt(payment: &Payment, issued: &IssuedKey) -> Receipt {
    issued.first_charge.clone().unwrap_or_else(|| Receipt {
        pg_tid: issued.pg_tid.clone().unwrap_or_default(),
        amount: Money::new(0, payment.currency),
        approval_number: None,
        approved_at_ms: None,
        card: issued.card.clone(),
        quota: 0,
        partial_cancel: None,
        receipt_url: None,
        cancel_key: None,
    })
}

/// Seals a key that was issued for the payment.
pub(super) fn seal(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
    issued: &IssuedKey,
) -> Result<Sealed, FlowError> {
    let customer_uid = payment.customer_uid.clone().unwrap_or_default();
    let context = KeyContext {
        merchant: payment.merchant.as_str(),
        customer_uid: &customer_uid,
        pg: &payment.order.pg_provider,
    };
    let sealed = engine.vault.seal_key(
        &merchant.data_key,
        &context,
        engine.random.bytes(),
        &issued.key,
    )?;
    Ok(Sealed {
        record: key_record(engine, payment, issued.card.clone()),
        sealed,
    })
}

/// What may be shown of a key that was issued for the payment.
pub(super) fn key_record(engine: &Engine, payment: &Payment, card: CardFacts) -> BillingKeyRecord {
    let now = engine.now_ms();
    BillingKeyRecord {
        merchant: payment.merchant.clone(),
        customer_uid: payment.customer_uid.clone().unwrap_or_default(),
        channel_key: payment.channel_key.clone(),
        pg_provider: payment.order.pg_provider.clone(),
        pg_id: payment.order.pg_id.clone(),
        card,
        buyer: payment.order.buyer.clone(),
        inserted_at: now,
        updated_at: now,
    }
}

/// Ends a window before anything was sent.
pub(crate) async fn refuse(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
    window: &WindowRecord,
    failure: Failure,
) -> Result<Arc<Payment>, FlowError> {
    let refused = refusal(payment, window, failure);
    Ok(record(engine, merchant, payment, refused).await?.payment)
}

fn refusal(payment: &Payment, window: &WindowRecord, failure: Failure) -> Happening<'static> {
    let mut refused = Happening::of(Event::Refuse, Told::Waiting);
    refused.failure = Some(failure);
    refused.jobs = vec![Edit::Done(expire_job(payment, window.expires_at))];
    refused
}

/// Where a window stands, for the page that opened it.
pub enum Standing {
    /// Nothing has happened yet.
    Open,
    /// The merchant or the PG is being asked, or the merchant is being told first.
    Working,
    /// It has ended.
    Done(WindowResult),
}

/// Asks after a window by the page's nonce; `None` when the nonce is not this window's.
pub async fn window_result(
    engine: &Engine,
    imp_uid: &str,
    nonce: &str,
) -> Result<Option<Standing>, FlowError> {
    let Some((payment, window)) = by_nonce(engine, imp_uid, nonce).await? else {
        return Ok(None);
    };
    standing(engine, &payment, &window).await.map(Some)
}

/// The buyer closed the layer or popup: a window that nobody finished is over; otherwise its true end is told.
pub async fn abandon_window(
    engine: &Engine,
    imp_uid: &str,
    nonce: &str,
) -> Result<Option<Standing>, FlowError> {
    let Some((payment, window)) = by_nonce(engine, imp_uid, nonce).await? else {
        return Ok(None);
    };
    if payment.state != State::Ready {
        return standing(engine, &payment, &window).await.map(Some);
    }
    let failure = Failure::new(FailureClass::UserCancel, "", messages::USER_CANCELLED);
    let Some(merchant) = engine.merchant(&payment.merchant).await? else {
        return Ok(None);
    };
    let payment = refuse(engine, &merchant, &payment, &window, failure).await?;
    standing(engine, &payment, &window).await.map(Some)
}

async fn standing(
    engine: &Engine,
    payment: &Payment,
    window: &WindowRecord,
) -> Result<Standing, FlowError> {
    if let Some(merchant) = engine.merchant(&payment.merchant).await?
        && webhook_first::is_held(engine, &merchant, payment).await?
    {
        return Ok(Standing::Working);
    }
    let expired = engine.now_ms() > window.expires_at;
    Ok(match payment.state {
        State::Ready | State::Pending if engine.inflight.find(&payment.imp_uid).is_some() => {
            Standing::Working
        }
        State::Ready if !expired => Standing::Open,
        State::Sending => Standing::Working,
        _ => Standing::Done(result::of(payment, window, expired)),
    })
}

async fn by_nonce(
    engine: &Engine,
    imp_uid: &str,
    nonce: &str,
) -> Result<Option<(Payment, WindowRecord)>, FlowError> {
    let window = windows::find_by_nonce(&engine.db, nonce, imp_uid).await?;
    let Some(window) = window else {
        return Ok(None);
    };
    let payment = payments::find(&engine.db, &window.merchant, &window.imp_uid).await?;
    Ok(payment.map(|payment| (payment, window)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_proven_by_its_token_or_by_its_seal_and_order() {
        use NotYours::{BadToken, OtherOrder};
        let of = |token: Option<&str>, sealed: bool, order_id: Option<&str>| {
            let claim = ReturnClaim {
                order_id: order_id.map(str::to_owned),
                token: token.map(Secret::new),
                sealed,
            };
            proven(&claim, "imp_1", |token| token == "mine")
        };
        let (mine, other) = (Some("imp_1"), Some("imp_2"));
        for sealed in [false, true] {
            assert_eq!(of(Some("mine"), sealed, mine), Ok(()));
            assert_eq!(of(Some("mine"), sealed, None), Ok(()));
            assert_eq!(of(Some("mine"), sealed, other), Err(OtherOrder));
            // A seal never makes up for a token that is another's.
            assert_eq!(of(Some("other"), sealed, mine), Err(BadToken));
            assert_eq!(of(Some(""), sealed, mine), Err(BadToken));
        }
        assert_eq!(of(None, false, mine), Err(BadToken));
        assert_eq!(of(None, true, None), Err(BadToken));
        assert_eq!(of(None, true, other), Err(OtherOrder));
        assert_eq!(of(None, true, mine), Ok(()));
    }
}
