//! One record of each kind that an address can name, all of the first practice and its commissioner, and who may see each.

use crate::{
    access_request, adjustment,
    correction::C1,
    network::CARE,
    payment_answer::FILE,
    service::publish,
    support::{Seat, World, money::BLOOD},
};
use domain::{Actor, Field, OrganisationKind, Role};

const MANAGER: Seat = Seat::PRACTICE_MANAGER;
const ASKER: Seat = Seat::APPROVER_AND_FINANCE;
/// Keeps the clusters of the ICB.
const KEEPER: Seat =
    Seat { name: "Del Ward", organisation: "QAA", roles: &[Role::OrganisationAdministrator] };

/// What stands in the place of the names in an address.
#[derive(Debug, Default)]
pub(super) struct Records {
    offer: String,
    contract: String,
    draft: String,
    cluster: String,
    message: String,
    person: String,
    request: String,
    achievement: String,
    adjustment: String,
    declaration: String,
    question: String,
    review: String,
    file: String,
    waiting_figures: String,
    hold: String,
    entry: String,
}

/// The address of a record, the same of one that is not there, and the organisations that may reach it.
pub(super) struct Named {
    pub(super) address: String,
    pub(super) absent: Option<String>,
    pub(super) reach: &'static [&'static str],
}

const EVERYBODY: &[&str] = &["Y00001", "Y00002", "Y00003", "U00001", "QAA", "QBB", "Y99"];
/// The provider, its commissioner, and the region above.
const BOTH: &[&str] = &["Y00001", "QAA", "Y99"];
/// The two sides alone, who act.
const SIDES: &[&str] = &["Y00001", "QAA"];
const PROVIDER: &[&str] = &["Y00001"];
const COMMISSIONER: &[&str] = &["QAA"];
const COMMISSIONERS: &[&str] = &["QAA", "Y99"];
/// The network, its members, and those who commission it.
const NETWORK: &[&str] = &["Y00001", "Y00002", "U00001", "QAA", "Y99"];
// What is not there.
const NO_CLUSTER: Option<&str> = Some("CL-2025-999999");
const NO_CONTRACT: Option<&str> = Some("C-2025-999999");
const NO_HOLD: Option<&str> = Some("H-2025-999999");
const NO_FILE: Option<&str> = Some("PF-2025-999999");
const UUID: &str = "0190c0de-0000-7000-8000-000000000000";

impl Records {
    /// Makes them through the front door.
    pub(super) async fn make(world: &World) -> Self {
        let mut own = Self { declaration: world.all_paid().await, ..Self::default() };
        // A correction with its recovery, and a second file that nobody has sent.
        world.correct(ASKER, &own.declaration, ("reversing", "100.00")).await.expect(303);
        world.agree_and_approve(C1).await;
        let notice = [
            ("instalments", "2"),
            ("first-day", "31"),
            ("first-month", "7"),
            ("first-year", "2025"),
            ("reason", "The same tests were paid twice."),
        ];
        let asker = world.sign_in(ASKER).await;
        asker.post(&format!("/corrections/{C1}/recover"), &notice).await.expect(303);
        world.count(MANAGER, "2025-04-30", 11).await;
        world.declare_all(MANAGER).await.expect(303);
        world.approve_all(Seat::APPROVER).await.expect(303);
        world.approve_all(Seat::FINANCE).await.expect(303);
        own.file = world.pay_all(Seat::FINANCE).await.replace("/payments/", "");
        own.offered(world).await;
        own.asked_about(world).await;
        own.summed(world).await;
        own.adjusted(world).await;
        own.kept(world).await;
        own
    }

    /// Contracts, an offer with new terms, and a message.
    async fn offered(&mut self, world: &World) {
        let dearer = BLOOD.replace("fee = \"10.00\"", "fee = \"12.00\"").replace(
            "[payment]",
            "version = 2\neffective_on = 2025-07-31\nvariation = true\n\n[payment]",
        );
        publish(world, &dearer).await;
        let commissioner = world.sign_in(Seat::COMMISSIONER).await;
        self.contract = last(&commissioner.get("/contracts").await.links("/contracts/C-")[0]);
        let until =
            [("respond-by-day", "30"), ("respond-by-month", "7"), ("respond-by-year", "2025")];
        let terms = format!("/contracts/{}/terms/BLD2526/2", self.contract);
        commissioner.post(&terms, &until).await.expect(303);
        let provider = world.sign_in(MANAGER).await;
        let offered = provider.get("/services/terms").await.links("/services/").remove(0);
        self.offer = offered.split('/').nth(2).expect("an offer").to_owned();
        // The first look at an offer is recorded; here it is not to be somebody else's.
        let (id, by) = (self.offer.parse().expect("an offer"), world.actor(MANAGER).await);
        store::offer::look(&world.db, id, &by, &world.now()).await.expect("it was looked at");
        self.message = last(&provider.get("/messages").await.links("/messages/")[0]);
        let details = store::contract::Details {
            kind: domain::contract::ContractKind::Offer,
            name: "A draft".into(),
            respond_by: world.now().today + chrono::Days::new(28),
            answers_may_change: true,
        };
        let by = world.actor(Seat::COMMISSIONER).await;
        let draft = store::contract::draft(&world.db, &details, &by, &world.now()).await;
        self.draft = draft.expect("a draft").reference;
    }

    /// A declared month with a question about it, and a review that waits to be carried out.
    async fn asked_about(&mut self, world: &World) {
        world.count(MANAGER, "2025-06-30", 42).await;
        world.declare_all(MANAGER).await.expect(303);
        let approver = world.sign_in(Seat::APPROVER).await;
        let reference = approver.get("/declarations").await.value("declaration");
        let address = format!("/declarations/{reference}/question");
        let version = approver.get(&address).await.expect(200).value("version");
        let asked = [("version", &*version), ("text", "Why so many?")];
        approver.post(&address, &asked).await.expect(303);
        let page = approver.get(&format!("/declarations/{reference}")).await;
        let thread = page.links("/questions/").remove(0);
        self.question = thread.split('/').nth(2).expect("a question").to_owned();
        let by = world.actor(MANAGER).await;
        let mut tx = world.db.read().await.expect("a question");
        let listed = store::declaration::find(&mut tx, &reference, &by).await.expect("it is there");
        self.achievement = listed.declaration.achievement.to_string();
        self.declaration = reference;
    }

    /// A network with an achievement.
    async fn summed(&mut self, world: &World) {
        world.takes_part(CARE, &["U00001"]).await;
        let plan = [("NW01", Field::YesNo, "yes")];
        let at = ("NCT2526", "2025-06-30", "PLAN");
        world.submit(Seat::NETWORK_MANAGER, at, &plan).await.expect("an answer");
    }

    /// Points with an adjustment that waits, in the spring after.
    async fn adjusted(&mut self, world: &World) {
        let achievement = adjustment::with_points(world).await;
        let approver = world.sign_in(Seat::APPROVER).await;
        self.adjustment = last(&adjustment::asked(&approver, &achievement).await);
    }

    /// A review, a hold, a cluster, somebody's access, and national figures that wait.
    async fn kept(&mut self, world: &World) {
        let approver = world.sign_in(Seat::APPROVER).await;
        let query = [("back", "status=awaiting_commissioner&show=chosen")];
        self.review = last(approver.post("/declarations/reviews", &query).await.location());
        let fields = [
            ("service", "BLD2526"),
            ("cluster", ""),
            ("stops", "both"),
            ("reason", "The extract of one supplier is wrong."),
        ];
        self.hold = last(approver.post("/holds/new", &fields).await.expect(303).location());
        world.add_seat(KEEPER).await;
        let keeper = world.sign_in(KEEPER).await;
        let fields = [("name", "Coast"), ("codes", "Y00001"), ("go", "next")];
        self.cluster = last(keeper.post("/clusters/new", &fields).await.expect(303).location());
        self.person =
            world.actor(Seat::PRACTICE_VIEW).await.person().expect("a person").to_string();
        let stranger = world.stranger();
        world.add_seat(access_request::ADMINISTRATOR).await;
        access_request::ask(&stranger, "ravi.cole@nhs.net", "Y00001").await.expect(303);
        let keeper = world.sign_in(access_request::ADMINISTRATOR).await;
        self.request = last(&access_request::first(&keeper).await);
        let text = "set = \"QOF\"\nyear = 2025\npoint_value = \"240.00\"\naverage_list = 10839\n\
                    source = \"A correction\"\npublished_on = 2026-04-02\n";
        let by = Actor::system("story");
        let loaded =
            store::reference::load(&world.db, "figures.toml", text, &by, &world.now()).await;
        self.entry = entry(world).await;
        self.waiting_figures = loaded.expect("figures").0.id.to_string();
    }

    /// The record that an address names; nothing where it names none.
    pub(super) fn named(&self, method: &str, path: &str, kind: OrganisationKind) -> Option<Named> {
        let (values, absent, reach) = self.of(method, path, kind.provides())?;
        let filled = |values: &[(&str, &str)]| {
            values.iter().fold(path.to_owned(), |path, (name, value)| {
                path.replace(&format!("{{{name}}}"), value)
            })
        };
        let mut missing = values.clone();
        let is_there = absent.is_some();
        if let (Some(first), Some(absent)) = (missing.first_mut(), absent) {
            first.1 = absent;
        }
        let query = if path.starts_with("/people/") { "?organisation=Y00001" } else { "" };
        Some(Named {
            address: filled(&values) + query,
            absent: is_there.then(|| filled(&missing) + query),
            reach,
        })
    }

    /// The values of an address, one for the first of them that is not there, and who may reach it.
    #[expect(clippy::type_complexity, reason = "three things of one row of a table")]
    fn of(
        &self,
        method: &str,
        path: &str,
        provides: bool,
    ) -> Option<(Vec<(&'static str, &str)>, Option<&'static str>, &'static [&'static str])> {
        let is_get = method == "GET";
        let starts = |start: &str| path.starts_with(start);
        if !path.contains('{') {
            return None;
        }
        let offer = vec![("offer", &*self.offer), ("number", "2")];
        let reference = |value| vec![("reference", value), ("code", "BLD2526"), ("number", "2")];
        let figures = vec![("service", "PTS2526"), ("date", "2026-03-31"), ("component", "CARE")];
        Some(match path {
            _ if starts("/assets/") => {
                let css = web::assets::address("accord.css").expect("a style sheet");
                (vec![("name", css.trim_start_matches("/assets/"))], None, EVERYBODY)
            }
            _ if starts("/password/") => (vec![("token", "nothing")], None, EVERYBODY),
            _ if starts("/messages/") => (vec![("id", &self.message)], Some(UUID), &[]),
            _ if starts("/ask-for-access/") => {
                (vec![("code", "Y00001")], Some("Z99999"), EVERYBODY)
            }
            _ if starts("/people/requests/") => (vec![("id", &self.request)], Some(UUID), BOTH),
            _ if starts("/people/") => (vec![("person", &self.person)], Some(UUID), BOTH),
            _ if starts("/audit/") => (vec![("entry", &self.entry)], Some("999999999"), BOTH),
            "/clusters/{reference}" => (reference(&self.cluster), NO_CLUSTER, COMMISSIONERS),
            _ if starts("/clusters/") => (reference(&self.cluster), NO_CLUSTER, COMMISSIONER),
            "/contracts/{reference}" => (reference(&self.contract), NO_CONTRACT, COMMISSIONERS),
            "/contracts/{reference}/bulk"
            | "/contracts/{reference}/remind"
            | "/contracts/{reference}/terms/{code}/{number}" => {
                (reference(&self.contract), NO_CONTRACT, COMMISSIONER)
            }
            _ if starts("/contracts/") => (reference(&self.draft), NO_CONTRACT, COMMISSIONER),
            _ if starts("/catalogue/") => (vec![("code", "BLD2526")], Some("ZZZ2526"), EVERYBODY),
            _ if starts("/services/") && is_get => (offer, Some(UUID), BOTH),
            _ if starts("/services/") => (offer, Some(UUID), PROVIDER),
            _ if starts("/offers/") => (offer, Some(UUID), SIDES),
            _ if starts("/data/") => (figures, None, EVERYBODY),
            _ if starts("/achievement/record/") => {
                let provider = vec![("provider", "Y00001")];
                ([provider, figures].concat(), Some("Z99999"), COMMISSIONERS)
            }
            _ if starts("/achievement/network/") => {
                let values =
                    vec![("network", "U00001"), ("service", "NCT2526"), ("date", "2025-06-30")];
                (values, Some("U99999"), NETWORK)
            }
            _ if starts("/achievement/{id}/adjust") => {
                (vec![("id", &self.achievement)], Some(UUID), COMMISSIONERS)
            }
            _ if starts("/achievement/") => (vec![("id", &self.achievement)], Some(UUID), BOTH),
            _ if starts("/adjustments/") => {
                (vec![("id", &self.adjustment)], Some(UUID), COMMISSIONERS)
            }
            _ if starts("/declarations/reviews/") => (vec![("id", &self.review)], None, EVERYBODY),
            _ if starts("/declarations/") => {
                (reference(&self.declaration), Some("D-2025-999999"), BOTH)
            }
            _ if starts("/questions/") => (vec![("id", &self.question)], Some(UUID), BOTH),
            _ if starts("/corrections/") => {
                let act = match (starts("/corrections/{reference}/recovery"), provides) {
                    (true, true) => "dispute",
                    (true, false) => "drop",
                    (false, true) => "disagree",
                    (false, false) => "refuse",
                };
                (vec![("reference", C1), ("act", act)], Some("CR-2025-999999"), BOTH)
            }
            "/holds/{reference}" => (reference(&self.hold), NO_HOLD, COMMISSIONERS),
            _ if starts("/holds/") => (reference(&self.hold), NO_HOLD, COMMISSIONER),
            "/payments/{reference}" | "/payments/{reference}/answers.csv" => {
                (reference(&self.file), NO_FILE, COMMISSIONERS)
            }
            "/payments/{reference}/send" => (reference(&self.file), NO_FILE, COMMISSIONER),
            _ if starts("/payments/") => {
                (reference(FILE.trim_start_matches("/payments/")), NO_FILE, COMMISSIONER)
            }
            _ if starts("/national-figures/") => {
                (vec![("id", &self.waiting_figures)], Some(UUID), &["QAA", "QBB", "Y99"])
            }
            _ => return None,
        })
    }
}

/// An entry of the history that the practice's people made.
async fn entry(world: &World) -> String {
    #[derive(sqlx::FromRow)]
    struct Entry {
        seq: i64,
    }
    let mut tx = world.db.read().await.expect("a question");
    let own = store::args![world.organisations["Y00001"]];
    let found: Entry = tx
        .one("SELECT seq FROM event WHERE organisation_id = $1 ORDER BY seq LIMIT 1", own)
        .await
        .expect("an entry");
    found.seq.to_string()
}

/// The last part of an address.
fn last(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
