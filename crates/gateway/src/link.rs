//! Windows that live behind a URL of the PG's: whether the URL is the PG's, and how the browser gets there.

use percent_encoding::percent_decode_str;

use crate::contract::{HandOff, Way};

/// Brings the browser to a URL.
pub fn visit(url: &str) -> HandOff {
    let (page, query) = url.split_once('?').unwrap_or((url, ""));
    HandOff {
        way: Way::Form {
            method: "get",
            url: page.to_owned(),
        },
        // A form that is sent by GET replaces the query of its action, so the query travels as fields.
        fields: query_fields(query),
        form_name: None,
        charset: "utf-8",
        origins: vec![origin(url).to_owned()],
    }
}

/// Whether a window's URL is on the origin of the API that named it, or, with the API in the PG's domain (such as
/// `.example.com`), in that domain.
pub fn is_at(url: &str, api: &str, domain: &str) -> bool {
    let in_domain = |url: &str| {
        let host = origin(url).strip_prefix("https://");
        host.is_some_and(|host| host.ends_with(domain) && !host.contains(['@', ':', '\\']))
    };
    !url.chars().any(|c| c.is_control() || c == '#')
        && !api.is_empty()
        && (origin(url) == origin(api) || (in_domain(url) && in_domain(api)))
}

fn query_fields(query: &str) -> Vec<(String, String)> {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// The origin of a URL: scheme, host and port.
pub fn origin(url: &str) -> &str {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let end = url[host_at..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| host_at + at);
    &url[..end]
}

/// The host of a URL, without its port.
pub fn host(url: &str) -> Option<&str> {
    let (_, authority) = origin(url).split_once("://")?;
    let (name, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    // The colons of an IPv6 address are inside brackets.
    let host = if port.ends_with(']') { authority } else { name };
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_keeps_the_query() {
        let hand_off = visit("https://bill.example/easy/1?a=b%20c&d=%EA%B0%80+&e");
        let Way::Form { method, url } = &hand_off.way else {
            panic!("not a form");
        };
        assert_eq!(
            (*method, url.as_str()),
            ("get", "https://bill.example/easy/1")
        );
        let expected = [("a", "b c"), ("d", "가 "), ("e", "")];
        assert_eq!(
            hand_off.fields,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(hand_off.origins, ["https://bill.example"]);
    }

    #[test]
    fn a_window_is_where_it_was_asked_for() {
        let test = "https://testpgapi.easypay.co.kr";
        let here = "http://127.0.0.1:8081/kicc";
        for (url, api, is) in [
            (
                "https://testpgapi.easypay.co.kr/view/trades/cert-req.do?authorizationId=1",
                test,
                true,
            ),
            ("https://testpg.easypay.co.kr/view", test, true),
            (
                "http://127.0.0.1:8081/kicc/view?authorizationId=1",
                here,
                true,
            ),
            ("http://127.0.0.1:8082/kicc/view", here, false),
            ("https://testpg.easypay.co.kr/view", here, false),
            ("http://testpg.easypay.co.kr/view", test, false),
            ("https://easypay.co.kr.evil.example/view", test, false),
            ("https://evil.example/.easypay.co.kr", test, false),
            ("https://evil.example\\.easypay.co.kr/", test, false),
            ("https://user@x.easypay.co.kr/", test, false),
            ("javascript:alert(1)//https://x.easypay.co.kr", test, false),
            ("", test, false),
            ("/view", "", false),
        ] {
            assert_eq!(is_at(url, api, ".easypay.co.kr"), is, "{url} at {api}");
        }
    }

    #[test]
    fn a_host_has_no_port() {
        for (url, expected) in [
            ("https://shop.example/a:b?c", Some("shop.example")),
            ("http://localhost:8082", Some("localhost")),
            ("http://[::1]:8082/x", Some("[::1]")),
            ("http://[::1]", Some("[::1]")),
            ("https://", None),
            ("null", None),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
