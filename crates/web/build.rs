//! Gets the front-end library at its locked version, and prepares styles, scripts, images and templates for embedding.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script has no other way to hear of its settings"
)]

#[path = "build/fetch.rs"]
mod fetch;
#[path = "build/prepare.rs"]
mod prepare;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    for watched in ["build.rs", "build", "assets", "templates", "frontend"] {
        println!("cargo::rerun-if-changed={}", here.join(watched).display());
    }

    let package = fetch::frontend(&here.join("frontend"), &out)?;
    let macros = fetch::macros(&here.join("frontend"), &out)?;
    // The conformity test reads the example renderings that come with the package.
    println!("cargo::rustc-env=NHSUK_FRONTEND={}", package.display());

    prepare::assets(&here.join("assets"), &package, &out)?;
    prepare::templates(&here.join("templates"), &macros, &out)
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name)
        .map_err(|_| format!("{name} is not set: cargo sets it when it runs a build script."))
}

/// Reads a file, naming it when that fails.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|why| format!("{} cannot be read: {why}.", path.display()))
}

/// Writes a file only when its content changes, so that nothing is compiled again without need.
fn write(path: &Path, content: &[u8]) -> Result<(), String> {
    if std::fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|why| format!("{} cannot be made: {why}.", folder.display()))?;
    }
    std::fs::write(path, content)
        .map_err(|why| format!("{} cannot be written: {why}.", path.display()))
}

/// Every file below a folder whose name ends as given, as paths relative to it, in a fixed order.
fn files_below(folder: &Path, ending: &str) -> Result<Vec<String>, String> {
    fn walk(
        folder: &Path,
        prefix: &str,
        ending: &str,
        found: &mut Vec<String>,
    ) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                walk(&entry.path(), &format!("{name}/"), ending, found)?;
            } else if name.ends_with(ending) {
                found.push(name);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(folder, "", ending, &mut found)
        .map_err(|why| format!("{} cannot be listed: {why}.", folder.display()))?;
    found.sort();
    Ok(found)
}
