//! What each fact about an offer is called.

use super::{Event, receipt_made};
use crate::calendar::long_date;

impl Event {
    pub(super) fn about_offers(&self) -> String {
        match self {
            Self::OfferMade { .. } => "Service offered".into(),
            Self::OfferBound { .. } => "Contract given without an offer".into(),
            Self::OfferAccepted { for_provider, .. } => {
                format!("Service offer accepted{}", on_behalf(for_provider))
            }
            Self::OfferRejected { reason, for_provider, .. } => {
                format!("Service offer rejected{}: {reason}", on_behalf(for_provider))
            }
            Self::OfferRequested { note, for_provider, .. } => {
                let note = if note.is_empty() { String::new() } else { format!(": {note}") };
                format!("Service requested from the commissioner{}{note}", on_behalf(for_provider))
            }
            Self::OfferReissued { .. } => "Service offer reissued".into(),
            Self::OfferTurnedDown { reason, .. } => format!("Request turned down: {reason}"),
            Self::OfferExtended { respond_by, .. } => {
                format!("Response date moved to {}", long_date(*respond_by))
            }
            Self::OfferReminded { .. } => "Provider reminded to answer".into(),
            Self::VariationOffered { number, respond_by, .. } => {
                format!(
                    "New terms offered, version {number}, to answer by {}",
                    long_date(*respond_by)
                )
            }
            Self::VariationAccepted { number, .. } => {
                format!("New terms accepted, version {number}")
            }
            Self::VariationRejected { number, reason, .. } => {
                format!("New terms rejected, version {number}: {reason}")
            }
            Self::NoticeGiven { last_day, reason, .. } => {
                format!("Notice given, the last day is {}: {reason}", long_date(*last_day))
            }
            Self::ContractTerminated { last_day: Some(last_day), reason, .. } => {
                format!("Contract terminated, it counted until {}: {reason}", long_date(*last_day))
            }
            Self::ContractTerminated { last_day: None, reason, .. } => {
                format!("Contract terminated, nothing of it counted: {reason}")
            }
            Self::NoticeTakenBack { .. } => "Notice taken back, the contract goes on".into(),
            Self::ReceiptMade { content_hash, .. } => receipt_made(content_hash),
            Self::OfferSeen { .. } => "Service offer opened for the first time".into(),
            Self::OfferWithdrawn { because: Some(why), .. } => {
                format!("Service offer withdrawn: {why}")
            }
            _ => "Service offer withdrawn".into(),
        }
    }

    pub(super) fn is_about_an_offer(&self) -> bool {
        matches!(
            self,
            Self::OfferMade { .. }
                | Self::OfferBound { .. }
                | Self::OfferAccepted { .. }
                | Self::OfferRejected { .. }
                | Self::OfferRequested { .. }
                | Self::OfferReissued { .. }
                | Self::OfferTurnedDown { .. }
                | Self::OfferExtended { .. }
                | Self::OfferReminded { .. }
                | Self::VariationOffered { .. }
                | Self::VariationAccepted { .. }
                | Self::VariationRejected { .. }
                | Self::OfferWithdrawn { .. }
                | Self::NoticeGiven { .. }
                | Self::NoticeTakenBack { .. }
                | Self::ReceiptMade { .. }
                | Self::OfferSeen { .. }
                | Self::ContractTerminated { .. }
        )
    }
}

/// For whom somebody of another organisation did it.
fn on_behalf(provider: &Option<String>) -> String {
    provider.as_ref().map_or_else(String::new, |provider| format!(" for {provider}"))
}
