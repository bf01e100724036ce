//! Stories of backups, of restoring them, and of moving from one engine to the other.

use crate::{
    story,
    support::{
        Seat, World,
        place::{Place, accord},
    },
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
};
use store::{
    Db,
    copy::{Sum, sum, tables},
};

/// A world in which somebody was paid, so that most tables have rows.
async fn paid(world: &World) {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.count(Seat::PRACTICE_MANAGER, "2025-06-30", 42).await;
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 7).await;
    world.declare_all(Seat::PRACTICE_MANAGER).await;
    world.approve_all(Seat::APPROVER).await;
    world.approve_all(Seat::FINANCE).await;
    world.pay_all(Seat::FINANCE).await;
}

/// What every table of a database comes to.
async fn sums(address: &str) -> Vec<(String, Sum)> {
    let db = Db::open(address).await.expect("the database opens");
    let mut tx = db.read().await.expect("a question");
    let mut sums = Vec::new();
    for table in tables(&mut tx).await.expect("the tables") {
        sums.push((table.name.clone(), sum(&mut tx, &table).await.expect("a sum")));
    }
    drop(tx);
    db.close().await;
    sums.sort_by(|one, other| one.0.cmp(&other.0));
    sums
}

/// Whether nothing is in a database, or there is none.
async fn is_empty(place: &Place) -> bool {
    let is_there = Db::is_address(&place.address) || Path::new(&place.address).exists();
    let first = |name: &str| name == "event_head" || name.ends_with("_state");
    !is_there || sums(&place.address).await.iter().all(|(name, sum)| sum.rows == 0 || first(name))
}

/// A backup of a world in a folder of its own.
async fn backup(world: &World) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("whole.accord").to_string_lossy().into_owned();
    let (is_fine, said) = accord(&["backup", &file, "--database", &world.address]).await;
    assert!(is_fine && said.contains("The history is whole up to entry"), "{said}");
    (folder, file)
}

story!(a_backup_brings_everything_back_on_either_engine, world, {
    paid(&world).await;
    let before = sums(&world.address).await;
    assert!(before.iter().filter(|(_, sum)| sum.rows > 0).count() > 25, "{before:?}");
    let (_folder, file) = backup(&world).await;
    world.count(Seat::SECOND_PRACTICE, "2025-07-31", 9).await;
    assert_ne!(sums(&world.address).await, before, "the world has gone on");
    for place in Place::on_both().await {
        let (is_fine, said) = accord(&["restore", &file, "--database", &place.address]).await;
        assert!(is_fine && said.contains("Every table is the same"), "{said}");
        assert_eq!(sums(&place.address).await, before);
        let again = World::again(place.address.clone(), "2025-07-10").await;
        again.assert_history_is_whole().await;
        // It is not only there: people work on in it.
        again.count(Seat::SECOND_PRACTICE, "2025-07-31", 9).await;
        let finance = again.sign_in(Seat::FINANCE).await;
        finance.get("/payments").await.expect(200).says("£420.00");
        again.db.close().await;
    }
});

story!(a_backup_is_of_one_moment_while_people_work, world, {
    paid(&world).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("busy.accord").to_string_lossy().into_owned();
    let args = ["backup", &file, "--database", &world.address];
    let backup = accord(&args);
    let work = async {
        for tests in 1..20 {
            world.count(Seat::SECOND_PRACTICE, "2025-07-31", tests).await;
        }
    };
    let ((is_fine, said), ()) = tokio::join!(backup, work);
    assert!(is_fine, "{said}");
    let place = Place::on_sqlite();
    let (is_fine, said) = accord(&["restore", &file, "--database", &place.address]).await;
    assert!(is_fine && said.contains("the history is whole"), "{said}");
});

story!(a_site_moves_to_the_other_engine_and_back, world, {
    paid(&world).await;
    let before = sums(&world.address).await;
    for place in Place::on_both().await {
        let back = Place::on_sqlite();
        for (from, to) in [(&world.address, &place.address), (&place.address, &back.address)] {
            let (is_fine, said) = accord(&["copy-database", "--from", from, "--to", to]).await;
            assert!(is_fine && said.contains("Every table is the same"), "{said}");
            assert_eq!(sums(to).await, before);
        }
        let (is_fine, said) =
            accord(&["copy-database", "--from", &world.address, "--to", &place.address]).await;
        assert!(!is_fine && said.contains("the target is not empty: it has rows in"), "{said}");
        assert_eq!(sums(&place.address).await, before, "the refused copy has changed nothing");
    }
});

story!(nobody_is_signed_in_by_a_copy, world, {
    paid(&world).await;
    let (_folder, file) = backup(&world).await;
    let place = Place::on_sqlite();
    accord(&["restore", &file, "--database", &place.address]).await;
    let db = Db::open(&place.address).await.expect("it opens");
    let mut tx = db.read().await.expect("a question");
    for table in tx.tables().await.expect("the tables") {
        let rows = sum(&mut tx, &table).await.expect("a sum").rows;
        assert!(rows == 0 || table.name != "session", "there are {rows} sessions");
    }
});

/// The lines of a backup.
fn unpack(file: &str) -> String {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(file).expect("it is there"))
        .read_to_string(&mut text)
        .expect("text");
    text
}

fn pack(folder: &Path, text: &str) -> String {
    let path = folder.join(format!("{}.accord", uuid::Uuid::new_v4().simple()));
    let mut out = GzEncoder::new(fs::File::create(&path).expect("a file"), Compression::fast());
    out.write_all(text.as_bytes()).expect("written");
    out.finish().expect("ended");
    path.to_string_lossy().into_owned()
}

story!(what_is_no_whole_backup_fills_nothing, world, {
    paid(&world).await;
    let (folder, file) = backup(&world).await;
    let text = unpack(&file);
    let half: String =
        text.lines().take(text.lines().count() / 2).map(|line| format!("{line}\n")).collect();
    let newest = store::db::steps::newest();
    let newer = text.replacen(&format!("\"version\":{newest}"), "\"version\":9999", 1);
    let row = text.lines().find(|line| line.starts_with('[')).expect("a row");
    let missing = text.replacen(&format!("{row}\n"), "", 1);
    let altered = text.replacen("Riverside Surgery", "Riverside Surgerx", 1);
    let cut = folder.path().join("cut.accord");
    fs::write(&cut, &fs::read(&file).expect("bytes")[..2_000]).expect("written");
    let cut = cut.to_string_lossy().into_owned();
    let cases = [
        (pack(folder.path(), &half), "the backup is incomplete"),
        (pack(folder.path(), &newer), "was made by a newer Accord: its tables are at step 9999"),
        (pack(folder.path(), &missing), "do not come to their sum"),
        (pack(folder.path(), &altered), "do not come to their sum"),
        (pack(folder.path(), "a,b\n1,2\n"), "is no backup of Accord"),
        (cut, "the backup is incomplete or damaged"),
        (format!("{}/none.accord", folder.path().display()), "No such file"),
    ];
    for place in Place::on_both().await {
        for (wrong, why) in &cases {
            let (is_fine, said) = accord(&["restore", wrong, "--database", &place.address]).await;
            assert!(!is_fine && said.contains(why), "{why}: {said}");
            assert!(is_empty(&place).await, "{why}: something is there");
        }
        // The place is as good as new.
        let (is_fine, said) = accord(&["restore", &file, "--database", &place.address]).await;
        assert!(is_fine, "{said}");
    }
    let (is_fine, said) = accord(&["restore", &file, "--database", &world.address]).await;
    assert!(!is_fine && said.contains("the target is not empty"), "{said}");
    let (is_fine, said) = accord(&["backup", &file, "--database", &world.address]).await;
    assert!(!is_fine && said.contains("is there already"), "{said}");
    let (is_fine, said) = accord(&["backup", "x.accord", "--database", "no/such.db"]).await;
    assert!(!is_fine && said.contains("no/such.db: there is no such database"), "{said}");
});

story!(a_restore_that_is_killed_leaves_nothing, world, {
    paid(&world).await;
    let (folder, file) = backup(&world).await;
    let whole = fs::read(&file).expect("bytes");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    for place in Place::on_both().await {
        let mut restore = Command::new(env!("CARGO_BIN_EXE_accord"))
            .arg("restore")
            .arg(&pipe)
            .args(["--database", &place.address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        // It has read these bytes, or waits to: the rest never comes.
        let mut into = fs::OpenOptions::new().write(true).open(&pipe).expect("the pipe");
        into.write_all(&whole[..whole.len() - 10]).expect("written");
        restore.kill().expect("killed");
        assert!(!restore.wait().expect("it ends").success());
        drop(into);
        assert!(is_empty(&place).await);
        let (is_fine, said) = accord(&["restore", &file, "--database", &place.address]).await;
        assert!(is_fine, "{said}");
    }
});

#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_for_its_owner_and_named_by_its_time_in_a_folder() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::on_sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().to_string_lossy().into_owned();
    let (is_fine, said) =
        accord(&["backup", "--backups", &place, "--database", &world.address]).await;
    assert!(is_fine, "{said}");
    let all: Vec<_> =
        fs::read_dir(&place).expect("a folder").map(|one| one.expect("a file")).collect();
    assert_eq!(all.len(), 1, "{all:?}");
    let name = all[0].file_name().to_string_lossy().into_owned();
    assert!(name.starts_with("accord-20") && name.ends_with("Z.accord"), "{name}");
    assert_eq!(all[0].metadata().expect("its data").permissions().mode() & 0o777, 0o600);
}

story!(a_plan_says_what_an_upgrade_would_do_and_a_newer_database_is_refused, world, {
    let newest = store::db::steps::newest();
    let forget = "DELETE FROM _sqlx_migrations WHERE version > 1";
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'later', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    let place = ["--database", &world.address];
    let (is_fine, said) = accord(&["migrate", "--plan", place[0], place[1]]).await;
    assert!(is_fine && said.starts_with("Nothing to do"), "{said}");
    let mut tx = world.db.write().await.expect("a change");
    tx.execute(forget, store::args![]).await.expect("forgotten");
    tx.commit().await.expect("kept");
    let (is_fine, said) = accord(&["migrate", "--plan", place[0], place[1]]).await;
    assert!(is_fine && said.starts_with("0002 extract file\n"), "{said}");
    assert!(
        said.contains(&format!("{newest:04} ")) && said.contains("Nothing was changed"),
        "{said}"
    );
    let mut tx = world.db.write().await.expect("a change");
    tx.execute(later, store::args![]).await.expect("added");
    tx.commit().await.expect("kept");
    for command in [["migrate", "--plan"], ["work", "--mail-from=a@b.example"], ["audit", "verify"]]
    {
        let (is_fine, said) = accord(&[command[0], command[1], place[0], place[1]]).await;
        assert!(!is_fine && said.contains("made by a newer Accord"), "{command:?}: {said}");
        assert!(
            said.contains(&format!("at step 9999, and this program knows up to {newest}")),
            "{said}"
        );
    }
});

#[tokio::test]
async fn a_new_database_is_made_by_migrate() {
    for place in Place::on_both().await {
        let at = ["--database", &place.address];
        let (is_fine, said) = accord(&["migrate", at[0], at[1]]).await;
        assert!(
            is_fine && said.starts_with("0001 start\n") && said.ends_with("steps were taken.\n"),
            "{said}"
        );
        let (is_fine, said) = accord(&["migrate", at[0], at[1]]).await;
        assert!(is_fine && said.starts_with("Nothing to do"), "{said}");
        if let Ok(file) = fs::metadata(&place.address) {
            let mode = std::os::unix::fs::PermissionsExt::mode(&file.permissions());
            assert_eq!(mode & 0o777, 0o600, "it is for its owner's eyes");
        }
    }
}
