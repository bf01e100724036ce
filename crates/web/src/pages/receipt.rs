//! Receipts: one on a sheet of its own, and as the plain text whose hash the history holds.

pub(super) mod agreement;
pub(super) mod money;

use crate::download::download;
use crate::error::WebError;
use crate::flash::Flash;
use crate::page::Page;
use crate::routes::Routes;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::receipt::{sections, tells_an_amount};
use serde::Serialize;
use store::receipt::Receipt;

/// The addresses of receipts.
pub fn routes() -> Routes {
    agreement::routes().merge(money::routes())
}

/// What `receipt/show.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    /// The page of what it is the receipt of.
    back: Link,
    reference: String,
    sections: Vec<Section>,
    content_hash: String,
    entry: i64,
    entry_hash: String,
    at: DateTime<Utc>,
    is_kept: bool,
    /// Why what it tells does not count any more; empty while it does. A receipt stays when it does not.
    not_in_force: &'static str,
    /// What the plain text is called when it is saved.
    file: String,
    /// The plain text; nothing for a reader who may not see its amounts.
    text_href: Option<String>,
}

#[derive(Debug, Serialize)]
struct Section {
    heading: String,
    rows: Vec<(String, String)>,
}

/// A receipt that a page leads to, or a page that a receipt leads back to.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    /// Where.
    pub(super) href: String,
    /// What it is called.
    pub(super) text: String,
}

/// What went through when other rows did not, as the page that says what did not shows it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Done {
    /// In words; empty where nothing went through.
    pub(super) done: String,
    /// The receipts of that.
    pub(super) receipts_made: Option<Link>,
}

impl Link {
    /// The same message, with this link below it.
    pub(super) fn below(link: Option<Self>, flash: Flash) -> Flash {
        match link {
            Some(link) => flash.leading_to(&link.href, &link.text),
            None => flash,
        }
    }
}

/// What surrounds a receipt on its page.
struct Around {
    back: Link,
    /// Why what it tells does not count any more.
    not_in_force: &'static str,
    /// The address of the plain text.
    text_href: String,
    /// What it is called when it is saved.
    file: String,
    /// Whether the reader may see the amounts in it.
    sees_amounts: bool,
}

fn page(receipt: Receipt, around: Around) -> Page {
    let hidden = |value: &str| tells_an_amount(value) && !around.sees_amounts;
    let row = |(name, value): (&str, &str)| match hidden(value) {
        true => (name.to_owned(), "Your role does not show amounts".to_owned()),
        false => (name.to_owned(), value.to_owned()),
    };
    let sections: Vec<Section> = sections(&receipt.text)
        .into_iter()
        .map(|section| Section {
            heading: section.heading.to_owned(),
            rows: section.rows.into_iter().map(row).collect(),
        })
        .collect();
    let show = Show {
        reference: sections
            .first()
            .and_then(|section| section.rows.first())
            .map_or_else(String::new, |row| row.1.clone()),
        back: around.back,
        sections,
        content_hash: receipt.content_hash,
        entry: receipt.entry,
        entry_hash: receipt.entry_hash,
        at: receipt.at,
        is_kept: receipt.is_kept,
        not_in_force: around.not_in_force,
        file: around.file,
        text_href: around.sees_amounts.then_some(around.text_href),
    };
    Page::new("receipt/show.html", show)
}

/// The plain text, byte for byte what the hash is of.
fn text(receipt: Receipt, name: &str, sees_amounts: bool) -> Result<Response, WebError> {
    if !sees_amounts {
        let why = "A receipt tells amounts, and your role does not show them.".to_owned();
        return Err(WebError::Forbidden { why, who: String::new() });
    }
    download(name, "text/plain; charset=utf-8", receipt.text)
}

/// The number that an address asks for; none for the newest.
fn number(text: &str) -> Result<Option<usize>, WebError> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| WebError::NotFound),
    }
}
