//! Stories of everything that is recorded of one organisation, handed over.

use crate::{
    story,
    support::{Seat, World, place::accord},
};
use domain::hash::sha256;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::Path,
};

/// The files of an export by name.
async fn export(world: &World, folder: &Path, code: &str) -> BTreeMap<String, String> {
    let to = folder.join(format!("{code}.zip")).to_string_lossy().into_owned();
    let (is_fine, said) = accord(&["export", code, &to, "--database", &world.address]).await;
    assert!(is_fine && said.contains("rows of"), "{said}");
    let mut zip = zip::ZipArchive::new(File::open(&to).expect("it is there")).expect("a zip");
    (0..zip.len())
        .map(|at| {
            let mut file = zip.by_index(at).expect("a file");
            let mut text = String::new();
            file.read_to_string(&mut text).expect("text");
            (file.name().expect("a name").into_owned(), text)
        })
        .collect()
}

fn rows(files: &BTreeMap<String, String>, table: &str) -> Vec<Value> {
    let text = &files[&format!("json/{table}.json")];
    serde_json::from_str::<Value>(text).expect("JSON").as_array().expect("a list").clone()
}

/// A world in which two practices of one commissioner, and one of another, have records.
async fn worked(world: &World) {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.count(Seat::PRACTICE_MANAGER, "2025-06-30", 42).await;
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 7).await;
    world.declare_all(Seat::PRACTICE_MANAGER).await;
    world.declare_all(Seat::SECOND_PRACTICE).await;
    world.approve_all(Seat::APPROVER).await;
    world.approve_all(Seat::FINANCE).await;
    world.pay_all(Seat::FINANCE).await;
}

story!(an_organisation_gets_what_is_its_own_and_nothing_of_another, world, {
    worked(&world).await;
    let folder = tempfile::tempdir().expect("a folder");
    let practice = export(&world, folder.path(), "y00001").await;
    for (table, many) in [
        ("organisation", 1),
        ("offer", 1),
        ("achievement", 1),
        ("declaration", 1),
        ("payment_line", 1),
        ("payment_file", 0),
        ("submission", 1),
    ] {
        assert_eq!(rows(&practice, table).len(), many, "{table}");
    }
    assert_eq!(rows(&practice, "declaration")[0]["amount_pence"], 42_000);
    let result =
        rows(&practice, "calculation")[0]["result"].as_str().expect("the working").to_owned();
    assert!(result.contains("42"), "{result}");
    let facts = rows(&practice, "event");
    assert!(facts.iter().any(|fact| {
        fact["fact"].as_str().is_some_and(|fact| fact.contains("achievement_declared"))
    }));
    // From where somebody acted, also for another organisation, is told to nobody.
    assert!(facts.iter().all(|fact| fact.get("origin").is_none()), "{facts:?}");
    assert!(!practice["csv/event.csv"].lines().next().is_some_and(|line| line.contains("origin")));
    // The other practice's name stands in nothing of it, nor does anything that lets somebody in.
    for (name, text) in &practice {
        for foreign in ["Hill Top Practice", "Jo Lee", "password_hash", "Y00002"] {
            assert!(!text.contains(foreign), "{foreign} stands in {name}");
        }
    }
    let commissioner = export(&world, folder.path(), "QAA").await;
    for (table, many) in [
        ("offer", 2),
        ("declaration", 2),
        ("payment_file", 1),
        ("payment_line", 2),
        ("submission", 2),
    ] {
        assert_eq!(rows(&commissioner, table).len(), many, "{table}");
    }
    let other = export(&world, folder.path(), "QBB").await;
    for table in ["offer", "declaration", "payment_file", "submission", "achievement"] {
        assert_eq!(rows(&other, table).len(), 0, "{table}");
    }
});

story!(the_list_of_an_export_holds_what_is_in_it, world, {
    worked(&world).await;
    let folder = tempfile::tempdir().expect("a folder");
    let files = export(&world, folder.path(), "Y00001").await;
    let manifest: Value = serde_json::from_str(&files["manifest.json"]).expect("JSON");
    assert_eq!(
        (&manifest["organisation"], &manifest["name"]),
        (&"Y00001".into(), &"Riverside Surgery".into())
    );
    let listed = manifest["files"].as_array().expect("a list");
    assert_eq!(listed.len(), files.len() - 1);
    for one in listed {
        let text = &files[one["file"].as_str().expect("a name")];
        assert_eq!(one["sha256"], sha256(text.as_bytes()), "{one}");
        assert_eq!(one["bytes"], text.len(), "{one}");
        let name = one["file"].as_str().expect("a name");
        if let Some(table) = name.strip_prefix("json/").and_then(|name| name.strip_suffix(".json"))
        {
            assert_eq!(one["rows"], rows(&files, table).len(), "{one}");
        }
    }
    let mut tx = world.db.read().await.expect("a question");
    let entry = store::event::verify(&mut tx).await.expect("a question").expect("a whole chain");
    assert_eq!(manifest["history"][0], entry);
});

story!(no_cell_of_an_export_is_a_formula, world, {
    let mut tx = world.db.write().await.expect("a change");
    let name =
        "UPDATE organisation SET name = '=HYPERLINK(\"http://x\",\"y\")' WHERE code = 'Y00001'";
    tx.execute(name, store::args![]).await.expect("changed");
    tx.commit().await.expect("kept");
    let folder = tempfile::tempdir().expect("a folder");
    let files = export(&world, folder.path(), "Y00001").await;
    let csv = &files["csv/organisation.csv"];
    assert!(csv.contains("\"'=HYPERLINK(") && !csv.contains(",=") && !csv.contains("\"="), "{csv}");
    assert_eq!(rows(&files, "organisation")[0]["name"], "=HYPERLINK(\"http://x\",\"y\")");
});

story!(an_export_that_cannot_be_made_leaves_no_file, world, {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("x.zip").to_string_lossy().into_owned();
    let at = ["--database", &world.address];
    let (is_fine, said) = accord(&["export", "Z99999", &to, at[0], at[1]]).await;
    assert!(
        !is_fine && said.contains("found Z99999, allowed the code of a registered organisation"),
        "{said}"
    );
    let mut tx = world.db.write().await.expect("a change");
    let alter = "UPDATE event SET actor_name = 'Somebody Else' WHERE seq = 1";
    tx.execute(alter, store::args![]).await.expect("altered");
    tx.commit().await.expect("kept");
    let (is_fine, said) = accord(&["export", "Y00001", &to, at[0], at[1]]).await;
    assert!(!is_fine && said.contains("the history is broken at entry 1"), "{said}");
    assert!(!Path::new(&to).exists());
    fs::write(&to, "mine").expect("written");
    let (is_fine, said) = accord(&["export", "Y00001", &to, at[0], at[1]]).await;
    assert!(!is_fine && said.contains("Nothing was changed"), "{said}");
    assert_eq!(fs::read_to_string(&to).expect("it is there"), "mine");
});
