//! Where the front-end library comes from: a folder that is named, or the registries at the locked version.

use crate::read;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The unpacked npm package `nhsuk-frontend`: styles, script, images, example renderings.
pub fn frontend(locks: &Path, out: &Path) -> Result<PathBuf, String> {
    const SETTING: &str = "ACCORD_NHSUK_FRONTEND_DIR";
    if let Some(folder) = named(SETTING, "dist/nhsuk/nhsuk.scss")? {
        return Ok(folder);
    }
    let lock =
        [read(&locks.join("package.json"))?, read(&locks.join("package-lock.json"))?].concat();
    let folder = out.join(format!("npm-{}", short_hash(&lock)));
    once(&folder, |folder| {
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(locks.join(name), folder.join(name))
                .map_err(|why| format!("{name} cannot be copied: {why}."))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(folder);
        run(npm, "Node.js with npm", "nhsuk-frontend", SETTING)
    })?;
    Ok(folder.join("node_modules/nhsuk-frontend"))
}

/// The folder of templates of the Python package `nhsuk-frontend-jinja`: the component macros.
pub fn macros(locks: &Path, out: &Path) -> Result<PathBuf, String> {
    const SETTING: &str = "ACCORD_NHSUK_JINJA_DIR";
    const TEMPLATES: &str = "nhsuk_frontend_jinja/templates";
    if let Some(folder) = named(SETTING, TEMPLATES)? {
        return Ok(folder.join(TEMPLATES));
    }
    let requirements = locks.join("requirements.txt");
    let folder = out.join(format!("pip-{}", short_hash(&read(&requirements)?)));
    once(&folder, |folder| {
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",
        ])
        .args(["--require-hashes", "--no-deps", "--only-binary=:all:", "--root-user-action=ignore"])
        .arg("--target")
        .arg(folder)
        .arg("--requirement")
        .arg(&requirements);
        run(pip, "Python 3 with pip", "nhsuk-frontend-jinja", SETTING)
    })?;
    Ok(folder.join(TEMPLATES))
}

/// The folder a setting names, when it does; it must hold what is needed.
fn named(setting: &str, needed: &str) -> Result<Option<PathBuf>, String> {
    println!("cargo::rerun-if-env-changed={setting}");
    let Some(folder) =
        std::env::var_os(setting).filter(|folder| !folder.is_empty()).map(PathBuf::from)
    else {
        return Ok(None);
    };
    if folder.join(needed).exists() {
        return Ok(Some(folder));
    }
    Err(format!("{setting} names {}, which does not hold {needed}.", folder.display()))
}

/// Fills a folder unless it was filled before. A build that was stopped half way starts afresh.
fn once(folder: &Path, fill: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    let done = folder.join(".complete");
    if done.exists() {
        return Ok(());
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder)
            .map_err(|why| format!("{} cannot be emptied: {why}.", folder.display()))?;
    }
    std::fs::create_dir_all(folder)
        .map_err(|why| format!("{} cannot be made: {why}.", folder.display()))?;
    fill(folder)?;
    crate::write(&done, b"")
}

fn run(mut command: Command, tool: &str, package: &str, setting: &str) -> Result<(), String> {
    let answer = command.output().map_err(|why| {
        format!("Building needs {tool} to get {package} ({why}): install it, or set {setting} to a folder that holds the package.")
    })?;
    if answer.status.success() {
        return Ok(());
    }
    Err(format!(
        "{tool} could not get {package}: check the way to the registry, or set {setting} to a folder that holds the package.\n{}",
        String::from_utf8_lossy(&answer.stderr).trim()
    ))
}

/// Enough of the SHA-256 to name a content.
pub fn short_hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
