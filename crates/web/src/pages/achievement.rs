//! Achievement: the results of all services, one with its working, and the summary report.

mod declared;
mod forecast;
mod results;
mod submissions;
mod summary;
mod working;

use crate::Web;
use crate::error::WebError;
use crate::page::Page;
use crate::pages::audit::reading;
use crate::pages::hold::Banner;
use crate::pages::{adjustment, network};
use crate::routes::Routes;
use crate::session::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, NaiveDate, Utc};
use declared::Declared;
use domain::achievement::AchievementState;
use domain::calculation::Line;
use domain::calendar::long_date;
use domain::declaration::DeclarationState;
use domain::payment::is_recovery;
use domain::status::Status;
use domain::submission::shown;
use domain::{AchievementId, Field, Pence, Permission, Refusal};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::achievement::{Detail, FigureShown};

/// The addresses of achievement.
pub fn routes() -> Routes {
    Routes::new()
        .route("/achievement", get(results::show))
        .route("/achievement/summary", get(summary::show))
        .route("/achievement/summary.csv", get(summary::csv))
        .route("/achievement/summary.xlsx", get(summary::xlsx))
        .route("/achievement/{id}", get(show))
        .route("/achievement/{id}/submissions", get(submissions::show))
        .route("/achievement/{id}/forecast", get(forecast::show))
        .route("/achievement/{id}/working", get(working::show))
        .route("/achievement/{id}/working.csv", get(working::csv))
        .route("/achievement/{id}/working.json", get(working::json))
}

/// One achievement, as its page and the report show it.
#[derive(Debug, Serialize)]
struct Shown {
    provider: String,
    provider_code: String,
    commissioner: String,
    service: String,
    service_code: String,
    period: String,
    date: NaiveDate,
    /// The result in a sentence or two.
    summary: String,
    status: &'static Status,
    submitted: u32,
    required: u32,
    held_because: String,
    missing: Vec<String>,
    achieved: Option<String>,
    amount: Option<Pence>,
    calculated_at: Option<DateTime<Utc>>,
    lines: Vec<Line>,
    figures: Vec<Figure>,
    earlier: Vec<Earlier>,
    history: Vec<Happened>,
    reference: Option<String>,
    declaration: Option<&'static Status>,
}

/// One figure and where it comes from.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    indicator: String,
    name: String,
    label: String,
    value: Option<String>,
    source: String,
    at: Option<DateTime<Utc>>,
}

/// A calculation that was replaced.
#[derive(Debug, Serialize)]
struct Earlier {
    number: i64,
    achieved: String,
    amount: Option<Pence>,
    calculated_at: DateTime<Utc>,
}

/// One item of the history.
#[derive(Debug, Serialize)]
struct Happened {
    title: String,
    by: String,
    at: DateTime<Utc>,
}

impl Shown {
    fn of(detail: &Detail, sees_money: bool) -> Self {
        let calculation = detail.calculation.as_ref();
        Self {
            provider: detail.provider.name.clone(),
            provider_code: detail.provider.code.clone(),
            commissioner: detail.commissioner.name.clone(),
            service: detail.service.name.clone(),
            service_code: detail.service.code.clone(),
            period: detail.achievement.period.to_string(),
            date: detail.achievement.period.end,
            summary: in_a_sentence(detail),
            status: detail.state.status(),
            submitted: detail.achievement.submitted,
            required: detail.achievement.required,
            held_because: detail.held_because.clone(),
            missing: detail.missing.iter().map(|missing| missing.label.clone()).collect(),
            achieved: calculation.map(|own| own.achieved.clone()),
            amount: calculation.and_then(|own| own.amount),
            calculated_at: calculation.map(|own| own.calculated_at),
            lines: calculation.map(|own| own.result.lines.clone()).unwrap_or_default(),
            figures: detail.figures.iter().map(Figure::from).collect(),
            earlier: detail
                .earlier
                .iter()
                .map(|own| Earlier {
                    number: own.number,
                    achieved: own.achieved.clone(),
                    amount: own.amount,
                    calculated_at: own.calculated_at,
                })
                .collect(),
            history: detail
                .history
                .iter()
                .map(|own| Happened {
                    title: own.event.sentence(sees_money),
                    by: by(&own.actor, &own.organisation),
                    at: own.at,
                })
                .collect(),
            reference: detail.reference.clone(),
            declaration: detail.declaration.as_ref().map(DeclarationState::status),
        }
    }
}

fn by(actor: &str, organisation: &str) -> String {
    if organisation.is_empty() { actor.to_owned() } else { format!("{actor}, {organisation}") }
}

impl From<&FigureShown> for Figure {
    fn from(own: &FigureShown) -> Self {
        Self {
            indicator: own.indicator.clone(),
            name: own.name.clone(),
            label: match own.field {
                Field::Numerator => "Numerator".to_owned(),
                Field::Denominator => "Denominator".to_owned(),
                Field::Register => "Patients on the register".to_owned(),
                Field::Count => own.label.clone(),
                Field::YesNo => "Answer".to_owned(),
            },
            value: own.value.map(|figure| match own.field {
                Field::YesNo if figure == 0 => "No".to_owned(),
                Field::YesNo => "Yes".to_owned(),
                _ => shown(figure),
            }),
            source: own.source.clone(),
            at: own.at,
        }
    }
}

/// "Riverside Surgery achieved 412.35 points for 2025 to 2026. This is worth £5,880.00."
fn in_a_sentence(detail: &Detail) -> String {
    let (provider, period) = (&detail.provider.name, detail.achievement.period);
    let Some(calculation) = &detail.calculation else {
        let (submitted, required) = (detail.achievement.submitted, detail.achievement.required);
        return match detail.state {
            AchievementState::Complete => format!(
                "All figures for {period} are in. Accord calculates the achievement on the day after {}.",
                long_date(period.end)
            ),
            AchievementState::InNetwork => format!(
                "All figures for {period} are in. They are summed to the network that the practice is a member of on {}.",
                long_date(period.end)
            ),
            _ => format!("{submitted} of {required} indicators for {period} are in."),
        };
    };
    let result = if calculation.result.points.is_some() {
        format!("{provider} achieved {} for {period}.", calculation.achieved)
    } else if calculation.achieved.contains(':') {
        format!("{provider} submitted figures for {period}. {}.", calculation.achieved)
    } else if calculation.achieved.ends_with("items") {
        format!("{provider} submitted {} for {period}.", calculation.achieved)
    } else {
        format!("{provider} is paid by its list size for {period}.")
    };
    match calculation.amount {
        Some(amount) if is_recovery(amount) => {
            let back = Pence(amount.0.saturating_neg());
            format!("{result} {back} was paid too much and is to be recovered.")
        }
        Some(amount) => format!("{result} This is worth {amount}."),
        None => result,
    }
}

/// What `achievement/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    one: Shown,
    holds: Banner,
    is_provider: bool,
    /// Where the figures are typed in; none for who may not.
    data: Option<String>,
    /// Where the next step of the declaration is taken.
    declare: Option<String>,
    /// What it would come to today.
    forecast: Option<String>,
    /// How the amount was worked out.
    working: Option<String>,
    /// What people have agreed, or are asked to agree, about the payment.
    adjustments: Vec<adjustment::Row>,
    /// Where to ask for one, for those who may.
    adjust: Option<String>,
    /// What stands around its declaration.
    #[serde(flatten)]
    declared: Declared,
    /// Whether that is to declare, and this person may.
    declares: bool,
    /// Where the report of the service is run; none for a reader of another organisation's part of its network.
    report: Option<String>,
    /// Whether the reader's own organisation is a network, or a practice of it, that this is a part of.
    is_of_member: bool,
    /// Where every submission is listed.
    submissions: String,
    /// Where the share of each practice of a network is shown.
    network: Option<String>,
}

async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    visitor.must(&web, Permission::SeeAchievement).await?;
    let id: AchievementId = id.parse().map_err(|_| WebError::NotFound)?;
    let (mut tx, now) = (web.db.read_as(&visitor.actor).await?, (web.clock)());
    let found = store::achievement::find(&mut tx, id, &visitor.actor, &now).await;
    let detail = found.map_err(other)?;
    reading::record(&web, &visitor, (detail.provider.id, &detail.provider.name), &read(&detail));
    let adjustments = store::adjustment::of_achievement(&mut tx, id, &visitor.actor).await;
    let adjustments = adjustments.map_err(other)?;
    let declared = Declared::of(&mut tx, &detail, &visitor, &now).await?;
    let whose = (detail.commissioner.id, detail.achievement.service, detail.provider.id);
    let holds = Banner::one(&mut tx, whose, &visitor).await?;
    drop(tx);
    let is_provider = visitor.organisation().kind.provides();
    let is_of_member = is_provider && detail.provider.id != visitor.organisation().id;
    let code = &detail.service.code;
    let declare = detail.reference.as_ref().map(|reference| match &detail.declaration {
        Some(DeclarationState::AwaitingProvider) if is_provider => {
            format!("/achievement/declare#row-{reference}")
        }
        _ => format!("/declarations/{reference}"),
    });
    let awaits = matches!(detail.declaration, Some(DeclarationState::AwaitingProvider));
    let show = Show {
        holds,
        declared,
        is_provider,
        adjust: may_adjust(&detail, &visitor).then(|| format!("/achievement/{id}/adjust")),
        adjustments: adjustments
            .iter()
            .map(|own| adjustment::Row::of(own, &visitor.actor))
            .collect(),
        forecast: (detail.achievement.required > 0 && !detail.achievement.is_part)
            .then(|| format!("/achievement/{id}/forecast")),
        working: detail.calculation.as_ref().map(|_| format!("/achievement/{id}/working")),
        declares: awaits && is_provider && visitor.actor.may(Permission::Declare),
        data: data(&detail, &visitor),
        declare,
        submissions: format!("/achievement/{id}/submissions"),
        network: match &detail.network {
            Some(own) if is_of_member => Some(own),
            _ => Some(&detail.provider).filter(|_| detail.is_summed),
        }
        .map(|own| network::href(&own.code, code, detail.achievement.period.end)),
        report: (!is_of_member).then(|| {
            format!("/achievement/summary?service={code}&provider={}", detail.provider.code)
        }),
        is_of_member,
        one: Shown::of(&detail, visitor.actor.sees_money()),
    };
    Page::new("achievement/show.html", show).respond(&web, &visitor.shell)
}

/// What a reader of its amounts has opened: the declaration, or the period where there is none.
fn read(detail: &Detail) -> String {
    let period = || format!("{}, {}", detail.service.code, detail.achievement.period);
    detail.reference.clone().unwrap_or_else(period)
}

/// Where the figures are typed in, by the provider or by a commissioner for it.
fn data(detail: &Detail, visitor: &Visitor) -> Option<String> {
    let (code, date) = (&detail.service.code, detail.achievement.period.end);
    let own = visitor.organisation();
    let root = if own.kind.provides() {
        // A network, and a practice beside it, read what another practice has given.
        if own.id != detail.provider.id {
            return None;
        }
        "/data".to_owned()
    } else if visitor.actor.may(Permission::EnterFigures) {
        format!("/achievement/record/{}", detail.provider.code)
    } else {
        return None;
    };
    (detail.achievement.required > 0).then(|| format!("{root}/{code}/{date}"))
}

/// Whether the visitor can ask to adjust this payment now.
fn may_adjust(detail: &Detail, visitor: &Visitor) -> bool {
    visitor.actor.may(Permission::Adjust)
        && detail.commissioner.id == visitor.organisation().id
        && detail.calculation.is_some()
        && !matches!(detail.declaration, Some(DeclarationState::Approved { .. }))
}

/// The answer when a question is refused: rights have been asked for before.
pub(super) fn other<R: Refusal>(failed: Failed<R>) -> WebError {
    match failed {
        Failed::Other(fault) => fault.into(),
        Failed::Refused(why) => WebError::Forbidden { why: why.to_string(), who: String::new() },
    }
}
