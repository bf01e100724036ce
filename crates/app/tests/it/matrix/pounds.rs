//! Who has the role View and nothing else walks through everything there is, and meets no pound anywhere.

use super::records::Records;
use crate::{
    story,
    support::{Page, Seat, World},
};
use domain::{Pence, Role};
use std::collections::{BTreeSet, VecDeque};
use std::io::{Cursor, Read};
use web::routes::TABLE;

/// Pages that a walk may take; one that finds more goes in circles.
const MOST_PAGES: usize = 1_500;
/// Words in the name of a column, or of a field, that holds money.
const MONEY: [&str; 8] = ["amount", "pounds", "gbp", "pence", "price", "fee", "worth", "total"];

/// Every amount that the world holds, from a pound on, as people and programs write it.
async fn amounts(world: &World) -> BTreeSet<String> {
    #[derive(sqlx::FromRow)]
    struct Row {
        pence: i64,
    }
    let mut tx = world.db.read().await.expect("a question");
    let rows: Vec<Row> = tx
        .all(
            "SELECT amount_pence AS pence FROM calculation UNION SELECT amount_pence FROM payment_line
             UNION SELECT amount_pence FROM correction",
            vec![],
        )
        .await
        .expect("amounts");
    let written = |row: Row| {
        let amount = Pence(row.pence.abs());
        let shown = amount.to_string().replace('£', "");
        [amount.plain(), shown, amount.0.to_string()]
    };
    let found: BTreeSet<_> =
        rows.into_iter().filter(|row| row.pence.abs() >= 1_000).flat_map(written).collect();
    assert!(found.len() > 10, "the world has too few amounts to look for: {found:?}");
    found
}

/// Whether a number stands in a text by itself.
fn holds(text: &str, number: &str) -> bool {
    text.match_indices(number).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + number.len()..].chars().next();
        let goes_on = |sign: Option<char>| {
            sign.is_some_and(|one| one.is_ascii_alphanumeric() || matches!(one, '.' | '-' | ','))
        };
        !goes_on(before) && !goes_on(after)
    })
}

/// The text of an answer, also where it is a workbook.
pub(super) fn text_of(page: &Page) -> String {
    let kind = page.headers.get("content-type").map(|kind| kind.to_str().expect("text"));
    match kind.is_some_and(|kind| kind.contains("spreadsheet")) {
        true => unpacked(&page.bytes),
        false => page.html.clone(),
    }
}

/// What of money is in an answer.
fn found(page: &Page, amounts: &BTreeSet<String>) -> Option<String> {
    let kind = page.headers.get("content-type").map(|kind| kind.to_str().expect("text"));
    let kind = kind.unwrap_or_default();
    let text = text_of(page);
    if text.contains('£') || text.contains("&pound;") || text.contains("&#163;") {
        let at = text.find(['£', '&']).unwrap_or_default();
        let near: String = text[at..].chars().take(60).collect();
        return Some(format!("a pound sign: {near}"));
    }
    if let Some(amount) = amounts.iter().find(|amount| holds(&text, amount)) {
        return Some(format!("the amount {amount}"));
    }
    if kind.starts_with("text/csv") { in_columns(&text) } else { None }
}

/// A column of money with something in it.
fn in_columns(text: &str) -> Option<String> {
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let names = table.headers().expect("a header").clone();
    let is_money = |name: &str| MONEY.iter().any(|word| name.to_lowercase().contains(word));
    for row in table.records() {
        let row = row.expect("a row");
        let mut cells = names.iter().zip(&row);
        let filled = cells.find(|(name, cell)| is_money(name) && !cell.is_empty());
        if let Some((name, cell)) = filled {
            return Some(format!("the column {name}: {cell}"));
        }
    }
    None
}

/// The text of every part of a workbook.
pub(super) fn unpacked(bytes: &[u8]) -> String {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes)).expect("a workbook");
    let mut text = String::new();
    for number in 0..parts.len() {
        let mut part = Vec::new();
        parts.by_index(number).expect("a part").read_to_end(&mut part).expect("it is whole");
        text.push_str(&String::from_utf8_lossy(&part));
    }
    text
}

/// The addresses that a page leads to.
pub(super) fn leads_to(page: &Page) -> impl Iterator<Item = String> {
    let links = page.links("/").into_iter().map(|link| {
        let path = link.split('#').next().unwrap_or_default();
        path.to_owned()
    });
    links.filter(|link| !["/assets", "/sign-", "/password"].iter().any(|at| link.starts_with(at)))
}

/// Walks from home and from every row of the table; gives what was found, and how many pages were looked at.
async fn walk(
    world: &World,
    seat: Seat,
    records: &Records,
    amounts: &BTreeSet<String>,
) -> (Vec<String>, usize) {
    world.add_seat(seat).await;
    let browser = world.sign_in(seat).await;
    let kind = world.actor(seat).await.organisation().expect("an organisation").kind;
    let mut waiting: VecDeque<String> = VecDeque::from(["/".to_owned()]);
    for row in TABLE.iter().filter(|row| row.method == "GET" && !row.path.starts_with("/assets")) {
        let named = records.named(row.method, row.path, kind);
        waiting.push_back(named.map_or(row.path.to_owned(), |one| one.address));
    }
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    let mut pages = 0;
    while let Some(address) = waiting.pop_front() {
        if !seen.insert(address.clone()) {
            continue;
        }
        assert!(seen.len() < MOST_PAGES, "the walk of {} goes in circles", seat.name);
        let page = browser.get(&address).await;
        pages += usize::from(page.status == 200);
        if let Some(what) = found(&page, amounts) {
            wrong.push(format!("{} at {address}: {what}", seat.name));
        }
        waiting.extend(leads_to(&page));
        if page.status == 303 {
            waiting.push_back(page.location().to_owned());
        }
    }
    (wrong, pages)
}

story!(the_role_view_meets_no_pound_on_any_page_or_in_any_file, world, {
    let records = Records::make(&world).await;
    let amounts = amounts(&world).await;
    let view = |name, organisation| Seat { name, organisation, roles: &[Role::View] };
    let mut wrong = Vec::new();
    for (seat, at_least) in [
        (view("Una Practice", "Y00001"), 40),
        (view("Una Network", "U00001"), 20),
        (view("Una Board", "QAA"), 40),
        (view("Una Region", "Y99"), 20),
    ] {
        let (found, pages) = walk(&world, seat, &records, &amounts).await;
        assert!(pages >= at_least, "{} came to {pages} pages only", seat.name);
        wrong.extend(found);
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));

    // The same walk of somebody who may see money finds it: the walk can fail.
    let seat = Seat { name: "Una Money", organisation: "Y00001", roles: &[Role::FinanceView] };
    assert!(!walk(&world, seat, &records, &amounts).await.0.is_empty());
});
