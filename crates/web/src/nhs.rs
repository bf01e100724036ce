//! The library's components as one object, so that a page says `nhs.button({"text": "Save"})`.

use crate::template::{Kept, keep_at_most};
use minijinja::value::{Kwargs, Object, ValueKind, from_args};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value, context};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

/// Prepared by the build: the name and text of each template of the library.
static MACROS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/macros.rs"));

/// Prepared by the build: each component with its template.
static COMPONENTS: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// Every component of the library, by its name in camel case or in snake case.
///
/// The library's templates count on names that may be absent, ours must not: so the two live in two environments,
/// and what a page hands over is looked through first. A value that is not there is the page's mistake; one that is
/// `none` is left out.
#[derive(Debug)]
pub struct Nhs {
    library: Environment<'static>,
    templates: HashMap<Cow<'static, str>, &'static str>,
    /// What components came to, by what [`is_key`] writes: pages ask for the same few tags and filters again and again.
    kept: Kept,
}

/// Bytes of components that are kept, with their keys.
const KEPT: u64 = 4 << 20;
/// What needs a longer key is rarely the same twice.
const LONGEST_KEY: usize = 2_000;
/// The layout keeps the header as a whole.
const NOT_KEPT: &str = "header";

impl Nhs {
    /// Parses the library's templates.
    ///
    /// # Panics
    /// Never: the tests render every component.
    #[must_use]
    pub fn new() -> Self {
        let mut library = Environment::new();
        library.set_undefined_behavior(UndefinedBehavior::Chainable);
        crate::escape::set_up(&mut library);
        library.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        library.add_filter("length", length);
        library.add_filter("truncate", truncate);
        for (name, text) in MACROS {
            library.add_template(name, text).expect("the tests parse each embedded template");
        }
        let mut templates = HashMap::new();
        for (name, template) in COMPONENTS {
            templates.insert(Cow::Borrowed(*name), *template);
            templates.insert(Cow::Owned(snake_case(name)), *template);
        }
        Self { library, templates, kept: keep_at_most(KEPT) }
    }

    /// Renders a component, or gives what the same one came to before.
    fn kept_component(
        &self,
        state: &mut State<'_, '_>,
        name: &str,
        params: Value,
    ) -> Result<Value, Error> {
        let mut key = String::with_capacity(256);
        key.push_str(name);
        if name == NOT_KEPT || !is_key(state, &mut key, &params)? {
            return self.component(name, present(state, &params, name)?.unwrap_or(params), None);
        }
        if let Some(html) = self.kept.get(&key) {
            return Ok(html);
        }
        let html = self.component(name, present(state, &params, name)?.unwrap_or(params), None)?;
        self.kept.insert(key, html.clone());
        Ok(html)
    }

    /// Renders one component.
    ///
    /// # Errors
    /// When there is no such component or its template refuses the parameters.
    pub fn component(
        &self,
        name: &str,
        params: Value,
        caller: Option<Value>,
    ) -> Result<Value, Error> {
        let unknown =
            || Error::new(ErrorKind::UnknownMethod, format!("there is no component {name}"));
        let template = self.templates.get(name).ok_or_else(unknown)?;
        let context = match caller {
            Some(inner) => {
                context! { params, caller => Value::from_function(move || inner.clone()) }
            }
            None => context! { params },
        };
        let html = self.library.get_template(template)?.render(context)?;
        Ok(Value::from_safe_string(without_blank_lines(html.trim())))
    }
}

impl Default for Nhs {
    fn default() -> Self {
        Self::new()
    }
}

impl Object for Nhs {
    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let (params, kwargs): (Option<Value>, Kwargs) = from_args(args)?;
        // A macro cannot be called from another environment, so what is inside a call block is rendered here.
        let caller = match kwargs.get::<Option<Value>>("caller")? {
            Some(caller) => Some(caller.call(state, &[])?),
            None => None,
        };
        kwargs.assert_all_used()?;
        let params = params.unwrap_or_else(|| context! {});
        let without_logo = method == "header"
            && params.get_attr("logo")?.get_attr("omit").is_ok_and(|omit| omit.is_true());
        let html = match caller {
            Some(_) => {
                let params = present(state, &params, method)?.unwrap_or(params);
                self.component(method, params, caller)?
            }
            None => self.kept_component(state, method, params)?,
        };
        Ok(if without_logo {
            Value::from_safe_string(remove_logo(html.as_str().unwrap_or_default()))
        } else {
            html
        })
    }
}

/// Writes parameters so that two of them look alike only when they mean the same, safe text apart from text that is
/// still to be escaped; false when they hold something else than texts, numbers, lists and maps, or too much of it.
/// What [`present`] leaves out is left out here as well. `one + other` is not a list before `| list` makes it one.
fn is_key(state: &mut State<'_, '_>, key: &mut String, value: &Value) -> Result<bool, Error> {
    match value.kind() {
        ValueKind::Map => {
            let Some(pairs) = value.as_object().and_then(|object| object.try_iter_pairs()) else {
                return Ok(false);
            };
            key.push('{');
            for (name, item) in pairs {
                // Where a name is wrong, what comes after says so.
                if item.is_undefined() && state.format(item.clone()).is_err() {
                    return Ok(false);
                }
                if item.is_none() || item.is_undefined() {
                    continue;
                }
                if !is_key(state, key, &name)? || !is_key(state, key, &item)? {
                    return Ok(false);
                }
            }
            key.push('}');
        }
        ValueKind::Seq => {
            key.push('[');
            for item in value.try_iter()? {
                if !is_key(state, key, &item)? {
                    return Ok(false);
                }
            }
            key.push(']');
        }
        ValueKind::String => {
            let Some(text) = value.as_str() else { return Ok(false) };
            let mark = if value.is_safe() { 's' } else { 't' };
            // Writing into memory cannot fail. The length in front keeps a text from looking like what follows it.
            _ = write!(key, "{mark}{}:{text}", text.len());
        }
        ValueKind::Bool | ValueKind::Number => _ = write!(key, "{:?};", value),
        ValueKind::None => key.push('-'),
        ValueKind::Undefined => key.push('?'),
        _ => return Ok(false),
    }
    Ok(key.len() <= LONGEST_KEY)
}

/// The parameters without those that are `none`, or nothing when they can stay as they are.
fn present(state: &mut State<'_, '_>, value: &Value, path: &str) -> Result<Option<Value>, Error> {
    match value.kind() {
        ValueKind::Map => {
            let mut kept = Vec::new();
            let mut changed = false;
            for key in value.try_iter()? {
                let item = value.get_item(&key)?;
                if item.is_none() || (item.is_undefined() && is_left_out(state, &item, path, &key)?)
                {
                    changed = true;
                    continue;
                }
                let cleaned = if is_nested(&item) {
                    present(state, &item, &format!("{path}.{key}"))?
                } else {
                    None
                };
                changed |= cleaned.is_some();
                kept.push((key, cleaned.unwrap_or(item)));
            }
            Ok(changed.then(|| Value::from_pairs(kept)))
        }
        ValueKind::Seq => {
            let mut kept = Vec::with_capacity(value.len().unwrap_or_default());
            let mut changed = false;
            for (place, item) in value.try_iter()?.enumerate() {
                let cleaned = if is_nested(&item) {
                    present(state, &item, &format!("{path}[{place}]"))?
                } else {
                    None
                };
                changed |= cleaned.is_some();
                kept.push(cleaned.unwrap_or(item));
            }
            Ok(changed.then(|| Value::from(kept)))
        }
        _ => Ok(None),
    }
}

fn is_nested(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Map | ValueKind::Seq)
}

/// `"x" if no` gives an undefined value that prints as nothing: that one is left out. A misspelt name is an error.
fn is_left_out(
    state: &mut State<'_, '_>,
    item: &Value,
    path: &str,
    key: &Value,
) -> Result<bool, Error> {
    match state.format(item.clone()) {
        Ok(_) => Ok(true),
        Err(_) => Err(Error::new(
            ErrorKind::UndefinedError,
            format!("{path}.{key} is given a value that is not there"),
        )),
    }
}

/// The library's macros leave a line behind for each of their conditions, a sixth of a page with a list. What a person
/// typed into a text area keeps its lines.
fn without_blank_lines(html: &str) -> String {
    if html.contains("<textarea") {
        return html.to_owned();
    }
    let mut kept = String::with_capacity(html.len());
    for line in html.lines().filter(|line| !line.trim_ascii_start().is_empty()) {
        if !kept.is_empty() {
            kept.push('\n');
        }
        kept.push_str(line);
    }
    kept
}

/// The library's header draws the NHS logo when no other is given; a neutral header has none.
fn remove_logo(header: &str) -> String {
    const START: &str = "<svg class=\"nhsuk-header__logo\"";
    const END: &str = "</svg>";
    match header.split_once(START) {
        Some((before, rest)) => match rest.split_once(END) {
            Some((_, after)) => format!("{}{}", before.trim_end(), after.trim_start()),
            None => header.to_owned(),
        },
        None => header.to_owned(),
    }
}

/// Python's, as the library counts on it: nothing has length 0, as with its undefined values.
fn length(value: &Value) -> usize {
    value.len().unwrap_or_default()
}

/// Python's `truncate(length, killwords, end)`, in the one form the library uses.
fn truncate(text: &str, length: usize, _killwords: Option<bool>, end: Option<&str>) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let end = end.unwrap_or("...");
    let kept = length.saturating_sub(end.chars().count());
    text.chars().take(kept).chain(end.chars()).collect()
}

fn snake_case(camel: &str) -> String {
    let mut snake = String::with_capacity(camel.len() + 4);
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
#[path = "nhs_conformity.rs"]
mod conformity;

#[cfg(test)]
mod tests {
    use super::*;

    /// Renders a tag as a page would, keeping it.
    fn tag(nhs: &Arc<Nhs>, params: Value) -> String {
        let environment = Environment::new();
        let mut state = environment.empty_state();
        let html = nhs.kept_component(&mut state, "tag", params).expect("a tag");
        html.as_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_kept_component_is_not_mistaken_for_another() {
        let nhs = Arc::new(Nhs::new());
        let text = || context! { text => "<b>" };
        let safe = || context! { text => Value::from_safe_string("<b>".to_owned()) };
        for _ in 0..2 {
            assert!(tag(&nhs, text()).contains("&lt;b&gt;"));
            assert!(tag(&nhs, safe()).contains("<b>"));
            assert!(tag(&nhs, context! { text => "1" }).contains('1'));
            assert!(
                tag(&nhs, context! { text => "1", colour => "red" }).contains("nhsuk-tag--red")
            );
            assert!(!tag(&nhs, context! { text => "1", colour => "teal" }).contains("nhsuk-tag--"));
            // What is nothing is left out, of the key as well.
            assert!(tag(&nhs, context! { text => "1", colour => () }).contains('1'));
        }
        assert_eq!(nhs.kept.len(), 5);
    }

    #[test]
    fn blank_lines_go_except_from_what_was_typed() {
        assert_eq!(without_blank_lines("<p\n\n  \n>a b\n  c</p>"), "<p\n>a b\n  c</p>");
        let typed = "<textarea>one\n\ntwo</textarea>";
        assert_eq!(without_blank_lines(typed), typed);
        let nhs = Nhs::new();
        let button = nhs.component("button", context! { text => "Save" }, None).expect("a button");
        assert!(button.as_str().is_some_and(|html| html.lines().count() < 8), "{button}");
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let nhs = Arc::new(Nhs::new());
        tag(&nhs, context! { text => "x".repeat(LONGEST_KEY) });
        assert_eq!(nhs.kept.len(), 0);
        for number in 0..40_000 {
            tag(&nhs, context! { text => format!("{number:0200}") });
        }
        assert!(nhs.kept.len() > 1_000 && nhs.kept.weight() <= KEPT, "{} kept", nhs.kept.len());
    }
}
