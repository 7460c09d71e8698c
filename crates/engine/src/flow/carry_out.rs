//! Carrying an attempt out: guard the merchant_uid, commit the attempt with its resolve job, send, record. It runs in a
//! task of its own: a caller that hangs up, or the answer budget, ends the waiting and not the attempt.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{Event, Failure, FailureClass, ImpUid, Outcome, Payment, Schedule};
use dangol_store::billing_keys::Sealed;
use dangol_store::jobs::{Edit, Job};
use dangol_store::merchants::MerchantRecord;
use dangol_store::{StoreError, payments, schedules};
use tokio::sync::oneshot;

use super::attempt::{FIRST_INQUIRY_MS, INTENT_MS, follow, resolve_job};
use super::check_card::give_back_job;
use super::notify::Told;
use super::record::{Happening, record};
use crate::inflight::{self, Announcer, End, InFlight};
use crate::{Engine, FlowError};

/// How often a new imp_uid is drawn when the drawn one exists: with 10 million payments one draw in 100,000 does.
const DRAWS: u32 = 5;

/// What an attempt sends to the PG, after it was committed. It is done once.
pub(super) trait Act: Send + Sync + 'static {
    /// Sends it.
    fn send(self, payment: &Payment) -> impl Future<Output = Result<Sent, FlowError>> + Send;
}

/// What came of an attempt.
pub(super) struct Sent {
    /// The PG's word.
    pub outcome: Outcome,
    /// The billing key that it brings when approved, and that is kept aside while nobody knows.
    pub key: Option<Sealed>,
}

impl From<Outcome> for Sent {
    fn from(outcome: Outcome) -> Sent {
        Sent { outcome, key: None }
    }
}

/// Carries an attempt out for a caller who waits. The payment it returns is paid, failed, or still open when its outcome is
/// unknown.
pub(super) async fn carry_out(
    attempt: Attempt<impl Act>,
    payment: Payment,
) -> Result<Arc<Payment>, FlowError> {
    let (engine, phase) = (attempt.engine.clone(), attempt.phase.clone());
    // Dropped with the caller's connection: then nobody hears the answer.
    let _gone = GiveUpOnDrop(phase.clone());
    match attempt.start(payment.clone()).await? {
        Begun::Ours(payment, waiting) => answer(&engine, payment, waiting, &phase).await,
        Begun::Taken(twin) => join(&engine, &payment, twin).await,
        Begun::Moved => Err(FlowError::Setup("a charge has no schedule".to_owned())),
    }
}

/// How an attempt began.
pub(super) enum Begun {
    /// Its intent is committed; the end is announced here.
    Ours(Payment, End),
    /// Another payment holds the merchant_uid.
    Taken(Payment),
    /// The schedule is no longer as it was read.
    Moved,
}

/// What an intent commits besides the attempt and its resolve job.
pub(super) enum Intent {
    /// Nothing: a caller asked.
    Asked,
    /// That this schedule is executed by it, and that the schedule's job is done.
    Scheduled(Box<Schedule>, Option<Job>),
    /// The job that gives back what proves a card.
    Checks,
}

/// One attempt on its way.
pub(super) struct Attempt<A> {
    engine: Engine,
    merchant: Arc<MerchantRecord>,
    act: A,
    intent: Intent,
    phase: SharedPhase,
}

impl<A: Act> Attempt<A> {
    /// An attempt that is about to begin. A schedule's end is told by webhook, whoever waits for it.
    pub(super) fn new(
        engine: &Engine,
        merchant: &Arc<MerchantRecord>,
        act: A,
        intent: Intent,
    ) -> Attempt<A> {
        let phase = match intent {
            Intent::Scheduled(..) => Phase::GaveUp,
            Intent::Asked | Intent::Checks => Phase::Waiting,
        };
        Attempt {
            engine: engine.clone(),
            merchant: Arc::clone(merchant),
            act,
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
        let sent = if self.engine.clock.local_ms() - began > INTENT_MS {
            let text = "잠시 후 다시 시도해주세요.";
            Ok(Outcome::NotSent(Failure::new(FailureClass::Retryable, "", text)).into())
        } else {
            self.act.send(&payment).await
        };
        let told = if advance(&self.phase, Phase::Recording) {
            Told::Waiting
        } else {
            Told::Open
        };
        let recorded = match sent {
            Ok(sent) => keep(&self.engine, &self.merchant, &payment, sent, told).await,
            Err(error) => Err(error),
        };
        match recorded {
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
}

/// Records the outcome and ends the resolve job, or moves it to the first inquiry.
async fn keep(
    engine: &Engine,
    merchant: &MerchantRecord,
    payment: &Payment,
    sent: Sent,
    told: Told,
) -> Result<Arc<Payment>, FlowError> {
    let mut happening = Happening::from_outcome(sent.outcome, told);
    match happening.event {
        Event::Approve => happening.key = sent.key.as_ref(),
        Event::LoseTrack | Event::Pend => happening.held_key = sent.key.as_ref(),
        _ => {}
    }
    let job = resolve_job(payment, payment.started_at);
    happening.jobs = vec![match happening.event {
        Event::LoseTrack | Event::Pend => Edit::Later(job, engine.now_ms() + FIRST_INQUIRY_MS, 0),
        _ => Edit::Done(job),
    }];
    Ok(record(engine, merchant, payment, happening).await?.payment)
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
