//! The jobs: what finishes, expires and delivers. A worker takes due jobs by a lease; a worker that dies loses them by
//! the clock alone.

mod deliver;

pub use deliver::{Signed, signed};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dangol_domain::{Event, ImpUid, State};
use dangol_store::jobs::{self, Claim, Claimed, Class, Edit, Kind};
use dangol_store::payments;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::flow::notify::{self, Told};
use crate::flow::record::{Happening, record};
use crate::flow::{cancel, check_card, delete_key, resolve, run_schedule};
use crate::{Engine, FlowError};

/// How long a job is held. Longer than any job runs: 40 s for the peer, and 20 s each for reading and for the commit.
const LEASE_MS: i64 = 120_000;

/// How many jobs of a class run side by side on one node.
const AT_ONCE: usize = 64;

/// How long the worker rests when nothing is due and nobody rings.
const REST: Duration = Duration::from_millis(500);

/// When a job that hit an error of ours is tried again, ms.
const ERROR_PAUSE_MS: i64 = 10_000;

/// How many jobs ran, by kind.
pub type Ran = BTreeMap<String, usize>;

/// Runs due jobs until `stop`. What has begun goes on: the engine's trackers know of it.
///
/// Webhooks wait for strangers, so they have places of their own: receivers that hang hold up no payment.
pub async fn work(engine: Engine, stop: CancellationToken) {
    tokio::join!(
        work_class(&engine, Class::Payments, &stop),
        work_class(&engine, Class::Deliveries, &stop)
    );
}

async fn work_class(engine: &Engine, class: Class, stop: &CancellationToken) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let rung = || async {
        match class {
            Class::Deliveries => engine.due.notified().await,
            Class::Payments | Class::All => std::future::pending().await,
        }
    };
    loop {
        let place = tokio::select! {
            () = stop.cancelled() => return,
            place = places.clone().acquire_owned() => place.expect("nobody closes it"),
        };
        let rest = match start_due(engine, class, &places, place).await {
            Ok(None) => continue,
            Ok(Some(rest)) => rest,
            Err(error) => {
                tracing::warn!(%error, "jobs wait: the store is not available");
                REST
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = rung() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}

/// Takes what is due, as far as there are places beside the one that is held already, and starts it; how long to rest if
/// there was nothing. Each job runs by itself. While the clock is moved by hand, nothing starts.
async fn start_due(
    engine: &Engine,
    class: Class,
    places: &Arc<Semaphore>,
    mut free_places: OwnedSemaphorePermit,
) -> Result<Option<Duration>, FlowError> {
    let gate = Arc::new(engine.gate.clone().read_owned().await);
    engine.clock.calibrate(&engine.db).await?;
    let others = places.available_permits() as u32;
    if let Ok(others) = places.clone().try_acquire_many_owned(others) {
        free_places.merge(others);
    }
    // Reading is cheaper than claiming: an idle worker writes nothing.
    let now = engine.now_ms();
    let due = jobs::next_due(&engine.db, class, now + REST.as_millis() as i64).await?;
    let rest = due.map_or(REST, |due| Duration::from_millis((due - now).max(0) as u64));
    if !rest.is_zero() {
        return Ok(Some(rest));
    }
    let free = free_places.num_permits() as i64;
    let held = claim(engine, class, engine.now_ms(), free).await?;
    // Others may have been faster.
    let rest = held.is_empty().then_some(REST);
    let tracker = if class == Class::Deliveries {
        &engine.deliveries
    } else {
        &engine.tasks
    };
    for job in held {
        let (place, gate, engine) = (free_places.split(1), gate.clone(), engine.clone());
        tracker.spawn(async move {
            run(&engine, &job).await;
            drop((place, gate));
        });
    }
    Ok(rest)
}

async fn claim(
    engine: &Engine,
    class: Class,
    now: i64,
    limit: i64,
) -> Result<Vec<Claimed>, FlowError> {
    let claim = Claim {
        class,
        now,
        lease_ms: LEASE_MS,
        lease: engine.random.id63(),
        limit,
    };
    Ok(jobs::claim(&engine.db, claim).await?)
}

/// Runs one job. An error of ours hands it back for later.
async fn run(engine: &Engine, held: &Claimed) {
    let ran = match held.job.kind {
        Kind::ResolveOpen => resolve::resolve(engine, held).await,
        Kind::ResolveCancel => cancel::resolve(engine, held).await,
        Kind::PaySchedule => run_schedule::run(engine, held).await,
        Kind::NotifyUpcoming => notify::upcoming(engine, held).await,
        Kind::GiveBack => check_card::give_back(engine, held).await,
        Kind::RevokeKey => delete_key::resolve(engine, held).await,
        Kind::ExpireWindow => expire_window(engine, held).await,
        Kind::Deliver => deliver::deliver(engine, held).await,
    };
    if let Err(error) = ran {
        tracing::error!(kind = held.job.kind.name(), subject = %held.job.subject, %error, "a job failed and is tried again");
        let later = jobs::hand_back(&engine.db, held, engine.now_ms() + ERROR_PAUSE_MS).await;
        if let Err(error) = later {
            tracing::warn!(%error, "the job could not be handed back; its lease will end");
        }
    }
}

/// Ends a window that nobody finished.
async fn expire_window(engine: &Engine, held: &Claimed) -> Result<(), FlowError> {
    let job = &held.job;
    let payment = match ImpUid::parse(&job.subject) {
        Some(imp_uid) => payments::find(&engine.db, &job.merchant, &imp_uid).await?,
        None => None,
    };
    let Some(payment) = payment.filter(|p| p.state == State::Ready) else {
        jobs::finish(&engine.db, held).await?;
        return Ok(());
    };
    let mut happening = Happening::of(Event::Expire, Told::Waiting);
    happening.jobs = vec![Edit::Done(job.clone())];
    let Some(merchant) = engine.merchant(&job.merchant).await? else {
        return Err(FlowError::Setup(
            "the merchant of a window vanished".to_owned(),
        ));
    };
    record(engine, &merchant, &payment, happening)
        .await
        .map(|_| ())
}

/// Timers outside the store that follow the same clock: a sandbox's simulators.
#[async_trait::async_trait]
pub trait Timers: Send + Sync {
    /// When the next one is due, ms.
    fn next_due_ms(&self) -> Option<i64>;
    /// Runs what is due; how many ran, by name.
    async fn run_due(&self, now_ms: i64) -> Vec<(String, usize)>;
}

/// Moves a sandbox's clock: everything that falls due on the way runs in order of due time, each seeing its own due time
/// as now. Returns the time reached, ms, and what ran.
pub async fn advance(
    engine: &Engine,
    timers: &Arc<dyn Timers>,
    by_ms: i64,
) -> Result<(i64, Ran), FlowError> {
    let _gate = engine.gate.write().await;
    engine.clock.calibrate(&engine.db).await?;
    let target = engine.now_ms() + by_ms;
    let mut ran = Ran::new();
    let walked = walk(engine, timers, target, &mut ran).await;
    engine.clock.tick_from(&engine.db, target).await?;
    walked.map(|()| (target, ran))
}

async fn walk(
    engine: &Engine,
    timers: &Arc<dyn Timers>,
    target: i64,
    ran: &mut Ran,
) -> Result<(), FlowError> {
    let mut now = engine.now_ms();
    loop {
        let job_due = jobs::next_due(&engine.db, Class::All, target).await?;
        let timer_due = timers.next_due_ms();
        let Some(due) = job_due
            .into_iter()
            .chain(timer_due)
            .min()
            .filter(|due| *due <= target)
        else {
            engine.clock.stand_at(target);
            return Ok(());
        };
        now = now.max(due);
        engine.clock.stand_at(now);
        for (name, count) in timers.run_due(now).await {
            *ran.entry(name).or_default() += count;
        }
        for held in claim(engine, Class::All, now, 1).await? {
            run(engine, &held).await;
            *ran.entry(held.job.kind.name().to_owned()).or_default() += 1;
        }
    }
}
