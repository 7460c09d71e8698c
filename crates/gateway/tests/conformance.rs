//! The contract of a gateway, kept by every connector against its PG's simulator over real HTTP. After each case the
//! PG's journal must agree with what the connector said.
//!
//! `cargo test -p dangol-gateway --test conformance -- --nocapture` ends with the table of cases and PGs. What the suite
//! must know of a PG is in that PG's folder: beside its profile, `fixtures/window.toml`. So a PG is one folder and one line;
//! the toy in `toy/` proves it.

#[path = "conformance/cases.rs"]
mod cases;
#[path = "conformance/issue.rs"]
mod issue;
#[path = "conformance/key_in.rs"]
mod key_in;
#[path = "conformance/notices.rs"]
mod notices;
#[path = "conformance/page.rs"]
mod page;
#[path = "conformance/restart.rs"]
mod restart;
#[path = "conformance/services.rs"]
mod services;
#[path = "conformance/subject.rs"]
mod subject;
mod toy;
#[path = "conformance/windows.rs"]
mod windows;

use std::fmt::Write as _;
use std::sync::Arc;

use dangol_gateway::{Entry, GATEWAYS};
use subject::{Case, Held, Subject};

/// The PGs of the list, and one that is not.
fn entries() -> impl Iterator<Item = &'static Entry> {
    GATEWAYS.iter().chain([&toy::ENTRY])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_gateway_keeps_the_contract() {
    let mut rows: Vec<(&str, Vec<String>)> = cases::all()
        .iter()
        .map(|(name, _)| (*name, vec![]))
        .collect();
    let mut failed = Vec::new();
    for entry in entries() {
        let subject = Arc::new(Subject::new(entry).await);
        for ((name, case), (_, cells)) in cases::all().into_iter().zip(&mut rows) {
            let cell = match run(&subject, case).await {
                Ok(Held::Yes) => "ok".to_owned(),
                Ok(Held::CannotBeShown(why)) => format!("- ({why})"),
                Err(why) => {
                    failed.push(format!("{name} at {}: {why}", subject.provider()));
                    "FAILED".to_owned()
                }
            };
            cells.push(cell);
        }
    }
    show(&rows);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Runs a case; a panic in it fails this case alone.
async fn run(subject: &Arc<Subject>, case: Case) -> Result<Held, String> {
    let held = tokio::spawn(case(Arc::clone(subject)))
        .await
        .map_err(|panic| match panic.into_panic().downcast::<String>() {
            Ok(text) => *text,
            Err(_) => "panicked".to_owned(),
        });
    let struck = subject.plans_are_used_up();
    match held {
        Ok(Held::Yes) if !struck => Err("a planned fault never struck".to_owned()),
        held => held,
    }
}

#[expect(clippy::print_stdout, reason = "the table is what one runs this for")]
fn show(rows: &[(&str, Vec<String>)]) {
    let mut table = format!("\n{:<58}", "case");
    for entry in entries() {
        _ = write!(table, "{:<16}", entry.gateway.profile().provider);
    }
    for (name, cells) in rows {
        _ = write!(table, "\n{name:<58}");
        for cell in cells {
            _ = write!(table, "{cell:<16}");
        }
    }
    println!("{table}\n");
}
