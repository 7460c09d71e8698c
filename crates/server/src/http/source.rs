//! Where a request came from.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::App;

/// The address of whoever asks, when it is known. Behind a proxy that the operator trusts, it is the last address that this
/// proxy added.
pub(super) struct Source(pub Option<IpAddr>);

impl FromRequestParts<App> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Source, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let trusted = &app.engine.settings.trusted_proxies;
        let from = peer.and_then(|ConnectInfo(peer)| source(trusted, peer.ip(), &parts.headers));
        Ok(Source(from))
    }
}

fn source(trusted: &[IpAddr], peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back()?;
    let last = forwarded.to_str().ok()?.rsplit(',').next()?;
    let from: IpAddr = last.trim().parse().ok()?;
    Some(from.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_speaks_for_another() {
        let (proxy, buyer): (IpAddr, IpAddr) =
            ("127.0.0.1".parse().unwrap(), "203.0.113.7".parse().unwrap());
        let said = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            headers
        };
        let spoofed = said(&["198.51.100.1, 203.0.113.7"]);
        assert_eq!(source(&[], proxy, &spoofed), Some(proxy));
        assert_eq!(source(&[proxy], buyer, &spoofed), Some(buyer));
        assert_eq!(source(&[proxy], proxy, &spoofed), Some(buyer));
        let lines = said(&["198.51.100.1", "203.0.113.7"]);
        let mapped = "::ffff:127.0.0.1".parse().unwrap();
        assert_eq!(source(&[proxy], mapped, &lines), Some(buyer));
        for unclear in [&[][..], &["unknown"], &["203.0.113.7,"]] {
            assert_eq!(source(&[proxy], proxy, &said(unclear)), None, "{unclear:?}");
        }
    }
}
