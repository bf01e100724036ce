//! Who has answered what: providers by services of a year, each answer a link to its offer.

use crate::Web;
use crate::download::{CSV, download};
use crate::error::WebError;
use crate::form::{Fields, Query};
use crate::page::{Page, Paging};
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use domain::sheet::Sheet;
use domain::{FinancialYear, OrganisationKind};
use serde::Serialize;
use std::sync::Arc;
use store::Tx;
use store::offer::{Column, Line, Matrix, Narrowed};

const PATH: &str = "/contracts/answers";
/// More than all providers of England.
const ALL: i64 = 1_000_000;

/// What `contract/matrix.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    years: Vec<Year>,
    year: String,
    services: Vec<Service>,
    rows: Vec<Row>,
    paging: Paging,
    clear: String,
    /// Address of the file.
    file: String,
    statuses: Vec<super::Choice>,
    /// The services of the year, for the filter.
    offered: Vec<Service>,
    is_filtered: bool,
}

#[derive(Debug, Serialize)]
struct Year {
    value: String,
    text: String,
    is_chosen: bool,
}

#[derive(Debug, Serialize)]
struct Service {
    code: String,
    /// Without the year, which the page says once.
    name: String,
}

/// One provider.
#[derive(Debug, Serialize)]
struct Row {
    code: String,
    name: String,
    /// One for each service.
    cells: Vec<Cell>,
}

/// One answer, or why there is none.
#[derive(Debug, Serialize)]
struct Cell {
    /// The offer; none where there is none.
    offer: Option<String>,
    word: &'static str,
}

impl Cell {
    fn of(line: &Line, service: &Column) -> Self {
        match line.offers.get(&service.id) {
            Some((offer, status)) => Self { offer: Some(offer.to_string()), word: status.word },
            None if service.for_kind == line.kind => Self { offer: None, word: "Not offered" },
            None if line.kind == OrganisationKind::Pcn => {
                Self { offer: None, word: "Not for PCNs" }
            }
            None => Self { offer: None, word: "Not for practices" },
        }
    }
}

impl Row {
    fn of(line: &Line, matrix: &Matrix) -> Self {
        Self {
            code: line.code.clone(),
            name: line.name.clone(),
            cells: matrix.services.iter().map(|own| Cell::of(line, own)).collect(),
        }
    }
}

fn without_year(name: &str, year: Option<FinancialYear>) -> String {
    let year = year.map_or_else(String::new, |year| year.to_string());
    name.strip_suffix(&year).unwrap_or(name).trim().to_owned()
}

/// What an address asks for: the years there are, and what the table is narrowed to; nothing without an offer.
async fn asked<'a>(
    tx: &mut Tx,
    visitor: &Visitor,
    query: &'a Fields,
) -> Result<(Vec<FinancialYear>, Option<Narrowed<'a>>), WebError> {
    let years = store::offer::years(tx, &visitor.actor).await?;
    let wanted = query.get("year").parse().ok().map(FinancialYear);
    let year = wanted.filter(|year| years.contains(year)).or(years.first().copied());
    let status = Some(query.get("status")).filter(|status| !status.is_empty());
    let (provider, service) = (query.get("provider"), query.get("service"));
    let which = year.map(|year| Narrowed { year, provider, status, service });
    Ok((years, which))
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (by, now) = (&visitor.actor, (web.clock)());
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (years, which) = asked(&mut tx, &visitor, &query).await?;
    let mut matrix = Matrix { services: Vec::new(), providers: Vec::new(), total: 0 };
    let mut offered = Vec::new();
    if let Some(which) = &which {
        offered = store::offer::services(&mut tx, which.year, by).await?;
        let page = (Paging::asked(&query, Paging::SIZE), Paging::SIZE);
        matrix = store::offer::matrix(&mut tx, which, page, by, &now).await?;
    }
    drop(tx);
    let year = which.as_ref().map(|which| which.year);
    let filters = query.without("page");
    let is_filtered = !filters.without("year").query_string().is_empty();
    let paging = Paging::new(PATH, &query, matrix.total, Paging::SIZE);
    let show = Show {
        year: year.map_or_else(String::new, |year| year.to_string()),
        years: years
            .into_iter()
            .map(|own| Year {
                value: own.0.to_string(),
                text: own.to_string(),
                is_chosen: Some(own) == year,
            })
            .collect(),
        statuses: super::statuses(),
        offered: offered
            .into_iter()
            .map(|own| Service { name: without_year(&own.name, year), code: own.code })
            .collect(),
        rows: matrix.providers.iter().map(|line| Row::of(line, &matrix)).collect(),
        services: matrix
            .services
            .into_iter()
            .map(|own| Service { name: without_year(&own.name, year), code: own.code })
            .collect(),
        paging,
        clear: {
            let year = filters.without("provider").without("status").without("service");
            format!("{PATH}?{}", year.query_string())
        },
        file: format!("{PATH}.csv?{}", filters.query_string()),
        is_filtered,
    };
    Page::new("contract/matrix.html", show).form(query).respond(&web, &visitor.shell)
}

/// The whole table as a file, as the filters leave it.
pub(super) async fn csv(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (by, now) = (&visitor.actor, (web.clock)());
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let (_, which) = asked(&mut tx, &visitor, &query).await?;
    let which = which.ok_or(WebError::NotFound)?;
    let matrix = store::offer::matrix(&mut tx, &which, (0, ALL), by, &now).await?;
    drop(tx);
    let mut heads = vec!["ODS code", "Provider"];
    heads.extend(matrix.services.iter().map(|own| own.name.as_str()));
    let mut sheet = Sheet::new(&heads);
    for line in &matrix.providers {
        let row = Row::of(line, &matrix);
        let mut cells = vec![row.code.as_str(), row.name.as_str()];
        cells.extend(row.cells.iter().map(|cell| cell.word));
        sheet.row(&cells);
    }
    let name = format!("answers-{}.csv", which.year.0);
    download(&name, CSV, sheet.finish())
}
