//! What the SDK gets when no window opens: a result for the callback, and where a redirecting window ends instead.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dangol_domain::v1::{Refusal, messages};
use dangol_engine::FlowError;
use dangol_engine::flow::result::with_query;
use serde_json::json;

use super::super::v1::params::Params;
use super::redirect_target::redirect_target;

/// What a refusal repeats of the request, as far as it was understood.
#[derive(Default)]
pub(super) struct Told {
    merchant_uid: Option<String>,
    pay_method: Option<String>,
    pg_provider: Option<String>,
    ends_at: Option<End>,
}

/// Where a redirecting window ends.
enum End {
    /// At the shop's address.
    Shop(String),
    /// At our own page, below this origin.
    Ours(String),
}

impl Told {
    /// A request of which nothing is known but whether its window redirects.
    pub(super) fn new(redirects: bool, public_url: &str) -> Told {
        Told {
            ends_at: redirects.then(|| End::Ours(public_url.to_owned())),
            ..Told::default()
        }
    }

    /// Takes over what may be repeated. The parameter `hidden` is not: it holds card data.
    pub(super) fn learn(&mut self, params: &Params<'_>, hidden: Option<&str>) {
        let text = |name: &str| {
            let value = params.text(name).ok().flatten();
            value.filter(|_| hidden != Some(name)).map(str::to_owned)
        };
        self.merchant_uid = text("merchant_uid");
        self.pay_method = text("pay_method");
        self.pg_provider = text("pg").map(|pg| pg.split('.').next().unwrap_or("").to_owned());
        let shop = text("m_redirect_url").and_then(|url| redirect_target(&url).ok());
        if let (Some(ends_at), Some(url)) = (&mut self.ends_at, shop) {
            *ends_at = End::Shop(url);
        }
    }

    fn redirect_url(&self, code: &str, message: &str) -> Option<String> {
        Some(match self.ends_at.as_ref()? {
            End::Shop(url) => {
                let query = [
                    ("merchant_uid", self.merchant_uid.as_deref().unwrap_or("")),
                    ("imp_success", "false"),
                    ("error_code", code),
                    ("error_msg", message),
                ];
                with_query(url, &query)
            }
            End::Ours(origin) => {
                let query = [
                    ("imp_uid", ""),
                    ("success", "false"),
                    ("error_msg", message),
                ];
                with_query(&format!("{origin}/payments/fail"), &query)
            }
        })
    }
}

/// A refusal in i'mport's shape.
pub(super) fn refused(refusal: &Refusal, told: &Told) -> Response {
    let code = match refusal.message.as_str() {
        messages::NO_CHANNEL => "F1001",
        _ if refusal.status >= 500 => "F500",
        _ => "F400",
    };
    let body = json!({
        "code": refusal.code,
        "message": refusal.message,
        "response": {
            "redirect_url": told.redirect_url(code, &refusal.message),
            "result": {
                "success": false,
                "imp_success": false,
                "imp_uid": null,
                "merchant_uid": told.merchant_uid,
                "pay_method": told.pay_method.as_deref().unwrap_or("card"),
                "pg_provider": told.pg_provider,
                "pg_type": "payment",
                "error_code": code,
                "error_msg": refusal.message,
            },
        },
    });
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(body)).into_response()
}

/// A part of ours is out of order.
pub(super) fn unavailable(error: &FlowError, told: &Told) -> Response {
    tracing::error!(%error, "a window could not be prepared");
    let refusal = Refusal {
        status: 503,
        code: -1,
        message: "결제를 준비하지 못했습니다. 잠시 후 다시 시도해주세요.".to_owned(),
    };
    refused(&refusal, told)
}
