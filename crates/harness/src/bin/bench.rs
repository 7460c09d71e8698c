//! Measures the binary: charges a second, start, memory, size. Prints a table and claims nothing.
//!
//! The load, the product and the simulated gateway share this machine's cores, so a figure says more beside another of
//! the same run than by itself. `DANGOL_BIN` names the binary.

#![expect(clippy::print_stdout, reason = "a table for people is what it makes")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dangol_harness::api::again;
use dangol_harness::raw::{Connection, post_json};
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Dangol, Engine, Setup, Shop, binary};
use futures::future::join_all;
use serde_json::json;

/// Whether a webhook is sent for each charge, and how many connections charge at once. The receiver is another user of
/// the same cores, so most runs go without it.
const RUNS: [(bool, usize); 4] = [(false, 1), (false, 16), (false, 64), (true, 64)];
/// How long they charge before it counts, and while it counts.
const WARM_UP: Duration = Duration::from_secs(1);
const COUNTED: Duration = Duration::from_secs(5);
/// How many starts the median is of.
const STARTS: usize = 7;

#[tokio::main]
async fn main() {
    println!("{:<28}{:>12}", "binary, MB", megabytes(&binary::path()));
    println!("{:<28}{:>12}", "ready after a start, ms", start_ms().await);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let shop = Shop::on(Setup {
            log: "warn",
            ..Setup::demo(engine)
        })
        .await;
        println!(
            "\n{engine:?}\n{:<28}{:>12.1}",
            "  idle memory, MB",
            resident_mb(shop.dangol.pid())
        );
        println!(
            "  {:<14}{:>10}{:>10}{:>12}{:>12}",
            "connections", "charges/s", "to 1", "p50, ms", "p99, ms"
        );
        let mut alone = None;
        for (webhooks, connections) in RUNS {
            let url = webhooks.then_some(shop.receiver.url.as_str());
            shop.control("/sandbox/webhook", &json!({ "url": url }))
                .await;
            let figure = charge(&shop, connections).await;
            let alone = *alone.get_or_insert(figure.rate);
            let name = format!("{connections}{}", if webhooks { " + webhooks" } else { "" });
            println!(
                "  {name:<14}{:>10.0}{:>10.1}{:>12.1}{:>12.1}",
                figure.rate,
                figure.rate / alone,
                figure.p50_ms,
                figure.p99_ms
            );
        }
        println!(
            "{:<28}{:>12.1}",
            "  memory after, MB",
            resident_mb(shop.dangol.pid())
        );
    }
}

/// What a run measured.
struct Figure {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
async fn charge(shop: &Shop, connections: usize) -> Figure {
    static RUN: AtomicU64 = AtomicU64::new(0);
    let run = RUN.fetch_add(1, Ordering::Relaxed);
    let token: Arc<str> = shop.token().await.into();
    let begin = Instant::now() + WARM_UP;
    let lanes = (0..connections).map(|lane| {
        let (main, token) = (shop.main.clone(), Arc::clone(&token));
        tokio::spawn(async move { charge_on(&main, &token, &format!("{run}-{lane}"), begin).await })
    });
    let mut took: Vec<Duration> = Vec::new();
    for lane in join_all(lanes).await {
        took.extend(lane.expect("a lane of charges"));
    }
    took.sort_unstable();
    let at = |part: f64| {
        let index = (took.len() as f64 * part) as usize;
        took[index.min(took.len() - 1)].as_secs_f64() * 1000.0
    };
    Figure {
        rate: took.len() as f64 / COUNTED.as_secs_f64(),
        p50_ms: at(0.50),
        p99_ms: at(0.99),
    }
}

/// Charges one order after the other; how long those took that ended while it counted.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
async fn charge_on(main: &str, token: &str, lane: &str, begin: Instant) -> Vec<Duration> {
    let mut connection = Connection::open(main).await.expect("it listens");
    let mut took = Vec::new();
    for n in 0_u64.. {
        let body = again(CUSTOMER, &format!("bench-{lane}-{n}"), 3000).to_string();
        let request = post_json("/subscribe/payments/again", token, &body);
        let sent = Instant::now();
        connection.send(&request).await.expect("it is sent");
        let (status, body) = connection.answer().await.expect("it is answered");
        let ended = Instant::now();
        let paid = body.windows(15).any(|piece| piece == br#""status":"paid""#);
        assert!(
            status == 200 && paid,
            "HTTP {status}: {}",
            String::from_utf8_lossy(&body)
        );
        if ended > begin + COUNTED {
            break;
        }
        if ended > begin {
            took.push(ended - sent);
        }
    }
    took
}

/// The median time from a second start to `ready`.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
async fn start_ms() -> u128 {
    let mut dangol = Dangol::demo(Engine::Sqlite).await;
    let mut took = Vec::new();
    for _ in 0..STARTS {
        assert_eq!(dangol.sigterm(), Some(0));
        let started = Instant::now();
        dangol.restart();
        took.push(started.elapsed().as_millis());
    }
    took.sort_unstable();
    took[STARTS / 2]
}

/// What a process holds in memory, MB, as Linux tells it.
fn resident_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}

fn megabytes(path: &Path) -> String {
    let length = std::fs::metadata(path).map(|file| file.len());
    length.map_or_else(
        |_| "?".to_owned(),
        |length| format!("{:.1}", length as f64 / 1e6),
    )
}
