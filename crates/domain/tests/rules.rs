//! The pages in docs/rules, and those about security, name tests and files that exist.
#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with("target") {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_rule_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let code: String = files(&root.join("crates"), "rs")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut wrong = Vec::new();
    for page in files(&root.join("docs/rules"), "md") {
        let text = fs::read_to_string(&page).unwrap();
        for row in text.lines().filter(|line| line.starts_with("| ")) {
            let last = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap_or_default();
            let names: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
            let header =
                ["Test", "---", "About"].contains(&last.trim()) || page.ends_with("README.md");
            if names.is_empty() && !header {
                wrong.push(format!("{}: no test in {row}", page.display()));
            }
            let is_there = |name: &&str| {
                code.contains(&format!("fn {name}(")) || code.contains(&format!("story!({name},"))
            };
            for name in names.iter().filter(|name| !is_there(name)) {
                wrong.push(format!("{}: no test called {name}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names in backticks that are a test's, and paths that are a file's, in the pages about security.
#[test]
fn the_pages_about_security_name_tests_and_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let code: String = files(&root.join("crates"), "rs")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let is_test = |name: &str| {
        let words = name.split('_').filter(|word| !word.is_empty()).count();
        words > 2
            && name
                .chars()
                .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_')
    };
    let is_file = |name: &str| {
        let ends = [".rs", ".md", ".mjs", ".toml"];
        name.contains('/') && !name.contains(' ') && ends.iter().any(|end| name.ends_with(end))
    };
    let mut wrong = Vec::new();
    for page in ["SECURITY.md", "docs/threat-model.md", "docs/asvs.md", "docs/security-testing.md"]
    {
        let text = fs::read_to_string(root.join(page)).unwrap();
        // What is fenced is a picture or a command.
        let prose: String = text.split("```").step_by(2).collect();
        for name in prose.split('`').skip(1).step_by(2) {
            let is_there =
                code.contains(&format!("fn {name}(")) || code.contains(&format!("story!({name},"));
            if is_test(name) && !is_there {
                wrong.push(format!("{page}: no test called {name}"));
            }
            if is_file(name) && !root.join(name).exists() {
                wrong.push(format!("{page}: no file {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
