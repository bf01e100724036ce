//! Stories of bands by amount: a second approval, a high amount alone, and nobody who acts twice or on own figures.

use crate::{
    receipt::verify,
    story,
    support::{
        Page, Seat, World,
        money::{message, tick},
    },
};
use domain::Role;

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
const SECOND: Seat =
    Seat { name: "Nadia Quinn", organisation: "QAA", roles: &[Role::SecondApproval] };
const EVERY_HAT: Seat = Seat {
    name: "Bo Lind",
    organisation: "QAA",
    roles: &[
        Role::AchievementEntry,
        Role::ApprovalManagement,
        Role::SecondApproval,
        Role::FinanceManagement,
    ],
};

/// April below the bands, May in the medium one and June in the high one, all declared.
async fn declared(world: &World) {
    world.add_seat(SECOND).await;
    world.blood_tests(&["Y00001"]).await;
    for (date, tests) in [("2025-04-30", 1_499), ("2025-05-31", 1_500), ("2025-06-30", 5_000)] {
        world.count(MANAGER, date, tests).await;
    }
    world.declare_all(MANAGER).await.expect(303);
}

/// Presses the button on the page of a declaration.
async fn alone(world: &World, seat: Seat, reference: &str) -> Page {
    let browser = world.sign_in(seat).await;
    let page = browser.get(&format!("/declarations/{reference}")).await;
    let seen = page.expect(200).value("seen");
    let fields = [("one", "1"), ("seen", &*seen), ("declaration", reference)];
    browser.post("/declarations/approve", &fields).await
}

/// The reference of the declaration whose row has an amount.
async fn of_amount(world: &World, amount: &str) -> String {
    let browser = world.sign_in(Seat::APPROVER).await;
    let all = browser.get("/declarations?show=all").await;
    for address in all.links("/declarations/D-") {
        if browser.get(&address).await.html.contains(amount) {
            return address.rsplit('/').next().expect("a reference").to_owned();
        }
    }
    panic!("no declaration of {amount}");
}

story!(a_medium_amount_needs_a_second_person_and_a_low_one_does_not, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let list = approver.get("/declarations").await;
    list.says("It is in the high band, so it is approved alone.");
    assert_eq!(list.values("declaration").len(), 2, "the high one has no tick box");
    let done = tick(&approver, "/declarations/approve", &list, &list.values("declaration")).await;
    assert_eq!(message(&done), "2 payment declarations approved, £29,990.00 in all.");
    let low = of_amount(&world, "£14,990.00").await;
    let medium = of_amount(&world, "£15,000.00").await;
    let one = approver.get(&format!("/declarations/{medium}")).await;
    one.says("Awaiting Second Approval")
        .says("Medium band: 2 people approve it for the commissioner, then finance does.")
        .says("At NHS Anytown ICB these people can give the second approval of payment declarations: Nadia Quinn.");
    approver.get(&format!("/declarations/{low}")).await.says("Awaiting Finance Approval");
    let provider = world.sign_in(MANAGER).await;
    let theirs = provider.get(&format!("/declarations/{medium}")).await;
    theirs.says("Awaiting Second Approval").does_not_say("Medium band");
    // Finance cannot overtake the second person.
    let finance = world.sign_in(Seat::FINANCE).await;
    assert_eq!(finance.get("/declarations").await.values("declaration"), [low.as_str()]);
    let early = finance.get(&format!("/declarations/{medium}")).await;
    assert!(early.values("seen").is_empty(), "no button");
    // The second approver has it on the home page, and gives it.
    let second = world.sign_in(SECOND).await;
    second.get("/").await.says("Give second approval to 1 payment declaration Worth £15,000.00");
    let list = second.get("/declarations").await;
    assert_eq!(list.values("declaration"), [medium.as_str()]);
    let done = tick(&second, "/declarations/approve", &list, std::slice::from_ref(&medium)).await;
    assert_eq!(
        message(&done),
        "1 payment declaration approved, £15,000.00 in all. Finance must approve next."
    );
    let one = second.get(&format!("/declarations/{medium}")).await;
    one.says("Second approval Nadia Quinn").says("Approved a second time for the commissioner");
    world.approve_all(Seat::FINANCE).await.expect(303);
    provider
        .get(&format!("/declarations/{medium}/receipt?number=4"))
        .await
        .says("Receipt of a financial approval")
        .says("Approved a second time for the commissioner");
    assert_eq!(world.facts("declaration_second_approved").await, 1);
    world.assert_history_is_whole().await;
});

story!(a_high_amount_is_opened_and_approved_alone_by_each, world, {
    declared(&world).await;
    let high = of_amount(&world, "£50,000.00").await;
    let approver = world.sign_in(Seat::APPROVER).await;
    // In a list it stays, and so does a forged tick.
    let kept = approver.post("/declarations/reviews", &[("back", "show=all")]).await;
    let address = kept.expect(303).location().to_owned();
    approver
        .get(&address)
        .await
        .says("Approve 2 payment declarations")
        .says("1 payment declaration: It is in the high band, so it is approved alone.");
    approver.post(&address, &[]).await.expect(200).says("2 payment declarations approved");
    let page = approver.get(&format!("/declarations/{high}")).await;
    let seen = page.value("seen");
    let forged = [("seen", &*seen), ("declaration", &*high)];
    approver.post("/declarations/approve", &forged).await.expect(409).says("in the high band");
    for seat in [Seat::APPROVER, SECOND, Seat::FINANCE] {
        alone(&world, seat, &high).await.expect(303);
    }
    let page = approver.get(&format!("/declarations/{high}")).await;
    page.says("Approved by finance Ana Ruiz").does_not_say("High band");
});

story!(several_at_once_are_a_list_whatever_a_form_says, world, {
    declared(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let mut forged = vec![("one", "1".to_owned())];
    for amount in ["£14,990.00", "£50,000.00"] {
        let reference = of_amount(&world, amount).await;
        let page = approver.get(&format!("/declarations/{reference}")).await;
        forged.extend([("seen", page.value("seen")), ("declaration", reference)]);
    }
    let forged: Vec<_> = forged.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = approver.post("/declarations/approve", &forged).await;
    done.expect(409).says("It is in the high band, so it is approved alone.");
    assert_eq!(world.facts("declaration_approved").await, 1);
});

story!(all_that_match_of_every_tier_moves_each_row_one_step, world, {
    declared(&world).await;
    world.approve_all(Seat::APPROVER).await.expect(303);
    let second = world.sign_in(SECOND).await;
    let kept = second.post("/declarations/reviews", &[("back", "show=all")]).await;
    let address = kept.expect(303).location().to_owned();
    second.get(&address).await.says("Approve 1 payment declaration");
    let done = second.post(&address, &[]).await;
    assert_eq!(
        message(&done),
        "1 payment declaration approved, £15,000.00 in all. Finance must approve next."
    );
    assert_eq!(world.facts("declaration_second_approved").await, 1);
    assert_eq!(world.facts("declaration_receipt_made").await, 6, "3 declared, 2 once, 1 twice");
    world.assert_history_is_whole().await;
});

story!(nobody_approves_twice_or_their_own_figures, world, {
    declared(&world).await;
    world.add_seat(EVERY_HAT).await;
    let medium = of_amount(&world, "£15,000.00").await;
    alone(&world, EVERY_HAT, &medium).await.expect(303);
    let browser = world.sign_in(EVERY_HAT).await;
    let page = browser.get(&format!("/declarations/{medium}")).await;
    page.says("You cannot approve this again because you approved it for the commissioner.");
    alone(&world, SECOND, &medium).await.expect(303);
    let page = browser.get(&format!("/declarations/{medium}")).await;
    page.says("You cannot approve this again because you approved it for the commissioner.");
    // Figures that the commissioner typed are approved by somebody else there.
    let group = "/achievement/record/Y00001/BLD2526/2025-04-30/BLOOD";
    let version = browser.get(group).await.value("version");
    browser.post(group, &[("version", &version), ("BLD001-count", "1400")]).await.expect(303);
    world.declare_all(MANAGER).await.expect(303);
    let low = of_amount(&world, "£14,000.00").await;
    let page = browser.get(&format!("/declarations/{low}")).await;
    page.says("You cannot approve this because you submitted figures for it.");
    alone(&world, Seat::APPROVER, &low).await.expect(303);
    let page = browser.get(&format!("/declarations/{low}")).await;
    page.says("You cannot approve this because you submitted figures for it.");
    // Whoever could act for several tiers is named where the bands are.
    let limits = world.sign_in(Seat::COMMISSIONER).await.get("/declarations/limits").await;
    limits
        .says("Bo Lind")
        .says(": Approval Management, Second Approval, Finance Management")
        .says("Lou Webb")
        .does_not_say("Tom Hill");
});

story!(a_commissioner_sets_its_own_bands_and_what_waits_follows, world, {
    declared(&world).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let page = commissioner.get("/declarations/limits").await;
    assert_eq!(page.value("second-from"), "15000.00");
    let version = page.value("version");
    let change = |second: &'static str, alone: &'static str, version: &str| {
        [
            ("version", version.to_owned()),
            ("change-from", "100.00".to_owned()),
            ("second-from", second.to_owned()),
            ("alone-from", alone.to_owned()),
        ]
    };
    let post = async |fields: &[(&str, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        commissioner.post("/declarations/limits", &fields).await
    };
    for (second, alone, why) in [
        ("much", "", "The amount for a second approval must be an amount, like 100.00"),
        ("0", "", "The amount must be from £0.01 to £100,000,000.00, or empty"),
        ("20,000", "£10,000.00", "not below that of the second approval"),
    ] {
        post(&change(second, alone, &version)).await.expect(400).says(why);
    }
    post(&change("14,000", "", &version)).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let list = approver.get("/declarations").await;
    list.does_not_say("It is in the high band");
    let done = tick(&approver, "/declarations/approve", &list, &list.values("declaration")).await;
    assert_eq!(
        message(&done),
        "3 payment declarations approved, £79,990.00 in all. A second person must approve next."
    );
    // Without bands what was approved once still waits for its second approval.
    let version = commissioner.get("/declarations/limits").await.value("version");
    post(&change("", "", &version)).await.expect(303);
    let second = world.sign_in(SECOND).await;
    assert_eq!(second.get("/declarations").await.values("declaration").len(), 3);
});

story!(less_than_was_calculated_is_paid_with_its_reason, world, {
    declared(&world).await;
    let medium = of_amount(&world, "£15,000.00").await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let page = approver.get(&format!("/declarations/{medium}")).await;
    let form = page.links("/declarations/").into_iter().find(|to| to.ends_with("/less"));
    let form = form.expect("a link to the form");
    let page = approver.get(&form).await;
    let seen = page.expect(200).says("The calculation comes to £15,000.00.").value("seen");
    let post = async |amount: &str, reason: &str| {
        approver.post(&form, &[("seen", &*seen), ("amount", amount), ("reason", reason)]).await
    };
    for (amount, reason, why) in [
        ("lots", "x", "Enter the amount that you approve, like 100.00"),
        ("15,000.00", "x", "The amount must be from £0.01 to less than the £15,000.00"),
        ("0", "x", "The amount must be from £0.01 to less than the £15,000.00"),
        ("12,000", " ", "Enter a reason"),
        ("12,000", "About 943 476 5919", "looks like an NHS number"),
    ] {
        post(amount, reason).await.expect(400).says(why);
    }
    let done = post("£12,000.00", "300 tests were counted twice.").await;
    assert_eq!(
        message(&done),
        "1 payment declaration approved, £12,000.00 in all. A second person must approve next."
    );
    post("11,000", "Again").await.expect(409).says("approved this declaration on");
    // The provider reads both amounts and the reason, and has a message without an amount.
    let manager = world.sign_in(MANAGER).await;
    manager
        .get(&format!("/declarations/{medium}"))
        .await
        .says("The commissioner approved less than was calculated, which is £15,000.00.")
        .says("The reason: 300 tests were counted twice.")
        .says("£12,000.00 of £15,000.00. 300 tests were counted twice.");
    let messages = manager.get("/messages").await;
    messages.says("Approved for less than was calculated: Blood tests near home, May 2025");
    for seat in [SECOND, Seat::FINANCE] {
        alone(&world, seat, &medium).await.expect(303);
    }
    manager
        .get(&format!("/declarations/{medium}/receipt?number=4"))
        .await
        .says("Amount £12,000.00")
        .says("Calculated amount £15,000.00")
        .says("Reason for less 300 tests were counted twice.");
    let file = manager.get(&format!("/declarations/{medium}/receipt.txt?number=4")).await;
    let (is_proved, said) = verify(&world, &file.bytes).await;
    assert!(is_proved, "{said}");
    // The role View reads neither the amounts nor the reason, which can name them.
    let view = world.sign_in(Seat::PRACTICE_VIEW).await;
    let seen = view.get(&format!("/declarations/{medium}")).await;
    seen.expect(200).says("for less than was calculated").does_not_say("counted twice");
    // What the file pays is what was approved.
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/payments/new").await.says("£12,000.00").does_not_say("£15,000.00");
    world.assert_history_is_whole().await;
});

story!(a_rejected_declaration_goes_back_with_its_reason, world, {
    declared(&world).await;
    let high = of_amount(&world, "£50,000.00").await;
    let form = format!("/declarations/{high}/reject");
    let approver = world.sign_in(Seat::APPROVER).await;
    let seen = approver.get(&form).await.expect(200).value("seen");
    approver
        .post(&form, &[("seen", &*seen), ("reason", "")])
        .await
        .expect(400)
        .says("Enter a reason");
    for seat in [Seat::COMMISSIONER, Seat::COMMISSIONER_VIEW, MANAGER, Seat::FINANCE] {
        let other = world.sign_in(seat).await;
        other.post(&form, &[("seen", &*seen), ("reason", "No")]).await.expect(403);
    }
    let sent = [("seen", &*seen), ("reason", "No evidence was sent.")];
    let done = approver.post(&form, &sent).await;
    assert_eq!(
        message(&done),
        "Declaration rejected. It has gone back to the provider with your reason."
    );
    approver.post(&form, &sent).await.expect(409).says("The provider must declare");
    let manager = world.sign_in(MANAGER).await;
    let page = manager.get(&format!("/declarations/{high}")).await;
    page.says("Awaiting Service Provider Approval")
        .says("The commissioner rejected your declaration: No evidence was sent.")
        .says("Rejected and returned to the provider: No evidence was sent.");
    // A reason can name pounds, so the role View does not read it.
    let view = world.sign_in(Seat::PRACTICE_VIEW).await;
    let seen = view.get(&format!("/declarations/{high}")).await;
    seen.says("The commissioner rejected your declaration.").does_not_say("No evidence");
    manager.get("/messages").await.says("Rejected: Blood tests near home, June 2025");
    world.declare_all(MANAGER).await.expect(303);
    approver.get(&format!("/declarations/{high}")).await.says("Approve £50,000.00");
    assert_eq!(world.facts("declaration_rejected").await, 1);
    world.assert_history_is_whole().await;
});
