//! Stories of submitting figures: what may be typed, by whom, until when, and what happens to two at once.

use crate::{
    story,
    support::{
        Seat,
        figures::{ADVICE, LOCAL, NETWORK, SHINGLES, amount},
        money::message,
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

story!(who_changes_a_declared_figure_is_told_that_it_undoes_the_declaration, world, {
    let definition = ADVICE.replace("approval_required = false", "approval_required = true");
    world.takes_part(&definition, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let manager = Seat::PRACTICE_MANAGER;
    let (date, group) = ("/data/AG2526/2025-04-30", "/data/AG2526/2025-04-30/ADVICE");
    let warning = "This was declared on 2 May 2025. If you change a figure, it goes back to Awaiting Service \
                   Provider Approval and must be declared again.";
    world.submit(manager, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    let browser = world.sign_in(manager).await;
    browser.get(group).await.expect(200).does_not_say("This was declared");
    world.declare_newest(manager).await;
    browser.get(date).await.expect(200).says(warning);
    let form = browser.get(group).await;
    form.expect(200).says(warning);
    let boxes = [("version", &*form.value("version")), ("AG001-count", "12")];
    let sent = browser.post(group, &boxes).await;
    let said = message(&sent);
    assert!(
        said.ends_with("It has gone back to you to declare again. It is now worth £240.00."),
        "{said}"
    );
    browser.get(date).await.expect(200).does_not_say("This was declared");
    world.declare_newest(manager).await;
    world.approve_newest(Seat::APPROVER).await;
    browser.get(date).await.expect(200).does_not_say("This was declared");
});

story!(the_parts_of_what_is_due_add_up_with_the_soonest_date_first, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-06-02");
    world.submit(Seat::PRACTICE_MANAGER, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let list = browser.get("/data").await;
    let dates = list.links("/data/AG2526/");
    assert_eq!(dates, ["/data/AG2526/2025-05-31", "/data/AG2526/2025-06-30"]);
    list.expect(200).says("To submit (2) Waiting for an extract (3) Complete (1) All (6)");
    browser.get("/data?show=extract").await.expect(200).says("Showing 1 to 3 of 3");
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
        (Seat::PRACTICE_VIEW, "You need the role Achievement Entry to submit achievement data."),
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
            "Number of spirometry tests must be 20 or less, because patients referred for spirometry are 20",
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
        confirmed: domain::Figures::new(),
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

story!(a_provider_finds_what_is_due_types_it_and_sees_what_it_is_worth, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let list = browser.get("/data").await;
    list.expect(200)
        .says("Data submission")
        .says("30 April 2025")
        .says("0 of 1")
        .says("Not started");
    assert!(list.links("/data/").contains(&"/data/AG2526/2025-04-30".to_owned()));
    let dates = browser.get("/data/AG2526").await;
    dates.expect(200).says("Record Achievement").says("Add New Achievement");
    dates.says("The last day of the period that the figures belong to");
    let nothing = browser.post("/data/AG2526", &[("achievement-date", "")]).await;
    nothing.expect(422).says("Select an achievement date");
    let added = browser.post("/data/AG2526", &[("achievement-date", "2025-04-30")]).await;
    assert_eq!((added.status.as_u16(), added.location()), (303, "/data/AG2526/2025-04-30"));
    let groups = browser.get("/data/AG2526/2025-04-30").await;
    groups.expect(200).says("Indicator groups").says("0 of 1").says("What is missing (1 figure)");
    let form = browser.get("/data/AG2526/2025-04-30/ADVICE").await;
    form.expect(200).says("Number of episodes of advice and guidance").says("AG001");
    assert_eq!(form.value("version"), "0");
    assert!(form.html.contains("inputmode=\"numeric\""));
    let sent = browser
        .post("/data/AG2526/2025-04-30/ADVICE", &[("version", "0"), ("AG001-count", "12")])
        .await;
    assert_eq!((sent.status.as_u16(), sent.location()), (303, "/data/AG2526/2025-04-30"));
    let done = browser.get("/data/AG2526/2025-04-30").await;
    done.expect(200).says("1 of 1").says("£240.00").says("Calculated");
    let may = browser.get("/data/AG2526/2025-05-31/ADVICE").await;
    may.expect(200).says("April 2025: 12");
});

story!(a_wrong_form_keeps_what_was_typed, world, {
    world.takes_part(LOCAL, &["Y00001"]).await;
    world.set_today("2025-07-02");
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let address = "/data/LCS2526/2025-06-30/SPIRO";
    let boxes = [("version", "0"), ("SPI001-register", "20"), ("SPI002-count", "twenty")];
    let wrong = browser.post(address, &boxes).await;
    wrong.expect(422).says("There is a problem").says("must be a whole number");
    assert_eq!(
        (wrong.value("SPI001-register"), wrong.value("SPI002-count")),
        ("20".to_owned(), "twenty".to_owned())
    );
    assert_eq!(wrong.links("#SPI002-count").len(), 1);
    let empty = browser.post(address, &[("version", "0"), ("SPI001-register", "")]).await;
    empty.expect(422).says("Enter at least 1 figure");
    browser.post(address, &[("version", "x")]).await.expect(400);
});

story!(of_two_people_who_submit_at_once_one_is_told, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let address = "/data/AG2526/2025-04-30/ADVICE";
    let (one, other) = tokio::join!(
        browser.post(address, &[("version", "0"), ("AG001-count", "12")]),
        browser.post(address, &[("version", "0"), ("AG001-count", "13")])
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(world.facts("figures_submitted").await, 1);
    let stale = if one.status.as_u16() == 409 { one } else { other };
    assert!(stale.links(address).contains(&address.to_owned()), "{}", stale.text());
});

story!(those_who_cannot_enter_figures_are_told_who_can, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-05-02");
    world.submit(Seat::PRACTICE_MANAGER, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    let browser = world.sign_in(Seat::PRACTICE_VIEW).await;
    let address = "/data/AG2526/2025-04-30/ADVICE";
    let page = browser.get(address).await;
    page.expect(200).says("You need the role Achievement Entry").says("Sam Ahmed").says("10");
    assert!(!page.html.contains("<form method=\"post\" novalidate"));
    let boxes = [("version", "1"), ("AG001-count", "12")];
    browser.post(address, &boxes).await.expect(403).says("Sam Ahmed");
    for path in ["/data", "/data/AG2526", "/data/AG2526/2025-04-30", address] {
        let page = browser.get(path).await;
        assert!(!page.expect(200).html.contains('£'), "{path} shows money");
    }
    let foreign = world.sign_in(Seat::SECOND_PRACTICE).await;
    foreign.get("/data").await.expect(200).says("Services that need data appear here");
    for path in ["/data/AG2526", "/data/AG2526/2025-04-30", address] {
        foreign.get(path).await.expect(403).says("you have not accepted this service");
    }
    for path in ["/data/XX2526", "/data/AG2526/2025-04-29", "/data/AG2526/2025-04-30/NONE"] {
        browser.get(path).await.expect(404);
    }
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get("/data").await.expect(403).says("This page is for providers");
});

story!(an_approved_declaration_closes_its_form, world, {
    let definition = ADVICE.replace("approval_required = false", "approval_required = true");
    world.takes_part(&definition, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let manager = Seat::PRACTICE_MANAGER;
    world.submit(manager, APRIL, &[("AG001", Count, "10")]).await.unwrap();
    world.declare_newest(manager).await;
    let browser = world.sign_in(manager).await;
    let address = "/data/AG2526/2025-04-30/ADVICE";
    let version = browser.get(address).await.value("version");
    world.approve_newest(Seat::APPROVER).await;
    let late = browser.post(address, &[("version", &version), ("AG001-count", "12")]).await;
    late.expect(409).says("The commissioner has approved this declaration");
    let closed = browser.get(address).await;
    closed.expect(200).says("The commissioner has approved this declaration").says("10");
    assert!(closed.values("version").is_empty());
});

story!(percentages_and_answers_have_boxes_of_their_own, world, {
    world.takes_part(NETWORK, &["U00001"]).await;
    // The examples of the definition are about counts.
    let counts = ADVICE.split("[[example]]").next().unwrap();
    let percentage = counts
        .replace("AG2526", "PC2526")
        .replace(
            "kind = \"count\"",
            "kind = \"fraction\"\npoints = \"5\"\nlower = \"40\"\nupper = \"90\"",
        )
        .replace("fee = \"20.00\"\nunit = \"episodes of advice and guidance\"\n", "")
        .replace("[payment]", "list_size_date = 2025-01-01\nreference = \"QOF\"\n[payment]");
    world.takes_part(&percentage, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let address = "/data/NCEA2526/2025-04-30/ACCESS";
    let form = network.get(address).await;
    form.expect(200).says("Yes").says("No").says("Number of hours of appointments offered");
    let answered = [("version", "0"), ("NCEA003-yes_no", "no"), ("NCEA002-count", "")];
    network.post(address, &answered).await.expect(303);
    let partly = network.get("/data/NCEA2526/2025-04-30").await;
    partly.expect(200).says("1 of 2").says("In progress").says("What is missing (1 figure)");
    let again = network.get(address).await;
    assert!(
        again.html.split('<').any(|tag| tag.contains("value=\"no\"") && tag.contains("checked"))
    );

    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let address = "/data/PC2526/2025-04-30/ADVICE";
    let above = [("version", "0"), ("AG001-numerator", "7"), ("AG001-denominator", "5")];
    practice.post(address, &above).await.expect(422).says("must be 5 or less");
    let half = [("version", "0"), ("AG001-numerator", "65"), ("AG001-denominator", "")];
    practice.post(address, &half).await.expect(303);
    let groups = practice.get("/data/PC2526/2025-04-30").await;
    groups.expect(200).says("0 of 1").says("AG001 denominator");
    let rest = [("version", "1"), ("AG001-numerator", "65"), ("AG001-denominator", "100")];
    practice.post(address, &rest).await.expect(303);
    practice.get(address).await.expect(200).says("Submitted: 65% (65 of 100)");
});

story!(a_practice_enters_until_the_window_closes_and_its_commissioner_after_that, world, {
    let window = "entry = \"manual\"\nentry_days_after_period_end = 12\n";
    let definition = ADVICE.replacen("entry = \"manual\"\n", window, 1);
    world.takes_part(&definition, &["Y00001"]).await;
    world.set_today("2025-05-12");
    let (date, group) = ("/data/AG2526/2025-04-30", "/data/AG2526/2025-04-30/ADVICE");
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    sam.get(date).await.expect(200).says("You can enter figures until 12 May 2025.");
    sam.post(group, &[("version", "0"), ("AG001-count", "10")]).await.expect(303);
    world.set_today("2025-05-13");
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let closed =
        "You could enter figures until 12 May 2025. Your commissioner can still enter them for you";
    sam.get(date).await.expect(200).says(closed).does_not_say("You can enter figures until");
    let page = sam.get(group).await;
    page.expect(200).says(closed);
    assert!(page.values("AG001-count").is_empty(), "there is no box");
    let late = sam.post(group, &[("version", "1"), ("AG001-count", "11")]).await;
    late.says(closed);
    sam.post(&format!("{group}/nil-return"), &[("version", "1")]).await.says(closed);
    // The next month is open, and nothing closes for the commissioner.
    sam.get("/data/AG2526/2025-05-31").await.says("You can enter figures until 12 June 2025.");
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let own = "/achievement/record/Y00001/AG2526/2025-04-30";
    priya.get(own).await.expect(200).says("Riverside Surgery can enter figures until 12 May 2025.");
    let own = format!("{own}/ADVICE");
    priya.post(&own, &[("version", "1"), ("AG001-count", "12")]).await.expect(303);
    let detail = world.newest(Seat::PRACTICE_MANAGER).await;
    assert_eq!(detail.figures[0].value, Some(12));
});
