//! Stories of adjustments: asked for by one person, decided by another, paid at once, and never after the lock.

use crate::{
    reference::POINTS,
    story,
    support::{Browser, Page, Seat, World, money::message},
};
use domain::{
    Field::{Count, Denominator, Numerator},
    Role,
};

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
const KEY: (&str, &str, &str) = ("PTS2526", "2026-03-31", "CARE");
/// What a person types who asks for 2 points.
const GOOD: [(&str, &str); 5] = [
    ("indicator", "CARE1"),
    ("kind", "points_more"),
    ("number", "2"),
    ("reason", "The supplier missed a day"),
    ("evidence", "Letter of 2 April 2026"),
];
const WHY: (&str, &str) = ("reason", "It was asked for by mistake");

/// 65 of 100 patients: 5 of 10 points at £225.49, £1,127.45. Gives the address of the achievement.
pub(crate) async fn with_points(world: &World) -> String {
    world.takes_part(POINTS, &["Y00001"]).await;
    world.set_today("2026-04-02");
    let half = [("CARE1", Numerator, "65"), ("CARE1", Denominator, "100")];
    world.submit(MANAGER, KEY, &half).await.expect("figures are in");
    format!("/achievement/{}", world.results(MANAGER).await.remove(0).id)
}

/// The same form with other things typed.
fn typed<'a>(other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own = |name: &str| other.iter().find(|(key, _)| *key == name).map(|(_, text)| *text);
    GOOD.iter().map(|(name, text)| (*name, own(name).unwrap_or(text))).collect()
}

/// Asks for 2 points; gives the address of the adjustment.
pub(crate) async fn asked(by: &Browser, achievement: &str) -> String {
    let page = by.post(&format!("{achievement}/adjust"), &GOOD).await;
    page.expect(303).location().to_owned()
}

/// Presses a button of an adjustment's page, as the page has it.
pub(crate) async fn press(by: &Browser, address: &str, act: &str, reason: Option<&str>) -> Page {
    let version = by.get(address).await.value("version");
    let mut fields = vec![("version", version.as_str())];
    fields.extend(reason.map(|reason| ("reason", reason)));
    by.post(&format!("{address}/{act}"), &fields).await
}

story!(points_change_the_payment_when_a_second_person_has_agreed, world, {
    let achievement = with_points(&world).await;
    world.declare_newest(MANAGER).await;
    let (approver, finance) =
        (world.sign_in(Seat::APPROVER).await, world.sign_in(Seat::FINANCE).await);
    approver.get("/adjustments").await.expect(200).says("No adjustment awaits agreement.");
    let page = approver.get(&achievement).await;
    page.expect(200).says("Nobody has asked to adjust this payment.").says("Adjust this payment");
    let form = approver.get(&format!("{achievement}/adjust")).await;
    form.expect(200).says("The payment is £1,127.45 now.").says("CARE1 Care given");
    let address = asked(&approver, &achievement).await;
    let own = approver.get(&address).await;
    own.expect(200)
        .says("Adjustment: 2 points more for CARE1")
        .says("If another person agrees, the payment changes from £1,127.45 to £1,578.43.")
        .says("You cannot decide about this because you asked for it.");
    approver.get(&achievement).await.says("£1,127.45").does_not_say("£1,578.43");
    world.sign_in(MANAGER).await.get(&achievement).await.does_not_say("The supplier missed a day");
    approver.get("/").await.does_not_say("1 adjustment");
    finance.get("/").await.says("Agree to or refuse 1 adjustment");
    let list = finance.get("/adjustments").await;
    list.expect(200)
        .says("Showing 1 to 1 of 1 awaiting agreement")
        .says("Riverside Surgery (Y00001)");
    finance
        .get(&address)
        .await
        .says("If you agree, the payment changes from £1,127.45 to £1,578.43.");
    let agreed = press(&finance, &address, "agree", None).await;
    assert_eq!(agreed.expect(303).location(), achievement);
    assert_eq!(
        message(&agreed),
        "You agreed to this adjustment. The payment has been calculated again."
    );
    let page = finance.get(&achievement).await;
    page.expect(200)
        .says("7.00 points")
        .says("£1,578.43")
        .says("Adjustment agreed: £1,127.45 became £1,578.43")
        .says("Tom Hill asked for an adjustment and Ana Ruiz agreed");
    let row = world.results(MANAGER).await.remove(0);
    assert_eq!(row.declaration.as_deref(), Some("awaiting_provider"), "to be declared again");
    let provider = world.sign_in(MANAGER).await;
    provider
        .get(&achievement)
        .await
        .expect(200)
        .says("2 points more for CARE1")
        .says("Agreed")
        .says("Letter of 2 April 2026")
        .does_not_say("Adjustment asked for");
    provider
        .get(&format!("{achievement}/working"))
        .await
        .says("adjusted: 5 +2 = 7")
        .says("The supplier missed a day (asked by Tom Hill, agreed by Ana Ruiz on 2 April 2026; Letter of 2 April 2026)")
        .says("Adjustments").says("£450.98 more in all.");
    finance.get("/").await.does_not_say("1 adjustment");
    assert_eq!(world.facts("adjustment_agreed").await, 1);
    assert_eq!(world.facts("declaration_returned").await, 1);
    world.assert_history_is_whole().await;
});

story!(each_kind_of_adjustment_does_what_it_says, world, {
    let achievement = with_points(&world).await;
    let (approver, finance) =
        (world.sign_in(Seat::APPROVER).await, world.sign_in(Seat::FINANCE).await);
    for (what, amount) in [
        ([("indicator", "CARE1"), ("kind", "points_fewer"), ("number", "1")], "£901.96"),
        ([("indicator", "CARE1"), ("kind", "instead"), ("number", "8.60")], "£1,713.72"),
        ([("indicator", "payment"), ("kind", "pounds_more"), ("number", "£1,000.01")], "£2,713.73"),
        ([("indicator", "CARE1"), ("kind", "pounds_less"), ("number", "3000")], "-£286.27"),
    ] {
        let page = approver.post(&format!("{achievement}/adjust"), &typed(&what)).await;
        let address = page.expect(303).location().to_owned();
        press(&finance, &address, "agree", None).await.expect(303);
        finance.get(&achievement).await.expect(200).says(amount);
    }
    let page = finance.get(&achievement).await;
    page.says("£286.27 was paid too much and is to be recovered.");
});

story!(what_was_wrong_ends_when_two_people_agree, world, {
    let achievement = with_points(&world).await;
    let (approver, finance) =
        (world.sign_in(Seat::APPROVER).await, world.sign_in(Seat::FINANCE).await);
    let address = asked(&approver, &achievement).await;
    press(&finance, &address, "agree", None).await.expect(303);
    press(&finance, &address, "end", Some("short"))
        .await
        .expect(422)
        .says("Reason must be 10 characters or more");
    press(&finance, &address, "end", Some(WHY.1)).await.expect(303);
    finance.get(&achievement).await.says("£1,578.43").says("Agreed, end awaiting agreement");
    world
        .sign_in(MANAGER)
        .await
        .get(&achievement)
        .await
        .does_not_say(WHY.1)
        .does_not_say("end awaiting");
    finance.get(&address).await.says(
        "If another person agrees to end it, the payment changes from £1,578.43 to £1,127.45.",
    );
    press(&finance, &address, "agree", None).await.expect(409).says("because you asked for it");
    press(&approver, &address, "refuse", Some("It was right, see the letter")).await.expect(303);
    finance.get(&achievement).await.says("£1,578.43").says("Adjustment stays: its end was refused");
    press(&finance, &address, "end", Some(WHY.1)).await.expect(303);
    approver.get("/").await.says("Agree to or refuse 1 adjustment");
    press(&approver, &address, "agree", None).await.expect(303);
    finance
        .get(&achievement)
        .await
        .says("£1,127.45")
        .says("Adjustment ended: £1,578.43 became £1,127.45");
    let provider = world.sign_in(MANAGER).await;
    provider.get(&achievement).await.does_not_say("2 points more for CARE1");
    provider.get(&format!("{achievement}/working")).await.says("Ended: The supplier missed a day");
    press_old(&approver, &address, "agree")
        .await
        .says("Tom Hill agreed to end this adjustment on 2 April 2026");
    world.assert_history_is_whole().await;
});

/// Sends an act although the page no longer has its button.
async fn press_old(by: &Browser, address: &str, act: &str) -> Page {
    by.post(&format!("{address}/{act}"), &[("version", "1"), WHY]).await
}

story!(a_refused_or_withdrawn_adjustment_changes_nothing, world, {
    let achievement = with_points(&world).await;
    let (approver, finance) =
        (world.sign_in(Seat::APPROVER).await, world.sign_in(Seat::FINANCE).await);
    let refused = asked(&approver, &achievement).await;
    press(&finance, &refused, "refuse", Some("")).await.expect(422).says("Enter a reason");
    let page = press(&finance, &refused, "refuse", Some(WHY.1)).await;
    assert_eq!(
        message(page.expect(303)),
        "You refused this adjustment. The payment stays as it is."
    );
    finance
        .get(&refused)
        .await
        .says("Refused by Ana Ruiz, 2 April 2026 : It was asked for by mistake");
    let withdrawn = asked(&approver, &achievement).await;
    press_old(&finance, &withdrawn, "withdraw")
        .await
        .expect(409)
        .says("Only Tom Hill, who asked for it, can withdraw this.");
    press(&approver, &withdrawn, "withdraw", None).await.expect(303);
    for (address, said) in [
        (&refused, "Ana Ruiz refused this adjustment on"),
        (&withdrawn, "Tom Hill withdrew this adjustment on"),
    ] {
        for act in ["agree", "refuse", "withdraw", "end"] {
            press_old(&finance, address, act).await.expect(409).says(said);
        }
    }
    assert_eq!(world.facts("achievement_calculated").await, 1);
    finance.get(&achievement).await.says("£1,127.45").says("Refused").says("Withdrawn");
});

story!(everything_wrong_with_an_adjustment_is_said_at_once, world, {
    let achievement = with_points(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let address = format!("{achievement}/adjust");
    let page = approver
        .post(
            &address,
            &[
                ("indicator", ""),
                ("kind", "points_fewer"),
                ("number", "two"),
                ("reason", "no"),
                ("evidence", ""),
            ],
        )
        .await;
    page.expect(422)
        .says("Select an indicator or the whole payment")
        .says("Points must be a number, like 4.5")
        .says("Reason must be 10 characters or more")
        .says("Enter the evidence");
    assert_eq!(page.value("number"), "two", "what was typed is kept");
    approver
        .post(&address, &[])
        .await
        .expect(422)
        .says("Select what to adjust")
        .says("Enter how many points or pounds");
    let page =
        approver.post(&address, &typed(&[("kind", "points_fewer"), ("number", "5.01")])).await;
    page.expect(422).says("CARE1 has 5 points now, so no more than that can be taken away");
    page.says("The supplier missed a day");
    let page = approver.post(&address, &typed(&[("indicator", "payment")])).await;
    page.expect(422).says("Select an indicator that is paid by points, or adjust pounds");
    assert_eq!(world.facts("adjustment_asked").await, 0);
});

story!(only_the_commissioner_that_pays_adjusts, world, {
    const SUPERVISOR: Seat =
        Seat { name: "Una Best", organisation: "QAA", roles: &[Role::FinanceView] };
    world.add_seat(SUPERVISOR).await;
    world.add_seat(Seat::REGION).await;
    let achievement = with_points(&world).await;
    let address = format!("{achievement}/adjust");
    let adjustment = asked(&world.sign_in(Seat::APPROVER).await, &achievement).await;
    for (seat, status) in [
        (SUPERVISOR, 403),
        (Seat::COMMISSIONER_VIEW, 403),
        (Seat::COMMISSIONER, 403),
        (Seat::OTHER_APPROVER, 404),
        (MANAGER, 403),
        (Seat::REGION, 409),
    ] {
        let browser = world.sign_in(seat).await;
        browser.get(&address).await.expect(status);
        browser.post(&address, &GOOD).await.expect(status);
        for act in ["agree", "refuse", "withdraw", "end"] {
            press_old(&browser, &adjustment, act).await.expect(status);
        }
    }
    let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    viewer
        .get(&address)
        .await
        .says("You need the role Approval Management or Finance Management to adjust payments.");
    let region = world.sign_in(Seat::REGION).await;
    region.get("/adjustments").await.expect(200).says("2 points more for CARE1");
    region
        .get(&adjustment)
        .await
        .expect(200)
        .says("another organisation pays it")
        .does_not_say("Refuse");
    world
        .sign_in(Seat::OTHER_APPROVER)
        .await
        .get("/adjustments")
        .await
        .says("No adjustment awaits agreement.");
    world.sign_in(MANAGER).await.get("/adjustments").await.expect(403);
    world.sign_in(MANAGER).await.get(&adjustment).await.expect(403);
    world.sign_in(SUPERVISOR).await.get(&adjustment).await.expect(200).says("Awaiting agreement");
    assert_eq!(world.facts("adjustment_asked").await, 1);
    assert_eq!(world.facts("adjustment_agreed").await, 0);
});

story!(who_sees_no_pounds_sees_none_in_adjustments, world, {
    let achievement = with_points(&world).await;
    let (approver, finance) =
        (world.sign_in(Seat::APPROVER).await, world.sign_in(Seat::FINANCE).await);
    let pounds = typed(&[
        ("indicator", "payment"),
        ("kind", "pounds_more"),
        ("number", "50"),
        ("reason", "£50 were agreed in March"),
        ("evidence", "Invoice of £50"),
    ]);
    let page = approver.post(&format!("{achievement}/adjust"), &pounds).await;
    let adjustment = page.expect(303).location().to_owned();
    let look = async |agreed: bool| {
        let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
        for address in [
            &achievement,
            &adjustment,
            &"/adjustments".to_owned(),
            &format!("{achievement}/working"),
            &format!("{achievement}/working.json"),
        ] {
            let page = viewer.get(address).await;
            page.expect(200).does_not_say("£");
        }
        viewer.get(&achievement).await.says("An amount, which your role does not show");
        let own = world.sign_in(Seat::PRACTICE_VIEW).await;
        for address in
            [&achievement, &format!("{achievement}/working"), &format!("{achievement}/working.csv")]
        {
            own.get(address).await.expect(200).does_not_say("£");
        }
        assert_eq!(own.get(&achievement).await.text().contains("An amount"), agreed);
    };
    look(false).await;
    press(&finance, &adjustment, "agree", None).await.expect(303);
    look(true).await;
    press(&finance, &adjustment, "end", Some("It was £5 and not £50")).await.expect(303);
    look(true).await;
});

story!(what_finance_has_approved_cannot_be_adjusted, world, {
    let achievement = with_points(&world).await;
    let (approver, finance) =
        (world.sign_in(Seat::APPROVER).await, world.sign_in(Seat::FINANCE).await);
    let agreed = asked(&approver, &achievement).await;
    press(&finance, &agreed, "agree", None).await.expect(303);
    let waiting = asked(&approver, &achievement).await;
    world.declare_newest(MANAGER).await;
    world.approve_newest(Seat::APPROVER).await;
    world.approve_newest(Seat::FINANCE).await;
    let locked = "Finance has approved this payment, so it cannot be adjusted.";
    approver.get(&achievement).await.expect(200).does_not_say("Adjust this payment");
    approver.get(&format!("{achievement}/adjust")).await.expect(409).says(locked);
    approver.post(&format!("{achievement}/adjust"), &GOOD).await.expect(409).says(locked);
    finance.get(&waiting).await.expect(200).says(locked).does_not_say("If you agree");
    press_old(&finance, &waiting, "agree").await.expect(409).says(locked);
    press_old(&finance, &agreed, "end").await.expect(409).says(locked);
    // What changes no payment can still be put away.
    press(&finance, &waiting, "refuse", Some("It came too late")).await.expect(303);
    finance.get(&achievement).await.says("£1,578.43");
});

story!(an_adjustment_of_what_is_not_calculated_has_to_wait, world, {
    world.takes_part(POINTS, &["Y00001"]).await;
    world.set_today("2026-04-02");
    world.submit(MANAGER, KEY, &[("CARE1", Denominator, "100")]).await.expect("half is in");
    let achievement = format!("/achievement/{}", world.results(MANAGER).await.remove(0).id);
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get(&achievement).await.expect(200).does_not_say("Adjust this payment");
    let page = approver.post(&format!("{achievement}/adjust"), &GOOD).await;
    page.expect(409).says("This achievement has no amount yet, so there is nothing to adjust.");
    for wrong in [
        "/achievement/no-such-thing/adjust",
        "/adjustments/no-such-thing",
        "/adjustments/00000000-0000-0000-0000-000000000000",
    ] {
        approver.get(wrong).await.expect(404);
    }
});

story!(an_adjustment_stays_when_figures_change_and_points_stay_within_bounds, world, {
    let achievement = with_points(&world).await;
    let (approver, finance) =
        (world.sign_in(Seat::APPROVER).await, world.sign_in(Seat::FINANCE).await);
    let address = asked(&approver, &achievement).await;
    press(&finance, &address, "agree", None).await.expect(303);
    let second = asked(&approver, &achievement).await;
    world.submit(MANAGER, KEY, &[("CARE1", Numerator, "85")]).await.expect("figures changed");
    finance.get(&achievement).await.says("10.00 points").says("£2,254.90");
    finance
        .get(&format!("{achievement}/working"))
        .await
        .says("adjusted: 9 +2 = 11; kept at 10, because there are 0 to 10 points");
    let page = press_old(&finance, &second, "agree").await;
    page.expect(409).says("CARE1 has 10 of 10 points now, so no more than 0 can be added. Refuse this adjustment and ask for another.");
    finance.get(&second).await.says("so no more than 0 can be added").does_not_say("If you agree");
});

story!(twenty_people_at_once_agree_once, world, {
    let achievement = with_points(&world).await;
    let address = asked(&world.sign_in(Seat::APPROVER).await, &achievement).await;
    let version = world.sign_in(Seat::FINANCE).await.get(&address).await.value("version");
    let mut waiting = Vec::new();
    for seat in [Seat::FINANCE, Seat::APPROVER_AND_FINANCE].into_iter().cycle().take(20) {
        let (browser, version) = (world.sign_in(seat).await, version.clone());
        let to = format!("{address}/agree");
        waiting
            .push(tokio::spawn(async move { browser.post(&to, &[("version", &version)]).await }));
    }
    let mut answers = Vec::new();
    for one in waiting {
        answers.push(one.await.unwrap().status.as_u16());
    }
    answers.sort_unstable();
    assert_eq!(answers[0], 303);
    assert!(answers[1..].iter().all(|status| *status == 409), "{answers:?}");
    assert_eq!(world.facts("adjustment_agreed").await, 1);
    assert_eq!(world.facts("achievement_calculated").await, 2);
    world.assert_history_is_whole().await;
});

story!(of_an_agreement_and_an_approval_at_once_one_wins, world, {
    let achievement = with_points(&world).await;
    for _ in 0..5 {
        let address = asked(&world.sign_in(Seat::APPROVER).await, &achievement).await;
        let browser = world.sign_in(Seat::APPROVER_AND_FINANCE).await;
        let version = browser.get(&address).await.value("version");
        world.declare_newest(MANAGER).await;
        world.approve_newest(Seat::APPROVER).await;
        let finance = world.sign_in(Seat::FINANCE).await;
        let page = finance.get("/declarations").await;
        let (seen, reference) = (page.value("seen"), page.value("declaration"));
        let to = format!("{address}/agree");
        let agree = tokio::spawn(async move { browser.post(&to, &[("version", &version)]).await });
        let approve = tokio::spawn(async move {
            finance
                .post("/declarations/approve", &[("seen", &seen), ("declaration", &reference)])
                .await
        });
        let answers =
            [agree.await.unwrap().status.as_u16(), approve.await.unwrap().status.as_u16()];
        assert!(answers == [303, 409] || answers == [409, 303], "{answers:?}");
        if answers[1] == 303 {
            break;
        }
        // The agreement won: undo it, so that the next round starts as this one did.
        let (one, other) =
            (world.sign_in(Seat::APPROVER).await, world.sign_in(Seat::FINANCE).await);
        press(&one, &address, "end", Some(WHY.1)).await.expect(303);
        press(&other, &address, "agree", None).await.expect(303);
    }
    world.assert_history_is_whole().await;
});

story!(the_points_of_an_earlier_year_are_offered_for_income_protection, world, {
    let last = POINTS
        .replace("2526", "2425")
        .replace("year = 2025", "year = 2024")
        .replace("2026-03-31", "2025-03-31")
        .replace("starts_on = 2025-04-01", "starts_on = 2024-04-01")
        .replace("list_size_date = 2026", "list_size_date = 2025")
        .replace("Points of care", "Points of care 2024 to 2025");
    world.set_today("2025-03-01");
    world.takes_part(&last, &["Y00001"]).await;
    world.set_today("2025-04-10");
    let more = [("CARE1", Numerator, "80"), ("CARE1", Denominator, "100")];
    world.submit(MANAGER, ("PTS2425", "2025-03-31", "CARE"), &more).await.expect("figures");
    let achievement = with_points(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let form = approver.get(&format!("{achievement}/adjust")).await;
    form.expect(200).says("8 in Points of care 2024 to 2025").says("Fill in 8 points");
    let link = form.links(&format!("{achievement}/adjust?")).remove(0);
    let filled = approver.get(&link).await;
    filled.expect(200);
    assert_eq!(filled.value("number"), "8");
    let fields =
        typed(&[("kind", "instead"), ("number", "8"), ("reason", "Protected for 2025 to 2026")]);
    let page = approver.post(&format!("{achievement}/adjust"), &fields).await;
    let address = page.expect(303).location().to_owned();
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get(&address).await.says("8 points in place of those earned for CARE1");
    press(&finance, &address, "agree", None).await.expect(303);
    finance.get(&achievement).await.says("8.00 points").says("£1,803.92");
    finance.get(&format!("{achievement}/working")).await.says("8 points are paid in place of 5");
});

story!(a_payment_by_count_is_adjusted_in_pounds, world, {
    world.blood_tests(&["Y00001"]).await;
    world
        .submit(MANAGER, ("BLD2526", "2025-05-31", "BLOOD"), &[("BLD001", Count, "42")])
        .await
        .expect("a count");
    let achievement = format!("/achievement/{}", world.results(MANAGER).await.remove(0).id);
    let (approver, finance) =
        (world.sign_in(Seat::APPROVER).await, world.sign_in(Seat::FINANCE).await);
    let form = approver.get(&format!("{achievement}/adjust")).await;
    form.expect(200).says("Add pounds").does_not_say("Add points");
    let fields = typed(&[("indicator", "BLD001"), ("kind", "pounds_less"), ("number", "20.00")]);
    let page = approver.post(&format!("{achievement}/adjust"), &fields).await;
    press(&finance, page.expect(303).location(), "agree", None).await.expect(303);
    finance.get(&achievement).await.says("£400.00");
});
