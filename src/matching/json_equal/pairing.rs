//! Which expected element goes with which actual one, when order does not matter. An element can
//! match several others (a placeholder, extra elements), so the pairs are a maximum bipartite
//! matching, found by augmenting paths over sets of bits: never factorial.

use std::collections::VecDeque;

/// Completes `paired` (for each row the column that it already has) to a largest possible pairing.
/// `fits` is asked at most once for each row and column, and only for rows that need it.
pub(super) fn complete(
    mut paired: Vec<Option<usize>>,
    columns: usize,
    fits: impl Fn(usize, usize) -> bool,
) -> Vec<Option<usize>> {
    let mut owners = vec![None; columns];
    for (row, column) in paired.iter().enumerate() {
        if let Some(column) = *column {
            owners[column] = Some(row);
        }
    }
    let mut edges: Vec<Option<Bits>> = vec![None; paired.len()];
    for row in 0..paired.len() {
        if paired[row].is_some() {
            continue;
        }
        let search = search_free_column(row, columns, &owners, |row| {
            edges[row]
                .get_or_insert_with(|| Bits::of(columns, |column| fits(row, column)))
                .clone()
        });
        if let Some((free, found_by)) = search {
            hand_over(free, &found_by, &mut paired, &mut owners);
        }
    }
    paired
}

/// Walks breadth first from a row, over the columns that fit to the rows that own them, to a column
/// without an owner. Returns it, and for each visited column the row that came by.
fn search_free_column(
    start: usize,
    columns: usize,
    owners: &[Option<usize>],
    mut edges: impl FnMut(usize) -> Bits,
) -> Option<(usize, Vec<usize>)> {
    let mut unseen = Bits::of(columns, |_| true);
    let mut found_by = vec![start; columns];
    let mut queue = VecDeque::from([start]);
    while let Some(row) = queue.pop_front() {
        for column in edges(row).common(&unseen) {
            unseen.remove(column);
            found_by[column] = row;
            match owners[column] {
                None => return Some((column, found_by)),
                Some(owner) => queue.push_back(owner),
            }
        }
    }
    None
}

/// Gives the free column to the row that found it, that row's former column to the row that found
/// that, and so on back to the row without one.
fn hand_over(
    free: usize,
    found_by: &[usize],
    paired: &mut [Option<usize>],
    owners: &mut [Option<usize>],
) {
    let mut next = Some(free);
    while let Some(column) = next {
        let row = found_by[column];
        owners[column] = Some(row);
        next = paired[row].replace(column);
    }
}

#[derive(Clone)]
struct Bits(Vec<u64>);

impl Bits {
    fn of(length: usize, is_set: impl Fn(usize) -> bool) -> Self {
        let mut words = vec![0; length.div_ceil(64)];
        for index in (0..length).filter(|index| is_set(*index)) {
            words[index / 64] |= 1 << (index % 64);
        }
        Self(words)
    }

    fn remove(&mut self, index: usize) {
        self.0[index / 64] &= !(1 << (index % 64));
    }

    fn common(&self, other: &Self) -> Vec<usize> {
        let mut indices = Vec::new();
        for (word, (left, right)) in self.0.iter().zip(&other.0).enumerate() {
            let mut bits = left & right;
            while bits != 0 {
                indices.push(word * 64 + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
        }
        indices
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::complete;

    /// The size of the largest pairing, by trying every column for every row.
    fn largest(fits: &[Vec<bool>], row: usize, used: u32) -> usize {
        let Some(columns) = fits.get(row) else {
            return 0;
        };
        let without = largest(fits, row + 1, used);
        let with = (0..columns.len())
            .filter(|column| columns[*column] && used & (1 << column) == 0)
            .map(|column| 1 + largest(fits, row + 1, used | (1 << column)));
        with.fold(without, usize::max)
    }

    fn check(fits: &[Vec<bool>], columns: usize, start: Vec<Option<usize>>) {
        let paired = complete(start, columns, |row, column| fits[row][column]);
        let mut used = vec![false; columns];
        for (row, column) in paired.iter().enumerate() {
            if let Some(column) = *column {
                assert!(fits[row][column], "{fits:?}: {paired:?}");
                assert!(!used[column], "{fits:?}: {paired:?}");
                used[column] = true;
            }
        }
        let pairs = paired.iter().flatten().count();
        assert_eq!(pairs, largest(fits, 0, 0), "{fits:?}: {paired:?}");
    }

    #[test]
    fn a_long_chain_is_handed_over() {
        // Each row fits its own column and the next; a first pairing took the next one each time.
        let size = 200;
        let asked = Cell::new(0);
        let start = (0..size).map(|row| (row + 1 < size).then_some(row + 1));
        let paired = complete(start.collect(), size, |row, column| {
            asked.set(asked.get() + 1);
            column == row || column == row + 1
        });
        assert_eq!(paired, (0..size).map(Some).collect::<Vec<_>>());
        assert!(asked.get() <= size * size);
    }

    proptest! {
        #[test]
        fn no_pairing_is_larger(
            fits in (0_usize..6).prop_flat_map(|columns| {
                prop::collection::vec(prop::collection::vec(any::<bool>(), columns), 0..6)
            })
        ) {
            let columns = fits.first().map_or(0, Vec::len);
            check(&fits, columns, vec![None; fits.len()]);
            // Also from a bad start: the first row has the last column that it fits.
            if let Some(last) = fits.first().and_then(|row| row.iter().rposition(|fits| *fits)) {
                let mut start = vec![None; fits.len()];
                start[0] = Some(last);
                check(&fits, columns, start);
            }
        }
    }
}
