//! Danal's window: announced first (AUTH), then the browser goes there with what Danal gave; and the exchange of what the
//! window authenticated for a billing key (ISSUEBILLKEY). With an amount, that exchange is a charge too.

use dangol_domain::{BillingKey, Device, Failure, FailureClass};
use serde_json::Value;

use super::codes::{self, Meaning, Step};
use super::messages::{Answer, Question, issue_key};
use super::returns::{self, Returned};
use super::talk::{self, NoAnswer, ask};
use super::{facts, fields};
use crate::contract::{Channel, HandOff, Issue, IssuedKey, Way, WindowOrder, WindowReturn};
use crate::lenient::{said, shown_code};
use crate::link;
use crate::wire::Wire;

/// The domain of Danal's windows, when its API is in it too.
const DOMAIN: &str = ".danalpay.com";
/// What passes through to the window's page rather than to AUTH: a colour and a logo.
const FOR_THE_PAGE: &[&str] = &["COLOR", "CIURL"];
/// What never passes through: what we may set ourselves, and what belongs to other questions. The names come from a browser.
const NOT_PASSED: &[&str] = &[
    "CPID",
    "DATA",
    "SUBCPID",
    "TID",
    "O_TID",
    "TXTYPE",
    "SERVICETYPE",
    "ISREBILL",
    "BILLINFO",
    "BILLKEY",
    "OFFERPERIOD",
    "DISABLEAMOUNTUI",
    "USERNAME",
    "USERPHONE",
    "USEREMAIL",
    "NOTIURL",
    "QUOTA",
    "EXPIREPERIOD",
    "CARDPWD",
    "CANCELTYPE",
    "CANCELREQUESTER",
    "CANCELDESC",
];
/// Longest name that passes through, in bytes.
const NAME_BYTES_MAX: usize = 32;

/// Announces a window; the browser goes where Danal says.
pub async fn open(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
) -> Result<HandOff, Failure> {
    let Some((currency, amount)) = fields::money(channel, order.amount) else {
        let text = "다날 정기결제는 원화(KRW)만 지원합니다.";
        return Err(Failure::new(FailureClass::BadAmount, "", text));
    };
    if !fields::is_url(&order.return_url) {
        let text =
            "Danal takes return URLs of at most 255 bytes, without quotes, commas or plus signs";
        return Err(Failure::new(FailureClass::Config, "", text));
    }
    let question = auth(channel, order, currency, amount);
    let answer = ask(wire, channel, &question)
        .await
        .map_err(|no_answer| match no_answer {
            NoAnswer::NotSent(failure) => failure,
            other => Failure::new(FailureClass::Protocol, "", other.seen()),
        })?;
    if answer.code() != "0000" {
        return Err(talk::failure(class(channel, answer.code()), &answer));
    }
    let url = answer.get("STARTURL");
    let of_this_amount = !charges(order) || answer.is_of(channel, order.amount);
    let ours = answer.sealed
        && !answer.tells_another("ORDERID", &order.order_id)
        && (answer.get("AMOUNT").is_empty() || of_this_amount);
    if !ours
        || answer.get("STARTPARAMS").is_empty()
        || !link::is_at(url, channel.host("tx"), DOMAIN)
    {
        let text = "Danal did not say where its window is";
        return Err(Failure::new(FailureClass::Protocol, "", text));
    }
    let mut form = vec![(
        "STARTPARAMS".to_owned(),
        answer.get("STARTPARAMS").to_owned(),
    )];
    for (name, value) in
        passed(&order.extra).filter(|(name, _)| FOR_THE_PAGE.contains(&name.as_str()))
    {
        form.push((name, value));
    }
    Ok(HandOff {
        way: Way::Form {
            method: "post",
            url: url.to_owned(),
        },
        fields: form,
        form_name: None,
        charset: "euc-kr",
        origins: vec![link::origin(url).to_owned()],
    })
}

/// Without an amount a key only; with one the key and a charge, whose amount must come again with the exchange.
fn auth(channel: &Channel, order: &WindowOrder, currency: &str, amount: String) -> Question {
    let charges = charges(order);
    let hidden = (!charges).then(|| "Y".to_owned());
    let notices = channel.dialect(facts(), "notices") == "Y" && fields::is_url(&order.notice_url);
    let mut question = Question::new("AUTH", "BATCH")
        .with("ORDERID", &*order.order_id)
        .with("ITEMNAME", fields::item_name(&order.name))
        .with("AMOUNT", amount)
        .with("CURRENCY", currency)
        .with_some("DISABLEAMOUNTUI", hidden)
        .with_some("OFFERPERIOD", fields::offer_period(&order.extra["period"]))
        .with_some("USERNAME", fields::user_name(order.buyer.name.as_deref()))
        .with_some("USERPHONE", fields::tel(order.buyer.tel.as_deref()))
        .with("USERID", fields::user_id(&order.customer_uid))
        .with_some("USEREMAIL", fields::mail(order.buyer.email.as_deref()))
        .with(
            "USERAGENT",
            match order.device {
                Device::Mobile => "MW",
                Device::Pc | Device::Api => "PC",
            },
        )
        .with("CANCELURL", &*order.return_url)
        .with("RETURNURL", &*order.return_url)
        .with("ISBILL", if charges { "Y" } else { "N" })
        .with("ISNOTI", if notices { "Y" } else { "N" })
        .with_some("NOTIURL", notices.then(|| order.notice_url.clone()))
        .with("BYPASSVALUE", returns::bypass_value(order));
    for (name, value) in passed(&order.extra) {
        let theirs = FOR_THE_PAGE.contains(&name.as_str()) || NOT_PASSED.contains(&name.as_str());
        if !theirs && !question.has(&name) {
            question = question.with(name, value);
        }
    }
    question
}

/// `bypass.danal`: names as Danal's are, and short values.
fn passed(extra: &Value) -> impl Iterator<Item = (String, String)> + '_ {
    let given = extra["bypass"]["danal"].as_object();
    given.into_iter().flatten().filter_map(|(name, value)| {
        let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let named = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_name);
        let value = match value {
            Value::String(text) => fields::passed(text),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        (named && !value.is_empty()).then(|| (name.clone(), value))
    })
}

/// Whether issuing the key moves money.
fn charges(order: &WindowOrder) -> bool {
    order.amount.minor > 0
}

/// Ends a window. What came through the browser can end it without a key, but only Danal's answer to the exchange brings
/// one.
pub async fn close(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
    returned: &WindowReturn,
) -> Issue {
    let refused = |text: &str| Issue::Refused(Failure::new(FailureClass::Protocol, "", text));
    let Some(returned) = Returned::read(channel, returned) else {
        return Issue::Refused(not_completed(channel, "", ""));
    };
    let completed = returned.code == "0000";
    let foreign = returned.order_id != order.order_id;
    if foreign && (completed || !returned.order_id.is_empty()) {
        return refused("다른 결제의 결과가 전달되었습니다.");
    }
    if !completed {
        return Issue::Refused(not_completed(channel, &returned.code, &returned.text));
    }
    // Asking for the key of a TID can charge a card, so a stranger must not choose it.
    if !returned.sealed && channel.dialect(facts(), "plain_return") != "true" {
        return refused(
            "다날이 암호화하지 않은 결과(RETURNPARAMS 없음)가 전달되어 빌링키를 요청하지 않았습니다.",
        );
    }
    if !fields::is_tid(&returned.tid) {
        return Issue::Refused(not_completed(channel, "", ""));
    }
    let amount = match charges(order) {
        true => fields::money(channel, order.amount).map(|(_, amount)| amount),
        false => None,
    };
    match ask(wire, channel, &issue_key(&returned.tid, amount)).await {
        Ok(answer) => issued(channel, order, &returned.tid, &answer),
        Err(NoAnswer::NotSent(failure)) => Issue::Refused(failure),
        Err(unclear) => Issue::Unknown(unclear.seen()),
    }
}

/// Reads the answer to the exchange.
fn issued(channel: &Channel, order: &WindowOrder, tid: &str, answer: &Answer) -> Issue {
    if codes::meaning(channel, answer.code(), Step::Issue) != Meaning::Ok {
        return not_issued(channel, order, answer);
    }
    let unknown = |what: &str| Issue::Unknown(format!("Danal said 0000 {what}"));
    if !answer.sealed {
        return unknown("in an answer that is not sealed");
    }
    if answer.get("TID") != tid || answer.get("ORDERID") != order.order_id {
        return unknown("for another TID or ORDERID");
    }
    let token = returns::token_in(answer.get("BYPASSVALUE"));
    let ours = order.return_token.expose();
    if token.is_some_and(|token| !ours.is_empty() && token.expose() != ours) {
        return unknown("for another window");
    }
    let charges = charges(order);
    if answer.get("ISBILL") != if charges { "Y" } else { "N" } {
        return unknown("for an issue of the other kind (ISBILL)");
    }
    // Without a charge the amount may be that of Danal's own test approval.
    if charges && !answer.is_of(channel, order.amount) {
        return unknown("for another amount");
    }
    let key = answer.get("BILLKEY");
    if !fields::is_key(key) {
        return unknown("but sent no usable key");
    }
    Issue::Issued(IssuedKey {
        key: BillingKey::new(key),
        card: answer.card(),
        pg_tid: Some(tid.to_owned()),
        first_charge: charges.then(|| answer.receipt(order.amount)),
    })
}

/// An exchange that brought no key. Without a charge nothing but a trouble of Danal's own is a reason to wonder: a key that
/// we do not hold can never be charged. With one, only what proves that no money moved is a refusal.
fn not_issued(channel: &Channel, order: &WindowOrder, answer: &Answer) -> Issue {
    let code = answer.code();
    if answer.tells_another("ORDERID", &order.order_id) {
        return Issue::Unknown("Danal refused another ORDERID".to_owned());
    }
    let moved = charges(order)
        && (codes::listed(channel, "replay_codes", code)
            || (code == codes::UNREADABLE && answer.sealed));
    match codes::meaning(channel, code, Step::Issue) {
        Meaning::Refused(class) if !moved => Issue::Refused(talk::failure(class, answer)),
        Meaning::Unlisted if !charges(order) && !code.is_empty() => {
            Issue::Refused(talk::failure(FailureClass::Protocol, answer))
        }
        _ => Issue::Unknown(talk::unlisted(answer)),
    }
}

fn not_completed(channel: &Channel, code: &str, text: &str) -> Failure {
    let text = match (said(text), code) {
        (text, _) if !text.is_empty() => text,
        (_, "2101") => "사용자가 결제를 취소하였습니다.".to_owned(),
        _ => "결제창이 완료되지 않았습니다.".to_owned(),
    };
    let code = shown_code(code);
    Failure::new(class(channel, &code), code, text)
}

/// The class of a code that ends a window.
fn class(channel: &Channel, code: &str) -> FailureClass {
    match codes::meaning(channel, code, Step::Issue) {
        Meaning::Refused(class) => class,
        Meaning::Seen => FailureClass::Duplicate,
        _ => FailureClass::Protocol,
    }
}
