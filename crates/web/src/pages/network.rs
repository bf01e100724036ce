//! Network achievement: what each practice of a network has handed in, the sums, and what is missing from whom.

use crate::Web;
use crate::error::WebError;
use crate::form::Query;
use crate::page::{Page, Paging};
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, NaiveDate, Utc};
use domain::network::Sum;
use domain::status::Status;
use domain::submission::shown;
use domain::{Field, OrganisationKind, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::network::{IndicatorShare, NetworkAchievement, NetworkDate};

const PATH: &str = "/achievement/network";

/// The addresses of network achievement.
pub fn routes() -> Routes {
    Routes::new()
        .route(PATH, get(list))
        .route(&format!("{PATH}/{{network}}/{{service}}/{{date}}"), get(show))
}

/// Address of one network achievement.
pub(super) fn href(network: &str, service: &str, date: NaiveDate) -> String {
    format!("{PATH}/{network}/{service}/{date}")
}

/// Whether there are networks whose practices the visitor may see.
pub(super) fn sees_networks(visitor: &Visitor) -> bool {
    let kind = visitor.organisation().kind;
    kind == OrganisationKind::Pcn || (kind.provides() && visitor.actor.may(Permission::SeeNetwork))
}

/// What `network/list.html` sees.
#[derive(Debug, Serialize)]
struct List {
    rows: Vec<Row>,
    paging: Paging,
}

/// One achievement date.
#[derive(Debug, Serialize)]
struct Row {
    service: String,
    network: String,
    date: NaiveDate,
    href: String,
    complete: usize,
    practices: usize,
    status: &'static Status,
}

impl From<&NetworkDate> for Row {
    fn from(own: &NetworkDate) -> Self {
        Self {
            service: own.service.name.clone(),
            network: own.network.name.clone(),
            date: own.period.end,
            href: href(&own.network.code, &own.service.code, own.period.end),
            complete: own.complete,
            practices: own.practices,
            status: own.state.status(),
        }
    }
}

async fn list(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(false)?;
    visitor.must(&web, Permission::SeeAchievement).await?;
    if visitor.organisation().kind != OrganisationKind::Pcn {
        visitor.must(&web, Permission::SeeNetwork).await?;
    }
    let (mut tx, now) = (web.db.read_as(&visitor.actor).await?, (web.clock)());
    let found = store::network::dates(&mut tx, &visitor.actor, &now).await.map_err(other)?;
    drop(tx);
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let paging = Paging::new(PATH, &query, total, Paging::SIZE);
    let skip = usize::try_from(paging.skip()).unwrap_or_default();
    let rows = found.iter().skip(skip).take(Paging::SIZE as usize).map(Row::from).collect();
    Page::new("network/list.html", List { rows, paging }).respond(&web, &visitor.shell)
}

/// What `network/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    network: String,
    network_code: String,
    service: String,
    date: NaiveDate,
    status: &'static Status,
    achievement: Option<String>,
    /// What the network itself still owes.
    missing: Vec<String>,
    practices: Vec<Practice>,
    /// Practices that owe something.
    owing: usize,
    indicators: Vec<Indicator>,
    sees_shares: bool,
    is_provider: bool,
}

/// One practice.
#[derive(Debug, Serialize)]
struct Practice {
    name: String,
    code: String,
    submitted: u32,
    required: u32,
    missing: Vec<String>,
    updated_at: Option<DateTime<Utc>>,
    /// Where its part is shown, once there is one, for who may see it.
    href: Option<String>,
    /// Where a commissioner enters figures for it.
    enter: Option<String>,
}

/// One indicator with a column for each figure.
#[derive(Debug, Serialize)]
struct Indicator {
    code: String,
    name: String,
    component: String,
    columns: Vec<&'static str>,
    rows: Vec<Figures>,
    /// What they come to.
    sum: Figures,
}

/// The figures of a practice, or their sum, as people read them; none where one is missing.
#[derive(Debug, Serialize)]
struct Figures {
    name: String,
    figures: Vec<Option<String>>,
}

fn column(field: Field) -> &'static str {
    match field {
        Field::Numerator => "Numerator",
        Field::Denominator => "Denominator",
        Field::Register => "Patients on the register",
        Field::Count => "Number",
        Field::YesNo => "Answer",
    }
}

fn words(field: Field, figure: i64) -> String {
    match (field, figure) {
        (Field::YesNo, 0) => "No".to_owned(),
        (Field::YesNo, _) => "Yes".to_owned(),
        _ => shown(figure),
    }
}

/// Figures with the percentage they make, where they make one.
fn figures(name: String, fields: &[Field], values: &[Option<i64>]) -> Figures {
    let mut texts: Vec<Option<String>> = fields
        .iter()
        .zip(values)
        .map(|(field, value)| value.map(|value| words(*field, value)))
        .collect();
    if let [Field::Numerator, Field::Denominator] = fields {
        texts.push(match values {
            [Some(_), Some(0)] => Some("No percentage".to_owned()),
            [Some(numerator), Some(denominator)] => {
                let percent = domain::ratio::Exact::new(numerator * 100, *denominator);
                Some(format!("{}%", percent.to_short(2)))
            }
            _ => None,
        });
    }
    Figures { name, figures: texts }
}

impl Indicator {
    fn of(own: &IndicatorShare, network: &str, practices: usize) -> Self {
        let mut columns: Vec<&str> = own.fields.iter().map(|field| column(*field)).collect();
        if own.fields == [Field::Numerator, Field::Denominator] {
            columns.push("Percentage");
        }
        let given = |sum: &Option<Sum>| sum.map_or(0, |sum| sum.given);
        let fewest = own.sums.iter().map(given).min().unwrap_or_default();
        let name = if fewest == practices {
            network.to_owned()
        } else {
            format!("{network}, so far {fewest} of {practices} practices")
        };
        let sums: Vec<Option<i64>> = own.sums.iter().map(|sum| sum.map(|sum| sum.value)).collect();
        let row = |share: &store::network::PracticeFigures| {
            figures(share.practice.clone(), &own.fields, &share.figures)
        };
        Self {
            code: own.code.clone(),
            name: own.name.clone(),
            component: own.component.clone(),
            columns,
            rows: own.shares.iter().map(row).collect(),
            sum: figures(name, &own.fields, &sums),
        }
    }
}

impl Show {
    fn of(found: &NetworkAchievement, visitor: &Visitor) -> Self {
        let (network, date) = (&found.network.name, found.period.end);
        let commissions = visitor.organisation().kind.commissions();
        let enters = commissions && visitor.actor.may(Permission::EnterFigures);
        let labels = |missing: &[domain::submission::Missing]| {
            missing.iter().map(|own| own.label.clone()).collect::<Vec<_>>()
        };
        Self {
            network: network.clone(),
            network_code: found.network.code.clone(),
            service: found.service.name.clone(),
            date,
            status: found.state.status(),
            achievement: found.achievement.map(|id| format!("/achievement/{id}")),
            missing: labels(&found.missing),
            practices: found
                .practices
                .iter()
                .map(|own| Practice {
                    name: own.name.clone(),
                    code: own.code.clone(),
                    submitted: own.submitted,
                    required: own.required,
                    missing: labels(&own.missing),
                    updated_at: own.updated_at,
                    href: own.achievement.map(|id| format!("/achievement/{id}")),
                    enter: enters.then(|| {
                        format!("/achievement/record/{}/{}/{date}", own.code, found.service.code)
                    }),
                })
                .collect(),
            owing: found.practices.iter().filter(|own| !own.missing.is_empty()).count(),
            indicators: found
                .indicators
                .iter()
                .map(|own| Indicator::of(own, network, found.practices.len()))
                .collect(),
            sees_shares: found.sees_shares,
            is_provider: !commissions,
        }
    }
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path((network, service, date)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let date = date.parse().map_err(|_| WebError::NotFound)?;
    let (mut tx, now) = (web.db.read_as(&visitor.actor).await?, (web.clock)());
    let key = (network.as_str(), service.as_str(), date);
    let found = store::network::achievement(&mut tx, key, &visitor.actor, &now).await;
    drop(tx);
    let found = found.map_err(other)?;
    Page::new("network/show.html", Show::of(&found, &visitor)).respond(&web, &visitor.shell)
}

/// The answer when a question is refused: rights have been asked for before.
fn other<R: Refusal>(failed: Failed<R>) -> WebError {
    match failed {
        Failed::Other(fault) => fault.into(),
        Failed::Refused(why) => WebError::Forbidden { why: why.to_string(), who: String::new() },
    }
}
