//! Stories of sessions: new at each sign-in, over when nobody uses them, listed, ended, and what was typed when one ended.

use crate::{
    password::{account, sign_in},
    story,
    support::{Browser, Seat, World, money::message},
};
use chrono::{DateTime, Utc};
use domain::{Actor, Role};
use std::time::Duration;

const EMAIL: &str = "ann.lee@nhs.net";
const PASSWORD: &str = "correct horse battery staple";

async fn ann(world: &World) -> Browser {
    account(world, EMAIL, Some(PASSWORD)).await;
    sign_in(&world.stranger(), EMAIL, PASSWORD).await.expect("signed in")
}

/// Comes back once the use of a session at this instant is written: that is done beside the request.
async fn noted(world: &World, at: &str) {
    #[derive(sqlx::FromRow)]
    struct Count {
        count: i64,
    }
    let at: DateTime<Utc> = at.parse().expect("an instant");
    let look = async {
        loop {
            let mut tx = world.db.read().await.expect("a question");
            let used = "SELECT count(*) AS count FROM session WHERE last_used_at = $1";
            let Count { count } = tx.one(used, store::args![at]).await.expect("a count");
            drop(tx);
            if count > 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), look).await.expect("the use is noted");
}

story!(a_session_is_new_whatever_cookie_came_before, world, {
    account(&world, EMAIL, Some(PASSWORD)).await;
    let planted = "0123456789abcdef".repeat(4);
    let victim = world.stranger().with_cookie(&format!("accord-session={planted}"));
    let signed = sign_in(&victim, EMAIL, PASSWORD).await.expect("signed in");
    signed.get("/account").await.expect(200).says("Ann Lee");
    victim.get("/account").await.expect(303);

    // Not even where it is a session that lasts.
    let attacker = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let signed = sign_in(&attacker, EMAIL, PASSWORD).await.expect("signed in");
    signed.get("/account").await.says("Ann Lee");
    attacker.get("/account").await.says("Sam Ahmed").does_not_say("Ann Lee");
});

story!(to_act_for_another_organisation_is_another_token, world, {
    let ann = ann(&world).await;
    let person = store::person::NewPerson {
        email: EMAIL.into(),
        name: "Ann Lee".into(),
        job_title: "manager".into(),
        password: None,
        is_persona: false,
    };
    let at = world.organisations["Y00002"];
    let by = Actor::system("story");
    store::person::add(&world.db, &person, &[(at, Role::View)], &by, &world.now())
        .await
        .expect("another organisation");
    ann.get("/account").await.says("Hill Top Practice (Y00002)").says("Riverside Surgery");
    let changed = ann.post("/change-organisation", &[("organisation", &at.to_string())]).await;
    let after = ann.with_cookies(changed.expect(303));
    after.get("/").await.expect(200).says("Hill Top Practice");
    ann.get("/").await.expect(303);
    // One session went on: it is no second one.
    after.get("/account").await.does_not_say("Log out everywhere else");
});

story!(a_session_that_nobody_uses_ends_after_half_an_hour, world, {
    let ann = ann(&world).await;
    world.set_now("2025-04-10T12:29:59Z");
    ann.get("/session/left").await.expect(200);
    assert_eq!(ann.get("/session/left").await.html, "1");
    // To ask was no use of it; to look at a page is.
    ann.get("/account").await.expect(200);
    noted(&world, "2025-04-10T12:29:59Z").await;
    world.set_now("2025-04-10T12:59:58Z");
    assert_eq!(ann.get("/session/left").await.html, "1");
    ann.post("/session/stay", &[]).await.expect(204);
    world.set_now("2025-04-10T13:29:57Z");
    assert_eq!(ann.get("/session/left").await.html, "1");
    world.set_now("2025-04-10T13:29:58Z");
    assert_eq!(ann.get("/session/left").await.status, 303);
    assert!(ann.get("/account").await.expect(303).location().starts_with("/sign-in"));
});

story!(however_much_it_is_used_a_session_ends_after_twelve_hours, world, {
    let mut world = world;
    world.serve(|web| web.settings.idle = chrono::TimeDelta::hours(12));
    let ann = ann(&world).await;
    world.set_now("2025-04-10T23:59:59Z");
    ann.post("/session/stay", &[]).await.expect(204);
    ann.get("/account").await.expect(200);
    world.set_now("2025-04-11T00:00:00Z");
    ann.get("/account").await.expect(303);
});

story!(a_person_sees_and_ends_their_own_sessions, world, {
    let first = ann(&world).await;
    world.set_now("2025-04-10T12:05:00Z");
    let elsewhere = world.stranger().at("203.0.113.7");
    let second = sign_in(&elsewhere, EMAIL, PASSWORD).await.expect("signed in");
    let third = sign_in(&elsewhere, EMAIL, PASSWORD).await.expect("signed in");
    let other = world.sign_in(Seat::PRACTICE_MANAGER).await;

    let page = second.get("/account").await;
    page.expect(200).says("(this one), from 203.0.113.7").says("from 192.0.2.1");
    page.says("Since 10 April 2025 at 1pm, last used 10 April 2025 at 1pm");
    let ids = page.values("session");
    assert_eq!(ids.len(), 2, "one button for each but this one");
    // Somebody else's is not there.
    other.post("/account/session/end", &[("session", &ids[0])]).await.expect(404);
    let done = second.post("/account/session/end", &[("session", &ids[1])]).await;
    assert_eq!(message(done.expect(303)), "Session ended.");
    first.get("/account").await.expect(303);
    second.post("/account/session/end", &[("session", &ids[1])]).await.expect(404);
    third.get("/account").await.expect(200);
    let done = second.post("/account/session/end-others", &[]).await;
    assert_eq!(message(done.expect(303)), "1 session ended.");
    third.get("/account").await.expect(303);
    second.get("/account").await.expect(200);
    other.get("/account").await.expect(200);
    let done = second.post("/account/session/end-others", &[]).await;
    assert_eq!(message(done.expect(303)), "You were logged in nowhere else.");
    assert_eq!(world.facts("signed_out").await, 2);
    world.assert_history_is_whole().await;
});

story!(what_was_typed_when_a_session_ended_is_sent_again_by_the_person, world, {
    let priya = world.sign_in(Seat::COMMISSIONER).await;
    let draft = [
        ("name", "Blood <tests> & \"more\""),
        ("respond-by-day", "1"),
        ("respond-by-month", "6"),
        ("respond-by-year", "2025"),
    ];
    world.set_now("2025-04-10T12:30:00Z");
    let page = priya.post("/contracts/new", &draft).await;
    page.expect(401).says("You were logged out").says("Nothing was saved");
    assert_eq!(page.links("/contracts/new").len(), 1);
    assert_eq!(page.value("name"), "Blood &lt;tests&gt; &amp; &quot;more&quot;");
    assert_eq!(page.value("respond-by-month"), "6");
    let again = world.sign_in(Seat::COMMISSIONER).await;
    again.get("/contracts").await.does_not_say("Blood");
    let made = again.post("/contracts/new", &draft).await;
    let address = made.expect(303).location().to_owned();
    again.get(&address).await.expect(200).says("Blood <tests> & \"more\"");
    // Passwords and codes are typed again, and what another site sends gets nothing back.
    let secret = [("old", "x"), ("password", "y"), ("again", "y")];
    assert_eq!(priya.post("/account/password", &secret).await.location(), "/sign-in");
    let foreign = priya.on_another_site().post("/contracts/new", &draft).await;
    foreign.expect(403).does_not_say("Blood");
});
