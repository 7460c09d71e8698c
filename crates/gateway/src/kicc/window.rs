//! KICC's window: registered first, then the browser goes there; and the exchange of what it brought for a billing key.
//! Issuing never moves money.

use dangol_domain::{BillingKey, Currency, Device, Failure, FailureClass, Secret};

use super::codes::{self, Meaning, Step};
use super::messages::{
    Approved, CertType, Customer, Exchange, IssuedCard, OrderInfo, Register, RegisterMethod,
    Registered, ShopValues, card,
};
use super::talk::{self, NoAnswer, ask};
use super::{CURRENCY_WON, facts, fields};
use crate::contract::{Channel, HandOff, Issue, IssuedKey, ReturnClaim, WindowOrder, WindowReturn};
use crate::lenient::{said, shown_code};
use crate::link;
use crate::wire::Wire;

/// The field in which the return token travels: sent as `shopValueInfo.value1`, echoed under this name.
const TOKEN_FIELD: &str = "shopValue1";
/// The window for issuing a key.
const ISSUE_KEY: &str = "81";
/// The domain of KICC's windows, when its API is in it too.
const DOMAIN: &str = ".easypay.co.kr";

/// Registers a window; the browser goes where KICC says.
pub async fn open(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
) -> Result<HandOff, Failure> {
    if order.amount.currency != Currency::KRW {
        let text = "KICC 정기결제는 원화(KRW)만 지원합니다.";
        return Err(Failure::new(FailureClass::BadAmount, "", text));
    }
    if order.return_url.len() > fields::RETURN_URL_BYTES_MAX {
        let text = "KICC takes return URLs of at most 256 bytes; the public URL is too long";
        return Err(Failure::new(FailureClass::Config, "", text));
    }
    let answer: Registered = ask(
        wire,
        channel,
        "/api/ep9/trades/webpay",
        &register(channel, order),
    )
    .await
    .map_err(|no_answer| match no_answer {
        NoAnswer::NotConnected => talk::not_connected(),
        NoAnswer::Unclear(seen) => Failure::new(FailureClass::Protocol, "", seen),
    })?;
    if answer.res_cd.0 != "0000" {
        return Err(talk::failure(class(&answer.res_cd.0), &answer));
    }
    let url = &answer.auth_page_url.0;
    if !link::is_at(url, channel.host("api"), DOMAIN) {
        let text = "KICC did not say where its window is";
        return Err(Failure::new(FailureClass::Protocol, "", text));
    }
    Ok(link::visit(url))
}

/// The amount is 0, as KICC demands for a key: what the merchant asked to show cannot be shown.
fn register<'a>(channel: &'a Channel, order: &'a WindowOrder) -> Register<'a> {
    Register {
        mall_id: &channel.pg_id,
        mall_name: fields::mall_name(&order.shop_name),
        shop_order_no: &order.order_id,
        amount: 0,
        pay_method_type_code: ISSUE_KEY,
        currency: CURRENCY_WON,
        return_url: &order.return_url,
        device_type_code: match order.device {
            Device::Mobile => "mobile",
            Device::Pc | Device::Api => "pc",
        },
        client_type_code: "00",
        lang_flag: if order.language == "en" { "ENG" } else { "KOR" },
        order_info: OrderInfo {
            goods_name: fields::goods_name(&order.name),
            customer_info: Customer {
                customer_name: fields::customer_name(order.buyer.name.as_deref()),
                customer_mail: fields::mail(order.buyer.email.as_deref()),
                customer_contact_no: fields::tel(order.buyer.tel.as_deref()),
            },
        },
        pay_method_info: RegisterMethod {
            bill_key_method_info: CertType {
                cert_type: channel.dialect(facts(), "cert_type"),
            },
        },
        shop_value_info: ShopValues {
            value1: order.return_token.expose(),
        },
    }
}

/// What a return claims.
pub fn read_return(returned: &WindowReturn) -> ReturnClaim {
    let field = |name| returned.text(name).filter(|text| !text.is_empty());
    ReturnClaim {
        order_id: field("shopOrderNo"),
        token: field(TOKEN_FIELD).map(Secret::new),
        sealed: false,
    }
}

/// Ends a window. What came through the browser is not signed: it can end the window without a key, but only KICC's
/// answer to the exchange brings one.
pub async fn close(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
    returned: &WindowReturn,
) -> Issue {
    let field = |name| returned.text(name).unwrap_or_default();
    let code = field("resCd");
    if code != "0000" {
        return Issue::Refused(not_completed(&code, &field("resMsg")));
    }
    if field("shopOrderNo") != order.order_id {
        let text = "다른 결제의 결과가 전달되었습니다.";
        return Issue::Refused(Failure::new(FailureClass::Protocol, "", text));
    }
    let authorization_id = field("authorizationId");
    if authorization_id.is_empty() {
        return Issue::Refused(not_completed("", ""));
    }
    let question = Exchange {
        mall_id: &channel.pg_id,
        shop_transaction_id: &order.order_id,
        authorization_id: &authorization_id,
        shop_order_no: &order.order_id,
        approval_req_date: fields::day(order.at_ms),
    };
    match ask(wire, channel, "/api/ep9/trades/approval", &question).await {
        Ok(answer) => issued(channel, order, answer),
        Err(NoAnswer::NotConnected) => Issue::Refused(talk::not_connected()),
        Err(NoAnswer::Unclear(seen)) => Issue::Unknown(seen),
    }
}

/// Reads the answer to the exchange.
fn issued(channel: &Channel, order: &WindowOrder, answer: Approved<IssuedCard>) -> Issue {
    let code = answer.res_cd.0.as_str();
    match codes::meaning(code, Step::Issue) {
        Meaning::Ok => {}
        _ if code.is_empty() || talk::listed(channel, "duplicate_codes", code) => {
            return Issue::Unknown(talk::unlisted(&answer));
        }
        Meaning::Unclear => return Issue::Unknown(talk::unlisted(&answer)),
        // Without a key in our hands no money can ever move, so that here an unlisted code is a refusal.
        Meaning::Refused(_) | Meaning::Unlisted => {
            return Issue::Refused(talk::failure(class(code), &answer));
        }
    }
    let id = order.order_id.as_str();
    if let Some(name) = answer.foreign_echo(&channel.pg_id, id, id) {
        return Issue::Unknown(format!("KICC said 0000 for another {name}"));
    }
    if answer.amount.won() != Some(0) {
        return Issue::Unknown("KICC said 0000 for an issue with an amount".to_owned());
    }
    if !answer.signed(channel.credential("secret")) {
        return Issue::Unknown("KICC said 0000 with a wrong msgAuthValue".to_owned());
    }
    let issued = answer.payment_info.card_info;
    let key = issued.card_no.0.expose();
    let usable = (1..=60).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if !usable {
        return Issue::Unknown("KICC said 0000 but sent no usable key".to_owned());
    }
    Issue::Issued(IssuedKey {
        key: BillingKey::new(key),
        card: card(
            &issued.issuer_code,
            &issued.issuer_name,
            &issued.card_gubun,
            issued.card_mask_no.0,
        ),
        pg_tid: answer.pg_cno.some().map(str::to_owned),
        first_charge: None,
    })
}

fn not_completed(code: &str, text: &str) -> Failure {
    let text = match (said(text), code) {
        (text, _) if !text.is_empty() => text,
        (_, "W002") => "사용자가 결제를 취소하였습니다.".to_owned(),
        _ => "결제창이 완료되지 않았습니다.".to_owned(),
    };
    let code = shown_code(code);
    Failure::new(class(&code), code, text)
}

/// The class of a code that ends a window.
fn class(code: &str) -> FailureClass {
    match codes::meaning(code, Step::Issue) {
        Meaning::Refused(class) => class,
        _ => FailureClass::Protocol,
    }
}
