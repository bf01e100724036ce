//! The audit beside a million entries: its page, narrowed and not, its files, and the walk along the whole chain.

use crate::{
    Done,
    measure::{self, count, heading, percentile, say},
    world::{PRACTICES, REGION, World, icb, practice},
};
use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use domain::{Actor, Event, Origin, PersonId, Role, access::Client};
use http_body_util::BodyExt;
use std::{net::Ipv4Addr, sync::Arc, time::Duration};
use store::{
    event, organisation,
    person::{self, NewPerson},
    session,
};
use tower::ServiceExt;
use web::{Web, settings::Settings, template::Templates};

const ENTRIES: i64 = 1_000_000;
/// Entries that are written at once.
const AT_ONCE: usize = 10_000;
const TIMES: usize = 20;
const AIM: &str = "p95 under 100 ms";

/// Fills the history, then reads it.
pub async fn run(world: &mut World) -> Done {
    heading("The audit beside a million entries");
    let (took, written) = measure::timed(fill(world)).await?;
    let (router, today) = (router(world), world.now.today.to_string());
    say("entries written", &format!("{}, {took:.2?}", count(written)), "");
    for (code, role) in [
        (REGION.to_owned(), Role::OrganisationAdministrator),
        (icb(0), Role::OrganisationAdministrator),
        (practice(0), Role::Supervisor),
    ] {
        let token = reader(world, &code, role).await?;
        let own = if code == REGION { practice(7) } else { code.clone() };
        for (what, path) in [
            ("the newest entries".to_owned(), "/audit".to_owned()),
            ("the oldest".to_owned(), "/audit?oldest=yes".to_owned()),
            ("of a person".to_owned(), "/audit?person=Sam+Ahmed".to_owned()),
            ("of an organisation".to_owned(), format!("/audit?organisation={own}")),
            ("of one day".to_owned(), day(&today)),
            ("from an address".to_owned(), "/audit?origin=10.0.0.7".to_owned()),
            ("of a group that is often".to_owned(), "/audit?group=access".to_owned()),
            (
                "of a group that is never".to_owned(),
                "/audit?group=figures&person=nobody".to_owned(),
            ),
        ] {
            page(&router, &token, &format!("{code}: {what}"), &path).await?;
        }
        file(&router, &token, &code).await?;
    }
    let (took, whole) =
        measure::timed(async { Ok(event::verify(&mut world.db.read().await?).await?) }).await?;
    let entries = whole.map_err(|first| format!("entry {first} does not fit"))?;
    say("accord audit verify", &format!("{} entries, {took:.2?}", count(entries as usize)), "");
    Ok(())
}

fn day(day: &str) -> String {
    let parts: Vec<&str> = day.split('-').collect();
    let part = |name: &str| {
        let [year, month, of_month] = parts[..] else { return String::new() };
        format!("{name}-day={of_month}&{name}-month={month}&{name}-year={year}")
    };
    format!("/audit?{}&{}", part("from"), part("until"))
}

/// People of all practices log in and out from their own addresses, until the history is as long as it should be.
async fn fill(world: &World) -> Done<usize> {
    let mut tx = world.db.read().await?;
    let mut people = Vec::with_capacity(PRACTICES);
    for number in 0..PRACTICES {
        let code = practice(number);
        let own = organisation::find_by_code(&mut tx, &code).await?.ok_or("a practice")?;
        let [.., high, low] = (number as u32).to_be_bytes();
        people.push(Actor::Person {
            id: PersonId(uuid::Uuid::from_u128(number as u128 + 1)),
            name: format!("Manager of {code}"),
            organisation: own,
            roles: vec![Role::View],
            acts_for: domain::deputy::ActsFor::default(),
            origin: Origin::Address(Ipv4Addr::new(10, 0, high, low).into()),
            narrowing: None,
        });
    }
    let there = event::verify(&mut tx).await?.map_err(|_| "the chain is broken")?;
    drop(tx);
    let missing = usize::try_from(ENTRIES - there).unwrap_or_default();
    let mut written = 0;
    while written < missing {
        let mut tx = world.db.write().await?;
        for by in people.iter().cycle().skip(written).take(AT_ONCE.min(missing - written)) {
            let person = by.person().ok_or("a person")?;
            let event = match written % 2 {
                0 => Event::SignedIn { person },
                _ => Event::SignedOut { person },
            };
            event::record(&mut tx, &event, by, &world.now)?;
            written += 1;
        }
        tx.commit().await?;
    }
    Ok(written)
}

/// Somebody who reads the audit of an organisation; gives the token of their session.
async fn reader(world: &World, code: &str, role: Role) -> Done<String> {
    let person = NewPerson {
        email: format!("reads.audit.{}@example.nhs.uk", code.to_lowercase()),
        name: format!("Reader of {code}"),
        job_title: "reader".into(),
        password: None,
        is_persona: false,
    };
    let roles = [(world.codes[code], role)];
    let by = Actor::system("bench");
    let id = person::add(&world.db, &person, &roles, &by, &world.now).await?;
    Ok(session::start(&world.db, id, &Client::default(), &world.now).await?)
}

/// The pages as they are served, at the time of the world.
fn router(world: &World) -> Router {
    let now = world.now;
    web::router(Arc::new(Web {
        db: world.db.clone(),
        clock: Arc::new(move || now),
        templates: Templates::embedded(),
        demo: false,
        is_https: false,
        sends_mail: false,
        settings: Settings::default(),
    }))
}

/// Asks for an address as its reader; gives how long that took, and how many bytes came.
async fn ask(router: &Router, token: &str, path: &str) -> Done<(Duration, usize)> {
    let request = Request::get(path)
        .header(header::COOKIE, format!("accord-session={token}"))
        .body(Body::empty())?;
    measure::timed(async {
        let answer = router.clone().oneshot(request).await?;
        if answer.status() != 200 {
            return Err(format!("{path}: {}", answer.status()).into());
        }
        Ok(answer.into_body().collect().await?.to_bytes().len())
    })
    .await
}

async fn page(router: &Router, token: &str, what: &str, path: &str) -> Done {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        times.push(ask(router, token, path).await?.0);
    }
    let figures = format!(
        "p50 {:.1?}, p95 {:.1?}",
        percentile(&mut times, 0.5),
        percentile(&mut times, 0.95)
    );
    say(what, &figures, AIM);
    Ok(())
}

async fn file(router: &Router, token: &str, code: &str) -> Done {
    let (took, bytes) = ask(router, token, "/audit.csv").await?;
    let figures = format!("{} bytes, {took:.2?}", count(bytes));
    say(&format!("{code}: the newest 10,000 as CSV"), &figures, "under 2 s");
    Ok(())
}
