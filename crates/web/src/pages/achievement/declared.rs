//! What the page of an achievement says of its declaration: open questions, what blocks it, and by when its next step is due.

use crate::error::WebError;
use crate::pages::calendar::due;
use crate::pages::correction::stands;
use crate::pages::declaration::blocked::{Block, of_achievement, of_declaration};
use crate::session::Visitor;
use domain::Now;
use serde::Serialize;
use store::achievement::Detail;
use store::deadline::Reckoner;
use store::{StoreError, Tx};

/// What stands around the declaration of an achievement, as this visitor may see it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Declared {
    /// How its open questions stand.
    pub(super) questions: Vec<String>,
    /// What is in the way of its payment, or of declaring it.
    pub(super) blocks: Vec<Block>,
    /// By when the next step is due; empty where no day is set, and of a part of a network.
    pub(super) due: String,
    /// What it was and what it stands at, where it was corrected after the lock.
    pub(super) corrected: String,
}

impl Declared {
    pub(super) async fn of(
        tx: &mut Tx,
        detail: &Detail,
        visitor: &Visitor,
        now: &Now,
    ) -> Result<Self, WebError> {
        let Some(reference) = &detail.reference else {
            let blocks = of_achievement(tx, detail, visitor, now).await?;
            let due = due_by(tx, detail, (visitor, now)).await?;
            return Ok(Self { blocks, due, ..Self::default() });
        };
        // Whoever reads a part of their network may not read its declaration.
        let listed = match store::declaration::find(tx, reference, &visitor.actor).await {
            Ok(listed) => listed,
            Err(StoreError::NotFound) => return Ok(Self::default()),
            Err(fault) => return Err(fault.into()),
        };
        let about = &listed.declaration;
        Ok(Self {
            questions: about.open.lines(about.party(&visitor.actor), now.today),
            blocks: of_declaration(tx, &listed, visitor, now).await?,
            due: due_by(tx, detail, (visitor, now)).await?,
            corrected: stands(tx, &listed, visitor, now).await?,
        })
    }
}

/// By when the next step of its payment is due. A practice's part of a network is not declared.
async fn due_by(tx: &mut Tx, detail: &Detail, who: (&Visitor, &Now)) -> Result<String, WebError> {
    let (one, sides) = (&detail.achievement, (detail.provider.id, detail.commissioner.id));
    if one.is_part {
        return Ok(String::new());
    }
    let mut reckoner = Reckoner::new(tx).await?;
    let dates = reckoner.dates(tx, one.service, one.period).await?;
    Ok(due(detail.declaration.as_ref(), &dates, sides, &reckoner.holidays, who))
}
