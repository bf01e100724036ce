//! Stories of the guard: what new national figures or a new version of a service would move, before anything moves.

use crate::{
    story,
    support::{Page, Seat, World, figures::ADVICE, money::message},
};
use domain::{
    Actor,
    Field::{Count, Denominator, Numerator, Register},
    NotAllowed, Pence, ReferenceId, Role,
};
use std::{collections::BTreeMap, fs, process::Command, sync::Arc};
use store::{
    Failed,
    achievement::{Preview, preview_of_definition, preview_of_figures},
    reference,
};

/// Two indicators, one of them adjusted by prevalence.
const POINTS: &str = r#"
code = "PTS2526"
name = "Points of care"
summary = "Two percentages."
family = "QOF"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "practice"
entry = "manual"
points_decimals = 2
list_size_date = 2026-01-01
reference = "QOF"

[payment]
frequency = "annual"
declaration_required = true
approval_required = true
pay_code = "PTS"

[[component]]
code = "CARE"
name = "Care"

[[component.indicator]]
code = "AF1"
name = "Register"
kind = "register"
prevalence_group = "AF"

[[component.indicator]]
code = "CARE1"
name = "Care given"
kind = "fraction"
points = "10"
lower = "40"
upper = "90"
prevalence_group = "AF"

[[component.indicator]]
code = "CARE2"
name = "More care given"
kind = "fraction"
points = "7.5"
lower = "20"
upper = "85"
"#;

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
/// Decides about national figures and sees money.
const DECIDES: Seat = Seat {
    name: "Kate Birch",
    organisation: "Y99",
    roles: &[Role::OrganisationAdministrator, Role::FinanceView],
};
/// Decides, and sees no money.
const WITHOUT_MONEY: Seat =
    Seat { name: "Ned Frost", organisation: "Y99", roles: &[Role::OrganisationAdministrator] };
/// The same role where it is not enough.
const OF_AN_ICB: Seat =
    Seat { name: "Uma Lake", organisation: "QAA", roles: &[Role::OrganisationAdministrator] };

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        least + (self.0 >> 11) as i64 % (most - least + 1)
    }
}

fn figures(point_value: &str, average_list: i64, prevalence: &str) -> String {
    format!(
        "set = \"QOF\"\nyear = 2025\npoint_value = \"{point_value}\"\naverage_list = {average_list}\n\
         source = \"A correction\"\npublished_on = 2026-04-02\n[prevalence]\n{prevalence}\n"
    )
}

async fn load(world: &World, text: &str, by: &Actor) -> (ReferenceId, i64) {
    let loaded = reference::load(&world.db, "figures.toml", text, by, &world.now()).await;
    let version = loaded.expect("it loads").0;
    (version.id, version.version)
}

/// The counts of a practice: register, then numerator and denominator of both indicators.
async fn submit(world: &World, seat: Seat, counts: [i64; 5]) {
    let text = counts.map(|count| count.to_string());
    let boxes = [
        ("AF1", Register, text[0].as_str()),
        ("CARE1", Numerator, &text[1]),
        ("CARE1", Denominator, &text[2]),
        ("CARE2", Numerator, &text[3]),
        ("CARE2", Denominator, &text[4]),
    ];
    world.submit(seat, ("PTS2526", "2026-03-31", "CARE"), &boxes).await.expect("figures are in");
}

/// Two practices with figures of the year that has ended.
async fn with_points(world: &World) {
    world.takes_part(POINTS, &["Y00001", "Y00002"]).await;
    world.set_today("2026-04-01");
    submit(world, MANAGER, [240, 65, 100, 50, 100]).await;
    submit(world, Seat::SECOND_PRACTICE, [100, 80, 100, 90, 100]).await;
}

async fn preview(
    world: &World,
    id: ReferenceId,
    seat: Seat,
) -> Result<Arc<Preview>, Failed<NotAllowed>> {
    let by = world.actor(seat).await;
    preview_of_figures(&world.db, id, &by, &world.now()).await
}

/// Amount and points by provider, service and period.
type Amounts = BTreeMap<(String, String, String), (Option<Pence>, Option<String>)>;

/// What a preview says of after; nothing where there would be no amount.
fn foretold(preview: &Preview) -> Amounts {
    let rows = preview.rows.iter().map(|row| {
        let key = (row.provider_code.clone(), row.service.clone(), row.period.end.to_string());
        let after = row.moves.after.as_ref().ok();
        let points = after.and_then(|own| own.points.as_ref()).map(|own| own.to_short(6));
        (key, (after.and_then(|own| own.amount), points))
    });
    rows.collect()
}

/// What is recorded of the same achievements.
async fn recorded(world: &World, of: &Amounts) -> Amounts {
    let rows = world.results(Seat::APPROVER).await.into_iter().map(|row| {
        let key = (row.provider_code, row.service_code, row.period.end.to_string());
        (key, (row.amount, row.points.map(|own| own.to_short(6))))
    });
    rows.filter(|(key, _)| of.contains_key(key)).collect()
}

/// How many facts there are of everything that a preview might write.
async fn written(world: &World) -> Vec<i64> {
    let mut counts = Vec::new();
    for kind in ["achievement_calculated", "reference_used", "service_published", "declaration"] {
        counts.push(world.facts(kind).await);
    }
    counts
}

story!(what_national_figures_would_move_is_what_they_then_move, world, {
    world.add_seat(DECIDES).await;
    world.takes_part(POINTS, &["Y00001", "Y00002"]).await;
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2026-04-01");
    let (mut chance, by) = (Chance(2026), world.actor(DECIDES).await);
    for round in 0..6 {
        for seat in [MANAGER, Seat::SECOND_PRACTICE] {
            let (one, two) = (chance.between(1, 400), chance.between(1, 400));
            let counts =
                [chance.between(1, 600), chance.between(0, one), one, chance.between(0, two), two];
            submit(&world, seat, counts).await;
        }
        // Without a prevalence everything is held, and the round after releases it.
        let prevalence = match round {
            2 => String::new(),
            _ => format!("AF = \"{}.{}\"", chance.between(1, 9), chance.between(10, 99)),
        };
        let value = format!("{}.{}", chance.between(150, 250), chance.between(10, 99));
        let text = figures(&value, chance.between(5_000, 12_000), &prevalence);
        let (id, version) = load(&world, &text, &Actor::system("story")).await;
        let before = written(&world).await;
        let told = preview(&world, id, DECIDES).await.unwrap();
        assert_eq!(written(&world).await, before, "nothing is written");
        assert_eq!(told.rows.len(), 2, "{told:?}");
        let totals = told.totals.clone().expect("money is seen");
        assert_eq!(totals.held, if round == 2 { 2 } else { 0 });
        assert_eq!(totals.released, if round == 3 { 2 } else { 0 });
        let told = foretold(&told);
        reference::take_into_use(&world.db, id, version, &by, &world.now()).await.unwrap();
        world.sweep().await;
        assert_eq!(told, recorded(&world, &told).await, "round {round}");
        let sum: i64 = told.values().filter_map(|(amount, _)| *amount).map(|own| own.0).sum();
        assert_eq!(totals.after, Pence(sum));
    }
    world.assert_history_is_whole().await;
});

/// The advice service with another fee; its example is of the first one's.
fn with_fee(fee: &str) -> String {
    let without_example = ADVICE.split("[[example]]").next().expect("a definition");
    without_example.replace("fee = \"20.00\"", &format!("fee = \"{fee}\""))
}

/// Its second version.
fn dearer(fee: &str) -> String {
    let second = "version = 2\neffective_on = 2025-05-31\n\n[payment]";
    with_fee(fee).replace("[payment]", second)
}

/// Counts of three months; finance has approved the last one of the first practice.
async fn with_counts(world: &World) {
    world.takes_part(ADVICE, &["Y00001", "Y00002"]).await;
    world.set_today("2025-07-02");
    let mut chance = Chance(7);
    let june = (MANAGER, "2025-06-30");
    let second =
        ["2025-04-30", "2025-05-31", "2025-06-30"].map(|date| (Seat::SECOND_PRACTICE, date));
    let rest = [(MANAGER, "2025-04-30"), (MANAGER, "2025-05-31")];
    for (seat, date) in std::iter::once(june).chain(second).chain(rest) {
        let count = chance.between(1, 90).to_string();
        let key = ("AG2526", date, "ADVICE");
        world.submit(seat, key, &[("AG001", Count, &count)]).await.expect("a count");
        if (seat, date) == june {
            world.declare_newest(MANAGER).await;
            world.approve_newest(Seat::FINANCE).await;
        }
    }
}

story!(what_a_new_version_of_a_service_would_move_is_what_it_then_moves, world, {
    with_counts(&world).await;
    let system = Actor::system("accord import service");
    let before = written(&world).await;
    let definition = dearer("26.40");
    let told = preview_of_definition(&world.db, &definition, &system, &world.now()).await.unwrap();
    assert_eq!(written(&world).await, before, "nothing is written");
    // April is before its date, and June of the first practice is locked.
    let keys: Vec<_> = told.rows.iter().map(|row| (&*row.provider_code, row.period.end)).collect();
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert!(keys.iter().all(|(_, end)| *end != "2025-04-30".parse().unwrap()), "{keys:?}");
    let told = foretold(&told);
    store::service::publish(&world.db, &definition, &system, &world.now()).await.expect("it is");
    world.sweep().await;
    assert_eq!(told, recorded(&world, &told).await);
    let again = preview_of_definition(&world.db, &definition, &system, &world.now()).await.unwrap();
    assert!(again.rows.is_empty(), "what is published moves nothing");
});

story!(a_version_that_asks_for_more_is_previewed_with_what_is_there_now, world, {
    with_counts(&world).await;
    let system = Actor::system("accord import service");
    // A payment by list is new, and nobody has gathered a list for this service so far.
    let by_list = "\n[[component.indicator]]\ncode = \"LIST\"\nname = \"Standing payment\"\nkind = \"per_patient\"\nrate_per_year = \"1.20\"\n";
    let definition = dearer("20.00").replace("entry = ", "list_size_date = 2025-01-01\nentry = ");
    let definition = definition + by_list;
    let told = preview_of_definition(&world.db, &definition, &system, &world.now()).await.unwrap();
    assert_eq!(told.totals.as_ref().map(|own| (own.more, own.held)), Some((3, 0)), "{told:?}");
    let told = foretold(&told);
    store::service::publish(&world.db, &definition, &system, &world.now()).await.expect("it is");
    world.sweep().await;
    assert_eq!(told, recorded(&world, &told).await);
});

story!(only_who_may_publish_previews_a_definition, world, {
    with_counts(&world).await;
    for seat in [Seat::COMMISSIONER, Seat::FINANCE] {
        let by = world.actor(seat).await;
        let refused = preview_of_definition(&world.db, &dearer("21.00"), &by, &world.now()).await;
        let Err(Failed::Refused(why)) = refused else { panic!("{refused:?}") };
        assert!(why.to_string().contains("load organisations and services"), "{why}");
    }
    let system = Actor::system("accord import service");
    let same = with_fee("25.00");
    let refused = preview_of_definition(&world.db, &same, &system, &world.now()).await;
    let Err(Failed::Refused(why)) = refused else { panic!("{refused:?}") };
    assert!(why.to_string().contains("Write version = 2"), "{why}");
});

story!(a_preview_reaches_as_far_as_its_reader, world, {
    for seat in [DECIDES, WITHOUT_MONEY, OF_AN_ICB] {
        world.add_seat(seat).await;
    }
    with_points(&world).await;
    let (id, _) =
        load(&world, &figures("225.52", 10_185, "AF = \"2.31\""), &Actor::system("story")).await;
    for (seat, rows, has_money) in [
        (DECIDES, 2, true),
        (Seat::FINANCE, 2, true),
        (Seat::OTHER_APPROVER, 0, true),
        (MANAGER, 1, true),
        (Seat::FOREIGN_PRACTICE, 0, true),
        (WITHOUT_MONEY, 2, false),
        (OF_AN_ICB, 2, false),
        (Seat::COMMISSIONER_VIEW, 2, false),
        (Seat::PRACTICE_VIEW, 1, false),
    ] {
        let told = preview(&world, id, seat).await.unwrap();
        assert_eq!(told.rows.len(), rows, "{seat:?}");
        assert_eq!(told.totals.is_some(), has_money, "{seat:?}");
        for row in &told.rows {
            let worth = [row.moves.before.as_ref(), row.moves.after.as_ref().ok()];
            assert!(worth.into_iter().flatten().all(|own| own.amount.is_some() == has_money));
        }
    }
    let other = Seat { name: "Lee Carr", organisation: "QAA", roles: &[Role::UserAdministrator] };
    world.add_seat(other).await;
    assert!(matches!(preview(&world, id, other).await, Err(Failed::Refused(_))));
});

/// What a page of the figures asks for: the address after loading them by the page.
async fn load_by_page(world: &World, seat: Seat, text: &str) -> String {
    let loaded = world.sign_in(seat).await.post("/national-figures/new", &[("text", text)]).await;
    loaded.expect(303).location().to_owned()
}

story!(figures_are_loaded_looked_at_and_taken_into_use_on_pages, world, {
    world.add_seat(DECIDES).await;
    with_points(&world).await;
    let kate = world.sign_in(DECIDES).await;
    kate.get("/services").await.expect(200).links("/national-figures").first().expect("a link");
    let list = kate.get("/national-figures").await;
    list.expect(200).says("QOF 2025 to 2026, version 1").says("In force").says("A story");
    let own = list.links("/national-figures/").into_iter().find(|own| !own.ends_with("/new"));
    let correct = kate.get(&own.expect("a version")).await.links("/national-figures/new?from=");
    let form = kate.get(&correct[0]).await;
    form.expect(200).says("point_value = \"225.49\"");
    let text = figures("225.52", 10_185, "AF = \"2.20\"").replace('\n', "\r\n");
    let address = load_by_page(&world, DECIDES, &text).await;
    let again = kate.post("/national-figures/new", &[("text", &text)]).await;
    assert_eq!(again.expect(303).location(), address, "the same text is no new version");
    assert!(message(&again).contains("has the same figures"), "{}", message(&again));
    kate.get("/national-figures").await.says("QOF 2025 to 2026, version 2").says("Waiting");
    let facts = written(&world).await;
    let page = kate.get(&address).await;
    page.expect(200)
        .says("In force (version 1)")
        .says("Value of a point £225.49 £225.52 £0.03 more")
        .says("National average list 10,184 10,185 1 more")
        .says("National prevalence of AF 2.31% 2.2% 0.11 percentage points less")
        .says("Paid more 2")
        .says("Riverside Surgery (Y00001)")
        .says("Take into use")
        .does_not_say("Check these figures");
    let csv = kate.get(&format!("{address}/changes.csv")).await;
    csv.expect(200).says("provider_code,provider,service,period_start,period_end,points_before");
    assert_eq!(csv.html.lines().count(), 3, "{}", csv.html);
    kate.get(&format!("{address}?provider=y00002"))
        .await
        .says("Hill Top")
        .does_not_say("Riverside Surgery (");
    kate.get(&format!("{address}?provider=nowhere")).await.expect(200).says("No provider matches");
    assert_eq!(written(&world).await, facts, "nothing is written by looking");
    let used = kate.post(&format!("{address}/use"), &[("version", &page.value("version"))]).await;
    assert_eq!(used.expect(303).location(), address);
    let said = message(&used);
    assert!(
        said.contains("2 achievements looked at again, 2 achievements with a new calculation."),
        "{said}"
    );
    assert_eq!(world.sweep().await.calculated, 0, "it is done");
    kate.get(&address).await.expect(200).says("In force").does_not_say("Take into use");
    let id = world.results(MANAGER).await.remove(0).id;
    let working = world.sign_in(MANAGER).await.get(&format!("/achievement/{id}/working")).await;
    working.expect(200).says("QOF 2025 to 2026, version 2");
    assert_eq!(working.links("/national-figures").len(), 1);
    world.assert_history_is_whole().await;
});

story!(what_was_held_for_want_of_national_figures_shows_its_first_amount, world, {
    world.add_seat(DECIDES).await;
    let other = POINTS.replace("reference = \"QOF\"", "reference = \"IIF\"");
    world.takes_part(&other, &["Y00001"]).await;
    world.set_today("2026-04-01");
    submit(&world, MANAGER, [240, 65, 100, 50, 100]).await;
    let text = figures("200.00", 9_000, "AF = \"2.31\"").replace("\"QOF\"", "\"IIF\"");
    let address = load_by_page(&world, DECIDES, &text).await;
    let page = world.sign_in(DECIDES).await.get(&address).await;
    page.expect(200)
        .says("Paid more 1, of which 1 had no amount")
        .says("Not calculated")
        .says("Amount now £0.00");
    let without = text.replace("AF = ", "CHD = ");
    let address = load_by_page(&world, DECIDES, &without).await;
    let page = world.sign_in(DECIDES).await.get(&address).await;
    page.expect(200).says("Without an amount 1").says("national prevalence of AF");
});

story!(who_may_not_decide_is_told_why_and_who_can, world, {
    for seat in [DECIDES, WITHOUT_MONEY, OF_AN_ICB] {
        world.add_seat(seat).await;
    }
    with_points(&world).await;
    // The list is wrong, as it once was.
    let broken = figures("225.49", 9_962, "AF = \"2.31\"");
    let address = load_by_page(&world, DECIDES, &broken).await;
    let version = world.sign_in(DECIDES).await.get(&address).await;
    version
        .expect(200)
        .says("Check these figures")
        .says("is 2.2635 pence. For 2025 to 2026 it should be 2.2142 pence")
        .says("A second person must check")
        .says("At North Region these people can: Ned Frost.");
    let version = version.value("version");
    let form = [("version", version.as_str())];
    for (seat, why) in [
        (OF_AN_ICB, "only the one at the top"),
        (Seat::FINANCE, "You need the role Organisation Administrator"),
    ] {
        let browser = world.sign_in(seat).await;
        browser.get(&address).await.expect(200).says(why).says("Kate Birch, Ned Frost");
        for act in ["use", "set-aside"] {
            let refused = browser.post(&format!("{address}/{act}"), &form).await;
            refused
                .expect(403)
                .says(why)
                .says("At North Region these people can: Kate Birch, Ned Frost.");
        }
        browser.get("/national-figures/new").await.expect(403).says("Kate Birch, Ned Frost");
        let refused = browser.post("/national-figures/new", &[("text", &broken)]).await;
        refused.expect(403).says(why);
        browser.get("/national-figures").await.expect(200).does_not_say("Load new figures");
    }
    let kate = world.sign_in(DECIDES).await;
    let refused = kate.post(&format!("{address}/use"), &form).await;
    refused.expect(409).says("A second person must check the figures against their source");
    kate.post(&format!("{address}/use"), &[]).await.expect(400);
    kate.post(&format!("{address}/use"), &[("version", "7")]).await.expect(409);
    let ned = world.sign_in(WITHOUT_MONEY).await;
    let stale = ned.post(&format!("{address}/use"), &[("version", "7")]).await;
    stale.expect(409).says("Someone else changed this");
    let aside = ned.post(&format!("{address}/set-aside"), &form).await;
    assert_eq!(aside.expect(303).location(), "/national-figures");
    ned.get("/national-figures").await.says("Set aside");
    let late = ned.post(&format!("{address}/use"), &[("version", "2")]).await;
    late.expect(409).says("These figures are not waiting any more. They are: Set aside.");
});

story!(taking_figures_into_use_makes_what_was_seen_of_the_others_old, world, {
    world.add_seat(DECIDES).await;
    let first = load_by_page(&world, DECIDES, &figures("225.52", 10_185, "AF = \"2.2\"")).await;
    let second = load_by_page(&world, DECIDES, &figures("225.52", 10_185, "AF = \"2.1\"")).await;
    let kate = world.sign_in(DECIDES).await;
    let seen = kate.get(&first).await.value("version");
    let version = kate.get(&second).await.value("version");
    kate.post(&format!("{second}/use"), &[("version", &version)]).await.expect(303);
    kate.post(&format!("{first}/use"), &[("version", &seen)]).await.expect(409);
    kate.get(&first).await.expect(200).says("In force (version 3)");
});

story!(a_wrong_text_is_refused_with_everything_wrong_in_it, world, {
    world.add_seat(DECIDES).await;
    let kate = world.sign_in(DECIDES).await;
    let wrong = figures("225.499", 0, "AF = \"0\"");
    let page = kate.post("/national-figures/new", &[("text", &wrong)]).await;
    page.expect(422)
        .says("There is a problem")
        .says("point_value: found \"225.499\", allowed pounds and pence in quotes")
        .says("average_list: found 0, allowed a whole number")
        .says("prevalence, AF: found 0, allowed more than 0")
        .says("point_value = \"225.499\"");
    for text in ["", "no figures at all", "set = \"<b>QOF</b>\"", &"x".repeat(60_000)] {
        kate.post("/national-figures/new", &[("text", text)]).await.expect(422);
    }
    assert_eq!(world.facts("reference_loaded").await, 3, "those of the world");
});

story!(those_who_only_view_see_no_pound_of_national_figures, world, {
    for seat in [DECIDES, WITHOUT_MONEY] {
        world.add_seat(seat).await;
    }
    with_points(&world).await;
    let address = load_by_page(&world, DECIDES, &figures("225.49", 9_962, "AF = \"2.2\"")).await;
    let no_pound = |page: &Page| {
        page.expect(200)
            .does_not_say("£")
            .does_not_say("pence")
            .does_not_say("225")
            .does_not_say("Value of a point over");
    };
    let viewer = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    for page in ["/national-figures".to_owned(), address.clone(), "/catalogue/PTS2526".into()] {
        no_pound(&viewer.get(&page).await);
    }
    viewer.get(&address).await.says("2 achievements would be calculated again").says("points");
    let csv = viewer.get(&format!("{address}/changes.csv")).await;
    csv.expect(200).says("Y00001,Riverside Surgery,PTS2526,2025-04-01,2026-03-31,");
    assert!(csv.html.lines().skip(1).all(|line| line.contains(",,,")), "{}", csv.html);
    // Who decides sees the figures, and no provider's amount without a role that shows money.
    let ned = world.sign_in(WITHOUT_MONEY).await;
    let page = ned.get(&address).await;
    page.expect(200).says("£225.49").says("Your role does not show amounts").says("Take into use");
    assert!(page.text().split("What this changes").nth(1).is_some_and(|rest| !rest.contains('£')));
    // A provider sees what it is paid by, and nothing that may never be used.
    let provider = world.sign_in(MANAGER).await;
    provider.get("/national-figures").await.expect(200).does_not_say("Waiting");
    for path in [address.clone(), format!("{address}/changes.csv")] {
        provider.get(&path).await.expect(404);
    }
    for wrong in
        ["/national-figures/nothing", "/national-figures/019d5d85-a588-72a2-8418-9376e6904b40"]
    {
        viewer.get(wrong).await.expect(404);
    }
    assert_eq!(
        world.stranger().get("/national-figures").await.expect(303).location(),
        "/sign-in?next=%2Fnational-figures"
    );
});

story!(the_catalogue_lists_the_versions_of_a_service, world, {
    with_counts(&world).await;
    let system = Actor::system("accord import service");
    store::service::publish(&world.db, &dearer("25.00"), &system, &world.now()).await.unwrap();
    let page = world.sign_in(Seat::COMMISSIONER).await.get("/catalogue/AG2526").await;
    page.expect(200)
        .says("Version 2 31 May 2025 accord import service 2 July 2025")
        .says("Version 1 The start of the service");
});

story!(the_command_says_whom_a_new_version_would_move, world, {
    with_counts(&world).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("second.toml");
    fs::write(&file, dearer("25.00")).expect("a file");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_accord"))
            .args(["import", "--database", &world.address, "service"])
            .args(arguments)
            .arg(&file)
            .output()
            .expect("the program runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let (code, said) = run(&["--preview"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Y00002 Hill Top Practice, May 2025: £"), "{said}");
    assert!(
        said.contains("3 achievements: 3 paid more, 0 paid less, 0 the same, 0 without an amount."),
        "{said}"
    );
    assert!(said.ends_with("Nothing was published.\n"), "{said}");
    assert_eq!(world.facts("service_published").await, 1);
    fs::write(&file, with_fee("25.00")).expect("a file");
    let (code, said) = run(&["--preview"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Write version = 2"), "{said}");
});

story!(a_preview_follows_what_changes_while_somebody_looks, world, {
    world.add_seat(DECIDES).await;
    with_points(&world).await;
    let text = figures("225.52", 10_185, "AF = \"2.20\"");
    let (id, _) = load(&world, &text, &Actor::system("story")).await;
    let of_first = async || {
        let told = preview(&world, id, DECIDES).await.unwrap();
        told.rows.iter().find(|row| row.provider_code == "Y00001").map(|row| row.moves.clone())
    };
    let seen = of_first().await.expect("a row");
    assert_eq!(of_first().await, Some(seen.clone()));
    submit(&world, MANAGER, [240, 66, 100, 50, 100]).await;
    let changed = of_first().await.expect("a row");
    assert_ne!(changed, seen, "a figure has changed");
    let sizes = [(world.organisations["Y00001"], 5_000)];
    let (by, file, as_at) = (Actor::system("story"), ("late", "0"), "2026-01-01".parse().unwrap());
    store::organisation::load_list_sizes(&world.db, file, as_at, &sizes, &by, &world.now())
        .await
        .unwrap();
    let marked = of_first().await.expect("a row");
    assert_ne!(marked.after, changed.after, "a list has changed, and the sweep has not run");
    world.sweep().await;
    assert_eq!(of_first().await.expect("a row").after, marked.after);
    world.declare_all(MANAGER).await;
    world.approve_all(Seat::APPROVER).await;
    assert!(of_first().await.is_some(), "finance has not approved");
    world.approve_all(Seat::FINANCE).await;
    assert_eq!(of_first().await, None, "what finance has approved never moves");
});
