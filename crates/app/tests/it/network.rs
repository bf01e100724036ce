//! Stories of networks: practices hand in figures, the network is paid for their sum, and changes move what they must.

mod walk;

use crate::{
    story,
    support::{
        Seat, World,
        figures::{ADVICE, amount},
        money::message,
    },
};
use domain::{
    Actor,
    Field::{Count, Denominator, Numerator, YesNo},
    OrganisationKind, Pence, Role,
    achievement::AchievementState,
    declaration::DeclarationState,
};
use store::{
    achievement::Detail,
    organisation::{Closing, Listed},
};

/// Two percentages and a count of the practices, one answer of the network; £1.00 for each visit, £300.00 or £500.00 for
/// a percentage from 50 or 80, £50.00 for the plan.
pub const CARE: &str = r#"
code = "NCT2526"
name = "Network care 2025 to 2026"
summary = "What the practices of a network do together."
family = "Network"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "network"
entry = "manual"

[payment]
frequency = "quarterly"
declaration_required = true
approval_required = true
pay_code = "NCT"

[[component]]
code = "CARE"
name = "Care of the practices"

[[component.indicator]]
code = "HI03"
name = "Health checks done"
kind = "fraction"
level = "practice"
bands = [{ from = "50", amount = "300.00" }, { from = "80", amount = "500.00" }]

[[component.indicator]]
code = "CAN04"
name = "Referrals with a test"
kind = "fraction"
level = "practice"

[[component.indicator]]
code = "HV01"
name = "Home visits"
kind = "count"
level = "practice"
fee = "1.00"
unit = "home visits"

[[component]]
code = "PLAN"
name = "Plan of the network"

[[component.indicator]]
code = "NW01"
name = "Plan agreed"
kind = "yes_no"
amount = "50.00"
"#;

/// Sees the figures of each practice, at the network.
const PCN_VIEW: Seat = Seat { name: "Ola Quist", organisation: "U00001", roles: &[Role::PcnView] };
/// Declares for the network and sees sums only.
const DECLARER: Seat =
    Seat { name: "Rob Stone", organisation: "U00001", roles: &[Role::DeclarationManagement] };
/// Sees the practices of the network, at one of them.
const PCN_VIEW_AT_PRACTICE: Seat =
    Seat { name: "Tia Upton", organisation: "Y00001", roles: &[Role::PcnView] };
/// Enters for providers and sees what they came to, at the ICB.
const ENTERING: Seat =
    Seat { name: "Wes Young", organisation: "QAA", roles: &[Role::AchievementEntry] };

/// The fund of the catalogue: points for percentages of the practices, on national figures.
const FUND: &str = include_str!("../../../../catalogue/2025-26/impact_fund.toml");
const HEADER: &str = "QUALITY_SERVICE,NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,DEFAULT_VALUES_USED,\
SUBMIT_USER_ID,SUBMIT_DATE,SUBMIT_TIME,LAST_SUBMISSION\n";

const CARE_GROUP: (&str, &str, &str) = ("NCT2526", "2025-06-30", "CARE");
const PLAN_GROUP: (&str, &str, &str) = ("NCT2526", "2025-06-30", "PLAN");

/// What a practice hands in: numerator and denominator twice, and visits.
async fn hand_in(world: &World, seat: Seat, [a, b, c, d, visits]: [&str; 5]) {
    let boxes = [
        ("HI03", Numerator, a),
        ("HI03", Denominator, b),
        ("CAN04", Numerator, c),
        ("CAN04", Denominator, d),
        ("HV01", Count, visits),
    ];
    world.submit(seat, CARE_GROUP, &boxes).await.expect("figures are in");
}

async fn plan(world: &World) {
    let plan = [("NW01", YesNo, "yes")];
    world.submit(Seat::NETWORK_MANAGER, PLAN_GROUP, &plan).await.expect("an answer");
}

/// The network takes part and the first quarter has ended.
async fn begin(world: &World) {
    world.takes_part(CARE, &["U00001"]).await;
    world.set_today("2025-07-01");
}

/// Everything is in: 60 of 100 health checks, 30 visits, the plan: £380.00.
async fn complete(world: &World) {
    begin(world).await;
    hand_in(world, Seat::PRACTICE_MANAGER, ["20", "60", "1", "2", "10"]).await;
    hand_in(world, Seat::SECOND_PRACTICE, ["40", "40", "3", "4", "20"]).await;
    plan(world).await;
}

async fn of_network(world: &World) -> Detail {
    world.newest(Seat::NETWORK_MANAGER).await
}

/// The register of the world with the network of each practice, from a day on.
pub(crate) async fn register(world: &World, networks: [Option<&str>; 3], from: &str) {
    let one = |code: &str, name: &str, kind, parent: Option<&str>, network: Option<&str>| Listed {
        code: code.into(),
        name: name.into(),
        kind,
        parent: parent.map(Into::into),
        network: network.map(Into::into),
        place: String::new(),
        postcode: String::new(),
        closing: Closing::Unsaid,
    };
    let [first, second, third] = networks;
    let practice = OrganisationKind::Practice;
    let listed = [
        one("QAA", "NHS Anytown ICB", OrganisationKind::Icb, Some("Y99"), None),
        one("QBB", "NHS Elsewhere ICB", OrganisationKind::Icb, Some("Y99"), None),
        one("U00001", "Riverside PCN", OrganisationKind::Pcn, Some("QAA"), None),
        one("U00002", "Hillside PCN", OrganisationKind::Pcn, Some("QAA"), None),
        one("Y00001", "Riverside Surgery", practice, Some("QAA"), first),
        one("Y00002", "Hill Top Practice", practice, Some("QAA"), second),
        one("Y00003", "Far Away Surgery", practice, Some("QBB"), third),
    ];
    let from = from.parse().expect("a date");
    let by = Actor::system("register");
    store::organisation::load(&world.db, ("register", "1"), &listed, from, &by, &world.now())
        .await
        .expect("the register loads");
}

const BOTH: [Option<&str>; 3] = [Some("U00001"), Some("U00001"), None];
const ALL: [Option<&str>; 3] = [Some("U00001"), Some("U00001"), Some("U00001")];
const ONE: [Option<&str>; 3] = [Some("U00001"), None, None];

story!(a_network_is_paid_for_the_sum_of_its_practices_at_once, world, {
    begin(&world).await;
    hand_in(&world, Seat::PRACTICE_MANAGER, ["20", "60", "1", "2", "10"]).await;
    hand_in(&world, Seat::SECOND_PRACTICE, ["40", "40", "3", "4", "20"]).await;
    let waiting = of_network(&world).await;
    assert_eq!(waiting.state, AchievementState::InProgress, "the network's own answer is missing");
    assert_eq!((waiting.achievement.submitted, waiting.achievement.required), (6, 7));
    plan(&world).await;
    let detail = of_network(&world).await;
    // 33.33 % and 100 % of the two are 60 %, not the mean of 66.67 %.
    assert_eq!(amount(&detail), Pence(30_000 + 3_000 + 5_000));
    let sum = detail.figures.iter().find(|own| own.indicator == "HI03").expect("a figure");
    assert_eq!((sum.value, sum.source.as_str()), (Some(60), "Sum of 2 practices"));
    let page = world.sign_in(Seat::NETWORK_MANAGER).await;
    let page = page.get(&format!("/achievement/{}", detail.achievement.id)).await;
    for text in
        ["Sum of 2 practices", "Practices summed again: Hill Top Practice changed 5 figures"]
    {
        assert!(page.text().contains(text), "{text}\n{}", page.text());
    }
    assert_eq!(world.sweep().await.calculated, 0, "nothing was left for the sweep");
    let part = world.newest(Seat::SECOND_PRACTICE).await;
    assert_eq!(part.state, AchievementState::InNetwork);
    assert!(part.calculation.is_none() && part.reference.is_none());
    world.assert_history_is_whole().await;
});

story!(the_screen_names_the_practice_and_the_indicator_that_is_missing, world, {
    begin(&world).await;
    hand_in(&world, Seat::PRACTICE_MANAGER, ["20", "60", "1", "2", "10"]).await;
    hand_in(&world, Seat::SECOND_PRACTICE, ["40", "40", "3", "", "20"]).await;
    plan(&world).await;
    let detail = of_network(&world).await;
    assert_eq!(detail.state, AchievementState::AwaitingNetwork);
    assert_eq!((detail.achievement.submitted, detail.achievement.required), (6, 7));
    let words = "Waiting for figures of Hill Top Practice (CAN04).";
    assert_eq!(detail.held_because, words);
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let page = network.get(&format!("/achievement/{}", detail.achievement.id)).await;
    assert!(page.text().contains(words) && page.text().contains("Hill Top Practice: CAN04 denom"));
    let results = network.get("/achievement?status=awaiting_network").await;
    assert!(results.text().contains("Awaiting Network Achievement"), "{}", results.text());
    let declare = network.get("/achievement/declare").await;
    let cannot = format!("You cannot declare yet. {words}");
    assert!(declare.text().contains(&cannot), "{}", declare.text());
    let list = network.get("/achievement/network").await;
    assert!(list.text().contains("1 of 2"), "{}", list.text());
    let page = network.get("/achievement/network/U00001/NCT2526/2025-06-30").await;
    for text in ["The achievement waits for 1 practice", "CAN04 denominator", "2 of 3", "60%"] {
        assert!(page.text().contains(text), "{text}\n{}", page.text());
    }
    let dates = network.get("/data/NCT2526/2025-06-30").await;
    assert!(dates.text().contains(words), "{}", dates.text());
});

story!(a_practice_enters_only_its_own_level_and_the_network_only_its_own, world, {
    begin(&world).await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let list = practice.get("/data").await;
    assert!(list.text().contains("Network care 2025 to 2026"), "{}", list.text());
    let groups = practice.get("/data/NCT2526/2025-06-30").await;
    assert!(groups.text().contains("those of the other practices of Riverside PCN"));
    let entry = practice.get("/data/NCT2526/2025-06-30/PLAN").await;
    assert!(
        entry.text().contains("Entered by Riverside PCN, so no entry is allowed here"),
        "{}",
        entry.text()
    );
    let answer = [("NW01", YesNo, "yes")];
    assert!(world.submit(Seat::PRACTICE_MANAGER, PLAN_GROUP, &answer).await.is_err());
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let entry = network.get("/data/NCT2526/2025-06-30/CARE").await;
    assert!(entry.text().contains("Sum of the practices, once every one has submitted it"));
    let figure = [("HI03", Numerator, "1")];
    assert!(world.submit(Seat::NETWORK_MANAGER, CARE_GROUP, &figure).await.is_err());
    plan(&world).await;
    let entry = practice.get("/data/NCT2526/2025-06-30/PLAN").await;
    assert!(entry.text().contains("Yes"), "{}", entry.text());
    let stranger = [("HI03", Numerator, "1")];
    let refused = world.submit(Seat::FOREIGN_PRACTICE, CARE_GROUP, &stranger).await;
    assert_eq!(
        refused.expect_err("not a member"),
        "You cannot submit data because you have not accepted this service."
    );
});

story!(a_network_sees_last_periods_sums_beside_this_periods, world, {
    complete(&world).await;
    world.set_today("2025-10-01");
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let entry = network.get("/data/NCT2526/2025-09-30/CARE").await;
    assert!(
        entry.text().contains("once every one has submitted it 60 Missing"),
        "{}",
        entry.text()
    );
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let entry = practice.get("/data/NCT2526/2025-09-30/PLAN").await;
    assert!(entry.text().contains("no entry is allowed here Yes Missing"), "{}", entry.text());
});

story!(a_changed_figure_brings_a_declared_achievement_back_with_both_amounts, world, {
    complete(&world).await;
    world.declare_newest(Seat::NETWORK_MANAGER).await;
    let one = [("HV01", Count, "21"), ("HI03", Numerator, "39")];
    world.submit(Seat::SECOND_PRACTICE, CARE_GROUP, &one).await.expect("figures are in");
    let detail = of_network(&world).await;
    assert_eq!(amount(&detail), Pence(38_100));
    assert_eq!(detail.declaration, Some(DeclarationState::AwaitingProvider));
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let page = network.get("/achievement/declare").await;
    for text in ["Old value £380.00, new value £381.00", "Hill Top Practice changed 2 figures"] {
        assert!(page.text().contains(text), "{text}\n{}", page.text());
    }
    // The same figures again say nothing new.
    world.declare_newest(Seat::NETWORK_MANAGER).await;
    world.submit(Seat::SECOND_PRACTICE, CARE_GROUP, &one).await.expect("the same figures");
    assert!(of_network(&world).await.declaration.expect("declared").declared().is_some());
});

story!(a_practice_that_joins_or_leaves_moves_what_finance_has_not_approved, world, {
    complete(&world).await;
    world.declare_newest(Seat::NETWORK_MANAGER).await;
    register(&world, ALL, "2025-05-01").await;
    let detail = of_network(&world).await;
    assert_eq!(detail.state, AchievementState::AwaitingNetwork);
    assert_eq!((detail.achievement.submitted, detail.achievement.required), (7, 10));
    let words = "Waiting for figures of Far Away Surgery (HI03, CAN04 and HV01).";
    assert_eq!(detail.held_because, words);
    // Nobody approves an amount that is no longer in force.
    let approver = world.sign_in(Seat::APPROVER).await;
    let page = approver.get("/declarations").await;
    for text in ["Awaiting Network Achievement", words] {
        assert!(page.text().contains(text), "{text}\n{}", page.text());
    }
    let form = approver.get(&format!("/declarations/{}", reference(&detail))).await;
    assert!(form.text().contains(words) && form.values("declaration").is_empty());
    hand_in(&world, Seat::FOREIGN_PRACTICE, ["0", "0", "0", "0", "5"]).await;
    let detail = of_network(&world).await;
    assert_eq!(amount(&detail), Pence(38_500));
    assert_eq!(detail.declaration, Some(DeclarationState::AwaitingProvider));
    register(&world, ONE, "2025-06-30").await;
    let detail = of_network(&world).await;
    // 20 of 60 earn nothing; 10 visits and the plan are left.
    assert_eq!(amount(&detail), Pence(6_000));
    let page = world.sign_in(Seat::NETWORK_MANAGER).await.get("/achievement/declare").await;
    assert!(
        page.text().contains("Hill Top Practice left Riverside PCN on 29 June 2025"),
        "{}",
        page.text()
    );
    // Who leaves after the achievement date counts on it.
    register(&world, [None, None, None], "2025-07-01").await;
    assert_eq!(amount(&of_network(&world).await), Pence(6_000));
    let part = world.newest(Seat::PRACTICE_MANAGER).await;
    assert_eq!(part.state, AchievementState::InNetwork);
    // Each of the two is a cause of its own in what moved.
    let manager = world.sign_in(Seat::NETWORK_MANAGER).await;
    let id = of_network(&world).await.achievement.id;
    for (number, words) in [(2, "Y00003 joined"), (3, "Y00002 left")] {
        let page = manager.get(&format!("/achievement/{id}/working?calculation={number}")).await;
        page.expect(200).says("Practices that joined or left").says(words);
    }
    let by = world.actor(Seat::NETWORK_MANAGER).await;
    let mut tx = world.db.read().await.unwrap();
    let moved = store::achievement::moved(&mut tx, id, (2, 3), &by).await.unwrap().unwrap();
    let total: Pence = moved.iter().map(|own| own.amount).sum();
    assert_eq!((moved[0].amount, total), (Pence(6_000 - 38_500), Pence(6_000 - 38_500)));
    drop(tx);
    let left = world.newest(Seat::SECOND_PRACTICE).await;
    assert_eq!(left.figures.len(), 5, "who left before still sees what it handed in");
});

story!(what_finance_has_approved_stays_whoever_joins_leaves_or_types, world, {
    complete(&world).await;
    world.declare_newest(Seat::NETWORK_MANAGER).await;
    world.approve_newest(Seat::APPROVER).await;
    let boxes = [("HV01", Count, "21")];
    let refused = world.submit(Seat::SECOND_PRACTICE, CARE_GROUP, &boxes).await;
    assert!(refused.expect_err("approved").starts_with("The commissioner has approved"));
    world.approve_newest(Seat::FINANCE).await;
    let refused = world.submit(Seat::SECOND_PRACTICE, CARE_GROUP, &boxes).await;
    assert_eq!(
        refused.expect_err("locked"),
        "This declaration has been approved for payment and is locked."
    );
    register(&world, ALL, "2025-05-01").await;
    register(&world, ONE, "2025-06-01").await;
    world.sweep().await;
    let detail = of_network(&world).await;
    assert_eq!(amount(&detail), Pence(38_000));
    assert!(matches!(detail.declaration, Some(DeclarationState::Approved { .. })));
});

story!(a_network_sees_its_practices_and_a_practice_sees_no_other, world, {
    complete(&world).await;
    for seat in [PCN_VIEW, DECLARER, PCN_VIEW_AT_PRACTICE, ENTERING] {
        world.add_seat(seat).await;
    }
    let path = "/achievement/network/U00001/NCT2526/2025-06-30";
    for (seat, status, sees_share) in [
        (Seat::NETWORK_MANAGER, 200, true),
        (PCN_VIEW, 200, true),
        (PCN_VIEW_AT_PRACTICE, 200, true),
        (ENTERING, 200, true),
        (DECLARER, 200, false),
        (Seat::PRACTICE_MANAGER, 404, false),
        (Seat::FOREIGN_PRACTICE, 404, false),
    ] {
        let page = world.sign_in(seat).await.get(path).await;
        page.expect(status);
        // 40 of 40 is the share of the second practice alone.
        assert_eq!(page.text().contains("100%"), sees_share, "{}: {}", seat.name, page.text());
        let says_sum = page.text().contains("60%");
        assert_eq!(says_sum, status == 200, "{}", seat.name);
    }
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get("/achievement/network").await.expect(403);
    let other = world.newest(Seat::SECOND_PRACTICE).await.achievement.id;
    practice.get(&format!("/achievement/{other}")).await.expect(404);
    let own = of_network(&world).await.achievement.id;
    practice.get(&format!("/achievement/{own}")).await.expect(404);
    let page = world.sign_in(PCN_VIEW_AT_PRACTICE).await.get("/achievement/network").await;
    assert!(page.text().contains("2 of 2"), "{}", page.text());
});

story!(a_network_opens_what_its_practices_gave_and_no_other_network_does, world, {
    let mut world = world;
    complete(&world).await;
    // What a practice does for itself is no concern of the network.
    world.takes_part(ADVICE, &["Y00002"]).await;
    let own = ("AG2526", "2025-06-30", "ADVICE");
    world.submit(Seat::SECOND_PRACTICE, own, &[("AG001", Count, "7")]).await.expect("a count");
    register(&world, BOTH, "2025-04-01").await;
    let mut tx = world.db.read().await.expect("a question");
    world.organisations = store::organisation::codes(&mut tx).await.expect("codes");
    drop(tx);
    let hillside =
        Seat { name: "Zoe Abbot", organisation: "U00002", roles: Seat::NETWORK_MANAGER.roles };
    for seat in [PCN_VIEW, DECLARER, PCN_VIEW_AT_PRACTICE, hillside] {
        world.add_seat(seat).await;
    }
    let results = world.results(Seat::SECOND_PRACTICE).await;
    let of = |code: &str| {
        let row = results.iter().find(|row| row.service_code == code).expect("a row");
        format!("/achievement/{}", row.id)
    };
    let (part, alone) = (of("NCT2526"), of("AG2526"));
    for (seat, status) in [
        (Seat::NETWORK_MANAGER, 200),
        (PCN_VIEW, 200),
        (PCN_VIEW_AT_PRACTICE, 200),
        (DECLARER, 404),
        (hillside, 404),
        (Seat::PRACTICE_MANAGER, 404),
        (Seat::FOREIGN_PRACTICE, 404),
    ] {
        let browser = world.sign_in(seat).await;
        for path in [part.clone(), format!("{part}/submissions")] {
            let page = browser.get(&path).await;
            assert_eq!(page.status.as_u16(), status, "{}: {path}", seat.name);
        }
        browser.get(&alone).await.expect(404);
        let network = browser.get("/achievement/network/U00001/NCT2526/2025-06-30").await;
        assert_eq!(network.html.contains(&part), status == 200, "{}", seat.name);
    }
    // It is read there and changed nowhere else than by the practice.
    let page = world.sign_in(Seat::NETWORK_MANAGER).await.get(&part).await;
    page.says("Hill Top Practice").does_not_say("Go to data submission").does_not_say("Run Ach");
    assert_eq!(
        page.links("/achievement/network/"),
        ["/achievement/network/U00001/NCT2526/2025-06-30"]
    );
    // A network sees who is its member on the achievement date.
    register(&world, [Some("U00001"), Some("U00002"), None], "2025-06-30").await;
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    network.get(&part).await.expect(404);
});

story!(a_commissioner_enters_for_a_practice_of_a_network, world, {
    begin(&world).await;
    world.add_seat(ENTERING).await;
    let browser = world.sign_in(ENTERING).await;
    let page = browser.get("/achievement/network/U00001/NCT2526/2025-06-30").await;
    let path = "/achievement/record/Y00002/NCT2526/2025-06-30";
    assert!(page.text().contains("Enter figures for Hill Top Practice"), "{}", page.text());
    browser.get(path).await.expect(200);
    let form = browser.get(&format!("{path}/CARE")).await;
    let version = form.value("version");
    let boxes = [
        ("version", version.as_str()),
        ("HI03-numerator", "40"),
        ("HI03-denominator", "40"),
        ("CAN04-numerator", "3"),
        ("CAN04-denominator", "4"),
        ("HV01-count", "20"),
    ];
    let sent = browser.post(&format!("{path}/CARE"), &boxes).await;
    assert!(message(&sent).contains("5 figures submitted"), "{}", message(&sent));
    let part = world.newest(Seat::SECOND_PRACTICE).await;
    assert_eq!(part.state, AchievementState::InNetwork);
    let other = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    other.get("/achievement/network/U00001/NCT2526/2025-06-30").await.expect(403);
});

story!(an_extract_brings_figures_of_the_practices_and_is_summed_once, world, {
    begin(&world).await;
    plan(&world).await;
    let row = |org: &str, indicator: &str, field: &str, value: u32| {
        format!(
            "NCT2526,Network care,{org},20250630,{indicator},{field},{value},N,cro-processor,01/07/2025,02:03:04,Y\n"
        )
    };
    let mut file = HEADER.to_owned();
    for (org, n) in [("Y00001", 20), ("Y00002", 40)] {
        file += &row(org, "HI03", "Numerator", n);
        file += &row(org, "HI03", "Denominator", 50);
        file += &row(org, "CAN04", "Numerator", 1);
        file += &row(org, "CAN04", "Denominator", 2);
        file += &row(org, "HV01", "Count", n);
    }
    let wrong = [row("U00001", "HI03", "Numerator", 9), row("Y00001", "NW01", "Yes/No Flag", 1)];
    let refused = load(&world, &format!("{file}{}{}", wrong[0], wrong[1]));
    let refused = refused.expect_err("two rows of another level");
    for allowed in
        ["an indicator that the network hands in: NW01", "a practice hands in: HI03, CAN04, HV01"]
    {
        assert!(refused.contains(allowed), "{refused}");
    }
    let said = load(&world, &file).expect("it loads");
    assert!(said.contains("10 figures loaded for 2 achievements"), "{said}");
    assert!(said.contains("1 achievement calculated"), "{said}");
    let detail = of_network(&world).await;
    assert_eq!(amount(&detail), Pence(30_000 + 6_000 + 5_000));
    assert_eq!(detail.earlier.len(), 0, "summed once, when all rows were in");
    // A practice of no network that takes part belongs nowhere.
    let foreign = format!("{HEADER}{}", row("Y00003", "HV01", "Count", 1));
    assert!(load(&world, &foreign).is_err());
});

story!(the_investment_and_impact_fund_is_paid_on_the_sums_of_the_practices, world, {
    world.takes_part(FUND, &["U00001"]).await;
    let figures = "set = \"IIF\"\nyear = 2025\npoint_value = \"198.00\"\naverage_list = 50000\nsource = \"A story\"\n\
                   published_on = 2025-04-01\n[prevalence]\nHI03 = \"0.5\"\nCAN04 = \"0.5\"\n";
    let (by, now) = (Actor::system("story"), world.now());
    let loaded = store::reference::load(&world.db, "iif.toml", figures, &by, &now).await;
    let (version, _) = loaded.expect("national figures load");
    store::reference::take_into_use(&world.db, version.id, version.version, &by, &now)
        .await
        .expect("national figures are taken into use");
    world.set_today("2026-04-02");
    let fund = domain::Service::from_toml(FUND).expect("a definition");
    let mut file = HEADER.to_owned();
    for org in ["Y00001", "Y00002"] {
        for indicator in fund.indicators() {
            for (field, name) in &indicator.extract {
                let numerator = if org == "Y00001" { 25 } else { 45 };
                let value = if *field == Numerator { numerator } else { 50 };
                file += &format!(
                    "NCD2526,Fund,{org},20260331,{},\"{name}\",{value},N,cro-processor,01/04/2026,02:03:04,Y\n",
                    indicator.code
                );
            }
        }
    }
    let said = load(&world, &file).expect("it loads");
    assert!(said.contains("1 achievement calculated"), "{said}");
    let detail = of_network(&world).await;
    let result = detail.calculation.expect("a calculation").result;
    // Health checks: half of the way from 60 % to 80 %, 18 points. Referrals: a third from 65 % to 80 %, 7.33 points.
    // The one practice alone, at 50 %, would have earned nothing.
    let points = result.points.expect("points").to_fixed(2);
    assert_eq!(points, "25.33");
    assert!(
        result
            .lines
            .iter()
            .flat_map(|line| &line.inputs)
            .any(|own| own.source == "Sum of 2 practices")
    );
});

/// Runs `accord import extract`; what it said, or what was wrong.
fn load(world: &World, text: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("care.csv");
    std::fs::write(&file, text).expect("a file");
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(["import", "--database", &world.address, "extract"])
        .arg(&file)
        .output()
        .expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if run.status.success() { Ok(text(&run.stdout)) } else { Err(text(&run.stderr)) }
}

story!(practices_that_submit_at_one_moment_are_all_counted, world, {
    register(&world, ALL, "2025-04-01").await;
    begin(&world).await;
    plan(&world).await;
    let figures = |n: &'static str| ["1", "1", "1", "1", n];
    tokio::join!(
        hand_in(&world, Seat::PRACTICE_MANAGER, figures("100")),
        hand_in(&world, Seat::SECOND_PRACTICE, figures("20")),
        hand_in(&world, Seat::FOREIGN_PRACTICE, figures("3")),
    );
    assert_eq!(amount(&of_network(&world).await), Pence(50_000 + 12_300 + 5_000));
    assert_eq!(world.results(Seat::NETWORK_MANAGER).await.len(), 1);
});

story!(a_register_that_loads_while_practices_submit_takes_no_harm, world, {
    register(&world, ALL, "2025-04-01").await;
    begin(&world).await;
    plan(&world).await;
    let figures = |n: &'static str| ["1", "1", "1", "1", n];
    hand_in(&world, Seat::FOREIGN_PRACTICE, figures("3")).await;
    let rounds = [("1", "10", BOTH), ("2", "20", ALL), ("3", "30", BOTH), ("4", "40", ALL)];
    for (first, second, networks) in rounds {
        tokio::join!(
            hand_in(&world, Seat::PRACTICE_MANAGER, figures(first)),
            register(&world, networks, "2025-05-01"),
            hand_in(&world, Seat::SECOND_PRACTICE, figures(second)),
        );
    }
    assert_eq!(amount(&of_network(&world).await), Pence(50_000 + 4_700 + 5_000));
});

story!(a_network_without_practices_waits_and_says_so, world, {
    register(&world, [None, None, None], "2025-04-01").await;
    begin(&world).await;
    plan(&world).await;
    let detail = of_network(&world).await;
    assert_eq!(detail.state, AchievementState::AwaitingNetwork);
    assert_eq!(detail.held_because, "No practice is a member of the network on 30 June 2025.");
    register(&world, BOTH, "2025-06-30").await;
    assert!(of_network(&world).await.held_because.contains("Hill Top Practice (HI03"));
});

fn reference(detail: &Detail) -> String {
    detail.reference.clone().expect("a declaration")
}
