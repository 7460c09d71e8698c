//! `kill -9` in the middle of charges, again and again: what was acknowledged is there, what was open is resolved, and
//! the books agree with the PG's.

use std::collections::BTreeSet;
use std::sync::Arc;

use dangol_harness::api::again;
use dangol_harness::raw::{Connection, post_json};
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Api, Engine, Shop, books, on_both_engines, until};
use futures::future::join_all;
use serde_json::Value;
use tokio::sync::mpsc;

on_both_engines!(nothing_is_lost_or_charged_twice);

const ROUNDS: usize = 20;
const CONNECTIONS: usize = 16;

/// A charge that was sent.
struct Sent {
    merchant_uid: String,
    amount: i64,
    /// The payment of the answer, if one came.
    acknowledged: Option<Value>,
}

async fn nothing_is_lost_or_charged_twice(engine: Engine) {
    let mut shop = Shop::open(engine).await;
    let mut all = Vec::new();
    for round in 0..ROUNDS {
        let sent = charge_until_killed(&mut shop, round).await;
        shop.reopen();
        for charge in &sent {
            compare(&shop, charge).await;
        }
        all.extend(sent);
    }
    let cut_off = all
        .iter()
        .filter(|sent| sent.acknowledged.is_none())
        .count();
    assert!(
        cut_off >= ROUNDS,
        "the kills hit charges on their way: {cut_off}"
    );
    // Every open attempt's resolve job is due by now, and every lease that a dead process held has ended.
    shop.advance(120).await;
    let shown = settled(&shop, &all).await;
    books::agree(&shop, &shown).await;
    for payment in shown.iter().filter(|payment| payment.status == "paid") {
        shop.receiver.about(&payment.imp_uid).await;
    }
}

/// Charges on 16 connections, and ends the process after some answers: in each round after another number of them.
async fn charge_until_killed(shop: &mut Shop, round: usize) -> Vec<Sent> {
    let token: Arc<str> = shop.token().await.into();
    let (tell, mut answered) = mpsc::unbounded_channel();
    let charging: Vec<_> = (0..CONNECTIONS)
        .map(|lane| {
            let (main, token, tell) = (shop.main.clone(), Arc::clone(&token), tell.clone());
            tokio::spawn(async move { charge_on(&main, &token, round, lane, &tell).await })
        })
        .collect();
    drop(tell);
    for _ in 0..=(round * 7) {
        answered.recv().await.expect("charges are answered");
    }
    shop.dangol.kill9();
    let sent = join_all(charging).await;
    sent.into_iter()
        .flat_map(|sent| sent.expect("no panic"))
        .collect()
}

/// Charges one order after the other until the connection breaks.
async fn charge_on(
    main: &str,
    token: &str,
    round: usize,
    lane: usize,
    tell: &mpsc::UnboundedSender<()>,
) -> Vec<Sent> {
    let mut sent = Vec::new();
    let Ok(mut connection) = Connection::open(main).await else {
        return sent;
    };
    for n in 0.. {
        let merchant_uid = format!("order-{round}-{lane}-{n}");
        let amount = 1000 + n;
        let body = again(CUSTOMER, &merchant_uid, amount).to_string();
        let request = post_json("/subscribe/payments/again", token, &body);
        let answer = match connection.send(&request).await {
            Ok(()) => connection.answer().await.ok(),
            Err(_) => None,
        };
        let acknowledged = answer.map(|(status, body)| {
            let body: Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!((status, &body["code"]), (200, &Value::from(0)), "{body}");
            body["response"].clone()
        });
        let over = acknowledged.is_none();
        sent.push(Sent {
            merchant_uid,
            amount,
            acknowledged,
        });
        if over {
            break;
        }
        // Nobody counts any more once the process is to be ended.
        let _ = tell.send(());
    }
    sent
}

/// After the restart: as acknowledged, or paid, or open, or never heard of; never failed.
async fn compare(api: &Api, sent: &Sent) {
    let found = api.find(&sent.merchant_uid).await;
    if let Some(payment) = &sent.acknowledged {
        assert_eq!(payment["status"], "paid", "{payment}");
        assert_eq!(found.payment(), payment, "what was acknowledged is there");
        return;
    }
    if found.status == 404 {
        return;
    }
    let payment = found.payment();
    assert!(
        ["paid", "ready"].contains(&found.text("status")),
        "{payment}"
    );
    assert_eq!(payment["amount"], sent.amount);
}

/// Everything as it stands at the end; what is still open is listed for a person, and nothing else is.
async fn settled(shop: &Shop, all: &[Sent]) -> Vec<books::Shown> {
    let mut shown = Vec::new();
    for sent in all {
        let found = shop.find(&sent.merchant_uid).await;
        if found.status == 200 {
            shown.push(books::shown(found.payment()));
        }
    }
    let open: BTreeSet<&str> = shown
        .iter()
        .filter(|payment| payment.status == "ready")
        .map(|payment| payment.imp_uid.as_str())
        .collect();
    until("the open payments to be in review", || async {
        let listed = shop.dangol.command(&["payment", "list"]);
        let listed = String::from_utf8(listed.stdout).expect("UTF-8");
        let in_review: BTreeSet<&str> = listed
            .lines()
            .filter(|line| line.contains("needs review"))
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        (in_review == open && listed.lines().count() == open.len().max(1)).then_some(())
    })
    .await;
    shown
}
