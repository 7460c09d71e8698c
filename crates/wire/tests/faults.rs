//! The wire against a peer that misbehaves, byte by byte: what was sent, how often, and what is said of it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dangol_gateway::wire::{ANSWER_BYTES_MAX, Answer, Request, Wire, WireError};
use dangol_wire::HttpWire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

const OK: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\n{}";

/// A peer that treats every connection alike. Counts the requests that it read.
struct Peer {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Peer {
    async fn new<F>(serve: impl Fn(Connection) -> F + Send + 'static) -> Peer
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/pay", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(Connection {
                    stream,
                    requests: Arc::clone(&counted),
                }));
            }
        });
        Peer { url, requests }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

struct Connection {
    stream: TcpStream,
    requests: Arc<AtomicUsize>,
}

impl Connection {
    /// Reads one request: head and the three bytes of its body.
    async fn read(&mut self) -> String {
        let mut seen = Vec::new();
        let mut buffer = [0; 1024];
        loop {
            let count = self.stream.read(&mut buffer).await.unwrap_or(0);
            if count == 0 {
                return String::new();
            }
            seen.extend_from_slice(&buffer[..count]);
            if seen.ends_with(b"\r\n\r\nabc") {
                self.requests.fetch_add(1, Ordering::SeqCst);
                return String::from_utf8(seen).unwrap();
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        // The wire may have hung up; that is the test's matter, not the peer's.
        _ = self.stream.write_all(bytes).await;
    }
}

fn request(url: &str) -> Request {
    Request {
        timeout_answer: Duration::from_secs(20),
        to_stranger: false,
        ..Request::post(url.to_owned(), "text/plain", b"abc".to_vec())
    }
}

async fn send(url: &str) -> Result<Answer, WireError> {
    HttpWire::new().unwrap().send(request(url)).await
}

fn error(result: Result<Answer, WireError>) -> WireError {
    match result {
        Ok(answer) => panic!("an answer with HTTP {}", answer.status),
        Err(error) => error,
    }
}

#[tokio::test]
async fn an_answer_comes_whole() {
    let peer = Peer::new(|mut connection| async move {
        let request = connection.read().await;
        assert!(request.starts_with("POST /pay HTTP/1.1\r\n"), "{request}");
        assert!(
            request
                .to_lowercase()
                .contains("content-type: text/plain\r\n"),
            "{request}"
        );
        connection.write(OK).await;
    })
    .await;
    let answer = send(&peer.url).await.ok().unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(answer.content_type, "application/json");
    assert_eq!(answer.retry_after_s, Some(7));
}

#[tokio::test]
async fn a_closed_port_was_never_connected() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/pay", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(error(send(&url).await), WireError::NotConnected);
}

#[tokio::test]
async fn a_url_that_leads_nowhere_was_never_connected() {
    for url in ["", "/gw/hub/v1/payment", "http://", "nonsense://x/"] {
        assert_eq!(error(send(url).await), WireError::NotConnected, "{url}");
    }
}

#[tokio::test]
async fn a_failed_tls_handshake_was_never_connected() {
    let peer = Peer::new(|mut connection| async move {
        connection.write(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let url = peer.url.replace("http://", "https://");
    assert_eq!(error(send(&url).await), WireError::NotConnected);
}

#[tokio::test]
async fn a_connection_that_closes_after_the_request_is_lost() {
    let peer = Peer::new(|mut connection| async move {
        connection.read().await;
    })
    .await;
    assert_eq!(error(send(&peer.url).await), WireError::Lost);
    assert_eq!(peer.requests(), 1, "sent once");
}

#[tokio::test]
async fn a_connection_that_closes_at_once_is_not_called_unconnected() {
    let peer = Peer::new(|connection| async move { drop(connection) }).await;
    assert_eq!(error(send(&peer.url).await), WireError::Lost);
}

#[tokio::test]
async fn half_an_answer_is_lost() {
    for half in [
        &b"HTTP/1.1 200 OK\r\ncontent-len"[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"res_cd\"",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n",
        b"no HTTP at all\r\n\r\n",
    ] {
        let peer = Peer::new(move |mut connection| async move {
            connection.read().await;
            connection.write(half).await;
        })
        .await;
        assert_eq!(error(send(&peer.url).await), WireError::Lost, "{half:?}");
        assert_eq!(peer.requests(), 1, "sent once");
    }
}

#[tokio::test]
async fn an_answer_that_drips_ends_with_the_time() {
    let peer = Peer::new(|mut connection| async move {
        connection.read().await;
        connection
            .write(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n")
            .await;
        let mut drips = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..9999 {
            drips.tick().await;
            connection.write(b"x").await;
        }
    })
    .await;
    let request = Request {
        timeout_connect: Duration::from_millis(500),
        timeout_answer: Duration::from_millis(200),
        to_stranger: false,
        ..request(&peer.url)
    };
    let result = HttpWire::new().unwrap().send(request).await;
    assert_eq!(error(result), WireError::TimedOut);
    assert_eq!(peer.requests(), 1, "sent once");
}

#[tokio::test]
async fn a_long_answer_is_cut_whether_it_says_its_length_or_not() {
    for head in [
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 10 << 20),
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned(),
    ] {
        let peer = Peer::new(move |mut connection| {
            let head = head.clone();
            async move {
                connection.read().await;
                connection.write(head.as_bytes()).await;
                connection.write(&vec![b'x'; 10 << 20]).await;
            }
        })
        .await;
        assert!(matches!(
            error(send(&peer.url).await),
            WireError::TooLarge { status: 200 }
        ));
    }
}

#[tokio::test]
async fn the_longest_answer_that_is_allowed_is_read() {
    let peer = Peer::new(|mut connection| async move {
        connection.read().await;
        connection
            .write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
            .await;
        connection.write(&vec![b'x'; ANSWER_BYTES_MAX]).await;
    })
    .await;
    let answer = send(&peer.url).await.ok().unwrap();
    assert_eq!(answer.body.len(), ANSWER_BYTES_MAX);
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let peer = Peer::new(|mut connection| async move {
        connection.read().await;
        let answer =
            b"HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
        connection.write(answer).await;
    })
    .await;
    assert_eq!(send(&peer.url).await.ok().unwrap().status, 307);
    assert_eq!(peer.requests(), 1, "not followed");
}

#[tokio::test]
async fn a_busy_answer_is_not_tried_again() {
    let peer = Peer::new(|mut connection| async move {
        connection.read().await;
        connection
            .write(b"HTTP/1.1 503 Busy\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n")
            .await;
    })
    .await;
    assert_eq!(send(&peer.url).await.ok().unwrap().status, 503);
    assert_eq!(peer.requests(), 1);
}

#[tokio::test]
async fn a_kept_connection_that_breaks_at_the_second_request_loses_it_and_repeats_nothing() {
    let peer = Peer::new(|mut connection| async move {
        connection.read().await;
        connection.write(OK).await;
        // The second request arrives on the same connection and is never answered.
        connection.read().await;
    })
    .await;
    let wire = HttpWire::new().unwrap();
    assert!(wire.send(request(&peer.url)).await.is_ok());
    assert_eq!(error(wire.send(request(&peer.url)).await), WireError::Lost);
    assert_eq!(peer.requests(), 2, "the second was sent once");
}

#[tokio::test]
async fn a_kept_connection_that_closed_while_idle_costs_nothing() {
    let closed = Arc::new(Notify::new());
    let told = Arc::clone(&closed);
    let peer = Peer::new(move |mut connection| {
        let told = Arc::clone(&told);
        async move {
            connection.read().await;
            connection.write(OK).await;
            connection.stream.shutdown().await.unwrap();
            // Our end reads the wire's own close: from then on the wire knows.
            assert_eq!(connection.read().await, "");
            told.notify_one();
        }
    })
    .await;
    let wire = HttpWire::new().unwrap();
    for sent in 1..=5 {
        assert!(wire.send(request(&peer.url)).await.is_ok());
        closed.notified().await;
        assert_eq!(peer.requests(), sent, "each is sent once");
    }
}
