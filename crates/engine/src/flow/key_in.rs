//! Key-in by API: a merchant's server sends card data, without a window. One charge (`POST /subscribe/payments/onetime`),
//! a billing key (`POST /subscribe/customers/{customer_uid}`), or both.
//!
//! It is off until the operator adds a channel for it, because card data then passes through this server. An attempt is
//! committed before the card is sent, as every attempt is; the card itself is committed nowhere, so that an attempt whose
//! answer is lost can be neither repeated nor asked about by it: a person looks it up.

use std::sync::Arc;

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{
    Buyer, CardData, CardFacts, Failure, FailureClass, Outcome, Payment, State, Usage,
};
use dangol_gateway::contract::{ChargeOrder, Issue, IssuedKey, KeyIn, Revoked};
use dangol_gateway::profile::{AmountAtIssue, Kind};
use dangol_store::billing_keys::{self, Sealed};
use dangol_store::merchants::MerchantRecord;
use dangol_store::payments;

use super::carry_out::{Act, Attempt, Intent, Sent, carry_out};
use super::charge_again::{Again, asked, refuse_nothing};
use super::close_window::{issue_receipt, seal};
use crate::channels::{OpenChannel, pick};
use crate::{Engine, FlowError};

/// How long a key may take to come, ms of the local clock. After a slower one its charge is not sent: the resolve job might
/// fire before its outcome is recorded.
const KEY_MS: i64 = 15_000;

/// The channel that takes card data: the one that is named, else the merchant's first.
///
/// # Errors
/// Code 1 when the operator has not turned key-in on.
pub async fn card_channel(
    engine: &Engine,
    merchant: &MerchantRecord,
    pg: Option<&str>,
    channel_key: Option<&str>,
) -> Result<Arc<OpenChannel>, FlowError> {
    let channels = engine.channels_of(merchant).await?;
    let picked = pick(&channels, Kind::ApiPayment, pg, channel_key);
    let off = || Refusal::business(messages::NO_KEY_IN).into();
    picked.cloned().ok_or_else(off)
}

/// Charges a card once; with a `customer_uid` its billing key is kept under that name as soon as the charge is approved.
/// The payment that it returns is paid, failed, or still open when its outcome is unknown.
pub async fn pay_once(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    channel: Arc<OpenChannel>,
    order: &Again,
    card: CardData,
) -> Result<Arc<Payment>, FlowError> {
    let live = payments::find_live(&engine.db, &merchant.merchant, &order.merchant_uid).await?;
    // One that is on its way is joined, where it is the same.
    if live.is_some_and(|live| !live.state.is_open()) {
        return Err(Refusal::business(messages::UID_USED).into());
    }
    let mut payment = asked(engine, merchant, order, &channel)?;
    payment.order.usage = usage(order);
    if order.customer_uid.is_empty() {
        payment.customer_uid = None;
    }
    refuse_nothing(engine, &payment).await?;
    let wish = match payment.customer_uid {
        Some(_) => KeyIn::Issue,
        None => KeyIn::Charge,
    };
    send_card(engine, merchant, channel, payment, card, wish).await
}

/// What such a payment does with a billing key.
pub fn usage(order: &Again) -> Option<Usage> {
    (!order.customer_uid.is_empty()).then_some(Usage::Issue)
}

/// Makes a billing key of a card, and charges nothing. V1 has no payment for this; ours, of amount 0 and with a
/// `merchant_uid` of its own, is the attempt's record.
///
/// # Errors
/// Code -1 when the PG refuses, or when nobody knows: then no key is kept, and the merchant may try again.
pub async fn register_card(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    channel: Arc<OpenChannel>,
    customer_uid: &str,
    buyer: Buyer,
    card: CardData,
) -> Result<Sealed, FlowError> {
    let profile = channel.gateway.profile();
    if profile.amount_at_issue == AmountAtIssue::AlwaysCharged {
        return Err(Refusal::business(messages::KEY_NEEDS_CHARGE).into());
    }
    let order = Again {
        customer_uid: customer_uid.to_owned(),
        merchant_uid: format!("key_{}", engine.random.hex::<16>()),
        amount: "0".to_owned(),
        buyer,
        ..Again::default()
    };
    let mut payment = asked(engine, merchant, &order, &channel)?;
    payment.order.usage = usage(&order);
    let ended = send_card(engine, merchant, channel, payment, card, KeyIn::Issue).await?;
    if ended.state != State::Paid {
        return Err(not_registered(&ended).into());
    }
    let kept = billing_keys::find(&engine.db, &merchant.merchant, customer_uid).await?;
    kept.ok_or_else(|| FlowError::Setup(format!("the key of {} vanished", ended.imp_uid)))
}

fn not_registered(ended: &Payment) -> Refusal {
    let why = ended.failure.as_ref().map(Failure::reason);
    let told = match (ended.state, why) {
        (State::Failed, Some(why)) => why,
        _ => messages::OUTCOME_UNKNOWN.to_owned(),
    };
    Refusal::by_pg(format!("{} {told}", messages::CARD_NOT_REGISTERED))
}

/// Refuses what the channel cannot take before anything is begun; else carries it out.
async fn send_card(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    channel: Arc<OpenChannel>,
    payment: Payment,
    card: CardData,
    wish: KeyIn,
) -> Result<Arc<Payment>, FlowError> {
    let takes = channel
        .gateway
        .takes_card(&channel.channel, &card, &order(&payment), wish);
    takes.map_err(Refusal::business)?;
    let keyed = Keyed {
        engine: engine.clone(),
        merchant: merchant.clone(),
        channel,
        card,
        wish,
    };
    carry_out(
        Attempt::new(engine, merchant, keyed, Intent::Asked),
        payment,
    )
    .await
}

/// A card on its way to the PG. It is in memory alone, and gone when the PG has answered.
struct Keyed {
    engine: Engine,
    merchant: Arc<MerchantRecord>,
    channel: Arc<OpenChannel>,
    card: CardData,
    wish: KeyIn,
}

impl Act for Keyed {
    async fn send(self, payment: &Payment) -> Result<Sent, FlowError> {
        let order = order(payment);
        let (gateway, channel) = (self.channel.gateway, &self.channel.channel);
        let wire = self.engine.wire.as_ref();
        if self.wish == KeyIn::Charge {
            let outcome = gateway.charge_card(wire, channel, self.card, &order).await;
            return Ok(outcome.into());
        }
        let facts = CardFacts {
            number: self.card.masked(),
            ..CardFacts::default()
        };
        let began = self.engine.clock.local_ms();
        let issue = gateway
            .issue_by_card(wire, channel, self.card, &order)
            .await;
        let with_key = WithKey {
            engine: self.engine,
            merchant: self.merchant,
            channel: self.channel,
            number: facts,
            began,
        };
        match issue {
            Issue::Issued(issued) => Ok(with_key.charge(payment, &order, issued).await),
            Issue::Refused(failure) => Ok(Outcome::Declined(failure).into()),
            Issue::Pending { why, key } => Ok(Sent {
                outcome: Outcome::Pending(why),
                key: key
                    .map(|key| with_key.seal(payment, &with_key.known(key)))
                    .transpose()?,
            }),
            Issue::Unknown(why) => Ok(Outcome::Unknown(why).into()),
        }
    }
}

/// The rest of an attempt that has brought a key; the card is gone.
struct WithKey {
    engine: Engine,
    merchant: Arc<MerchantRecord>,
    channel: Arc<OpenChannel>,
    /// The masked number, for PGs that tell none with a key.
    number: CardFacts,
    /// When the key was asked for, ms of the local clock.
    began: i64,
}

impl WithKey {
    /// The first charge, where one is asked for and the issue was not one itself. A key whose first charge was refused is
    /// not kept, here or at the PG. It is sealed before anything is charged: from then on nothing may stand between the
    /// PG's word and the books.
    async fn charge(self, payment: &Payment, order: &ChargeOrder, issued: IssuedKey) -> Sent {
        let issued = self.known(issued);
        let sealed = self.seal(payment, &issued).inspect_err(|error| {
            tracing::error!(imp_uid = %payment.imp_uid, %error, "ALARM: a key that was issued cannot be sealed, and is not kept");
        });
        if issued.first_charge.is_some() || payment.amount == 0 {
            return Sent {
                outcome: Outcome::Approved(issue_receipt(payment, &issued)),
                key: sealed.ok(),
            };
        }
        let outcome = if sealed.is_err() || self.engine.clock.local_ms() - self.began > KEY_MS {
            let text = "잠시 후 다시 시도해주세요.";
            Outcome::NotSent(Failure::new(FailureClass::Retryable, "", text))
        } else {
            let (gateway, channel) = (self.channel.gateway, &self.channel.channel);
            let wire = self.engine.wire.as_ref();
            gateway.charge(wire, channel, &issued.key, order).await
        };
        if matches!(outcome, Outcome::Declined(_) | Outcome::NotSent(_)) {
            self.take_back(payment, issued);
            return outcome.into();
        }
        Sent {
            outcome,
            key: sealed.ok(),
        }
    }

    /// The key with the card's number, which the merchant has told where the PG does not.
    fn known(&self, mut issued: IssuedKey) -> IssuedKey {
        let number = &mut issued.card.number;
        *number = number.take().or_else(|| self.number.number.clone());
        issued
    }

    fn seal(&self, payment: &Payment, issued: &IssuedKey) -> Result<Sealed, FlowError> {
        seal(&self.engine, &self.merchant, payment, issued)
    }

    /// Has the PG delete a key, once and without waiting: it was told to nobody, and one that stays charges nothing.
    fn take_back(self, payment: &Payment, issued: IssuedKey) {
        let (imp_uid, engine) = (payment.imp_uid.clone(), self.engine.clone());
        self.engine.tasks.spawn(async move {
            let (gateway, channel) = (self.channel.gateway, &self.channel.channel);
            let (wire, now) = (engine.wire.as_ref(), engine.now_ms());
            let revoked = gateway.revoke(wire, channel, &issued.key, now).await;
            if !matches!(revoked, Revoked::Done | Revoked::Unsupported) {
                tracing::warn!(%imp_uid, "a key whose first charge was refused may still exist at the PG");
            }
        });
    }
}

/// What the PG is told.
fn order(payment: &Payment) -> ChargeOrder {
    let (order, merchant_uid) = (&payment.order, &payment.merchant_uid);
    ChargeOrder {
        order_id: payment.imp_uid.to_string(),
        amount: payment.money(),
        name: order.name.clone().unwrap_or_else(|| merchant_uid.clone()),
        buyer: order.buyer.clone(),
        customer_uid: payment.customer_uid.clone().unwrap_or_default(),
        quota: order.quota,
        tax_free: order.tax_free,
        vat: order.vat,
        browser_ip: order.browser_ip.clone(),
        at_ms: payment.started_at,
    }
}
