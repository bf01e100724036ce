//! What deputies and those they act for are told: when it is handed over, when it begins and when it is ended.

use super::one;
use crate::{
    Db, Result, Tx, args,
    message::{Letter, Of, post},
};
use domain::{Deputy, DeputyId, Now, PersonId, message::Message, message::deputy as words};
use uuid::Uuid;

fn letter(deputy: &Deputy, person: PersonId, message: Message) -> Letter {
    Letter { person, organisation: deputy.organisation, message, about: Of::Anything }
}

/// The colleague is told at once; where it begins today, both are told that it has.
pub(super) async fn appointed(tx: &mut Tx, deputy: &Deputy, now: &Now) -> Result<()> {
    if deputy.first <= now.today {
        return begun(tx, deputy, now).await;
    }
    let letters = vec![letter(deputy, deputy.person, words::appointed(deputy))];
    post(tx, letters, now).await.map(drop)
}

/// Both are told that it was ended.
pub(super) async fn ended(tx: &mut Tx, deputy: &Deputy, now: &Now) -> Result<()> {
    let letters = vec![
        letter(deputy, deputy.person, words::ended(deputy)),
        letter(deputy, deputy.principal, words::ended_for(deputy)),
    ];
    post(tx, letters, now).await.map(drop)
}

async fn begun(tx: &mut Tx, deputy: &Deputy, now: &Now) -> Result<()> {
    tx.execute("UPDATE deputy SET begun_at = $2 WHERE id = $1", args![deputy.id, now.instant])
        .await?;
    let letters = vec![
        letter(deputy, deputy.person, words::begun(deputy)),
        letter(deputy, deputy.principal, words::begun_for(deputy)),
    ];
    post(tx, letters, now).await.map(drop)
}

/// Tells the people of everything that begins today or began while nobody looked; gives how many begin. What does not count
/// any more, because a role was lost or an account disabled, is told to nobody.
pub async fn begin(db: &Db, now: &Now) -> Result<u64> {
    #[derive(sqlx::FromRow)]
    struct Due {
        id: Uuid,
    }
    let due = "SELECT id FROM deputy WHERE ended_at IS NULL AND begun_at IS NULL AND first_on <= $1 AND last_on >= $1";
    let found: Vec<Due> = db.read().await?.all(due, args![now.today]).await?;
    if found.is_empty() {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    // Of many processes that look at once, one tells: the others wait here, and then find nothing.
    tx.execute(
        "UPDATE deputy SET version = version WHERE ended_at IS NULL AND begun_at IS NULL AND first_on <= $1",
        args![now.today],
    )
    .await?;
    let due: Vec<Due> = tx.all(due, args![now.today]).await?;
    let mut count = 0;
    for Due { id } in due {
        let one = one(&mut tx, DeputyId(id)).await?;
        if !one.counts.is_empty() {
            begun(&mut tx, &one.deputy, now).await?;
            count += 1;
        }
    }
    tx.commit().await?;
    Ok(count)
}
