//! The ways into the window: the script and its frame on a PC, the registered trade on a phone.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::codes::{self, Refusal};
use super::fields::{Fields, won};
use super::window::{GoesTo, Language, Opened, Trade};
use super::{Kcp, PROVIDER, api, pages};
use crate::sandbox::control::{Fault, Operation};
use crate::sandbox::form::Form;
use crate::sandbox::{Incoming, Meddling};

/// Characters that KCP refuses in the name of goods.
const NAME_FORBIDDEN: &[char] = &[',', '&', ';', '\n', '\r', '\\', '|', '\'', '"', '<', '>'];
/// Faults that the loading of the script can show; the others wait for the window itself.
const SCRIPT_FAULTS: &[Fault] = &[
    Fault::Delay,
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Http500,
    Fault::Garbage,
];

/// The script that merchants' pages load.
pub(super) async fn script(State(kcp): State<Arc<Kcp>>) -> Response {
    let (pg, operation) = (PROVIDER, Operation::OpenWindow);
    let incoming = Incoming {
        pg,
        operation,
        order_id: None,
        amount: None,
        able: SCRIPT_FAULTS,
    };
    match kcp.world.receive(incoming).await {
        Ok(meddling) => meddling.finish(text(JAVASCRIPT, include_str!("assets/hub.js"))),
        Err(answer) => answer,
    }
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The window's own files.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "window.css" => text("text/css; charset=utf-8", crate::sandbox::WINDOW_CSS),
        "window.js" => text(JAVASCRIPT, crate::sandbox::WINDOW_JS),
        "result.js" => text(JAVASCRIPT, include_str!("assets/result.js")),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn text(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}

/// A merchant's server registers a mobile trade.
pub(super) async fn register(
    State(kcp): State<Arc<Kcp>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = Fields::read(&headers, &body);
    let known = fields.as_ref().ok();
    let order_id = known.and_then(|fields| fields.get("ordr_idxx"));
    let amount = known.and_then(|fields| fields.maybe_won("good_mny"));
    let meddling = match kcp.receive(Operation::OpenWindow, order_id, amount).await {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    let registered = match meddling.decline(codes::NOT_ALLOWED) {
        Some(code) => Err(Refusal::new(&code)),
        None => fields.and_then(|fields| read_trade(&kcp, &fields)),
    };
    let body = match registered {
        Ok(trade) => {
            let approval_key = kcp.world.random_hex();
            let trace_no = kcp.world.random_hex()[..20].to_uppercase();
            kcp.windows.register(&approval_key, trade);
            json!({
                "Code": codes::OK,
                "Message": codes::message(codes::OK).0,
                "approvalKey": approval_key,
                "traceNo": trace_no,
                "PayUrl": kcp.pay_url(),
                "paymentMethod": "AUTH",
            })
        }
        Err(refusal) => json!({ "Code": refusal.code, "Message": refusal.message() }),
    };
    meddling.finish(api::json_answer(&body))
}

fn read_trade(kcp: &Kcp, fields: &Fields) -> Result<Trade, Refusal> {
    let site_cd = fields.required("site_cd", 5)?;
    let order_id = fields.required("ordr_idxx", 40)?;
    fields.won("good_mny")?;
    if fields.required("good_name", 100)?.contains(NAME_FORBIDDEN) {
        return Err(Refusal::of(codes::BAD_FIELD, "good_name"));
    }
    fields.constant("pay_method", "AUTH")?;
    let ret_url = fields.required("Ret_URL", 1000)?;
    if !is_web_url(ret_url) {
        return Err(Refusal::of(codes::BAD_FIELD, "Ret_URL"));
    }
    if kcp.book().known_site(site_cd).is_none() {
        return Err(Refusal::of(codes::NOT_ALLOWED, "site_cd"));
    }
    Ok(Trade {
        site_cd: site_cd.to_owned(),
        order_id: order_id.to_owned(),
        good_mny: fields.required("good_mny", 12)?.to_owned(),
        ret_url: ret_url.to_owned(),
        since_ms: kcp.world.now_ms(),
    })
}

fn is_web_url(url: &str) -> bool {
    let scheme = ["http://", "https://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    scheme.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !url.contains(char::is_control)
}

/// The script's frame asks for the window.
pub(super) async fn start_on_pc(State(kcp): State<Arc<Kcp>>, body: Bytes) -> Response {
    let form = Form::read(&body, encoding_rs::UTF_8);
    let meddling = match kcp
        .receive(Operation::OpenWindow, form.get("ordr_idxx"), None)
        .await
    {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    let page_origin = form.text("page_origin");
    if !is_web_url(page_origin) {
        return pages::gone();
    }
    let good_name = form.text("good_name");
    let opened = Opened {
        goes_to: GoesTo::Page(page_origin.to_owned()),
        order_name: if good_name.is_empty() {
            period(form.text("good_expr"), common(&form).language)
        } else {
            good_name.to_owned()
        },
        shop_name: form.text("site_name").to_owned(),
        amount: None,
        echoed: Vec::new(),
        ..common(&form)
    };
    let checked = planned_refusal(&meddling).and_then(|()| check_pc(&kcp, &form));
    let page = match checked {
        Ok(()) => kcp.open(opened),
        Err(refusal) => kcp.refuse(&opened, &refusal),
    };
    meddling.finish(page)
}

/// What forms for PC and mobile say alike.
fn common(form: &Form) -> Opened {
    Opened {
        goes_to: GoesTo::Url(String::new()),
        site_cd: form.text("site_cd").to_owned(),
        order_id: form.text("ordr_idxx").to_owned(),
        shop_name: form.text("shop_name").to_owned(),
        order_name: form.text("good_name").to_owned(),
        amount: won(form.text("good_mny")),
        language: if form.text("eng_flag") == "Y" {
            Language::English
        } else {
            Language::Korean
        },
        card_number_as: form.text("batch_cardno_return_yn").to_owned(),
        company: form.text("batch_soc_choice") == "C",
        echoed: Vec::new(),
    }
}

/// How the window names the service period: `2:1m` is a month, nothing is an automatic payment without a term.
fn period(good_expr: &str, language: Language) -> String {
    let months = good_expr
        .split_once(':')
        .and_then(|(_, term)| term.strip_suffix('m'));
    match (months, language) {
        (Some(months), Language::Korean) => format!("{months}개월 자동결제"),
        (Some(months), Language::English) => format!("{months}-month automatic payment"),
        (None, Language::Korean) => "자동결제".to_owned(),
        (None, Language::English) => "automatic payment".to_owned(),
    }
}

fn planned_refusal(meddling: &Meddling) -> Result<(), Refusal> {
    match meddling.decline(codes::NOT_ALLOWED) {
        Some(code) => Err(Refusal::new(&code)),
        None => Ok(()),
    }
}

/// A field of a form that must be there, not empty, and of at most so many bytes.
fn required<'a>(form: &'a Form, name: &'static str, bytes_max: usize) -> Result<&'a str, Refusal> {
    match form.text(name) {
        "" => Err(Refusal::of(codes::MISSING_FIELD, name)),
        value if value.len() > bytes_max => Err(Refusal::of(codes::BAD_FIELD, name)),
        value => Ok(value),
    }
}

fn constants(form: &Form, expected: &[(&'static str, &str)]) -> Result<(), Refusal> {
    for (name, value) in expected {
        if required(form, name, 200)? != *value {
            return Err(Refusal::of(codes::BAD_FIELD, name));
        }
    }
    Ok(())
}

/// Site and group id, however the form names it.
fn check_site(kcp: &Kcp, form: &Form, group_name: &'static str) -> Result<(), Refusal> {
    let site_cd = required(form, "site_cd", 5)?;
    let group_id = required(form, group_name, 12)?;
    let book = kcp.book();
    let contract = book
        .known_site(site_cd)
        .ok_or(Refusal::of(codes::NOT_ALLOWED, "site_cd"))?;
    if contract.papers.group_id == group_id {
        Ok(())
    } else {
        Err(Refusal::new(codes::WRONG_GROUP))
    }
}

fn check_pc(kcp: &Kcp, form: &Form) -> Result<(), Refusal> {
    required(form, "ordr_idxx", 40)?;
    required(form, "site_name", 200)?;
    constants(
        form,
        &[
            ("pay_method", "AUTH:CARD"),
            ("card_cert_type", "BATCH"),
            ("module_type", "01"),
        ],
    )?;
    if form.text("buyr_name").len() > 40 {
        return Err(Refusal::of(codes::BAD_FIELD, "buyr_name"));
    }
    check_site(kcp, form, "kcpgroup_id")
}

/// The browser brings a registered trade, in the charset of KCP's own pages.
pub(super) async fn start_on_mobile(State(kcp): State<Arc<Kcp>>, body: Bytes) -> Response {
    start_trade(&kcp, &Form::read(&body, encoding_rs::EUC_KR), false).await
}

/// The same from a page in UTF-8.
pub(super) async fn start_through_filter(State(kcp): State<Arc<Kcp>>, body: Bytes) -> Response {
    start_trade(&kcp, &Form::read(&body, encoding_rs::UTF_8), true).await
}

async fn start_trade(kcp: &Kcp, form: &Form, through_filter: bool) -> Response {
    let amount = won(form.text("good_mny"));
    let meddling = match kcp
        .receive(Operation::OpenWindow, form.get("ordr_idxx"), amount)
        .await
    {
        Ok(meddling) => meddling,
        Err(answer) => return answer,
    };
    // Only a registered return URL is ever sent to.
    let Some(trade) = kcp
        .windows
        .trade(form.text("approval_key"), kcp.world.now_ms())
    else {
        return meddling.finish(pages::gone());
    };
    let names = [
        "good_name",
        "good_mny",
        "param_opt_1",
        "param_opt_2",
        "param_opt_3",
    ];
    let mut echoed = vec![
        ("ordr_idxx", trade.order_id.clone()),
        ("site_cd", trade.site_cd.clone()),
    ];
    echoed.extend(names.map(|name| (name, form.text(name).to_owned())));
    let opened = Opened {
        goes_to: GoesTo::Url(trade.ret_url.clone()),
        echoed,
        ..common(form)
    };
    let checked =
        planned_refusal(&meddling).and_then(|()| check_mobile(kcp, form, &trade, through_filter));
    let page = match checked {
        Ok(()) => kcp.open(opened),
        Err(refusal) => kcp.refuse(&opened, &refusal),
    };
    meddling.finish(page)
}

fn check_mobile(
    kcp: &Kcp,
    form: &Form,
    trade: &Trade,
    through_filter: bool,
) -> Result<(), Refusal> {
    let fixed = [
        ("pay_method", "AUTH"),
        ("ActionResult", "batch"),
        ("currency", "410"),
    ];
    constants(form, &fixed)?;
    let registered = [
        ("site_cd", trade.site_cd.as_str()),
        ("ordr_idxx", &trade.order_id),
        ("good_mny", &trade.good_mny),
        ("Ret_URL", &trade.ret_url),
    ];
    for (name, value) in registered {
        if required(form, name, 1000)? != value {
            return Err(Refusal::of(codes::BAD_FIELD, name));
        }
    }
    required(form, "shop_name", 200)?;
    required(form, "good_name", 100)?;
    if through_filter {
        constants(
            form,
            &[("encoding_trans", "UTF-8"), ("PayUrl", &kcp.pay_url())],
        )?;
    }
    check_site(kcp, form, "kcp_group_id")
}

impl Kcp {
    /// Where browsers bring a registered trade.
    fn pay_url(&self) -> String {
        format!("{}/pay/mobileGW.kcp", self.world.url(PROVIDER))
    }
}
