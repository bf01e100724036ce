//! Writing: who reads the news of which offers, one message for each person, in the transaction of the act.

use super::sight::{Of, Sights, heard};
use crate::{Result, Tx, args, deputy::held_today, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Actor, ContractId, Event, Now, OfferId, OrganisationId, Permission, PersonId, Role,
    message::{About, Between, Message, News},
};
use std::collections::HashSet;
use uuid::Uuid;

/// Which offers the news is about.
pub(crate) enum Offers<'a> {
    /// One.
    One(OfferId),
    /// All of a contract.
    All(ContractId),
    /// Some of a contract.
    Some(ContractId, &'a HashSet<OfferId>),
}

/// Somebody who hears of an offer.
#[derive(sqlx::FromRow)]
pub(crate) struct Reader {
    person_id: Uuid,
    organisation_id: Uuid,
    offer_id: Uuid,
    service_id: Uuid,
    pub(crate) provider_id: Uuid,
    provider: String,
    commissioner: String,
    service: String,
    pub(crate) respond_by: NaiveDate,
    pub(crate) reminded_at: Option<DateTime<Utc>>,
    in_force_until: Option<NaiveDate>,
    words: Option<String>,
}

/// Roles as the questions below look for them: `|Service Management|`.
pub(crate) fn roles(permission: Permission) -> String {
    let named = |role: &Role| {
        domain::OrganisationKind::ALL.iter().any(|kind| permission.is_given(*role, *kind))
    };
    let names: Vec<&str> =
        Role::ALL.iter().filter(|role| named(role)).map(|role| role.name()).collect();
    format!("|{}|", names.join("|"))
}

/// A question for the readers of offers; `$1` are the roles, `$2` whether they are the commissioner's people.
macro_rules! readers {
    ($which:literal) => {
        concat!(
            "SELECT r.person_id, r.organisation_id, o.id AS offer_id, o.service_id, o.provider_id, p.name AS provider,
                 m.name AS commissioner, s.name AS service, o.respond_by, o.reminded_at, o.in_force_until,
                 o.state_text AS words
             FROM offer o JOIN service s ON s.id = o.service_id JOIN organisation p ON p.id = o.provider_id
             JOIN organisation m ON m.id = o.commissioner_id
             JOIN role_held r ON r.organisation_id = CASE WHEN $2 THEN o.commissioner_id ELSE o.provider_id END
                 AND $1 LIKE '%|' || r.role || '|%'
             JOIN person q ON q.id = r.person_id AND NOT q.is_disabled
             WHERE ",
            $which,
            " ORDER BY o.provider_code, r.person_id, s.name, o.id"
        )
    };
}

/// Who hears of offers on one side, by provider and person.
pub(crate) async fn readers(
    tx: &mut Tx,
    offers: &Offers<'_>,
    is_commissioner: bool,
) -> Result<Vec<Reader>> {
    let permission =
        if is_commissioner { Permission::Commission } else { Permission::AnswerOffers };
    let roles = roles(permission);
    let found: Vec<Reader> = match offers {
        Offers::One(offer) => {
            tx.all(readers!("o.id = $3"), args![roles, is_commissioner, *offer]).await?
        }
        Offers::All(contract) => {
            tx.all(readers!("o.contract_id = $3"), args![roles, is_commissioner, *contract]).await?
        }
        Offers::Some(contract, some) => {
            let mut found: Vec<Reader> = tx
                .all(readers!("o.contract_id = $3"), args![roles, is_commissioner, *contract])
                .await?;
            found.retain(|reader| some.contains(&reader.offer_id.into()));
            found
        }
    };
    let sights = Sights::of_all(tx).await?;
    let mut readers = Vec::with_capacity(found.len());
    for reader in found {
        let (person, organisation) = (reader.person_id.into(), reader.organisation_id.into());
        let about = Of::Records(vec![(reader.provider_id.into(), reader.service_id.into())]);
        if sights.hears(tx, (person, organisation), &about).await? {
            readers.push(reader);
        }
    }
    Ok(readers)
}

/// A message with the person it is for.
pub(crate) struct Letter {
    pub(crate) person: PersonId,
    pub(crate) organisation: OrganisationId,
    pub(crate) message: Message,
    pub(crate) about: Of,
}

/// Whose act a message tells.
#[derive(Clone, Copy)]
pub(crate) enum Whose<'a> {
    Provider,
    Commissioner,
    /// Of an organisation with this name, in the provider's place.
    Delegate(&'a str),
}

impl Whose<'_> {
    /// One of the two sides of an offer.
    fn side(by_provider: bool) -> Self {
        if by_provider { Self::Provider } else { Self::Commissioner }
    }
}

/// One letter for each person, about all offers of one provider.
pub(crate) fn letters(news: News, readers: &[Reader], whose: Whose<'_>) -> Vec<Letter> {
    let same = |one: &Reader, other: &Reader| {
        (one.person_id, one.provider_id) == (other.person_id, other.provider_id)
    };
    readers
        .chunk_by(same)
        .map(|of_person| {
            let first = &of_person[0];
            let mut about: Vec<About> = of_person.iter().map(Reader::about).collect();
            // Whoever holds two roles that answer offers still reads of each once.
            about.dedup_by_key(|one| one.offer);
            let from = match whose {
                Whose::Provider => &first.provider,
                Whose::Commissioner => &first.commissioner,
                Whose::Delegate(name) => name,
            };
            Letter {
                person: first.person_id.into(),
                organisation: first.organisation_id.into(),
                message: news.message(Between { from, provider: &first.provider }, &about),
                // Whoever does not see an offer is not among its readers.
                about: Of::Anything,
            }
        })
        .collect()
}

impl Reader {
    /// Where it stands among the readers of several questions: by provider and person.
    pub(super) fn place(&self) -> (Uuid, Uuid, &str, Uuid) {
        (self.provider_id, self.person_id, &self.service, self.offer_id)
    }

    fn about(&self) -> About {
        About {
            offer: self.offer_id.into(),
            service: self.service.clone(),
            respond_by: self.respond_by,
            in_force_until: self.in_force_until,
            words: self.words.clone().unwrap_or_default(),
        }
    }
}

/// Tells the other side of an act what happened; gives how many people that are.
pub(crate) async fn tell(
    tx: &mut Tx,
    news: News,
    offers: &Offers<'_>,
    by: &Actor,
    now: &Now,
) -> Result<usize> {
    let by_provider = by.organisation().is_some_and(|own| own.kind.provides());
    let readers = readers(tx, offers, by_provider).await?;
    post(tx, letters(news, &readers, Whose::side(by_provider)), now).await
}

/// The same of something that has a response date of its own.
pub(crate) async fn tell_by(
    tx: &mut Tx,
    news: News,
    offers: &Offers<'_>,
    respond_by: NaiveDate,
    by: &Actor,
    now: &Now,
) -> Result<usize> {
    let by_provider = by.organisation().is_some_and(|own| own.kind.provides());
    let mut readers = readers(tx, offers, by_provider).await?;
    readers.iter_mut().for_each(|reader| reader.respond_by = respond_by);
    post(tx, letters(news, &readers, Whose::side(by_provider)), now).await
}

/// Writes to everybody at an organisation who may do something.
pub(crate) async fn tell_holders(
    tx: &mut Tx,
    permission: Permission,
    organisation: OrganisationId,
    (message, about): (&Message, Of),
    now: &Now,
) -> Result<()> {
    #[derive(sqlx::FromRow)]
    struct Person {
        person_id: Uuid,
    }
    let people: Vec<Person> = tx
        .all(
            concat!(
                "SELECT DISTINCT r.person_id FROM ",
                held_today!("$3"),
                " r JOIN person q ON q.id = r.person_id AND NOT q.is_disabled
                 WHERE r.organisation_id = $2 AND $1 LIKE '%|' || r.role || '|%' ORDER BY r.person_id"
            ),
            args![roles(permission), organisation, now.today],
        )
        .await?;
    let letter = |one: Person| Letter {
        person: one.person_id.into(),
        organisation,
        message: message.clone(),
        about: about.clone(),
    };
    post(tx, people.into_iter().map(letter).collect(), now).await.map(drop)
}

/// Puts letters into the outbox; gives how many there are.
pub(crate) async fn post(tx: &mut Tx, letters: Vec<Letter>, now: &Now) -> Result<usize> {
    let letters = heard(tx, letters).await?;
    let count = letters.len();
    let rows = letters
        .into_iter()
        .map(|Letter { person, organisation, message, about: _ }| {
            let id: domain::MessageId = new_id(now);
            args![
                id,
                person,
                organisation,
                message.subject,
                message.body,
                message.link,
                now.instant,
                "to send",
                now.instant,
                0i64,
                ""
            ]
        })
        .collect();
    tx.insert(
        "INSERT INTO message (id, person_id, organisation_id, subject, body, link, made_at, delivery, due_at, attempts, fault)",
        rows,
    )
    .await?;
    Ok(count)
}

/// The news that the other side has of a fact, if any.
pub(crate) fn news_of(event: &Event) -> Option<News> {
    Some(match event {
        Event::OfferReissued { .. } => News::Reissued,
        Event::OfferReminded { .. } => News::Reminder,
        Event::OfferExtended { .. } => News::MoreTime,
        Event::OfferWithdrawn { .. } => News::Withdrawn,
        Event::OfferTurnedDown { .. } => News::TurnedDown,
        Event::OfferRequested { .. } => News::Requested,
        Event::NoticeGiven { .. } => News::NoticeGiven,
        Event::NoticeTakenBack { .. } => News::NoticeTakenBack,
        Event::ContractTerminated { .. } => News::Terminated,
        _ => return None,
    })
}
