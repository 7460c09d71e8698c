//! The sandbox's clock, and what exists in a sandbox only.

use dangol_harness::{Browser, Dangol, Engine, Setup, Shop, due, on_both_engines};
use serde_json::json;

on_both_engines!(
    a_moved_clock_runs_what_is_due_and_stays_moved,
    what_is_due_in_one_second_has_run_when_the_clock_is_there,
);

/// More than the pace of a channel lets through at once.
async fn what_is_due_in_one_second_has_run_when_the_clock_is_there(engine: Engine) {
    const COUNT: usize = 200;
    let shop = Shop::open(engine).await;
    let due = due::now(&shop).await + 3_600;
    due::register(&shop, COUNT, due).await;
    let ran = shop.advance(3_600).await;
    assert_eq!(ran["pay_schedule"], COUNT);
    assert_eq!(due::executed(&shop, due).await, COUNT);
}

async fn a_moved_clock_runs_what_is_due_and_stays_moved(engine: Engine) {
    let mut dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let read = async |api: &dangol_harness::Api| {
        let clock = api
            .bare("GET", "/sandbox/clock", &[], Vec::new())
            .await
            .json();
        (
            clock["now"].as_i64().expect("a number"),
            clock["offset"].as_i64().expect("a number"),
        )
    };
    let (before, offset) = read(&api).await;
    assert_eq!(offset, 0);
    let window = Browser::new(&api).prepare_card("gildong", "card-1").await;
    // A minute short of its life nothing has happened to the window; a minute later it has.
    assert_eq!(api.advance(29 * 60).await, json!({}));
    assert_eq!(api.advance(2 * 60).await, json!({ "expire_windows": 1 }));
    assert_eq!(api.advance(2 * 60).await, json!({}));
    let asked = json!({ "imp_uid": window.imp_uid, "nonce": window.nonce });
    let result = api.control("/window/result", &asked).await.json();
    assert_eq!(result["response"]["state"], "done", "{result}");
    assert_eq!(result["response"]["result"]["success"], false, "{result}");

    let moved = 33 * 60;
    let holds = |(now, offset): (i64, i64)| {
        // Within the time that this test takes.
        assert!((moved - 2..=moved + 2).contains(&offset), "offset {offset}");
        assert!(
            (before + moved..before + moved + 120).contains(&now),
            "{before} and {now}"
        );
    };
    holds(read(&api).await);
    dangol.kill9();
    dangol.restart();
    holds(read(&dangol.api()).await);

    for seconds in [
        json!(0),
        json!(-1),
        json!(31_622_401),
        json!("60"),
        json!(1.5),
    ] {
        let refused = dangol
            .api()
            .control("/sandbox/clock/advance", &json!({ "seconds": seconds }))
            .await;
        assert_eq!(refused.status, 400, "{seconds}: {}", refused.text());
    }
    holds(read(&dangol.api()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_folder_has_no_sandbox() {
    let setup = Setup {
        command: &["serve"],
        ..Setup::demo(Engine::Sqlite)
    };
    let live = setup.start().await;
    assert_eq!(live.listeners(), ["main"], "no simulators, no shop");
    let api = live.api();
    for path in ["", "/clock", "/journal", "/calls", "/control"] {
        let answer = api
            .bare("GET", &format!("/sandbox{path}"), &[], Vec::new())
            .await;
        assert_eq!(answer.status, 404, "/sandbox{path}: {}", answer.text());
    }
    let advance = api
        .control("/sandbox/clock/advance", &json!({ "seconds": 60 }))
        .await;
    assert_eq!(advance.status, 404);
    assert!(
        !live.data().join("sandbox").exists(),
        "simulators keep nothing in a live folder"
    );
    // The published credentials open nothing.
    let form = format!(
        "imp_key={}&imp_secret={}",
        dangol_harness::api::IMP_KEY,
        dangol_harness::api::IMP_SECRET
    );
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let token = api
        .bare("POST", "/users/getToken", &kind, form.into_bytes())
        .await;
    assert_eq!(token.status, 401, "{}", token.text());
    let health = api.bare("GET", "/health/ready", &[], Vec::new()).await;
    assert_eq!(
        (health.status, health.json()),
        (200, json!({ "status": "ready" }))
    );
}
