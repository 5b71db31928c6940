//! Whether a journal is whole: its file, every entry, every image, and the books of every sandbox.

use std::path::Path;

use redb::{ReadTransaction, ReadableDatabase};

use super::backup::existing;
use super::open::{self, OpenError};
use super::restore::{Fold, Rows, Unreadable, with_large_stack};
use crate::domain::name::SandboxId;
use crate::state::image::fingerprint;
use crate::state::ledger::audit::audit;
use crate::store::history::Bounds;

/// Nobody asks how a sandbox was.
const NO_HISTORY: Bounds = Bounds {
    commits: 1,
    bytes: 1,
};

/// What was found of one sandbox.
#[derive(Debug)]
pub struct Verified {
    /// Its id, or its number where the id cannot be read.
    pub sandbox: String,
    /// What is in it, or what is wrong with it.
    pub found: Result<Contents, Vec<String>>,
}

/// What is in a sandbox.
#[derive(Debug)]
pub struct Contents {
    /// The highest number of a call that changed something.
    pub calls: u64,
    /// How many records there are.
    pub records: usize,
    /// How many entries of the journal were read.
    pub entries: u64,
    /// How many snapshots there are.
    pub snapshots: usize,
}

/// Reads all of a journal that no server uses, and holds it against itself.
///
/// # Errors
/// When a server uses it, or the file is damaged.
pub fn verify(folder: &Path) -> Result<Vec<Verified>, OpenError> {
    let (mut database, _) = open::open(&existing(folder)?, &open::checked())?;
    database.check_integrity()?;
    let transaction = database.begin_read().map_err(redb::Error::from)?;
    with_large_stack(|| all(&transaction)).map_err(OpenError::from)
}

fn all(transaction: &ReadTransaction) -> Result<Vec<Verified>, Unreadable> {
    let rows = Rows::of(transaction)?;
    let verified = rows.lives()?.into_iter().map(|life| {
        let id = rows.sandbox(life);
        let sandbox = match &id {
            Ok(id) => id.to_string(),
            Err(_) => format!("life {life}"),
        };
        let found = id
            .map_err(|error| vec![format!("{}: {}", error.place, error.why)])
            .and_then(|id| one(&rows, &id, life));
        Verified { sandbox, found }
    });
    Ok(verified.collect())
}

fn one(rows: &Rows, id: &SandboxId, life: u64) -> Result<Contents, Vec<String>> {
    let told = |error: Unreadable| vec![format!("{}: {}", error.place, error.why)];
    let (standing, _) = rows.life(id, life, NO_HISTORY).map_err(told)?;
    let mut wrong = checkpoints(rows, id, life).map_err(told)?;
    let state = &standing.state;
    let broken = audit(&state.ledger).into_iter().filter(|it| !it.ok);
    wrong.extend(broken.map(|it| format!("the books: {}: {}", it.name, it.detail)));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(Contents {
        calls: state.calls,
        records: state
            .collections
            .values()
            .map(|records| records.len())
            .sum(),
        entries: standing.mark.entry - standing.checkpoints.at[0].entry,
        snapshots: standing.snapshots.len(),
    })
}

/// Whether each checkpoint is what the one before it and the entries between them give.
fn checkpoints(rows: &Rows, id: &SandboxId, life: u64) -> Result<Vec<String>, Unreadable> {
    let place = |what: &str| format!("sandbox {id}, {what}");
    let mut wrong = Vec::new();
    let checkpoints = rows.checkpoints(life, &place)?;
    for pair in checkpoints.windows(2) {
        let ((before, from), (after, to)) = (pair[0], pair[1]);
        if to.replaced {
            continue;
        }
        let at = format!("the checkpoint after entry {after}");
        let (state, _) = rows.image(from.image, &place(&format!("the one after {before}")))?;
        let mut fold = Fold::from(state, before, from.begun, NO_HISTORY);
        let mut entries = rows.entries(life, before)?;
        while fold.mark.entry < after {
            let Some((_, bytes)) = entries.next()? else {
                break;
            };
            fold.take(&bytes)
                .map_err(|error| Unreadable::new(place(&at), error))?;
        }
        let (state, _) = rows.image(to.image, &place(&at))?;
        if fingerprint(&state) != fingerprint(&fold.state) {
            wrong.push(format!("{at} is not what the entries give"));
        }
    }
    Ok(wrong)
}
