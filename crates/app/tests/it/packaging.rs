//! Stories of what an operator installs: units of systemd, and the file of settings.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging")
}

/// The units with the program that was built in place of the installed one, in a folder of its own.
fn units() -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut units = Vec::new();
    for name in ["accord.service", "accord-backup.service", "accord-backup.timer"] {
        let text = fs::read_to_string(packaging().join(name)).expect("a unit");
        let text = text.replace("/usr/local/bin/accord", env!("CARGO_BIN_EXE_accord"));
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        units.push(path);
    }
    (folder, units)
}

#[test]
fn systemd_accepts_the_units_and_finds_the_service_hardened() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        return eprintln!("skipped: systemd-analyze is not installed");
    }
    let (_folder, units) = units();
    let verify = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units).output();
    let verify = verify.expect("it runs");
    let said = String::from_utf8_lossy(&verify.stderr).into_owned();
    assert!(verify.status.success() && said.is_empty(), "{said}");
    // Tenths: 100 is a service that may do anything.
    let security = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20"])
        .arg(&units[0])
        .output()
        .expect("it runs");
    assert!(security.status.success(), "{}", String::from_utf8_lossy(&security.stdout));
}

#[test]
fn every_line_of_the_file_of_settings_is_a_setting() {
    let text = fs::read_to_string(packaging().join("accord.toml")).expect("the settings");
    // Those that are left out for the reader to put in count as well.
    let all: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start_matches("# "))
        .filter(|line| line.contains(" = "))
        .collect();
    assert!(all.len() > 8, "{all:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("accord.toml");
    fs::write(&file, all.join("\n")).expect("written");
    let run = Command::new(env!("CARGO_BIN_EXE_accord"))
        .arg("config")
        .arg("--config")
        .arg(&file)
        .output();
    let run = run.expect("it runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(said.matches(&*file.to_string_lossy()).count(), all.len(), "{said}");
}
