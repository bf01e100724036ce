//! Making a payment file: everything that is ready is frozen once, in the layout that was chosen.

use super::{Line, layout, reader, ready};
use crate::{
    Db, Failed, Result, StoreError, Tx, args, event, hold, new_id, next_reference, service,
};
use domain::{
    Actor, Event, Now, OrganisationId, PaymentFileId, Pence, Permission,
    payment::{self, CannotPay, PaymentFile, PaymentLine, layout::Head},
};
use std::collections::HashMap;

/// Freezes everything that is ready into a file; gives its reference. `seen` is the number and sum that the person
/// confirmed, `layout` the SHA-256 of the layout that was chosen: the generic one where none was.
pub async fn create(
    db: &Db,
    layout: Option<&str>,
    seen: (u64, Pence),
    by: &Actor,
    now: &Now,
) -> Result<String, Failed<CannotPay>> {
    by.must(Permission::MakePayments).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::MakePayments);
    let commissioner = reader(by)?;
    let mut tx = db.write().await?;
    // Taking the number first makes a second person who pays at the same moment wait, and then find nothing to pay.
    let reference = next_reference(&mut tx, "PF", now).await?;
    hold::one_at_a_time(&mut tx, commissioner.id).await?;
    let ready = ready(&mut tx, by, now.today).await?;
    let pay_codes = pay_codes(&mut tx, &[&ready]).await?;
    let lines: Vec<PaymentLine> = ready.iter().map(|line| frozen(line, &pay_codes)).collect();
    let layout = layout::chosen(&mut tx, layout, by).await?;
    let head = Head {
        reference: reference.clone(),
        commissioner_code: commissioner.code.clone(),
        commissioner_name: commissioner.name.clone(),
        made_on: now.today,
    };
    let file = payment::create(&head, layout, &lines, seen, by).map_err(Failed::Refused)?;
    let id: PaymentFileId = new_id(now);
    let puts = ready.iter().map(|line| line.payment.put_in_file(id, by));
    let mut events = puts
        .map(|put| Ok(put?.event))
        .collect::<Result<Vec<Event>, _>>()
        .map_err(Failed::Refused)?;
    insert(&mut tx, (id, &head), commissioner.id, &file, by, now).await?;
    put_in_file(&mut tx, id, &ready).await?;
    events.push(file.created(id));
    event::record_all(&mut tx, &events, by, now)?;
    tx.commit().await?;
    Ok(reference)
}

async fn insert(
    tx: &mut Tx,
    (id, head): (PaymentFileId, &Head),
    commissioner: OrganisationId,
    file: &PaymentFile,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let layout = &file.layout;
    tx.execute(
        "INSERT INTO payment_file (id, reference, commissioner_id, created_by, created_by_name, created_at, lines,
             total_pence, content, content_hash, layout, layout_name, layout_hash, ending,
             created_for)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        args![
            id,
            &*head.reference,
            commissioner,
            by.person(),
            by.name(),
            now.instant,
            i64::try_from(file.lines).unwrap_or(i64::MAX),
            file.total,
            &*file.content,
            &*file.content_hash,
            &*layout.code,
            &*layout.name,
            &*layout.hash,
            &*layout.ending,
            by.principal()
        ],
    )
    .await?;
    Ok(())
}

async fn put_in_file(tx: &mut Tx, file: PaymentFileId, lines: &[Line]) -> Result<()> {
    let rows = lines
        .iter()
        .zip(1_i64..)
        .map(|(line, position)| {
            let payment = &line.payment;
            args![
                file,
                position,
                payment.declaration,
                payment.part,
                payment.amount,
                payment.attempt,
                "in_file"
            ]
        })
        .collect();
    tx.insert(
        "INSERT INTO payment_line (payment_file_id, position, declaration_id, correction_part_id, amount_pence, attempt, state)",
        rows,
    )
    .await
}

fn frozen(line: &Line, pay_codes: &HashMap<String, String>) -> PaymentLine {
    PaymentLine {
        reference: line.payment.identity(),
        payee_code: line.payee.code.clone(),
        payee_name: line.payee.name.clone(),
        service_code: line.service.code.clone(),
        service_name: line.service.name.clone(),
        pay_code: pay_codes.get(&line.service.code).cloned().unwrap_or_default(),
        period: line.period,
        amount: line.payment.amount,
    }
}

/// The pay code of each service among the lines, by the service's code.
pub(super) async fn pay_codes(tx: &mut Tx, files: &[&[Line]]) -> Result<HashMap<String, String>> {
    let mut codes = HashMap::new();
    for line in files.iter().flat_map(|lines| lines.iter()) {
        if codes.contains_key(&line.service.code) {
            continue;
        }
        let service = service::find(tx, line.service_id).await?;
        let Some(terms) = &service.payment else {
            return Err(StoreError::Inconsistent {
                table: "service",
                what: format!("{} has no payment terms but an approved declaration", service.code),
            });
        };
        codes.insert(line.service.code.clone(), terms.pay_code.clone());
    }
    Ok(codes)
}
