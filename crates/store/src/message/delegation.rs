//! Messages between a provider and the organisation that answers its offers.

use super::write::{Letter, Offers, Whose, letters, post, readers, roles};
use crate::{Result, Tx, args};
use domain::{
    Actor, Now, OfferId, OrganisationId, Permission,
    message::{Message, News},
};
use uuid::Uuid;

/// Writes to whoever answers offers at an organisation that a provider has let, or no longer lets, answer.
pub(crate) async fn tell_delegate(
    tx: &mut Tx,
    delegate: OrganisationId,
    message: &Message,
    now: &Now,
) -> Result<()> {
    #[derive(sqlx::FromRow)]
    struct Person {
        person_id: Uuid,
    }
    let people: Vec<Person> = tx
        .all(
            "SELECT DISTINCT r.person_id FROM role_held r JOIN person q ON q.id = r.person_id AND NOT q.is_disabled
             WHERE r.organisation_id = $2 AND $1 LIKE '%|' || r.role || '|%' ORDER BY r.person_id",
            args![roles(Permission::AnswerOffers), delegate],
        )
        .await?;
    let letter = |one: Person| Letter {
        person: one.person_id.into(),
        organisation: delegate,
        message: message.clone(),
    };
    post(tx, people.into_iter().map(letter).collect(), now).await.map(drop)
}

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
