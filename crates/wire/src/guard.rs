//! Who strangers may have us call: the public internet, and what the operator lists. A name is resolved once, and only
//! addresses that pass are connected to, so that a name cannot point elsewhere between the look and the call.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use dangol_domain::network::{Network, is_public};
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The rules.
#[derive(Clone, Default)]
pub struct Guard {
    /// Whether this machine itself may be called: in a sandbox.
    pub loopback: bool,
    /// Networks that may be called although they are not public.
    pub networks: Vec<Network>,
    /// Ports that may be called; any when empty.
    pub ports: Vec<u16>,
}

impl Guard {
    fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address)
            || (self.loopback && address.is_loopback())
            || self
                .networks
                .iter()
                .any(|network| network.contains(address))
    }

    /// Whether a URL may be called as far as its text tells: its port, and its address where it is one. Names are looked at
    /// when they are resolved.
    pub(crate) fn allows_url(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else {
            // What is no URL cannot be connected to, and is told as that.
            return true;
        };
        let port = url.port_or_known_default().unwrap_or(0);
        if !self.ports.is_empty() && !self.ports.contains(&port) {
            return false;
        }
        let host = url.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare.parse().map_or(true, |address| self.allows(address))
    }
}

/// None of a name's addresses may be called.
#[derive(Debug)]
pub(crate) struct NotAllowed;

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no address of this name may be called")
    }
}

impl std::error::Error for NotAllowed {}

/// Resolves names to what the guard allows.
pub(crate) struct Guarded(pub Arc<Guard>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|a| guard.allows(a.ip())).collect();
            if allowed.is_empty() {
                return Err(NotAllowed.into());
            }
            let addrs: Addrs = Box::new(allowed.into_iter());
            Ok(addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_judged_by_its_port_and_its_address() {
        let live = Guard {
            ports: vec![443, 8443],
            ..Guard::default()
        };
        let listed = Guard {
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            ..Guard::default()
        };
        let sandbox = Guard {
            loopback: true,
            ..Guard::default()
        };
        for (guard, url, allowed) in [
            (&live, "https://shop.example/hook", true),
            (&live, "https://shop.example:8443/hook", true),
            (&live, "http://shop.example/hook", false),
            (&live, "https://shop.example:22/", false),
            (&live, "https://169.254.169.254/latest", false),
            (&live, "https://[::ffff:10.0.0.1]/", false),
            (&live, "https://[fd00:ec2::254]/", false),
            (&live, "https://2130706433/", false),
            (&live, "https://0x7f.1/", false),
            (&live, "https://127.0.0.1/", false),
            (&listed, "http://10.1.2.3:9000/", true),
            (&listed, "http://192.168.0.1/", false),
            (&sandbox, "http://127.0.0.1:4000/", true),
            (&sandbox, "http://[::1]:4000/", true),
            (&sandbox, "http://10.0.0.1/", false),
        ] {
            assert_eq!(guard.allows_url(url), allowed, "{url}");
        }
    }
}
