//! What people type: the fields as they came, and what is wrong with them.

use crate::error::WebError;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, FromRequestParts, RawForm, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};
use minijinja::value::{Object, from_args};
use minijinja::{Error, ErrorKind, State, Value, context};
use std::convert::Infallible;
use std::sync::Arc;

/// Fields of a form at most: more than the longest page of ours has, and few enough to be looked through again and again.
const MOST_FIELDS: usize = 2_000;

/// What is wrong with a form: each message stands in the error summary and at its field.
#[derive(Debug, Clone, Default)]
pub struct Errors(Vec<FieldError>);

#[derive(Debug, Clone)]
struct FieldError {
    field: String,
    target: String,
    message: String,
}

impl FieldError {
    fn href(&self) -> String {
        if self.target.starts_with('/') { self.target.clone() } else { format!("#{}", self.target) }
    }
}

/// The three boxes of the component `dateInput` with this prefix, filled with a date.
pub fn date_fields(prefix: &str, date: NaiveDate) -> [(String, String); 3] {
    let field = |part: &str, value: String| (format!("{prefix}-{part}"), value);
    [
        field("day", date.day().to_string()),
        field("month", date.month().to_string()),
        field("year", date.year().to_string()),
    ]
}

impl Errors {
    /// Nothing wrong so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A form with one thing wrong.
    #[must_use]
    pub fn one(field: &str, message: impl Into<String>) -> Self {
        let mut errors = Self::new();
        errors.add(field, message);
        errors
    }

    /// Notes what is wrong with a field. The link in the summary goes to the element with the field's name as its id.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.add_at(field, field, message);
    }

    /// The same, with the link going to another element (for a date, the first part that is wrong), or to the page of a
    /// record that may not be on this one (`/declarations/D-2026-000123`).
    pub fn add_at(&mut self, field: &str, target: &str, message: impl Into<String>) {
        self.0.push(FieldError {
            field: field.to_owned(),
            target: target.to_owned(),
            message: message.into(),
        });
    }

    /// Notes what is wrong with another part of the form, after what is noted already.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first message about a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// Whether an element is where a link of the summary goes.
    fn points_at(&self, target: &str) -> bool {
        self.0.iter().any(|error| error.target == target)
    }
}

/// In templates: `errors.any`, `errors.list` for the summary, `errors.of("field")` for `errorMessage`,
/// `errors.at("id")` for one part of a date.
impl Object for Errors {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "any" => Some(Value::from(!self.is_empty())),
            "list" => {
                let items = self
                    .0
                    .iter()
                    .map(|error| context! { text => &error.message, href => error.href() });
                Some(Value::from_iter(items))
            }
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let (name,): (&str,) = from_args(args)?;
        match method {
            "of" => Ok(self.of(name).map_or_else(|| Value::from(()), |text| context! { text })),
            "at" => Ok(Value::from(self.points_at(name))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// The fields of a form or of an address, in their order, each possibly several times, without spaces at their ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl Fields {
    /// Reads `a=1&b=2` as browsers write it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes());
        pairs.map(|(name, value)| (name.into_owned(), typed(&value))).collect()
    }

    /// The first value of a field, empty when it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Every value of a field: the ticked boxes of one name.
    pub fn all<'a, 'b>(&'a self, name: &'b str) -> impl Iterator<Item = &'a str> + use<'a, 'b> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a field has this value.
    #[must_use]
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|present| present == value)
    }

    /// Every field with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same fields with one of them set to one value.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut fields = self.without(name);
        fields.0.push((name.to_owned(), value.to_owned()));
        fields
    }

    /// The same fields without one of them.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(key, _)| key != name).cloned().collect())
    }

    /// The same fields without one value of one of them: for "Remove filter".
    #[must_use]
    pub fn without_value(&self, name: &str, value: &str) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(key, present)| key != name || present != value)
                .cloned()
                .collect(),
        )
    }

    /// Without the fields that hold nothing: for addresses.
    #[must_use]
    pub fn query_string(&self) -> String {
        let filled = self.0.iter().filter(|(_, value)| !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(filled).finish()
    }

    /// The date in the three boxes of the component `dateInput` with this prefix: `prefix-day`, `prefix-month`, `prefix-year`.
    /// `what` begins the message: "Response date". What is wrong is noted, and nothing is given back.
    pub fn date(&self, prefix: &str, what: &str, errors: &mut Errors) -> Option<NaiveDate> {
        let id = |part: &str| format!("{prefix}-{part}");
        let parts = ["day", "month", "year"].map(|part| (part, self.get(&id(part)).to_owned()));
        let absent: Vec<&str> =
            parts.iter().filter(|(_, text)| text.is_empty()).map(|(part, _)| *part).collect();
        match absent.as_slice() {
            [] => {}
            [_, _, _] => {
                errors.add_at(prefix, &id("day"), format!("Enter {}", lower_first(what)));
                return None;
            }
            [first, ..] => {
                errors.add_at(
                    prefix,
                    &id(first),
                    format!("{what} must include a {}", absent.join(" and ")),
                );
                return None;
            }
        }
        let date = parse_date(&parts[0].1, &parts[1].1, &parts[2].1);
        if date.is_none() {
            errors.add_at(prefix, &id(wrong_part(&parts)), format!("{what} must be a real date"));
        }
        date
    }
}

/// In templates: `form.get("name")`, `form.has("name", "value")`, `form.all("name")`.
impl Object for Fields {
    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "get" => from_args::<(&str,)>(args).map(|(name,)| Value::from(self.get(name))),
            "all" => from_args::<(&str,)>(args)
                .map(|(name,)| Value::from_iter(self.all(name).map(Value::from))),
            "has" => from_args::<(&str, String)>(args)
                .map(|(name, value)| Value::from(self.has(name, &value))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// What was typed, without spaces at its ends and without characters that nobody can type: a database or a file
/// would stumble over them.
fn typed(value: &str) -> String {
    let keeps = |one: &char| !one.is_control() || matches!(one, '\n' | '\r' | '\t');
    value.trim().chars().filter(keeps).collect()
}

/// The body of a form, as an argument of a handler. It must be the last one. A file in it is a field with its text.
impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data")) {
            let form = Multipart::from_request(request, state).await;
            let form = form.map_err(IntoResponse::into_response)?;
            return parts(form).await.map_err(IntoResponse::into_response);
        }
        let RawForm(body) =
            RawForm::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        if body.iter().filter(|byte| **byte == b'&').count() >= MOST_FIELDS {
            return Err(WebError::TooLarge.into_response());
        }
        Ok(Self::parse(&String::from_utf8_lossy(&body)))
    }
}

/// The fields of a form that can carry a file.
async fn parts(mut form: Multipart) -> Result<Fields, WebError> {
    let bad = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => WebError::TooLarge,
        _ => WebError::BadRequest,
    };
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.map_err(bad)? {
        if fields.len() >= MOST_FIELDS {
            return Err(WebError::TooLarge);
        }
        let name = field.name().unwrap_or_default().to_owned();
        let value = field.bytes().await.map_err(bad)?;
        fields.push((name, typed(&String::from_utf8_lossy(&value))));
    }
    Ok(Fields(fields))
}

/// The fields of an address, as an argument of a handler: `Query(query): Query`.
#[derive(Debug, Clone)]
pub struct Query(pub Fields);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Fields::parse(parts.uri.query().unwrap_or_default())))
    }
}

/// Days and months as numbers, months also by name, years with four digits.
fn parse_date(day: &str, month: &str, year: &str) -> Option<NaiveDate> {
    if year.len() != 4 {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month_number(month)?, day.parse().ok()?)
}

fn month_number(month: &str) -> Option<u32> {
    const NAMES: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let lower = month.to_ascii_lowercase();
    let named =
        NAMES.iter().zip(1..).find(|(name, _)| lower.starts_with(*name)).map(|(_, number)| number);
    named.or_else(|| month.parse().ok()).filter(|number| (1..=12).contains(number))
}

/// The first part that cannot belong to any date.
fn wrong_part(parts: &[(&'static str, String); 3]) -> &'static str {
    let [(_, day), (_, month), (_, year)] = parts;
    if !day.parse::<u32>().is_ok_and(|day| (1..=31).contains(&day)) {
        return "day";
    }
    if month_number(month).is_none() {
        return "month";
    }
    if year.len() != 4 || year.parse::<u32>().is_err() {
        return "year";
    }
    "day"
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: &str, month: &str, year: &str) -> Result<NaiveDate, (String, String)> {
        let fields =
            Fields::from_iter([("due-day", day), ("due-month", month), ("due-year", year)]);
        let mut errors = Errors::new();
        fields
            .date("due", "Response date", &mut errors)
            .ok_or_else(|| (errors.0[0].message.clone(), errors.0[0].target.clone()))
    }

    #[test]
    fn a_date_is_read_as_people_write_it() {
        let day = NaiveDate::from_ymd_opt(2026, 8, 6).expect("a day");
        assert_eq!(date("6", "8", "2026"), Ok(day));
        assert_eq!(date("06", "August", "2026"), Ok(day));
    }

    #[test]
    fn a_wrong_date_says_what_to_do_and_where() {
        let wrong = |day, month, year| date(day, month, year).expect_err("a wrong date");
        assert_eq!(wrong("", "", ""), ("Enter response date".into(), "due-day".into()));
        assert_eq!(
            wrong("6", "", ""),
            ("Response date must include a month and year".into(), "due-month".into())
        );
        assert_eq!(
            wrong("6", "8", ""),
            ("Response date must include a year".into(), "due-year".into())
        );
        assert_eq!(
            wrong("30", "2", "2026"),
            ("Response date must be a real date".into(), "due-day".into())
        );
        assert_eq!(wrong("6", "13", "2026").1, "due-month");
        assert_eq!(wrong("6", "8", "26").1, "due-year");
    }

    #[test]
    fn fields_keep_order_and_repeats() {
        let fields = Fields::parse("offer=1&offer=2&reason=+too+far+&empty=");
        assert_eq!(fields.all("offer").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.get("reason"), "too far");
        assert_eq!(fields.get("nothing"), "");
        assert!(fields.has("offer", "2"));
        assert_eq!(fields.without_value("offer", "1").query_string(), "offer=2&reason=too+far");
        assert_eq!(fields.with("offer", "9").query_string(), "reason=too+far&offer=9");
    }
}
