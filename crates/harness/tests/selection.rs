//! Which channel a window opens through, with several of each PG.

use dangol_harness::api::USER_CODE;
use dangol_harness::browser::{SHOP_PAGE, Step, told};
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Api, Browser, Dangol, Engine, Shop, on_both_engines, until};
use serde_json::{Value, json};

on_both_engines!(
    the_right_one_of_many_is_picked,
    nothing_opens_without_what_a_pg_needs,
    a_channel_is_changed_beside_the_server,
);

/// Each PG with its demo channel's MID and two more.
const MIDS: [(&str, [&str; 3]); 5] = [
    ("kcp_billing", ["A52Q7", "T0002", "T0003"]),
    ("danal_tpay", ["9810030929", "9810000002", "9810000003"]),
    ("kicc", ["T5102001", "T0000002", "T0000003"]),
    ("payco", ["S0FSJE", "SELLER2", "SELLER3"]),
    (
        "paymentwall",
        [
            "c22f895840bf2391f67a40da64bfed26",
            "00000000000000000000000000000002",
            "00000000000000000000000000000003",
        ],
    ),
];

/// Adds a channel; its key.
async fn add(api: &Api, pg: &str, pg_id: &str, default: bool) -> String {
    let channel = json!({ "pg": pg, "pg_id": pg_id, "default": default });
    let added = api.control("/sandbox/channels", &channel).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let key = added.json()["channel_key"].take();
    key.as_str().expect("a key").to_owned()
}

/// What a shop with all that any PG asks for says to `request_pay`, changed by `change`; null takes away.
fn params(merchant_uid: &str, change: Value) -> Value {
    let mut params = json!({
        "pay_method": "card", "merchant_uid": merchant_uid, "name": "first month", "amount": 1000,
        "customer_uid": "customer", "buyer_name": "Gildong Hong", "buyer_email": "gildong@example.com",
        "buyer_tel": "010-1234-5678", "m_redirect_url": SHOP_PAGE,
    });
    let fields = params.as_object_mut().expect("an object");
    fields.extend(change.as_object().cloned().unwrap_or_default());
    fields.retain(|_, value| !value.is_null());
    params
}

/// A page that prepares windows, each for a new order.
struct Page<'a> {
    api: &'a Api,
    orders: std::cell::Cell<u32>,
}

impl Page<'_> {
    fn new(api: &Api) -> Page<'_> {
        Page {
            api,
            orders: std::cell::Cell::new(0),
        }
    }

    fn next_order(&self) -> String {
        self.orders.set(self.orders.get() + 1);
        format!("order-{}", self.orders.get())
    }

    /// The answer to a window that is asked for with a channel's key and parameters.
    async fn prepare(&self, key: Option<&str>, change: Value) -> Value {
        let asked = json!({
            "user_code": USER_CODE, "channel_key": key, "device": "pc", "origin": "https://shop.example/cart",
            "nonce": "0123456789abcdef", "params": params(&self.next_order(), change),
        });
        self.api.control("/window/prepare", &asked).await.json()
    }

    /// `provider.MID` of the payment that was made for the window.
    async fn picked(&self, key: Option<&str>, change: Value) -> String {
        let answer = self.prepare(key, change).await;
        let imp_uid = answer["response"]["imp_uid"].as_str();
        let imp_uid = imp_uid.unwrap_or_else(|| panic!("no window: {answer}"));
        let found = self.api.payment(imp_uid).await;
        let payment = found.payment();
        assert_eq!(payment["status"], "ready");
        let text = |name: &str| payment[name].as_str().unwrap_or_default().to_owned();
        format!("{}.{}", text("pg_provider"), text("pg_id"))
    }

    /// As [`Page::picked`], asked for by `pg` alone.
    async fn picked_by(&self, pg: &str) -> String {
        self.picked(None, json!({ "pg": pg })).await
    }

    /// The message of a refusal, which has made no payment.
    async fn refused(&self, change: Value) -> String {
        let answer = self.prepare(None, change).await;
        let result = &answer["response"]["result"];
        assert_eq!(
            (&answer["code"], &result["success"]),
            (&json!(1), &json!(false)),
            "{answer}"
        );
        assert!(answer["response"]["window_url"].is_null(), "{answer}");
        let order = result["merchant_uid"].as_str().expect("the order");
        assert_eq!(self.api.find(order).await.status, 404, "{answer}");
        assert_eq!(result["error_msg"], answer["message"]);
        answer["message"].as_str().expect("a text").to_owned()
    }
}

async fn the_right_one_of_many_is_picked(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let page = Page::new(&api);
    let mut keys = Vec::new();
    for (pg, [_, second, _]) in MIDS {
        keys.push(add(&api, pg, second, false).await);
    }
    let standard = format!("{}.{}", MIDS[0].0, MIDS[0].1[0]);
    assert_eq!(page.picked(None, json!({})).await, standard);
    for ((pg, [first, second, third]), key) in MIDS.into_iter().zip(&keys) {
        let first = format!("{pg}.{first}");
        let second = format!("{pg}.{second}");
        assert_eq!(page.picked_by(pg).await, first);
        assert_eq!(page.picked_by(&first).await, first);
        assert_eq!(page.picked_by(&second).await, second);
        assert_eq!(
            page.picked_by(&format!("{pg}.{third}")).await,
            first,
            "not there yet"
        );
        let by_key = json!({ "pg": standard, "channelKey": key });
        assert_eq!(page.picked(None, by_key).await, second);
        assert_eq!(
            page.picked(Some(key), json!({ "pg": standard })).await,
            second
        );
        assert_eq!(
            page.picked(Some("unknown"), json!({ "pg": second })).await,
            second
        );
    }
    for unknown in ["", "kcp", "html5_inicis.INIpayTest", "nobody"] {
        assert_eq!(page.picked_by(unknown).await, standard, "{unknown}");
    }
    // Each PG's third channel becomes the default in its turn.
    for (pg, [first, _, third]) in MIDS {
        add(&api, pg, third, true).await;
        let third = format!("{pg}.{third}");
        assert_eq!(page.picked(None, json!({})).await, third);
        for asked in [pg, &format!("{pg}.unknown"), "nobody.T0003"] {
            assert_eq!(page.picked_by(asked).await, third, "{asked}");
        }
        let first = format!("{pg}.{first}");
        assert_eq!(page.picked_by(&first).await, first);
    }
    let last = format!("{}.{}", MIDS[4].0, MIDS[4].1[2]);
    assert_eq!(
        page.picked(None, json!({})).await,
        last,
        "there is one default"
    );
    assert_eq!(
        page.picked_by(MIDS[0].0).await,
        standard,
        "the oldest of its PG"
    );
}

async fn nothing_opens_without_what_a_pg_needs(engine: Engine) {
    let dangol = Dangol::demo(engine).await;
    let api = dangol.api();
    let page = Page::new(&api);
    for (pg, [mid, ..]) in MIDS {
        for nobody in [Value::Null, json!("")] {
            let said = page
                .refused(json!({ "pg": pg, "customer_uid": nobody }))
                .await;
            assert!(said.contains("customer_uid"), "{pg}: {said}");
        }
        let transfer = json!({ "pg": pg, "pay_method": "trans" });
        if ["payco", "paymentwall"].contains(&pg) {
            assert_eq!(page.picked(None, transfer).await, format!("{pg}.{mid}"));
        } else {
            let said = page.refused(transfer).await;
            assert!(said.contains("pay_method") && said.contains(pg), "{said}");
        }
        for nothing in [Value::Null, json!(0), json!("0")] {
            let free = json!({ "pg": pg, "amount": nothing });
            if pg == "paymentwall" {
                let said = page.refused(free).await;
                assert!(said.contains("amount"), "{said}");
            } else {
                assert_eq!(page.picked(None, free).await, format!("{pg}.{mid}"));
            }
        }
    }
    // Paymentwall's window ends at once without the buyer's e-mail.
    let nameless = json!({ "pg": "paymentwall", "buyer_email": null });
    let mut browser = Browser::new(&api);
    let prepared = browser.prepare_window(params("order-mail", nameless)).await;
    // The host that is told apart by its header is named there alone: not every machine resolves it.
    let (_, rest) = prepared.window_url.split_once("://").expect("an address");
    let (host, path) = rest.split_once('/').expect("a path");
    let headers = [
        ("host", host),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let token = format!("token={}", prepared.token).into_bytes();
    let ended = api.bare("POST", &format!("/{path}"), &headers, token).await;
    let landed = ended.header("location").expect("back to the shop");
    assert!(
        landed.contains("imp_success=false") && landed.contains("buyer_email"),
        "{landed}"
    );
    assert_eq!(api.find("order-mail").await.payment()["status"], "failed");
}

/// Says a line to the binary, which must work.
fn say(dangol: &Dangol, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let said = dangol.command(&words);
    assert!(said.status.success(), "{line}: {said:?}");
}

async fn a_channel_is_changed_beside_the_server(engine: Engine) {
    let shop = Shop::at(engine, "kicc", "T0000002").await;
    // The window asks for what the changed contract wants.
    say(
        &shop.dangol,
        "channel set --pg kicc --pg-id T0000002 --dialect cert_type=1",
    );
    let page = Page::new(&shop);
    until("the server to follow", || async {
        let mut browser = Browser::new(&shop);
        let prepared = browser
            .prepare_window(params(&page.next_order(), json!({})))
            .await;
        let opened = browser.open(&prepared).await;
        let Step::Form(to_pg) = opened else {
            panic!("no form in the window: {}", told(&opened));
        };
        browser.submit(&to_pg).await;
        let shown = browser.pages.last().expect("a page").text();
        (shown.contains("card-number") && !shown.contains("password2")).then_some(())
    })
    .await;
    // The default moves.
    say(
        &shop.dangol,
        "channel set --pg kicc --pg-id T5102001 --default",
    );
    until("the default to move", || async {
        let picked = page.picked(None, json!({})).await;
        (picked == "kicc.T5102001").then_some(())
    })
    .await;
    assert_eq!(page.picked_by("kicc.T0000002").await, "kicc.T0000002");
    // What was issued through the channel before is still good.
    let paid = shop.again(CUSTOMER, "order-after", 3000).await;
    assert_eq!(paid.payment()["status"], "paid");
    assert_eq!(paid.payment()["pg_id"], "T0000002");
}
