//! A merchant's webhook endpoint.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::until;

/// A webhook as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Received {
    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// How to answer.
pub enum Reply {
    /// With this HTTP status.
    Status(u16),
    /// With this HTTP status and body.
    Body(u16, String),
    /// Not at all, while the connection stays open.
    Hang,
}

type Answer = Arc<dyn Fn(Received) -> BoxFuture<'static, Reply> + Send + Sync>;

/// The endpoint; closed when dropped.
pub struct Receiver {
    /// Its address.
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    /// An endpoint that says 200.
    pub async fn start() -> Receiver {
        Receiver::answering(|_| Box::pin(async { Reply::Status(200) })).await
    }

    /// An endpoint that answers as it likes, after it has looked at what came.
    pub async fn answering(
        answer: impl Fn(Received) -> BoxFuture<'static, Reply> + Send + Sync + 'static,
    ) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!(
            "http://{}/webhook",
            listener.local_addr().expect("it is bound")
        );
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let serving = tokio::spawn(serve(listener, Arc::clone(&received), Arc::new(answer)));
        Receiver {
            url,
            received,
            serving,
        }
    }

    /// Everything that came so far.
    pub fn received(&self) -> Vec<Received> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.clone()
    }

    /// What came about a payment, once there is something.
    pub async fn about(&self, imp_uid: &str) -> Vec<Received> {
        until(&format!("a webhook about {imp_uid}"), || async {
            let mut all = self.received();
            all.retain(|received| received.body.contains(imp_uid));
            (!all.is_empty()).then_some(all)
        })
        .await
    }
}

async fn serve(listener: TcpListener, received: Arc<Mutex<Vec<Received>>>, answer: Answer) {
    while let Ok((stream, _)) = listener.accept().await {
        let (received, answer) = (Arc::clone(&received), Arc::clone(&answer));
        let service = hyper::service::service_fn(move |request| {
            take(request, Arc::clone(&received), Arc::clone(&answer))
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // A sender that breaks off is no concern of this endpoint.
            let _ = connection.await;
        });
    }
}

async fn take(
    request: Request<Incoming>,
    received: Arc<Mutex<Vec<Received>>>,
    answer: Answer,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let headers = parts.headers.iter().map(|(name, value)| {
        (
            name.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    let came = Received {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let reply = answer(came.clone()).await;
    received
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(came);
    let (status, body) = match reply {
        Reply::Status(status) => (status, String::new()),
        Reply::Body(status, body) => (status, body),
        Reply::Hang => return std::future::pending().await,
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = hyper::StatusCode::from_u16(status).expect("a status");
    Ok(response)
}
