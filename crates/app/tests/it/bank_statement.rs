//! Stories of a provider's bank statement beside what the payer says it paid.

use crate::{
    payment_answer::FILE,
    story,
    support::{Seat, World},
};

const BANK: &str = "/payments/bank";

/// £420.00 and £70.00 and £50.00 in a file, of which the payer has paid two credits to the second practice and one to the first.
async fn paid(world: &World) {
    world.file_of_three().await;
    world.send(FILE).await.expect(303);
    let finance = world.sign_in(Seat::FINANCE).await;
    let blank = finance.get(&format!("{FILE}/to-answer.csv")).await;
    let rows: String = (1..)
        .zip(blank.html.lines().skip(1))
        .map(|(line, row)| format!("{},paid,2025-07-02,BACS {line},\n", row.trim_end_matches(',')))
        .collect();
    world.answer(FILE, &rows).await.expect(303);
}

story!(a_provider_lays_its_bank_statement_beside_its_payments, world, {
    paid(&world).await;
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    let payments = provider.get("/payments").await;
    assert!(payments.links(BANK).contains(&BANK.to_owned()));
    provider.get(BANK).await.expect(200).says("Nothing that you paste is kept.");
    let (seventy, fifty) = ("BACS 2", "BACS 3");
    let lines = format!(
        "Date,What,In\n03/07/2025,PCSE {seventy},70.00\n04/07/2025,{seventy},70.00\n04/07/2025,COFFEE,3.20\n\
         05/07/2025,{fifty},49.00\n06/07/2025,NHS,50.00\n"
    );
    let page = provider.post(BANK, &[("lines", &lines)]).await;
    page.expect(200)
        .says("1 line agrees with what the payer says it paid, £70.00 in all.")
        .says("1 other line with an amount names no payment of Accord.")
        .says("Agrees 1 payment, £70.00 in all")
        .says("Twice A line before this one has the same reference.")
        .says("Differs The line has £49.00. Accord has 1 payment, £50.00 in all.")
        .says("Same amount The amount is that of a payment, and the reference is another.")
        .does_not_say("Not on your statement");
    // Each leads to what the credit was for.
    let link = page.links("/payments?bank=").remove(0);
    provider.get(&link).await.expect(200).says("£70.00");
    // Without the second credit it is named; a file is read like what is pasted.
    let one = format!("03/07/2025\t{seventy}\t70.00\n");
    let page = provider.upload(BANK, "statement.csv", one.as_bytes()).await;
    page.expect(200)
        .says("Not on your statement")
        .says(&format!("{fifty} , 2 July 2025: 1 payment, £50.00"));
    // Another provider's credits are nobody else's.
    let other = world.sign_in(Seat::PRACTICE_MANAGER).await;
    other
        .post(BANK, &[("lines", &lines)])
        .await
        .expect(200)
        .says("0 lines agree")
        .does_not_say("£70.00 in all");
});

story!(what_is_no_bank_statement_is_refused_with_what_was_pasted, world, {
    paid(&world).await;
    let provider = world.sign_in(Seat::SECOND_PRACTICE).await;
    provider.post(BANK, &[("lines", "  ")]).await.expect(400).says("or choose a file");
    let page = provider.post(BANK, &[("lines", "hello\nthere")]).await;
    page.expect(400).says("None of the 2 lines has an amount, like 1,234.50.").says("hello there");
    let many = "a,1.00\n".repeat(2_001);
    provider.post(BANK, &[("lines", &many)]).await.expect(400).says("has 2,001 lines");
    provider
        .upload(BANK, "book.xlsx", b"PK\x03\x04\x00\xff")
        .await
        .expect(400)
        .says("save it as CSV");
    world.sign_in(Seat::PRACTICE_VIEW).await.get(BANK).await.expect(403);
    world.sign_in(Seat::FINANCE).await.get(BANK).await.expect(403);
    world.stranger().get(BANK).await.expect(303);
});
