//! The two layouts of an extract, told apart by the header.

/// Which columns a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The twelve columns of today.
    Twelve,
    /// The seven columns of before. It says neither who submitted a figure nor when, and has no older submissions.
    Seven,
}

impl Layout {
    /// Every layout, the one of today first.
    pub const ALL: [Self; 2] = [Self::Twelve, Self::Seven];

    /// As records name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Twelve => "12 columns",
            Self::Seven => "7 columns",
        }
    }

    /// The names of its columns, in its order.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Twelve => &[
                "QUALITY_SERVICE",
                "NAME",
                "ORG_CODE",
                "ACH_DATE",
                "IND_CODE",
                "FIELD_NAME",
                "VALUE",
                "DEFAULT_VALUES_USED",
                "SUBMIT_USER_ID",
                "SUBMIT_DATE",
                "SUBMIT_TIME",
                "LAST_SUBMISSION",
            ],
            Self::Seven => &[
                "PRMRY_MDCL_CARE_SRVC_SHRT_NAME",
                "ORG_CODE",
                "ACH_DATE",
                "IND_CODE",
                "FIELD_NAME",
                "VALUE",
                "APPROVED_STATUS",
            ],
        }
    }

    /// Its name for the column with the code of the service.
    pub fn service_column(self) -> &'static str {
        match self {
            Self::Twelve => "QUALITY_SERVICE",
            Self::Seven => "PRMRY_MDCL_CARE_SRVC_SHRT_NAME",
        }
    }
}
