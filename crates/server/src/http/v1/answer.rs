//! Answers: the envelope, and how each kind of failure looks from outside.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dangol_domain::v1::{Envelope, Refusal};
use dangol_engine::FlowError;
use dangol_store::StoreError;
use futures::FutureExt;
use serde::Serialize;

use super::limits::TooMany;

/// When a client may ask again while the store is not available, seconds.
const RETRY_AFTER_S: u64 = 1;

/// A success. The body is one piece, because some clients read no more than the first.
pub fn ok<T: Serialize>(response: T) -> Response {
    answered(StatusCode::OK, response)
}

/// Of several things that were asked for: HTTP 207 when some are missing. Which ones, the list does not say.
pub fn several<T: Serialize>(list: Vec<T>, is_partial: bool) -> Response {
    let status = match is_partial {
        true => StatusCode::MULTI_STATUS,
        false => StatusCode::OK,
    };
    answered(status, list)
}

fn answered<T: Serialize>(status: StatusCode, response: T) -> Response {
    match serde_json::to_vec(&Envelope::ok(response)) {
        Ok(body) => json(status, body),
        Err(error) => Wrong::from(FlowError::Setup(format!("an answer: {error}"))).into_response(),
    }
}

/// JSON bytes as an answer that no cache keeps and no browser takes for something else.
pub fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Why a call has no response; answered in the envelope without anything of our inside.
pub struct Wrong {
    error: FlowError,
    /// When the call may be repeated, seconds.
    retry_after_s: Option<u64>,
}

impl From<FlowError> for Wrong {
    fn from(error: FlowError) -> Wrong {
        Wrong {
            error,
            retry_after_s: None,
        }
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Wrong {
        FlowError::from(refusal).into()
    }
}

impl From<TooMany> for Wrong {
    fn from(TooMany { after_s }: TooMany) -> Wrong {
        let refusal = Refusal {
            status: 429,
            code: -1,
            message: format!(
                "요청이 너무 많습니다. {after_s}초 후 다시 시도해주세요. (too many requests: repeat this one after {after_s} s)"
            ),
        };
        Wrong {
            error: refusal.into(),
            retry_after_s: Some(after_s),
        }
    }
}

impl Wrong {
    /// What the caller is told.
    pub fn refusal(&self) -> Refusal {
        match &self.error {
            FlowError::Refused(refusal) => refusal.clone(),
            FlowError::Store(StoreError::Unavailable(_) | StoreError::CommitUnknown(_)) => Refusal {
                status: 503,
                code: -1,
                // True whatever was under way: a repeated merchant_uid never charges twice.
                message: "지금은 데이터베이스를 사용할 수 없습니다. 같은 merchant_uid로 다시 요청하세요. \
                    (The database is not available: repeat the request, with the same merchant_uid.)"
                    .to_owned(),
            },
            _ => broken(),
        }
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let refusal = self.refusal();
        if refusal.status >= 500 {
            tracing::error!(error = %self.error, "a V1 call could not be answered");
        }
        let mut response = refused(&refusal);
        let unavailable = (refusal.status == 503).then_some(RETRY_AFTER_S);
        if let Some(seconds) = self.retry_after_s.or(unavailable) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A refusal as an answer.
pub fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(&refusal.envelope()).expect("two numbers and a text are JSON");
    json(status, body)
}

fn broken() -> Refusal {
    Refusal {
        status: 500,
        code: -1,
        message:
            "서버 내부 오류입니다. 서버 로그를 확인하세요. (internal error, see the server's log)"
                .to_owned(),
    }
}

/// A path that does not exist, or is not built.
pub(super) async fn no_such_path() -> Response {
    refused(&Refusal::not_found(
        "존재하지 않는 API입니다. (no such path)",
    ))
}

/// A path that exists, asked with another method.
pub(super) async fn wrong_method() -> Response {
    refused(&Refusal {
        status: 405,
        code: -1,
        message: "지원하지 않는 HTTP 메소드입니다. (method not allowed)".to_owned(),
    })
}

/// A fault of ours ends in the envelope as well. The panic's text goes to the log by the panic hook alone.
pub(super) async fn never_panicking(request: Request, next: Next) -> Response {
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answered.unwrap_or_else(|_| {
        tracing::error!("a V1 call panicked");
        refused(&broken())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::{Router, middleware, routing::get};
    use tower::ServiceExt;

    async fn read(response: Response) -> (u16, Option<String>, String) {
        let status = response.status().as_u16();
        let retry = response.headers().get(header::RETRY_AFTER);
        let retry = retry.map(|value| value.to_str().unwrap().to_owned());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, retry, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn what_is_broken_inside_stays_inside() {
        let inner = || "postgresql://user:password@db".to_owned();
        for (error, status, retry) in [
            (StoreError::Unavailable(inner()).into(), 503, Some("1")),
            (StoreError::CommitUnknown(inner()).into(), 503, Some("1")),
            (StoreError::Statement(inner()).into(), 500, None),
            (FlowError::Setup(inner()), 500, None),
        ] {
            let (told, after, body) = read(Wrong::from(error).into_response()).await;
            assert_eq!((told, after.as_deref()), (status, retry));
            assert!(!body.contains("password"), "{body}");
            assert!(
                body.starts_with(r#"{"code":-1,"message":""#)
                    && body.ends_with(r#","response":null}"#),
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn a_panic_is_answered_in_the_envelope() {
        async fn fall() -> Response {
            panic!("with a secret")
        }
        let routes: Router = Router::new()
            .route("/", get(fall))
            .layer(middleware::from_fn(never_panicking));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let (status, _, body) = read(routes.oneshot(request).await.unwrap()).await;
        assert_eq!(status, 500);
        assert!(
            body.starts_with(r#"{"code":-1"#) && !body.contains("secret"),
            "{body}"
        );
    }
}
