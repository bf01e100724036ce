//! Every page renders in strict mode, with the things that every page must have.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use domain::Now;
use http_body_util::BodyExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use tower::ServiceExt;
use web::Web;
use web::flash::Flash;
use web::form::{Errors, Fields};
use web::page::{NavItem, Page, Person, Shell};
use web::template::Templates;

/// A fresh service with an empty database, and the folder that must outlive it.
async fn web() -> (Arc<Web>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("accord.db");
    let db = store::Db::open(&file.to_string_lossy()).await.expect("a database");
    let now = Now::at("2026-08-06T09:00:00Z".parse().expect("an instant"));
    let web = Web {
        db,
        clock: Arc::new(move || now),
        templates: Templates::embedded(),
        demo: true,
        is_https: false,
        sends_mail: true,
        settings: web::settings::Settings::default(),
    };
    (Arc::new(web), folder)
}

fn shell() -> Shell {
    Shell {
        demo: true,
        today: "2026-08-06".parse().ok(),
        person: Some(Person {
            name: "Sam Ahmed".into(),
            role: "practice manager".into(),
            organisation: "Riverside Surgery".into(),
            code: "Y00001".into(),
            narrowing: String::new(),
            several: true,
        }),
        navigation: vec![
            NavItem::new("Home", "/"),
            NavItem::new("Services", "/services").count(12),
        ],
        flash: Some(Flash::success("You accepted <Spirometry> for 2026 to 2027.")),
        idle: Some(1_800),
    }
    .at("/services/7")
}

/// What every page must have.
fn check(html: &str, what: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "{what} has one main heading");
    let title = html
        .split("<title>")
        .nth(1)
        .and_then(|rest| rest.split("</title>").next())
        .unwrap_or_default();
    assert!(
        title.ends_with(" – Accord") && title.len() > " – Accord".len(),
        "{what} has the title {title:?}"
    );
    assert!(!html.contains("nhsuk-header__logo\""), "{what} shows no NHS logo");
    assert!(
        !html.contains("undefined") && !html.contains(">none<"),
        "{what} prints nothing that is not there"
    );
    let (mut ids, mut twice) = (BTreeSet::new(), Vec::new());
    for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        if !ids.insert(id) {
            twice.push(id);
        }
    }
    assert!(twice.is_empty(), "{what} has {twice:?} more than once");
    for script in html.split("<script").skip(1) {
        assert!(
            script.split('>').next().is_some_and(|tag| tag.contains("src=")),
            "{what} has a script inside it"
        );
    }
    assert!(!html.contains(" style=\""), "{what} has a style inside it, which the browser ignores");
}

async fn get(path: &str) -> (StatusCode, axum::http::HeaderMap, String) {
    send(Request::get(path).body(Body::empty()).expect("a request")).await
}

async fn send(request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, String) {
    let (web, _folder) = web().await;
    let response = web::router(web).oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn the_shell_says_who_where_and_what_has_just_happened() {
    let (web, _folder) = web().await;
    let html = Page::new("help/contact.html", ()).html(&web, &shell()).expect("a page");
    check(&html, "help");
    for text in [
        "Sam Ahmed, practice manager",
        "Riverside Surgery (Y00001)",
        "Change organisation",
        "action=\"/sign-out\"",
        "Demo system.",
        "You accepted &lt;Spirometry&gt; for 2026 to 2027.",
    ] {
        assert!(html.contains(text), "{text} is missing in\n{html}");
    }
    assert_eq!(html.matches("aria-current").count(), 1);
}

#[tokio::test]
async fn a_form_with_errors_says_so_in_title_summary_and_status() {
    let (web, _folder) = web().await;
    let mut errors = Errors::new();
    errors.add("reason", "Select a reason");
    let page =
        Page::new("help/contact.html", ()).errors(errors).form(Fields::from_iter([("reason", "")]));
    let html = page.html(&web, &shell()).expect("a page");
    check(&html, "a form with errors");
    assert!(html.contains("<title>Error: Help and contact"));
    assert!(html.contains("href=\"#reason\"") && html.contains("Select a reason"));
    assert!(!html.contains("You accepted"), "one message at a time");
    assert_eq!(
        page.respond(&web, &shell()).expect("an answer").status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn a_message_is_shown_once() {
    let (web, _folder) = web().await;
    let response = Page::new("help/contact.html", ()).respond(&web, &shell()).expect("an answer");
    assert!(response.headers()[header::SET_COOKIE].to_str().expect("text").contains("Max-Age=0"));
}

#[tokio::test]
async fn the_help_pages_render_for_anybody() {
    for path in ["/help", "/help/statuses", "/help/accessibility"] {
        let (status, headers, html) = get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert!(
            headers[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .expect("text")
                .starts_with("default-src 'none'")
        );
        check(&html, path);
    }
}

#[tokio::test]
async fn an_unknown_address_has_a_page() {
    for path in ["/nowhere", "/help/nowhere"] {
        let (status, headers, html) = get(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        check(&html, path);
        assert!(html.contains("<h1>Page not found</h1>"));
    }
}

#[tokio::test]
async fn a_bare_answer_of_the_framework_gets_a_page_and_keeps_its_status() {
    let (status, headers, html) =
        send(Request::post("/help").body(Body::empty()).expect("a request")).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(headers[header::ALLOW], "GET,HEAD");
    check(&html, "a form for an address without one");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let request = Request::post("/help")
        .header("sec-fetch-site", "cross-site")
        .body(Body::empty())
        .expect("a request");
    let (status, _, html) = send(request).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    check(&html, "the refusal");
    assert!(html.contains("sent from another website"));
}

#[tokio::test]
async fn static_files_are_kept_and_compressed() {
    let address = web::assets::address("accord.css").expect("the styles");
    let request = Request::get(address)
        .header(header::ACCEPT_ENCODING, "gzip")
        .body(Body::empty())
        .expect("a request");
    let (status, headers, _) = send(request).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
    assert_eq!(headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
    assert!(headers[header::CACHE_CONTROL].to_str().expect("text").contains("immutable"));
    let (_, headers, css) = get(address).await;
    assert!(!headers.contains_key(header::CONTENT_ENCODING));
    assert!(css.contains("nhsuk-button"));
}

/// Every component of ours, in one page, with the things that pages hand to them.
#[tokio::test]
async fn every_component_of_ours_renders_in_strict_mode() {
    let (web, _folder) = web().await;
    let templates = Templates::from_folder(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples"));
    let web = Web {
        db: web.db.clone(),
        clock: web.clock.clone(),
        templates,
        settings: web.settings.clone(),
        ..*web
    };
    let query = Fields::from_iter([("status", "pending"), ("page", "2")]);
    let content = serde_json::json!({
        "status": domain::status::of("Offer", "accepted"),
        "paging": web::page::Paging::new("/services", &query, 175, 25),
        "lines": [
            { "indicator": "AF006", "title": "Points", "working": "30 of 40", "points": "7.5", "amount": "",
              "inputs": [{ "label": "Numerator", "value": "30", "source": "typed by Sam Ahmed" }] },
            { "indicator": null, "title": "Amount", "working": "7.5 times £2.00", "points": null, "amount": "£15.00", "inputs": [] },
        ],
    });
    let html = Page::new("components.html", content).html(&web, &shell()).expect("a page");
    check(&html, "the components");
    for part in [
        "Active",
        "data-behaviour=\"inclusive\" data-behaviour-group=\"offer\"",
        "value=\"7\" data-behaviour-group=\"offer\" data-pence=\"588000\" checked",
        "Select &lt;Spirometry&gt;",
        "aria-sort=\"ascending\"",
        "6 August 2026 at 9:32am",
        "7.5 points",
        "£15.00",
        "href=\"/services?status=pending&amp;page=3\"",
        "To answer (12)",
        "Remove filter: ",
    ] {
        assert!(html.contains(part), "{part} is missing in\n{html}");
    }
}

#[tokio::test]
async fn behind_https_browsers_come_by_nothing_else() {
    let (web, _folder) = web().await;
    for (is_https, expected) in [(false, None), (true, Some("max-age=31536000; includeSubDomains"))]
    {
        let web = Arc::new(Web {
            db: web.db.clone(),
            clock: web.clock.clone(),
            templates: Templates::embedded(),
            demo: true,
            is_https,
            sends_mail: true,
            settings: web.settings.clone(),
        });
        for path in ["/help", "/nothing-here", "/healthz"] {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let answer = web::router(web.clone()).oneshot(request).await.expect("an answer");
            let header = answer.headers().get(header::STRICT_TRANSPORT_SECURITY);
            assert_eq!(header.map(|value| value.to_str().expect("text")), expected, "{path}");
        }
    }
}
