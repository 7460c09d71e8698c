//! Preparing a window: check everything that can be checked before anything opens, and bind the browser's page to a
//! new payment.

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{
    Buyer, Currency, Device, ImpUid, Money, Order, Payment, State, Usage, UserCode,
};
use dangol_gateway::profile::{AmountAtIssue, FrameKind, Kind};
use dangol_store::merchants::MerchantRecord;
use dangol_store::payments;
use dangol_store::windows::WindowRecord;
use serde::{Deserialize, Serialize};

use super::attempt::expire_job;
use super::notice_url::is_listed;
use super::prepared_order;
use crate::channels::{OpenChannel, pick};
use crate::tokens::hex;
use crate::{Engine, FlowError};

/// What a merchant's page asks for.
pub struct Prepare {
    /// The merchant's user code.
    pub user_code: String,
    /// The channel's key, when the page named one.
    pub channel_key: Option<String>,
    /// The `pg` parameter.
    pub pg: Option<String>,
    /// PC or mobile.
    pub device: Device,
    /// How the page shows the window, when it has opened it already.
    pub frame: Option<FrameKind>,
    /// The `Origin` header.
    pub origin: Option<String>,
    /// The page's nonce.
    pub nonce: String,
    /// The browser.
    pub user_agent: Option<String>,
    /// The parameters of `request_pay`, their shapes checked.
    pub params: Params,
}

/// The parameters of `request_pay`, their shapes checked.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// The merchant's order number.
    pub merchant_uid: String,
    /// The billing key's name to be.
    pub customer_uid: String,
    /// A decimal, as written; empty when missing.
    pub amount: String,
    /// The currency, when told.
    pub currency: Option<Currency>,
    /// `pay_method`.
    pub pay_method: String,
    /// The order's name.
    pub name: Option<String>,
    /// The buyer.
    pub buyer: Buyer,
    /// `ko` or `en`.
    pub language: String,
    /// Where a redirecting window ends.
    pub redirect_url: Option<String>,
    /// URLs that replace the webhook endpoint.
    pub notice_urls: Vec<String>,
    /// Where the merchant's server is asked before the payment is approved.
    pub confirm_url: Option<String>,
    /// `custom_data` as text.
    pub custom_data: Option<String>,
    /// Everything that passes through to the PG untouched, such as `bypass` and `period`.
    pub extra: serde_json::Value,
}

/// A window that may be opened.
pub struct Prepared {
    /// The new payment's id.
    pub imp_uid: ImpUid,
    /// The merchant's order number.
    pub merchant_uid: String,
    /// Where the window's page is.
    pub window_url: String,
    /// The one-time token. Travels in a body, never in a URL.
    pub token: String,
}

/// What the window needs besides the payment, kept in its row.
#[derive(Serialize, Deserialize)]
pub(crate) struct WindowRequest {
    pub language: String,
    pub shop_name: String,
    pub extra: serde_json::Value,
    /// A window of the version before has none.
    #[serde(default)]
    pub confirm_url: Option<String>,
}

/// Prepares a window.
pub async fn prepare(engine: &Engine, prepare: Prepare) -> Result<Prepared, FlowError> {
    let merchant = find_merchant(engine, &prepare.user_code).await?;
    let channels = engine.channels_of(&merchant).await?;
    let channel = pick(
        &channels,
        Kind::Payment,
        prepare.pg.as_deref(),
        prepare.channel_key.as_deref(),
    )
    .ok_or_else(|| Refusal::business(messages::NO_CHANNEL))?;
    let money = check(&prepare, channel)?;
    check_hosts(engine, &prepare.params)?;
    let used =
        payments::find_live(&engine.db, &merchant.merchant, &prepare.params.merchant_uid).await?;
    if used.is_some() {
        return Err(Refusal::business(messages::UID_USED).into());
    }
    let merchant_uid = &prepare.params.merchant_uid;
    prepared_order::guard(engine, &merchant.merchant, merchant_uid, money).await?;
    let payment = payment(engine, &merchant, channel, &prepare, money);
    let token = engine.random.hex::<32>();
    let window = window(engine, &merchant, channel, &prepare, &payment, &token);
    let job = expire_job(&payment, window.expires_at);
    let begin = payments::Begin {
        payment: &payment,
        event: None,
        window: Some(&window),
        job,
        write_id: engine.random.id63(),
    };
    if !payments::begin(&engine.db, begin).await? {
        return Err(Refusal::business(messages::UID_USED).into());
    }
    Ok(Prepared {
        imp_uid: payment.imp_uid,
        merchant_uid: payment.merchant_uid,
        window_url: format!(
            "{}/window/{}",
            window_origin(engine, channel, prepare.device),
            window.window_id
        ),
        token,
    })
}

async fn find_merchant(
    engine: &Engine,
    user_code: &str,
) -> Result<std::sync::Arc<MerchantRecord>, FlowError> {
    let unknown = || Refusal::business("user_code: 등록되지 않은 가맹점 식별코드입니다.");
    let code = UserCode::parse(user_code).ok_or_else(unknown)?;
    engine
        .merchant(&code)
        .await?
        .ok_or_else(|| unknown().into())
}

/// What this channel's PG demands.
fn check(prepare: &Prepare, channel: &OpenChannel) -> Result<Money, Refusal> {
    let (params, profile) = (&prepare.params, channel.gateway.profile());
    if params.customer_uid.is_empty() {
        return Err(Refusal::business(
            "customer_uid: 빌링키를 발급하려면 customer_uid가 필요합니다. (일반결제는 지원하지 않습니다)",
        ));
    }
    if profile.card_only && params.pay_method != "card" {
        let text = format!("pay_method: {}는 card만 지원합니다.", profile.provider);
        return Err(Refusal::business(text));
    }
    let currency = params
        .currency
        .or_else(|| Currency::parse(&profile.currency))
        .unwrap_or(Currency::KRW);
    let amount = if params.amount.is_empty() {
        "0"
    } else {
        &params.amount
    };
    let money = Money::parse(amount, currency).map_err(|error| {
        Refusal::malformed("amount", &format!("{error} ({})", currency.as_str()))
    })?;
    if profile.amount_at_issue == AmountAtIssue::AlwaysCharged && money.minor == 0 {
        return Err(Refusal::business(
            "amount: 이 PG는 빌링키 발급과 함께 결제하므로 0보다 큰 금액이 필요합니다.",
        ));
    }
    Ok(money)
}

/// In live, a browser must not choose who is told about payments, nor who agrees to them.
fn check_hosts(engine: &Engine, params: &Params) -> Result<(), Refusal> {
    let hosts = &engine.settings.notice_hosts;
    let listed = |url: &String| engine.settings.sandbox || is_listed(url, hosts);
    let refuse = |name: &str| {
        let text = format!("{name}: 허용된 호스트가 아닙니다. (서버 설정 notice_hosts)");
        Err(Refusal::business(text))
    };
    if !params.notice_urls.iter().all(listed) {
        return refuse("notice_url");
    }
    if !params.confirm_url.iter().all(listed) {
        return refuse("confirm_url");
    }
    Ok(())
}

fn payment(
    engine: &Engine,
    merchant: &MerchantRecord,
    channel: &OpenChannel,
    prepare: &Prepare,
    money: Money,
) -> Payment {
    let params = &prepare.params;
    Payment {
        merchant: merchant.merchant.clone(),
        imp_uid: ImpUid::window(engine.random.u64()),
        merchant_uid: params.merchant_uid.clone(),
        customer_uid: Some(params.customer_uid.clone()),
        channel_key: channel.record.channel_key.clone(),
        state: State::Ready,
        version: 1,
        amount: money.minor,
        cancelled: 0,
        currency: money.currency,
        started_at: engine.now_ms(),
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
        order: Order {
            name: params.name.clone(),
            buyer: params.buyer.clone(),
            pay_method: "card".to_owned(),
            device: prepare.device,
            usage: Some(Usage::Issue),
            pg_provider: channel.record.provider.clone(),
            pg_id: channel.record.pg_id.clone(),
            sandbox: channel.record.sandbox,
            quota: 0,
            tax_free: None,
            vat: None,
            custom_data: params.custom_data.clone(),
            notice_urls: params.notice_urls.clone(),
            browser_ip: None,
            user_agent: prepare.user_agent.clone(),
        },
        receipt: None,
        failure: None,
        cancels: Vec::new(),
    }
}

fn window(
    engine: &Engine,
    merchant: &MerchantRecord,
    channel: &OpenChannel,
    prepare: &Prepare,
    payment: &Payment,
    token: &str,
) -> WindowRecord {
    let request = WindowRequest {
        language: prepare.params.language.clone(),
        shop_name: merchant.name.clone(),
        extra: prepare.params.extra.clone(),
        confirm_url: prepare.params.confirm_url.clone(),
    };
    WindowRecord {
        merchant: merchant.merchant.clone(),
        window_id: engine.random.hex::<16>(),
        imp_uid: payment.imp_uid.clone(),
        token_hash: token_hash(engine, token),
        nonce: prepare.nonce.clone(),
        origin: prepare
            .origin
            .clone()
            .filter(|origin| is_real_origin(origin)),
        frame: frame_name(frame(channel, prepare)).to_owned(),
        redirect_url: prepare.params.redirect_url.clone(),
        request: serde_json::to_string(&request).expect("a plain JSON object"),
        expires_at: payment.started_at + engine.settings.window_life_ms,
    }
}

/// How the window is shown: as the page has opened it, else as the PG's profile says.
fn frame(channel: &OpenChannel, prepare: &Prepare) -> FrameKind {
    let profile = channel.gateway.profile();
    let usual = match prepare.device {
        Device::Mobile => profile.mobile.frame,
        Device::Pc | Device::Api => profile.pc.frame,
    };
    prepare.frame.unwrap_or(usual)
}

/// The stored name of a frame.
pub fn frame_name(frame: FrameKind) -> &'static str {
    match frame {
        FrameKind::Layer => "layer",
        FrameKind::Popup => "popup",
        FrameKind::Redirect => "redirect",
    }
}

/// Pages that load a PG's script live on an origin with nothing else on it.
fn window_origin<'a>(engine: &'a Engine, channel: &OpenChannel, device: Device) -> &'a str {
    let profile = channel.gateway.profile();
    let frame = if device == Device::Mobile {
        &profile.mobile
    } else {
        &profile.pc
    };
    if frame.script {
        &engine.settings.script_window_url
    } else {
        &engine.settings.public_url
    }
}

/// Whether an `Origin` header names a site that `frame-ancestors` can name: not `null`, not a file page.
fn is_real_origin(origin: &str) -> bool {
    let rest = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    rest.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
    })
}

pub(crate) fn token_hash(engine: &Engine, token: &str) -> String {
    hex(&engine.vault.keyed_hash("window_token", token.as_bytes()))
}
