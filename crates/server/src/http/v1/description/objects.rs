//! The other objects of V1's answers.

use utoipa::ToSchema;

use super::a_gateway;

/// A token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Token {
    /// 40 lower-case hex digits.
    #[schema(example = "a9ace025c90c0da2161075da6ddd3492a2fca776")]
    access_token: String,
    /// When it ends; unix seconds. Within its last minute it is prolonged by 5 minutes.
    #[schema(example = 1_764_117_000)]
    expired_at: i64,
    /// The server's time; unix seconds.
    #[schema(example = 1_764_115_200)]
    now: i64,
}

/// The holder of a billing key, and the card behind it. The key itself is never shown.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Customer {
    /// The card company's code, see `GET /cards`.
    #[schema(example = "381")]
    card_code: Option<String>,
    /// Not told apart from `card_code` yet: null.
    card_issuer_code: Option<String>,
    /// Not told apart from `card_name` yet: null.
    card_issuer_name: Option<String>,
    /// The card company's name; empty where the gateway does not tell.
    #[schema(example = "KB국민카드")]
    card_name: String,
    /// The card's number, masked: six digits and four at most.
    #[schema(example = "424242******4242")]
    card_number: Option<String>,
    /// Null.
    card_publisher_code: Option<String>,
    /// Null.
    card_publisher_name: Option<String>,
    /// 0 credit, 1 check; null where the gateway does not tell.
    #[schema(minimum = 0, maximum = 1, example = 0)]
    card_type: Option<u8>,
    /// As it was told at the registration.
    customer_addr: Option<String>,
    /// As it was told at the registration.
    customer_email: Option<String>,
    /// Always null.
    customer_id: Option<String>,
    /// As it was told at the registration.
    #[schema(example = "홍길동")]
    customer_name: Option<String>,
    /// As it was told at the registration.
    customer_postcode: Option<String>,
    /// As it was told at the registration.
    customer_tel: Option<String>,
    /// The billing key's name.
    #[schema(max_length = 80, example = "gildong_0001_1234")]
    customer_uid: String,
    /// When the key was issued first; unix seconds.
    #[schema(example = 1_764_115_200)]
    inserted: i64,
    /// The merchant's id at the gateway.
    #[schema(example = "A52Q7")]
    pg_id: String,
    /// The gateway.
    #[schema(example = json!(a_gateway()))]
    pg_provider: String,
    /// Whether no real money moves.
    #[schema(example = true)]
    sandbox: bool,
    /// When the key was issued last; unix seconds.
    #[schema(example = 1_764_115_200)]
    updated: i64,
}

/// A charge that makes itself. All keys are always there.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Schedule {
    /// What is charged, in the unit of `currency`: 3000 are 3,000 won, 30.5 are 30.50 dollars.
    #[schema(example = 3000)]
    amount: f64,
    /// As it was told, or the billing key's.
    buyer_addr: Option<String>,
    /// As it was told, or the billing key's.
    buyer_email: Option<String>,
    /// As it was told, or the billing key's.
    #[schema(example = "홍길동")]
    buyer_name: Option<String>,
    /// As it was told, or the billing key's.
    buyer_postcode: Option<String>,
    /// As it was told, or the billing key's.
    buyer_tel: Option<String>,
    /// ISO 4217.
    #[schema(example = "KRW")]
    currency: String,
    /// The merchant's own data, as text.
    custom_data: Option<String>,
    /// Always null.
    customer_id: Option<String>,
    /// The billing key that is charged.
    #[schema(example = "gildong_0001_1234")]
    customer_uid: String,
    /// When it ran; unix seconds, 0 for not yet.
    #[schema(example = 0)]
    executed_at: i64,
    /// Why it failed, or why it will.
    fail_reason: Option<String>,
    /// The payment that it made; null until it runs.
    imp_uid: Option<String>,
    /// The merchant's order number.
    #[schema(max_length = 40, example = "order_id_8237352")]
    merchant_uid: String,
    /// What is bought; made where it was not told.
    #[schema(example = "월간 이용권")]
    name: String,
    /// What became of the payment; null before, and while its outcome is not known.
    payment_status: Option<ScheduledPaymentStatus>,
    /// The merchant's id at the gateway.
    #[schema(example = "A52Q7")]
    pg_id: String,
    /// The gateway.
    #[schema(example = json!(a_gateway()))]
    pg_provider: String,
    /// Always null.
    promotion_id: Option<String>,
    /// When it was revoked; unix seconds, 0 for never.
    #[schema(example = 0)]
    revoked_at: i64,
    /// When it is due; unix seconds.
    #[schema(example = 1_766_707_200)]
    schedule_at: i64,
    /// Whether it will run, ran, or was revoked.
    schedule_status: ScheduleStatus,
}

/// Several schedules.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Schedules(Vec<Schedule>);

/// V1's words for a schedule's state.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase", example = "scheduled")]
#[expect(dead_code, reason = "describes what others build")]
pub enum ScheduleStatus {
    Scheduled,
    Executed,
    Revoked,
}

/// V1's words for the payment of a schedule.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes what others build")]
pub enum ScheduledPaymentStatus {
    Paid,
    Failed,
    Cancelled,
}

/// Which payments are asked for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase", example = "all")]
#[expect(dead_code, reason = "describes what others build")]
pub enum AskedStatus {
    All,
    Ready,
    Paid,
    Cancelled,
    Failed,
}

/// A channel: a contract with a gateway. Nothing in it is secret.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Channel {
    /// Its id, as `request_pay` takes it.
    #[schema(example = "channel-key-9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")]
    channel_key: String,
    /// Its name, for people.
    #[schema(example = "정기결제")]
    channel_name: String,
    /// The merchant's id at the gateway.
    #[schema(example = "A52Q7")]
    pg_id: String,
    /// The gateway.
    #[schema(example = json!(a_gateway()))]
    pg_provider: String,
    /// Whether no real money moves.
    #[schema(example = true)]
    sandbox: bool,
    /// What it is for.
    #[schema(example = "payment")]
    r#type: String,
}

/// A channel as a merchant's page sees it: also how its window is shown.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct PublicChannel {
    /// Its id, as `request_pay` takes it.
    #[schema(example = "channel-key-9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")]
    channel_key: String,
    /// Its name, for people.
    #[schema(example = "정기결제")]
    channel_name: String,
    /// How the window is shown on a phone.
    mobile: Frame,
    /// How the window is shown on a computer.
    pc: Frame,
    /// The merchant's id at the gateway.
    #[schema(example = "A52Q7")]
    pg_id: String,
    /// The gateway.
    #[schema(example = json!(a_gateway()))]
    pg_provider: String,
    /// Whether no real money moves.
    #[schema(example = true)]
    sandbox: bool,
    /// How a page trades a card for a token at the gateway, where that is possible. For the SDK.
    #[schema(value_type = Object)]
    tokeniser: Option<serde_json::Value>,
    /// What it is for.
    #[schema(example = "payment")]
    r#type: String,
}

/// How a window is shown.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Frame {
    /// In a layer over the page, in a popup, or by leaving the page.
    frame: FrameKind,
    /// CSS pixels.
    height: Option<u32>,
    /// Its class in the page.
    name: Option<String>,
    /// CSS pixels.
    width: Option<u32>,
}

/// Ways to show a window.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase", example = "layer")]
#[expect(dead_code, reason = "describes what others build")]
pub enum FrameKind {
    Layer,
    Popup,
    Redirect,
}

/// The channels of a merchant, for its pages. Older than the envelope.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct PublicChannels {
    /// 0; -1 when there is no such merchant.
    #[schema(example = 0)]
    code: i32,
    /// The default channel first.
    data: Vec<PublicChannel>,
    /// Why there are none; absent when `code` is 0.
    message: Option<String>,
}

/// A code and the name behind it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Code {
    /// The code.
    #[schema(example = "381")]
    code: String,
    /// The name, in Korean.
    #[schema(example = "KB국민카드")]
    name: String,
}
