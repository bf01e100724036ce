//! Layouts of payment files: those that come with the program, and those that an operator has loaded.

use super::reader;
use crate::{Db, Failed, Result, StoreError, Tx, args, event, new_id};
use domain::{
    Actor, Event, NotAllowed, Now, PaymentLayoutId, Permission, Refusal,
    payment::{CannotPay, layout::Layout},
    service::Problem,
};

/// Why a layout cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotLoadLayout {
    /// The person may not.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// Everything that is wrong with the file.
    #[error("The layout is not valid:{}", .0.iter().map(|problem| format!("\n  {problem}")).collect::<String>())]
    Invalid(Vec<Problem>),
    /// What comes with the program is the same everywhere.
    #[error("The layout {0} comes with Accord and cannot be changed. Give yours another code.")]
    BuiltIn(String),
}
impl Refusal for CannotLoadLayout {
    fn is_forbidden(&self) -> bool {
        matches!(self, Self::NotAllowed(_))
    }
}

/// The layouts that a file can be made in.
#[derive(Clone, Debug)]
pub struct Offered {
    /// Each, those that come with the program first.
    pub layouts: Vec<Layout>,
    /// The SHA-256 of the one that is chosen unless a person chooses another: that of the last file, by its code.
    pub chosen: String,
}

#[derive(sqlx::FromRow)]
struct Text {
    content: String,
}

/// The layouts that finance of the own organisation can choose from.
pub async fn layouts(tx: &mut Tx, by: &Actor) -> Result<Offered> {
    #[derive(sqlx::FromRow)]
    struct Code {
        layout: String,
    }
    let organisation = reader(by)?;
    let layouts = all(tx).await?;
    let last: Option<Code> = tx
        .optional(
            "SELECT layout FROM payment_file WHERE commissioner_id = $1
             ORDER BY created_at DESC, reference DESC LIMIT 1",
            args![organisation.id],
        )
        .await?;
    let is_last = |own: &&Layout| last.as_ref().is_some_and(|last| last.layout == own.code);
    let chosen = layouts.iter().find(is_last).unwrap_or(&layouts[0]).hash.clone();
    Ok(Offered { layouts, chosen })
}

/// Those that come with the program, and the newest version of each that was loaded.
async fn all(tx: &mut Tx) -> Result<Vec<Layout>> {
    let loaded: Vec<Text> = tx
        .all(
            "SELECT l.content FROM payment_layout l WHERE l.number =
                 (SELECT max(n.number) FROM payment_layout n WHERE n.code = l.code) ORDER BY l.code",
            args![],
        )
        .await?;
    let mut layouts = Layout::built_in();
    let is_built_in =
        |layouts: &[Layout], own: &Layout| layouts.iter().any(|one| one.code == own.code);
    for Text { content } in loaded {
        let own = read(&content)?;
        // A later release can bring a layout of the same code with it; its own counts.
        if !is_built_in(&layouts, &own) {
            layouts.push(own);
        }
    }
    Ok(layouts)
}

fn read(content: &str) -> Result<Layout> {
    Layout::from_toml(content).map_err(|problems| StoreError::Inconsistent {
        table: "payment_layout",
        what: problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    })
}

/// The layout that was chosen by its SHA-256, as long as it is one that can be chosen.
pub(super) async fn chosen(
    tx: &mut Tx,
    hash: Option<&str>,
    by: &Actor,
) -> Result<Layout, Failed<CannotPay>> {
    reader(by)?;
    let Some(hash) = hash else { return Ok(Layout::generic()) };
    let found = all(tx).await?.into_iter().find(|own| own.hash == hash);
    found.ok_or(Failed::Refused(CannotPay::LayoutChanged))
}

/// Loads a layout as the newest version of its code; the same text again changes nothing. Says which version it is, and
/// whether that is new.
pub async fn load_layout(
    db: &Db,
    text: &str,
    by: &Actor,
    now: &Now,
) -> Result<(Layout, i64, bool), Failed<CannotLoadLayout>> {
    #[derive(sqlx::FromRow)]
    struct Newest {
        number: i64,
        content_hash: String,
    }
    by.must(Permission::MaintainRegister).map_err(|why| Failed::Refused(why.into()))?;
    let layout = Layout::from_toml(text)
        .map_err(|problems| Failed::Refused(CannotLoadLayout::Invalid(problems)))?;
    if Layout::built_in().iter().any(|own| own.code == layout.code) {
        return Err(Failed::Refused(CannotLoadLayout::BuiltIn(layout.code)));
    }
    let mut tx = db.write().await?;
    let newest: Option<Newest> = tx
        .optional(
            "SELECT number, content_hash FROM payment_layout WHERE code = $1 ORDER BY number DESC LIMIT 1",
            args![&*layout.code],
        )
        .await?;
    if let Some(own) = newest.as_ref().filter(|own| own.content_hash == layout.hash) {
        return Ok((layout, own.number, false));
    }
    let number = newest.map_or(0, |own| own.number) + 1;
    let id: PaymentLayoutId = new_id(now);
    tx.execute(
        "INSERT INTO payment_layout (id, code, number, content, content_hash, loaded_by, loaded_by_name, loaded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![id, &*layout.code, number, text, &*layout.hash, by.person(), by.name(), now.instant],
    )
    .await
    // Of two that load at the same moment, the later one meets the number of the first.
    .map_err(|error| if error.is_duplicate() { StoreError::Stale } else { error })?;
    let (code, content_hash) = (layout.code.clone(), layout.hash.clone());
    let event = Event::PaymentLayoutLoaded { layout: id, code, number, content_hash };
    event::record(&mut tx, &event, by, now)?;
    tx.commit().await?;
    Ok((layout, number, true))
}
