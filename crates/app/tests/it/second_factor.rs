//! Stories of the second factor: codes of an app, each once, recovery codes, and what half a sign-in is worth.

use crate::{
    deputy::hand_over,
    password::{account, sign_in},
    story,
    support::{Browser, Page, Seat, World, money::message},
};
use domain::access::{
    demand::{Demand, Holders},
    one_time::{Key, Secret},
};
use domain::{Actor, Role};
use store::person::NewPerson;

const EMAIL: &str = "ann.lee@nhs.net";
const PASSWORD: &str = "correct horse battery staple";
const AT: &str = "/account/second-factor";

/// The code that the app of the person shows now.
async fn shown(world: &World, email: &str, key: Option<&Key>) -> String {
    secret(world, email, key).await.shown(world.now().instant)
}

async fn secret(world: &World, email: &str, key: Option<&Key>) -> Secret {
    #[derive(sqlx::FromRow)]
    struct Seed {
        seed: String,
    }
    let mut tx = world.db.read().await.expect("a question");
    let Seed { seed } = tx
        .one(
            "SELECT seed FROM second_factor f JOIN person p ON p.id = f.person_id WHERE p.email = $1",
            store::args![email],
        )
        .await
        .expect("a second factor");
    Secret::of(seed.as_bytes(), key)
}

/// Somebody who has switched codes on, with their browser and recovery codes.
async fn with_codes(world: &World) -> (Browser, Vec<String>) {
    account(world, EMAIL, Some(PASSWORD)).await;
    let ann = sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    ann.post(&format!("{AT}/begin"), &[("password", PASSWORD)]).await.expect(303);
    let code = shown(world, EMAIL, None).await;
    let page = ann.post(&format!("{AT}/confirm"), &[("code", &code)]).await;
    let codes = recovery_codes(page.expect(200));
    (ann, codes)
}

fn recovery_codes(page: &Page) -> Vec<String> {
    let list = page.html.split("id=\"codes\"").nth(1).expect("a list");
    let list = list.split("</ul>").next().unwrap_or_default();
    let code = |part: &str| part.split('<').next().unwrap_or_default().to_owned();
    list.split("app-code\">").skip(1).map(code).collect()
}

/// The browser of somebody whose password was right, before the code.
async fn half(world: &World) -> Browser {
    let stranger = world.stranger();
    let page = stranger.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert!(page.expect(303).location().starts_with("/sign-in/code?"), "{}", page.location());
    stranger.with_cookies(&page)
}

async fn enter(browser: &Browser, code: &str) -> Page {
    browser.post("/sign-in/code", &[("code", code), ("next", "/account")]).await
}

story!(somebody_switches_codes_on_signs_in_with_them_and_switches_them_off, world, {
    account(&world, EMAIL, Some(PASSWORD)).await;
    let ann = sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    ann.get("/account").await.expect(200).says("Riverside Surgery (Y00001)").says("Off");
    ann.get(AT).await.expect(200).says("shows a new code every 30 seconds");
    let begin = format!("{AT}/begin");
    ann.post(&begin, &[("password", "wrong")]).await.expect(422).says("that you sign in with now");
    ann.get(AT).await.does_not_say("Scan this");
    ann.post(&begin, &[("password", PASSWORD)]).await.expect(303);
    let page = ann.get(AT).await;
    page.expect(200).says("Scan this");
    let typed = secret(&world, EMAIL, None).await.base32();
    assert!(page.text().replace(' ', "").contains(&typed), "{}", page.text());
    assert!(page.html.contains("data:image/svg+xml,"), "the QR code");
    // Nothing is asked for before the app has shown that it works.
    sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    let confirm = format!("{AT}/confirm");
    ann.post(&confirm, &[("code", "000000")]).await.expect(422).says("6 digits");
    let code = shown(&world, EMAIL, None).await;
    let page = ann.post(&confirm, &[("code", &code)]).await;
    let codes = recovery_codes(page.expect(200));
    assert_eq!(codes.len(), 10);
    ann.get("/account").await.says("On since 10 April 2025, with 10 recovery codes left");
    ann.get("/messages").await.says("Codes to sign in were switched on");

    world.set_now("2025-04-10T12:05:00Z");
    let half = half(&world).await;
    half.get("/sign-in/code").await.expect(200).says("Enter a code");
    let done = enter(&half, &shown(&world, EMAIL, None).await).await;
    assert_eq!(done.expect(303).location(), "/account");
    half.with_cookies(&done).get("/account").await.expect(200);

    world.set_now("2025-04-10T12:10:00Z");
    let off = format!("{AT}/off");
    let code = shown(&world, EMAIL, None).await;
    let wrong = ann.post(&off, &[("password", PASSWORD), ("code", "000000")]).await;
    wrong.expect(422).says("6 digits");
    let wrong = ann.post(&off, &[("password", "wrong"), ("code", &code)]).await;
    wrong.expect(422).says("that you sign in with now");
    let done = ann.post(&off, &[("password", PASSWORD), ("code", &code)]).await;
    assert!(message(done.expect(303)).starts_with("Codes switched off."));
    sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    for (fact, count) in [("second_factor_on", 1), ("second_factor_off", 1)] {
        assert_eq!(world.facts(fact).await, count, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(half_a_sign_in_can_do_nothing_and_ends, world, {
    with_codes(&world).await;
    let half = half(&world).await;
    for page in ["/", "/account", "/services", AT] {
        assert!(half.get(page).await.expect(303).location().starts_with("/sign-in"), "{page}");
    }
    let change = [("old", PASSWORD), ("password", "seven green bicycles")];
    assert_eq!(half.post("/account/password", &change).await.location(), "/sign-in");
    // Its token is none of a session.
    assert_eq!(half.with_step_as_session().get("/account").await.status, 303);
    assert_eq!(world.stranger().get("/sign-in/code").await.location(), "/sign-in");

    world.set_now("2025-04-10T12:09:59Z");
    half.get("/sign-in/code").await.expect(200);
    world.set_now("2025-04-10T12:10:00Z");
    assert_eq!(half.get("/sign-in/code").await.location(), "/sign-in");
    let late = enter(&half, &shown(&world, EMAIL, None).await).await;
    assert_eq!(late.expect(303).location(), "/sign-in");
    assert!(message(&late).starts_with("You waited too long."));
});

story!(a_code_works_once, world, {
    with_codes(&world).await;
    // The code that switched it on is used up, although it is still shown.
    let code = shown(&world, EMAIL, None).await;
    enter(&half(&world).await, &code).await.expect(422).says("Each works once");
    world.set_now("2025-04-10T12:00:30Z");
    let code = shown(&world, EMAIL, None).await;
    let (one, two) = (half(&world).await, half(&world).await);
    enter(&one, &code).await.expect(303);
    enter(&two, &code).await.expect(422).says("Each works once");
    // Nor does the step that it was entered for.
    world.set_now("2025-04-10T12:01:00Z");
    let next = shown(&world, EMAIL, None).await;
    assert_eq!(enter(&one, &next).await.expect(303).location(), "/sign-in");
    enter(&two, &next).await.expect(303);
});

story!(of_many_who_enter_one_code_at_once_one_gets_in, world, {
    with_codes(&world).await;
    world.set_now("2025-04-10T12:00:30Z");
    let code = shown(&world, EMAIL, None).await;
    let mut tries = Vec::new();
    for _ in 0..4 {
        let (half, code) = (half(&world).await, code.clone());
        tries.push(tokio::spawn(async move { enter(&half, &code).await.status.as_u16() }));
    }
    let mut answers = Vec::new();
    for one in tries {
        answers.push(one.await.expect("an answer"));
    }
    answers.sort_unstable();
    assert_eq!(answers, [303, 422, 422, 422]);
});

story!(a_recovery_code_works_once_and_the_person_is_told, world, {
    let (ann, codes) = with_codes(&world).await;
    let written = codes[0].to_uppercase().replace('-', " ");
    enter(&half(&world).await, &written).await.expect(303);
    enter(&half(&world).await, &codes[0]).await.expect(422);
    enter(&half(&world).await, &codes[1]).await.expect(303);
    ann.get("/account").await.says("with 8 recovery codes left");
    let list = ann.get("/messages").await;
    list.says("A recovery code was used to sign in");
    assert_eq!(world.facts("recovery_code_used").await, 2);
    world.assert_history_is_whole().await;
});

story!(who_guesses_codes_waits, world, {
    with_codes(&world).await;
    world.set_now("2025-04-10T12:00:30Z");
    let half = half(&world).await;
    for _ in 0..5 {
        enter(&half, "000000").await.expect(422).says("6 digits");
    }
    let right = shown(&world, EMAIL, None).await;
    enter(&half, &right).await.expect(429).says("Try again in 15 minutes");
    // Signing in anew is no way round it.
    enter(&self::half(&world).await, &right).await.expect(429);
    world.set_now("2025-04-10T12:15:30Z");
    let right = shown(&world, EMAIL, None).await;
    enter(&self::half(&world).await, &right).await.expect(303);
});

story!(a_forgotten_password_does_not_switch_codes_off, world, {
    with_codes(&world).await;
    let left_open = half(&world).await;
    world.stranger().post("/password/forgotten", &[("email", EMAIL)]).await.expect(303);
    let links = world.links().await;
    let both = [("password", "seven green bicycles"), ("again", "seven green bicycles")];
    world.stranger().post(&links[0].1, &both).await.expect(303);
    // Whoever got half in with the old password gets no further.
    assert_eq!(left_open.get("/sign-in/code").await.location(), "/sign-in");
    let page = world
        .stranger()
        .post("/sign-in", &[("email", EMAIL), ("password", "seven green bicycles")])
        .await;
    assert!(page.expect(303).location().starts_with("/sign-in/code"));
});

story!(with_a_key_the_database_alone_makes_no_codes, world, {
    let mut world = world;
    let key = Key::of(b"a key that is kept apart from the database");
    world.serve(|web| web.settings.secret_key = Some(key.clone()));
    account(&world, EMAIL, Some(PASSWORD)).await;
    let ann = sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    ann.post(&format!("{AT}/begin"), &[("password", PASSWORD)]).await.expect(303);
    let stolen = shown(&world, EMAIL, None).await;
    ann.post(&format!("{AT}/confirm"), &[("code", &stolen)]).await.expect(422);
    let code = shown(&world, EMAIL, Some(&key)).await;
    let codes = ann.post(&format!("{AT}/confirm"), &[("code", &code)]).await;
    let codes = recovery_codes(codes.expect(200));
    // Under another key nobody is let in by chance, but a recovery code still is.
    world.serve(|web| web.settings.secret_key = Some(Key::of(b"another key of the same service")));
    world.set_now("2025-04-10T12:00:30Z");
    let code = shown(&world, EMAIL, Some(&key)).await;
    enter(&half(&world).await, &code).await.expect(500);
    enter(&half(&world).await, &codes[0]).await.expect(303);
});

story!(somebody_changes_their_password_and_every_other_session_ends, world, {
    account(&world, EMAIL, Some(PASSWORD)).await;
    let here = sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    let there = sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    let change = async |old: &str, new: &str, again: &str| {
        here.post("/account/password", &[("old", old), ("password", new), ("again", again)]).await
    };
    here.get("/account/password").await.expect(200).says("Everywhere else you will be logged out");
    change("", "", "").await.expect(422).says("Enter a new password");
    change(PASSWORD, "seven green bicycles", "x").await.expect(422).says("in both boxes");
    change("wrong", "seven green bicycles", "seven green bicycles")
        .await
        .expect(422)
        .says("Enter the password that you sign in with now");
    change(PASSWORD, "short", "short").await.expect(422).says("12 characters or more");
    let done = change(PASSWORD, "seven green bicycles", "seven green bicycles").await;
    assert!(message(done.expect(303)).starts_with("Password changed."));
    here.get("/messages").await.expect(200).says("Your password was changed");
    assert_eq!(there.get("/account").await.status, 303);
    sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect_err("the old one");
    sign_in(&world.stranger(), EMAIL, "seven green bicycles").await.expect("signed in");
    // A session left open is no way to guess the password.
    for _ in 0..5 {
        change("wrong", "nine green bicycles", "nine green bicycles").await.expect(422);
    }
    change("wrong", "nine green bicycles", "nine green bicycles").await.expect(429);
    world.assert_history_is_whole().await;
});

story!(whoever_holds_a_role_of_the_setting_sets_a_second_factor_up_before_anything_else, world, {
    let mut world = world;
    account(&world, EMAIL, Some(PASSWORD)).await;
    let ann = sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    ann.get("/").await.expect(200);
    // A session that began before the setting counts as well.
    let before = ann.cookie();
    world.serve(|web| web.settings.second_factor_for = Demand([Holders::Finance].into()));
    let ann = world.stranger().with_cookie(&before);
    ann.get("/").await.expect(200);
    world.serve(|web| web.settings.second_factor_for = Demand([Holders::Everybody].into()));
    let ann = world.stranger().with_cookie(&before);
    let signed_in = sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    for ann in [&ann, &signed_in] {
        for page in ["/", "/account", "/messages", "/services", "/account/password"] {
            assert_eq!(ann.get(page).await.expect(303).location(), AT, "{page}");
        }
        let change = [("old", PASSWORD), ("password", "seven green bicycles")];
        assert_eq!(ann.post("/account/password", &change).await.expect(303).location(), AT);
        ann.get("/help").await.expect(200);
        let page = ann.get(AT).await;
        page.expect(200).says("Your role needs a second step").does_not_say("Back to your account");
        assert_eq!(page.links("/services"), [""; 0], "no way on");
    }
    ann.post(&format!("{AT}/begin"), &[("password", PASSWORD)]).await.expect(303);
    // To have begun is not to have one.
    assert_eq!(ann.get("/").await.expect(303).location(), AT);
    let code = shown(&world, EMAIL, None).await;
    let page = ann.post(&format!("{AT}/confirm"), &[("code", &code)]).await;
    assert_eq!(recovery_codes(page.expect(200)).len(), 10);
    ann.get("/").await.expect(200).says("Services");
    ann.get("/account").await.expect(200);
    // Whoever switches it off is where they were.
    world.set_now("2025-04-10T12:10:00Z");
    let code = shown(&world, EMAIL, None).await;
    ann.post(&format!("{AT}/off"), &[("password", PASSWORD), ("code", &code)]).await.expect(303);
    assert_eq!(ann.get("/").await.expect(303).location(), AT);
    ann.post("/sign-out", &[]).await.expect(303);
});

story!(a_role_elsewhere_or_one_that_was_handed_over_demands_a_second_factor_too, world, {
    let mut world = world;
    account(&world, EMAIL, Some(PASSWORD)).await;
    world.serve(|web| web.settings.second_factor_for = Demand([Holders::Finance].into()));
    let ann = sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    ann.get("/").await.expect(200);
    let more = NewPerson {
        email: EMAIL.into(),
        name: "Ann Lee".into(),
        job_title: "practice manager".into(),
        password: None,
        is_persona: false,
    };
    let by = Actor::system("story");
    let view = [(world.organisations["QAA"], Role::View)];
    store::person::add(&world.db, &more, &view, &by, &world.now()).await.expect("added");
    ann.get("/").await.expect(200);
    let finance = world.sign_in(Seat::FINANCE).await;
    let today = ("2025-04-10", "2025-04-20");
    hand_over(&finance, "Ann Lee", &["Finance Management"], today).await.expect(303);
    // She acts for the practice: at the board she would be asked.
    ann.get("/").await.expect(200);
    let board = world.organisations["QAA"].to_string();
    let there = ann.post("/change-organisation", &[("organisation", &board)]).await;
    let there = ann.with_cookies(there.expect(303));
    assert_eq!(there.get("/payments").await.expect(303).location(), AT);
    let back = there.post("/change-organisation", &[("organisation", &board)]).await;
    assert_eq!(back.expect(303).location(), AT);
    let own = [(world.organisations["QAA"], Role::FinanceManagement)];
    store::person::add(&world.db, &more, &own, &by, &world.now()).await.expect("added");
    let elsewhere = sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in");
    assert_eq!(elsewhere.get("/").await.expect(303).location(), AT);
});
