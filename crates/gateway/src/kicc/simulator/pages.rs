//! The window's pages. They say that they are a simulation, carry nobody's logo, and run no inline script.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::PROVIDER;
use super::window::{Certificate, Language, Mistake, Opened};
use crate::sandbox::form::{escape, grouped};
use crate::sandbox::korea;

/// How many years ahead the filled-in expiry lies.
const EXPIRY_YEARS: i32 = 4;

/// A text in both languages.
type Words = (&'static str, &'static str);

const TITLE: Words = ("KICC 모의 카드 등록창", "KICC, simulated: register a card");
const SIMULATED: Words = (
    "모의 결제창입니다. 실제 결제가 이루어지지 않으며 테스트 카드만 쓸 수 있습니다.",
    "This is a simulation. No money moves and only test cards work.",
);
const SHOP: Words = ("상점", "Shop");
const ORDER: Words = ("상품", "Order");
const AMOUNT: Words = ("금액", "Amount");
const AGREE: Words = (
    "정기결제 등록 및 개인정보 제공에 동의합니다",
    "I agree to recurring payment and the use of my data",
);
const CARD_NUMBER: Words = ("카드번호", "Card number");
const CARD_HINT: Words = ("예: 4242 4242 4242 4242", "Such as 4242 4242 4242 4242");
const EXPIRY: Words = ("유효기간 (MM/YY)", "Expiry (MM/YY)");
const BIRTH: Words = (
    "생년월일 또는 사업자등록번호",
    "Date of birth or business number",
);
const BIRTH_HINT: Words = (
    "생년월일은 6자리, 사업자등록번호는 10자리",
    "YYMMDD, or the 10 digits of the number",
);
const PASSWORD: Words = ("비밀번호 앞 2자리", "First 2 digits of the password");
const PAY: Words = ("등록", "Register");
const CANCEL: Words = ("취소", "Cancel");
const BACK_TO_SHOP: Words = ("상점으로 돌아가기", "Back to the shop");
const ENDED: Words = (
    "처리 결과를 상점에 전달하고 있습니다.",
    "Handing the result to the shop.",
);
const GONE: Words = (
    "이 결제창은 더 이상 유효하지 않습니다. 창을 닫고 다시 시도해 주세요.",
    "This window is no longer valid. Close it and try again.",
);

impl Language {
    fn say(self, words: Words) -> &'static str {
        match self {
            Language::Korean => words.0,
            Language::English => words.1,
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Language::Korean => "ko",
            Language::English => "en",
        }
    }
}

fn mistake_words(mistake: Mistake) -> Words {
    match mistake {
        Mistake::Consent => ("동의가 필요합니다.", "Your consent is needed."),
        Mistake::CardNumber => ("카드번호를 확인해 주세요.", "Check the card number."),
        Mistake::Expiry => ("유효기간을 확인해 주세요.", "Check the expiry."),
        Mistake::Birth => (
            "생년월일 또는 사업자등록번호를 확인해 주세요.",
            "Check the date of birth or business number.",
        ),
        Mistake::Password => (
            "비밀번호 앞 2자리를 확인해 주세요.",
            "Check the 2 digits of the password.",
        ),
    }
}

/// One text field.
struct Input {
    /// Its name in the form.
    name: &'static str,
    /// Its id and `data-test`.
    id: &'static str,
    label: Words,
    hint: Option<Words>,
    attributes: String,
    about: Mistake,
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
        if mistakes.contains(&self.about) {
            notes.push_str(&error(id, self.about, language));
            note_ids.push(format!("{id}-error"));
            wrong.push_str(" aria-invalid=\"true\"");
        }
        if !note_ids.is_empty() {
            wrong.push_str(&format!(" aria-describedby=\"{}\"", note_ids.join(" ")));
        }
        let label = language.say(self.label);
        format!(
            "<div class=\"field\"><label for=\"{id}\">{label}</label>\
             <input id=\"{id}\" name=\"{name}\" data-test=\"{id}\" inputmode=\"numeric\" required {attributes}{wrong}>{notes}</div>"
        )
    }
}

fn error(id: &str, mistake: Mistake, language: Language) -> String {
    let text = language.say(mistake_words(mistake));
    format!("<p class=\"error\" id=\"{id}-error\" role=\"alert\">{text}</p>")
}

/// The fields that a window asks for, filled in but for the card number.
fn inputs(certificate: Certificate, now_ms: i64) -> Vec<Input> {
    let (year, month) = korea::year_month(now_ms);
    let expiry = format!("{month:02}/{:02}", (year + EXPIRY_YEARS) % 100);
    let mut inputs = vec![
        Input {
            name: "card_number",
            id: "card-number",
            label: CARD_NUMBER,
            hint: Some(CARD_HINT),
            attributes: "type=\"text\" autocomplete=\"cc-number\" maxlength=\"23\"".to_owned(),
            about: Mistake::CardNumber,
        },
        Input {
            name: "expiry",
            id: "card-expiry",
            label: EXPIRY,
            hint: None,
            attributes: format!(
                "type=\"text\" autocomplete=\"cc-exp\" maxlength=\"5\" value=\"{expiry}\""
            ),
            about: Mistake::Expiry,
        },
    ];
    if certificate != Certificate::Expiry {
        inputs.push(Input {
            name: "birth",
            id: "birth",
            label: BIRTH,
            hint: Some(BIRTH_HINT),
            attributes: "type=\"text\" autocomplete=\"bday\" maxlength=\"12\" value=\"900101\""
                .to_owned(),
            about: Mistake::Birth,
        });
    }
    if certificate == Certificate::Password {
        inputs.push(Input {
            name: "password2",
            id: "password2",
            label: PASSWORD,
            hint: None,
            attributes: "type=\"password\" autocomplete=\"off\" maxlength=\"2\" value=\"12\""
                .to_owned(),
            about: Mistake::Password,
        });
    }
    inputs
}

/// The one step: consent, the card, and what proves it.
pub(super) fn card_step(id: &str, opened: &Opened, now_ms: i64, mistakes: &[Mistake]) -> Response {
    let language = opened.language;
    let say = |words| language.say(words);
    let amount = match language {
        Language::Korean => format!("{}원", grouped(opened.amount)),
        Language::English => format!("KRW {}", grouped(opened.amount)),
    };
    let inputs = inputs(opened.certificate, now_ms);
    let fields: String = inputs
        .iter()
        .map(|input| input.html(language, mistakes))
        .collect();
    let consent = match mistakes.contains(&Mistake::Consent) {
        true => error("agree", Mistake::Consent, language),
        false => String::new(),
    };
    let body = format!(
        "<dl><div><dt>{}</dt><dd data-test=\"shop-name\">{}</dd></div>\
         <div><dt>{}</dt><dd data-test=\"order-name\">{}</dd></div>\
         <div><dt>{}</dt><dd data-test=\"amount\">{amount}</dd></div></dl>\
         <form method=\"post\" action=\"/{PROVIDER}/view/trades/step\" accept-charset=\"utf-8\">\
         <input type=\"hidden\" name=\"authorizationId\" value=\"{}\">\
         <div class=\"check\"><input type=\"checkbox\" id=\"agree\" name=\"agree\" value=\"Y\" data-test=\"agree\" required checked>\
         <label for=\"agree\">{}</label>{consent}</div>{fields}\
         <div class=\"buttons\"><button type=\"submit\" name=\"go\" value=\"pay\" data-test=\"pay\" class=\"main\">{}</button>\
         <button type=\"submit\" name=\"go\" value=\"cancel\" data-test=\"cancel\" formnovalidate>{}</button></div></form>",
        say(SHOP),
        escape(&opened.shop_name),
        say(ORDER),
        escape(&opened.order_name),
        say(AMOUNT),
        escape(id),
        say(AGREE),
        say(PAY),
        say(CANCEL),
    );
    let script = format!("<script src=\"/{PROVIDER}/view/assets/window.js\" defer></script>");
    page(StatusCode::OK, language, &body, &script, Some("'self'"))
}

/// The end: the result goes to the merchant's return URL as a form.
pub(super) fn end(opened: &Opened, fields: &[(&'static str, String)]) -> Response {
    let language = opened.language;
    let input = |(name, value): &(&str, String)| {
        format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
            escape(value)
        )
    };
    let inputs: String = fields.iter().map(input).collect();
    let body = format!(
        "<p role=\"status\">{}</p><form id=\"result\" method=\"post\" action=\"{}\" accept-charset=\"utf-8\">{inputs}\
         <div class=\"buttons\"><button class=\"main\">{}</button></div></form>",
        language.say(ENDED),
        escape(&opened.return_url),
        language.say(BACK_TO_SHOP),
    );
    let script = format!("<script src=\"/{PROVIDER}/view/assets/result.js\" defer></script>");
    // The merchant's page may redirect further, which `form-action` would stop.
    page(StatusCode::OK, language, &body, &script, None)
}

/// A window that there is no more.
pub(super) fn gone() -> Response {
    let both = format!("<p>{}</p><p lang=\"en\">{}</p>", GONE.0, GONE.1);
    page(
        StatusCode::GONE,
        Language::Korean,
        &both,
        "",
        Some("'none'"),
    )
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
         <link rel=\"stylesheet\" href=\"/{PROVIDER}/view/assets/window.css\">{script}</head>\
         <body data-pg=\"{PROVIDER}\" data-simulated><main><h1>{title}</h1><p class=\"simulated\">{simulated}</p>{body}</main></body></html>\n",
        tag = language.tag(),
        title = language.say(TITLE),
        simulated = language.say(SIMULATED),
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
