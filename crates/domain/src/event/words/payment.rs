//! What the facts of payment files and payments are called.

use super::Event;
use crate::{calendar::long_date, money::thousands};

impl Event {
    pub(super) fn is_about_payments(&self) -> bool {
        matches!(
            self,
            Self::DeclarationPutInFile { .. }
                | Self::PaymentFileCreated { .. }
                | Self::PaymentLayoutLoaded { .. }
                | Self::PaymentFileSent { .. }
                | Self::PaymentTimingChanged { .. }
                | Self::PaymentChased { .. }
                | Self::PaymentAnswerLoaded { .. }
                | Self::PaymentSent { .. }
                | Self::PaymentConfirmed { .. }
                | Self::PaymentFailed { .. }
                | Self::PaymentSettled { .. }
                | Self::PaymentTriedAgain { .. }
        )
    }

    pub(super) fn about_payments(&self) -> String {
        match self {
            Self::PaymentFileCreated { lines, layout, .. } => {
                let lines = counted(*lines);
                match layout.as_str() {
                    "" | "generic" => format!("Payment file created with {lines}"),
                    code => format!("Payment file created with {lines} in layout {code}"),
                }
            }
            Self::PaymentLayoutLoaded { code, number, .. } => {
                format!("Layout {code} of payment files loaded, version {number}")
            }
            Self::PaymentFileSent { lines, on, .. } => {
                let lines = counted(*lines);
                format!("Payment file with {lines} sent to the payer on {}", long_date(*on))
            }
            Self::PaymentTimingChanged { what, .. } => format!("Times of payment files: {what}"),
            Self::PaymentChased { unanswered, lines, since, .. } => format!(
                "Not answered by the payer since {}: {} of {}. Finance was told to chase it",
                long_date(*since),
                thousands(*unanswered),
                counted(*lines)
            ),
            Self::PaymentAnswerLoaded { name, paid, failed, left_out, .. } => {
                let left = match left_out {
                    0 => String::new(),
                    more => format!(", {} not loaded", thousands(*more)),
                };
                let (paid, failed) = (thousands(*paid), thousands(*failed));
                format!(
                    "Answer of the payer loaded from {name}: {paid} paid, {failed} failed{left}"
                )
            }
            _ => self.about_one_payment(),
        }
    }

    /// Of one declaration, or of a part of a correction of it.
    fn about_one_payment(&self) -> String {
        let again = |attempt: u32| match attempt {
            1 => String::new(),
            _ => format!(", try {attempt}"),
        };
        let of = |part: &Option<String>| match part {
            Some(part) => format!("{part}: "),
            None => String::new(),
        };
        match self {
            Self::DeclarationPutInFile { attempt, part, .. } => {
                format!("{}Put in a payment file{}", of(part), again(*attempt))
            }
            Self::PaymentSent { on, part, .. } => {
                format!("{}Sent to the payer on {}", of(part), long_date(*on))
            }
            Self::PaymentConfirmed { attempt, on, reference, part, .. } => {
                let (of, again, on) = (of(part), again(*attempt), long_date(*on));
                format!("{of}Paid on {on}, bank reference {reference}{again}")
            }
            Self::PaymentFailed { attempt, reason, part, .. } => {
                format!("{}Payment failed{}: {reason}", of(part), again(*attempt))
            }
            Self::PaymentSettled { on, reference, part, .. } => {
                let (of, on) = (of(part), long_date(*on));
                format!("{of}Settled outside the files on {on}, reference {reference}")
            }
            Self::PaymentTriedAgain { attempt, part, .. } => {
                let of = of(part);
                format!("{of}Goes into the next payment file again, try {attempt}")
            }
            _ => "Payment changed".into(),
        }
    }
}

/// `1 line`, `6,410 lines`.
fn counted(lines: u64) -> String {
    format!("{} line{}", thousands(lines), if lines == 1 { "" } else { "s" })
}
