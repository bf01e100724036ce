//! Questions about declarations: asked, answered and closed while the declaration is held, so that nobody approves meanwhile.

mod list;
mod row;

pub use list::{Listed, OpenQuestion, Waiting, list, of_declaration, one, waiting};
pub(crate) use row::{OpenRow, open_columns, open_joins};

use crate::{
    Db, Failed, Result, StoreError, Tx, args, declaration, event,
    message::{self, Of},
    new_id, unless_duplicate,
};
use domain::{
    Actor, Change, DeclarationId, Now, Permission, QuestionId,
    declaration::Declaration,
    message::{Message, question as told},
    payment::PaymentState,
    question::{
        self, Asking, CannotAnswer, CannotAsk, Party, Question, QuestionState, Said, Written,
    },
};
use row::{StateColumns, whole};

/// What somebody wants to ask about a declaration, as its page was seen.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The words and where they can be looked up.
    pub written: Written,
    /// Whether the declaration goes back to the provider.
    pub returns: bool,
    /// Whether it is about the payment that a file holds.
    pub about_payment: bool,
    /// The version of the declaration that was seen.
    pub seen_version: i64,
}

/// Asks about a declaration, and returns it to the provider where that is wanted.
pub async fn ask(
    db: &Db,
    reference: &str,
    ask: &Ask,
    by: &Actor,
    now: &Now,
) -> Result<Question, Failed<CannotAsk>> {
    by.must(Permission::AskQuestions).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::AskQuestions);
    let mut tx = db.write().await?;
    let listed = declaration::find(&mut tx, reference, by).await?;
    let about = declaration::hold(&mut tx, listed.declaration.id).await?;
    let payment = if ask.about_payment { payment(&listed) } else { None };
    let asking = Asking { written: ask.written.clone(), returns: ask.returns, payment };
    let asked = question::ask(new_id(now), &about, &asking, ask.seen_version, by, now)
        .map_err(Failed::Refused)?;
    let question = asked.question;
    insert(&mut tx, &question)
        .await
        .map_err(|error| unless_duplicate(error, CannotAsk::AlreadyOpen))?;
    match asked.returned {
        Some(after) => {
            let change = Change { after, event: asked.event };
            let after = declaration::save(&mut tx, about.version, change, by, now).await?;
            declaration::check::check(&mut tx, &[after]).await?;
        }
        None => event::record(&mut tx, &asked.event, by, now)?,
    }
    let about = told::About {
        service: &listed.service.name,
        period: &listed.declaration.period.to_string(),
        reference,
        provider: &listed.provider.name,
        from: question.said.first().map_or("", |said| said.organisation.as_str()),
    };
    tell(&mut tx, &question, &told::asked(&about, &question), by, now).await?;
    tx.commit().await?;
    Ok(question)
}

/// What the payer calls the payment that holds a declaration, with what stands beside it on the bank statement.
pub fn payment(listed: &declaration::Listed) -> Option<String> {
    let identity = listed.identity.clone()?;
    Some(match &listed.payment {
        PaymentState::Paid { bank_reference, .. } => {
            format!("{identity}, bank reference {bank_reference}")
        }
        _ => identity,
    })
}

/// Writes to a question as it was seen.
pub async fn answer(
    db: &Db,
    id: QuestionId,
    written: &Written,
    seen_version: i64,
    by: &Actor,
    now: &Now,
) -> Result<Question, Failed<CannotAnswer>> {
    let decide = |held: &Question| held.answer(written, seen_version, by, now);
    change(db, id, decide, told::answered, by, now).await
}

/// Closes a question as it was seen; what the configuration of the declaration does by itself was waiting for that.
pub async fn close(
    db: &Db,
    id: QuestionId,
    seen_version: i64,
    by: &Actor,
    now: &Now,
) -> Result<Question, Failed<CannotAnswer>> {
    let decide = |held: &Question| held.close(seen_version, by, now);
    change(db, id, decide, |about, _| told::closed(about), by, now).await
}

async fn change(
    db: &Db,
    id: QuestionId,
    decide: impl Fn(&Question) -> Result<Change<Question>, CannotAnswer>,
    tells: impl Fn(&told::About<'_>, &Question) -> Message,
    by: &Actor,
    now: &Now,
) -> Result<Question, Failed<CannotAnswer>> {
    by.must(Permission::AskQuestions).map_err(|why| Failed::Refused(why.into()))?;
    let by = &by.acting(Permission::AskQuestions);
    let mut tx = db.write().await?;
    let seen = one(&mut tx, id, by).await?;
    // Everybody who changes a question holds its declaration first, so that no two wait for each other.
    declaration::hold(&mut tx, seen.question.declaration).await?;
    let before = whole(&mut tx, id).await?;
    let Change { after, event } = decide(&before).map_err(Failed::Refused)?;
    save(&mut tx, &before, &after).await?;
    event::record(&mut tx, &event, by, now)?;
    if matches!(after.state, QuestionState::Closed { .. }) {
        go_on(&mut tx, after.declaration, now).await?;
    }
    let about = told::About {
        service: &seen.service,
        period: &seen.period.to_string(),
        reference: &seen.reference,
        provider: &seen.provider,
        from: by.organisation().map_or("", |own| own.name.as_str()),
    };
    tell(&mut tx, &after, &tells(&about, &after), by, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Takes the steps of a declaration that its configuration takes by itself and that a question held up.
async fn go_on(tx: &mut Tx, declaration: DeclarationId, now: &Now) -> Result<()> {
    let held: Declaration = declaration::hold(tx, declaration).await?;
    declaration::automatic(tx, held, now).await.map(drop)
}

/// Tells the people of the other party who may answer.
async fn tell(
    tx: &mut Tx,
    question: &Question,
    letter: &Message,
    by: &Actor,
    now: &Now,
) -> Result<()> {
    let to = match Party::of(by, question.provider, question.commissioner) {
        Some(Party::Provider) => question.commissioner,
        _ => question.provider,
    };
    #[derive(sqlx::FromRow)]
    struct About {
        service_id: uuid::Uuid,
    }
    let sql = "SELECT service_id FROM declaration WHERE id = $1";
    let About { service_id } = tx.one(sql, args![question.declaration]).await?;
    let about = Of::Records(vec![(question.provider, service_id.into())]);
    message::tell_holders(tx, Permission::AskQuestions, to, (letter, about), now).await
}

async fn insert(tx: &mut Tx, question: &Question) -> Result<()> {
    let state = StateColumns::of(&question.state);
    let asked_at = question.asked_at();
    let mut row = args![
        question.id,
        question.declaration,
        question.provider,
        question.commissioner,
        question.asked_by.name()
    ];
    row.extend(args![
        asked_at,
        question.payment.as_deref(),
        question.is_return,
        state.turn,
        state.turn_at,
        state.answer_by,
        question.version
    ]);
    tx.execute(
        "INSERT INTO question (id, declaration_id, provider_id, commissioner_id, asked_by, asked_at, payment, is_return,
             turn, turn_at, answer_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        row,
    )
    .await?;
    say(tx, question.id, 0, &question.said).await
}

/// Writes a decided change over the version that it was decided from, with what was said anew.
async fn save(tx: &mut Tx, before: &Question, after: &Question) -> Result<()> {
    let state = StateColumns::of(&after.state);
    tx.change(
        "UPDATE question SET turn = $3, turn_at = $4, answer_by = $5, closed_by = $6, closed_by_name = $7, closed_at = $8,
             version = $9
         WHERE id = $1 AND version = $2",
        args![
            after.id,
            before.version,
            state.turn,
            state.turn_at,
            state.answer_by,
            state.closed_by,
            state.closed_by_name,
            state.closed_at,
            after.version
        ],
    )
    .await?;
    say(tx, after.id, before.said.len(), &after.said).await
}

/// Writes what was said from a place on.
async fn say(tx: &mut Tx, id: QuestionId, from: usize, said: &[Said]) -> Result<()> {
    let rows = said
        .iter()
        .zip(1_i64..)
        .skip(from)
        .map(|(said, position)| {
            args![
                id,
                position,
                said.party.name(),
                &*said.text,
                &*said.evidence,
                said.by.person,
                &*said.by.name,
                &*said.organisation,
                said.at
            ]
        })
        .collect();
    tx.insert(
        "INSERT INTO question_said (question_id, position, party, said, evidence, said_by, said_by_name,
             organisation_name, said_at)",
        rows,
    )
    .await
}

/// A stored word that is neither party.
fn unknown(what: &str) -> StoreError {
    StoreError::Inconsistent { table: "question", what: what.to_owned() }
}
