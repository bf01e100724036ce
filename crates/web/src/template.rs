//! Templates: ours are strict, the library's components are called from them as `nhs.button({...})`.

use crate::nhs::Nhs;
use crate::page::Shell;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, TemplateSource, UndefinedBehavior, Value, context};
use quick_cache::{Weighter, sync::Cache};
use std::path::PathBuf;
use std::sync::Arc;

/// Prepared by the build: the name and text of each of our templates.
static PAGES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// HTML by what it was made of. What was not asked for lately goes first.
pub(crate) type Kept = Cache<String, Value, Bytes>;

/// Keeps so many bytes of HTML with its keys.
pub(crate) fn keep_at_most(bytes: u64) -> Kept {
    const USUAL: u64 = 500;
    Cache::with_weighter(usize::try_from(bytes / USUAL).unwrap_or(1), bytes, Bytes)
}

/// Weighs by length.
#[derive(Clone, Debug)]
pub(crate) struct Bytes;

impl Weighter<String, Value> for Bytes {
    fn weight(&self, key: &String, html: &Value) -> u64 {
        (key.len() + html.as_str().map_or(0, str::len)) as u64
    }
}

/// Bytes of headers that are kept: some thousand, each of one person in one section.
const HEADERS: u64 = 16 << 20;
const HEADER: &str = "components/header.html";

/// All templates, ready to render. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Templates(Source);

#[derive(Debug, Clone)]
enum Source {
    Embedded { pages: Arc<Environment<'static>>, headers: Arc<Kept> },
    Folder { pages: PathBuf, nhs: Value },
}

impl Templates {
    /// The templates in the program, each parsed once.
    ///
    /// # Panics
    /// Never: the tests parse each of them.
    #[must_use]
    pub fn embedded() -> Self {
        let mut pages = environment(&Value::from_object(Nhs::new()));
        for (name, text) in PAGES {
            pages.add_template(name, text).expect("the tests parse each embedded template");
        }
        Self(Source::Embedded { pages: Arc::new(pages), headers: Arc::new(keep_at_most(HEADERS)) })
    }

    /// Templates read from a folder at each use, for working on them while the program runs. What is not there is as embedded.
    #[must_use]
    pub fn from_folder(pages: impl Into<PathBuf>) -> Self {
        Self(Source::Folder { pages: pages.into(), nhs: Value::from_object(Nhs::new()) })
    }

    /// The names of the embedded templates.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PAGES.iter().map(|(name, _)| *name)
    }

    /// The header of every page of one person in one section: who is signed in, and where they can go. It is made once,
    /// because it costs as much as the rows of a list.
    ///
    /// # Errors
    /// When its template is wrong.
    pub fn header(&self, shell: &Shell) -> Result<Value, Error> {
        let (person, navigation) = (&shell.person, &shell.navigation);
        let kept = match &self.0 {
            Source::Embedded { headers, .. } => {
                serde_json::to_string(&(person, navigation)).ok().map(|key| (headers, key))
            }
            Source::Folder { .. } => None,
        };
        if let Some(header) = kept.as_ref().and_then(|(headers, key)| headers.get(key)) {
            return Ok(header);
        }
        let shell = Value::from(Serde(shell.clone()));
        let header = Value::from_safe_string(self.render(HEADER, &context! { shell })?);
        if let Some((headers, key)) = kept {
            headers.insert(key, header.clone());
        }
        Ok(header)
    }

    /// Renders a template.
    ///
    /// # Errors
    /// When it is absent, wrong, or names something that `context` does not hold.
    pub fn render(&self, name: &str, context: &Value) -> Result<String, Error> {
        match &self.0 {
            Source::Embedded { pages, .. } => pages.get_template(name)?.render(context.clone()),
            Source::Folder { pages, nhs } => {
                let mut environment = environment(nhs);
                let here = minijinja::path_loader(pages);
                environment.set_loader(move |name| Ok(here(name)?.or_else(|| embedded(name))));
                environment.get_template(name)?.render(context.clone())
            }
        }
    }
}

fn embedded(name: &str) -> Option<TemplateSource> {
    PAGES.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).into())
}

/// An environment for our own templates: a name that is not there is an error, and all text is escaped.
fn environment(nhs: &Value) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    crate::escape::set_up(&mut environment);
    environment.set_syntax(tidy_lines());
    environment.add_global("nhs", nhs.clone());
    environment.add_function("asset", asset);
    crate::words::add_to(&mut environment);
    environment
}

/// A line that holds only a block leaves nothing behind.
fn tidy_lines() -> SyntaxConfig {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the delimiters are the usual ones")
}

fn asset(name: &str) -> Result<&'static str, Error> {
    crate::assets::address(name).ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, format!("there is no static file {name}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{NavItem, Person};

    #[test]
    fn a_kept_header_is_that_of_its_person_and_section() {
        let templates = Templates::embedded();
        let shell = |name: &str, path: &str| {
            let person = Person {
                name: name.into(),
                role: "manager".into(),
                organisation: "Riverside Surgery".into(),
                code: "Y00001".into(),
                narrowing: String::new(),
                several: false,
            };
            let navigation = vec![NavItem::new("Home", "/"), NavItem::new("Services", "/services")];
            Shell { person: Some(person), navigation, ..Shell::default() }.at(path)
        };
        let header = |name: &str, path: &str| {
            templates.header(&shell(name, path)).expect("a header").to_string()
        };
        for _ in 0..2 {
            assert!(header("Ana <b>", "/").contains("Ana &lt;b&gt;, manager"));
            assert!(header("Tom", "/").contains("Tom, manager"));
            assert_ne!(header("Tom", "/"), header("Tom", "/services/7"));
            assert!(
                !templates
                    .header(&Shell::default())
                    .expect("a header")
                    .to_string()
                    .contains("manager")
            );
        }
        let Source::Embedded { headers, .. } = &templates.0 else { unreachable!("it is embedded") };
        assert_eq!(headers.len(), 4);
    }
}
