//! What an organisation reads when a provider lets it answer its offers, and when that ends.

use super::Message;
use crate::{Delegation, calendar::long_date};

/// Where a provider sees and changes who answers for it.
pub const PAGE: &str = "/delegations";

/// What a provider reads under the news of an answer that was given in its place.
pub(super) const ADVICE: &str = "You can see who can answer for you, and end it, from Services.";

/// The provider lets the organisation answer until a day; `is_changed` where only the day is new.
pub fn given(delegation: &Delegation, is_changed: bool) -> Message {
    let Delegation { provider_name: provider, delegate_name: delegate, .. } = delegation;
    let until = long_date(delegation.until);
    let subject = match is_changed {
        true => format!("You can now answer for {provider} until {until}"),
        false => format!("You can answer offers for {provider} until {until}"),
    };
    let body = format!(
        "{provider} lets {delegate} answer its service offers until {until}.\n\n\
         You find its offers beside your own on the page Services."
    );
    Message { subject, body, link: PAGE.to_owned() }
}

/// The provider ended it.
pub fn ended(delegation: &Delegation) -> Message {
    let Delegation { provider_name: provider, delegate_name: delegate, .. } = delegation;
    Message {
        subject: format!("You can no longer answer for {provider}"),
        body: format!(
            "{provider} ended that {delegate} can answer its service offers.\n\n\
             What was answered before stays as it is."
        ),
        link: PAGE.to_owned(),
    }
}
