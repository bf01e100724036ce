//! Stories of what becomes of a payment after its file is made: sent by a second person, answered by the payer, tried
//! again when it failed, and never paid twice.

mod killed;
mod settle;
pub(crate) mod walk;

use crate::{
    story,
    support::{Page, Seat, World, money::message},
};
use std::collections::BTreeMap;

const HEADER: &str = "payment_reference,amount_gbp,status,paid_on,bank_reference,reason\n";
pub(crate) const FILE: &str = "/payments/PF-2025-000001";

/// Who makes the files, and who sends them.
const MAKER: Seat = Seat::FINANCE;
const SENDER: Seat = Seat::APPROVER_AND_FINANCE;

impl World {
    /// Three approved declarations of two practices in a file: £420.00, £70.00 and £50.00.
    pub(crate) async fn file_of_three(&self) {
        self.blood_tests(&["Y00001", "Y00002"]).await;
        self.count(Seat::PRACTICE_MANAGER, "2025-05-31", 42).await;
        self.count(Seat::SECOND_PRACTICE, "2025-05-31", 7).await;
        self.count(Seat::SECOND_PRACTICE, "2025-06-30", 5).await;
        for seat in [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE] {
            self.declare_all(seat).await.expect(303);
        }
        for seat in [Seat::APPROVER, Seat::FINANCE] {
            self.approve_all(seat).await.expect(303);
        }
        assert_eq!(self.pay_all(MAKER).await, FILE);
    }

    /// The second person marks a file as sent today.
    pub(crate) async fn send(&self, file: &str) -> Page {
        let browser = self.sign_in(SENDER).await;
        let address = format!("{file}/send");
        let page = browser.get(&address).await;
        let fields: Vec<(&str, String)> = ["seen", "sent-day", "sent-month", "sent-year"]
            .into_iter()
            .map(|name| (name, page.expect(200).value(name)))
            .collect();
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&address, &fields).await
    }

    /// The check page of an answer.
    async fn check(&self, file: &str, rows: &str) -> Page {
        let content = format!("{HEADER}{rows}");
        let browser = self.sign_in(SENDER).await;
        browser.upload(&format!("{file}/answer"), "answer.csv", content.as_bytes()).await
    }

    /// Loads what was checked.
    async fn load_checked(&self, file: &str, check: &Page) -> Page {
        let fields = ["name", "seen", "text"].map(|name| (name, check.value(name)));
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.sign_in(SENDER).await.post(&format!("{file}/answer/load"), &fields).await
    }

    pub(crate) async fn answer(&self, file: &str, rows: &str) -> Page {
        let check = self.check(file, rows).await;
        self.load_checked(file, check.expect(200)).await
    }

    /// Ticks a payment that failed and tries it again.
    async fn try_again(&self, identity: &str) -> Page {
        self.sign_in(SENDER).await.post("/payments/failed", &[("payment", identity)]).await
    }

    /// The sum of what a commissioner's finance has approved, and of each place that money is in.
    pub(crate) async fn balance(&self) -> (i64, BTreeMap<String, i64>) {
        #[derive(sqlx::FromRow)]
        struct Sum {
            place: String,
            pence: i64,
        }
        let by = self.actor(Seat::FINANCE).await;
        let mut tx = self.db.read().await.expect("a question");
        let approved: Sum = tx
            .one(
                "SELECT 'approved' AS place, CAST(coalesce(sum(w.amount_pence), 0) AS BIGINT) AS pence
                 FROM (SELECT amount_pence FROM declaration WHERE state = 'approved'
                       UNION ALL SELECT amount_pence FROM correction WHERE counts) w",
                vec![],
            )
            .await
            .expect("a sum");
        let lines: Vec<Sum> = tx
            .all(
                "SELECT w.place, CAST(sum(w.amount_pence) AS BIGINT) AS pence FROM
                     (SELECT CASE WHEN z.position IS NULL THEN l.state ELSE 'settled' END AS place, l.amount_pence
                      FROM payment_line l LEFT JOIN payment_settlement z
                          ON z.payment_file_id = l.payment_file_id AND z.position = l.position
                      WHERE l.state <> 'replaced'
                      UNION ALL SELECT 'planned' AS place, c.amount_pence FROM correction c WHERE c.counts
                          AND NOT EXISTS (SELECT 1 FROM correction_part t WHERE t.correction_id = c.id)
                      UNION ALL SELECT 'not_due' AS place, t.amount_pence FROM correction_part t
                          JOIN correction c ON c.id = t.correction_id
                          WHERE (t.due_on > $1 OR (t.number = 0 AND t.amount_pence < 0 AND EXISTS
                              (SELECT 1 FROM payment_line o LEFT JOIN payment_settlement k
                                   ON k.payment_file_id = o.payment_file_id AND k.position = o.position
                               WHERE o.declaration_id = c.declaration_id AND o.correction_part_id IS NULL
                                 AND o.state = 'failed' AND k.position IS NULL)))
                            AND NOT EXISTS (SELECT 1 FROM payment_line h
                                WHERE h.correction_part_id = t.id AND h.state <> 'replaced'))
                     w GROUP BY w.place",
                vec![self.now().today.into()],
            )
            .await
            .expect("sums");
        let mut places: BTreeMap<String, i64> =
            lines.into_iter().map(|sum| (sum.place, sum.pence)).collect();
        let due = store::payment::due(&mut tx, &by, self.now().today).await.expect("what is due");
        for (place, lines) in [("ready", due.ready), ("held", due.held)] {
            assert!(lines.iter().all(|line| line.payment.state.name() == place), "{place}");
            places.insert(place.into(), lines.iter().map(|line| line.payment.amount.0).sum());
        }
        (approved.pence, places)
    }

    pub(crate) async fn assert_balanced(&self, after: &str) {
        let (approved, places) = self.balance().await;
        assert_eq!(approved, places.values().sum::<i64>(), "after {after}: {places:?}");
    }
}

story!(a_second_person_sends_the_file, world, {
    world.file_of_three().await;
    let maker = world.sign_in(MAKER).await;
    let page = maker.get(FILE).await;
    page.expect(200).says("Not sent").says("You created this payment file. Another person");
    page.says("At NHS Anytown ICB these people can: Lou Webb.").does_not_say("Check and send");
    maker.get(&format!("{FILE}/send")).await.expect(403).says("these people can: Lou Webb.");
    maker.get("/").await.does_not_say("Check and send");
    let sender = world.sign_in(SENDER).await;
    sender.get("/").await.says("Check and send 1 payment file");
    sender.get(FILE).await.says("Check and send");
    let check = sender.get(&format!("{FILE}/send")).await;
    check.expect(200).says("Ana Ruiz created this file.").says("Total £540.00");
    let seen = check.value("seen");
    let form =
        |day, seen| [("seen", seen), ("sent-day", day), ("sent-month", "7"), ("sent-year", "2025")];
    let forged = maker.post(&format!("{FILE}/send"), &form("2", &seen)).await;
    forged.expect(403).says("Another person of finance must check it");
    let send = format!("{FILE}/send");
    sender.post(&send, &form("2", "abc")).await.expect(409).says("not the payment file that you");
    sender.post(&send, &form("3", &seen)).await.expect(422).says("must be today or in the past");
    sender.post(&send, &form("1", &seen)).await.expect(422).says("on or after 2 July 2025");
    sender.post(&send, &form("32", &seen)).await.expect(422).says("Date sent must be a real date");
    assert_eq!(world.facts("payment_sent").await, 0);
    let mut fields = form("2", &seen).to_vec();
    fields.extend([("expected-day", "20"), ("expected-month", "7"), ("expected-year", "2025")]);
    let done = sender.post(&send, &fields).await;
    assert_eq!(done.expect(303).location(), FILE);
    assert!(
        message(&done).starts_with("Payment file PF-2025-000001 marked as sent on 2 July 2025")
    );
    let page = sender.get(FILE).await;
    page.says("Sent to the payer").says("Response 0 of 3 confirmed").says("20 July 2025");
    page.says("Payment file with 3 lines sent to the payer on 2 July 2025: £540.00");
    sender.get("/payments").await.says("0 of 3 confirmed");
    sender.get("/").await.says("Load the payer's answer to 1 payment file");
    sender.get(&send).await.expect(403).says("already been marked as sent");
    let again = sender.post(&send, &form("2", &seen)).await;
    assert_eq!(message(again.expect(303)), "This payment file has already been marked as sent.");
    assert_eq!(world.facts("payment_sent").await, 3);
    assert_eq!(world.facts("payment_file_sent").await, 1);
    world.assert_history_is_whole().await;
});

story!(of_many_who_send_a_file_at_once_one_does, world, {
    world.file_of_three().await;
    let page = world.sign_in(SENDER).await.get(&format!("{FILE}/send")).await;
    let seen = page.value("seen");
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let (browser, seen) = (world.sign_in(SENDER).await, seen.clone());
        waiting.push(tokio::spawn(async move {
            let form =
                [("seen", &*seen), ("sent-day", "2"), ("sent-month", "7"), ("sent-year", "2025")];
            browser.post(&format!("{FILE}/send"), &form).await
        }));
    }
    let mut sent = 0;
    for one in waiting {
        let answer = one.await.expect("an answer");
        sent += u32::from(message(answer.expect(303)).starts_with("Payment file PF"));
    }
    assert_eq!((sent, world.facts("payment_file_sent").await), (1, 1));
    assert_eq!(world.facts("payment_sent").await, 3);
});

/// The payer's answer to the three: one paid, one rejected, one paid.
const ROWS: &str = "D-2025-000001,420.00,paid,2025-07-02,BACS 0207,\n\
                    D-2025-000002,70.00,rejected,,,Account closed\n\
                    D-2025-000003,50,paid,02/07/2025,BACS 0207,\n";

story!(an_answer_is_checked_before_anything_of_it_is_kept, world, {
    world.file_of_three().await;
    let sender = world.sign_in(SENDER).await;
    let before = sender.upload(&format!("{FILE}/answer"), "a.csv", b"x").await;
    before.expect(403).says("has not been marked as sent, so it cannot have an answer yet");
    world.send(FILE).await.expect(303);
    let ask = sender.get(&format!("{FILE}/answer")).await;
    ask.expect(200).says("0 of 3 confirmed").says("payment_reference").says("bank_reference");
    let blank = sender.get(&format!("{FILE}/to-answer.csv")).await;
    assert_eq!(
        blank.html,
        format!(
            "{HEADER}D-2025-000001,420.00,,,,\nD-2025-000002,70.00,,,,\nD-2025-000003,50.00,,,,\n"
        )
    );
    let nothing = sender.upload(&format!("{FILE}/answer"), "a.csv", b"").await;
    nothing.expect(422).says("Select the payer's file, or paste what is in it");
    let bad = world.check(FILE, "D-1,4.205,gone,,,\nD-2025-000002,70.00,rejected,,,\n").await;
    bad.expect(422).says("The answer has 4 problems, so nothing of it was loaded");
    bad.says("2 payment_reference \"D-1\"").says("2 amount_gbp \"4.205\"");
    bad.says("2 status \"gone\" paid or rejected").says("3 reason nothing");
    let binary = sender.upload(&format!("{FILE}/answer"), "a.xlsx", b"PK\x03\x04\0\0").await;
    binary.expect(422).says("a file that is no text");
    let rows = format!(
        "{ROWS}D-2025-000009,1.00,paid,2025-07-02,B,\nD-2025-000003/2,50.00,paid,2025-07-02,B,\n"
    );
    let check = world.check(FILE, &rows).await;
    check.expect(200).says("This is from answer.csv. Nothing has been loaded yet.");
    check.says("Paid 2, £470.00").says("Rejected, with a reason 1, £70.00");
    check.says("Not found, not loaded 2").says("2 lines of the answer are not loaded.");
    check.says("5 D-2025-000009 £1.00").says("No payment of this file has this reference.");
    check.says("Without an answer after this 0");
    check.says("3 D-2025-000002 £70.00 Rejected: Account closed").says("Load answer of 3 payments");
    assert_eq!(world.facts("payment_confirmed").await, 0);
    let done = world.load_checked(FILE, &check).await;
    assert_eq!(done.expect(303).location(), FILE);
    assert_eq!(message(&done), "Answer loaded: 2 paid, 1 failed. 2 lines not loaded.");
    let page = sender.get(FILE).await;
    page.says("Response 2 of 3 confirmed, 1 failed").says("Answered");
    page.says("Answer of the payer loaded from answer.csv: 2 paid, 1 failed, 2 not loaded");
    page.says("The payer could not pay: Account closed").says("Paid (2)");
    let failed = sender.get(&format!("{FILE}?status=failed")).await;
    failed.says("D-2025-000002").says("Showing 1 to 1 of 1.").does_not_say("D-2025-000003");
    let csv = sender.get(&format!("{FILE}/answers.csv")).await;
    assert_eq!(
        csv.expect(200).html.lines().skip(1).collect::<Vec<_>>(),
        [
            "PF-2025-000001,D-2025-000001,Y00001,Riverside Surgery,BLD2526,2025-05-31,420.00,paid,2025-07-02,BACS 0207,",
            "PF-2025-000001,D-2025-000002,Y00002,Hill Top Practice,BLD2526,2025-05-31,70.00,failed,,,Account closed",
            "PF-2025-000001,D-2025-000003,Y00002,Hill Top Practice,BLD2526,2025-06-30,50.00,paid,2025-07-02,BACS 0207,",
        ]
    );
    assert_eq!(world.facts("payment_confirmed").await, 2);
    assert_eq!(world.facts("payment_failed").await, 1);
    assert_eq!(world.facts("payment_answer_loaded").await, 1);
    world.assert_balanced("an answer").await;
    world.assert_history_is_whole().await;
});

story!(a_pasted_answer_is_an_answer, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let sender = world.sign_in(SENDER).await;
    let text = format!("{HEADER}{ROWS}");
    let address = format!("{FILE}/answer");
    let check = sender.send_file(&address, &[("text", &text)], "", b"").await;
    check.expect(200).says("This is from pasted text.").says("Load answer of 3 payments");
    world.load_checked(FILE, &check).await.expect(303);
    sender.get(FILE).await.says("2 of 3 confirmed, 1 failed");
});

story!(an_answer_larger_than_a_usual_form_is_taken_whole, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let others: String = (100_000..119_990)
        .map(|number| format!("D-2025-{number},420.00,paid,2025-07-02,BACS 0207 OF THE PAYER,\n"))
        .collect();
    let check = world.check(FILE, &format!("{ROWS}{others}")).await;
    check.expect(200).says("Not found, not loaded 19,990").says("the first 200 of 19,990");
    let done = world.load_checked(FILE, &check).await;
    assert_eq!(
        message(done.expect(303)),
        "Answer loaded: 2 paid, 1 failed. 19,990 lines not loaded."
    );
    let too_large = "x".repeat(5 << 20);
    let sender = world.sign_in(SENDER).await;
    let refused = sender.upload(&format!("{FILE}/answer"), "a.csv", too_large.as_bytes()).await;
    refused.expect(413);
});

story!(the_same_answer_twice_changes_nothing, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let check = world.check(FILE, ROWS).await;
    world.load_checked(FILE, &check).await.expect(303);
    let again = world.check(FILE, ROWS).await;
    again.expect(200).says("Loaded before, nothing to do 3").does_not_say("Load answer of");
    again.says("Everything in this answer was loaded before. There is nothing to do.");
    let done = world.load_checked(FILE, &check).await;
    let nothing = "Nothing has changed, because this answer was loaded before.";
    assert_eq!(message(done.expect(303)), nothing);
    assert_eq!(world.facts("payment_confirmed").await, 2);
    assert_eq!(world.facts("payment_failed").await, 1);
    assert_eq!(world.facts("payment_answer_loaded").await, 1);
    assert_eq!(messages(&world).await, 3, "nobody is told twice");
});

story!(an_answer_that_says_something_else_is_refused_and_named, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    world.answer(FILE, ROWS).await.expect(303);
    let other = "D-2025-000001,420.00,rejected,,,Account closed\n\
                 D-2025-000002,70.00,paid,2025-07-02,BACS 0207,\n\
                 D-2025-000003,50.00,paid,2025-07-02,BACS 0208,\n";
    let check = world.check(FILE, other).await;
    check.expect(200).says("Answered differently before, not loaded 3");
    check.says("another answer: paid on 2 July 2025, bank reference BACS 0207.");
    check
        .says("another answer: rejected, Account closed.")
        .says("Nothing of this answer can be loaded.");
    let text = format!("{HEADER}{other}");
    let form = [("name", "x"), ("seen", "x"), ("text", &*text)];
    let sender = world.sign_in(SENDER).await;
    let forced = sender.post(&format!("{FILE}/answer/load"), &form).await;
    forced.expect(409).says("None of these answers can be loaded.");
    assert_eq!(world.facts("payment_confirmed").await, 2);
});

story!(what_is_wrong_with_a_line_leaves_only_that_line_out, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let rows = "D-2025-000001,420.01,paid,2025-07-02,B,\n\
                D-2025-000002,70.00,paid,2025-07-02,B,\n\
                D-2025-000002,70.00,paid,2025-07-02,B,\n\
                D-2025-000003,50.00,paid,2025-07-02,B,\n";
    let check = world.check(FILE, rows).await;
    check.expect(200).says("Amount differs, not loaded 1").says("The payment is of £420.00.");
    check.says("More than once in the answer, not loaded 2").says("Load answer of 1 payment");
    world.load_checked(FILE, &check).await.expect(303);
    let rows = "D-2025-000001,420.00,paid,2025-07-03,B,\nD-2025-000002,70.00,paid,2025-07-01,B,\n";
    let check = world.check(FILE, rows).await;
    check.says("The date is after today, 2 July 2025.").says("The file was sent on 2 July 2025");
    world.assert_balanced("a bad answer").await;
});

story!(an_answer_is_loaded_only_as_it_was_checked, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let check = world.check(FILE, ROWS).await;
    let (seen, text) = (check.value("seen"), check.value("text"));
    let sender = world.sign_in(SENDER).await;
    let load = format!("{FILE}/answer/load");
    // A line that was altered after the check.
    let altered = text.replace("rejected,,,Account closed", "paid,2025-07-02,BACS 0207,");
    assert!(altered != text, "something was altered");
    let answer = sender.post(&load, &[("seen", &seen), ("text", &altered)]).await;
    answer.expect(409).says("The payments changed while you were looking at the answer.");
    // A payment that moved after the check.
    world.answer(FILE, "D-2025-000001,420.00,rejected,,,Closed\n").await.expect(303);
    let late = world.load_checked(FILE, &check).await;
    late.expect(409).says("Answered differently before, not loaded 1");
    sender.post(&load, &[("seen", &seen), ("text", "nonsense")]).await.expect(400);
    assert_eq!(world.facts("payment_confirmed").await, 0);
    assert_eq!(world.facts("payment_failed").await, 1);
});

story!(of_many_who_load_an_answer_at_once_one_does, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let check = world.check(FILE, ROWS).await;
    let fields = ["name", "seen", "text"].map(|name| (name, check.value(name)));
    let mut waiting = Vec::new();
    for seat in [SENDER, MAKER].into_iter().cycle().take(10) {
        let (browser, fields) = (world.sign_in(seat).await, fields.clone());
        waiting.push(tokio::spawn(async move {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.post(&format!("{FILE}/answer/load"), &fields).await
        }));
    }
    let mut said: BTreeMap<String, u32> = BTreeMap::new();
    for one in waiting {
        let answer = one.await.expect("an answer");
        *said.entry(message(answer.expect(303))).or_default() += 1;
    }
    assert_eq!(said.get("Answer loaded: 2 paid, 1 failed."), Some(&1), "{said:?}");
    assert_eq!(said.values().sum::<u32>(), 10);
    assert_eq!(world.facts("payment_confirmed").await, 2);
    assert_eq!(world.facts("payment_answer_loaded").await, 1);
    assert_eq!(messages(&world).await, 3);
    world.assert_history_is_whole().await;
});

/// How many messages there are.
async fn messages(world: &World) -> i64 {
    #[derive(sqlx::FromRow)]
    struct Count {
        count: i64,
    }
    let mut tx = world.db.read().await.expect("a question");
    let row: Count = tx
        .one("SELECT count(*) AS count FROM message WHERE link LIKE '/payments%' OR link LIKE '/declarations%'", vec![])
        .await
        .expect("a count");
    row.count
}

story!(a_failure_is_told_to_finance_and_to_the_provider, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let rows = "D-2025-000002,70.00,rejected,,,Account closed\n\
                D-2025-000003,50.00,rejected,,,Account closed\n";
    world.answer(FILE, rows).await.expect(303);
    for seat in [Seat::FINANCE, Seat::APPROVER_AND_FINANCE] {
        let browser = world.sign_in(seat).await;
        browser.get("/messages").await.says("2 payments of PF-2025-000001 failed");
        browser.get("/").await.says("See 2 payments that failed");
    }
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    provider.get("/messages").await.says("2 payments to you failed").does_not_say("£");
    for seat in [Seat::PRACTICE_MANAGER, Seat::APPROVER, Seat::OTHER_APPROVER] {
        world.sign_in(seat).await.get("/messages").await.does_not_say("failed");
    }
    assert_eq!(messages(&world).await, 3);
});

story!(a_failed_payment_is_tried_again_under_a_new_identity_at_most_three_times, world, {
    world.file_of_three().await;
    let identities = ["D-2025-000002", "D-2025-000002/2", "D-2025-000002/3"];
    let sender = world.sign_in(SENDER).await;
    for (number, identity) in identities.into_iter().enumerate() {
        let file = format!("/payments/PF-2025-00000{}", number + 1);
        if number > 0 {
            assert_eq!(world.pay_all(MAKER).await, file);
            let csv = sender.get(&format!("{file}.csv")).await;
            let name = file.trim_start_matches("/payments/");
            csv.says(&format!("LINE,{name},{identity},Y00002,")).says(",1,,,,,,70.00");
        }
        world.send(&file).await.expect(303);
        let first = "D-2025-000002,70.00,paid,2025-07-02,BACS 1,\n";
        if number > 0 {
            // The payer cannot mean the first try any more.
            world.check(&file, first).await.says("Not found, not loaded 1");
            let old = world.check(FILE, first).await;
            old.says("another answer: rejected, Account closed.");
        }
        world
            .answer(&file, &format!("{identity},70.00,rejected,,,Account closed\n"))
            .await
            .expect(303);
        world.assert_balanced(identity).await;
        let list = sender.get("/payments/failed").await;
        list.expect(200).says(identity).says("The payer could not pay: Account closed");
        let again = world.try_again(identity).await;
        if number < 2 {
            assert_eq!(message(again.expect(303)), "1 payment goes into the next payment file.");
            let twice = world.try_again(identity).await;
            twice.expect(409).says("This payment has not failed, so it cannot be tried again.");
            sender.get("/payments").await.says("1 declaration ready to pay, £70.00 in all.");
        } else {
            again
                .expect(409)
                .says("It cannot go into another file: settle it with the provider by hand.");
            list.says("Tried 3 times. Settle it by hand");
            assert!(list.values("payment").is_empty(), "it cannot be ticked");
        }
        world.assert_balanced("trying again").await;
    }
    let page = sender.get("/declarations/D-2025-000002").await;
    page.says("Put in a payment file, try 3").says("Payment failed, try 2: Account closed");
    page.says("PF-2025-000003").says(", as D-2025-000002/3");
    assert_eq!(world.facts("payment_tried_again").await, 2);
    world.try_again("").await.expect(404);
    world.try_again("D-2025-000099").await.expect(404);
    let none = sender.post("/payments/failed", &[]).await;
    none.expect(422).says("Select at least 1 payment to try again");
    world.assert_history_is_whole().await;
});

story!(a_provider_finds_a_bank_credit_and_a_failure_in_plain_words, world, {
    world.file_of_three().await;
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    provider.get("/payments").await.says("In payment file").does_not_say("Sent on");
    world.send(FILE).await.expect(303);
    provider.get("/payments").await.says("Sent to the payer").says("Sent on 2 July 2025.");
    let rows = "D-2025-000001,420.00,rejected,,,Account closed\n\
                D-2025-000002,70.00,paid,2025-07-02,BACS 0207,\n\
                D-2025-000003,50.00,paid,2025-07-02,BACS 0207,\n";
    world.answer(FILE, rows).await.expect(303);
    provider.get("/").await.says("£0.00 in payment files £120.00 paid");
    let list = provider.get("/payments").await;
    list.says("Paid on 2 July 2025, bank reference BACS 0207.");
    let found = provider.get("/payments?bank=BACS+0207").await;
    found.expect(200).says("Payments with bank reference BACS 0207").says("In all £120.00");
    let none = provider.get("/payments?bank=%3Cb%3E").await;
    none.expect(200).says("No payment to Hill Top Practice has the bank reference <b>.");
    let page = provider.get("/declarations/D-2025-000003").await;
    page.says("Payments with bank reference BACS 0207")
        .says("D-2025-000002")
        .says("In all £120.00");
    page.says("Paid on 2 July 2025, bank reference BACS 0207: £50.00");
    let other = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let page = other.get("/declarations/D-2025-000001").await;
    page.says("Payment failed").says("The payer could not pay: Account closed");
    page.does_not_say("can go into a payment file");
    page.does_not_say("BACS 0207");
    other.get("/declarations/D-2025-000003").await.expect(404);
    let viewer = world.sign_in(Seat::PRACTICE_VIEW).await;
    viewer.get("/declarations/D-2025-000001").await.expect(200).does_not_say("£");
    viewer.get("/payments?bank=BACS+0207").await.expect(200).does_not_say("£");
});

story!(a_credit_shows_only_what_is_the_provider_s_own, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    // Two providers with one bank reference, as a payer that numbers its runs would write it.
    world.answer(FILE, ROWS).await.expect(303);
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    let page = provider.get("/declarations/D-2025-000003").await;
    page.says("Paid on 2 July 2025, bank reference BACS 0207").does_not_say("D-2025-000001");
    page.does_not_say("£470.00").does_not_say("£420.00");
    let by = world.actor(Seat::SECOND_PRACTICE).await;
    let mut tx = world.db.read().await.unwrap();
    let credit = store::payment::in_credit(&mut tx, "BACS 0207", &by).await.unwrap();
    assert_eq!(credit.len(), 1);
    let viewer = world.actor(Seat::PRACTICE_VIEW).await;
    let credit = store::payment::in_credit(&mut tx, "BACS 0207", &viewer).await.unwrap();
    assert!(credit.is_empty(), "who may not see money sees no credit");
});

story!(a_region_reads_and_neither_sends_nor_answers, world, {
    world.file_of_three().await;
    world.add_seat(Seat::REGION).await;
    let region = world.sign_in(Seat::REGION).await;
    region.get(FILE).await.expect(200).says("This file waits for NHS Anytown ICB to send it.");
    region.get(&format!("{FILE}/send")).await.expect(404);
    let form = [("seen", "x"), ("sent-day", "2"), ("sent-month", "7"), ("sent-year", "2025")];
    region.post(&format!("{FILE}/send"), &form).await.expect(404);
    world.send(FILE).await.expect(303);
    region.get(&format!("{FILE}/answer")).await.expect(404);
    let by = world.actor(Seat::REGION).await;
    let mut tx = world.db.read().await.unwrap();
    let checked = store::payment::check(&mut tx, "PF-2025-000001", vec![], &by, &world.now()).await;
    assert!(matches!(checked, Err(store::Failed::Other(store::StoreError::NotFound))));
    drop(tx);
    world.answer(FILE, ROWS).await.expect(303);
    region.get("/payments").await.says("2 of 3 confirmed, 1 failed");
    region.get("/payments/failed").await.says("D-2025-000002").does_not_say("Try selected");
    region.post("/payments/failed", &[("payment", "D-2025-000002")]).await.expect(404);
    assert_eq!(world.facts("payment_tried_again").await, 0);
});

story!(another_commissioner_or_role_finds_nothing_to_send_or_answer, world, {
    world.file_of_three().await;
    let elsewhere = world.sign_in(Seat::OTHER_APPROVER).await;
    for address in ["send", "answer", "answers.csv", "to-answer.csv"] {
        elsewhere.get(&format!("{FILE}/{address}")).await.expect(404);
    }
    let sending = [("seen", "x"), ("sent-day", "2"), ("sent-month", "7"), ("sent-year", "2025")];
    elsewhere.post(&format!("{FILE}/send"), &sending).await.expect(404);
    world.send(FILE).await.expect(303);
    let content = format!("{HEADER}{ROWS}");
    elsewhere.upload(&format!("{FILE}/answer"), "a.csv", content.as_bytes()).await.expect(404);
    let form = [("seen", "x"), ("text", &*content)];
    elsewhere.post(&format!("{FILE}/answer/load"), &form).await.expect(404);
    world.answer(FILE, ROWS).await.expect(303);
    elsewhere.post("/payments/failed", &[("payment", "D-2025-000002")]).await.expect(404);
    elsewhere.get("/payments/failed").await.expect(200).does_not_say("D-2025");
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get(FILE).await.expect(200).does_not_say("Load the payer's answer");
    approver.get("/payments/failed").await.expect(200).does_not_say("Try selected");
    for address in ["send", "answer"] {
        let page = approver.get(&format!("{FILE}/{address}")).await;
        page.expect(403).says("Finance Management");
    }
    approver.post("/payments/failed", &[("payment", "D-2025-000002")]).await.expect(403);
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    provider.get(&format!("{FILE}/answer")).await.expect(403);
    provider.get("/payments/failed").await.expect(403);
    assert_eq!(world.facts("payment_tried_again").await, 0);
});

story!(the_database_itself_refuses_two_live_lines, world, {
    world.file_of_three().await;
    let copy = "INSERT INTO payment_line (payment_file_id, position, declaration_id, amount_pence, attempt, state)
         SELECT payment_file_id, position + 10, declaration_id, amount_pence, 2, 'in_file' FROM payment_line";
    let mut tx = world.db.write().await.unwrap();
    assert!(tx.execute(copy, vec![]).await.unwrap_err().is_duplicate());
    drop(tx);
    let mut tx = world.db.write().await.unwrap();
    tx.script("UPDATE payment_line SET state = 'replaced'").await.unwrap();
    tx.execute(copy, vec![]).await.expect("a second try of what made room for it");
    let again = copy.replace("+ 10", "+ 20").leak();
    assert!(tx.execute(again, vec![]).await.unwrap_err().is_duplicate());
});
