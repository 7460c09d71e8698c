//! The tokenising script and the card form behind it.

use super::*;

/// The result of a form that has ended, and the origin that may read it.
fn result(page: &str) -> (BTreeMap<String, String>, &str) {
    let (_, rest) = page
        .split_once("data-result-to=\"")
        .unwrap_or_else(|| panic!("no result in {page}"));
    (inputs(page), rest.split('"').next().unwrap())
}

fn error_of(page: &str) -> String {
    result(page).0["error"].clone()
}

#[tokio::test]
async fn the_script_needs_nothing_but_its_own_origin() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let (status, headers, script) = pw.page("/brick/brick.js").await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert!(script.contains("window.Brick = Brick") && script.contains("document.currentScript"));
    for forbidden in [
        "innerHTML",
        ".style",
        "eval(",
        "fetch(",
        "XMLHttpRequest",
        "import ",
    ] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
    for (name, status) in [
        ("window.css", 200),
        ("result.js", 200),
        ("form.js", 200),
        ("x", 404),
    ] {
        assert_eq!(pw.page(&format!("/assets/{name}")).await.0, status);
    }
    pw.plan("open_window", "http_500");
    assert_eq!(pw.page("/brick/brick.js").await.0, 500);
    // A plan that the script cannot show waits for the form.
    pw.plan("open_window", "decline");
    assert_eq!(pw.page("/brick/brick.js").await.0, 200);
    assert_eq!(error_of(&pw.card_form(&[]).await), "Internal error");
}

#[tokio::test]
async fn a_card_becomes_a_token_for_the_page_that_asked() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let page = pw.card_form(&[]).await;
    for part in [
        "<html lang=\"en\">",
        "data-pg=\"paymentwall\" data-simulated",
        "data-test=\"shop-name\">Shop &amp; &lt;b&gt;Co&lt;/b&gt;<",
        "data-test=\"order-name\">Monthly plan<",
        "data-test=\"amount\">USD 50.00<",
        "autocomplete=\"cc-number\"",
        "autocomplete=\"cc-exp\"",
        "autocomplete=\"cc-csc\"",
        "data-test=\"pay\"",
        "data-test=\"cancel\"",
        "This is a simulation",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains(" style=") && !page.contains("<style"));
    let scripts = page.matches("<script").count();
    assert_eq!(
        scripts,
        page.matches("<script src=").count(),
        "no inline one"
    );
    assert!(page.contains("data-holder=\"http://main.test:8080\""));
    let filled = inputs(&page);
    assert_eq!(
        (&*filled["card_number"], &*filled["expiry"], &*filled["cvc"]),
        ("", "11/30", "123")
    );
    let typed = [("card_number", "4242 4242 4242 4242"), ("go", "pay")];
    let end = pw.submit(&page, &typed).await;
    let (fields, origin) = result(&end);
    assert_eq!(origin, "http://main.test:8080");
    assert_eq!(fields["fingerprint"].len(), 32);
    assert!(!end.contains("4242"));
    // Pressing again shows the one result again, whatever is typed then.
    let again = pw.submit(&page, &[("go", "cancel")]).await;
    assert_eq!(result(&again).0, fields);
    assert_eq!(pw.kinds(), [], "nothing is charged by it");
    let changed = [("fingerprint", fields["fingerprint"].as_str())];
    let (status, charge) = pw.charge_with("imp_1", &fields["token"], &changed).await;
    assert_eq!((status, &charge["captured"]), (200, &json!(true)));
    assert_eq!(charge["card"]["exp_year"], json!("2030"));
}

#[tokio::test]
async fn the_form_shows_what_it_was_told_in_two_languages() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let korean = [
        ("lang", "ko"),
        ("amount", "3000"),
        ("currency", "KRW"),
        ("pay_button", "가입 <하기>"),
        ("show_zip", "1"),
    ];
    let page = pw.card_form(&korean).await;
    for part in [
        "<html lang=\"ko\">",
        "data-test=\"amount\">3,000원<",
        "가입 &lt;하기&gt;",
        "autocomplete=\"postal-code\"",
        "모의 결제창입니다",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let english = pw.card_form(&[("amount", "12345.60")]).await;
    assert!(english.contains(">USD 12,345.60<") && !english.contains("postal-code"));
    // What is no amount is shown as it was told; it proves nothing.
    let odd = pw
        .card_form(&[("amount", "a \"lot\""), ("currency", "<b>")])
        .await;
    assert!(odd.contains(">&lt;b&gt; a &quot;lot&quot;<"), "{odd}");
    let csp = {
        let path = "/brick/form?page_origin=http%3A%2F%2Fmain.test";
        pw.page(path).await.1["content-security-policy"].clone()
    };
    let csp = csp.to_str().unwrap();
    assert!(
        csp.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"),
        "{csp}"
    );
}

#[tokio::test]
async fn the_form_can_be_opened_by_a_form_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let fields = [
        ("public_key", pw.keys["brick_public_key"].as_str()),
        ("amount", "50.00"),
        ("currency", "USD"),
        ("page_origin", "http://main.test"),
    ];
    let request = Request::post("/brick/form")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let (status, _, page) = pw
        .send(request.body(encoded(&fields).into()).unwrap())
        .await;
    assert_eq!(status, 200);
    let end = pw
        .submit(&page, &[("card_number", GOOD), ("go", "pay")])
        .await;
    assert!(result(&end).0["token"].starts_with("ot_"));
}

#[tokio::test]
async fn a_form_ends_in_a_failure_where_it_must() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let page = pw.card_form(&[]).await;
    let cancelled = pw.submit(&page, &[("go", "cancel")]).await;
    let (fields, _) = result(&cancelled);
    assert_eq!(
        fields,
        BTreeMap::from([("code".to_owned(), "user_cancel".to_owned())])
    );
    let page = pw.card_form(&[]).await;
    let real = [("card_number", "4111 1111 1111 1111"), ("go", "pay")];
    let end = pw.submit(&page, &real).await;
    assert_eq!(error_of(&end), "This is a simulation: test cards only");
    assert!(!end.contains("4111"));
    let page = pw.card_form(&[]).await;
    pw.stand(31 * 60 * 1000);
    let late = pw
        .submit(&page, &[("card_number", GOOD), ("go", "pay")])
        .await;
    assert_eq!(error_of(&late), "The card form was open for too long");
    let nobody = pw.card_form(&[("public_key", "t_unknown")]).await;
    assert_eq!(error_of(&nobody), "The public key is wrong");
    for origin in [
        "",
        "null",
        "javascript:alert(1)",
        "http://a.test/path",
        "http://a.test;x",
        "https://",
    ] {
        let page = pw.card_form(&[("page_origin", origin)]).await;
        assert!(
            page.contains("no longer valid") && !page.contains("<form"),
            "{origin}"
        );
    }
    let gone = pw
        .submit("<input name=\"window\" value=\"none\">", &[])
        .await;
    assert!(gone.contains("no longer valid"));
    // A card that is refused at issue is refused by the charge.
    let page = pw.card_form(&[]).await;
    let refused = [("card_number", "4000 0000 0000 0002"), ("go", "pay")];
    let fields = result(&pw.submit(&page, &refused).await).0;
    assert_eq!(
        pw.charge("imp_1", &fields["token"]).await.1["code"],
        json!(3012)
    );
    assert_eq!(pw.kinds(), []);
}

#[tokio::test]
async fn mistakes_are_told_in_the_form_and_do_not_end_it() {
    let dir = tempfile::tempdir().unwrap();
    let pw = Merchant::open(dir.path(), 1);
    let page = pw.card_form(&[]).await;
    for (name, value, error) in [
        ("card_number", "4242", "card-number-error"),
        ("expiry", "13/30", "card-expiry-error"),
        ("expiry", "10/26", "card-expiry-error"),
        ("expiry", "", "card-expiry-error"),
        ("expiry", "1가/0", "card-expiry-error"),
        ("cvc", "12", "card-cvc-error"),
        ("cvc", "abc", "card-cvc-error"),
    ] {
        let typed = [("card_number", GOOD), ("go", "pay"), (name, value)];
        let again = pw.submit(&page, &typed).await;
        assert!(again.contains(error), "{name} {value}");
        assert!(again.contains("aria-invalid=\"true\"") && again.contains("form.js"));
        assert!(!again.contains(GOOD), "what was typed is not sent back");
        assert_eq!(inputs(&again)["window"], inputs(&page)["window"]);
    }
    let good = [("card_number", GOOD), ("go", "pay"), ("expiry", "11 / 26")];
    assert!(
        result(&pw.submit(&page, &good).await)
            .0
            .contains_key("token")
    );
}
