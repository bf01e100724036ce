//! Every block of the page about definitions can be read.
#![cfg(test)]

use domain::{Service, reference::ReferenceFigures};
use std::{fs, path::Path};

/// The blocks of the page with the word after `toml`: what each of them is.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    page.split("```toml")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .filter_map(|(block, _)| block.split_once('\n'))
        .map(|(what, text)| (what.trim(), text))
        .collect()
}

/// Indicators alone, in a service around them.
fn framed(indicators: &str) -> String {
    let pays_points = ["points =", "steps ="].iter().any(|key| indicators.contains(key));
    let by_list = if pays_points || indicators.contains("per_patient") {
        "list_size_date = 2025-01-01"
    } else {
        ""
    };
    let reference = if pays_points { "reference = \"QOF\"" } else { "" };
    // Management information needs something beside it that pays.
    format!(
        r#"
code = "FRAME"
name = "A frame"
summary = "Around the indicators of the page."
family = "Local"
year = 2025
starts_on = 2025-04-01
ends_on = 2026-03-31
provider = "network"
entry = "manual"
{by_list}
{reference}
[payment]
frequency = "quarterly"
declaration_required = true
approval_required = true
pay_code = "FRAME"
[[component]]
code = "PAID"
name = "Something that pays"
[[component.indicator]]
code = "PAID"
name = "A block"
kind = "block"
amount = "1.00"
[[component]]
code = "PAGE"
name = "Of the page"
{indicators}"#
    )
}

#[test]
fn every_block_of_the_page_about_definitions_can_be_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/definitions.md");
    let page = fs::read_to_string(path).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() > 20, "{} blocks", blocks.len());
    let mut wrong = Vec::new();
    for (what, text) in blocks {
        let problems = match what {
            "definition" => Service::from_toml(text).err(),
            "indicator" => Service::from_toml(&framed(text)).err(),
            "reference" => ReferenceFigures::from_toml(text).err(),
            other => panic!("a block is a definition, an indicator or a reference, not {other:?}"),
        };
        wrong.extend(problems.into_iter().flatten().map(|problem| format!("{problem} in\n{text}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A key that a kind knows and the page does not show would stay unknown to those who write definitions.
#[test]
fn the_page_shows_every_kind_and_way_of_paying() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/definitions.md");
    let page = fs::read_to_string(path).unwrap();
    for kind in ["register", "fraction", "count", "yes_no", "per_patient", "block", "aspiration"] {
        assert!(page.contains(&format!("kind = \"{kind}\"")), "{kind}");
    }
    for key in [
        "lower =",
        "from =",
        "steps =",
        "bands =",
        "at_lower =",
        "gives_prevalence =",
        "fee =",
        "cap =",
        "maximum =",
        "maximum_per =",
        "above =",
        "rate_per_month =",
        "unanswered =",
        "carries_forward =",
        "rate_per_year =",
        "list = \"weighted\"",
        "instalments =",
        "share =",
        "version =",
    ] {
        assert!(page.contains(key), "{key}");
    }
}
