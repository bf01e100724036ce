//! Stories of access: people are invited, given roles and lose them, by those who manage people and by nobody else.

use crate::{
    story,
    support::{Browser, Seat, World, money::message},
};
use domain::Role;

const ADMINISTRATOR: Seat =
    Seat { name: "Nora Page", organisation: "Y00001", roles: &[Role::UserAdministrator] };
const OF_ICB: Seat =
    Seat { name: "Ines Prior", organisation: "QAA", roles: &[Role::AdvancedUserAdministrator] };
const ONLY_OWN: Seat =
    Seat { name: "Jack Dunn", organisation: "QAA", roles: &[Role::UserAdministrator] };
const PASSWORD: &str = "correct horse battery";

async fn world_of_people(world: &World) -> Browser {
    for seat in [ADMINISTRATOR, OF_ICB, ONLY_OWN] {
        world.add_seat(seat).await;
    }
    world.sign_in(ADMINISTRATOR).await
}

/// Gives Ravi Cole access and returns the path of the link in the email.
async fn invited(world: &World, browser: &Browser) -> String {
    let fields = [
        ("email", "Ravi.Cole@nhs.net"),
        ("name", "Ravi Cole"),
        ("job_title", "assistant manager"),
        ("role", "Achievement Entry"),
        ("role", "Service Management"),
    ];
    let page = browser.post("/people/invite", &fields).await;
    page.expect(200).says("Ravi Cole can now set a password");
    // Nobody but the person sees it.
    assert!(!page.html.contains("/password/"), "{}", page.html);
    page.says("We have sent a link to ravi.cole@nhs.net");
    mailed(world, "ravi.cole@nhs.net").await
}

/// The path of the link in the one email that waits.
async fn mailed(world: &World, email: &str) -> String {
    let [(to, path)] = &*world.links().await else { panic!("not one email") };
    assert_eq!(to, email);
    path.clone()
}

/// The whole link on a page.
fn link(html: &str) -> String {
    let after = html.split("id=\"link\">").nth(1).expect("a link");
    after.split('<').next().unwrap_or_default().to_owned()
}

/// The page of a person by the name in the list.
pub(crate) async fn of(browser: &Browser, query: &str, name: &str) -> String {
    let list = browser.get(&format!("/people{query}")).await;
    for address in list.expect(200).links("/people/") {
        let is_other = ["invite", "review", "requests"].iter().any(|other| address.contains(other));
        if !is_other && browser.get(&address).await.html.contains(name) {
            return address;
        }
    }
    panic!("{name} is not in the list");
}

async fn log_in(world: &World, password: &str) -> u16 {
    let fields = [("email", "ravi.cole@nhs.net"), ("password", password)];
    world.stranger().post("/sign-in", &fields).await.status.as_u16()
}

story!(somebody_is_invited_sets_a_password_and_works, world, {
    let nora = world_of_people(&world).await;
    let path = invited(&world, &nora).await;
    nora.get("/people").await.says("Ravi Cole").says("ravi.cole@nhs.net").says("Invited");
    assert_eq!(log_in(&world, "").await, 422);

    let ravi = world.stranger();
    ravi.get(&path).await.expect(200).says("You log in with ravi.cole@nhs.net");
    let set = async |password: &str, again: &str| {
        ravi.post(&path, &[("password", password), ("again", again)]).await
    };
    set("", "").await.expect(422).says("Password must be 12 characters or more");
    set("short", "short").await.expect(422).says("Password must be 12 characters or more");
    set("ravi cole is great", "ravi cole is great")
        .await
        .expect(422)
        .says("must not contain your name");
    set(PASSWORD, "another").await.expect(422).says("Enter the same password in both boxes");
    let done = set(PASSWORD, PASSWORD).await;
    assert_eq!(message(done.expect(303)), "Password set. Log in with it now.");
    // It worked once.
    set(PASSWORD, PASSWORD).await.expect(410).says("This link does not work");
    ravi.get(&path).await.expect(410);

    assert_eq!(log_in(&world, "correct horse batterie").await, 422);
    assert_eq!(log_in(&world, PASSWORD).await, 303);
    let page = nora.get(&of(&nora, "", "ravi.cole@nhs.net").await).await;
    page.says("Active").does_not_say("Send another link");
    for (fact, count) in [("password_link_made", 1), ("password_set", 1)] {
        assert_eq!(world.facts(fact).await, count, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(roles_are_given_and_taken_and_count_at_once, world, {
    let nora = world_of_people(&world).await;
    let view = world.sign_in(Seat::PRACTICE_VIEW).await;
    view.get("/people").await.expect(403);
    let ivy = of(&nora, "", Seat::PRACTICE_VIEW.name).await;
    let page = nora.get(&ivy).await;
    assert_eq!(page.checked("role"), ["View"]);
    page.says("see amounts of money, declare an achievement for payment");
    let save = async |seen: &str, roles: &[&str]| {
        let mut fields = vec![("seen", seen)];
        fields.extend(roles.iter().map(|role| ("role", *role)));
        nora.post(&ivy, &fields).await
    };
    let done = save("View", &["View", "User Administrator"]).await;
    assert_eq!(message(done.expect(303)), "Roles saved. They count from now on.");
    view.get("/people").await.expect(200);
    // Somebody who saw it before does not undo it.
    save("View", &["View"]).await.expect(409).says("Somebody else changed this access");
    save("View", &[]).await.expect(409);
    let none = nora.post(&ivy, &[("seen", "View"), ("seen", "User Administrator")]).await;
    none.expect(422).says("Select at least 1 role");
    let foreign =
        [("seen", "View"), ("seen", "User Administrator"), ("role", "Approval Management")];
    nora.post(&ivy, &foreign).await.expect(400);
    nora.post(&ivy, &[("seen", "View"), ("role", "Emperor")]).await.expect(400);

    nora.get(&format!("{ivy}/remove")).await.expect(200).says("loses these roles here at once");
    let seen = [("seen", "View"), ("seen", "User Administrator")];
    nora.post(&format!("{ivy}/remove"), &seen).await.expect(303);
    // Nothing is left to act for there, not even the pages that ask for no role.
    for page in ["/people", "/", "/services"] {
        assert!(view.get(page).await.expect(303).location().starts_with("/sign-in"));
    }
    nora.get(&ivy).await.expect(404);
    nora.get("/people").await.does_not_say("Ivy Cole");
    assert_eq!(world.facts("role_taken").await, 2);
    world.assert_history_is_whole().await;
});

story!(people_are_managed_at_the_own_organisation_or_below, world, {
    world_of_people(&world).await;
    for (seat, query, status) in [
        (ADMINISTRATOR, "", 200),
        (ADMINISTRATOR, "?organisation=Y00001", 200),
        (ADMINISTRATOR, "?organisation=Y00002", 404),
        (ADMINISTRATOR, "?organisation=QAA", 404),
        (Seat::PRACTICE_MANAGER, "", 403),
        (Seat::COMMISSIONER, "", 403),
        (ONLY_OWN, "", 200),
        (ONLY_OWN, "?organisation=Y00001", 403),
        (OF_ICB, "", 200),
        (OF_ICB, "?organisation=Y00001", 200),
        (OF_ICB, "?organisation=y00001", 200),
    ] {
        let browser = world.sign_in(seat).await;
        for path in ["/people", "/people/invite"] {
            browser.get(&format!("{path}{query}")).await.expect(status);
        }
    }
    let ines = world.sign_in(OF_ICB).await;
    let wrong = ines.get("/people?organisation=Z99999").await;
    wrong.expect(422).says("Enter the ODS code of your organisation or of one below it");
    ines.get("/people/invite?organisation=Z99999").await.expect(404);
    let stranger = world.stranger();
    assert!(stranger.get("/people").await.expect(303).location().starts_with("/sign-in"));
});

story!(nobody_changes_their_own_access_and_somebody_always_manages, world, {
    let nora = world_of_people(&world).await;
    let own = of(&nora, "", "You cannot change your own access").await;
    nora.get(&own).await.says("You cannot change your own access");
    let fields = [("seen", "User Administrator"), ("role", "Declaration Management")];
    nora.post(&own, &fields).await.expect(409).says("You cannot change your own access");

    let ines = world.sign_in(OF_ICB).await;
    let address = of(&ines, "?organisation=Y00001", "Nora Page").await;
    let fields = [("seen", "User Administrator"), ("role", "View")];
    let refused = ines.post(&address, &fields).await;
    refused.expect(409).says("Nora Page is the only person who manages people here");
    let fields = [("seen", "User Administrator")];
    let (path, query) = address.split_once('?').expect("the organisation");
    let remove = format!("{path}/remove?{query}");
    ines.post(&remove, &fields).await.expect(409).says("the only person who manages people");
});

story!(nobody_gives_a_role_that_manages_more_than_they_do, world, {
    world_of_people(&world).await;
    let fields = [
        ("email", "ravi.cole@nhs.net"),
        ("name", "Ravi Cole"),
        ("job_title", "analyst"),
        ("role", "Advanced User Administrator"),
    ];
    let jack = world.sign_in(ONLY_OWN).await;
    let refused = jack.post("/people/invite", &fields).await;
    refused.expect(409).says("You cannot give the role Advanced User Administrator");
    let ines = world.sign_in(OF_ICB).await;
    ines.post("/people/invite", &fields).await.expect(200);
    let ravi = of(&jack, "", "ravi.cole@nhs.net").await;
    let less = [("seen", "Advanced User Administrator"), ("role", "View")];
    jack.post(&ravi, &less).await.expect(409).says("You cannot give the role");
});

story!(an_account_is_one_person_s_and_its_link_its_own, world, {
    let nora = world_of_people(&world).await;
    let wrong = [("email", "reception@nhs.net"), ("name", ""), ("job_title", "")];
    nora.post("/people/invite", &wrong)
        .await
        .expect(422)
        .says("Shared mailboxes cannot be used")
        .says("Enter a full name")
        .says("Enter a job title")
        .says("Select at least 1 role");
    let first = invited(&world, &nora).await;
    let again = [
        ("email", "ravi.cole@nhs.net"),
        ("name", "Ravi Cole"),
        ("job_title", "manager"),
        ("role", "View"),
    ];
    nora.post("/people/invite", &again).await.expect(409).says("Ravi Cole already has access here");

    // A new link takes the place of the one before.
    let ravi = of(&nora, "", "ravi.cole@nhs.net").await;
    nora.post(&format!("{ravi}/invite"), &[]).await.expect(200);
    // At once, not only when the email with the new one goes out.
    world.stranger().get(&first).await.expect(410);
    let second = mailed(&world, "ravi.cole@nhs.net").await;
    assert_ne!(first, second);
    world.stranger().get(&first).await.expect(410);
    world.stranger().get(&second).await.expect(200);

    // Until it is used, nobody else gives that account access: whoever has the link would get it too.
    let ines = world.sign_in(OF_ICB).await;
    let early = ines.post("/people/invite", &again).await;
    early.expect(409).says("was invited by another organisation and has not been used");
    let both = [("password", PASSWORD), ("again", PASSWORD)];
    world.stranger().post(&second, &both).await.expect(303);
    let known = ines.post("/people/invite", &again).await;
    let said = message(known.expect(303));
    assert!(
        said.contains("It was made by Nora Page, Riverside Surgery, on 10 April 2025."),
        "{said}"
    );
    nora.post(&format!("{ravi}/invite"), &[]).await.expect(409).says("can log in already");

    // A link would be one for the board too, whose people nobody at the practice manages.
    world.add_seat(Seat::TWO_HATS).await;
    world.add_seat(Seat::TWO_HATS_ICB).await;
    let lee = of(&nora, "", Seat::TWO_HATS.name).await;
    let refused = nora.post(&format!("{lee}/invite"), &[]).await;
    refused.expect(409).says("also has access to an organisation");
    let lee = of(&ines, "", Seat::TWO_HATS.name).await;
    ines.post(&format!("{lee}/invite"), &[]).await.expect(200);
    let third = mailed(&world, "lee.fox@nhs.net").await;
    world.stranger().get(&third).await.expect(200);
    // Seven days later it is over.
    world.set_today("2026-03-30");
    world.stranger().get(&third).await.expect(410).says("for 7 days");
});

story!(without_mail_a_page_shows_the_link_once_whatever_host_was_called, world, {
    let mut world = world;
    let nora = world_of_people(&world).await;
    let ravi = [
        ("email", "ravi.cole@nhs.net"),
        ("name", "Ravi Cole"),
        ("job_title", "manager"),
        ("role", "View"),
    ];
    nora.post("/people/invite", &ravi).await.expect(200);
    let again = format!("{}/invite", of(&nora, "", "ravi.cole@nhs.net").await);
    world.serve(|web| {
        web.sends_mail = false;
        web.settings.address = Some("https://accord.icb.example".into());
    });
    let nora = world.sign_in(ADMINISTRATOR).await.calling("evil.example");
    let page = nora.post(&again, &[]).await;
    let whole = link(&page.expect(200).html);
    let path = whole.strip_prefix("https://accord.icb.example").expect("the address that is set");
    assert!(!page.html.contains("evil.example"), "{}", page.html);
    world.stranger().get(path).await.expect(200);

    world.serve(|web| web.sends_mail = false);
    let nora = world.sign_in(ADMINISTRATOR).await.calling("evil.example");
    let page = nora.post(&again, &[]).await;
    page.expect(200).says("Put the address of this service in front of it");
    assert!(link(&page.html).starts_with("/password/"), "{}", page.html);
    assert!(!page.html.contains("evil.example"), "{}", page.html);
});

story!(an_invitation_that_the_mail_server_does_not_take_is_named, world, {
    let nora = world_of_people(&world).await;
    let ravi = [
        ("email", "ravi.cole@nhs.net"),
        ("name", "Ravi Cole"),
        ("job_title", "manager"),
        ("role", "View"),
    ];
    nora.post("/people/invite", &ravi).await.expect(200);
    let now = world.now();
    let letters = store::person::link::claim(&world.db, 50, &now).await.expect("an email");
    let refused = ("550 no such mailbox", true);
    let given_up = store::person::link::failed(&world.db, &letters[0], refused, &now).await;
    assert!(given_up.expect("kept"));
    assert!(world.links().await.is_empty(), "what was given up goes out no more");
    let address = of(&nora, "", "ravi.cole@nhs.net").await;
    nora.get(&address).await.says("has not been delivered").says("550 no such mailbox");
    nora.post(&format!("{address}/invite"), &[]).await.expect(200);
    nora.get(&address).await.does_not_say("550").says("The invitation waits");
    assert_eq!(world.links().await.len(), 1);
});
