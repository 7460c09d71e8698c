//! A server's life: what it says, what it serves, how it ends.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::dangol::{Folder, Server, connect, dangol, get, post_form};

/// How long a notice may take to come.
const NOTICE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_demo_says_where_it_is_and_ends_cleanly() {
    let folder = Folder::new();
    let data = folder.text("data");
    let args = ["demo", "--data", &data, "--listen", "127.0.0.1:0"];
    let server = Server::start(&args);
    let (main, pg, shop) = (
        server.origin("main"),
        server.origin("pg"),
        server.origin("shop"),
    );
    assert!(main.starts_with("http://127.0.0.1:") && pg.starts_with("http://127.0.0.1:"));
    assert!(
        shop.starts_with("http://localhost:"),
        "the shop is another site than main: {shop}"
    );
    let spoken = server.said.join("\n");
    for credential in [
        "imp00000000",
        "imp_apikey",
        "ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f",
    ] {
        assert_eq!(
            spoken.matches(credential).count(),
            1,
            "{credential} is said once: {spoken}"
        );
    }
    assert_eq!(
        get(&format!("{main}/health/live")).await,
        (200, r#"{"status":"live"}"#.to_owned())
    );
    assert_eq!(
        get(&format!("{main}/health/ready")).await,
        (200, r#"{"status":"ready"}"#.to_owned())
    );
    assert_eq!(get(&format!("{pg}/")).await.0, 200);
    let first = overview(&main).await;
    assert_eq!(first["channels"][0]["pg_id"], "A52Q7");
    assert_eq!(first["channels"][0]["default"], true);
    dangol(&["channel", "check", "--data", &data]).works();
    // A connection that asks nothing must not hold up the end.
    let silent = connect(&main);
    assert_eq!(server.stop(), Some(0));
    drop(silent);

    // The same again: nothing is made twice, and the channel finds its simulator on whatever port it is now.
    let server = Server::start(&args);
    let main = server.origin("main");
    let again = overview(&main).await;
    assert_eq!(again["channels"], first["channels"]);
    assert_eq!(again["merchants"].as_array().map(Vec::len), Some(1));
    dangol(&["channel", "check", "--data", &data]).works();
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_request_that_has_begun_is_answered_before_the_end() {
    let folder = Folder::new();
    let server = Server::start(&[
        "demo",
        "--data",
        &folder.text("data"),
        "--listen",
        "127.0.0.1:0",
    ]);
    let mut stream = connect(&server.origin("main"));
    let body = r#"{"imp_key":"imp_apikey","imp_secret":"wrong"}"#;
    let head = format!(
        "POST /users/getToken HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("it reads");
    // The server asks for the body: the request has begun.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).expect("it answers");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.ask_to_stop();
    // It takes nobody new from now on.
    let address = server
        .origin("main")
        .trim_start_matches("http://")
        .to_owned();
    while std::net::TcpListener::bind(&address).is_err() {
        std::thread::yield_now();
    }
    stream.write_all(body.as_bytes()).expect("it still reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("it answers and closes");
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert_eq!(server.exit_code(), Some(0));
}

async fn overview(main: &str) -> Value {
    let (status, body) = get(&format!("{main}/sandbox")).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).expect("it is JSON")
}

#[tokio::test]
async fn a_live_server_has_nothing_of_a_sandbox() {
    let folder = Folder::new();
    let server = Server::start(&[
        "serve",
        "--data",
        &folder.text("data"),
        "--listen",
        "127.0.0.1:0",
    ]);
    let main = server.origin("main");
    assert_eq!(server.said, [format!("listening main {main}")]);
    assert_eq!(get(&format!("{main}/health/ready")).await.0, 200);
    for path in ["/sandbox", "/sandbox/clock", "/sandbox/journal", "/"] {
        assert_eq!(get(&format!("{main}{path}")).await.0, 404, "{path}");
    }
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test]
async fn simulators_run_alone_and_hand_out_a_contract() {
    let folder = Folder::new();
    let data = folder.text("data");
    let args = [
        "sandbox",
        "--pg",
        "kcp_billing",
        "--pg-id",
        "T0000",
        "--listen",
        "127.0.0.1:0",
        "--data",
        &data,
    ];
    let server = Server::start(&args);
    assert_eq!(get(&format!("{}/", server.origin("pg"))).await.0, 200);
    let spoken = server.said.join("\n");
    assert!(spoken.contains("T0000"), "{spoken}");
    let certificate = folder.path("data/contracts/kcp_billing/T0000/cert.pem");
    let first = std::fs::read_to_string(&certificate).expect("the certificate is a file");
    assert!(first.starts_with("-----BEGIN CERTIFICATE-----"));
    assert_eq!(server.stop(), Some(0));
    // It is a contract that lasts.
    assert_eq!(Server::start(&args).stop(), Some(0));
    assert_eq!(
        std::fs::read_to_string(&certificate).expect("it is still there"),
        first
    );
    let all = format!(
        "{:?}",
        std::fs::metadata(folder.path("data/contracts/kcp_billing/T0000/private_key.pem"))
            .expect("there")
            .permissions()
    );
    assert!(all.contains("600"), "a private key is its owner's: {all}");
}

/// Charges a card at a simulator of `dangol sandbox` as a merchant who talks to it directly; the charge's number.
async fn charge(server: &Server, order: &str) -> String {
    let said = |name: &str| {
        let start = format!("  {name}  ");
        let mut lines = server.said.iter();
        let found = lines.find_map(|line| line.strip_prefix(&start));
        found.expect("the contract names it").to_owned()
    };
    let url = format!("{}/paymentwall/api/brick", server.origin("pg"));
    let key = said("brick_private_key");
    let ask = async |path: &str, form: String| {
        let (status, body) = post_form(&format!("{url}/{path}"), ("x-apikey", &key), form).await;
        assert_eq!(status, 200, "{body}");
        // An answer may begin with a byte order mark.
        let json = body.trim_start_matches('\u{feff}');
        serde_json::from_str::<Value>(json).expect("it is JSON")
    };
    let card = format!(
        "public_key={}&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2099&card[cvv]=123",
        said("brick_public_key")
    );
    let answer = ask("token", card).await;
    let token = answer["token"].as_str().expect("a text");
    let form = format!(
        "token={token}&fingerprint=f&email=jack@example.com&amount=9.90&currency=USD&description=Plan&plan={order}\
         &customer[firstname]=Jack&customer[lastname]=Son"
    );
    let answer = ask("charge", form).await;
    answer["id"].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn simulators_alone_send_their_notices_where_they_are_told() {
    let folder = Folder::new();
    let ear = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = ear.local_addr().expect("it listens");
    let server = Server::start(&[
        "sandbox",
        "--pg",
        "paymentwall",
        "--notice-url",
        &format!("http://{at}/heard?shop=1"),
        "--listen",
        "127.0.0.1:0",
        "--data",
        &folder.text("data"),
    ]);
    let id = charge(&server, "order1").await;
    let heard = async {
        let (stream, _) = ear.accept().await.expect("it connects");
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("it asks");
        let thanks = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK";
        stream.write_all(thanks).await.expect("it listens");
        line
    };
    let line = tokio::time::timeout(NOTICE, heard)
        .await
        .expect("a notice comes");
    assert!(line.starts_with("GET /heard?shop=1&"), "{line}");
    for pair in ["&goodsid=order1&", "&type=0&", &format!("&ref=b{id}&")] {
        assert!(line.contains(pair), "{pair} in {line}");
    }
    assert_eq!(server.stop(), Some(0));
}
