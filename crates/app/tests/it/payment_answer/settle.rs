//! Stories of settling by hand: what failed three times is paid another way, and a second person records how.

use super::{FILE, MAKER, SENDER};
use crate::{
    story,
    support::{Page, Seat, World, money::message},
};

const LAST: &str = "D-2025-000002/3";
const FORM: &str = "/payments/failed/settle";

impl World {
    /// The payment of £70.00 to the second practice fails in three files, made by one person and sent by the other.
    async fn fails_three_times(&self) {
        self.file_of_three().await;
        for (number, identity) in ["D-2025-000002", "D-2025-000002/2", LAST].into_iter().enumerate()
        {
            let file = format!("/payments/PF-2025-00000{}", number + 1);
            if number > 0 {
                assert_eq!(self.pay_all(MAKER).await, file);
            }
            self.send(&file).await.expect(303);
            let row = format!("{identity},70.00,rejected,,,Account closed\n");
            self.answer(&file, &row).await.expect(303);
            if number < 2 {
                self.try_again(identity).await.expect(303);
            }
        }
    }

    /// Records that a payment was settled on the day of these stories.
    async fn settle_by_hand(&self, seat: Seat, identity: &str, reference: &str) -> Page {
        self.settle_by_hand_as(seat, identity, (reference, "2", "7", "2025")).await
    }

    /// Sends the form with a reference, a day, a month and a year.
    pub(crate) async fn settle_by_hand_as(
        &self,
        seat: Seat,
        identity: &str,
        (reference, day, month, year): (&str, &str, &str, &str),
    ) -> Page {
        let fields = [
            ("payment", identity),
            ("settled-day", day),
            ("settled-month", month),
            ("settled-year", year),
            ("reference", reference),
            ("reason", "Paid £70.00 from the ledger."),
        ];
        self.sign_in(seat).await.post(FORM, &fields).await
    }
}

story!(a_payment_that_failed_three_times_is_settled_by_hand, world, {
    world.fails_three_times().await;
    let sender = world.sign_in(SENDER).await;
    let list = sender.get("/payments/failed").await;
    list.expect(200).says("Tried 3 times. Settle it by hand");
    let form = list.links(FORM).remove(0);
    let page = sender.get(&form).await;
    page.expect(200).says("Settle D-2025-000002/3 by hand").says("Hill Top Practice (Y00002)");
    page.says("Amount £70.00").says("Last answer The payer could not pay: Account closed");
    assert_eq!(page.value("settled-day"), "2");
    // Who made the last file does not say that it is settled.
    let maker = world.sign_in(MAKER).await;
    maker.get(&form).await.expect(403).says("Another person of finance").says("Lou Webb");
    world
        .settle_by_hand(MAKER, LAST, "CHAPS 12")
        .await
        .expect(403)
        .says("Another person of finance");
    world
        .settle_by_hand(Seat::APPROVER, LAST, "CHAPS 12")
        .await
        .expect(403)
        .says("Finance Management");
    world.settle_by_hand(Seat::OTHER_APPROVER, LAST, "CHAPS 12").await.expect(404);
    world
        .settle_by_hand(SENDER, "D-2025-000001", "CHAPS 12")
        .await
        .expect(403)
        .says("has not failed");
    world.settle_by_hand(SENDER, "D-2025-000002/2", "CHAPS 12").await.expect(403);
    let missing = world.settle_by_hand(SENDER, LAST, " ").await;
    missing
        .expect(422)
        .says("Enter the reference of the payment")
        .says("Paid £70.00 from the ledger.");
    assert_eq!(world.facts("payment_settled").await, 0);
    let done = world.settle_by_hand(SENDER, LAST, "CHAPS 12").await;
    assert_eq!(done.expect(303).location(), "/payments/failed");
    assert!(message(&done).starts_with("D-2025-000002/3 recorded as settled outside the files."));
    sender.get("/payments/failed").await.says("No payment waits here.");
    sender.get("/").await.does_not_say("that failed");
    world.assert_balanced("settling").await;
    assert_eq!(world.balance().await.1["settled"], 7_000);
    let again = world.settle_by_hand(SENDER, LAST, "CHAPS 12").await;
    assert_eq!(
        message(again.expect(303)),
        "This payment has already been settled outside the files."
    );
    world.try_again(LAST).await.expect(409).says("has been settled outside the files");
    // The payer's own answer stays as it was: the same again changes nothing, and money that comes late is named.
    let file = "/payments/PF-2025-000003";
    let same = world.check(file, "D-2025-000002/3,70.00,rejected,,,Account closed\n").await;
    same.says("Everything in this answer was loaded before.");
    let late = world.check(file, "D-2025-000002/3,70.00,paid,2025-07-02,BACS 1,\n").await;
    late.says("settled outside the files on 2 July 2025, reference CHAPS 12");
    sender.get(file).await.says("Settled outside the files").says("reference CHAPS 12");
    let csv = sender.get(&format!("{file}/answers.csv")).await;
    csv.says("70.00,settled,2025-07-02,CHAPS 12,Paid £70.00 from the ledger.");
    assert_eq!(world.facts("payment_settled").await, 1);
    world.assert_history_is_whole().await;
});

story!(a_provider_sees_how_a_payment_was_settled, world, {
    world.fails_three_times().await;
    world.settle_by_hand(SENDER, LAST, "CHAPS 12").await.expect(303);
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    let lines = [("lines", "02/07/2025,CHAPS 12,70.00")];
    provider.post("/payments/bank", &lines).await.says("1 line agrees");
    let page = provider.get("/payments").await;
    page.expect(200)
        .says("Settled outside the files")
        .says("Settled on 2 July 2025, reference CHAPS 12.");
    page.says("Paid £70.00 from the ledger.");
    provider.get("/payments?bank=CHAPS+12").await.says("£70.00");
    let statement = provider.get("/payments/statement").await;
    statement.says("CHAPS 12").says("1 payment, £70.00 in all");
    provider.get("/").await.says("£70.00 paid");
    let declaration = provider.get("/declarations/D-2025-000002").await;
    declaration.says("Settled outside the files on 2 July 2025, reference CHAPS 12: £70.00.");
    let receipts = declaration.links("/declarations/D-2025-000002/receipt");
    let receipt = provider.get(receipts.first().expect("a receipt")).await;
    receipt.expect(200).says("Receipt of a payment settled outside the files").says("CHAPS 12");
    receipt.says("D-2025-000002/3").says("Account closed").says("Recorded by Lou Webb");
    // What people write can name pounds, so a reader without money does not get it.
    let seat = Seat { organisation: "Y00002", ..Seat::PRACTICE_VIEW };
    world.add_seat(seat).await;
    let viewer = world.sign_in(seat).await;
    viewer.get("/payments").await.expect(200).says("reference CHAPS 12").does_not_say("£");
    viewer.get("/declarations/D-2025-000002").await.expect(200).does_not_say("£70");
    provider.get(FILE).await.expect(403);
});

story!(of_many_who_settle_a_payment_at_once_one_does, world, {
    world.fails_three_times().await;
    let mut waiting = Vec::new();
    for number in 0..8 {
        let browser = world.sign_in(SENDER).await;
        waiting.push(tokio::spawn(async move {
            let reference = format!("CHAPS {number}");
            let fields = [
                ("payment", LAST),
                ("settled-day", "2"),
                ("settled-month", "7"),
                ("settled-year", "2025"),
                ("reference", &*reference),
                ("reason", "Paid from the ledger."),
            ];
            browser.post(FORM, &fields).await
        }));
    }
    let mut settled = 0;
    for one in waiting {
        let answer = one.await.expect("an answer");
        settled += u32::from(message(answer.expect(303)).contains("recorded as settled"));
    }
    assert_eq!((settled, world.facts("payment_settled").await), (1, 1));
    world.assert_balanced("settling at once").await;
    world.assert_history_is_whole().await;
});
