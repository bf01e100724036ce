//! Stories of the year statement: what a provider was paid in a financial year, on a page and in files.

use crate::{
    payment_answer::FILE,
    story,
    summary_report::{column, numbers, pence, rows},
    support::{Page, Seat, World},
};
use std::collections::BTreeSet;

const OWN: Seat = Seat::SECOND_PRACTICE;

/// Both declarations of the second practice are paid, on 2 July 2025 and on 1 April 2026, in another year.
async fn paid_in_two_years(world: &World) -> Vec<String> {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let provider = world.sign_in(OWN).await;
    let rows = provider.get("/payments").await.links("/declarations/D-");
    let own = rows.iter().filter_map(|row| row.split('/').nth(2)).map(str::to_owned);
    let references: Vec<String> = own.collect::<BTreeSet<_>>().into_iter().collect();
    world.answer(FILE, &format!("{},70.00,paid,2025-07-02,BACS 7,\n", references[0])).await;
    world.set_today("2026-04-02");
    world.answer(FILE, &format!("{},50.00,paid,2026-04-01,BACS 8,\n", references[1])).await;
    references
}

async fn statement(world: &World, seat: Seat, end: &str) -> Page {
    world.sign_in(seat).await.get(&format!("/payments/statement{end}")).await
}

story!(a_provider_has_a_statement_of_each_year, world, {
    let references = paid_in_two_years(&world).await;
    let payments = world.sign_in(OWN).await.get("/payments").await;
    assert_eq!(payments.links("/payments/statement"), ["/payments/statement"]);
    let newest = statement(&world, OWN, "").await;
    newest.expect(200).says("Year statement 2026 to 2027").says("1 payment, £50.00 in all");
    newest.says("1 April 2026 to 31 March 2027").says("BACS 8").does_not_say("BACS 7");
    let earlier = statement(&world, OWN, "?year=2025").await;
    earlier.expect(200).says("Year statement 2025 to 2026").says("1 payment, £70.00 in all");
    earlier.says(&references[0]).says("2 July 2025").says("BACS 7").says("PF-2025-000001");
    earlier.says("Blood tests near home").says("May 2025").does_not_say(&references[1]);
    assert_eq!(earlier.links(&format!("/declarations/{}", references[0])).len(), 1);
    let empty = statement(&world, OWN, "?year=2020").await;
    empty
        .expect(200)
        .says("The payer has confirmed no payment to Hill Top Practice in 2020 to 2021");
    empty.does_not_say("as text (CSV)");
    // What was sent and is not answered for is in no statement.
    let first = statement(&world, Seat::PRACTICE_MANAGER, "?year=2025").await;
    first.says("The payer has confirmed no payment to Riverside Surgery");
    for wrong in ["?year=x", "?year=1", "?year=99999"] {
        statement(&world, OWN, wrong).await.expect(404);
    }
});

story!(the_files_of_a_statement_agree_with_its_page, world, {
    paid_in_two_years(&world).await;
    for (year, total) in [(2025, 7_000), (2026, 5_000)] {
        let page = statement(&world, OWN, &format!("?year={year}")).await;
        page.says(&format!("£{}.00 in all", total / 100));
        for end in ["csv", "xlsx"] {
            let address = format!("/payments/statement.{end}?year={year}");
            assert_eq!(page.links(&address).len(), 1, "the page leads to its files");
        }
        let table = rows(&statement(&world, OWN, &format!(".csv?year={year}")).await);
        for record in ["PAYMENT", "SERVICE_TOTAL", "TOTAL"] {
            let amounts = column(&table, "amount_gbp", &[record]);
            assert_eq!(amounts.iter().map(|own| pence(own)).sum::<i64>(), total, "{record}");
            assert_eq!(column(&table, "payments", &[record]), ["1"]);
        }
        let book = statement(&world, OWN, &format!(".xlsx?year={year}")).await;
        assert_eq!(numbers(&book, "N"), [total; 3]);
    }
});

story!(a_statement_is_the_provider_s_own_and_without_pounds_for_view, world, {
    paid_in_two_years(&world).await;
    let view = Seat { name: "Vi Hart", organisation: "Y00002", roles: &[domain::Role::View] };
    world.add_seat(view).await;
    let page = statement(&world, view, "?year=2025").await;
    page.expect(200).says("1 payment").says("BACS 7").does_not_say("£");
    let table = rows(&statement(&world, view, ".csv?year=2025").await);
    assert!(!table[0].contains(&"amount_gbp".to_owned()) && table[0].len() == 13);
    assert!(table.iter().all(|row| row.len() == 13 && !row.iter().any(|cell| cell == "70.00")));
    assert!(numbers(&statement(&world, view, ".xlsx?year=2025").await, "N").is_empty());
    for seat in [Seat::PRACTICE_MANAGER, Seat::FOREIGN_PRACTICE] {
        statement(&world, seat, "?year=2025").await.expect(200).does_not_say("BACS 7");
    }
    for seat in [Seat::APPROVER, Seat::FINANCE, Seat::OTHER_APPROVER] {
        statement(&world, seat, "?year=2025").await.expect(403).says("This page is for providers");
    }
});
