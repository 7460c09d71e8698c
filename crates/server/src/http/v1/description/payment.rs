//! The payment, as V1 shows it, and what its money is made of.

use utoipa::ToSchema;

use super::a_gateway;

/// A payment: one attempt to charge, or the registration of a card. All keys are always there. A time is in unix
/// seconds, and 0 when it did not happen. An amount is in the unit of `currency`: 3000 are 3,000 won, 30.5 are 30.50
/// dollars.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Payment {
    /// What the order asked for; cancels do not change it. In the unit of `currency`.
    #[schema(example = 3000)]
    amount: f64,
    /// The card company's approval number.
    #[schema(example = "30001234")]
    apply_num: Option<String>,
    /// Always null: not about billing keys.
    bank_code: Option<String>,
    /// Always null: not about billing keys.
    bank_name: Option<String>,
    /// As it was told.
    buyer_addr: Option<String>,
    /// As it was told.
    buyer_email: Option<String>,
    /// As it was told.
    #[schema(example = "홍길동")]
    buyer_name: Option<String>,
    /// As it was told.
    buyer_postcode: Option<String>,
    /// As it was told.
    buyer_tel: Option<String>,
    /// The sum of what was given back, in the unit of `currency`.
    #[schema(example = 0)]
    cancel_amount: f64,
    /// Each time that money was given back, oldest first.
    #[schema(example = json!([]))]
    cancel_history: Vec<Cancellation>,
    /// Why money was given back, the last time.
    cancel_reason: Option<String>,
    /// The gateway's receipts of cancels, where it has them.
    #[schema(example = json!([]))]
    cancel_receipt_urls: Vec<String>,
    /// When money was given back, the last time; unix seconds, 0 for never.
    #[schema(example = 0)]
    cancelled_at: i64,
    /// The card company's code, see `GET /cards`.
    #[schema(example = "381")]
    card_code: Option<String>,
    /// Not told apart from `card_code` yet: null.
    card_issuer_code: Option<String>,
    /// Not told apart from `card_name` yet: null.
    card_issuer_name: Option<String>,
    /// The card company's name.
    #[schema(example = "KB국민카드")]
    card_name: Option<String>,
    /// The card's number, masked: six digits and four at most.
    #[schema(example = "424242******4242")]
    card_number: Option<String>,
    /// Null.
    card_publisher_code: Option<String>,
    /// Null.
    card_publisher_name: Option<String>,
    /// Instalments, months; 0 for all at once.
    #[schema(example = 0)]
    card_quota: u8,
    /// 0 credit, 1 check; null where the gateway does not tell.
    #[schema(minimum = 0, maximum = 1, example = 0)]
    card_type: Option<u8>,
    /// Always false: not about billing keys.
    #[schema(example = false)]
    cash_receipt_issued: bool,
    /// Where it came from: a computer's or a phone's browser, or this API.
    channel: Origin,
    /// ISO 4217.
    #[schema(example = "KRW")]
    currency: String,
    /// The merchant's own data, as text; what was told as JSON is its JSON text.
    custom_data: Option<String>,
    /// The billing key that was used or issued.
    #[schema(example = "gildong_0001_1234")]
    customer_uid: Option<String>,
    /// What was done with the billing key.
    #[schema(example = "payment")]
    customer_uid_usage: Option<Usage>,
    /// Always null.
    emb_pg_provider: Option<String>,
    /// Always false: not about billing keys.
    #[schema(example = false)]
    escrow: bool,
    /// Of a failed payment why: `[CODE] text` of the gateway.
    fail_reason: Option<String>,
    /// When it failed; unix seconds, 0 for never.
    #[schema(example = 0)]
    failed_at: i64,
    /// Our id: `imp_` from a window, `imps_` from this API, and 12 digits.
    #[schema(max_length = 32, example = "imps_448280090638")]
    imp_uid: String,
    /// The merchant's order number.
    #[schema(max_length = 40, example = "order_id_8237352")]
    merchant_uid: String,
    /// What was bought.
    #[schema(example = "월간 이용권")]
    name: Option<String>,
    /// When it was paid; unix seconds, 0 for never.
    #[schema(example = 1_764_115_201)]
    paid_at: i64,
    /// How it was paid: `card`, and `point` and the like where a gateway says so.
    #[schema(example = "card")]
    pay_method: String,
    /// The merchant's id at the gateway.
    #[schema(example = "A52Q7")]
    pg_id: Option<String>,
    /// The gateway.
    #[schema(example = json!(a_gateway()))]
    pg_provider: Option<String>,
    /// The gateway's number of the payment.
    #[schema(example = "24042512345678")]
    pg_tid: Option<String>,
    /// Always null: there are no promotions.
    promotion: Option<Promotion>,
    /// The gateway's receipt, where it has one.
    receipt_url: Option<String>,
    /// Whether no real money moved.
    #[schema(example = true)]
    sandbox: bool,
    /// When the window was opened or this API was called; unix seconds.
    #[schema(example = 1_764_115_200)]
    started_at: i64,
    /// `ready` until the outcome is known; `cancelled` from the first money that was given back.
    status: PaymentStatus,
    /// The buyer's browser, or a text that says that there is none.
    #[schema(example = "sorry_not_supported_anymore")]
    user_agent: String,
    /// Always null: not about billing keys.
    vbank_code: Option<String>,
    /// Always 0: not about billing keys.
    #[schema(example = 0)]
    vbank_date: i64,
    /// Always null: not about billing keys.
    vbank_holder: Option<String>,
    /// Always 0: not about billing keys.
    #[schema(example = 0)]
    vbank_issued_at: i64,
    /// Always null: not about billing keys.
    vbank_name: Option<String>,
    /// Always null: not about billing keys.
    vbank_num: Option<String>,
}

/// Money that was given back once.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Cancellation {
    /// How much, in the unit of the payment's `currency`.
    #[schema(example = 1000)]
    amount: f64,
    /// Our id of it, the same in its webhook.
    #[schema(example = "cancel_5f0c2a9b7d31")]
    cancellation_id: String,
    /// When; unix seconds.
    #[schema(example = 1_764_201_600)]
    cancelled_at: i64,
    /// The gateway's number of the cancel, or of the payment where a cancel has none.
    #[schema(example = "24042512345679")]
    pg_tid: String,
    /// Why.
    #[schema(example = "취소요청api")]
    reason: String,
    /// The gateway's receipt, where it has one.
    receipt_url: Option<String>,
}

/// A discount of the gateway's.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Promotion {
    /// How much, in the unit of the payment's `currency`.
    discount: f64,
    /// Its id.
    id: String,
}

/// Where a payment came from.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase", example = "api")]
#[expect(dead_code, reason = "describes what others build")]
pub enum Origin {
    Pc,
    Mobile,
    Api,
}

/// What was done with a billing key.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub enum Usage {
    #[schema(rename = "issue")]
    Issue,
    #[schema(rename = "payment")]
    Payment,
    #[schema(rename = "payment.scheduled")]
    Scheduled,
}

/// The four words that V1 has for a payment's state.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase", example = "paid")]
#[expect(dead_code, reason = "describes what others build")]
pub enum PaymentStatus {
    Ready,
    Paid,
    Cancelled,
    Failed,
}

/// How the money of a payment is left, and how it came to that. In the unit of its currency.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Balance {
    /// What was paid at first.
    #[schema(example = 3000)]
    amount: f64,
    /// All 0: there are no cash receipts for cards.
    cash_receipt: Parts,
    /// All 0: the gateway's discounts are not told apart.
    discount: Parts,
    /// The payment, then each cancel with what it took away, as negative numbers.
    histories: Vec<BalanceChange>,
    /// What is left on the card.
    primary: Parts,
    /// All 0: points are not told apart.
    secondary: Parts,
}

/// One change of a balance.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct BalanceChange {
    /// All 0.
    cash_receipt: Parts,
    /// When; unix seconds.
    #[schema(example = 1_764_115_201)]
    created: i64,
    /// All 0.
    discount: Parts,
    /// What the card paid, or got back as negative numbers.
    primary: Parts,
    /// All 0.
    secondary: Parts,
}

/// The parts of an amount, in the unit of the payment's currency.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Parts {
    /// Always 0.
    #[schema(example = 0)]
    service: f64,
    /// What is taxed, without its tax.
    #[schema(example = 2727)]
    supply: f64,
    /// What is free of tax.
    #[schema(example = 0)]
    tax_free: f64,
    /// Value added tax.
    #[schema(example = 273)]
    vat: f64,
}

/// An amount that a window must ask for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what others build")]
pub struct Prepared {
    /// In the unit of `currency`.
    #[schema(example = 3000)]
    amount: f64,
    /// ISO 4217; null: any will do.
    #[schema(example = "KRW")]
    currency: Option<String>,
    /// The merchant's order number.
    #[schema(example = "order_id_8237352")]
    merchant_uid: String,
}
