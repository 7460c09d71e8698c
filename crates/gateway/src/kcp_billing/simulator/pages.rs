//! The window's pages. They say that they are a simulation, carry nobody's logo, and run no inline script.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::PROVIDER;
use super::window::{GoesTo, Language, Mistake, Opened};
use crate::sandbox::form::{escape, grouped};
use crate::sandbox::korea;

/// How many years ahead the filled-in expiry lies.
const EXPIRY_YEARS: i32 = 4;

/// A text in both languages.
type Words = (&'static str, &'static str);

const TITLE: Words = (
    "NHN KCP 모의 카드 등록창",
    "NHN KCP, simulated: register a card",
);
const SIMULATED: Words = (
    "모의 결제창입니다. 실제 결제가 이루어지지 않으며 테스트 카드만 쓸 수 있습니다.",
    "This is a simulation. No money moves and only test cards work.",
);
const SHOP: Words = ("상점", "Shop");
const ORDER: Words = ("상품", "Order");
const AMOUNT: Words = ("금액", "Amount");
const AGREE: Words = (
    "자동결제 및 개인정보 제공에 동의합니다",
    "I agree to automatic payment and the use of my data",
);
const CARD_NUMBER: Words = ("카드번호", "Card number");
const CARD_HINT: Words = ("예: 4242 4242 4242 4242", "Such as 4242 4242 4242 4242");
const EXPIRY: Words = ("유효기간 (MM/YY)", "Expiry (MM/YY)");
const BIRTH: Words = ("생년월일 (6자리)", "Date of birth (YYMMDD)");
const COMPANY: Words = ("사업자등록번호 (10자리)", "Business number (10 digits)");
const PASSWORD: Words = ("비밀번호 앞 2자리", "First 2 digits of the password");
const NEXT: Words = ("다음", "Next");
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
            "생년월일 또는 사업자번호를 확인해 주세요.",
            "Check the date of birth or business number.",
        ),
        Mistake::Password => (
            "비밀번호 앞 2자리를 확인해 주세요.",
            "Check the 2 digits of the password.",
        ),
    }
}

/// One text field.
struct Input<'a> {
    /// Name of the field; with a dash for an underscore, its `data-test` and id.
    name: &'a str,
    label: &'static str,
    attributes: String,
    hint: Option<&'static str>,
    mistake: Option<&'static str>,
}

impl Input<'_> {
    fn html(&self) -> String {
        let Input {
            name,
            label,
            attributes,
            ..
        } = self;
        let id = self.id();
        let mut notes = String::new();
        let mut note_ids = Vec::new();
        if let Some(hint) = self.hint {
            notes.push_str(&format!("<p class=\"hint\" id=\"{id}-hint\">{hint}</p>"));
            note_ids.push(format!("{id}-hint"));
        }
        let mut wrong = "";
        if let Some(mistake) = self.mistake {
            wrong = " aria-invalid=\"true\"";
            notes.push_str(&format!(
                "<p class=\"error\" id=\"{id}-error\" role=\"alert\">{mistake}</p>"
            ));
            note_ids.push(format!("{id}-error"));
        }
        let described = match note_ids.is_empty() {
            true => String::new(),
            false => format!(" aria-describedby=\"{}\"", note_ids.join(" ")),
        };
        format!(
            "<div class=\"field\"><label for=\"{id}\">{label}</label>\
             <input id=\"{id}\" name=\"{name}\" data-test=\"{id}\" required {attributes}{described}{wrong}>{notes}</div>"
        )
    }

    /// `expiry` is `card-expiry` in the hooks that all windows share.
    fn id(&self) -> String {
        match self.name {
            "expiry" => "card-expiry".to_owned(),
            name => name.replace('_', "-"),
        }
    }
}

/// The first step: consent and card number.
pub(super) fn card_step(id: &str, opened: &Opened, mistake: Option<Mistake>) -> Response {
    let language = opened.language;
    let say = |words| language.say(words);
    let of = |field| {
        mistake
            .filter(|mistake| *mistake == field)
            .map(|mistake| say(mistake_words(mistake)))
    };
    let consent_error = of(Mistake::Consent).map_or(String::new(), |text| {
        format!("<p class=\"error\" id=\"agree-error\" role=\"alert\">{text}</p>")
    });
    let number = Input {
        name: "card_number",
        label: say(CARD_NUMBER),
        attributes:
            "type=\"text\" inputmode=\"numeric\" autocomplete=\"cc-number\" maxlength=\"23\""
                .to_owned(),
        hint: Some(say(CARD_HINT)),
        mistake: of(Mistake::CardNumber),
    };
    let fields = format!(
        "<div class=\"check\"><input type=\"checkbox\" id=\"agree\" name=\"agree\" value=\"Y\" data-test=\"agree\" required checked>\
         <label for=\"agree\">{}</label>{consent_error}</div>{}",
        say(AGREE),
        number.html()
    );
    step(id, opened, "card", &fields, ("next", say(NEXT)))
}

/// The second step: what proves the card.
pub(super) fn details_step(
    id: &str,
    opened: &Opened,
    now_ms: i64,
    mistake: Option<Mistake>,
) -> Response {
    let language = opened.language;
    let say = |words| language.say(words);
    let of = |field| {
        mistake
            .filter(|mistake| *mistake == field)
            .map(|mistake| say(mistake_words(mistake)))
    };
    let (year, month) = korea::year_month(now_ms);
    let expiry = format!("{month:02}/{:02}", (year + EXPIRY_YEARS) % 100);
    let (birth_label, birth, birth_length, birth_token) = match opened.company {
        true => (COMPANY, "1234567890", 12, "off"),
        false => (BIRTH, "900101", 6, "bday"),
    };
    let inputs = [
        Input {
            name: "expiry",
            label: say(EXPIRY),
            attributes: format!(
                "type=\"text\" inputmode=\"numeric\" autocomplete=\"cc-exp\" maxlength=\"5\" value=\"{expiry}\""
            ),
            hint: None,
            mistake: of(Mistake::Expiry),
        },
        Input {
            name: "birth",
            label: say(birth_label),
            attributes: format!(
                "type=\"text\" inputmode=\"numeric\" autocomplete=\"{birth_token}\" maxlength=\"{birth_length}\" value=\"{birth}\""
            ),
            hint: None,
            mistake: of(Mistake::Birth),
        },
        Input {
            name: "password2",
            label: say(PASSWORD),
            attributes: "type=\"password\" inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"2\" value=\"12\"".to_owned(),
            hint: None,
            mistake: of(Mistake::Password),
        },
    ];
    let fields: String = inputs.iter().map(Input::html).collect();
    step(id, opened, "details", &fields, ("pay", say(PAY)))
}

fn step(
    id: &str,
    opened: &Opened,
    step: &str,
    fields: &str,
    (go, label): (&str, &str),
) -> Response {
    let say = |words| opened.language.say(words);
    let amount = opened.amount.map_or(String::new(), |amount| {
        let shown = match opened.language {
            Language::Korean => format!("{}원", grouped(amount)),
            Language::English => format!("KRW {}", grouped(amount)),
        };
        format!(
            "<div><dt>{}</dt><dd data-test=\"amount\">{shown}</dd></div>",
            say(AMOUNT)
        )
    });
    let body = format!(
        "<dl><div><dt>{}</dt><dd data-test=\"shop-name\">{}</dd></div>\
         <div><dt>{}</dt><dd data-test=\"order-name\">{}</dd></div>{amount}</dl>\
         <form method=\"post\" action=\"{base}/pay/step\" accept-charset=\"utf-8\">\
         <input type=\"hidden\" name=\"window\" value=\"{id}\"><input type=\"hidden\" name=\"step\" value=\"{step}\">{fields}\
         <div class=\"buttons\"><button type=\"submit\" name=\"go\" value=\"{go}\" data-test=\"{go}\" class=\"main\">{label}</button>\
         <button type=\"submit\" name=\"go\" value=\"cancel\" data-test=\"cancel\" formnovalidate>{}</button></div></form>",
        say(SHOP),
        escape(&opened.shop_name),
        say(ORDER),
        escape(&opened.order_name),
        say(CANCEL),
        base = format_args!("/{PROVIDER}"),
    );
    let script = format!("<script src=\"/{PROVIDER}/pay/assets/window.js\" defer></script>");
    page(
        StatusCode::OK,
        opened.language,
        &body,
        &script,
        Some("'self'"),
    )
}

/// The end: hands the result on.
pub(super) fn end(opened: &Opened, fields: &[(&'static str, String)]) -> Response {
    let language = opened.language;
    let inputs: String = fields
        .iter()
        .map(|(name, value)| {
            format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
                escape(value)
            )
        })
        .collect();
    let form = match &opened.goes_to {
        GoesTo::Page(origin) => format!(
            "<form id=\"result\" data-result-to=\"{}\">{inputs}</form>",
            escape(origin)
        ),
        // KCP's mobile pages are in EUC-KR, and so is what they send.
        GoesTo::Url(url) => format!(
            "<form id=\"result\" method=\"post\" action=\"{}\" accept-charset=\"euc-kr\">{inputs}\
             <div class=\"buttons\"><button class=\"main\">{}</button></div></form>",
            escape(url),
            language.say(BACK_TO_SHOP)
        ),
    };
    let body = format!("<p role=\"status\">{}</p>{form}", language.say(ENDED));
    let script = format!("<script src=\"/{PROVIDER}/pay/assets/result.js\" defer></script>");
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
         <link rel=\"stylesheet\" href=\"/{PROVIDER}/pay/assets/window.css\">{script}</head>\
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
