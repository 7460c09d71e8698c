//! What the SDK asks for first: preparing a window.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use dangol_domain::v1::Refusal;
use dangol_domain::{Buyer, Currency, Device};
use dangol_engine::FlowError;
use dangol_engine::flow::prepare::Params as Checked;
use dangol_engine::flow::{Prepare, prepare as flow};
use dangol_gateway::profile::FrameKind;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::super::App;
use super::super::v1::asked::whole;
use super::super::v1::params::Params;
use super::card_data;
use super::redirect_target::redirect_target;
use super::refusal::{Told, refused, unavailable};

/// Longest values, characters. i'mport documents 40 and 80; the others keep a window's page readable.
const MERCHANT_UID_MAX: usize = 40;
const CUSTOMER_UID_MAX: usize = 80;
const TEXT_MAX: usize = 255;
const DECIMAL_MAX: usize = 64;
const URL_MAX: usize = 4_000;
/// Most that is kept as it comes, bytes. Anybody with a browser may ask for windows, so they must not be large.
const CUSTOM_DATA_MAX: usize = 16 * 1024;
const EXTRA_MAX: usize = 16 * 1024;
const USER_AGENT_MAX: usize = 500;

/// Parameters that pass through to the PG untouched.
const PASSED: &[&str] = &[
    "bypass",
    "period",
    "display",
    "digital",
    "company",
    "biz_num",
    "popup",
    "app_scheme",
    "tax_free",
    "vat_amount",
];

#[derive(Deserialize)]
struct Asked<'a> {
    user_code: String,
    #[serde(default)]
    channel_key: Option<String>,
    device: String,
    #[serde(default)]
    frame: Option<FrameKind>,
    #[serde(default)]
    nonce: String,
    /// Kept as text, so that no number passes through floating point.
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

/// `POST /window/prepare`.
pub(super) async fn prepare(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let body = match whole(body).await {
        Ok(body) => body,
        Err(refusal) => return refused(&refusal, &Told::default()),
    };
    let asked: Asked<'_> = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(error) => {
            let refusal = Refusal::malformed("body", &error.to_string());
            return refused(&refusal, &Told::default());
        }
    };
    let redirects = asked.frame == Some(FrameKind::Redirect);
    let mut told = Told::new(redirects, &app.engine.settings.public_url);
    let request = match read(&asked, &headers, &mut told) {
        Ok(request) => request,
        Err(refusal) => return refused(&refusal, &told),
    };
    match flow::prepare(&app.engine, request).await {
        Ok(prepared) => Json(json!({
            "code": 0,
            "message": null,
            "response": {
                "imp_uid": prepared.imp_uid,
                "merchant_uid": prepared.merchant_uid,
                "window_url": prepared.window_url,
                "token": prepared.token,
            },
        }))
        .into_response(),
        Err(FlowError::Refused(refusal)) => refused(&refusal, &told),
        Err(error) => unavailable(&error, &told),
    }
}

/// The shape of everything, before anything is looked up. `told` learns what a refusal may repeat.
fn read(asked: &Asked<'_>, headers: &HeaderMap, told: &mut Told) -> Result<Prepare, Refusal> {
    let text = asked.params.map_or("{}", RawValue::get);
    let params = Params::read(None, Some("application/json"), text.as_bytes())?;
    let given: Map<String, Value> = serde_json::from_str(text)
        .map_err(|_| Refusal::malformed("params", "must be valid JSON, not nested too deep"))?;
    let card = card_data::find(&given);
    told.learn(&params, card.as_deref());
    if let Some(name) = card {
        return Err(Refusal::malformed(
            &name,
            "카드정보는 PG 결제창에서만 입력할 수 있습니다",
        ));
    }
    let device = match asked.device.as_str() {
        "mobile" => Device::Mobile,
        "pc" => Device::Pc,
        _ => return Err(Refusal::malformed("device", "must be pc or mobile")),
    };
    let nonce = &asked.nonce;
    if !(16..=128).contains(&nonce.len()) || !nonce.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Refusal::malformed(
            "nonce",
            "must be 16 to 128 letters and digits",
        ));
    }
    let header = |name| {
        headers
            .get(name)
            .and_then(|value: &header::HeaderValue| value.to_str().ok())
            .map(str::to_owned)
    };
    let key = match &asked.channel_key {
        Some(key) => Some(key.clone()),
        None => params.short("channelKey", TEXT_MAX)?,
    };
    Ok(Prepare {
        user_code: asked.user_code.clone(),
        channel_key: key,
        pg: params.short("pg", TEXT_MAX)?,
        device,
        frame: asked.frame,
        origin: header(header::ORIGIN),
        nonce: nonce.clone(),
        user_agent: header(header::USER_AGENT)
            .map(|agent| agent.chars().take(USER_AGENT_MAX).collect()),
        params: checked(&params, &given)?,
    })
}

fn checked(params: &Params<'_>, given: &Map<String, Value>) -> Result<Checked, Refusal> {
    let short = |name: &str| params.short(name, TEXT_MAX);
    // Whether it may be missing is the channel's matter.
    let customer_uid = match params.text("customer_uid")? {
        Some(_) => params.name("customer_uid", CUSTOMER_UID_MAX)?,
        None => String::new(),
    };
    let currency = match params.text("currency")? {
        Some(code) => Some(
            Currency::parse(code)
                .ok_or_else(|| Refusal::malformed("currency", "must be an ISO 4217 code"))?,
        ),
        None => None,
    };
    let language = short("language")?.unwrap_or_default().to_ascii_lowercase();
    let redirect_url = params.short("m_redirect_url", URL_MAX)?;
    Ok(Checked {
        merchant_uid: params.name("merchant_uid", MERCHANT_UID_MAX)?,
        customer_uid,
        amount: params.short("amount", DECIMAL_MAX)?.unwrap_or_default(),
        currency,
        pay_method: short("pay_method")?.unwrap_or_else(|| "card".to_owned()),
        name: short("name")?,
        buyer: Buyer {
            name: short("buyer_name")?,
            email: short("buyer_email")?,
            tel: short("buyer_tel")?,
            addr: short("buyer_addr")?,
            postcode: short("buyer_postcode")?,
        },
        language: if language.starts_with("en") {
            "en"
        } else {
            "ko"
        }
        .to_owned(),
        redirect_url: redirect_url.map(|url| redirect_target(&url)).transpose()?,
        notice_urls: params.notice_urls()?,
        confirm_url: params.confirm_url()?,
        custom_data: params.free_text("custom_data", CUSTOM_DATA_MAX)?,
        extra: extra(given)?,
    })
}

/// What passes through to the PG untouched.
fn extra(given: &Map<String, Value>) -> Result<Value, Refusal> {
    let passed = PASSED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), given.get(*name)?.clone())));
    let extra = Value::Object(passed.collect());
    if extra.to_string().len() > EXTRA_MAX {
        let names = PASSED.join(", ");
        let expected = format!("must be at most {EXTRA_MAX} bytes of JSON together");
        return Err(Refusal::malformed(&names, &expected));
    }
    Ok(extra)
}
