//! The values that a statement can be given, on both engines alike.

use std::sync::Arc;

/// A value that both engines can bind.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each variant is its type")]
pub enum Arg {
    Uuid(Option<uuid::Uuid>),
    /// Shared, because the same text often stands in many rows.
    Text(Option<Arc<str>>),
    Number(Option<i64>),
    Flag(bool),
    Date(Option<chrono::NaiveDate>),
    Instant(Option<chrono::DateTime<chrono::Utc>>),
}

macro_rules! arg_from {
    ($($variant:ident: $($kind:ty => $convert:expr),+;)+) => {$($(
        impl From<$kind> for Arg {
            fn from(value: $kind) -> Self {
                let convert: fn($kind) -> _ = $convert;
                Self::$variant(convert(value))
            }
        }
    )+)+};
}
arg_from! {
    Uuid: uuid::Uuid => Some, Option<uuid::Uuid> => |value| value;
    Text: Arc<str> => Some, String => |value| Some(value.into()), &str => |value| Some(value.into()),
        Option<String> => |value| value.map(Into::into), Option<&str> => |value| value.map(Into::into);
    Number: i64 => Some, Option<i64> => |value| value, i32 => |value| Some(value.into()),
        u32 => |value| Some(value.into());
    Flag: bool => |value| value;
    Date: chrono::NaiveDate => Some, Option<chrono::NaiveDate> => |value| value;
    Instant: chrono::DateTime<chrono::Utc> => Some, Option<chrono::DateTime<chrono::Utc>> => |value| value;
}
macro_rules! arg_from_id {
    ($($id:ty),+) => {$(
        impl From<$id> for Arg {
            fn from(id: $id) -> Self {
                Self::Uuid(Some(id.0))
            }
        }
        impl From<Option<$id>> for Arg {
            fn from(id: Option<$id>) -> Self {
                Self::Uuid(id.map(|id| id.0))
            }
        }
    )+};
}
arg_from_id!(
    domain::OrganisationId,
    domain::PersonId,
    domain::ServiceId,
    domain::ContractId,
    domain::ClusterId,
    domain::ReviewId,
    domain::HoldId,
    domain::DeputyId,
    domain::OfferId,
    domain::MessageId,
    domain::AccessRequestId,
    domain::AccessReviewId,
    domain::QuestionId,
    domain::SubmissionId,
    domain::ExtractFileId,
    domain::AchievementId,
    domain::CalculationId,
    domain::DeclarationId,
    domain::PaymentFileId,
    domain::PaymentLayoutId,
    domain::ReferenceId,
    domain::AdjustmentId,
    domain::CorrectionId,
    domain::CorrectionPartId
);
impl From<domain::Pence> for Arg {
    fn from(amount: domain::Pence) -> Self {
        Self::Number(Some(amount.0))
    }
}

/// The arguments of a statement: `args![id, name, None::<String>]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::arg::Arg::from($value)),*] };
}
