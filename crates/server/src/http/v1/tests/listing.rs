//! Lists in pages: of a merchant_uid, of a status, of a customer.

use dangol_domain::{ImpUid, State};
use serde_json::json;

use super::shop::{Answered, CUSTOMER, Shop};

const DAY: i64 = 86_400;

async fn get(shop: &Shop, path: &str) -> Answered {
    shop.call(&format!("GET {path}"), "").await
}

/// The list as `imp_uid`s, and its total, previous and next page.
fn page(got: &Answered) -> (Vec<&str>, [i64; 3]) {
    let response = &got.body["response"];
    let list = response["list"]
        .as_array()
        .unwrap_or_else(|| panic!("{}", got.text));
    let ids = list
        .iter()
        .map(|payment| payment["imp_uid"].as_str().unwrap());
    let numbers = ["total", "previous", "next"].map(|name| response[name].as_i64().unwrap());
    (ids.collect(), numbers)
}

fn texts(ids: &[ImpUid]) -> Vec<&str> {
    ids.iter().map(ImpUid::as_str).collect()
}

/// A failed lookup: HTTP status, code and how its message begins.
type Refused<'a> = (&'a str, u16, i64, &'a str);

async fn refuses(shop: &Shop, path: &str, cases: &[Refused<'_>]) {
    for (tail, status, code, message) in cases {
        let got = get(shop, &format!("{path}{tail}")).await;
        assert_eq!(
            (got.status, got.code()),
            (*status, *code),
            "{tail}: {}",
            got.text
        );
        assert!(got.message().starts_with(message), "{tail}: {}", got.text);
        assert!(got.body["response"].is_null(), "{tail}");
    }
}

/// What is wrong with a list's parameters, whichever list it is.
const BAD_PARAMETERS: &[Refused<'_>] = &[
    ("?page=-1", 400, 1, "page: 1부터"),
    ("?page=x", 400, 1, "page: 1부터"),
    ("?page=1.5", 400, 1, "page: 1부터"),
    ("?page=2", 400, 1, "page: 데이터 범위를"),
    ("?page=1000000000", 400, 1, "page: 데이터 범위를"),
    ("?page=99999999999999999999", 400, 1, "page: 1부터"),
    ("?page[a]=1", 400, 1, "page: must be"),
    ("?limit=1001", 400, 1, "limit: 1부터 1000까지"),
    ("?limit=-20", 400, 1, "limit: 1부터 1000까지"),
    ("?limit=many", 400, 1, "limit: 1부터 1000까지"),
    ("?sorting=amount", 400, 1, "sorting: must be"),
    ("?sorting=-", 400, 1, "sorting: must be"),
];

#[tokio::test]
async fn every_attempt_of_a_number_is_listed() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        let path = "/payments/findAll/%EC%A3%BC%EB%AC%B8%201%2Fa";
        let uid = "주문 1/a";
        let a = shop.add_payment(uid, State::Failed, 1_000_000, None).await;
        let b = shop.add_payment(uid, State::Failed, 2_000_000, None).await;
        let c = shop.add_payment(uid, State::Paid, 3_000_000, None).await;
        let d = shop
            .add_payment("another", State::Paid, 3_000_000, None)
            .await;
        for (tail, expected, numbers) in [
            ("", vec![&c, &b, &a], [3, 0, 0]),
            ("/", vec![&c, &b, &a], [3, 0, 0]),
            ("/all", vec![&c, &b, &a], [3, 0, 0]),
            ("/failed", vec![&b, &a], [2, 0, 0]),
            ("/failed/", vec![&b, &a], [2, 0, 0]),
            ("?payment_status=failed", vec![&b, &a], [2, 0, 0]),
            ("/paid?payment_status=failed", vec![&c], [1, 0, 0]),
            ("/cancelled", vec![], [0, 0, 0]),
            ("?sorting=started", vec![&a, &b, &c], [3, 0, 0]),
            ("?sorting=-paid", vec![&c, &b, &a], [3, 0, 0]),
            ("?sorting=paid", vec![&a, &b, &c], [3, 0, 0]),
            ("?limit=2", vec![&c, &b], [3, 0, 2]),
            ("?limit=2&page=2", vec![&a], [3, 1, 0]),
            ("/?limit=1&page=2&sorting=", vec![&b], [3, 1, 3]),
            ("?limit=0&page=0", vec![&c, &b, &a], [3, 0, 0]),
            ("?limit=&page=", vec![&c, &b, &a], [3, 0, 0]),
            ("?limit=%201000%20", vec![&c, &b, &a], [3, 0, 0]),
        ] {
            let got = get(&shop, &format!("{path}{tail}")).await;
            assert_eq!((got.status, got.code()), (200, 0), "{tail}: {}", got.text);
            let expected: Vec<&str> = expected.into_iter().map(ImpUid::as_str).collect();
            assert_eq!(page(&got), (expected, numbers), "{tail}");
            assert_eq!(got.text, got.body.to_string(), "keys in order");
        }
        refuses(&shop, path, BAD_PARAMETERS).await;
        refuses(
            &shop,
            path,
            &[
                ("/nonsense", 400, 1, "지원되지 않는 상태값입니다."),
                (
                    "?payment_status=PAID",
                    400,
                    1,
                    "지원되지 않는 상태값입니다.",
                ),
                ("-unknown", 404, -1, "존재하지 않는 결제정보입니다."),
                ("/failed?page=2", 400, 1, "page: 데이터 범위를"),
            ],
        )
        .await;
        let listed = get(&shop, &format!("{path}/paid")).await.body["response"]["list"][0].clone();
        assert_eq!(
            get(&shop, &format!("/payments/{c}")).await.body["response"],
            listed
        );
        let other = shop.other_merchants_token().await;
        let got = shop
            .ask(
                "GET /payments/findAll/another",
                &[("authorization", &other)],
                "",
            )
            .await;
        assert_eq!((got.status, got.code()), (404, -1), "{d}: {}", got.text);
    }
}

/// A shop whose payments lie around ten days ago: what is paid, failed and cancelled changed a second later, one was
/// cancelled only yesterday.
struct Stocked {
    shop: Shop,
    /// Unix seconds.
    now: i64,
    paid: Vec<ImpUid>,
    failed: Vec<ImpUid>,
    cancelled: ImpUid,
    ready: ImpUid,
}

impl Stocked {
    async fn new(shop: Shop) -> Stocked {
        let now = shop.app.engine.now_ms().div_euclid(1_000);
        let at = |n: i64| (now - 10 * DAY + n * 60) * 1_000;
        let (mut paid, mut failed) = (Vec::new(), Vec::new());
        for n in 0..5 {
            paid.push(
                shop.add_payment(&format!("paid-{n}"), State::Paid, at(n), None)
                    .await,
            );
        }
        for n in 0..3 {
            failed.push(
                shop.add_payment("failed", State::Failed, at(10 + n), None)
                    .await,
            );
        }
        let cancelled = shop
            .add_payment("cancelled", State::Paid, at(20), None)
            .await;
        shop.cancel(&cancelled, (now - DAY) * 1_000).await;
        let ready = shop.add_payment("ready", State::Ready, at(30), None).await;
        paid.reverse();
        failed.reverse();
        Stocked {
            shop,
            now,
            paid,
            failed,
            cancelled,
            ready,
        }
    }

    async fn status(&self, tail: &str) -> Answered {
        get(&self.shop, &format!("/payments/status/{tail}")).await
    }
}

#[tokio::test]
async fn payments_are_listed_by_what_they_are_shown_as() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        let stocked = Stocked::new(shop).await;
        let Stocked {
            paid,
            failed,
            cancelled,
            ready,
            ..
        } = &stocked;
        let newest = [&[ready.clone(), cancelled.clone()], &failed[..], &paid[..]].concat();
        let updated = [&[cancelled.clone(), ready.clone()], &failed[..], &paid[..]].concat();
        let oldest: Vec<ImpUid> = newest.iter().rev().cloned().collect();
        for (tail, expected, numbers) in [
            ("paid", texts(paid), [5, 0, 0]),
            ("paid/", texts(paid), [5, 0, 0]),
            ("failed", texts(failed), [3, 0, 0]),
            ("cancelled", vec![cancelled.as_str()], [1, 0, 0]),
            ("ready", vec![ready.as_str()], [1, 0, 0]),
            ("all", texts(&newest), [10, 0, 0]),
            ("all?sorting=started", texts(&oldest), [10, 0, 0]),
            ("all?sorting=-updated", texts(&updated), [10, 0, 0]),
            ("all?limit=4&page=1", texts(&newest[..4]), [10, 0, 2]),
            ("all?limit=4&page=2", texts(&newest[4..8]), [10, 1, 3]),
            ("all?limit=4&page=3", texts(&newest[8..]), [10, 2, 0]),
            ("all?limit=10", texts(&newest), [10, 0, 0]),
            (
                "paid?limit=2&page=3&sorting=-paid",
                texts(&paid[4..]),
                [5, 2, 0],
            ),
            (
                "paid?limit=2&page=2&sorting=-started",
                texts(&paid[2..4]),
                [5, 1, 3],
            ),
            ("all?from=0&to=0&page=0&limit=0", texts(&newest), [10, 0, 0]),
            ("all?from=1&to=1000", vec![], [0, 0, 0]),
            ("paid?from=1&to=1000", vec![], [0, 0, 0]),
        ] {
            let got = stocked.status(tail).await;
            assert_eq!((got.status, got.code()), (200, 0), "{tail}: {}", got.text);
            assert_eq!(page(&got), (expected, numbers), "{tail}");
            assert_eq!(got.text, got.body.to_string(), "keys in order");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_status_list_is_said() {
    let stocked = Stocked::new(Shop::sqlite().await).await;
    refuses(&stocked.shop, "/payments/status/all", BAD_PARAMETERS).await;
    refuses(
        &stocked.shop,
        "/payments/status",
        &[
            ("/nonsense", 400, 1, "지원되지 않는 상태값입니다."),
            ("/Paid", 400, 1, "지원되지 않는 상태값입니다."),
            ("/paid?limit=2&page=4", 400, 1, "page: 데이터 범위를"),
            ("/paid?from=1&to=1000&page=2", 400, 1, "page: 데이터 범위를"),
            ("/all?from=2&to=1", 400, 1, "from: to보다"),
            (
                "/all?from=1&to=7776002",
                400,
                1,
                "from: 조회기간은 최대 90일",
            ),
            ("/all?from=1", 400, 1, "from: 조회기간은 최대 90일"),
            ("/all?from=yesterday", 400, 1, "from: 1부터"),
            ("/all?to=-1", 400, 1, "to: 1부터"),
            ("/all?to=100000000000", 400, 1, "to: 1부터"),
        ],
    )
    .await;
    let other = stocked.shop.other_merchants_token().await;
    let got = stocked
        .shop
        .ask("GET /payments/status/all", &[("authorization", &other)], "")
        .await;
    assert_eq!(page(&got), (vec![], [0, 0, 0]));
}

#[tokio::test]
async fn a_window_goes_by_the_time_that_belongs_to_the_status() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        let stocked = Stocked::new(shop).await;
        let start = stocked.now - 10 * DAY;
        // Paid a second after their start; the first of five at `start`.
        let first_paid = start + 1;
        for (status, from, to, total) in [
            ("paid", first_paid, first_paid, 1),
            ("paid", first_paid + 1, first_paid + 59, 0),
            ("paid", first_paid, first_paid + 60, 2),
            ("paid", start, start, 0),
            ("all", start, start, 1),
            ("all", start, start + 240, 5),
            ("failed", start + 601, start + 601, 1),
            ("failed", start + 600, start + 600, 0),
            ("ready", start + 1800, start + 1800, 1),
            // Cancelled yesterday, though it started and was paid before.
            ("cancelled", start, start + 9 * DAY - 1, 0),
            ("cancelled", start + 9 * DAY, start + 9 * DAY, 1),
            ("all", start + 9 * DAY, start + 9 * DAY, 0),
            ("all", start, start + 90 * DAY, 10),
        ] {
            let got = stocked
                .status(&format!("{status}?from={from}&to={to}"))
                .await;
            let (list, [counted, ..]) = page(&got);
            assert_eq!(
                (counted, list.len() as i64),
                (total, total),
                "{status} {from} {to}"
            );
        }
        // What is older than 90 days is not in the usual window; it is still there to be asked for.
        stocked.shop.advance(81 * DAY).await;
        let now = stocked.now + 81 * DAY;
        for (tail, total) in [
            ("paid".to_owned(), 0),
            ("all".to_owned(), 0),
            ("cancelled".to_owned(), 1),
            (format!("paid?to={}", now - DAY), 5),
            (format!("all?to={}", now - DAY), 10),
            (format!("all?from={start}&to={}", start + DAY), 10),
        ] {
            let got = stocked.status(&tail).await;
            assert_eq!(page(&got).1[0], total, "{tail}: {}", got.text);
        }
    }
}

#[tokio::test]
async fn a_customers_payments_are_listed_twenty_a_page() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        let path = "/subscribe/customers/%EB%8B%A8%EA%B3%A8%20%EC%86%90%EB%8B%98%2F1/payments";
        // The payment by which the key was issued is the newest of them.
        let issue = get(&shop, "/payments/find/issued%20%ED%95%9C%EA%B8%80@1").await;
        let issued = issue.body["response"]["imp_uid"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut expected = Vec::new();
        for n in 0..21 {
            let state = if n % 2 == 0 {
                State::Paid
            } else {
                State::Failed
            };
            expected.push(
                shop.add_payment(&format!("uid-{n}"), state, 1_000_000 + n, None)
                    .await,
            );
        }
        shop.add_payment("opened", State::Ready, 9_000_000, None)
            .await;
        expected.reverse();
        let expected = [vec![issued.as_str()], texts(&expected)].concat();
        for (tail, slice, numbers) in [
            ("", &expected[..20], [22, 0, 2]),
            ("/?page=1", &expected[..20], [22, 0, 2]),
            ("?page=2&limit=1", &expected[20..], [22, 1, 0]),
            ("?page=0", &expected[..20], [22, 0, 2]),
        ] {
            let got = get(&shop, &format!("{path}{tail}")).await;
            assert_eq!((got.status, got.code()), (200, 0), "{tail}: {}", got.text);
            assert_eq!(page(&got), (slice.to_vec(), numbers), "{tail}");
        }
        refuses(
            &shop,
            path,
            &[
                ("?page=3", 400, 1, "page: 데이터 범위를"),
                ("?page=x", 400, 1, "page: 1부터"),
            ],
        )
        .await;
        let nobody = get(&shop, "/subscribe/customers/nobody/payments?page=1").await;
        let empty = json!({"list": [], "next": 0, "previous": 0, "total": 0});
        assert_eq!((nobody.status, nobody.code()), (200, 0));
        assert_eq!(nobody.body["response"], empty);
        let got = get(&shop, path).await;
        let all = got.body["response"]["list"].as_array().unwrap();
        assert!(
            all.iter()
                .all(|payment| payment["customer_uid"] == CUSTOMER)
        );
    }
}
