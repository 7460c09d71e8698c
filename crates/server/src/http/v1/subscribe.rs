//! Billing keys: charging one, and showing their holders.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use dangol_domain::v1::{CustomerView, PaymentView, Refusal};
use dangol_domain::{Buyer, Currency, Money, MoneyError, Usage};
use dangol_engine::FlowError;
use dangol_engine::flow::charge_again::{begun_since, charge_again};
use dangol_engine::flow::delete_key::delete_key;
use dangol_engine::flow::{Again, look_up};
use dangol_store::billing_keys::Sealed;
use dangol_store::merchants::MerchantRecord;

use super::answer::{Wrong, ok, several};
use super::asked::{Asked, InPath};
use super::auth::Caller;
use super::description::asked::{AgainRequest, CustomerUidInPath, IdempotencyKey};
use super::description::envelope::{Answer, Done, Refused};
use super::description::objects::Customer;
use super::description::payment::Payment;
use super::idempotency;
use super::lists::ids;
use super::params::{DECIMAL_MAX, MERCHANT_UID_MAX, Params, required};
use crate::http::App;

/// Longest `customer_uid`, characters (V1's own limit).
pub(super) const CUSTOMER_UID_MAX: usize = 80;
/// Longest order name and buyer's field, characters. V1 documents none; PGs cut or refuse far shorter ones.
pub(super) const TEXT_MAX: usize = 255;
/// Largest `custom_data`, bytes (V1's own limit is unknown).
const CUSTOM_DATA_BYTES_MAX: usize = 64 * 1024;
/// Most instalment months.
const QUOTA_MAX: u8 = 36;

/// `POST /subscribe/payments/again`: charges a billing key. A decline and an unknown outcome are payments too, `failed`
/// and `ready`, with code 0.
#[utoipa::path(
    post, path = "/subscribe/payments/again", operation_id = "chargeAgain", tag = "Charges",
    summary = "Charge a billing key",
    description = "It is done within 25 seconds, or answered as it stands then: `status` `ready` means that the outcome is not known yet, and a webhook tells it. The same order number while a charge is on its way joins it and gets its answer.",
    params(IdempotencyKey),
    request_body(content((AgainRequest = "application/json"), (AgainRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The payment: `paid`, `failed` with `fail_reason`, or `ready`. Refused with `code` 1 before the gateway is asked: `등록되지 않은 구매자입니다.` for an unknown billing key, `이미 주문이 이루어진 건입니다. …` for a used order number.", body = Answer<Payment>),
        (status = 409, description = "The `Idempotency-Key` was used for another request, or its request is not answered yet.", body = Refused),
    ),
)]
pub(super) async fn again(
    State(app): State<App>,
    Caller(merchant): Caller,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Response, Wrong> {
    let again = read(&asked.params()?)?;
    let (engine, owner) = (&app.engine, &merchant);
    let charge = async |lost_since: Option<i64>| {
        let begun = match lost_since {
            Some(since) => begun_since(engine, owner, &again, Some(Usage::Payment), since).await?,
            None => None,
        };
        let payment = match begun {
            Some(payment) => payment,
            None => charge_again(engine, owner, again).await?,
        };
        Ok(ok(PaymentView::from(&*payment)))
    };
    let what = asked.whole("/subscribe/payments/again");
    idempotency::once(&app, &merchant, &headers, &what, charge).await
}

/// `GET /subscribe/customers/{customer_uid}`. An unknown one is HTTP 200 with code 1, as V1 answers.
#[utoipa::path(
    get, path = "/subscribe/customers/{customer_uid}", operation_id = "getCustomer", tag = "Billing keys",
    summary = "See a billing key's holder",
    params(CustomerUidInPath),
    responses(
        (status = 200, description = "The holder. Refused with `code` 1 for an unknown billing key.", body = Answer<Customer>),
    ),
)]
pub(super) async fn customer(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(customer_uid): InPath<String>,
) -> Result<Response, Wrong> {
    let key = look_up::customer(&app.engine, &merchant.merchant, &customer_uid).await?;
    Ok(ok(shown(&app, &merchant, &key).await?))
}

/// `GET /subscribe/customers?customer_uid[]=`: up to 100. HTTP 207 when some are missing.
#[utoipa::path(
    get, path = "/subscribe/customers", operation_id = "listCustomersByIds", tag = "Billing keys",
    summary = "See several billing keys' holders",
    params(("customer_uid[]" = Vec<String>, Query, description = "The billing keys' names.", min_items = 1, max_items = 100, example = json!(["gildong_0001_1234"]))),
    responses(
        (status = 200, description = "All of them.", body = Done<Vec<Customer>>),
        (status = 207, description = "Some of them; which ones are missing is not told.", body = Done<Vec<Customer>>),
        (status = 404, description = "None of them.", body = Refused),
    ),
)]
pub(super) async fn customers(
    State(app): State<App>,
    Caller(merchant): Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    let query = Params::of_query(query.as_deref().unwrap_or(""))?;
    let [uids] = ids(&query, ["customer_uid"])?;
    let uids: Vec<&str> = uids.iter().map(|uid| &**uid).collect();
    let found = look_up::customers_of(&app.engine, &merchant.merchant, &uids).await?;
    let mut views = Vec::with_capacity(found.items.len());
    for key in &found.items {
        views.push(shown(&app, &merchant, key).await?);
    }
    Ok(several(views, found.is_partial))
}

/// `DELETE /subscribe/customers/{customer_uid}?reason=`: the record that the key had. It charges nothing from now on.
#[utoipa::path(
    delete, path = "/subscribe/customers/{customer_uid}", operation_id = "deleteCustomer", tag = "Billing keys",
    summary = "Delete a billing key",
    description = "It charges nothing from then on, also when the gateway does not answer; schedules of it fail when they are due. Past payments stay.",
    params(("customer_uid" = String, Path, description = "The billing key's name, percent-encoded.", min_length = 1, example = "gildong_0002_1234"), ("reason" = Option<String>, Query, description = "Why.", max_length = 255)),
    responses(
        (status = 200, description = "The holder that the key had. Refused with `code` 1 for an unknown billing key.", body = Answer<Customer>),
    ),
)]
pub(super) async fn delete_customer(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(customer_uid): InPath<String>,
    asked: Asked,
) -> Result<Response, Wrong> {
    let reason = asked.params()?.short("reason", TEXT_MAX)?;
    let key = delete_key(&app.engine, &merchant, &customer_uid, reason).await?;
    Ok(ok(shown(&app, &merchant, &key).await?))
}

/// A billing key's holder.
pub(super) async fn shown(
    app: &App,
    merchant: &MerchantRecord,
    key: &Sealed,
) -> Result<CustomerView, FlowError> {
    let channel = app
        .engine
        .channel(merchant, &key.record.channel_key)
        .await?;
    // Without its channel a key is what all of this folder's channels are.
    let sandbox = channel.map_or(app.engine.settings.sandbox, |channel| {
        channel.record.sandbox
    });
    Ok(CustomerView::new(&key.record, sandbox))
}

/// The shape of every parameter, before anything is looked up. What V1 has besides is ignored.
fn read(params: &Params<'_>) -> Result<Again, Refusal> {
    let customer_uid = params.name("customer_uid", CUSTOMER_UID_MAX)?;
    read_order(params, customer_uid)
}

/// As for `again`, of a customer who is named elsewhere.
pub(super) fn read_order(params: &Params<'_>, customer_uid: String) -> Result<Again, Refusal> {
    let buyer = |name: &str| params.short(name, TEXT_MAX);
    let merchant_uid = params.name("merchant_uid", MERCHANT_UID_MAX)?;
    let currency = params.currency()?;
    let amount = decimal(params, "amount", currency)?.ok_or_else(|| required("amount"))?;
    // The older name of the same part counts where the newer one is missing.
    let vat = match decimal(params, "vat_amount", currency)? {
        Some(vat) => Some(vat),
        None => decimal(params, "vat", currency)?,
    };
    Ok(Again {
        customer_uid,
        merchant_uid,
        amount,
        currency,
        name: params.short("name", TEXT_MAX)?,
        buyer: Buyer {
            name: buyer("buyer_name")?,
            email: buyer("buyer_email")?,
            tel: buyer("buyer_tel")?,
            addr: buyer("buyer_addr")?,
            postcode: buyer("buyer_postcode")?,
        },
        // One month is all at once.
        quota: match params.count("card_quota", QUOTA_MAX)? {
            1 => 0,
            months => months,
        },
        // 0 is how it is unset: the default is 0 as well.
        tax_free: decimal(params, "tax_free", currency)?.filter(|text| text.trim() != "0"),
        vat,
        custom_data: params.free_text("custom_data", CUSTOM_DATA_BYTES_MAX)?,
        notice_urls: params.notice_urls()?,
        browser_ip: params.short("browser_ip", TEXT_MAX)?,
    })
}

/// A decimal as it was written. Where no currency is told, the charge reads it by the channel's; what no currency
/// allows is refused here.
fn decimal(
    params: &Params<'_>,
    name: &str,
    currency: Option<Currency>,
) -> Result<Option<String>, Refusal> {
    let Some(text) = params.short(name, DECIMAL_MAX)? else {
        return Ok(None);
    };
    match Money::parse(&text, currency.unwrap_or(Currency::KRW)) {
        Err(MoneyError::TooManyDecimals) if currency.is_none() => Ok(Some(text)),
        Err(error) => Err(Refusal::malformed(name, &error.to_string())),
        Ok(_) => Ok(Some(text)),
    }
}
