//! Who hears of a hold: the people who declare, at each provider that it covers and that takes part in the service.

use crate::{
    Result, Tx, args,
    deputy::held_today,
    message::{Letter, Of, post, roles},
};
use domain::{Now, Permission, hold::Hold, message::hold as words};
use uuid::Uuid;

/// Writes that a hold was placed or lifted, one message for each person, in the transaction of the act.
pub(super) async fn tell(tx: &mut Tx, hold: &Hold, now: &Now) -> Result<()> {
    #[derive(sqlx::FromRow)]
    struct Reader {
        person_id: Uuid,
        organisation_id: Uuid,
    }
    let readers: Vec<Reader> = tx
        .all(
            concat!(
                "SELECT DISTINCT r.person_id, r.organisation_id FROM ",
                held_today!("$5"),
                " r
             JOIN person q ON q.id = r.person_id AND NOT q.is_disabled
             WHERE $1 LIKE '%|' || r.role || '|%' AND r.organisation_id IN
                 (SELECT f.provider_id FROM offer f WHERE f.commissioner_id = $2 AND f.service_id = $3
                      AND f.in_force_until IS NOT NULL)
               AND (CAST($4 AS TEXT) IS NULL OR r.organisation_id IN
                 (SELECT m.provider_id FROM provider_cluster_member m JOIN hold h ON h.cluster_id = m.cluster_id
                  WHERE h.reference = $4))
             ORDER BY r.organisation_id, r.person_id"
            ),
            args![
                roles(Permission::Declare),
                hold.commissioner,
                hold.service,
                hold.cluster.as_ref().map(|_| &*hold.reference),
                now.today
            ],
        )
        .await?;
    let message = words::message(hold);
    let letter = |reader: Reader| Letter {
        person: reader.person_id.into(),
        organisation: reader.organisation_id.into(),
        message: message.clone(),
        about: Of::Records(vec![(reader.organisation_id.into(), hold.service)]),
    };
    post(tx, readers.into_iter().map(letter).collect(), now).await.map(drop)
}
