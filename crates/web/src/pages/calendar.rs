//! Calendar: what is due when, month by month, and the same as a file for a calendar of one's own.

mod due;

pub(super) use due::due;

use crate::Web;
use crate::download::{ICALENDAR, download};
use crate::error::WebError;
use crate::form::{Fields, Query};
use crate::page::Page;
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::{Datelike, Days, Months, NaiveDate};
use domain::deadline::{Deadline, Kind, Standing, ical, left};
use domain::{Now, OrganisationKind};
use serde::Serialize;
use std::sync::Arc;

/// The addresses of this file.
pub fn routes() -> Routes {
    Routes::new().route("/calendar", get(show)).route("/calendar/deadlines.ics", get(file))
}

const PATH: &str = "/calendar";
/// How many months a page shows.
const MONTHS: u32 = 3;
/// How long what is late stays on the page, and what is over in the file.
const LATE_DAYS: u64 = 180;
/// How far the file looks ahead.
const FILE_MONTHS: u32 = 15;

/// What `calendar/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    /// What is late from before the months shown.
    late: Vec<Row>,
    months: Vec<Month>,
    earlier: String,
    later: String,
    /// Whether another than this month comes first.
    is_moved: bool,
    /// What is not known, each a sentence.
    unknown: Vec<String>,
    /// Services that set no days.
    undated: Vec<String>,
    is_provider: bool,
}

#[derive(Debug, Serialize)]
struct Month {
    /// "May 2026".
    name: String,
    rows: Vec<Row>,
}

/// One deadline.
#[derive(Debug, Serialize)]
struct Row {
    on: NaiveDate,
    what: &'static str,
    service: String,
    period: Option<String>,
    status: String,
    /// "3 working days left", where somebody still has to act.
    left: String,
    is_late: bool,
    /// Where it is done; empty where this reader has nothing to do there.
    href: String,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    let now = (web.clock)();
    let first = first_month(&query, now.today);
    let until = first + Months::new(MONTHS) - Days::new(1);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let holidays = store::calendar::bank_holidays(&mut tx).await?;
    let from = first.min(now.today - Days::new(LATE_DAYS));
    let agenda = store::deadline::agenda(&mut tx, (from, until), &visitor.actor, &now).await?;
    drop(tx);
    let kind = visitor.organisation().kind;
    let row = |one: &Deadline| Row {
        on: one.on,
        what: one.kind.words(kind),
        service: one.service.clone(),
        period: one.period.map(|period| period.to_string()),
        status: one.status(now.today),
        left: match one.standing(now.today) {
            Standing::Open | Standing::Late if one.kind != Kind::Pay && chases(one.kind, kind) => {
                left(one.on, now.today, &holidays)
            }
            _ => String::new(),
        },
        is_late: is_late(one, &now),
        href: href(one, kind),
    };
    let rows = |keep: &dyn Fn(&Deadline) -> bool| {
        agenda.deadlines.iter().filter(|one| keep(one)).map(row).collect::<Vec<_>>()
    };
    let months = (0..MONTHS).map(|number| {
        let start = first + Months::new(number);
        let is_in =
            |one: &Deadline| (one.on.year(), one.on.month()) == (start.year(), start.month());
        Month { name: start.format("%B %Y").to_string(), rows: rows(&is_in) }
    });
    let link = |to: NaiveDate| format!("{PATH}?month={}", to.format("%Y-%m"));
    let show = Show {
        late: rows(&|one| one.on < first && is_late(one, &now) && chases(one.kind, kind)),
        months: months.collect(),
        earlier: link(first - Months::new(MONTHS)),
        later: link(first + Months::new(MONTHS)),
        is_moved: first != month_of(now.today),
        unknown: agenda.unknown.iter().map(ToString::to_string).collect(),
        undated: agenda.undated.iter().cloned().collect(),
        is_provider: kind.provides(),
    };
    Page::new("calendar/show.html", show).respond(&web, &visitor.shell)
}

/// Whether the reader's organisation acts, or sees that its providers do.
fn chases(kind: Kind, reader: OrganisationKind) -> bool {
    kind.is_of(reader) || reader.commissions()
}

/// Whether somebody should have acted. That the payer has not answered yet is nobody's deadline here, and an offer that
/// was not answered has run out.
fn is_late(one: &Deadline, now: &Now) -> bool {
    one.standing(now.today) == Standing::Late && !matches!(one.kind, Kind::Pay | Kind::Answer)
}

fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).expect("every month has a first day")
}

/// The first day of the month asked for, `2026-05`; of this month where that is no month of the service's time.
fn first_month(query: &Fields, today: NaiveDate) -> NaiveDate {
    let asked = format!("{}-01", query.get("month")).parse::<NaiveDate>().ok();
    asked.filter(|day| (2001..2100).contains(&day.year())).unwrap_or_else(|| month_of(today))
}

/// The page where it is done, or followed.
fn href(one: &Deadline, kind: OrganisationKind) -> String {
    let provides = kind.provides();
    match one.kind {
        Kind::Answer if provides => "/services".to_owned(),
        Kind::Answer => "/contracts/waiting".to_owned(),
        Kind::Enter if provides => "/data".to_owned(),
        Kind::Enter => format!("/achievement?service={}", one.code),
        Kind::Declare | Kind::Approve | Kind::Pay if provides => "/achievement/declare".to_owned(),
        Kind::Declare => format!("/declarations?status=awaiting_provider&service={}", one.code),
        Kind::Approve => format!("/declarations?service={}", one.code),
        Kind::Pay => format!("/declarations?status=approved&service={}", one.code),
    }
}

/// The own deadlines of the organisation as an iCalendar file.
async fn file(State(web): State<Arc<Web>>, visitor: Visitor) -> Result<Response, WebError> {
    let now = (web.clock)();
    let days = (now.today - Days::new(LATE_DAYS), now.today + Months::new(FILE_MONTHS));
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let mut agenda = store::deadline::agenda(&mut tx, days, &visitor.actor, &now).await?;
    drop(tx);
    let organisation = visitor.organisation();
    agenda.deadlines.retain(|one| one.kind.is_of(organisation.kind));
    let text = ical::file(&agenda.deadlines, organisation, &now);
    download(&format!("deadlines-{}.ics", organisation.code), ICALENDAR, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_asked_for_and_anything_else_is_this_month() {
        let today = "2026-05-20".parse().expect("a date");
        for (asked, first) in [
            ("", "2026-05-01"),
            ("2026-08", "2026-08-01"),
            ("2026-13", "2026-05-01"),
            ("0001-01", "2026-05-01"),
            ("99999-01", "2026-05-01"),
        ] {
            let query = Fields::from_iter([("month", asked)]);
            assert_eq!(first_month(&query, today).to_string(), first, "{asked}");
        }
    }
}
