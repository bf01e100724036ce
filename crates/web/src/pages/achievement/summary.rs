//! Achievement Summary Report: one service of one provider, every achievement date with its working, made to be printed
//! and taken away.

use super::{Shown, other};
use crate::Web;
use crate::error::WebError;
use crate::export::{Cell, Kind, Table};
use crate::form::{Fields, Query};
use crate::page::Page;
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::calculation::Line;
use domain::calendar::long_date;
use domain::{FinancialYear, Now, Organisation, Pence, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::Tx;
use store::achievement::{ListAt, ServiceNamed, Summary};
use store::correction::Sum;

/// What `achievement/summary.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    /// The provider reported on; none while a commissioner has not chosen one.
    provider: Option<Provider>,
    is_provider: bool,
    services: Vec<Service>,
    /// The service reported on.
    service: String,
    year: String,
    report: Option<Report>,
    /// The address of the files, without their ending and with their question; empty where there is nothing in them.
    files: Option<(String, String)>,
}

#[derive(Debug, Serialize)]
struct Provider {
    name: String,
    code: String,
}

#[derive(Debug, Serialize)]
struct Service {
    code: String,
    name: String,
    year: String,
}

#[derive(Debug, Serialize)]
struct Report {
    achievements: Vec<Dated>,
    total: Option<Pence>,
    /// The same with the corrections after the lock, where there are any.
    corrected: Option<Pence>,
    at: DateTime<Utc>,
    by: String,
}

/// One achievement date of the report.
#[derive(Debug, Serialize)]
struct Dated {
    #[serde(flatten)]
    shown: Shown,
    /// "10,184 registered patients on 1 January 2026", or that there is none.
    list: String,
    /// What it was and what it stands at, where it was corrected after the lock.
    corrected: String,
}

/// "10,184 registered patients on 1 January 2026".
fn in_words(list: Option<&ListAt>) -> String {
    let Some(list) = list else { return "no list size has been published".to_owned() };
    let on = long_date(list.on);
    let patients = plural(list.patients, "registered patient", None);
    let weighted = list.weighted.as_ref().map(|own| own.patients.to_short(2));
    let weighted = weighted.map_or_else(String::new, |own| format!(", {own} weighted"));
    let unused = if list.is_used { "" } else { ", not used for this payment" };
    format!("{patients}{weighted} on {on}{unused}")
}

/// What a question asks for: whose report, of which service.
struct Asked {
    provider: Option<Organisation>,
    services: Vec<ServiceNamed>,
    chosen: Option<usize>,
    summary: Option<Summary>,
    /// What corrections after the lock came to, for readers who may see money.
    corrected: Vec<Sum>,
}

impl Asked {
    async fn of(
        tx: &mut Tx,
        visitor: &Visitor,
        query: &Fields,
        now: &Now,
    ) -> Result<Self, WebError> {
        let (own, by) = (visitor.organisation(), &visitor.actor);
        let provider: Option<Organisation> = if own.kind.provides() {
            Some(own.clone())
        } else {
            let code = query.get("provider").to_uppercase();
            store::organisation::find_by_code(tx, &code).await?
        };
        let services = store::achievement::services(tx, by).await?;
        let chosen = services.iter().position(|service| service.code == query.get("service"));
        let summary = match (&provider, chosen) {
            (Some(provider), Some(place)) => {
                let service = store::service::find_by_code(tx, &services[place].code).await?;
                let id = service.ok_or(WebError::NotFound)?.id;
                let summary = store::achievement::summary(tx, id, provider.id, by, now).await;
                Some(summary.map_err(other)?)
            }
            _ => None,
        };
        let corrected = match (&provider, chosen) {
            (Some(provider), Some(place)) => {
                let of = (&*services[place].code, &*provider.code);
                store::correction::sums(tx, of, by).await?
            }
            _ => Vec::new(),
        };
        Ok(Self { provider, services, chosen, summary, corrected })
    }
}

fn year(year: i64) -> String {
    FinancialYear(i32::try_from(year).unwrap_or_default()).to_string()
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::RunReports).await?;
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let asked = Asked::of(&mut tx, &visitor, &query, &now).await?;
    drop(tx);
    let sees_money = visitor.actor.sees_money();
    let report = asked.summary.map(|summary| Report {
        achievements: summary
            .achievements
            .iter()
            .zip(&summary.lists)
            .map(|(detail, list)| Dated {
                shown: Shown::of(detail, sees_money),
                list: in_words(list.as_ref()),
                corrected: corrected(&asked.corrected, detail.reference.as_deref(), sees_money),
            })
            .collect(),
        corrected: with_corrections(summary.total, &asked.corrected),
        total: summary.total,
        at: now.instant,
        by: visitor.actor.name().to_owned(),
    });
    let chosen = asked.chosen.map(|place| &asked.services[place]);
    let has_rows = report.as_ref().is_some_and(|report| !report.achievements.is_empty());
    let show = Show {
        is_provider: visitor.organisation().kind.provides(),
        provider: asked.provider.map(|own| Provider { name: own.name, code: own.code }),
        service: chosen.map_or_else(String::new, |service| service.name.clone()),
        year: chosen.map_or_else(String::new, |service| year(service.year)),
        services: asked
            .services
            .iter()
            .map(|own| Service {
                code: own.code.clone(),
                name: own.name.clone(),
                year: year(own.year),
            })
            .collect(),
        report,
        files: has_rows.then(|| ("/achievement/summary".to_owned(), query.query_string())),
    };
    Page::new("achievement/summary.html", show).form(query).respond(&web, &visitor.shell)
}

pub(super) async fn csv(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    file(&web, &visitor, &query, Kind::Csv).await
}

pub(super) async fn xlsx(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    file(&web, &visitor, &query, Kind::Xlsx).await
}

async fn file(
    web: &Web,
    visitor: &Visitor,
    query: &Fields,
    kind: Kind,
) -> Result<Response, WebError> {
    visitor.must(web, Permission::RunReports).await?;
    let now = (web.clock)();
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let asked = Asked::of(&mut tx, visitor, query, &now).await?;
    drop(tx);
    let summary = asked.summary.filter(|summary| !summary.achievements.is_empty());
    let summary = summary.ok_or(WebError::NotFound)?;
    let detail = &summary.achievements[0];
    let name = format!("achievement-{}-{}", detail.service.code, detail.provider.code);
    table(&summary, &asked.corrected).file(&name, kind, now.today)
}

/// A row for each line of each date, one for what each date comes to, and one for all. Readers without money have no
/// column of it.
fn table(summary: &Summary, corrected: &[Sum]) -> Table {
    let sees_money = summary.total.is_some();
    let mut columns = vec![
        ("record", 12),
        ("provider_code", 14),
        ("provider", 30),
        ("commissioner", 30),
        ("service_code", 14),
        ("service", 36),
        ("period", 20),
        ("achievement_date", 18),
        ("list_size", 10),
        ("list_size_on", 18),
        ("status", 24),
        ("declaration", 16),
        ("step", 8),
        ("what", 44),
        ("what_went_in", 60),
        ("working", 60),
        ("points", 12),
    ];
    if sees_money {
        columns.push(("amount_gbp", 14));
    }
    let width = columns.len();
    let mut rows = Vec::new();
    for (detail, list) in summary.achievements.iter().zip(&summary.lists) {
        let shown = Shown::of(detail, sees_money);
        let lines = shown.lines.iter().zip(1_i64..);
        rows.extend(lines.map(|(line, step)| {
            let mut row = dated("LINE", &shown, list.as_ref());
            row.extend(cells(line, step));
            row
        }));
        let mut row = dated("DATE_TOTAL", &shown, list.as_ref());
        // As the last line of the working writes them.
        let points = shown.lines.iter().rev().find_map(|line| line.points.clone());
        let points = points.map_or(Cell::Empty, Cell::text);
        let achieved = shown.achieved.clone().unwrap_or_default();
        let total = Cell::money(shown.amount);
        row.extend([Cell::Empty, Cell::text(achieved), Cell::Empty, Cell::Empty, points, total]);
        rows.push(row);
        if let Some(sum) = of(corrected, detail.reference.as_deref()) {
            let mut row = dated("CORRECTED", &shown, list.as_ref());
            let what = Cell::text("Corrections after the lock");
            let amount = Cell::Money(sum.corrected);
            row.extend([Cell::Empty, what, Cell::Empty, Cell::Empty, Cell::Empty, amount]);
            rows.push(row);
        }
    }
    let with = with_corrections(summary.total, corrected);
    let totals = [("TOTAL", summary.total), ("TOTAL_CORRECTED", with)];
    for (record, total) in totals.into_iter().take(1 + usize::from(with.is_some())) {
        let mut last = vec![Cell::Empty; 18];
        (last[0], last[17]) = (Cell::text(record), Cell::money(total));
        rows.push(last);
    }
    rows.iter_mut().for_each(|row| row.truncate(width));
    Table { title: "Achievement summary", columns, rows }
}

/// The corrections of a declaration, where there are any that count.
fn of<'a>(corrected: &'a [Sum], declaration: Option<&str>) -> Option<&'a Sum> {
    corrected.iter().find(|sum| Some(&*sum.reference) == declaration)
}

/// A total with the corrections after the lock; nothing where there are none.
fn with_corrections(total: Option<Pence>, corrected: &[Sum]) -> Option<Pence> {
    let sum: Pence = corrected.iter().map(|sum| sum.corrected).sum();
    total.filter(|_| !corrected.is_empty()).map(|total| total + sum)
}

/// What a date was and what it stands at, where it was corrected after the lock.
fn corrected(sums: &[Sum], declaration: Option<&str>, sees_money: bool) -> String {
    match of(sums, declaration).filter(|_| sees_money) {
        Some(Sum { locked, corrected, at, .. }) => {
            let on = long_date(Now::at(*at).today);
            let now = *locked + *corrected;
            format!("Originally {locked}, corrected by {corrected} on {on}, now {now}.")
        }
        None => String::new(),
    }
}

/// What every row of an achievement date begins with.
fn dated(record: &str, shown: &Shown, list: Option<&ListAt>) -> Vec<Cell> {
    let declaration = shown.reference.as_deref().unwrap_or_default();
    vec![
        Cell::text(record),
        Cell::text(&shown.provider_code),
        Cell::text(&shown.provider),
        Cell::text(&shown.commissioner),
        Cell::text(&shown.service_code),
        Cell::text(&shown.service),
        Cell::text(&shown.period),
        Cell::Day(shown.date),
        list.map_or(Cell::Empty, |list| Cell::Count(list.patients)),
        list.map_or(Cell::Empty, |list| Cell::Day(list.on)),
        Cell::text(shown.status.word),
        Cell::text(declaration),
    ]
}

fn cells(line: &Line, step: i64) -> [Cell; 6] {
    let inputs: Vec<String> =
        line.inputs.iter().map(|input| format!("{}: {}", input.label, input.value)).collect();
    [
        Cell::Count(step),
        Cell::text(&line.title),
        Cell::text(inputs.join("; ")),
        Cell::text(&line.working),
        Cell::text(line.points.as_deref().unwrap_or_default()),
        pounds(&line.amount),
    ]
}

/// An amount as a line writes it for people, `-£1,234.50`, as a number again.
fn pounds(text: &str) -> Cell {
    let digits: String = text.chars().filter(|one| !['£', ','].contains(one)).collect();
    let (sign, digits) = digits.strip_prefix('-').map_or((1, &*digits), |rest| (-1, rest));
    let whole = digits.split_once('.').and_then(|(pounds, pence)| {
        let pounds: i64 = pounds.parse().ok()?;
        let pence: i64 = pence.parse().ok().filter(|_| pence.len() == 2)?;
        Some(Pence(sign * (pounds * 100 + pence)))
    });
    whole.map_or_else(|| Cell::text(text), Cell::Money)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_of_a_line_is_a_number_again() {
        for (text, pence) in [("£1,234.50", 123_450), ("-£0.07", -7), ("£0.00", 0)] {
            assert_eq!(pounds(text), Cell::Money(Pence(pence)), "{text}");
        }
        for text in ["", "£0.035", "See above", "£12"] {
            assert_eq!(pounds(text), Cell::text(text), "{text}");
        }
    }

    #[test]
    fn a_list_size_is_said_with_its_day() {
        let on = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
        let list = |is_used| ListAt { patients: 10_184, on, weighted: None, is_used };
        let words = "10,184 registered patients on 1 January 2026";
        assert_eq!(in_words(Some(&list(true))), words);
        assert_eq!(in_words(Some(&list(false))), format!("{words}, not used for this payment"));
        assert_eq!(in_words(None), "no list size has been published");
    }
}
