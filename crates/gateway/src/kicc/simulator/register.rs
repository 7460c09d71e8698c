//! `/api/ep9/trades/webpay`: a merchant's server registers a window.

use serde_json::{Value, json};

use super::codes::{self, Refusal};
use super::fields::Fields;
use super::window::{Certificate, Language, Opened};
use super::{Kicc, PROVIDER};
use crate::sandbox::{Meddling, korea};

impl Kicc {
    /// Registers a window that issues a key.
    pub(super) fn register(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Refusal> {
        if let Some(code) = meddling.decline(codes::NOT_ALLOWED) {
            return Err(Refusal::new(&code));
        }
        let opened = self.read_opened(fields)?;
        // Nobody may guess it: the return is not signed.
        let now_ms = self.world.now_ms();
        let id = format!("{}{}", &korea::stamp(now_ms)[2..], self.world.random_hex());
        let base = self.world.url(PROVIDER);
        self.windows.put(&id, opened, now_ms);
        Ok(json!({
            "resCd": codes::OK,
            "resMsg": codes::message(codes::OK),
            "authPageUrl": format!("{base}/view/trades/cert-req.do?authorizationId={id}"),
        }))
    }

    fn read_opened(&self, fields: &Fields) -> Result<Opened, Refusal> {
        let mall_id = self.mall(fields)?;
        let order_id = fields.order_no()?;
        if self.book().was_used(mall_id, order_id) {
            return Err(Refusal::of(&self.settings.duplicate_code, "shopOrderNo"));
        }
        fields.constant("payMethodTypeCode", "81")?;
        // A key is issued without money.
        if fields.number("amount")? != 0 {
            return Err(Refusal::of(codes::BAD_FIELD, "amount"));
        }
        fields.constant("currency", "00")?;
        fields.constant("clientTypeCode", "00")?;
        let return_url = fields.required("returnUrl", 256)?;
        if !is_web_url(return_url) {
            return Err(Refusal::of(codes::BAD_FIELD, "returnUrl"));
        }
        let mobile = one_of(fields, "deviceTypeCode", &[("pc", false), ("mobile", true)])?;
        let certificates = [
            ("0", Certificate::Password),
            ("1", Certificate::Expiry),
            ("2", Certificate::Birth),
        ];
        let certificate = one_of(
            fields,
            "payMethodInfo.billKeyMethodInfo.certType",
            &certificates,
        )?;
        check_customer(fields)?;
        let shop_name = match fields.optional("mallName", 40)? {
            "" => mall_id,
            name => name,
        };
        Ok(Opened {
            mall_id: mall_id.to_owned(),
            order_id: order_id.to_owned(),
            shop_name: shop_name.to_owned(),
            order_name: fields.required("orderInfo.goodsName", 50)?.to_owned(),
            amount: 0,
            return_url: return_url.to_owned(),
            mobile,
            certificate,
            language: language(fields)?,
            values: values(fields)?,
        })
    }
}

/// A field that must have one of some values, and what the value means.
fn one_of<T: Copy>(fields: &Fields, path: &'static str, known: &[(&str, T)]) -> Result<T, Refusal> {
    let sent = fields.required(path, 20)?;
    let found = known.iter().find(|(value, _)| *value == sent);
    found
        .map(|(_, meaning)| *meaning)
        .ok_or(Refusal::of(codes::BAD_FIELD, path))
}

fn check_customer(fields: &Fields) -> Result<(), Refusal> {
    match fields.optional("orderInfo.goodsTypeCode", 1)? {
        "" | "0" | "1" => {}
        _ => return Err(Refusal::of(codes::BAD_FIELD, "orderInfo.goodsTypeCode")),
    }
    fields.optional("orderInfo.customerInfo.customerId", 20)?;
    fields.optional("orderInfo.customerInfo.customerName", 20)?;
    fields.optional("orderInfo.customerInfo.customerMail", 50)?;
    fields.optional("orderInfo.customerInfo.customerAddr", 200)?;
    let number = "orderInfo.customerInfo.customerContactNo";
    if !fields
        .optional(number, 11)?
        .bytes()
        .all(|b| b.is_ascii_digit())
    {
        return Err(Refusal::of(codes::BAD_FIELD, number));
    }
    Ok(())
}

fn language(fields: &Fields) -> Result<Language, Refusal> {
    match fields.optional("langFlag", 3)? {
        "" | "KOR" => Ok(Language::Korean),
        // The simulator speaks two languages.
        "ENG" | "JPN" | "CHN" => Ok(Language::English),
        _ => Err(Refusal::of(codes::BAD_FIELD, "langFlag")),
    }
}

/// `value1` to `value7`, which the return repeats.
fn values(fields: &Fields) -> Result<[String; 7], Refusal> {
    let value = |path, chars_max| fields.optional(path, chars_max).map(str::to_owned);
    Ok([
        value("shopValueInfo.value1", 64)?,
        value("shopValueInfo.value2", 64)?,
        value("shopValueInfo.value3", 32)?,
        value("shopValueInfo.value4", 32)?,
        value("shopValueInfo.value5", 64)?,
        value("shopValueInfo.value6", 64)?,
        value("shopValueInfo.value7", 64)?,
    ])
}

fn is_web_url(url: &str) -> bool {
    let scheme = ["http://", "https://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    scheme.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !url.contains(char::is_control)
}
