//! Nothing that must stay secret is in the product's files, its log at the finest level, its answers, its webhooks or
//! any address that a browser sees.

use dangol_harness::api::IMP_SECRET;
use dangol_harness::browser::{Step, card_params};
use dangol_harness::canary::{Place, Secret, files, search};
use dangol_harness::database::Database;
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Browser, Engine, GOOD_CARD, LIMIT_CARD, Setup, Shop, on_both_engines};
use serde_json::json;

on_both_engines!(secrets_stay_where_they_belong);

/// What a run leaves with those who took part.
struct Told {
    /// What nobody but the PG and the vault may see.
    secrets: Vec<Secret>,
    /// Tokens: with those who use them, and nowhere else.
    tokens: Vec<Secret>,
    /// Main's answers to buyers and merchants.
    answers: Vec<Place>,
    /// Addresses, where even a token would be told to others.
    addresses: Place,
}

async fn secrets_stay_where_they_belong(engine: Engine) {
    let setup = Setup {
        log: "trace",
        ..Setup::demo(engine)
    };
    let mut shop = Shop::on(setup).await;
    let mut told = live_through_everything(&shop).await;
    told.secrets.extend(of_the_pg(&shop).await);

    let said = shop.dangol.said();
    assert_eq!(
        said.matches(IMP_SECRET).count(),
        1,
        "the demo's own secret is said once"
    );
    let mut left = vec![
        Place::text("stdout", &said.replace(IMP_SECRET, "")),
        Place::text("the webhooks", &format!("{:?}", shop.receiver.received())),
        told.addresses,
    ];
    left.extend(kept(&shop).await);
    // Stopped cleanly, the database is written anew, and the log has its last words.
    assert_eq!(shop.dangol.sigterm(), Some(0));
    left.extend(kept(&shop).await);
    left.push(Place::text("the log", &shop.dangol.log()));
    told.secrets
        .push(Secret::new("the REST secret", IMP_SECRET));

    there_is_something_to_search(&shop, &left, &told.secrets);
    let mut found = search(&told.secrets, &told.answers);
    found.extend(search(&told.secrets, &left));
    found.extend(search(&told.tokens, &left));
    found.extend(search(&key_ring(&shop), &left));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Registers, charges, declines, breaks, forges.
async fn live_through_everything(shop: &Shop) -> Told {
    let mut browser = Browser::new(shop);
    let prepared = browser.prepare_card("watched", "card-2").await;
    let form = browser.go_to_return(&prepared, GOOD_CARD).await;
    let mut secrets = Secret::card(GOOD_CARD);
    secrets.extend(Secret::card(LIMIT_CARD));
    for name in ["enc_data", "enc_info"] {
        secrets.push(Secret::new(
            name,
            form.field(name).expect("the PG's return has it"),
        ));
    }
    let tokens = vec![
        Secret::new("a window's token", &prepared.token),
        Secret::new("an access token", &shop.token().await),
    ];
    let mut foreign = form.clone();
    foreign.set("param_opt_1", "0000");
    assert!(matches!(browser.submit(&foreign).await, Step::Page(_)));
    assert!(browser.land(&form).await.success());
    assert!(
        browser
            .register("poor", "card-3", LIMIT_CARD)
            .await
            .success()
    );
    browser
        .register("refused", "card-4", "4000 0000 0000 0002")
        .await;

    let mut answers = charges(shop).await;
    let mut with_card = card_params("other", "card-5");
    with_card["card_number"] = json!("4242424242424242");
    browser.prepare(with_card).await;
    answers.extend(card_data_by_api(shop).await);
    secrets.extend(Secret::card(KEYED_CARD));
    answers.push(wrong_credentials(shop).await);
    shop.advance(24 * 3600).await;
    let seen = browser.seen.iter().map(|answer| {
        Place::text(
            "an answer of main",
            &format!("{:?} {}", answer.headers, answer.text()),
        )
    });
    answers.extend(seen);
    let addresses = Place::text("an address", &browser.urls.join("\n"));
    Told {
        secrets,
        tokens,
        answers,
        addresses,
    }
}

/// Charges that go well, are declined, or are lost on the way.
async fn charges(shop: &Shop) -> Vec<Place> {
    let mut answers = Vec::new();
    for (n, fault) in [
        "decline",
        "drop_answer",
        "garbage",
        "wrong_amount",
        "http_500",
    ]
    .into_iter()
    .enumerate()
    {
        shop.plan("charge", fault, json!({})).await;
        let answer = shop.again(CUSTOMER, &format!("order-{n}"), 3000).await;
        answers.push(Place::text(fault, &format!("{answer:?}")));
    }
    for customer in ["poor", "watched", "nobody"] {
        let answer = shop
            .again(customer, &format!("order-{customer}"), 3000)
            .await;
        answers.push(Place::text("a charge", &format!("{answer:?}")));
        answers.push(Place::text(
            "a customer",
            &format!("{:?}", shop.customer(customer).await),
        ));
    }
    answers
}

/// A card that no window has seen.
const KEYED_CARD: &str = "5164 5312 3456 7890";

/// Card data that goes well, is refused, is lost on the way, or cannot be a card's.
async fn card_data_by_api(shop: &Shop) -> Vec<Place> {
    let mut answers = Vec::new();
    let faults = [
        None,
        Some(("charge", "decline")),
        Some(("charge", "drop_answer")),
        Some(("charge", "garbage")),
        Some(("issue_key", "drop_answer")),
        Some(("issue_key", "http_500")),
    ];
    for (n, fault) in faults.into_iter().enumerate() {
        if let Some((operation, fault)) = fault {
            let plan = json!({ "pg": "kcp", "operation": operation, "fault": fault });
            shop.control("/sandbox/control", &plan).await;
        }
        let mut body = json!({
            "merchant_uid": format!("keyed-{n}"), "amount": 3000, "card_number": KEYED_CARD.replace(' ', "-"),
            "expiry": "2030-11", "birth": "910203", "pwd_2digit": "47", "cvc": "826",
        });
        let customer = format!("/subscribe/customers/keyed-{n}");
        if n % 2 == 1 {
            body["customer_uid"] = format!("with-charge-{n}").into();
        }
        for path in ["/subscribe/payments/onetime", &customer] {
            let answer = shop.post(path, &body).await;
            answers.push(Place::text("card data", &format!("{answer:?}")));
        }
        body["expiry"] = KEYED_CARD.into();
        let answer = shop.post(&customer, &body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        answers.push(Place::text("no card", &format!("{answer:?}")));
    }
    answers.push(card_data_to_a_tokeniser(shop).await);
    let paid = shop.find("keyed-0").await;
    assert_eq!(paid.payment()["status"], "paid", "a card was charged");
    answers
}

/// Card data that a PG makes a token of first.
async fn card_data_to_a_tokeniser(shop: &Shop) -> Place {
    let pg_id = "0123456789abcdef0123456789abcdef";
    let channel = json!({ "pg": "paymentwall", "pg_id": pg_id, "type": "api_payment" });
    let added = shop.control("/sandbox/channels", &channel).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let body = json!({
        "pg": "paymentwall", "merchant_uid": "token-1", "customer_uid": "by-token", "amount": 3000,
        "card_number": GOOD_CARD.replace(' ', "-"), "expiry": "2030-11", "cvc": "826",
        "buyer_email": "hong@shop.example",
    });
    let answer = shop.post("/subscribe/payments/onetime", &body).await;
    assert_eq!(answer.payment()["status"], "paid", "a card was charged");
    Place::text("card data", &format!("{answer:?}"))
}

/// Somebody who pastes the secret with one letter too much.
async fn wrong_credentials(shop: &Shop) -> Place {
    let body = json!({ "imp_key": "imp_apikey", "imp_secret": format!("{IMP_SECRET}x") });
    let answer = shop.control("/users/getToken", &body).await;
    assert_eq!(answer.status, 401);
    assert!(!answer.text().contains(IMP_SECRET));
    Place::text("refused credentials", &answer.text())
}

/// What only the PG knows besides: its keys, and the papers of our contract with it.
async fn of_the_pg(shop: &Shop) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for entry in shop.journal().await {
        if let Some(key) = entry["key"].as_str() {
            secrets.push(Secret::new("a billing key", key));
        }
    }
    assert!(secrets.len() >= 3, "keys were issued");
    let ledger =
        std::fs::read_to_string(shop.dangol.data().join("sandbox/ledger.jsonl")).expect("a ledger");
    let papers = ledger.replace("\\n", "\n");
    let mut lines = papers.lines();
    while let Some(line) = lines.next() {
        if line.contains("-----BEGIN") {
            let body = lines.nth(2).expect("a key or certificate has lines");
            secrets.push(Secret::new("a paper of the contract", body));
        }
    }
    assert!(
        secrets.iter().len() >= 5,
        "there are a key and a certificate"
    );
    secrets
}

/// Everything in the data folder but the simulators' memory and the ring, and the database wherever it is.
async fn kept(shop: &Shop) -> Vec<Place> {
    let mut kept = files(&shop.dangol.data(), &["sandbox", "keys"]);
    if let Database::Postgres(schema) = &shop.dangol.database {
        kept.push(Place::text("the database", &schema.dump().await));
    }
    kept
}

/// The ring's own secrets: long runs of letters and digits in its file.
fn key_ring(shop: &Shop) -> Vec<Secret> {
    let ring = files(&shop.dangol.data().join("keys"), &[]);
    assert_eq!(ring.len(), 1, "the ring and nothing else");
    let text = String::from_utf8_lossy(&ring[0].bytes).into_owned();
    let letters = |c: char| !(c.is_ascii_alphanumeric() || "+/=_-".contains(c));
    let secrets = text.split(letters).filter(|run| run.len() >= 40);
    let secrets: Vec<Secret> = secrets
        .map(|run| Secret::new("the key ring", run))
        .collect();
    assert!(!secrets.is_empty(), "a ring holds keys");
    secrets
}

/// A search that finds nothing proves nothing: these must be found.
fn there_is_something_to_search(shop: &Shop, left: &[Place], secrets: &[Secret]) {
    let sandbox = files(&shop.dangol.data().join("sandbox"), &[]);
    let keys = search(secrets, &sandbox);
    assert!(
        keys.iter()
            .any(|found| found.starts_with("a billing key (raw)")),
        "{keys:?}"
    );
    assert!(
        keys.iter()
            .any(|found| found.starts_with("a paper of the contract (raw)")),
        "{keys:?}"
    );
    let harmless = [Secret::new("an order", "order-watched")];
    let found = search(&harmless, left).join("\n");
    let database = match shop.dangol.database {
        Database::Sqlite => "dangol.db",
        Database::Postgres(_) => "the database",
    };
    for place in [database, "the webhooks"] {
        assert!(found.contains(place), "no order in {place}: {found}");
    }
    let log = shop.dangol.log();
    assert!(
        log.contains("ALARM") && log.contains("BadToken"),
        "the log tells what happened: {log}"
    );
}
