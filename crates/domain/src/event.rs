//! The facts that Accord records: one per change, each with exactly the fields it needs.

mod audit;
mod subject;
mod words;

pub use audit::{GROUPS, Group, KINDS_MAX};

use crate::{
    AccessRequestId, AccessReviewId, AchievementId, AdjustmentId, CalculationId, ClusterId,
    ContractId, DeclarationId, DeputyId, HoldId, OfferId, OrganisationId, PaymentFileId,
    PaymentLayoutId, Pence, PersonId, QuestionId, ReferenceId, ServiceId, SubmissionId,
    calculation::AdjustmentChange, question::Party,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A fact. Its serialised form is what the history keeps for ever, so variants are added and never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the fields are the documentation")]
pub enum Event {
    OrganisationsLoaded {
        file: String,
        file_hash: String,
        organisations: u64,
    },
    ListSizesLoaded {
        file: String,
        file_hash: String,
        as_at: NaiveDate,
        lists: u64,
    },
    BankHolidaysLoaded {
        file: String,
        file_hash: String,
        first_year: i32,
        last_year: i32,
        holidays: u64,
    },
    ExtractLoaded {
        file: String,
        file_hash: String,
        rows: u64,
        achievements: u64,
    },
    ServicePublished {
        service: ServiceId,
        code: String,
        #[serde(default = "first")]
        version: u32,
        definition_hash: String,
    },
    ReferenceLoaded {
        reference: ReferenceId,
        set: String,
        year: i32,
        number: i64,
        file: String,
        file_hash: String,
    },
    ReferenceUsed {
        reference: ReferenceId,
        achievements: u64,
    },
    ReferenceSetAside {
        reference: ReferenceId,
    },
    PersonAdded {
        person: PersonId,
        name: String,
    },
    RoleGiven {
        person: PersonId,
        organisation: OrganisationId,
        role: String,
    },
    RoleTaken {
        person: PersonId,
        organisation: OrganisationId,
        role: String,
    },
    /// What a person's roles at an organisation are kept to from now on; everything where it names neither.
    RolesNarrowed {
        person: PersonId,
        organisation: OrganisationId,
        families: Vec<String>,
        cluster: Option<ClusterId>,
        cluster_name: String,
    },
    /// Somebody made a link with which the person sets a password.
    PasswordLinkMade {
        person: PersonId,
    },
    PasswordSet {
        person: PersonId,
    },
    /// One-time codes are asked for from now on.
    SecondFactorOn {
        person: PersonId,
    },
    SecondFactorOff {
        person: PersonId,
    },
    /// A provider of sign-in named the person, and goes on to sign them in.
    IdentityLinked {
        person: PersonId,
        provider: String,
    },
    /// Somebody signed in with one of the codes that were kept for when the app is lost.
    RecoveryCodeUsed {
        person: PersonId,
    },
    /// Somebody asks for roles at an organisation.
    AccessRequested {
        request: AccessRequestId,
        organisation: OrganisationId,
        name: String,
        roles: Vec<String>,
    },
    AccessRequestApproved {
        request: AccessRequestId,
        organisation: OrganisationId,
        person: PersonId,
        roles: Vec<String>,
    },
    AccessRequestRejected {
        request: AccessRequestId,
        organisation: OrganisationId,
        reason: String,
    },
    /// A review keeps what stands out, for a reason.
    AccessKept {
        person: PersonId,
        organisation: OrganisationId,
        reason: String,
    },
    /// Everybody's access to an organisation was looked at: how many were confirmed or kept, changed and removed.
    AccessReviewed {
        review: AccessReviewId,
        organisation: OrganisationId,
        kept: u64,
        changed: u64,
        removed: u64,
    },
    /// A provider of sign-in names a role for somebody that is not given: `pair` would come together.
    RoleNotGiven {
        person: PersonId,
        organisation: OrganisationId,
        role: String,
        pair: String,
    },
    /// A commissioner lets one person hold roles together that check each other, or does not any more.
    SeparationChanged {
        commissioner: OrganisationId,
        pair: String,
        is_allowed: bool,
        reason: String,
    },
    /// Whoever manages people closes the account; `reason` is theirs.
    AccountDisabled {
        person: PersonId,
        reason: String,
    },
    AccountEnabled {
        person: PersonId,
        reason: String,
    },
    /// Nobody used the account since a day.
    AccountLapsed {
        person: PersonId,
        unused_since: NaiveDate,
    },
    SignedIn {
        person: PersonId,
    },
    SignedOut {
        person: PersonId,
    },
    /// A provider lets another organisation answer its offers; `before` is the last day that it had said.
    DelegationGiven {
        provider: OrganisationId,
        delegate: OrganisationId,
        name: String,
        until: NaiveDate,
        before: Option<NaiveDate>,
    },
    DelegationEnded {
        provider: OrganisationId,
        delegate: OrganisationId,
        name: String,
    },
    /// A person hands roles over to a colleague, both days counted.
    DeputyAppointed {
        deputy: DeputyId,
        organisation: OrganisationId,
        principal: PersonId,
        person: PersonId,
        principal_name: String,
        name: String,
        roles: Vec<String>,
        first: NaiveDate,
        last: NaiveDate,
        reason: String,
    },
    DeputyEnded {
        deputy: DeputyId,
        organisation: OrganisationId,
        principal_name: String,
        name: String,
    },
    /// A cluster with the ODS codes of its first providers.
    ClusterCreated {
        cluster: ClusterId,
        name: String,
        providers: Vec<String>,
    },
    /// A cluster under its name now, with the ODS codes of those who came and went.
    ClusterChanged {
        cluster: ClusterId,
        name: String,
        added: Vec<String>,
        taken_out: Vec<String>,
    },
    ClusterDeleted {
        cluster: ClusterId,
        name: String,
    },
    ContractDrafted {
        contract: ContractId,
        name: String,
    },
    /// A draft made from a contract of the year before: `LCS2728 from LCS2627` for each service.
    ContractRolledOver {
        contract: ContractId,
        name: String,
        from: ContractId,
        from_reference: String,
        services: Vec<String>,
    },
    ContractChanged {
        contract: ContractId,
        what: String,
    },
    ContractConfirmed {
        contract: ContractId,
        offers: u64,
    },
    /// What a commissioner takes as usual in declared amounts.
    CheckLimitsChanged {
        commissioner: OrganisationId,
        what: String,
    },
    /// A draft given up.
    ContractDiscarded {
        contract: ContractId,
    },
    /// One act on many offers of a contract; each of them has its own fact too.
    OffersMoved {
        contract: ContractId,
        what: String,
        offers: u64,
    },
    OfferMade {
        offer: OfferId,
        respond_by: NaiveDate,
    },
    OfferBound {
        offer: OfferId,
    },
    /// Answered by another organisation, it names the provider that this was done for, here and in the next two.
    OfferAccepted {
        offer: OfferId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_provider: Option<String>,
    },
    OfferRejected {
        offer: OfferId,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_provider: Option<String>,
    },
    OfferRequested {
        offer: OfferId,
        note: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_provider: Option<String>,
    },
    OfferReissued {
        offer: OfferId,
        respond_by: NaiveDate,
    },
    OfferTurnedDown {
        offer: OfferId,
        reason: String,
    },
    OfferExtended {
        offer: OfferId,
        respond_by: NaiveDate,
    },
    /// Taken back by the commissioner, or because its provider left; then it says why.
    OfferWithdrawn {
        offer: OfferId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
    },
    /// What was agreed when the provider accepted or was bound, as a text with this SHA-256.
    ReceiptMade {
        offer: OfferId,
        content_hash: String,
    },
    /// What was declared, approved or paid, as a text with this SHA-256; it follows the fact that it is of.
    DeclarationReceiptMade {
        declaration: DeclarationId,
        content_hash: String,
    },
    /// Somebody of the provider who may answer has opened the offer for the first time.
    OfferSeen {
        offer: OfferId,
    },
    OfferReminded {
        offer: OfferId,
    },
    VariationOffered {
        offer: OfferId,
        number: u32,
        respond_by: NaiveDate,
    },
    VariationAccepted {
        offer: OfferId,
        number: u32,
    },
    VariationRejected {
        offer: OfferId,
        number: u32,
        reason: String,
    },
    NoticeGiven {
        offer: OfferId,
        last_day: NaiveDate,
        reason: String,
    },
    ContractTerminated {
        offer: OfferId,
        last_day: Option<NaiveDate>,
        reason: String,
    },
    NoticeTakenBack {
        offer: OfferId,
    },
    FiguresSubmitted {
        achievement: AchievementId,
        submission: SubmissionId,
        source: String,
        figures: u64,
    },
    NilReturnSubmitted {
        achievement: AchievementId,
        submission: SubmissionId,
        component: String,
        figures: u64,
    },
    FigureReplaced {
        achievement: AchievementId,
        submission: SubmissionId,
        indicator: String,
        label: String,
        old: i64,
        new: i64,
        reason: String,
    },
    NetworkSummed {
        achievement: AchievementId,
        cause: String,
    },
    AchievementCalculated {
        achievement: AchievementId,
        calculation: CalculationId,
        amount: Pence,
        points: Option<String>,
    },
    DeclarationOpened {
        declaration: DeclarationId,
        amount: Pence,
    },
    DeclarationReturned {
        declaration: DeclarationId,
        old: Pence,
        new: Pence,
        cause: String,
    },
    /// The commissioner took back what was declared or approved; the amount is the one that it had.
    DeclarationTakenBack {
        declaration: DeclarationId,
        amount: Pence,
        reason: String,
    },
    /// A hold on a service, of all providers or of a cluster.
    HoldPlaced {
        hold: HoldId,
        service: String,
        cluster: Option<String>,
        stops: String,
        reason: String,
    },
    HoldLifted {
        hold: HoldId,
        note: String,
    },
    NotesChanged {
        declaration: DeclarationId,
        notes: String,
    },
    IndicatorsDeclared {
        declaration: DeclarationId,
        indicators: Vec<String>,
    },
    AchievementDeclared {
        declaration: DeclarationId,
        amount: Pence,
    },
    DeclarationApproved {
        declaration: DeclarationId,
        amount: Pence,
    },
    DeclarationApprovedForLess {
        declaration: DeclarationId,
        calculated: Pence,
        amount: Pence,
        reason: String,
    },
    DeclarationRejected {
        declaration: DeclarationId,
        amount: Pence,
        reason: String,
    },
    DeclarationSecondApproved {
        declaration: DeclarationId,
        amount: Pence,
    },
    DeclarationFinanceApproved {
        declaration: DeclarationId,
        amount: Pence,
    },
    DeclarationPutInFile {
        declaration: DeclarationId,
        file: PaymentFileId,
        amount: Pence,
        #[serde(default = "first")]
        attempt: u32,
        /// What a correction puts in the file, where it is that: `CR-2026-000012-3`; here and in the next five.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<String>,
    },
    PaymentFileCreated {
        file: PaymentFileId,
        lines: u64,
        total: Pence,
        content_hash: String,
        /// Code and SHA-256 of its layout; empty in files from before there were several.
        #[serde(default)]
        layout: String,
        #[serde(default)]
        layout_hash: String,
    },
    /// An operator loaded a layout of payment files, or another version of one.
    PaymentLayoutLoaded {
        layout: PaymentLayoutId,
        code: String,
        number: i64,
        content_hash: String,
    },
    PaymentFileSent {
        file: PaymentFileId,
        lines: u64,
        total: Pence,
        content_hash: String,
        on: NaiveDate,
        expected_on: Option<NaiveDate>,
    },
    /// By when files must reach a commissioner's payer, and from when on answers are chased.
    PaymentTimingChanged {
        commissioner: OrganisationId,
        what: String,
    },
    /// The payer has not answered in time, and finance was told.
    PaymentChased {
        file: PaymentFileId,
        unanswered: u64,
        lines: u64,
        since: NaiveDate,
    },
    PaymentAnswerLoaded {
        file: PaymentFileId,
        name: String,
        content_hash: String,
        paid: u64,
        failed: u64,
        left_out: u64,
    },
    PaymentSent {
        declaration: DeclarationId,
        file: PaymentFileId,
        on: NaiveDate,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<String>,
    },
    PaymentConfirmed {
        declaration: DeclarationId,
        attempt: u32,
        amount: Pence,
        on: NaiveDate,
        reference: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<String>,
    },
    PaymentFailed {
        declaration: DeclarationId,
        attempt: u32,
        amount: Pence,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<String>,
    },
    PaymentSettled {
        declaration: DeclarationId,
        attempt: u32,
        amount: Pence,
        on: NaiveDate,
        reference: String,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<String>,
    },
    PaymentTriedAgain {
        declaration: DeclarationId,
        attempt: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<String>,
    },
    /// One side asks for a correction of a locked declaration, which stood at an amount then.
    CorrectionAsked {
        declaration: DeclarationId,
        correction: String,
        by: Party,
        amount: Pence,
        stood_at: Pence,
        reason: String,
        evidence: String,
    },
    CorrectionAnswered {
        declaration: DeclarationId,
        correction: String,
        agrees: bool,
        amount: Pence,
        reason: String,
    },
    /// `without_answer` where the provider said nothing until the notice was over.
    CorrectionApproved {
        declaration: DeclarationId,
        correction: String,
        amount: Pence,
        without_answer: bool,
    },
    CorrectionSecondApproved {
        declaration: DeclarationId,
        correction: String,
        amount: Pence,
    },
    CorrectionFinanceApproved {
        declaration: DeclarationId,
        correction: String,
        amount: Pence,
    },
    CorrectionRefused {
        declaration: DeclarationId,
        correction: String,
        amount: Pence,
        reason: String,
    },
    CorrectionWithdrawn {
        declaration: DeclarationId,
        correction: String,
    },
    RecoveryAsked {
        declaration: DeclarationId,
        correction: String,
        amount: Pence,
        instalments: u32,
        first_on: NaiveDate,
        answer_by: NaiveDate,
        reason: String,
    },
    /// The provider does not agree; it proposes a plan, or disputes the recovery where it names none.
    RecoveryAnswered {
        declaration: DeclarationId,
        correction: String,
        instalments: Option<u32>,
        first_on: Option<NaiveDate>,
        reason: String,
    },
    RecoveryAgreed {
        declaration: DeclarationId,
        correction: String,
        amount: Pence,
        instalments: u32,
        first_on: NaiveDate,
        how: String,
    },
    RecoveryDropped {
        declaration: DeclarationId,
        correction: String,
        amount: Pence,
        reason: String,
    },
    /// One party of a declaration asks the other; `returned` where the declaration went back to the provider with it.
    QuestionAsked {
        declaration: DeclarationId,
        question: QuestionId,
        by: Party,
        text: String,
        evidence: String,
        payment: Option<String>,
        returned: bool,
    },
    QuestionAnswered {
        declaration: DeclarationId,
        question: QuestionId,
        by: Party,
        text: String,
        evidence: String,
    },
    QuestionClosed {
        declaration: DeclarationId,
        question: QuestionId,
        by: Party,
    },
    /// Somebody of another organisation opened a page with the amounts of one provider: once for each record and day.
    AmountsRead {
        provider: OrganisationId,
        name: String,
        record: String,
    },
    AdjustmentAsked {
        adjustment: AdjustmentId,
        achievement: AchievementId,
        indicator: Option<String>,
        change: AdjustmentChange,
        reason: String,
    },
    AdjustmentAgreed {
        adjustment: AdjustmentId,
        achievement: AchievementId,
        before: Option<Pence>,
        after: Option<Pence>,
    },
    AdjustmentRefused {
        adjustment: AdjustmentId,
        achievement: AchievementId,
        ending: bool,
        reason: String,
    },
    AdjustmentWithdrawn {
        adjustment: AdjustmentId,
        achievement: AchievementId,
        ending: bool,
    },
    AdjustmentEndAsked {
        adjustment: AdjustmentId,
        achievement: AchievementId,
        reason: String,
    },
    AdjustmentEnded {
        adjustment: AdjustmentId,
        achievement: AchievementId,
        before: Option<Pence>,
        after: Option<Pence>,
    },
}

fn first() -> u32 {
    1
}
