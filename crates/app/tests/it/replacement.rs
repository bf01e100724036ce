//! Stories of extracted figures: the provider cannot type over one, the commissioner replaces it and says why.

use crate::{
    story,
    support::{Seat, World, figures::SHINGLES, money::message},
};
use domain::{Actor, Role};

const FILE: &str = "QUALITY_SERVICE,NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,DEFAULT_VALUES_USED,\
SUBMIT_USER_ID,SUBMIT_DATE,SUBMIT_TIME,LAST_SUBMISSION\n\
SHIN2526,Shingles,Y00001,20250430,SHIN001,Count,12,N,cro-processor,02/05/2025,02:03:04,Y\n";

async fn load(world: &World, text: &str) {
    let by = Actor::system("cro-processor");
    let (extract, problems) =
        domain::extract::read(text.as_bytes(), by.name(), world.now().instant);
    let file = store::extract::File { name: "may.csv", hash: text, problems: &problems };
    store::extract::load(&world.db, file, &extract, &by, &world.now()).await.unwrap();
}

story!(a_newer_extract_takes_the_place_of_a_replacement, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    load(&world, FILE).await;
    let groups = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let groups = groups.get("/data/SHIN2526/2025-04-30").await;
    let own = groups.links("/data/SHIN2526/2025-04-30/").remove(0);
    let address = format!("{}/replace", own.replace("/data/", "/achievement/record/Y00001/"));
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let fields = [("version", "1"), ("figure", "SHIN001-count"), ("new", "15"), ("reason", "Seen")];
    priya.post(&address, &fields).await.expect(303);
    world.set_today("2025-05-04");
    load(&world, &FILE.replace("Count,12", "Count,14").replace("02/05/2025", "03/05/2025")).await;
    let detail = world.newest(Seat::PRACTICE_MANAGER).await;
    let figure = detail.figures.iter().find(|own| own.indicator == "SHIN001").unwrap();
    assert_eq!((figure.value, figure.source.starts_with("By extract")), (Some(14), true));
});

story!(who_replaced_an_extracted_figure_does_not_approve_it, world, {
    let hats = Seat {
        name: "Bo Lind",
        organisation: "QAA",
        roles: &[Role::AchievementEntry, Role::ApprovalManagement],
    };
    world.add_seat(hats).await;
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    let row = FILE.lines().nth(1).expect("a row");
    let others = ["SHIN002", "SHIN003", "SHIN004", "SHINMI1"];
    let more: String = others.map(|code| format!("{}\n", row.replace("SHIN001", code))).concat();
    load(&world, &format!("{FILE}{more}")).await;
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let groups = sam.get("/data/SHIN2526/2025-04-30").await;
    let own = groups.links("/data/SHIN2526/2025-04-30/").remove(0);
    let address = format!("{}/replace", own.replace("/data/", "/achievement/record/Y00001/"));
    let bo = world.sign_in(hats).await;
    let fields = [("version", "1"), ("figure", "SHIN001-count"), ("new", "15"), ("reason", "Seen")];
    bo.post(&address, &fields).await.expect(303);
    world.declare_all(Seat::PRACTICE_MANAGER).await.expect(303);
    bo.get("/declarations").await.says("because you submitted figures for it.");
    let tom = world.sign_in(Seat::APPROVER).await;
    tom.get("/declarations").await.does_not_say("because you submitted figures");
});

story!(an_extracted_figure_is_replaced_with_a_reason_that_stays, world, {
    world.takes_part(SHINGLES, &["Y00001"]).await;
    world.set_today("2025-05-02");
    load(&world, FILE).await;
    let sam = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let groups = sam.get("/data/SHIN2526/2025-04-30").await;
    let own = groups.links("/data/SHIN2526/2025-04-30/").remove(0);
    let page = sam.get(&own).await;
    page.expect(200).says("12").does_not_say("Replace");
    let group = own.replace("/data/", "/achievement/record/Y00001/");
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let form = priya.get(&group).await;
    form.expect(200).says("From an extract, so it cannot be changed here");
    let address = format!("{group}/replace");
    let asked = format!("{address}?figure=SHIN001-count");
    assert!(form.links(&address).contains(&asked));
    // Typing over it is not taken; a figure that no extract has brought is.
    let version = form.value("version");
    let boxes = [("version", &*version), ("SHIN001-count", "99"), ("SHIN002-count", "4")];
    priya.post(&group, &boxes).await.expect(303);
    priya.get(&group).await.expect(200).says("12");

    let ask = priya.get(&asked).await;
    ask.expect(200).says("Replace an extracted figure").says("From the extract 12");
    let version = ask.value("version");
    let send = |new: &'static str, reason: &'static str| {
        let (priya, version, address) = (priya.clone(), version.clone(), address.clone());
        async move {
            let fields = [
                ("version", &*version),
                ("figure", "SHIN001-count"),
                ("new", new),
                ("reason", reason),
            ];
            priya.post(&address, &fields).await
        }
    };
    let none = send("15", " ").await;
    none.expect(422).says("Enter why the figure is replaced");
    assert_eq!(none.value("new"), "15");
    send("x", "Seen").await.expect(422).says("must be a whole number");
    send("", "Seen").await.expect(422).says("Enter the figure");
    assert_eq!(world.facts("figure_replaced").await, 0);
    let done = send("15", "Seen on the clinical system").await;
    assert_eq!(done.status.as_u16(), 303);
    assert!(message(&done).ends_with("replaced."));
    send("16", "Again").await.expect(409);
    assert_eq!(world.facts("figure_replaced").await, 1);
    let id = world.newest(Seat::PRACTICE_MANAGER).await.achievement.id;
    let page = sam.get(&format!("/achievement/{id}")).await;
    page.expect(200)
        .says("15 instead of 12: Seen on the clinical system")
        .says("in place of an extracted figure (Seen on the clinical system)");
    let history = sam.get(&format!("/achievement/{id}/submissions")).await;
    history
        .expect(200)
        .says("SHIN001: Number of first doses")
        .says("12 15 In force")
        .says("cro-processor. 1 figure submitted (extract may.csv).")
        .says("Missing 12 Replaced");
    sam.get(&own).await.expect(200).says("15").does_not_say("<form method=\"post\"");
    sam.get(&address.replace("/achievement/record/Y00001/", "/data/")).await.expect(404);
    priya.get(&format!("{address}?figure=NONE-count")).await.expect(404);
    world.assert_history_is_whole().await;
});
