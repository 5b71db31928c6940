//! Shelves of an index, read as one.

use super::{Rank, Shelf};

/// So many shelves are held without an allocation: most calls find no more.
const INLINE: usize = 6;

/// What stands on several shelves, ascending: each shelf is ascending already.
#[derive(Default)]
pub(super) struct Shelves<'a> {
    inline: [&'a [Rank]; INLINE],
    used: usize,
    more: Vec<&'a [Rank]>,
}

impl<'a> Shelves<'a> {
    /// Adds a shelf, if there is one.
    pub(super) fn add(&mut self, shelf: Option<&'a Shelf>) {
        self.extend(shelf.map(Vec::as_slice));
    }

    /// Adds what stands on a shelf, if anything does.
    pub(super) fn extend(&mut self, shelf: Option<&'a [Rank]>) {
        let Some(shelf) = shelf.filter(|shelf| !shelf.is_empty()) else {
            return;
        };
        match self.inline.get_mut(self.used) {
            Some(place) => {
                *place = shelf;
                self.used += 1;
            }
            None => self.more.push(shelf),
        }
    }
}

impl Iterator for Shelves<'_> {
    type Item = Rank;

    fn next(&mut self) -> Option<Rank> {
        let inline = self.inline[..self.used].iter_mut();
        let shelf = inline
            .chain(&mut self.more)
            .filter(|shelf| !shelf.is_empty())
            .min_by_key(|shelf| shelf[0])?;
        let (at, rest) = shelf.split_first()?;
        *shelf = rest;
        Some(*at)
    }
}
