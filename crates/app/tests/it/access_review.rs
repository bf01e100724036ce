//! Stories of the yearly review of access: who is asked when, what stands out, what is decided and what stays on record.

use crate::{
    story,
    support::{Browser, Page, Seat, World, money::message},
};
use domain::Role;

const OF_ICB: Seat =
    Seat { name: "Ines Prior", organisation: "QAA", roles: &[Role::AdvancedUserAdministrator] };
const ADMINISTRATOR: Seat =
    Seat { name: "Nora Page", organisation: "Y00001", roles: &[Role::UserAdministrator] };

/// The address of the decision about somebody.
async fn of(browser: &Browser, name: &str) -> String {
    let page = browser.get("/people/review").await;
    for address in page.expect(200).links("/people/review/") {
        if browser.get(&address).await.html.contains(&format!("<h1>{name}</h1>")) {
            return address;
        }
    }
    panic!("{name} does not stand out");
}

/// Decides with the roles that are shown, and other fields.
async fn decide(browser: &Browser, address: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(address).await;
    let seen = page.expect(200).values("seen");
    let mut all: Vec<(&str, &str)> = seen.iter().map(|role| ("seen", role.as_str())).collect();
    all.extend(fields);
    browser.post(address, &all).await
}

/// Presses "Confirm all" as a page showed it.
async fn confirm(browser: &Browser, page: &Page) -> Page {
    let seen = page.values("seen");
    let fields: Vec<(&str, &str)> = seen.iter().map(|one| ("seen", one.as_str())).collect();
    browser.post("/people/review", &fields).await
}

async fn remind(world: &World) -> u64 {
    store::person::review::remind(&world.db, &world.now()).await.expect("reminders are written")
}

/// Everybody at the ICB logs in, so that nothing but roles stands out.
async fn all_log_in(world: &World) {
    for seat in [Seat::COMMISSIONER, Seat::APPROVER, Seat::FINANCE, Seat::APPROVER_AND_FINANCE] {
        world.sign_in(seat).await;
    }
    world.sign_in(Seat::COMMISSIONER_VIEW).await;
}

story!(who_stands_out_is_decided_one_by_one_and_the_rest_is_confirmed, world, {
    world.add_seat(OF_ICB).await;
    const BOTH: Seat = Seat {
        name: "Abe Noon",
        organisation: "QAA",
        roles: &[Role::AchievementEntry, Role::ApprovalManagement],
    };
    world.add_seat(BOTH).await;
    world.set_today("2026-04-01");
    all_log_in(&world).await;
    world.sign_in(BOTH).await;
    let ines = world.sign_in(OF_ICB).await;
    ines.get("/")
        .await
        .says("Confirm who has access to NHS Anytown ICB It is due by 10 April 2026");
    let page = ines.get("/people/review").await;
    page.expect(200)
        .says("The next time is due by 10 April 2026")
        .says("Can enter figures and approve, which one person may not here.")
        .says("Can approve and give financial approval, which one person may not here.")
        .says("Decide about 2 people above first")
        .does_not_say("Confirm all");
    // Nothing is confirmed past those who stand out.
    let all = page.links("/people/review/");
    assert_eq!(all.len(), 2, "{all:?}");

    let abe = of(&ines, BOTH.name).await;
    decide(&ines, &abe, &[]).await.expect(422).says("Select what to do with this access");
    let same =
        [("decision", "change"), ("role", "Achievement Entry"), ("role", "Approval Management")];
    decide(&ines, &abe, &same).await.expect(422).says("These are the roles that Abe Noon has");
    let fewer = [("decision", "change"), ("role", "Approval Management")];
    let done = decide(&ines, &abe, &fewer).await;
    assert_eq!(message(done.expect(303)), "Decided. The new roles count from now on.");
    let lou = of(&ines, Seat::APPROVER_AND_FINANCE.name).await;
    decide(&ines, &lou, &[("decision", "keep")]).await.expect(422).says("Enter a reason");
    let stale = [("seen", "View"), ("decision", "keep"), ("reason", "Small team")];
    ines.post(&lou, &stale).await.expect(409).says("Somebody else changed this access");
    let keep = [("decision", "keep"), ("reason", "Small team until June")];
    decide(&ines, &lou, &keep).await.expect(303);

    let page = ines.get("/people/review").await;
    page.says("Kept by Ines Prior. Small team until June").says("Confirm all").says("(you)");
    let done = confirm(&ines, &page).await;
    assert_eq!(message(done.expect(303)), "You confirmed who has access to NHS Anytown ICB.");
    let record = ines.get(done.location()).await;
    record
        .expect(200)
        .says("Access review of 1 April 2026")
        .says("Kept: Small team until June")
        .says("Roles changed")
        .says("Not confirmed: own access of who did the review")
        .says("Confirmed");
    ines.get("/").await.does_not_say("Confirm who has access to NHS Anytown ICB");
    ines.get("/people/review")
        .await
        .says("The next time is due by 1 April 2027")
        .says("1 April 2026 , by Ines Prior");
    ines.get("/organisation").await.says("Access reviewed: 5 confirmed, 1 changed, 0 removed");
    let view = world.sign_in(Seat::COMMISSIONER_VIEW).await;
    view.get(done.location()).await.expect(403);
    let foreign = world.sign_in(Seat::OTHER_APPROVER).await;
    foreign.get(done.location()).await.expect(403);
    for (fact, count) in [("access_kept", 1), ("access_reviewed", 1), ("role_taken", 1)] {
        assert_eq!(world.facts(fact).await, count, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(access_that_changed_meanwhile_is_not_confirmed, world, {
    world.add_seat(OF_ICB).await;
    all_log_in(&world).await;
    let ines = world.sign_in(OF_ICB).await;
    let lou = of(&ines, Seat::APPROVER_AND_FINANCE.name).await;
    let done = decide(&ines, &lou, &[("decision", "remove")]).await;
    assert_eq!(message(done.expect(303)), "Decided. The access ended at once.");
    let page = ines.get("/people/review").await;
    page.says("Lou Webb: access removed by Ines Prior.");
    const NEW: Seat = Seat { name: "Zoe Hart", organisation: "QAA", roles: &[Role::View] };
    world.add_seat(NEW).await;
    confirm(&ines, &page).await.expect(409).says("while you were looking at it");
    let page = ines.get("/people/review").await;
    // Somebody who is kept, and then gets other roles, is to be decided about again.
    const MORE: Seat = Seat {
        name: "Zoe Hart",
        organisation: "QAA",
        roles: &[Role::AchievementEntry, Role::FinanceManagement],
    };
    world.add_seat(MORE).await;
    let zoe = of(&ines, NEW.name).await;
    decide(&ines, &zoe, &[("decision", "keep"), ("reason", "Covers for Lou")]).await.expect(303);
    const STILL_MORE: Seat =
        Seat { name: "Zoe Hart", organisation: "QAA", roles: &[Role::ApprovalManagement] };
    world.add_seat(STILL_MORE).await;
    let now = ines.get("/people/review").await;
    now.says("Decide about 1 person above first");
    confirm(&ines, &page).await.expect(409);
    let seen: Vec<String> = page
        .values("seen")
        .into_iter()
        .map(|one| match zoe.split_once("/review/").filter(|(_, id)| one.starts_with(*id)) {
            Some((_, id)) => {
                format!("{id}=Achievement Entry|Approval Management|Finance Management|View")
            }
            None => one,
        })
        .collect();
    let fields: Vec<(&str, &str)> = seen.iter().map(|one| ("seen", one.as_str())).collect();
    ines.post("/people/review", &fields).await.expect(409).says("Decide about 1 person first");
    assert_eq!(world.facts("access_reviewed").await, 0);
    decide(&ines, &zoe, &[("decision", "remove")]).await.expect(303);
    let page = ines.get("/people/review").await;
    let done = confirm(&ines, &page).await;
    let record = ines.get(done.expect(303).location()).await;
    record.says("Lou Webb Access removed None").says("Zoe Hart Access removed None");
    world.assert_history_is_whole().await;
});

story!(nobody_decides_about_themselves_in_a_review, world, {
    const DOES_IT_ALL: Seat = Seat {
        name: "Ula Kerr",
        organisation: "QAA",
        roles: &[Role::UserAdministrator, Role::ApprovalManagement, Role::FinanceManagement],
    };
    world.add_seat(DOES_IT_ALL).await;
    let ula = world.sign_in(DOES_IT_ALL).await;
    let own = ula.get("/people/review").await;
    own.says("Ula Kerr (you)");
    let id = world.actor(DOES_IT_ALL).await.person().expect("a person");
    let address = format!("/people/review/{id}");
    ula.get(&address).await.expect(200).says("Nobody decides about their own access");
    let mut fields = vec![("decision", "keep"), ("reason", "I need them")];
    fields.extend(DOES_IT_ALL.roles.iter().map(|role| ("seen", role.name())));
    ula.post(&address, &fields).await.expect(409).says("You cannot change your own access");
});

story!(a_review_is_told_thirty_days_before_and_goes_above_where_nobody_manages_people, world, {
    for seat in [OF_ICB, ADMINISTRATOR] {
        world.add_seat(seat).await;
    }
    world.set_today("2026-03-10");
    assert_eq!(remind(&world).await, 0);
    // Of the ICB, the other ICB, three practices and the network.
    world.set_today("2026-03-11");
    let mut lookers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (db, now) = (world.db.clone(), world.now());
        lookers.spawn(async move { store::person::review::remind(&db, &now).await.expect("told") });
    }
    assert_eq!(lookers.join_all().await.into_iter().sum::<u64>(), 6);
    assert_eq!(remind(&world).await, 0, "once");
    let nora = world.sign_in(ADMINISTRATOR).await;
    nora.get("/messages")
        .await
        .says("Confirm who has access to Riverside Surgery by 10 April 2026");
    nora.get("/").await.says("Confirm who has access to Riverside Surgery");
    nora.get("/people/reviews").await.expect(403);
    let ines = world.sign_in(OF_ICB).await;
    let messages = ines.get("/messages").await;
    messages
        .says("Confirm who has access to NHS Anytown ICB by 10 April 2026")
        .says("Confirm who has access to 2 organisations below yours");
    ines.get("/").await.says("Confirm who has access to 2 organisations below yours");
    let below = ines.get("/people/reviews").await;
    below
        .expect(200)
        .says("Hill Top Practice")
        .says("Riverside PCN")
        .does_not_say("Riverside Surgery")
        .does_not_say("Far Away Surgery");
    ines.get("/people/review?organisation=Y00002").await.expect(200).says("Hill Top Practice");
    world.set_today("2026-04-11");
    let ines = world.sign_in(OF_ICB).await;
    ines.get("/people/reviews").await.says("Overdue");
    ines.get("/people/review").await.says("This was due by 10 April 2026");
    let view = world.sign_in(Seat::PRACTICE_VIEW).await;
    view.get("/people/review").await.expect(403);
});
