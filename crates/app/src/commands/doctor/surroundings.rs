//! What is looked at around the database: the disk, the mail server, settings, files of secrets and backups.

use super::Finding;
use crate::{commands::backup::ENDING, mail::Mail, serve::Listen, settings::File};
use chrono::{DateTime, Utc};
use domain::{Now, calendar::long_instant};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use store::Db;

/// Less than this, and a busy day may fill the disk.
const FREE_AT_LEAST: u64 = 1 << 30;
/// One a day, and two hours for being late.
const BACKUP_HOURS: i64 = 26;

/// Whether emails are sent, and whether the mail server lets us in.
pub async fn mail(mail: &Mail) -> (bool, Finding) {
    const CHECK: &str = "Mail server";
    match mail.sender() {
        Ok(None) => (false, Finding::note(CHECK, "None is set.", "")),
        Err(why) => (
            true,
            Finding::wrong(CHECK, why, "Mend the settings of mail: accord config shows them."),
        ),
        Ok(Some(sender)) => match sender.try_out().await {
            Ok(()) => (true, Finding::well(CHECK, "It answers and lets us in.")),
            Err(why) => {
                let mend = "Look whether it runs, and whether name, port, user and password of --mail are right.";
                (true, Finding::wrong(CHECK, format!("It cannot be used: {why}"), mend))
            }
        },
    }
}

/// Whether the disk of the database has room.
pub fn disk(database: &str) -> Finding {
    const CHECK: &str = "Disk";
    if Db::is_address(database) {
        return Finding::note(
            CHECK,
            "The database is on a server: its disk is not seen from here.",
            "",
        );
    }
    let folder = Path::new(database).parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    match rustix::fs::statvfs(folder) {
        Err(error) => {
            Finding::wrong(CHECK, format!("{}: {error}", folder.display()), "Look at --database.")
        }
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let says = format!("{} MiB are free.", free >> 20);
            if free < FREE_AT_LEAST {
                let mend = "Make room: a full disk stops all work. 1,024 MiB is the least.";
                Finding::wrong(CHECK, says, mend)
            } else {
                Finding::well(CHECK, says)
            }
        }
    }
}

/// Whether the settings fit each other.
pub fn settings(listen: &Listen) -> Finding {
    const CHECK: &str = "Settings";
    let doubts = listen.doubts();
    if doubts.is_empty() {
        return Finding::well(CHECK, "They fit each other.");
    }
    let says: Vec<&str> = doubts.iter().map(|(says, _)| *says).collect();
    let mend: Vec<&str> = doubts.iter().map(|(_, mend)| *mend).collect();
    let says = says.join("; ");
    let first =
        says.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let rest: String = says.chars().skip(1).collect();
    Finding::wrong(CHECK, format!("{first}{rest}."), mend.join(" "))
}

/// Whether there is a key; without one everything works as well, so that nobody would notice.
pub fn key(listen: &Listen) -> Finding {
    const CHECK: &str = "Secret key";
    if listen.has_key() {
        return Finding::well(CHECK, "One is set.");
    }
    let mend = "Make one and set --secret-key-file: see docs/operating.md.";
    Finding::note(CHECK, "None is set: a copy of the database makes one-time codes.", mend)
}

/// Whether anybody but the service can read what must be secret, such as a file of settings with a password in it.
pub fn secrets(listen: &Listen, database: &str, file: Option<&File>) -> Finding {
    const CHECK: &str = "Secret files";
    let mut files = listen.secret_files();
    files.extend(file.filter(|file| file.has_secrets()).map(|file| file.path().to_owned()));
    if !Db::is_address(database) {
        files.push(PathBuf::from(database));
    }
    let (mut wrong, mut open, mut mend) = (Vec::new(), Vec::new(), Vec::new());
    for file in &files {
        let name = file.display();
        match fs::metadata(file) {
            // What others may, whatever the group of the service may.
            Ok(found) if found.permissions().mode() & 0o007 == 0 => {}
            Ok(_) => {
                wrong.push(format!("{name} can be read by everybody"));
                open.push(name.to_string());
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    if wrong.is_empty() {
        return Finding::well(CHECK, "Nobody else can read them.");
    }
    if !open.is_empty() {
        mend.push(format!("chmod o-rwx {}", open.join(" ")));
    }
    if open.len() < wrong.len() {
        mend.push("Put the files where the settings say that they are.".to_owned());
    }
    Finding::wrong(CHECK, format!("{}.", wrong.join("; ")), mend.join(". "))
}

/// Whether there is a backup, and how old the newest is.
pub fn backups(folder: Option<&PathBuf>, now: &Now) -> Finding {
    const CHECK: &str = "Backups";
    let mend = "Make one, and one each day: accord backup. See docs/operating.md.";
    let Some(folder) = folder else {
        return Finding::note(
            CHECK,
            "Where they are kept is not set.",
            "Set --backups to their folder.",
        );
    };
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) => return Finding::wrong(CHECK, format!("{}: {error}", folder.display()), mend),
    };
    let made = |file: fs::DirEntry| {
        let is_backup = file.path().extension().is_some_and(|ending| ending == ENDING);
        file.metadata().and_then(|found| found.modified()).ok().filter(|_| is_backup)
    };
    let newest: Option<DateTime<Utc>> = files.flatten().filter_map(made).max().map(Into::into);
    match newest {
        None => Finding::wrong(CHECK, format!("There is none in {}.", folder.display()), mend),
        Some(newest) if (now.instant - newest).num_hours() >= BACKUP_HOURS => {
            Finding::wrong(CHECK, format!("The newest is of {}.", long_instant(newest)), mend)
        }
        Some(newest) => Finding::well(CHECK, format!("The newest is of {}.", long_instant(newest))),
    }
}
