//! Tokens, and the channels of a merchant.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dangol_domain::UserCode;
use dangol_domain::v1::{Refusal, messages};
use dangol_engine::FlowError;
use dangol_engine::channels::OpenChannel;
use dangol_gateway::contract::Tokeniser;
use dangol_gateway::profile::{Frame, FrameKind, Kind};
use serde::Serialize;

use super::answer::{Wrong, json, ok};
use super::asked::{Asked, InPath};
use super::auth::{Caller, admit};
use super::description::asked::TokenRequest;
use super::description::envelope::{Done, Refused};
use super::description::objects::{Channel, PublicChannels, Token};
use super::params::Params;
use crate::http::App;
use crate::http::source::Source;

/// `POST /users/getToken`.
#[utoipa::path(
    post, path = "/users/getToken", operation_id = "getToken", tag = "Tokens and channels",
    summary = "Get a token",
    description = "The same token until it expires, 30 minutes after it was made; within its last minute it is prolonged by 5 minutes. So it may be asked for before every call.",
    request_body(content((TokenRequest = "application/json"), (TokenRequest = "application/x-www-form-urlencoded"))),
    security(()),
    responses(
        (status = 200, description = "The token.", body = Done<Token>),
        (status = 400, description = "A key is missing: `imp_key, imp_secret 파라메터가 누락되었습니다.`, `code` -1. Or a parameter has the wrong shape, `code` 1.", body = Refused),
        (status = 401, description = "Wrong keys: `인증에 실패하였습니다. API키와 secret을 확인하세요.`", body = Refused),
        (status = 403, description = "The merchant allows calls from some addresses only, and this one is none of them.", body = Refused),
    ),
)]
pub(super) async fn get_token(
    State(app): State<App>,
    source: Source,
    asked: Asked,
) -> Result<Response, Wrong> {
    let params = asked.params()?;
    let (key, secret) = (params.text("imp_key")?, params.text("imp_secret")?);
    let (Some(key), Some(secret)) = (key, secret) else {
        return Err(Wrong::from(Refusal {
            status: 400,
            code: -1,
            message: messages::MISSING_CREDENTIALS.to_owned(),
        }));
    };
    let engine = &app.engine;
    let now = engine.clock.local_ms();
    app.limits.may_log_in(source.0, now)?;
    let merchant = engine.log_in(key, secret).await.inspect_err(|error| {
        if matches!(error, FlowError::Refused(_)) {
            app.limits.login_failed(source.0, now);
        }
    })?;
    admit(&app, &merchant.merchant, source.0).await?;
    Ok(ok(engine.issue_token(&merchant).await?))
}

/// How the SDK shows a channel's window on one kind of device.
#[derive(Serialize)]
struct FrameView<'a> {
    frame: FrameKind,
    height: Option<u32>,
    name: Option<&'a str>,
    width: Option<u32>,
}

impl<'a> From<&'a Frame> for FrameView<'a> {
    fn from(frame: &'a Frame) -> FrameView<'a> {
        FrameView {
            frame: frame.frame,
            height: frame.height,
            name: frame.name.as_deref(),
            width: frame.width,
        }
    }
}

/// A channel; nothing in it is secret.
#[derive(Serialize)]
struct ChannelView<'a> {
    channel_key: &'a str,
    channel_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<FrameView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pc: Option<FrameView<'a>>,
    pg_id: &'a str,
    pg_provider: &'a str,
    sandbox: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokeniser: Option<Tokeniser>,
    #[serde(rename = "type")]
    kind: &'a str,
}

impl<'a> ChannelView<'a> {
    /// As the merchant's server sees it.
    fn plain(channel: &'a OpenChannel) -> ChannelView<'a> {
        let record = &channel.record;
        ChannelView {
            channel_key: &record.channel_key,
            channel_name: &record.name,
            mobile: None,
            pc: None,
            pg_id: &record.pg_id,
            pg_provider: &record.provider,
            sandbox: record.sandbox,
            tokeniser: None,
            kind: &record.kind,
        }
    }

    /// As the merchant's page sees it: also how to show the window, or to do without one.
    fn for_page(channel: &'a OpenChannel) -> ChannelView<'a> {
        let profile = channel.gateway.profile();
        ChannelView {
            mobile: Some(FrameView::from(&profile.mobile)),
            pc: Some(FrameView::from(&profile.pc)),
            tokeniser: channel.gateway.tokeniser(&channel.channel),
            ..ChannelView::plain(channel)
        }
    }
}

/// `GET /users/pg`.
#[utoipa::path(
    get, path = "/users/pg", operation_id = "listChannels", tag = "Tokens and channels",
    summary = "List the merchant's channels",
    responses(
        (status = 200, description = "The default channel first.", body = Done<Vec<Channel>>),
    ),
)]
pub(super) async fn channels(
    State(app): State<App>,
    Caller(merchant): Caller,
) -> Result<Response, Wrong> {
    let channels = app.engine.channels_of(&merchant).await?;
    let views: Vec<ChannelView<'_>> = channels
        .iter()
        .map(|channel| ChannelView::plain(channel))
        .collect();
    Ok(ok(views))
}

/// The body of the public list, which is older than the envelope.
#[derive(Serialize)]
struct PublicList<'a> {
    code: i32,
    data: Vec<ChannelView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// `GET /users/pg/{user_code}`: what the SDK needs before it opens a window. No token, any origin. With `callback` it
/// is a script, as old SDKs load it.
#[utoipa::path(
    get, path = "/users/pg/{user_code}", operation_id = "listPublicChannels", tag = "Tokens and channels",
    summary = "List the channels, for the merchant's pages",
    description = "What the SDK asks before it opens a window. No token, any origin, and older than the envelope.",
    params(("user_code" = String, Path, description = "The merchant's user code.", min_length = 1, example = "imp00000000"), ("callback" = Option<String>, Query, description = "The name of a function: the answer is then a script that calls it, always with HTTP 200, as old pages load it.", max_length = 100, pattern = "^[A-Za-z_$.][A-Za-z0-9_$.]*$")),
    security(()),
    responses(
        (status = 200, description = "The channels.", content((PublicChannels = "application/json"), (String = "application/javascript"))),
        (status = 404, description = "No such merchant: `등록되지 않은 가맹점 식별코드입니다.`", body = PublicChannels),
    ),
)]
pub(super) async fn public_channels(
    State(app): State<App>,
    user_code: Result<InPath<String>, Wrong>,
    RawQuery(query): RawQuery,
) -> Response {
    // What is no text is no user code either.
    let user_code = user_code.map_or_else(|_| String::new(), |InPath(code)| code);
    let mut response = match script_name(query.as_deref()) {
        Ok(name) => {
            let (status, body) = public_list(&app, &user_code).await;
            match name {
                Some(name) => script(&name, &body),
                None => json(status, body),
            }
        }
        Err(refusal) => Wrong::from(refusal).into_response(),
    };
    let any = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

async fn public_list(app: &App, user_code: &str) -> (StatusCode, Vec<u8>) {
    let failed = |status: u16, message: &str| {
        let list = PublicList {
            code: -1,
            data: Vec::new(),
            message: Some(message),
        };
        (
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            body(&list),
        )
    };
    let channels = match find_channels(app, user_code).await {
        Ok(channels) => channels,
        Err(error) => {
            let refusal = Wrong::from(error).refusal();
            if refusal.status >= 500 {
                tracing::error!(user_code, "a merchant's channels could not be listed");
            }
            return failed(refusal.status, &refusal.message);
        }
    };
    // What has no window is nothing to a page.
    let data = channels
        .iter()
        .filter(|channel| channel.record.kind == Kind::Payment.v1())
        .map(|channel| ChannelView::for_page(channel))
        .collect();
    (
        StatusCode::OK,
        body(&PublicList {
            code: 0,
            data,
            message: None,
        }),
    )
}

async fn find_channels(
    app: &App,
    user_code: &str,
) -> Result<Arc<Vec<Arc<OpenChannel>>>, FlowError> {
    let unknown = || Refusal::not_found("등록되지 않은 가맹점 식별코드입니다.");
    let code = UserCode::parse(user_code).ok_or_else(unknown)?;
    let merchant = app.engine.merchant(&code).await?.ok_or_else(unknown)?;
    app.engine.channels_of(&merchant).await
}

fn body(list: &PublicList<'_>) -> Vec<u8> {
    serde_json::to_vec(list).expect("texts and numbers are JSON")
}

/// The function that a script calls: a plain name, dots allowed, because it becomes part of a script.
fn script_name(query: Option<&str>) -> Result<Option<String>, Refusal> {
    const NAME_MAX: usize = 100;
    let query = Params::of_query(query.unwrap_or(""))?;
    let Some(name) = query.short("callback", NAME_MAX)? else {
        return Ok(None);
    };
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_$.".contains(&b));
    if !plain || name.as_bytes()[0].is_ascii_digit() {
        return Err(Refusal::malformed(
            "callback",
            "must be the name of a function",
        ));
    }
    Ok(Some(name))
}

/// A script does not run unless its status is 200, so an error is told by `code` alone.
fn script(name: &str, body: &[u8]) -> Response {
    // The comment keeps the caller from choosing the first bytes of the answer.
    let script = [b"/**/", name.as_bytes(), b"(", body, b");"].concat();
    let mut response = Response::new(Body::from(script));
    for (header, value) in [
        (
            header::CONTENT_TYPE,
            "application/javascript; charset=utf-8",
        ),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response
            .headers_mut()
            .insert(header, HeaderValue::from_static(value));
    }
    response
}
