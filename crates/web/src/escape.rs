//! Text as HTML: like minijinja's own escaping, but without the slash, which would double the length of every address.

use minijinja::{AutoEscape, Environment, Error, Output, State, Value};

/// Escapes all text an environment writes, whatever the name of the template.
pub fn set_up(environment: &mut Environment<'static>) {
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(format);
    environment.add_filter("escape", filter);
    environment.add_filter("e", filter);
}

fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() && *state.auto_escape() == AutoEscape::Html => {
            Ok(write_escaped(out, text)?)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

fn filter(value: &Value) -> Value {
    if value.is_safe() {
        return value.clone();
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut escaped = String::with_capacity(text.len());
    let _ = write_escaped(&mut escaped, &text);
    Value::from_safe_string(escaped)
}

fn write_escaped(out: &mut impl std::fmt::Write, text: &str) -> std::fmt::Result {
    let mut rest = text;
    while let Some(place) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, special) = rest.split_at(place);
        out.write_str(before)?;
        out.write_str(match special.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            _ => "&#39;",
        })?;
        rest = special.get(1..).unwrap_or_default();
    }
    out.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_means_something_in_html_is_escaped() {
        let mut environment = Environment::new();
        set_up(&mut environment);
        let render = |template: &str| {
            environment
                .render_str(template, minijinja::context! { x => "<a href='/b?c&d\">é" })
                .expect("a text")
        };
        let expected = "&lt;a href=&#39;/b?c&amp;d&quot;&gt;é";
        assert_eq!(render("{{ x }}"), expected);
        assert_eq!(render("{{ x | escape }}"), expected);
        assert_eq!(render("{{ x | e | trim }}"), expected);
        assert_eq!(render("{% set y %}{{ x }}{% endset %}{{ y }}"), expected);
        assert!(!render("{{ [x] }}").contains('<'));
    }
}
