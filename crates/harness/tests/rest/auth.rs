//! Tokens, and what a call without one gets.

use dangol_harness::api::{IMP_KEY, IMP_SECRET};
use dangol_harness::{Engine, Setup};
use serde_json::{Value, json};

use crate::row::{Row, no, ok};
use crate::shape::Shape::{Code, Token};

const TOKEN: &str = "POST /users/getToken";
const MISSING: &str = "imp_key, imp_secret 파라메터가 누락되었습니다.";
const WRONG: &str = "인증에 실패하였습니다. API키와 secret을 확인하세요.";
const NOBODY: &[(&str, &str)] = &[("accept", "*/*")];
/// The merchant has one token until it expires.
const SAME: &str = r#"{"access_token":"{token}"}"#;

#[rustfmt::skip] // A table is read by its lines.
pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        ok("a token for JSON", TOKEN, r#"{"imp_key":"{key}","imp_secret":"{secret}"}"#, Token, SAME),
        ok("for a form", TOKEN, "imp_key={key}&imp_secret={secret}", Token, SAME),
        ok("for a form with a space before the second name", TOKEN, "imp_key={key}& imp_secret={secret}", Token, SAME),
        ok("with a slash at the end", "POST /users/getToken/", "imp_key={key}&imp_secret={secret}", Token, SAME),
        ok("for a query and a body", "POST /users/getToken?imp_key={key}", "imp_secret={secret}", Token, SAME),
        ok("for a key in capital letters", TOKEN, "imp_key={KEY}&imp_secret={secret}", Token, SAME),
        ok("with fields that nobody knows", TOKEN, r#"{"imp_key":"{key}","imp_secret":"{secret}","x":{"y":[1]}}"#,
            Token, SAME),
        no("a wrong secret", TOKEN, "imp_key={key}&imp_secret=wrong", (401, -1), WRONG),
        no("a wrong key", TOKEN, r#"{"imp_key":"nobody","imp_secret":"{secret}"}"#, (401, -1), WRONG),
        no("a key that is a number", TOKEN, r#"{"imp_key":1234567890123456,"imp_secret":"x"}"#, (401, -1), WRONG),
        no("no secret", TOKEN, r#"{"imp_key":"{key}"}"#, (400, -1), MISSING)
            .chosen("HTTP 400 and code -1: only the text is known"),
        no("no key", TOKEN, "imp_secret={secret}", (400, -1), MISSING).chosen("as without a secret"),
        no("an empty secret", TOKEN, "imp_key={key}&imp_secret=", (400, -1), MISSING).chosen("empty is missing"),
        no("a secret that is null", TOKEN, r#"{"imp_key":"{key}","imp_secret":null}"#, (400, -1), MISSING)
            .chosen("null is missing"),
        no("nothing at all", TOKEN, "", (400, -1), MISSING).chosen("as without a secret"),
        no("broken JSON", TOKEN, r#"{"imp_key":"{key}""#, (400, 1), "body: JSON…")
            .chosen("what cannot be read is HTTP 400 and code 1, and says where"),
        no("another method", "GET /users/getToken", "", (405, -1), "지원하지 않는 HTTP 메소드입니다.…")
            .chosen("the envelope is known, the text is ours"),
    ];
    // Nobody asks for a token with a token.
    for row in &mut rows {
        row.headers = NOBODY;
    }
    let look = |what, ask, headers| ok(what, ask, "", Code, r#"{"code":"381"}"#).headers(headers);
    let shut =
        |what, headers| no(what, "GET /cards/381", "", (401, -1), "Unauthorized").headers(headers);
    rows.extend([
        look("the token alone", "GET /cards/381", &[("authorization", "{token}")]),
        look("as a bearer's", "GET /cards/381", &[("authorization", "Bearer {token}")]),
        look("in old clients' header", "GET /cards/381", &[("x-imptokenheader", "{token}")]),
        look("in the query", "GET /cards/381?_token={token}", NOBODY),
        look("with a sub-store", "GET /cards/381", &[("authorization", "{token}"), ("tier", "ABC")])
            .chosen("there are no sub-stores: the header changes nothing"),
        shut("no token", NOBODY),
        shut("an empty one", &[("authorization", "")]),
        shut("a bearer's without one", &[("authorization", "Bearer ")]),
        shut("one that nobody made", &[("authorization", "0123456789abcdef0123456789abcdef01234567")]),
        shut("garbage", &[("x-imptokenheader", "secret")]),
        no("no token for a change", "POST /payments/cancel", "imp_uid={paid-1}", (401, -1), "Unauthorized")
            .headers(NOBODY),
    ]);
    rows
}

pub async fn a_token_lives_half_an_hour(engine: Engine) {
    let dangol = Setup::demo(engine).start().await;
    let api = dangol.api();
    let ask = async || -> Value {
        let body = json!({ "imp_key": IMP_KEY, "imp_secret": IMP_SECRET }).to_string();
        let json = ("content-type", "application/json");
        let path = "/users/getToken";
        let answer = api.bare("POST", path, &[json], body.into_bytes()).await;
        answer.json()["response"].take()
    };
    let status = async |token: &Value| {
        let token = token["access_token"].as_str().expect("a text");
        let headers = [("authorization", token)];
        api.bare("GET", "/users/pg", &headers, Vec::new())
            .await
            .status
    };
    let first = ask().await;
    let left = |token: &Value| {
        token["expired_at"]
            .as_i64()
            .zip(token["now"].as_i64())
            .map(|(end, now)| end - now)
    };
    // The time that the answer took is taken from it.
    assert!(
        left(&first).is_some_and(|left| (1795..=1800).contains(&left)),
        "{first}"
    );
    api.advance(1000).await;
    let second = ask().await;
    assert_eq!(
        (&second["access_token"], &second["expired_at"]),
        (&first["access_token"], &first["expired_at"])
    );
    // In its last minute it is the same for five minutes more.
    api.advance(770).await;
    let longer = ask().await;
    assert_eq!(longer["access_token"], first["access_token"]);
    assert_eq!(
        longer["expired_at"].as_i64(),
        first["expired_at"].as_i64().map(|end| end + 300)
    );
    assert_eq!(status(&first).await, 200);
    api.advance(331).await;
    assert_eq!(status(&first).await, 401, "an expired token");
    let new = ask().await;
    assert_ne!(new["access_token"], first["access_token"]);
    assert_eq!(status(&new).await, 200);
}
