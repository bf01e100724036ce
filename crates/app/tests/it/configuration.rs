//! Stories of the settings: from a file, the environment or the command line, and shown to whoever asks.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What the program says, with a file of settings and variables of the environment; its exit status first.
fn accord(file: &Path, variables: &[(&str, &str)], args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accord"));
    command.env_clear().args(args).arg("--config").arg(file).envs(variables.iter().copied());
    let run = command.output().expect("the program runs");
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8(said).expect("text"))
}

/// A file of settings in a folder of its own.
fn settings(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("accord.toml");
    fs::write(&file, text).expect("written");
    (folder, file)
}

#[test]
fn a_flag_counts_before_the_environment_before_the_file_before_the_default() {
    let (_folder, file) = settings("listen = \"127.0.0.1:1\"\nidle_minutes = 7\nhttps = true\n");
    let (variable, flag) = ([("ACCORD_LISTEN", "127.0.0.1:2")], ["config", "--listen=127.0.0.1:3"]);
    let path = file.display();
    let (_, nothing) = accord(&file, &[], &["config"]);
    assert!(nothing.contains("database = \"accord.db\"  # from the default\n"), "{nothing}");
    assert!(nothing.contains(&format!("listen = \"127.0.0.1:1\"  # from {path}\n")), "{nothing}");
    assert!(nothing.contains(&format!("idle_minutes = \"7\"  # from {path}\n")), "{nothing}");
    assert!(nothing.contains(&format!("https = \"true\"  # from {path}\n")), "{nothing}");
    assert!(nothing.contains("# mail is not set\n"), "{nothing}");
    let (_, environment) = accord(&file, &variable, &["config"]);
    let from_environment = "listen = \"127.0.0.1:2\"  # from the environment, ACCORD_LISTEN\n";
    assert!(environment.contains(from_environment), "{environment}");
    let (_, line) = accord(&file, &variable, &flag);
    assert!(line.contains("listen = \"127.0.0.1:3\"  # from the command line\n"), "{line}");
    let (_, off) = accord(&file, &[], &["config", "--https=false"]);
    assert!(off.contains("https = \"false\"  # from the command line\n"), "{off}");
}

#[test]
fn a_setting_with_several_values_is_one_text_or_a_list() {
    for text in ["\"finance,approvers\"", "[\"finance\", \"approvers\"]"] {
        let (_folder, file) = settings(&format!("second_factor_for = {text}\n"));
        let (is_fine, said) = accord(&file, &[], &["config"]);
        assert!(
            is_fine && said.contains("second_factor_for = \"finance,approvers\"  # from"),
            "{said}"
        );
    }
    let (_folder, file) = settings("second_factor_for = \"finance,nobody\"\n");
    let (is_fine, said) = accord(&file, &[], &["config"]);
    assert!(!is_fine && said.contains("nobody"), "{said}");
}

#[test]
fn a_name_that_is_no_setting_is_refused_with_the_nearest() {
    let (_folder, file) = settings("lisen = \"127.0.0.1:1\"\nmail-from = \"a@b.example\"\n");
    let (is_fine, said) = accord(&file, &[], &["config"]);
    let path = file.display();
    assert!(!is_fine);
    assert_eq!(
        said,
        format!(
            "{path}: found lisen, which is no setting: did you mean listen?\n\
             {path}: found mail-from, which is no setting: did you mean mail_from?\n"
        )
    );
}

#[test]
fn a_value_that_is_none_is_named_with_its_file_and_what_is_allowed() {
    for (text, wanted) in [
        ("listen = \"here\"", "invalid value 'here' for '--listen <LISTEN>'"),
        ("idle_minutes = 4", "4 is not in 5..=720"),
        (
            "listen = [1]",
            "listen: found array, allowed text in quotes, a whole number, true or false",
        ),
        ("https = \"perhaps\"", "invalid value 'perhaps'"),
        ("address = \"icb.example\"", "allowed https:// or http:// and a host"),
        ("listen", ": line 1: "),
    ] {
        let (_folder, file) = settings(text);
        let (is_fine, said) = accord(&file, &[], &["config"]);
        assert!(!is_fine && said.contains(wanted), "{text}: {said}");
        assert!(said.starts_with(&file.display().to_string()), "{text}: {said}");
    }
    let (is_fine, said) = accord(Path::new("no-such-file.toml"), &[], &["config"]);
    assert!(!is_fine && said.starts_with("no-such-file.toml: "), "{said}");
}

#[test]
fn no_password_is_printed_and_what_is_printed_is_a_file_of_settings() {
    let text = "database = \"postgres://accord:pa55@db/accord\"\nmail = \"smtps://me:w0rd@mail.icb.example\"\n";
    let (folder, file) = settings(text);
    let (is_fine, said) = accord(&file, &[], &["config"]);
    assert!(is_fine && !said.contains("pa55") && !said.contains("w0rd"), "{said}");
    assert!(said.contains("postgres://accord:(hidden)@db/accord"), "{said}");
    let again = folder.path().join("again.toml");
    fs::write(&again, &said).expect("written");
    let (is_fine, twice) = accord(&again, &[], &["config"]);
    assert!(is_fine && twice.contains("smtps://me:(hidden)@mail.icb.example"), "{twice}");
    for help in ["serve", "config"] {
        let variable = [("ACCORD_DATABASE", "postgres://accord:pa55@db/accord")];
        let (_, said) = accord(&file, &variable, &[help, "--help"]);
        assert!(said.contains("ACCORD_DATABASE") && !said.contains("pa55"), "{said}");
    }
}

#[test]
fn a_line_that_cannot_be_read_is_named_and_not_repeated() {
    for line in [
        "mail = \"smtps://me:w0rd@mail.icb.example",
        "mail = smtps://me:w0rd@mail.icb.example",
        "mail = 'smtps://me:w0rd@mail.icb.example' w0rd",
        "mail = \"smtps://me:w0rd\\@mail.icb.example\"",
    ] {
        let (_folder, file) = settings(&format!("https = true\n\n{line}\nidle_minutes = 7\n"));
        let (is_fine, said) = accord(&file, &[], &["config"]);
        assert!(!is_fine && said.contains(": line 3: "), "{line}: {said}");
        assert!(!said.contains("w0rd") && said.lines().count() == 1, "{line}: {said}");
    }
}

/// Wherever it is written, and at once: the port is taken, so that a program that went on would say that instead.
#[test]
fn passwords_are_not_switched_off_where_nobody_could_sign_in_otherwise() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = format!("--listen={}", taken.local_addr().expect("its address"));
    for (text, more) in [("passwords_off = true\n", None), ("", Some("--passwords-off"))] {
        let (folder, file) = settings(text);
        let database = format!("--database={}", folder.path().join("accord.db").display());
        let serve = ["serve", &database, &listen].into_iter().chain(more);
        let (is_fine, said) = accord(&file, &[], &serve.collect::<Vec<_>>());
        assert!(
            !is_fine && said.contains("passwords_off") && said.contains("sign_in_with"),
            "{said}"
        );
        let (_, said) = accord(&file, &[], &[&["doctor"], more.as_slice()].concat());
        assert!(said.contains("Settings: Passwords are off (--passwords-off, passwords_off) and no providers are set"), "{said}");
    }
}

/// Every setting that the README, or the operator's book, names can stand in the file.
#[test]
fn every_setting_of_the_readme_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (_folder, file) = settings("");
    let (_, said) = accord(&file, &[], &["config"]);
    let said = format!("\n{said}");
    let mut named = 0;
    let text = fs::read_to_string(root.join("README.md")).expect("the README");
    for line in text.lines().filter(|line| line.starts_with("| `ACCORD_")) {
        let name = line.split('`').nth(1).and_then(|name| name.strip_prefix("ACCORD_"));
        let name = name.expect("a name").to_lowercase();
        let is_one =
            said.contains(&format!("\n{name} = ")) || said.contains(&format!("# {name} is"));
        assert!(is_one || name == "config", "{name} is no setting:\n{said}");
        named += 1;
    }
    assert!(named > 8, "the tables of the README were not found");
}
