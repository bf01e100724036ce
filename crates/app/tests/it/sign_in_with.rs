//! Stories of signing in with a provider: what proves who somebody is, which roles it gives, and how often one may try.

use crate::{
    password::account,
    story,
    support::{
        Browser, Page, Seat, World,
        money::message,
        provider::{Provider, Signed},
    },
};
use domain::Role;
use serde_json::{Value, json};
use std::sync::Arc;

const EMAIL: &str = "ann.lee@nhs.net";
const GO: &str = "/sign-in/with/nhsmail?next=%2Faccount";

/// Lets people sign in with a provider, whose claims give roles, and with passwords or not.
async fn with(world: &mut World, roles: &str, passwords_off: bool) -> Provider {
    let provider = Provider::start().await;
    let settings = domain::access::provider::read(&provider.settings(roles)).expect("a provider");
    let settings = settings.into_iter().map(|own| {
        web::open_id::Provider::new(own, None, "https://accord.test").expect("a provider")
    });
    let providers = Arc::new(settings.collect());
    world.serve(|web| {
        web.settings.providers = providers;
        web.settings.passwords_off = passwords_off;
    });
    provider
}

/// Goes to the provider; gives the browser that waits, the state, and the claims that a true answer makes.
async fn go(provider: &Provider, browser: &Browser) -> (Browser, String, Value) {
    let page = browser.get(GO).await;
    let asked = page.expect(303).location().to_owned();
    assert!(asked.starts_with(&format!("{}/authorize?", provider.issuer)), "{asked}");
    let part = |name: &str| {
        let query = asked.split('?').nth(1).unwrap_or_default();
        let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.expect("it is asked for").to_owned()
    };
    let claims = json!({
        "iss": provider.issuer,
        "aud": "accord",
        "sub": "ann",
        "iat": 1_744_286_400,
        "exp": 4_102_444_800_i64,
        "nonce": part("nonce"),
        "email": EMAIL,
        "email_verified": true,
    });
    (browser.with_cookies(&page), part("state"), claims)
}

async fn back(browser: &Browser, state: &str) -> Page {
    browser.get(&format!("/sign-in/with/nhsmail/back?code=x&state={state}")).await
}

/// Signs in with what a true answer says and something else.
async fn sign_in(provider: &Provider, browser: &Browser, more: Value) -> (Browser, Page) {
    let (browser, state, mut claims) = go(provider, browser).await;
    let (Value::Object(claims_now), Value::Object(more)) = (&mut claims, more) else {
        panic!("claims are an object")
    };
    claims_now.extend(more);
    provider.say("x", &claims, Signed::Rightly);
    let page = back(&browser, &state).await;
    (browser.with_cookies(&page), page)
}

story!(a_forged_answer_of_a_provider_signs_nobody_in, world, {
    let mut world = world;
    account(&world, EMAIL, None).await;
    let provider = with(&mut world, "", false).await;
    let rows: [(&str, Value, Signed); 8] = [
        ("signed with another key", json!({}), Signed::ByAnother),
        ("not signed", json!({}), Signed::Not),
        ("signed for other claims", json!({}), Signed::ForOthers),
        ("for another service", json!({"aud": "somebody-else"}), Signed::Rightly),
        ("for this service and another", json!({"aud": ["accord", "x"]}), Signed::Rightly),
        ("of another question", json!({"nonce": "an-older-one"}), Signed::Rightly),
        ("over", json!({"exp": 1_577_836_800}), Signed::Rightly),
        ("of another provider", json!({"iss": "https://evil.example"}), Signed::Rightly),
    ];
    for (what, wrong, signed) in rows {
        let (browser, state, mut claims) = go(&provider, &world.stranger()).await;
        for (name, value) in wrong.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        provider.say("x", &claims, signed);
        let page = back(&browser, &state).await;
        assert!(page.status != 303, "a token {what} leads to {}", page.location());
        page.says("You cannot sign in with NHSmail at the moment");
        let browser = browser.with_cookies(&page);
        assert!(browser.get("/account").await.expect(303).location().starts_with("/sign-in"));
    }
    assert_eq!(world.facts("signed_in").await, 0);
    assert_eq!(world.facts("identity_linked").await, 0);

    let (ann, page) = sign_in(&provider, &world.stranger(), json!({})).await;
    assert_eq!(page.expect(303).location(), "/account");
    let page = ann.get("/account").await;
    page.expect(200).says("Sign in with NHSmail, which you have used since 10 April 2025");
    world.sign_in(Seat::FINANCE).await.get("/account").await.says("which you have not used yet");
    assert_eq!(world.facts("signed_in").await, 2);
    world.assert_history_is_whole().await;
});

const CLAIMS: &str = r#"
[[provider.role]]
claim = "groups"
value = "approve"
organisation = "QAA"
role = "Approval Management"

[[provider.role]]
claim = "groups"
value = "pay"
organisation = "QAA"
role = "Finance Management"
"#;

story!(a_provider_gives_no_roles_together_that_check_each_other, world, {
    const DECIDES: Seat =
        Seat { name: "Del Ward", organisation: "QAA", roles: &[Role::OrganisationAdministrator] };
    let mut world = world;
    account(&world, EMAIL, None).await;
    world.add_seat(DECIDES).await;
    let provider = with(&mut world, CLAIMS, false).await;
    let both = || json!({"groups": ["approve", "pay"]});
    let (ann, page) = sign_in(&provider, &world.stranger(), both()).await;
    let refused = "Role Finance Management not given: one person may not approve and give financial approval there";
    assert_eq!(message(page.expect(303)), refused);
    let page = ann.get("/account").await;
    page.says("Approval Management").does_not_say("Finance Management");
    // Said each time, recorded once.
    let (_, page) = sign_in(&provider, &world.stranger(), both()).await;
    assert_eq!(message(page.expect(303)), refused);
    assert_eq!(world.facts("role_not_given").await, 1);
    // One for the other is no pair.
    let (ann, page) = sign_in(&provider, &world.stranger(), json!({"groups": ["pay"]})).await;
    assert_eq!(message(page.expect(303)), "");
    let page = ann.get("/account").await;
    page.says("Finance Management").does_not_say("Approval Management");
    let allow = [("pair", "approval_and_finance"), ("allow", "yes"), ("reason", "A team of one")];
    world.sign_in(DECIDES).await.post("/people/together", &allow).await.expect(303);
    let (ann, page) = sign_in(&provider, &world.stranger(), both()).await;
    assert_eq!(message(page.expect(303)), "");
    ann.get("/account").await.says("Approval Management, Finance Management");
    world.assert_history_is_whole().await;
});

story!(who_begins_to_sign_in_with_a_provider_too_often_waits, world, {
    let mut world = world;
    account(&world, EMAIL, None).await;
    let provider = with(&mut world, "", false).await;
    let stranger = world.stranger().at("203.0.113.7");
    for _ in 0..59 {
        stranger.get(GO).await.expect(303);
    }
    // Who gets in is not counted.
    sign_in(&provider, &stranger, json!({})).await.1.expect(303);
    stranger.get(GO).await.expect(303);
    let page = stranger.get(GO).await;
    page.expect(429).says("There were too many attempts to log in. Try again in 1 minute.");
    world.stranger().at("203.0.113.8").get(GO).await.expect(303);
    world.set_now("2025-04-10T12:01:00Z");
    stranger.get(GO).await.expect(303);
});

story!(where_passwords_are_off_everybody_signs_in_with_a_provider, world, {
    const ADMINISTRATOR: Seat =
        Seat { name: "Nora Page", organisation: "Y00001", roles: &[Role::UserAdministrator] };
    let mut world = world;
    let password = "correct horse battery staple";
    account(&world, EMAIL, Some(password)).await;
    world.add_seat(ADMINISTRATOR).await;
    let provider = with(&mut world, "", true).await;
    let stranger = world.stranger();
    let page = stranger.get("/sign-in").await;
    page.expect(200).says("Sign in with NHSmail").does_not_say("Password").does_not_say("password");
    let said = "Nobody signs in with a password here. Sign in with NHSmail.";
    let page = stranger.post("/sign-in", &[("email", EMAIL), ("password", password)]).await;
    assert_eq!((page.expect(303).location(), &*message(&page)), ("/sign-in", said));
    for address in ["/password/forgotten", "/password/of-some-letters", "/sign-in/code"] {
        let page = stranger.get(address).await;
        assert_eq!((page.expect(303).location(), &*message(&page)), ("/sign-in", said));
    }
    stranger.post("/password/forgotten", &[("email", EMAIL)]).await.expect(303);
    assert_eq!(world.facts("signed_in").await, 0);

    let nora = world.sign_in(ADMINISTRATOR).await;
    let invite = [
        ("email", "ravi.cole@nhs.net"),
        ("name", "Ravi Cole"),
        ("job_title", "manager"),
        ("role", "View"),
    ];
    let page = nora.post("/people/invite", &invite).await;
    page.expect(200)
        .says("Ravi Cole signs in with NHSmail, where their address must be ravi.cole@nhs.net")
        .does_not_say("/password/");
    assert_eq!(world.facts("password_link_made").await, 0);
    let ravi = json!({"sub": "ravi", "email": "ravi.cole@nhs.net"});
    let (ravi, page) = sign_in(&provider, &world.stranger(), ravi).await;
    assert_eq!(page.expect(303).location(), "/account");
    ravi.get("/account").await.expect(200).does_not_say("Change password");
    let (ann, _) = sign_in(&provider, &world.stranger(), json!({})).await;
    for address in ["/account/password", "/account/second-factor"] {
        let page = ann.get(address).await;
        assert_eq!((page.expect(303).location(), &*message(&page)), ("/account", said));
    }
    world.assert_history_is_whole().await;
});
