//! Stories of payment files: everything approved is paid once, in a file that never changes.

use crate::{
    story,
    support::{Seat, World, money::message},
};
use domain::Pence;
use store::declaration::Filter;

/// Two practices, three approved declarations: £420.00, £70.00 and £50.00.
async fn approved(world: &World) {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.count(Seat::PRACTICE_MANAGER, "2025-05-31", 42).await;
    world.count(Seat::SECOND_PRACTICE, "2025-05-31", 7).await;
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 5).await;
    for seat in [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE] {
        world.declare_all(seat).await.expect(303);
    }
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        world.approve_all(seat).await.expect(303);
    }
}

story!(what_finance_has_approved_goes_into_a_file_with_control_totals, world, {
    approved(&world).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get("/").await.says("Create a payment file for 3 payment declarations");
    let list = finance.get("/payments").await;
    list.expect(200).says("3 declarations ready to pay, £540.00 in all.");
    list.says("No payment files yet.");
    let check = finance.get("/payments/new").await;
    check.expect(200).says("Payees 2").says("Payments 3").says("Total £540.00");
    check.says("Blood tests near home 3 £540.00").says("Hill Top Practice");
    let form = [("lines", &*check.value("lines")), ("total", &*check.value("total"))];
    let made = finance.post("/payments/new", &form).await;
    assert_eq!(made.location(), "/payments/PF-2025-000001");
    assert_eq!(message(&made), "Payment file PF-2025-000001 created.");
    let file = finance.get(made.location()).await;
    file.expect(200).says("Payments 3").says("Total £540.00").says("Ana Ruiz, 2 July 2025");
    file.says("Payment file created with 3 lines: £540.00");
    let csv = finance.get("/payments/PF-2025-000001.csv").await;
    csv.expect(200);
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"PF-2025-000001.csv\"");
    let lines: Vec<&str> = csv.html.lines().collect();
    assert_eq!(
        lines,
        [
            "record,file_reference,payment_reference,payee_code,payee_name,service_code,pay_code,achievement_date,amount_gbp",
            "LINE,PF-2025-000001,D-2025-000001,Y00001,Riverside Surgery,BLD2526,BLOOD,2025-05-31,420.00",
            "LINE,PF-2025-000001,D-2025-000002,Y00002,Hill Top Practice,BLD2526,BLOOD,2025-05-31,70.00",
            "LINE,PF-2025-000001,D-2025-000003,Y00002,Hill Top Practice,BLD2526,BLOOD,2025-06-30,50.00",
            "TOTAL,PF-2025-000001,3,,,,,,540.00",
        ]
    );
    let hash: String = domain::hash::sha256(csv.html.as_bytes());
    file.says(&hash);
    assert_eq!(world.facts("declaration_put_in_file").await, 3);
    assert_eq!(world.facts("payment_file_created").await, 1);
    world.assert_history_is_whole().await;
});

/// Declares and approves everything of a practice.
async fn approve(world: &World, seat: Seat) {
    world.declare_all(seat).await.expect(303);
    world.approve_all(Seat::APPROVER).await.expect(303);
    world.approve_all(Seat::FINANCE).await.expect(303);
}

story!(the_next_file_is_compared_with_the_last_one, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    world.count(Seat::SECOND_PRACTICE, "2025-05-31", 7).await;
    approve(&world, Seat::SECOND_PRACTICE).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    let first = finance.get("/payments/new").await;
    first.expect(200).says("There is no payment file before this one to compare it with.");
    assert_eq!(world.pay_all(Seat::FINANCE).await, "/payments/PF-2025-000001");
    // The first practice is new; the second is on hold, which is not gone.
    world.count(Seat::PRACTICE_MANAGER, "2025-05-31", 42).await;
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 5).await;
    for seat in [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE] {
        world.declare_all(seat).await.expect(303);
    }
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        world.approve_all(seat).await.expect(303);
    }
    let keeper = Seat {
        name: "Del Ward",
        organisation: "QAA",
        roles: &[domain::Role::OrganisationAdministrator],
    };
    world.add_seat(keeper).await;
    let fields = [("name", "One supplier"), ("codes", "Y00002"), ("go", "next")];
    let made = world.sign_in(keeper).await.post("/clusters/new", &fields).await;
    let cluster = made.expect(303).location().trim_start_matches("/clusters/").to_owned();
    let fields = [
        ("service", "BLD2526"),
        ("cluster", &*cluster),
        ("stops", "paying"),
        ("reason", "Their extract is wrong."),
    ];
    let hold = finance.post("/holds/new", &fields).await.expect(303).location().to_owned();
    let check = finance.get("/payments/new").await;
    check.expect(200).says("The last file is PF-2025-000001 , created on 2 July 2025");
    check.says("Blood tests near home pay code BLOOD 1 £420.00 1 £70.00 £350.00 more");
    check.says("All services 1 £420.00 1 £70.00 £350.00 more");
    check.says("Payees not in the last file 1: Riverside Surgery (Y00001)");
    check.says(
        "Payees only in the last file 0 Payees with payments on hold 1: Hill Top Practice (Y00002)",
    );
    world.pay_all(Seat::FINANCE).await;
    let page = finance.get(&format!("{hold}/lift")).await;
    let fields = [("version", &*page.value("version")), ("note", "")];
    finance.post(&format!("{hold}/lift"), &fields).await.expect(303);
    let check = finance.get("/payments/new").await;
    check.expect(200).says("The last file is PF-2025-000002");
    check.says("All services 1 £50.00 1 £420.00 £370.00 less");
    check.says("Payees not in the last file 1: Hill Top Practice (Y00002)");
    check.says("Payees only in the last file 1: Riverside Surgery (Y00001)");
    check.says("Payees with payments on hold 0");
});

story!(the_lines_of_a_file_add_up_to_the_declarations_in_it, world, {
    approved(&world).await;
    let address = world.pay_all(Seat::FINANCE).await;
    let by = world.actor(Seat::FINANCE).await;
    let mut tx = world.db.read().await.unwrap();
    let reference = address.trim_start_matches("/payments/");
    let (_, file, lines) = store::payment::find(&mut tx, reference, &by).await.unwrap();
    let locked = Filter::states(&["approved"]);
    let found = store::declaration::list(&mut tx, &locked, (0, 500), &by).await.unwrap();
    let sum: Pence = found.rows.iter().filter_map(|row| row.amount()).sum();
    assert_eq!((file.lines, file.total), (found.total, sum));
    assert_eq!(store::payment::totals(&lines), (3, sum));
    assert!(found.rows.iter().all(|row| row.file.as_deref() == Some(reference)));
});

story!(nothing_is_paid_twice, world, {
    approved(&world).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    let check = finance.get("/payments/new").await;
    let (lines, total) = (check.value("lines"), check.value("total"));
    let form = [("lines", &*lines), ("total", &*total)];
    finance.post("/payments/new", &form).await.expect(303);
    let again = finance.post("/payments/new", &form).await;
    again.expect(409).says("There are no approved declarations to pay.");
    finance
        .get("/payments/new")
        .await
        .expect(200)
        .says("There are no approved declarations to pay.");
    finance.get("/payments").await.says("No declaration is ready to pay.").says("PF-2025-000001");
    assert_eq!(world.facts("payment_file_created").await, 1);
    // The number of the refused file was not used up.
    world.count(Seat::PRACTICE_MANAGER, "2025-06-30", 1).await;
    world.declare_all(Seat::PRACTICE_MANAGER).await.expect(303);
    world.approve_all(Seat::APPROVER).await.expect(303);
    world.approve_all(Seat::FINANCE).await.expect(303);
    assert_eq!(world.pay_all(Seat::FINANCE).await, "/payments/PF-2025-000002");
});

story!(ten_people_at_once_make_one_file, world, {
    approved(&world).await;
    let check = world.sign_in(Seat::FINANCE).await.get("/payments/new").await;
    let mut waiting = Vec::new();
    for seat in [Seat::FINANCE, Seat::APPROVER_AND_FINANCE].into_iter().cycle().take(10) {
        let browser = world.sign_in(seat).await;
        let (lines, total) = (check.value("lines"), check.value("total"));
        waiting.push(tokio::spawn(async move {
            browser.post("/payments/new", &[("lines", &lines), ("total", &total)]).await
        }));
    }
    let mut answers = Vec::new();
    for one in waiting {
        answers.push(one.await.unwrap().status.as_u16());
    }
    answers.sort_unstable();
    assert_eq!(answers, [303, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(world.facts("declaration_put_in_file").await, 3);
    world.assert_history_is_whole().await;
});

story!(a_file_is_made_only_of_what_was_checked, world, {
    approved(&world).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    for (lines, total) in [("2", "54000"), ("3", "54001"), ("4", "54000")] {
        let answer = finance.post("/payments/new", &[("lines", lines), ("total", total)]).await;
        answer.expect(409).says("The declarations ready to pay changed while you were looking");
        answer.says("Total £540.00");
    }
    finance.post("/payments/new", &[("lines", "many")]).await.expect(400);
    assert_eq!(world.facts("payment_file_created").await, 0);
});

story!(a_provider_sees_what_is_on_its_way_and_which_file_its_money_is_in, world, {
    approved(&world).await;
    world.count(Seat::SECOND_PRACTICE, "2025-04-30", 3).await;
    world.declare_all(Seat::SECOND_PRACTICE).await.expect(303);
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    let home = provider.get("/").await;
    home.says("£150.00 declared and on its way").says("£0.00 in payment files");
    assert!(home.links("/payments").contains(&"/payments#on-its-way".to_owned()));
    let before = provider.get("/payments").await;
    before.expect(200).says("3 payment declarations, £150.00 in all. Not in a payment file yet.");
    before.says("Awaiting Commissioning Organisation Approval").says("April 2025");
    before.says("No payment file holds a payment to Hill Top Practice").does_not_say("Riverside");
    let address = world.pay_all(Seat::FINANCE).await;
    provider.get("/").await.says("£30.00 declared and on its way £120.00 in payment files");
    let after = provider.get("/payments").await;
    after.says("1 payment declaration, £30.00 in all. Not in a payment file yet.");
    after.says("2 payments to Hill Top Practice, £120.00 in all");
    after.says("In payment file").says("PF-2025-000001").says("2 July 2025").says("£70.00");
    provider.get("/").await.says("£120.00");
    provider.get(&address).await.expect(403);
    let viewer = world.sign_in(Seat::PRACTICE_VIEW).await;
    viewer.get("/payments").await.expect(200).says("PF-2025-000001").does_not_say("£");
});

story!(a_region_sees_the_files_of_its_boards_and_what_they_have_ready, world, {
    approved(&world).await;
    world.add_seat(Seat::REGION).await;
    let region = world.sign_in(Seat::REGION).await;
    let before = region.get("/payments").await;
    before.expect(200).says("Each ICB makes its own payment files.");
    before.says("3 of their declarations are ready to pay, £540.00 in all.");
    before.does_not_say("No declaration is ready to pay").does_not_say("Create payment file");
    world.pay_all(Seat::FINANCE).await;
    let after = region.get("/payments").await;
    after.says("None of their declarations is ready to pay.").says("PF-2025-000001");
    after.says("NHS Anytown ICB").says("£540.00");
});

story!(only_finance_of_the_own_organisation_pays, world, {
    approved(&world).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    let page = approver.get("/payments").await;
    page.expect(200)
        .says("You cannot create a payment file. At NHS Anytown ICB these people can: Ana Ruiz");
    page.does_not_say("Create payment file");
    approver.get("/payments/new").await.expect(403).says("Finance Management").says("Ana Ruiz");
    let form = [("lines", "3"), ("total", "54000")];
    approver.post("/payments/new", &form).await.expect(403).says("Ana Ruiz");
    world.sign_in(Seat::COMMISSIONER_VIEW).await.get("/payments").await.expect(403);
    let elsewhere = world.sign_in(Seat::OTHER_APPROVER).await;
    elsewhere.get("/payments/new").await.says("There are no approved declarations to pay.");
    elsewhere.post("/payments/new", &form).await.expect(409);
    let address = world.pay_all(Seat::FINANCE).await;
    elsewhere.get(&address).await.expect(404);
    elsewhere.get(&format!("{address}.csv")).await.expect(404);
    elsewhere.get("/payments").await.does_not_say("PF-");
});

story!(a_file_that_is_not_as_it_was_frozen_is_not_given_out, world, {
    approved(&world).await;
    let address = world.pay_all(Seat::FINANCE).await;
    let finance = world.sign_in(Seat::FINANCE).await;
    finance.get(&format!("{address}.csv")).await.expect(200);
    let mut tx = world.db.write().await.unwrap();
    tx.script("UPDATE payment_file SET content = replace(content, '420.00', '920.00')")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    finance.get(&format!("{address}.csv")).await.expect(500).does_not_say("920.00");
    let mut tx = world.db.write().await.unwrap();
    tx.script("UPDATE payment_line SET amount_pence = 92000 WHERE amount_pence = 42000")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    finance.get(&address).await.expect(500).does_not_say("£920.00");
});

story!(what_is_locked_stays_as_it_is, world, {
    approved(&world).await;
    let again = world
        .submit(
            Seat::PRACTICE_MANAGER,
            ("BLD2526", "2025-05-31", "BLOOD"),
            &[("BLD001", domain::Field::Count, "50")],
        )
        .await;
    assert_eq!(again.unwrap_err(), "This declaration has been approved for payment and is locked.");
    let address = world.pay_all(Seat::FINANCE).await;
    world.sign_in(Seat::FINANCE).await.get(&address).await.says("£420.00");
    assert_eq!(world.facts("declaration_returned").await, 0);
});
