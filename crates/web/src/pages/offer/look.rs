//! That a provider has opened an offer: recorded beside the answer, not in it (decision 0023), and said to its commissioner.

use crate::Web;
use crate::session::Visitor;
use axum::http::{HeaderMap, Method};
use domain::calendar::long_date;
use domain::offer::OfferState;
use domain::{Now, OfferId};
use store::offer::Listed;

/// Whether the page goes to somebody who asked to see it: not to a browser that fetches it in advance or asks for its head.
pub(super) fn is_a_person(method: &Method, headers: &HeaderMap) -> bool {
    let is_early = |name: &str| {
        headers.get_all(name).iter().any(|value| {
            value.to_str().is_ok_and(|value| value.to_lowercase().contains("prefetch"))
        })
    };
    *method == Method::GET && !["sec-purpose", "purpose", "x-moz"].into_iter().any(is_early)
}

/// Records it while the page is on its way. What goes wrong is for the log, and the next look is the first one then.
pub(super) fn record(web: &Web, visitor: &Visitor, id: OfferId) {
    let (db, by, now) = (web.db.clone(), visitor.actor.clone(), (web.clock)());
    tokio::spawn(async move {
        if let Err(fault) = store::offer::look(&db, id, &by, &now).await {
            tracing::error!(%fault, offer = %id, "that an offer was looked at could not be recorded");
        }
    });
}

/// "Looked at on 3 April 2026 by Sam Ahmed"; nothing of an offer that has been answered without being opened.
pub(crate) fn words(listed: &Listed) -> Option<String> {
    match &listed.looked {
        Some((name, at)) => {
            Some(format!("Looked at on {} by {name}", long_date(Now::at(*at).today)))
        }
        None => (listed.offer.state == OfferState::Pending).then(|| "Not looked at yet".into()),
    }
}

/// "12 of 75 have neither answered nor looked at their offer yet."
pub(crate) fn counted(not_looked_at: i64, of: i64) -> String {
    use crate::words::number;
    let (some, all) = (number(not_looked_at), number(of));
    match not_looked_at {
        0 => String::new(),
        1 => format!("1 of {all} has neither answered nor looked at its offer yet."),
        _ => format!("{some} of {all} have neither answered nor looked at their offer yet."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_somebody_who_asked_for_the_page_has_looked_at_it() {
        let with = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a value"));
            headers
        };
        assert!(is_a_person(&Method::GET, &HeaderMap::new()));
        assert!(is_a_person(&Method::GET, &with("sec-purpose", "navigate")));
        assert!(!is_a_person(&Method::HEAD, &HeaderMap::new()));
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "prefetch"),
            ("x-moz", "Prefetch"),
        ] {
            assert!(!is_a_person(&Method::GET, &with(name, value)), "{name}: {value}");
        }
    }
}
