//! A PG returns the browser, with a form or a query.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use dangol_engine::flow::close_window::close_window;
use dangol_gateway::contract::WindowReturn;

use super::super::App;
use super::pages;

/// `GET /window/{id}/return`.
pub(super) async fn by_query(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    finish(&app, &id, query.unwrap_or_default().as_bytes()).await
}

/// `POST /window/{id}/return`.
pub(super) async fn by_form(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    finish(&app, &id, &body).await
}

async fn finish(app: &App, id: &str, encoded: &[u8]) -> Response {
    let returned = WindowReturn {
        fields: fields(encoded),
    };
    match close_window(&app.engine, id, returned).await {
        Ok(Ok((result, page))) => pages::ended(&result, &page),
        Ok(Err(not_yours)) => pages::not_yours(not_yours),
        Err(error) => pages::out_of_order(&error),
    }
}

/// Names and raw values of a form or query: percent-decoded, not charset-decoded, because PGs mix UTF-8 and EUC-KR.
fn fields(encoded: &[u8]) -> Vec<(String, Vec<u8>)> {
    encoded
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default());
            let value = decode(halves.next().unwrap_or_default());
            (String::from_utf8_lossy(&name).into_owned(), value)
        })
        .collect()
}

fn decode(encoded: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = encoded
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_encoding::percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn values_keep_their_bytes() {
        let read = fields(b"res_msg=%C1%A4%BB%F3+ok&a=%EC%A0%95&b&=c&d=e=f");
        let expected: Vec<(String, Vec<u8>)> = vec![
            ("res_msg".into(), b"\xC1\xA4\xBB\xF3 ok".to_vec()),
            ("a".into(), "정".as_bytes().to_vec()),
            ("b".into(), Vec::new()),
            (String::new(), b"c".to_vec()),
            ("d".into(), b"e=f".to_vec()),
        ];
        assert_eq!(read, expected);
    }
}
