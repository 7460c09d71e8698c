//! What the merchant's page gets: the callback's object, or the redirect's query.

use dangol_domain::clock::seconds;
use dangol_domain::v1::messages;
use dangol_domain::{FailureClass, Payment, State};
use dangol_store::windows::WindowRecord;
use serde_json::{Map, Value, json};

/// The end of a window, for the browser.
#[derive(Clone, Debug)]
pub struct WindowResult {
    /// The callback's object.
    pub object: Value,
    /// Where a redirecting window goes: `m_redirect_url` or one of our own two pages (then relative).
    pub redirect_url: String,
    /// Whether the window ends in a redirect.
    pub redirects: bool,
    /// Whether it ended well.
    pub success: bool,
}

impl WindowResult {
    /// Where a redirecting window goes, from whatever origin: our own two pages are on the main one.
    pub fn whole_redirect_url(&self, main: &str) -> String {
        let ours = self.redirect_url.starts_with('/');
        format!("{}{}", if ours { main } else { "" }, self.redirect_url)
    }
}

/// The result of a window's payment as it stands. `expired`: its time is over though nothing was recorded yet.
pub fn of(payment: &Payment, window: &WindowRecord, expired: bool) -> WindowResult {
    let success = payment.state.v1() == "paid";
    let (code, message) = failure(payment, expired);
    let object = if success {
        success_object(payment)
    } else {
        failure_object(payment, &code, &message)
    };
    WindowResult {
        object,
        redirect_url: redirect_url(payment, window, success, &code, &message),
        redirects: window.frame == "redirect",
        success,
    }
}

fn failure(payment: &Payment, expired: bool) -> (String, String) {
    match (&payment.failure, payment.state) {
        (Some(failure), State::Failed) if failure.class == FailureClass::UserCancel => {
            // Merchants compare this text by equality.
            ("F0005".to_owned(), messages::USER_CANCELLED.to_owned())
        }
        (Some(failure), State::Failed) if failure.class == FailureClass::Unconfirmed => {
            let text = messages::not_confirmed(&failure.message);
            ("CONFIRM_REFUSED".to_owned(), text)
        }
        (Some(failure), State::Failed) => {
            let code = if failure.code.is_empty() {
                "F500"
            } else {
                &failure.code
            };
            (code.to_owned(), failure.reason())
        }
        (_, State::Expired) => expired_window(),
        (_, State::Ready) if expired => expired_window(),
        _ => (
            "PENDING".to_owned(),
            "결제 결과를 확인하고 있습니다. 확인되면 웹훅으로 알려드립니다.".to_owned(),
        ),
    }
}

fn expired_window() -> (String, String) {
    (
        "F0004".to_owned(),
        "결제창의 유효시간이 지났습니다. 처음부터 다시 시도해주세요.".to_owned(),
    )
}

fn common(payment: &Payment, success: bool) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("success".into(), json!(success));
    object.insert("imp_success".into(), json!(success));
    object.insert("imp_uid".into(), json!(payment.imp_uid));
    object.insert("pay_method".into(), json!(payment.order.pay_method));
    object.insert("merchant_uid".into(), json!(payment.merchant_uid));
    object.insert("pg_provider".into(), json!(payment.order.pg_provider));
    object.insert("pg_type".into(), json!("payment"));
    object
}

fn success_object(payment: &Payment) -> Value {
    let mut object = common(payment, true);
    let (order, receipt) = (&payment.order, payment.receipt.as_ref());
    let card = receipt.map(|r| r.card.clone()).unwrap_or_default();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("name", json!(order.name));
    put("paid_amount", payment.money().json());
    put("currency", json!(payment.currency));
    put(
        "pg_tid",
        json!(receipt.map(|r| r.pg_tid.as_str()).unwrap_or_default()),
    );
    put(
        "apply_num",
        json!(
            receipt
                .and_then(|r| r.approval_number.as_deref())
                .unwrap_or_default()
        ),
    );
    put("buyer_name", json!(order.buyer.name));
    put("buyer_email", json!(order.buyer.email));
    put("buyer_tel", json!(order.buyer.tel));
    put("buyer_addr", json!(order.buyer.addr));
    put("buyer_postcode", json!(order.buyer.postcode));
    put("custom_data", custom_data(order.custom_data.as_deref()));
    put("status", json!(payment.state.v1()));
    put("paid_at", json!(payment.paid_at.map_or(0, seconds)));
    put(
        "receipt_url",
        json!(receipt.and_then(|r| r.receipt_url.clone())),
    );
    put("card_name", json!(card.name));
    put("bank_name", Value::Null);
    put("card_quota", json!(receipt.map_or(0, |r| r.quota)));
    put("card_number", json!(card.number));
    put("customer_uid", json!(payment.customer_uid));
    Value::Object(object)
}

/// The callback shows what the page gave: an object stays an object.
fn custom_data(text: Option<&str>) -> Value {
    let Some(text) = text else { return Value::Null };
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn failure_object(payment: &Payment, code: &str, message: &str) -> Value {
    let mut object = common(payment, false);
    object.insert("error_code".into(), json!(code));
    object.insert("error_msg".into(), json!(message));
    Value::Object(object)
}

fn redirect_url(
    payment: &Payment,
    window: &WindowRecord,
    success: bool,
    code: &str,
    message: &str,
) -> String {
    let (imp_uid, merchant_uid) = (payment.imp_uid.as_str(), payment.merchant_uid.as_str());
    let flag = if success { "true" } else { "false" };
    match &window.redirect_url {
        Some(url) => {
            let mut query = vec![
                ("imp_uid", imp_uid),
                ("merchant_uid", merchant_uid),
                ("imp_success", flag),
            ];
            if !success {
                query.extend([("error_code", code), ("error_msg", message)]);
            }
            with_query(url, &query)
        }
        // Old apps read everything behind `imp_uid=`, so it stands last here.
        None if success => with_query(
            "/payments/success",
            &[
                ("success", flag),
                ("merchant_uid", merchant_uid),
                ("imp_uid", imp_uid),
            ],
        ),
        None => with_query(
            "/payments/fail",
            &[
                ("imp_uid", imp_uid),
                ("success", flag),
                ("error_msg", message),
            ],
        ),
    }
}

/// Appends a query, percent-encoded once. An existing query stays, but for keys that are given anew: no key stands
/// twice, because some clients stop at a repeated one. A fragment stays behind the query.
pub fn with_query(url: &str, query: &[(&str, &str)]) -> String {
    let (front, fragment) = match url.split_once('#') {
        Some((front, fragment)) => (front, Some(fragment)),
        None => (url, None),
    };
    let (path, old) = front.split_once('?').unwrap_or((front, ""));
    let kept = old.split('&').filter(|pair| {
        let key = pair.split('=').next().unwrap_or("");
        !pair.is_empty() && !query.iter().any(|(name, _)| *name == key)
    });
    let added = query
        .iter()
        .map(|(key, value)| format!("{key}={}", percent_encode(value)));
    let all: Vec<String> = kept.map(str::to_owned).chain(added).collect();
    let fragment = fragment.map(|f| format!("#{f}")).unwrap_or_default();
    format!("{path}?{}{fragment}", all.join("&"))
}

/// Percent-encodes all but RFC 3986's unreserved characters (a space is `%20`).
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte as char);
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_added_once_and_encoded_once() {
        let query = [("imp_uid", "imp_1"), ("error_msg", "사용자 취소&x=1")];
        let encoded = "%EC%82%AC%EC%9A%A9%EC%9E%90%20%EC%B7%A8%EC%86%8C%26x%3D1";
        for (url, expected) in [
            (
                "https://m.example/p",
                format!("https://m.example/p?imp_uid=imp_1&error_msg={encoded}"),
            ),
            (
                "https://m.example/p?a=1",
                format!("https://m.example/p?a=1&imp_uid=imp_1&error_msg={encoded}"),
            ),
            (
                "https://m.example/p?",
                format!("https://m.example/p?imp_uid=imp_1&error_msg={encoded}"),
            ),
            (
                "https://m.example/p?imp_uid=old&a=%20",
                format!("https://m.example/p?a=%20&imp_uid=imp_1&error_msg={encoded}"),
            ),
            (
                "app://done#part",
                format!("app://done?imp_uid=imp_1&error_msg={encoded}#part"),
            ),
        ] {
            assert_eq!(with_query(url, &query), expected);
        }
    }
}
