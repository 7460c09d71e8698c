//! The windows' pages. They say that they are a simulation, carry nobody's logo, and run no inline script.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dangol_domain::Currency;

use super::PROVIDER;
use super::codes::{self, Refusal};
use super::fields::{decimal, minor};
use super::tokens::Mistake;
use super::window::{Opened, Way};
use super::words::{self, Language, Words};
use crate::sandbox::form::{Form, escape, grouped};
use crate::sandbox::korea;

/// How many years ahead the filled-in expiry lies.
const EXPIRY_YEARS: i32 = 4;

/// One text field.
struct Input {
    /// Its name in the form.
    name: &'static str,
    /// Its id and `data-test`.
    id: &'static str,
    label: Words,
    hint: Option<Words>,
    attributes: String,
    about: Option<Mistake>,
}

impl Input {
    fn html(&self, language: Language, mistakes: &[Mistake]) -> String {
        let Input {
            name,
            id,
            attributes,
            ..
        } = self;
        let (mut notes, mut note_ids) = (String::new(), Vec::new());
        if let Some(hint) = self.hint {
            let hint = language.say(hint);
            notes.push_str(&format!("<p class=\"hint\" id=\"{id}-hint\">{hint}</p>"));
            note_ids.push(format!("{id}-hint"));
        }
        let mut wrong = String::new();
        if let Some(mistake) = self.about.filter(|about| mistakes.contains(about)) {
            let text = language.say(mistake.words());
            notes.push_str(&format!(
                "<p class=\"error\" id=\"{id}-error\" role=\"alert\">{text}</p>"
            ));
            note_ids.push(format!("{id}-error"));
            wrong.push_str(" aria-invalid=\"true\"");
        }
        if !note_ids.is_empty() {
            wrong.push_str(&format!(" aria-describedby=\"{}\"", note_ids.join(" ")));
        }
        let label = language.say(self.label);
        format!(
            "<div class=\"field\"><label for=\"{id}\">{label}</label>\
             <input id=\"{id}\" name=\"{name}\" data-test=\"{id}\" type=\"text\" inputmode=\"numeric\" required {attributes}{wrong}>{notes}</div>"
        )
    }
}

/// The fields of a card, filled in but for its number.
fn inputs(opened: &Opened, now_ms: i64) -> Vec<Input> {
    let (year, month) = korea::year_month(now_ms);
    let expiry = format!("{month:02}/{:02}", (year + EXPIRY_YEARS) % 100);
    let mut inputs = vec![
        Input {
            name: "card_number",
            id: "card-number",
            label: words::CARD_NUMBER,
            hint: Some(words::CARD_HINT),
            attributes: "autocomplete=\"cc-number\" maxlength=\"23\"".to_owned(),
            about: Some(Mistake::CardNumber),
        },
        Input {
            name: "expiry",
            id: "card-expiry",
            label: words::EXPIRY,
            hint: None,
            attributes: format!("autocomplete=\"cc-exp\" maxlength=\"7\" value=\"{expiry}\""),
            about: Some(Mistake::Expiry),
        },
        Input {
            name: "cvc",
            id: "card-cvc",
            label: words::CVC,
            hint: Some(words::CVC_HINT),
            attributes: "autocomplete=\"cc-csc\" maxlength=\"4\" value=\"123\"".to_owned(),
            about: Some(Mistake::Cvc),
        },
    ];
    if opened.asks_zip {
        inputs.push(Input {
            name: "zip",
            id: "zip",
            label: words::ZIP,
            hint: None,
            attributes: "autocomplete=\"postal-code\" maxlength=\"10\" value=\"06236\"".to_owned(),
            about: None,
        });
    }
    inputs
}

/// An amount as buyers read it, where it is one; else as it was told.
fn amount(opened: &Opened) -> String {
    let Opened {
        amount, currency, ..
    } = opened;
    let known = Currency::parse(currency);
    let read = known.and_then(|known| Some((known, minor(amount, known)?)));
    let Some((known, minor)) = read else {
        return format!("{currency} {amount}");
    };
    let written = decimal(minor, known);
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let whole = grouped(whole.parse().unwrap_or_default());
    match (opened.language, fraction) {
        (Language::Korean, "") if known == Currency::KRW => format!("{whole}원"),
        (_, "") => format!("{} {whole}", known.as_str()),
        (_, fraction) => format!("{} {whole}.{fraction}", known.as_str()),
    }
}

/// What is paid to whom.
fn summary(opened: &Opened) -> String {
    let row = |label, hook, text: &str| {
        let label = opened.language.say(label);
        let text = escape(text);
        format!("<div><dt>{label}</dt><dd data-test=\"{hook}\">{text}</dd></div>")
    };
    format!(
        "<dl>{}{}{}</dl>",
        row(words::SHOP, "shop-name", &opened.shop_name),
        row(words::ORDER, "order-name", &opened.order_name),
        row(words::AMOUNT, "amount", &amount(opened)),
    )
}

/// The form for a card, with the buyer's mistakes or with what Paymentwall said to the card before.
pub(super) fn card_form(
    id: &str,
    opened: &Opened,
    now_ms: i64,
    mistakes: &[Mistake],
    refusal: Option<&Refusal>,
) -> Response {
    let language = opened.language;
    let refused = refusal.map_or(String::new(), |refusal| {
        let text = escape(&format!("{}: {}", refusal.code, refusal.message()));
        format!("<p class=\"error\" role=\"alert\" lang=\"en\">{text}</p>")
    });
    let inputs = inputs(opened, now_ms);
    let fields: String = inputs
        .iter()
        .map(|input| input.html(language, mistakes))
        .collect();
    let pay = match opened.pay_button.as_str() {
        "" => language.say(words::PAY).to_owned(),
        text => escape(text),
    };
    let holder = match &opened.way {
        Way::Script { page_origin } => format!(" data-holder=\"{}\"", escape(page_origin)),
        Way::Widget(_) => String::new(),
    };
    let body = format!(
        "{}{refused}<form method=\"post\" action=\"/{PROVIDER}/window/step\" accept-charset=\"utf-8\"{holder}>\
         <input type=\"hidden\" name=\"window\" value=\"{id}\">{fields}\
         <div class=\"buttons\"><button type=\"submit\" name=\"go\" value=\"pay\" data-test=\"pay\" class=\"main\">{pay}</button>\
         <button type=\"submit\" name=\"go\" value=\"cancel\" data-test=\"cancel\" formnovalidate>{}</button></div></form>",
        summary(opened),
        language.say(words::CANCEL),
    );
    page(StatusCode::OK, language, &body, FORM_SCRIPT, Some("'self'"))
}

/// Fields that travel without being seen.
fn hidden<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let input = |(name, value): (&str, &str)| {
        let (name, value) = (escape(name), escape(value));
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    };
    fields.map(input).collect()
}

/// The end of the script's form: hands the result to the page that holds the frame.
pub(super) fn end(
    opened: &Opened,
    page_origin: &str,
    fields: &[(&'static str, String)],
) -> Response {
    let language = opened.language;
    let inputs = hidden(fields.iter().map(|(name, value)| (*name, value.as_str())));
    let body = format!(
        "<p role=\"status\">{}</p><form id=\"result\" data-result-to=\"{}\">{inputs}</form>",
        language.say(words::ENDED),
        escape(page_origin),
    );
    page(
        StatusCode::OK,
        language,
        &body,
        RESULT_SCRIPT,
        Some("'none'"),
    )
}

/// The end of a widget: on to the shop's page, when there is one.
pub(super) fn leave(opened: &Opened, url: Option<String>) -> Response {
    let language = opened.language;
    let Some(url) = url else {
        let body = format!("<p role=\"status\">{}</p>", language.say(words::MAY_CLOSE));
        return page(StatusCode::OK, language, &body, "", Some("'none'"));
    };
    // A form that is sent by GET replaces the query of its action, so the query travels as fields.
    let (url, query) = url.split_once('?').unwrap_or((&url, ""));
    let query = Form::read(query.as_bytes(), encoding_rs::UTF_8);
    let body = format!(
        "<p role=\"status\">{}</p><form id=\"result\" method=\"get\" action=\"{}\" accept-charset=\"utf-8\">{}\
         <div class=\"buttons\"><button class=\"main\">{}</button></div></form>",
        language.say(words::ENDED),
        escape(url),
        hidden(query.pairs()),
        language.say(words::BACK_TO_SHOP),
    );
    // The merchant's page may redirect further, which `form-action` would stop.
    page(StatusCode::OK, language, &body, RESULT_SCRIPT, None)
}

const RESULT_SCRIPT: &str = "<script src=\"/paymentwall/assets/result.js\" defer></script>";
const FORM_SCRIPT: &str = "<script src=\"/paymentwall/assets/form.js\" defer></script>";

/// A widget that is not opened: its address is not signed by the project, or lacks something.
pub(super) fn refused_widget(refusal: &Refusal) -> Response {
    let named = [codes::MISSING, codes::WRONG_AMOUNT].contains(&refusal.code.as_str());
    let (status, body) = match named {
        true => {
            let text = escape(&refusal.message());
            let body = format!("<p role=\"alert\" lang=\"en\">{text}</p>");
            (StatusCode::BAD_REQUEST, body)
        }
        false => (StatusCode::FORBIDDEN, in_both(words::UNAUTHORISED)),
    };
    page(status, Language::English, &body, "", Some("'none'"))
}

/// A window that there is no more.
pub(super) fn gone() -> Response {
    let body = in_both(words::GONE);
    page(
        StatusCode::GONE,
        Language::English,
        &body,
        "",
        Some("'none'"),
    )
}

fn in_both(words: Words) -> String {
    let (korean, english) = words;
    format!("<p>{english}</p><p lang=\"ko\">{korean}</p>")
}

fn page(
    status: StatusCode,
    language: Language,
    body: &str,
    script: &str,
    form_action: Option<&str>,
) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/{PROVIDER}/assets/window.css\">{script}</head>\
         <body data-pg=\"{PROVIDER}\" data-simulated><main><h1>{title}</h1><p class=\"simulated\">{simulated}</p>{body}</main></body></html>\n",
        tag = language.tag(),
        title = language.say(words::TITLE),
        simulated = language.say(words::SIMULATED),
    );
    let form_action = form_action.map_or(String::new(), |to| format!("; form-action {to}"));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'{form_action}"
    );
    let headers: [(HeaderName, String); 5] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (status, headers, html).into_response()
}
