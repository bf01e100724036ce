//! A made-up nation: a region above 42 ICBs, 1,250 networks and 6,410 practices, with contracts and figures of a year.

use crate::Done;
use chrono::{Days, NaiveDate};
use domain::{
    Actor, Now, OrganisationId, OrganisationKind, PersonId, Role, Service, ServiceId,
    access::{Client, separation::Together},
    contract::{ContractKind, Target},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};
use store::{
    Db,
    contract::{self, Confirmed, Details},
    organisation::{self, Closing, Listed},
    person::{self, NewPerson},
    reference, service, session,
};

pub const ICBS: usize = 42;
pub const NETWORKS: usize = 1_250;
pub const PRACTICES: usize = 6_410;
/// Small services that the practices of the first ICB take part in, so that a provider's list fills its page.
const SMALL: usize = 20;
/// Months for which every practice has an extract; those of the first ICB have the whole year.
const MONTHS_OF_ALL: usize = 3;

pub const REGION: &str = "Y99";
const ADVICE: &str = include_str!("../../../../catalogue/2025-26/advice_and_guidance.toml");
const AUDIT: &str = include_str!("../../../../catalogue/2025-26/cvd_prevention_audit.toml");
const QUALITY: &str = include_str!("../../../../catalogue/2025-26/qof.toml");
const NATIONAL: &str = include_str!("../../../../catalogue/2025-26/reference/qof.toml");
const SHINGLES: &str = include_str!("../../../../catalogue/2025-26/shingles.toml");
const LOCAL: &str = include_str!("../../../../catalogue/2025-26/local_services.toml");

/// The service whose figures come by extract and are declared by themselves.
pub const COUNTED: &str = "ITEMS2526";
/// The points service whose figures are typed.
pub const TYPED: &str = "QOFT2526";
/// The item of service whose figures are typed.
pub const ITEM: &str = "AG2526";

/// Numbers that look like chance and are the same in every run.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        least + ((self.0 >> 11) % (most - least + 1) as u64) as i64
    }
}

pub struct World {
    pub db: Db,
    /// Path of the database.
    pub file: String,
    /// Stands on the day that is being told.
    pub now: Now,
    numbers: Numbers,
    pub codes: HashMap<String, OrganisationId>,
    person: Option<PersonId>,
    services: HashMap<String, (ServiceId, Arc<Service>)>,
}

/// The people whose pages are measured, by their sessions.
pub struct People {
    pub practice: String,
    pub icb: String,
    pub region: String,
    /// Reference of a contract of the ICB, and of one of the region with everybody.
    pub contracts: [String; 2],
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("the days of the bench are written here")
}

pub fn morning(text: &str) -> Now {
    Now::at(day(text).and_hms_opt(9, 0, 0).expect("9 in the morning exists").and_utc())
}

pub fn practice(number: usize) -> String {
    format!("P{number:05}")
}

pub fn icb(number: usize) -> String {
    format!("Q{number:02}")
}

/// The ICB of a practice.
fn icb_of(practice: usize) -> usize {
    practice * ICBS / PRACTICES
}

impl World {
    pub async fn new(folder: &Path) -> Done<Self> {
        let file = folder.join("nation.db").to_string_lossy().into_owned();
        let db = Db::open(&file).await?;
        store::prepare(&db).await?;
        Ok(Self {
            db,
            file,
            now: morning("2025-04-10"),
            numbers: Numbers::new(2025),
            codes: HashMap::new(),
            person: None,
            services: HashMap::new(),
        })
    }

    pub fn organisations(&self) -> usize {
        self.codes.len()
    }

    /// Organisations, list sizes, services, and one person with every role.
    pub async fn settle(&mut self) -> Done {
        let by = Actor::system("bench");
        let from = day("2024-04-01");
        organisation::load(&self.db, ("bench", "0"), &register(), from, &by, &self.now).await?;
        self.codes = organisation::codes(&mut self.db.read().await?).await?;
        for as_at in ["2025-01-01", "2026-01-01"] {
            let lists: Vec<_> = (0..PRACTICES)
                .map(|number| (self.codes[&practice(number)], self.numbers.between(2_000, 20_000)))
                .collect();
            let file = ("bench", "0");
            organisation::load_list_sizes(&self.db, file, day(as_at), &lists, &by, &self.now)
                .await?;
        }
        let person = NewPerson {
            email: "bench@example.nhs.uk".into(),
            name: "Sam Ahmed".into(),
            job_title: "manager".into(),
            password: None,
            is_persona: false,
        };
        for code in [REGION.to_owned(), icb(0)] {
            self.let_one_approve_and_pay(&code).await?;
        }
        let roles: Vec<_> = [REGION.to_owned(), icb(0), practice(0)]
            .iter()
            .flat_map(|code| roles(code).iter().map(|role| (self.codes[code], *role)))
            .collect();
        self.person = Some(person::add(&self.db, &person, &roles, &by, &self.now).await?);
        self.publish().await
    }

    async fn publish(&mut self) -> Done {
        let renamed = |text: &str, from: &str, to: &str| text.replacen(from, to, 1);
        let counted = renamed(SHINGLES, "SHIN2526", COUNTED)
            .replace("declaration_required = true", "declaration_required = false");
        let typed = renamed(QUALITY, "QOF2526", TYPED).replace("\"extract\"", "\"manual\"");
        // Names of an extract's fields have no place in figures that are typed.
        let named = |line: &&str| !line.starts_with("extract") && !line.starts_with("keeps_extra");
        let typed = typed.lines().filter(named).collect::<Vec<_>>().join("\n");
        let mut texts = vec![counted, typed];
        texts.extend([ADVICE, QUALITY, SHINGLES, LOCAL, AUDIT].map(Into::into));
        texts.extend(
            (0..SMALL).map(|number| renamed(AUDIT, "CVDP2526", &format!("SMALL{number:02}"))),
        );
        for text in texts {
            self.publish_text(&text).await?;
        }
        let by = Actor::system("bench");
        let (version, _) = reference::load(&self.db, "qof.toml", NATIONAL, &by, &self.now).await?;
        let (id, seen) = (version.id, version.version);
        reference::take_into_use(&self.db, id, seen, &by, &self.now).await?;
        Ok(())
    }

    /// The counted service once more under another code, for a commissioner that approves.
    pub async fn publish_paid(&mut self, code: &str, declaration_required: bool) -> Done {
        let text = SHINGLES.replacen("SHIN2526", code, 1);
        let required = format!("declaration_required = {declaration_required}");
        let text = text.replace("declaration_required = true", &required);
        self.publish_text(&text.replace("approval_required = false", "approval_required = true"))
            .await
    }

    /// Services of participation alone, under these codes.
    pub async fn publish_copies(&mut self, codes: &[&str]) -> Done {
        for code in codes {
            self.publish_text(&AUDIT.replacen("CVDP2526", code, 1)).await?;
        }
        Ok(())
    }

    pub async fn publish_text(&mut self, text: &str) -> Done {
        let by = Actor::system("bench");
        let published = service::publish(&self.db, text, &by, &self.now).await?;
        let code = published.service.code.clone();
        self.services.insert(code, (published.id, published.service));
        Ok(())
    }

    /// Every ICB binds its practices to one more service.
    pub async fn contract_all(&mut self, code: &str) -> Done {
        for number in 0..ICBS {
            self.bind(number, &[code.to_owned()]).await?;
        }
        Ok(())
    }

    /// Every ICB binds its practices to the services that figures are loaded for, the first to the small ones too.
    pub async fn contract_everyone(&mut self) -> Done<usize> {
        let small: Vec<String> = (0..SMALL).map(|number| format!("SMALL{number:02}")).collect();
        let mut offers = 0;
        for number in 0..ICBS {
            if number == 0 {
                offers += self.bind(number, &small).await?;
            }
            offers += self.bind(number, &[COUNTED, TYPED, ITEM].map(Into::into)).await?;
        }
        Ok(offers)
    }

    /// A direct contract of an ICB with all its practices.
    async fn bind(&self, number: usize, services: &[String]) -> Done<usize> {
        let by = self.actor(&icb(number)).await?;
        let to = (0..PRACTICES).filter(|own| icb_of(*own) == number).map(practice).collect();
        let (reference, version) = self.draft(services, Some(to), &by).await?;
        Ok(self.confirm(&reference, version, &by).await?.offers as usize)
    }

    /// A draft contract: direct with its providers, or an offer to everybody below.
    pub async fn draft(
        &self,
        services: &[String],
        to: Option<BTreeSet<String>>,
        by: &Actor,
    ) -> Done<(String, i64)> {
        let (db, now) = (&self.db, &self.now);
        let kind = if to.is_some() { ContractKind::Direct } else { ContractKind::Offer };
        let name = format!("Contract for {}", services.join(", "));
        let respond_by = now.today + Days::new(28);
        let name = name.chars().take(60).collect();
        let details = Details { kind, name, respond_by, answers_may_change: true };
        let mut draft = contract::draft(db, &details, by, now).await?;
        if let Some(to) = to {
            draft = contract::choose_providers(
                db,
                &draft.reference,
                draft.version,
                (Target::Chosen, &to),
                by,
                now,
            )
            .await?;
        }
        let choice = services.iter().map(|code| {
            let all = self.services[code].1.components.iter();
            // Management information of the counted service would have to come as well.
            let taken = all.filter(|own| own.code != "MI").map(|own| own.code.clone());
            (code.clone(), taken.collect())
        });
        let choice: BTreeMap<String, Vec<String>> = choice.collect();
        let draft =
            contract::choose_services(db, &draft.reference, draft.version, &choice, by, now)
                .await?;
        Ok((draft.reference, draft.version))
    }

    pub async fn confirm(&self, reference: &str, seen: i64, by: &Actor) -> Done<Confirmed> {
        Ok(contract::confirm(&self.db, reference, seen, by, &self.now).await?)
    }

    /// Extracts of the counted service, a month at a time; gives how many rows they had.
    pub async fn load_extracts(&mut self) -> Done<usize> {
        self.now = morning("2026-05-20");
        let (_, service) = self.services[COUNTED].clone();
        let mut loaded = 0;
        for (month, period) in service.periods().into_iter().enumerate() {
            let mut text = domain::extract::Layout::Twelve.columns().join(",") + "\n";
            for number in 0..PRACTICES {
                if month < MONTHS_OF_ALL || icb_of(number) == 0 {
                    for indicator in &service.components[0].indicators {
                        let count = self.numbers.between(0, 60);
                        row(
                            &mut text,
                            COUNTED,
                            number,
                            period.end,
                            (&indicator.code, "Count", count),
                        );
                    }
                }
            }
            loaded += self.load(&format!("{month}.csv"), text.as_bytes()).await?.rows as usize;
        }
        Ok(loaded)
    }

    /// Reads a file and loads it, as the command does.
    pub async fn load(&self, name: &str, file: impl std::io::Read) -> Done<store::extract::Loaded> {
        let mut file = domain::hash::Hashing::new(file);
        let by = Actor::system("bench");
        let (rows, problems) = domain::extract::read(&mut file, by.name(), self.now.instant);
        let hash = file.finish();
        let file = store::extract::File { name, hash: &hash, problems: &problems };
        Ok(store::extract::load(&self.db, file, &rows, &by, &self.now).await?)
    }

    /// Allows a commissioner's roles to be one person's, who then stands for all of its people.
    async fn let_one_approve_and_pay(&self, code: &str) -> Done {
        let organisation = organisation::find(&mut self.db.read().await?, self.codes[code]).await?;
        let by = Actor::Person {
            id: PersonId(uuid::Uuid::nil()),
            name: "Bench".into(),
            organisation,
            roles: vec![Role::OrganisationAdministrator],
            acts_for: domain::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        };
        let pair = (Together::ApprovalAndFinance, true);
        Ok(person::separation::change(&self.db, pair, "One stands for all", &by, &self.now).await?)
    }

    /// Gives every practice one person who answers its offers.
    pub async fn somebody_answers_everywhere(&self) -> Done {
        let by = Actor::system("bench");
        for code in (0..PRACTICES).map(practice) {
            let person = NewPerson {
                email: format!("{code}@practice.example").to_lowercase(),
                name: format!("Manager of {code}"),
                job_title: "practice manager".into(),
                password: None,
                is_persona: false,
            };
            let roles = [(self.codes[&code], Role::ServiceManagement)];
            person::add(&self.db, &person, &roles, &by, &self.now).await?;
        }
        Ok(())
    }

    /// Somebody else with every role of the region: nobody approves twice.
    pub async fn colleague(&self, name: &str) -> Done<Actor> {
        let organisation =
            organisation::find(&mut self.db.read().await?, self.codes[REGION]).await?;
        let person = NewPerson {
            email: format!("{}@example.nhs.uk", name.to_lowercase().replace(' ', ".")),
            name: name.into(),
            job_title: "finance".into(),
            password: None,
            is_persona: false,
        };
        let given: Vec<_> = roles(REGION).iter().map(|role| (self.codes[REGION], *role)).collect();
        let by = Actor::system("bench");
        let id = person::add(&self.db, &person, &given, &by, &self.now).await?;
        Ok(Actor::Person {
            id,
            name: name.into(),
            organisation,
            roles: roles(REGION).to_vec(),
            acts_for: domain::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        })
    }

    /// The one person, acting for any organisation in every role it has.
    pub async fn actor(&self, code: &str) -> Done<Actor> {
        let organisation = organisation::find(&mut self.db.read().await?, self.codes[code]).await?;
        Ok(Actor::Person {
            id: self.person.ok_or("nobody is there yet")?,
            name: "Sam Ahmed".into(),
            organisation,
            roles: roles(code).to_vec(),
            acts_for: domain::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        })
    }

    pub async fn region(&self) -> Done<Actor> {
        self.actor(REGION).await
    }

    pub fn service(&self, code: &str) -> (ServiceId, Arc<Service>) {
        self.services[code].clone()
    }

    pub fn id(&self, code: &str) -> OrganisationId {
        self.codes[code]
    }

    /// A figure below a limit.
    pub fn number(&mut self, least: i64, most: i64) -> i64 {
        self.numbers.between(least, most)
    }

    /// Signs the person in for a practice, its ICB and the region, as of now.
    pub async fn people(&self) -> Done<People> {
        let now = now();
        let person = self.person.ok_or("nobody is there yet")?;
        let mut tokens = Vec::new();
        for code in [practice(0), icb(0), REGION.into()] {
            let token = session::start(&self.db, person, &Client::default(), &now).await?;
            let token = session::act_for(&self.db, &token, self.codes[&code]).await?;
            tokens.push(token);
        }
        let mut contracts = Vec::new();
        for code in [icb(0), REGION.into()] {
            let by = self.actor(&code).await?;
            let mut tx = self.db.read().await?;
            let listed = contract::list(&mut tx, &contract::Filter::default(), 0, 200, &by).await?;
            let own = listed
                .into_iter()
                .find(|own| Some(own.contract.commissioner) == by.organisation().map(|own| own.id));
            contracts.push(own.ok_or("no contract")?.contract.reference);
        }
        let [practice, icb, region] = tokens.try_into().map_err(|_| "three sessions")?;
        let contracts = contracts.try_into().map_err(|_| "two contracts")?;
        Ok(People { practice, icb, region, contracts })
    }
}

/// Sessions last hours, so they start now.
#[expect(clippy::disallowed_methods, reason = "the server that is measured reads the same clock")]
fn now() -> Now {
    Now::at(std::time::SystemTime::now().into())
}

fn roles(code: &str) -> &'static [Role] {
    if code.starts_with('P') {
        &[Role::ServiceManagement, Role::AchievementEntry, Role::DeclarationManagement]
    } else {
        &[Role::CommissioningManagement, Role::ApprovalManagement, Role::FinanceManagement]
    }
}

/// A row of an extract in force, submitted at noon of its achievement date.
pub fn row(
    text: &mut String,
    service: &str,
    number: usize,
    date: NaiveDate,
    (indicator, field, value): (&str, &str, i64),
) {
    let (organisation, on) = (practice(number), date.format("%Y%m%d"));
    let at = date.format("%d/%m/%Y,12:00:00");
    text.push_str(&format!(
        "{service},Made up,{organisation},{on},{indicator},{field},{value},N,cro-processor,{at},Y\n"
    ));
}

/// Every organisation, parents first.
fn register() -> Vec<Listed> {
    let listed = |code: String, name: String, kind, parent: Option<String>, network| Listed {
        code,
        name,
        kind,
        parent,
        network,
        place: String::new(),
        postcode: String::new(),
        closing: Closing::Unsaid,
    };
    let network = |number: usize| format!("U{number:05}");
    let mut all =
        vec![listed(REGION.into(), "England".into(), OrganisationKind::Region, None, None)];
    for number in 0..ICBS {
        let (name, above) = (format!("NHS Area {number} ICB"), Some(REGION.to_owned()));
        all.push(listed(icb(number), name, OrganisationKind::Icb, above, None));
    }
    for number in 0..NETWORKS {
        let above = icb_of(number * PRACTICES / NETWORKS);
        let name = format!("Neighbourhood {number} PCN");
        all.push(listed(network(number), name, OrganisationKind::Pcn, Some(icb(above)), None));
    }
    for number in 0..PRACTICES {
        let (name, above) = (format!("Street {number} Surgery"), icb(icb_of(number)));
        let within = Some(network(number * NETWORKS / PRACTICES));
        all.push(listed(practice(number), name, OrganisationKind::Practice, Some(above), within));
    }
    all
}
