use super::*;

const ORDER: &str = "imp_000000000001";
const GOOD: &str = "4242 4242 4242 4242";

#[tokio::test]
async fn a_window_on_a_pc_ends_in_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let page = kcp.open_on_pc(ORDER).await;
    assert!(
        page.contains("Shop &lt;b&gt;") && !page.contains("data-test=\"amount\""),
        "{page}"
    );
    let end = kcp.buy(&page, GOOD).await;
    assert!(end.contains("data-result-to=\"http://main.test\""), "{end}");
    let result = inputs(&end);
    assert_eq!(
        (result["res_cd"].as_str(), result["card_mask_no"].as_str()),
        ("0000", "4242-4242-****-4242")
    );
    assert_eq!(kcp.kinds(), [], "a window alone issues nothing");
    let issued = kcp.exchange(&result).await;
    assert_eq!(issued["res_cd"], "0000");
    let entry = kcp.journal().remove(0);
    assert_eq!(entry.deed.key.as_deref(), issued["batch_key"].as_str());
    assert_eq!(
        (entry.deed.kind, entry.deed.order_id.as_deref()),
        (Kind::KeyIssued, Some(ORDER))
    );
    // The second press of the button shows the same result, which is spent.
    let again = [
        ("window", inputs(&page)["window"].clone()),
        ("go", "pay".to_owned()),
    ];
    let again = again
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    assert_eq!(inputs(&kcp.submit("/pay/step", &again).await), result);
    assert_eq!(kcp.exchange(&result).await["res_cd"], codes::BAD_ENC);
    assert_eq!(kcp.journal().len(), 1);
}

#[tokio::test]
async fn a_window_on_a_phone_returns_in_korean_to_the_registered_url() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let ret_url = "https://shop.test/return?x=1&y=2";
    let trade = json!({
        "site_cd": "A52Q7", "ordr_idxx": ORDER, "good_mny": "3000", "good_name": "월간 플랜", "pay_method": "AUTH",
        "Ret_URL": ret_url, "user_agent": "",
    });
    let registered = kcp.call("/trade/register.do", &trade).await;
    assert_eq!(registered["Code"], "0000");
    let pay_url = registered["PayUrl"].as_str().unwrap();
    assert_eq!(pay_url, "http://pg.test/kcp_billing/pay/mobileGW.kcp");
    let approval_key = registered["approvalKey"].as_str().unwrap();
    let mut form = vec![
        ("site_cd", "A52Q7"),
        ("shop_name", "상점"),
        ("ordr_idxx", ORDER),
        ("good_name", "월간 플랜"),
        ("good_mny", "3000"),
        ("kcp_group_id", "A52Q71000489"),
        ("currency", "410"),
        ("pay_method", "AUTH"),
        ("ActionResult", "batch"),
        ("Ret_URL", ret_url),
        ("approval_key", approval_key),
        ("PayUrl", pay_url),
        ("encoding_trans", "UTF-8"),
        ("param_opt_1", "token"),
    ];
    let filter = "/pay/jsp/encodingFilter/encodingFilter.jsp";
    let page = kcp.submit(filter, &form).await;
    assert!(
        page.contains("data-test=\"amount\">3,000원<") && page.contains("월간 플랜"),
        "{page}"
    );
    let end = kcp.buy(&page, GOOD).await;
    let result = inputs(&end);
    assert!(
        end.contains("action=\"https://shop.test/return?x=1&amp;y=2\" accept-charset=\"euc-kr\""),
        "{end}"
    );
    assert_eq!(
        (result["ordr_idxx"].as_str(), result["param_opt_1"].as_str()),
        (ORDER, "token")
    );
    assert_eq!(kcp.exchange(&result).await["res_cd"], "0000");
    // A trade that says something else than was registered goes back with an error, whatever was typed.
    form[4].1 = "3001";
    assert_eq!(
        inputs(&kcp.submit(filter, &form).await)["res_cd"],
        codes::BAD_FIELD
    );
    form[10].1 = "unknown";
    assert!(inputs(&kcp.submit(filter, &form).await).is_empty());
    // UTF-8 sent to the page that reads EUC-KR shows what it would show at KCP.
    form[4].1 = "3000";
    form[10].1 = approval_key;
    assert!(
        !kcp.submit("/pay/mobileGW.kcp", &form)
            .await
            .contains("월간 플랜")
    );
}

#[tokio::test]
async fn a_registration_is_refused_for_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    let good = json!({
        "site_cd": "A52Q7", "ordr_idxx": ORDER, "good_mny": 3000, "good_name": "Plan", "pay_method": "AUTH",
        "Ret_URL": "https://shop.test/",
    });
    assert_eq!(kcp.call("/trade/register.do", &good).await["Code"], "0000");
    let cases = [
        ("good_name", json!("a&b")),
        ("good_name", json!("x".repeat(101))),
        ("good_mny", json!("-1")),
        ("pay_method", json!("CARD")),
        ("Ret_URL", json!("javascript:alert(1)")),
        ("site_cd", json!("ZZZZZ")),
        ("ordr_idxx", json!("")),
        ("ordr_idxx", json!("x".repeat(41))),
    ];
    for (name, value) in cases {
        let mut body = good.clone();
        body[name] = value;
        let answer = kcp.call("/trade/register.do", &body).await;
        assert_ne!(answer["Code"], "0000", "{name}");
        assert!(answer.get("PayUrl").is_none());
    }
}

#[tokio::test]
async fn a_window_ends_in_a_failure_where_it_must() {
    let dir = tempfile::tempdir().unwrap();
    let kcp = Merchant::open(dir.path(), 1);
    for (card, code) in [
        ("4000 0000 0000 0002", codes::ISSUER_DECLINED),
        ("4111111111111111", codes::BAD_CARD_NUMBER),
    ] {
        let result = inputs(&kcp.buy(&kcp.open_on_pc(ORDER).await, card).await);
        assert_eq!(
            (result["res_cd"].as_str(), result["enc_data"].as_str()),
            (code, "")
        );
    }
    let window = inputs(&kcp.open_on_pc(ORDER).await)["window"].clone();
    let cancelled = kcp
        .submit(
            "/pay/step",
            &[("window", &window), ("step", "card"), ("go", "cancel")],
        )
        .await;
    assert_eq!(inputs(&cancelled)["res_cd"], codes::USER_CANCELLED);
    // Mistakes are told in the window and do not end it.
    let page = kcp.open_on_pc(ORDER).await;
    let window = inputs(&page)["window"].clone();
    let short = [
        ("window", window.as_str()),
        ("step", "card"),
        ("agree", "Y"),
        ("card_number", "4242"),
        ("go", "next"),
    ];
    assert!(
        kcp.submit("/pay/step", &short)
            .await
            .contains("card-number-error")
    );
    let skipped = [
        ("window", window.as_str()),
        ("step", "details"),
        ("expiry", "12/30"),
        ("birth", "900101"),
        ("password2", "12"),
    ];
    assert!(inputs(&kcp.submit("/pay/step", &skipped).await).contains_key("card_number"));
    assert_eq!(inputs(&kcp.buy(&page, GOOD).await)["res_cd"], "0000");
    // A wrong group, and half an hour later.
    let mut form = pc_form(ORDER);
    form[3].1 = "A52Q71000480";
    assert_eq!(
        inputs(&kcp.submit("/pay/window", &form).await)["res_cd"],
        codes::WRONG_GROUP
    );
    let page = kcp.open_on_pc(ORDER).await;
    kcp.clock.0.fetch_add(31 * 60 * 1000, Ordering::SeqCst);
    let window = inputs(&page)["window"].clone();
    let late = [
        ("window", window.as_str()),
        ("step", "card"),
        ("agree", "Y"),
        ("card_number", GOOD),
        ("go", "next"),
    ];
    assert_eq!(
        inputs(&kcp.submit("/pay/step", &late).await)["res_cd"],
        codes::EXPIRED_SESSION
    );
    assert_eq!(kcp.kinds(), []);
}
