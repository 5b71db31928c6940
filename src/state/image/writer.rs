//! Rows into parts.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::PART_BYTES;
use crate::domain::signature::hex;

/// Puts rows of one kind together until a part is large enough.
pub(in crate::state) struct Writer<'a> {
    give: &'a mut dyn FnMut(Vec<u8>),
    /// The kind of the rows in the part that is under way.
    kind: Option<&'static str>,
    part: Vec<u8>,
    number: u64,
    digest: Sha256,
}

impl<'a> Writer<'a> {
    pub(super) fn new(give: &'a mut dyn FnMut(Vec<u8>)) -> Self {
        Self {
            give,
            kind: None,
            part: Vec::new(),
            number: 0,
            digest: Sha256::new(),
        }
    }

    /// Writes a row. `kind` is the name of what [`Part`](super::part::Part) reads it as.
    pub(in crate::state) fn row(&mut self, kind: &'static str, row: &impl Serialize) {
        if self.kind != Some(kind) || self.part.len() >= PART_BYTES {
            self.close();
            let begin = format!("[{},{{\"{kind}\":[", self.number);
            self.part.extend_from_slice(begin.as_bytes());
            self.kind = Some(kind);
        } else {
            self.part.push(b',');
        }
        serde_json::to_writer(&mut self.part, row).expect("a state has nothing that is no JSON");
    }

    /// Writes a row each.
    pub(in crate::state) fn rows<R: Serialize>(
        &mut self,
        kind: &'static str,
        rows: impl IntoIterator<Item = R>,
    ) {
        for row in rows {
            self.row(kind, &row);
        }
    }

    /// Ends the image, and gives the digest of all that was written.
    pub(super) fn finish(mut self) -> String {
        self.close();
        let digest = std::mem::take(&mut self.digest);
        let digest = hex(&digest.finalize());
        self.row("end", &digest);
        self.close();
        digest
    }

    fn close(&mut self) {
        if self.kind.take().is_none() {
            return;
        }
        self.part.extend_from_slice(b"]}]");
        self.digest.update(&self.part);
        self.number += 1;
        let part = std::mem::take(&mut self.part);
        (self.give)(part);
    }
}
