//! Every answer is `{"code", "message", "response"}`; success is `code` 0 and `message` null.

use serde::Serialize;

/// The envelope around each V1 answer. All three keys are always present.
#[derive(Serialize)]
pub struct Envelope<T: Serialize> {
    /// 0 is success; -1 authentication, look-up or PG refusal; 1 a refused request.
    pub code: i32,
    /// Null on success, always a text otherwise.
    pub message: Option<String>,
    /// The object on success, null otherwise.
    pub response: Option<T>,
}

impl<T: Serialize> Envelope<T> {
    /// A success.
    pub fn ok(response: T) -> Envelope<T> {
        Envelope {
            code: 0,
            message: None,
            response: Some(response),
        }
    }
}

/// A refusal in V1's terms: HTTP status, code, message. It has changed nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// HTTP status. Most business refusals are 200.
    pub status: u16,
    /// 1 or -1.
    pub code: i32,
    /// What a person reads; merchants compare some of them exactly.
    pub message: String,
}

impl Refusal {
    /// A request-level refusal before any PG call: HTTP 200, code 1.
    pub fn business(message: impl Into<String>) -> Refusal {
        Refusal {
            status: 200,
            code: 1,
            message: message.into(),
        }
    }

    /// A refusal in the PG's words: HTTP 200, code -1.
    pub fn by_pg(message: impl Into<String>) -> Refusal {
        Refusal {
            status: 200,
            code: -1,
            message: message.into(),
        }
    }

    /// A malformed parameter: HTTP 400, code 1. The text names the field and what was expected.
    pub fn malformed(field: &str, expected: &str) -> Refusal {
        Refusal {
            status: 400,
            code: 1,
            message: format!("{field}: {expected}"),
        }
    }

    /// A look-up that found nothing: HTTP 404, code -1.
    pub fn not_found(message: impl Into<String>) -> Refusal {
        Refusal {
            status: 404,
            code: -1,
            message: message.into(),
        }
    }

    /// No, expired or unknown token: HTTP 401, code -1, `Unauthorized`.
    pub fn unauthorized() -> Refusal {
        Refusal {
            status: 401,
            code: -1,
            message: super::messages::UNAUTHORIZED.to_owned(),
        }
    }

    /// The body of the refusal.
    pub fn envelope(&self) -> Envelope<()> {
        Envelope {
            code: self.code,
            message: Some(self.message.clone()),
            response: None,
        }
    }
}
