//! What is looked at in the database.

use super::Finding;
use crate::Database;
use domain::{Now, calendar::long_instant, money::thousands};
use store::{
    Db, StoreError,
    db::steps::{self, Standing},
    operation::Waiting,
};

/// Clocks that are further apart than this put deadlines on the wrong day for somebody.
const APART_AT_MOST: i64 = 60;

/// Looks at the database and at what waits in it.
pub async fn look(database: &Database, sends_mail: bool, now: &Now, found: &mut Vec<Finding>) {
    let db = match database.as_it_is().await {
        Ok(db) => db,
        Err(why) => {
            let mend = "Look whether --database is right and the server runs. A new database is made by accord migrate.";
            return found.push(Finding::wrong("Database", why, mend));
        }
    };
    found.push(Finding::well("Database", format!("{} answers.", db.engine())));
    let (is_current, standing) = tables(&db).await;
    found.push(standing);
    found.push(clocks(&db, is_current, now).await);
    if is_current {
        found.push(history(&db, now).await);
        found.extend(emails(&db, sends_mail, now).await);
    }
    db.close().await;
}

/// A look that the database did not answer.
fn silent(check: &'static str, error: &StoreError) -> Finding {
    let mend = "Look into the log of the database server, or whether the disk of the file is well.";
    Finding::wrong(check, error.to_string(), mend)
}

/// Whether the tables are this program's.
async fn tables(db: &Db) -> (bool, Finding) {
    const CHECK: &str = "Tables";
    let standing = match db.standing().await {
        Ok(standing) => standing,
        Err(error) => return (false, silent(CHECK, &error)),
    };
    let newest = steps::newest();
    match standing {
        Standing::Current => (
            true,
            Finding::well(CHECK, format!("They are at step {newest}, as this program needs them.")),
        ),
        Standing::New => {
            (false, Finding::wrong(CHECK, "There are none yet.", "Make them: accord migrate"))
        }
        Standing::Older(steps) => {
            let says = format!("{} steps are missing.", steps.len());
            let mend = "Make a backup (accord backup), then take them: accord migrate. accord serve takes them by itself.";
            (false, Finding::wrong(CHECK, says, mend))
        }
        Standing::Newer(version) => {
            let says = steps::newer("the database", version).to_string();
            (false, Finding::wrong(CHECK, says, "Start the program of that version."))
        }
    }
}

/// Whether this machine, the database and the history agree about the time.
async fn clocks(db: &Db, is_current: bool, now: &Now) -> Finding {
    const CHECK: &str = "Clock";
    let mend = "Let the machines set their clocks by the network (timedatectl set-ntp true).";
    let server = match db.clock().await {
        Ok(server) => server,
        Err(error) => return silent(CHECK, &error),
    };
    if let Some(server) = server {
        let apart = (server - now.instant).num_seconds();
        if apart.abs() > APART_AT_MOST {
            let says = format!(
                "The database's is {} seconds {} this machine's.",
                apart.abs(),
                if apart > 0 { "ahead of" } else { "behind" }
            );
            return Finding::wrong(CHECK, says, mend);
        }
    }
    let latest = async { store::event::latest(&mut db.read().await?).await };
    match if is_current { latest.await } else { Ok(None) } {
        Err(error) => silent(CHECK, &error),
        Ok(Some(latest)) if (latest - now.instant).num_seconds() > APART_AT_MOST => {
            let says = format!(
                "This machine says that it is {}, and the history has an entry of {}.",
                long_instant(now.instant),
                long_instant(latest)
            );
            Finding::wrong(CHECK, says, mend)
        }
        Ok(_) => Finding::well(CHECK, format!("It is {} in London.", long_instant(now.instant))),
    }
}

/// Whether the history is whole since it was last looked at, and whether that can be written down. What lies before is not
/// walked again here: a backup does, and `accord audit verify`.
async fn history(db: &Db, now: &Now) -> Finding {
    const CHECK: &str = "History";
    let verify = async { store::event::verify_on(&mut db.read().await?).await };
    match verify.await {
        Err(error) => silent(CHECK, &error),
        Ok(Err(entry)) => Finding::wrong(
            CHECK,
            format!("It is broken at entry {} or before.", thousands(entry.unsigned_abs())),
            "Somebody has changed the database behind the program. Keep it as it is and the last good backup, and see docs/operating.md.",
        ),
        Ok(Ok((from, last))) => match store::event::verified(db, last, now).await {
            Ok(()) => {
                let walked = walked(from, last);
                Finding::well(CHECK, format!("{walked}, and the database can be written to."))
            }
            Err(error) => Finding::wrong(
                CHECK,
                format!("{}, and the database cannot be written to: {error}", walked(from, last)),
                "Look at the disk, at the rights of the file and its folder, or whether this is a standby.",
            ),
        },
    }
}

/// What of the history was found whole.
fn walked(from: i64, last: i64) -> String {
    let (before, number) = (thousands(from.unsigned_abs()), thousands(last.unsigned_abs()));
    match from {
        0 => format!("It is whole up to entry {number}"),
        _ if from == last => format!(
            "It has no new entry since entry {before}, which is as it was (accord audit verify walks all)"
        ),
        _ => format!(
            "It is whole from entry {before} to entry {number} (accord audit verify walks all)"
        ),
    }
}

/// What waits to be sent, and what was given up.
async fn emails(db: &Db, sends_mail: bool, now: &Now) -> Vec<Finding> {
    const CHECK: &str = "Emails";
    let waiting = async { store::operation::waiting(&mut db.read().await?, now).await };
    let Waiting { stuck, given_up, since, .. } = match waiting.await {
        Ok(waiting) => waiting,
        Err(error) => return vec![silent(CHECK, &error)],
    };
    if !sends_mail {
        let says = "None are sent: messages are read on the pages only.";
        return vec![Finding::note(CHECK, says, "Set --mail, --mail-from and --address.")];
    }
    let mut found = Vec::new();
    if stuck > 0 {
        let since = since.map(long_instant).unwrap_or_default();
        found.push(Finding::wrong(
            CHECK,
            format!("{stuck} have been due for more than half an hour, the oldest since {since}."),
            "accord serve sends them, or accord work: look whether either runs with the settings of mail.",
        ));
    }
    if given_up > 0 {
        found.push(Finding::wrong(
            CHECK,
            format!("{given_up} were given up in the last days."),
            "See why, mend it, and send them again: accord outbox, accord outbox retry.",
        ));
    }
    if found.is_empty() {
        found.push(Finding::well(CHECK, "None is late, and none was given up."));
    }
    found
}
