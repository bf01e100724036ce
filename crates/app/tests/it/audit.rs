//! Stories of the audit: who reads what, narrowed how, with which proof, and taken away in which files.

use crate::{
    access_request::ask,
    password::{account, sign_in},
    story,
    support::{Browser, Page, Seat, World, money::tick},
};
use domain::{Actor, Role};
use store::person::NewPerson;

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
const AT_PRACTICE: Seat =
    Seat { name: "Vera Sloan", organisation: "Y00001", roles: &[Role::Supervisor] };
const WITH_MONEY: Seat = Seat {
    name: "Max Penny",
    organisation: "Y00001",
    roles: &[Role::Supervisor, Role::FinanceView],
};
const AT_ICB: Seat =
    Seat { name: "Walt Innes", organisation: "QAA", roles: &[Role::OrganisationAdministrator] };
const AT_REGION: Seat =
    Seat { name: "Xena Holt", organisation: "Y99", roles: &[Role::AdvancedUserAdministrator] };
const ELSEWHERE: Seat =
    Seat { name: "Yves Marsh", organisation: "QBB", roles: &[Role::UserAdministrator] };

/// A month of blood tests, declared by the practice and approved by the board.
async fn approved(world: &World) {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    world.declare_all(MANAGER).await.expect(303);
    world.approve_all(Seat::APPROVER).await.expect(303);
}

async fn reader(world: &World, seat: Seat) -> Browser {
    world.add_seat(seat).await;
    world.sign_in(seat).await
}

/// The places of the entries on a page, as they stand there.
fn entries(page: &Page) -> Vec<i64> {
    let links = page.links("/audit/").into_iter();
    links.filter_map(|link| link.trim_start_matches("/audit/").parse().ok()).collect()
}

story!(a_provider_reads_its_own_entries_and_a_commissioner_those_below, world, {
    approved(&world).await;
    let practice = reader(&world, AT_PRACTICE).await;
    practice.get("/organisation").await.says("Read the audit");
    let page = practice.get("/audit").await;
    page.expect(200).says("Achievement declared").says("Sam Ahmed").says("2 July 2025 at 1pm");
    page.says("1 figure submitted").does_not_say("Tom Hill").does_not_say("£");
    page.does_not_say("Approved by the commissioner").does_not_say("Organisation Yours");
    let board = reader(&world, AT_ICB).await;
    let page = board.get("/audit").await;
    page.expect(200).says("Approved by the commissioner").says("Tom Hill").says("Sam Ahmed");
    page.says("D-2025-000001").does_not_say("£");
    let region = reader(&world, AT_REGION).await;
    let page = region.get("/audit").await;
    page.says("Tom Hill").says("Sam Ahmed").says("By itself").says("Achievement calculated");
    let elsewhere = reader(&world, ELSEWHERE).await;
    elsewhere.get("/audit").await.expect(200).does_not_say("Sam Ahmed").says("Yves Marsh");
    // An entry of somebody else's is not there, whoever guesses its number.
    let declared = practice.get("/audit?group=declarations").await;
    // The newest is the receipt; the declaring itself is below it.
    let own = format!("/audit/{}", entries(&declared)[1]);
    for (browser, status) in [(&practice, 200), (&board, 200), (&region, 200), (&elsewhere, 404)] {
        browser.get(&own).await.expect(status);
    }
    let foreign = format!("/audit/{}", entries(&board.get("/audit?person=tom").await)[0]);
    practice.get(&foreign).await.expect(404);
    for nothing in ["/audit/0", "/audit/-1", "/audit/99999999", "/audit/x"] {
        board.get(nothing).await.expect(404);
    }
    let manager = world.sign_in(MANAGER).await;
    manager.get("/audit").await.expect(403).says("Vera Sloan");
    // The way there is on every page of who may read it.
    assert_eq!(practice.get("/").await.links("/audit").len(), 1);
    assert!(manager.get("/").await.links("/audit").is_empty());
    let money = reader(&world, WITH_MONEY).await;
    money.get("/audit").await.expect(200).says("Achievement declared: £420.00");
    money.get(&own).await.says("£420.00");
    practice.get(&own).await.does_not_say("£").does_not_say("420.00");
});

story!(the_audit_is_narrowed_by_person_group_organisation_day_and_record, world, {
    approved(&world).await;
    let board = reader(&world, AT_ICB).await;
    let seen = async |query: &str| board.get(&format!("/audit?{query}")).await;
    let page = seen("person=hill").await;
    page.expect(200).says("Tom Hill").does_not_say("Sam Ahmed");
    let page = seen("organisation=y00001").await;
    page.says("Sam Ahmed").does_not_say("Tom Hill");
    let page = seen("group=declarations").await;
    page.says("Achievement declared").does_not_say("Logged in").does_not_say("figure submitted");
    let page = seen("reference=d-2025-000001").await;
    page.says("Achievement declared").says("Approved by the commissioner").does_not_say("Signed");
    let page = seen("reference=D-2025-000001&person=tom").await;
    page.says("Approved by the commissioner").does_not_say("Achievement declared");
    let day = |from: &str, until: &str| {
        format!(
            "from-day={from}&from-month=7&from-year=2025&until-day={until}&until-month=7&until-year=2025"
        )
    };
    seen(&day("2", "2")).await.says("Achievement declared");
    seen(&day("3", "4")).await.expect(200).says("No entry matches these filters.");
    seen("until-day=1&until-month=7&until-year=2025").await.does_not_say("Achievement declared");
    seen("group=payments").await.says("No entry matches these filters.").says("Clear filters");
    seen("reference=D-2025-999999").await.says("No entry matches these filters.");
    let wrong = seen(&day("4", "3")).await;
    wrong.expect(422).says("Last day must be the same as or after the first day");
    for code in ["Y00003", "QBB", "Y99", "nonsense"] {
        let wrong = seen(&format!("organisation={code}")).await;
        wrong.expect(422).says("Enter the ODS code of your organisation or of one below it");
        wrong.says("Nothing is shown until the filters are right.");
    }
    seen("from-day=31&from-month=2&from-year=2025").await.expect(422).says("must be a real date");
});

story!(fifty_entries_are_a_page_and_nothing_is_counted, world, {
    for _ in 0..110 {
        world.sign_in(MANAGER).await;
    }
    let practice = reader(&world, AT_PRACTICE).await;
    let mut page = practice.get("/audit").await;
    let mut read = entries(&page);
    assert_eq!(read.len(), 50);
    page.says("Older").says("Oldest").does_not_say("Newer");
    while let Some(older) = page.links("/audit?before=").first().cloned() {
        page = practice.get(&older).await;
        page.expect(200).says("Newest entries");
        read.extend(entries(&page));
    }
    assert_eq!(read.len(), 111, "each is read once, in one order");
    assert!(read.windows(2).all(|two| two[0] > two[1]), "{read:?}");
    page.does_not_say("Older").does_not_say("Oldest");
    let oldest = practice.get("/audit?oldest=yes").await;
    assert_eq!(entries(&oldest), read[61..], "the oldest fifty, the newest of them first");
    let newer = practice.get(&oldest.links("/audit?after=")[0]).await;
    assert_eq!(entries(&newer), read[11..61]);
    let last = practice.get(&newer.links("/audit?after=")[0]).await;
    assert_eq!(entries(&last), read[..11]);
    last.says("Older").does_not_say("Newer");
});

story!(an_entry_shows_its_roles_and_its_place_in_the_chain, world, {
    approved(&world).await;
    let board = reader(&world, AT_ICB).await;
    let found = board.get("/audit?group=declarations&person=sam").await;
    let declared = format!("/audit/{}", entries(&found)[0]);
    let page = board.get(&declared).await;
    page.expect(200)
        .says("In the roles Service Management, Achievement Entry, Declaration Management")
        .says("For Riverside Surgery")
        .says("The hash of this entry fits what it says and the entry before it.")
        .says("This entry");
    assert_eq!(page.html.matches("app-code").count(), 3, "its hash and those of its neighbours");
    world.assert_history_is_whole().await;
    // What is changed afterwards shows, the roles too.
    let mut tx = world.db.write().await.expect("a change");
    tx.script("UPDATE event SET roles = 'View' WHERE roles LIKE 'Service Management%'")
        .await
        .expect("changed");
    tx.commit().await.expect("changed");
    board.get(&declared).await.says("does not fit what it says");
});

story!(the_audit_is_taken_away_as_files, world, {
    const FORMULA: Seat =
        Seat { name: "=1+1 Cole", organisation: "Y00001", roles: &[Role::ServiceManagement] };
    approved(&world).await;
    world.add_seat(FORMULA).await;
    world.sign_in(FORMULA).await;
    let practice = reader(&world, AT_PRACTICE).await;
    let csv = practice.get("/audit.csv").await;
    csv.expect(200);
    assert!(csv.html.starts_with("entry,at,who,organisation,roles,from,what,record,fields,hash\n"));
    assert!(csv.html.contains(",'=1+1 Cole,"), "a name is no formula:\n{}", csv.html);
    assert!(
        csv.headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("audit-Y00001-2025-07-02.csv")
    );
    let only = practice.get("/audit.csv?person=cole").await;
    assert_eq!(only.html.lines().count(), 2);
    let json = practice.get("/audit.json?group=figures").await;
    let all: serde_json::Value = serde_json::from_str(&json.expect(200).html).expect("JSON");
    let all = all.as_array().expect("a list");
    let first = all.iter().find(|one| one["fields"]["Figures"] == "1").expect("what was submitted");
    assert_eq!(first["who"], "Sam Ahmed");
    assert_eq!(first["hash"].as_str().map(str::len), Some(64));
    for file in [&csv, &json] {
        assert!(!file.html.contains("420.00"), "no amount for who sees no money");
    }
    practice.get("/audit.csv?organisation=QAA").await.expect(400);
    let money = reader(&world, WITH_MONEY).await;
    assert!(money.get("/audit.json").await.html.contains("£420.00"));
});

/// Waits until the history holds so many reads: they are recorded after the page.
async fn reads(world: &World, expected: i64) {
    for _ in 0..200_000 {
        if world.facts("amounts_read").await == expected {
            return;
        }
    }
    panic!("{} reads are recorded, not {expected}", world.facts("amounts_read").await);
}

story!(a_provider_reads_who_of_its_commissioner_has_opened_its_amounts, world, {
    approved(&world).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    for _ in 0..3 {
        finance.get("/declarations/D-2025-000001").await.expect(200);
        reads(&world, 1).await;
    }
    let achievement = world.newest(Seat::FINANCE).await.achievement.id;
    finance.get(&format!("/achievement/{achievement}/working")).await.expect(200);
    reads(&world, 2).await;
    // Lists are work; who sees no pounds has read none; a provider's own people are no others.
    for list in ["/declarations", "/achievement", "/payments"] {
        finance.get(list).await.expect(200);
    }
    for seat in [Seat::COMMISSIONER_VIEW, MANAGER, WITH_MONEY, AT_PRACTICE] {
        world.add_seat(seat).await;
        world.sign_in(seat).await.get("/declarations/D-2025-000001").await;
    }
    let practice = reader(&world, AT_PRACTICE).await;
    let page = practice.get("/audit?group=reading").await;
    page.expect(200).says("Amounts of Riverside Surgery opened: D-2025-000001").says("Ana Ruiz");
    page.says("opened: working of BLD2526, June 2025").says("NHS Anytown ICB");
    assert_eq!(entries(&page).len(), 2);
    practice.get(&format!("/audit/{}", entries(&page)[0])).await.expect(200);
    // Neither the page of the organisation nor the record's own history is filled with it.
    practice.get("/organisation").await.does_not_say("Amounts of");
    finance.get("/declarations/D-2025-000001").await.does_not_say("Amounts of");
    world.set_today("2025-07-03");
    world.sign_in(Seat::FINANCE).await.get("/declarations/D-2025-000001").await.expect(200);
    reads(&world, 3).await;
    let (by, now) = (world.actor(Seat::APPROVER).await, world.now());
    let provider = (world.organisations["Y00001"], "Riverside Surgery");
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (db, by) = (world.db.clone(), by.clone());
        readers.spawn(async move {
            store::audit::read_amounts(&db, provider, "D-2025-000001", &by, &now).await
        });
    }
    let mut new = 0;
    while let Some(done) = readers.join_next().await {
        new += i32::from(done.expect("a reader ends").expect("it is recorded"));
    }
    assert_eq!(new, 1);
    reads(&world, 4).await;
    world.assert_history_is_whole().await;
});

story!(an_entry_says_from_where_and_is_found_by_it, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let manager = world.sign_in(MANAGER).await.at("203.0.113.7");
    let page = manager.get("/achievement/declare").await;
    tick(&manager, "/achievement/declare", &page, &page.values("declaration")).await.expect(303);
    let region = reader(&world, AT_REGION).await;
    let seen = async |origin: &str| region.get(&format!("/audit?origin={origin}")).await;
    let page = seen("203.0.113.7").await;
    page.expect(200).says("Achievement declared");
    let found = region.get(&format!("/audit/{}", entries(&page)[0])).await;
    found.says("From 203.0.113.7").says("The hash of this entry fits");
    // An address has many forms, and is kept in one.
    seen("::ffff:203.0.113.7").await.says("Achievement declared");
    seen("203.0.113.8").await.says("No entry matches these filters.");
    seen("accord").await.says("Xena Holt added").does_not_say("Achievement declared");
    let command = Actor::command("accord person add");
    let at = [(world.organisations["Y00001"], Role::View)];
    let person = NewPerson {
        email: "new@nhs.net".into(),
        name: "Nel Hart".into(),
        job_title: "manager".into(),
        password: None,
        is_persona: false,
    };
    store::person::add(&world.db, &person, &at, &command, &world.now()).await.expect("added");
    seen("Command+line").await.says("Nel Hart added");
    let csv = region.get("/audit.csv?origin=203.0.113.7").await;
    assert!(csv.html.lines().skip(1).all(|line| line.contains(",203.0.113.7,")), "{}", csv.html);
    let json: serde_json::Value =
        serde_json::from_str(&region.get("/audit.json?origin=203.0.113.7").await.html)
            .expect("JSON");
    assert_eq!(json[0]["from"], "203.0.113.7");
    world.assert_history_is_whole().await;
    // What an entry says of it is sealed like the rest.
    let mut tx = world.db.write().await.expect("a change");
    let alter = "UPDATE event SET origin = '203.0.113.8' WHERE origin = '203.0.113.7'";
    tx.execute(alter, vec![]).await.expect("altered");
    assert!(store::event::verify(&mut tx).await.expect("walked").is_err());
    // Nor does moving it into the roles go unseen.
    let moved = "UPDATE event SET origin = '', roles = '203.0.113.7' WHERE origin = '203.0.113.8' AND roles = ''";
    tx.execute(moved, vec![]).await.expect("altered");
    assert!(store::event::verify(&mut tx).await.expect("walked").is_err());
});

story!(who_signs_in_and_out_and_who_asks_for_access_is_kept_with_the_address, world, {
    account(&world, "ann.lee@nhs.net", Some("correct horse battery staple")).await;
    let stranger = world.stranger().at("203.0.113.9");
    let ann = sign_in(&stranger, "ann.lee@nhs.net", "correct horse battery staple").await;
    ann.expect("signed in").post("/sign-out", &[]).await.expect(303);
    ask(&stranger, "ravi.cole@nhs.net", "Y00001").await.expect(303);
    let region = reader(&world, AT_REGION).await;
    let page = region.get("/audit?origin=203.0.113.9").await;
    page.says("Signed in").says("Logged out").says("asked for access");
    assert_eq!(entries(&page).len(), 3);
});
