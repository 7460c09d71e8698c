//! `POST /subscribe/payments/again`: charge a stored billing key.
//!
//! Find the key, guard the merchant_uid, commit the attempt with its resolve job, send, record. The charge runs in a
//! task of its own: a caller that hangs up, or the answer budget, ends the waiting and not the charge.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{
    Buyer, Currency, Device, Event, Failure, FailureClass, ImpUid, Money, Order, Outcome, Payment,
    Schedule, State, Usage,
};
use dangol_gateway::contract::ChargeOrder;
use dangol_store::billing_keys::{self, Sealed};
use dangol_store::jobs::{Edit, Job};
use dangol_store::merchants::MerchantRecord;
use dangol_store::{StoreError, payments, schedules};
use dangol_vault::KeyContext;
use tokio::sync::oneshot;

use super::attempt::{FIRST_INQUIRY_MS, INTENT_MS, follow, resolve_job};
use super::check_card::give_back_job;
use super::notify::Told;
use super::record::{Happening, record};
use crate::channels::OpenChannel;
use crate::inflight::{self, Announcer, End, InFlight};
use crate::{Engine, FlowError};

/// How often a new imp_uid is drawn when the drawn one exists: with 10 million payments one draw in 100,000 does.
const DRAWS: u32 = 5;

/// The parameters of `again`, as far as their shape is right.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// The billing key's name.
    pub customer_uid: String,
    /// The merchant's order number.
    pub merchant_uid: String,
    /// A decimal, as written.
    pub amount: String,
    /// The currency; the channel's when missing.
    pub currency: Option<Currency>,
    /// The order's name.
    pub name: Option<String>,
    /// The buyer.
    pub buyer: Buyer,
    /// Instalment months.
    pub quota: u8,
    /// A decimal, as written.
    pub tax_free: Option<String>,
    /// A decimal, as written.
    pub vat: Option<String>,
    /// Text that comes back in the payment.
    pub custom_data: Option<String>,
    /// URLs that replace the webhook endpoint.
    pub notice_urls: Vec<String>,
    /// The buyer's IP address.
    pub browser_ip: Option<String>,
}

/// Charges. The payment it returns is paid, failed, or still open when its outcome is unknown.
pub async fn charge_again(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    again: Again,
) -> Result<Arc<Payment>, FlowError> {
    let key = billing_keys::find(&engine.db, &merchant.merchant, &again.customer_uid)
        .await?
        .ok_or_else(|| Refusal::business(messages::UNKNOWN_BUYER))?;
    let channel = engine
        .channel(merchant, &key.record.channel_key)
        .await?
        .ok_or_else(|| {
            Refusal::business(format!(
                "customer_uid: 빌링키를 발급한 PG 설정({})이 삭제되었습니다.",
                key.record.pg_provider
            ))
        })?;
    let payment = asked(engine, merchant, &again, &key, &channel)?;
    if payment.amount == 0 {
        let used = payments::find_live(&engine.db, &merchant.merchant, &again.merchant_uid)
            .await?
            .is_some();
        return Err(Refusal::business(if used {
            messages::UID_USED
        } else {
            messages::ZERO_AMOUNT
        })
        .into());
    }
    let attempt = Attempt::new(engine, merchant, key, channel, Intent::Asked);
    charge(attempt, payment).await
}

/// Charges for a caller who waits.
pub(super) async fn charge(attempt: Attempt, payment: Payment) -> Result<Arc<Payment>, FlowError> {
    let (engine, phase) = (attempt.engine.clone(), attempt.phase.clone());
    // Dropped with the caller's connection: then nobody hears the answer.
    let _gone = GiveUpOnDrop(phase.clone());
    match attempt.start(payment.clone()).await? {
        Begun::Ours(payment, waiting) => answer(&engine, payment, waiting, &phase).await,
        Begun::Taken(twin) => join(&engine, &payment, twin).await,
        Begun::Moved => Err(FlowError::Setup("a charge has no schedule".to_owned())),
    }
}

/// The charge that an earlier request of the same caller began since `lost_since` and could not answer for, if any, as it
/// ended.
pub async fn begun_since(
    engine: &Engine,
    merchant: &MerchantRecord,
    again: &Again,
    lost_since: i64,
) -> Result<Option<Arc<Payment>>, FlowError> {
    let mut found = payments::find_all(&engine.db, &merchant.merchant, &again.merchant_uid).await?;
    found.retain(|payment| {
        payment.started_at >= lost_since
            && payment.order.usage == Some(Usage::Payment)
            && payment.customer_uid.as_ref() == Some(&again.customer_uid)
    });
    let Some(payment) = found.into_iter().max_by_key(|payment| payment.started_at) else {
        return Ok(None);
    };
    let budget = Duration::from_millis(engine.settings.answer_budget_ms);
    follow(engine, &payment, budget).await.map(Some)
}

/// The payment that is asked for, its amounts read by the currency's rules.
pub(super) fn asked(
    engine: &Engine,
    merchant: &MerchantRecord,
    again: &Again,
    key: &Sealed,
    channel: &OpenChannel,
) -> Result<Payment, FlowError> {
    let profile = channel.gateway.profile();
    let currency = again
        .currency
        .or_else(|| Currency::parse(&profile.currency))
        .unwrap_or(Currency::KRW);
    let minor = |field: &str, text: &str| {
        Money::parse(text, currency)
            .map(|money| money.minor)
            .map_err(|error| Refusal::malformed(field, &format!("{error} ({})", currency.as_str())))
    };
    let optional =
        |field: &str, text: &Option<String>| text.as_deref().map(|t| minor(field, t)).transpose();
    Ok(Payment {
        merchant: merchant.merchant.clone(),
        imp_uid: ImpUid::api(0),
        merchant_uid: again.merchant_uid.clone(),
        customer_uid: Some(again.customer_uid.clone()),
        channel_key: channel.record.channel_key.clone(),
        state: State::Sending,
        version: 1,
        amount: minor("amount", &again.amount)?,
        cancelled: 0,
        currency,
        started_at: engine.now_ms(),
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
        order: Order {
            name: again.name.clone(),
            buyer: again.buyer.clone(),
            pay_method: "card".to_owned(),
            device: Device::Api,
            usage: Some(Usage::Payment),
            pg_provider: key.record.pg_provider.clone(),
            pg_id: channel.record.pg_id.clone(),
            sandbox: channel.record.sandbox,
            quota: again.quota,
            tax_free: optional("tax_free", &again.tax_free)?,
            vat: optional("vat_amount", &again.vat)?,
            custom_data: again.custom_data.clone(),
            notice_urls: again.notice_urls.clone(),
            browser_ip: again.browser_ip.clone(),
            user_agent: None,
        },
        receipt: None,
        failure: None,
        cancels: Vec::new(),
    })
}

/// How a charge began.
pub(super) enum Begun {
    /// Its intent is committed; the end is announced here.
    Ours(Payment, End),
    /// Another payment holds the merchant_uid.
    Taken(Payment),
    /// The schedule is no longer as it was read.
    Moved,
}

/// What a charge's intent commits besides the attempt and its resolve job.
pub(super) enum Intent {
    /// Nothing: a caller asked.
    Asked,
    /// That this schedule is executed by it, and that the schedule's job is done.
    Scheduled(Box<Schedule>, Option<Job>),
    /// The job that gives back what proves a card.
    Checks,
}

/// One charge on its way.
pub(super) struct Attempt {
    engine: Engine,
    merchant: Arc<MerchantRecord>,
    key: Sealed,
    channel: Arc<OpenChannel>,
    intent: Intent,
    phase: SharedPhase,
}

impl Attempt {
    /// A charge that is about to begin. A schedule's end is told by webhook, whoever waits for it.
    pub(super) fn new(
        engine: &Engine,
        merchant: &Arc<MerchantRecord>,
        key: Sealed,
        channel: Arc<OpenChannel>,
        intent: Intent,
    ) -> Attempt {
        let phase = match intent {
            Intent::Scheduled(..) => Phase::GaveUp,
            Intent::Asked | Intent::Checks => Phase::Waiting,
        };
        Attempt {
            engine: engine.clone(),
            merchant: Arc::clone(merchant),
            key,
            channel,
            intent,
            phase: Arc::new(Mutex::new(phase)),
        }
    }

    /// Commits the intent and sends. A caller that leaves in the middle must not leave half of it behind: all of it is one
    /// task.
    pub(super) async fn start(self, payment: Payment) -> Result<Begun, FlowError> {
        let (begun, beginning) = oneshot::channel();
        let tasks = self.engine.tasks.clone();
        tasks.spawn(self.run(payment, begun));
        let lost = |_| FlowError::Setup("a charge's task vanished".to_owned());
        beginning.await.map_err(lost)?
    }

    /// Commits the intent, sends, records.
    async fn run(self, payment: Payment, begun: oneshot::Sender<Result<Begun, FlowError>>) {
        let began = self.engine.clock.local_ms();
        let (payment, announcer) = match self.begin(payment).await {
            Ok(Ok((payment, announcer, end))) => {
                // Nobody hears it when the caller is gone; the charge goes on.
                let _ = begun.send(Ok(Begun::Ours(payment.clone(), end)));
                (payment, announcer)
            }
            Ok(Err(not_ours)) => return drop(begun.send(Ok(not_ours))),
            Err(error) => return drop(begun.send(Err(error))),
        };
        let outcome = if self.engine.clock.local_ms() - began > INTENT_MS {
            Outcome::NotSent(Failure::new(
                FailureClass::Retryable,
                "",
                "잠시 후 다시 시도해주세요.",
            ))
        } else {
            self.send(&payment).await
        };
        let told = if advance(&self.phase, Phase::Recording) {
            Told::Waiting
        } else {
            Told::Open
        };
        match self.record(&payment, outcome, told).await {
            Ok(payment) => announcer.announce(payment),
            Err(error) => {
                tracing::error!(imp_uid = %payment.imp_uid, %error, "ALARM: an outcome could not be committed; its resolve job will ask");
                announcer.announce(Arc::new(payment));
            }
        }
    }

    /// Commits the attempt and its resolve job under a free imp_uid, or finds why not.
    async fn begin(
        &self,
        mut payment: Payment,
    ) -> Result<Result<(Payment, Announcer, End), Begun>, FlowError> {
        let db = &self.engine.db;
        for _ in 0..DRAWS {
            payment.imp_uid = ImpUid::api(self.engine.random.u64());
            let (announcer, end) = InFlight::begin(&self.engine, &payment.imp_uid);
            if self.commit_intent(&payment).await? {
                return Ok(Ok((payment, announcer, end)));
            }
            drop(announcer);
            if let Some(twin) =
                payments::find_live(db, &payment.merchant, &payment.merchant_uid).await?
            {
                return Ok(Err(Begun::Taken(twin)));
            }
            if self.has_moved().await? {
                return Ok(Err(Begun::Moved));
            }
        }
        Err(FlowError::Setup("no free imp_uid was drawn".to_owned()))
    }

    /// Whether the schedule is no longer as it was read.
    async fn has_moved(&self) -> Result<bool, FlowError> {
        let Intent::Scheduled(read, _) = &self.intent else {
            return Ok(false);
        };
        let now = schedules::find(&self.engine.db, &read.merchant, &read.schedule_id).await?;
        Ok(now.is_none_or(|now| now.version != read.version))
    }

    async fn commit_intent(&self, payment: &Payment) -> Result<bool, FlowError> {
        let (db, write_id) = (&self.engine.db, self.engine.random.id63());
        let resolve = resolve_job(payment, payment.started_at);
        let give_back = matches!(self.intent, Intent::Checks).then(|| give_back_job(payment));
        let committed = match &self.intent {
            Intent::Scheduled(schedule, done) => {
                let begin = schedules::Begin {
                    schedule,
                    payment,
                    event: Event::Send,
                    resolve: Some(resolve),
                    done: done.as_ref(),
                    deliveries: &[],
                    write_id,
                };
                schedules::begin(db, begin).await
            }
            Intent::Asked | Intent::Checks => {
                let begin = payments::Begin {
                    payment,
                    event: Some(Event::Send),
                    window: None,
                    job: resolve,
                    write_id,
                };
                payments::begin_with(db, begin, give_back).await
            }
        };
        match committed {
            // The commit's own outcome was lost: what is there tells.
            Err(StoreError::CommitUnknown(why)) => {
                tracing::warn!(imp_uid = %payment.imp_uid, why, "an intent's commit is unknown; reading it back");
                let (merchant, imp_uid) = (&payment.merchant, &payment.imp_uid);
                Ok(payments::is_revised_by(&self.engine.db, merchant, imp_uid, write_id).await?)
            }
            begun => Ok(begun?),
        }
    }

    /// Opens the key and calls the PG. The only place where a plaintext key meets a request.
    async fn send(&self, payment: &Payment) -> Outcome {
        let context = KeyContext {
            merchant: self.merchant.merchant.as_str(),
            customer_uid: &self.key.record.customer_uid,
            pg: &self.key.record.pg_provider,
        };
        let opened = match self.engine.vault.open_key(
            &self.merchant.data_key,
            &context,
            &self.key.sealed,
        ) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(imp_uid = %payment.imp_uid, %error, "ALARM: a billing key could not be opened");
                let text = "빌링키를 열 수 없습니다. 키 링을 확인하세요.";
                return Outcome::NotSent(Failure::new(FailureClass::Config, "", text));
            }
        };
        let order = charge_order(payment, &self.key);
        let channel = &self.channel;
        channel
            .gateway
            .charge(self.engine.wire.as_ref(), &channel.channel, &opened, &order)
            .await
    }

    /// Records the outcome and ends the resolve job, or moves it to the first inquiry.
    async fn record(
        &self,
        payment: &Payment,
        outcome: Outcome,
        told: Told,
    ) -> Result<Arc<Payment>, FlowError> {
        let mut happening = Happening::from_outcome(outcome, told);
        let job = resolve_job(payment, payment.started_at);
        happening.jobs = vec![match happening.event {
            Event::LoseTrack | Event::Pend => {
                Edit::Later(job, self.engine.now_ms() + FIRST_INQUIRY_MS, 0)
            }
            _ => Edit::Done(job),
        }];
        Ok(record(&self.engine, &self.merchant, payment, happening)
            .await?
            .payment)
    }
}

/// Whether the caller still waits. The task and the waiting decide between them, so that each outcome is told once:
/// in the answer, or by webhook.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Recording,
    GaveUp,
}

type SharedPhase = Arc<Mutex<Phase>>;

fn advance(phase: &SharedPhase, to: Phase) -> bool {
    let mut now = phase.lock().unwrap_or_else(|e| e.into_inner());
    let moved = *now == Phase::Waiting;
    if moved {
        *now = to;
    }
    moved
}

/// What the PG is told: the charge's own words first, else those of the issue, else made ones.
fn charge_order(payment: &Payment, key: &Sealed) -> ChargeOrder {
    let (told, issued) = (&payment.order.buyer, &key.record.buyer);
    let either = |a: &Option<String>, b: &Option<String>| a.clone().or_else(|| b.clone());
    ChargeOrder {
        order_id: payment.imp_uid.to_string(),
        amount: payment.money(),
        name: payment
            .order
            .name
            .clone()
            .unwrap_or_else(|| payment.merchant_uid.clone()),
        buyer: Buyer {
            name: either(&told.name, &issued.name),
            email: either(&told.email, &issued.email),
            tel: either(&told.tel, &issued.tel),
            addr: either(&told.addr, &issued.addr),
            postcode: either(&told.postcode, &issued.postcode),
        },
        customer_uid: key.record.customer_uid.clone(),
        quota: payment.order.quota,
        tax_free: payment.order.tax_free,
        vat: payment.order.vat,
        browser_ip: payment.order.browser_ip.clone(),
        at_ms: payment.started_at,
    }
}

/// Waits for the outcome within the answer budget.
async fn answer(
    engine: &Engine,
    payment: Payment,
    waiting: End,
    phase: &SharedPhase,
) -> Result<Arc<Payment>, FlowError> {
    let budget = Duration::from_millis(engine.settings.answer_budget_ms);
    let ended = match tokio::time::timeout(budget, inflight::wait(waiting.clone())).await {
        Ok(ended) => ended,
        Err(_) if advance(phase, Phase::GaveUp) => None,
        // The outcome is being recorded at this moment, and was promised to this answer.
        Err(_) => inflight::wait(waiting).await,
    };
    Ok(ended.unwrap_or_else(|| Arc::new(payment)))
}

struct GiveUpOnDrop(SharedPhase);

impl Drop for GiveUpOnDrop {
    fn drop(&mut self) {
        advance(&self.0, Phase::GaveUp);
    }
}

/// A second request for a merchant_uid: it joins the first when it asks for the same, and is refused otherwise.
async fn join(engine: &Engine, asked: &Payment, twin: Payment) -> Result<Arc<Payment>, FlowError> {
    let same = twin.amount == asked.amount
        && twin.currency == asked.currency
        && twin.customer_uid == asked.customer_uid
        && twin.order.usage == asked.order.usage;
    if !twin.state.is_open() || !same {
        return Err(Refusal::business(messages::UID_USED).into());
    }
    let budget = Duration::from_millis(engine.settings.answer_budget_ms);
    follow(engine, &twin, budget).await
}
