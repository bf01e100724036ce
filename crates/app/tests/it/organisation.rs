//! Stories of organisations: which list size counts.

use crate::{story, support::Seat};
use chrono::NaiveDate;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

story!(a_list_counts_at_exactly_its_date_and_a_page_shows_the_newest, world, {
    for (seat, patients) in [(Seat::PRACTICE_MANAGER, 10_184), (Seat::NETWORK_MANAGER, 15_276)] {
        let actor = world.actor(seat).await;
        let own = actor.organisation().expect("a person acts for an organisation");
        let mut tx = world.db.read().await.expect("a question");
        let at = store::organisation::list_size(&mut tx, own, day("2025-01-01")).await;
        assert_eq!(at.expect("a question").map(|list| list.patients), Some(patients));
        let after = store::organisation::list_size(&mut tx, own, day("2025-01-02")).await;
        assert_eq!(after.expect("a question"), None, "an older list pays nothing");
        let newest = store::organisation::newest_list_size(&mut tx, own, day("2025-06-30")).await;
        let newest = newest.expect("a question").expect("an older list is shown");
        assert_eq!((newest.patients, newest.as_at), (patients, day("2025-01-01")));
    }
});
