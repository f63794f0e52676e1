//! Lists of networks, and whose request it is behind proxies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use accounts::{Networks, NetworksError};
use proptest::prelude::*;

fn networks(text: &str) -> Networks {
    text.parse().expect(text)
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect(text)
}

#[test]
fn a_list_comes_back_as_it_is_meant() {
    for (written, shown) in [
        ("", ""),
        (" , \n", ""),
        ("10.0.0.0/8, 2001:db8::/32, 192.0.2.7", "10.0.0.0/8, 2001:db8::/32, 192.0.2.7"),
        ("192.0.2.7\n192.0.2.8\t,192.0.2.7/32", "192.0.2.7, 192.0.2.8"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("2001:DB8:0::1/64", "2001:db8::/64"),
        ("::ffff:192.0.2.7, ::ffff:10.0.0.0/104", "192.0.2.7, 10.0.0.0/8"),
        ("0.0.0.0/0, ::/0", "0.0.0.0/0, ::/0"),
    ] {
        assert_eq!(networks(written).to_string(), shown, "{written:?}");
    }
}

#[test]
fn what_is_no_network_is_named() {
    for wrong in
        ["10.0.0.0/33", "10.0.0", "2001:db8::/129", "example.com", "10.0.0.0/", "/8", "10.0.0.0/-1", "fe80::1%1"]
    {
        let refused = format!("192.0.2.7, {wrong}").parse::<Networks>();
        assert_eq!(refused, Err(NetworksError::Entry(wrong.to_owned())));
    }
    let many: Vec<String> = (0..65).map(|i| format!("10.0.{i}.0/24")).collect();
    assert_eq!(many.join(",").parse::<Networks>(), Err(NetworksError::TooMany { max: 64 }));
    assert_eq!(networks(&many[..64].join(",")).len(), 64);
}

#[test]
fn an_address_is_in_its_network_however_it_is_written() {
    let list = networks("10.0.0.0/8, 2001:db8::/32, 192.0.2.7");
    for inside in ["10.255.0.1", "2001:db8:ffff::1", "192.0.2.7", "::ffff:192.0.2.7", "::ffff:10.0.0.1"] {
        assert!(list.contains(ip(inside)) && list.allow(Some(ip(inside))), "{inside}");
    }
    for outside in ["11.0.0.1", "2001:db9::1", "192.0.2.8", "::ffff:192.0.2.8", "::1"] {
        assert!(!list.contains(ip(outside)) && !list.allow(Some(ip(outside))), "{outside}");
    }
    assert!(!list.allow(None), "an unknown address is in no network");
    assert!(Networks::NONE.allow(None) && Networks::NONE.allow(Some(ip("::1"))), "no network binds a key to none");
    assert!(!Networks::NONE.contains(ip("::1")), "but none holds an address");
}

fn client_address(peer: IpAddr, headers: &[&str], trusted: &Networks) -> IpAddr {
    accounts::client_address(peer, headers.iter().map(|header| header.as_bytes()), trusted)
}

#[test]
fn a_header_is_believed_as_far_as_trusted_proxies_wrote_it() {
    let trusted = networks("10.0.0.0/8, 2001:db8::/32");
    let client = |peer: &str, headers: &[&str]| client_address(ip(peer), headers, &trusted).to_string();
    assert_eq!(client("198.51.100.1", &["203.0.113.9"]), "198.51.100.1", "a stranger's header is not read");
    assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    assert_eq!(client("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    assert_eq!(client("10.0.0.1", &["192.0.2.1, 203.0.113.9"]), "203.0.113.9", "left of it is made up");
    assert_eq!(client("10.0.0.1", &["192.0.2.1, 203.0.113.9, 10.2.3.4"]), "203.0.113.9", "two proxies");
    assert_eq!(client("10.0.0.1", &["192.0.2.1", "203.0.113.9", "10.2.3.4"]), "203.0.113.9", "in three headers");
    assert_eq!(client("10.0.0.1", &["10.9.9.9, 10.2.3.4"]), "10.9.9.9", "none but proxies: the farthest");
    assert_eq!(client("10.0.0.1", &["203.0.113.9, unknown, 10.2.3.4"]), "10.2.3.4", "the last sane hop");
    assert_eq!(client("10.0.0.1", &["203.0.113.9,"]), "10.0.0.1");
    let not_text: [&[u8]; 2] = [b"203.0.113.9", b"\xff, 192.0.2.1"];
    assert_eq!(
        accounts::client_address(ip("10.0.0.1"), not_text.into_iter(), &trusted),
        ip("192.0.2.1"),
        "beside bytes"
    );
    assert_eq!(client("::ffff:10.0.0.1", &["::ffff:203.0.113.9"]), "203.0.113.9");
    assert_eq!(client("2001:db8::1", &["[2001:db9::7]:4711"]), "2001:db9::7");
    assert_eq!(client_address(ip("10.0.0.1"), &["203.0.113.9"], &Networks::NONE), ip("10.0.0.1"));
}

fn plain_address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
        any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
    ]
}

fn address() -> impl Strategy<Value = IpAddr> {
    let in_disguise = any::<u32>().prop_map(|bits| IpAddr::V6(Ipv4Addr::from_bits(bits).to_ipv6_mapped()));
    prop_oneof![2 => plain_address(), 1 => in_disguise]
}

fn network(address: impl Strategy<Value = IpAddr>) -> impl Strategy<Value = (IpAddr, u8)> {
    address.prop_flat_map(|address| (Just(address), 0..=if address.is_ipv4() { 32_u8 } else { 128 }))
}

proptest! {
    #[test]
    fn every_list_comes_back_from_its_text(list in prop::collection::vec(network(address()), 0..8)) {
        let text: Vec<String> = list.iter().map(|(address, prefix)| format!("{address}/{prefix}")).collect();
        let parsed = networks(&text.join(" "));
        prop_assert_eq!(networks(&parsed.to_string()), parsed);
    }

    /// Against the definition: the first bits agree.
    #[test]
    fn a_network_holds_what_begins_like_it(
        (address, prefix) in network(plain_address()),
        other in address(),
        flip in 0_u32..128,
    ) {
        let list = networks(&format!("{address}/{prefix}"));
        prop_assert!(list.contains(address));
        let begins_alike = match (address, other.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => prefix == 0 || (a.to_bits() ^ b.to_bits()) >> (32 - prefix) == 0,
            (IpAddr::V6(a), IpAddr::V6(b)) => prefix == 0 || (a.to_bits() ^ b.to_bits()) >> (128 - prefix) == 0,
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        };
        prop_assert_eq!(list.contains(other), begins_alike);
        if let IpAddr::V6(v6) = address {
            let flipped = Ipv6Addr::from_bits(v6.to_bits() ^ (1 << (127 - flip)));
            prop_assume!(flipped.to_ipv4_mapped().is_none());
            prop_assert_eq!(list.contains(flipped.into()), flip >= u32::from(prefix));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,80}", digits in "[0-9a-f:./, ]{0,60}") {
        let _ = (text.parse::<Networks>(), digits.parse::<Networks>());
        let _ = client_address(ip("10.0.0.1"), &[&text, &digits], &networks("10.0.0.0/8"));
    }

    /// Whatever a client writes into the header, behind one trusted proxy it is the address that the proxy saw.
    #[test]
    fn nobody_forges_an_address(forged in "[0-9a-f:., ]{0,60}", real in address()) {
        let trusted = networks("10.0.0.0/8");
        prop_assume!(!trusted.contains(real));
        let header = format!("{forged}, {real}");
        prop_assert_eq!(client_address(ip("10.0.0.1"), &[&header], &trusted), real.to_canonical());
        prop_assert_eq!(client_address(real, &[&forged], &trusted), real.to_canonical());
    }
}
