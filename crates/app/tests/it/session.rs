//! Stories of signing in, signing out and acting for an organisation.

use crate::{story, support::Seat};
use domain::{Actor, Role};
use store::person::NewPerson;

const PASSWORD: &str = "correct horse battery staple";

async fn with_password(world: &crate::support::World, roles: &[Role]) {
    let person = NewPerson {
        email: "Ann.Lee@nhs.net".into(),
        name: "Ann Lee".into(),
        job_title: "practice manager".into(),
        password: Some(PASSWORD.into()),
        is_persona: false,
    };
    let at = |role: &Role| (world.organisations["Y00001"], *role);
    let roles: Vec<_> = roles.iter().map(at).collect();
    store::person::add(&world.db, &person, &roles, &Actor::system("story"), &world.now())
        .await
        .expect("added");
}

story!(a_person_signs_in_with_a_password_and_out_again, world, {
    with_password(&world, &[Role::View]).await;
    let stranger = world.stranger();
    let sent = stranger.get("/organisation").await;
    assert_eq!((sent.status.as_u16(), sent.location()), (303, "/sign-in?next=%2Forganisation"));
    let signed = stranger
        .post(
            "/sign-in",
            &[("email", "ann.lee@NHS.net"), ("password", PASSWORD), ("next", "/organisation")],
        )
        .await;
    assert_eq!((signed.status.as_u16(), signed.location()), (303, "/organisation"));
    let cookie = signed.headers["set-cookie"].to_str().expect("a cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let browser = stranger.with_cookie(&cookie);
    browser.get("/").await.expect(200).says("Riverside Surgery").says("Ann Lee");
    browser.post("/sign-out", &[]).await.expect(303);
    assert_eq!(browser.get("/").await.location(), "/sign-in");
    assert_eq!((world.facts("signed_in").await, world.facts("signed_out").await), (1, 1));
    world.assert_history_is_whole().await;
});

story!(a_wrong_password_and_an_unknown_address_read_the_same, world, {
    with_password(&world, &[Role::View]).await;
    let stranger = world.stranger();
    let wrong =
        stranger.post("/sign-in", &[("email", "ann.lee@nhs.net"), ("password", "wrong")]).await;
    let unknown =
        stranger.post("/sign-in", &[("email", "nobody@nhs.net"), ("password", "wrong")]).await;
    wrong
        .expect(422)
        .says("There is a problem")
        .says("Enter the email address and password of an account");
    assert_eq!(
        wrong.text().replace("ann.lee", ""),
        unknown.expect(422).text().replace("nobody", "")
    );
    assert_eq!(wrong.value("email"), "ann.lee@nhs.net");
    stranger
        .post("/sign-in", &[])
        .await
        .expect(422)
        .says("Enter your email address")
        .says("Enter your password");
});

story!(five_wrong_passwords_make_an_address_wait, world, {
    with_password(&world, &[Role::View]).await;
    let stranger = world.stranger();
    for _ in 0..5 {
        stranger
            .post("/sign-in", &[("email", "ann.lee@nhs.net"), ("password", "wrong")])
            .await
            .expect(422);
    }
    let right = [("email", "ann.lee@nhs.net"), ("password", PASSWORD)];
    stranger.post("/sign-in", &right).await.expect(422).says("Try again in 15 minutes");
    world.set_today("2025-04-11");
    stranger.post("/sign-in", &right).await.expect(303);
});

story!(a_link_cannot_send_people_to_another_site, world, {
    with_password(&world, &[Role::View]).await;
    for next in ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"] {
        let fields = [("email", "ann.lee@nhs.net"), ("password", PASSWORD), ("next", next)];
        assert_eq!(world.stranger().post("/sign-in", &fields).await.location(), "/");
    }
});

story!(a_site_that_is_not_a_demo_has_no_personas, world, {
    world.stranger().get("/sign-in").await.expect(200).does_not_say("Choose who to be");
    world
        .stranger()
        .post("/sign-in/persona", &[("persona", "00000000-0000-0000-0000-000000000000")])
        .await
        .expect(404);
});

story!(nobody_acts_for_an_organisation_without_a_role_there, world, {
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let foreign = world.organisations["Y00003"].to_string();
    browser.post("/change-organisation", &[("organisation", &foreign)]).await.expect(404);
    browser.get("/").await.says("Riverside Surgery");
});

story!(a_session_ends_after_twelve_hours, world, {
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    browser.get("/").await.expect(200);
    world.set_today("2025-04-11");
    browser.get("/").await.expect(303);
});

story!(an_unknown_address_is_a_page_that_says_what_to_do, world, {
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    browser.get("/nothing-here").await.expect(404).says("Page not found");
});

story!(the_organisation_page_shows_people_and_roles, world, {
    let browser = world.sign_in(Seat::NETWORK_MANAGER).await;
    let page = browser.get("/organisation").await;
    page.expect(200)
        .says("Riverside PCN")
        .says("Hill Top Practice")
        .says("PCN Management")
        .says("15,276 patients");
});

story!(wrong_passwords_at_once_are_counted_before_they_are_tried, world, {
    with_password(&world, &[Role::View]).await;
    let stranger = world.stranger();
    let tries = (0..12).map(|_| {
        let stranger = stranger.clone();
        tokio::spawn(async move {
            let wrong = [("email", "ann.lee@nhs.net"), ("password", "wrong")];
            stranger.post("/sign-in", &wrong).await.expect(422).text()
        })
    });
    let mut tried = 0;
    for answer in tries.collect::<Vec<_>>() {
        let text = answer.await.expect("an answer");
        tried += i32::from(text.contains("Enter the email address and password of an account"));
    }
    assert_eq!(tried, 5);
});

story!(an_address_longer_than_any_is_not_kept, world, {
    let long = format!("{}@nhs.net", "a".repeat(10_000));
    let page = world.stranger().post("/sign-in", &[("email", &long), ("password", "x")]).await;
    page.expect(422).says("Enter the email address and password of an account");
});

story!(forms_have_an_end, world, {
    let browser = world.sign_in(Seat::COMMISSIONER).await;
    let many: Vec<_> = (0..2_001).map(|_| ("service", "x")).collect();
    browser.post("/contracts/C-2025-000001/services", &many).await.expect(413);
    let draft = [
        ("name", "Blood\u{0} tests\u{7}"),
        ("respond-by-day", "1"),
        ("respond-by-month", "6"),
        ("respond-by-year", "2025"),
    ];
    let made = browser.post("/contracts/new", &draft).await;
    let address = made.expect(303).location().to_owned();
    browser.get(&address).await.expect(200).says("Blood tests");
});

story!(filters_and_years_out_of_all_bounds_find_nothing, world, {
    // A pattern is refused only where there is a row to hold it against.
    crate::service::publish(&world, crate::service::LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let draft = [
        ("offer", "yes"),
        ("name", "Blood tests"),
        ("respond-by-day", "1"),
        ("respond-by-month", "6"),
        ("respond-by-year", "2025"),
    ];
    commissioner.post("/contracts/new", &draft).await.expect(303);
    let long = "_".repeat(60_000);
    for address in ["/contracts?search=", "/services?search="] {
        commissioner.get(&format!("{address}{long}")).await.expect(200);
    }
    let approver = world.sign_in(Seat::APPROVER).await;
    approver.get("/achievement?year=2147483647").await.expect(200);
});
