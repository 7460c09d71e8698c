//! A PG tells us something: what is signed is its word, anything else a hint to ask the PG. A notice may come twice,
//! late, or before the answer that it is about; none of that may change what is true.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use dangol_domain::network::Network;
use dangol_domain::{
    BillingKey, Cancel, CancelState, CardFacts, Event, ImpUid, Money, Outcome, Payment, Receipt,
    State, Usage, UserCode,
};
use dangol_gateway::contract::{Inquired, IssuedKey, News, Notice, NoticeSays, NoticeWord};
use dangol_gateway::profile::NoticeFacts;
use dangol_store::jobs::Edit;
use dangol_store::merchants::MerchantRecord;
use dangol_store::payments;

use super::attempt::follow_on;
use super::cancel::resolve_job;
use super::notify::Told;
use super::record::{Happening, record};
use super::resolve::{ask, settle};
use crate::channels::OpenChannel;
use crate::{Engine, FlowError};

/// How long a notice waits for the answer that it is about, when it overtook it.
const OVERTAKEN: Duration = Duration::from_secs(10);

/// What the PG is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// It was heard: exactly this body, so that the PG does not say it again.
    Thanks(&'static str),
    /// It was not believed or not understood.
    Refused,
    /// It was understood but could not be settled yet: the PG may say it again.
    Later,
    /// No such channel, or one of a PG that sends no notices.
    Nobody,
}

/// Takes a notice of a channel's PG. `from` is where it came from, as far as that can be trusted.
pub async fn take_notice(
    engine: &Engine,
    merchant: &UserCode,
    channel_key: &str,
    from: Option<IpAddr>,
    notice: &Notice,
) -> Result<Heard, FlowError> {
    let Some(merchant) = engine.merchant(merchant).await? else {
        return Ok(Heard::Nobody);
    };
    let Some(channel) = engine.channel(&merchant, channel_key).await? else {
        return Ok(Heard::Nobody);
    };
    let Some(facts) = &channel.gateway.profile().notice else {
        return Ok(Heard::Nobody);
    };
    if !engine.settings.sandbox && !comes_from_the_pg(facts, from) {
        tracing::warn!(
            channel_key,
            ?from,
            "a notice came from an address that is not the PG's"
        );
        return Ok(Heard::Refused);
    }
    let about = match channel.gateway.read_notice(&channel.channel, notice) {
        NoticeSays::Refused(why) => {
            tracing::warn!(channel_key, why, "a notice was not believed");
            return Ok(Heard::Refused);
        }
        NoticeSays::Nothing => return Ok(Heard::Thanks(&facts.answer)),
        says => says,
    };
    let Some(payment) = payment_of(engine, &merchant, &channel, &about).await? else {
        tracing::warn!(channel_key, "a notice is about an order that is not ours");
        return Ok(Heard::Thanks(&facts.answer));
    };
    let Some(payment) = once_answered(engine, payment).await? else {
        return Ok(Heard::Later);
    };
    let taken = Taking {
        engine,
        merchant: &merchant,
        payment: &payment,
    };
    match about {
        NoticeSays::Word(word) => {
            if !taken.word(word).await? {
                return Ok(Heard::Later);
            }
        }
        NoticeSays::Hint { pg_tid, claim, .. } => taken.hint(pg_tid, claim).await?,
        NoticeSays::Refused(_) | NoticeSays::Nothing => {}
    }
    Ok(Heard::Thanks(&facts.answer))
}

/// A payment whose attempt has had its answer: that tells more than a notice that overtook it. `None` while it is still on
/// its way on another node, or nobody knows: then its answer or its resolve job comes first, and the PG says it again.
async fn once_answered(
    engine: &Engine,
    payment: Payment,
) -> Result<Option<Arc<Payment>>, FlowError> {
    let mut payment = Arc::new(payment);
    if payment.state == State::Sending && engine.inflight.find(&payment.imp_uid).is_some() {
        // Not until its end is told: a window tells it only once the PG has decided, which is what this notice may say.
        payment = follow_on(engine, &payment, OVERTAKEN).await?;
    }
    Ok((payment.state != State::Sending).then_some(payment))
}

/// Whether an address is one that the PG publishes; any is, where the PG publishes none.
fn comes_from_the_pg(facts: &NoticeFacts, from: Option<IpAddr>) -> bool {
    let is_in = |source: &String, from| {
        let network: Result<Network, _> = source.parse();
        network.is_ok_and(|network| network.contains(from))
    };
    facts.sources.is_empty()
        || from.is_some_and(|from| facts.sources.iter().any(|source| is_in(source, from)))
}

/// The payment that a notice is about, if it went through this channel.
async fn payment_of(
    engine: &Engine,
    merchant: &MerchantRecord,
    channel: &OpenChannel,
    says: &NoticeSays,
) -> Result<Option<Payment>, FlowError> {
    let order_id = match says {
        NoticeSays::Word(NoticeWord { order_id, .. }) | NoticeSays::Hint { order_id, .. } => {
            order_id
        }
        NoticeSays::Refused(_) | NoticeSays::Nothing => return Ok(None),
    };
    let Some(imp_uid) = ImpUid::parse(order_id) else {
        return Ok(None);
    };
    let found = payments::find(&engine.db, &merchant.merchant, &imp_uid).await?;
    Ok(found.filter(|payment| payment.channel_key == channel.record.channel_key))
}

/// A notice that is being taken.
struct Taking<'a> {
    engine: &'a Engine,
    merchant: &'a MerchantRecord,
    payment: &'a Payment,
}

impl Taking<'_> {
    /// A claim without proof: the PG is asked. What was claimed stays in the history of a payment that is still open.
    async fn hint(&self, pg_tid: Option<String>, claim: String) -> Result<(), FlowError> {
        if !self.payment.state.is_open() {
            return Ok(());
        }
        let asked = ask(self.engine, self.merchant, self.payment, pg_tid).await?;
        if is_word(&asked) {
            settle(self.engine, self.merchant, self.payment, asked, Vec::new()).await?;
            return Ok(());
        }
        let mut note = Happening::of(Event::Note, Told::Open);
        note.detail = Some(claim);
        self.record(note).await
    }

    /// Takes the PG's word; `false` when it could not be settled yet.
    async fn word(&self, word: NoticeWord) -> Result<bool, FlowError> {
        let News::Approved { key } = word.news else {
            return self.other_news(word.news).await.map(|()| true);
        };
        self.approved(word.pg_tid, key).await
    }

    async fn other_news(&self, news: News) -> Result<(), FlowError> {
        let payment = self.payment;
        match news {
            News::Approved { .. } => Ok(()),
            News::Pending(why) if matches!(payment.state, State::Unknown | State::Ready) => {
                let mut pend = Happening::of(Event::Pend, Told::Open);
                pend.detail = Some(why);
                self.record(pend).await
            }
            News::Pending(_) => Ok(()),
            News::Declined(failure) if payment.state != State::Failed => {
                let mut decline = Happening::of(Event::Decline, Told::Open);
                decline.failure = Some(failure);
                self.record(decline).await
            }
            News::Declined(_) => Ok(()),
            News::CancelledAll { reason } => self.cancelled(payment.balance(), None, reason).await,
            News::CancelledPart {
                amount,
                currency,
                cancel_id,
                reason,
            } => {
                let money = Money::parse(&amount, payment.currency);
                match money {
                    Ok(money) if currency.is_none_or(|told| told == payment.currency) => {
                        self.cancelled(money.minor, cancel_id, reason).await
                    }
                    _ => {
                        tracing::error!(imp_uid = %payment.imp_uid, "ALARM: the PG gave back an amount that does not fit the payment's currency; nothing was changed");
                        Ok(())
                    }
                }
            }
        }
    }

    /// A notice names no amount and no card: the PG is asked for the receipt. Where it has nothing to ask, the notice is
    /// believed; an answer that says something else decides nothing, and the PG will say it again.
    async fn approved(&self, pg_tid: String, key: Option<BillingKey>) -> Result<bool, FlowError> {
        let known = self.payment.receipt.as_ref().map(|r| r.pg_tid.as_str());
        if self.payment.paid_at.is_some() && known == Some(pg_tid.as_str()) {
            return Ok(true);
        }
        let asked = ask(
            self.engine,
            self.merchant,
            self.payment,
            Some(pg_tid.clone()),
        )
        .await?;
        let receipt = match asked {
            Inquired::Outcome(Outcome::Approved(receipt)) if receipt.pg_tid == pg_tid => receipt,
            Inquired::Unsupported => self.bare_receipt(pg_tid),
            Inquired::Issued(issued) if issued.pg_tid.as_ref() == Some(&pg_tid) => {
                return self.settle(Inquired::Issued(issued)).await;
            }
            // Its own books are behind its notice.
            Inquired::Outcome(Outcome::Pending(_)) => return Ok(false),
            other => {
                let told = told(&other);
                tracing::error!(imp_uid = %self.payment.imp_uid, pg_tid, told, "ALARM: a notice says that this was approved, and the PG, asked, does not; nothing was changed");
                return Ok(false);
            }
        };
        let issues = self.payment.order.usage == Some(Usage::Issue);
        let word = match key.filter(|_| issues) {
            Some(key) => Inquired::Issued(IssuedKey {
                key,
                card: receipt.card.clone(),
                pg_tid: Some(receipt.pg_tid.clone()),
                first_charge: Some(receipt),
            }),
            None => Inquired::Outcome(Outcome::Approved(receipt)),
        };
        self.settle(word).await
    }

    async fn settle(&self, word: Inquired) -> Result<bool, FlowError> {
        settle(self.engine, self.merchant, self.payment, word, Vec::new()).await?;
        Ok(true)
    }

    fn bare_receipt(&self, pg_tid: String) -> Receipt {
        Receipt {
            pg_tid,
            amount: self.payment.money(),
            approval_number: None,
            approved_at_ms: None,
            card: CardFacts::default(),
            quota: self.payment.order.quota,
            partial_cancel: None,
            receipt_url: None,
            cancel_key: None,
        }
    }

    /// The PG gave money back: by a cancel of ours that it took before, or by itself (a chargeback, its own console).
    async fn cancelled(
        &self,
        amount: i64,
        told_id: Option<String>,
        reason: String,
    ) -> Result<(), FlowError> {
        let payment = self.payment;
        let same = |c: &&Cancel| match &told_id {
            Some(id) => c.cancel_id == *id,
            None => c.amount == amount,
        };
        let ours = payment.cancels.iter().filter(same);
        let open = ours.clone().find(|cancel| cancel.is_open());
        if amount <= 0 || (open.is_none() && ours.clone().any(|c| c.state == CancelState::Done)) {
            // It was told before.
            return Ok(());
        }
        let now = self.engine.now_ms();
        // The same notice may be taken twice at once: the name that it gets is the same each time.
        let made = || format!("{}-pg-{amount}", payment.imp_uid);
        let mut done = open.cloned().unwrap_or_else(|| Cancel {
            cancel_id: told_id.clone().unwrap_or_else(made),
            state: CancelState::Done,
            amount,
            reason,
            requested_at: now,
            ended_at: None,
            pg_tid: None,
            receipt_url: None,
            failure: None,
            webhook: true,
        });
        done.state = CancelState::Done;
        done.ended_at = Some(now);
        let mut happening = Happening::of(Event::CancelPart, Told::Open);
        let jobs = open.map(|open| Edit::Done(resolve_job(payment, open.requested_at)));
        happening.jobs = jobs.into_iter().collect();
        happening.cancel = Some(done);
        self.record(happening).await
    }

    async fn record(&self, happening: Happening<'_>) -> Result<(), FlowError> {
        record(self.engine, self.merchant, self.payment, happening)
            .await
            .map(|_| ())
    }
}

/// What an inquiry brought, for the log.
fn told(asked: &Inquired) -> &str {
    match asked {
        Inquired::Outcome(Outcome::Approved(_)) | Inquired::Issued(_) => "another number",
        Inquired::Outcome(Outcome::Declined(_)) => "declined",
        Inquired::Outcome(Outcome::NotSent(_)) => "not carried out",
        Inquired::Outcome(Outcome::Pending(why) | Outcome::Unknown(why)) => why,
        Inquired::Unsupported => "nothing",
    }
}

/// Whether an inquiry brought the PG's word.
fn is_word(asked: &Inquired) -> bool {
    match asked {
        Inquired::Outcome(outcome) => !matches!(outcome, Outcome::Unknown(_) | Outcome::Pending(_)),
        Inquired::Issued(_) => true,
        Inquired::Unsupported => false,
    }
}
