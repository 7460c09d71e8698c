//! `dangol listen`: a developer hears every webhook, whatever endpoint it has and also without one, and gets it byte for byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dangol_harness::process::Beside;
use dangol_harness::receiver::{Received, Receiver, Reply};
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Dangol, Engine, Setup, Shop, on_both_engines, until};
use serde_json::{Value, json};

on_both_engines!(
    a_listener_hears_what_the_endpoint_gets,
    a_listener_hears_webhooks_that_have_no_endpoint_and_those_with_several,
    a_server_that_hangs_delays_neither_the_endpoint_nor_the_next_webhook,
);

async fn listen(dangol: &Dangol, more: &[&str]) -> Beside {
    let from = ["listen", "--from", dangol.url("main")];
    let listening = dangol.beside(&[&from, more].concat());
    listening.line("listening to").await;
    listening
}

async fn paid(shop: &Shop, merchant_uid: &str) -> String {
    let payment = shop.again(CUSTOMER, merchant_uid, 3000).await;
    assert_eq!(payment.payment()["status"], "paid");
    payment.text("imp_uid").to_owned()
}

/// What a receiver must be able to check, and what it is told.
fn told(received: &Received) -> Vec<(String, String)> {
    let signed = ["content-type", "user-agent", "webhook-id"];
    let mut told: Vec<_> = received.headers.clone();
    told.retain(|(name, _)| signed.contains(&name.as_str()));
    told.sort();
    told.push(("body".to_owned(), received.body.clone()));
    told
}

fn id(received: &Received) -> &str {
    received.header("webhook-id")
}

async fn a_listener_hears_what_the_endpoint_gets(engine: Engine) {
    let mut shop = Shop::open(engine).await;
    let form =
        json!({ "url": shop.receiver.url, "content_type": "application/x-www-form-urlencoded" });
    shop.control("/sandbox/webhook", &form).await;
    let developer = Receiver::start().await;
    let forwarding = listen(&shop.dangol, &["--forward-to", &developer.url]).await;
    let imp_uid = paid(&shop, "order 1").await;
    let at_endpoint = shop.receiver.about(&imp_uid).await;
    let at_developer = developer.about(&imp_uid).await;
    assert_eq!((at_endpoint.len(), at_developer.len()), (1, 1));
    assert_eq!(told(&at_developer[0]), told(&at_endpoint[0]));
    assert!(
        at_developer[0].body.contains("merchant_uid=order%201"),
        "{}",
        at_developer[0].body
    );
    assert_eq!(at_developer[0].method, "POST");
    assert!(
        at_developer[0]
            .header("webhook-signature")
            .starts_with("v1,")
    );
    let line = forwarding.line(&imp_uid).await;
    for word in ["paid", "order 1", id(&at_endpoint[0]), "  200 in ", " ms"] {
        assert!(line.contains(word), "{word}: {line}");
    }

    // The listener outlives the sandbox, and hears what comes after.
    shop.dangol.kill9();
    let main = shop.main.clone();
    shop.dangol.restart_in_place();
    let second = paid(&shop, "order-2").await;
    developer.about(&second).await;

    let replay = [
        "listen",
        "--from",
        &main,
        "--forward-to",
        &developer.url,
        "--replay",
    ];
    let again = shop
        .dangol
        .command(&[&replay[..], &[id(&at_endpoint[0])]].concat());
    assert!(again.status.success(), "{again:?}");
    let printed = String::from_utf8(again.stdout).expect("UTF-8");
    assert!(printed.contains("  200 in "), "{printed}");
    let at_developer = developer.about(&imp_uid).await;
    assert_eq!(at_developer.len(), 2, "once more");
    assert_eq!(told(&at_developer[1]), told(&at_endpoint[0]));
    let unknown = shop
        .dangol
        .command(&[&replay[..], &["msg_unknown"]].concat());
    assert_eq!(unknown.status.code(), Some(1));
    let why = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(why.contains("msg_unknown"), "{why}");
}

async fn a_listener_hears_webhooks_that_have_no_endpoint_and_those_with_several(engine: Engine) {
    let shop = Shop::open(engine).await;
    let none = json!({ "url": Value::Null });
    shop.control("/sandbox/webhook", &none).await;
    let before = paid(&shop, "nobody-hears").await;
    let developer = Receiver::start().await;
    let printing = listen(&shop.dangol, &[]).await;
    let forwarding = listen(&shop.dangol, &["--forward-to", &developer.url]).await;
    let nobody = listen(&shop.dangol, &["--merchant", "imp99999999"]).await;
    let imp_uid = paid(&shop, "order-1").await;
    let heard = developer.about(&imp_uid).await;
    assert_eq!(
        heard[0].json(),
        json!({ "imp_uid": imp_uid, "merchant_uid": "order-1", "status": "paid" })
    );
    let line = printing.line(&imp_uid).await;
    assert!(line.ends_with(id(&heard[0])), "{line}");
    // It is in the books like any other, and `resend` lets it be heard again.
    let resent = shop.dangol.command(&["webhook", "resend", id(&heard[0])]);
    assert!(resent.status.success(), "{resent:?}");
    until("the webhook that was sent again", || async {
        (developer.about(&imp_uid).await.len() == 2).then_some(())
    })
    .await;

    let urls = [Receiver::start().await, Receiver::start().await];
    let body = json!({
        "customer_uid": CUSTOMER, "merchant_uid": "order-2", "amount": 1000,
        "notice_url": [urls[0].url, urls[1].url],
    });
    let payment = shop.post("/subscribe/payments/again", &body).await;
    let imp_uid = payment.text("imp_uid");
    for url in &urls {
        url.about(imp_uid).await;
    }
    // Another event behind it: whatever is heard of this one has been heard.
    let last = paid(&shop, "order-3").await;
    developer.about(&last).await;
    assert_eq!(developer.about(imp_uid).await.len(), 1, "one event, once");
    let lines = forwarding.lines().join("\n");
    assert!(!lines.contains(&before), "{lines}");
    assert_eq!(nobody.lines().len(), 1, "{:?}", nobody.lines());
}

async fn a_server_that_hangs_delays_neither_the_endpoint_nor_the_next_webhook(engine: Engine) {
    let shop = Shop::open(engine).await;
    let hangs = Arc::new(AtomicBool::new(true));
    let first = Arc::clone(&hangs);
    let developer = Receiver::answering(move |_| {
        let hangs = first.swap(false, Ordering::SeqCst);
        Box::pin(async move {
            match hangs {
                true => Reply::Hang,
                false => Reply::Status(500),
            }
        })
    })
    .await;
    let forwarding = listen(&shop.dangol, &["--forward-to", &developer.url]).await;
    let first = paid(&shop, "order-1").await;
    until("the first webhook to hang", || async {
        (!hangs.load(Ordering::SeqCst)).then_some(())
    })
    .await;
    let second = paid(&shop, "order-2").await;
    shop.receiver.about(&first).await;
    shop.receiver.about(&second).await;
    let line = forwarding.line(&second).await;
    assert!(line.contains("  500 in "), "{line}");
    assert!(!forwarding.lines().join("\n").contains(&first));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_sandbox_can_be_listened_to() {
    let setup = Setup {
        command: &["serve"],
        ..Setup::demo(Engine::Sqlite)
    };
    let mut live = setup.start().await;
    let main = live.url("main").to_owned();
    let refused = |live: &Dangol| {
        let ended = live.command(&["listen", "--from", &main]);
        assert_eq!(ended.status.code(), Some(1));
        String::from_utf8_lossy(&ended.stderr).into_owned()
    };
    let why = refused(&live);
    assert!(why.contains("no sandbox"), "{why}");
    live.kill9();
    let why = refused(&live);
    assert!(why.contains("--from"), "{why}");
}
