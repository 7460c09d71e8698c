//! Payments that need a person, settled beside a running server.

use dangol_domain::{Currency, Event, ImpUid, Payment, State, UserCode};
use dangol_store::Db;
use dangol_store::jobs::{Job, Kind};
use dangol_store::payments::{self, Begin, Change};

use crate::dangol::{Folder, Operator, Server, eventually, get};

const SENT_AT: i64 = 1_790_000_000_000;

/// A charge that was sent.
fn sent(random: u64) -> Payment {
    Payment {
        merchant: UserCode::parse("imp00000000").expect("the demo merchant"),
        imp_uid: ImpUid::api(random),
        merchant_uid: format!("order-{random}"),
        customer_uid: Some("buyer".to_owned()),
        channel_key: "channel-key-gone".to_owned(),
        state: State::Sending,
        version: 1,
        amount: 3000,
        cancelled: 0,
        currency: Currency::parse("KRW").expect("a currency"),
        started_at: SENT_AT,
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
        order: serde_json::from_value(serde_json::json!({
            "pay_method": "card",
            "device": "api",
            "usage": null,
            "pg_provider": "kcp_billing",
            "pg_id": "A52Q7",
        }))
        .expect("an order"),
        receipt: None,
        failure: None,
        cancels: Vec::new(),
    }
}

/// A payment whose outcome nobody could find out, as the engine leaves it behind.
async fn leave_for_review(db: &Db, random: u64) -> Payment {
    let mut payment = sent(random);
    // Far in the future: the running server leaves it alone.
    let job = Job {
        due_at: i64::MAX,
        kind: Kind::ResolveOpen,
        subject: payment.imp_uid.to_string(),
        merchant: payment.merchant.clone(),
    };
    let begin = Begin {
        payment: &payment,
        event: Some(Event::Send),
        window: None,
        job,
        write_id: 1,
    };
    assert!(payments::begin(db, begin).await.expect("the database"));
    for (event, after, write_id) in [
        (Event::LoseTrack, State::Unknown, 2),
        (Event::GiveUp, State::NeedsReview, 3),
    ] {
        let change = Change {
            before: &payment,
            event,
            after,
            at: SENT_AT,
            receipt: None,
            failure: None,
            detail: Some("the last inquiry brought no word".to_owned()),
            jobs: Vec::new(),
            billing_key: None,
            held_key: None,
            key_news: &[],
            cancel: None,
            deliveries: &[],
            write_id,
        };
        assert!(payments::apply(db, &change).await.expect("the database"));
        let found = payments::find(db, &payment.merchant, &payment.imp_uid).await;
        payment = found.expect("the database").expect("it is there");
    }
    payment
}

#[tokio::test]
async fn an_operator_settles_what_nobody_else_can() {
    let folder = Folder::new();
    let data = folder.text("data");
    let server = Server::start(&["demo", "--data", &data, "--listen", "127.0.0.1:0"]);
    // The shop is looked at, so the demo's webhooks go there.
    let shop = server.origin("shop");
    assert_eq!(get(&format!("{shop}/api/webhooks")).await.0, 200);
    let db = Db::open_sqlite(&folder.path("data/dangol.db")).await;
    let db = db.expect("beside the server");
    let paid = leave_for_review(&db, 111).await.imp_uid;
    let failed = leave_for_review(&db, 222).await.imp_uid;
    drop(db);
    let operator = Operator::of(data);

    let listed = operator.types("payment list").works();
    assert_eq!(listed.matches("needs review").count(), 2, "{listed}");
    let shown = operator.types("payment show order-111").works();
    for text in [
        "imps_000000000111",
        "3000 KRW",
        "the last inquiry brought no word",
        "dangol payment resolve imps_000000000111",
    ] {
        assert!(shown.contains(text), "no `{text}` in {shown}");
    }

    let resolve = |what: String| operator.types(&format!("payment resolve {what}"));
    let as_paid = "--paid --pg-tid 20261121123456";
    assert!(
        resolve(format!("{paid} {as_paid}"))
            .works()
            .contains("is paid")
    );
    assert!(
        resolve(format!("{failed} --failed --reason none"))
            .works()
            .contains("is failed")
    );
    // Once: what is settled is not settled again.
    resolve(format!("{paid} --failed --reason none"))
        .fails(1, &["only a payment that needs review"]);
    resolve(format!("imps_999999999999 {as_paid}"))
        .fails(1, &["there is no payment imps_999999999999"]);

    // The running server sends the webhooks, to the shop.
    let arrived = eventually(|| async {
        let (_, body) = get(&format!("{shop}/api/webhooks")).await;
        let all = body.contains(paid.as_str()) && body.contains(failed.as_str());
        all.then_some(body)
    });
    let arrived = arrived.await;
    assert!(
        arrived.contains("\"paid\"") && arrived.contains("\"failed\""),
        "{arrived}"
    );
    let shown = eventually(|| async {
        let shown = operator.types(&format!("payment show {paid}")).works();
        shown.contains("webhook delivered").then_some(shown)
    });
    let shown = shown.await;
    for text in ["operator_paid", "20261121123456", "HTTP 200"] {
        assert!(shown.contains(text), "no `{text}` in {shown}");
    }
    assert_eq!(server.stop(), Some(0));
}
