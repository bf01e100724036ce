//! Stories of receipts: what was agreed stays as it was, anybody can hash it, and the history proves it.

use crate::contract::{DETAILS, choose, confirm, offered};
use crate::service::{LOCAL, publish};
use crate::story;
use crate::support::{Browser, Page, Seat, World};
use domain::{Actor, Event, OfferId, hash::sha256};
use store::arg::Arg;

/// Accepts or rejects the only offer of a provider as its page shows it; gives the address of the offer.
async fn answer(provider: &Browser, act: &str) -> String {
    let offer = provider.get("/services").await.expect(200).links("/services/")[0].clone();
    let version = provider.get(&offer).await.expect(200).value("version");
    let fields = [("version", version.as_str()), ("reason", "By mistake")];
    provider.post(&format!("{offer}/{act}"), &fields).await.expect(303);
    offer
}

/// The content hash that a page prints.
pub(crate) fn printed(page: &Page) -> String {
    let after = page.html.split("id=\"content-hash\">").nth(1).expect("a hash is printed");
    after.split('<').next().expect("its end").to_owned()
}

/// What `accord audit verify --receipt` says of a file.
pub(crate) async fn verify(world: &World, receipt: &[u8]) -> (bool, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("receipt.txt");
    std::fs::write(&file, receipt).expect("a file");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_accord"));
    command.args(["audit", "verify", "--database", &world.address, "--receipt"]).arg(&file);
    // On a thread of its own: a look at an offer that is still being recorded goes on, and lets the command in.
    let run = tokio::task::spawn_blocking(move || command.output());
    let run = run.await.expect("it is waited for").expect("the command runs");
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&said).into_owned())
}

const AGREED: &str = "Spirometry tests £38.50 for each. No more than SPI001";

story!(what_was_agreed_stays_when_the_definition_changes, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    practice.get(&format!("{offer}/receipt")).await.expect(404);
    practice.get(&offer).await.does_not_say("receipt");
    answer(&practice, "accept").await;
    let link = practice.get(&offer).await.says("View or print your receipt").links(&offer);
    let address = link.iter().find(|link| link.contains("receipt")).expect("a link").clone();
    let page = practice.get(&address).await;
    page.expect(200)
        .says("C-2025-000001-LCS2526-Y00001-1")
        .says("Provider Riverside Surgery (Y00001)")
        .says("Commissioner NHS Anytown ICB (QAA)")
        .says("Accepted by Sam Ahmed, for Riverside Surgery")
        .says("Accepted on 10 April 2025 at 1pm")
        .says("Agreed for 1 April 2025 to 31 March 2026")
        .says("Terms, version 1 of the definition")
        .says(AGREED);
    let file = practice.get(&format!("{offer}/receipt.txt")).await;
    file.expect(200);
    assert_eq!(sha256(&file.bytes), printed(&page), "the hash of the page is that of the file");
    for section in domain::receipt::sections(&file.html) {
        for (name, value) in section.rows {
            page.says(&format!("{name} {value}"));
        }
    }

    world.set_today("2025-05-20");
    let dearer = LOCAL.replace("fee = \"38.50\"", "fee = \"41.00\"");
    let second = dearer.replace("[payment]", "version = 2\neffective_on = 2025-09-30\n\n[payment]");
    publish(&world, &second).await;
    world.set_today("2025-10-02");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.says("£41.00 for each");
    practice.get(&address).await.says(AGREED).does_not_say("£41.00");
    let later = practice.get(&format!("{offer}/receipt.txt")).await;
    assert!(later.bytes == file.bytes, "not a byte has moved");
    let (is_good, said) = verify(&world, &file.bytes).await;
    assert!(is_good && said.contains("The receipt is the one of the history: entry"), "{said}");
    let forged = file.html.replace("£38.50", "£83.50");
    let (is_good, said) = verify(&world, forged.as_bytes()).await;
    assert!(!is_good && said.contains("The receipt is not the one of the history."), "{said}");
    assert!(said.contains("£83.50 for each") && said.contains("£38.50 for each"), "{said}");
    let (is_good, said) = verify(&world, b"hello").await;
    assert!(!is_good && said.contains("not one of this history"), "{said}");
    assert_eq!(world.facts("receipt_made").await, 1);
    world.assert_history_is_whole().await;
});

story!(an_acceptance_names_the_versions_that_are_to_count_later, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let dearer = LOCAL.replace("fee = \"38.50\"", "fee = \"41.00\"");
    let second = dearer.replace("[payment]", "version = 2\neffective_on = 2025-09-30\n\n[payment]");
    publish(&world, &second).await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = answer(&practice, "accept").await;
    practice
        .get(&format!("{offer}/receipt"))
        .await
        .says("Terms, version 1 of the definition")
        .says("Spirometry (SPIRO), version 1")
        .says("£38.50 for each")
        .says("Counts for achievement dates from 30 September 2025 on")
        .says("£41.00 for each");
});

story!(a_receipt_names_no_new_terms_that_the_provider_has_not_accepted, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let dearer = LOCAL.replace("fee = \"38.50\"", "fee = \"41.00\"").replace(
        "[payment]",
        "version = 2\neffective_on = 2025-09-30\nvariation = true\n\n[payment]",
    );
    publish(&world, &dearer).await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = answer(&practice, "accept").await;
    let page = practice.get(&format!("{offer}/receipt")).await;
    page.expect(200).says(AGREED).does_not_say("£41.00").does_not_say("version 2");
});

story!(a_receipt_is_for_both_sides_and_nobody_else_and_without_amounts_for_view, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = answer(&practice, "accept").await;
    let (page, text) = (format!("{offer}/receipt"), format!("{offer}/receipt.txt"));
    let hash = printed(&practice.get(&page).await);
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    commissioner.get(&offer).await.says("View or print the receipt");
    assert_eq!(printed(commissioner.get(&page).await.expect(200)), hash);
    assert_eq!(sha256(&commissioner.get(&text).await.bytes), hash);
    for seat in [Seat::PRACTICE_VIEW, Seat::COMMISSIONER_VIEW] {
        let viewer = world.sign_in(seat).await;
        let seen = viewer.get(&page).await;
        seen.expect(200).says("Your role does not show amounts").does_not_say("£");
        assert_eq!(printed(&seen), hash);
        viewer.get(&text).await.expect(403).says("to see amounts of money").does_not_say("£");
    }
    for seat in [
        Seat::SECOND_PRACTICE,
        Seat::FOREIGN_PRACTICE,
        Seat::NETWORK_MANAGER,
        Seat::OTHER_COMMISSIONER,
    ] {
        let other = world.sign_in(seat).await;
        other.get(&page).await.expect(404);
        other.get(&text).await.expect(404);
    }
    for wrong in ["0", "2", "-1", "x"] {
        practice.get(&format!("{page}?number={wrong}")).await.expect(404);
    }
    world.stranger().get(&page).await.expect(303);
});

story!(each_acceptance_has_its_own_receipt, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = answer(&practice, "accept").await;
    answer(&practice, "reject").await;
    practice
        .get(&offer)
        .await
        .says("Receipt of the acceptance on 10 April 2025, which is not in force")
        .does_not_say("View or print your receipt");
    practice.get(&format!("{offer}/receipt")).await.says("not in force any more");
    answer(&practice, "accept").await;
    practice
        .get(&offer)
        .await
        .says("View or print your receipt")
        .says("Receipt of the acceptance on 10 April 2025, which is not in force");
    practice.get(&format!("{offer}/receipt")).await.says("-Y00001-2").does_not_say("not in force");
    let first = practice.get(&format!("{offer}/receipt?number=1")).await;
    first.says("-Y00001-1").says("not in force any more");
    for number in ["1", "2"] {
        let file = practice.get(&format!("{offer}/receipt.txt?number={number}")).await;
        assert!(verify(&world, &file.bytes).await.0, "{number}");
    }
});

story!(a_direct_contract_gives_every_provider_a_receipt, world, {
    publish(&world, LOCAL).await;
    let commissioner = world.sign_in(Seat::COMMISSIONER).await;
    let details = DETAILS.map(|(name, value)| (name, if name == "offer" { "no" } else { value }));
    let sent = commissioner.post("/contracts/new", &details).await;
    let address =
        sent.expect(303).location().strip_suffix("/providers").expect("a step").to_owned();
    let step = commissioner.get(&format!("{address}/providers")).await;
    let version = step.expect(200).value("version");
    let fields =
        [("version", &*version), ("provider", "Y00001"), ("provider", "Y00002"), ("go", "next")];
    commissioner.post(&format!("{address}/providers"), &fields).await.expect(303);
    choose(&commissioner, &address, "LCS2526").await;
    confirm(&commissioner, &address).await.expect(303);
    assert_eq!(world.facts("receipt_made").await, 2);
    for seat in [Seat::PRACTICE_MANAGER, Seat::SECOND_PRACTICE] {
        let provider = world.sign_in(seat).await;
        let offer = provider.get("/services").await.links("/services/")[0].clone();
        let page = provider.get(&format!("{offer}/receipt")).await;
        page.expect(200)
            .says("Given by Priya Shah, for NHS Anytown ICB, without an offer")
            .says(AGREED);
        let file = provider.get(&format!("{offer}/receipt.txt")).await;
        assert_eq!(sha256(&file.bytes), printed(&page));
        assert!(verify(&world, &file.bytes).await.0);
    }
    world.assert_history_is_whole().await;
});

story!(an_acceptance_older_than_receipts_has_one_made_from_the_records, world, {
    offered(&world, LOCAL, "LCS2526").await;
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    let offer = practice.get("/services").await.links("/services/")[0].clone();
    let id: OfferId = offer.trim_start_matches("/services/").parse().expect("an identifier");
    // As it was recorded before there were receipts.
    let (by, now) = (world.actor(Seat::PRACTICE_MANAGER).await, world.now());
    let mut tx = world.db.write().await.expect("a transaction");
    tx.execute(
        "UPDATE offer SET state = 'accepted', state_by_name = 'Sam Ahmed', state_at = $2, state_text = '',
             in_force_until = service_ends_on, version = 2 WHERE id = $1",
        vec![Arg::from(id), Arg::from(now.instant)],
    )
    .await
    .expect("a row");
    store::event::record(
        &mut tx,
        &Event::OfferAccepted { offer: id, for_provider: None },
        &by,
        &now,
    )
    .expect("a fact");
    tx.commit().await.expect("it is there");
    world.set_today("2025-05-20");
    let second = LOCAL
        .replace("fee = \"38.50\"", "fee = \"41.00\"")
        .replace("[payment]", "version = 2\neffective_on = 2025-09-30\n\n[payment]");
    store::service::publish(&world.db, &second, &Actor::system("story"), &world.now())
        .await
        .expect("a version");
    let practice = world.sign_in(Seat::PRACTICE_MANAGER).await;
    practice.get(&offer).await.says("View or print your receipt");
    let page = practice.get(&format!("{offer}/receipt")).await;
    page.expect(200).says("older than receipts").says(AGREED).does_not_say("£41.00");
    let file = practice.get(&format!("{offer}/receipt.txt")).await;
    assert_eq!(sha256(&file.bytes), printed(&page));
    let (is_good, said) = verify(&world, &file.bytes).await;
    assert!(is_good && said.contains("what the records say today"), "{said}");
    let (is_good, _) = verify(&world, file.html.replace("£38.50", "£83.50").as_bytes()).await;
    assert!(!is_good);
});
