//! Stories of requests that mean harm: each is refused with a page, changes nothing, and tells nothing.

use crate::{
    story,
    support::{Browser, Page, Seat, World},
};
use axum::http::Method;
use domain::{OrganisationKind, Role};
use web::routes::{Needs, Row, TABLE};

const FORM: &str = "application/x-www-form-urlencoded";

/// Somebody with every role that an organisation of the kind can give, signed in.
async fn in_every_role(
    world: &World,
    organisation: &'static str,
    kind: OrganisationKind,
) -> Browser {
    let roles: Vec<Role> = Role::ALL.into_iter().filter(|role| role.exists_at(kind)).collect();
    let name = format!("Every Role {organisation}").leak();
    let seat = Seat { name, organisation, roles: roles.leak() };
    world.add_seat(seat).await;
    world.sign_in(seat).await
}

/// Both sides, and what each may send at all.
async fn sides(world: &World) -> [(Browser, OrganisationKind); 2] {
    let (practice, icb) = (OrganisationKind::Practice, OrganisationKind::Icb);
    [
        (in_every_role(world, "Y00001", practice).await, practice),
        (in_every_role(world, "QAA", icb).await, icb),
    ]
}

fn posts(kind: OrganisationKind) -> impl Iterator<Item = &'static Row> {
    let sends = move |row: &&Row| row.method == "POST" && row.needs.of(kind).is_some();
    TABLE.iter().filter(sends)
}

/// The row as an address; nobody needs the record to be there.
fn address(row: &Row) -> String {
    row.path.replace(['{', '}'], "")
}

/// The number of the last entry of the history.
async fn head(world: &World) -> i64 {
    #[derive(sqlx::FromRow)]
    struct Head {
        seq: i64,
    }
    let mut tx = world.db.read().await.expect("a question");
    let head: Head = tx.one("SELECT seq FROM event_head", vec![]).await.expect("a head");
    head.seq
}

async fn send(browser: &Browser, address: &str, headers: &[(&str, &str)], body: &str) -> Page {
    browser.send(Method::POST, address, headers, body.into()).await
}

story!(no_form_of_another_site_is_taken_at_any_address, world, {
    let sides = sides(&world).await;
    let before = head(&world).await;
    for (browser, kind) in &sides {
        for row in posts(*kind) {
            for headers in [
                [("sec-fetch-site", "cross-site"), ("content-type", FORM)],
                [("sec-fetch-site", "same-site"), ("content-type", FORM)],
                [("origin", "https://evil.example"), ("content-type", FORM)],
                [("origin", "null"), ("content-type", FORM)],
            ] {
                let page = send(browser, &address(row), &headers, "version=1&reason=x").await;
                page.expect(403).says("This form was sent from another website");
            }
        }
    }
    assert_eq!(head(&world).await, before);
    for (browser, _) in &sides {
        browser.get("/").await.expect(200);
    }
});

/// What is done by being asked for alone.
const WITHOUT_FORM: [&str; 3] = ["/sign-out", "/account/session/end-others", "/session/stay"];

story!(a_body_of_another_kind_or_of_any_size_is_answered_with_a_page, world, {
    let sides = sides(&world).await;
    let before = head(&world).await;
    let huge = "a=".to_owned() + &"b".repeat((1 << 20) + 1);
    let here = ("sec-fetch-site", "same-origin");
    for (browser, kind) in &sides {
        for row in posts(*kind).filter(|row| !WITHOUT_FORM.contains(&row.path)) {
            let address = address(row);
            for kind in ["text/plain", "application/json", "text/html; charset=utf-8"] {
                let headers = [here, ("content-type", kind)];
                let status = send(browser, &address, &headers, "{\"version\":1}").await.status;
                assert!(status.is_client_error(), "{address} with {kind}: {status}");
            }
            let headers = [here, ("content-type", FORM)];
            let status = send(browser, &address, &headers, &huge).await.status.as_u16();
            assert!(matches!(status, 400 | 404 | 413), "{address} with a huge form: {status}");
            let headers = [here, ("content-type", "multipart/form-data; boundary=x")];
            let status =
                send(browser, &address, &headers, "--y\r\nnothing of the kind").await.status;
            assert!(!status.is_server_error(), "{address} with a torn file: {status}");
        }
    }
    assert_eq!(head(&world).await, before);
});

story!(the_name_of_the_host_is_believed_nowhere, world, {
    let mut world = world;
    // Otherwise an email brings the link, and no page.
    world.serve(|web| web.sends_mail = false);
    let [(_, _), (board, _)] = sides(&world).await;
    let evil = [("host", "evil.example"), ("x-forwarded-host", "evil.example")];
    for row in TABLE.iter().filter(|row| row.method == "GET") {
        let page = board.send(Method::GET, &address(row), &evil, Vec::new()).await;
        assert!(!page.html.contains("evil.example"), "{} repeats the host", row.path);
        assert!(!page.location().contains("evil.example"), "{} leads there", row.path);
    }
    let headers = [evil[0], evil[1], ("sec-fetch-site", "same-origin"), ("content-type", FORM)];
    let invited = "email=ravi.cole%40nhs.net&name=Ravi+Cole&job_title=manager&role=View";
    let page = send(&board, "/people/invite", &headers, invited).await;
    page.expect(200).says("/password/").does_not_say("evil.example");
});

story!(no_address_leads_out_of_the_service, world, {
    let [(practice, _), (board, _)] = sides(&world).await;
    for bad in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/%0d%0aset-cookie:x=1",
        " //evil.example",
    ] {
        let page = world.stranger().post("/sign-in", &[("next", bad)]).await;
        let next = page.value("next");
        assert!(next.starts_with('/') && !next.starts_with("//"), "{bad} became {next}");
        for (browser, form) in [
            (&practice, "/offers/respond"),
            (&practice, "/achievement/declare"),
            (&board, "/declarations/approve"),
            (&board, "/declarations/reviews"),
            (&board, "/payments/failed"),
        ] {
            let page = browser.post(form, &[("back", bad), ("next", bad)]).await;
            let to = page.location();
            let leads_out = to.contains("//") || to.contains('\\') || to.starts_with("java");
            assert!(!leads_out, "{form} with {bad} leads to {to}");
            let links = page.links("").into_iter();
            let out: Vec<_> = links.filter(|to| to.trim().starts_with("//")).collect();
            assert!(out.is_empty(), "{form} with {bad} links to {out:?}");
        }
    }
});

story!(no_address_leads_to_a_file_of_the_machine, world, {
    let [_, (board, _)] = sides(&world).await;
    for path in [
        "../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cwindows%5cwin.ini",
        "%2fetc%2fpasswd",
        "accord.css%00.txt",
        "....//....//etc/passwd",
    ] {
        for room in ["/assets", "/payments", "/declarations", "/services", "/help"] {
            let page = board.get(&format!("{room}/{path}")).await;
            page.expect(404);
            assert!(!page.html.contains("root:"), "{room}/{path}");
        }
    }
});

story!(an_address_in_other_letters_is_another_address, world, {
    let [(practice, _), _] = sides(&world).await;
    for path in ["/Services", "/PAYMENTS", "/People", "//services", "/services/", "/./services"] {
        practice.get(path).await.expect(404);
    }
    let stranger = world.stranger();
    for path in ["/Services", "/PAYMENTS"] {
        stranger.get(path).await.expect(404);
    }
});

story!(what_is_said_twice_counts_once, world, {
    let [(practice, _), _] = sides(&world).await;
    let both = practice.get("/people?organisation=Y00001&organisation=Y00002").await;
    both.expect(200).says("Riverside Surgery").does_not_say("Hill Top");
    practice.get("/people?organisation=Y00002&organisation=Y00001").await.expect(404);
    let view = world.sign_in(Seat::PRACTICE_VIEW).await;
    let foreign = world.organisations["Y00003"].to_string();
    let own = world.organisations["Y00001"].to_string();
    let twice = [("organisation", &*foreign), ("organisation", &*own)];
    view.post("/change-organisation", &twice).await.expect(404);
    view.get("/").await.says("Riverside Surgery");
    for address in ["/services?page=1&page=x", "/achievement?year=2025&year=%00&page=-1"] {
        practice.get(address).await.expect(200);
    }
});

story!(every_file_is_saved_and_never_shown, world, {
    let sides = sides(&world).await;
    let is_file = |row: &&Row| {
        let ends = [".csv", ".xlsx", ".json", ".txt", ".ics"];
        row.method == "GET" && ends.iter().any(|end| row.path.ends_with(end))
    };
    let mut files = 0;
    for (browser, _) in &sides {
        for row in TABLE.iter().filter(is_file).filter(|row| !row.path.contains('{')) {
            let page = browser.get(row.path).await;
            if page.status != 200 {
                continue;
            }
            files += 1;
            let header = |name: &str| page.headers[name].to_str().expect("text");
            assert_eq!(header("x-content-type-options"), "nosniff", "{}", row.path);
            assert!(header("content-disposition").starts_with("attachment"), "{}", row.path);
            assert_eq!(header("cache-control"), "no-store", "{}", row.path);
        }
    }
    assert!(files >= 5, "{files} files only");
});

story!(the_persona_of_a_demo_is_no_way_in_elsewhere, world, {
    let demo: Vec<_> = TABLE.iter().filter(|row| row.needs == Needs::Demo).collect();
    assert_eq!(demo.len(), 1);
    for row in demo {
        let ivy = world.actor(Seat::PRACTICE_VIEW).await.person().expect("a person").to_string();
        let page = world.stranger().post(row.path, &[("persona", &ivy)]).await;
        assert!(page.expect(404).headers.get("set-cookie").is_none());
    }
});

story!(a_number_of_a_patient_is_taken_by_no_form_and_what_was_typed_stays, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(Seat::PRACTICE_MANAGER, "2025-06-30", 42).await;
    let reason = "The patient is 943 476 5919.";
    let approver = world.sign_in(Seat::APPROVER).await;
    let hold = [("service", "BLD2526"), ("cluster", ""), ("stops", "both"), ("reason", reason)];
    let page = approver.post("/holds/new", &hold).await;
    page.expect(422).says("Take the number that looks like an NHS number out of your reason");
    page.says("Write nothing about a patient here").says(reason);
    assert_eq!(world.facts("hold_placed").await, 0);
    let achievement = world.newest(Seat::APPROVER).await.achievement.id;
    let adjust = [
        ("indicator", "payment"),
        ("kind", "pounds_more"),
        ("number", "10"),
        ("reason", reason),
        ("evidence", reason),
    ];
    let page = approver.post(&format!("/achievement/{achievement}/adjust"), &adjust).await;
    page.expect(422).says("out of your reason").says("out of your evidence");
    assert_eq!(world.facts("adjustment_asked").await, 0);
});

story!(a_form_that_comes_byte_by_byte_is_cut_off, world, {
    let [(practice, _), (board, _)] = sides(&world).await;
    let before = head(&world).await;
    let file = "multipart/form-data; boundary=x";
    for (browser, address, kind, status) in [
        (&practice, "/achievement/declare", FORM, 408),
        (&board, "/holds/new", FORM, 408),
        (&board, "/national-figures/new", file, 408),
        // Nobody is signed in: what was typed would have been kept.
        (&world.stranger(), "/sign-in", FORM, 503),
        (&world.stranger(), "/sign-in", file, 408),
    ] {
        let page = browser.send_without_end(address, kind).await;
        assert_eq!(page.status.as_u16(), status, "{address}: {}", page.text());
    }
    assert_eq!(head(&world).await, before);
    board.get("/").await.expect(200);
});

story!(no_name_holds_a_number_of_a_patient, world, {
    let named = "About 943 476 5919";
    let [_, (board, _)] = sides(&world).await;
    let cluster = [("name", named), ("description", named), ("codes", "Y00001"), ("go", "next")];
    let page = board.post("/clusters/new", &cluster).await;
    page.expect(422).says("out of your cluster name").says("out of your description").says(named);
    let contract = [
        ("kind", "offer"),
        ("name", named),
        ("respond-by-day", "30"),
        ("respond-by-month", "4"),
        ("respond-by-year", "2025"),
    ];
    board.post("/contracts/new", &contract).await.expect(422).says("out of your contract name");
    let invite =
        [("email", "ravi.cole@nhs.net"), ("name", named), ("job_title", named), ("role", "View")];
    let page = board.post("/people/invite", &invite).await;
    page.expect(422).says("out of your full name").says("out of your job title");
    let allow = [("pair", "two_approvals"), ("allow", "yes"), ("reason", named)];
    board.post("/people/together", &allow).await.expect(422).says("out of your reason");
});
