//! Key-in by API: card data in the request. Without a channel for it no field of a card is looked at.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use dangol_domain::v1::{PaymentView, Refusal, messages};
use dangol_domain::{Buyer, CardData, CardFields, Failure, Payment, State as PaymentState};
use dangol_engine::flow::charge_again::begun_since;
use dangol_engine::flow::key_in::{card_channel, pay_once, register_card, usage};

use super::answer::{Wrong, ok};
use super::asked::{Asked, InPath};
use super::auth::Caller;
use super::description::asked::IdempotencyKey;
use super::description::card::{CardRequest, OnetimeRequest};
use super::description::envelope::{Answer, Refused};
use super::description::objects::Customer;
use super::description::payment::Payment as PaymentObject;
use super::idempotency;
use super::params::{Params, required};
use super::subscribe::{CUSTOMER_UID_MAX, TEXT_MAX, read_order, shown};
use crate::http::App;
use crate::http::source::Source;

/// The card's fields.
const CARD: [&str; 5] = ["card_number", "expiry", "birth", "pwd_2digit", "cvc"];

/// Longest `pg` and `channel_key`, characters (V1's own limit of the longer one).
const PG_MAX: usize = 80;

/// `POST /subscribe/payments/onetime`: charges a card once. A refusal by the PG is code -1 here, as V1 has it, and yet a
/// payment, `failed`; an unknown outcome is one that is `ready`.
#[utoipa::path(
    post, path = "/subscribe/payments/onetime", operation_id = "chargeOnce", tag = "Charges",
    summary = "Charge a card once",
    description = "Off unless the merchant has a channel of type `api_payment`: card data in a request puts this server into the scope of PCI DSS. The card is in memory for this one call. `status` `ready` means that the outcome is not known yet; nothing is sent again.",
    params(IdempotencyKey),
    request_body(content((OnetimeRequest = "application/json"), (OnetimeRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The payment: `paid`, or `ready`. With `code` 1 refused before the gateway is asked, where nothing takes card data too. With `code` -1 refused by the gateway.", body = Answer<PaymentObject>),
        (status = 409, description = "The `Idempotency-Key` was used for another request, or its request is not answered yet.", body = Refused),
    ),
)]
pub(super) async fn onetime(
    State(app): State<App>,
    Caller(merchant): Caller,
    Source(from): Source,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Response, Wrong> {
    let params = asked.params()?;
    let (engine, owner) = (&app.engine, &merchant);
    let (pg, channel_key) = named(&params)?;
    let channel = card_channel(engine, owner, pg.as_deref(), channel_key.as_deref()).await?;
    let customer_uid = match params.text("customer_uid")? {
        Some(_) => params.name("customer_uid", CUSTOMER_UID_MAX)?,
        None => String::new(),
    };
    let mut order = read_order(&params, customer_uid)?;
    // As V1 has it: without the buyer's address, that of whoever asks.
    order.browser_ip = order.browser_ip.or(from.map(|from| from.to_string()));
    let card = card(&params)?;
    let charge = async |lost_since: Option<i64>| {
        let begun = match lost_since {
            Some(since) => begun_since(engine, owner, &order, usage(&order), since).await?,
            None => None,
        };
        let payment = match begun {
            Some(payment) => payment,
            None => pay_once(engine, owner, channel, &order, card).await?,
        };
        paid_or_open(&payment)
    };
    // Of the card not even a hash is kept.
    let told = params.without(&CARD);
    let what = [&b"/subscribe/payments/onetime"[..], &told];
    idempotency::once(&app, &merchant, &headers, &what, charge).await
}

/// `POST /subscribe/customers/{customer_uid}`: makes a billing key of a card, or replaces the one of that name.
#[utoipa::path(
    post, path = "/subscribe/customers/{customer_uid}", operation_id = "registerCard", tag = "Billing keys",
    summary = "Make a billing key of a card",
    description = "Nothing is charged. Off unless the merchant has a channel of type `api_payment`, as `chargeOnce` is. A key of that name is replaced.",
    params(("customer_uid" = String, Path, description = "The billing key's name, percent-encoded.", min_length = 1, max_length = 80, example = "gildong_0003_1234")),
    request_body(content((CardRequest = "application/json"), (CardRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The holder. With `code` 1 refused before the gateway is asked, with `code` -1 refused by the gateway, or not known to be made.", body = Answer<Customer>),
    ),
)]
pub(super) async fn register(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(customer_uid): InPath<String>,
    asked: Asked,
) -> Result<Response, Wrong> {
    let params = asked.params()?;
    let (pg, channel_key) = named(&params)?;
    let engine = &app.engine;
    let channel = card_channel(engine, &merchant, pg.as_deref(), channel_key.as_deref()).await?;
    let customer_uid = of_path(customer_uid)?;
    let card = card(&params)?;
    let buyer = holder(&params)?;
    let key = register_card(engine, &merchant, channel, &customer_uid, buyer, card).await?;
    Ok(ok(shown(&app, &merchant, &key).await?))
}

fn paid_or_open(payment: &Payment) -> Result<Response, Wrong> {
    if payment.state != PaymentState::Failed {
        return Ok(ok(PaymentView::from(payment)));
    }
    let why = payment.failure.as_ref().map(Failure::reason);
    let text = format!("{} {}", messages::CARD_REFUSED, why.unwrap_or_default());
    Err(Refusal::by_pg(text.trim_end()).into())
}

/// The channel that is asked for: `pg` and `channel_key`.
fn named(params: &Params<'_>) -> Result<(Option<String>, Option<String>), Refusal> {
    Ok((
        params.short("pg", PG_MAX)?,
        params.short("channel_key", PG_MAX)?,
    ))
}

fn of_path(customer_uid: String) -> Result<String, Refusal> {
    let good = !customer_uid.trim().is_empty()
        && customer_uid.chars().count() <= CUSTOMER_UID_MAX
        && !customer_uid.chars().any(char::is_control);
    let expected = "must be 1 to 80 characters, none of them control characters";
    good.then_some(customer_uid)
        .ok_or_else(|| Refusal::malformed("customer_uid", expected))
}

/// Reads the card. No refusal quotes any of it.
fn card(params: &Params<'_>) -> Result<CardData, Refusal> {
    let number = params.text("card_number")?;
    let expiry = params.text("expiry")?;
    let fields = CardFields {
        number: number.ok_or_else(|| required("card_number"))?,
        expiry: expiry.ok_or_else(|| required("expiry"))?,
        birth: params.text("birth")?,
        pwd_2digit: params.text("pwd_2digit")?,
        cvc: params.text("cvc")?,
    };
    CardData::read(&fields).map_err(|wrong| Refusal::malformed(wrong.field, wrong.expected))
}

/// Whose card it is.
fn holder(params: &Params<'_>) -> Result<Buyer, Refusal> {
    let text = |name: &str| params.short(name, TEXT_MAX);
    Ok(Buyer {
        name: text("customer_name")?,
        email: text("customer_email")?,
        tel: text("customer_tel")?,
        addr: text("customer_addr")?,
        postcode: text("customer_postcode")?,
    })
}
