//! Networks: an address with how many of its bits count.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;

/// A network such as `192.0.2.0/24` or `2001:db8::/32`; one address is a network of its own. Written with an address
/// inside it (`192.0.2.7/24`) or as IPv6 around IPv4 (`::ffff:192.0.2.0/120`), it is the same network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    base: IpAddr,
    bits: u32,
}

/// A text that is no network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected an address or a network, such as 192.0.2.7 or 192.0.2.0/24")]
pub struct NoNetwork;

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Network, NoNetwork> {
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base, Some(bits.parse().map_err(|_| NoNetwork)?)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| NoNetwork)?;
        let width = width(base);
        let bits = bits.unwrap_or(width);
        if bits > width {
            return Err(NoNetwork);
        }
        let (base, bits) = match (base, base.to_canonical()) {
            (IpAddr::V6(_), v4 @ IpAddr::V4(_)) if bits >= MAPPED_BITS => (v4, bits - MAPPED_BITS),
            _ => (base, bits),
        };
        let base = match base {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & mask(32, bits) as u32).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & mask(128, bits)).into(),
        };
        Ok(Network { base, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bits == width(self.base) {
            true => write!(f, "{}", self.base),
            false => write!(f, "{}/{}", self.base, self.bits),
        }
    }
}

/// How many bits stand before an IPv4 address that is written as IPv6.
const MAPPED_BITS: u32 = 96;

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The first `bits` of `width`.
fn mask(width: u32, bits: u32) -> u128 {
    u128::MAX.checked_shl(width - bits).unwrap_or(0)
}

impl TryFrom<String> for Network {
    type Error = NoNetwork;

    fn try_from(text: String) -> Result<Network, NoNetwork> {
        text.parse()
    }
}

impl Network {
    /// Whether an address is in it. An IPv4 address written as IPv6 (`::ffff:192.0.2.7`) counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                base.to_bits() == address.to_bits() & mask(32, self.bits) as u32
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                base.to_bits() == address.to_bits() & mask(128, self.bits)
            }
            _ => false,
        }
    }
}

/// Networks that are not the public internet (IANA's special-purpose registries).
const NOT_PUBLIC: [&str; 26] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// Whether an address is on the public internet: not private, reserved, local to a link, a documentation's example or a
/// group's, in IPv4 or IPv6, also where an IPv4 address is wrapped into IPv6.
pub fn is_public(address: IpAddr) -> bool {
    let address = match address.to_canonical() {
        IpAddr::V6(v6) => inner(v6).map_or(IpAddr::V6(v6), IpAddr::V4),
        v4 => v4,
    };
    let within = |network: &str| {
        let network: Result<Network, _> = network.parse();
        network.is_ok_and(|network| network.contains(address))
    };
    !NOT_PUBLIC.into_iter().any(within)
}

/// The IPv4 address that a translator (64:ff9b::/96) or 6to4 (2002::/16) would go to.
fn inner(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(Ipv4Addr::from_bits(bits as u32)),
        [0x2002, ..] => Some(Ipv4Addr::from_bits((bits >> 80) as u32)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_hold_their_addresses() {
        for (network, inside, outside) in [
            ("150.242.135.194", "150.242.135.194", "150.242.135.195"),
            ("150.242.135.194", "::ffff:150.242.135.194", "::1"),
            ("216.127.71.0/24", "216.127.71.255", "216.127.72.0"),
            ("10.0.0.0/31", "10.0.0.1", "10.0.0.2"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("2001:db8::7", "2001:db8::7", "2001:db8::8"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(address(inside)), "{inside} in {network:?}");
            assert!(
                !network.contains(address(outside)),
                "{outside} in {network:?}"
            );
        }
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(address("203.0.113.9")) && !all.contains(address("2001:db8::1")));
        for wrong in [
            "",
            "nonsense",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
        ] {
            assert_eq!(wrong.parse::<Network>(), Err(NoNetwork), "{wrong}");
        }
    }

    /// The first and the last address of what IANA's registries call not globally reachable, and the public ones beside
    /// them, where there are.
    const EDGES: [(&str, &str, &str, &str); 26] = [
        ("", "0.0.0.0", "0.255.255.255", "1.0.0.0"),
        ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        (
            "100.63.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "100.128.0.0",
        ),
        (
            "126.255.255.255",
            "127.0.0.0",
            "127.255.255.255",
            "128.0.0.0",
        ),
        (
            "169.253.255.255",
            "169.254.0.0",
            "169.254.255.255",
            "169.255.0.0",
        ),
        (
            "172.15.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "172.32.0.0",
        ),
        ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
        ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
        (
            "192.88.98.255",
            "192.88.99.0",
            "192.88.99.255",
            "192.88.100.0",
        ),
        (
            "192.167.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "192.169.0.0",
        ),
        (
            "198.17.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.20.0.0",
        ),
        (
            "198.51.99.255",
            "198.51.100.0",
            "198.51.100.255",
            "198.51.101.0",
        ),
        (
            "203.0.112.255",
            "203.0.113.0",
            "203.0.113.255",
            "203.0.114.0",
        ),
        ("223.255.255.255", "224.0.0.0", "239.255.255.255", ""),
        ("", "240.0.0.0", "255.255.255.255", ""),
        ("", "::", "::ffff:0:0", ""),
        (
            "::ffff:1.0.0.0",
            "::ffff:10.0.0.0",
            "::ffff:10.255.255.255",
            "::ffff:11.0.0.0",
        ),
        (
            "64:ff9b::100:0",
            "64:ff9b::a00:0",
            "64:ff9b::aff:ffff",
            "64:ff9b::b00:0",
        ),
        (
            "64:ff9b:0:ffff::",
            "64:ff9b:1::",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "64:ff9b:2::",
        ),
        (
            "ff:ffff::",
            "100::",
            "100::ffff:ffff:ffff:ffff",
            "100:0:0:1::",
        ),
        (
            "2000:ffff::",
            "2001::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:200::",
        ),
        (
            "2001:db7:ffff::",
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
        ),
        (
            "3ffe:ffff::",
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff:1000::",
        ),
        (
            "5eff:ffff::",
            "5f00::",
            "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "5f01::",
        ),
        (
            "fbff:ffff::",
            "fc00::",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fe00::",
        ),
        (
            "fe7f:ffff::",
            "fe80::",
            "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "",
        ),
    ];

    #[test]
    fn a_range_ends_where_it_ends() {
        for (before, first, last, after) in EDGES {
            for inside in [first, last] {
                assert!(!is_public(address(inside)), "{inside}");
            }
            for outside in [before, after] {
                assert!(
                    outside.is_empty() || is_public(address(outside)),
                    "{outside}"
                );
            }
        }
    }

    #[test]
    fn a_network_is_written_in_one_way() {
        for (written, shown) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7/32", "192.0.2.7"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
            ("2001:DB8::7/32", "2001:db8::/32"),
            ("2001:db8::7", "2001:db8::7"),
            ("::/0", "::/0"),
        ] {
            let network: Network = written.parse().unwrap();
            assert_eq!(network.to_string(), shown, "{written}");
            assert_eq!(shown.parse(), Ok(network), "{shown}");
        }
        let mapped: Network = "::ffff:192.0.2.0/120".parse().unwrap();
        assert!(mapped.contains(address("192.0.2.9")) && !mapped.contains(address("192.0.3.9")));
        assert!(mapped.contains(address("::ffff:192.0.2.9")));
    }

    #[test]
    fn only_the_public_internet_is_public() {
        for public in [
            "1.1.1.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "100.63.255.255",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert!(is_public(address(public)), "{public}");
        }
        for not in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "198.18.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(address(not)), "{not}");
        }
    }
}
