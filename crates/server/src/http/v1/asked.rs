//! What a caller sent: the body, read once and within limits, and the pieces of the path.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header;
use axum::http::request::Parts;
use dangol_domain::v1::Refusal;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::answer::Wrong;
use super::params::Params;
use crate::http::{App, BODY_BYTES_MAX};

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// A body that is too large is read to its end all the same, up to here, so that the caller, who is still writing,
/// can read why it is refused.
const DRAINED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A request with its body. It may hold secrets, so it has no `Debug`.
pub struct Asked {
    query: Option<String>,
    content_type: Option<String>,
    body: Bytes,
}

impl Asked {
    /// What tells this request from another at the same path: query and body as they came.
    pub fn whole<'a>(&'a self, path: &'a str) -> [&'a [u8]; 3] {
        let query = self.query.as_deref().unwrap_or_default();
        [path.as_bytes(), query.as_bytes(), &self.body]
    }

    /// The parameters of query and body.
    ///
    /// # Errors
    /// As [`Params::read`].
    pub fn params(&self) -> Result<Params<'_>, Refusal> {
        Params::read(
            self.query.as_deref(),
            self.content_type.as_deref(),
            &self.body,
        )
    }
}

impl FromRequest<App> for Asked {
    type Rejection = Wrong;

    async fn from_request(request: Request, _: &App) -> Result<Asked, Wrong> {
        let (parts, body) = request.into_parts();
        let body = whole(body).await?;
        let content_type = parts.headers.get(header::CONTENT_TYPE);
        Ok(Asked {
            query: parts.uri.query().map(str::to_owned),
            content_type: content_type
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            body,
        })
    }
}

/// Reads a body that arrives whole, in time, and is not too large.
///
/// # Errors
/// HTTP 400, 408 or 413, code 1.
pub async fn whole(body: Body) -> Result<Bytes, Refusal> {
    let read = tokio::time::timeout(BODY_TIME, read(body)).await;
    read.map_err(|_| {
        refusal(
            408,
            "본문이 제때 도착하지 않았습니다. (the body took too long)",
        )
    })?
}

async fn read(mut body: Body) -> Result<Bytes, Refusal> {
    match Limited::new(&mut body, BODY_BYTES_MAX).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            drain(body).await;
            Err(refusal(
                413,
                "본문이 너무 큽니다. 최대 1MB입니다. (the body is larger than 1 MB)",
            ))
        }
        Err(_) => Err(refusal(
            400,
            "본문을 끝까지 읽지 못했습니다. (the body broke off)",
        )),
    }
}

async fn drain(mut body: Body) {
    let mut left = DRAINED_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

fn refusal(status: u16, message: &str) -> Refusal {
    Refusal {
        status,
        code: 1,
        message: message.to_owned(),
    }
}

/// Pieces of the path, percent-decoded once. They may be any Unicode text but NUL, which no stored name holds.
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for InPath<T> {
    type Rejection = Wrong;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<InPath<T>, Wrong> {
        let malformed = |expected| Refusal::malformed("path", expected);
        if parts.uri.path().contains("%00") {
            return Err(malformed("must not contain NUL").into());
        }
        match Path::<T>::from_request_parts(parts, app).await {
            Ok(Path(pieces)) => Ok(InPath(pieces)),
            Err(_) => Err(malformed("must be percent-encoded UTF-8").into()),
        }
    }
}
