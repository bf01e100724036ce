//! Stories of an operator who asks what is wrong.

use crate::{
    story,
    support::{
        Seat, World,
        place::{Place, accord},
    },
};
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// What the doctor says of a world, with more settings; whether nothing is wrong first.
async fn doctor<const MANY: usize>(address: &str, more: [&str; MANY]) -> (bool, String) {
    accord(&[&["doctor", "--database", address], &more[..]].concat()).await
}

fn close(file: &str) {
    if Path::new(file).exists() {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("the rights are set");
    }
}

async fn change(world: &World, sql: &'static str) {
    let mut tx = world.db.write().await.expect("a change");
    tx.execute(sql, store::args![]).await.expect("changed");
    tx.commit().await.expect("kept");
}

story!(a_site_that_is_well_is_told_so_and_what_is_worth_to_know, world, {
    close(&world.address);
    let (is_well, said) = doctor(&world.address, []).await;
    assert!(is_well && said.ends_with("Nothing is wrong.\n"), "{said}");
    for line in [
        format!("well    Database: {} answers.\n", world.db.engine()),
        "well    History: It is whole up to entry ".to_owned(),
        "note    Mail server: None is set.\n".to_owned(),
        "note    Secret key: None is set: a copy of the database makes one-time codes.\n".to_owned(),
        "note    Backups: Where they are kept is not set.\n        Set --backups to their folder.\n".to_owned(),
    ] {
        assert!(said.contains(&line), "{line}: {said}");
    }
    // The next look goes on from there, and says no more than that.
    let (is_well, said) = doctor(&world.address, []).await;
    assert!(
        is_well && said.contains("well    History: It has no new entry since entry "),
        "{said}"
    );
    world.sign_in(Seat::COMMISSIONER).await;
    change(
        &world,
        "UPDATE history_verified SET seq = 1, hash = (SELECT hash FROM event WHERE seq = 1)",
    )
    .await;
    let (is_well, said) = doctor(&world.address, []).await;
    assert!(
        is_well && said.contains("well    History: It is whole from entry 1 to entry "),
        "{said}"
    );
    let (is_well, said) = doctor(&world.address, ["--json"]).await;
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert!(is_well && said["well"] == true, "{said}");
    assert_eq!(said["checks"][0]["check"], "Database");
    assert_eq!(said["checks"][0]["state"], "well");
});

story!(a_history_that_was_altered_since_the_last_look_or_before_it_is_wrong, world, {
    close(&world.address);
    world.sign_in(Seat::COMMISSIONER).await;
    let (is_well, said) = doctor(&world.address, []).await;
    assert!(is_well, "{said}");
    let altered =
        "UPDATE event SET actor_name = 'Somebody Else' WHERE seq = (SELECT max(seq) FROM event)";
    // Behind the last look, and after it.
    for after in [false, true] {
        if after {
            change(&world, "DELETE FROM history_verified").await;
            change(&world, "INSERT INTO history_verified (id, seq, hash, verified_at) SELECT 1, seq, hash, at FROM event WHERE seq = 2").await;
        } else {
            change(&world, "UPDATE history_verified SET hash = 'another'").await;
            let (is_well, said) = doctor(&world.address, []).await;
            assert!(!is_well && said.contains("WRONG   History: It is broken at entry"), "{said}");
        }
        change(&world, altered).await;
        let (is_well, said) = doctor(&world.address, []).await;
        assert!(!is_well && said.contains("WRONG   History: It is broken at entry"), "{said}");
        assert!(said.contains("1 thing is wrong."), "{said}");
    }
});

story!(a_clock_that_is_behind_the_history_is_wrong, world, {
    close(&world.address);
    let ahead = "UPDATE event SET at = '2999-01-01 00:00:00+00:00' WHERE seq = (SELECT max(seq) FROM event)";
    change(&world, ahead).await;
    let (is_well, said) = doctor(&world.address, []).await;
    assert!(!is_well && said.contains("and the history has an entry of 1 January 2999"), "{said}");
});

#[expect(clippy::disallowed_methods, reason = "the program that is asked has the machine's clock")]
fn now() -> chrono::DateTime<chrono::Utc> {
    std::time::SystemTime::now().into()
}

story!(emails_that_nobody_sends_or_that_were_given_up_are_wrong, world, {
    close(&world.address);
    let place = tempfile::tempdir().expect("a folder");
    let folder = format!("file:{}", place.path().display());
    let mail = ["--mail", &folder, "--mail-from=a@icb.example", "--address=http://127.0.0.1:8080"];
    let (is_well, said) = doctor(&world.address, mail).await;
    assert!(is_well && said.contains("well    Emails: None is late"), "{said}");
    let early = now() - chrono::TimeDelta::hours(2);
    let mut tx = world.db.write().await.expect("a change");
    for (number, delivery) in ["to send", "to send", "failed"].into_iter().enumerate() {
        tx.execute(
            "INSERT INTO address_message (id, email, name, subject, body, link, made_at, delivery, due_at, attempts, fault)
             VALUES ($1, 'a@b.example', 'A', 'S', 'B', '/', $2, $3, $2, 0, 'refused')",
            store::args![uuid::Uuid::from_u128(number as u128), early, delivery],
        )
        .await
        .expect("a message");
    }
    // What is no longer news is neither listed nor counted, a link as little as a message.
    for (email, days) in [("old@b.example", 4), ("new@b.example", 2)] {
        tx.execute(
            "INSERT INTO link_to_send (purpose, email, id, made_at, due_at, attempts, fault)
             VALUES ('invitation', $1, $2, $3, NULL, 10, 'refused')",
            store::args![
                email,
                uuid::Uuid::from_u128(days),
                now() - chrono::TimeDelta::days(days as i64)
            ],
        )
        .await
        .expect("a link");
    }
    tx.commit().await.expect("kept");
    let (is_well, said) = doctor(&world.address, mail).await;
    assert!(!is_well && said.contains("2 things are wrong."), "{said}");
    assert!(said.contains("WRONG   Emails: 2 have been due for more than half an hour"), "{said}");
    assert!(said.contains("WRONG   Emails: 2 were given up in the last days."), "{said}");
    let (_, listed) = accord(&["outbox", "--database", &world.address]).await;
    assert!(listed.contains("new@b.example") && !listed.contains("old@b.example"), "{listed}");
    let (_, said) = doctor(&world.address, []).await;
    assert!(said.contains("note    Emails: None are sent"), "{said}");
});

#[tokio::test]
async fn what_does_not_fit_around_the_database_is_named_with_what_to_do() {
    let world = World::on_sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    fs::write(&key, "x".repeat(40)).expect("written");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("the rights are set");
    let (key, place) =
        (key.to_string_lossy().into_owned(), folder.path().to_string_lossy().into_owned());
    close(&world.address);
    let mail = "--mail=smtp://accord:s3cret@127.0.0.1:1";
    for (more, wanted) in [
        (
            ["--secret-key-file", &key],
            format!("Secret files: {key} can be read by everybody.\n        chmod o-rwx {key}"),
        ),
        (["--backups", &place], format!("Backups: There is none in {place}.\n        Make one")),
        (
            ["--https=true", "--address=http://icb.example"],
            "Settings: Https is set, and the address begins with http://".to_owned(),
        ),
        (
            ["--address=https://icb.example", "--listen=127.0.0.1:1"],
            "Settings: The address begins with https://, and https is not set".to_owned(),
        ),
        (
            ["--listen=0.0.0.0:8080", "--idle-minutes=30"],
            "Settings: The pages are served to other machines".to_owned(),
        ),
        (
            ["--second-factor-for=finance", "--idle-minutes=30"],
            "Settings: A second factor is demanded (second_factor_for) and no key is set (secret_key_file)".to_owned(),
        ),
        (
            [mail, "--mail-from=a@icb.example"],
            "Mail server: emails are sent (--mail), so --mail-from and --address are needed"
                .to_owned(),
        ),
    ] {
        let (is_well, said) = doctor(&world.address, more).await;
        assert!(!is_well && said.contains(&format!("WRONG   {wanted}")), "{wanted}: {said}");
    }
    let whole = ["--mail-from=a@icb.example", "--address=http://127.0.0.1:8080", mail];
    let (is_well, said) = doctor(&world.address, whole).await;
    assert!(!is_well && said.contains("WRONG   Mail server: It cannot be used"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
    // A file of settings is looked at where a password is in it.
    let file = folder.path().join("accord.toml");
    let named = file.to_string_lossy().into_owned();
    for (text, is_secret) in
        [("idle_minutes = 30\n", false), ("mail = \"smtp://accord:s3cret@127.0.0.1:1\"\n", true)]
    {
        fs::write(&file, text).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("the rights are set");
        let (_, said) = doctor(&world.address, ["--config", &named]).await;
        let open = format!("WRONG   Secret files: {named} can be read by everybody.");
        assert_eq!(said.contains(&open), is_secret, "{said}");
    }
    fs::remove_file(&file).expect("removed");
    let (is_well, said) = accord(&["backup", &place, "--database", &world.address]).await;
    assert!(is_well, "{said}");
    let (is_well, said) = doctor(&world.address, ["--backups", &place]).await;
    assert!(is_well && said.contains("well    Backups: The newest is of"), "{said}");
    let (is_well, said) = doctor("no/such.db", []).await;
    assert!(
        !is_well && said.contains("WRONG   Database: no/such.db: there is no such database"),
        "{said}"
    );
}

#[tokio::test]
async fn tables_that_are_missing_older_or_newer_are_wrong_and_stay_as_they_are() {
    for place in Place::on_both().await {
        store::Db::open(&place.address).await.expect("it opens").close().await;
        close(&place.address);
        let (is_well, said) = doctor(&place.address, []).await;
        assert!(
            !is_well
                && said.contains(
                    "WRONG   Tables: There are none yet.\n        Make them: accord migrate"
                ),
            "{said}"
        );
        let db = store::Db::open(&place.address).await.expect("it opens");
        db.migrate_to(1).await.expect("the first step");
        let (is_well, said) = doctor(&place.address, []).await;
        assert!(!is_well && said.contains("steps are missing."), "{said}");
        assert_eq!(db.applied().await.expect("the steps"), [1]);
        db.close().await;
    }
}
