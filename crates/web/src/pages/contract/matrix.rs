//! Who has answered what: providers by services of a year, each answer a link to its offer.

use crate::Web;
use crate::error::WebError;
use crate::form::Query;
use crate::page::{Page, Paging};
use crate::session::Visitor;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use domain::{FinancialYear, OrganisationKind};
use serde::Serialize;
use std::sync::Arc;
use store::offer::{Column, Line, Matrix};

const PATH: &str = "/contracts/answers";

/// What `contract/matrix.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    years: Vec<Year>,
    year: String,
    services: Vec<Service>,
    rows: Vec<Row>,
    paging: Paging,
    clear: String,
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
    fn of(line: &Line, service: &Column, today: NaiveDate) -> Self {
        match line.offers.get(&service.id) {
            Some(offer) => {
                Self { offer: Some(offer.id.to_string()), word: offer.status(today).word }
            }
            None if service.for_kind == line.kind => Self { offer: None, word: "Not offered" },
            None if line.kind == OrganisationKind::Pcn => {
                Self { offer: None, word: "Not for PCNs" }
            }
            None => Self { offer: None, word: "Not for practices" },
        }
    }
}

impl Row {
    fn of(line: &Line, matrix: &Matrix, today: NaiveDate) -> Self {
        Self {
            code: line.code.clone(),
            name: line.name.clone(),
            cells: matrix.services.iter().map(|own| Cell::of(line, own, today)).collect(),
        }
    }
}

fn without_year(name: &str, year: Option<FinancialYear>) -> String {
    let year = year.map_or_else(String::new, |year| year.to_string());
    name.strip_suffix(&year).unwrap_or(name).trim().to_owned()
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, WebError> {
    visitor.must_commission(true)?;
    let (by, today) = (&visitor.actor, (web.clock)().today);
    let mut tx = web.db.read().await?;
    let years = store::offer::years(&mut tx, by).await?;
    let asked = query.get("year").parse().ok().map(FinancialYear);
    let year = asked.filter(|year| years.contains(year)).or(years.first().copied());
    let provider = query.get("provider");
    let (mut matrix, mut total) = (Matrix { services: Vec::new(), providers: Vec::new() }, 0);
    if let Some(year) = year {
        total = store::offer::providers(&mut tx, year, provider, by).await?;
        let page = (Paging::new(PATH, &query, total, Paging::SIZE).skip(), Paging::SIZE);
        matrix = store::offer::matrix(&mut tx, year, provider, page, by).await?;
    }
    drop(tx);
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
        rows: matrix.providers.iter().map(|line| Row::of(line, &matrix, today)).collect(),
        services: matrix
            .services
            .into_iter()
            .map(|own| Service { name: without_year(&own.name, year), code: own.code })
            .collect(),
        paging: Paging::new(PATH, &query, total, Paging::SIZE),
        clear: format!("{PATH}?{}", query.without("provider").without("page").query_string()),
        is_filtered: !provider.is_empty(),
    };
    Page::new("contract/matrix.html", show).form(query).respond(&web, &visitor.shell)
}
