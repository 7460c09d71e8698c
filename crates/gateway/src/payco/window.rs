//! PAYCO's window: a registration is reserved first, then the browser goes to its order sheet; and the confirmation of what
//! came back. Issuing never moves money.

use dangol_domain::{Currency, Device, Failure, FailureClass, MaskedPan, Secret};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::cancel;
use super::codes::{self, Meaning, Step};
use super::key::Key;
use super::messages::{Registered, Registration, Reserve, Reserved, card};
use super::talk::{self, Answer, NoAnswer, ask};
use super::{facts, fields};
use crate::contract::{
    Channel, HandOff, Issue, IssuedKey, ReturnClaim, Revoked, WindowOrder, WindowReturn,
};
use crate::lenient::{said, shown_code};
use crate::link;
use crate::wire::Wire;

/// The member of `returnUrlParam` in which the return token travels.
const TOKEN_FIELD: &str = "returnToken";
const REFERENCE_FIELD: &str = "sellerAutoPaymentReferenceKey";
const CERTIFY_FIELD: &str = "autoPaymentCertifyKey";
/// The buyer closed the window.
const USER_CANCELLED: &str = "2222";
/// The domain of PAYCO's windows, when its API is in it too.
const DOMAIN: &str = ".payco.com";

/// Reserves a registration; the browser goes where PAYCO says.
pub async fn open(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
) -> Result<HandOff, Failure> {
    if order.amount.currency != Currency::KRW {
        let text = "PAYCO 자동결제는 원화(KRW)만 지원합니다.";
        return Err(Failure::new(FailureClass::BadAmount, "", text));
    }
    let lengths = order.order_id.len() <= fields::REFERENCE_BYTES_MAX
        && order.return_url.len() <= fields::RETURN_URL_BYTES_MAX;
    if !lengths {
        let text = "PAYCO takes return URLs of at most 1000 bytes; the public URL is too long";
        return Err(Failure::new(FailureClass::Config, "", text));
    }
    let question = reserve(channel, order);
    let answer = ask(wire, channel, "/outseller/autoPayment/reserve", &question)
        .await
        .map_err(|no_answer| match no_answer {
            NoAnswer::NotConnected => talk::not_connected(),
            NoAnswer::Unclear(seen) => Failure::new(FailureClass::Protocol, "", seen),
        })?;
    if !answer.is_ok() {
        return Err(talk::failure(class(channel, &answer.code.0), &answer));
    }
    let reserved: Reserved = answer.result().unwrap_or_default();
    let url = &reserved.order_sheet_url.0;
    if !link::is_at(url, channel.host("api"), DOMAIN) {
        let text = "PAYCO did not say where its window is";
        return Err(Failure::new(FailureClass::Protocol, "", text));
    }
    Ok(link::visit(url))
}

/// The amount is shown only.
pub fn reserve<'a>(channel: &'a Channel, order: &'a WindowOrder) -> Reserve<'a> {
    let mobile = order.device == Device::Mobile;
    // A phone shows the window in a layer, unless the shop wants a popup.
    let in_layer = mobile && order.extra["popup"] != json!(true);
    let mut extra = json!({ "viewOptions": { "iframeYn": if in_layer { "Y" } else { "N" } } });
    if mobile {
        extra["cancelMobileUrl"] = cancel_url(order).into();
    }
    Reserve {
        seller_key: &channel.pg_id,
        cp_id: channel.credential("cp_id"),
        seller_auto_payment_reference_key: &order.order_id,
        return_url: &order.return_url,
        return_url_param: json!({ TOKEN_FIELD: order.return_token.expose() }).to_string(),
        currency: "KRW",
        total_payment_amt: order.amount.minor,
        order_method: channel.dialect(facts(), "order_method"),
        order_channel: if mobile { "MOBILE" } else { "PC" },
        in_app_yn: "N",
        order_title: fields::title(&order.name),
        extra_data: extra.to_string(),
    }
}

/// Where a phone's buyer who cancels may be sent instead of the return URL: to the same place, saying what a return says.
fn cancel_url(order: &WindowOrder) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!(
        "{}?code={USER_CANCELLED}&{REFERENCE_FIELD}={}&{TOKEN_FIELD}={}",
        order.return_url,
        encode(&order.order_id),
        encode(order.return_token.expose())
    )
}

/// What a return claims.
pub fn read_return(returned: &WindowReturn) -> ReturnClaim {
    let field = |name| returned.text(name).filter(|text| !text.is_empty());
    ReturnClaim {
        order_id: field(REFERENCE_FIELD),
        token: field(TOKEN_FIELD).map(Secret::new),
        sealed: false,
    }
}

/// Ends a window. What came through the browser is not signed: it can end the window without a key, but only PAYCO's
/// confirmation brings one.
pub async fn close(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
    returned: &WindowReturn,
) -> Issue {
    let field = |name| returned.text(name).unwrap_or_default();
    // Whether the window of a registration returns a code is not known; a certify key is what matters.
    let code = field("code");
    if !matches!(code.as_str(), "" | "0") {
        return Issue::Refused(not_completed(channel, &code, &field("message")));
    }
    let certify_key = Secret::new(field(CERTIFY_FIELD));
    if certify_key.is_empty() {
        return Issue::Refused(not_completed(channel, "", ""));
    }
    if field(REFERENCE_FIELD) != order.order_id {
        let text = "다른 결제의 결과가 전달되었습니다.";
        return Issue::Refused(Failure::new(FailureClass::Protocol, "", text));
    }
    let question = Registration {
        seller_key: &channel.pg_id,
        seller_auto_payment_reference_key: &order.order_id,
        auto_payment_certify_key: certify_key.expose(),
    };
    match ask(wire, channel, "/outseller/autoPayment/info", &question).await {
        Ok(answer) => confirmed(channel, order, certify_key, &answer),
        Err(NoAnswer::NotConnected) => Issue::Refused(talk::not_connected()),
        Err(NoAnswer::Unclear(seen)) => Issue::Unknown(seen),
    }
}

/// Deletes the registration that the window has made: it exists before anybody asks for its number.
pub async fn discard(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
    returned: &WindowReturn,
) -> Revoked {
    let certify_key = Secret::new(returned.text(CERTIFY_FIELD).unwrap_or_default());
    if certify_key.is_empty() {
        return Revoked::Unsupported;
    }
    cancel::delete(wire, channel, &order.order_id, &certify_key).await
}

/// Reads the confirmation.
fn confirmed(
    channel: &Channel,
    order: &WindowOrder,
    certify_key: Secret,
    answer: &Answer,
) -> Issue {
    match codes::meaning(channel, &answer.code.0, Step::Issue) {
        Meaning::Ok => {}
        Meaning::Unclear => return Issue::Unknown(talk::unlisted(answer)),
        _ if answer.code.0.is_empty() => return Issue::Unknown(talk::unlisted(answer)),
        // Without a key in our hands no money can ever move, so that here an unlisted code is a refusal.
        _ => return Issue::Refused(talk::failure(class(channel, &answer.code.0), answer)),
    }
    let registered: Registered = answer.result().unwrap_or_default();
    if registered.seller_auto_payment_reference_key.0 != order.order_id {
        return Issue::Unknown("PAYCO confirmed another registration".to_owned());
    }
    if registered.auto_payment_certify_key.0.expose() != certify_key.expose() {
        return Issue::Unknown("PAYCO confirmed another certify key".to_owned());
    }
    if registered.auto_payment_no.0.is_empty() {
        return Issue::Unknown("PAYCO confirmed without its number (autoPaymentNo)".to_owned());
    }
    // Only what is masked already can be a card's number; anything else is PAYCO's own.
    let pin_no = &registered.pin_no.0;
    let number = pin_no.contains('*').then(|| MaskedPan::mask(pin_no));
    let key = Key {
        number: registered.auto_payment_no.0,
        certify_key,
        reference: Secret::new(order.order_id.as_str()),
    };
    Issue::Issued(IssuedKey {
        key: key.join(),
        card: card(
            &registered.corporation_code,
            &registered.corporation_name,
            number.flatten(),
        ),
        pg_tid: None,
        first_charge: None,
    })
}

fn not_completed(channel: &Channel, code: &str, text: &str) -> Failure {
    let text = match (said(text), code) {
        (text, _) if !text.is_empty() => text,
        (_, USER_CANCELLED) => "사용자가 결제를 취소하였습니다.".to_owned(),
        _ => "결제창이 완료되지 않았습니다.".to_owned(),
    };
    let code = shown_code(code);
    Failure::new(class(channel, &code), code, text)
}

/// The class of a code that ends a window.
fn class(channel: &Channel, code: &str) -> FailureClass {
    match codes::meaning(channel, code, Step::Issue) {
        Meaning::Refused(class) => class,
        _ => FailureClass::Protocol,
    }
}
