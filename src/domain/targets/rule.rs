//! One entry of the list: a host, and perhaps a port.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// What an entry allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) host: Host,
    pub(super) port: Option<u16>,
}

/// Which hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// All of the open internet, and the machine itself.
    Any,
    /// The one of this name, in small letters.
    Name(String),
    /// Those whose addresses begin like this one, with so many bits.
    Network(IpAddr, u8),
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no host, address or network");
        if let Some(network) = network(text) {
            return Ok(Self {
                host: network,
                port: None,
            });
        }
        let (host, port) = match text.rsplit_once(':') {
            None => (text, None),
            Some((host, port)) => (host, Some(port.parse().map_err(|_| wrong())?)),
        };
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let host = match (host, network(bare.unwrap_or(host))) {
            ("*", _) => Host::Any,
            (_, Some(network)) => network,
            (name, None) => {
                super::check_host(&name.to_ascii_lowercase(), bare.is_some())
                    .map_err(|_| wrong())?;
                if name.is_empty() {
                    return Err(wrong());
                }
                Host::Name(name.to_ascii_lowercase())
            }
        };
        Ok(Self { host, port })
    }
}

/// An address, or a network of them: `10.0.0.0/8`.
fn network(text: &str) -> Option<Host> {
    let (address, bits) = match text.split_once('/') {
        None => (text, None),
        Some((address, bits)) => (address, Some(bits)),
    };
    let address: IpAddr = address.parse().ok()?;
    let all = match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let bits = match bits {
        None => all,
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= all)?,
    };
    Some(Host::Network(address, bits))
}

impl Rule {
    pub(super) fn fits_port(&self, port: u16) -> bool {
        self.port.is_none_or(|only| only == port)
    }
}

impl Host {
    /// Whether it is this address alone.
    pub(super) fn is_just(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Network(IpAddr::V4(only), 32), IpAddr::V4(address)) => *only == address,
            (Self::Network(IpAddr::V6(only), 128), IpAddr::V6(address)) => *only == address,
            _ => false,
        }
    }

    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Network(IpAddr::V4(network), bits), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(*bits);
                let differs = u32::from(*network) ^ u32::from(address);
                differs.checked_shr(shift).unwrap_or(0) == 0
            }
            (Self::Network(IpAddr::V6(network), bits), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(*bits);
                let differs = u128::from(*network) ^ u128::from(address);
                differs.checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// Whether an address is one of the open internet (IANA's special-purpose registries have the rest).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        _ if is_metadata(address) => false,
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let special = v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (b & 0xfe) == 18);
            !special
        }
        // Global unicast alone, without what carries an IPv4 address or is for documentation.
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            (first & 0xe000) == 0x2000
                && !(first == 0x2001 && (second == 0xdb8 || second < 0x200))
                && first != 0x2002
        }
    }
}

/// Whether an address stands for no other machine's service, or for what clouds tell their machines
/// about themselves: a listed name must not lead there.
pub(super) fn is_never_a_host(address: IpAddr) -> bool {
    let same = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast() || v4.octets()[0] == 0,
        IpAddr::V6(v6) => (v6.segments()[0] & 0xffc0) == 0xfe80 || v6 == Ipv6Addr::UNSPECIFIED,
    };
    same || address.is_multicast() || is_metadata(address)
}

/// Whether clouds tell their machines about themselves at this address, credentials among it: most
/// clouds, Alibaba's, Azure's, and Amazon's in IPv6.
pub(super) fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => matches!(
            v4.octets(),
            [169, 254, 169, 254] | [100, 100, 100, 200] | [168, 63, 129, 16]
        ),
        IpAddr::V6(v6) => v6.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254],
    }
}
