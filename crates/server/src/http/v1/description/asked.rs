//! What calls are told: bodies, and pieces of paths and queries. How leniently they are read is in `params`; here is
//! the form that a new client should use.

use utoipa::{IntoParams, ToSchema};

use super::objects::{AskedStatus, ScheduleStatus};

/// The merchant's keys.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others read")]
pub struct TokenRequest {
    /// The REST API key. Upper and lower case are the same.
    #[schema(example = "imp_apikey")]
    imp_key: String,
    /// The REST API secret.
    #[schema(format = Password, example = "the secret that `dangol merchant add` printed")]
    imp_secret: String,
}

/// A charge of a billing key.
#[derive(ToSchema)]
#[schema(example = json!({
    "customer_uid": "gildong_0001_1234", "merchant_uid": "order_id_8237352", "amount": 3000, "name": "월간 이용권",
    "buyer_name": "홍길동", "buyer_tel": "010-1234-5678",
}))]
#[expect(dead_code, reason = "describes what others read")]
pub struct AgainRequest {
    /// What to charge, above 0, in the unit of `currency`: 3000 are 3,000 won, 30.5 are 30.50 dollars. May be text.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000_000_000.0, example = 3000)]
    amount: f64,
    /// The buyer's IP address; some gateways ask for it.
    #[schema(max_length = 255)]
    browser_ip: Option<String>,
    #[schema(max_length = 255)]
    buyer_addr: Option<String>,
    /// Some gateways want the one of the registration.
    #[schema(max_length = 255)]
    buyer_email: Option<String>,
    #[schema(max_length = 255, example = "홍길동")]
    buyer_name: Option<String>,
    #[schema(max_length = 255)]
    buyer_postcode: Option<String>,
    #[schema(max_length = 255)]
    buyer_tel: Option<String>,
    /// Instalments, months; 0 and 1 for all at once. Gateways take fewer, and small amounts not at all.
    #[schema(minimum = 0, maximum = 36)]
    card_quota: Option<u8>,
    /// ISO 4217; the channel's (KRW) unless told.
    #[schema(min_length = 3, max_length = 3, example = "KRW")]
    currency: Option<String>,
    /// The merchant's own data, at most 64 kB. An object or a list becomes its JSON text.
    custom_data: Option<String>,
    /// The billing key's name.
    #[schema(min_length = 1, max_length = 80, example = "gildong_0001_1234")]
    customer_uid: String,
    /// The merchant's order number, used once: after a payment or a cancel it is refused, after a failure it may be
    /// used again. It is what keeps a repeated call from charging twice.
    #[schema(min_length = 1, max_length = 40, example = "order_id_8237352")]
    merchant_uid: String,
    /// What is bought.
    #[schema(max_length = 255, example = "월간 이용권")]
    name: Option<String>,
    /// At most five URLs that get this payment's webhooks instead of the merchant's endpoint.
    #[schema(max_items = 5)]
    notice_url: Option<Vec<String>>,
    /// The part of `amount` that is free of tax.
    #[schema(minimum = 0)]
    tax_free: Option<f64>,
    /// The value added tax in `amount`; an eleventh of what is taxed unless told.
    #[schema(minimum = 0)]
    vat_amount: Option<f64>,
}

/// A cancel, of all that is left or of a part.
#[derive(ToSchema)]
#[schema(example = json!({"merchant_uid": "order_id_8237352", "amount": 1000, "checksum": 3000, "reason": "고객 요청"}))]
#[expect(dead_code, reason = "describes what others read")]
pub struct CancelRequest {
    /// How much to give back, in the unit of the payment's currency; all that is left when 0 or not told.
    #[schema(minimum = 0, example = 1000)]
    amount: Option<f64>,
    /// What the caller believes is left. Where it is not, nothing is cancelled.
    #[schema(minimum = 0)]
    checksum: Option<f64>,
    /// Whether this cancel is told by webhook too.
    enable_webhook: Option<bool>,
    /// The payment. It wins over `merchant_uid`; one of them is required.
    #[schema(max_length = 255)]
    imp_uid: Option<String>,
    /// The payment, by the merchant's order number.
    #[schema(max_length = 255, example = "order_id_8237352")]
    merchant_uid: Option<String>,
    /// Why; `취소요청api` unless told.
    #[schema(max_length = 255, example = "고객 요청")]
    reason: Option<String>,
}

/// The amount that a window must ask for.
#[derive(ToSchema)]
#[schema(example = json!({"merchant_uid": "order_id_8237352", "amount": 3000}))]
#[expect(dead_code, reason = "describes what others read")]
pub struct PrepareRequest {
    /// In the unit of the window's currency.
    #[schema(minimum = 0, maximum = 1_000_000_000_000.0, example = 3000)]
    amount: f64,
    /// ISO 4217; any will do unless told.
    #[schema(min_length = 3, max_length = 3, example = "KRW")]
    currency: Option<String>,
    /// The merchant's order number.
    #[schema(min_length = 1, max_length = 40, example = "order_id_8237352")]
    merchant_uid: String,
}

/// Charges that make themselves later.
#[derive(ToSchema)]
#[schema(example = json!({
    "customer_uid": "gildong_0001_1234",
    "schedules": [
        {"merchant_uid": "order_id_8237353", "schedule_at": 4_102_412_400_i64, "amount": 3000, "name": "월간 이용권"},
    ],
}))]
#[expect(dead_code, reason = "describes what others read")]
pub struct ScheduleRequest {
    /// Charged at once and given back, to prove the card; in won.
    #[schema(minimum = 0)]
    checking_amount: Option<f64>,
    /// The billing key that is charged.
    #[schema(min_length = 1, max_length = 80, example = "gildong_0001_1234")]
    customer_uid: String,
    /// At most 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    schedules: Vec<ScheduleEntry>,
}

/// One charge that makes itself. What `again` takes besides is taken here too.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others read")]
pub struct ScheduleEntry {
    /// What to charge, above 0, in the unit of `currency`.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000_000_000.0, example = 3000)]
    amount: f64,
    /// ISO 4217; the channel's (KRW) unless told.
    #[schema(min_length = 3, max_length = 3, example = "KRW")]
    currency: Option<String>,
    /// The merchant's own data, at most 64 kB.
    custom_data: Option<String>,
    /// The merchant's order number; none that is scheduled or used.
    #[schema(min_length = 1, max_length = 40, example = "order_id_8237353")]
    merchant_uid: String,
    /// What is bought; made where it is not told.
    #[schema(max_length = 255, example = "월간 이용권")]
    name: Option<String>,
    /// At most five URLs that get this payment's webhooks.
    #[schema(max_items = 5)]
    notice_url: Option<Vec<String>>,
    /// When to charge; unix seconds, in the future.
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 4_102_412_400_i64)]
    schedule_at: i64,
}

/// Which schedules to revoke: all of a billing key, or those that are named.
#[derive(ToSchema)]
#[schema(example = json!({"customer_uid": "gildong_0001_1234", "merchant_uid": ["order_id_8237353"]}))]
#[expect(dead_code, reason = "describes what others read")]
pub struct UnscheduleRequest {
    /// The billing key. One of both is required.
    #[schema(max_length = 255, example = "gildong_0001_1234")]
    customer_uid: Option<String>,
    /// Order numbers, at most 1,000; one may be told as text.
    #[schema(max_items = 1000)]
    merchant_uid: Option<Vec<String>>,
}

/// Another time.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others read")]
pub struct NewTimeRequest {
    /// When to charge; unix seconds, in the future.
    #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 4_105_090_800_i64)]
    schedule_at: i64,
}

/// Our id in the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what others read")]
pub struct ImpUidInPath {
    /// Our id of the payment.
    #[param(min_length = 1, example = "imps_448280090638")]
    imp_uid: String,
}

/// The merchant's order number in the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what others read")]
pub struct MerchantUidInPath {
    /// The merchant's order number, percent-encoded.
    #[param(min_length = 1, example = "order_id_8237352")]
    merchant_uid: String,
}

/// The order number of a schedule in the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what others read")]
pub struct ScheduledUidInPath {
    /// The order number of the schedule, percent-encoded.
    #[param(min_length = 1, example = "order_id_8237353")]
    merchant_uid: String,
}

/// A billing key's name in the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what others read")]
pub struct CustomerUidInPath {
    /// The billing key's name, percent-encoded.
    #[param(min_length = 1, example = "gildong_0001_1234")]
    customer_uid: String,
}

/// A status in the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what others read")]
pub struct StatusInPath {
    /// What V1 shows of a payment's state; `all` for any.
    payment_status: AskedStatus,
}

/// In which order payments come.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what others read")]
pub struct SortingInQuery {
    /// `started`, `paid` or `updated`; with `-` before it the latest comes first.
    #[param(default = "-started")]
    sorting: Option<String>,
}

/// The page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what others read")]
pub struct PageInQuery {
    /// Counts from 1.
    #[param(minimum = 1, maximum = 1_000_000_000, default = 1)]
    page: Option<i64>,
}

/// How many are on a page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what others read")]
pub struct LimitInQuery {
    /// How many are on a page.
    #[param(minimum = 1, maximum = 1000, default = 20)]
    limit: Option<i64>,
}

/// The window of a list of payments.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what others read")]
pub struct WindowInQuery {
    /// The beginning of the window, unix seconds, by the time that belongs to the status. 90 days before `to` unless
    /// told, and at most.
    #[param(minimum = 0, maximum = 99_999_999_999_i64)]
    from: Option<i64>,
    /// The end of the window, unix seconds; now unless told.
    #[param(minimum = 0, maximum = 99_999_999_999_i64)]
    to: Option<i64>,
}

/// The window of a list of schedules.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what others read")]
pub struct ScheduleWindowInQuery {
    /// The beginning of the window of due times, unix seconds; in it. `from` is the same.
    #[param(minimum = 0, maximum = 99_999_999_999_i64, example = 4_102_412_400_i64)]
    schedule_from: i64,
    /// The end of the window, unix seconds; not in it. At most three months (93 days) later. `to` is the same.
    #[param(minimum = 0, maximum = 99_999_999_999_i64, example = 4_109_000_000_i64)]
    schedule_to: i64,
    /// Only those in this state. `schedule-status` is the same.
    schedule_status: Option<ScheduleStatus>,
    /// `scheduled` for the earliest first, `-scheduled` for the latest.
    #[param(default = "-scheduled")]
    sorting: Option<String>,
}

/// The key that makes a repeated call do nothing twice.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what others read")]
pub struct IdempotencyKey {
    /// Ours, and not V1's: the same key and the same request get the same answer for 24 hours. 1 to 255 characters of
    /// ASCII.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[ -~]+$"
    )]
    idempotency_key: Option<String>,
}
