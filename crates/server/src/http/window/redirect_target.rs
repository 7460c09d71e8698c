//! `m_redirect_url`: where a redirecting window sends the browser.

use dangol_domain::v1::Refusal;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Longest address as a browser sends it, percent-encoded: servers and proxies refuse much longer ones.
const BYTES_MAX: usize = 4_000;
/// Besides all that is not ASCII, which is encoded anyway.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ');
/// Schemes that run as script, or show what the address itself brings.
const SCRIPTS: [&str; 4] = ["javascript", "data", "vbscript", "blob"];

/// The address as it can stand in a `Location` header: without the white space around it and the control characters that
/// browsers skip, other spaces and letters like Korean ones percent-encoded, as browsers do.
///
/// # Errors
/// When it has no scheme, or one that runs as script. Any other is fine, for apps have their own.
pub(super) fn redirect_target(url: &str) -> Result<String, Refusal> {
    let wrong = |expected: &str| Err(Refusal::malformed("m_redirect_url", expected));
    let visible: String = url.chars().filter(|c| !c.is_control()).collect();
    let target = utf8_percent_encode(visible.trim(), ENCODED).to_string();
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme);
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b));
    if !named {
        return wrong("must be an absolute URL");
    }
    if SCRIPTS.contains(&scheme.to_ascii_lowercase().as_str()) {
        return wrong("must not run as a script");
    }
    if target.len() > BYTES_MAX {
        return wrong(&format!(
            "must have at most {BYTES_MAX} characters when percent-encoded"
        ));
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_their_meaning() {
        for (given, target) in [
            (
                "https://shop.example/주문 완료?a=b c&d=%20%EA#끝",
                "https://shop.example/%EC%A3%BC%EB%AC%B8%20%EC%99%84%EB%A3%8C?a=b%20c&d=%20%EA#%EB%81%9D",
            ),
            (
                "  https://shop.example/a b \n",
                "https://shop.example/a%20b",
            ),
            (
                "https://shop.example/a\tb\u{85}c",
                "https://shop.example/abc",
            ),
            ("\u{3000}iamporttest://done\u{3000}", "iamporttest://done"),
            ("my_app.v2+x-y://결과", "my_app.v2+x-y://%EA%B2%B0%EA%B3%BC"),
            ("about:blank", "about:blank"),
            (
                "file:///android_asset/a.html",
                "file:///android_asset/a.html",
            ),
        ] {
            assert_eq!(redirect_target(given).unwrap(), target, "{given:?}");
        }
    }

    #[test]
    fn scripts_and_fragments_of_addresses_are_refused() {
        for given in [
            "javascript:alert(1)",
            " \u{1}JavaScript\n:alert(1)",
            "java\tscript:alert(1)",
            "\u{3000}data:text/html,x",
            "vbscript:x",
            "blob:https://shop.example/1",
            "/done",
            "//shop.example:80/done",
            "\u{feff}javascript:alert(1)",
            "1a:b",
            ":",
            " ",
        ] {
            assert!(redirect_target(given).is_err(), "{given:?}");
        }
        let long = format!("https://shop.example/{}", "가".repeat(450));
        assert!(redirect_target(&long).is_err());
        assert!(redirect_target(&long[..long.len() - 3 * 10]).is_ok());
    }
}
