//! The rules of the house, as tests: each test is one rule and prints every place that breaks it.

#[path = "tidy/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use source::{Source, words};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;
const TEMPLATE_LINES: usize = 120;

/// A match with a line for each fact is a table: cut up, the compiler would not ask for a new fact's line any more. The
/// facts themselves are one list, which grows with what can happen.
const ONE_LINE_EACH: [&str; 2] =
    ["crates/domain/src/event.rs", "crates/domain/src/event/subject.rs"];

/// What a public async function of `store` may lack an actor for, and why.
const WITHOUT_ACTOR: &[(&str, &str)] = &[
    ("crates/store/src/calendar.rs: bank_holidays", "bank holidays are public"),
    ("crates/store/src/calendar.rs: dates", "definitions are public"),
    ("crates/store/src/cluster.rs: members", "the cluster was found for the reader"),
    ("crates/store/src/contract/reach.rs: reach", "the contract was found for the reader"),
    ("crates/store/src/contract/read.rs: chosen_codes", "the contract was found for the reader"),
    ("crates/store/src/contract/read.rs: services", "the contract was found for the reader"),
    ("crates/store/src/copy.rs", "the operator's copy of everything"),
    ("crates/store/src/db.rs", "the engine knows no people"),
    ("crates/store/src/db/steps.rs", "the engine knows no people"),
    ("crates/store/src/db/tables.rs", "the engine knows no people"),
    ("crates/store/src/db/watch.rs", "the engine knows no people"),
    ("crates/store/src/deadline/reckoner.rs: new", "bank holidays are public"),
    ("crates/store/src/deadline/reckoner.rs: dates", "definitions are public"),
    ("crates/store/src/declaration.rs: state_of", "a part of a change that has its actor"),
    (
        "crates/store/src/declaration/blocked.rs: blocked_achievement",
        "the achievement was found for the reader",
    ),
    (
        "crates/store/src/deputy/told.rs: begin",
        "tells what a person has decided, and changes nothing",
    ),
    ("crates/store/src/event.rs: of", "the caller has been shown to see the record"),
    ("crates/store/src/event.rs: hash_at", "tells a hash and nothing else"),
    ("crates/store/src/event.rs: latest", "tells a date and nothing else"),
    ("crates/store/src/event.rs: verified", "the operator's check of the whole chain"),
    ("crates/store/src/event.rs: verify", "the operator's check of the whole chain"),
    ("crates/store/src/event.rs: verify_on", "the operator's check of the whole chain"),
    ("crates/store/src/lib.rs: prepare", "runs before anybody can sign in"),
    ("crates/store/src/lib.rs: next_reference", "a part of a change that has its actor"),
    ("crates/store/src/lib.rs: references", "a part of a change that has its actor"),
    ("crates/store/src/message/given_up.rs", "the operator's list of what did not go"),
    ("crates/store/src/message/outbox.rs", "the worker that sends acts for nobody"),
    ("crates/store/src/offer.rs: has_figures", "the offer was found for the reader"),
    ("crates/store/src/offer/count.rs: answers", "the contract was found for the reader"),
    (
        "crates/store/src/offer/participation.rs: participation",
        "the caller has been shown to see the provider",
    ),
    ("crates/store/src/receipt.rs: prove", "the operator's check of a receipt"),
    ("crates/store/src/offer/read.rs: of_commissioner", "the contract was found for the reader"),
    ("crates/store/src/operation.rs", "tells numbers to the operator"),
    ("crates/store/src/organisation.rs: find", "the register is public"),
    ("crates/store/src/organisation.rs: find_by_code", "the register is public"),
    ("crates/store/src/organisation.rs: below", "the register is public"),
    ("crates/store/src/organisation.rs: memberships", "the register is public"),
    ("crates/store/src/organisation/list.rs: list_size", "list sizes are published"),
    ("crates/store/src/organisation/list.rs: newest_list_size", "list sizes are published"),
    ("crates/store/src/organisation/list.rs: weighted_list", "list sizes are published"),
    ("crates/store/src/organisation.rs: codes", "the register is public"),
    ("crates/store/src/organisation/provider.rs", "the register is public"),
    ("crates/store/src/organisation/records.rs", "the operator's export of one organisation"),
    ("crates/store/src/organisation/search.rs: search", "the register is public"),
    ("crates/store/src/person/identity.rs: may_go", "nobody has signed in yet"),
    ("crates/store/src/person/identity.rs: send", "nobody has signed in yet"),
    ("crates/store/src/person/identity.rs: back", "nobody has signed in yet"),
    ("crates/store/src/person/identity.rs: enter", "finds out who acts"),
    ("crates/store/src/person/identity.rs: begun_with", "whoever has the token is that person"),
    (
        "crates/store/src/person/narrowing.rs: clusters",
        "the organisation was found for who manages its people",
    ),
    ("crates/store/src/person/link.rs: whose", "whoever has the link is that person"),
    ("crates/store/src/person/link.rs: set_password", "whoever has the link is that person"),
    (
        "crates/store/src/person/link/letter.rs",
        "anybody asks for a link, and the worker that sends it acts for nobody",
    ),
    (
        "crates/store/src/person/review/due.rs: remind",
        "tells whose task comes near, and changes nothing else",
    ),
    ("crates/store/src/person.rs: personas", "a demo's sign-in page, before anybody has signed in"),
    ("crates/store/src/person.rs: colleagues", "whom to ask is for everybody to know"),
    ("crates/store/src/person.rs: holders", "whom to ask is for everybody to know"),
    ("crates/store/src/person.rs: recognise", "finds out who acts"),
    ("crates/store/src/reference.rs: find", "national figures are public"),
    ("crates/store/src/reference.rs: list", "national figures are public"),
    ("crates/store/src/reference.rs: of_version", "national figures are public"),
    ("crates/store/src/reference.rs: of_year", "national figures are public"),
    ("crates/store/src/reference.rs: of_service", "national figures are public"),
    ("crates/store/src/service.rs: find", "definitions are public"),
    ("crates/store/src/service.rs: find_by_code", "definitions are public"),
    ("crates/store/src/service.rs: list", "definitions are public"),
    ("crates/store/src/service/version.rs: at", "definitions are public"),
    ("crates/store/src/service/version.rs: version", "definitions are public"),
    ("crates/store/src/service/version.rs: versions", "definitions are public"),
    ("crates/store/src/session.rs", "finds out who acts"),
    ("crates/store/src/variation.rs: of_offer", "the offer was found for the reader"),
    ("crates/store/src/variation.rs: terms_of", "the offer was found for the reader"),
    ("crates/store/src/variation.rs: before", "the offer was found for the reader"),
    ("crates/store/src/variation.rs: of_contract", "the contract was found for the reader"),
];

/// Where the domain measures a text that nobody writes freely, and why nobody does.
const NOT_WRITTEN: &[(&str, &str)] = &[
    ("crates/domain/src/access/password.rs", "a password is kept by no one"),
    ("crates/domain/src/calendar/bank_holiday.rs", "days that a government publishes"),
    ("crates/domain/src/message.rs", "words of ours"),
    ("crates/domain/src/message/access.rs", "words of ours"),
    ("crates/domain/src/message/hold.rs", "words of ours, and a reason that was looked through"),
    ("crates/domain/src/payment/answer.rs", "references of a payer, which can have ten digits"),
    ("crates/domain/src/payment/bank.rs", "lines of a bank statement, which are not kept"),
    ("crates/domain/src/reader.rs", "fields of a file"),
    ("crates/domain/src/service/next_year.rs", "a code of a service"),
];

#[test]
fn every_rust_file_opens_with_one_sentence() {
    let silent = |file: &&Source| !file.whole.starts_with("//! ");
    let found = rust_files("crates/").iter().filter(silent).map(|file| file.path.clone()).collect();
    none(found, "open the file with a `//!` sentence that says what it is");
}

#[test]
fn only_db_names_an_engine() {
    let engine = |word: &str| {
        let after_pg = word.strip_prefix("Pg").and_then(|rest| rest.chars().next());
        ["Sqlite", "Postgres", "MySql"].iter().any(|name| word.starts_with(name))
            || after_pg.is_some_and(char::is_uppercase)
    };
    let found = rust_files("crates/")
        .into_iter()
        .filter(|file| file.is_product())
        .filter(|file| {
            ![
                "crates/store/src/db.rs",
                "crates/store/src/db/down.rs",
                "crates/store/src/db/primary.rs",
                "crates/store/src/db/readers.rs",
                "crates/store/src/db/sqlite.rs",
                "crates/store/src/db/steps.rs",
                "crates/store/src/db/tables.rs",
                "crates/store/src/db/watch.rs",
                "crates/store/src/migrations.rs",
            ]
            .contains(&file.path.as_str())
        })
        .flat_map(|file| {
            file.lines_where(|line| {
                words(line).any(engine) || has_any(line, &["sqlx::sqlite", "sqlx::postgres"])
            })
        })
        .collect();
    none(found, "only store/src/db.rs knows the engine: ask it");
}

#[test]
fn a_limit_is_never_a_bare_parameter() {
    let found = rust_files("crates/store/src/")
        .into_iter()
        .flat_map(|file| {
            let lines = file.whole.lines().filter(|line| line.contains("LIMIT $"));
            lines.map(|line| format!("{}: {}", file.path, line.trim())).collect::<Vec<_>>()
        })
        .collect();
    none(
        found,
        "write LIMIT CAST($n AS BIGINT): SQLite prepares the statement anew for each bare one",
    );
}

#[test]
fn only_app_reads_the_clock_the_environment_and_the_network() {
    let outside = [
        "Utc::now",
        "Local::now",
        "SystemTime::now",
        "now_v7",
        "std::env::",
        "env::var",
        "env::args",
        "env::temp_dir",
        "TcpListener",
        "TcpStream",
        "UdpSocket",
        "UnixStream",
    ];
    let found = rust_files("crates/")
        .into_iter()
        .filter(|file| file.is_product() && !file.path.starts_with("crates/app/"))
        .flat_map(|file| file.lines_where(|line| has_any(line, &outside)))
        .collect();
    none(found, "take `now` or the setting as a parameter: only crates/app reads them");
}

#[test]
fn imports_run_one_way_from_app_to_web_to_store_to_domain() {
    let forbidden: [(&str, &[&str]); 3] = [
        (
            "domain",
            &[
                "store",
                "web",
                "app",
                "sqlx",
                "tokio",
                "axum",
                "minijinja",
                "tower",
                "hyper",
                "tracing",
                "getrandom",
            ],
        ),
        ("store", &["web", "app", "axum", "minijinja", "tower", "hyper"]),
        ("web", &["app", "sqlx", "hyper"]),
    ];
    let mut found = Vec::new();
    for (room, never) in forbidden {
        let path = format!("crates/{room}/Cargo.toml");
        for line in read(&path).lines() {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if never.contains(&name) {
                found.push(format!("{path}: {line}"));
            }
        }
    }
    none(found, "move the code to the room that may know this, or pass the value in");
}

#[test]
fn files_are_at_most_400_lines_without_their_tests() {
    let found = rust_files("crates/")
        .into_iter()
        .filter(Source::is_product)
        .filter(|file| !ONE_LINE_EACH.contains(&&*file.path))
        .map(|file| (file.whole.lines().count() - file.test_lines(), file.path))
        .filter(|(lines, _)| *lines > FILE_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none(found, "split the file where its subject splits");
}

#[test]
fn functions_are_at_most_60_lines() {
    let found = rust_files("crates/")
        .into_iter()
        .filter(Source::is_product)
        .filter(|file| !ONE_LINE_EACH.contains(&&*file.path))
        .flat_map(|file| file.long_functions(FUNCTION_LINES))
        .collect();
    none(found, "name the steps of the function and give each its own");
}

#[test]
fn templates_are_at_most_120_lines() {
    let found = templates()
        .into_iter()
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > TEMPLATE_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none(found, "take a part of the page out into a template of its own");
}

#[test]
fn the_domain_has_no_binary_floats() {
    let found = rust_files("crates/domain/src/")
        .into_iter()
        .flat_map(|file| {
            file.lines_where(|line| words(line).any(|word| word == "f32" || word == "f64"))
        })
        .collect();
    none(found, "use whole numbers, Pence or an exact ratio: binary floats get money wrong");
}

#[test]
fn what_people_write_is_looked_through_for_nhs_numbers() {
    let is_exempt = |file: &Source| NOT_WRITTEN.iter().any(|(path, _)| file.path == *path);
    let found = rust_files("crates/domain/src/")
        .into_iter()
        .filter(|file| file.is_product() && !is_exempt(file))
        .filter(|file| !file.code.contains("nhs_number::is_in"))
        .flat_map(|file| file.lines_where(|line| line.contains(".chars().count()")))
        .collect();
    none(found, "ask nhs_number::is_in, or name the file in NOT_WRITTEN with a reason");
}

#[test]
fn every_store_function_takes_the_person_acting() {
    let mut found = Vec::new();
    for file in rust_files("crates/store/src/") {
        if WITHOUT_ACTOR.iter().any(|(name, _)| *name == file.path) {
            continue;
        }
        for (at, _) in file.code.match_indices("pub async fn ") {
            let signature = file.code[at..].split('{').next().unwrap_or_default();
            let name =
                signature["pub async fn ".len()..].split(['(', '<']).next().unwrap_or_default();
            let full = format!("{}: {name}", file.path);
            if !signature.contains("Actor")
                && !WITHOUT_ACTOR.iter().any(|(listed, _)| *listed == full)
            {
                found.push(full);
            }
        }
    }
    none(found, "take `&Actor`, or add the function to WITHOUT_ACTOR with a reason");
}

/// Where a page reads without its reader, whose roles may be narrowed, and why.
const READS_EVERYTHING: &[(&str, &str)] = &[
    ("crates/web/src/pages/sign_in.rs", "nobody has signed in yet"),
    ("crates/web/src/pages/person/ask.rs", "strangers ask too, of the public register"),
    ("crates/web/src/pages/cluster.rs", "whoever deletes a cluster sees everything"),
    ("crates/web/src/pages/contract/providers.rs", "whoever makes a contract sees everything"),
    ("crates/web/src/pages/contract/review.rs", "whoever makes a contract sees everything"),
    ("crates/web/src/pages/contract/services.rs", "whoever makes a contract sees everything"),
];

#[test]
fn pages_read_as_their_reader_sees() {
    let reads = |text: &str| text.contains("db.read()") || text.contains("db.glance()");
    let is_listed = |path: &str| READS_EVERYTHING.iter().any(|(listed, _)| *listed == path);
    let pages = rust_files("crates/web/src/pages/");
    let found = pages.iter().filter(|file| reads(&file.code) != is_listed(&file.path));
    none(
        found.map(|file| file.path.clone()).collect(),
        "read with `read_as`, or keep READS_EVERYTHING as it is",
    );
}

#[test]
fn every_exception_from_the_actor_rule_still_exists() {
    let found = WITHOUT_ACTOR
        .iter()
        .filter(|(listed, _)| {
            let (path, name) = listed.split_once(": ").unwrap_or((listed, ""));
            !(root().join(path).exists() && read(path).contains(&format!("pub async fn {name}")))
        })
        .map(|(listed, _)| (*listed).to_owned())
        .collect();
    none(found, "take the line out of WITHOUT_ACTOR");
}

#[test]
fn no_third_party_front_end_file_is_committed() {
    let foreign = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        path.contains("node_modules/")
            || name.starts_with("nhsuk")
            || [".min.js", ".min.css", ".woff", ".woff2", ".ttf", ".otf", ".eot"]
                .iter()
                .any(|end| name.ends_with(end))
    };
    let found = tracked().into_iter().filter(foreign).collect();
    none(found, "fetch it from its registry at build time, by the lock file");
}

#[test]
fn the_words_people_read_follow_the_style() {
    let mut found = Vec::new();
    for path in templates() {
        let text = without(&read(&path), "{#", "#}");
        found.extend(
            text.lines().enumerate().filter_map(|(n, line)| {
                bad_words(line).map(|why| format!("{path}:{}: {why}", n + 1))
            }),
        );
    }
    for file in rust_files("crates/").iter().filter(|file| file.is_product()) {
        let lines = file.text.lines().enumerate();
        found.extend(lines.filter_map(|(n, line)| {
            bad_words(line).map(|why| format!("{}:{}: {why}", file.path, n + 1))
        }));
    }
    none(found, "write it as the NHS content style does");
}

#[test]
fn the_changelog_has_a_place_for_what_is_not_released() {
    assert!(
        read("CHANGELOG.md").contains("\n## [Unreleased]\n"),
        "CHANGELOG.md needs the heading \"## [Unreleased]\""
    );
}

#[test]
fn no_tracked_file_names_a_machine_or_a_registry() {
    let never = [
        "/work/",
        "/root/",
        "/home/",
        "registry.npmjs.org",
        "pypi.org",
        "pythonhosted.org",
        "static.crates.io",
        "index.crates.io",
        "deb.debian.org",
    ];
    let mut found = Vec::new();
    for path in tracked() {
        if ["Cargo.lock", "crates/app/tests/tidy.rs"].contains(&path.as_str()) {
            continue;
        }
        let Ok(text) = fs::read_to_string(root().join(&path)) else {
            continue;
        };
        let lines = text.lines().enumerate().filter(|(_, line)| has_any(line, &never));
        found.extend(lines.map(|(n, line)| format!("{path}:{}: {}", n + 1, line.trim())));
    }
    none(found, "a clone must build anywhere: leave machines and hosts out");
}

/// The text with everything between two marks taken out, its line ends kept.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(open) {
        let end = rest[at..].find(close).map_or(rest.len(), |end| at + end + close.len());
        kept.push_str(&rest[..at]);
        kept.push_str(&"\n".repeat(rest[at..end].matches('\n').count()));
        rest = &rest[end..];
    }
    kept + rest
}

fn bad_words(line: &str) -> Option<String> {
    let low = line.to_lowercase();
    if let Some(quote) = line.chars().find(|c| "‘’“”".contains(*c)) {
        return Some(format!("the curly quote {quote}"));
    }
    if low.contains("click here") {
        return Some("\"click here\" does not say where the link goes".to_owned());
    }
    let word = |word: &&str| ["please", "successfully"].contains(word) || word.ends_with("n't");
    low.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .find(word)
        .map(|word| format!("the word \"{word}\""))
}

fn has_any(line: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| line.contains(part))
}

fn rust_files(under: &str) -> Vec<Source> {
    let rust = |path: &String| path.starts_with(under) && path.ends_with(".rs");
    tracked().iter().filter(|path| rust(path)).map(|path| Source::new(path, read(path))).collect()
}

fn templates() -> Vec<String> {
    tracked().into_iter().filter(|path| path.starts_with("crates/web/templates/")).collect()
}

/// Every file git knows or would take in, so that a new file is held to the rules before it is committed.
fn tracked() -> Vec<String> {
    let list = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files of the project");
    assert!(list.status.success(), "git ls-files: {}", String::from_utf8_lossy(&list.stderr));
    let paths = String::from_utf8_lossy(&list.stdout).into_owned();
    paths.lines().filter(|path| root().join(path).is_file()).map(str::to_owned).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[expect(clippy::panic, reason = "a test may stop, and the message names the file")]
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn none(found: Vec<String>, instead: &str) {
    assert!(found.is_empty(), "{instead}:\n  {}", found.join("\n  "));
}
