//! Who is told that payments failed: the people of finance, and those who declare for each provider.

use super::row::{LineRow, lines};
use crate::{
    Result, Tx, args,
    deputy::held_today,
    message::{Letter, Of, post, roles},
};
use domain::{
    Actor, Now, OrganisationId, PaymentFileId, Permission,
    payment::{
        PaymentState,
        letter::{Failure, to_finance, to_provider},
    },
};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(sqlx::FromRow)]
struct Reader {
    person_id: Uuid,
    organisation_id: Uuid,
}

/// Writes of what an answer says failed, in its transaction: one message for each person.
pub(super) async fn failures(
    tx: &mut Tx,
    (reference, file): (&str, PaymentFileId),
    answer: Uuid,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let Some(commissioner) = by.organisation() else { return Ok(()) };
    let rows: Vec<LineRow> = tx
        .all(
            lines!(
                "WHERE l.payment_file_id = $1 AND b.payment_answer_id = $2 AND b.state = 'failed' \
                 ORDER BY l.position"
            ),
            args![file, answer],
        )
        .await?;
    let mut of_provider: HashMap<OrganisationId, Vec<Failure>> = HashMap::new();
    let mut of_services: HashMap<OrganisationId, Vec<_>> = HashMap::new();
    let failed = rows.len();
    for row in rows {
        let line = row.read()?;
        let PaymentState::Failed { reason } = line.payment.state else { continue };
        of_services.entry(line.provider).or_default().push((line.provider, line.service_id));
        of_provider.entry(line.provider).or_default().push(Failure {
            reference: line.payment.reference,
            service: line.service.name,
            period: line.period.to_string(),
            reason,
        });
    }
    if failed == 0 {
        return Ok(());
    }
    let mut letters = Vec::new();
    for reader in of_commissioner(tx, commissioner.id, now).await? {
        letters.push(reader.letter(to_finance(reference, failed), Of::Whole));
    }
    for reader in of_providers(tx, file, answer, now).await? {
        if let Some(failures) = of_provider.get(&reader.organisation_id.into()) {
            let about = of_services.get(&reader.organisation_id.into()).cloned();
            let about = Of::Records(about.unwrap_or_default());
            letters.push(reader.letter(to_provider(&commissioner.name, failures), about));
        }
    }
    post(tx, letters, now).await?;
    Ok(())
}

impl Reader {
    fn letter(&self, message: domain::message::Message, about: Of) -> Letter {
        let (person, organisation) = (self.person_id.into(), self.organisation_id.into());
        Letter { person, organisation, message, about }
    }
}

async fn of_commissioner(
    tx: &mut Tx,
    commissioner: OrganisationId,
    now: &Now,
) -> Result<Vec<Reader>> {
    tx.all(
        concat!(
            "SELECT DISTINCT r.person_id, r.organisation_id FROM ",
            held_today!("$3"),
            " r
         JOIN person q ON q.id = r.person_id AND NOT q.is_disabled
         WHERE r.organisation_id = $2 AND $1 LIKE '%|' || r.role || '|%' ORDER BY r.person_id"
        ),
        args![roles(Permission::MakePayments), commissioner, now.today],
    )
    .await
}

async fn of_providers(
    tx: &mut Tx,
    file: PaymentFileId,
    answer: Uuid,
    now: &Now,
) -> Result<Vec<Reader>> {
    tx.all(
        concat!(
            "SELECT DISTINCT r.person_id, r.organisation_id FROM payment_answer_line a
         JOIN payment_line l ON l.payment_file_id = a.payment_file_id AND l.position = a.position
         JOIN declaration d ON d.id = l.declaration_id
         JOIN ",
            held_today!("$4"),
            " r ON r.organisation_id = d.provider_id AND $1 LIKE '%|' || r.role || '|%'
         JOIN person q ON q.id = r.person_id AND NOT q.is_disabled
         WHERE a.payment_file_id = $2 AND a.payment_answer_id = $3 AND a.state = 'failed'
         ORDER BY r.organisation_id, r.person_id"
        ),
        args![roles(Permission::Declare), file, answer, now.today],
    )
    .await
}
