//! The first so many of many, without holding all of them.

use std::cmp::Ordering;

use crate::behaviours::Refusal;
use crate::domain::order::SortValue;

/// The most places that are held at once: what is asked for beyond them takes another pass.
const HELD_MAX: usize = 100_000;

/// Where a row stands: by what it is sorted, and its age, which decides among equals.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) ranks: Vec<SortValue>,
    pub(super) age: u64,
}

/// The nearest ones behind a place, of what is offered.
pub(super) struct Nearest<'o, T> {
    held: Vec<(Place, T)>,
    room: usize,
    from: Option<&'o Place>,
    /// The last one that there is room for, once there have been enough.
    last: Option<Place>,
    order: &'o dyn Fn(&Place, &Place) -> Ordering,
}

impl<'o, T> Nearest<'o, T> {
    fn new(
        room: usize,
        from: Option<&'o Place>,
        order: &'o dyn Fn(&Place, &Place) -> Ordering,
    ) -> Self {
        Self {
            held: Vec::new(),
            room,
            from,
            last: None,
            order,
        }
    }

    /// Whether this place may be among them: cheaper to ask than to find what stands there.
    pub(super) fn wants(&self, place: &Place) -> bool {
        let behind = |from: &Place| (self.order)(place, from).is_gt();
        let before = |last: &Place| (self.order)(place, last).is_lt();
        self.from.is_none_or(behind) && self.last.as_ref().is_none_or(before)
    }

    /// Takes what stands at a place that it wants.
    pub(super) fn take(&mut self, place: Place, row: T) {
        self.held.push((place, row));
        // Twice the room is held, so that a row costs the same however many there is room for.
        if self.held.len() >= self.room * 2 {
            let order = self.order;
            self.held
                .select_nth_unstable_by(self.room - 1, |(one, _), (other, _)| order(one, other));
            self.held.truncate(self.room);
            self.last = self.held.last().map(|(place, _)| place.clone());
        }
    }

    fn into_sorted(mut self) -> Vec<(Place, T)> {
        self.held
            .sort_by(|(one, _), (other, _)| (self.order)(one, other));
        self.held.truncate(self.room);
        self.held
    }
}

/// All rows behind a place in their order, of which as many are held at once as are expected to be
/// wanted. `offer` goes over all rows.
pub(super) fn in_order<'l, T: 'l>(
    expected: u64,
    from: Option<Place>,
    order: impl Fn(&Place, &Place) -> Ordering + 'l,
    offer: impl Fn(&mut Nearest<'_, T>) -> Result<(), Refusal> + 'l,
) -> impl Iterator<Item = Result<T, Refusal>> + 'l {
    let room = usize::try_from(expected).unwrap_or(HELD_MAX);
    let room = room.clamp(1, HELD_MAX);
    let mut from = from;
    let mut over = false;
    let mut held = Vec::new().into_iter();
    std::iter::from_fn(move || {
        if held.as_slice().is_empty() && !over {
            let mut nearest = Nearest::new(room, from.as_ref(), &order);
            if let Err(refusal) = offer(&mut nearest) {
                over = true;
                return Some(Err(refusal));
            }
            let sorted = nearest.into_sorted();
            over = sorted.len() < room;
            from = sorted
                .last()
                .map(|(place, _)| place.clone())
                .or(from.take());
            held = sorted.into_iter();
        }
        held.next().map(|(_, row)| Ok(row))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(age: u64) -> Place {
        Place {
            ranks: Vec::new(),
            age,
        }
    }

    #[test]
    fn no_more_is_held_than_twice_the_room() {
        let order = |one: &Place, other: &Place| one.age.cmp(&other.age);
        let mut nearest = Nearest::new(3, None, &order);
        for age in (0..1_000).rev() {
            assert!(nearest.wants(&place(age)));
            nearest.take(place(age), age);
            assert!(nearest.held.len() < 6);
        }
        assert!(!nearest.wants(&place(4)), "there is no room behind it");
        let rows = nearest.into_sorted().into_iter().map(|(_, row)| row);
        assert_eq!(rows.collect::<Vec<_>>(), [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn however_many_are_held_all_come_in_order(
            ages in prop::collection::btree_set(0..200_u64, 0..60),
            from in prop::option::of(0..200_u64),
            expected in 0..70_u64,
            backward: bool,
        ) {
            let order = |one: &Place, other: &Place| match backward {
                false => one.age.cmp(&other.age),
                true => other.age.cmp(&one.age),
            };
            let offer = |nearest: &mut Nearest<'_, u64>| {
                // Not in their order.
                let mut offered: Vec<u64> = ages.iter().copied().collect();
                offered.sort_by_key(|age| age * 37 % 101);
                for age in offered {
                    if nearest.wants(&place(age)) {
                        nearest.take(place(age), age);
                    }
                }
                Ok(())
            };
            let found: Result<Vec<u64>, Refusal> =
                in_order(expected, from.map(place), order, offer).collect();
            let mut wanted: Vec<u64> = ages.iter().copied().collect();
            if backward {
                wanted.reverse();
            }
            wanted.retain(|age| from.is_none_or(|from| order(&place(*age), &place(from)).is_gt()));
            prop_assert_eq!(found.expect("rows"), wanted);
        }
    }
}
