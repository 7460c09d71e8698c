//! The ways into a window: the tokenising script and its card form in a merchant's page, and the signed widget.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dangol_domain::Currency;

use super::book::Project;
use super::codes::{self, Refusal};
use super::fields::{Amount, Fields, minor};
use super::window::{Opened, Order, Way};
use super::words::Language;
use super::{PROVIDER, Paymentwall, able, pages};
use crate::sandbox::control::{Fault, Operation};
use crate::sandbox::{Incoming, Meddling};

/// How much of an option is shown, in characters.
const SHOWN_CHARS_MAX: usize = 256;
/// Faults that the loading of the script can show; the others wait for the card form.
const SCRIPT_FAULTS: &[Fault] = &[
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
];
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The tokenising script that merchants' pages load.
pub(super) async fn script(State(paymentwall): State<Arc<Paymentwall>>) -> Response {
    let received = paymentwall.receive_window(None, None, SCRIPT_FAULTS).await;
    match received {
        Ok(meddling) => meddling.finish(text(JAVASCRIPT, include_str!("assets/brick.js"))),
        Err(answer) => answer,
    }
}

/// The windows' own files.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "window.css" => text("text/css; charset=utf-8", crate::sandbox::WINDOW_CSS),
        "result.js" => text(JAVASCRIPT, include_str!("assets/result.js")),
        "form.js" => text(JAVASCRIPT, include_str!("assets/form.js")),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn text(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

/// The script's frame asks for the card form.
pub(super) async fn card_form(
    State(paymentwall): State<Arc<Paymentwall>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = Fields::read(query.as_deref(), &headers, &body);
    let currency = Currency::parse(fields.text("currency"));
    let amount = currency.and_then(|currency| minor(fields.text("amount"), currency));
    let able = able(Operation::OpenWindow);
    match paymentwall.receive_window(None, amount, able).await {
        Ok(meddling) => {
            let page = paymentwall.open_card_form(&fields, &meddling);
            meddling.finish(page)
        }
        Err(answer) => answer,
    }
}

/// A browser brings a widget's signed address.
pub(super) async fn widget(
    State(paymentwall): State<Arc<Paymentwall>>,
    RawQuery(query): RawQuery,
) -> Response {
    let fields = Fields::read(query.as_deref(), &HeaderMap::new(), &[]);
    let order_id = fields.get("ag_external_id");
    let currency = Currency::parse(fields.text("currencyCode"));
    let amount = currency.and_then(|currency| minor(fields.text("amount"), currency));
    let able = able(Operation::OpenWindow);
    match paymentwall.receive_window(order_id, amount, able).await {
        Ok(meddling) => {
            let page = match paymentwall.read_widget(&fields, &meddling) {
                Ok(opened) => paymentwall.open(opened),
                Err(refusal) => pages::refused_widget(&refusal),
            };
            meddling.finish(page)
        }
        Err(answer) => answer,
    }
}

/// Whether a text is an address that a browser can be sent to.
pub(super) fn is_web_url(url: &str) -> bool {
    let schemes = ["http://", "https://"];
    let rest = schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !url.contains(char::is_control)
}

/// Whether a text is an origin, such as `https://shop.example:8080`, and no more.
fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map_or("", |(_, host)| host);
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    is_web_url(text) && host.bytes().all(good)
}

/// As much of a text as is shown.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

fn language(fields: &Fields) -> Language {
    match fields.text("lang") {
        "ko" => Language::Korean,
        _ => Language::English,
    }
}

impl Paymentwall {
    async fn receive_window(
        &self,
        order_id: Option<&str>,
        amount: Option<i64>,
        able: &'static [Fault],
    ) -> Result<Meddling, Response> {
        let incoming = Incoming {
            pg: PROVIDER,
            operation: Operation::OpenWindow,
            order_id,
            amount,
            able,
        };
        self.world.receive(incoming).await
    }

    /// The card form. What it shows is what the script was told: it proves nothing, and nothing is charged by it.
    fn open_card_form(&self, fields: &Fields, meddling: &Meddling) -> Response {
        let page_origin = fields.text("page_origin");
        if !is_origin(page_origin) {
            return pages::gone();
        }
        let public = fields.text("public_key");
        let project = self
            .book()
            .project(|project| project.public == public)
            .cloned();
        let opened = |project: &str| Opened {
            project: project.to_owned(),
            shop_name: shown(fields.text("merchant")),
            order_name: shown(fields.text("product")),
            amount: shown(fields.text("amount")),
            currency: shown(fields.text("currency")),
            pay_button: shown(fields.text("pay_button")),
            asks_zip: fields.text("show_zip") == "1",
            language: language(fields),
            way: Way::Script {
                page_origin: page_origin.to_owned(),
            },
        };
        let refusal = match (project, meddling.decline(codes::INTERNAL)) {
            (Some(project), None) => return self.open(opened(&project.key)),
            (_, Some(code)) => Refusal::new(&code),
            (None, None) => Refusal::new(codes::WRONG_PUBLIC_KEY),
        };
        pages::end(&opened(""), page_origin, &[("error", refusal.message())])
    }

    /// A widget as its address orders it.
    fn read_widget(&self, fields: &Fields, meddling: &Meddling) -> Result<Opened, Refusal> {
        let project = self.signed_by(fields)?;
        if let Some(code) = meddling.decline(codes::NO_PERMISSION) {
            return Err(Refusal::new(&code));
        }
        let (order, name) = read_order(fields, &project)?;
        Ok(Opened {
            project: project.key,
            shop_name: fields.text("key").to_owned(),
            order_name: shown(name),
            amount: order.amount.text.clone(),
            currency: order.amount.currency.as_str().to_owned(),
            pay_button: String::new(),
            asks_zip: false,
            language: language(fields),
            way: Way::Widget(order),
        })
    }
}

/// A widget's order and its name.
fn read_order<'a>(fields: &'a Fields, project: &Project) -> Result<(Order, &'a str), Refusal> {
    let wrong = |name| Refusal::of(codes::MISSING, name);
    let of_at_most = |name, chars_max| {
        let text = fields.required(name)?;
        let fits = text.chars().count() <= chars_max;
        fits.then_some(text).ok_or(wrong(name))
    };
    let uid = of_at_most("uid", 64)?;
    of_at_most("widget", 16)?;
    let email = of_at_most("email", 256)?;
    check_time(fields)?;
    let amount: Amount = fields.amount("amount", "currencyCode")?;
    let name = of_at_most("ag_name", 256)?;
    let plan = of_at_most("ag_external_id", 256)?;
    // Subscriptions that Paymentwall itself schedules are another product.
    if fields.required("ag_type")? != "fixed" {
        return Err(wrong("ag_type"));
    }
    fields.required("ps")?;
    let url = |name| match fields.text(name) {
        "" => Ok(None),
        url if is_web_url(url) => Ok(Some(url.to_owned())),
        _ => Err(wrong(name)),
    };
    let names = ["customer[firstname]", "customer[lastname]"].map(|name| fields.text(name));
    let order = Order {
        project: project.clone(),
        plan: plan.to_owned(),
        uid: uid.to_owned(),
        email: email.to_owned(),
        holder: names.join(" ").trim().to_owned(),
        amount,
        success_url: url("success_url")?,
        failure_url: url("failure_url")?,
        pingback_url: url("pingback_url")?,
    };
    Ok((order, name))
}

/// When the user was registered, or the address was made: the documentation's versions differ in which they ask for.
fn check_time(fields: &Fields) -> Result<(), Refusal> {
    let told = ["timestamp", "history[registration_date]"].map(|name| fields.text(name));
    let seconds = |text: &&str| text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit());
    match told.iter().any(seconds) {
        true => Ok(()),
        false => Err(Refusal::of(codes::MISSING, "history[registration_date]")),
    }
}
