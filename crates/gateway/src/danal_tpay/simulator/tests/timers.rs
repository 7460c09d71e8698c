use super::*;

const VOID: &str = "danal_tpay_void";
const NOTICE: &str = "danal_tpay_notice";

#[tokio::test]
async fn a_test_approval_is_undone_after_half_an_hour() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    danal.key("imp_1", GOOD).await;
    danal.advance(10);
    danal.key("imp_2", GOOD).await;
    assert_eq!(danal.danal.next_due_ms(), Some(NOW_MS + 30 * MINUTE_MS));
    assert!(
        danal
            .danal
            .run_due(NOW_MS + 29 * MINUTE_MS)
            .await
            .is_empty()
    );
    assert_eq!(danal.run_for(40).await, [(VOID, 30), (VOID, 40)]);
    let journal = danal.journal();
    for (approval, void) in [(1, 4), (3, 5)] {
        let (approval, void) = (&journal[approval].deed, &journal[void].deed);
        assert_eq!((void.kind, void.amount), (Kind::Void, Some(10)));
        assert_eq!(void.ref_tid, approval.pg_tid);
        assert!(void.test && approval.test && void.pg_tid != approval.pg_tid);
        assert_eq!(void.order_id, approval.order_id);
        assert_eq!(void.at, approval.at + 30 * 60);
    }
    assert_eq!(danal.danal.next_due_ms(), None);
    assert!(danal.run_for(100).await.is_empty());
    let tid = journal[1].deed.pg_tid.clone().unwrap();
    let refused = danal.cancel(&tid, "C", "10").await;
    assert_eq!(refused["RETURNCODE"], codes::NOT_CANCELLABLE);
    assert!(danal.heard().is_empty());
}

#[tokio::test]
async fn timers_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let notices = {
        let danal = Merchant::open(dir.path(), 1);
        danal.key("imp_1", GOOD).await;
        danal.first_payment("imp_2").await;
        danal.will_say(&[Ok("busy"), Ok("busy")]);
        assert_eq!(danal.run_for(1).await, [(NOTICE, 0), (NOTICE, 1)]);
        danal.heard()
    };
    let danal = Merchant::open(dir.path(), 1_000_000);
    danal.advance(5);
    danal.will_say(&[Ok("busy")]);
    let ran = danal.run_for(40).await;
    assert_eq!(ran, [(NOTICE, 5), (NOTICE, 6), (VOID, 30)]);
    let told = |heard: &[(String, String)]| -> Vec<_> {
        heard
            .iter()
            .map(|(url, body)| (url.clone(), danal.open_data(body)))
            .collect()
    };
    assert_eq!(told(&danal.heard()), told(&notices), "the same again");
    drop(danal);
    let danal = Merchant::open(dir.path(), 2_000_000);
    assert_eq!(danal.danal.next_due_ms(), None);
}

#[tokio::test]
async fn a_notice_tells_of_the_first_payment() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    danal.plan("issue_key", "wrong_amount");
    let mut issued = danal.first_payment("imp_1").await;
    assert!(danal.heard().is_empty(), "the answer goes first");
    assert_eq!(danal.danal.next_due_ms(), Some(NOW_MS));
    assert_eq!(danal.run_for(60).await, [(NOTICE, 0)]);
    let heard = danal.heard();
    assert_eq!(heard[0].0, "https://shop.test/notice");
    // All that the answer says, but the truth.
    assert_eq!(
        issued
            .insert("AMOUNT".to_owned(), "3000".to_owned())
            .as_deref(),
        Some("3001")
    );
    assert_eq!(danal.open_data(&heard[0].1), issued);
    assert!(!heard[0].1.contains("BILLKEY"), "it is encrypted");
    // Neither a charge nor what was not asked for is told.
    danal.charge("imps_1", &issued["BILLKEY"]).await;
    let silent = changed(&with_payment("imp_2"), "ISNOTI", "N");
    let (tid, _) = danal.go(&silent, GOOD).await;
    danal.issue(&tid, "3000").await;
    let mut key_alone = key_only("imp_3");
    key_alone.insert("ISNOTI".to_owned(), "Y".to_owned());
    key_alone.insert("NOTIURL".to_owned(), "https://shop.test/notice".to_owned());
    let (tid, _) = danal.go(&key_alone, GOOD).await;
    danal.issue(&tid, "").await;
    assert_eq!(danal.run_for(60).await, [(VOID, 90)]);
    assert_eq!(danal.heard().len(), 1);
}

#[tokio::test]
async fn a_notice_is_repeated_each_minute_until_ok() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    danal.will_say(&[
        Err(WireError::NotConnected),
        Ok("ok"),
        Ok("OK\n"),
        Ok("<html>OK</html>"),
        Err(WireError::TimedOut),
    ]);
    danal.first_payment("imp_1").await;
    let expected: Vec<_> = (0..=5).map(|minute| (NOTICE, minute)).collect();
    assert_eq!(danal.run_for(60).await, expected);
}

#[tokio::test]
async fn a_notice_is_given_up_after_ten_minutes_or_when_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    danal.will_say(&[Ok("no"); 100]);
    danal.first_payment("imp_1").await;
    let expected: Vec<_> = (0..=10).map(|minute| (NOTICE, minute)).collect();
    assert_eq!(danal.run_for(60).await, expected);
    danal.ear.says.lock().unwrap().clear();
    danal.will_say(&[Ok("no"), Ok("FAIL")]);
    danal.first_payment("imp_2").await;
    assert_eq!(danal.run_for(60).await, [(NOTICE, 60), (NOTICE, 61)]);
    // A clock that jumps leaves tellings out, and keeps to the minutes.
    danal.will_say(&[Ok("no"), Ok("no")]);
    danal.first_payment("imp_3").await;
    let start_ms = danal.clock.now_ms();
    danal.danal.run_due(start_ms + 150 * 1000).await;
    assert_eq!(danal.danal.next_due_ms(), Some(start_ms + 3 * MINUTE_MS));
    danal.danal.run_due(start_ms + 60 * MINUTE_MS).await;
    assert_eq!(danal.danal.next_due_ms(), None);
}

#[tokio::test]
async fn notices_come_twice_late_or_never_as_planned() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    let plan = |fault: &str, order_id: &str| {
        let only = json!({ "order_id": order_id });
        danal.plan_with(json!({ "operation": "notice", "fault": fault, "match": only }));
    };
    plan("late_notice", "imp_3");
    plan("no_notice", "imp_2");
    plan("duplicate_notice", "imp_1");
    for order_id in ["imp_1", "imp_2", "imp_3", "imp_4"] {
        danal.first_payment(order_id).await;
    }
    let mut ran = danal.run_for(29).await;
    assert_eq!(ran, [(NOTICE, 0); 3]);
    ran = danal.run_for(31).await;
    assert_eq!(ran, [(NOTICE, 30)]);
    let mut orders: Vec<_> = danal
        .heard()
        .iter()
        .map(|(_, body)| danal.open_data(body)["ORDERID"].clone())
        .collect();
    assert_eq!(orders.pop().as_deref(), Some("imp_3"));
    orders.sort();
    assert_eq!(orders, ["imp_1", "imp_1", "imp_4"]);
    // One that is to come twice is heard twice, and has its ten minutes each time.
    danal.plan("notice", "duplicate_notice");
    danal.will_say(&[Ok("no"); 9]);
    danal.will_say(&[Ok("OK"), Ok("no"), Ok("no"), Ok("no")]);
    danal.first_payment("imp_5").await;
    let first = (60..=69).chain(69..=72);
    let expected: Vec<_> = first.map(|minute| (NOTICE, minute)).collect();
    assert_eq!(danal.run_for(60).await, expected);
    // A late one has its ten minutes.
    danal.plan("notice", "late_notice");
    danal.will_say(&[Ok("no"); 100]);
    danal.first_payment("imp_6").await;
    let expected: Vec<_> = (150..=160).map(|minute| (NOTICE, minute)).collect();
    assert_eq!(danal.run_for(100).await, expected);
}

#[tokio::test]
async fn notices_can_be_plain() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open_with(dir.path(), "plain_notice = true");
    let issued = danal.first_payment("imp_1").await;
    danal.run_for(1).await;
    let heard = danal.heard();
    assert_eq!(pairs_of(&heard[0].1), issued);
}

#[tokio::test]
async fn two_hands_at_the_timers_do_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let danal = Merchant::open(dir.path(), 1);
    danal.key("imp_1", GOOD).await;
    danal.first_payment("imp_2").await;
    let run = || danal.danal.run_due(NOW_MS + 30 * MINUTE_MS);
    let (one, other) = tokio::join!(run(), run());
    let mut ran = [one, other].concat();
    ran.sort();
    assert_eq!(ran, [(NOTICE, 1), (VOID, 1)]);
    assert_eq!(danal.heard().len(), 1);
    let voids = danal.kinds().into_iter().filter(|kind| *kind == Kind::Void);
    assert_eq!(voids.count(), 1);
}
