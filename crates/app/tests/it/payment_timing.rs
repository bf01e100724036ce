//! Stories of the clock of payment files: by when one must reach the payer, and when an answer is chased.

use crate::{
    calendar,
    deputy::hand_over,
    payment_answer::FILE,
    story,
    support::{Browser, Page, Seat, World, money::message},
};

/// Fills in the form over the version that the page has.
async fn set(browser: &Browser, day: &str, until: &str, chase: &str) -> Page {
    let version = browser.get("/payments/timing").await.expect(200).value("version");
    let fields =
        [("version", &*version), ("working-day", day), ("until", until), ("chase-after", chase)];
    browser.post("/payments/timing", &fields).await
}

/// The subjects of somebody's messages about chasing, newest first.
async fn chased(world: &World, seat: Seat) -> Vec<String> {
    let browser = world.sign_in(seat).await;
    let mut subjects = Vec::new();
    for link in browser.get("/messages").await.expect(200).links("/messages/") {
        let text = browser.get(&link).await.expect(200).text();
        let subject = text.split_once(" – Messages").expect("the section").0.to_owned();
        subjects.extend(Some(subject).filter(|subject| subject.starts_with("Chase")));
    }
    subjects
}

async fn chase(world: &World) -> u64 {
    let by = domain::Actor::system("Accord");
    store::payment::timing::chase(&world.db, &by, &world.now()).await.expect("it looks")
}

story!(the_next_file_must_reach_the_payer_by_a_time_that_finance_sets, world, {
    calendar::load(&world).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/payments").await.says("Say by when files must reach the payer");
    let empty = finance.get("/payments/timing").await;
    empty.expect(200).says("Nobody has said yet by when a file must reach your payer");
    assert_eq!(
        ["working-day", "until", "chase-after"].map(|name| empty.value(name)),
        ["", "15:00", "3"]
    );
    let done = set(&finance, "9", "3pm", "3").await;
    assert_eq!(message(done.expect(303)), "Times of payment files changed.");
    let next =
        "The next file must reach the payer by 3pm on Friday 11 April 2025 (1 working day left).";
    finance.get("/payments").await.says(next);
    finance.get("/payments/timing").await.says(next);
    finance.get("/organisation").await.says(
        "Times of payment files: files reach the payer by 3pm on working day 9 of the month; answers chased after 3 working days",
    );
    // A colleague who sees payments reads it and cannot change it; nobody else has the page.
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get("/payments/timing").await.says(next).says("You need the role Finance Management");
    let fields = [("version", "1"), ("working-day", "1"), ("until", "9:00"), ("chase-after", "1")];
    approver.post("/payments/timing", &fields).await.expect(403).says("Ana Ruiz");
    world.sign_in(Seat::PRACTICE_MANAGER).await.get("/payments/timing").await.expect(403);
    world.sign_in(Seat::COMMISSIONER_VIEW).await.get("/payments/timing").await.expect(403);
    // What was typed stays with what is wrong.
    for (day, until, chase, said) in [
        ("19", "15:00", "3", "The working day must be from 1 to 18, or empty"),
        ("nine", "15:00", "3", "The working day must be a whole number, like 9"),
        ("9", "noon", "3", "The time must be hours and minutes, like 15:00 or 3pm"),
        ("9", "15:00", "0", "The working days must be from 1 to 20, or empty"),
    ] {
        let page = set(&finance, day, until, chase).await;
        page.expect(422).says(said);
        assert_eq!((page.value("working-day"), page.value("until")), (day.into(), until.into()));
    }
    // Of two who change the same page, the second is told.
    let fields = [("version", "0"), ("working-day", "1"), ("until", "9:00"), ("chase-after", "")];
    finance.post("/payments/timing", &fields).await.expect(409);
    assert_eq!(world.facts("payment_timing_changed").await, 1);
    world.assert_history_is_whole().await;
});

story!(what_is_ready_after_the_time_goes_with_the_next_file_in_summer_and_winter, world, {
    calendar::load(&world).await;
    world.blood_tests(&["Y00001"]).await;
    world.count(Seat::PRACTICE_MANAGER, "2025-05-31", 42).await;
    world.declare_all(Seat::PRACTICE_MANAGER).await.expect(303);
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        world.approve_all(seat).await.expect(303);
    }
    set(&world.sign_in(Seat::FINANCE).await, "9", "15:00", "3").await.expect(303);
    // Until the clocks go back on 26 October, 3pm in London is 2pm of universal time; from then on it is 3pm.
    for (now, said, task) in [
        (
            "2025-10-13T14:00:00Z",
            "The next file must reach the payer by 3pm on Monday 13 October 2025 (today is the last day).",
            "It must reach the payer by 3pm on Monday 13 October 2025 (today is the last day). Worth £420.00.",
        ),
        (
            "2025-10-13T14:01:00Z",
            "3pm on Monday 13 October 2025 was the last time for this month. This goes with the next file, for November 2025: it must reach the payer by 3pm on Thursday 13 November 2025 (23 working days left).",
            "The time for October 2025 is over. It goes with the next file, by 3pm on Thursday 13 November 2025 (23 working days left). Worth £420.00.",
        ),
        (
            "2025-11-13T14:30:00Z",
            "The next file must reach the payer by 3pm on Thursday 13 November 2025 (today is the last day).",
            "It must reach the payer by 3pm on Thursday 13 November 2025 (today is the last day).",
        ),
        // Clocks go forward on 29 March 2026.
        (
            "2026-03-12T15:01:00Z",
            "This goes with the next file, for April 2026: it must reach the payer by 3pm on Wednesday 15 April 2026 (22 working days left).",
            "The time for March 2026 is over. It goes with the next file",
        ),
        (
            "2026-04-15T14:30:00Z",
            "This goes with the next file, for May 2026",
            "The time for April 2026 is over. It goes with the next file",
        ),
    ] {
        world.set_now(now);
        let finance = world.sign_in(Seat::FINANCE).await;
        finance.get("/payments").await.says(said);
        finance.get("/").await.says("Create a payment file for 1 payment declaration").says(task);
    }
    // A year without bank holidays is said and not guessed.
    world.set_now("2027-05-12T09:00:00Z");
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/payments").await.says("The bank holidays of 2027 are not loaded");
});

story!(an_answer_that_is_overdue_is_a_task_and_a_message_not_each_day, world, {
    calendar::load(&world).await;
    world.file_of_three().await;
    let lou = Seat::APPROVER_AND_FINANCE;
    // Sent on Wednesday 2 July 2025.
    world.send(FILE).await.expect(303);
    let answer = "D-2025-000001,420.00,paid,2025-07-02,B1,\n";
    world.answer(FILE, answer).await.expect(303);
    let task = "Chase the payer: 2 of 3 not answered since 2 July 2025";
    world.set_today("2025-07-07");
    assert_eq!(chase(&world).await, 0, "3 working days are not over");
    world.sign_in(Seat::FINANCE).await.get("/").await.does_not_say("Chase the payer");
    world.set_today("2025-07-08");
    let (one, other) = tokio::join!(chase(&world), chase(&world));
    assert_eq!(one + other, 1, "of two processes one tells");
    assert_eq!(chase(&world).await, 0);
    world.sign_in(Seat::FINANCE).await.get("/").await.says(task);
    for seat in [Seat::FINANCE, lou] {
        assert_eq!(chased(&world, seat).await, [task]);
    }
    assert!(chased(&world, Seat::APPROVER).await.is_empty());
    world.sign_in(Seat::FINANCE).await.get(FILE).await.says(
        "Not answered by the payer since 2 July 2025: 2 of 3 lines. Finance was told to chase it",
    );
    // Again after 3 working days more, to a deputy too, and not before.
    let (finance, days) = (world.sign_in(Seat::FINANCE).await, ("2025-07-08", "2025-07-20"));
    hand_over(&finance, "Max Orr", &["Finance Management"], days).await.expect(303);
    world.set_today("2025-07-11");
    assert_eq!(chase(&world).await, 0);
    world.set_today("2025-07-14");
    assert_eq!(chase(&world).await, 1);
    assert_eq!(chased(&world, Seat::FINANCE).await.len(), 2);
    assert_eq!(chased(&world, Seat::COMMISSIONER_VIEW).await, [task]);
    assert_eq!(world.facts("payment_chased").await, 2);
    // Who chases none is not told, and has no task.
    set(&world.sign_in(Seat::FINANCE).await, "", "15:00", "").await.expect(303);
    world.set_today("2025-07-28");
    assert_eq!(chase(&world).await, 0);
    world.sign_in(Seat::FINANCE).await.get("/").await.does_not_say("Chase the payer");
    world.assert_history_is_whole().await;
});

story!(nobody_is_chased_who_has_answered_or_before_the_day_of_the_payment, world, {
    calendar::load(&world).await;
    world.file_of_three().await;
    let sender = world.sign_in(Seat::APPROVER_AND_FINANCE).await;
    let seen = sender.get(&format!("{FILE}/send")).await.value("seen");
    let mut fields = vec![("seen", &*seen)];
    fields.extend([("sent-day", "2"), ("sent-month", "7"), ("sent-year", "2025")]);
    fields.extend([("expected-day", "18"), ("expected-month", "7"), ("expected-year", "2025")]);
    sender.post(&format!("{FILE}/send"), &fields).await.expect(303);
    world.set_today("2025-07-23");
    assert_eq!(chase(&world).await, 0, "the payer pays on Friday 18 July");
    world.set_today("2025-07-24");
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/").await.says("Chase the payer: 3 of 3 not answered since 18 July 2025");
    let paid = "D-2025-000001,420.00,paid,2025-07-18,B,\nD-2025-000002,70.00,paid,2025-07-18,B,\n\
                D-2025-000003,50.00,rejected,,,Account closed\n";
    world.answer(FILE, paid).await.expect(303);
    finance.get("/").await.does_not_say("Chase the payer");
    assert_eq!(chase(&world).await, 0, "the payer has answered");
});
