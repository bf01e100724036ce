//! Where a request comes from: the peer of its connection, or whom a trusted proxy names.

use crate::Web;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, header};
use domain::access::Client;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The peer of a connection, which whoever accepts connections puts beside each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Longer than any browser says.
const LONGEST_BROWSER: usize = 300;

/// The other end of the request, as an argument of a handler: `From(client): From`.
#[derive(Clone, Debug)]
pub struct From(pub Client);

impl FromRequestParts<Arc<Web>> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Infallible> {
        let address = address(web, &parts.headers, &parts.extensions);
        let said = parts.headers.get(header::USER_AGENT).and_then(|said| said.to_str().ok());
        let browser = said.unwrap_or_default().chars().take(LONGEST_BROWSER).collect();
        Ok(Self(Client { address, browser }))
    }
}

/// The address of who asks; none where only that of a proxy in between is known.
pub(crate) fn address(web: &Web, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<Peer>().map(|peer| peer.0);
    match &web.settings.client_header {
        Some(name) => named(headers, name).or(peer),
        // Behind a proxy the peer is the proxy, and everybody would count as one.
        None if web.is_https => None,
        None => peer,
    }
}

/// The last address in a header: the nearest proxy adds it. What stands before it anybody can make up.
fn named(headers: &HeaderMap, name: &HeaderName) -> Option<IpAddr> {
    let last = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    let with_port = || last.parse::<SocketAddr>().map(|address| address.ip());
    last.trim_matches(['[', ']']).parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_nearest_proxy_adds_counts_and_nothing_else() {
        let name = HeaderName::from_static("x-forwarded-for");
        for (values, address) in [
            (vec!["203.0.113.7"], Some("203.0.113.7")),
            (vec!["198.51.100.1, 203.0.113.7"], Some("203.0.113.7")),
            (vec!["198.51.100.1", "203.0.113.7"], Some("203.0.113.7")),
            (vec!["203.0.113.7:4711"], Some("203.0.113.7")),
            (vec!["[2001:db8::1]:4711"], Some("2001:db8::1")),
            (vec!["2001:db8::1"], Some("2001:db8::1")),
            (vec!["203.0.113.7, unknown"], None),
            (vec![], None),
        ] {
            let values = values.iter().map(|value| (name.clone(), value.parse().expect("text")));
            let mut headers = HeaderMap::new();
            values.for_each(|(name, value)| _ = headers.append(name, value));
            let expected = address.map(|text| text.parse().expect("an address"));
            assert_eq!(named(&headers, &name), expected, "{headers:?}");
        }
    }
}
