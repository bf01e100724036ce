//! Stories of submitting figures: what may be typed, by whom, until when, and what happens to two at once.

use crate::{
    story,
    support::{
        Seat,
        figures::{ADVICE, LOCAL, amount},
    },
};
use domain::{
    Field::{Count, Register},
    Pence,
    achievement::AchievementState,
};

const APRIL: (&str, &str, &str) = ("AG2526", "2025-04-30", "ADVICE");

story!(a_changed_figure_recalculates_and_returns_a_declared_row, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let manager = Seat::PRACTICE_MANAGER;
    world.submit(manager, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    assert_eq!(amount(&world.newest(manager).await), Pence(20_000));
    let same = world.submit(manager, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    assert_eq!(same.figures, 0, "the same figure changes nothing");
    let changed = world.submit(manager, APRIL, &[("AG001", Count, "1,012")]).await.unwrap();
    assert_eq!(changed.amount, Some(Pence(2_024_000)));
    let detail = world.newest(manager).await;
    assert_eq!(detail.earlier.len(), 1);
    assert_eq!(world.facts("figures_submitted").await, 2, "every submission is kept");
    world.assert_history_is_whole().await;
});

story!(a_provider_cannot_change_figures_after_the_commissioner_has_approved, world, {
    let definition = ADVICE.replace("approval_required = false", "approval_required = true");
    world.takes_part(&definition, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let manager = Seat::PRACTICE_MANAGER;
    world.submit(manager, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    world.declare_newest(manager).await;
    let outcome = world.submit(manager, APRIL, &[("AG001", Count, "11")]).await.unwrap();
    assert_eq!(outcome.figures, 1, "until approval the figures can change");
    assert_eq!(world.facts("declaration_returned").await, 1);
    world.declare_newest(manager).await;
    world.approve_newest(Seat::APPROVER).await;
    let refused = world.submit(manager, APRIL, &[("AG001", Count, "12")]).await.unwrap_err();
    assert_eq!(
        refused,
        "The commissioner has approved this declaration, so its data cannot be changed. Ask the commissioner."
    );
    world.approve_newest(Seat::FINANCE).await;
    let refused = world.submit(manager, APRIL, &[("AG001", Count, "12")]).await.unwrap_err();
    assert_eq!(refused, "This declaration has been approved for payment and is locked.");
    assert_eq!(amount(&world.newest(manager).await), Pence(22_000));
});

story!(only_those_who_take_part_and_may_enter_figures_submit, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let figures = [("AG001", Count, "10")];
    for (seat, why) in [
        (
            Seat::SECOND_PRACTICE,
            "You cannot submit data because you have not accepted this service.",
        ),
        (
            Seat::PRACTICE_VIEW,
            "You need the role Achievement Entry to submit achievement data. Ask your user administrator.",
        ),
    ] {
        assert_eq!(world.submit(seat, APRIL, &figures).await.unwrap_err(), why, "{}", seat.name);
    }
    assert_eq!(world.facts("figures_submitted").await, 0);
});

story!(figures_belong_to_an_achievement_date_that_has_begun, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let manager = Seat::PRACTICE_MANAGER;
    let figures = [("AG001", Count, "10")];
    for (date, why) in [
        ("2025-04-29", "29 April 2025 is not an achievement date of this service."),
        ("2025-06-30", "You cannot submit data yet because the period starts on 1 June 2025."),
    ] {
        let refused = world.submit(manager, ("AG2526", date, "ADVICE"), &figures).await;
        assert_eq!(refused.unwrap_err(), why);
    }
    let early = world.submit(manager, ("AG2526", "2025-05-31", "ADVICE"), &figures).await.unwrap();
    assert_eq!((early.state, early.is_calculated), (AchievementState::Complete, false));
});

story!(wrong_text_is_refused_whole_and_says_what_is_wrong, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let at = ("LCS2526", "2025-06-30", "SPIRO");
    let manager = Seat::PRACTICE_MANAGER;
    for (register, tests, why) in [
        ("20", "eighteen", "Number of spirometry tests must be a whole number"),
        ("20", "-1", "Number of spirometry tests must be 0 or more"),
        (
            "20",
            "21",
            "Number of spirometry tests must be 20 or less, because there are 20 patients on the register",
        ),
        ("", "", "Enter at least 1 figure."),
    ] {
        let boxes = [("SPI001", Register, register), ("SPI002", Count, tests)];
        assert_eq!(world.submit(manager, at, &boxes).await.unwrap_err(), why);
    }
    assert_eq!(world.facts("figures_submitted").await, 0);
    world.submit(manager, at, &[("SPI001", Register, "20")]).await.unwrap();
    let emptied = world.submit(manager, at, &[("SPI001", Register, "")]).await.unwrap_err();
    assert_eq!(
        emptied,
        "Patients referred for spirometry has been submitted. You can change it, but you cannot remove it"
    );
    let above = world.submit(manager, at, &[("SPI002", Count, "21")]).await.unwrap_err();
    assert!(above.contains("must be 20 or less"), "compared with what was submitted before");
});

story!(a_commissioner_corrects_figures_of_its_own_providers_only, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    world.submit(Seat::PRACTICE_MANAGER, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    let now = world.now();
    let mut tx = world.db.read().await.unwrap();
    let service = store::service::find_by_code(&mut tx, "AG2526").await.unwrap().unwrap();
    drop(tx);
    let typed = store::submission::Typed {
        service: service.id,
        date: "2025-04-30".parse().unwrap(),
        component: "ADVICE".into(),
        seen_version: 1,
        boxes: [(("AG001".to_owned(), Count), "9".to_owned())].into(),
    };
    let provider = world.organisations["Y00001"];
    let own = world.actor(Seat::COMMISSIONER).await;
    let mut foreign = world.actor(Seat::OTHER_COMMISSIONER).await;
    if let domain::Actor::Person { roles, .. } = &mut foreign {
        roles.push(domain::Role::AchievementEntry);
    }
    let refused = store::submission::submit(&world.db, provider, &typed, &foreign, &now).await;
    assert_eq!(refused.unwrap_err().to_string(), "there is no such record");
    let done = store::submission::submit(&world.db, provider, &typed, &own, &now).await.unwrap();
    assert_eq!((done.figures, done.amount), (1, None), "Achievement Entry does not see money");
    assert_eq!(amount(&world.newest(Seat::PRACTICE_MANAGER).await), Pence(18_000));
});
