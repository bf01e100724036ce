//! Who hears what became of a declaration: the people who declare at its provider.

use crate::{
    Result, Tx, args,
    deputy::held_today,
    message::{Letter, Of, post, roles},
};
use domain::{Actor, Now, OrganisationId, Permission, ServiceId, message::Message};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Tells the people who declare at each provider of the commissioner, one message for each person, with the services it is about; gives how many.
pub(super) async fn tell(
    tx: &mut Tx,
    messages: BTreeMap<OrganisationId, (Message, Vec<ServiceId>)>,
    by: &Actor,
    now: &Now,
) -> Result<usize> {
    #[derive(sqlx::FromRow)]
    struct Reader {
        person_id: Uuid,
        organisation_id: Uuid,
    }
    let Some(commissioner) = by.organisation().filter(|_| !messages.is_empty()) else {
        return Ok(0);
    };
    let readers: Vec<Reader> = tx
        .all(
            concat!(
                "SELECT DISTINCT r.person_id, r.organisation_id FROM ",
                held_today!("$3"),
                " r
             JOIN person q ON q.id = r.person_id AND NOT q.is_disabled
             WHERE $1 LIKE '%|' || r.role || '|%'
               AND r.organisation_id IN (SELECT d.provider_id FROM declaration d WHERE d.commissioner_id = $2)
             ORDER BY r.organisation_id, r.person_id"
            ),
            args![roles(Permission::Declare), commissioner.id, now.today],
        )
        .await?;
    let letter = |Reader { person_id, organisation_id }: Reader| {
        let organisation = organisation_id.into();
        let (message, services) = messages.get(&organisation)?.clone();
        let about = Of::Records(services.into_iter().map(|one| (organisation, one)).collect());
        Some(Letter { person: person_id.into(), organisation, message, about })
    };
    post(tx, readers.into_iter().filter_map(letter).collect(), now).await
}
