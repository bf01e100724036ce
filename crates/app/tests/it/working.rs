//! Stories of the working behind an amount: its steps, its files, what moved, a forecast, and new versions of a rule.

use crate::{
    reference::POINTS,
    story,
    support::{Seat, World, figures::ADVICE},
};
use domain::{
    Actor,
    Field::{Count, Denominator, Numerator},
    Pence,
};
use store::{Failed, service::CannotPublish};

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
const KEY: (&str, &str, &str) = ("PTS2526", "2026-03-31", "CARE");

/// 65 of 100 patients: 5 of 10 points at £225.49.
async fn with_points(world: &World) -> String {
    world.takes_part(POINTS, &["Y00001"]).await;
    world.set_today("2026-04-01");
    let half = [("CARE1", Numerator, "65"), ("CARE1", Denominator, "100")];
    world.submit(MANAGER, KEY, &half).await.expect("figures are in");
    world.results(MANAGER).await.remove(0).id.to_string()
}

story!(every_amount_opens_its_working_in_one_click, world, {
    let id = with_points(&world).await;
    let (manager, address) = (world.sign_in(MANAGER).await, format!("/achievement/{id}/working"));
    for list in ["/achievement", "/achievement/declare"] {
        let page = manager.get(list).await;
        assert!(page.expect(200).links("/achievement/").contains(&address), "{list}");
    }
    world.declare_newest(MANAGER).await;
    let approver = world.sign_in(Seat::APPROVER).await;
    for list in ["/achievement", "/declarations"] {
        let page = approver.get(list).await;
        assert!(page.expect(200).links("/achievement/").contains(&address), "{list}");
    }
    let page = approver.get(&address).await;
    page.expect(200)
        .says("How we worked this out")
        .says("Riverside Surgery (Y00001)")
        .says("PTS2526, version 1")
        .says("QOF 2025 to 2026, version 1")
        .says("65 ÷ 100 = 65%, between 40% and 90%: 10 × (65 − 40) ÷ (90 − 40) = 5 points")
        .says("QOF national figures 2025 to 2026, version 1")
        .says("Source: A story")
        .says("Sam Ahmed, typed in, 1 April 2026")
        .does_not_say("Submitted figure")
        .says("£1,127.45");
    for seat in [Seat::SECOND_PRACTICE, Seat::FOREIGN_PRACTICE, Seat::OTHER_APPROVER] {
        let other = world.sign_in(seat).await;
        other.get(&address).await.expect(404);
        other.get(&format!("{address}.json")).await.expect(404);
        other.get(&format!("/achievement/{id}/forecast")).await.expect(404);
    }
    for wrong in [
        "/achievement/no-such-thing/working",
        &format!("{address}.xml"),
        &format!("{address}?calculation=9"),
    ] {
        manager.get(wrong).await.expect(404);
    }
});

story!(the_working_can_be_taken_away_as_a_file, world, {
    let id = with_points(&world).await;
    let manager = world.sign_in(MANAGER).await;
    let csv = manager.get(&format!("/achievement/{id}/working.csv")).await;
    csv.expect(200)
        .says("step,indicator,title,input,value,source,working,points,amount,unrounded_amount")
        .says("2,CARE1,Care given,Numerator,65,\"Sam Ahmed, typed in, 1 April 2026\",")
        .says("5.00,\"£1,127.45\",1127.45");
    let json = manager.get(&format!("/achievement/{id}/working.json")).await;
    let all: serde_json::Value = serde_json::from_str(&json.expect(200).html).expect("JSON");
    assert_eq!(all["amount"], "1127.45");
    assert_eq!(all["service"]["definition_version"], 1);
    assert_eq!(all["lines"][1]["inputs"][0]["value"], "65");
    assert_eq!(all["lines"][1]["inputs"][0]["source"], "Sam Ahmed, typed in, 1 April 2026");
});

story!(what_moved_between_two_calculations_is_split_by_cause, world, {
    let id = with_points(&world).await;
    let more = [("CARE1", Numerator, "70"), ("CARE1", Denominator, "100")];
    world.submit(MANAGER, KEY, &more).await.expect("figures changed");
    let sizes = [(world.organisations["Y00001"], 5_092)];
    let (system, as_at) = (Actor::system("story"), "2026-01-01".parse().unwrap());
    store::organisation::load_list_sizes(
        &world.db,
        ("late", "0"),
        as_at,
        &sizes,
        &system,
        &world.now(),
    )
    .await
    .unwrap();
    assert_eq!(world.sweep().await.calculated, 1);
    let manager = world.sign_in(MANAGER).await;
    let newest = manager.get(&format!("/achievement/{id}/working")).await;
    newest
        .expect(200)
        .says("What changed since calculation number 2")
        .says("List size")
        .says("Registered patients: 10,184 became 5,092")
        // The figures stood before this calculation, and still say who typed them.
        .says("Sam Ahmed, typed in, 1 April 2026")
        .says("£676.47 less in all.")
        .does_not_say("CARE1 numerator: 65 became 70");
    let second = manager.get(&format!("/achievement/{id}/working?calculation=2")).await;
    second
        .expect(200)
        .says("A newer one has taken its place")
        .says("CARE1 numerator: 65 became 70")
        .says("£225.49 more in all.");
    let first = manager.get(&format!("/achievement/{id}/working?calculation=1")).await;
    first.expect(200).does_not_say("What changed since");
});

story!(a_forecast_says_what_ten_more_patients_would_bring, world, {
    world.takes_part(POINTS, &["Y00001"]).await;
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-09-01");
    world.submit(MANAGER, KEY, &[("CARE1", Denominator, "100")]).await.expect("half is in");
    let id = world.results(MANAGER).await.remove(0).id;
    let manager = world.sign_in(MANAGER).await;
    let page = manager.get(&format!("/achievement/{id}/forecast")).await;
    page.expect(200).says("0 points, worth £0.00").says("CARE1 numerator").says("10 patients more");
    let counts = [("CARE1", Numerator, "45"), ("CARE1", Denominator, "100")];
    world.submit(MANAGER, KEY, &counts).await.expect("all is in");
    let before = world.facts("achievement_calculated").await;
    let page = manager.get(&format!("/achievement/{id}/forecast")).await;
    // 45% earns 1 point; 55% earns 3
    page.expect(200)
        .says("1 points, worth £225.49")
        .says("£450.98")
        .says("This is a forecast. It is not recorded");
    assert_eq!(world.facts("achievement_calculated").await, before, "nothing is recorded");
    world
        .submit(MANAGER, ("AG2526", "2025-08-31", "ADVICE"), &[("AG001", Count, "4")])
        .await
        .unwrap();
});

story!(a_new_version_of_a_rule_counts_from_its_date_and_is_explained, world, {
    world.takes_part(ADVICE, &["Y00001"]).await;
    world.set_today("2025-06-02");
    for (date, count) in [("2025-04-30", "10"), ("2025-05-31", "12")] {
        world
            .submit(MANAGER, ("AG2526", date, "ADVICE"), &[("AG001", Count, count)])
            .await
            .unwrap();
    }
    let system = Actor::system("story");
    // The example that the definition carries becomes dearer with its fee.
    let dearer = ADVICE
        .replace("fee = \"20.00\"", "fee = \"25.00\"")
        .replace("amount = \"240.00\"", "amount = \"300.00\"");
    let refused = store::service::publish(&world.db, &dearer, &system, &world.now()).await;
    assert!(
        matches!(&refused, Err(Failed::Refused(CannotPublish::Different { next: 2, .. }))),
        "{refused:?}"
    );
    let second = dearer.replace("[payment]", "version = 2\neffective_on = 2025-05-31\n\n[payment]");
    store::service::publish(&world.db, &second, &system, &world.now()).await.expect("a version");
    assert_eq!(world.sweep().await.calculated, 1, "April stays as it is");
    let amounts: Vec<_> = world
        .results(MANAGER)
        .await
        .into_iter()
        .map(|row| (row.period.end.to_string(), row.amount))
        .collect();
    assert!(amounts.contains(&("2025-04-30".to_owned(), Some(Pence(20_000)))), "{amounts:?}");
    assert!(amounts.contains(&("2025-05-31".to_owned(), Some(Pence(30_000)))), "{amounts:?}");
    let may = world.results(MANAGER).await;
    let may = may.iter().find(|row| row.period.end.to_string() == "2025-05-31").unwrap().id;
    let page = world.sign_in(MANAGER).await.get(&format!("/achievement/{may}/working")).await;
    page.expect(200)
        .says("AG2526, version 2")
        .says("Version of the definition: 1 became 2")
        .says("£60.00 more in all.");
    let third = second.replace("version = 2", "version = 3").replace("\"ADVICE\"", "\"OTHER\"");
    let refused = store::service::publish(&world.db, &third, &system, &world.now()).await;
    assert!(
        matches!(&refused, Err(Failed::Refused(CannotPublish::Invalid(_)))),
        "contracts name the component: {refused:?}"
    );
    world.assert_history_is_whole().await;
});
