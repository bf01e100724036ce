//! A small fictional world: a region, two ICBs, three practices in one PCN, and somebody in every role.

use super::{Browser, place::Place};
use chrono::NaiveDate;
use domain::access::{CannotManage, Client};
use domain::{Actor, Narrowing, Now, OrganisationId, OrganisationKind, PersonId, Role};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use store::{
    Db, Failed,
    organisation::{Closing, Listed},
    person::{
        NewPerson,
        link::{self, Letter},
    },
};
use web::{Web, settings::Settings, template::Templates};

/// A person of the world, by where they sit and what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seat {
    /// Name, unique in the world.
    pub name: &'static str,
    /// Code of the organisation.
    pub organisation: &'static str,
    /// Roles there.
    pub roles: &'static [Role],
}

impl Seat {
    /// Makes offers for the ICB.
    pub const COMMISSIONER: Self =
        Self::at("Priya Shah", "QAA", &[Role::CommissioningManagement, Role::AchievementEntry]);
    /// Approves for the ICB.
    pub const APPROVER: Self = Self::at("Tom Hill", "QAA", &[Role::ApprovalManagement]);
    /// Finance of the ICB.
    pub const FINANCE: Self = Self::at("Ana Ruiz", "QAA", &[Role::FinanceManagement]);
    /// Holds both approving roles.
    pub const APPROVER_AND_FINANCE: Self =
        Self::at("Lou Webb", "QAA", &[Role::ApprovalManagement, Role::FinanceManagement]);
    /// Sees points, never pounds.
    pub const COMMISSIONER_VIEW: Self = Self::at("Max Orr", "QAA", &[Role::View]);
    /// Makes offers for the other ICB.
    pub const OTHER_COMMISSIONER: Self =
        Self::at("Kim Dale", "QBB", &[Role::CommissioningManagement]);
    /// Approves for the other ICB.
    pub const OTHER_APPROVER: Self =
        Self::at("Rae Moss", "QBB", &[Role::ApprovalManagement, Role::FinanceManagement]);
    /// Does everything at the first practice.
    pub const PRACTICE_MANAGER: Self = Self::at(
        "Sam Ahmed",
        "Y00001",
        &[Role::ServiceManagement, Role::AchievementEntry, Role::DeclarationManagement],
    );
    /// Does everything at the second practice.
    pub const SECOND_PRACTICE: Self = Self::at(
        "Jo Lee",
        "Y00002",
        &[Role::ServiceManagement, Role::AchievementEntry, Role::DeclarationManagement],
    );
    /// Does everything at the third practice, which belongs to the other ICB.
    pub const FOREIGN_PRACTICE: Self = Self::at(
        "Bo Finch",
        "Y00003",
        &[Role::ServiceManagement, Role::AchievementEntry, Role::DeclarationManagement],
    );
    /// Sees points at the first practice, never pounds.
    pub const PRACTICE_VIEW: Self = Self::at("Ivy Cole", "Y00001", &[Role::View]);
    /// Does everything for the network.
    pub const NETWORK_MANAGER: Self = Self::at(
        "Nia Rees",
        "U00001",
        &[
            Role::ServiceManagement,
            Role::AchievementEntry,
            Role::DeclarationManagement,
            Role::PcnManagement,
        ],
    );

    const ALL: [Self; 12] = [
        Self::COMMISSIONER,
        Self::APPROVER,
        Self::FINANCE,
        Self::APPROVER_AND_FINANCE,
        Self::COMMISSIONER_VIEW,
        Self::OTHER_COMMISSIONER,
        Self::OTHER_APPROVER,
        Self::PRACTICE_MANAGER,
        Self::SECOND_PRACTICE,
        Self::FOREIGN_PRACTICE,
        Self::PRACTICE_VIEW,
        Self::NETWORK_MANAGER,
    ];

    const fn at(name: &'static str, organisation: &'static str, roles: &'static [Role]) -> Self {
        Self { name, organisation, roles }
    }
}

/// One world on one engine.
pub struct World {
    /// Its database.
    pub db: Db,
    /// Where that is, for a command.
    pub address: String,
    router: axum::Router,
    now: Arc<Mutex<Now>>,
    /// Organisations by code.
    pub organisations: HashMap<String, OrganisationId>,
    /// People by name.
    people: Mutex<HashMap<&'static str, PersonId>>,
    _folder: Option<tempfile::TempDir>,
}

fn noon(day: &str) -> Now {
    Now::at(format!("{day}T12:00:00Z").parse().expect("a date like 2026-04-10"))
}

impl World {
    /// A world in an SQLite file that goes with it.
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let file = folder.path().join("accord.db");
        Self::new(file.to_string_lossy().into_owned(), Some(folder)).await
    }

    /// A world in a schema of its own on the server that `ACCORD_TEST_POSTGRES` names.
    pub async fn on_postgresql() -> Option<Self> {
        let place = Place::on_postgresql().await?;
        Some(Self::new(place.address, None).await)
    }

    /// A world that another process made, at noon of a day.
    pub async fn again(address: String, day: &str) -> Self {
        #[derive(sqlx::FromRow)]
        struct Person {
            id: uuid::Uuid,
            name: String,
        }
        let mut world = Self::open(address, None).await;
        world.set_today(day);
        let mut tx = world.db.read().await.expect("a question");
        world.organisations = store::organisation::codes(&mut tx).await.expect("codes");
        let people: Vec<Person> =
            tx.all("SELECT id, name FROM person", vec![]).await.expect("people");
        drop(tx);
        for seat in Seat::ALL {
            let found = people.iter().find(|person| person.name == seat.name).expect("the person");
            world.people.lock().expect("the people").insert(seat.name, found.id.into());
        }
        world
    }

    async fn new(address: String, folder: Option<tempfile::TempDir>) -> Self {
        let mut world = Self::open(address, folder).await;
        world.settle().await;
        world
    }

    async fn open(address: String, folder: Option<tempfile::TempDir>) -> Self {
        let db = Db::open(&address).await.expect("the database opens");
        store::prepare(&db).await.expect("the tables are made");
        let now = Arc::new(Mutex::new(noon("2025-04-10")));
        let router = web::router(Arc::new(served(&db, &now)));
        let organisations = HashMap::new();
        Self { db, address, router, now, organisations, people: Mutex::default(), _folder: folder }
    }

    /// Serves the world with other settings from now on.
    pub fn serve(&mut self, change: impl FnOnce(&mut Web)) {
        let mut web = served(&self.db, &self.now);
        change(&mut web);
        self.router = web::router(Arc::new(web));
    }

    /// Organisations, list sizes and people.
    async fn settle(&mut self) {
        let listed = [
            listed("Y99", "North Region", OrganisationKind::Region, None, None),
            listed("QAA", "NHS Anytown ICB", OrganisationKind::Icb, Some("Y99"), None),
            listed("QBB", "NHS Elsewhere ICB", OrganisationKind::Icb, Some("Y99"), None),
            listed("U00001", "Riverside PCN", OrganisationKind::Pcn, Some("QAA"), None),
            listed(
                "Y00001",
                "Riverside Surgery",
                OrganisationKind::Practice,
                Some("QAA"),
                Some("U00001"),
            ),
            listed(
                "Y00002",
                "Hill Top Practice",
                OrganisationKind::Practice,
                Some("QAA"),
                Some("U00001"),
            ),
            listed("Y00003", "Far Away Surgery", OrganisationKind::Practice, Some("QBB"), None),
        ];
        let now = self.now();
        let by = Actor::system("story");
        let from: NaiveDate = "2024-04-01".parse().expect("a date");
        store::organisation::load(&self.db, ("story", "0"), &listed, from, &by, &now)
            .await
            .expect("organisations load");
        let mut tx = self.db.read().await.expect("a question");
        self.organisations = store::organisation::codes(&mut tx).await.expect("codes");
        drop(tx);
        let sizes = [("Y00001", 10_184), ("Y00002", 5_092), ("Y00003", 8_000)]
            .map(|(code, patients)| (self.organisations[code], patients));
        for as_at in ["2024-01-01", "2025-01-01", "2026-01-01"] {
            let as_at = as_at.parse().expect("a date");
            store::organisation::load_list_sizes(
                &self.db,
                ("story", "0"),
                as_at,
                &sizes,
                &by,
                &now,
            )
            .await
            .expect("list sizes load");
        }
        for year in 2024..=2026 {
            self.national(year, "225.49", 10_184).await;
        }
        for seat in Seat::ALL {
            self.add_seat(seat).await;
        }
    }

    /// Takes national figures of QOF for a year into use.
    pub async fn national(&self, year: i32, point_value: &str, average_list: u32) {
        let text = format!(
            "set = \"QOF\"\nyear = {year}\npoint_value = \"{point_value}\"\naverage_list = {average_list}\n\
             source = \"A story\"\npublished_on = {year}-04-01\n[prevalence]\nAF = \"2.31\"\n"
        );
        let (by, now) = (Actor::system("story"), self.now());
        let (version, _) = store::reference::load(&self.db, "qof.toml", &text, &by, &now)
            .await
            .expect("national figures load");
        store::reference::take_into_use(&self.db, version.id, version.version, &by, &now)
            .await
            .expect("national figures are taken into use");
    }

    /// Gives a person a seat, who may be new to the world.
    pub async fn add_seat(&self, seat: Seat) {
        let at = self.organisations[seat.organisation];
        let roles: Vec<_> = seat.roles.iter().map(|role| (at, *role)).collect();
        let by = Actor::system("story");
        let person = person(seat);
        let id = match store::person::add(&self.db, &person, &roles, &by, &self.now()).await {
            Ok(id) => id,
            Err(Failed::Refused(CannotManage::NotTogether(_))) => {
                self.add_from_before(&person, &roles).await
            }
            Err(why) => panic!("nobody is added: {why}"),
        };
        self.people.lock().expect("the people").insert(seat.name, id);
    }

    /// Keeps a cluster of the first ICB's providers.
    pub async fn add_cluster(&self, name: &str, codes: &[&str]) {
        const KEEPER: Seat = Seat::at("Del Ward", "QAA", &[Role::OrganisationAdministrator]);
        self.add_seat(KEEPER).await;
        let (by, now) = (self.actor(KEEPER).await, self.now());
        let details = cluster(name, codes);
        store::cluster::create(&self.db, details, &by, &now).await.expect("a cluster");
    }

    /// Gives a person a seat whose roles are kept to families of services, and to a cluster of these providers.
    pub async fn add_narrowed_seat(&self, seat: Seat, families: &[&str], cluster: Option<&str>) {
        let mut tx = self.db.read().await.expect("a question");
        let id = self.organisations[seat.organisation];
        let at = store::organisation::find(&mut tx, id).await.expect("the organisation");
        let all = store::person::narrowing::clusters(&mut tx, id).await.expect("clusters");
        drop(tx);
        let cluster = cluster.map(|name| {
            all.into_iter().map(|one| one.1).find(|one| one.name == name).expect("the cluster")
        });
        let narrowing = Narrowing::new(families.iter().copied(), cluster).expect("families");
        let system = Actor::system("story");
        let (given, person) = ((&at, seat.roles), person(seat));
        let narrowing = narrowing.expect("a narrowing");
        let now = self.now();
        let add = |given| {
            store::person::add_narrowed(&self.db, &person, given, &narrowing, &system, &now)
        };
        let id = match add(given).await {
            Err(Failed::Refused(CannotManage::NotTogether(_))) => {
                let roles: Vec<_> = seat.roles.iter().map(|role| (id, *role)).collect();
                self.add_from_before(&person, &roles).await;
                add((&at, &[])).await
            }
            added => added,
        };
        let id = id.expect("a person is added");
        self.people.lock().expect("the people").insert(seat.name, id);
    }

    /// Somebody who has held roles since before these were kept apart.
    async fn add_from_before(
        &self,
        person: &NewPerson,
        roles: &[(OrganisationId, Role)],
    ) -> PersonId {
        let by = Actor::system("story");
        let id = store::person::add(&self.db, person, &[], &by, &self.now()).await;
        let id = id.expect("a person is added");
        let mut tx = self.db.write().await.expect("a change");
        for (at, role) in roles {
            let sql = "INSERT INTO role_held (person_id, organisation_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            tx.execute(sql, store::args![id, *at, role.name()]).await.expect("a role");
        }
        tx.commit().await.expect("held");
        id
    }

    /// What time it is in the world.
    pub fn now(&self) -> Now {
        *self.now.lock().expect("the clock")
    }

    /// Makes it noon of a day, `2026-04-10`.
    pub fn set_today(&self, day: &str) {
        *self.now.lock().expect("the clock") = noon(day);
    }

    /// Makes it an instant, `2026-05-14T14:30:00Z`.
    pub fn set_now(&self, instant: &str) {
        *self.now.lock().expect("the clock") = Now::at(instant.parse().expect("an instant"));
    }

    /// Closes an organisation; yesterday was its last day.
    pub async fn close(&self, code: &'static str) {
        let mut tx = self.db.write().await.expect("a change");
        let close = "UPDATE organisation SET closed_on = $2 WHERE code = $1";
        let yesterday = self.now().today.pred_opt();
        tx.execute(close, store::args![code, yesterday]).await.expect("it closes");
        tx.commit().await.expect("closed");
    }

    /// A browser in which the person has signed in.
    pub async fn sign_in(&self, seat: Seat) -> Browser {
        let actor = self.actor(seat).await;
        let person = actor.person().expect("a person");
        let token = store::session::start(&self.db, person, &Client::default(), &self.now())
            .await
            .expect("a session");
        let at = self.organisations[seat.organisation];
        let token = store::session::act_for(&self.db, &token, at).await.expect("the seat");
        Browser::new(self.router.clone(), Some(token))
    }

    /// A browser in which nobody has signed in.
    pub fn stranger(&self) -> Browser {
        Browser::new(self.router.clone(), None)
    }

    /// The person as the store knows them, for what has no page.
    pub async fn actor(&self, seat: Seat) -> Actor {
        let mut tx = self.db.read().await.expect("a question");
        let id = self.organisations[seat.organisation];
        let organisation = store::organisation::find(&mut tx, id).await.expect("the organisation");
        let id = self.people.lock().expect("the people")[seat.name];
        Actor::Person {
            id,
            name: seat.name.into(),
            organisation,
            roles: seat.roles.to_vec(),
            acts_for: domain::deputy::ActsFor::default(),
            origin: Default::default(),
            narrowing: None,
        }
    }

    /// The same person, whose roles are kept to families of services.
    pub async fn narrowed(&self, seat: Seat, families: &[&str]) -> Actor {
        let mut by = self.actor(seat).await;
        let kept_to = Narrowing::new(families.iter().copied(), None).expect("families");
        if let Actor::Person { narrowing, .. } = &mut by {
            *narrowing = kept_to.map(Box::new);
        }
        by
    }

    /// The paths of the links in the emails that go out now, each with the address it goes to.
    pub async fn links(&self) -> Vec<(String, String)> {
        let letters = link::claim(&self.db, 50, &self.now()).await.expect("emails to send");
        for letter in &letters {
            link::sent(&self.db, letter).await.expect("sent");
        }
        let path = |letter: Letter| (letter.email, format!("/password/{}", letter.token));
        letters.into_iter().map(path).collect()
    }

    /// How many facts of a kind the history holds, `offer_accepted`.
    pub async fn facts(&self, kind: &str) -> i64 {
        #[derive(sqlx::FromRow)]
        struct Count {
            count: i64,
        }
        let mut tx = self.db.read().await.expect("a question");
        let like = format!("%\"kind\":\"{kind}\"%");
        let row: Count = tx
            .one(
                "SELECT count(*) AS count FROM event WHERE fact LIKE $1",
                vec![store::arg::Arg::from(like)],
            )
            .await
            .expect("a count");
        row.count
    }
}

fn cluster(name: &str, codes: &[&str]) -> domain::cluster::Details {
    domain::cluster::Details {
        name: name.to_owned(),
        description: String::new(),
        providers: codes.iter().map(|code| (*code).to_owned()).collect(),
    }
}

/// The account of a seat.
fn person(seat: Seat) -> NewPerson {
    NewPerson {
        email: format!("{}@nhs.net", seat.name.replace(' ', ".").to_lowercase()),
        name: seat.name.into(),
        job_title: "tester".into(),
        password: None,
        is_persona: false,
    }
}

/// The service of a world.
fn served(db: &Db, now: &Arc<Mutex<Now>>) -> Web {
    let clock = now.clone();
    Web {
        db: db.clone(),
        clock: Arc::new(move || *clock.lock().expect("the clock")),
        templates: Templates::embedded(),
        demo: false,
        is_https: false,
        sends_mail: true,
        settings: Settings::default(),
    }
}

/// An organisation as a register names it.
pub fn listed(
    code: &str,
    name: &str,
    kind: OrganisationKind,
    parent: Option<&str>,
    network: Option<&str>,
) -> Listed {
    Listed {
        code: code.into(),
        name: name.into(),
        kind,
        parent: parent.map(Into::into),
        network: network.map(Into::into),
        place: String::new(),
        postcode: String::new(),
        closing: Closing::Unsaid,
    }
}
