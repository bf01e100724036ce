//! Stories of the receipts of declaring, approving and paying: each is kept as it was, proves, and names what differs.

use crate::{
    payment_answer::FILE,
    receipt::{printed, verify},
    story,
    support::{
        Browser, Page, Seat, World, listed,
        money::{BLOOD, message, tick},
    },
};
use domain::{Actor, Field::Count, OrganisationKind, hash::sha256};
use std::{collections::BTreeSet, time::Instant};
use store::{
    arg::Arg,
    declaration::{Filter, Listed, Seen},
};

const MANAGER: Seat = Seat::PRACTICE_MANAGER;

/// The link below the message that the next page opens with, as the next page shows it.
async fn leads_to(browser: &Browser, done: &Page, words: &str) -> String {
    done.expect(303);
    let cookies = done.headers.get_all("set-cookie").iter();
    let cookie = cookies.filter_map(|cookie| cookie.to_str().ok()).collect::<Vec<_>>().join("; ");
    let (_, rest) = cookie.split_once('&').expect("a link goes with the message");
    let pair = rest.split(';').next().expect("its end");
    let (href, text) = pair.split_once('=').expect("an address and words");
    assert_eq!(text.replace('+', " "), words);
    let address = href.replace("%2F", "/").replace("%3F", "?").replace("%3D", "=");
    let page = browser.get(&address).await;
    if page.status.as_u16() == 303 { page.location().to_owned() } else { address }
}

/// The plain text of the receipt with a number.
async fn file(browser: &Browser, declaration: &str, number: usize) -> Page {
    let page =
        browser.get(&format!("/declarations/{declaration}/receipt.txt?number={number}")).await;
    page.expect(200);
    page
}

async fn only(world: &World) -> String {
    world.sign_in(MANAGER).await.get("/achievement/declare").await.value("declaration")
}

story!(declaring_and_both_approvals_leave_receipts_that_prove, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let reference = only(&world).await;
    let declared = world.declare_all(MANAGER).await;
    let provider = world.sign_in(MANAGER).await;
    let address = leads_to(&provider, &declared, "View or print your receipt").await;
    let own = format!("/declarations/{reference}");
    assert_eq!(address, format!("{own}/receipt?number=1"));
    let page = provider.get(&address).await;
    page.expect(200)
        .says("Receipt of a declaration")
        .says(&format!("Receipt reference {reference}-R1"))
        .says("Declared by Sam Ahmed, for Riverside Surgery (Y00001)")
        .says("Declared on 2 July 2025 at 1pm")
        .says("Commissioner NHS Anytown ICB (QAA)")
        .says("Service Blood tests near home (BLD2526)")
        .says("Period June 2025")
        .says("Amount £420.00")
        .says("Calculation number 1, 2 July 2025 at 1pm")
        .says("Definition of the service version 1");
    let text = file(&provider, &reference, 1).await;
    assert_eq!(sha256(&text.bytes), printed(&page), "the hash of the page is that of the file");
    world.approve_all(Seat::APPROVER).await.expect(303);
    world.approve_all(Seat::FINANCE).await.expect(303);
    let page = provider.get(&own).await;
    page.says("Receipt: Declared, 2 July 2025 at 1pm");
    page.says("Receipt: Approved by the commissioner, 2 July 2025 at 1pm");
    page.says("Receipt: Approved by finance, 2 July 2025 at 1pm");
    assert_eq!(page.links(&format!("{own}/receipt")).len(), 3);
    let last = provider.get(&format!("{own}/receipt?number=3")).await;
    last.says("Receipt of a financial approval").says("Approved by Ana Ruiz, for NHS Anytown ICB");
    last.says("Declared Sam Ahmed, 2 July 2025 at 1pm");
    last.says("Approved by the commissioner Tom Hill, 2 July 2025 at 1pm");
    for number in 1..=3 {
        let text = file(&provider, &reference, number).await;
        let (is_good, said) = verify(&world, &text.bytes).await;
        assert!(is_good && said.contains("The receipt is the one of the history"), "{said}");
    }
    let later = file(&provider, &reference, 1).await;
    assert!(later.bytes == text.bytes, "not a byte has moved");
    assert_eq!(world.facts("declaration_receipt_made").await, 3);
    world.assert_history_is_whole().await;
});

story!(what_differs_in_a_receipt_is_named, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let reference = only(&world).await;
    world.declare_all(MANAGER).await.expect(303);
    let provider = world.sign_in(MANAGER).await;
    let text = file(&provider, &reference, 1).await;
    let dearer = text.html.replace("Amount: £420.00", "Amount: £920.00");
    let (is_good, said) = verify(&world, dearer.as_bytes()).await;
    let told = "Amount is \"£920.00\" in the file and \"£420.00\" in the history.";
    assert!(!is_good && said.contains(told), "{said}");
    let other = text.html.replace("-R1", "-R7");
    let (is_good, said) = verify(&world, other.as_bytes()).await;
    assert!(!is_good && said.contains("The receipt is not one of this history"), "{said}");
    // A text that was changed where it is kept is not given out, and the file from before still proves.
    let change = async |sql, args| {
        let mut tx = world.db.write().await.expect("a change");
        tx.execute(sql, args).await.expect("it is changed");
        tx.commit().await.expect("changed");
    };
    let dearer = "UPDATE declaration_receipt SET text = replace(text, '£420.00', '£920.00')";
    change(dearer, Vec::new()).await;
    provider.get(&format!("/declarations/{reference}/receipt")).await.expect(500);
    let (is_good, said) = verify(&world, &text.bytes).await;
    assert!(is_good, "{said}");
    // So is the working, which the receipt names by its hash.
    change("UPDATE calculation SET result = result || ' '", Vec::new()).await;
    let (is_good, said) = verify(&world, &text.bytes).await;
    let told = "The stored lines of calculation 1 have another SHA-256";
    assert!(!is_good && said.contains(told), "{said}");
    let named: Vec<Arg> = vec![Arg::from(reference.as_str())];
    change("UPDATE declaration SET notes = 'Later' WHERE reference = $1", named).await;
    assert!(text.html.contains("Amount: £420.00") && !text.html.contains("Notes"));
});

story!(a_declaration_that_goes_back_keeps_its_earlier_receipts, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let reference = only(&world).await;
    world.declare_all(MANAGER).await.expect(303);
    let provider = world.sign_in(MANAGER).await;
    let before = file(&provider, &reference, 1).await;
    world.count(MANAGER, "2025-06-30", 43).await;
    let own = format!("/declarations/{reference}");
    let page = provider.get(&own).await;
    page.says("Receipt: Declared, 2 July 2025 at 1pm, before it went back to the provider");
    provider
        .get(&format!("{own}/receipt?number=1"))
        .await
        .says("went back to the provider afterwards, so this does not count")
        .says("Amount £420.00");
    world.declare_all(MANAGER).await.expect(303);
    let page = provider.get(&format!("{own}/receipt")).await;
    page.says(&format!("{reference}-R2")).says("Amount £430.00").says("Calculation number 2");
    page.does_not_say("does not count any more");
    let after = file(&provider, &reference, 1).await;
    assert!(after.bytes == before.bytes, "not a byte has moved");
    let (is_good, said) = verify(&world, &after.bytes).await;
    assert!(is_good, "{said}");
});

story!(many_at_once_lead_to_the_list_of_their_receipts, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    for (date, tests) in [("2025-04-30", 1), ("2025-05-31", 2), ("2025-06-30", 3)] {
        world.count(MANAGER, date, tests).await;
    }
    world.count(Seat::SECOND_PRACTICE, "2025-06-30", 4).await;
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get("/achievement/declare").await;
    let chosen = page.values("declaration")[..2].to_vec();
    let done = tick(&provider, "/achievement/declare", &page, &chosen).await;
    let list = leads_to(&provider, &done, "View or print your 2 receipts").await;
    let page = provider.get(&list).await;
    page.expect(200).says("2 receipts of what Sam Ahmed did on 2 July 2025 at 1pm, £50.00 in all");
    page.does_not_say("April 2025");
    for link in page.links("/declarations/D-") {
        provider.get(&link).await.expect(200).says("Receipt of a declaration");
    }
    // Of a list with a row that stays as it was, the receipts of the others are led to.
    let page = provider.get("/achievement/declare").await;
    world.declare_all(Seat::SECOND_PRACTICE).await.expect(303);
    let approver = world.sign_in(Seat::APPROVER).await;
    let waiting = approver.get("/declarations").await;
    let rows = waiting.values("declaration");
    assert_eq!(rows.len(), 3);
    let faster = &rows[..1].to_vec();
    tick(
        &world.sign_in(Seat::APPROVER_AND_FINANCE).await,
        "/declarations/approve",
        &waiting,
        faster,
    )
    .await
    .expect(303);
    let mixed = tick(&approver, "/declarations/approve", &waiting, &rows).await;
    mixed.expect(409).says("View or print the 2 receipts").says("Lou Webb approved");
    let list = &mixed.links("/declarations/receipts")[0];
    approver.get(list).await.expect(200).says("2 receipts of what Tom Hill did");
    // What another person did is not in it.
    provider.get(list).await.says("2 receipts of what Sam Ahmed did");
    world.sign_in(Seat::FINANCE).await.get(list).await.expect(404);
    approver.get("/declarations/receipts").await.expect(404);
    approver.get("/declarations/receipts?at=x").await.expect(404);
    assert!(page.status.is_success() && message(&done).contains("2 achievements"));
});

story!(all_that_match_leave_their_receipts_when_they_are_approved_together, world, {
    world.blood_tests(&["Y00001", "Y00002"]).await;
    for (seat, tests) in [(MANAGER, 3), (Seat::SECOND_PRACTICE, 4)] {
        world.count(seat, "2025-06-30", tests).await;
        world.declare_all(seat).await.expect(303);
    }
    let waiting = "status=awaiting_commissioner&status=awaiting_finance&show=chosen";
    for (seat, heading) in [
        (Seat::APPROVER, "Receipt of an approval"),
        (Seat::FINANCE, "Receipt of a financial approval"),
    ] {
        let browser = world.sign_in(seat).await;
        let kept = browser.post("/declarations/reviews", &[("back", waiting)]).await;
        let done = browser.post(kept.location(), &[]).await;
        let list = leads_to(&browser, &done, "View or print the 2 receipts").await;
        let page = browser.get(&list).await;
        page.expect(200).says("2 receipts of what").says("£70.00 in all");
        for link in page.links("/declarations/D-") {
            browser.get(&link).await.expect(200).says(heading).says(seat.name);
            let text = browser.get(&link.replace("/receipt?", "/receipt.txt?")).await;
            let (is_good, said) = verify(&world, &text.bytes).await;
            assert!(is_good, "{said}");
        }
    }
    assert_eq!(world.facts("declaration_receipt_made").await, 6);
});

story!(a_receipt_of_money_is_for_both_sides_and_without_amounts_for_view, world, {
    world.blood_tests(&["Y00001"]).await;
    world.count(MANAGER, "2025-06-30", 42).await;
    let reference = only(&world).await;
    world.declare_all(MANAGER).await.expect(303);
    let address = format!("/declarations/{reference}/receipt");
    let download = format!("{address}.txt");
    for seat in [Seat::PRACTICE_VIEW, Seat::COMMISSIONER_VIEW] {
        let browser = world.sign_in(seat).await;
        let page = browser.get(&address).await;
        page.expect(200).says("Amount Your role does not show amounts").does_not_say("£");
        page.says("Blood tests: 42").does_not_say("Download this receipt");
        browser.get(&download).await.expect(403).does_not_say("£420");
    }
    for seat in [Seat::APPROVER, Seat::FINANCE, MANAGER] {
        world.sign_in(seat).await.get(&address).await.expect(200).says("Amount £420.00");
    }
    for seat in [Seat::SECOND_PRACTICE, Seat::FOREIGN_PRACTICE, Seat::OTHER_APPROVER] {
        let browser = world.sign_in(seat).await;
        browser.get(&address).await.expect(404);
        browser.get(&download).await.expect(404);
    }
    let provider = world.sign_in(MANAGER).await;
    for wrong in ["?number=2", "?number=0", "?number=x"] {
        provider.get(&format!("{address}{wrong}")).await.expect(404);
    }
    assert_eq!(world.stranger().get(&address).await.status.as_u16(), 303);
});

story!(a_step_that_the_configuration_takes_has_no_receipt_and_is_named_in_the_next, world, {
    let service = BLOOD.replace("approval_required = true", "approval_required = false");
    world.takes_part(&service, &["Y00001"]).await;
    world.set_today("2025-07-02");
    world.count(MANAGER, "2025-06-30", 42).await;
    let reference = only(&world).await;
    world.declare_all(MANAGER).await.expect(303);
    world.approve_all(Seat::FINANCE).await.expect(303);
    let provider = world.sign_in(MANAGER).await;
    let page = provider.get(&format!("/declarations/{reference}/receipt")).await;
    page.says("Receipt of a financial approval").says(&format!("{reference}-R2"));
    page.says("Approved by the commissioner No Approval Required, 2 July 2025 at 1pm");
    assert_eq!(world.facts("declaration_receipt_made").await, 2);
});

story!(a_payment_has_a_receipt_once_the_payer_says_that_it_is_paid, world, {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    let rows = provider.get("/payments").await.links("/declarations/D-");
    let own = rows.iter().filter_map(|row| row.split('/').nth(2)).map(str::to_owned);
    let references: Vec<String> = own.collect::<BTreeSet<_>>().into_iter().collect();
    let (may, june) = (&references[0], &references[1]);
    provider.get(&format!("/declarations/{may}")).await.does_not_say("Receipt: Paid");
    let answer = format!("{may},70.00,paid,2025-07-02,BACS 7,\n{june},50.00,rejected,,,Closed\n");
    let loaded = world.answer(FILE, &answer).await;
    let payer = world.sign_in(Seat::APPROVER_AND_FINANCE).await;
    let address = leads_to(&payer, &loaded, "View or print the receipt").await;
    assert_eq!(address, format!("/declarations/{may}/receipt?number=4"));
    for browser in [&provider, &payer] {
        let page = browser.get(&address).await;
        page.expect(200).says("Receipt of a payment").says("Amount £70.00");
        page.says("Paid on 2 July 2025").says("Bank reference BACS 7");
        page.says("Payer's answer loaded by Lou Webb, for NHS Anytown ICB (QAA)");
        page.says(&format!("Payment reference {may}")).says("Payment file PF-2025-000001");
        page.says("Sent to the payer by Lou Webb").says("Approved by finance Ana Ruiz");
    }
    provider.get(&format!("/declarations/{may}")).await.says("Receipt: Paid, 2 July 2025 at 1pm");
    provider.get(&format!("/declarations/{june}")).await.does_not_say("Receipt: Paid");
    let text = file(&provider, may, 4).await;
    let (is_good, said) = verify(&world, &text.bytes).await;
    assert!(is_good, "{said}");
    let elsewhere = text.html.replace("BACS 7", "BACS 8");
    let (is_good, said) = verify(&world, elsewhere.as_bytes()).await;
    assert!(!is_good && said.contains("Bank reference is \"BACS 8\" in the file"), "{said}");
    assert_eq!(world.facts("declaration_receipt_made").await, 10);
    world.assert_history_is_whole().await;
});

/// Practices of the ICB beside those of every world, each with a person who declares for it.
async fn many_practices(world: &mut World, count: usize) -> Vec<String> {
    let codes: Vec<String> = (0..count).map(|at| format!("Y1{at:04}")).collect();
    let practice = |code: &String| {
        listed(code, &format!("Practice {code}"), OrganisationKind::Practice, Some("QAA"), None)
    };
    let all: Vec<_> = codes.iter().map(practice).collect();
    let (by, now) = (Actor::system("story"), world.now());
    let from = "2024-04-01".parse().expect("a date");
    store::organisation::load(&world.db, ("story", "1"), &all, from, &by, &now)
        .await
        .expect("practices load");
    let mut tx = world.db.read().await.expect("a question");
    world.organisations = store::organisation::codes(&mut tx).await.expect("codes");
    drop(tx);
    codes
}

/// The provider declares what it has, without a page.
async fn declare_own(world: &World, seat: Seat) {
    let by = world.actor(seat).await;
    let mut tx = world.db.read().await.expect("a question");
    let found = store::declaration::list(&mut tx, &Filter::default(), (0, 9), &by).await;
    drop(tx);
    let seen = |row: Listed| Seen {
        reference: row.declaration.reference,
        version: row.declaration.version,
        calculation: row.declaration.calculation,
    };
    let rows = found.expect("a list").rows.into_iter().map(|row| (seen(row), String::new()));
    let rows: Vec<_> = rows.collect();
    let done = store::declaration::declare(&world.db, &rows, &by, &world.now()).await;
    assert!(done.expect("a right").iter().all(|one| one.result.is_ok()));
}

story!(thousands_of_receipts_cost_little, world, {
    let mut world = world;
    let codes = many_practices(&mut world, 240).await;
    world.takes_part(BLOOD, &codes.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.set_today("2025-07-02");
    for code in &codes {
        let seat = Seat { organisation: code.clone().leak(), ..MANAGER };
        let typed = [("BLD001", Count, "7")];
        world.submit(seat, ("BLD2526", "2025-06-30", "BLOOD"), &typed).await.expect("a count");
        declare_own(&world, seat).await;
    }
    let mut took = Vec::new();
    for seat in [Seat::APPROVER, Seat::FINANCE] {
        let start = Instant::now();
        world.approve_newest(seat).await;
        took.push(start.elapsed());
    }
    world.pay_all(Seat::FINANCE).await;
    world.send(FILE).await.expect(303);
    let finance = world.sign_in(Seat::FINANCE).await;
    let lines = finance.get("/payments/PF-2025-000001.csv").await.html;
    let paid: Vec<String> = lines
        .lines()
        .filter(|line| line.starts_with("LINE"))
        .filter_map(|line| line.split(',').nth(2))
        .map(|reference| format!("{reference},70.00,paid,2025-07-02,BACS 7,\n"))
        .collect();
    assert_eq!(paid.len(), 240);
    let start = Instant::now();
    let done = world.answer(FILE, &paid.concat()).await;
    took.push(start.elapsed());
    println!("240 rows approved, approved by finance, paid: {took:?}");
    assert_eq!(message(&done), "Answer loaded: 240 paid, 0 failed.");
    let payer = world.sign_in(Seat::APPROVER_AND_FINANCE).await;
    let list = leads_to(&payer, &done, "View or print the 240 receipts").await;
    let page = payer.get(&list).await;
    page.says("240 receipts of what Lou Webb did").says("£16,800.00 in all");
    payer.get(&format!("{list}&page=10")).await.says("Showing 226 to 240 of 240");
    assert_eq!(world.facts("declaration_receipt_made").await, 960);
});
