//! The wire port: how a connector reaches its PG. Production sends real HTTP; tests cut it.

use std::time::Duration;

use async_trait::async_trait;

/// Largest answer that is read, in bytes; a longer one is [`WireError::TooLarge`].
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// HTTP method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// One request to a PG or a merchant. It may carry billing keys, so it has no `Debug`.
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// Absolute URL, without secrets.
    pub url: String,
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// How long to wait for the connection.
    pub timeout_connect: Duration,
    /// How long to wait for the whole answer, from the first byte sent.
    pub timeout_answer: Duration,
    /// Whether somebody outside named the address: a merchant's webhook, a URL from a browser. Then it must be on the
    /// public internet.
    pub to_stranger: bool,
}

impl Request {
    /// A POST with the timeouts that PGs of this market publish or use: 5 s to connect, 30 s to answer.
    pub fn post(url: String, content_type: &str, body: Vec<u8>) -> Request {
        Request {
            method: Method::Post,
            url,
            headers: vec![("content-type", content_type.to_owned())],
            body,
            timeout_connect: Duration::from_secs(5),
            timeout_answer: Duration::from_secs(30),
            to_stranger: false,
        }
    }
}

/// An answer, whatever its status. It may carry billing keys, so it has no `Debug`.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, empty when missing.
    pub content_type: String,
    /// `Retry-After` in seconds, when the peer named one.
    pub retry_after_s: Option<u64>,
    /// The body's bytes, at most [`ANSWER_BYTES_MAX`].
    pub body: Vec<u8>,
}

/// Why there is no answer. Only [`WireError::NotConnected`] proves that nothing was received.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WireError {
    /// DNS, TCP or TLS failed before the first byte of the request was sent.
    #[error("no connection")]
    NotConnected,
    /// The address is none to which a stranger may send us. Nothing was sent.
    #[error("the address is not on the public internet, or its port is not allowed")]
    Forbidden,
    /// The connection broke after the first byte was sent.
    #[error("the connection broke before the answer was complete")]
    Lost,
    /// The answer took too long after the first byte was sent.
    #[error("no complete answer in time")]
    TimedOut,
    /// The answer is larger than [`ANSWER_BYTES_MAX`].
    #[error("the answer is too large")]
    TooLarge {
        /// The HTTP status that came before it.
        status: u16,
    },
}

/// Sends requests. The only way from a connector to the outside.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Sends one request once. Never retries after a byte was sent, never follows a redirect.
    async fn send(&self, request: Request) -> Result<Answer, WireError>;
}

/// A wire that leads nowhere: nothing connects. For PGs that send no notices, and for tests.
pub struct Unplugged;

#[async_trait]
impl Wire for Unplugged {
    async fn send(&self, _: Request) -> Result<Answer, WireError> {
        Err(WireError::NotConnected)
    }
}
