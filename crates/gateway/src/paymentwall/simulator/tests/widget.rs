//! The signed widget.

use super::*;

const NOW_S: &str = "1795048560";

fn widget_fields(plan: &str) -> Vec<(&str, &str)> {
    vec![
        ("key", PROJECT),
        ("uid", "cust_0001"),
        ("widget", "t3_1"),
        ("email", "test@example.com"),
        ("history[registration_date]", NOW_S),
        ("amount", "50.00"),
        ("currencyCode", "USD"),
        ("ag_name", "Monthly <plan>"),
        ("ag_external_id", plan),
        ("ag_type", "fixed"),
        ("ps", "all"),
        ("customer[firstname]", "Jack"),
        ("customer[lastname]", "Son"),
        ("success_url", "http://main.test/return?window=w&ref=$ref"),
        ("failure_url", "http://main.test/failed"),
        ("sign_version", "3"),
    ]
}

/// A widget's address, signed.
fn signed(fields: &[(&str, &str)], version: Version, secret: &str) -> String {
    let sign = match version {
        Version::V1 => sign_user("cust_0001", secret),
        _ => sign(version, fields, secret),
    };
    let mut all = fields.to_vec();
    all.push(("sign", &sign));
    format!("/api/subscription?{}", encoded(&all))
}

impl Merchant {
    async fn widget(&self, fields: &[(&str, &str)]) -> (u16, String) {
        let url = signed(fields, Version::V3, self.secret());
        let (status, _, page) = self.page(&url).await;
        (status, page)
    }
}

#[tokio::test]
async fn a_widget_is_paid_told_with_the_token_and_left() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let (status, page) = pw.widget(&widget_fields("imp_1")).await;
    assert_eq!(status, 200);
    for part in [
        "data-test=\"order-name\">Monthly &lt;plan&gt;<",
        "data-test=\"amount\">USD 50.00<",
        "data-test=\"card-cvc\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let typed = [("card_number", GOOD), ("go", "pay")];
    let end = pw.submit(&page, &typed).await;
    let deeds: Vec<_> = pw.journal().into_iter().map(|entry| entry.deed).collect();
    let [issued, approved] = deeds.as_slice() else {
        panic!("{deeds:?}")
    };
    assert_eq!(
        (
            issued.kind,
            approved.kind,
            approved.amount,
            approved.order_id.as_deref()
        ),
        (Kind::KeyIssued, Kind::Approval, Some(5000), Some("imp_1"))
    );
    let (id, key) = (
        approved.pg_tid.as_deref().unwrap(),
        issued.key.as_deref().unwrap(),
    );
    let reference = format!("t{id}");
    assert!(end.contains("<form id=\"result\" method=\"get\" action=\"http://main.test/return\""));
    let expected = [("ref", reference.as_str()), ("window", "w")];
    let brought = inputs(&end);
    assert_eq!(
        brought
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect::<Vec<_>>(),
        expected
    );
    pw.advance(0).await;
    let told = pw.heard().remove(0);
    for (name, due) in [
        ("type", "0"),
        ("uid", "cust_0001"),
        ("goodsid", "imp_1"),
        ("ref", &reference),
        ("card_token", key),
    ] {
        assert_eq!(value(&told, name), due, "{name}");
    }
}

#[tokio::test]
async fn a_widgets_payment_is_like_any_other_and_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let (_, page) = pw.widget(&widget_fields("imp_1")).await;
    let typed = [("card_number", GOOD), ("go", "pay")];
    let end = pw.submit(&page, &typed).await;
    assert_eq!(
        inputs(&pw.submit(&page, &typed).await),
        inputs(&end),
        "pressing again pays nothing"
    );
    let issued = pw.journal().remove(0).deed;
    let own = [("email", "test@example.com")];
    let (status, _) = pw.charge_with("imp_2", &issued.key.unwrap(), &own).await;
    assert_eq!(status, 200, "its token is as good as any");
    pw.advance(0).await;
    assert_ne!(value(&pw.heard()[0], "card_token"), "(none)");
    let reference = &inputs(&end)["ref"];
    assert_eq!(
        pw.status(&[("ref", reference)]).await.1["id"],
        json!(reference)
    );
    let full = [("ref", reference.as_str()), ("type", "1")];
    assert_eq!(pw.ticket(&full).await["result"], json!(1));
    pw.advance(1).await;
    let told = pw.heard().remove(0);
    let said = (value(&told, "type"), value(&told, "card_token"));
    assert_eq!(said, ("2", "(none)"), "a token is handed over once");
    // A second window of the order pays nothing either.
    let (_, second) = pw.widget(&widget_fields("imp_1")).await;
    assert!(pw.submit(&second, &typed).await.contains("3205"));
    assert_eq!(pw.kinds().len(), 4);
}

#[tokio::test]
async fn a_widget_opens_by_every_version_and_by_no_wrong_signature() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    for (name, version) in [("1", Version::V1), ("2", Version::V2), ("3", Version::V3)] {
        let mut fields = widget_fields("imp_1");
        fields.last_mut().unwrap().1 = name;
        let url = signed(&fields, version, pw.secret());
        let (status, _, page) = pw.page(&url).await;
        assert!(status == 200 && page.contains("<form"), "version {name}");
        let mut wrong = vec![
            signed(&fields, version, "0123456789abcdef0123456789abcdef"),
            url.replace(&format!("key={PROJECT}"), &format!("key={OTHER_PROJECT}")),
            format!("{url}0"),
            url.split("&sign=").next().unwrap().to_owned(),
        ];
        if version != Version::V1 {
            wrong.push(url.replace("50%2E00", "5%2E00"));
        }
        for url in wrong {
            let (status, _, page) = pw.page(&url).await;
            assert!(status == 403 && page.contains("Unauthorised"), "{page}");
            assert!(!page.contains("<form"));
        }
    }
    // The address of the known vector is signed well; what the simulator misses in it is a date.
    let vector = [
        ("key", PROJECT),
        ("uid", "cust_0001"),
        ("widget", "t3_1"),
        ("email", "test@example.com"),
        ("amount", "9.90"),
        ("currencyCode", "USD"),
        ("ag_name", "Monthly plan"),
        ("ag_external_id", "order_monthly_0001"),
        ("ag_type", "fixed"),
        ("customer[lastname]", "Son"),
        ("customer[firstname]", "Jack"),
        ("ps", "all"),
        ("success_url", "http://127.0.0.1:8080/pg/paymentwall/return"),
        ("sign_version", "3"),
        (
            "sign",
            "0e9482119ed5f1ab322ba21e41890c3894abc6f6217f14a47828faf99fe79aa7",
        ),
    ];
    let (status, _, page) = pw
        .page(&format!("/api/subscription?{}", encoded(&vector)))
        .await;
    assert!(
        status == 400 && page.contains("history[registration_date]"),
        "{page}"
    );
    pw.plan("open_window", "decline");
    assert_eq!(pw.widget(&widget_fields("imp_1")).await.0, 403);
}

#[tokio::test]
async fn a_widget_needs_what_the_table_says() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let (long_uid, long_name) = ("u".repeat(65), "n".repeat(257));
    let cases = [
        ("uid", ""),
        ("uid", long_uid.as_str()),
        ("widget", ""),
        ("email", ""),
        ("history[registration_date]", ""),
        ("history[registration_date]", "179504856"),
        ("amount", ""),
        ("amount", "50"),
        ("currencyCode", "XXX"),
        ("ag_name", ""),
        ("ag_name", long_name.as_str()),
        ("ag_external_id", ""),
        ("ag_external_id", long_name.as_str()),
        ("ag_type", "subscription"),
        ("ps", ""),
        ("success_url", "javascript:alert(1)"),
        ("pingback_url", "ftp://shop.test"),
    ];
    for (name, value) in cases {
        let mut fields = widget_fields("imp_1");
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        let (status, page) = pw.widget(&fields).await;
        assert!(
            status == 400 && page.contains(&format!("({name})")),
            "{name} {value}: {page}"
        );
        assert!(!page.contains("<form"));
    }
    let mut won = widget_fields("imp_1");
    won.retain(|(name, _)| {
        !["amount", "currencyCode", "history[registration_date]"].contains(name)
    });
    won.extend([
        ("amount", "1000"),
        ("currencyCode", "KRW"),
        ("timestamp", NOW_S),
        ("lang", "ko"),
    ]);
    let (_, page) = pw.widget(&won).await;
    assert!(page.contains(">1,000원<"), "{page}");
}

#[tokio::test]
async fn a_buyer_may_try_another_card_or_go() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let (_, page) = pw.widget(&widget_fields("imp_1")).await;
    for (number, cvc, code) in [
        (GOOD, "111", "3014"),
        (GOOD, "222", "3011"),
        ("4000000000000002", "123", "3012"),
        ("4111111111111111", "123", "231"),
    ] {
        let typed = [("card_number", number), ("cvc", cvc), ("go", "pay")];
        let again = pw.submit(&page, &typed).await;
        assert!(again.contains(&format!("{code}: ")) && again.contains("data-test=\"pay\""));
        assert!(!again.contains(number));
    }
    assert_eq!(pw.kinds(), []);
    let end = pw.submit(&page, &[("go", "cancel")]).await;
    assert!(end.contains("action=\"http://main.test/failed\""), "{end}");
    // Where there is nowhere to go, the buyer is told to close it.
    let mut bare = widget_fields("imp_2");
    bare.retain(|(name, _)| !name.ends_with("_url"));
    let (_, page) = pw.widget(&bare).await;
    let typed = [("card_number", GOOD), ("go", "pay")];
    let end = pw.submit(&page, &typed).await;
    assert!(end.contains("You may close this window") && !end.contains("<form"));
    assert_eq!(pw.kinds(), [Kind::KeyIssued, Kind::Approval]);
    let (_, page) = pw.widget(&widget_fields("imp_3")).await;
    pw.stand(31 * 60 * 1000);
    let late = pw.submit(&page, &typed).await;
    assert!(late.contains("action=\"http://main.test/failed\""));
    assert_eq!(pw.kinds().len(), 2);
}

#[tokio::test]
async fn a_widget_can_name_its_own_pingback_address() {
    let dir = tempfile::tempdir().unwrap();
    let start_ms = {
        let pw = Merchant::open(dir.path(), 1);
        let mut fields = widget_fields("imp_1");
        fields.push(("pingback_url", "http://own.test/p"));
        let (_, page) = pw.widget(&fields).await;
        let typed = [("card_number", GOOD), ("cvc", "555"), ("go", "pay")];
        pw.submit(&page, &typed).await;
        pw.advance(0).await;
        let urls = std::mem::take(&mut *pw.ear.heard.lock().unwrap());
        assert!(
            urls.len() == 1 && urls[0].starts_with("http://own.test/p?uid="),
            "{urls:?}"
        );
        pw.now_ms()
    };
    // The override belongs to the payment, and outlives a kill.
    let clock = Arc::new(TestClock(AtomicI64::new(start_ms)));
    let pw = Merchant::open_at(dir.path(), 1_000_000, clock);
    pw.advance(120).await;
    let urls = std::mem::take(&mut *pw.ear.heard.lock().unwrap());
    assert!(
        urls.len() == 1 && urls[0].starts_with("http://own.test/p?uid="),
        "{urls:?}"
    );
    assert!(urls[0].contains("type=201"));
}
