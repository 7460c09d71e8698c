//! What key-in by API is told. A card's fields have examples and no defaults; nobody keeps them.

use utoipa::ToSchema;

/// A card that is charged once. Takes what `again` takes besides.
#[derive(ToSchema)]
#[schema(example = json!({
    "merchant_uid": "order_id_8237360", "amount": 3000, "name": "전화 주문", "card_number": "4242-4242-4242-4242",
    "expiry": "2040-12", "birth": "910203", "pwd_2digit": "47", "buyer_name": "홍길동",
}))]
#[expect(dead_code, reason = "describes what others read")]
pub struct OnetimeRequest {
    /// What to charge, above 0, in the unit of `currency`.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000_000_000.0, example = 3000)]
    amount: f64,
    /// `YYMMDD`, or a business number of ten digits. Whether it is required is the channel's setting.
    birth: Option<String>,
    /// The buyer's IP address; the caller's unless told.
    #[schema(max_length = 255)]
    browser_ip: Option<String>,
    #[schema(max_length = 255)]
    buyer_addr: Option<String>,
    /// Some gateways want it, here and in all later charges of the key.
    #[schema(max_length = 255)]
    buyer_email: Option<String>,
    #[schema(max_length = 255, example = "홍길동")]
    buyer_name: Option<String>,
    #[schema(max_length = 255)]
    buyer_postcode: Option<String>,
    #[schema(max_length = 255)]
    buyer_tel: Option<String>,
    /// 13 to 19 digits, with or without dashes.
    #[schema(example = "4242-4242-4242-4242")]
    card_number: String,
    /// Instalments, months; 0 and 1 for all at once.
    #[schema(minimum = 0, maximum = 36)]
    card_quota: Option<u8>,
    /// The channel, if not the first that takes card data. It wins over `pg`.
    #[schema(max_length = 80)]
    channel_key: Option<String>,
    /// ISO 4217; the channel's (KRW) unless told.
    #[schema(min_length = 3, max_length = 3, example = "KRW")]
    currency: Option<String>,
    /// The merchant's own data, at most 64 kB. An object or a list becomes its JSON text.
    custom_data: Option<String>,
    /// With it the card's billing key is kept under this name once the charge is approved.
    #[schema(min_length = 1, max_length = 80)]
    customer_uid: Option<String>,
    /// Three or four digits; some gateways want it.
    cvc: Option<String>,
    /// `YYYY-MM`.
    #[schema(example = "2040-12")]
    expiry: String,
    /// The merchant's order number, used once; free again after a failure.
    #[schema(min_length = 1, max_length = 40, example = "order_id_8237360")]
    merchant_uid: String,
    /// What is bought.
    #[schema(max_length = 255, example = "전화 주문")]
    name: Option<String>,
    /// At most five URLs that get this payment's webhooks instead of the merchant's endpoint.
    #[schema(max_items = 5)]
    notice_url: Option<Vec<String>>,
    /// The gateway of the channel, alone or with the merchant's id there after a point.
    #[schema(max_length = 80)]
    pg: Option<String>,
    /// The first two digits of the card's password. Whether it is required is the channel's setting.
    pwd_2digit: Option<String>,
    /// The part of `amount` that is free of tax.
    #[schema(minimum = 0)]
    tax_free: Option<f64>,
    /// The value added tax in `amount`; an eleventh of what is taxed unless told.
    #[schema(minimum = 0)]
    vat_amount: Option<f64>,
}

/// A card whose billing key is made.
#[derive(ToSchema)]
#[schema(example = json!({
    "card_number": "4242-4242-4242-4242", "expiry": "2040-12", "birth": "910203", "pwd_2digit": "47", "customer_name": "홍길동",
}))]
#[expect(dead_code, reason = "describes what others read")]
pub struct CardRequest {
    /// `YYMMDD`, or a business number of ten digits. Whether it is required is the channel's setting.
    birth: Option<String>,
    /// 13 to 19 digits, with or without dashes.
    #[schema(example = "4242-4242-4242-4242")]
    card_number: String,
    /// The channel, if not the first that takes card data. It wins over `pg`.
    #[schema(max_length = 80)]
    channel_key: Option<String>,
    #[schema(max_length = 255)]
    customer_addr: Option<String>,
    #[schema(max_length = 255)]
    customer_email: Option<String>,
    #[schema(max_length = 255, example = "홍길동")]
    customer_name: Option<String>,
    #[schema(max_length = 255)]
    customer_postcode: Option<String>,
    #[schema(max_length = 255)]
    customer_tel: Option<String>,
    /// Three or four digits; some gateways want it.
    cvc: Option<String>,
    /// `YYYY-MM`.
    #[schema(example = "2040-12")]
    expiry: String,
    /// The gateway of the channel, alone or with the merchant's id there after a point.
    #[schema(max_length = 80)]
    pg: Option<String>,
    /// The first two digits of the card's password. Whether it is required is the channel's setting.
    pwd_2digit: Option<String>,
}
