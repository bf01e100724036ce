//! A template of one achievement date: downloaded, filled in, uploaded, checked, and submitted as a whole.

use super::boxes::{id, label, words};
use super::entry::said;
use super::place::{Address, Around, Place};
use super::{figures, not_open, undoes};
use crate::Web;
use crate::download::download;
use crate::error::WebError;
use crate::flash::Flash;
use crate::form::{Errors, Fields};
use crate::page::Page;
use crate::session::Visitor;
use crate::words::plural;
use crate::workbook;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::achievement::CannotSubmit;
use domain::submission::Question;
use domain::submission::template::{self as layout, Filled, Line, READ, VALUE};
use domain::tabular::{Problem, Problems};
use domain::{Field, Figures, Permission, Refusal};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::submission::{Box as Typing, Checked, Template};
use store::{Failed, StoreError};

/// Bytes of an uploaded file with its form: many times those of the largest template.
pub(super) const LARGEST_FILE: usize = 2 << 20;
/// Letters of a file's name that the history keeps.
const LONGEST_NAME: usize = 100;

/// What `submission/template.html` sees.
#[derive(Debug, Serialize)]
struct Show {
    around: Around,
    service: String,
    period: String,
    back: String,
    here: String,
    /// What is wrong with the file that was uploaded.
    problems: Vec<Problem>,
    /// How many more there are.
    more: usize,
}

/// What `submission/template_check.html` sees.
#[derive(Debug, Serialize)]
struct Check {
    around: Around,
    service: String,
    period: String,
    here: String,
    file: String,
    version: i64,
    rows: Vec<Change>,
    /// What is unlikely, and what confirms it.
    questions: Vec<(String, String)>,
    undoes: String,
}

/// One figure that the template changes.
#[derive(Debug, Serialize)]
struct Change {
    component: String,
    indicator: String,
    label: String,
    before: Option<String>,
    after: String,
    /// As the form sends it: the box and the figure.
    sent: String,
}

/// The place of an address and its template, for who may fill it in now.
async fn find(
    web: &Web,
    visitor: &Visitor,
    address: &Address,
) -> Result<(Place, Template), WebError> {
    let place = address.place(web, visitor).await?;
    let (date, now) = (address.date()?, (web.clock)());
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let found = store::submission::template(&mut tx, &place.at(date), &visitor.actor, &now).await;
    drop(tx);
    let template = found.map_err(not_open)?;
    let refuse = |why: String| Err(WebError::Forbidden { why, who: String::new() });
    match &template.why_not {
        Some(why) if why.is_forbidden() => {
            Err(visitor.forbidden(web, Permission::EnterFigures, why).await)
        }
        Some(why) => refuse(why.to_string()),
        None if template.open().next().is_none() => {
            refuse("You cannot enter any of these figures, so there is no template.".to_owned())
        }
        None => Ok((place, template)),
    }
}

fn layout_of(template: &Template) -> (layout::Place, Vec<layout::Row>) {
    let place = layout::Place {
        organisation: template.provider.code.clone(),
        service: template.service.code.clone(),
        date: template.period.end,
    };
    let row = |(component, own): (&domain::service::Component, &Typing)| layout::Row {
        component: component.code.clone(),
        indicator: own.indicator.clone(),
        field: own.field,
        name: label(own),
        last_period: own.before,
        in_force: own.value,
    };
    (place, template.open().map(row).collect())
}

/// The template as CSV.
pub(super) async fn csv(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
) -> Result<Response, WebError> {
    let (_, template) = find(&web, &visitor, &address).await?;
    let (to, rows) = layout_of(&template);
    file(&to, "csv", "text/csv; charset=utf-8", layout::csv(&to, &rows).into())
}

/// The template as an Excel workbook.
pub(super) async fn xlsx(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
) -> Result<Response, WebError> {
    let (_, template) = find(&web, &visitor, &address).await?;
    let (to, rows) = layout_of(&template);
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    file(&to, "xlsx", kind, workbook::write(&to, &rows, (web.clock)().today)?)
}

fn file(
    to: &layout::Place,
    end: &str,
    kind: &'static str,
    content: Vec<u8>,
) -> Result<Response, WebError> {
    let name = format!("{}-{}-{}.{end}", to.service, to.organisation, to.date);
    download(&name, kind, content)
}

fn page(place: &Place, template: &Template, problems: &Problems) -> Page {
    let date = template.period.end;
    let show = Show {
        around: place.around(Some(date), None, true),
        service: template.service.name.clone(),
        period: template.period.to_string(),
        back: place.date_href(date),
        here: place.template_href(date),
        problems: problems.iter().cloned().collect(),
        more: problems.more(),
    };
    Page::new("submission/template.html", show)
}

/// The page again with what is wrong with the file, row by row.
fn wrong(place: &Place, template: &Template, problems: &Problems) -> Page {
    let number = plural(i64::try_from(problems.len()).unwrap_or(i64::MAX), "problem", None);
    let message = format!("The file has {number}, so nothing was saved");
    page(place, template, problems).errors(Errors::one("file", message))
}

pub(super) async fn show(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
) -> Result<Response, WebError> {
    let (place, template) = find(&web, &visitor, &address).await?;
    page(&place, &template, &Problems::default()).respond(&web, &visitor.shell)
}

/// "Check the figures": nothing is recorded.
pub(super) async fn upload(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
    form: Multipart,
) -> Result<Response, WebError> {
    let (place, template) = find(&web, &visitor, &address).await?;
    let Some((name, bytes)) = sent(form).await? else {
        return page(&place, &template, &Problems::default())
            .errors(Errors::one("file", "Select a filled template"))
            .respond(&web, &visitor.shell);
    };
    let filled = match lines(bytes).await.and_then(|lines| filled(&template, &lines)) {
        Ok(filled) => filled,
        Err(problems) => {
            return wrong(&place, &template, &problems).respond(&web, &visitor.shell);
        }
    };
    let boxes = filled.iter().map(|(key, (_, text))| (key.clone(), text.clone())).collect();
    let (date, now) = (template.period.end, (web.clock)());
    let mut tx = web.db.read_as(&visitor.actor).await?;
    let by = &visitor.actor;
    let checked = store::submission::check(&mut tx, &place.at(date), &boxes, by, &now).await;
    drop(tx);
    match checked {
        Ok(checked) if checked.changed.is_empty() => {
            Ok(nothing_new().redirect(&place.date_href(date)))
        }
        Ok(checked) => check_page(&place, &checked, name).respond(&web, &visitor.shell),
        Err(Failed::Refused(CannotSubmit::Figures(errors))) => {
            let problems = layout::problems(&template.service, &filled, &errors);
            wrong(&place, &template, &problems).respond(&web, &visitor.shell)
        }
        Err(failed) => Err(not_open(failed)),
    }
}

fn nothing_new() -> Flash {
    Flash::information("Nothing has changed, because these figures were submitted before.")
}

/// The name and content of the file; nothing when none was chosen.
async fn sent(mut form: Multipart) -> Result<Option<(String, Vec<u8>)>, WebError> {
    let bad = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
        _ => WebError::BadRequest,
    };
    while let Some(field) = form.next_field().await.map_err(bad)? {
        if field.name() == Some("file") {
            let name = file_name(field.file_name().unwrap_or_default());
            let bytes = field.bytes().await.map_err(bad)?;
            return Ok((!bytes.is_empty()).then(|| (name, bytes.into())));
        }
    }
    Ok(None)
}

/// The last part of a file's name, as the history keeps it.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME);
    let name: String = kept.collect();
    if name.trim().is_empty() { "without a name".to_owned() } else { name.trim().to_owned() }
}

/// The rows of a file, which is known by how it begins and not by its name. It is read beside the other requests, and
/// one that the reader stumbles over is one that cannot be read.
async fn lines(bytes: Vec<u8>) -> Result<Vec<Line>, Problems> {
    let read = tokio::task::spawn_blocking(move || {
        if bytes.starts_with(workbook::MARK) {
            workbook::read(&bytes)
        } else if bytes.contains(&0) {
            Err(workbook::unreadable().into())
        } else {
            layout::lines_of_csv(&bytes)
        }
    });
    read.await.unwrap_or_else(|_| Err(workbook::unreadable().into()))
}

/// What was filled in, compared with what the person may enter.
fn filled(template: &Template, lines: &[Line]) -> Result<Filled, Problems> {
    let known: BTreeMap<(&str, Field), Option<&CannotSubmit>> = template
        .boxes()
        .map(|(_, own)| ((own.indicator.as_str(), own.field), own.fixed.as_ref()))
        .collect();
    let why_not = |key: &(String, Field)| match known.get(&(key.0.as_str(), key.1)) {
        Some(None) => None,
        Some(Some(why)) => Some((VALUE, why.to_string())),
        None => {
            let fields = known.keys().filter(|own| own.0 == key.0).map(|own| own.1.key());
            let fields: Vec<&str> = fields.collect();
            Some(match fields.is_empty() {
                true => (READ[3], "an indicator of the template".to_owned()),
                false => (READ[4], fields.join(", ")),
            })
        }
    };
    layout::filled(lines, &layout_of(template).0, why_not)
}

fn check_page(place: &Place, checked: &Checked, file: String) -> Page {
    let template = &checked.template;
    let date = template.period.end;
    let change = |(component, own): (&domain::service::Component, &Typing)| {
        let after = *checked.changed.get(&(own.indicator.clone(), own.field))?;
        Some(Change {
            component: component.name.clone(),
            indicator: own.indicator.clone(),
            label: label(own),
            before: own.value.map(|figure| words(own.field, figure)),
            after: words(own.field, after),
            sent: format!("{}={after}", id(own)),
        })
    };
    let question = |own: &Question| {
        (own.sentence(), format!("{}-{}={}", own.indicator, own.field.key(), own.new))
    };
    let check = Check {
        around: place.around(Some(date), None, true),
        service: template.service.name.clone(),
        period: template.period.to_string(),
        here: place.template_href(date),
        file,
        version: template.version,
        rows: template.boxes().filter_map(change).collect(),
        questions: checked.questions.iter().map(question).collect(),
        undoes: undoes(template.declaration.as_ref(), template.why_not.as_ref()),
    };
    Page::new("submission/template_check.html", check)
}

/// "Submit these figures".
pub(super) async fn submit(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(address): Path<Address>,
    form: Fields,
) -> Result<Response, WebError> {
    let (place, template) = find(&web, &visitor, &address).await?;
    let date = template.period.end;
    let given = checked(&template, &form, "figure")?;
    let wanted = store::submission::Filled {
        service: template.id,
        date,
        file: file_name(form.get("file")),
        seen_version: form.get("version").parse().map_err(|_| WebError::BadRequest)?,
        boxes: given.iter().map(|(key, figure)| (key.clone(), figure.to_string())).collect(),
        confirmed: checked(&template, &form, "confirmed")?,
    };
    let (provider, now) = (place.provider.id, (web.clock)());
    match store::submission::submit_template(&web.db, provider, &wanted, &visitor.actor, &now).await
    {
        Ok(outcome) if outcome.figures == 0 => Ok(nothing_new().redirect(&place.date_href(date))),
        Ok(outcome) => {
            let done = format!("{} submitted.", figures(outcome.figures));
            Ok(said(done, &outcome, &place).redirect(&place.date_href(date)))
        }
        Err(Failed::Other(StoreError::Stale)) => {
            Err(WebError::Stale { see: place.template_href(date) })
        }
        Err(Failed::Refused(CannotSubmit::Unlikely(questions))) => {
            let checked = Checked { template, changed: given, questions };
            check_page(&place, &checked, wanted.file).respond(&web, &visitor.shell)
        }
        Err(Failed::Refused(why)) if !why.is_forbidden() => {
            let status = match why {
                CannotSubmit::Figures(_) | CannotSubmit::NothingTyped => {
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                // The moment has passed, which no file can mend.
                _ => StatusCode::CONFLICT,
            };
            page(&place, &template, &Problems::default())
                .errors(Errors::one("file", why.to_string()))
                .status(status)
                .respond(&web, &visitor.shell)
        }
        Err(failed) => Err(not_open(failed)),
    }
}

/// The figures of a hidden field of the check page, which nobody types.
fn checked(template: &Template, form: &Fields, name: &str) -> Result<Figures, WebError> {
    let known: BTreeMap<String, (String, Field)> =
        template.boxes().map(|(_, own)| (id(own), (own.indicator.clone(), own.field))).collect();
    let one = |text: &str| {
        let (id, figure) = text.split_once('=')?;
        Some((known.get(id)?.clone(), figure.parse().ok()?))
    };
    form.all(name).map(|text| one(text).ok_or(WebError::BadRequest)).collect()
}
