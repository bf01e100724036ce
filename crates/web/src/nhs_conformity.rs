//! Every example rendering that comes with the library, made in a template of ours and compared.

use super::{COMPONENTS, Nhs};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use std::path::Path;

/// Examples that are known to differ, each with the reason.
const LEFT_OUT: [(&str, &str); 1] = [(
    "fileUpload: button",
    "JSON inside an attribute has a space after its comma, as Python writes it; browsers read the same",
)];

#[test]
fn every_example_of_the_library_renders_as_the_library_says() {
    let mut pages = Environment::new();
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    crate::escape::set_up(&mut pages);
    pages.add_global("nhs", Value::from_object(Nhs::new()));
    let (mut compared, mut wrong) = (0, Vec::new());
    for (name, template) in COMPONENTS {
        for fixture in examples(template) {
            let title = format!("{name}: {}", fixture["name"].as_str().unwrap_or_default());
            if LEFT_OUT.iter().any(|(left_out, _)| *left_out == title) {
                continue;
            }
            let params = Value::from(Serde(fixture["context"].clone()));
            let inner = fixture["callBlock"].as_str();
            let page = match inner {
                Some(_) => {
                    format!("{{% call nhs.{name}(params) %}}{{{{ inner | safe }}}}{{% endcall %}}")
                }
                None => format!("{{{{ nhs.{name}(params) }}}}"),
            };
            let expected = plain(fixture["html"].as_str().expect("html"));
            compared += 1;
            match pages.render_str(&page, context! { params, inner }) {
                Ok(html) if plain(&html) == expected => {}
                Ok(html) => wrong
                    .push(format!("{title}\n  expected {expected}\n  rendered {}", plain(&html))),
                Err(error) => wrong.push(format!("{title}\n  {error:#}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 900, "only {compared} examples were found");
}

/// The examples beside a component; parts of a component have none.
fn examples(template: &str) -> Vec<serde_json::Value> {
    let folder =
        template.trim_start_matches("nhsuk/components/").trim_end_matches("/template.jinja");
    let path = Path::new(env!("NHSUK_FRONTEND"))
        .join("dist/nhsuk/components")
        .join(folder)
        .join("fixtures.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        return Vec::new();
    };
    let mut file: serde_json::Value = serde_json::from_str(&text).expect("fixtures are JSON");
    serde_json::from_value(file["fixtures"].take()).expect("a list of fixtures")
}

/// HTML with each run of white space as one space, and none beside a tag.
fn plain(html: &str) -> String {
    let joined = html.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.replace("> ", ">").replace(" <", "<").replace(" >", ">")
}
