//! Measures very many schedules that are due in the same second, and holds the books against the gateway's journal
//! afterwards: on SQLite one server with its simulators in another process, on PostgreSQL two servers, one of which is
//! killed midway. `DANGOL_BIN` names the binary; the two arguments are how many on SQLite and on PostgreSQL.

#![expect(clippy::print_stdout, reason = "a table for people is what it makes")]
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

use std::time::{Duration, Instant};

use dangol_harness::{Api, Dangol, Engine, Setup, Shop, books, due};

/// As fast as the server can: a PG of one's own asks for less.
const CONFIG: &str = "schedules_at_once = 64\nschedules_per_second = 10000";
/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// How long after the last schedule is registered they are due, seconds.
const AHEAD: i64 = 5;
/// How many are registered in a second at least, for choosing the second in which they are due.
const REGISTERED_PER_SECOND: i64 = 1_000;

#[tokio::main]
async fn main() {
    let mut counts = std::env::args().skip(1).map(|count| {
        let count: usize = count.parse().expect("how many schedules");
        count
    });
    let sqlite = counts.next().unwrap_or(100_000);
    let postgres = counts.next().unwrap_or(20_000);
    one_server(sqlite).await;
    two_servers(postgres).await;
}

async fn shop(engine: Engine) -> Shop {
    let setup = Setup {
        log: "warn",
        config: CONFIG,
        ..Setup::demo(engine)
    };
    let shop = Shop::on(setup).await;
    // Nobody hears: the receiver would be one more user of the same cores.
    shop.control("/sandbox/webhook", &serde_json::json!({ "url": null }))
        .await;
    shop
}

async fn one_server(count: usize) {
    let mut shop = shop(Engine::Sqlite).await;
    shop.dangol.sigterm();
    shop.dangol.restart_apart();
    shop.api = shop.dangol.api();
    println!("Sqlite, {count} due at once, simulators in another process");
    let due = register(&shop, count).await;
    drain(&shop, due, count, None).await;
    println!(
        "{:<40}{:>10.1}",
        "  memory at its peak, MB",
        peak_mb(shop.dangol.pid())
    );
    shop.dangol.sigterm();
    shop.dangol.restart_whole();
    shop.api = shop.dangol.api();
    compare(&shop, due, count).await;
}

async fn two_servers(count: usize) {
    let shop = shop(Engine::Postgres).await;
    let other = shop.dangol.one_more(CONFIG);
    println!("Postgres, {count} due at once, two servers, one killed midway");
    let due = register(&shop, count).await;
    drain(&shop, due, count, Some(other)).await;
    compare(&shop, due, count).await;
}

/// Registers them; the second in which all are due.
async fn register(api: &Api, count: usize) -> i64 {
    let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970");
    let due = now.as_secs() as i64 + count as i64 / REGISTERED_PER_SECOND + AHEAD;
    let began = Instant::now();
    due::register(api, count, due).await;
    println!(
        "{:<40}{:>10.0}",
        "  registered in a second",
        count as f64 / began.elapsed().as_secs_f64()
    );
    due
}

/// Watches until all have run. The other server is killed when half of them have.
async fn drain(api: &Api, due: i64, count: usize, mut other: Option<Dangol>) {
    let due_at = std::time::UNIX_EPOCH + Duration::from_secs(due as u64);
    if let Ok(ahead) = due_at.duration_since(std::time::SystemTime::now()) {
        tokio::time::sleep(ahead).await;
    }
    let began = Instant::now();
    let (mut half, mut killed) = (None, None);
    loop {
        let done = due::executed(api, due).await;
        if done >= count {
            break;
        }
        if done >= count / 2 && half.is_none() {
            half = Some(done as f64 / began.elapsed().as_secs_f64());
            if let Some(mut other) = other.take() {
                other.kill9();
                killed = Some(Instant::now());
            }
        }
        tokio::time::sleep(LOOK).await;
    }
    let took = began.elapsed().as_secs_f64();
    println!("{:<40}{:>10.1}", "  the last one started late by, s", took);
    println!(
        "{:<40}{:>10.0}",
        "  started in a second, first half",
        half.unwrap_or(f64::NAN)
    );
    if let Some(killed) = killed {
        println!(
            "{:<40}{:>10.1}",
            "  after the kill all had started in, s",
            killed.elapsed().as_secs_f64()
        );
    }
}

/// Holds the books against the journal. What was on its way at the kill may be open.
async fn compare(shop: &Shop, due: i64, count: usize) {
    let shown = due::payments(shop, due).await;
    assert_eq!(shown.len(), count, "each has a payment");
    books::agree(shop, &shown).await;
    let of = |status: &str| shown.iter().filter(|p| p.status == status).count();
    println!(
        "  paid {}, failed {}, open {}: as in the gateway's journal, none twice\n",
        of("paid"),
        of("failed"),
        of("ready")
    );
}

fn peak_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}
