//! Steps that the configuration takes by itself and that a hold has made wait: they are taken once no hold covers them.

use super::{automatic, check::check, hold as take, out_of_force};
use crate::{Db, Result, Tx, args, hold::covered};
use domain::{DeclarationId, Now};
use uuid::Uuid;

/// How many declarations one transaction takes, so that nobody waits long for the writer.
const AT_ONCE: i64 = 200;

/// Takes the steps that waited. It is a sweep's work rather than that of whoever lifts a hold, because a provider that is
/// taken out of a cluster is free as well, and so is what was calculated at the moment of the lifting.
pub(crate) async fn go_on(db: &Db, now: &Now) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let free = free(&mut db.read().await?, after).await?;
        let Some(last) = free.last() else { return Ok(()) };
        after = last.0;
        let mut tx = db.write().await?;
        for id in free {
            let declaration = take(&mut tx, id).await?;
            if out_of_force(&mut tx, &declaration).await?.is_none() {
                let moved = automatic(&mut tx, declaration, now).await?;
                check(&mut tx, &[moved]).await?;
            }
        }
        tx.commit().await?;
    }
}

/// Declarations whose next step is the configuration's, and that no open hold covers.
async fn free(tx: &mut Tx, after: Uuid) -> Result<Vec<DeclarationId>> {
    #[derive(sqlx::FromRow)]
    struct Free {
        id: Uuid,
    }
    let rows: Vec<Free> = tx
        .all(
            concat!(
                "SELECT d.id FROM declaration d
                 WHERE ((state = 'awaiting_provider' AND NOT declaration_required)
                     OR (state = 'awaiting_commissioner' AND NOT approval_required))
                   AND d.id > $1 AND NOT ",
                covered!("d", "declaring"),
                " ORDER BY d.id LIMIT CAST($2 AS BIGINT)"
            ),
            args![after, AT_ONCE],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.id.into()).collect())
}
