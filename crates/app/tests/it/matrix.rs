//! Every address against every role: what the table of addresses and the table of permissions say together is what answers.

mod formulas;
mod narrowed;
mod pounds;
mod records;

use crate::{
    story,
    support::{Browser, Page, Seat, World},
};
use axum::http::Method;
use domain::{OrganisationKind, Permission, Role};
use records::Records;
use std::collections::BTreeSet;
use web::routes::{Needs, Row, TABLE};

/// The organisations that people come from: the record's own practice, another one of its network, one elsewhere, the
/// network, the commissioner, another one, and the region above both.
const PLACES: [(&str, OrganisationKind); 7] = [
    ("Y00001", OrganisationKind::Practice),
    ("Y00002", OrganisationKind::Practice),
    ("Y00003", OrganisationKind::Practice),
    ("U00001", OrganisationKind::Pcn),
    ("QAA", OrganisationKind::Icb),
    ("QBB", OrganisationKind::Icb),
    ("Y99", OrganisationKind::Region),
];

/// A form that every page understands far enough to ask who sends it. No version is 0, so nothing is done with it.
const FORM: [(&str, &str); 9] = [
    ("version", "0"),
    ("seen", "0"),
    ("reason", "A reason"),
    ("text", "A text"),
    ("how", "notice"),
    ("last-day", "2026-09-30"),
    ("lines", "0"),
    ("total", "0"),
    ("back", ""),
];
const ALL: &[&str] = &["Y00001", "Y00002", "Y00003", "U00001", "QAA", "QBB", "Y99"];

/// What an answer to a cell must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    /// Let in: a page, a file, or a form that says what is wrong with it.
    In,
    /// 403.
    Refused,
    /// 404.
    NotThere,
}

impl Cell {
    fn is_met_by(self, page: &Page) -> bool {
        let status = page.status.as_u16();
        match self {
            Self::In => {
                matches!(status, 200 | 204 | 303 | 400 | 409 | 410 | 422 | 429)
                    && !page.location().starts_with("/sign-in")
            }
            Self::Refused => status == 403,
            Self::NotThere => status == 404,
        }
    }
}

/// Where an address answers otherwise than the two tables say, for which organisations, and why.
const OTHERWISE: &[(&str, &[&str], Cell)] = &[
    // No provider of sign-in.
    ("/sign-in/with/", ALL, Cell::NotThere),
    // No demo.
    ("/sign-in/persona", ALL, Cell::NotThere),
    // The form names no record that is there.
    ("POST /change-organisation", ALL, Cell::NotThere),
    ("POST /account/session/end", ALL, Cell::NotThere),
    // Nobody has reviewed yet.
    ("/people/reviews/{id}", ALL, Cell::NotThere),
    ("POST /deputies/end", ALL, Cell::NotThere),
    ("POST /delegations/end", ALL, Cell::NotThere),
    ("/payments/failed/settle", ALL, Cell::NotThere),
    ("/achievement/record/{provider}/{service}/{date}/{component}/replace", ALL, Cell::NotThere),
    // The query names nothing: no act, no service.
    ("/declarations/receipts", ALL, Cell::NotThere),
    ("/achievement/summary.csv", ALL, Cell::NotThere),
    ("/achievement/summary.xlsx", ALL, Cell::NotThere),
    ("/contracts/answers.csv", &["QBB"], Cell::NotThere),
    // Who does not take part in a service is told so; services are for everybody to know.
    ("/data/", &["Y00002", "Y00003", "U00001"], Cell::Refused),
    // Each ICB does it, and no region.
    ("/holds/new", &["Y99"], Cell::Refused),
    ("/declarations/take-back", &["Y99"], Cell::Refused),
    ("/payments/timing", &["Y99"], Cell::Refused),
    // The region does it, and no ICB.
    ("/national-figures/new", &["QAA", "QBB"], Cell::Refused),
    ("POST /national-figures/", &["QAA", "QBB"], Cell::Refused),
];

/// Whether a code is asked for of somebody who has not given a password, and so begins again.
fn begins_again(row: &Row, page: &Page) -> bool {
    row.path == "/sign-in/code" && page.status == 303 && page.location() == "/sign-in"
}

/// Whether a row is one that [`OTHERWISE`] names: with its method where that stands there, and by its beginning where it
/// ends in a stroke.
fn is_named(row: &Row, name: &str) -> bool {
    let (method, path) = name.split_once(' ').unwrap_or((row.method, name));
    let is_it = if path.ends_with('/') { row.path.starts_with(path) } else { row.path == path };
    method == row.method && is_it
}

story!(every_address_has_its_row_and_every_row_its_address, world, {
    let stranger = world.stranger();
    let mut found = BTreeSet::new();
    for path in web::paths() {
        let address = path.replace(['{', '}'], "");
        let page = stranger.send(Method::OPTIONS, &address, &[], Vec::new()).await;
        page.expect(405);
        let allowed = page.headers["allow"].to_str().expect("text").to_owned();
        for method in allowed.split(',').filter(|method| *method != "HEAD") {
            assert!(found.insert((method.to_owned(), path.clone())), "{method} {path} twice");
        }
    }
    let rows: BTreeSet<_> =
        TABLE.iter().map(|row| (row.method.to_owned(), row.path.to_owned())).collect();
    assert_eq!(rows.len(), TABLE.len(), "an address has two rows");
    let without: Vec<_> = found.difference(&rows).collect();
    let nowhere: Vec<_> = rows.difference(&found).collect();
    assert!(without.is_empty(), "say in web/src/routes/needs.rs what these need: {without:?}");
    assert!(nowhere.is_empty(), "nothing answers at these: {nowhere:?}");
});

/// Sends what a cell asks; nothing where the page was not as every page must be.
async fn ask(browser: &Browser, method: &'static str, address: &str) -> Option<Page> {
    let (browser, address) = (browser.clone(), address.to_owned());
    // On its own, so that one bad page does not end the walk through all the others.
    let asked = tokio::spawn(async move {
        match method {
            "GET" => browser.get(&address).await,
            _ if address.ends_with("/template")
                || address.starts_with("/payments/") && address.ends_with("/answer") =>
            {
                browser.upload(&address, "file.csv", b"nothing").await
            }
            _ => {
                // Forms about one declaration carry it as it was seen.
                let reference = address.split('/').nth(2).unwrap_or_default();
                let seen = format!("{reference}.0.{}", uuid::Uuid::nil());
                let of_one =
                    ["less", "reject", "indicators"].iter().any(|act| address.ends_with(act));
                let fields = FORM.map(|(name, text)| match name {
                    "seen" if of_one => (name, &*seen),
                    _ => (name, text),
                });
                browser.post(&address, &fields).await
            }
        }
    });
    asked.await.ok()
}

/// How many facts the history holds, besides that amounts were read.
async fn changes(world: &World) -> i64 {
    #[derive(sqlx::FromRow)]
    struct Count {
        count: i64,
    }
    let mut tx = world.db.read().await.expect("a question");
    let changes =
        "SELECT count(*) AS count FROM event WHERE fact NOT LIKE '{\"kind\":\"amounts_read\"%'";
    let row: Count = tx.one(changes, vec![]).await.expect("a count");
    row.count
}

/// Somebody with one role at an organisation, who is new.
async fn seat(world: &World, organisation: &'static str, role: Role) -> Seat {
    let name = format!("{} {organisation}", role.name()).leak();
    let seat = Seat { name, organisation, roles: vec![role].leak() };
    world.add_seat(seat).await;
    seat
}

/// What somebody whose roles are narrowed sees: whether the record that an address names is inside.
type Sees = fn(&str) -> bool;

fn expected(
    row: &Row,
    (code, kind): (&str, OrganisationKind),
    role: Role,
    reach: Option<&[&str]>,
    sees: Option<Sees>,
) -> Cell {
    let is_theirs = |one: &Permission| sees.is_none() || !one.is_of_the_whole();
    let given =
        |any: &[Permission]| any.iter().any(|one| one.is_given(role, kind) && is_theirs(one));
    if !row.needs.of(kind).is_some_and(|any| any.is_empty() || given(any)) {
        return Cell::Refused;
    }
    let otherwise =
        OTHERWISE.iter().find(|(name, codes, _)| is_named(row, name) && codes.contains(&code));
    if let Some((.., cell)) = otherwise {
        return *cell;
    }
    let is_inside = sees.is_none_or(|sees| sees(row.path));
    let is_in_reach = reach.is_none_or(|reach| reach.contains(&code) && is_inside);
    // What figures would move is worked out over everything.
    if sees.is_some() && row.path == "/national-figures/{id}/changes.csv" {
        return Cell::NotThere;
    }
    // Below the own organisation people are managed by another role.
    let of_one = ["/people/{person}", "/people/requests/{id}", "/people/review/{person}"];
    let below = kind.commissions() && of_one.iter().any(|path| row.path.starts_with(path));
    if below && is_in_reach && !given(&[Permission::ManagePeopleBelow]) {
        return Cell::Refused;
    }
    // It waits for the commissioner's approval, and whoever takes the next step rejects it.
    if row.method == "POST" && row.path == "/declarations/{reference}/reject" && is_in_reach {
        return if given(&[Permission::Approve]) { Cell::In } else { Cell::Refused };
    }
    let of_network = kind == OrganisationKind::Practice
        && row.path == "/achievement/network/{network}/{service}/{date}";
    let is_hidden = of_network && !given(&[Permission::SeeNetwork]);
    if is_in_reach && !is_hidden { Cell::In } else { Cell::NotThere }
}

/// Asks every address for one seat; gives what did not answer as it should.
async fn asked(
    world: &World,
    records: &Records,
    seat: Seat,
    kind: OrganisationKind,
    sees: Option<Sees>,
) -> Vec<String> {
    let browser = world.sign_in(seat).await;
    let (mut wrong, before) = (Vec::new(), changes(world).await);
    let place = (seat.organisation, kind);
    let mut reached = Vec::new();
    for row in TABLE.iter().filter(|row| row.path != "/sign-out") {
        let named = records.named(row.method, row.path, kind);
        let cell = expected(row, place, seat.roles[0], named.as_ref().map(|one| one.reach), sees);
        let address = named.as_ref().map_or(row.path, |one| &one.address).to_owned();
        if cell == Cell::In && row.method == "POST" {
            reached.push((row, address));
            continue;
        }
        let Some(page) = ask(&browser, row.method, &address).await else {
            wrong.push(format!("{} {address} is no page", row.method));
            continue;
        };
        if !cell.is_met_by(&page) && !begins_again(row, &page) {
            wrong.push(format!("{} {address}: {} is not {cell:?}", row.method, page.status));
        }
        let absent = named.and_then(|one| one.absent).filter(|_| cell == Cell::NotThere);
        if let Some(absent) = absent {
            let nothing = ask(&browser, row.method, &absent).await;
            if nothing
                .is_none_or(|nothing| nothing.html != page.html || nothing.status != page.status)
            {
                wrong.push(format!("{} {address} differs from {absent}", row.method));
            }
        }
    }
    if changes(world).await != before {
        wrong.push("something that was refused, or read, changed something".to_owned());
    }
    for (row, address) in reached {
        match ask(&browser, row.method, &address).await {
            Some(page) if Cell::In.is_met_by(&page) || begins_again(row, &page) => {}
            Some(page) => {
                wrong.push(format!("{} {address}: {} is not In", row.method, page.status));
            }
            None => wrong.push(format!("{} {address} is no page", row.method)),
        }
    }
    wrong.into_iter().map(|what| format!("{}: {what}", seat.name)).collect()
}

story!(every_address_answers_every_role_as_the_tables_say, world, {
    let mut world = world;
    // Without one its address answers as if it did not exist.
    world.serve(|web| web.settings.security_contact = Some("mailto:security@icb.example".into()));
    let records = Records::make(&world).await;
    let mut wrong = Vec::new();
    for (code, kind) in PLACES {
        for role in Role::ALL.into_iter().filter(|role| role.exists_at(kind)) {
            let seat = seat(&world, code, role).await;
            wrong.extend(asked(&world, &records, seat, kind, None).await);
        }
    }
    assert!(wrong.is_empty(), "{} cells:\n{}", wrong.len(), wrong.join("\n"));
    world.assert_history_is_whole().await;
});

story!(who_is_signed_out_is_sent_to_sign_in_and_changes_nothing, world, {
    let records = Records::make(&world).await;
    let (stranger, before) = (world.stranger(), changes(&world).await);
    for row in TABLE {
        let named = records.named(row.method, row.path, OrganisationKind::Practice);
        let address = named.map_or(row.path.to_owned(), |one| one.address);
        let page = ask(&stranger, row.method, &address).await.expect("a page");
        let status = page.status.as_u16();
        match row.needs {
            Needs::Nothing if begins_again(row, &page) => {}
            Needs::Nothing => assert_ne!(page.location(), "/sign-in", "{address}"),
            Needs::Demo => assert_eq!(status, 404, "{address}"),
            Needs::Seat(..) => {
                // What was typed comes back, to be sent once somebody has signed in.
                let is_kept = row.method == "POST" && status == 401;
                let is_sent = status == 303 && page.location().starts_with("/sign-in");
                assert!(is_kept || is_sent, "{} {address}: {status}", row.method);
            }
        }
    }
    assert_eq!(changes(&world).await, before);
});
