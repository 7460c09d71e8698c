//! Calls that nobody would think of, against the running product: schemathesis makes them from what the product says of
//! itself, and every answer must be one that is described there. `scripts/contract.sh` runs this; `DANGOL_BIN` names the
//! binary, `SCHEMATHESIS` the program, and the argument how many calls it makes up for each operation.

use std::process::Command;

use dangol_harness::{Api, Browser, Dangol, Engine, GOOD_CARD, LIMIT_CARD};
use serde_json::{Value, json};

/// The examples' names of billing keys, and of our id.
const CUSTOMERS: [&str; 2] = ["gildong_0001_1234", "gildong_0002_1234"];
const IMP_UID: &str = "imps_448280090638";
/// A key whose charges are declined: its order numbers may be used again and again.
const DECLINED: &str = "declined";

#[tokio::main]
async fn main() {
    let program = std::env::var("SCHEMATHESIS").expect("SCHEMATHESIS is the program's path");
    let cases = std::env::args()
        .nth(1)
        .expect("how many calls for each operation");
    let dangol = Dangol::demo(Engine::Sqlite).await;
    let api = dangol.api();
    for (customer, card) in [
        (CUSTOMERS[0], GOOD_CARD),
        (CUSTOMERS[1], GOOD_CARD),
        (DECLINED, LIMIT_CARD),
    ] {
        let order = format!("card-{customer}");
        let landed = Browser::new(&dangol.api())
            .register(customer, &order, card)
            .await;
        assert!(landed.success(), "{landed:?}");
    }
    let paid = api.again(CUSTOMERS[0], "order_id_8237352", 3000).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("openapi.json");
    let told = api.bare("GET", "/openapi.json", &[], Vec::new()).await;
    // The examples then name a payment that is there.
    let told = told.text().replace(IMP_UID, paid.text("imp_uid"));
    let mut document = serde_json::from_str(&told).expect("JSON");
    narrow(&mut document);
    std::fs::write(&file, document.to_string()).expect("a file");
    let token = format!("Authorization: {}", api.token().await);
    let status = Command::new(program)
        .current_dir(folder.path())
        .arg("run")
        .arg(&file)
        .args(["--url", &api.main, "--header", &token])
        .args(["--seed", "1", "--max-examples", &cases, "--continue-on-failure"])
        .args(["--phases", "examples,coverage,fuzzing,stateful", "--warnings", "off"])
        .arg("--checks")
        .arg(
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
             response_headers_conformance,ignored_auth",
        )
        .status()
        .expect("schemathesis starts");
    assert!(status.success(), "schemathesis: {status}");
    let charges = total(&api, "all").await;
    assert!(charges > 20, "{charges} charges: its calls came to nothing");
    let open = total(&api, "ready").await;
    assert_eq!(
        open, 0,
        "odd input may be refused, but leaves no outcome unknown"
    );
}

/// How many payments have a status.
async fn total(api: &Api, status: &str) -> i64 {
    let page = api.get(&format!("/payments/status/{status}")).await;
    page.payment()["total"].as_i64().expect("a number")
}

/// What is made up for a charge names a key that is there and money that there is: else each one would be refused for
/// these alone. Wrong data is made up besides.
fn narrow(document: &mut Value) {
    // One Idempotency-Key for all would make each call after the first another request under its key. At cancels it stays.
    document["paths"]["/subscribe/payments/again"]["post"]["parameters"] = json!([]);
    document["paths"]["/subscribe/payments/onetime"]["post"]["parameters"] = json!([]);
    let schemas = &mut document["components"]["schemas"];
    let word = |word: &str| json!({"enum": [word]});
    let card = GOOD_CARD.replace(' ', "-");
    let won = || json!({"type": "integer", "minimum": 1, "maximum": 1_000_000});
    let urls = || json!({"enum": [["https://shop.example/hook"]]});
    let uid = json!({"type": "string", "minLength": 1, "maxLength": 40, "example": "declined"});
    for (schema, property, narrower) in [
        ("AgainRequest", "customer_uid", word(DECLINED)),
        ("AgainRequest", "merchant_uid", uid),
        ("AgainRequest", "amount", won()),
        ("AgainRequest", "tax_free", won()),
        ("AgainRequest", "vat_amount", won()),
        ("AgainRequest", "currency", word("KRW")),
        ("AgainRequest", "notice_url", urls()),
        ("OnetimeRequest", "amount", won()),
        ("OnetimeRequest", "tax_free", won()),
        ("OnetimeRequest", "vat_amount", won()),
        ("OnetimeRequest", "currency", word("KRW")),
        ("OnetimeRequest", "notice_url", urls()),
        ("OnetimeRequest", "card_number", word(&card)),
        ("OnetimeRequest", "expiry", word("2040-12")),
        ("OnetimeRequest", "birth", word("910203")),
        ("CardRequest", "card_number", word(&card)),
        ("CardRequest", "expiry", word("2040-12")),
        ("CardRequest", "birth", word("910203")),
        ("ScheduleRequest", "customer_uid", word(CUSTOMERS[0])),
        ("ScheduleRequest", "checking_amount", won()),
        ("ScheduleEntry", "amount", won()),
        ("ScheduleEntry", "currency", word("KRW")),
        ("ScheduleEntry", "notice_url", urls()),
    ] {
        let described = &mut schemas[schema]["properties"][property];
        assert!(described.is_object(), "{schema} has {property}");
        *described = narrower;
    }
}
