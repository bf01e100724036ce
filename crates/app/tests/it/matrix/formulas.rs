//! No file begins a formula: whatever things and people are called, a spreadsheet that opens it runs nothing.

use super::{Records, pounds::unpacked};
use crate::{
    story,
    support::{Page, Seat, World},
};
use domain::{OrganisationKind, Role};
use std::collections::BTreeSet;
use web::routes::TABLE;

/// Everything that people call something by, or write, and that is not sealed in the history.
const NAMES: [(&str, &str); 9] = [
    ("organisation", "name"),
    ("person", "name"),
    ("person", "job_title"),
    ("contract", "name"),
    ("provider_cluster", "name"),
    ("provider_cluster", "description"),
    ("hold", "reason"),
    ("declaration", "notes"),
    ("service", "name"),
];
const STARTS: [&str; 5] = ["=", "+", "-", "@", "\t"];

/// Lets every name and note begin with a sign.
async fn begin_with(world: &World, sign: &str) {
    let mut tx = world.db.write().await.expect("a change");
    for (table, column) in NAMES {
        // What the sign before had put there makes way for this one.
        let sql = format!(
            "UPDATE {table} SET {column} = $1 || ltrim({column}, $2) WHERE {column} IS NOT NULL"
        );
        let args = store::args![sign, STARTS.concat()];
        tx.execute(sql.leak(), args).await.expect("a name");
    }
    tx.commit().await.expect("names");
}

/// The cells of a file that a spreadsheet would run; with how many were made harmless.
fn formulas(page: &Page) -> (Vec<String>, usize) {
    let kind = page.headers["content-type"].to_str().expect("text");
    if kind.contains("spreadsheet") {
        let text = unpacked(&page.bytes);
        // In a workbook a formula is an element, and text is only ever text.
        return (text.matches("<f>").map(Into::into).collect(), text.matches("1+1").count());
    }
    let mut table = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(page.html.as_bytes());
    let (mut found, mut harmless) = (Vec::new(), 0);
    for row in table.records() {
        for cell in &row.expect("a row") {
            let is_number =
                cell.parse::<i64>().is_ok() || cell.replacen('.', "", 1).parse::<i64>().is_ok();
            if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
                found.push(cell.to_owned());
            }
            harmless += usize::from(
                cell.strip_prefix('\'')
                    .is_some_and(|rest| STARTS.iter().any(|sign| rest.starts_with(sign))),
            );
        }
    }
    (found, harmless)
}

story!(no_file_begins_a_formula_whatever_things_are_called, world, {
    let records = Records::make(&world).await;
    let mut browsers = Vec::new();
    for (code, kind) in [
        ("Y00001", OrganisationKind::Practice),
        ("QAA", OrganisationKind::Icb),
        ("Y99", OrganisationKind::Region),
    ] {
        let roles: Vec<Role> = Role::ALL.into_iter().filter(|role| role.exists_at(kind)).collect();
        let seat = Seat {
            name: format!("Every Role {code}").leak(),
            organisation: code,
            roles: roles.leak(),
        };
        world.add_seat(seat).await;
        browsers.push((world.sign_in(seat).await, kind));
    }
    let is_file = |path: &str| path.ends_with(".csv") || path.ends_with(".xlsx");
    let (mut opened, mut wrong, mut neutral) = (BTreeSet::new(), Vec::new(), 0);
    for sign in STARTS {
        begin_with(&world, sign).await;
        for (browser, kind) in &browsers {
            for row in TABLE.iter().filter(|row| row.method == "GET" && is_file(row.path)) {
                let named = records.named(row.method, row.path, *kind);
                let address = named.map_or(row.path.to_owned(), |one| one.address);
                let query = if address.contains("summary") { "?service=BLD2526" } else { "" };
                let page = browser.get(&format!("{address}{query}")).await;
                if page.status != 200 {
                    continue;
                }
                opened.insert(row.path);
                let (found, harmless) = formulas(&page);
                neutral += harmless;
                wrong.extend(found.into_iter().map(|cell| format!("{address}: {cell:?}")));
            }
        }
    }
    assert!(wrong.is_empty(), "a spreadsheet would run these:\n{}", wrong.join("\n"));
    let all: BTreeSet<_> = TABLE.iter().map(|row| row.path).filter(|path| is_file(path)).collect();
    let unopened: Vec<_> = all.difference(&opened).collect();
    assert!(unopened.is_empty(), "nobody could open {unopened:?}");
    assert!(neutral > 0, "no name begins with a sign in any file");
});
