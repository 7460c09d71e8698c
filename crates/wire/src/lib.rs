//! HTTP to payment gateways and merchants: the one place that opens an outgoing connection.
//!
//! What matters here is that a request is sent once, and that nobody is told "not connected" when a byte may have
//! arrived. reqwest would follow redirects, use a proxy of the environment and send some failed requests again;
//! all of that is off. One thing is left on, because it is safe: when a kept connection turns out to be closed
//! *before* any of the request was written to it, hyper takes the request back whole and uses a new connection.

mod guard;

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use dangol_gateway::wire::{ANSWER_BYTES_MAX, Answer, Method, Request, Wire, WireError};
pub use guard::Guard;
use guard::{Guarded, NotAllowed};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

/// How long an idle connection is kept. Shorter than the five seconds after which common servers close theirs: a
/// request that meets a closing connection is lost, and a lost charge is an open question.
const IDLE_MAX: Duration = Duration::from_secs(3);

/// The usual wait for a connection; the client for it is made at once, so that a machine without TLS roots fails at start.
const CONNECT_USUAL: Duration = Duration::from_secs(5);

/// Real HTTP, for production. Clones of its clients share their connections.
pub struct HttpWire {
    /// reqwest fixes the wait for a connection and the resolver per client, and the callers use two or three waits.
    clients: Mutex<HashMap<(Duration, bool), Client>>,
    /// Who strangers may have us call.
    guard: Arc<Guard>,
}

/// The HTTP client could not be made: no TLS roots, for example.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the HTTP client: {0}")]
pub struct WireStartError(#[from] reqwest::Error);

impl HttpWire {
    /// A wire on which strangers may name the public internet only.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<HttpWire, WireStartError> {
        HttpWire::guarded(Guard::default())
    }

    /// A wire on which strangers may name what the guard allows.
    ///
    /// # Errors
    /// As [`HttpWire::new`].
    pub fn guarded(guard: Guard) -> Result<HttpWire, WireStartError> {
        let usual = client(CONNECT_USUAL, None)?;
        Ok(HttpWire {
            clients: Mutex::new([((CONNECT_USUAL, false), usual)].into()),
            guard: Arc::new(guard),
        })
    }

    /// The client that waits this long for a connection.
    fn client(&self, timeout_connect: Duration, to_stranger: bool) -> Result<Client, WireError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = (timeout_connect, to_stranger);
        if let Some(known) = clients.get(&kind) {
            return Ok(known.clone());
        }
        let guard = to_stranger.then(|| Arc::clone(&self.guard));
        let made = client(timeout_connect, guard).map_err(|_| WireError::NotConnected)?;
        clients.insert(kind, made.clone());
        Ok(made)
    }
}

fn client(timeout_connect: Duration, guard: Option<Arc<Guard>>) -> Result<Client, reqwest::Error> {
    #[expect(clippy::disallowed_methods, reason = "this is the Wire port")]
    let mut builder = Client::builder();
    if let Some(guard) = guard {
        builder = builder.dns_resolver(Arc::new(Guarded(guard)));
    }
    #[expect(clippy::disallowed_methods, reason = "this is the Wire port")]
    builder
        .connect_timeout(timeout_connect)
        .pool_idle_timeout(IDLE_MAX)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .http1_only()
        .user_agent(concat!("dangol/", env!("CARGO_PKG_VERSION")))
        .build()
}

#[async_trait]
impl Wire for HttpWire {
    async fn send(&self, request: Request) -> Result<Answer, WireError> {
        if request.to_stranger && !self.guard.allows_url(&request.url) {
            return Err(WireError::Forbidden);
        }
        let client = self.client(request.timeout_connect, request.to_stranger)?;
        // The client ends the wait for a connection by itself; what is left of both waits is the answer's.
        let limit = request.timeout_connect + request.timeout_answer;
        match tokio::time::timeout(limit, exchange(&client, request)).await {
            Ok(result) => result,
            Err(_) => Err(WireError::TimedOut),
        }
    }
}

async fn exchange(client: &Client, request: Request) -> Result<Answer, WireError> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    let mut builder = client.request(method, &request.url).body(request.body);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let mut response = builder.send().await.map_err(|error| why(&error))?;
    let header = |name| Some(response.headers().get(name)?.to_str().ok()?.trim());
    Ok(Answer {
        status: response.status().as_u16(),
        content_type: header("content-type").unwrap_or_default().to_owned(),
        retry_after_s: header("retry-after").and_then(|text| text.parse().ok()),
        body: read(&mut response).await?,
    })
}

/// Reads the body as it comes, so that a peer cannot make us hold more than the limit.
async fn read(response: &mut Response) -> Result<Vec<u8>, WireError> {
    let too_large = WireError::TooLarge {
        status: response.status().as_u16(),
    };
    if response
        .content_length()
        .is_some_and(|length| length > ANSWER_BYTES_MAX as u64)
    {
        return Err(too_large);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| WireError::Lost)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Sorts an error. Only what happened before a connection stood, or before there was a request, was not sent.
fn why(error: &reqwest::Error) -> WireError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<NotAllowed>() {
            return WireError::Forbidden;
        }
        cause = inner.source();
    }
    if error.is_connect() || error.is_builder() {
        WireError::NotConnected
    } else if error.is_timeout() {
        WireError::TimedOut
    } else {
        WireError::Lost
    }
}
