//! The pages of a window, rendered here. No inline script, no third party's script but the PG's own where its protocol
//! needs it, and no page that may be cached or that tells where it came from.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use dangol_engine::FlowError;
use dangol_engine::flow::open_window::{NotYours, Opened, Page, open_window};
use dangol_engine::flow::result::WindowResult;
use dangol_gateway::contract::{HandOff, Way};
use serde::Deserialize;

use super::super::{App, Host, host_of};

/// The texts of the hand-off page.
struct HandOffTexts {
    title: &'static str,
    moving: &'static str,
    go_on: &'static str,
    needs_script: &'static str,
}

const KOREAN: HandOffTexts = HandOffTexts {
    title: "카드 등록",
    moving: "결제창으로 이동하고 있습니다.",
    go_on: "계속하기",
    needs_script: "이 페이지를 쓰려면 자바스크립트를 켜주세요.",
};

const ENGLISH: HandOffTexts = HandOffTexts {
    title: "Register your card",
    moving: "Taking you to the payment window.",
    go_on: "Continue",
    needs_script: "Please turn on JavaScript to use this page.",
};

#[derive(Template)]
#[template(path = "handoff.html")]
struct HandOffPage<'a> {
    lang: &'a str,
    nonce: &'a str,
    shop_name: &'a str,
    provider: &'a str,
    t: &'a HandOffTexts,
    method: &'a str,
    action: &'a str,
    charset: &'a str,
    form_name: Option<&'a str>,
    fields: &'a [(String, String)],
    script: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "result.html")]
struct ResultPage<'a> {
    lang: &'a str,
    nonce: &'a str,
    shop_name: &'a str,
    title: &'a str,
    reason: Option<&'a str>,
    may_close: &'a str,
    result: &'a str,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    lang: &'a str,
    title: &'a str,
    text: &'a str,
}

/// `POST /window/{id}`: the token comes in the body.
pub(super) async fn open(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = form_field(&body, "token").unwrap_or_default();
    match open_window(&app.engine, &id, &token).await {
        // Beside the API a PG's script would run with the rights of our main origin.
        Ok(Ok(Opened::HandOff { hand_off, .. }))
            if matches!(hand_off.way, Way::Script { .. })
                && host_of(&app, &headers) == Host::Main =>
        {
            wrong_host(&id)
        }
        Ok(Ok(Opened::HandOff { hand_off, page })) => hand_off_page(&id, &hand_off, &page),
        Ok(Ok(Opened::Ended { result, page })) => ended(&result, &page),
        Ok(Err(why)) => not_yours(why),
        Err(error) => out_of_order(&error),
    }
}

fn wrong_host(id: &str) -> Response {
    tracing::warn!(
        window = id,
        "a window that loads a PG's script was opened on another host than window_url's: does the proxy pass Host on?"
    );
    notice(
        StatusCode::FORBIDDEN,
        "결제창을 열 수 없습니다",
        "이 주소에서는 결제창을 열 수 없습니다. 쇼핑몰에서 결제를 다시 시작해주세요. This window cannot be opened at this address.",
    )
}

fn form_field(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let value = text
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(
        percent_encoding::percent_decode_str(value)
            .decode_utf8_lossy()
            .into_owned(),
    )
}

/// `GET /window/{id}`: a window cannot be opened by its address alone.
pub(super) async fn without_token() -> Response {
    notice(
        StatusCode::NOT_FOUND,
        "결제창을 열 수 없습니다",
        "쇼핑몰로 돌아가 결제를 다시 시작해주세요. Please go back to the shop and start again.",
    )
}

fn hand_off_page(id: &str, hand_off: &HandOff, page: &Page) -> Response {
    let returned = format!("/window/{id}/return");
    let (method, action, script) = match &hand_off.way {
        Way::Form { method, url } => (*method, url.as_str(), None),
        Way::Script { url } => ("post", returned.as_str(), Some(url.as_str())),
    };
    let rendered = HandOffPage {
        lang: &page.language,
        nonce: &page.nonce,
        shop_name: &page.shop_name,
        provider: &page.provider,
        t: if page.language == "en" {
            &ENGLISH
        } else {
            &KOREAN
        },
        method,
        action,
        charset: hand_off.charset,
        form_name: hand_off.form_name,
        fields: &hand_off.fields,
        script,
    };
    answer(
        StatusCode::OK,
        rendered.render(),
        &policy(page, &hand_off.origins, script.is_some()),
    )
}

/// The end of a window: a redirect, or a page that tells the merchant's page.
pub(super) fn ended(result: &WindowResult, page: &Page) -> Response {
    if result.redirects {
        return redirect(&result.whole_redirect_url(&page.home));
    }
    let english = page.language == "en";
    let title = match (result.success, english) {
        (true, true) => "Done",
        (true, false) => "완료되었습니다",
        (false, true) => "Not completed",
        (false, false) => "완료되지 않았습니다",
    };
    let rendered = ResultPage {
        lang: &page.language,
        nonce: &page.nonce,
        shop_name: &page.shop_name,
        title,
        reason: result
            .object
            .get("error_msg")
            .and_then(|text| text.as_str()),
        may_close: if english {
            "You may close this window and go back to the shop."
        } else {
            "이 창을 닫고 쇼핑몰로 돌아가세요."
        },
        result: &result.object.to_string(),
    };
    answer(StatusCode::OK, rendered.render(), &policy(page, &[], false))
}

fn redirect(url: &str) -> Response {
    let mut response = Redirect::to("/").into_response();
    match HeaderValue::from_str(url) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
            private(&mut response);
            response
        }
        Err(_) => notice(
            StatusCode::OK,
            "쇼핑몰로 돌아가주세요",
            "결과는 쇼핑몰에서 확인할 수 있습니다. Please go back to the shop to see the result.",
        ),
    }
}

/// Somebody came with a token or an order number that is not this window's. Nothing has changed.
pub(super) fn not_yours(why: NotYours) -> Response {
    let (status, text) = match why {
        NotYours::Unknown => (
            StatusCode::NOT_FOUND,
            "존재하지 않는 결제창입니다. 쇼핑몰에서 결제를 다시 시작해주세요.",
        ),
        NotYours::BadToken => (
            StatusCode::FORBIDDEN,
            "이 결제창의 요청이 아닙니다. 쇼핑몰에서 결제를 다시 시작해주세요.",
        ),
        NotYours::OtherOrder => (
            StatusCode::FORBIDDEN,
            "다른 주문의 결제 결과입니다. 쇼핑몰에서 결제를 다시 시작해주세요.",
        ),
    };
    tracing::warn!(?why, "a window's page was refused");
    notice(status, "결제를 진행할 수 없습니다", text)
}

/// A part of ours is out of order; the payment keeps its state.
pub(super) fn out_of_order(error: &FlowError) -> Response {
    tracing::error!(%error, "a window's page could not be made");
    let text = "잠시 후 다시 시도해주세요. Please try again in a moment.";
    notice(
        StatusCode::SERVICE_UNAVAILABLE,
        "결제를 진행하지 못했습니다",
        text,
    )
}

fn notice(status: StatusCode, title: &str, text: &str) -> Response {
    let rendered = NoticePage {
        lang: "ko",
        title,
        text,
    }
    .render();
    answer(
        status,
        rendered,
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'",
    )
}

/// What the page may load: our own files, and the PG's where its protocol needs it.
fn policy(page: &Page, origins: &[String], script: bool) -> String {
    let pg = origins.join(" ");
    let mut policy = format!("default-src 'none'; base-uri 'none'; form-action 'self' {pg}");
    // The form of a page that runs a PG's script comes to us, and we may send the browser on to the shop: Chromium holds
    // that second step against the page too.
    if script && page.frame == "redirect" {
        let end = page.redirect_url.as_deref().unwrap_or(&page.home);
        policy += &format!(" {}", source_of(end).unwrap_or_default());
    }
    policy += "; style-src 'self'";
    if script {
        // A PG's script styles what it puts into the page.
        policy += &format!(
            " {pg} 'unsafe-inline'; script-src 'self' {pg}; frame-src {pg}; connect-src {pg}; img-src {pg} data:"
        );
    } else {
        policy += "; script-src 'self'";
    }
    // Chromium refuses every value here for pages without a real origin (webviews, files), so it is left out then.
    if let Some(origin) = &page.frame_ancestor {
        policy += &format!("; frame-ancestors {origin}");
    }
    policy
}

/// An address as a policy names it: its origin, or the scheme of an app's own.
fn source_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once(':')?;
    let word = |text: &str, more: &[u8]| {
        let good = |b: u8| b.is_ascii_alphanumeric() || more.contains(&b);
        !text.is_empty() && text.bytes().all(good)
    };
    if !word(scheme, b"+-.") {
        return None;
    }
    if !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return Some(format!("{scheme}:"));
    }
    let host = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    word(host, b".-:").then(|| format!("{scheme}://{host}"))
}

fn answer(status: StatusCode, rendered: askama::Result<String>, policy: &str) -> Response {
    let html = match rendered {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = (status, Html(html)).into_response();
    private(&mut response);
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn private(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}

/// The pages' stylesheet.
pub(super) async fn stylesheet() -> Response {
    let css = include_str!("../../../templates/window.css");
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "public, max-age=300"),
        ],
        css,
    )
        .into_response()
}

#[derive(Deserialize)]
pub(super) struct Outcome {
    #[serde(default)]
    error_msg: String,
}

/// `/payments/success`: where a redirecting window ends that has no `m_redirect_url`.
pub(super) async fn success() -> Response {
    notice(
        StatusCode::OK,
        "완료되었습니다",
        "이 창을 닫고 쇼핑몰로 돌아가세요. You may close this page.",
    )
}

/// `/payments/fail`: the same, after a failure.
pub(super) async fn fail(Query(outcome): Query<Outcome>) -> Response {
    let text = if outcome.error_msg.is_empty() {
        "쇼핑몰에서 다시 시도해주세요."
    } else {
        &outcome.error_msg
    };
    notice(StatusCode::OK, "완료되지 않았습니다", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_the_end_of_a_redirecting_window() {
        for (url, source) in [
            (
                "https://shop.example/done?a=1",
                Some("https://shop.example"),
            ),
            (
                "http://localhost:8082/complete#x",
                Some("http://localhost:8082"),
            ),
            ("myapp://done?x=1", Some("myapp:")),
            ("https://a.example; script-src *", None),
            ("https://user@a.example/", None),
            ("https:///x", None),
            ("no address", None),
            ("a b:c", None),
        ] {
            assert_eq!(source_of(url).as_deref(), source, "{url}");
        }
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_sent_promises_nothing() {
        let response = redirect("app://done?error_msg=\u{7f}");
        assert!(!response.headers().contains_key(header::LOCATION));
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        let page = String::from_utf8(body.unwrap().to_vec()).unwrap();
        assert!(page.contains("쇼핑몰"), "{page}");
        assert!(!page.contains("완료"), "{page}");
    }
}
