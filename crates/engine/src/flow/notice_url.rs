//! `notice_url`: where a request wants webhooks. One reading of such a URL, the one that the delivery's HTTP client has
//! too, decides about its shape and its host.

use url::Url;

/// The host of a web address as an HTTP client will see it: lower case, IDNA, without a port; IPv6 in brackets.
///
/// `None` when it is no plain one: another scheme than http and https, no host, a user name or password, a backslash,
/// white space or a control character. Readers differ about those, so the host would be a matter of opinion.
pub fn host_of(url: &str) -> Option<String> {
    let odd = |c: char| c == '\\' || c.is_control() || c.is_whitespace();
    let (scheme, rest) = url.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    // A third slash is skipped by some and ends an empty host for others.
    if !web || rest.starts_with('/') || url.chars().any(odd) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let parsed = Url::parse(url).ok()?;
    if authority.contains('@') || !parsed.username().is_empty() || parsed.password().is_some() {
        return None;
    }
    let host = parsed.host_str().filter(|host| !host.is_empty());
    host.map(str::to_owned)
}

/// Whether a URL leads to one of the hosts, or below one.
pub(super) fn is_listed(url: &str, hosts: &[String]) -> bool {
    let Some(host) = host_of(url) else {
        return false;
    };
    hosts.iter().any(|listed| {
        let listed = listed.to_ascii_lowercase();
        host == listed || host.ends_with(&format!(".{listed}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_the_one_that_a_client_connects_to() {
        for (url, host) in [
            ("https://shop.example/hook?a=b@c", "shop.example"),
            ("HTTP://SHOP.example:8080", "shop.example"),
            ("https://%73hop.example/", "shop.example"),
            ("https://상점.example/", "xn--hg4bs7k.example"),
            ("http://[::1]:9/", "[::1]"),
            ("http://0x7f.1/", "127.0.0.1"),
        ] {
            assert_eq!(host_of(url).as_deref(), Some(host), "{url}");
        }
    }

    #[test]
    fn only_listed_hosts_are_told() {
        let hosts = ["Allowed.example".to_owned()];
        for url in [
            "https://allowed.example/hook",
            "https://a.b.ALLOWED.example:8443/?x=1",
            "http://allowed.example",
        ] {
            assert!(is_listed(url, &hosts), "{url}");
        }
        for url in [
            "https://evil.example\\@allowed.example/x",
            "https://evil.example\\.allowed.example/x",
            "https:\\\\evil.example/.allowed.example",
            "https://allowed.example@evil.example/",
            "https://@allowed.example/",
            "https://user:word@allowed.example/",
            "https://evil.example/@allowed.example",
            "https://evil.example#@allowed.example",
            "https://evilallowed.example/",
            "https://allowed.example.evil.example/",
            "https:///allowed.example/",
            "https:allowed.example/",
            "https://allowed.example/\n",
            " https://allowed.example/",
            "https://\u{ff0f}allowed.example/",
            "ftp://allowed.example/",
            "https://",
            "https://:443/",
            "",
        ] {
            assert!(!is_listed(url, &hosts), "{url}");
        }
    }
}
