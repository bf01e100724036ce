//! Stories of accounts: disabled everywhere and enabled again, and lapsed where nobody uses them.

use crate::{
    access::of,
    deputy::hand_over,
    story,
    support::{Browser, Page, Seat, World, money::message},
};
use domain::{Actor, Role};
use store::person::{NewPerson, lapse::Looked};

const ADMINISTRATOR: Seat =
    Seat { name: "Nora Page", organisation: "Y00001", roles: &[Role::UserAdministrator] };
const OF_ICB: Seat =
    Seat { name: "Ines Prior", organisation: "QAA", roles: &[Role::AdvancedUserAdministrator] };
const PASSWORD: &str = "correct horse battery staple";

/// Disables or enables the account on a page of people.
async fn close(browser: &Browser, address: &str, act: &str, reason: &str) -> Page {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    browser.post(&format!("{path}/{act}?{query}"), &[("reason", reason)]).await
}

async fn log_in(world: &World, email: &str, password: &str) -> Page {
    world.stranger().post("/sign-in", &[("email", email), ("password", password)]).await
}

/// Looks at the accounts, as the program does by itself each minute.
async fn look(world: &World) -> (u64, u64) {
    let Looked { warned, lapsed } =
        store::person::lapse::look(&world.db, &Actor::system("Accord"), &world.now())
            .await
            .expect("the accounts are looked at");
    (warned, lapsed)
}

story!(an_account_is_disabled_at_once_and_enabled_again, world, {
    for seat in [ADMINISTRATOR, OF_ICB] {
        world.add_seat(seat).await;
    }
    let person = NewPerson {
        email: "ann.lee@nhs.net".into(),
        name: "Ann Lee".into(),
        job_title: "manager".into(),
        password: Some(PASSWORD.into()),
        is_persona: false,
    };
    let roles = [(world.organisations["Y00001"], Role::View)];
    store::person::add(&world.db, &person, &roles, &Actor::system("story"), &world.now())
        .await
        .expect("added");
    let signed = log_in(&world, "ann.lee@nhs.net", PASSWORD).await;
    let cookie = signed.expect(303).headers["set-cookie"].to_str().expect("text").to_owned();
    let ann = world.stranger().with_cookie(&cookie);
    ann.get("/").await.expect(200);

    let nora = world.sign_in(ADMINISTRATOR).await;
    let address = of(&nora, "", "ann.lee@nhs.net").await;
    nora.get(&address).await.says("Disable the account").says("Ann Lee added");
    nora.get(&format!("{address}/disable")).await.expect(200).says("at any organisation");
    close(&nora, &address, "disable", " ").await.expect(422).says("Enter a reason");
    close(&nora, &address, "enable", "No").await.expect(409).says("is in use");
    let done = close(&nora, &address, "disable", "Has left").await;
    assert_eq!(message(done.expect(303)), "Account disabled. It ended at once, everywhere.");
    assert!(ann.get("/").await.expect(303).location().starts_with("/sign-in"));
    let page = nora.get(&address).await;
    page.says("Account disabled: Has left").says("Nora Page, Riverside Surgery").says("Disabled");
    close(&nora, &address, "disable", "Again").await.expect(409).says("is disabled already");
    // Somebody who tries reads the same as after a wrong password.
    let right = log_in(&world, "ann.lee@nhs.net", PASSWORD).await;
    let wrong = log_in(&world, "ann.lee@nhs.net", "another one").await;
    assert_eq!(right.expect(422).text(), wrong.expect(422).text());

    nora.get(&format!("{address}/enable")).await.expect(200).says("has these roles here: View");
    close(&nora, &address, "enable", "").await.expect(422).says("Enter a reason");
    close(&nora, &address, "enable", "Came back").await.expect(303);
    // The session from before does not come back with the account.
    assert!(ann.get("/").await.expect(303).location().starts_with("/sign-in"));
    log_in(&world, "ann.lee@nhs.net", PASSWORD).await.expect(303);
    nora.get(&address).await.says("Account enabled again: Came back").says("Active");
    for fact in ["account_disabled", "account_enabled"] {
        assert_eq!(world.facts(fact).await, 1, "{fact}");
    }
    world.assert_history_is_whole().await;
});

story!(an_account_is_closed_by_who_manages_all_of_it_and_never_the_last_manager, world, {
    for seat in [ADMINISTRATOR, OF_ICB, Seat::TWO_HATS, Seat::TWO_HATS_ICB] {
        world.add_seat(seat).await;
    }
    let nora = world.sign_in(ADMINISTRATOR).await;
    let lee = of(&nora, "", Seat::TWO_HATS.name).await;
    nora.get(&lee).await.says("also has access to an organisation whose people you do not manage");
    close(&nora, &lee, "disable", "Has left").await.expect(409).says("also has access");
    let own = of(&nora, "", "You cannot change your own access").await;
    close(&nora, &own, "disable", "Me").await.expect(409).says("your own account");
    let ines = world.sign_in(OF_ICB).await;
    let last = of(&ines, "?organisation=Y00001", "nora.page@nhs.net").await;
    let refused = close(&ines, &last, "disable", "Has left").await;
    refused.expect(409).says("the only person who manages people at Riverside Surgery");
    let lee = of(&ines, "", Seat::TWO_HATS.name).await;
    close(&ines, &lee, "disable", "Has left").await.expect(303);
    nora.get("/people").await.says("Disabled");
    let view = world.sign_in(Seat::PRACTICE_VIEW).await;
    close(&view, &lee, "enable", "Back").await.expect(403);
    let foreign = world.sign_in(Seat::SECOND_PRACTICE).await;
    close(&foreign, &format!("{lee}?organisation=Y00001"), "enable", "Back").await.expect(403);
});

story!(what_was_handed_over_ends_with_the_account, world, {
    world.set_today("2025-07-02");
    world.add_seat(OF_ICB).await;
    let tom = world.sign_in(Seat::APPROVER).await;
    let max = Seat::COMMISSIONER_VIEW;
    let days = ("2025-07-02", "2025-07-15");
    hand_over(&tom, max.name, &["Approval Management"], days).await.expect(303);
    let max = world.sign_in(max).await;
    max.get("/").await.says("You act for Tom Hill");
    let ines = world.sign_in(OF_ICB).await;
    let address = of(&ines, "", "tom.hill@nhs.net").await;
    close(&ines, &address, "disable", "Has left").await.expect(303);
    max.get("/").await.does_not_say("You act for");
    max.get("/messages").await.says("You no longer act for a colleague");
    close(&ines, &address, "enable", "Came back").await.expect(303);
    // Nobody acts for him again without being asked to.
    max.get("/").await.does_not_say("You act for");
    assert_eq!(world.facts("deputy_ended").await, 1);
    world.assert_history_is_whole().await;
});

story!(of_two_who_disable_each_other_at_once_one_stays, world, {
    const UNA: Seat =
        Seat { name: "Una Gray", organisation: "Y00001", roles: &[Role::UserAdministrator] };
    world.add_seat(ADMINISTRATOR).await;
    world.add_seat(UNA).await;
    let (nora, una) = (world.sign_in(ADMINISTRATOR).await, world.sign_in(UNA).await);
    let hers = of(&nora, "", "una.gray@nhs.net").await;
    let noras = of(&una, "", "nora.page@nhs.net").await;
    tokio::join!(
        close(&nora, &hers, "disable", "Has left"),
        close(&una, &noras, "disable", "Has left")
    );
    assert_eq!(world.facts("account_disabled").await, 1);
});

story!(an_account_that_nobody_uses_lapses_after_two_warnings_and_comes_back, world, {
    for seat in [ADMINISTRATOR, OF_ICB] {
        world.add_seat(seat).await;
    }
    // Everybody was added on 10 April 2025; all but Ivy log in later.
    world.set_today("2025-09-01");
    let all = [
        Seat::COMMISSIONER,
        Seat::APPROVER,
        Seat::FINANCE,
        Seat::APPROVER_AND_FINANCE,
        Seat::COMMISSIONER_VIEW,
        Seat::OTHER_COMMISSIONER,
        Seat::OTHER_APPROVER,
        Seat::PRACTICE_MANAGER,
        Seat::SECOND_PRACTICE,
        Seat::FOREIGN_PRACTICE,
        Seat::NETWORK_MANAGER,
        ADMINISTRATOR,
        OF_ICB,
    ];
    for seat in all {
        world.sign_in(seat).await;
    }
    for (day, expected) in [
        ("2026-03-10", (0, 0)),
        ("2026-03-11", (1, 0)),
        ("2026-03-11", (0, 0)),
        ("2026-04-02", (0, 0)),
        ("2026-04-03", (1, 0)),
        ("2026-04-09", (0, 0)),
        ("2026-04-10", (0, 1)),
        ("2026-04-11", (0, 0)),
    ] {
        world.set_today(day);
        assert_eq!(look(&world).await, expected, "{day}");
    }
    let nora = world.sign_in(ADMINISTRATOR).await;
    let ivy = of(&nora, "", "ivy.cole@nhs.net").await;
    nora.get(&ivy).await.says("Lapsed").says("Account lapsed, not used since 10 April 2025");
    close(&nora, &ivy, "enable", "Back from leave").await.expect(303);
    assert_eq!(look(&world).await, (0, 0), "it has its whole time again");
    let browser = world.sign_in(Seat::PRACTICE_VIEW).await;
    let messages = browser.get("/messages").await;
    messages.says("Your account lapses on 10 April 2026 unless you log in");
    assert_eq!(world.facts("account_lapsed").await, 1);
    world.assert_history_is_whole().await;
});

story!(whoever_logs_in_after_a_warning_keeps_the_account_and_many_look_at_once, world, {
    world.add_seat(ADMINISTRATOR).await;
    world.set_today("2026-03-11");
    let first: Vec<_> = {
        let mut lookers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (db, now) = (world.db.clone(), world.now());
            lookers.spawn(async move {
                let by = Actor::system("Accord");
                store::person::lapse::look(&db, &by, &now).await.expect("looked").warned
            });
        }
        lookers.join_all().await
    };
    assert_eq!(first.iter().sum::<u64>(), 13, "each person once");
    let ivy = world.sign_in(Seat::PRACTICE_VIEW).await;
    world.set_today("2026-04-10");
    let (_, lapsed) = look(&world).await;
    // Nobody manages people at the boards, and Nora is the only one at the practice: nobody could enable those again.
    assert_eq!(lapsed, 1, "the manager of the practice");
    drop(ivy);
    let nora = world.sign_in(ADMINISTRATOR).await;
    nora.get("/people").await.expect(200).says("Lapsed").says("Ivy Cole");
});
