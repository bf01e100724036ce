//! Stories of recoveries: notice, answers and decisions, and instalments that payment files take.

use super::{ASKER, C1, MANAGER};
use crate::{
    story,
    support::{Page, Seat, World, money::message},
};

const PAGE: &str = "/corrections/CR-2025-000001";

impl World {
    /// A reversing correction of £100.00 that finance has approved, of money that was paid on 2 July 2025.
    async fn to_recover(&self) -> String {
        let declaration = self.all_paid().await;
        self.correct(ASKER, &declaration, ("reversing", "100.00")).await.expect(303);
        self.agree_and_approve(C1).await;
        declaration
    }

    /// Gives notice by a plan.
    async fn give_notice(&self, seat: Seat, instalments: &str, (day, month): (&str, &str)) -> Page {
        let fields = [
            ("instalments", instalments),
            ("first-day", day),
            ("first-month", month),
            ("first-year", "2025"),
            ("reason", "The same tests were paid twice."),
        ];
        self.sign_in(seat).await.post(&format!("{PAGE}/recover"), &fields).await
    }

    /// The provider proposes another plan.
    async fn propose(&self, instalments: &str, (day, month): (&str, &str)) -> Page {
        let browser = self.sign_in(MANAGER).await;
        let version = browser.get(&format!("{PAGE}/recovery/propose")).await.value("version");
        let fields = [
            ("version", &*version),
            ("instalments", instalments),
            ("first-day", day),
            ("first-month", month),
            ("first-year", "2025"),
            ("reason", "We cannot pay it faster."),
        ];
        browser.post(&format!("{PAGE}/recovery/propose"), &fields).await
    }

    /// Makes and sends a file of what is due, and the payer takes everything in it.
    async fn take_due(&self) {
        let file = self.pay_all(Seat::FINANCE).await;
        self.pay_file(&file).await;
    }
}

story!(what_was_paid_is_taken_back_in_instalments_that_the_provider_agreed_to, world, {
    let declaration = world.to_recover().await;
    let asker = world.sign_in(ASKER).await;
    asker.get(PAGE).await.says("Give notice of the recovery");
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/payments/new").await.does_not_say(C1);
    asker.get("/").await.says("Decide about 1 recovery");
    let form = asker.get(&format!("{PAGE}/recover")).await;
    form.says("£100.00 is to be taken back.").says("On or after 31 July 2025");
    let given = world.give_notice(ASKER, "3", ("31", "7")).await;
    assert_eq!(
        message(given.expect(303)),
        "Notice given. The provider can answer until 30 July 2025."
    );
    world.give_notice(Seat::FINANCE, "3", ("31", "7")).await.expect(409).says("asked for already");
    let provider = world.sign_in(MANAGER).await;
    let home = provider.get("/").await;
    home.says("Answer the notice of 1 recovery").says("The first notice runs until 30 July 2025.");
    let page = provider.get(PAGE).await;
    page.says("Notice given").says("3 monthly instalments of £33.33, the last of £33.34");
    page.says("The same tests were paid twice.");
    world.press(MANAGER, C1, "recovery/agree").await.expect(303);
    // Before its day no instalment goes into a file; then one after the other does.
    finance.get("/payments/new").await.does_not_say(C1);
    world.set_today("2025-07-31");
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/").await.says("Create a payment file for 1 payment declaration");
    world.take_due().await;
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get(PAGE).await;
    page.says("£33.33 taken, £66.67 left. Next: £33.33 from 31 August 2025.");
    page.says("In instalments").says("CR-2025-000001-1").says("Not due");
    provider.get("/payments").await.says("£33.33 taken, £66.67 left.");
    finance.get("/corrections").await.says("£33.33 taken, £66.67 left.");
    world.assert_balanced("the first instalment").await;
    for day in ["2025-08-31", "2025-09-30"] {
        world.set_today(day);
        world.take_due().await;
        world.assert_balanced(day).await;
    }
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get(PAGE).await;
    page.says("Taken").says("Every instalment has been taken.").says("£100.00 taken, £0.00 left.");
    let page = provider.get(&format!("/declarations/{declaration}")).await;
    page.says("Originally £420.00, corrected by -£100.00 on 2 July 2025, now £320.00.");
    page.says("Plan of a recovery").says("CR-2025-000001-3: Paid on 30 September 2025");
    let statement = provider.get("/payments/statement").await;
    statement.says("CR-2025-000001-3").says("-£33.34").says("£320.00");
    world.assert_history_is_whole().await;
});

story!(a_plan_is_proposed_and_accepted, world, {
    world.to_recover().await;
    for (instalments, day, why) in [
        ("13", ("31", "7"), "Enter how many monthly instalments, from 1 to 12"),
        ("many", ("31", "7"), "Enter how many monthly instalments, from 1 to 12"),
        ("2", ("30", "7"), "The first instalment must be on or after 31 July 2025"),
        ("2", ("31", "9"), "First instalment must be a real date"),
    ] {
        let refused = world.give_notice(ASKER, instalments, day).await;
        refused.expect(422).says(why);
        assert_eq!(refused.value("instalments"), instalments, "what was typed stays");
    }
    world.give_notice(ASKER, "1", ("31", "7")).await.expect(303);
    world.propose("2", ("1", "7")).await.expect(422).says("must be on or after 31 July 2025");
    world.propose("6", ("15", "8")).await.expect(303);
    let again = world.press(MANAGER, C1, "recovery/agree").await;
    again.expect(409).says("The provider has answered already.");
    let asker = world.sign_in(ASKER).await;
    let page = asker.get(PAGE).await;
    page.says("Answered, awaiting a decision").says("We cannot pay it faster.");
    page.says("Proposes 6 monthly instalments of £16.66, the last of £16.70");
    page.says("Another person must decide about the provider").does_not_say("Keep the plan");
    // Taking what the provider wants is open to whoever asked.
    world.press(ASKER, C1, "recovery/accept").await.expect(303);
    let page = asker.get(PAGE).await;
    page.says("The commissioner accepted the instalments that the provider proposed: Lou Webb");
    page.says("CR-2025-000001-6").says("15 January 2026");
    world.assert_balanced("a proposal that was accepted").await;
});

story!(a_dispute_is_decided_by_another_person, world, {
    let declaration = world.to_recover().await;
    world.give_notice(ASKER, "2", ("31", "7")).await.expect(303);
    let silent = world.sign_in(MANAGER).await;
    let fields = [("version", "1"), ("reason", "")];
    let form = silent.post(&format!("{PAGE}/recovery/dispute"), &fields).await;
    form.expect(422).says("Enter a reason");
    world.press(MANAGER, C1, "recovery/dispute").await.expect(303);
    let own = world.press(ASKER, C1, "recovery/keep").await;
    own.expect(409).says("You asked for this recovery. Another person must decide");
    let nothing = world.press(Seat::APPROVER, C1, "recovery/accept").await;
    nothing.expect(409).says("The provider has proposed no other instalments.");
    // Somebody else sees that the provider is right: nothing is taken back.
    world.press(Seat::APPROVER, C1, "recovery/drop").await.expect(303);
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get(PAGE).await;
    page.says("Dropped").says("Tom Hill").says("We looked at it again.");
    let page = provider.get(&format!("/declarations/{declaration}")).await;
    page.does_not_say("Originally £420.00");
    world.assert_balanced("a recovery that was dropped").await;
    world.set_today("2025-12-31");
    world.sign_in(Seat::FINANCE).await.get("/payments/new").await.does_not_say(C1);
    // The declaration stands at all of it again, so all of it can be corrected.
    world.correct(ASKER, &declaration, ("reversing", "420.00")).await.expect(303);
});

story!(a_notice_that_is_over_without_an_answer_stands, world, {
    world.to_recover().await;
    world.give_notice(ASKER, "1", ("31", "7")).await.expect(303);
    let system = domain::Actor::system("Accord");
    for (day, stood) in [("2025-07-30", 0), ("2025-07-31", 1), ("2025-08-01", 0)] {
        world.set_today(day);
        let now = world.now();
        assert_eq!(store::recovery::stand(&world.db, &system, &now).await.unwrap(), stood, "{day}");
    }
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get(PAGE).await;
    page.says("The notice was over without an answer, so it stands: Accord");
    provider.get("/messages").await.says("Recovery in instalments: Blood tests near home");
    let late = world.press(MANAGER, C1, "recovery/agree").await;
    late.expect(409).says("This has been decided.");
    world.set_today("2025-08-01");
    world.take_due().await;
    world.sign_in(MANAGER).await.get(PAGE).await.says("Taken");
    world.assert_balanced("silence").await;
    world.assert_history_is_whole().await;
});

story!(an_instalment_that_fails_is_tried_again_and_then_settled_by_hand, world, {
    world.to_recover().await;
    world.give_notice(ASKER, "1", ("31", "7")).await.expect(303);
    world.press(MANAGER, C1, "recovery/agree").await.expect(303);
    world.set_today("2025-07-31");
    let finance = world.sign_in(ASKER).await;
    for attempt in 1..=3 {
        let file = world.pay_all(Seat::FINANCE).await;
        world.send(&file).await.expect(303);
        let blank = finance.get(&format!("{file}/to-answer.csv")).await;
        let row = blank.html.lines().nth(1).expect("a line").trim_end_matches(',').to_owned();
        let identity = row.split(',').next().expect("an identity").to_owned();
        let expected = domain::payment::identity("CR-2025-000001-1", attempt);
        assert_eq!(identity, expected);
        world.answer(&file, &format!("{row},rejected,,,No payment to take it from\n")).await;
        world.assert_balanced(&format!("try {attempt}")).await;
        if attempt < 3 {
            finance.post("/payments/failed", &[("payment", &*identity)]).await.expect(303);
        }
    }
    let page = world.sign_in(MANAGER).await.get(PAGE).await;
    page.says("£0.00 taken, £100.00 left.").says("The payer could not pay");
    let over = finance.post("/payments/failed", &[("payment", "CR-2025-000001-1/3")]).await;
    over.says("has failed 3 times");
    world
        .settle_by_hand_as(ASKER, "CR-2025-000001-1/3", ("CHAPS 4", "31", "7", "2025"))
        .await
        .expect(303);
    let page = world.sign_in(MANAGER).await.get(PAGE).await;
    page.says("£100.00 taken, £0.00 left.").says("Settled outside the files").says("CHAPS 4");
    world.assert_balanced("settled by hand").await;
    world.assert_history_is_whole().await;
});

story!(of_many_who_answer_a_notice_at_once_one_does, world, {
    world.to_recover().await;
    world.give_notice(ASKER, "4", ("31", "7")).await.expect(303);
    let mut answers = Vec::new();
    for number in 0..8 {
        let browser = world.sign_in(MANAGER).await;
        let act = if number % 2 == 0 { "agree" } else { "dispute" };
        let address = format!("{PAGE}/recovery/{act}");
        let fields = [("version", "1"), ("reason", "No.")];
        answers.push(tokio::spawn(
            async move { browser.post(&address, &fields).await.status.as_u16() },
        ));
    }
    let mut statuses = Vec::new();
    for answer in answers {
        statuses.push(answer.await.expect("an answer"));
    }
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [303, 409].contains(status)), "{statuses:?}");
    let (agreed, answered) =
        (world.facts("recovery_agreed").await, world.facts("recovery_answered").await);
    assert_eq!(agreed + answered, 1);
    world.assert_balanced("eight answers at once").await;
});

story!(a_recovery_is_planned_by_who_approves_at_the_organisation_that_pays, world, {
    world.to_recover().await;
    for (seat, status) in [
        (MANAGER, 403),
        (Seat::SECOND_PRACTICE, 403),
        (Seat::OTHER_APPROVER, 404),
        (Seat::COMMISSIONER_VIEW, 403),
    ] {
        world.give_notice(seat, "1", ("31", "7")).await.expect(status);
    }
    assert_eq!(world.facts("recovery_asked").await, 0);
    world.give_notice(Seat::FINANCE, "1", ("31", "7")).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let fields = [("version", "1"), ("reason", "Ours")];
    approver.post(&format!("{PAGE}/recovery/agree"), &fields).await.expect(403);
    approver.post(&format!("{PAGE}/recovery/stand"), &fields).await.expect(404);
    let early = approver.post(&format!("{PAGE}/recovery/keep"), &fields).await;
    early.expect(409).says("The provider has not answered. It has until 30 July 2025.");
});
