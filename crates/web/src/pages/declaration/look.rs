//! The list of those who approve by its checks: what needs a look, and what is within tolerance.

use super::manage::PATH;
use crate::error::WebError;
use crate::form::Fields;
use domain::Actor;
use serde::Serialize;
use store::Tx;
use store::declaration::{Filter, Standing};

/// A part of the list, with how many rows it has under the other filters.
#[derive(Debug, Serialize)]
pub(super) struct Look {
    text: &'static str,
    href: String,
    rows: i64,
    is_current: bool,
}

impl Look {
    /// Everything, what needs a look, and the rest. `standing` is that of the filter.
    pub(super) async fn all(
        tx: &mut Tx,
        query: &Fields,
        (filter, standing): (&Filter, &Standing),
        by: &Actor,
    ) -> Result<Vec<Self>, WebError> {
        let rows = |needs_look| Filter { needs_look, ..filter.clone() };
        let (every, needs) = (rows(None), rows(Some(true)));
        let every = match filter.needs_look {
            None => standing.total(filter),
            Some(_) => store::declaration::standing(tx, &every, by).await?.total(&every),
        };
        let needs = match filter.needs_look {
            Some(true) => standing.total(filter),
            _ => store::declaration::standing(tx, &needs, by).await?.total(&needs),
        };
        let bare = query.without("look").without("page").without("select");
        let look = |text, look: &str, rows| {
            let query = if look.is_empty() { bare.clone() } else { bare.with("look", look) };
            let href = format!("{PATH}?{}", query.query_string());
            Self { text, href, rows, is_current: query_look(filter) == look }
        };
        Ok(vec![
            look("All", "", every),
            look("Needs a look", "needs", needs),
            look("Within tolerance", "within", every - needs),
        ])
    }
}

fn query_look(filter: &Filter) -> &'static str {
    match filter.needs_look {
        None => "",
        Some(true) => "needs",
        Some(false) => "within",
    }
}
