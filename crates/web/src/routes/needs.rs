//! The table of addresses: what each needs before anybody is let in, asked by the guard of every request.

use domain::OrganisationKind;
use domain::Permission::{self, *};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What an address needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: anybody may come, signed in or not.
    Nothing,
    /// A demo; on every other system the address does not exist.
    Demo,
    /// Somebody signed in, at a practice, at a network, at a commissioner: each with any one of these permissions, with
    /// none where the list is empty, and not at all where there is no list.
    Seat(Any, Any, Any),
}

/// Permissions of which one is enough.
pub type Any = Option<&'static [Permission]>;

impl Needs {
    /// What somebody needs at an organisation of this kind; nothing where nobody of that kind is let in.
    #[must_use]
    pub fn of(&self, kind: OrganisationKind) -> Any {
        match (self, kind) {
            (Self::Nothing | Self::Demo, _) => Some(&[]),
            (Self::Seat(practice, ..), OrganisationKind::Practice) => *practice,
            (Self::Seat(_, network, _), OrganisationKind::Pcn) => *network,
            (Self::Seat(.., commissioner), _) => *commissioner,
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// `GET`, which is `HEAD` as well, or `POST`.
    pub method: &'static str,
    /// The address as it is registered.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
}

/// The row of an address, by its method and the address as it is registered.
#[must_use]
pub fn row(method: &str, path: &str) -> Option<&'static Row> {
    static BY_ADDRESS: LazyLock<HashMap<(&str, &str), &'static Row>> =
        LazyLock::new(|| TABLE.iter().map(|row| ((row.method, row.path), row)).collect());
    BY_ADDRESS.get(&(method, path)).copied()
}

const fn get(path: &'static str, needs: Needs) -> Row {
    Row { method: "GET", path, needs }
}

const fn post(path: &'static str, needs: Needs) -> Row {
    Row { method: "POST", path, needs }
}

/// Providers of both kinds, and commissioners.
const fn seat(provider: Any, commissioner: Any) -> Needs {
    Needs::Seat(provider, provider, commissioner)
}

const fn provider(any: &'static [Permission]) -> Needs {
    seat(Some(any), None)
}

const fn commissioner(any: &'static [Permission]) -> Needs {
    seat(None, Some(any))
}

const fn both(any: &'static [Permission]) -> Needs {
    seat(Some(any), Some(any))
}

/// Who may see prices: [`domain::Actor::sees_prices`].
const PRICES: &[Permission] = &[SeeMoney, AnswerOffers, Commission, UseNationalFigures];
const OPEN: Needs = Needs::Nothing;
const SIGNED_IN: Needs = both(&[]);
const APPROVES: &[Permission] = &[Approve, ApproveSecond, ApproveFinance];
/// Those who ask for corrections and decide about them: a provider's declarer, a commissioner's approvers.
const CORRECTS: Needs = seat(Some(&[Declare]), Some(APPROVES));
/// Those who give notice of a recovery and decide about it for the commissioner.
const RECOVERS: &[Permission] = &[ApproveFinance, Approve];

/// Every address with what it needs, room by room.
pub const TABLE: &[Row] = &[
    get("/healthz", OPEN),
    get("/readyz", OPEN),
    get("/version", OPEN),
    get("/assets/{name}", OPEN),
    get("/help", OPEN),
    get("/help/statuses", OPEN),
    get("/help/accessibility", OPEN),
    get("/.well-known/security.txt", OPEN),
    // Signing in, and what belongs to the person.
    get("/sign-in", OPEN),
    post("/sign-in", OPEN),
    get("/sign-in/code", OPEN),
    post("/sign-in/code", OPEN),
    post("/sign-in/persona", Needs::Demo),
    get("/sign-in/with/{provider}", OPEN),
    get("/sign-in/with/{provider}/back", OPEN),
    get("/password/forgotten", OPEN),
    post("/password/forgotten", OPEN),
    get("/password/forgotten/asked", OPEN),
    get("/password/{token}", OPEN),
    post("/password/{token}", OPEN),
    post("/sign-out", SIGNED_IN),
    get("/account", SIGNED_IN),
    get("/account/password", SIGNED_IN),
    post("/account/password", SIGNED_IN),
    get("/account/second-factor", SIGNED_IN),
    post("/account/second-factor/begin", SIGNED_IN),
    post("/account/second-factor/confirm", SIGNED_IN),
    post("/account/second-factor/off", SIGNED_IN),
    post("/account/session/end", SIGNED_IN),
    post("/account/session/end-others", SIGNED_IN),
    get("/session/left", SIGNED_IN),
    post("/session/stay", SIGNED_IN),
    get("/change-organisation", SIGNED_IN),
    post("/change-organisation", SIGNED_IN),
    get("/", SIGNED_IN),
    get("/messages", SIGNED_IN),
    get("/messages/{id}", SIGNED_IN),
    get("/calendar", SIGNED_IN),
    get("/calendar/deadlines.ics", SIGNED_IN),
    get("/organisation", SIGNED_IN),
    // Who acts.
    get("/people", both(&[ManagePeople])),
    get("/people/invite", both(&[ManagePeople])),
    post("/people/invite", both(&[ManagePeople])),
    get("/people/requests", both(&[ManagePeople])),
    get("/people/requests/{id}", both(&[ManagePeople])),
    post("/people/requests/{id}/approve", both(&[ManagePeople])),
    post("/people/requests/{id}/reject", both(&[ManagePeople])),
    get("/people/review", both(&[ManagePeople])),
    post("/people/review", both(&[ManagePeople])),
    get("/people/review/{person}", both(&[ManagePeople])),
    post("/people/review/{person}", both(&[ManagePeople])),
    get("/people/together", commissioner(&[ManagePeople, SeparateDuties])),
    post("/people/together", commissioner(&[SeparateDuties])),
    get("/people/reviews", commissioner(&[ManagePeopleBelow])),
    get("/people/reviews/{id}", both(&[ManagePeople])),
    // Strangers ask too.
    get("/ask-for-access", OPEN),
    get("/ask-for-access/{code}", OPEN),
    post("/ask-for-access/{code}", OPEN),
    get("/ask-for-access/{code}/sent", OPEN),
    get("/people/{person}/disable", both(&[ManagePeople])),
    post("/people/{person}/disable", both(&[ManagePeople])),
    get("/people/{person}/enable", both(&[ManagePeople])),
    post("/people/{person}/enable", both(&[ManagePeople])),
    get("/people/{person}", both(&[ManagePeople])),
    post("/people/{person}", both(&[ManagePeople])),
    get("/people/{person}/remove", both(&[ManagePeople])),
    post("/people/{person}/remove", both(&[ManagePeople])),
    post("/people/{person}/invite", both(&[ManagePeople])),
    get("/audit", both(&[SeeAudit])),
    get("/audit.csv", both(&[SeeAudit])),
    get("/audit.json", both(&[SeeAudit])),
    get("/audit/{entry}", both(&[SeeAudit])),
    get("/deputies", SIGNED_IN),
    post("/deputies", CORRECTS),
    get("/deputies/end", SIGNED_IN),
    post("/deputies/end", SIGNED_IN),
    get("/delegations", provider(&[])),
    post("/delegations", provider(&[Delegate])),
    get("/delegations/end", provider(&[])),
    post("/delegations/end", provider(&[Delegate])),
    // Clusters, contracts and what is offered in them.
    get("/clusters", commissioner(&[])),
    get("/clusters/new", commissioner(&[ManageClusters])),
    post("/clusters/new", commissioner(&[ManageClusters])),
    get("/clusters/{reference}", commissioner(&[])),
    get("/clusters/{reference}/change", commissioner(&[ManageClusters])),
    post("/clusters/{reference}/change", commissioner(&[ManageClusters])),
    get("/clusters/{reference}/delete", commissioner(&[ManageClusters])),
    post("/clusters/{reference}/delete", commissioner(&[ManageClusters])),
    get("/contracts", commissioner(&[])),
    get("/contracts/answers", commissioner(&[])),
    get("/contracts/answers.csv", commissioner(&[])),
    get("/contracts/waiting", commissioner(&[])),
    get("/contracts/roll-over", commissioner(&[Commission])),
    post("/contracts/roll-over", commissioner(&[Commission])),
    get("/contracts/send", commissioner(&[Commission])),
    post("/contracts/send", commissioner(&[Commission])),
    get("/contracts/new", commissioner(&[Commission])),
    post("/contracts/new", commissioner(&[Commission])),
    get("/contracts/{reference}", commissioner(&[])),
    get("/contracts/{reference}/bulk", commissioner(&[Commission])),
    post("/contracts/{reference}/bulk", commissioner(&[Commission])),
    get("/contracts/{reference}/remind", commissioner(&[Commission])),
    post("/contracts/{reference}/remind", commissioner(&[Commission])),
    get("/contracts/{reference}/details", commissioner(&[Commission])),
    post("/contracts/{reference}/details", commissioner(&[Commission])),
    get("/contracts/{reference}/providers", commissioner(&[Commission])),
    post("/contracts/{reference}/providers", commissioner(&[Commission])),
    get("/contracts/{reference}/services", commissioner(&[Commission])),
    post("/contracts/{reference}/services", commissioner(&[Commission])),
    get("/contracts/{reference}/review", commissioner(&[Commission])),
    post("/contracts/{reference}/review", commissioner(&[Commission])),
    get("/contracts/{reference}/discard", commissioner(&[Commission])),
    post("/contracts/{reference}/discard", commissioner(&[Commission])),
    get("/contracts/{reference}/check", commissioner(&[Commission])),
    post("/contracts/{reference}/check", commissioner(&[Commission])),
    get("/contracts/{reference}/terms/{code}/{number}", commissioner(&[Commission])),
    post("/contracts/{reference}/terms/{code}/{number}", commissioner(&[Commission])),
    get("/catalogue/{code}", SIGNED_IN),
    get("/catalogue/{code}/offer", commissioner(&[Commission])),
    post("/catalogue/{code}/offer", commissioner(&[Commission])),
    get("/catalogue/{code}/participants", commissioner(&[])),
    get("/catalogue/{code}/participants.csv", commissioner(&[])),
    get("/services", SIGNED_IN),
    get("/services/terms", SIGNED_IN),
    get("/services/{offer}", SIGNED_IN),
    post("/services/{offer}/accept", provider(&[AnswerOffers])),
    post("/services/{offer}/reject", provider(&[AnswerOffers])),
    post("/services/{offer}/request", provider(&[AnswerOffers])),
    get("/services/{offer}/receipt", SIGNED_IN),
    get("/services/{offer}/receipt.txt", both(PRICES)),
    get("/services/{offer}/terms/{number}", SIGNED_IN),
    post("/services/{offer}/terms/{number}/accept", provider(&[AnswerOffers])),
    post("/services/{offer}/terms/{number}/reject", provider(&[AnswerOffers])),
    get("/offers/respond", SIGNED_IN),
    post("/offers/respond", provider(&[AnswerOffers])),
    get("/offers/respond/confirm", SIGNED_IN),
    post("/offers/respond/confirm", provider(&[AnswerOffers])),
    post("/offers/{offer}/reissue", commissioner(&[Commission])),
    post("/offers/{offer}/turn-down", commissioner(&[Commission])),
    post("/offers/{offer}/withdraw", commissioner(&[Commission])),
    post("/offers/{offer}/end", seat(Some(&[AnswerOffers]), Some(&[Commission]))),
    post("/offers/{offer}/take-back", seat(Some(&[AnswerOffers]), Some(&[Commission]))),
    // Figures.
    get("/data", provider(&[SeeAchievement])),
    get("/data/{service}", provider(&[SeeAchievement])),
    post("/data/{service}", provider(&[EnterFigures])),
    get("/data/{service}/{date}", provider(&[SeeAchievement])),
    get("/data/{service}/{date}/template", provider(&[EnterFigures])),
    post("/data/{service}/{date}/template", provider(&[EnterFigures])),
    get("/data/{service}/{date}/template.csv", provider(&[EnterFigures])),
    get("/data/{service}/{date}/template.xlsx", provider(&[EnterFigures])),
    post("/data/{service}/{date}/template/submit", provider(&[EnterFigures])),
    get("/data/{service}/{date}/{component}", provider(&[SeeAchievement])),
    post("/data/{service}/{date}/{component}", provider(&[EnterFigures])),
    get("/data/{service}/{date}/{component}/nil-return", provider(&[SeeAchievement])),
    post("/data/{service}/{date}/{component}/nil-return", provider(&[EnterFigures])),
    get("/achievement/record", commissioner(&[EnterFigures])),
    get("/achievement/record/{provider}/{service}", commissioner(&[EnterFigures])),
    post("/achievement/record/{provider}/{service}", commissioner(&[EnterFigures])),
    get("/achievement/record/{provider}/{service}/{date}", commissioner(&[EnterFigures])),
    get("/achievement/record/{provider}/{service}/{date}/template", commissioner(&[EnterFigures])),
    post("/achievement/record/{provider}/{service}/{date}/template", commissioner(&[EnterFigures])),
    get(
        "/achievement/record/{provider}/{service}/{date}/template.csv",
        commissioner(&[EnterFigures]),
    ),
    get(
        "/achievement/record/{provider}/{service}/{date}/template.xlsx",
        commissioner(&[EnterFigures]),
    ),
    post(
        "/achievement/record/{provider}/{service}/{date}/template/submit",
        commissioner(&[EnterFigures]),
    ),
    get(
        "/achievement/record/{provider}/{service}/{date}/{component}",
        commissioner(&[EnterFigures]),
    ),
    post(
        "/achievement/record/{provider}/{service}/{date}/{component}",
        commissioner(&[EnterFigures]),
    ),
    get(
        "/achievement/record/{provider}/{service}/{date}/{component}/nil-return",
        commissioner(&[EnterFigures]),
    ),
    post(
        "/achievement/record/{provider}/{service}/{date}/{component}/nil-return",
        commissioner(&[EnterFigures]),
    ),
    get(
        "/achievement/record/{provider}/{service}/{date}/{component}/replace",
        commissioner(&[EnterFigures]),
    ),
    post(
        "/achievement/record/{provider}/{service}/{date}/{component}/replace",
        commissioner(&[EnterFigures]),
    ),
    // What figures come to.
    get("/achievement", both(&[SeeAchievement])),
    get("/achievement/summary", both(&[RunReports])),
    get("/achievement/summary.csv", both(&[RunReports])),
    get("/achievement/summary.xlsx", both(&[RunReports])),
    get("/achievement/network", Needs::Seat(Some(&[SeeNetwork]), Some(&[SeeAchievement]), None)),
    get("/achievement/network/{network}/{service}/{date}", both(&[SeeAchievement])),
    get("/achievement/{id}", both(&[SeeAchievement])),
    get("/achievement/{id}/submissions", both(&[SeeAchievement])),
    get("/achievement/{id}/forecast", both(&[SeeAchievement])),
    get("/achievement/{id}/working", both(&[SeeAchievement])),
    get("/achievement/{id}/working.csv", both(&[SeeAchievement])),
    get("/achievement/{id}/working.json", both(&[SeeAchievement])),
    get("/achievement/{id}/adjust", commissioner(&[Adjust])),
    post("/achievement/{id}/adjust", commissioner(&[Adjust])),
    get("/adjustments", commissioner(&[SeeAchievement])),
    get("/adjustments/{id}", commissioner(&[SeeAchievement])),
    post("/adjustments/{id}/agree", commissioner(&[Adjust])),
    post("/adjustments/{id}/refuse", commissioner(&[Adjust])),
    post("/adjustments/{id}/withdraw", commissioner(&[Adjust])),
    post("/adjustments/{id}/end", commissioner(&[Adjust])),
    // Declarations, and what stands beside them.
    get("/achievement/declare", provider(&[SeeAchievement])),
    post("/achievement/declare", provider(&[Declare])),
    get("/declarations", commissioner(&[SeeAchievement])),
    post("/declarations/approve", commissioner(APPROVES)),
    // The limits of bands and checks are pounds.
    get("/declarations/limits", commissioner(&[SeeMoney, Commission])),
    post("/declarations/limits", commissioner(&[Commission])),
    post("/declarations/reviews", commissioner(APPROVES)),
    get("/declarations/reviews/{id}", commissioner(APPROVES)),
    post("/declarations/reviews/{id}", commissioner(APPROVES)),
    get("/declarations/take-back", commissioner(&[Hold])),
    post("/declarations/take-back", commissioner(&[Hold])),
    get("/declarations/receipts", both(&[SeeAchievement])),
    get("/declarations/{reference}", both(&[SeeAchievement])),
    post("/declarations/{reference}/indicators", provider(&[Declare])),
    get("/declarations/{reference}/less", commissioner(&[SeeMoney])),
    post("/declarations/{reference}/less", commissioner(APPROVES)),
    get("/declarations/{reference}/reject", commissioner(&[SeeMoney])),
    post("/declarations/{reference}/reject", commissioner(APPROVES)),
    get("/declarations/{reference}/receipt", both(&[SeeAchievement])),
    get("/declarations/{reference}/receipt.txt", both(&[SeeMoney])),
    get("/declarations/{reference}/question", both(&[AskQuestions])),
    post("/declarations/{reference}/question", both(&[AskQuestions])),
    get("/declarations/{reference}/correct", CORRECTS),
    post("/declarations/{reference}/correct", CORRECTS),
    get("/questions", both(&[SeeAchievement])),
    get("/questions/{id}", both(&[SeeAchievement])),
    get("/questions/{id}/answer", both(&[SeeAchievement])),
    post("/questions/{id}/answer", both(&[AskQuestions])),
    get("/questions/{id}/close", both(&[SeeAchievement])),
    post("/questions/{id}/close", both(&[AskQuestions])),
    get("/corrections", both(&[SeeAchievement])),
    get("/corrections/{reference}", both(&[SeeAchievement])),
    get("/corrections/{reference}/recover", commissioner(RECOVERS)),
    post("/corrections/{reference}/recover", commissioner(RECOVERS)),
    get("/corrections/{reference}/recovery/{act}", seat(Some(&[Declare]), Some(RECOVERS))),
    post("/corrections/{reference}/recovery/{act}", seat(Some(&[Declare]), Some(RECOVERS))),
    // Which act is whose depends on where the correction stands.
    get("/corrections/{reference}/{act}", both(&[SeeMoney])),
    post("/corrections/{reference}/{act}", CORRECTS),
    get("/holds", both(&[SeeAchievement])),
    get("/holds/new", commissioner(&[Hold])),
    post("/holds/new", commissioner(&[Hold])),
    get("/holds/{reference}", commissioner(&[SeeAchievement])),
    get("/holds/{reference}/lift", commissioner(&[Hold])),
    post("/holds/{reference}/lift", commissioner(&[Hold])),
    // Payments.
    get("/payments", seat(Some(&[SeeAchievement]), Some(&[SeePayments]))),
    get("/payments/new", commissioner(&[MakePayments])),
    post("/payments/new", commissioner(&[MakePayments])),
    get("/payments/timing", commissioner(&[SeePayments])),
    post("/payments/timing", commissioner(&[MakePayments])),
    get("/payments/failed", commissioner(&[SeePayments])),
    post("/payments/failed", commissioner(&[MakePayments])),
    get("/payments/failed/settle", commissioner(&[MakePayments])),
    post("/payments/failed/settle", commissioner(&[MakePayments])),
    get("/payments/bank", provider(&[SeePayments])),
    post("/payments/bank", provider(&[SeePayments])),
    get("/payments/statement", provider(&[SeeAchievement])),
    get("/payments/statement.csv", provider(&[SeeAchievement])),
    get("/payments/statement.xlsx", provider(&[SeeAchievement])),
    get("/payments/{reference}", commissioner(&[SeePayments])),
    get("/payments/{reference}/answers.csv", commissioner(&[SeePayments])),
    get("/payments/{reference}/to-answer.csv", commissioner(&[MakePayments])),
    get("/payments/{reference}/send", commissioner(&[MakePayments])),
    post("/payments/{reference}/send", commissioner(&[MakePayments])),
    get("/payments/{reference}/answer", commissioner(&[MakePayments])),
    post("/payments/{reference}/answer", commissioner(&[MakePayments])),
    post("/payments/{reference}/answer/load", commissioner(&[MakePayments])),
    // National figures: shown to everybody, decided about at the top.
    get("/national-figures", SIGNED_IN),
    get("/national-figures/new", commissioner(&[UseNationalFigures])),
    post("/national-figures/new", commissioner(&[UseNationalFigures])),
    get("/national-figures/{id}", SIGNED_IN),
    get("/national-figures/{id}/changes.csv", both(&[SeeAchievement, UseNationalFigures])),
    post("/national-figures/{id}/use", commissioner(&[UseNationalFigures])),
    post("/national-figures/{id}/set-aside", commissioner(&[UseNationalFigures])),
];
