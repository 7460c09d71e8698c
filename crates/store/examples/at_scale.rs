//! A store with very many payments: fills it, charges on it, reads from it, and says how long that takes.
//!
//! ```text
//! cargo run --release -p dangol-store --example at_scale -- TARGET fill [COUNT] [IN_90_DAYS]
//! cargo run --release -p dangol-store --example at_scale -- TARGET reads [TIMES]
//! cargo run --release -p dangol-store --example at_scale -- TARGET charges [CALLERS] [SECONDS]
//! ```
//! TARGET is the file of a SQLite database, made where it is missing, or the URL of a PostgreSQL one. COUNT payments of
//! the demo's merchant are made (10,000,000), so many in each 90 days (100,000). `scripts/at-scale.sh` does all of it on
//! both engines with throw-away databases.

#![expect(clippy::print_stdout, reason = "figures are its purpose")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dangol_domain::v1::{Sorting, Status};
use dangol_domain::{
    Buyer, CardFacts, CardKind, Currency, Device, Event, ImpUid, MaskedPan, Money, Order, Payment,
    Receipt, State, Usage, UserCode,
};
use dangol_store::jobs::{Edit, Job, Kind};
use dangol_store::lists::{self, List, Slice, Window};
use dangol_store::{Db, StoreError, Write, payments, values};

type Failure = Box<dyn std::error::Error>;

/// 90 days, ms: the longest window of a list, and the usual one.
const WINDOW_MS: i64 = 90 * 86_400_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    const USAGE: &str = "usage: at_scale FILE_OR_URL fill|reads|charges [NUMBER] [NUMBER]";
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [target, work, numbers @ ..] = args.as_slice() else {
        return Err(USAGE.into());
    };
    let number = |index: usize, default: i64| {
        let given = numbers.get(index);
        given.map_or(Ok(default), |text| text.parse())
    };
    let db = if target.starts_with("postgres") {
        Db::open_postgres(target).await?
    } else {
        Db::open_sqlite(Path::new(target)).await?
    };
    db.migrate().await?;
    match work.as_str() {
        "fill" => fill(&db, number(0, 10_000_000)?, number(1, 100_000)?).await,
        "reads" => reads(&db, number(0, 300)?).await,
        "charges" => charges(&db, number(0, 64)?, number(1, 10)?).await,
        _ => Err(USAGE.into()),
    }
}

/// Payments `$1` to `$2`, each `$3` ms after the one before; payment 0 is at `$4`. Of 20, 17 are paid, one failed, one was
/// cancelled up to 30 days later, and one is a window that nobody finished. Their numbers look drawn.
const FILL: &str = dangol_store::checked(
    "WITH RECURSIVE n (i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $2), \
    at AS (SELECT i, i % 20 AS kind, i * CAST($3 AS BIGINT) + CAST($4 AS BIGINT) AS ms FROM n) \
    INSERT INTO payment (merchant, imp_uid, merchant_uid, customer_uid, channel_key, state, version, revised_by, amount, \
    cancelled, currency, started_at, paid_at, failed_at, cancelled_at, ordered, receipt) \
    SELECT CAST($5 AS TEXT), 'imps_' || CAST(100000000000 + i * 123456791 % 900000000000 AS TEXT), \
    'order-' || CAST(i * 7919 % 100000007 AS TEXT), 'customer-' || CAST(i * 31 % 500000 AS TEXT), 'channel-key-at-scale', \
    CASE kind WHEN 0 THEN 3 WHEN 1 THEN 23 WHEN 2 THEN 2 ELSE 20 END, 2, i, 3000, CASE kind WHEN 1 THEN 3000 ELSE 0 END, \
    'KRW', ms, CASE WHEN kind IN (0, 2) THEN NULL ELSE ms + 800 + i % 5000 END, CASE kind WHEN 0 THEN ms + 900 + i % 3000 END, \
    CASE kind WHEN 1 THEN ms + 10000 + CASE WHEN ms < $6 THEN i % 30 * 86400000 ELSE 0 END END, CAST($7 AS TEXT), \
    CAST($8 AS TEXT) FROM at",
);

/// Makes payments that end now. They have no history and no jobs: look-ups and lists read neither.
async fn fill(db: &Db, count: i64, in_window: i64) -> Result<(), Failure> {
    const CHUNK: i64 = 10_000;
    let apart = WINDOW_MS / in_window;
    let end = db.now_ms().await?;
    let ordered = serde_json::to_string(&payment(0, 0).order)?;
    let receipt = serde_json::to_string(&receipt(0))?;
    let began = now();
    for first in (0..count).step_by(CHUNK as usize) {
        let last = (first + CHUNK).min(count) - 1;
        let params = values![
            first,
            last,
            apart,
            end - count * apart,
            merchant().as_str(),
            end - 30 * 86_400_000,
            ordered.as_str(),
            receipt.as_str()
        ];
        db.write(Write::new(0).step(FILL, params)).await?;
    }
    let seconds = now().duration_since(began).as_secs();
    println!("{:?}: {count} payments made in {seconds} s", db.engine());
    Ok(())
}

/// Reads what the API reads, again and again, and prints how long that takes.
async fn reads(db: &Db, times: i64) -> Result<(), Failure> {
    let merchant = merchant();
    let until = db.now_ms().await?;
    let window = Window {
        from: until - WINDOW_MS,
        until,
    };
    let list = |status| List {
        merchant: &merchant,
        status,
        window,
    };
    println!("{:?}, {times} times each", db.engine());
    println!(
        "  {:<40}{:>9}{:>9}{:>9}{:>9}",
        "", "total", "p50 ms", "p99 ms", "max ms"
    );
    let newest = Slice {
        limit: 1_000,
        offset: 0,
    };
    let known = list(None)
        .slice(db, Sorting::NEWEST_FIRST, newest, 0)
        .await?;
    if known.is_empty() {
        return Err("nothing to read: fill it first".into());
    }
    look_ups(db, times, &known).await?;
    let statuses = Status::ALL.into_iter().map(Some);
    for status in [None].into_iter().chain(statuses) {
        for sorting in ["-started", "started", "-updated", "-paid"] {
            for (page, limit) in [(1, 20), (100, 20), (100, 1_000)] {
                pages(db, times, &list(status), sorting, (page, limit)).await?;
            }
        }
    }
    Ok(())
}

/// One payment by its number and by the merchant's, and the first page of a customer.
async fn look_ups(db: &Db, times: i64, known: &[Payment]) -> Result<(), Failure> {
    let merchant = merchant();
    let nth = |n: i64| &known[usize::try_from(n * 7).unwrap_or(0) % known.len()];
    let mut took = Vec::new();
    for n in 0..times {
        let began = now();
        let found = payments::find(db, &merchant, &nth(n).imp_uid).await?;
        took.push(now() - began);
        assert!(found.is_some(), "a payment vanished");
    }
    print("by imp_uid", 1, took);
    let mut took = Vec::new();
    let one = Slice {
        limit: 1,
        offset: 0,
    };
    for n in 0..times {
        let (began, uid) = (now(), &nth(n).merchant_uid);
        let found = lists::of_uid(db, &merchant, uid, None, Sorting::NEWEST_FIRST, one).await?;
        took.push(now() - began);
        assert_eq!(found.len(), 1, "a payment vanished");
    }
    print("by merchant_uid", 1, took);
    let (mut took, mut total) = (Vec::new(), 0);
    let page = Slice {
        limit: 20,
        offset: 0,
    };
    for n in 0..times {
        let uid = nth(n).customer_uid.as_deref().unwrap_or_default();
        let began = now();
        total = lists::count_of_customer(db, &merchant, uid).await?;
        lists::of_customer(db, &merchant, uid, page).await?;
        took.push(now() - began);
    }
    print("of a customer", total, took);
    Ok(())
}

/// One page of a status list with its total, where the list has such a page.
async fn pages(
    db: &Db,
    times: i64,
    list: &List<'_>,
    sorting: &str,
    (page, limit): (i64, i64),
) -> Result<(), Failure> {
    let slice = Slice {
        limit,
        offset: (page - 1) * limit,
    };
    let by = Sorting::parse(sorting).ok_or("no such sorting")?;
    let (mut took, mut total) = (Vec::new(), 0);
    for _ in 0..times {
        let began = now();
        total = list.count(db).await?;
        if slice.offset >= total {
            return Ok(());
        }
        list.slice(db, by, slice, total).await?;
        took.push(now() - began);
    }
    let status = list.status.map_or("all", Status::as_str);
    print(
        &format!("{status}, {sorting}, page {page} of {limit}"),
        total,
        took,
    );
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}

fn print(what: &str, total: i64, mut took: Vec<Duration>) {
    took.sort_unstable();
    let ms = |part: f64| {
        let last = took.len().saturating_sub(1);
        let at = (last as f64 * part).round() as usize;
        took.get(at)
            .map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    };
    println!(
        "  {what:<40}{total:>9}{:>9.1}{:>9.1}{:>9.1}",
        ms(0.5),
        ms(0.99),
        ms(1.0)
    );
}

/// Charges as fast as they become durable.
async fn charges(db: &Db, callers: i64, seconds: i64) -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let next = Arc::new(AtomicU64::new(u64::try_from(db.now_ms().await?)?));
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            tokio::spawn(charge_until(
                db.clone(),
                Arc::clone(&next),
                Arc::clone(&stop),
            ))
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(u64::try_from(seconds)?)).await;
    stop.store(true, Ordering::Relaxed);
    let mut made = 0;
    for caller in callers {
        made += caller.await??;
    }
    println!(
        "{:?}: {} charges/s (a beginning and an outcome each)",
        db.engine(),
        made / seconds.max(1)
    );
    Ok(())
}

async fn charge_until(
    db: Db,
    next: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> Result<i64, StoreError> {
    let mut made = 0;
    while !stop.load(Ordering::Relaxed) {
        let n = next.fetch_add(1, Ordering::Relaxed);
        charge(&db, n).await?;
        made += 1;
    }
    Ok(made)
}

/// The demo's merchant.
fn merchant() -> UserCode {
    UserCode::new(0)
}

/// Number `n` as a number that looks drawn: odd factors keep them apart.
fn scattered(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

async fn charge(db: &Db, n: u64) -> Result<(), StoreError> {
    let now = db.now_ms().await?;
    let before = payment(n, now);
    let job = Job {
        due_at: now + 90_000,
        kind: Kind::ResolveOpen,
        subject: before.imp_uid.to_string(),
        merchant: before.merchant.clone(),
    };
    let write_id = |half: u64| i64::try_from(scattered(2 * n + half) >> 1).unwrap_or(0);
    let begin = payments::Begin {
        payment: &before,
        event: Some(Event::Send),
        window: None,
        job: job.clone(),
        write_id: write_id(0),
    };
    if !payments::begin(db, begin).await? {
        return Ok(());
    }
    let receipt = receipt(n);
    let change = payments::Change {
        before: &before,
        event: Event::Approve,
        after: State::Paid,
        at: now + 300,
        receipt: Some(&receipt),
        failure: None,
        detail: None,
        cancel: None,
        jobs: vec![Edit::Done(job)],
        billing_key: None,
        held_key: None,
        key_news: &[],
        deliveries: &[],
        write_id: write_id(1),
    };
    payments::apply(db, &change).await?;
    Ok(())
}

fn payment(n: u64, now: i64) -> Payment {
    Payment {
        merchant: merchant(),
        imp_uid: ImpUid::api(scattered(n)),
        merchant_uid: format!("order-{:016x}", scattered(n + 1)),
        customer_uid: Some(format!("customer-{}", scattered(n + 2) % 500_000)),
        channel_key: "channel-key-00000000-0000-0000-0000-000000000000".to_owned(),
        state: State::Sending,
        version: 1,
        amount: 3_000,
        cancelled: 0,
        currency: Currency::KRW,
        started_at: now,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
        order: Order {
            name: Some("정기구독 1개월".to_owned()),
            buyer: Buyer {
                name: Some("홍길동".to_owned()),
                email: Some("gildong@example.com".to_owned()),
                ..Buyer::default()
            },
            pay_method: "card".to_owned(),
            device: Device::Api,
            usage: Some(Usage::Payment),
            pg_provider: "pg".to_owned(),
            pg_id: "A52Q7".to_owned(),
            sandbox: true,
            quota: 0,
            tax_free: None,
            vat: None,
            custom_data: None,
            notice_urls: Vec::new(),
            browser_ip: None,
            user_agent: None,
        },
        receipt: None,
        failure: None,
        cancels: Vec::new(),
    }
}

fn receipt(n: u64) -> Receipt {
    Receipt {
        pg_tid: format!("{:014}", scattered(n) % 100_000_000_000_000),
        amount: Money::new(3_000, Currency::KRW),
        approval_number: Some("12345678".to_owned()),
        approved_at_ms: None,
        card: CardFacts {
            code: Some("381".to_owned()),
            name: Some("KB국민카드".to_owned()),
            number: MaskedPan::mask("4242424242424242"),
            kind: Some(CardKind::Credit),
        },
        quota: 0,
        partial_cancel: Some(true),
        receipt_url: None,
        cancel_key: None,
    }
}
