//! Declaration Management: the commissioner's and finance's list with filters, tick boxes and one button.

use super::look::Look;
use super::{Row, add_refused, if_wrong, one, ticked};
use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields, Query};
use crate::page::{Page, Paging};
use crate::pages::hold::Banner;
use crate::pages::receipt::money::made;
use crate::pages::receipt::{Done, Link};
use crate::session::Visitor;
use crate::words::plural;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::calendar::with_period;
use domain::declaration::{Declaration, DeclarationState, How};
use domain::status::{self, Status};
use domain::{Actor, OrganisationKind, Pence, Permission};
use serde::Serialize;
use std::sync::Arc;
use store::Failed;
use store::declaration::{Filter, Named, Standing};

pub(super) const PATH: &str = "/declarations";
/// Rows on a page for who approves for many providers at once; it takes eight times as long as the usual page.
const MANY: i64 = 200;

/// What `declaration/manage.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    /// Whether this person sees payment files.
    sees_files: bool,
    holds: Banner,
    rows: Vec<Row>,
    paging: Paging,
    /// Sum of the whole list.
    amount: Option<Pence>,
    /// Rows on this page that this person can approve, and their sum.
    can: i64,
    can_amount: Option<Pence>,
    statuses: Vec<StatusChoice>,
    services: Vec<(String, String)>,
    service: String,
    provider: String,
    chosen: Vec<Chip>,
    /// The filters, to come back to.
    back: String,
    /// How many rows the other size of page has, and its address; nothing where all rows are on one page anyway.
    other_size: Option<(i64, String)>,
    /// The rows asked for on a page where they are more than usual, for the filters to keep.
    long: Option<i64>,
    select_all: String,
    select_none: String,
    is_all_selected: bool,
    /// Whether this person approves anything; otherwise `who` says who does.
    may_approve: bool,
    /// Whether this person may take declarations back.
    may_hold: bool,
    /// Whether this person may see what is checked: the limits are pounds.
    sees_limits: bool,
    who: String,
    /// Rows that match and wait for an approval of this kind of person, on all pages.
    all_that_match: i64,
    /// The list by its checks.
    looks: Vec<Look>,
    /// Which of these it is, for the filters to keep.
    look: String,
    /// Rows on this page that this person could approve if they had no open question.
    stopped: Vec<String>,
    /// Whether only rows with an open question are asked for.
    is_questioned: bool,
    /// What to do when an amount looks wrong.
    if_wrong: Option<String>,
    /// What went through when other rows did not.
    #[serde(flatten)]
    done: Done,
}

/// A status to filter by.
#[derive(Debug, Serialize)]
struct StatusChoice {
    status: &'static Status,
    /// None where what is approved was not asked for.
    count: Option<i64>,
    is_chosen: bool,
}

/// A filter in force, with the address without it.
#[derive(Debug, Serialize)]
struct Chip {
    text: String,
    href: String,
}

/// The states this person acts on; all where they act on none.
fn own_states(by: &Actor) -> Vec<&'static str> {
    let mut states = Vec::new();
    if by.may(Permission::Approve) {
        states.push("awaiting_commissioner");
    }
    if by.may(Permission::ApproveSecond) {
        states.push("awaiting_second");
    }
    if by.may(Permission::ApproveFinance) {
        states.push("awaiting_finance");
    }
    states
}

/// The address with every filter written out. Without any it means what this person can act on.
fn written_out(query: &Fields, by: &Actor) -> Fields {
    let mut pairs: Vec<(String, String)> = query
        .iter()
        .filter(|(name, _)| {
            ["status", "service", "provider", "question", "look", "page", "show", "select", "rows"]
                .contains(name)
        })
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if query.get("show").is_empty() && query.all("status").next().is_none() {
        pairs.extend(own_states(by).into_iter().map(|state| ("status".into(), state.into())));
    }
    Fields::from_iter(pairs).with("show", "chosen")
}

/// What a query, with every filter written out, narrows the list to.
pub(super) fn narrowed_to(query: &Fields) -> Filter {
    let text = |name: &str| Some(query.get(name).to_owned()).filter(|text| !text.is_empty());
    Filter {
        states: query.all("status").map(ToOwned::to_owned).collect(),
        service: text("service"),
        provider: text("provider"),
        is_questioned: query.get("question") == "open",
        in_file: None,
        needs_look: match query.get("look") {
            "needs" => Some(true),
            "within" => Some(false),
            _ => None,
        },
    }
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    page(&web, &visitor, &query, Done::default()).await?.respond(&web, &visitor.shell)
}

async fn page(web: &Web, visitor: &Visitor, query: &Fields, done: Done) -> Result<Page, WebError> {
    visitor.must_commission(true)?;
    visitor.must(web, Permission::SeeAchievement).await?;
    let (by, now) = (&visitor.actor, (web.clock)());
    let query = written_out(query, by);
    let filter = narrowed_to(&query);
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let standing = store::declaration::standing(&mut tx, &filter, by).await?;
    let looks = Look::all(&mut tx, &query, (&filter, &standing), by).await?;
    let services = store::declaration::services(&mut tx, by).await?;
    let may_approve = !own_states(by).is_empty();
    let is_long = is_long(&query, may_approve);
    let size = if is_long { MANY } else { Paging::SIZE };
    let total = standing.total(&filter);
    let paging = Paging::new(PATH, &query.without("select"), total, size);
    let page = (paging.skip(), size);
    let rows = store::declaration::page(&mut tx, &filter, &standing, page, by).await?;
    let rows: Vec<Row> = rows.iter().map(|row| Row::of(row, How::InList, visitor, &now)).collect();
    let who = if may_approve { String::new() } else { who_can(&mut tx, visitor).await? };
    let actionable = rows.iter().filter(|row| row.can);
    let show = Show {
        sees_files: visitor.sees_files(),
        holds: Banner::all(&mut tx, visitor).await?,
        may_hold: by.may(Permission::Hold)
            && visitor.organisation().kind != OrganisationKind::Region,
        sees_limits: by.sees_money() || by.may(Permission::Commission),
        can: actionable.clone().count().try_into().unwrap_or(i64::MAX),
        stopped: stopped(&rows),
        is_questioned: filter.is_questioned,
        can_amount: actionable.map(|row| row.amount).sum::<Option<Pence>>(),
        other_size: other_size(&query, total, is_long),
        long: Some(size).filter(|_| !query.get("rows").is_empty()),
        paging,
        amount: standing.amount(&filter),
        statuses: DeclarationState::NAMES
            .map(|name| StatusChoice {
                status: status::of(status::DECLARATION, name),
                count: standing.of_state(name),
                is_chosen: query.has("status", name),
            })
            .into(),
        chosen: chips(&query, &services),
        services: services.into_iter().map(|service| (service.code, service.name)).collect(),
        service: query.get("service").to_owned(),
        provider: query.get("provider").to_owned(),
        back: query.without("select").query_string(),
        select_all: format!("{PATH}?{}#results", query.with("select", "all").query_string()),
        select_none: format!("{PATH}?{}#results", query.without("select").query_string()),
        is_all_selected: query.get("select") == "all",
        rows,
        may_approve,
        who,
        all_that_match: all_that_match(&filter, &standing, by),
        looks,
        look: query.get("look").to_owned(),
        if_wrong: own_states(by).first().map(|state| if_wrong(state, "the provider")),
        done,
    };
    Ok(Page::new("declaration/manage.html", show))
}

/// How many rows wait for an approval that this kind of person gives, on all pages.
fn all_that_match(filter: &Filter, standing: &Standing, by: &Actor) -> i64 {
    let own = own_states(by).into_iter();
    let wanted = own.filter(|state| filter.states.iter().any(|asked| asked == state));
    wanted.filter_map(|state| standing.of_state(state)).sum()
}

/// The rows that nobody can approve until their question is closed: `Riverside Surgery, Blood tests near home, June 2025`.
fn stopped(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .filter(|row| row.is_stopped && !row.why_not.is_empty())
        .map(|row| format!("{}, {}", row.provider, with_period(&row.service, &row.period)))
        .collect()
}

/// Whether the pages are long: as asked for, and otherwise for those who approve.
fn is_long(query: &Fields, may_approve: bool) -> bool {
    match query.get("rows") {
        "" => may_approve,
        rows => rows.parse() == Ok(MANY),
    }
}

/// The same list in pages of the other size.
fn other_size(query: &Fields, total: i64, is_long: bool) -> Option<(i64, String)> {
    let query = query.without("select").without("page").without("rows");
    let size = if is_long { Paging::SIZE } else { MANY };
    let address = format!("{PATH}?{}", query.with("rows", &size.to_string()).query_string());
    (total > Paging::SIZE).then_some((size, address))
}

fn chips(query: &Fields, services: &[Named]) -> Vec<Chip> {
    let bare = query.without("page").without("select");
    let href = |fields: Fields| format!("{PATH}?{}", fields.query_string());
    let mut chips: Vec<Chip> = DeclarationState::NAMES
        .into_iter()
        .filter(|name| query.has("status", name))
        .map(|name| Chip {
            text: status::of(status::DECLARATION, name).word.to_owned(),
            href: href(bare.without_value("status", name)),
        })
        .collect();
    let code = query.get("service");
    if !code.is_empty() {
        let known = services.iter().find(|service| service.code == code);
        let text = known.map_or(code, |service| &service.name).to_owned();
        chips.push(Chip { text, href: href(bare.without("service")) });
    }
    if query.get("question") == "open" {
        let text = "With an open question".to_owned();
        chips.push(Chip { text, href: href(bare.without("question")) });
    }
    let provider = query.get("provider");
    if !provider.is_empty() {
        chips.push(Chip { text: provider.to_owned(), href: href(bare.without("provider")) });
    }
    chips
}

async fn who_can(tx: &mut store::Tx, visitor: &Visitor) -> Result<String, WebError> {
    let organisation = visitor.organisation();
    let approvals = [Permission::Approve, Permission::ApproveSecond, Permission::ApproveFinance];
    let any = (&approvals[..], organisation.kind);
    let names = store::person::holders(tx, organisation.id, any, &visitor.now).await?;
    Ok(if names.is_empty() {
        format!(
            "Nobody at {} can approve yet. The team that runs this service gives roles.",
            organisation.name
        )
    } else {
        format!(
            "You cannot approve. At {} these people can: {}.",
            organisation.name,
            store::person::named(&names)
        )
    })
}

/// Approves the ticked rows; from the page of one declaration it goes back to that page.
pub(super) async fn approve(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, WebError> {
    if own_states(&visitor.actor).is_empty() {
        visitor.must(&web, Permission::Approve).await?;
    }
    let back = Fields::parse(form.get("back"));
    let single = form.get("one");
    let chosen = ticked(&form)?;
    if chosen.is_empty() {
        let errors = Errors::one("declaration", "Select at least 1 payment declaration to approve");
        return page(&web, &visitor, &back, Done::default())
            .await?
            .errors(errors)
            .respond(&web, &visitor.shell);
    }
    let now = (web.clock)();
    let (how, by) = (if single.is_empty() { How::InList } else { How::Alone }, &visitor.actor);
    let outcomes = match store::declaration::approve(&web.db, &chosen, how, by, &now).await {
        Ok(outcomes) => outcomes,
        Err(Failed::Other(fault)) => return Err(fault.into()),
        Err(Failed::Refused(why)) => {
            return Err(visitor.forbidden(&web, Permission::Approve, &why).await);
        }
    };
    let mut errors = Errors::new();
    add_refused(&mut errors, &mut web.db.read_as(&visitor.actor).await?, &outcomes, &visitor)
        .await?;
    let done = approved_words(outcomes.iter().filter_map(|one| one.result.as_ref().ok()));
    let count = outcomes.iter().filter(|outcome| outcome.result.is_ok()).count();
    let receipts_made = made(&now, count, false);
    if errors.is_empty() {
        let to = if single.is_empty() {
            format!("{PATH}?{}", back.query_string())
        } else {
            format!("{PATH}/{}", chosen[0].reference)
        };
        return Ok(Link::below(receipts_made, Flash::success(done)).redirect(&to));
    }
    if !single.is_empty() {
        let wrong = (errors, StatusCode::CONFLICT);
        return one(&web, &visitor, &chosen[0].reference, wrong, &visitor.shell).await;
    }
    page(&web, &visitor, &back, Done { done, receipts_made })
        .await?
        .errors(errors)
        .status(StatusCode::CONFLICT)
        .respond(&web, &visitor.shell)
}

/// What went through, in words: how many, their sum and who is next.
pub(super) fn approved_words<'a>(approved: impl Iterator<Item = &'a Declaration>) -> String {
    let done: Vec<&Declaration> = approved.collect();
    if done.is_empty() {
        return String::new();
    }
    let total: Pence = done.iter().map(|row| row.amount).sum();
    let all_at = |state: &str| done.iter().all(|row| row.state.name() == state);
    let next = if all_at("awaiting_finance") {
        " Finance must approve next."
    } else if all_at("awaiting_second") {
        " A second person must approve next."
    } else if all_at("approved") {
        " The next payment file can pay this."
    } else {
        ""
    };
    let count = plural(done.len().try_into().unwrap_or(i64::MAX), "payment declaration", None);
    format!("{count} approved, {total} in all.{next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_fits_no_page_can_be_seen_in_longer_ones() {
        let query = Fields::from_iter([("status", "approved"), ("page", "3"), ("select", "all")]);
        assert_eq!(other_size(&query, Paging::SIZE, false), None);
        let longer = other_size(&query, Paging::SIZE + 1, false);
        let address = "/declarations?status=approved&rows=200".to_owned();
        assert_eq!(longer, Some((200, address)));
        assert!(is_long(&query, true) && !is_long(&query, false));
        assert!(!is_long(&query.with("rows", "25"), true));
        let usual = other_size(&query.with("rows", "200"), 500, true);
        assert_eq!(usual, Some((25, "/declarations?status=approved&rows=25".to_owned())));
    }
}
