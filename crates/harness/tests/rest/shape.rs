//! What a response is: its keys and the kinds of its values.

use serde_json::Value;

/// The kinds of responses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `null`.
    Null,
    /// A token.
    Token,
    /// A payment.
    Payment,
    /// A list of so many payments.
    Payments(usize),
    /// A page of payments, with how many it shows.
    PaymentPage(usize),
    /// A billing key's holder.
    Customer,
    /// A list of so many of them.
    Customers(usize),
    /// A schedule.
    Schedule,
    /// A list of so many of them.
    Schedules(usize),
    /// A page of schedules, with how many it shows.
    SchedulePage(usize),
    /// An amount that was told before.
    Prepared,
    /// How a payment's money divides.
    Balance,
    /// A code and its name.
    Code,
    /// At least so many of them.
    Codes(usize),
    /// At least so many channels.
    Channels(usize),
    /// An object with these keys, in their order.
    Keys(&'static str),
}

/// Which keys an object has, all of them always: `name:kind`, in alphabetical order. Kinds: `s` a text, `s?` a text or
/// null, `i` a whole number, `i?` that or null, `n` a number, `b` a boolean, `l` a list, `o?` an object or null.
const PAYMENT: &str = "amount:n apply_num:s? bank_code:s? bank_name:s? buyer_addr:s? buyer_email:s? buyer_name:s? \
    buyer_postcode:s? buyer_tel:s? cancel_amount:n cancel_history:l cancel_reason:s? cancel_receipt_urls:l \
    cancelled_at:i card_code:s? card_issuer_code:s? card_issuer_name:s? card_name:s? card_number:s? \
    card_publisher_code:s? card_publisher_name:s? card_quota:i card_type:i? cash_receipt_issued:b channel:s \
    currency:s custom_data:s? customer_uid:s? customer_uid_usage:s? emb_pg_provider:s? escrow:b fail_reason:s? \
    failed_at:i imp_uid:s merchant_uid:s name:s? paid_at:i pay_method:s pg_id:s? pg_provider:s? pg_tid:s? \
    promotion:o? receipt_url:s? sandbox:b started_at:i status:s user_agent:s vbank_code:s? vbank_date:i \
    vbank_holder:s? vbank_issued_at:i vbank_name:s? vbank_num:s?";
const CANCEL: &str = "amount:n cancellation_id:s cancelled_at:i pg_tid:s? reason:s receipt_url:s?";
const CUSTOMER: &str = "card_code:s? card_issuer_code:s? card_issuer_name:s? card_name:s? card_number:s? \
    card_publisher_code:s? card_publisher_name:s? card_type:i? customer_addr:s? customer_email:s? customer_id:s? \
    customer_name:s? customer_postcode:s? customer_tel:s? customer_uid:s inserted:i pg_id:s pg_provider:s sandbox:b \
    updated:i";
const SCHEDULE: &str = "amount:n buyer_addr:s? buyer_email:s? buyer_name:s? buyer_postcode:s? buyer_tel:s? currency:s \
    custom_data:s? customer_id:s? customer_uid:s executed_at:i fail_reason:s? imp_uid:s? merchant_uid:s name:s? \
    payment_status:s? pg_id:s? pg_provider:s? promotion_id:s? revoked_at:i schedule_at:i schedule_status:s";
const PAGE: &str = "list:l next:i previous:i total:i";
const TOKEN: &str = "access_token:s expired_at:i now:i";
const PREPARED: &str = "amount:n currency:s? merchant_uid:s";
const BALANCE: &str = "amount:n cash_receipt:o? discount:o histories:l primary:o secondary:o";
const CODE: &str = "code:s name:s";
const CHANNEL: &str = "channel_key:s channel_name:s pg_id:s pg_provider:s sandbox:b type:s";

impl Shape {
    /// Says what is wrong with a response.
    pub fn check(self, response: &Value) -> Result<(), String> {
        match self {
            Shape::Null if response.is_null() => Ok(()),
            Shape::Null => Err(format!("the response is not null: {response}")),
            Shape::Token => {
                object(TOKEN, response)?;
                let life = response["expired_at"].as_i64() > response["now"].as_i64();
                life.then_some(()).ok_or("the token is over".to_owned())
            }
            Shape::Payment => payment(response),
            Shape::Payments(count) => list(response, count, payment),
            Shape::PaymentPage(count) => page(response, count, payment),
            Shape::Customer => object(CUSTOMER, response),
            Shape::Customers(count) => list(response, count, |one| object(CUSTOMER, one)),
            Shape::Schedule => object(SCHEDULE, response),
            Shape::Schedules(count) => list(response, count, |one| object(SCHEDULE, one)),
            Shape::SchedulePage(count) => page(response, count, |one| object(SCHEDULE, one)),
            Shape::Prepared => object(PREPARED, response),
            Shape::Balance => object(BALANCE, response),
            Shape::Code => object(CODE, response),
            Shape::Codes(least) => at_least(response, least, |one| object(CODE, one)),
            Shape::Channels(least) => at_least(response, least, |one| object(CHANNEL, one)),
            Shape::Keys(keys) => object(keys, response),
        }
    }
}

fn payment(one: &Value) -> Result<(), String> {
    object(PAYMENT, one)?;
    let text = |name: &str| one[name].as_str().unwrap_or_default();
    let happened = |name: &str| one[name].as_i64().is_some_and(|at| at > 0);
    let (time, reason) = match text("status") {
        "paid" => (happened("paid_at"), true),
        "cancelled" => (happened("paid_at") && happened("cancelled_at"), true),
        // The gateway's code and its text.
        "failed" => (happened("failed_at"), text("fail_reason").starts_with('[')),
        "ready" => (!happened("paid_at") && !happened("failed_at"), true),
        other => return Err(format!("no status: {other}")),
    };
    if !time || !reason || !happened("started_at") {
        return Err("times or reason do not fit the status".to_owned());
    }
    // Those of a window have another beginning than those of a call.
    let begins = if text("channel") == "api" {
        "imps_"
    } else {
        "imp_"
    };
    let number = text("imp_uid").strip_prefix(begins);
    if !number.is_some_and(|n| n.len() == 12 && n.bytes().all(|b| b.is_ascii_digit())) {
        return Err(format!(
            "imp_uid does not begin with {begins} and have 12 digits"
        ));
    }
    let cancels = one["cancel_history"].as_array().into_iter().flatten();
    for cancel in cancels {
        object(CANCEL, cancel)?;
    }
    Ok(())
}

fn page(
    response: &Value,
    count: usize,
    each: impl Fn(&Value) -> Result<(), String>,
) -> Result<(), String> {
    object(PAGE, response)?;
    list(&response["list"], count, each)
}

fn list(
    response: &Value,
    count: usize,
    each: impl Fn(&Value) -> Result<(), String>,
) -> Result<(), String> {
    let length = response.as_array().map(Vec::len);
    if length != Some(count) {
        return Err(format!("{length:?} in a list that should have {count}"));
    }
    at_least(response, count, each)
}

fn at_least(
    response: &Value,
    least: usize,
    each: impl Fn(&Value) -> Result<(), String>,
) -> Result<(), String> {
    let all = response.as_array().ok_or("no list")?;
    if all.len() < least {
        return Err(format!("{} of at least {least}", all.len()));
    }
    all.iter().try_for_each(each)
}

fn object(keys: &str, response: &Value) -> Result<(), String> {
    let object = response.as_object().ok_or("the response is no object")?;
    let expected: Vec<(&str, &str)> = keys
        .split_whitespace()
        .map(|key| key.split_once(':').expect("a name and a kind"))
        .collect();
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let got: Vec<&str> = object.keys().map(String::as_str).collect();
    if got != names {
        return Err(format!("keys {got:?} instead of {names:?}"));
    }
    let wrong = expected
        .iter()
        .find(|(name, kind)| !is_of_kind(&object[*name], kind));
    match wrong {
        Some((name, kind)) => Err(format!("{name} is not {kind}: {}", object[*name])),
        None => Ok(()),
    }
}

fn is_of_kind(value: &Value, kind: &str) -> bool {
    match kind {
        "s" => value.is_string(),
        "i" => value.is_i64(),
        "n" => value.is_number(),
        "b" => value.is_boolean(),
        "l" => value.is_array(),
        "o" => value.is_object(),
        maybe => value.is_null() || is_of_kind(value, maybe.trim_end_matches('?')),
    }
}

/// Whether a value holds a part: an object its members, a list just as many elements that hold theirs.
pub fn holds(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| value.get(name).is_some_and(|value| holds(value, part))),
        (Value::Array(value), Value::Array(part)) => {
            value.len() == part.len() && value.iter().zip(part).all(|(v, p)| holds(v, p))
        }
        _ => value == part,
    }
}
