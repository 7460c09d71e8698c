//! Listeners: finding an address, taking it, and serving HTTP on it until told to stop.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// How long a request's headers may take, and a connection may idle. Longer than clients keep theirs for reuse, so that
/// it is they who close.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a request's body may take. The largest is a megabyte.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Connections of one listener; further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 8192;
/// How long an answer may take to leave when the server stops.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// The pause after a connection could not be taken: out of descriptors, for one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// `host:port` as an operator writes it. A port of 0 is any free one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Address, String> {
        let expected = || "expected host:port, such as 127.0.0.1:8080 or [::1]:8080".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = bare.unwrap_or(host);
        let port = port.parse().map_err(|_| expected())?;
        // An IPv6 address needs its brackets: the last group would be taken for the port.
        if host.is_empty() || (bare.is_none() && host.contains(':')) {
            return Err(expected());
        }
        Ok(Address {
            host: host.to_owned(),
            port,
        })
    }
}

impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// A sandbox shows published credentials to whoever reaches it.
    #[error(
        "{0} is not a loopback address, and a sandbox is for this machine alone: give {1} an address such as \
         127.0.0.1:8080"
    )]
    NotLoopback(Address, &'static str),
    /// The name has no address.
    #[error("{address} cannot be found ({reason}): give {flag} another one")]
    NotFound {
        /// As given.
        address: Address,
        /// The flag that names it.
        flag: &'static str,
        /// What the system says.
        reason: io::Error,
    },
    /// The address is somebody else's.
    #[error("{0} is in use by another program: stop that one, or choose another port with {1}")]
    Taken(Address, &'static str),
    /// Any other reason.
    #[error("cannot listen on {address} ({reason}): choose another address with {flag}")]
    Refused {
        /// As given.
        address: Address,
        /// The flag that names it.
        flag: &'static str,
        /// What the system says.
        reason: io::Error,
    },
}

/// Takes an address. `flag` is what an operator would change; with `loopback_only`, whatever the name resolves to must
/// be of this machine.
pub async fn bind(
    address: &Address,
    flag: &'static str,
    loopback_only: bool,
) -> Result<TcpListener, ListenError> {
    let not_found = |reason| ListenError::NotFound {
        address: address.clone(),
        flag,
        reason,
    };
    let found = tokio::net::lookup_host((address.host.as_str(), address.port))
        .await
        .map_err(not_found)?;
    let found: Vec<SocketAddr> = found.collect();
    if loopback_only && !found.iter().all(|at| at.ip().is_loopback()) {
        return Err(ListenError::NotLoopback(address.clone(), flag));
    }
    TcpListener::bind(&*found)
        .await
        .map_err(|reason| match reason.kind() {
            io::ErrorKind::AddrInUse => ListenError::Taken(address.clone(), flag),
            _ => ListenError::Refused {
                address: address.clone(),
                flag,
                reason,
            },
        })
}

/// Serves until `stop`, then takes no more connections, lets requests that have begun finish, and returns when the last
/// one has.
pub async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&room).acquire_owned();
        let taken = async { (place.await, listener.accept().await) };
        let (place, accepted) = tokio::select! {
            () = stop.cancelled() => break,
            taken = taken => taken,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, routes.clone(), stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn connection(stream: TcpStream, peer: SocketAddr, routes: Router, stop: CancellationToken) {
    // Answers are single small writes; waiting to fill a packet only costs.
    let _ = stream.set_nodelay(true);
    let busy = Arc::new(AtomicUsize::new(0));
    let requests = Arc::clone(&busy);
    let service = hyper::service::service_fn(move |request| {
        answer(routes.clone(), peer, request, Busy::mark(&requests))
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // A connection that breaks is nothing to report.
        _ = connection.as_mut() => return,
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    // Browsers open connections ahead of need; one that has asked nothing yet must not hold up the end.
    while tokio::time::timeout(LAST_WORDS, connection.as_mut())
        .await
        .is_err()
    {
        if busy.load(Ordering::Acquire) == 0 {
            return;
        }
    }
}

async fn answer(
    routes: Router,
    peer: SocketAddr,
    request: hyper::Request<Incoming>,
    _busy: Busy,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(|body| {
        Body::new(TimedBody {
            body,
            deadline: None,
        })
    });
    request.extensions_mut().insert(ConnectInfo(peer));
    routes.oneshot(request).await
}

/// A request's body that ends with an error when it takes too long: who sends a byte now and then holds no place for ever.
struct TimedBody {
    body: Incoming,
    /// Set when the body makes somebody wait for the first time.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl hyper::body::Body for TimedBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(BODY_TIMEOUT)));
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Some(Err("the request's body took too long".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Marks a connection as at work on a request, until its answer is made.
struct Busy(Arc<AtomicUsize>);

impl Busy {
    fn mark(count: &Arc<AtomicUsize>) -> Busy {
        count.fetch_add(1, Ordering::AcqRel);
        Busy(Arc::clone(count))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
