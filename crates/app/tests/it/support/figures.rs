//! Providers that take part in a service, and figures handed in without a page.

use super::{Seat, World};
use chrono::NaiveDate;
use domain::{
    Field, Figures, Pence,
    contract::{ContractKind, Target},
    declaration::How,
};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    achievement::{Detail, Filter, ResultRow, Swept},
    contract::{self, Details},
    declaration::Seen,
    submission::{At, Outcome, Typed},
};

/// The demonstration catalogue's local services: paid by count, each quarter, typed in.
pub const LOCAL: &str = include_str!("../../../../../catalogue/2025-26/local_services.toml");
/// Network enhanced access: paid by list size each month, declared by itself.
pub const NETWORK: &str =
    include_str!("../../../../../catalogue/2025-26/network_enhanced_access.toml");
/// Shingles vaccination: paid by count, each month, brought by an extract.
pub const SHINGLES: &str = include_str!("../../../../../catalogue/2025-26/shingles.toml");
/// Advice and guidance: one count, paid each month, typed in.
pub const ADVICE: &str = include_str!("../../../../../catalogue/2025-26/advice_and_guidance.toml");
/// The service that follows it.
pub const ADVICE_NEXT_YEAR: &str =
    include_str!("../../../../../catalogue/2026-27/advice_and_guidance.toml");

impl World {
    /// Publishes a service and binds providers of the first ICB to all of its components.
    pub async fn takes_part(&self, definition: &str, providers: &[&str]) {
        let (by, now) = (self.actor(Seat::COMMISSIONER).await, self.now());
        let system = domain::Actor::system("story");
        let published = store::service::publish(&self.db, definition, &system, &now)
            .await
            .expect("the service is published");
        let details = Details {
            kind: ContractKind::Direct,
            name: format!("Contract for {}", published.service.code),
            respond_by: now.today + chrono::Days::new(28),
            answers_may_change: true,
        };
        let draft = contract::draft(&self.db, &details, &by, &now).await.expect("a draft");
        let components = published.service.components.iter().map(|own| own.code.clone()).collect();
        let choice = BTreeMap::from([(published.service.code.clone(), components)]);
        let draft = contract::choose_services(
            &self.db,
            &draft.reference,
            draft.version,
            &choice,
            &by,
            &now,
        )
        .await
        .expect("services are chosen");
        let codes: BTreeSet<String> = providers.iter().map(|code| (*code).to_owned()).collect();
        let draft = contract::choose_providers(
            &self.db,
            &draft.reference,
            draft.version,
            (Target::Chosen, &codes),
            &by,
            &now,
        )
        .await
        .expect("providers are chosen");
        contract::confirm(&self.db, &draft.reference, draft.version, &by, &now)
            .await
            .expect("the contract is confirmed");
    }

    /// Hands figures of a component in as a page would, over the version there is.
    pub async fn submit(
        &self,
        seat: Seat,
        (code, date, component): (&str, &str, &str),
        boxes: &[(&str, Field, &str)],
    ) -> Result<Outcome, String> {
        let (by, now) = (self.actor(seat).await, self.now());
        let date: NaiveDate = date.parse().expect("a date");
        let mut tx = self.db.read().await.expect("a question");
        let service = store::service::find_by_code(&mut tx, code).await.expect("a question");
        let provider = self.organisations[seat.organisation];
        let at = At { provider, service: code, date };
        let version = store::submission::entry(&mut tx, &at, component, &by, &now)
            .await
            .map_or(0, |entry| entry.version);
        drop(tx);
        let typed = Typed {
            service: service.expect("the service").id,
            date,
            component: component.into(),
            seen_version: version,
            boxes: boxes
                .iter()
                .map(|(indicator, field, text)| (((*indicator).into(), *field), (*text).into()))
                .collect(),
            // A story means its figures, however unlikely.
            confirmed: boxes
                .iter()
                .filter_map(|(indicator, field, text)| {
                    Some((((*indicator).into(), *field), text.replace(',', "").parse().ok()?))
                })
                .collect::<Figures>(),
        };
        store::submission::submit(&self.db, provider, &typed, &by, &now)
            .await
            .map_err(|error| error.to_string())
    }

    /// What the system does every minute.
    pub async fn sweep(&self) -> Swept {
        store::achievement::sweep(&self.db, &domain::Actor::system("Accord"), &self.now())
            .await
            .expect("the sweep ends")
    }

    /// The achievements that a person sees.
    pub async fn results(&self, seat: Seat) -> Vec<ResultRow> {
        let by = self.actor(seat).await;
        let mut tx = self.db.read().await.expect("a question");
        store::achievement::list(&mut tx, &Filter::default(), (200, 0), &by, &self.now())
            .await
            .expect("a list")
            .rows
    }

    /// The newest achievement that a person sees, with everything behind it.
    pub async fn newest(&self, seat: Seat) -> Detail {
        let row = self.results(seat).await.into_iter().next().expect("an achievement");
        let by = self.actor(seat).await;
        let mut tx = self.db.read().await.expect("a question");
        store::achievement::find(&mut tx, row.id, &by, &self.now()).await.expect("it is there")
    }

    /// The provider declares everything it can.
    pub async fn declare_newest(&self, seat: Seat) {
        let by = self.actor(seat).await;
        let rows: Vec<_> =
            self.declarations().await.into_iter().map(|seen| (seen, String::new())).collect();
        let outcomes =
            store::declaration::declare(&self.db, &rows, &by, &self.now()).await.expect("a right");
        assert!(outcomes.iter().any(|outcome| outcome.result.is_ok()), "{outcomes:?}");
    }

    /// The person approves everything they can.
    pub async fn approve_newest(&self, seat: Seat) {
        let (by, rows) = (self.actor(seat).await, self.declarations().await);
        let now = self.now();
        let outcomes = store::declaration::approve(&self.db, &rows, How::InList, &by, &now)
            .await
            .expect("a right");
        assert!(outcomes.iter().any(|outcome| outcome.result.is_ok()), "{outcomes:?}");
    }

    async fn declarations(&self) -> Vec<Seen> {
        #[derive(sqlx::FromRow)]
        struct Row {
            reference: String,
            version: i64,
            calculation_id: uuid::Uuid,
        }
        let mut tx = self.db.read().await.expect("a question");
        let rows: Vec<Row> = tx
            .all("SELECT reference, version, calculation_id FROM declaration", Vec::new())
            .await
            .expect("a list");
        rows.into_iter()
            .map(|row| Seen {
                reference: row.reference,
                version: row.version,
                calculation: row.calculation_id.into(),
            })
            .collect()
    }
}

/// The amount of an achievement, which must be calculated.
pub fn amount(detail: &Detail) -> Pence {
    detail.calculation.as_ref().and_then(|own| own.amount).expect("an amount")
}
