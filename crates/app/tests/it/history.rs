//! Stories of a history that was altered behind the program's back.

use crate::{
    story,
    support::{Seat, World},
};

story!(a_history_that_was_altered_is_found_at_its_first_wrong_entry, world, {
    world.sign_in(Seat::COMMISSIONER).await;
    world.sign_in(Seat::FINANCE).await;
    world.assert_history_is_whole().await;
    let mut tx = world.db.read().await.expect("a question");
    let last = store::event::verify(&mut tx).await.expect("a question").expect("a whole chain");
    drop(tx);
    let mut tx = world.db.write().await.expect("a change");
    let alter = "UPDATE event SET actor_name = 'Somebody Else' WHERE seq = $1";
    tx.execute(alter, store::args![last - 1]).await.expect("altered");
    tx.commit().await.expect("kept");
    let mut tx = world.db.read().await.expect("a question");
    assert_eq!(store::event::verify(&mut tx).await.expect("a question"), Err(last - 1));
});

/// What `accord audit verify` says, with something that was kept or without.
async fn verify(world: &World, kept: Option<&str>) -> (bool, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_accord"));
    command.args(["audit", "verify", "--database", &world.address]);
    command.args(kept.map(|kept| format!("--kept={kept}")));
    let run = tokio::task::spawn_blocking(move || command.output());
    let run = run.await.expect("it is waited for").expect("the command runs");
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&said).into_owned())
}

story!(a_history_that_was_rewritten_whole_is_found_by_a_hash_that_was_kept, world, {
    world.sign_in(Seat::COMMISSIONER).await;
    let (whole, said) = verify(&world, None).await;
    assert!(whole, "{said}");
    let kept = said.trim_end().rsplit(' ').next().expect("a hash").to_owned();
    world.sign_in(Seat::FINANCE).await;
    let (whole, said) = verify(&world, Some(&kept)).await;
    assert!(whole && said.contains("has the hash that was kept"), "{said}");
    // A chain that fits itself and says something else, which to make anew takes the program's own way of hashing.
    let (entry, hash) = kept.split_once(':').expect("an entry and its hash");
    let another = format!("{entry}:{}", hash.chars().rev().collect::<String>());
    let (whole, said) = verify(&world, Some(&another)).await;
    assert!(!whole && said.contains("the history was rewritten"), "{said}");
    let (whole, said) = verify(&world, Some("1000000:00")).await;
    assert!(!whole && said.contains("Entry 1,000,000 does not have"), "{said}");
});
