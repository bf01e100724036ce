//! A page: its template, what it shows, and the shell that is the same around every page.

use crate::Web;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use chrono::NaiveDate;
use minijinja::value::{Serde, merge_maps};
use minijinja::{Value, context};
use serde::Serialize;

/// What surrounds every page: who is signed in, where they are, and what has just happened.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Shell {
    /// Shows the strip that says that nothing here is paid.
    pub demo: bool,
    /// The date of a demo, which has a clock of its own.
    pub today: Option<NaiveDate>,
    /// Who is signed in, if anybody.
    pub person: Option<Person>,
    /// The primary navigation, at most six items.
    pub navigation: Vec<NavItem>,
    /// The one message about what has just happened.
    pub flash: Option<Flash>,
    /// Seconds after which the session ends when nobody uses it, for somebody who is signed in.
    pub idle: Option<i64>,
}

/// The person a page is made for, acting for one organisation.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// "Sam Ahmed".
    pub name: String,
    /// Their job or role in lower case: "practice manager".
    pub role: String,
    /// The organisation they act for now.
    pub organisation: String,
    /// Its ODS code.
    pub code: String,
    /// What their roles there are kept to, in words; empty where they are for everything.
    pub narrowing: String,
    /// Whether they can act for another organisation as well.
    pub several: bool,
}

/// One item of the primary navigation.
#[derive(Debug, Clone, Serialize)]
pub struct NavItem {
    /// "Services".
    pub text: String,
    /// The address of the section's first page.
    pub href: String,
    /// Whether the page belongs to this section.
    pub current: bool,
    /// How many things wait there; `None` shows no number.
    pub count: Option<i64>,
}

impl NavItem {
    /// An item that is not the current one and shows no number.
    #[must_use]
    pub fn new(text: &str, href: &str) -> Self {
        Self { text: text.to_owned(), href: href.to_owned(), current: false, count: None }
    }

    /// The same item with the number of things that wait there; nothing is shown for 0.
    #[must_use]
    pub fn count(mut self, waiting: i64) -> Self {
        self.count = (waiting > 0).then_some(waiting);
        self
    }
}

impl Shell {
    /// The shell of a page that anybody may see.
    #[must_use]
    pub fn signed_out(web: &Web) -> Self {
        Self { demo: web.demo, today: web.demo.then(|| (web.clock)().today), ..Self::default() }
    }

    /// Marks the section that the path belongs to: the item with the longest address that the path starts with.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        let within = |href: &str| {
            path.strip_prefix(href)
                .is_some_and(|rest| rest.is_empty() || href == "/" || rest.starts_with('/'))
        };
        let here = self
            .navigation
            .iter()
            .map(|item| &item.href)
            .filter(|href| within(href) && (*href != "/" || path == "/"));
        let here = here.max_by_key(|href| href.len()).cloned();
        for item in &mut self.navigation {
            item.current = Some(&item.href) == here.as_ref();
        }
        self
    }
}

/// A page about to be answered.
#[derive(Debug)]
pub struct Page {
    template: &'static str,
    content: Value,
    status: StatusCode,
    errors: Errors,
    form: Fields,
}

impl Page {
    /// A page from a template below `templates/`; the template sees each field of `content` by its name.
    pub fn new(template: &'static str, content: impl Serialize + Send + Sync + 'static) -> Self {
        Self {
            template,
            content: Value::from(Serde(content)),
            status: StatusCode::OK,
            errors: Errors::default(),
            form: Fields::default(),
        }
    }

    /// The same page under another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The page of a form with what the person typed, or with what is there to change. The template reads `form.get("name")`.
    #[must_use]
    pub fn form(mut self, form: Fields) -> Self {
        self.form = form;
        self
    }

    /// Says what is wrong with the form: the error summary, the fields' messages, "Error: " in the title, and status 422.
    #[must_use]
    pub fn errors(mut self, errors: Errors) -> Self {
        if !errors.is_empty() {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self.errors = errors;
        self
    }

    /// Renders the page inside its shell.
    ///
    /// # Errors
    /// When the template is wrong, which the tests of the pages find.
    pub fn respond(self, web: &Web, shell: &Shell) -> Result<Response, WebError> {
        let html = self.html(web, shell)?;
        let mut response = (self.status, Html(html)).into_response();
        if shell.flash.is_some() {
            response.headers_mut().append(header::SET_COOKIE, Flash::forget());
        }
        Ok(response)
    }

    /// The page as text.
    ///
    /// # Errors
    /// When the template is wrong.
    pub fn html(&self, web: &Web, shell: &Shell) -> Result<String, WebError> {
        let around = context! {
            header => web.templates.header(shell).map_err(WebError::internal)?,
            shell => context! {
                demo => shell.demo,
                today => Value::from(Serde(shell.today)),
                flash => Value::from(Serde(shell.flash.clone())),
                idle => shell.idle,
            },
            errors => Value::from_object(self.errors.clone()),
            form => Value::from_object(self.form.clone()),
        };
        let context = merge_maps([self.content.clone(), around]);
        web.templates.render(self.template, &context).map_err(WebError::internal)
    }
}

/// Where a list stands: which of its pages is shown, and the links to the others.
#[derive(Debug, Clone, Serialize)]
pub struct Paging {
    /// The page shown, from 1.
    pub page: i64,
    /// How many pages there are, at least 1.
    pub pages: i64,
    /// The number of the first row shown, 0 when there is none.
    pub first: i64,
    /// The number of the last row shown.
    pub last: i64,
    /// How many rows there are.
    pub total: i64,
    /// The parameters of the component `nhs.pagination`, or nothing when one page holds all.
    pub links: Option<serde_json::Value>,
}

impl Paging {
    /// Rows on a page unless said otherwise.
    pub const SIZE: i64 = 25;

    /// The paging of `total` rows, `size` on a page. `query` holds the filters, which the links keep; its `page` is the page wanted.
    #[must_use]
    pub fn new(path: &str, query: &Fields, total: i64, size: i64) -> Self {
        let pages = ((total.max(0) + size - 1) / size).max(1);
        let page = query.get("page").parse::<i64>().unwrap_or(1).clamp(1, pages);
        let first = if total == 0 { 0 } else { (page - 1) * size + 1 };
        let link = |number: i64| {
            format!("{path}?{}", query.with("page", &number.to_string()).query_string())
        };
        let links = (pages > 1).then(|| {
            let mut items = Vec::new();
            let mut before = 0;
            for number in (1..=pages).filter(|number| *number == 1 || *number == pages || (number - page).abs() <= 1) {
                if number > before + 1 {
                    items.push(serde_json::json!({ "ellipsis": true }));
                }
                items.push(serde_json::json!({ "number": number, "href": link(number), "current": number == page }));
                before = number;
            }
            let mut links = serde_json::json!({ "items": items });
            if page > 1 {
                links["previous"] = serde_json::json!({ "href": link(page - 1) });
            }
            if page < pages {
                links["next"] = serde_json::json!({ "href": link(page + 1) });
            }
            links
        });
        Self { page, pages, first, last: (page * size).min(total), total, links }
    }

    /// How many rows come before the page that `query` asks for, whether or not there are so many.
    #[must_use]
    pub fn asked(query: &Fields, size: i64) -> i64 {
        let page = query.get("page").parse::<i64>().unwrap_or(1).max(1);
        (page - 1).saturating_mul(size)
    }

    /// How many rows come before this page.
    #[must_use]
    pub fn skip(&self) -> i64 {
        (self.first - 1).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_the_longest_address_the_path_starts_with() {
        let shell = Shell {
            navigation: vec![
                NavItem::new("Home", "/"),
                NavItem::new("Services", "/services"),
                NavItem::new("Offers", "/services/offers"),
            ],
            ..Shell::default()
        };
        let current = |path: &str| {
            let shell = shell.clone().at(path);
            shell.navigation.into_iter().find(|item| item.current).map(|item| item.text)
        };
        assert_eq!(current("/").as_deref(), Some("Home"));
        assert_eq!(current("/services").as_deref(), Some("Services"));
        assert_eq!(current("/services/offers/7").as_deref(), Some("Offers"));
        assert_eq!(current("/services-other"), None);
        assert_eq!(current("/help"), None);
    }

    #[test]
    fn paging_counts_from_one_and_keeps_the_filters() {
        let query = Fields::from_iter([("status", "pending"), ("page", "2")]);
        let paging = Paging::new("/services", &query, 75, 25);
        assert_eq!(
            (paging.page, paging.pages, paging.first, paging.last, paging.skip()),
            (2, 3, 26, 50, 25)
        );
        let links = paging.links.expect("three pages");
        assert_eq!(links["next"]["href"], "/services?status=pending&page=3");
        assert_eq!(links["items"][1]["current"], true);

        let none = Paging::new("/services", &Fields::default(), 0, 25);
        assert_eq!((none.page, none.pages, none.first, none.last, none.skip()), (1, 1, 0, 0, 0));
        assert!(none.links.is_none());
        assert_eq!(Paging::new("/x", &Fields::from_iter([("page", "99")]), 30, 25).page, 2);
    }
}
