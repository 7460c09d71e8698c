//! The window's pages. They say that they are a simulation, carry nobody's logo, and run no inline script.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::PROVIDER;
use super::window::{Ended, Language, Mistake, Opened};
use crate::sandbox::form::{Form, escape, grouped};
use crate::sandbox::korea;

/// How many years ahead the filled-in expiry lies.
const EXPIRY_YEARS: i32 = 4;

/// A text in both languages.
type Words = (&'static str, &'static str);

const TITLE: Words = (
    "PAYCO 모의 자동결제 등록창",
    "PAYCO, simulated: automatic payment",
);
const SIMULATED: Words = (
    "모의 결제창입니다. 실제 결제가 이루어지지 않으며 테스트 카드만 쓸 수 있습니다.",
    "This is a simulation. No money moves and only test cards work.",
);
const SHOP: Words = ("상점", "Shop");
const ORDER: Words = ("상품", "Order");
const AMOUNT: Words = ("금액", "Amount");
const SIGN_IN: Words = ("1. 로그인", "1. Sign in");
const CARD: Words = ("2. 결제 카드", "2. Card");
const LOGIN: Words = ("아이디 (이메일)", "Id (e-mail)");
const PASSWORD: Words = ("비밀번호", "Password");
const AGREE: Words = (
    "자동결제 이용약관에 동의합니다",
    "I agree to the terms of automatic payment",
);
const CARD_NUMBER: Words = ("카드번호", "Card number");
const CARD_HINT: Words = ("예: 4242 4242 4242 4242", "Such as 4242 4242 4242 4242");
const EXPIRY: Words = ("유효기간 (MM/YY)", "Expiry (MM/YY)");
const PIN: Words = ("결제 비밀번호 (6자리)", "Payment PIN (6 digits)");
const NEXT: Words = ("다음", "Next");
const PAY: Words = ("자동결제 등록", "Register");
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
        Mistake::Login => ("아이디를 입력해 주세요.", "Enter your id."),
        Mistake::Password => ("비밀번호를 입력해 주세요.", "Enter your password."),
        Mistake::Consent => ("동의가 필요합니다.", "Your consent is needed."),
        Mistake::CardNumber => ("카드번호를 확인해 주세요.", "Check the card number."),
        Mistake::Expiry => ("유효기간을 확인해 주세요.", "Check the expiry."),
        Mistake::Pin => ("결제 비밀번호는 숫자 6자리입니다.", "The PIN has 6 digits."),
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
        let mut more = String::new();
        if mistakes.contains(&self.about) {
            notes.push_str(&error(id, self.about, language));
            note_ids.push(format!("{id}-error"));
            more.push_str(" aria-invalid=\"true\"");
        }
        if !note_ids.is_empty() {
            more.push_str(&format!(" aria-describedby=\"{}\"", note_ids.join(" ")));
        }
        let label = language.say(self.label);
        format!(
            "<div class=\"field\"><label for=\"{id}\">{label}</label>\
             <input id=\"{id}\" name=\"{name}\" data-test=\"{id}\" required {attributes}{more}>{notes}</div>"
        )
    }
}

fn error(id: &str, mistake: Mistake, language: Language) -> String {
    let text = language.say(mistake_words(mistake));
    format!("<p class=\"error\" id=\"{id}-error\" role=\"alert\">{text}</p>")
}

fn sign_in_inputs() -> [Input; 2] {
    [
        Input {
            name: "login_id",
            id: "login-id",
            label: LOGIN,
            hint: None,
            attributes: "type=\"email\" autocomplete=\"username\" maxlength=\"100\" value=\"buyer@example.com\""
                .to_owned(),
            about: Mistake::Login,
        },
        Input {
            name: "login_password",
            id: "login-password",
            label: PASSWORD,
            hint: None,
            attributes: "type=\"password\" autocomplete=\"current-password\" maxlength=\"100\" value=\"simulated\""
                .to_owned(),
            about: Mistake::Password,
        },
    ]
}

fn card_inputs(now_ms: i64) -> [Input; 2] {
    let (year, month) = korea::year_month(now_ms);
    let expiry = format!("{month:02}/{:02}", (year + EXPIRY_YEARS) % 100);
    [
        Input {
            name: "card_number",
            id: "card-number",
            label: CARD_NUMBER,
            hint: Some(CARD_HINT),
            attributes:
                "type=\"text\" inputmode=\"numeric\" autocomplete=\"cc-number\" maxlength=\"23\""
                    .to_owned(),
            about: Mistake::CardNumber,
        },
        Input {
            name: "expiry",
            id: "card-expiry",
            label: EXPIRY,
            hint: None,
            attributes: format!(
                "type=\"text\" inputmode=\"numeric\" autocomplete=\"cc-exp\" maxlength=\"5\" value=\"{expiry}\""
            ),
            about: Mistake::Expiry,
        },
    ]
}

fn all(inputs: &[Input], language: Language, mistakes: &[Mistake]) -> String {
    let html = inputs.iter().map(|input| input.html(language, mistakes));
    html.collect()
}

/// What is registered for whom.
fn summary(opened: &Opened, language: Language) -> String {
    let say = |words| language.say(words);
    let row = |label, hook, text: &str| {
        format!(
            "<div><dt>{}</dt><dd data-test=\"{hook}\">{}</dd></div>",
            say(label),
            escape(text)
        )
    };
    let mut rows = row(SHOP, "shop-name", &opened.shop_name);
    if !opened.order_name.is_empty() {
        rows.push_str(&row(ORDER, "order-name", &opened.order_name));
    }
    if let Some(amount) = opened.amount {
        let amount = match language {
            Language::Korean => format!("{}원", grouped(amount)),
            Language::English => format!("KRW {}", grouped(amount)),
        };
        rows.push_str(&row(AMOUNT, "amount", &amount));
    }
    format!("<dl>{rows}</dl>")
}

/// A step's form with its buttons. `main` is the button that goes on: hook and text.
fn form(
    number: &str,
    step: &str,
    fields: &str,
    (hook, text): (&str, Words),
    language: Language,
) -> String {
    format!(
        "<form method=\"post\" action=\"/{PROVIDER}/easyLogin/{}\" accept-charset=\"utf-8\">\
         <input type=\"hidden\" name=\"step\" value=\"{step}\">{fields}\
         <div class=\"buttons\"><button type=\"submit\" name=\"go\" value=\"{hook}\" data-test=\"{hook}\" class=\"main\">{}</button>\
         <button type=\"submit\" name=\"go\" value=\"cancel\" data-test=\"cancel\" formnovalidate>{}</button></div></form>",
        escape(number),
        language.say(text),
        language.say(CANCEL),
    )
}

/// The first step: sign in and choose a card.
pub(super) fn card_step(
    number: &str,
    opened: &Opened,
    language: Language,
    now_ms: i64,
    mistakes: &[Mistake],
) -> Response {
    let consent = match mistakes.contains(&Mistake::Consent) {
        true => error("agree", Mistake::Consent, language),
        false => String::new(),
    };
    let fields = format!(
        "<fieldset><legend>{}</legend>{}</fieldset><fieldset><legend>{}</legend>{}</fieldset>\
         <div class=\"check\"><input type=\"checkbox\" id=\"agree\" name=\"agree\" value=\"Y\" data-test=\"agree\" required checked>\
         <label for=\"agree\">{}</label>{consent}</div>",
        language.say(SIGN_IN),
        all(&sign_in_inputs(), language, mistakes),
        language.say(CARD),
        all(&card_inputs(now_ms), language, mistakes),
        language.say(AGREE),
    );
    let form = form(number, "card", &fields, ("next", NEXT), language);
    let body = summary(opened, language) + &form;
    step_page(opened, language, &body)
}

/// The second step: the PIN.
pub(super) fn pin_step(
    number: &str,
    opened: &Opened,
    language: Language,
    is_wrong: bool,
) -> Response {
    let input = Input {
        name: "pin",
        id: "pin",
        label: PIN,
        hint: None,
        attributes: "type=\"password\" inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"6\" value=\"123456\""
            .to_owned(),
        about: Mistake::Pin,
    };
    let mistakes: &[Mistake] = if is_wrong { &[Mistake::Pin] } else { &[] };
    let fields = input.html(language, mistakes);
    let form = form(number, "pin", &fields, ("pay", PAY), language);
    let body = summary(opened, language) + &form;
    step_page(opened, language, &body)
}

fn step_page(opened: &Opened, language: Language, body: &str) -> Response {
    let policy = Policy {
        form_action: Some("'self'"),
        in_frame: opened.in_frame,
    };
    let script = format!("<script src=\"/{PROVIDER}/assets/window.js\" defer></script>");
    page(StatusCode::OK, language, body, &script, &policy)
}

/// The end: the result goes to the merchant's return URL in its query.
pub(super) fn end(opened: &Opened, language: Language, ended: &Ended) -> Response {
    // A form that is sent by GET replaces the query of its action, so the query travels as fields.
    let (url, query) = ended.url.split_once('?').unwrap_or((&ended.url, ""));
    let own = Form::read(query.as_bytes(), encoding_rs::UTF_8);
    let input = |(name, value): (&str, &str)| {
        format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
            escape(name),
            escape(value)
        )
    };
    let brought = ended
        .fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let inputs: String = own.pairs().chain(brought).map(input).collect();
    let body = format!(
        "<p role=\"status\">{}</p><form id=\"result\" method=\"get\" action=\"{}\" accept-charset=\"utf-8\">{inputs}\
         <div class=\"buttons\"><button class=\"main\">{}</button></div></form>",
        language.say(ENDED),
        escape(url),
        language.say(BACK_TO_SHOP),
    );
    let script = format!("<script src=\"/{PROVIDER}/assets/result.js\" defer></script>");
    // The merchant's page may redirect further, which `form-action` would stop.
    let policy = Policy {
        form_action: None,
        in_frame: opened.in_frame,
    };
    page(StatusCode::OK, language, &body, &script, &policy)
}

/// A window that there is no more.
pub(super) fn gone() -> Response {
    let both = format!("<p>{}</p><p lang=\"en\">{}</p>", GONE.0, GONE.1);
    let policy = Policy {
        form_action: Some("'none'"),
        in_frame: true,
    };
    page(StatusCode::GONE, Language::Korean, &both, "", &policy)
}

/// What a page may do.
struct Policy {
    form_action: Option<&'static str>,
    /// Whether another page may hold it in a frame: only where the reservation asked for it.
    in_frame: bool,
}

impl Policy {
    fn text(&self) -> String {
        let mut text =
            "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'".to_owned();
        if let Some(to) = self.form_action {
            text.push_str(&format!("; form-action {to}"));
        }
        if !self.in_frame {
            text.push_str("; frame-ancestors 'none'");
        }
        text
    }
}

fn page(
    status: StatusCode,
    language: Language,
    body: &str,
    script: &str,
    policy: &Policy,
) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/{PROVIDER}/assets/window.css\">{script}</head>\
         <body data-pg=\"{PROVIDER}\" data-simulated><main><h1>{title}</h1><p class=\"simulated\">{simulated}</p>{body}</main></body></html>\n",
        tag = language.tag(),
        title = language.say(TITLE),
        simulated = language.say(SIMULATED),
    );
    let headers: [(HeaderName, String); 5] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy.text()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (status, headers, html).into_response()
}
