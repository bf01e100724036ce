//! Stories of requests for access: who asks and how often, who decides, and what comes of it.

use crate::{
    story,
    support::{Browser, Page, Seat, money::message},
};
use domain::{Role, access::request::MOST_AT_ORGANISATION};

pub(crate) const ADMINISTRATOR: Seat =
    Seat { name: "Nora Page", organisation: "Y00001", roles: &[Role::UserAdministrator] };
const OF_ICB: Seat =
    Seat { name: "Ines Prior", organisation: "QAA", roles: &[Role::AdvancedUserAdministrator] };
const OF_REGION: Seat =
    Seat { name: "Eli Park", organisation: "Y99", roles: &[Role::AdvancedUserAdministrator] };
const ONLY_OWN: Seat =
    Seat { name: "Jack Dunn", organisation: "QAA", roles: &[Role::UserAdministrator] };
const PASSWORD: &str = "correct horse battery";
const RAVI: &str = "ravi.cole@nhs.net";

/// Asks for the role View at the first practice, not signed in.
pub(crate) async fn ask(browser: &Browser, email: &str, code: &str) -> Page {
    let fields = [
        ("email", email),
        ("name", "Ravi Cole"),
        ("job_title", "assistant manager"),
        ("phone", "0113 496 0000"),
        ("role", "View"),
        ("role", "Achievement Entry"),
        ("reason", "I start on Monday."),
    ];
    browser.post(&format!("/ask-for-access/{code}"), &fields).await
}

/// The path of the first request in a list.
pub(crate) async fn first(browser: &Browser) -> String {
    let list = browser.get("/people/requests").await;
    list.expect(200).links("/people/requests/").first().expect("a request").clone()
}

/// Approves with the roles.
async fn approve(browser: &Browser, path: &str, roles: &[&str]) -> Page {
    let mut fields = vec![("version", "1")];
    fields.extend(roles.iter().map(|role| ("role", *role)));
    browser.post(&format!("{path}/approve"), &fields).await
}

async fn reject(browser: &Browser, path: &str, reason: &str) -> Page {
    browser.post(&format!("{path}/reject"), &[("version", "1"), ("reason", reason)]).await
}

story!(a_stranger_asks_is_approved_and_works, world, {
    world.add_seat(ADMINISTRATOR).await;
    let stranger = world.stranger();
    stranger.get("/sign-in").await.says("ask for access");
    stranger.get("/ask-for-access").await.expect(200);
    let none = stranger.get("/ask-for-access?search=").await;
    none.expect(422).says("Enter an ODS code, or a part of the name");
    stranger.get("/ask-for-access?search=nowhere").await.says("No open organisation has a code");
    let found = stranger.get("/ask-for-access?search=rivers").await;
    found.expect(200).says("Riverside Surgery (Y00001) GP practice").says("Riverside PCN");
    let form = stranger.get("/ask-for-access/y00001").await;
    form.expect(200).says("Ask for access to Riverside Surgery").does_not_say("Finance Management");
    stranger.get("/ask-for-access/Z99999").await.expect(404);
    let empty = stranger.post("/ask-for-access/Y00001", &[("email", "info@nhs.net")]).await;
    empty
        .expect(422)
        .says("Shared mailboxes cannot be used")
        .says("Enter a work phone number")
        .says("Select at least 1 role")
        .says("Enter a reason");
    stranger.post("/ask-for-access/Y00001", &[("role", "Approval Management")]).await.expect(400);

    let sent = ask(&stranger, RAVI, "Y00001").await;
    assert_eq!(sent.expect(303).location(), "/ask-for-access/Y00001/sent");
    stranger.get(sent.location()).await.expect(200).says("decides within 30 days");
    let nora = world.sign_in(ADMINISTRATOR).await;
    nora.get("/").await.says("Decide about 1 request for access").says("Decide by 10 May 2025");
    nora.get("/messages").await.says("Somebody asks for access to Riverside Surgery");
    let path = first(&nora).await;
    let page = nora.get(&path).await;
    page.expect(200)
        .says("0113 496 0000")
        .says("I start on Monday.")
        .says("Nobody has checked yet");
    assert_eq!(page.checked("role"), ["Achievement Entry", "View"]);
    approve(&nora, &path, &[]).await.expect(422).says("Select at least 1 role");
    approve(&nora, &path, &["Approval Management"]).await.expect(400);
    // Fewer than asked for, and another one.
    let done = approve(&nora, &path, &["View", "Service Management"]).await;
    done.expect(200).says("Ravi Cole can now set a password").does_not_say("/password/");
    let [(to, link)] = &*world.links().await else { panic!("not one email") };
    assert_eq!(to, RAVI);
    let both = [("password", PASSWORD), ("again", PASSWORD)];
    stranger.post(link, &both).await.expect(303);
    let fields = [("email", RAVI), ("password", PASSWORD)];
    let signed = stranger.post("/sign-in", &fields).await;
    let cookie = signed.expect(303).headers["set-cookie"].to_str().expect("text").to_owned();
    let ravi = stranger.with_cookie(&cookie);
    ravi.get("/").await.expect(200).says("Ravi Cole");
    ravi.get("/data").await.expect(200);
    nora.get("/people").await.says("Service Management, View");

    // Decided once.
    nora.get(&path).await.says("Nora Page decided about this request");
    approve(&nora, &path, &["View"]).await.expect(409);
    reject(&nora, &path, "Too late").await.expect(409);
    nora.get("/").await.does_not_say("request for access");
    nora.get("/people/requests").await.says("Nobody waits for you to decide.");
    for fact in ["access_requested", "access_request_approved"] {
        assert_eq!(world.facts(fact).await, 1, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(whoever_asks_learns_nothing_of_an_address_and_cannot_flood, world, {
    world.add_seat(ADMINISTRATOR).await;
    let stranger = world.stranger();
    let known = ask(&stranger, "sam.ahmed@nhs.net", "Y00001").await;
    let unknown = ask(&stranger, RAVI, "Y00001").await;
    assert_eq!(known.status, unknown.status);
    assert_eq!(known.location(), unknown.location());
    // Again, and at a third and a fourth organisation: one request at each, three in all.
    for code in ["Y00001", "Y00002", "Y00003", "U00001"] {
        let again = ask(&stranger, RAVI, code).await;
        assert_eq!(again.expect(303).location(), format!("/ask-for-access/{code}/sent"));
    }
    assert_eq!(world.facts("access_requested").await, 4, "of two addresses");
    for number in 2..MOST_AT_ORGANISATION {
        ask(&stranger, &format!("person{number}@nhs.net"), "Y00001").await.expect(303);
    }
    let full = ask(&stranger, "late@nhs.net", "Y00001").await;
    full.expect(409).says("20 requests wait at Riverside Surgery already");
    let mails = store::message::claim(&world.db, 50, &world.now()).await.expect("the outbox");
    assert_eq!(mails.len(), 1, "of 20 requests in a day those who decide are told once");
    // After the last day to decide they wait no more, and the address may ask again.
    world.set_today("2025-05-11");
    let nora = world.sign_in(ADMINISTRATOR).await;
    nora.get("/people/requests").await.says("Nobody waits for you to decide.");
    ask(&stranger, RAVI, "Y00001").await.expect(303);
    let path = first(&nora).await;
    world.set_today("2025-06-11");
    let nora = world.sign_in(ADMINISTRATOR).await;
    nora.get(&path).await.expect(200).says("this request has lapsed");
    approve(&nora, &path, &["View"]).await.expect(409).says("Nobody decided by 10 June 2025");
});

story!(of_many_who_ask_at_once_no_more_are_taken_than_may_wait, world, {
    world.add_seat(ADMINISTRATOR).await;
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..30 {
        let stranger = world.stranger();
        callers.spawn(async move {
            ask(&stranger, &format!("person{number}@nhs.net"), "Y00001").await.status.as_u16()
        });
    }
    let taken = callers.join_all().await.into_iter().filter(|status| *status == 303).count();
    assert_eq!(taken as i64, MOST_AT_ORGANISATION);
    assert_eq!(world.facts("access_requested").await, MOST_AT_ORGANISATION);
});

story!(a_request_goes_to_who_manages_people_there_or_above, world, {
    for seat in [OF_REGION, ONLY_OWN] {
        world.add_seat(seat).await;
    }
    let stranger = world.stranger();
    // Nobody manages people at the practice, and nobody below the ICB.
    ask(&stranger, RAVI, "Y00001").await.expect(303);
    let eli = world.sign_in(OF_REGION).await;
    eli.get("/").await.says("Decide about 1 request for access");
    eli.get("/messages").await.says("Somebody asks for access to Riverside Surgery");
    let path = first(&eli).await;
    let jack = world.sign_in(ONLY_OWN).await;
    jack.get("/").await.does_not_say("request for access");
    jack.get(&path).await.expect(403);
    world.add_seat(OF_ICB).await;
    let ines = world.sign_in(OF_ICB).await;
    ines.get("/").await.says("Decide about 1 request for access");
    eli.get("/").await.does_not_say("request for access");
    // Whoever manages from further above still can.
    eli.get("/people/requests").await.says("Somebody there decides first").says("Ravi Cole");
    for (seat, status) in [(Seat::PRACTICE_MANAGER, 403), (Seat::COMMISSIONER, 403)] {
        let browser = world.sign_in(seat).await;
        browser.get("/people/requests").await.expect(status);
        browser.get(&path).await.expect(status);
    }
    let foreign = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    foreign.get(&path).await.expect(403);
    approve(&foreign, &path, &["View"]).await.expect(403);
    let refused = reject(&ines, &path, "").await;
    refused.expect(422).says("Enter a reason");
    let done = reject(&ines, &path, "We do not know you.").await;
    assert_eq!(
        message(done.expect(303)),
        "You rejected the request of Ravi Cole, who is told why."
    );
    let due = store::message::claim(&world.db, 9, &world.now()).await.expect("the outbox");
    let to_ravi = due.iter().find(|mail| mail.email == RAVI).expect("an email to who asked");
    assert!(to_ravi.body.contains("The reason given: We do not know you."), "{}", to_ravi.body);
    assert_eq!(to_ravi.because(), "you asked for access to Accord");
    store::message::sent(&world.db, to_ravi, &world.now()).await.expect("it went");
    world.set_today("2025-04-11");
    let left = store::message::claim(&world.db, 9, &world.now()).await.expect("the outbox");
    assert!(left.iter().all(|mail| mail.email != RAVI), "sent once");
    world.assert_history_is_whole().await;
});

story!(nobody_decides_about_their_own_request, world, {
    for seat in [ADMINISTRATOR, OF_ICB] {
        world.add_seat(seat).await;
    }
    let nora = world.sign_in(ADMINISTRATOR).await;
    let fields = [("phone", "0113 496 0000"), ("role", "View"), ("reason", "To see figures")];
    let form = nora.get("/ask-for-access/Y00001").await;
    form.expect(200).says("nora.page@nhs.net").does_not_say("Full name");
    nora.post("/ask-for-access/Y00001", &fields).await.expect(303);
    nora.post("/ask-for-access/Y00001", &fields).await.expect(409).says("You asked for access");
    let path = first(&nora).await;
    nora.get(&path).await.expect(200).says("This is your own request");
    approve(&nora, &path, &["View"]).await.expect(409).says("This is your own request");
    reject(&nora, &path, "No").await.expect(409).says("This is your own request");
    // Nor one that a stranger made under their address.
    ask(&world.stranger(), "nora.page@nhs.net", "Y00002").await.expect(303);
    let ines = world.sign_in(OF_ICB).await;
    approve(&ines, &path, &["View"]).await.expect(303);
    nora.get("/messages").await.says("You have access to Riverside Surgery");
    // Roles that were held stay.
    nora.get("/people").await.expect(200).says("User Administrator, View");
    nora.post("/ask-for-access/Y00001", &fields).await.expect(409).says("You hold these roles");
    world.assert_history_is_whole().await;
});

story!(a_known_account_gets_the_roles_and_one_that_is_unused_elsewhere_does_not, world, {
    for seat in [ADMINISTRATOR, OF_ICB] {
        world.add_seat(seat).await;
    }
    // Jo Lee works at the second practice and has signed in.
    let jo = world.sign_in(Seat::SECOND_PRACTICE).await;
    jo.get("/").await.says("Ask for another role, or for another organisation");
    let fields = [("phone", "0113 496 0000"), ("role", "View"), ("reason", "I cover there")];
    let sent = jo.post("/ask-for-access/Y00001", &fields).await;
    jo.get(sent.expect(303).location()).await.says("with the account that you have");
    let nora = world.sign_in(ADMINISTRATOR).await;
    let path = first(&nora).await;
    nora.get(&path).await.says("This address has an account already, in the name of Jo Lee");
    let done = approve(&nora, &path, &["View"]).await;
    assert_eq!(
        message(done.expect(303)),
        "Jo Lee has access to Riverside Surgery now, and was told."
    );
    jo.get("/change-organisation").await.says("Act for Riverside Surgery");
    // Told at once where somebody who is signed in is turned down.
    let kim = world.sign_in(Seat::OTHER_COMMISSIONER).await;
    kim.post("/ask-for-access/Y00001", &fields).await.expect(303);
    let path = first(&nora).await;
    reject(&nora, &path, "You work elsewhere.").await.expect(303);
    kim.get("/messages").await.says("Your request for access to Riverside Surgery was rejected");

    // Bo Finch was added and never signed in: whoever has the link of that account would get this access.
    ask(&world.stranger(), "bo.finch@nhs.net", "Y00001").await.expect(303);
    let path = first(&nora).await;
    let refused = approve(&nora, &path, &["View"]).await;
    refused.expect(409).says("was invited by another organisation and has not been used");
    nora.get(&path).await.says("Decide by");
    world.assert_history_is_whole().await;
});
