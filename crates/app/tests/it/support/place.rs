//! Places for databases, and the program itself, for stories of those who operate it.

use std::process::Command;
use store::Db;

/// A place where there is no database yet; it goes with this.
pub struct Place {
    /// Where it is, for a command.
    pub address: String,
    _folder: Option<tempfile::TempDir>,
}

impl Place {
    /// An SQLite file that is not there yet.
    pub fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let address = folder.path().join("accord.db").to_string_lossy().into_owned();
        Self { address, _folder: Some(folder) }
    }

    /// An empty schema of its own on the server that `ACCORD_TEST_POSTGRES` names.
    #[expect(clippy::disallowed_methods, reason = "the test command names the server this way")]
    pub async fn on_postgresql() -> Option<Self> {
        let server = std::env::var("ACCORD_TEST_POSTGRES").ok()?;
        let schema = format!("story_{}", uuid::Uuid::new_v4().simple());
        let admin = Db::open(&server).await.expect("the server answers");
        let mut tx = admin.write().await.expect("a transaction");
        tx.script(format!("CREATE SCHEMA {schema}").leak()).await.expect("a schema of its own");
        tx.commit().await.expect("the schema is there");
        admin.close().await;
        let mark = if server.contains('?') { '&' } else { '?' };
        let address = format!("{server}{mark}options=-c%20search_path%3D{schema}");
        Some(Self { address, _folder: None })
    }

    /// One on each engine that there is.
    pub async fn on_both() -> Vec<Self> {
        [Some(Self::on_sqlite()), Self::on_postgresql().await].into_iter().flatten().collect()
    }
}

/// What the program says when it is given these arguments, after whether it ended well.
pub async fn accord(args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accord"));
    command.args(args);
    let run = tokio::task::spawn_blocking(move || command.output());
    let run = run.await.expect("it is waited for").expect("the program runs");
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&said).into_owned())
}
