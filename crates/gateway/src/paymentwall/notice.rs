//! Pingbacks: signed, so that they are Paymentwall's word. They come as a GET to the URL that the project is set to; one may
//! come again and late, and after a word that contradicts it.

use dangol_domain::{Currency, Failure, FailureClass};

use super::{facts, fields, sign};
use crate::codec_sorted_hash::{self, Version};
use crate::contract::{Channel, News, Notice, NoticeSays, NoticeWord};
use crate::lenient::shown_code;

/// Why money was given back, by the numbers of a pingback's `reason`.
const REASONS: &[(&str, &str)] = &[
    ("1", "지불거절(차지백)"),
    ("2", "카드 부정사용"),
    ("3", "부정거래"),
    ("4", "잘못된 정보"),
    ("5", "허위 사용자"),
    ("6", "광고주의 거절"),
    ("7", "중복 결제"),
    ("8", "호의로 준 것의 회수"),
    ("9", "환불"),
    (PARTIAL_REVERSAL, "부분 취소"),
];
const PARTIAL_REVERSAL: &str = "10";

/// A pingback of which the signature was found right.
struct Pingback<'a> {
    version: Version,
    fields: Vec<(&'a str, &'a str)>,
}

impl Pingback<'_> {
    /// A field, empty when missing.
    fn get(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| *value)
    }

    /// Whether the signature covers every field, and not only those of its first version.
    fn is_covered(&self) -> bool {
        self.version != Version::V1
    }
}

/// Reads a pingback.
pub fn read(channel: &Channel, notice: &Notice) -> NoticeSays {
    match proven(channel, notice) {
        Ok(pingback) => says(channel, &pingback),
        Err(why) => NoticeSays::Refused(why.to_owned()),
    }
}

/// Checks the signature over the values as they arrived.
fn proven<'a>(channel: &Channel, notice: &'a Notice) -> Result<Pingback<'a>, &'static str> {
    let mut fields: Vec<(&str, &str)> = Vec::new();
    for (name, value) in &notice.fields {
        let value = std::str::from_utf8(value).map_err(|_| "a field is not UTF-8")?;
        if fields.iter().any(|(known, _)| known == name) {
            return Err("a field comes twice");
        }
        fields.push((name, value));
    }
    let secret = channel.credential("secret_key");
    let told = take(&mut fields, "sig").unwrap_or_default();
    if secret.is_empty() || told.is_empty() {
        return Err("there is no signature, or no secret key to check it with");
    }
    let number = fields.iter().find(|(name, _)| *name == "sign_version");
    let version = Version::parse(number.map_or("", |(_, number)| *number));
    let version = version.ok_or("sign_version is not known")?;
    let least = Version::parse(channel.dialect(facts(), "notice_sign_version_min"));
    if !sign::at_least(version, least.unwrap_or(Version::V3)) {
        return Err("the signature is of an older version than the channel allows");
    }
    let due = sign::signature(version, &fields, secret);
    match codec_sorted_hash::fits(&due, told) {
        true => Ok(Pingback { version, fields }),
        false => Err("the signature is wrong"),
    }
}

fn take<'a>(fields: &mut Vec<(&'a str, &'a str)>, name: &str) -> Option<&'a str> {
    let at = fields.iter().position(|(known, _)| *known == name)?;
    Some(fields.remove(at).1)
}

/// What a proven pingback says.
fn says(channel: &Channel, pingback: &Pingback<'_>) -> NoticeSays {
    let (order_id, kind) = (pingback.get("goodsid"), pingback.get("type"));
    if order_id.is_empty() {
        // Of virtual currency or of an offer: nothing of ours.
        return NoticeSays::Nothing;
    }
    let Some(pg_tid) = fields::plain_id(pingback.get("ref")) else {
        return NoticeSays::Refused("ref is not a payment's reference".to_owned());
    };
    let hint = |claim: String| NoticeSays::Hint {
        order_id: order_id.to_owned(),
        pg_tid: Some(pg_tid.to_owned()),
        claim,
    };
    if is_test(pingback) && !is_test_channel(channel) {
        return hint(format!("a test pingback of type {}", shown_code(kind)));
    }
    let news = match kind {
        "0" | "1" | "201" => News::Approved { key: None },
        "200" => News::Pending("Paymentwall reviews the payment's risk".to_owned()),
        "202" | "203" => News::Declined(declined(kind)),
        "2" if is_partial(pingback) => match cancelled_part(pingback) {
            Some(news) => news,
            None => return hint("a partial reversal without its amount".to_owned()),
        },
        "2" => News::CancelledAll {
            reason: reason(pingback),
        },
        "220" => match cancelled_part(pingback) {
            Some(news) => news,
            None => return hint("a partial refund without a proven amount".to_owned()),
        },
        // Paymentwall's own recurring payments, of which we make none.
        "12" | "13" | "14" => return NoticeSays::Nothing,
        _ => return hint("a pingback of a type that is not listed".to_owned()),
    };
    NoticeSays::Word(NoticeWord {
        order_id: order_id.to_owned(),
        pg_tid: pg_tid.to_owned(),
        news,
    })
}

fn is_test(pingback: &Pingback<'_>) -> bool {
    !matches!(pingback.get("is_test"), "" | "0")
}

/// Whether the channel's keys are Brick's test keys.
pub fn is_test_channel(channel: &Channel) -> bool {
    channel.credential("brick_public_key").starts_with("t_")
}

fn is_partial(pingback: &Pingback<'_>) -> bool {
    pingback.get("reason") == PARTIAL_REVERSAL
}

/// How much was given back, when the signature covers it.
fn cancelled_part(pingback: &Pingback<'_>) -> Option<News> {
    let amount = pingback.get("refund_amount");
    let is_some = amount.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let currency = match pingback.get("currency") {
        "" => None,
        told => Some(Currency::parse(told)?),
    };
    let id = pingback.get("merchant_refund_id");
    (pingback.is_covered() && fields::is_decimal(amount) && is_some).then(|| News::CancelledPart {
        amount: amount.to_owned(),
        currency,
        cancel_id: (!id.is_empty()).then(|| id.to_owned()),
        reason: reason(pingback),
    })
}

/// Why, in words.
fn reason(pingback: &Pingback<'_>) -> String {
    let number = pingback.get("reason");
    let known = REASONS.iter().find(|(known, _)| *known == number);
    known.map_or("환불", |(_, words)| *words).to_owned()
}

/// The failure of a payment that its review ended.
pub fn declined(code: &str) -> Failure {
    let text = match code {
        "203" => "승인이 취소되었습니다.",
        _ => "페이먼트월의 위험 심사에서 거절되었습니다.",
    };
    Failure::new(FailureClass::Decline, shown_code(code), text)
}
