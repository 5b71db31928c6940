//! Parts into a state.

use std::mem;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::part::{DatasetRow, FileRow, Head, Part};
use super::{ImageError, VERSION, from_json};
use crate::domain::name::Name;
use crate::domain::signature::hex;
use crate::state::SandboxState;
use crate::state::collection::Collection;
use crate::state::collection::image::Shape;
use crate::state::dataset::{Dataset, Row, Rows};
use crate::state::faults::Before;

/// Reads an image, part by part, in the order in which they were written.
#[derive(Debug)]
pub struct Reader {
    state: SandboxState,
    /// How many parts have come.
    parts: u64,
    digest: Sha256,
    datasets: Vec<Arc<Dataset>>,
    /// The dataset whose rows come, and those that have come.
    coming: Option<(usize, Vec<Row>)>,
    befores: Vec<Before>,
    /// What has come of the file that comes.
    file: Vec<u8>,
    ended: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH),
            parts: 0,
            digest: Sha256::new(),
            datasets: Vec::new(),
            coming: None,
            befores: Vec::new(),
            file: Vec::new(),
            ended: false,
        }
    }

    /// Takes the next part in. It needs a large stack: [`STACK_BYTES`](super::STACK_BYTES).
    ///
    /// # Errors
    /// When it is not what was written. The image cannot be read then.
    pub fn take(&mut self, part: &[u8]) -> Result<(), ImageError> {
        let (number, rows): (u64, Part) = match self.parts {
            // Who has not written the image knows no more of it than this.
            0 => {
                let (number, version) = from_json::<(u64, Part)>(part)?;
                let Part::Version([found]) = version else {
                    return Err(ImageError::garbled("it does not begin with its version"));
                };
                if found != VERSION {
                    return Err(ImageError::Version(found));
                }
                (number, version)
            }
            _ => from_json(part)?,
        };
        if number != self.parts || self.ended {
            let found = format!("part {number} where part {} comes", self.parts);
            return Err(ImageError::Garbled(found));
        }
        self.parts += 1;
        if let Part::End([digest]) = &rows {
            return self.end(digest);
        }
        self.digest.update(part);
        self.rows(rows)
    }

    /// The state, when all parts have come.
    ///
    /// # Errors
    /// When the last part has not.
    pub fn finish(mut self) -> Result<SandboxState, ImageError> {
        if !self.ended {
            return Err(ImageError::Incomplete);
        }
        let (calls, refusals) = (&self.state.tool_calls, &self.state.tool_refusals);
        self.state.faults.restored(calls, refusals);
        Ok(self.state)
    }

    fn end(&mut self, digest: &str) -> Result<(), ImageError> {
        let found = hex(&mem::take(&mut self.digest).finalize());
        if found != digest {
            return Err(ImageError::garbled("its digest is another one"));
        }
        self.ended = true;
        Ok(())
    }

    fn rows(&mut self, rows: Part) -> Result<(), ImageError> {
        let state = &mut self.state;
        match rows {
            Part::Version(_) | Part::End(_) => {}
            Part::Head([head]) => self.head(*head),
            Part::ToolCalls(rows) => state.tool_calls.extend(rows),
            Part::ToolRefusals(rows) => state.tool_refusals.extend(rows),
            Part::Activity(rows) => state.activity.extend(rows),
            Part::Datasets(rows) => rows.into_iter().for_each(|row| self.dataset(row)),
            Part::DatasetRows(rows) => rows
                .into_iter()
                .for_each(|(dataset, row)| self.dataset_row(dataset, row)),
            Part::Collections(rows) => {
                self.end_dataset();
                return rows
                    .into_iter()
                    .try_for_each(|shape| self.collection(shape));
            }
            Part::Records(rows) => {
                return rows.into_iter().try_for_each(|(name, age, row)| {
                    self.of(&name)?.restore_record(age, row);
                    Ok(())
                });
            }
            Part::Unique(rows) => {
                return rows.into_iter().try_for_each(|(name, at, value, age)| {
                    known(self.of(&name)?.restore_unique(at, value, age))
                });
            }
            Part::Accounts(rows) => rows
                .into_iter()
                .for_each(|(id, account)| state.ledger.restore_account(id, account)),
            Part::Entries(rows) => {
                return rows.into_iter().try_for_each(|(id, entries)| {
                    known(state.ledger.restore_entries(&id, entries))
                });
            }
            Part::Holds(rows) => rows
                .into_iter()
                .for_each(|hold| state.ledger.restore_hold(hold)),
            Part::Transfers(rows) => rows
                .into_iter()
                .for_each(|transfer| state.ledger.restore_transfer(transfer)),
            // There may be more of them in another part.
            Part::Misfits(rows) => {
                state.misfits = state.misfits.iter().cloned().chain(rows).collect()
            }
            rows => return self.more_rows(rows),
        }
        Ok(())
    }

    fn more_rows(&mut self, rows: Part) -> Result<(), ImageError> {
        let state = &mut self.state;
        match rows {
            Part::Limits(rows) => rows
                .into_iter()
                .for_each(|(id, held)| state.limits.restore(id, held)),
            Part::LimitPresets(rows) => state.limit_presets.extend(rows),
            Part::Saved(rows) => rows
                .into_iter()
                .for_each(|(id, saved)| state.saved.restore(id, saved)),
            Part::InFlight(rows) => state.in_flight.extend(rows),
            Part::AuthEnforced(rows) => state.auth_enforced.extend(rows),
            Part::TimersNext([next]) => state.timers.restore_next(next),
            Part::Timers(rows) => rows.into_iter().for_each(|row| state.timers.restore(row)),
            Part::Errors(rows) => rows.iter().for_each(|error| state.errors.push(error)),
            Part::Quirks(rows) => rows.iter().for_each(|quirk| state.quirks.push(quirk)),
            Part::QuirksUsed(rows) => rows
                .into_iter()
                .for_each(|(quirk, times)| state.quirks.restore_used(quirk, times)),
            Part::StubNumbers([numbers]) => state.overlay.restore_numbers(numbers),
            Part::RootStubs(rows) => {
                return rows
                    .into_iter()
                    .try_for_each(|row| known(state.overlay.restore_root(row)));
            }
            Part::Stubs(rows) => rows.into_iter().for_each(|row| state.overlay.restore(row)),
            Part::Scenarios(rows) => rows
                .iter()
                .for_each(|(scenario, to)| state.scenarios.set(scenario, to)),
            Part::Files(rows) => rows.into_iter().for_each(|row| self.file(row)),
            rows => return self.last_rows(rows),
        }
        Ok(())
    }

    fn last_rows(&mut self, rows: Part) -> Result<(), ImageError> {
        let SandboxState {
            webhooks,
            faults,
            cassettes,
            ..
        } = &mut self.state;
        match rows {
            Part::Webhooks([numbers]) => webhooks.restore_numbers(&numbers),
            Part::Deliveries(rows) => rows
                .into_iter()
                .for_each(|delivery| webhooks.restore_delivery(delivery)),
            Part::Queues(rows) => rows.into_iter().for_each(|row| webhooks.restore_queue(row)),
            Part::Disabled(rows) => rows
                .into_iter()
                .for_each(|(endpoint, disabled)| webhooks.restore_disabled(endpoint, disabled)),
            Part::Emitted(rows) => rows
                .into_iter()
                .for_each(|(event, times)| webhooks.restore_emitted(event, times)),
            Part::Met(rows) => rows
                .into_iter()
                .for_each(|(rule, times)| webhooks.restore_met(rule, times)),
            Part::WebhookFaults(rows) => {
                rows.iter().for_each(|fault| webhooks.restore_fault(fault));
            }
            Part::Faults([numbers]) => faults.restore_numbers(&numbers),
            Part::Befores(rows) => self.befores.extend(rows),
            Part::Rules(rows) => {
                for (rule, before) in rows {
                    let before = self.befores.get(before).cloned();
                    let before = before.ok_or_else(|| ImageError::garbled("a rule has no past"))?;
                    faults.restore_rule(rule, before);
                }
            }
            Part::Fired(rows) => rows
                .into_iter()
                .for_each(|(rule, times)| faults.restore_fired(rule, times)),
            Part::Awaited(rows) => rows
                .into_iter()
                .for_each(|(rule, times)| faults.restore_awaited(rule, times)),
            Part::StubCalls(rows) => rows
                .into_iter()
                .for_each(|(stub, calls)| faults.restore_stub_calls(stub, calls)),
            Part::Events(rows) => rows
                .into_iter()
                .for_each(|event| faults.restore_event(event)),
            Part::Cassettes([numbers]) => cassettes.restore_numbers(&numbers),
            Part::Running([running]) => cassettes.restore_running(*running),
            Part::Misses(rows) => {
                return rows
                    .into_iter()
                    .try_for_each(|miss| known(cassettes.restore_miss(miss)));
            }
            Part::Reports(rows) => rows
                .into_iter()
                .for_each(|row| cassettes.restore_report(row)),
            _ => return Err(ImageError::garbled("a part stands where none is read")),
        }
        Ok(())
    }

    fn head(&mut self, head: Head) {
        let state = &mut self.state;
        state.opening = head.opening;
        state.seed = head.seed;
        state.clock = head.clock;
        state.opened = head.opened;
        state.now = head.now;
        state.calls = head.calls;
        state.errors.restore_last(head.last_error);
        state.quirks.restore_last(head.last_quirk);
        state.recording = head.recording;
        state.settings = head.settings;
    }

    fn dataset(&mut self, row: DatasetRow) {
        self.datasets.push(match row {
            DatasetRow::Generated(generated) => Arc::new(Dataset::Generated(generated)),
            // Its rows take its place when they have come.
            DatasetRow::Rows(_) => Arc::default(),
        });
    }

    fn dataset_row(&mut self, dataset: usize, row: Row) {
        if self
            .coming
            .as_ref()
            .is_some_and(|(coming, _)| *coming != dataset)
        {
            self.end_dataset();
        }
        let (_, rows) = self.coming.get_or_insert_with(|| (dataset, Vec::new()));
        rows.push(row);
    }

    fn end_dataset(&mut self) {
        if let Some((at, rows)) = self.coming.take()
            && let Some(dataset) = self.datasets.get_mut(at)
        {
            *dataset = Arc::new(Dataset::Rows(Rows::from(rows)));
        }
    }

    fn collection(&mut self, shape: Shape) -> Result<(), ImageError> {
        let base = match shape.base {
            Some(at) => {
                let base = self.datasets.get(at).cloned();
                Some(base.ok_or_else(|| ImageError::garbled("a collection has no rows"))?)
            }
            None => None,
        };
        let name = shape.name.clone();
        let collection = Collection::of(shape, base);
        self.state.collections.insert(name, collection);
        Ok(())
    }

    fn of(&mut self, name: &Name) -> Result<&mut Collection, ImageError> {
        let collection = self.state.collections.get_mut(name);
        collection.ok_or_else(|| ImageError::garbled("a record has no collection"))
    }

    fn file(&mut self, (name, last, content): FileRow) {
        let Some(content) = content else {
            return self.state.files.put(&name, None);
        };
        self.file.extend_from_slice(&content.0);
        if last {
            let content = mem::take(&mut self.file).into();
            self.state.files.put(&name, Some(&content));
        }
    }
}

/// Whether that was there which a row speaks of.
fn known(is: bool) -> Result<(), ImageError> {
    match is {
        true => Ok(()),
        false => Err(ImageError::garbled("a row speaks of what is not there")),
    }
}
