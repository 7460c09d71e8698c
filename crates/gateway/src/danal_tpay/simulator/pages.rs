//! The window's pages. They say that they are a simulation, carry nobody's logo, and run no inline script.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::PROVIDER;
use super::window::{CARRIERS, Ended, Language, Mistake, Opened, is_mobile};
use crate::sandbox::form::{escape, grouped};

/// The filled-in phone number, where the opening names none.
const PHONE: &str = "01012345678";

/// A text in both languages.
type Words = (&'static str, &'static str);

const TITLE: Words = (
    "다날 모의 정기결제창",
    "Danal, simulated: recurring payment",
);
const SIMULATED: Words = (
    "모의 결제창입니다. 실제 결제가 이루어지지 않으며 테스트 카드만 쓸 수 있습니다.",
    "This is a simulation. No money moves and only test cards work.",
);
const SHOP: Words = ("상점", "Shop");
const ORDER: Words = ("상품", "Order");
const AMOUNT: Words = ("금액", "Amount");
const PERIOD: Words = ("제공기간", "Period");
const CARD: Words = ("1. 카드와 휴대폰", "1. Card and phone");
const PROOF: Words = ("2. 본인 확인", "2. Is it you?");
const AGREE: Words = (
    "정기결제 및 개인정보 제공에 동의합니다",
    "I agree to recurring payment and the use of my data",
);
const CARD_NUMBER: Words = ("카드번호", "Card number");
const CARD_HINT: Words = ("예: 4242 4242 4242 4242", "Such as 4242 4242 4242 4242");
const CARRIER: Words = ("통신사", "Carrier");
const RESELLER: Words = ("알뜰폰", "Other (MVNO)");
const TELEPHONE: Words = ("휴대폰 번호", "Mobile number");
const CODE: Words = (
    "문자 인증번호 (6자리)",
    "Code from the text message (6 digits)",
);
const CODE_HINT: Words = (
    "모의 결제창은 문자를 보내지 않습니다. 미리 채운 번호를 쓰세요.",
    "No message is sent in a simulation. The code is filled in.",
);
const NEXT: Words = ("다음", "Next");
const PAY: Words = ("결제", "Pay");
const REGISTER: Words = ("등록", "Register");
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
        Mistake::Carrier => ("통신사를 선택해 주세요.", "Choose a carrier."),
        Mistake::Phone => ("휴대폰 번호를 확인해 주세요.", "Check the mobile number."),
        Mistake::Code => ("인증번호는 숫자 6자리입니다.", "The code has 6 digits."),
    }
}

/// What a field is made of.
enum Control {
    /// A text field with these attributes.
    Text(String),
    /// A choice: values and what they are called.
    Choice(Vec<(&'static str, &'static str)>),
}

/// One field.
struct Input {
    /// Its name in the form.
    name: &'static str,
    /// Its id and `data-test`.
    id: &'static str,
    label: Words,
    hint: Option<Words>,
    control: Control,
    about: Mistake,
}

impl Input {
    fn html(&self, language: Language, mistakes: &[Mistake]) -> String {
        let Input { name, id, .. } = self;
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
        let named = format!("id=\"{id}\" name=\"{name}\" data-test=\"{id}\" required");
        let control = match &self.control {
            Control::Text(attributes) => format!("<input {named} {attributes}{more}>"),
            Control::Choice(options) => {
                let options: String = options
                    .iter()
                    .map(|(value, text)| format!("<option value=\"{value}\">{text}</option>"))
                    .collect();
                format!("<select {named} autocomplete=\"off\"{more}>{options}</select>")
            }
        };
        let label = language.say(self.label);
        format!("<div class=\"field\"><label for=\"{id}\">{label}</label>{control}{notes}</div>")
    }
}

fn error(id: &str, mistake: Mistake, language: Language) -> String {
    let text = language.say(mistake_words(mistake));
    format!("<p class=\"error\" id=\"{id}-error\" role=\"alert\">{text}</p>")
}

fn card_inputs(opened: &Opened, language: Language) -> [Input; 3] {
    let names = ["SKT", "KT", "LG U+", language.say(RESELLER)];
    let phone = match is_mobile(&opened.user_phone) {
        true => &opened.user_phone,
        false => PHONE,
    };
    [
        Input {
            name: "card_number",
            id: "card-number",
            label: CARD_NUMBER,
            hint: Some(CARD_HINT),
            control: Control::Text(
                "type=\"text\" inputmode=\"numeric\" autocomplete=\"cc-number\" maxlength=\"23\""
                    .to_owned(),
            ),
            about: Mistake::CardNumber,
        },
        Input {
            name: "carrier",
            id: "carrier",
            label: CARRIER,
            hint: None,
            control: Control::Choice(CARRIERS.into_iter().zip(names).collect()),
            about: Mistake::Carrier,
        },
        Input {
            name: "phone",
            id: "phone",
            label: TELEPHONE,
            hint: None,
            control: Control::Text(format!(
                "type=\"tel\" autocomplete=\"tel-national\" maxlength=\"20\" value=\"{}\"",
                escape(phone)
            )),
            about: Mistake::Phone,
        },
    ]
}

/// What is paid or registered, and for whom. Danal is told no shop's name, so it shows the one that it gave.
fn summary(opened: &Opened, language: Language) -> String {
    let row = |label, hook, text: &str| {
        format!(
            "<div><dt>{}</dt><dd data-test=\"{hook}\">{}</dd></div>",
            language.say(label),
            escape(text)
        )
    };
    let mut rows = row(SHOP, "shop-name", &format!("CPID {}", opened.cpid));
    rows.push_str(&row(ORDER, "order-name", &opened.item_name));
    if let Some(amount) = opened.amount.filter(|_| opened.shows_amount) {
        let shown = money(amount, opened.currency, language);
        rows.push_str(&row(AMOUNT, "amount", &shown));
    }
    if let Some(period) = &opened.period {
        rows.push_str(&row(PERIOD, "period", period));
    }
    format!("<dl>{rows}</dl>")
}

fn money(amount: i64, currency: &str, language: Language) -> String {
    match (currency, language) {
        ("KRW", Language::Korean) => format!("{}원", grouped(amount)),
        ("KRW", Language::English) => format!("KRW {}", grouped(amount)),
        _ => format!("{currency} {}.{:02}", grouped(amount / 100), amount % 100),
    }
}

/// The first step: consent, the card and the phone.
pub(super) fn card_step(
    token: &str,
    opened: &Opened,
    language: Language,
    mistakes: &[Mistake],
) -> Response {
    let consent = match mistakes.contains(&Mistake::Consent) {
        true => error("agree", Mistake::Consent, language),
        false => String::new(),
    };
    let inputs = card_inputs(opened, language);
    let fields: String = inputs
        .iter()
        .map(|input| input.html(language, mistakes))
        .collect();
    let fields = format!(
        "<fieldset><legend>{}</legend>{fields}</fieldset>\
         <div class=\"check\"><input type=\"checkbox\" id=\"agree\" name=\"agree\" value=\"Y\" data-test=\"agree\" required checked>\
         <label for=\"agree\">{}</label>{consent}</div>",
        language.say(CARD),
        language.say(AGREE),
    );
    let form = form(token, "card", &fields, ("next", NEXT), language);
    step_page(language, &(summary(opened, language) + &form))
}

/// The second step: the code that a phone would receive.
pub(super) fn code_step(
    token: &str,
    opened: &Opened,
    language: Language,
    mistakes: &[Mistake],
) -> Response {
    let input = Input {
        name: "code",
        id: "code",
        label: CODE,
        hint: Some(CODE_HINT),
        control: Control::Text(
            "type=\"text\" inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"6\" value=\"123456\""
                .to_owned(),
        ),
        about: Mistake::Code,
    };
    let fields = format!(
        "<fieldset><legend>{}</legend>{}</fieldset>",
        language.say(PROOF),
        input.html(language, mistakes),
    );
    let button = match opened.is_bill {
        true => PAY,
        false => REGISTER,
    };
    let form = form(token, "code", &fields, ("pay", button), language);
    step_page(language, &(summary(opened, language) + &form))
}

/// A step's form with its buttons. `main` is the button that goes on: hook and text.
fn form(
    token: &str,
    step: &str,
    fields: &str,
    (hook, text): (&str, Words),
    language: Language,
) -> String {
    format!(
        "<form method=\"post\" action=\"/{PROVIDER}/window/step\" accept-charset=\"utf-8\">\
         <input type=\"hidden\" name=\"STARTPARAMS\" value=\"{}\"><input type=\"hidden\" name=\"step\" value=\"{step}\">{fields}\
         <div class=\"buttons\"><button type=\"submit\" name=\"go\" value=\"{hook}\" data-test=\"{hook}\" class=\"main\">{}</button>\
         <button type=\"submit\" name=\"go\" value=\"cancel\" data-test=\"cancel\" formnovalidate>{}</button></div></form>",
        escape(token),
        language.say(text),
        language.say(CANCEL),
    )
}

fn step_page(language: Language, body: &str) -> Response {
    let script = format!("<script src=\"/{PROVIDER}/window/assets/window.js\" defer></script>");
    page(StatusCode::OK, language, body, &script, Some("'self'"))
}

/// The end: the result goes to the merchant's page as a form in Danal's charset.
pub(super) fn end(ended: &Ended, language: Language) -> Response {
    let input = |(name, value): &(String, String)| {
        format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
            escape(value)
        )
    };
    let inputs: String = ended.fields.iter().map(input).collect();
    let body = format!(
        "<p role=\"status\">{}</p><form id=\"result\" method=\"post\" action=\"{}\" accept-charset=\"euc-kr\">{inputs}\
         <div class=\"buttons\"><button class=\"main\">{}</button></div></form>",
        language.say(ENDED),
        escape(&ended.url),
        language.say(BACK_TO_SHOP),
    );
    let script = format!("<script src=\"/{PROVIDER}/window/assets/result.js\" defer></script>");
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
         <link rel=\"stylesheet\" href=\"/{PROVIDER}/window/assets/window.css\">{script}</head>\
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
