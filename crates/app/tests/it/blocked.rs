//! Stories of what blocks a payment: each side reads what is in the way, who must act and by when.

use crate::{
    calendar::{dated, load},
    network::CARE,
    story,
    support::{Browser, Page, Seat, World},
};
use domain::{
    Field::{Count, Denominator, Numerator},
    question::Written,
};
use store::{declaration::Filter, question::Ask};

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
const MAY_DECLARE: &str = "Role: Declaration Management";

/// June's blood tests of the first practice, to be declared by 14 July 2025; gives the reference.
async fn counted(world: &World) -> String {
    world.takes_part(&dated(), &["Y00001"]).await;
    world.set_today("2025-07-02");
    load(world).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let by = world.actor(MANAGER).await;
    let mut tx = world.db.read().await.unwrap();
    let found = store::declaration::list(&mut tx, &Filter::default(), (0, 1), &by).await.unwrap();
    found.rows[0].declaration.reference.clone()
}

/// The commissioner asks about a declaration as it stands.
async fn ask(world: &World, reference: &str) {
    let (by, now) = (world.actor(Seat::APPROVER).await, world.now());
    let mut tx = world.db.read().await.unwrap();
    let listed = store::declaration::find(&mut tx, reference, &by).await.unwrap();
    drop(tx);
    let written = Written { text: "Why so many?".into(), evidence: String::new() };
    let seen_version = listed.declaration.version;
    let ask = Ask { written, seen_version, ..Ask::default() };
    store::question::ask(&world.db, reference, &ask, &by, &now).await.expect("it is asked");
}

/// Answers the question on a page.
async fn answer(browser: &Browser, page: &Page) {
    let action = page.links("/questions/").into_iter().find(|one| one.ends_with("answer"));
    let version = page.value("version");
    let fields = [("version", &*version), ("text", "A clinic day.")];
    browser.post(&action.expect("the form"), &fields).await.expect(303);
}

/// The page of the first achievement on the list.
async fn first_achievement(browser: &Browser) -> (String, Page) {
    let list = browser.get("/achievement").await;
    let link = list.links("/achievement/0").into_iter().find(|link| link.ends_with("#blocks"));
    let link = link.expect("a link to what blocks it");
    let page = browser.get(link.trim_end_matches("#blocks")).await;
    (link, page)
}

story!(each_step_says_who_must_act_and_by_when, world, {
    let reference = counted(&world).await;
    let address = format!("/declarations/{reference}");
    let manager = world.sign_in(MANAGER).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    let declare = "What It waits to be declared. Who must act Riverside Surgery Role: Declaration Management \
                   By when 14 July 2025 (8 working days left)";
    manager.get(&address).await.says("What blocks this?").says(declare);
    approver.get(&address).await.says(declare).says("This is waiting for Riverside Surgery.");
    let (_, page) = first_achievement(&manager).await;
    page.says(declare);
    world.declare_all(MANAGER).await.expect(303);
    let approve = "What It waits for the commissioner's approval. Who must act NHS Anytown ICB Role: Approval Management \
                   By when 21 July 2025 (13 working days left)";
    manager.get(&address).await.says(approve).says("This is waiting for NHS Anytown ICB.");
    // The lists lead to it, but not where the reader can act.
    let link = format!("{address}#blocks");
    let is_linked = |page: &Page| page.links(&link).len();
    assert_eq!(is_linked(&manager.get("/achievement/declare").await), 1);
    assert_eq!(is_linked(&approver.get("/declarations").await), 0);
    assert_eq!(is_linked(&finance.get("/declarations?show=all").await), 1);
    world.approve_all(Seat::APPROVER).await.expect(303);
    manager
        .get(&address)
        .await
        .says("What It waits for approval by finance.")
        .says("Role: Finance Management");
    world.approve_all(Seat::FINANCE).await.expect(303);
    let pay = "What It waits for the next payment file. Who must act NHS Anytown ICB Role: Finance Management \
               By when 20 August 2025";
    manager.get(&address).await.says(pay);
});

story!(a_question_waits_for_whose_turn_it_is, world, {
    let reference = counted(&world).await;
    let address = format!("/declarations/{reference}");
    world.declare_all(MANAGER).await.expect(303);
    ask(&world, &reference).await;
    let manager = world.sign_in(MANAGER).await;
    let page = manager.get(&address).await;
    page.says("The commissioner has asked a question. The provider answers next. Who must act Riverside Surgery")
        .says(MAY_DECLARE)
        .says("By when Answer by 12 July 2025")
        .does_not_say("This is waiting for NHS Anytown ICB.");
    let region = Seat { name: "Gus Lane", organisation: "Y99", roles: &[domain::Role::View] };
    world.add_seat(region).await;
    let region = world.sign_in(region).await;
    region.get(&address).await.says("This is waiting for Riverside Surgery.");
    answer(&manager, &page).await;
    manager
        .get(&address)
        .await
        .says("The provider has answered. The commissioner closes its question, or asks on. Who must act NHS Anytown ICB")
        .says("This is waiting for NHS Anytown ICB.");
});

story!(a_hold_is_named_with_who_lifts_it, world, {
    let reference = counted(&world).await;
    let fields = [("service", "BLD2526"), ("stops", "both"), ("reason", "The extract was wrong.")];
    world.sign_in(Seat::FINANCE).await.post("/holds/new", &fields).await.expect(303);
    let manager = world.sign_in(MANAGER).await;
    manager
        .get(&format!("/declarations/{reference}"))
        .await
        .says("on hold since 2 July 2025 (Ana Ruiz): The extract was wrong. Who must act NHS Anytown ICB")
        .says("Role: Approval Management or Finance Management By when No day is set");
    // Its row leads there too.
    let declare = manager.get("/achievement/declare").await;
    assert_eq!(declare.links(&format!("/declarations/{reference}#blocks")).len(), 1);
});

story!(missing_data_names_the_practice_that_owes_it, world, {
    let dated = CARE.replacen("[[component]]", "[dates]\n\n[[component]]", 1);
    world.takes_part(&dated, &["U00001"]).await;
    load(&world).await;
    let figures = [
        ("HI03", Numerator, "10"),
        ("HI03", Denominator, "20"),
        ("CAN04", Numerator, "1"),
        ("CAN04", Denominator, "2"),
        ("HV01", Count, "3"),
    ];
    world.set_today("2025-06-20");
    world.submit(MANAGER, ("NCT2526", "2025-06-30", "CARE"), &figures).await.expect("figures");
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let (_, page) = first_achievement(&network).await;
    page.says("What The period ends on 30 June 2025. Who must act Nobody. It only takes time");
    world.set_today("2025-07-02");
    let network = world.sign_in(Seat::NETWORK_MANAGER).await;
    let (link, page) = first_achievement(&network).await;
    page.expect(200)
        .says("Data is missing: ")
        .says("Who must act Riverside PCN Role: Achievement Entry")
        .says("Data of Hill Top Practice is missing: ")
        .says("Who must act Hill Top Practice Role: Achievement Entry By when 14 July 2025 (8 working days left)")
        .does_not_say("Data of Riverside Surgery")
        .does_not_say("The period ends on");
    // Declare names it among what is not ready, and leads there.
    let declare = network.get("/achievement/declare").await;
    declare.says("1 achievement not ready to declare");
    assert_eq!(declare.links(&link).len(), 1);
    // The commissioner reads the same.
    let approver = world.sign_in(Seat::APPROVER).await;
    let (_, page) = first_achievement(&approver).await;
    page.says("Data of Hill Top Practice is missing: ");
});
