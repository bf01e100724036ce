//! Where a request comes from, as far as it is known.

use std::net::IpAddr;

/// The other end of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Its address; none where only that of a proxy in between is known.
    pub address: Option<IpAddr>,
    /// What the browser says of itself.
    pub browser: String,
}

impl Client {
    /// The name under which tries from there are counted. Of IPv6 it is the network: whoever has one address of it has all.
    pub fn network(&self) -> Option<String> {
        Some(match self.address?.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_of_one_network_count_as_one() {
        for (address, network) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ] {
            let client = Client { address: address.parse().ok(), browser: String::new() };
            assert_eq!(client.network().as_deref(), Some(network), "{address}");
        }
        assert_eq!(Client::default().network(), None);
    }
}
