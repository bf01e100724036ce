//! Sending: a second person of finance marks a file as sent, and each of its payments with it.

use super::{FileRow, content_of, hold, lines_of};
use crate::{Db, Failed, StoreError, args, event};
use domain::{
    Actor, Now, Permission,
    payment::{CannotSend, Sending},
};

/// Marks exactly the file that was checked as sent to the payer.
pub async fn send(
    db: &Db,
    reference: &str,
    sending: &Sending,
    by: &Actor,
    now: &Now,
) -> Result<(), Failed<CannotSend>> {
    by.must(Permission::MakePayments).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::MakePayments);
    let mut tx = db.write().await?;
    let row: FileRow = hold(&mut tx, reference, by).await?;
    let file = row.frozen();
    // What goes to the payer is what was frozen.
    content_of(&mut tx, &row).await?;
    let sent = file.send(sending, by, now).map_err(Failed::Refused)?;
    let lines = lines_of(&mut tx, file.id).await?;
    let mut events = vec![sent];
    for line in &lines {
        let change = line.payment.send(sending.on, by).map_err(Failed::Refused)?;
        events.push(change.event);
    }
    tx.change(
        "UPDATE payment_file SET sent_by = $2, sent_by_name = $3, sent_at = $4, sent_on = $5, expected_on = $6
         WHERE id = $1 AND sent_on IS NULL",
        args![file.id, by.person(), by.name(), now.instant, sending.on, sending.expected_on],
    )
    .await?;
    let moved = tx
        .execute(
            "UPDATE payment_line SET state = 'sent' WHERE payment_file_id = $1 AND state = 'in_file'",
            args![file.id],
        )
        .await?;
    if moved != lines.len() as u64 {
        return Err(StoreError::Stale.into());
    }
    event::record_all(&mut tx, &events, by, now)?;
    tx.commit().await?;
    Ok(())
}
