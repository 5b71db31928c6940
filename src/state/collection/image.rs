//! A collection in an image: its shape, then its records, then what is unique in it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Collection, Row};
use crate::domain::name::Name;
use crate::state::dataset::Dataset;
use crate::state::image::Writer;
use crate::state::unique::{UniqueIndex, UniqueMember};

/// What a collection has beside its records. The rows that it stands on are told by their number.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::state) struct Shape {
    pub(in crate::state) name: Name,
    pub(in crate::state) base: Option<usize>,
    gone: Vec<(u64, u64)>,
    live: usize,
    next_age: u64,
    unique: Vec<UniqueMember>,
}

/// A record: of which collection, its age, its key.
pub(in crate::state) type RecordRow = (Name, u64, Row);

/// A value: of which collection, of the how-manieth unique member, and the age of its record.
pub(in crate::state) type UniqueRow = (Name, usize, Arc<str>, u64);

impl Collection {
    /// The rows that it stands on.
    pub(in crate::state) fn base(&self) -> Option<&Arc<Dataset>> {
        self.base.as_ref()
    }

    /// Its shape, where the rows that it stands on have this number.
    pub(in crate::state) fn shape(&self, name: &Name, base: Option<usize>) -> Shape {
        Shape {
            name: name.clone(),
            base,
            gone: self.gone.iter().map(|(from, to)| (*from, *to)).collect(),
            live: self.live,
            next_age: self.next_age,
            unique: self.unique.iter().map(|one| one.member.clone()).collect(),
        }
    }

    pub(in crate::state) fn write_records(&self, name: &Name, out: &mut Writer<'_>) {
        let rows = self.by_age.iter();
        out.rows("records", rows.map(|(age, row)| (name, age, row)));
    }

    pub(in crate::state) fn write_unique(&self, name: &Name, out: &mut Writer<'_>) {
        for (at, index) in self.unique.iter().enumerate() {
            let values = index.values();
            out.rows("unique", values.map(|(value, age)| (name, at, value, age)));
        }
    }

    pub(in crate::state) fn of(shape: Shape, base: Option<Arc<Dataset>>) -> Self {
        Self {
            base,
            gone: shape.gone.into_iter().collect(),
            live: shape.live,
            next_age: shape.next_age,
            unique: shape.unique.into_iter().map(UniqueIndex::new).collect(),
            ..Self::default()
        }
    }

    pub(in crate::state) fn restore_record(&mut self, age: u64, row: Row) {
        self.by_key.insert(row.0.clone(), age);
        self.by_age.insert(age, row);
    }

    /// Whether there is such a member.
    pub(in crate::state) fn restore_unique(
        &mut self,
        at: usize,
        value: Arc<str>,
        age: u64,
    ) -> bool {
        let index = self.unique.get_mut(at);
        index.map(|index| index.restore(value, age)).is_some()
    }
}
