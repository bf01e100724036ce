//! Who hears of a correction or a recovery: the people who declare at the provider, or those who approve for the commissioner.

use crate::{
    Result, Tx, args,
    deputy::held_today,
    message::{Letter, Of, post, roles},
};
use chrono::NaiveDate;
use domain::{
    Actor, CorrectionId, Now, Permission,
    calendar::with_period,
    message::{Message, correction::About},
    question::Party,
};
use uuid::Uuid;

/// Words of a message.
pub(crate) type Words = fn(&About) -> Message;

/// Writes to the people of one side, one message for each person.
pub(crate) async fn tell(
    tx: &mut Tx,
    correction: CorrectionId,
    to: Party,
    words: Words,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    #[derive(sqlx::FromRow)]
    struct What {
        reference: String,
        corrects: String,
        direction: String,
        service: String,
        service_id: Uuid,
        provider_id: Uuid,
        commissioner_id: Uuid,
        period_start: NaiveDate,
        achievement_date: NaiveDate,
    }
    let what: What = tx
        .one(
            "SELECT c.reference, d.reference AS corrects, c.direction, s.name AS service, d.service_id, d.provider_id,
                 d.commissioner_id, d.period_start, d.achievement_date
             FROM correction c JOIN declaration d ON d.id = c.declaration_id JOIN service s ON s.id = d.service_id
             WHERE c.id = $1",
            args![correction],
        )
        .await?;
    // Finance asks for recoveries and decides about them, as those who approve do.
    let (organisation, own) = match to {
        Party::Provider => (what.provider_id, roles(Permission::Declare)),
        Party::Commissioner => {
            let both = [Permission::Approve, Permission::ApproveFinance].map(roles);
            (what.commissioner_id, both.concat())
        }
    };
    let readers = readers(tx, own, organisation, now).await?;
    let period = domain::Period { start: what.period_start, end: what.achievement_date };
    let message = words(&About {
        from: by.organisation().map_or_else(|| "Accord".to_owned(), |own| own.name.clone()),
        what: with_period(&what.service, &period.to_string()),
        is_reversing: what.direction == "reversing",
        corrects: what.corrects,
        reference: what.reference,
    });
    let about = (what.provider_id.into(), what.service_id.into());
    let letter = |reader: Reader| Letter {
        person: reader.person_id.into(),
        organisation: organisation.into(),
        message: message.clone(),
        about: Of::Records(vec![about]),
    };
    post(tx, readers.into_iter().map(letter).collect(), now).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Reader {
    person_id: Uuid,
}

/// Who holds one of the roles at an organisation today, also for a colleague.
async fn readers(tx: &mut Tx, roles: String, organisation: Uuid, now: &Now) -> Result<Vec<Reader>> {
    tx.all(
        concat!(
            "SELECT DISTINCT r.person_id FROM ",
            held_today!("$3"),
            " r JOIN person q ON q.id = r.person_id AND NOT q.is_disabled
             WHERE r.organisation_id = $2 AND $1 LIKE '%|' || r.role || '|%' ORDER BY r.person_id"
        ),
        args![roles, organisation, now.today],
    )
    .await
}
