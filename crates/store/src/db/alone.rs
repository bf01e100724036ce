//! One program at a time brings the tables of an SQLite file to its version. PostgreSQL is locked by the library.

use crate::{Result, StoreError};
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// Waits until no other program changes tables in the folder of a database, and keeps others waiting until it is dropped.
///
/// The folder is locked and not the file: closing a second handle of the file would drop the locks of SQLite.
pub(super) async fn alone(database: &Path) -> Result<File> {
    let folder = match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let named = folder.display().to_string();
    let wrong = |fault| StoreError::Setup(format!("the folder {named} cannot be locked: {fault}"));
    let locked = tokio::task::spawn_blocking(move || {
        let folder = File::open(folder)?;
        folder.lock()?;
        std::io::Result::Ok(folder)
    });
    match locked.await {
        Ok(locked) => locked.map_err(wrong),
        Err(fault) => Err(wrong(std::io::Error::other(fault))),
    }
}
