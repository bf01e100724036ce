//! Stories of questions about a declaration: asked, answered and closed by the two parties, with a clock that both see.

use crate::{
    story,
    support::{Browser, Page, Seat, World},
};
use domain::{
    QuestionId,
    question::{CannotAnswer, CannotAsk, Question, Written},
};
use store::{Failed, StoreError, declaration::Filter, question::Ask};

const MANAGER: Seat = Seat::PRACTICE_MANAGER;

/// The reference and the state of the only declaration that a person sees.
async fn only(world: &World, seat: Seat) -> (String, &'static str) {
    let by = world.actor(seat).await;
    let mut tx = world.db.read().await.unwrap();
    let found = store::declaration::list(&mut tx, &Filter::default(), (0, 500), &by).await.unwrap();
    assert_eq!(found.total, 1);
    let one = &found.rows[0].declaration;
    (one.reference.clone(), one.state.name())
}

/// June's blood tests of the first practice, declared; gives the reference.
async fn declared(world: &World) -> String {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    only(world, MANAGER).await.0
}

/// Asks without a page.
async fn asked(world: &World, seat: Seat, reference: &str) -> Question {
    let (by, now) = (world.actor(seat).await, world.now());
    let ask = ask(world, seat, reference).await;
    store::question::ask(&world.db, reference, &ask, &by, &now).await.expect("it is asked")
}

/// What somebody asks about a declaration as it stands.
async fn ask(world: &World, seat: Seat, reference: &str) -> Ask {
    let by = world.actor(seat).await;
    let mut tx = world.db.read().await.unwrap();
    let listed = store::declaration::find(&mut tx, reference, &by).await.unwrap();
    let written = Written { text: "Why so many?".into(), evidence: String::new() };
    Ask { written, seen_version: listed.declaration.version, ..Ask::default() }
}

story!(of_fifty_who_ask_at_once_one_does, world, {
    let reference = declared(&world).await;
    let (by, now) = (world.actor(Seat::APPROVER).await, world.now());
    let what = Ask { returns: true, ..ask(&world, Seat::APPROVER, &reference).await };
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (db, by, what, reference) =
            (world.db.clone(), by.clone(), what.clone(), reference.clone());
        callers.spawn(async move { store::question::ask(&db, &reference, &what, &by, &now).await });
    }
    let mut winners = 0;
    while let Some(answer) = callers.join_next().await {
        match answer.expect("a caller that ends") {
            Ok(_) => winners += 1,
            Err(Failed::Refused(CannotAsk::AlreadyOpen))
            | Err(Failed::Other(StoreError::Stale)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((winners, world.facts("question_asked").await), (1, 1));
    assert_eq!(only(&world, MANAGER).await.1, "awaiting_provider");
    world.assert_history_is_whole().await;
});

story!(of_fifty_who_answer_or_close_at_once_one_does, world, {
    let reference = declared(&world).await;
    let id: QuestionId = asked(&world, Seat::APPROVER, &reference).await.id;
    let now = world.now();
    let both = [world.actor(MANAGER).await, world.actor(Seat::APPROVER).await];
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (db, by) = (world.db.clone(), both[number % 2].clone());
        callers.spawn(async move {
            let written = Written { text: "Flu.".into(), evidence: String::new() };
            match number % 2 {
                0 => store::question::answer(&db, id, &written, 1, &by, &now).await,
                _ => store::question::close(&db, id, 1, &by, &now).await,
            }
        });
    }
    let mut winners = 0;
    while let Some(answer) = callers.join_next().await {
        match answer.expect("a caller that ends") {
            Ok(_) => winners += 1,
            Err(Failed::Refused(CannotAnswer::Changed | CannotAnswer::AlreadyClosed(_)))
            | Err(Failed::Other(StoreError::Stale)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    let facts = [world.facts("question_answered").await, world.facts("question_closed").await];
    assert_eq!((winners, facts.iter().sum::<i64>()), (1, 1));
    world.assert_history_is_whole().await;
});

story!(of_those_who_ask_and_approve_at_once_one_is_first, world, {
    let reference = declared(&world).await;
    let (by, now) = (world.actor(Seat::APPROVER).await, world.now());
    let what = ask(&world, Seat::APPROVER, &reference).await;
    let mut tx = world.db.read().await.unwrap();
    let one = store::declaration::find(&mut tx, &reference, &by).await.unwrap().declaration;
    drop(tx);
    let seen = [store::declaration::Seen {
        reference: reference.clone(),
        version: one.version,
        calculation: one.calculation,
    }];
    let (asks, approves) = tokio::join!(
        store::question::ask(&world.db, &reference, &what, &by, &now),
        store::declaration::approve(&world.db, &seen, &by, &now)
    );
    let is_approved = approves.expect("a right")[0].result.is_ok();
    // Whoever was second met the other: a question that was asked first stops the approval, and an approval that was
    // first makes what was seen old.
    assert_ne!(asks.is_ok(), is_approved);
});
