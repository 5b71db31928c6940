//! Shelves of an index, read as one.

/// So many shelves are held without an allocation: most calls find no more.
const INLINE: usize = 6;

/// Positions on several shelves, ascending: each shelf is ascending already.
#[derive(Default)]
pub(super) struct Shelves<'a> {
    inline: [&'a [usize]; INLINE],
    used: usize,
    more: Vec<&'a [usize]>,
}

impl<'a> Shelves<'a> {
    /// Adds a shelf, if there is one.
    pub(super) fn add(&mut self, shelf: Option<&'a Vec<usize>>) {
        self.extend(shelf.map(Vec::as_slice));
    }

    /// Adds the positions of a shelf, if there are any.
    pub(super) fn extend(&mut self, shelf: Option<&'a [usize]>) {
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
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
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
