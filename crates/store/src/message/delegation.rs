//! Messages to a provider about what another organisation answers for it.

use super::write::{Offers, Whose, letters, post, readers};
use crate::{Result, Tx};
use domain::{Actor, Now, OfferId, message::News};

/// Tells each provider which of its offers the actor has answered in its place: one message for each person there, however
/// many offers that are.
pub(crate) async fn tell_members(
    tx: &mut Tx,
    news: News,
    answered: &[OfferId],
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let mut all = Vec::new();
    for offer in answered {
        all.extend(readers(tx, &Offers::One(*offer), false).await?);
    }
    all.sort_by(|one, other| one.place().cmp(&other.place()));
    let from = by.organisation().map_or("", |own| own.name.as_str());
    post(tx, letters(news, &all, Whose::Delegate(from)), now).await.map(drop)
}
