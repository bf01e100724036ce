//! Whose figures a page is about: the visitor's own, or those of a provider that a commissioner enters for.

use crate::Web;
use crate::error::WebError;
use crate::session::Visitor;
use chrono::NaiveDate;
use domain::{Organisation, Permission};
use serde::{Deserialize, Serialize};
use store::submission::At;

/// Where a commissioner records what its providers have achieved.
pub(super) const RECORD: &str = "/achievement/record";

/// The parts of an address below `/data` or, for a provider that is named, below [`RECORD`].
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Address {
    provider: Option<String>,
    pub(super) service: String,
    date: Option<String>,
    component: Option<String>,
}

/// Where a page stands, once the visitor has been shown to belong there.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) provider: Organisation,
    pub(super) on_behalf: bool,
    pub(super) service: String,
    root: String,
}

/// What surrounds every page of entry.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Around {
    /// The section of the title.
    area: &'static str,
    trail: Vec<Crumb>,
    /// Whom the figures are for; empty on a provider's own pages.
    whom: String,
}

/// A link of the breadcrumb.
#[derive(Clone, Debug, Serialize)]
struct Crumb {
    text: String,
    href: String,
}

impl Address {
    /// A provider enters its own figures; a commissioner with the role Achievement Entry those of the provider it names.
    pub(super) async fn place(&self, web: &Web, visitor: &Visitor) -> Result<Place, WebError> {
        let service = self.service.clone();
        let Some(code) = &self.provider else {
            visitor.must_commission(false)?;
            visitor.must(web, Permission::SeeAchievement).await?;
            let provider = visitor.organisation().clone();
            return Ok(Place { provider, on_behalf: false, service, root: "/data".into() });
        };
        visitor.must_commission(true)?;
        visitor.must(web, Permission::EnterFigures).await?;
        let found =
            store::organisation::find_by_code(&mut web.db.read_as(&visitor.actor).await?, code)
                .await?;
        let provider = found.ok_or(WebError::NotFound)?;
        Ok(Place {
            root: format!("{RECORD}/{}", provider.code),
            provider,
            on_behalf: true,
            service,
        })
    }

    /// The achievement date.
    pub(super) fn date(&self) -> Result<NaiveDate, WebError> {
        self.date.as_deref().and_then(|date| date.parse().ok()).ok_or(WebError::NotFound)
    }

    /// Code of the component.
    pub(super) fn component(&self) -> Result<&str, WebError> {
        self.component.as_deref().ok_or(WebError::NotFound)
    }
}

impl Place {
    /// The key of the figures at an achievement date.
    pub(super) fn at(&self, date: NaiveDate) -> At<'_> {
        At { provider: self.provider.id, service: &self.service, date }
    }

    /// Address of the achievement dates of a service.
    pub(super) fn service_href(&self) -> String {
        format!("{}/{}", self.root, self.service)
    }

    /// Address of the indicator groups of an achievement date.
    pub(super) fn date_href(&self, date: NaiveDate) -> String {
        format!("{}/{date}", self.service_href())
    }

    /// Address of the template of an achievement date.
    pub(super) fn template_href(&self, date: NaiveDate) -> String {
        format!("{}/template", self.date_href(date))
    }

    /// Address of one indicator group.
    pub(super) fn group_href(&self, date: NaiveDate, component: &str) -> String {
        format!("{}/{component}", self.date_href(date))
    }

    /// What surrounds the page; `up` is a further link of the breadcrumb, `is_open` whether figures can be entered.
    pub(super) fn around(
        &self,
        date: Option<NaiveDate>,
        up: Option<(&str, String)>,
        is_open: bool,
    ) -> Around {
        let crumb = |text: &str, href: String| Crumb { text: text.to_owned(), href };
        let mut trail = vec![crumb("Home", "/".into())];
        if self.on_behalf {
            let date = date.map(|date| format!("&date={date}")).unwrap_or_default();
            let list = format!("{RECORD}?service={}{date}", self.service);
            trail.push(crumb("Record Provider Achievement", list));
        } else {
            trail.push(crumb("Data submission", "/data".into()));
        }
        trail.extend(up.map(|(text, href)| crumb(text, href)));
        let (name, code) = (&self.provider.name, &self.provider.code);
        let begin =
            if is_open { "You are entering figures for" } else { "These are the figures of" };
        let whom = format!("{begin} {name} ({code}).");
        Around {
            area: if self.on_behalf { "Achievement" } else { "Data submission" },
            trail,
            whom: if self.on_behalf { whom } else { String::new() },
        }
    }
}
