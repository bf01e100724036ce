//! What the questions of a narrowed person see: each table with records of providers or services stands behind a common table
//! expression of its own name, which holds the rows inside alone.
//!
//! A question needs not know of it. Lists, counts and files of one transaction are narrowed alike, also those that are written
//! later, and the text of everybody else's questions stays as it is.

use super::Tx;
use crate::{Result, arg::Arg, args};
use domain::{Actor, ClusterId, Narrowing, OfferId, OrganisationId, ServiceId};
use std::{
    fmt::Write,
    ops::{Deref, DerefMut},
};

/// What a narrowed person sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Names of families with `|` around each.
    families: Option<String>,
    cluster: Option<ClusterId>,
}

/// Which of its columns say whether a row of a table is inside.
enum Inside {
    /// The provider that this column names is one of the cluster.
    Provider(&'static str),
    /// The service that this column names is of one of the families.
    Service(&'static str),
    /// Both.
    Both(&'static str, &'static str),
    /// The row of a table above that it belongs to is inside.
    Of(&'static str),
    /// The first holds of a cluster, the second of families; empty where it does not matter.
    These(&'static str, &'static str),
}
use Inside::{Both, Of, Provider, Service, These};

/// Every table with records of providers or services; a table stands below those that it asks.
const TABLES: &[(&str, Inside)] = &[
    ("organisation", These("kind IN ('icb', 'region') OR id IN (SELECT id FROM seen_provider)", "")),
    ("network_membership", Provider("practice_id")),
    ("list_size", Provider("organisation_id")),
    ("weighted_list", Provider("organisation_id")),
    ("delegation", Provider("provider_id")),
    ("provider_cluster", These("id = (SELECT id FROM seen_cluster)", "")),
    // Of any cluster, since a hold on another one stops providers of this one too.
    ("provider_cluster_member", Provider("provider_id")),
    ("commissioned_provider", Provider("provider_id")),
    ("service", These("", "id IN (SELECT id FROM seen_service)")),
    ("service_version", Service("service_id")),
    ("offer", Both("provider_id", "service_id")),
    ("variation", Of("offer_id IN (SELECT id FROM offer)")),
    ("offer_receipt", Of("offer_id IN (SELECT id FROM offer)")),
    ("offer_look", Of("offer_id IN (SELECT id FROM offer)")),
    // A contract that reaches nobody inside, as each draft does, is not there.
    ("contract", Of("id IN (SELECT contract_id FROM offer)")),
    ("contract_service", Of("(contract_id, service_id) IN (SELECT contract_id, service_id FROM offer)")),
    ("contract_provider", Of("(contract_id, provider_id) IN (SELECT contract_id, provider_id FROM offer)")),
    ("submission", Both("provider_id", "service_id")),
    ("figure", Both("provider_id", "service_id")),
    ("achievement", Both("provider_id", "service_id")),
    ("calculation", Of("achievement_id IN (SELECT id FROM achievement)")),
    ("adjustment", Of("achievement_id IN (SELECT id FROM achievement)")),
    ("declaration", Both("provider_id", "service_id")),
    ("declaration_receipt", Of("declaration_id IN (SELECT id FROM declaration)")),
    ("review_row", Of("declaration_id IN (SELECT id FROM declaration)")),
    ("question", Of("declaration_id IN (SELECT id FROM declaration)")),
    ("question_said", Of("question_id IN (SELECT id FROM question)")),
    ("correction", Of("declaration_id IN (SELECT id FROM declaration)")),
    ("correction_part", Of("correction_id IN (SELECT id FROM correction)")),
    ("recovery", Of("correction_id IN (SELECT id FROM correction)")),
    ("payment_line", Of("declaration_id IN (SELECT id FROM declaration)")),
    (
        "hold",
        These(
            "cluster_id IS NULL OR cluster_id IN (SELECT cluster_id FROM provider_cluster_member)",
            "service_id IN (SELECT id FROM seen_service)",
        ),
    ),
    // What was told before may be about what is outside.
    (
        "message",
        Of("made_at >= (SELECT since FROM role_narrowing WHERE role_narrowing.person_id = message.person_id
            AND role_narrowing.organisation_id = message.organisation_id)"),
    ),
];

impl Sight {
    /// What somebody sees whose roles are narrowed; nothing for everybody else.
    pub(crate) fn of(by: &Actor) -> Option<Self> {
        by.narrowing().map(Self::through)
    }

    fn through(narrowing: &Narrowing) -> Self {
        let families: Vec<&str> = narrowing.families().iter().copied().collect();
        Self {
            families: (!families.is_empty()).then(|| format!("|{}|", families.join("|"))),
            cluster: narrowing.cluster().map(|cluster| cluster.id),
        }
    }

    /// A question as it is asked in this sight. `schema` stands before the name of a table itself where an engine would take
    /// the name for the expression's own.
    pub(super) fn narrow(&self, sql: &str, mut args: Vec<Arg>, schema: &str) -> (String, Vec<Arg>) {
        let mut all = String::new();
        if let Some(cluster) = self.cluster {
            args.push(cluster.into());
            let cluster = args.len();
            _ = write!(
                all,
                "seen_cluster AS (SELECT id FROM {schema}provider_cluster WHERE id = ${cluster}), \
                 seen_provider AS (SELECT provider_id AS id FROM {schema}provider_cluster_member \
                 WHERE cluster_id = ${cluster} UNION SELECT m.practice_id FROM {schema}network_membership m \
                 JOIN {schema}provider_cluster_member k ON k.provider_id = m.network_id \
                 WHERE k.cluster_id = ${cluster} AND m.to_on IS NULL), "
            );
        }
        if let Some(families) = &self.families {
            args.push(families.as_str().into());
            let families = args.len();
            _ = write!(
                all,
                "seen_service AS (SELECT id FROM {schema}service WHERE ${families} LIKE '%|' || family || '|%'), "
            );
        }
        for (table, inside) in TABLES {
            let inside = self.conditions(inside);
            if !inside.is_empty() {
                _ = write!(
                    all,
                    "{table} AS NOT MATERIALIZED (SELECT * FROM {schema}{table} WHERE ({})), ",
                    inside.join(") AND (")
                );
            }
        }
        let all = all.trim_end_matches(", ");
        let sql = sql.trim_start();
        let narrowed = match sql.strip_prefix("WITH ") {
            Some(rest) => format!("WITH {all}, {rest}"),
            None => format!("WITH {all} {sql}"),
        };
        (narrowed, args)
    }

    /// What makes a row of a table inside.
    fn conditions(&self, inside: &Inside) -> Vec<String> {
        let provider = |column: &str| {
            self.cluster.map(|_| format!("{column} IN (SELECT id FROM seen_provider)"))
        };
        let service = |column: &str| {
            let is_any = self.families.is_some();
            is_any.then(|| format!("{column} IN (SELECT id FROM seen_service)"))
        };
        let all = match inside {
            Provider(column) => [provider(column), None],
            Service(column) => [service(column), None],
            Both(of_provider, of_service) => [provider(of_provider), service(of_service)],
            Of(above) => [Some((*above).to_owned()), None],
            These(of_cluster, of_families) => {
                let some =
                    |is_so: bool, what: &str| (is_so && !what.is_empty()).then(|| what.to_owned());
                [
                    some(self.cluster.is_some(), of_cluster),
                    some(self.families.is_some(), of_families),
                ]
            }
        };
        all.into_iter().flatten().collect()
    }
}

/// A record that somebody acts on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Record {
    Offer(OfferId),
    /// What a provider does of a service.
    Of(OrganisationId, ServiceId),
}

impl Tx {
    /// The same transaction as somebody sees it, to find what they act on: the act itself counts with everything.
    pub(crate) fn seen_by(&mut self, by: &Actor) -> Seen<'_> {
        let before = std::mem::replace(&mut self.sight, Sight::of(by));
        Seen { tx: self, before }
    }

    /// Refuses to act on what is outside of what somebody sees, as on what is not there.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`] where it is outside. Of those whose roles are for everything nothing is asked.
    pub(crate) async fn must_see(&mut self, record: Record, by: &Actor) -> Result<()> {
        #[derive(sqlx::FromRow)]
        struct Inside {
            #[expect(dead_code, reason = "that it is there is the answer")]
            inside: i64,
        }
        if by.narrowing().is_none() {
            return Ok(());
        }
        let (sql, args) = match record {
            Record::Offer(id) => {
                ("SELECT CAST(1 AS BIGINT) AS inside FROM offer WHERE id = $1", args![id])
            }
            Record::Of(provider, service) => (
                "SELECT CAST(1 AS BIGINT) AS inside FROM organisation o JOIN service s ON s.id = $2 WHERE o.id = $1",
                args![provider, service],
            ),
        };
        self.seen_by(by).one::<Inside>(sql, args).await.map(drop)
    }
}

/// A transaction in somebody's sight; what it saw before it sees again when this is dropped.
pub(crate) struct Seen<'a> {
    tx: &'a mut Tx,
    before: Option<Sight>,
}

impl Deref for Seen<'_> {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        self.tx
    }
}

impl DerefMut for Seen<'_> {
    fn deref_mut(&mut self) -> &mut Tx {
        self.tx
    }
}

impl Drop for Seen<'_> {
    fn drop(&mut self) {
        self.tx.sight = self.before.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Db;
    use std::collections::BTreeSet;

    /// Tables that name a provider, a service or one of their records, and stand open to whose roles are narrowed.
    const OPEN: [(&str, &str); 13] = [
        ("session", "the organisation acted for"),
        ("role_held", "the organisation of the roles"),
        ("role_narrowing", "the same"),
        ("separation_allowed", "the same, read by who manages people"),
        ("access_request", "the same, read by who sees everything"),
        ("access_review", "the same"),
        ("nil_return", "found by an achievement that was seen"),
        ("payment_answer_line", "found by a line that was seen"),
        ("access_review_told", "the same"),
        ("review", "the organisation of who made it"),
        ("event", "found by a record that was seen, or read by who sees everything"),
        ("amounts_read", "read in the audit by who sees everything"),
        ("deputy", "the organisation of both"),
    ];

    #[derive(sqlx::FromRow)]
    struct Column {
        of_table: String,
        name: String,
    }

    #[tokio::test]
    async fn every_table_of_providers_and_services_stands_behind_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sight.db");
        let db = Db::open(&file.to_string_lossy()).await.expect("a database");
        db.migrate().await.expect("its tables");
        let mut tx = db.read().await.expect("a reading");
        let columns: Vec<Column> = tx
            .all(
                "SELECT m.name AS of_table, c.name AS name FROM sqlite_master m JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table' ORDER BY m.name",
                args![],
            )
            .await
            .expect("columns");
        let names_a_record = |column: &str| {
            [
                "provider_id",
                "service_id",
                "practice_id",
                "cluster_id",
                "contract_id",
                "offer_id",
                "achievement_id",
                "declaration_id",
                "correction_id",
                "question_id",
                "organisation_id",
            ]
            .contains(&column)
        };
        let naming: BTreeSet<&str> = columns
            .iter()
            .filter(|column| names_a_record(&column.name))
            .map(|column| column.of_table.as_str())
            .collect();
        let known: BTreeSet<&str> =
            TABLES.iter().map(|row| row.0).chain(OPEN.iter().map(|row| row.0)).collect();
        let missing: Vec<_> = naming.difference(&known).collect();
        assert!(missing.is_empty(), "say what a narrowed person sees of these: {missing:?}");
        let all: BTreeSet<&str> = columns.iter().map(|column| column.of_table.as_str()).collect();
        let gone: Vec<_> = known.difference(&all).collect();
        assert!(gone.is_empty(), "these are no tables: {gone:?}");
    }

    #[test]
    fn a_question_is_asked_of_what_stands_behind_the_names() {
        let narrowing = Narrowing::new(["QOF", "V&I"], None).expect("families").expect("some");
        let sight = Sight::through(&narrowing);
        for (sql, end) in [
            ("SELECT id FROM offer WHERE id = $1", " SELECT id FROM offer WHERE id = $1"),
            ("WITH mine AS (SELECT 1) SELECT 2", ", mine AS (SELECT 1) SELECT 2"),
        ] {
            let (text, given) = sight.narrow(sql, args![1i64], "main.");
            assert!(
                text.starts_with("WITH seen_service AS (SELECT id FROM main.service WHERE $2"),
                "{text}"
            );
            assert!(
                text.contains(
                    "offer AS NOT MATERIALIZED (SELECT * FROM main.offer WHERE (service_id IN"
                ),
                "{text}"
            );
            assert!(!text.contains("seen_provider"), "all providers are seen: {text}");
            assert!(text.ends_with(end), "{text}");
            let Arg::Text(Some(families)) = &given[1] else { panic!("families: {given:?}") };
            assert_eq!((&**families, given.len()), ("|QOF|V&I|", 2));
        }
    }
}
