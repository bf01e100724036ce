//! What the history must say after every story: its chain is whole, and it leads every declaration to where it is.

use super::World;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(sqlx::FromRow)]
struct Fact {
    reference: String,
    state: String,
    fact: String,
    actor_name: String,
}

const PROVIDER: &str = "awaiting_provider";
const COMMISSIONER: &str = "awaiting_commissioner";
const SECOND: &str = "awaiting_second";
const FINANCE: &str = "awaiting_finance";

/// The states that a fact finds a declaration in, and those that it leaves it in; none where it moves nothing.
fn moved(fact: &Value) -> Option<(&'static [&'static str], &'static [&'static str])> {
    const BEFORE_THE_LOCK: &[&str] = &[PROVIDER, COMMISSIONER, SECOND, FINANCE];
    Some(match fact["kind"].as_str()? {
        "declaration_opened" => (&[], &[PROVIDER]),
        "declaration_returned" => (BEFORE_THE_LOCK, &[PROVIDER]),
        "declaration_taken_back" | "declaration_rejected" => {
            (&[COMMISSIONER, SECOND, FINANCE], &[PROVIDER])
        }
        "question_asked" if fact["returned"] == true => {
            (&[COMMISSIONER, SECOND, FINANCE], &[PROVIDER])
        }
        "achievement_declared" => (&[PROVIDER], &[COMMISSIONER]),
        // By its band, another person or finance is next.
        "declaration_approved" | "declaration_approved_for_less" => {
            (&[COMMISSIONER], &[SECOND, FINANCE])
        }
        "declaration_second_approved" => (&[SECOND], &[FINANCE]),
        "declaration_finance_approved" => (&[FINANCE], &["approved"]),
        _ => return None,
    })
}

impl World {
    /// Asserts that the chain of events is whole, and that each declaration's moves have a fact each, with who did it.
    pub async fn assert_history_is_whole(&self) {
        let mut tx = self.db.read().await.expect("a question");
        assert!(
            store::event::verify(&mut tx).await.expect("a question").is_ok(),
            "the chain of events is broken"
        );
        let facts: Vec<Fact> = tx
            .all(
                "SELECT d.reference, d.state, coalesce(e.fact, 'null') AS fact,
                     coalesce(e.actor_name, '') AS actor_name
                 FROM declaration d LEFT JOIN event e ON e.subject_id = d.id ORDER BY d.reference, e.seq",
                vec![],
            )
            .await
            .expect("the facts of declarations");
        let mut last: BTreeMap<String, (String, &[&str])> = BTreeMap::new();
        for Fact { reference, state, fact, actor_name } in facts {
            let (_, stands) = last.entry(reference.clone()).or_insert((state, &[]));
            let fact = serde_json::from_str(&fact).expect("a fact");
            let Some((from, to)) = moved(&fact) else { continue };
            assert!(!actor_name.is_empty(), "nobody did {fact}");
            let follows = from.is_empty() && stands.is_empty();
            assert!(
                follows || stands.iter().any(|state| from.contains(state)),
                "{reference} was in {stands:?} before {fact}"
            );
            *stands = to;
        }
        for (reference, (state, stands)) in last {
            assert!(stands.contains(&&*state), "{reference} is {state} and was led to {stands:?}");
        }
    }
}
