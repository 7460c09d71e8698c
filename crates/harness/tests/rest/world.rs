//! A merchant with a payment of each kind, made before any row is asked, and how a row is asked.

use std::collections::BTreeMap;

use dangol_harness::api::{IMP_KEY, IMP_SECRET};
use dangol_harness::browser::card_params;
use dangol_harness::http::Answered;
use dangol_harness::shop::CUSTOMER;
use dangol_harness::{Browser, Engine, GOOD_CARD, LIMIT_CARD, Shop};
use serde_json::{Value, json};

use crate::row::Row;
use crate::shape::holds;

/// What rows are asked of.
pub struct World {
    shop: Shop,
    /// What stands for a name in braces.
    names: BTreeMap<&'static str, String>,
}

/// Orders that are paid before any row is asked, each for one row that takes money back.
const TO_CANCEL: [&str; 14] = [
    "whole", "byuid", "zero", "nulls", "part", "sum", "over", "form", "reason", "webhook",
    "extras", "slash", "refused", "lost",
];

impl World {
    pub async fn make(engine: Engine) -> World {
        let shop = Shop::open(engine).await;
        let mut world = World {
            names: BTreeMap::from([
                ("key", IMP_KEY.to_owned()),
                ("KEY", IMP_KEY.to_uppercase()),
                ("secret", IMP_SECRET.to_owned()),
                ("token", shop.token().await),
                ("41", "m".repeat(41)),
                ("40", "m".repeat(40)),
                ("81", "c".repeat(81)),
                (
                    "101",
                    (0..101).map(|n| format!("&imp_uid[]=imp_{n}")).collect(),
                ),
            ]),
            shop,
        };
        world.register().await;
        world.pay().await;
        world.schedule().await;
        world
    }

    async fn register(&mut self) {
        for (customer, order, card) in [
            ("poor", "card-poor", LIMIT_CARD),
            ("leaving", "card-leaving", GOOD_CARD),
            ("left", "card-left", GOOD_CARD),
            ("단골/1", "card-korean", GOOD_CARD),
        ] {
            let mut browser = Browser::new(&self.shop.api);
            let landed = browser.register(customer, order, card).await;
            assert!(landed.success(), "{customer}");
        }
        self.shop
            .delete("/subscribe/customers/left")
            .await
            .payment();
        let mut browser = Browser::new(&self.shop.api);
        let mut params = card_params("payco-1", "card-payco");
        params["pg"] = json!("payco");
        let prepared = browser.prepare_window(params).await;
        let form = browser.go_to_return(&prepared, GOOD_CARD).await;
        assert!(browser.land(&form).await.success());
        let mut params = card_params("wall-1", "card-wall");
        params["pg"] = json!("paymentwall");
        params["amount"] = json!(3000);
        self.shop.register_by_script("paymentwall", params).await;
        let mut browser = Browser::new(&self.shop.api);
        let ready = browser.prepare_card("nobody-yet", "ready-1").await;
        self.names.insert("ready", ready.imp_uid);
        for order in ["card-1", "card-payco", "card-wall"] {
            self.name_payment(order).await;
        }
    }

    async fn pay(&mut self) {
        for (customer, order) in [
            (CUSTOMER, "paid-1"),
            (CUSTOMER, "주문 1/a@b:c"),
            (CUSTOMER, "cancelled-1"),
            ("payco-1", "payco-paid"),
            ("wall-1", "wall-paid"),
            ("wall-1", "wall-later"),
            ("poor", "failed-1"),
            ("poor", "twice-1"),
            (CUSTOMER, "twice-1"),
        ] {
            let charged = self.shop.again(customer, order, 3000).await;
            charged.payment();
            if (customer, order) == ("poor", "twice-1") {
                self.names
                    .insert("twice-failed", charged.text("imp_uid").to_owned());
                // The two began at different times.
                self.shop.advance(2).await;
            }
        }
        self.names.insert("token", self.shop.token().await);
        for order in TO_CANCEL {
            let paid = self
                .shop
                .again(CUSTOMER, &format!("cancel-{order}"), 3000)
                .await;
            self.names.insert(order, paid.text("imp_uid").to_owned());
        }
        let cancel = json!({ "merchant_uid": "cancelled-1", "reason": "반품" });
        self.shop.post("/payments/cancel", &cancel).await.payment();
        for order in [
            "paid-1",
            "cancelled-1",
            "failed-1",
            "twice-1",
            "payco-paid",
            "wall-paid",
            "wall-later",
        ] {
            self.name_payment(order).await;
        }
    }

    async fn schedule(&mut self) {
        // Midnights of a year in which nobody runs this, UTC.
        const DAY: i64 = 4_102_444_800;
        let at = |name: &str, at: i64| json!({ "merchant_uid": name, "schedule_at": at, "amount": 3000 });
        let schedules = [
            at("scheduled-1", DAY),
            at("scheduled-2", DAY),
            at("to-revoke-1", DAY + 86_400),
        ];
        let body = json!({ "customer_uid": CUSTOMER, "schedules": schedules });
        let made = self.shop.post("/subscribe/payments/schedule", &body).await;
        assert_eq!(made.code, 0, "{made:?}");
    }

    async fn name_payment(&mut self, order: &'static str) {
        let found = self.shop.find(order).await;
        self.names.insert(order, found.text("imp_uid").to_owned());
    }

    /// A text with what its names in braces stand for.
    fn filled(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.names {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        filled
    }

    /// Asks a row and says what is otherwise.
    pub async fn holds(&self, row: &Row) -> Result<(), String> {
        if let Some((operation, fault)) = row.fault.split_once(' ') {
            self.shop.plan(operation, fault, json!({})).await;
        }
        let answer = self.ask(row).await;
        self.compare(row, &answer).map_err(|why| {
            let chosen = match row.chosen {
                "" => String::new(),
                chosen => format!("\n  chosen: {chosen}"),
            };
            let got = format!("HTTP {} {}", answer.status, answer.text());
            let Row {
                what, ask, body, ..
            } = row;
            format!("{what}\n  {ask} {body}\n  {why}\n  {got}{chosen}")
        })
    }

    async fn ask(&self, row: &Row) -> Answered {
        let ask = self.filled(row.ask);
        let (method, path) = ask.split_once(' ').expect("a method and a path");
        let mut headers: Vec<(&str, String)> = match row.headers {
            [] => vec![("authorization", self.filled("{token}"))],
            given => given
                .iter()
                .map(|(name, value)| (*name, self.filled(value)))
                .collect(),
        };
        let body = self.filled(row.body);
        if body.starts_with('{') {
            headers.push(("content-type", "application/json".to_owned()));
        } else if !body.is_empty() {
            let form = "application/x-www-form-urlencoded";
            headers.push(("content-type", form.to_owned()));
        }
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let body = body.into_bytes();
        self.shop.bare(method, path, &headers, body).await
    }

    fn compare(&self, row: &Row, answer: &Answered) -> Result<(), String> {
        if answer.header("content-type") != Some("application/json") {
            return Err("the content type is not application/json".to_owned());
        }
        let envelope: Value =
            serde_json::from_slice(&answer.body).map_err(|_| "no JSON".to_owned())?;
        let keys = envelope
            .as_object()
            .map(|object| object.keys().map(String::as_str).collect());
        if keys != Some(vec!["code", "message", "response"]) {
            return Err("no envelope".to_owned());
        }
        if (answer.status, &envelope["code"]) != (row.expected.0, &json!(row.expected.1)) {
            return Err(format!("expected {:?}", row.expected));
        }
        let message = match (&envelope["message"], row.message.strip_suffix('…')) {
            (Value::Null, _) => row.message.is_empty(),
            (Value::String(message), None) => *message == row.message && !message.is_empty(),
            (Value::String(message), Some(start)) => message.starts_with(start),
            _ => false,
        };
        if !message {
            return Err(format!("expected the message {:?}", row.message));
        }
        let response = &envelope["response"];
        row.shape.check(response)?;
        if row.holds.is_empty() {
            return Ok(());
        }
        let part = serde_json::from_str(&self.filled(row.holds));
        let part: Value = part.unwrap_or_else(|error| panic!("{}: {error}", row.what));
        match holds(response, &part) {
            true => Ok(()),
            false => Err(format!("it does not hold {part}")),
        }
    }
}
