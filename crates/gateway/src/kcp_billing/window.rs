//! KCP's window: on a PC its script in our page, on a phone a registered redirect; then the exchange of what the window
//! brought for a billing key. Issuing never moves money.

use dangol_domain::{BillingKey, Currency, Device, Failure, FailureClass, MaskedPan, Secret};

use super::codes::{self, Meaning, Step};
use super::messages::{Exchange, Exchanged, Register, Registered, card};
use super::talk::{self, NoAnswer, ask};
use super::{fields, sign};
use crate::contract::{
    Channel, HandOff, Issue, IssuedKey, ReturnClaim, Way, WindowOrder, WindowReturn,
};
use crate::wire::Wire;

/// KCP's script calls a global function of our page; it has to be there first.
pub const PAGE_SCRIPT: &str = include_str!("window.js");

/// The field in which the return token travels: KCP gives it back untouched.
const TOKEN_FIELD: &str = "param_opt_1";

/// Prepares the way to the window.
pub async fn open(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
) -> Result<HandOff, Failure> {
    if order.amount.currency != Currency::KRW {
        return Err(Failure::new(
            FailureClass::BadAmount,
            "",
            "NHN KCP 정기결제는 원화(KRW)만 지원합니다.",
        ));
    }
    match order.device {
        Device::Mobile => open_mobile(wire, channel, order).await,
        Device::Pc | Device::Api => Ok(open_pc(channel, order)),
    }
}

/// On a PC nothing is registered: KCP's script reads the form.
fn open_pc(channel: &Channel, order: &WindowOrder) -> HandOff {
    let mut form = vec![
        ("ordr_idxx", order.order_id.clone()),
        ("site_cd", channel.pg_id.clone()),
        ("site_name", fields::shop_name(&order.shop_name)),
        ("kcpgroup_id", channel.credential("group_id").to_owned()),
        ("pay_method", "AUTH:CARD".to_owned()),
        ("card_cert_type", "BATCH".to_owned()),
        ("module_type", "01".to_owned()),
        ("batch_soc", "Y".to_owned()),
        ("good_name", fields::good_name(&order.name)),
        ("buyr_name", fields::buyer_name(order.buyer.name.as_deref())),
        ("batch_cardno_return_yn", "Y".to_owned()),
        (TOKEN_FIELD, order.return_token.expose().to_owned()),
    ];
    for name in ["site_logo", "batch_birth_day_yn"] {
        if let Some(value) = bypass(&order.extra, name) {
            form.push((name, value.to_owned()));
        }
    }
    // KCP's script fills these in; they have to be there.
    for name in [
        "res_cd",
        "res_msg",
        "enc_info",
        "enc_data",
        "tran_cd",
        "card_mask_no",
    ] {
        form.push((name, String::new()));
    }
    let host = channel.host("script");
    HandOff {
        way: Way::Script {
            url: format!("{host}/plugin/kcp_spay_hub.js"),
        },
        fields: named(form),
        form_name: Some("order_info"),
        charset: "utf-8",
        origins: origins(host),
    }
}

/// On a phone the window is registered first; the browser then posts a form to where KCP says.
async fn open_mobile(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
) -> Result<HandOff, Failure> {
    let good_name = fields::good_name(&order.name);
    let good_mny = order.amount.minor.to_string();
    let host = channel.host("mobile");
    let question = Register {
        site_cd: &channel.pg_id,
        ordr_idxx: &order.order_id,
        good_mny: good_mny.clone(),
        good_name: good_name.clone(),
        pay_method: "AUTH",
        ret_url: &order.return_url,
        user_agent: &order.user_agent,
    };
    let answer: Registered = ask(wire, format!("{host}/trade/register.do"), &question)
        .await
        .map_err(|no_answer| match no_answer {
            NoAnswer::NotConnected => talk::not_connected(),
            NoAnswer::Unclear(seen) => Failure::new(FailureClass::Protocol, "", seen),
        })?;
    if answer.code.0 != "0000" {
        return Err(talk::failure(class(&answer.code.0, Step::Issue), &answer));
    }
    let Some((approval_key, action)) = way_in(&answer, host) else {
        return Err(Failure::new(
            FailureClass::Protocol,
            "",
            "NHN KCP did not say where its window is",
        ));
    };
    let english = if order.language == "en" { "Y" } else { "N" };
    let form = vec![
        ("site_cd", channel.pg_id.clone()),
        ("shop_name", fields::shop_name(&order.shop_name)),
        ("ordr_idxx", order.order_id.clone()),
        ("good_name", good_name),
        ("good_mny", good_mny),
        ("kcp_group_id", channel.credential("group_id").to_owned()),
        ("currency", "410".to_owned()),
        ("pay_method", "AUTH".to_owned()),
        ("ActionResult", "batch".to_owned()),
        ("eng_flag", english.to_owned()),
        ("Ret_URL", order.return_url.clone()),
        ("approval_key", approval_key),
        ("PayUrl", answer.pay_url.0.clone()),
        ("encoding_trans", "UTF-8".to_owned()),
        ("batch_cardno_return_yn", "Y".to_owned()),
        (TOKEN_FIELD, order.return_token.expose().to_owned()),
        ("param_opt_2", String::new()),
        ("param_opt_3", String::new()),
    ];
    Ok(HandOff {
        origins: origins(host),
        way: Way::Form {
            method: "post",
            url: action,
        },
        fields: named(form),
        form_name: None,
        charset: "utf-8",
    })
}

/// The approval key and the form's action. For a page in UTF-8 the last segment of `PayUrl` gives way to KCP's
/// filter, which gets `PayUrl` as a field. A `PayUrl` on another origin than the one asked is refused.
fn way_in(answer: &Registered, host: &str) -> Option<(String, String)> {
    let approval_key = answer.approval_key.some()?;
    let pay_url = answer.pay_url.some()?;
    let (base, _) = pay_url.rsplit_once('/')?;
    let same_origin = !host.is_empty() && origin(pay_url) == origin(host);
    same_origin.then(|| {
        (
            approval_key.to_owned(),
            format!("{base}/jsp/encodingFilter/encodingFilter.jsp"),
        )
    })
}

/// What a return claims.
pub fn read_return(returned: &WindowReturn) -> ReturnClaim {
    let field = |name| returned.text(name).filter(|text| !text.is_empty());
    ReturnClaim {
        order_id: field("ordr_idxx"),
        token: field(TOKEN_FIELD).map(Secret::new),
        sealed: false,
    }
}

/// Ends a window. What came through the browser is a claim: it can end the window without a key, but only KCP's
/// answer to the exchange brings one.
pub async fn close(
    wire: &dyn Wire,
    channel: &Channel,
    order: &WindowOrder,
    returned: &WindowReturn,
) -> Issue {
    let field = |name| returned.text(name).unwrap_or_default();
    let code = field("res_cd");
    if code != "0000" {
        return Issue::Refused(not_completed(&code, &field("res_msg")));
    }
    if field("ordr_idxx") != order.order_id {
        return Issue::Refused(foreign_return());
    }
    let (tran_cd, enc_data, enc_info) = (field("tran_cd"), field("enc_data"), field("enc_info"));
    if tran_cd.is_empty() || enc_data.is_empty() || enc_info.is_empty() {
        return Issue::Refused(not_completed("", ""));
    }
    let cert = sign::one_line(channel.credential("cert"));
    let question = Exchange {
        tran_cd: &tran_cd,
        site_cd: &channel.pg_id,
        kcp_cert_info: &cert,
        enc_data: &enc_data,
        enc_info: &enc_info,
    };
    let url = format!("{}/gw/enc/v1/payment", channel.host("api"));
    match ask::<Exchanged>(wire, url, &question).await {
        Ok(answer) => {
            let number = MaskedPan::mask(&field("card_mask_no"));
            issued(&answer, Step::Issue, number)
        }
        Err(NoAnswer::NotConnected) => Issue::Refused(talk::not_connected()),
        Err(NoAnswer::Unclear(seen)) => Issue::Unknown(seen),
    }
}

/// Reads the answer that brings a key. `number` comes from elsewhere (through the browser, masked by KCP's window; or from
/// the request); it is for show only.
pub fn issued(answer: &Exchanged, step: Step, number: Option<MaskedPan>) -> Issue {
    match codes::meaning(&answer.res_cd.0, step) {
        Meaning::Ok => {}
        Meaning::Unclear => return Issue::Unknown(talk::unlisted(answer)),
        Meaning::Unlisted if answer.res_cd.some().is_none() => {
            return Issue::Unknown(talk::unlisted(answer));
        }
        // Without a key in our hands no money can ever move, so that here an unlisted code is a refusal.
        Meaning::Refused(_) | Meaning::Unlisted => {
            return Issue::Refused(talk::failure(class(&answer.res_cd.0, step), answer));
        }
    }
    let key = answer.batch_key.0.expose();
    let usable = (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if !usable {
        return Issue::Unknown("NHN KCP said 0000 but sent no usable key".to_owned());
    }
    Issue::Issued(IssuedKey {
        key: BillingKey::new(key),
        card: card(
            &answer.card_cd,
            &answer.card_name,
            &answer.card_bin_type_02,
            number,
        ),
        pg_tid: None,
        first_charge: None,
    })
}

fn not_completed(code: &str, text: &str) -> Failure {
    let text = match (fields::said(text), code) {
        (text, _) if !text.is_empty() => text,
        (_, "3001") => "사용자가 결제를 취소하였습니다.".to_owned(),
        _ => "결제창이 완료되지 않았습니다.".to_owned(),
    };
    let code: String = fields::said(code).chars().take(8).collect();
    Failure::new(class(&code, Step::Issue), code, text)
}

fn foreign_return() -> Failure {
    Failure::new(
        FailureClass::Protocol,
        "",
        "다른 결제의 결과가 전달되었습니다.",
    )
}

/// The class of a code that ends a window.
fn class(code: &str, step: Step) -> FailureClass {
    match codes::meaning(code, step) {
        Meaning::Refused(class) => class,
        _ => FailureClass::Protocol,
    }
}

/// A passed-through parameter: `bypass.NAME` or `bypass.kcp.NAME` or `bypass.kcp_billing.NAME`.
fn bypass<'a>(extra: &'a serde_json::Value, name: &str) -> Option<&'a str> {
    let bypass = extra.get("bypass")?;
    [Some(bypass), bypass.get("kcp"), bypass.get("kcp_billing")]
        .into_iter()
        .flatten()
        .find_map(|level| level.get(name)?.as_str())
        .filter(|value| value.len() <= 500 && !value.chars().any(char::is_control))
}

fn named(form: Vec<(&str, String)>) -> Vec<(String, String)> {
    form.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The origin of a URL: scheme, host and port.
fn origin(url: &str) -> &str {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let end = url[host_at..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| host_at + at);
    &url[..end]
}

/// What the page must be allowed to reach. KCP's script loads more from hosts of its own domain; which ones is not
/// published.
fn origins(host: &str) -> Vec<String> {
    const DOMAIN: &str = ".kcp.co.kr";
    let mut origins = vec![origin(host).to_owned()];
    if origin(host).ends_with(DOMAIN) {
        origins.push(format!("https://*{DOMAIN}"));
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_origin_ends_where_the_path_begins() {
        assert_eq!(
            origin("http://127.0.0.1:8081/kcp_billing/x"),
            "http://127.0.0.1:8081"
        );
        assert_eq!(origin("https://smpay.kcp.co.kr"), "https://smpay.kcp.co.kr");
        assert_eq!(
            origin("https://smpay.kcp.co.kr?x=/y"),
            "https://smpay.kcp.co.kr"
        );
        assert_ne!(
            origin("https://smpay.kcp.co.kr.evil.example/pay/x"),
            origin("https://smpay.kcp.co.kr/pay/x")
        );
    }

    #[test]
    fn bypass_is_found_flat_or_nested_and_only_as_text() {
        let flat = json!({"bypass": {"site_logo": "a"}});
        let nested = json!({"bypass": {"kcp": {"site_logo": "b"}, "site_logo": 3}});
        assert_eq!(bypass(&flat, "site_logo"), Some("a"));
        assert_eq!(bypass(&nested, "site_logo"), Some("b"));
        assert_eq!(bypass(&json!({"bypass": ["site_logo"]}), "site_logo"), None);
        assert_eq!(bypass(&json!(null), "site_logo"), None);
    }
}
