//! One identifier type per noun, so that an offer can never be looked up with a contract's number.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// An organisation: region, ICB, PCN or practice.
    OrganisationId,
    /// A person who can sign in.
    PersonId,
    /// One version of a service for one financial year.
    ServiceId,
    /// A list that somebody looks at before deciding about all of it.
    ReviewId,
    /// A commissioner's set of services, offered or given.
    ContractId,
    /// A set of providers that a commissioner keeps under a name.
    ClusterId,
    /// One service offered to one provider under one contract.
    OfferId,
    /// Figures handed in together by one person or one file.
    SubmissionId,
    /// A file that brought figures.
    ExtractFileId,
    /// One provider's result for one service and achievement date.
    AchievementId,
    /// One run of the rules over one set of figures.
    CalculationId,
    /// The row that travels from provider to finance.
    DeclarationId,
    /// A stop of what a service's providers declare and are paid.
    HoldId,
    /// A frozen list of approved declarations for the payer.
    PaymentFileId,
    /// A supplementary or reversing declaration: what corrects a locked one.
    CorrectionId,
    /// What a correction puts in payment files: all of it, or one instalment.
    CorrectionPartId,
    /// One version of a layout of payment files that an operator loaded.
    PaymentLayoutId,
    /// One version of the national figures of a year.
    ReferenceId,
    /// A change of a payment that two people agree.
    AdjustmentId,
    /// Something that one party of a declaration asks the other.
    QuestionId,
    /// What one person handed over to a colleague.
    DeputyId,
    /// Something written to one person.
    MessageId,
    /// Roles that somebody asks for at an organisation.
    AccessRequestId,
    /// A look at everybody who has access to an organisation.
    AccessReviewId,
}
