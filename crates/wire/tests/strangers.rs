//! What strangers may have us call, tried against a real listener on this machine: however its address is written, nothing
//! arrives there unless it is allowed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dangol_domain::network::Network;
use dangol_gateway::wire::{Answer, Request, Wire, WireError};
use dangol_wire::{Guard, HttpWire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Loopback in all the ways that an HTTP client, or the system's resolver, understands.
const LOOPBACK: [&str; 12] = [
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "localhost",
    "LocalHost",
    "[::ffff:127.0.0.1]",
];

/// A server of this machine that counts connections.
struct Inside {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Inside {
    async fn new() -> Inside {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut head = [0; 4096];
                    let _ = stream.read(&mut head).await;
                    let _ = stream
                        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret")
                        .await;
                });
            }
        });
        Inside { port, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn call(wire: &HttpWire, url: String) -> Result<Answer, WireError> {
    let request = Request {
        timeout_connect: Duration::from_secs(5),
        to_stranger: true,
        ..Request::post(url, "application/json", b"{}".to_vec())
    };
    wire.send(request).await
}

#[tokio::test]
async fn a_stranger_reaches_nothing_of_this_machine() {
    let inside = Inside::new().await;
    let listed = |networks: &[&str]| Guard {
        networks: networks
            .iter()
            .map(|text| text.parse::<Network>().unwrap())
            .collect(),
        ..Guard::default()
    };
    let ports = Guard {
        loopback: true,
        ports: vec![inside.port ^ 1],
        ..Guard::default()
    };
    for (name, guard) in [
        ("live", Guard::default()),
        (
            "another network is listed",
            listed(&["10.0.0.0/8", "fd00::/8"]),
        ),
        ("another port is listed", ports),
    ] {
        let wire = HttpWire::guarded(guard).unwrap();
        for host in LOOPBACK {
            let url = format!("http://{host}:{}/hook", inside.port);
            let refused = call(&wire, url).await.err();
            assert_eq!(refused, Some(WireError::Forbidden), "{name}: {host}");
        }
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn what_is_allowed_is_reached() {
    let inside = Inside::new().await;
    let sandbox = Guard {
        loopback: true,
        ..Guard::default()
    };
    let listed = Guard {
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        ports: vec![inside.port],
        ..Guard::default()
    };
    for guard in [sandbox, listed] {
        let wire = HttpWire::guarded(guard).unwrap();
        for host in ["127.0.0.1", "2130706433", "localhost"] {
            let url = format!("http://{host}:{}/hook", inside.port);
            let answer = call(&wire, url).await.unwrap();
            assert_eq!(
                (answer.status, answer.body),
                (200, b"secret".to_vec()),
                "{host}"
            );
        }
    }
    assert_eq!(inside.connections(), 6);
}
