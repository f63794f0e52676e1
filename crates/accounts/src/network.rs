//! Networks: from where a key may be used, and which proxies are believed.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The most networks in one list: every request looks through it.
const NETWORKS_MAX: usize = 64;

/// How many leading bits of an IPv6 address say that it is an IPv4 address in disguise (`::ffff:0:0/96`).
const MAPPED_BITS: u8 = 96;

/// A list of networks and single addresses: `10.0.0.0/8, 2001:db8::/32, 192.0.2.7`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// No network at all.
    pub const NONE: Self = Self(Vec::new());

    /// Whether there is no network in the list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many networks are in the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether one of them holds this address. An IPv4 address is the same however it is written (`::ffff:192.0.2.7`).
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether a key that is bound to these networks may be used from this address. An empty list binds it to none; an
    /// address that nobody knows is in no network.
    #[must_use]
    pub fn allow(&self, address: Option<IpAddr>) -> bool {
        self.is_empty() || address.is_some_and(|address| self.contains(address))
    }
}

/// The networks, separated by commas: what [`FromStr`] takes back.
impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, network) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            match network.prefix_len() == network.max_prefix_len() {
                true => network.addr().fmt(f)?,
                false => network.fmt(f)?,
            }
        }
        Ok(())
    }
}

/// Takes what people write: separated by commas, blanks or lines; bits beyond the prefix are cut off, repetitions left
/// out.
impl FromStr for Networks {
    type Err = NetworksError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut networks = Vec::new();
        for word in text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()) {
            let network = parse(word).ok_or_else(|| NetworksError::Entry(word.chars().take(50).collect()))?;
            if !networks.contains(&network) {
                networks.push(network);
            }
            if networks.len() > NETWORKS_MAX {
                return Err(NetworksError::TooMany { max: NETWORKS_MAX });
            }
        }
        Ok(Self(networks))
    }
}

fn parse(word: &str) -> Option<IpNet> {
    let network = word.parse::<IpNet>().or_else(|_| word.parse::<IpAddr>().map(IpNet::from)).ok()?;
    Some(unmapped(network).trunc())
}

/// IPv4 in disguise becomes IPv4, as the addresses do that are looked for.
fn unmapped(network: IpNet) -> IpNet {
    let as_v4 = |network: Ipv6Net| {
        let address = network.addr().to_ipv4_mapped()?;
        Ipv4Net::new(address, network.prefix_len().checked_sub(MAPPED_BITS)?).ok()
    };
    match network {
        IpNet::V4(_) => network,
        IpNet::V6(v6) => as_v4(v6).map_or(network, IpNet::V4),
    }
}

/// A text that is no list of networks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworksError {
    /// One entry is neither an address nor a network.
    #[error("{0:?} is neither an IP address nor a network such as 192.0.2.0/24 or 2001:db8::/32")]
    Entry(String),
    /// The list is too long.
    #[error("at most {max} networks")]
    TooMany {
        /// The greatest number of networks.
        max: usize,
    },
}

/// The header in which proxies say for whom they ask.
pub const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whose request it is, when proxies may stand between: the nearest address that is not one of our own proxies.
///
/// `forwarded_for` are the bytes of all [`FORWARDED_FOR`] headers in the order in which they came, also of those that are no
/// text: were a line left out, the proxy's own word in it would be, too, and a stranger pass for the proxy. Every proxy
/// appends whom it talks to, so only what trusted proxies appended is believed, read from the right: what stands left of
/// the first stranger, that stranger may have made up. A header that comes from a stranger is not read at all.
#[must_use]
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded_for: impl DoubleEndedIterator<Item = &'a [u8]>,
    trusted: &Networks,
) -> IpAddr {
    let mut client = peer.to_canonical();
    for hop in forwarded_for.rev().flat_map(|value| value.rsplit(|byte| *byte == b',')) {
        if !trusted.contains(client) {
            break;
        }
        // Behind what cannot be read, nothing is certain: the hop before it is the last one known.
        let text = std::str::from_utf8(hop).ok();
        let Some(address) = text.and_then(|text| hop_address(text.trim())) else { break };
        client = address;
    }
    client
}

/// An entry of `X-Forwarded-For`; some proxies add the port.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    let address = text.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.or_else(|| bracketed().map(IpAddr::V6)).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_is_an_address_with_or_without_a_port() {
        let ip = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
        for (text, address) in [
            ("192.0.2.7", ip("192.0.2.7")),
            ("192.0.2.7:8080", ip("192.0.2.7")),
            ("2001:db8::1", ip("2001:db8::1")),
            ("[2001:db8::1]", ip("2001:db8::1")),
            ("[2001:db8::1]:443", ip("2001:db8::1")),
            ("::ffff:192.0.2.7", ip("192.0.2.7")),
            ("[::ffff:192.0.2.7]:80", ip("192.0.2.7")),
            ("", None),
            ("unknown", None),
            ("_hidden", None),
            ("192.0.2.7 192.0.2.8", None),
            ("192.0.2.256", None),
            ("[192.0.2.7]", None),
            ("fe80::1%eth0", None),
        ] {
            assert_eq!(hop_address(text), address, "{text:?}");
        }
    }
}
