//! Fourteen months of a demo's life, told through the same functions that the pages call.

use super::{
    numbers::Numbers,
    paying::Payer,
    places::{self, APPROVER, COMMISSIONER, FINANCE, NETWORKS, PRACTICES, SEATS, SECOND_APPROVER},
};
use chrono::{Days, NaiveDate, TimeDelta};
use domain::{
    Actor, Now, OrganisationId, Role, ServiceId, contract::ContractKind, service::Service,
};
use std::{collections::BTreeMap, error::Error, sync::Arc};
use store::{
    Db, contract,
    contract::Details,
    offer, organisation,
    person::{self, NewPerson},
    reference, service,
};

pub(super) type Told<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// The services of both years, as the project ships them.
pub(super) const CATALOGUE: [(i32, [&str; 6]); 2] = [
    (
        2025,
        [
            include_str!("../../../../catalogue/2025-26/qof.toml"),
            include_str!("../../../../catalogue/2025-26/shingles.toml"),
            include_str!("../../../../catalogue/2025-26/network_enhanced_access.toml"),
            include_str!("../../../../catalogue/2025-26/local_services.toml"),
            include_str!("../../../../catalogue/2025-26/advice_and_guidance.toml"),
            include_str!("../../../../catalogue/2025-26/cvd_prevention_audit.toml"),
        ],
    ),
    (
        2026,
        [
            include_str!("../../../../catalogue/2026-27/qof.toml"),
            include_str!("../../../../catalogue/2026-27/shingles.toml"),
            include_str!("../../../../catalogue/2026-27/network_enhanced_access.toml"),
            include_str!("../../../../catalogue/2026-27/local_services.toml"),
            include_str!("../../../../catalogue/2026-27/advice_and_guidance.toml"),
            include_str!("../../../../catalogue/2026-27/cvd_prevention_audit.toml"),
        ],
    ),
];

/// The national figures of both years.
const NATIONAL: [(i32, &str); 2] = [
    (2025, include_str!("../../../../catalogue/2025-26/reference/qof.toml")),
    (2026, include_str!("../../../../catalogue/2026-27/reference/qof.toml")),
];

/// What the operator has loaded and nobody has taken into use: a correction for each year.
const CORRECTIONS: [(&str, &str, &str); 2] = [
    (NATIONAL[0].1, "AF = \"2.31\"", "AF = \"2.27\""),
    (NATIONAL[1].1, "AF = \"2.35\"", "AF = \"2.38\""),
];

const REASONS: [&str; 4] = [
    "We do not have the staff to provide this service this year.",
    "The price does not cover our costs.",
    "We think this was offered by mistake.",
    "Our neighbouring practice will provide it for our patients.",
];

/// A practice whose list of 2026 has not arrived: its achievement is held.
const WITHOUT_LIST: usize = 41;

/// Tells the whole history.
pub async fn make(db: &Db) -> Result<(), String> {
    let mut history = History::begin(db).await.map_err(|error| error.to_string())?;
    history.tell().await.map_err(|error| error.to_string())
}

/// A published service with its identifier.
pub(super) type Known = (ServiceId, Arc<Service>);

pub(super) struct History<'a> {
    pub(super) db: &'a Db,
    pub(super) now: Now,
    pub(super) numbers: Numbers,
    /// Personas by name, and managers by the code of their practice or network.
    pub(super) actors: BTreeMap<String, Actor>,
    /// Practices and networks, in the order of their codes.
    pub(super) providers: Vec<(String, OrganisationId)>,
    /// Services by code.
    pub(super) services: BTreeMap<String, Known>,
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().expect("the dates of the history are written here")
}

fn nine_in_the_morning(day: NaiveDate) -> Now {
    Now::at(day.and_hms_opt(9, 0, 0).expect("9 in the morning exists").and_utc())
}

impl<'a> History<'a> {
    /// The places and people, as an operator would load them.
    async fn begin(db: &'a Db) -> Told<Self> {
        let now = nine_in_the_morning(day("2025-03-03"));
        let operator = Actor::system("demo");
        let listed = places::organisations();
        let from = day("2024-04-01");
        organisation::load(db, ("demo register", "demo"), &listed, from, &operator, &now).await?;
        let codes = organisation::codes(&mut db.read().await?).await?;
        let mut history = Self {
            db,
            now,
            numbers: Numbers::new(),
            actors: BTreeMap::new(),
            providers: Vec::new(),
            services: BTreeMap::new(),
        };
        for seat in SEATS {
            history
                .seat((seat.name, seat.job_title), seat.organisation, seat.roles, true, &codes)
                .await?;
        }
        let all: &[Role] =
            &[Role::ServiceManagement, Role::AchievementEntry, Role::DeclarationManagement];
        let practices =
            (0..PRACTICES).map(|number| (places::practice_code(number), "practice manager"));
        let networks = (0..NETWORKS).map(|number| (places::network_code(number), "PCN manager"));
        for (number, (code, job_title)) in practices.chain(networks).enumerate() {
            if !history.actors.contains_key(&code) {
                let name = places::manager(number);
                history.seat((&name, job_title), &code, all, false, &codes).await?;
            }
            let id = codes[&code];
            history.providers.push((code, id));
        }
        history.bank_holidays().await?;
        history.list_sizes("2025-01-01", None).await?;
        Ok(history)
    }

    /// Adds a person; the one who holds every provider role stands for the organisation as well.
    async fn seat(
        &mut self,
        (name, job_title): (&str, &str),
        code: &str,
        roles: &[Role],
        is_persona: bool,
        codes: &std::collections::HashMap<String, OrganisationId>,
    ) -> Told {
        let id = codes[code];
        let person = NewPerson {
            email: format!(
                "{}.{}@example.nhs.uk",
                name.replace(' ', ".").to_lowercase(),
                code.to_lowercase()
            ),
            name: name.to_owned(),
            job_title: job_title.to_owned(),
            password: None,
            is_persona,
        };
        let held: Vec<_> = roles.iter().map(|role| (id, *role)).collect();
        // One after the other, so that the sign-in page lists them in the order written.
        let now = self.tick();
        let person = person::add(self.db, &person, &held, &Actor::system("demo"), &now).await?;
        let organisation = organisation::find(&mut self.db.read().await?, id).await?;
        let actor = Actor::Person {
            id: person,
            name: name.to_owned(),
            organisation,
            roles: roles.to_vec(),
            acts_for: domain::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        };
        if roles.contains(&Role::ServiceManagement) {
            self.actors.insert(code.to_owned(), actor.clone());
        }
        if is_persona {
            self.actors.insert(name.to_owned(), actor);
        }
        Ok(())
    }

    async fn list_sizes(&mut self, as_at: &str, without: Option<usize>) -> Told {
        let sizes: Vec<_> = (0..PRACTICES)
            .filter(|number| Some(*number) != without)
            .map(|number| (self.providers[number].1, self.numbers.list(number, day(as_at))))
            .collect();
        let by = Actor::system("demo");
        organisation::load_list_sizes(
            self.db,
            ("demo lists", "demo"),
            day(as_at),
            &sizes,
            &by,
            &self.now,
        )
        .await?;
        Ok(())
    }

    async fn tell(&mut self) -> Told {
        self.morning("2025-03-04");
        self.publish(2025).await?;
        for code in ["QOF2526", "SHIN2526", "NCEA2526", "LCS2526", "AG2526", "CVDP2526"] {
            self.offer(code, "2025-04-04").await?;
            self.answer(code, 96, 100).await?;
        }
        for month in
            ["2025-05", "2025-06", "2025-07", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12"]
        {
            if month == "2025-06" {
                self.morning("2025-06-02");
                self.access_is_confirmed().await?;
            }
            self.month(month).await?;
        }
        self.morning("2026-01-06");
        self.list_sizes("2026-01-01", Some(WITHOUT_LIST)).await?;
        self.all_log_in(&[]).await?;
        self.month("2026-01").await?;
        self.paid_too_much().await?;
        self.month("2026-02").await?;
        self.morning("2026-03-02");
        self.publish(2026).await?;
        // The audit is left for a demo's visitors to offer.
        for code in ["QOF2627", "SHIN2627", "NCEA2627", "AG2627"] {
            self.offer(code, "2026-04-03").await?;
            self.answer(code, 92, 97).await?;
        }
        self.winter_is_offered().await?;
        for month in ["2026-03", "2026-04"] {
            self.month(month).await?;
        }
        self.this_month().await
    }

    /// Makes it nine in the morning of a day.
    pub(super) fn morning(&mut self, text: &str) {
        self.now = nine_in_the_morning(day(text));
    }

    /// Half a minute passes.
    pub(super) fn tick(&mut self) -> Now {
        self.now = Now::at(self.now.instant + TimeDelta::seconds(29));
        self.now
    }

    pub(super) fn actor(&self, name: &str) -> Actor {
        self.actors[name].clone()
    }

    async fn publish(&mut self, year: i32) -> Told {
        let operator = Actor::system("demo");
        for definition in
            CATALOGUE.iter().filter(|(of, _)| *of == year).flat_map(|(_, texts)| texts)
        {
            let known = self.publish_one(definition).await?;
            self.services.insert(known.1.code.clone(), known);
        }
        for (_, text) in NATIONAL.iter().filter(|(of, _)| *of == year) {
            let (version, _) =
                reference::load(self.db, "qof.toml", text, &operator, &self.now).await?;
            let (id, seen) = (version.id, version.version);
            reference::take_into_use(self.db, id, seen, &operator, &self.now).await?;
        }
        Ok(())
    }

    /// Publishes a definition, unless it is there.
    pub(super) async fn publish_one(&self, definition: &str) -> Told<Known> {
        let published =
            service::publish(self.db, definition, &Actor::system("demo"), &self.now).await?;
        Ok((published.id, published.service))
    }

    /// National figures that wait for somebody to look at what they change.
    async fn corrections(&mut self) -> Told {
        let operator = Actor::system("demo");
        for (text, before, after) in CORRECTIONS {
            let corrected = "National prevalence of AF corrected";
            let text = text.replacen(before, after, 1).replace("National prevalence", corrected);
            reference::load(self.db, "qof-corrected.toml", &text, &operator, &self.now).await?;
        }
        Ok(())
    }

    /// A contract with one whole service, offered to everyone.
    pub(super) async fn offer(&mut self, code: &str, respond_by: &str) -> Told {
        let by = self.actor(COMMISSIONER);
        let (_, service) = self.services[code].clone();
        let details = Details {
            kind: ContractKind::Offer,
            name: service.name.clone(),
            respond_by: day(respond_by),
            answers_may_change: true,
        };
        let now = self.tick();
        let draft = contract::draft(self.db, &details, &by, &now).await?;
        let components =
            service.components.iter().map(|component| component.code.clone()).collect();
        let choice = BTreeMap::from([(code.to_owned(), components)]);
        let draft =
            contract::choose_services(self.db, &draft.reference, draft.version, &choice, &by, &now)
                .await?;
        contract::confirm(self.db, &draft.reference, draft.version, &by, &now).await?;
        Ok(())
    }

    /// Of a hundred providers, so many accept; those up to the second number reject; the others do not answer.
    async fn answer(&mut self, code: &str, accept_to: u32, reject_to: u32) -> Told {
        let (id, _) = self.services[code];
        for (provider, offer, version) in self.pending(id).await? {
            let by = self.actor(&provider);
            let now = self.tick();
            let lot = self.numbers.below(100);
            // The organisations that a demo's visitors sit at take part in everything, and have the newest offer to answer.
            if places::is_a_persona_s(&provider) {
                if code != "LCS2627" {
                    offer::accept(self.db, offer, version, &by, &now).await?;
                }
            } else if lot < accept_to {
                offer::accept(self.db, offer, version, &by, &now).await?;
            } else if lot < reject_to {
                let reason = REASONS[self.numbers.below(REASONS.len() as u32) as usize];
                offer::reject(self.db, offer, version, reason, &by, &now).await?;
            }
        }
        Ok(())
    }

    /// One month from extract to payment file, for the periods that ended the month before.
    async fn month(&mut self, month: &str) -> Told {
        let ended = day(&format!("{month}-01")) - Days::new(1);
        self.morning(&format!("{month}-05"));
        self.figures(ended, |_| true).await?;
        self.morning(&format!("{month}-12"));
        // The practice that a demo's visitors try first still has the year's end to declare.
        self.declare(|provider, _| month != "2026-04" || provider != "Z81001").await?;
        self.morning(&format!("{month}-17"));
        self.approve(APPROVER, "awaiting_commissioner", |_| true).await?;
        self.morning(&format!("{month}-18"));
        // Some large amounts of the last quarter still have no second approval.
        self.approve(SECOND_APPROVER, "awaiting_second", |reference| {
            month != "2026-04" || reference.ends_with(['0', '1', '2', '4', '5', '6', '7'])
        })
        .await?;
        self.morning(&format!("{month}-20"));
        self.approve(FINANCE, "awaiting_finance", |_| true).await?;
        let payer = match month {
            "2026-03" => Payer::PaysAllButOne,
            "2026-04" => Payer::IsSilent,
            _ => Payer::Pays,
        };
        self.pay(month, payer).await
    }

    /// The month in which the demo is opened: something in every state.
    async fn this_month(&mut self) -> Told {
        self.morning("2026-05-04");
        self.people_come_back().await?;
        self.morning("2026-05-05");
        self.offer("LCS2627", "2026-06-05").await?;
        self.answer("LCS2627", 55, 63).await?;
        self.ask_again("LCS2627").await?;
        self.draft("Winter resilience 2026 to 2027").await?;
        self.morning("2026-05-06");
        self.figures(day("2026-04-30"), |code| !matches!(code, "Z81001" | "Z81002" | "Z81009"))
            .await?;
        self.begin_quarter("LCS2627", day("2026-06-30")).await?;
        self.extract_is_late().await?;
        self.morning("2026-05-12");
        self.declare(|provider, reference| {
            provider != "Z81001" && !reference.ends_with(['3', '7'])
        })
        .await?;
        self.corrections().await?;
        self.next_year_is_published().await?;
        self.new_terms_are_published().await?;
        self.clusters_are_made().await?;
        self.network_answers_for_practices().await?;
        self.found_after_the_lock().await?;
        self.morning("2026-05-14");
        self.questions_are_asked().await?;
        self.supplier_is_on_hold().await?;
        self.morning("2026-05-18");
        self.approve(APPROVER, "awaiting_commissioner", |reference| {
            reference.ends_with(['0', '2', '4'])
        })
        .await?;
        self.morning("2026-05-19");
        self.approve(FINANCE, "awaiting_finance", |reference| reference.ends_with(['2', '4']))
            .await?;
        self.payer_has_times().await?;
        self.approver_goes_on_leave().await?;
        self.strangers_ask().await?;
        self.winter_is_counted().await
    }
}
