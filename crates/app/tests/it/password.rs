//! Stories of forgotten passwords: a link by email, the same answer for everybody, and what a stolen or old link is worth.

use crate::{
    story,
    support::{Browser, World, money::message},
};
use domain::{Actor, Role};
use store::person::NewPerson;

const EMAIL: &str = "ann.lee@nhs.net";
const OLD: &str = "correct horse battery staple";
const NEW: &str = "seven green bicycles";
const FORGOTTEN: &str = "/password/forgotten";

/// Somebody with an account at the first practice, with a password or still without.
pub async fn account(world: &World, email: &str, password: Option<&str>) {
    let person = NewPerson {
        email: email.into(),
        name: "Ann Lee".into(),
        job_title: "practice manager".into(),
        password: password.map(Into::into),
        is_persona: false,
    };
    let at = [(world.organisations["Y00001"], Role::View)];
    store::person::add(&world.db, &person, &at, &Actor::system("story"), &world.now())
        .await
        .expect("added");
}

/// Signs in; gives the browser that is signed in, or the answer.
pub async fn sign_in(stranger: &Browser, email: &str, password: &str) -> Result<Browser, String> {
    let page = stranger.post("/sign-in", &[("email", email), ("password", password)]).await;
    match page.headers.get("set-cookie") {
        Some(cookie) if page.status == 303 => {
            Ok(stranger.with_cookie(cookie.to_str().expect("text")))
        }
        _ => Err(page.text()),
    }
}

async fn ask(browser: &Browser, email: &str) -> (u16, String, String) {
    let page = browser.post(FORGOTTEN, &[("email", email)]).await;
    (page.status.as_u16(), page.location().to_owned(), page.text())
}

async fn set(world: &World, path: &str, password: &str) -> u16 {
    let both = [("password", password), ("again", password)];
    world.stranger().post(path, &both).await.status.as_u16()
}

story!(a_forgotten_password_is_set_anew_with_a_link_from_an_email, world, {
    account(&world, EMAIL, Some(OLD)).await;
    let elsewhere = sign_in(&world.stranger(), EMAIL, OLD).await.expect("signed in");
    let stranger = world.stranger();
    stranger.get("/sign-in").await.says("Forgotten your password?");
    stranger.get(FORGOTTEN).await.expect(200).says("once and for 30 minutes");
    stranger.post(FORGOTTEN, &[]).await.expect(422).says("Enter your email address");
    stranger.post(FORGOTTEN, &[("email", "ann")]).await.expect(422).says("in the correct format");
    let asked = stranger.post(FORGOTTEN, &[("email", " Ann.Lee@NHS.net ")]).await;
    let next = asked.expect(303).location().to_owned();
    stranger.get(&next).await.expect(200).says("Check your email");

    let [(to, path)] = &*world.links().await else { panic!("not one email") };
    assert_eq!(to, EMAIL);
    // Until it is used, the old password works.
    sign_in(&world.stranger(), EMAIL, OLD).await.expect("signed in");
    let page = stranger.get(path).await;
    page.expect(200).says("You log in with ann.lee@nhs.net");
    assert_eq!(set(&world, path, NEW).await, 303);
    sign_in(&world.stranger(), EMAIL, OLD).await.expect_err("the old password");
    assert_eq!(elsewhere.get("/").await.location(), "/sign-in");
    let ann = sign_in(&world.stranger(), EMAIL, NEW).await.expect("signed in");
    ann.get("/messages").await.says("Your password was changed");
    assert_eq!(
        (world.facts("password_link_made").await, world.facts("password_set").await),
        (1, 1)
    );
    world.assert_history_is_whole().await;
});

story!(a_link_works_once_and_gives_way_to_a_newer_one, world, {
    account(&world, EMAIL, Some(OLD)).await;
    ask(&world.stranger(), EMAIL).await;
    let first = world.links().await.remove(0).1;
    // Asked twice before an email goes out, it goes out once.
    ask(&world.stranger(), EMAIL).await;
    ask(&world.stranger(), EMAIL).await;
    let mut links = world.links().await;
    assert_eq!(links.len(), 1);
    let second = links.remove(0).1;
    assert_eq!(set(&world, &first, NEW).await, 410);
    assert_eq!(set(&world, &second, NEW).await, 303);
    assert_eq!(set(&world, &second, "another four words here").await, 410);
    world.stranger().get(&second).await.expect(410).says("This link does not work");
    sign_in(&world.stranger(), EMAIL, NEW).await.expect("signed in");
});

story!(of_many_who_use_a_link_at_once_one_sets_the_password, world, {
    account(&world, EMAIL, Some(OLD)).await;
    ask(&world.stranger(), EMAIL).await;
    let path = world.links().await.remove(0).1;
    let tries = (0..6).map(|number| {
        let (stranger, path) = (world.stranger(), path.clone());
        tokio::spawn(async move {
            let password = format!("{NEW} {number}");
            let both = [("password", &*password), ("again", &*password)];
            stranger.post(&path, &both).await.status.as_u16()
        })
    });
    let mut done = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        done.push(one.await.expect("an answer"));
    }
    done.sort_unstable();
    assert_eq!(done, [303, 410, 410, 410, 410, 410]);
    assert_eq!(world.facts("password_set").await, 1);
});

story!(a_link_is_over_after_thirty_minutes, world, {
    account(&world, EMAIL, Some(OLD)).await;
    ask(&world.stranger(), EMAIL).await;
    let path = world.links().await.remove(0).1;
    world.set_now("2025-04-10T12:29:59Z");
    world.stranger().get(&path).await.expect(200);
    world.set_now("2025-04-10T12:30:00Z");
    world.stranger().get(&path).await.expect(410);
    assert_eq!(set(&world, &path, NEW).await, 410);
    // An email that could not go out in that time does not go out any more.
    ask(&world.stranger(), EMAIL).await;
    world.set_now("2025-04-10T13:00:00Z");
    assert!(world.links().await.is_empty());
});

story!(nobody_learns_which_addresses_have_an_account, world, {
    account(&world, EMAIL, Some(OLD)).await;
    account(&world, "bea.fox@nhs.net", Some(OLD)).await;
    account(&world, "new.one@nhs.net", None).await;
    let mut tx = world.db.write().await.expect("a change");
    let disable = "UPDATE person SET is_disabled = $2 WHERE email = $1";
    tx.execute(disable, store::args!["bea.fox@nhs.net", true]).await.expect("disabled");
    tx.commit().await.expect("kept");
    let mut answers = Vec::new();
    for email in [EMAIL, "nobody@nhs.net", "bea.fox@nhs.net", "new.one@nhs.net"] {
        answers.push(ask(&world.stranger(), email).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 303), "{answers:?}");
    let mut to: Vec<String> = world.links().await.into_iter().map(|(to, _)| to).collect();
    to.sort();
    assert_eq!(to, [EMAIL, "new.one@nhs.net"]);
    // Nothing is kept of those that have none.
    assert!(world.links().await.is_empty());
});

story!(an_email_goes_to_the_address_of_the_account_and_to_no_look_alike, world, {
    account(&world, "mark.lee@nhs.net", Some(OLD)).await;
    // The last two are written with a Kelvin sign, which becomes a k in small letters, and with a Cyrillic a.
    for (typed, letters) in
        [("MARK.Lee@nhs.NET", 1), ("mar\u{212a}.lee@nhs.net", 1), ("m\u{430}rk.lee@nhs.net", 0)]
    {
        assert_eq!(ask(&world.stranger(), typed).await.0, 303, "{typed}");
        let links = world.links().await;
        assert_eq!(links.len(), letters, "{typed}");
        assert!(links.iter().all(|(to, _)| to == "mark.lee@nhs.net"), "{links:?}");
    }
    let wrong = sign_in(&world.stranger(), "m\u{430}rk.lee@nhs.net", OLD).await;
    wrong.expect_err("another address");
});

story!(links_are_asked_for_a_few_times_only, world, {
    account(&world, EMAIL, Some(OLD)).await;
    for number in 0..3 {
        let from = world.stranger().at(&format!("192.0.2.{number}"));
        assert_eq!(ask(&from, EMAIL).await.0, 303);
    }
    let from = world.stranger().at("192.0.2.9");
    let (status, _, text) = ask(&from, EMAIL).await;
    assert_eq!(status, 429);
    assert!(text.contains("There were too many requests. Try again in 15 minutes."), "{text}");
    // The same for an address that nobody has, and nothing of the account is told by it.
    for _ in 0..3 {
        assert_eq!(ask(&from, "nobody@nhs.net").await.0, 303);
    }
    assert_eq!(ask(&from, "nobody@nhs.net").await.0, 429);
    // From one address for many accounts.
    for number in 3..10 {
        assert_eq!(ask(&from, &format!("nobody{number}@nhs.net")).await.0, 303, "{number}");
    }
    assert_eq!(ask(&from, "nobody10@nhs.net").await.0, 429);
    assert_eq!(ask(&world.stranger().at("192.0.2.10"), "nobody10@nhs.net").await.0, 303);
    world.set_now("2025-04-10T12:15:00Z");
    assert_eq!(ask(&from, EMAIL).await.0, 303);
});

story!(without_mail_the_page_says_whom_to_ask, world, {
    let mut world = world;
    world.serve(|web| web.sends_mail = false);
    let stranger = world.stranger();
    stranger.get(FORGOTTEN).await.expect(200).says("sends no emails").says("Ask the team");
    stranger.post(FORGOTTEN, &[("email", EMAIL)]).await.expect(409).says("sends no emails");
    assert!(world.links().await.is_empty());
});

story!(the_first_password_of_an_account_is_no_news, world, {
    account(&world, EMAIL, None).await;
    ask(&world.stranger(), EMAIL).await;
    let path = world.links().await.remove(0).1;
    let both = [("password", NEW), ("again", NEW)];
    let done = world.stranger().post(&path, &both).await;
    assert_eq!(message(done.expect(303)), "Password set. Log in with it now.");
    let ann = sign_in(&world.stranger(), EMAIL, NEW).await.expect("signed in");
    ann.get("/messages").await.does_not_say("Your password was changed");
});

story!(who_tries_many_accounts_from_one_address_waits_and_others_do_not, world, {
    account(&world, EMAIL, Some(OLD)).await;
    let attacker = world.stranger().at("203.0.113.7");
    // Whoever has an account of their own does not wipe out their tries at others' with it.
    account(&world, "own@nhs.net", Some(OLD)).await;
    for number in 0..20 {
        let wrong = sign_in(&attacker, &format!("nobody{number}@nhs.net"), "wrong").await;
        let text = wrong.expect_err("nobody's");
        assert!(text.contains("Enter the email address and password"), "{number}: {text}");
        if number % 5 == 0 {
            sign_in(&attacker, "own@nhs.net", OLD).await.expect("signed in");
        }
    }
    let text = sign_in(&attacker, EMAIL, OLD).await.expect_err("made to wait");
    assert!(text.contains("Try again in 1 minute."), "{text}");
    sign_in(&world.stranger().at("203.0.113.8"), EMAIL, OLD).await.expect("signed in");
    world.set_now("2025-04-10T12:01:00Z");
    sign_in(&attacker, "nobody@nhs.net", "wrong").await.expect_err("nobody's");
    let text = sign_in(&attacker, "nobody@nhs.net", "wrong").await.expect_err("made to wait");
    assert!(text.contains("Try again in 2 minutes."), "{text}");
});

story!(the_header_of_a_proxy_counts_only_where_it_is_trusted, world, {
    let mut world = world;
    account(&world, EMAIL, Some(OLD)).await;
    // Behind a proxy that says nothing, everybody has its address: nobody waits for what others try.
    world.serve(|web| web.is_https = true);
    for number in 0..30 {
        let wrong = sign_in(&world.stranger(), &format!("n{number}@nhs.net"), "wrong").await;
        assert!(wrong.expect_err("nobody's").contains("Enter the email address and password"));
    }
    sign_in(&world.stranger(), EMAIL, OLD).await.expect("signed in");
});

story!(a_password_that_is_known_from_a_breach_is_refused, world, {
    let mut world = world;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("known.txt");
    std::fs::write(&file, "abc\nseven green bicycles\n").expect("a list");
    let breached = store::person::breached::Breached::open(&file).expect("a list");
    world.serve(|web| web.settings.breached = breached);
    account(&world, EMAIL, Some(OLD)).await;
    ask(&world.stranger(), EMAIL).await;
    let path = world.links().await.remove(0).1;
    let set = async |password: &str| {
        world.stranger().post(&path, &[("password", password), ("again", password)]).await
    };
    set("Seven Green Bicycles").await.expect(422).says("stolen from other services");
    set("Password2026!").await.expect(422).says("one that many people use");
    sign_in(&world.stranger(), EMAIL, OLD).await.expect("as before");
    // The link still works: nothing was lost.
    set("seven blue bicycles").await.expect(303);
});
