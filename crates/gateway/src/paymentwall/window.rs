//! The window: a page of ours in which Brick's script takes the card; and the first charge with the one-time token that it
//! gave. Issuing always moves money: the charge is what brings the permanent token.

use dangol_domain::v1::messages::USER_CANCELLED;
use dangol_domain::{Failure, FailureClass, Secret};
use serde_json::Value;

use super::answers::{Standing, is_one_time, permanent_token};
use super::charge::{self, Asked};
use super::codes::{self, Meaning, Step};
use super::messages::{Charge, Params};
use super::talk::{NoAnswer, not_connected};
use super::{facts, fields};
use crate::contract::{
    AnswerNames, CardNames, Channel, HandOff, Issue, IssuedKey, ReturnClaim, ReturnNames,
    Tokeniser, Way, WindowOrder, WindowReturn,
};
use crate::lenient::{said, shown_code};
use crate::link::{host, origin};
use crate::wire::Wire;

/// It shows Brick's form, and sends our form on with what Brick says.
pub const PAGE_SCRIPT: &str = include_str!("window.js");

const ORDER_FIELD: &str = "order_id";
const TOKEN_FIELD: &str = "return_token";
/// Where the page's script puts Brick's answer; the names are those of Brick's own form.
const BRICK_TOKEN: &str = "brick_token";
const BRICK_FINGERPRINT: &str = "brick_fingerprint";
/// Where the page's script puts an end without a token.
const CANCELLED: &str = "cancelled";
const ERROR: &str = "error";
const ERROR_CODE: &str = "error_code";
/// The domain of Paymentwall's API and scripts.
const DOMAIN: &str = ".paymentwall.com";

/// How a window brings a billing key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenSource {
    /// A first charge by Brick.
    Brick,
    /// The hosted widget, with the token in a pingback or in a payment's status. Its return could prove itself only by a
    /// secret in a URL, so it is not built.
    Widget,
}

impl TokenSource {
    /// What the channel says; `None` when it says something unknown.
    pub fn of(channel: &Channel) -> Option<TokenSource> {
        let told = channel.dialect(facts(), "token_source");
        match told.split_once(':') {
            None if told == "brick" => Some(TokenSource::Brick),
            Some(("pingback", name)) if !name.is_empty() => Some(TokenSource::Widget),
            Some(("status", pointer)) if pointer.starts_with('/') => Some(TokenSource::Widget),
            _ => None,
        }
    }

    /// Why a channel cannot open windows.
    ///
    /// # Errors
    /// Unless its source is Brick.
    pub fn built(channel: &Channel) -> Result<(), &'static str> {
        match TokenSource::of(channel) {
            Some(TokenSource::Brick) => Ok(()),
            Some(TokenSource::Widget) => {
                Err("token_source: keys from the hosted widget are not built; use brick")
            }
            None => Err("token_source must be brick"),
        }
    }
}

/// Prepares the page. Paymentwall is not asked: Brick's script reads the form.
pub fn open(channel: &Channel, order: &WindowOrder) -> Result<HandOff, Failure> {
    let config = |text: &str| Failure::new(FailureClass::Config, "", text);
    TokenSource::built(channel).map_err(config)?;
    let amount = fields::amount(channel, order.amount).ok_or_else(fields::bad_amount)?;
    if fields::email(order.buyer.email.as_deref()).is_none() {
        return Err(charge::no_email());
    }
    let script = script(channel).ok_or_else(|| {
        config("brick_script must be an https address, or a path on the API's host")
    })?;
    let form = vec![
        (ORDER_FIELD, order.order_id.clone()),
        (TOKEN_FIELD, order.return_token.expose().to_owned()),
        (
            "public_key",
            channel.credential("brick_public_key").to_owned(),
        ),
        ("amount", amount),
        ("currency", order.amount.currency.as_str().to_owned()),
        ("merchant", order.shop_name.clone()),
        ("product", fields::description(&order.name)),
        ("language", order.language.clone()),
        // Asked for by merchants of the hosted widget; noted, and of no use to Brick.
        ("widget_code", bypass(&order.extra, "widget_code")),
        ("ps", bypass(&order.extra, "ps")),
        ("country_code", bypass(&order.extra, "country_code")),
        // The page's script fills these in.
        (BRICK_TOKEN, String::new()),
        (BRICK_FINGERPRINT, String::new()),
        (CANCELLED, String::new()),
        (ERROR, String::new()),
        (ERROR_CODE, String::new()),
    ];
    Ok(HandOff {
        origins: origins(channel, &script),
        way: Way::Script { url: script },
        fields: named(form),
        form_name: Some("brick_window"),
        charset: "utf-8",
    })
}

fn named(form: Params) -> Vec<(String, String)> {
    form.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Where Brick's script is.
fn script(channel: &Channel) -> Option<String> {
    let told = channel.dialect(facts(), "brick_script");
    match told.strip_prefix('/') {
        Some(_) => Some(format!("{}{told}", channel.host("api"))),
        None => told.starts_with("https://").then(|| told.to_owned()),
    }
}

/// What the page must be allowed to reach: the script, and where it makes tokens. What else the live script loads from its
/// own domain is not published.
fn origins(channel: &Channel, script: &str) -> Vec<String> {
    let mut origins: Vec<String> = Vec::new();
    let known = [script, channel.host("api"), channel.host("tokens")];
    for url in known.into_iter().map(origin).filter(|url| !url.is_empty()) {
        if !origins.iter().any(|known| known == url) {
            origins.push(url.to_owned());
        }
    }
    if origin(script).ends_with(DOMAIN) {
        origins.push(format!("https://*{DOMAIN}"));
    }
    origins
}

/// A passed-through parameter, `bypass.NAME` or `bypass.paymentwall.NAME`; empty when there is none.
fn bypass(extra: &Value, name: &str) -> String {
    let bypass = &extra["bypass"];
    let found = [bypass, &bypass["paymentwall"]]
        .into_iter()
        .find_map(|level| level.get(name)?.as_str())
        .filter(|value| value.len() <= 100 && !value.chars().any(char::is_control));
    found.unwrap_or_default().to_owned()
}

/// How a shop's own page has a card tokenised, as Brick's script does it. The public key decides where.
pub fn tokeniser(channel: &Channel) -> Option<Tokeniser> {
    TokenSource::built(channel).ok()?;
    let public_key = channel.credential("brick_public_key");
    let url = match public_key.starts_with("t_") {
        true => format!("{}/api/brick/token", channel.host("api")),
        false => format!("{}/api/token", channel.host("tokens")),
    };
    Some(Tokeniser {
        url,
        fields: vec![("public_key", public_key.to_owned())],
        card: CardNames {
            number: "card[number]",
            month: "card[exp_month]",
            year: "card[exp_year]",
            cvc: "card[cvv]",
        },
        answer: AnswerNames {
            token: "token",
            code: "code",
            message: "error",
        },
        returns: ReturnNames {
            order_id: ORDER_FIELD,
            return_token: TOKEN_FIELD,
            token: BRICK_TOKEN,
        },
    })
}

/// What a return claims.
pub fn read_return(returned: &WindowReturn) -> ReturnClaim {
    let field = |name| returned.text(name).filter(|text| !text.is_empty());
    ReturnClaim {
        order_id: field(ORDER_FIELD),
        token: field(TOKEN_FIELD).map(Secret::new),
        sealed: false,
    }
}

/// Ends a window. What came through the browser can end it without a key; only Brick's answer to the first charge brings
/// one.
pub async fn close(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
    returned: &WindowReturn,
) -> Issue {
    let field = |name| returned.text(name).unwrap_or_default();
    if !field(CANCELLED).is_empty() {
        let failure = Failure::new(FailureClass::UserCancel, "", USER_CANCELLED);
        return Issue::Refused(failure);
    }
    if field(ORDER_FIELD) != order.order_id {
        let text = "다른 결제의 결과가 전달되었습니다.";
        return Issue::Refused(Failure::new(FailureClass::Protocol, "", text));
    }
    let (token, fingerprint) = (Secret::new(field(BRICK_TOKEN)), field(BRICK_FINGERPRINT));
    if !is_one_time(token.expose()) {
        return Issue::Refused(not_completed(&field(ERROR_CODE), &field(ERROR)));
    }
    let browser = match browser(fingerprint, order) {
        Ok(browser) => browser,
        Err(failure) => return Issue::Refused(failure),
    };
    let mut form = match first_charge(&token, order).form(channel) {
        Ok(form) => form,
        Err(failure) => return Issue::Refused(failure),
    };
    form.extend(browser);
    // The answer brings the permanent token.
    form.push(("store_card", "1".to_owned()));
    match charge::send(wire, channel, &form, order.amount, Step::Issue).await {
        Ok((answer, standing)) => issued(&answer, standing),
        Err(NoAnswer::NotConnected) => Issue::Refused(not_connected()),
        Err(NoAnswer::Refused(failure)) => Issue::Refused(failure),
        Err(NoAnswer::Unclear(seen)) => Issue::Unknown(seen),
    }
}

fn first_charge<'a>(token: &'a Secret, order: &'a WindowOrder) -> Asked<'a> {
    Asked {
        token: token.expose(),
        order_id: &order.order_id,
        amount: order.amount,
        name: &order.name,
        buyer_name: order.buyer.name.as_deref(),
        buyer_email: order.buyer.email.as_deref(),
        customer_uid: &order.customer_uid,
        at_ms: order.at_ms,
    }
}

/// The buyer's browser, which Brick wants to know of with a one-time token: the fingerprint that its script took, or, where
/// the token was made without that script, an address and the domain of the page.
///
/// # Errors
/// When neither is known; nothing was sent then.
fn browser(fingerprint: String, order: &WindowOrder) -> Result<Params, Failure> {
    if is_fingerprint(&fingerprint) {
        return Ok(vec![("fingerprint", fingerprint)]);
    }
    if !fingerprint.is_empty() {
        return Err(not_completed("", ""));
    }
    // Pages of apps have no domain; ours stands for theirs.
    let page = order.page_origin.as_deref().unwrap_or(&order.return_url);
    match (&order.browser_ip, host(page)) {
        (Some(ip), Some(domain)) => Ok(vec![
            ("browser_ip", ip.clone()),
            ("browser_domain", domain.to_owned()),
        ]),
        _ => Err(not_completed(
            "",
            "구매자의 IP 주소를 알 수 없어 결제하지 못했습니다. (서버 설정 trusted_proxies)",
        )),
    }
}

/// Reads the first charge.
pub fn issued(answer: &Charge, standing: Standing) -> Issue {
    let key = permanent_token(answer);
    match (standing, key) {
        (Standing::InReview(why), key) => Issue::Pending {
            why,
            key: key.map(|key| IssuedKey {
                key,
                card: answer.card.facts(),
                pg_tid: answer.id.some().map(str::to_owned),
                first_charge: None,
            }),
        },
        (Standing::Paid(receipt), Some(key)) => Issue::Issued(IssuedKey {
            key,
            card: receipt.card.clone(),
            pg_tid: Some(receipt.pg_tid.clone()),
            first_charge: Some(receipt),
        }),
        // Money moved: this must not look like a refusal.
        (Standing::Paid(receipt), None) => Issue::Unknown(format!(
            "charge {} was made, but brought no permanent token",
            receipt.pg_tid
        )),
    }
}

/// Brick's script makes 32 letters and digits.
fn is_fingerprint(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn not_completed(code: &str, text: &str) -> Failure {
    let text = match said(text) {
        text if text.is_empty() => "결제창이 완료되지 않았습니다.".to_owned(),
        text => text,
    };
    let code = shown_code(code);
    let class = match codes::meaning(&code, Step::Issue) {
        Meaning::Refused(class) => class,
        _ => FailureClass::Protocol,
    };
    Failure::new(class, code, text)
}
