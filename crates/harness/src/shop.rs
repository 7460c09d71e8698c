//! A merchant that is ready to charge: a running product, a registered card, a webhook endpoint.

use std::ops::Deref;

use serde_json::{Value, json};

use crate::browser::{Prepared, Step};
use crate::form::Form;
use crate::http::Http;
use crate::raw::{Connection, post_json};
use crate::{Api, Browser, Dangol, Engine, GOOD_CARD, Receiver, Setup, until};

/// The registered card's customer_uid.
pub const CUSTOMER: &str = "customer-1";

/// See the module. Dereferences to its [`Api`].
pub struct Shop {
    /// The product.
    pub dangol: Dangol,
    /// The merchant's webhook endpoint.
    pub receiver: Receiver,
    /// The merchant's server.
    pub api: Api,
}

impl Deref for Shop {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Shop {
    /// A shop on a fresh demo.
    pub async fn open(engine: Engine) -> Shop {
        Shop::on(Setup::demo(engine)).await
    }

    /// A shop on a fresh demo that charges through a new default channel with another PG.
    pub async fn at(engine: Engine, pg: &str, pg_id: &str) -> Shop {
        let shop = Shop::empty_at(engine, pg, pg_id).await;
        shop.register_card().await;
        shop
    }

    /// As [`Shop::at`], but no card is registered yet.
    pub async fn empty_at(engine: Engine, pg: &str, pg_id: &str) -> Shop {
        let dangol = Setup::demo(engine).start().await;
        let channel = json!({ "pg": pg, "pg_id": pg_id, "default": true });
        let added = dangol.api().control("/sandbox/channels", &channel).await;
        assert_eq!(added.status, 201, "{}", added.text());
        Shop::without_card(dangol).await
    }

    /// A shop on a product that is run as told.
    pub async fn on(setup: Setup) -> Shop {
        Shop::with(setup.start().await).await
    }

    async fn with(dangol: Dangol) -> Shop {
        let shop = Shop::without_card(dangol).await;
        shop.register_card().await;
        shop
    }

    async fn register_card(&self) {
        let mut browser = Browser::new(&self.api);
        let landed = browser.register(CUSTOMER, "card-1", GOOD_CARD).await;
        assert!(landed.success(), "{landed:?}");
    }

    /// Registers a card where the PG's own script in the page takes it: the token that it makes, and our page's form.
    pub async fn register_by_script(&self, pg: &str, params: Value) {
        let (mut browser, _, form) = self.scripted(pg, params, "123").await;
        let landed = browser.land(&form).await;
        assert!(landed.success(), "{landed:?}");
    }

    /// A buyer for whom such a script has made a token of a card with this CVV, before our page's form is sent.
    pub async fn scripted(&self, pg: &str, params: Value, cvv: &str) -> (Browser, Prepared, Form) {
        let mut browser = Browser::new(&self.api);
        let prepared = browser.prepare_window(params).await;
        let Step::Form(mut form) = browser.open(&prepared).await else {
            panic!("the window has no form");
        };
        let public_key = form.field("public_key").expect("the form has it");
        let made = self.tokenised(pg, public_key, cvv).await;
        form.set("brick_token", &made);
        form.set("brick_fingerprint", "0123456789abcdef0123456789abcdef");
        (browser, prepared, form)
    }

    /// What such a script's PG makes of the good card.
    pub async fn tokenised(&self, pg: &str, public_key: &str, cvv: &str) -> String {
        let card = format!(
            "public_key={public_key}&card%5Bnumber%5D=4242424242424242&card%5Bexp_month%5D=12&card%5Bexp_year%5D=2030&card%5Bcvv%5D={cvv}"
        );
        let pg = self.sandbox().await["pg"][pg].clone();
        let url = format!("{}/api/brick/token", pg.as_str().expect("a URL"));
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let made = Http::new().post(&url, &[kind], card.into_bytes()).await;
        // Its answers begin with a byte order mark now and then.
        let made: Value =
            serde_json::from_str(made.text().trim_start_matches('\u{feff}')).expect("JSON");
        made["token"].as_str().expect("a token").to_owned()
    }

    async fn without_card(dangol: Dangol) -> Shop {
        let api = dangol.api();
        let receiver = Receiver::start().await;
        api.set_webhook(&receiver.url).await;
        Shop {
            dangol,
            receiver,
            api,
        }
    }

    /// The process was started again: it listens elsewhere now.
    pub fn reopen(&mut self) {
        self.dangol.restart();
        self.api = self.dangol.api();
    }

    /// Sends a charge on a connection of its own and returns when the PG has received it.
    pub async fn begin_charge(&self, merchant_uid: &str, amount: i64) -> Connection {
        let charges = || async {
            self.calls()
                .await
                .iter()
                .filter(|call| call.starts_with("charge "))
                .count()
        };
        let before = charges().await;
        let mut connection = Connection::open(&self.main).await.expect("it listens");
        let body = crate::api::again(CUSTOMER, merchant_uid, amount).to_string();
        let request = post_json("/subscribe/payments/again", &self.token().await, &body);
        connection.send(&request).await.expect("it is sent");
        until("the PG to receive the charge", || async {
            (charges().await > before).then_some(())
        })
        .await;
        connection
    }

    /// Waits until a payment has a status.
    pub async fn becomes(&self, merchant_uid: &str, status: &str) -> serde_json::Value {
        until(&format!("{merchant_uid} to be {status}"), || async {
            let found = self.find(merchant_uid).await;
            (found.status == 200 && found.response["status"] == status).then_some(found.response)
        })
        .await
    }
}
