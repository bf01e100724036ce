//! Stories of the program while it serves: what it counts, what it writes to the log, how a request is named, and how it stops.

use crate::{
    story,
    support::{
        Seat, World,
        served::{Answer, Served, ask},
    },
};
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const EMAIL: &str = "zebedee.quill@riverside.example";
const NAME: &str = "Zebedee Quill";
const PASSWORD: &str = "seventeen purple herons";

/// Somebody who signs in with a password.
fn add_somebody(world: &World) {
    let mut add = Command::new(env!("CARGO_BIN_EXE_accord"))
        .args(["person", "add", "--database", &world.address, "--email", EMAIL, "--name", NAME])
        .args([
            "--organisation",
            "QAA",
            "--role",
            "User Administrator",
            "--role",
            "Finance Management",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut input = add.stdin.take().expect("its input");
    input.write_all(format!("{PASSWORD}\n").as_bytes()).expect("typed");
    drop(input);
    assert!(add.wait().expect("it ends").success());
}

story!(the_log_has_a_line_for_each_request_and_names_nobody, world, {
    world.blood_tests(&["Y00001"]).await;
    add_somebody(&world);
    let served = Served::start(&world.address, &["--log=debug"]);
    let form = |password: &str| format!("email={EMAIL}&password={}", password.replace(' ', "+"));
    assert_eq!(served.ask("POST /sign-in", &[FORM], &form("another-wrong-password")).status, 422);
    let entered = served.ask("POST /sign-in", &[FORM], &form(PASSWORD));
    assert_eq!(entered.status, 303, "{entered:?}");
    let cookie = entered.header("set-cookie").and_then(|line| line.split(';').next());
    let cookie = cookie.expect("a cookie").to_owned();
    let with = [("Cookie", cookie.as_str())];
    for (line, status) in [
        ("GET /", 200),
        ("GET /account", 200),
        ("GET /people", 200),
        ("GET /audit?person=Zebedee+Quill", 200),
        ("GET /password/a-token-that-somebody-was-sent", 410),
        ("GET /organisations?q=Riverside", 404),
        ("GET /nothing/zebedee.quill", 404),
    ] {
        let answer = served.ask(line, &with, "");
        assert_eq!(answer.status, status, "{line}: {}", answer.body);
    }
    served.terminate();
    let log = served.ended();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let answered = |line: &&Value| line["fields"]["message"] == "answered";
    let routes: Vec<_> =
        lines.iter().filter(answered).map(|line| line["fields"]["route"].clone()).collect();
    assert_eq!(routes.len(), 9, "{log}");
    assert!(
        routes.contains(&"/password/{token}".into()) && routes.contains(&"none".into()),
        "{routes:?}"
    );
    assert!(lines.iter().filter(answered).all(|line| line["span"]["id"].is_string()), "{log}");
    let token = cookie.split_once('=').expect("a token").1;
    let low = log.to_lowercase();
    for secret in [
        EMAIL,
        NAME,
        "zebedee",
        "quill",
        PASSWORD,
        "herons",
        "another-wrong-password",
        token,
        "a-token-that-somebody-was-sent",
        Seat::PRACTICE_MANAGER.name,
        "argon2",
    ] {
        assert!(!low.contains(&secret.to_lowercase()), "{secret} stands in the log:\n{log}");
    }
});

#[tokio::test]
async fn a_request_is_named_by_the_proxy_or_anew_and_the_name_comes_back() {
    let world = World::on_sqlite().await;
    let proxy = ("X-Request-Id", "proxy-0123456789");
    let named = |page: &crate::support::Page| {
        page.headers.get("x-request-id").and_then(|id| id.to_str().ok()).expect("a name").to_owned()
    };
    let browser = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let get = axum::http::Method::GET;
    let page = browser.send(get.clone(), "/", &[proxy], vec![]).await;
    assert_eq!(named(&page), proxy.1);
    for made_up in ["short", "<script>alert(1)</script>", "with a space in it"] {
        let page = browser.send(get.clone(), "/", &[("x-request-id", made_up)], vec![]).await;
        assert!(named(&page) != made_up && named(&page).len() == 8, "{made_up}");
    }
    let (one, other) = (browser.get("/help").await, browser.get("/help").await);
    assert_ne!(named(&one), named(&other));
    // What a person can quote from the page of an error is what the log has.
    world.db.close().await;
    let page = browser.get("/services").await;
    page.expect(503).says(&named(&page));
}

story!(figures_say_how_the_service_answers_and_what_waits, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(Seat::PRACTICE_MANAGER, "2025-06-30", 42).await;
    world.declare_all(Seat::PRACTICE_MANAGER).await;
    world.approve_all(Seat::APPROVER).await;
    world.approve_all(Seat::FINANCE).await;
    world.pay_all(Seat::FINANCE).await;
    let served = Served::start(&world.address, &[]);
    served.ask("GET /help", &[], "");
    served.ask("GET /help", &[], "");
    served.ask("GET /nothing-here", &[], "");
    served.ask("BREW /help", &[], "");
    let found = ask(&served.figures, "GET /metrics", &[], "");
    assert_eq!(
        (found.status, found.header("content-type")),
        (200, Some("text/plain; version=0.0.4"))
    );
    for line in [
        "accord_requests_total{method=\"GET\",route=\"/help\",status=\"200\"} 2",
        "accord_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1",
        "accord_request_seconds_count{method=\"GET\",route=\"/help\"} 2",
        "accord_database_up 1",
        "accord_database_connections{state=\"most\"}",
        "accord_offers{state=\"accepted\"} 1",
        "accord_declarations{state=\"approved\"} 1",
        "accord_waiting{what=\"payment files to send\"} 1",
        "accord_waiting{what=\"holds\"} 0",
        "accord_waiting{what=\"emails given up\"} 0",
        "accord_info{engine=\"",
    ] {
        assert!(found.body.contains(line), "{line}:\n{}", found.body);
    }
    assert!(
        found.body.contains("method=\"other\"") && !found.body.contains("BREW"),
        "{}",
        found.body
    );
    // The tables are counted once a minute, however often somebody asks; what is not in them is of the moment.
    let mut tx = world.db.write().await.expect("a change");
    let sent = "UPDATE payment_file SET sent_at = '2025-07-10 00:00:00+00:00'";
    tx.execute(sent, store::args![]).await.expect("changed");
    tx.commit().await.expect("kept");
    served.ask("GET /help", &[], "");
    let again = ask(&served.figures, "GET /metrics", &[], "").body;
    for line in [
        "accord_waiting{what=\"payment files to send\"} 1",
        "accord_requests_total{method=\"GET\",route=\"/help\",status=\"200\"} 3",
    ] {
        assert!(again.contains(line), "{line}:\n{again}");
    }
    assert_eq!(ask(&served.figures, "GET /", &[], "").status, 404);
    assert_eq!(served.ask("GET /metrics", &[], "").status, 404, "not on the port of the pages");
    served.terminate();
    served.ended();
});

#[tokio::test]
async fn a_request_under_way_is_answered_after_the_order_to_stop() {
    let world = World::on_sqlite().await;
    let served = Served::start(&world.address, &[]);
    let body = "email=nobody%40icb.example&password=not-the-password";
    let mut stream = TcpStream::connect(&served.pages).expect("it listens");
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        FORM.1,
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("asked");
    // It asks for the form: the request is under way.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).expect("it goes on");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    served.terminate();
    while TcpStream::connect(&served.pages).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(body.as_bytes()).expect("the form is taken");
    let answer = Answer::read(&mut stream);
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(answer.body.contains("</html>"), "the page is whole");
    served.ended();
}
