//! Stories of corrections after the lock: supplementary and reversing declarations, from asking to the payment file.

mod recovery;
pub(crate) mod walk;

use crate::{
    payment_answer::FILE,
    story,
    support::{Page, Seat, World, money::message},
};
use domain::Role;

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
/// Who asks for the commissioner, so that the approver and finance are other people.
const ASKER: Seat = Seat::APPROVER_AND_FINANCE;
const SECOND: Seat =
    Seat { name: "Nadia Quinn", organisation: "QAA", roles: &[Role::SecondApproval] };
pub(crate) const C1: &str = "CR-2025-000001";

impl World {
    /// The reference of a provider's first declaration that a file holds or finance has approved.
    pub(crate) async fn locked(&self, seat: Seat) -> String {
        let page = self.sign_in(seat).await.get("/payments").await;
        let address = page.links("/declarations/D-").remove(0);
        address.rsplit('/').next().expect("a reference").to_owned()
    }

    /// Asks for a correction of a declaration as the form shows it.
    pub(crate) async fn correct(
        &self,
        seat: Seat,
        declaration: &str,
        (direction, amount): (&str, &str),
    ) -> Page {
        let browser = self.sign_in(seat).await;
        let address = format!("/declarations/{declaration}/correct");
        let seen = browser.get(&address).await.expect(200).values("seen");
        let seen = seen.first().cloned().unwrap_or_default();
        let fields = [
            ("direction", direction),
            ("amount", amount),
            ("reason", "5 tests were counted twice."),
            ("evidence", "audit.pdf"),
            ("seen", &*seen),
        ];
        browser.post(&address, &fields).await
    }

    /// Does something with a correction, or with its recovery (`recovery/keep`), as the page shows it.
    pub(crate) async fn press(&self, seat: Seat, correction: &str, act: &str) -> Page {
        let browser = self.sign_in(seat).await;
        let form = act.split('/').next_back().unwrap_or(act);
        let has_form = ["disagree", "refuse", "propose", "dispute", "drop"].contains(&form);
        let page = match has_form {
            true => browser.get(&format!("/corrections/{correction}/{act}")).await,
            false => browser.get(&format!("/corrections/{correction}")).await,
        };
        let version = page.expect(200).values("version").last().cloned().unwrap_or("1".into());
        let fields = [("version", &*version), ("reason", "We looked at it again.")];
        browser.post(&format!("/corrections/{correction}/{act}"), &fields).await
    }

    /// Everybody agrees to a correction that the commissioner asked for.
    pub(crate) async fn agree_and_approve(&self, correction: &str) {
        self.press(MANAGER, correction, "agree").await.expect(303);
        for seat in [Seat::APPROVER, Seat::FINANCE] {
            self.press(seat, correction, "approve").await.expect(303);
        }
    }

    /// Three payments in a file that was sent and of which all are paid.
    pub(crate) async fn all_paid(&self) -> String {
        self.file_of_three().await;
        self.pay_file(FILE).await;
        self.locked(MANAGER).await
    }

    /// Sends a file, and the payer pays everything in it.
    pub(crate) async fn pay_file(&self, file: &str) {
        self.send(file).await.expect(303);
        let blank = self.sign_in(ASKER).await.get(&format!("{file}/to-answer.csv")).await;
        let today = self.now().today;
        let rows: String = (blank.expect(200).html.lines().skip(1))
            .map(|row| format!("{},paid,{today},BACS 9,\n", row.trim_end_matches(',')))
            .collect();
        self.answer(file, &rows).await.expect(303);
    }
}

story!(a_supplementary_declaration_is_agreed_approved_and_paid_beside_the_original, world, {
    let declaration = world.all_paid().await;
    let original = format!("/declarations/{declaration}");
    let asker = world.sign_in(ASKER).await;
    asker.get(&original).await.says("Ask for a correction");
    let asked = world.correct(ASKER, &declaration, ("supplementary", "50.00")).await;
    assert_eq!(asked.expect(303).location(), format!("/corrections/{C1}"));
    assert_eq!(
        message(&asked),
        "Correction CR-2025-000001 asked for. The provider must say whether it is right."
    );
    // The provider hears of it, and nobody approves before it has agreed.
    let provider = world.sign_in(MANAGER).await;
    provider.get("/").await.says("Answer 1 correction");
    provider.get("/messages").await.says("Correction asked for: Blood tests near home");
    let early = world.press(Seat::APPROVER, C1, "approve").await;
    early.expect(409).says("A supplementary declaration needs its agreement.");
    let page = provider.get(&format!("/corrections/{C1}")).await;
    page.says("Amount £50.00")
        .says("It would stand at £470.00")
        .says("5 tests were counted twice.");
    world.press(MANAGER, C1, "agree").await.expect(303);
    // Whoever asked does not approve.
    let own = world.press(ASKER, C1, "approve").await;
    own.expect(409)
        .says("You asked for this correction. Another person must agree to it and approve it.");
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get("/").await.says("Approve 1 correction");
    world.press(Seat::APPROVER, C1, "approve").await.expect(303);
    let page = approver.get(&format!("/corrections/{C1}")).await;
    page.says("Awaiting Finance Approval").does_not_say("Approve £50.00");
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/").await.says("Approve for finance 1 correction");
    world.press(Seat::FINANCE, C1, "approve").await.expect(303);
    // It has a line of its own in the next file, and the original says what it stands at.
    finance.get("/").await.says("Create a payment file for 1 payment declaration");
    let file = world.pay_all(Seat::FINANCE).await;
    finance.get(&file).await.says("CR-2025-000001").says("£50.00");
    provider.get("/payments").await.says("Corrections and recoveries on their way");
    world.pay_file(&file).await;
    let page = provider.get(&original).await;
    page.says("Originally £420.00, corrected by £50.00 on 2 July 2025, now £470.00.");
    page.says("Supplementary declaration CR-2025-000001").says("Correction approved by finance");
    page.says("CR-2025-000001: Paid on 2 July 2025, bank reference BACS 9");
    let page = provider.get(&format!("/corrections/{C1}")).await;
    page.says("Approved").says("Paid on 2 July 2025, bank reference BACS 9.");
    provider.get("/payments/statement").await.says("CR-2025-000001").says("£470.00");
    // Home counts both, and the page of payments says what makes the difference.
    provider.get("/").await.says("£470.00 paid");
    let payments = provider.get("/payments").await;
    payments.says("£420.00 in all. Corrections in payment files come to £50.00 besides.");
    let report = provider.get("/achievement/summary?service=BLD2526").await;
    report.says("With the corrections after the lock: £470.00");
    report.says("Originally £420.00, corrected by £50.00 on 2 July 2025, now £470.00.");
    let file = provider.get("/achievement/summary.csv?service=BLD2526").await.html;
    assert!(file.contains("CORRECTED,") && file.contains("TOTAL_CORRECTED,"), "{file}");
    let results = provider.get("/achievement").await;
    let own = results.links("/achievement/").into_iter().find(|link| link.len() > 40);
    let page = provider.get(&own.expect("an achievement")).await;
    page.says("Originally £420.00, corrected by £50.00");
    // The original was not touched: its own line, its amount and its receipts are as they were.
    let row = finance.get(&original).await;
    row.says("Amount £420.00").says("Receipt: Approved by finance").does_not_say("Amount £470.00");
    for kind in ["correction_asked", "correction_answered", "correction_finance_approved"] {
        assert_eq!(world.facts(kind).await, 1, "{kind}");
    }
    world.assert_history_is_whole().await;
});

story!(every_step_of_a_correction_leaves_a_receipt_that_proves, world, {
    let declaration = world.all_paid().await;
    world.correct(ASKER, &declaration, ("supplementary", "50.00")).await.expect(303);
    world.agree_and_approve(C1).await;
    let file = world.pay_all(Seat::FINANCE).await;
    world.pay_file(&file).await;
    let provider = world.sign_in(MANAGER).await;
    let receipt = |number| format!("/declarations/{declaration}/receipt?number={number}");
    let headings = [
        (5, "Receipt of an agreement to a correction"),
        (6, "Receipt of an approval of a correction"),
        (7, "Receipt of a financial approval of a correction"),
        (8, "Receipt of a payment"),
    ];
    for (number, heading) in headings {
        let page = provider.get(&receipt(number)).await;
        page.expect(200).says(heading).says("Amount £50.00").says("CR-2025-000001");
        let text = format!("/declarations/{declaration}/receipt.txt?number={number}");
        let text = provider.get(&text).await.html;
        let (is_same, told) = crate::receipt::verify(&world, text.as_bytes()).await;
        assert!(is_same, "{heading}: {told}");
        let forged = text.replace("£50.00", "£90.00");
        assert!(!crate::receipt::verify(&world, forged.as_bytes()).await.0, "{heading}");
    }
    let page = provider.get(&receipt(7)).await;
    page.says("Correction agreed by the provider Sam Ahmed");
    page.says("The declaration stood at £420.00").says("Evidence audit.pdf");
    world.assert_history_is_whole().await;
});

story!(a_provider_that_asks_has_declared_with_it, world, {
    let declaration = world.all_paid().await;
    let asked = world.correct(MANAGER, &declaration, ("supplementary", "1050.505")).await;
    asked.expect(422).says("Enter an amount above zero, in pounds and pence");
    let asked = world.correct(MANAGER, &declaration, ("supplementary", "£1,050.50")).await;
    assert_eq!(
        message(asked.expect(303)),
        "Correction CR-2025-000001 asked for. The commissioner must approve it."
    );
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get(&format!("/corrections/{C1}")).await.says("The provider Agreed: Sam Ahmed");
    world.press(Seat::APPROVER, C1, "approve").await.expect(303);
    // Finance decides against it: it changes nothing, and can be asked for again.
    world.press(Seat::FINANCE, C1, "refuse").await.expect(303);
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get(&format!("/corrections/{C1}")).await;
    page.says("Refused").says("We looked at it again.");
    provider.get(&format!("/declarations/{declaration}")).await.does_not_say("Originally");
    world.correct(MANAGER, &declaration, ("supplementary", "10.00")).await.expect(303);
    world.press(MANAGER, "CR-2025-000002", "withdraw").await.expect(303);
    let page = provider.get("/corrections").await;
    page.says("Withdrawn").says("Refused").says("1 to 2 of 2 corrections");
});

story!(a_larger_correction_needs_a_second_person, world, {
    world.add_seat(SECOND).await;
    let declaration = world.all_paid().await;
    world.correct(ASKER, &declaration, ("supplementary", "15000.00")).await.expect(303);
    world.press(MANAGER, C1, "agree").await.expect(303);
    world.press(Seat::APPROVER, C1, "approve").await.expect(303);
    let early = world.press(Seat::FINANCE, C1, "approve").await;
    early.expect(409).says("A second person must approve this for the commissioner first");
    let second = world.sign_in(SECOND).await;
    second.get("/").await.says("Approve a second time 1 correction");
    world.press(SECOND, C1, "approve").await.expect(303);
    world.press(Seat::FINANCE, C1, "approve").await.expect(303);
    second.get(&format!("/corrections/{C1}")).await.says("Second approval Nadia Quinn");
});

story!(no_more_is_taken_back_than_stands_and_what_is_not_locked_is_not_corrected, world, {
    let declaration = world.all_paid().await;
    let asker = world.sign_in(ASKER).await;
    let address = format!("/declarations/{declaration}/correct");
    let more = world.correct(ASKER, &declaration, ("reversing", "420.01")).await;
    more.expect(422).says("The declaration stands at £420.00, so no more than that can be taken");
    assert_eq!(more.value("amount"), "420.01", "what was typed stays");
    for (fields, why) in [
        ([("direction", ""), ("amount", "1.00"), ("reason", "x")], "Select whether more is owed"),
        ([("direction", "reversing"), ("amount", "ten"), ("reason", "x")], "Enter an amount above"),
        ([("direction", "reversing"), ("amount", "1.00"), ("reason", " ")], "Enter a reason"),
        (
            [("direction", "reversing"), ("amount", "1.00"), ("reason", "Patient 943 476 5919")],
            "looks like an NHS number",
        ),
    ] {
        let mut fields = fields.to_vec();
        fields.push(("seen", "42000"));
        asker.post(&address, &fields).await.expect(422).says(why);
    }
    // Over an amount that is not the one that stands, nothing is asked for.
    let stale =
        [("direction", "reversing"), ("amount", "1.00"), ("reason", "x"), ("seen", "41000")];
    asker.post(&address, &stale).await.expect(409).says("The declaration stands at £420.00 now.");
    // What finance has not approved can still be changed itself.
    world.count(MANAGER, "2025-06-30", 3).await;
    let open = world.sign_in(MANAGER).await;
    let list = open.get("/achievement/declare").await;
    let reference = list.values("declaration").remove(0);
    let page = open.get(&format!("/declarations/{reference}/correct")).await;
    page.expect(200).says("Finance has not approved this declaration, so it is not locked.");
    open.get(&format!("/declarations/{reference}")).await.does_not_say("Ask for a correction");
    let fields = [("direction", "reversing"), ("amount", "1"), ("reason", "x"), ("seen", "3000")];
    let forged = open.post(&format!("/declarations/{reference}/correct"), &fields).await;
    forged.expect(409).says("so it is not locked");
    assert_eq!(world.facts("correction_asked").await, 0);
});

story!(a_correction_is_for_its_two_sides_and_their_roles, world, {
    let declaration = world.all_paid().await;
    world.correct(ASKER, &declaration, ("reversing", "50.00")).await.expect(303);
    let address = format!("/corrections/{C1}");
    for seat in [Seat::SECOND_PRACTICE, Seat::FOREIGN_PRACTICE, Seat::OTHER_APPROVER] {
        let browser = world.sign_in(seat).await;
        browser.get(&address).await.expect(404);
        browser.get(&format!("/declarations/{declaration}/correct")).await.expect(404);
        let fields = [("version", "1"), ("reason", "Mine")];
        browser.post(&format!("{address}/agree"), &fields).await.expect(404);
        browser.get("/corrections").await.does_not_say(C1);
    }
    // A network has nothing to do with the declarations of its practices.
    world.sign_in(Seat::NETWORK_MANAGER).await.get(&address).await.expect(404);
    let view = world.sign_in(Seat::PRACTICE_VIEW).await;
    let page = view.get(&address).await;
    page.expect(200).does_not_say("£50").does_not_say("5 tests were counted twice.");
    view.get(&format!("/declarations/{declaration}/correct")).await.expect(403);
    view.post(&format!("{address}/agree"), &[("version", "1")]).await.expect(403);
    // A region reads what its ICBs do and acts for none of them.
    world.add_seat(Seat::REGION).await;
    let region = world.sign_in(Seat::REGION).await;
    region.get(&address).await.expect(200).does_not_say("Withdraw this correction");
    let refused = region.post(&format!("{address}/withdraw"), &[("version", "1")]).await;
    refused.expect(409).says("The side that asked for this correction can withdraw it");
    // The other side does not withdraw it either.
    let provider = world.sign_in(MANAGER).await;
    provider.post(&format!("{address}/withdraw"), &[("version", "1")]).await.expect(403);
    assert_eq!(world.facts("correction_withdrawn").await, 0);
});

story!(one_correction_is_open_at_a_time_whoever_asks_at_once, world, {
    let declaration = world.all_paid().await;
    let address = format!("/declarations/{declaration}/correct");
    let fields = [
        ("direction", "reversing"),
        ("amount", "400.00"),
        ("reason", "Counted twice."),
        ("seen", "42000"),
    ];
    let mut asks = Vec::new();
    for seat in [ASKER, Seat::APPROVER, Seat::FINANCE, MANAGER, ASKER, Seat::APPROVER] {
        let (browser, address) = (world.sign_in(seat).await, address.clone());
        asks.push(tokio::spawn(
            async move { browser.post(&address, &fields).await.status.as_u16() },
        ));
    }
    let mut taken = Vec::new();
    for ask in asks {
        taken.push(ask.await.expect("an answer"));
    }
    taken.sort_unstable();
    assert_eq!(taken, [303, 409, 409, 409, 409, 409]);
    assert_eq!(world.facts("correction_asked").await, 1);
    let page = world.sign_in(ASKER).await.get(&address).await;
    page.says("Only one can be open at a time");
});

story!(an_approval_of_what_changed_is_refused, world, {
    let declaration = world.all_paid().await;
    world.correct(ASKER, &declaration, ("reversing", "50.00")).await.expect(303);
    world.press(MANAGER, C1, "disagree").await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let page = approver.get(&format!("/corrections/{C1}")).await;
    page.says("Does not agree: Sam Ahmed").says("We looked at it again.");
    let old = approver.post(&format!("/corrections/{C1}/approve"), &[("version", "1")]).await;
    old.expect(409).says("This correction changed while you were looking at it.");
    let fields = [("version", &*page.value("version"))];
    approver.post(&format!("/corrections/{C1}/approve"), &fields).await.expect(303);
    let again = approver.post(&format!("/corrections/{C1}/approve"), &fields).await;
    again.expect(409).says("Tom Hill approved this on 2 July 2025 at 1pm.");
    assert_eq!(world.facts("correction_approved").await, 1);
});

story!(a_provider_that_has_closed_is_asked_for_nothing, world, {
    let declaration = world.all_paid().await;
    world.close("Y00001").await;
    let page =
        world.sign_in(ASKER).await.get(&format!("/declarations/{declaration}/correct")).await;
    page.expect(200).says("The provider closed on 1 July 2025");
});

story!(what_has_not_gone_to_the_payer_is_taken_off_in_the_next_file, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-05-31", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        world.approve_all(seat).await.expect(303);
    }
    let declaration = world.locked(MANAGER).await;
    world.correct(ASKER, &declaration, ("reversing", "420.00")).await.expect(303);
    world.agree_and_approve(C1).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    let page = finance.get("/payments/new").await;
    page.says("£420.00").says("-£420.00").says("Total £0.00");
    let file = world.pay_all(Seat::FINANCE).await;
    let content = finance.get(&format!("{file}.csv")).await.html;
    let lines: Vec<&str> = content.lines().filter(|line| line.contains(",PF-")).collect();
    assert_eq!(lines.len(), 4, "{content}");
    assert!(lines[0].contains(&declaration) && lines[0].ends_with(",420.00"), "{content}");
    assert!(lines[2].contains(C1) && lines[2].ends_with(",-420.00"), "{content}");
    world.pay_file(&file).await;
    let page = world.sign_in(MANAGER).await.get(&format!("/declarations/{declaration}")).await;
    page.says("Originally £420.00, corrected by -£420.00 on 2 July 2025, now £0.00.");
    world.assert_balanced("a declaration that was taken back before it was paid").await;
    // Nothing is left to take back.
    let refused = world.correct(ASKER, &declaration, ("reversing", "0.01")).await;
    refused.expect(422).says("The declaration stands at £0.00, so there is nothing to take back");
});

story!(what_the_payer_could_not_pay_is_not_taken_before_it_is_paid, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-05-31", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        world.approve_all(seat).await.expect(303);
    }
    let declaration = world.locked(MANAGER).await;
    let file = world.pay_all(Seat::FINANCE).await;
    world.send(&file).await.expect(303);
    let refused = format!("{declaration},420.00,rejected,,,No account\n");
    world.answer(&file, &refused).await.expect(303);
    world.correct(ASKER, &declaration, ("reversing", "420.00")).await.expect(303);
    world.agree_and_approve(C1).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/payments/new").await.does_not_say(C1);
    world.assert_balanced("what failed was taken back").await;

    // With the next try both are in one file, which comes to nothing.
    let again = [("payment", &*declaration)];
    finance.post("/payments/failed", &again).await.expect(303);
    finance.get("/payments/new").await.says(C1).says("Total £0.00");
    world.assert_balanced("what failed is tried again").await;
});
