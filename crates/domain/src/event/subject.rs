//! In whose history each fact stands, and who reads it there.

use super::Event;
use uuid::Uuid;

impl Event {
    /// The record whose history shows the fact; none for facts about the register as a whole.
    pub fn subject(&self) -> Option<Uuid> {
        Some(match self {
            Self::OrganisationsLoaded { .. }
            | Self::ListSizesLoaded { .. }
            | Self::BankHolidaysLoaded { .. }
            | Self::ExtractLoaded { .. } => return None,
            Self::ServicePublished { service, .. } => service.0,
            Self::PaymentLayoutLoaded { layout, .. } => layout.0,
            Self::ReferenceLoaded { reference, .. }
            | Self::ReferenceUsed { reference, .. }
            | Self::ReferenceSetAside { reference } => reference.0,
            Self::PersonAdded { person, .. }
            | Self::RoleGiven { person, .. }
            | Self::RoleNotGiven { person, .. }
            | Self::RoleTaken { person, .. }
            | Self::RolesNarrowed { person, .. }
            | Self::PasswordLinkMade { person }
            | Self::PasswordSet { person }
            | Self::SecondFactorOn { person }
            | Self::SecondFactorOff { person }
            | Self::RecoveryCodeUsed { person }
            | Self::IdentityLinked { person, .. }
            | Self::AccessKept { person, .. }
            | Self::AccountDisabled { person, .. }
            | Self::AccountEnabled { person, .. }
            | Self::AccountLapsed { person, .. }
            | Self::SignedIn { person }
            | Self::SignedOut { person } => person.0,
            Self::AccessRequested { request, .. }
            | Self::AccessRequestApproved { request, .. }
            | Self::AccessRequestRejected { request, .. } => request.0,
            Self::DelegationGiven { provider, .. }
            | Self::DelegationEnded { provider, .. }
            | Self::AmountsRead { provider, .. } => provider.0,
            Self::DeputyAppointed { organisation, .. }
            | Self::DeputyEnded { organisation, .. }
            | Self::AccessReviewed { organisation, .. } => organisation.0,
            Self::CheckLimitsChanged { commissioner, .. }
            | Self::SeparationChanged { commissioner, .. }
            | Self::PaymentTimingChanged { commissioner, .. } => commissioner.0,
            Self::ClusterCreated { cluster, .. }
            | Self::ClusterChanged { cluster, .. }
            | Self::ClusterDeleted { cluster, .. } => cluster.0,
            Self::ContractDrafted { contract, .. }
            | Self::ContractRolledOver { contract, .. }
            | Self::ContractChanged { contract, .. }
            | Self::ContractConfirmed { contract, .. }
            | Self::ContractDiscarded { contract }
            | Self::OffersMoved { contract, .. } => contract.0,
            Self::OfferMade { offer, .. }
            | Self::OfferBound { offer }
            | Self::OfferAccepted { offer, .. }
            | Self::OfferRejected { offer, .. }
            | Self::OfferRequested { offer, .. }
            | Self::OfferReissued { offer, .. }
            | Self::OfferTurnedDown { offer, .. }
            | Self::OfferExtended { offer, .. }
            | Self::NoticeGiven { offer, .. }
            | Self::ContractTerminated { offer, .. }
            | Self::NoticeTakenBack { offer }
            | Self::ReceiptMade { offer, .. }
            | Self::OfferSeen { offer }
            | Self::OfferReminded { offer }
            | Self::VariationOffered { offer, .. }
            | Self::VariationAccepted { offer, .. }
            | Self::VariationRejected { offer, .. }
            | Self::OfferWithdrawn { offer, .. } => offer.0,
            Self::FiguresSubmitted { achievement, .. }
            | Self::NilReturnSubmitted { achievement, .. }
            | Self::FigureReplaced { achievement, .. }
            | Self::NetworkSummed { achievement, .. }
            | Self::AchievementCalculated { achievement, .. }
            | Self::AdjustmentAsked { achievement, .. }
            | Self::AdjustmentAgreed { achievement, .. }
            | Self::AdjustmentRefused { achievement, .. }
            | Self::AdjustmentWithdrawn { achievement, .. }
            | Self::AdjustmentEndAsked { achievement, .. }
            | Self::AdjustmentEnded { achievement, .. } => achievement.0,
            Self::DeclarationOpened { declaration, .. }
            | Self::DeclarationReturned { declaration, .. }
            | Self::DeclarationTakenBack { declaration, .. }
            | Self::NotesChanged { declaration, .. }
            | Self::IndicatorsDeclared { declaration, .. }
            | Self::AchievementDeclared { declaration, .. }
            | Self::DeclarationApproved { declaration, .. }
            | Self::DeclarationApprovedForLess { declaration, .. }
            | Self::DeclarationRejected { declaration, .. }
            | Self::DeclarationSecondApproved { declaration, .. }
            | Self::DeclarationFinanceApproved { declaration, .. }
            | Self::DeclarationPutInFile { declaration, .. }
            | Self::PaymentSent { declaration, .. }
            | Self::PaymentConfirmed { declaration, .. }
            | Self::PaymentFailed { declaration, .. }
            | Self::PaymentSettled { declaration, .. }
            | Self::PaymentTriedAgain { declaration, .. }
            | Self::DeclarationReceiptMade { declaration, .. }
            | Self::QuestionAsked { declaration, .. }
            | Self::QuestionAnswered { declaration, .. }
            | Self::CorrectionAsked { declaration, .. }
            | Self::CorrectionAnswered { declaration, .. }
            | Self::CorrectionApproved { declaration, .. }
            | Self::CorrectionSecondApproved { declaration, .. }
            | Self::CorrectionFinanceApproved { declaration, .. }
            | Self::CorrectionRefused { declaration, .. }
            | Self::CorrectionWithdrawn { declaration, .. }
            | Self::RecoveryAsked { declaration, .. }
            | Self::RecoveryAnswered { declaration, .. }
            | Self::RecoveryAgreed { declaration, .. }
            | Self::RecoveryDropped { declaration, .. }
            | Self::QuestionClosed { declaration, .. } => declaration.0,
            Self::HoldPlaced { hold, .. } | Self::HoldLifted { hold, .. } => hold.0,
            Self::PaymentFileCreated { file, .. }
            | Self::PaymentFileSent { file, .. }
            | Self::PaymentChased { file, .. }
            | Self::PaymentAnswerLoaded { file, .. } => file.0,
        })
    }

    /// Whether it is a matter among the people of the commissioner, which its provider does not see: what is asked for
    /// and not agreed.
    pub fn is_for_the_commissioner(&self) -> bool {
        matches!(
            self,
            Self::AdjustmentAsked { .. }
                | Self::AdjustmentRefused { .. }
                | Self::AdjustmentWithdrawn { .. }
                | Self::AdjustmentEndAsked { .. }
        )
    }
}
