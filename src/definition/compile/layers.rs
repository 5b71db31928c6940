//! Layers: what a block says itself goes before what its profile says, and that before what that
//! profile builds on.

use indexmap::IndexMap;

use super::report::{Place, Report};
use crate::definition::model::{Auth, Batch, Cause, Idempotency, Pagination, RateLimit};

/// How many profiles may build on each other.
const LAYERS_MAX: usize = 8;

/// A block that may name a profile.
pub(super) trait Profiled {
    /// The profile that it builds on.
    fn profile(&self) -> Option<&str>;

    /// How it refuses.
    fn refusals(&self) -> &IndexMap<String, Cause>;
}

macro_rules! profiled {
    ($($model:ty),*) => {
        $(impl Profiled for $model {
            fn profile(&self) -> Option<&str> {
                self.profile.as_deref()
            }

            fn refusals(&self) -> &IndexMap<String, Cause> {
                &self.refusals
            }
        })*
    };
}

profiled!(Auth, Batch, Idempotency, Pagination, RateLimit);

/// The profiles of one kind that a pack may name: its own first, then the shared ones.
pub(super) type Known<'a, T> = IndexMap<&'a str, (&'a T, Place)>;

/// A block, and the profiles that it builds on, the nearest first.
#[derive(Debug)]
pub(super) struct Layers<'a, T> {
    layers: Vec<(&'a T, Place)>,
}

impl<'a, T: Profiled> Layers<'a, T> {
    /// Follows the profiles that a block builds on. `kind` is what the profiles are called in a
    /// message.
    pub(super) fn of(
        block: &'a T,
        place: &Place,
        kind: &str,
        known: &Known<'a, T>,
        report: &mut Report,
    ) -> Option<Self> {
        let mut layers = vec![(block, place.clone())];
        while let Some((last, place)) = layers.last()
            && let Some(name) = last.profile()
        {
            // A block that is nothing but a name stands where the name stands.
            let place = match place.json().is_string() {
                true => place.clone(),
                false => place.at("profile"),
            };
            let Some((next, at)) = known.get(name) else {
                let names = known.keys().copied();
                report.unknown(&place, &format!("{kind} profile"), name, names);
                return None;
            };
            if layers.len() == LAYERS_MAX {
                report.error(
                    &place,
                    format!("more than {LAYERS_MAX} profiles build on each other"),
                    "perhaps in a circle",
                );
                return None;
            }
            layers.push((next, at.clone()));
        }
        Some(Self { layers })
    }

    /// A block alone, without the profiles that it may name.
    pub(super) fn alone(block: &'a T, place: &Place) -> Self {
        Self {
            layers: vec![(block, place.clone())],
        }
    }

    /// All that the layers say of something, the nearest first.
    pub(super) fn all<V: 'a>(
        &self,
        get: impl Fn(&'a T) -> Option<&'a V>,
    ) -> impl Iterator<Item = &'a V> {
        self.layers.iter().filter_map(move |(layer, _)| get(layer))
    }

    /// These layers before all of `others`.
    pub(super) fn over(mut self, others: &Self) -> Self {
        self.layers.extend(others.layers.iter().cloned());
        self
    }

    /// The layers before the first of which something holds.
    pub(super) fn before(&self, holds: impl Fn(&'a T) -> bool) -> Self {
        let nearer = self.layers.iter().take_while(|(layer, _)| !holds(layer));
        Self {
            layers: nearer.cloned().collect(),
        }
    }

    /// The nearest layer that says something of this, and where it stands.
    pub(super) fn find<V: ?Sized>(
        &self,
        key: &str,
        get: impl Fn(&'a T) -> Option<&'a V>,
    ) -> Option<(&'a V, Place)> {
        let mut layers = self.layers.iter();
        layers.find_map(|(layer, place)| Some((get(layer)?, place.at(key))))
    }

    /// All entries of a table, the nearest of each name.
    pub(super) fn table<V>(
        &self,
        key: &str,
        get: impl Fn(&'a T) -> &'a IndexMap<String, V>,
    ) -> IndexMap<&'a str, (&'a V, Place)> {
        let mut table = IndexMap::new();
        for (layer, place) in self.layers.iter().rev() {
            for (name, value) in get(layer) {
                table.insert(name.as_str(), (value, place.at(key).at(name)));
            }
        }
        table
    }

    /// The name of the profile that the block names.
    pub(super) fn profile(&self) -> Option<&'a str> {
        self.layers.first().and_then(|(block, _)| block.profile())
    }

    /// How it refuses, by cause.
    pub(super) fn refusals(&self) -> IndexMap<&'a str, (&'a Cause, Place)> {
        self.table("refusals", |layer| layer.refusals())
    }
}
