//! A keyed permutation: numbers below a size are mapped to each other, and back, without a table.
//!
//! A balanced Feistel network over the next even number of bits; a value that lands outside the size
//! is mapped again until it is inside (cycle walking), which takes fewer than four turns on average.

use crate::domain::chance::Chance;

/// How often the halves are mixed.
const ROUNDS: u32 = 6;

/// A permutation of the numbers below a size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permutation {
    seed: u64,
    size: u64,
    half_bits: u32,
}

impl Permutation {
    /// The permutation of the numbers below `size` (at most 2^62) that belongs to a seed.
    pub(super) fn new(seed: u64, size: u64) -> Self {
        let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
        Self {
            seed,
            size,
            half_bits: bits.div_ceil(2).clamp(1, 31),
        }
    }

    /// Where a number below the size goes.
    pub(super) fn forward(&self, number: u64) -> u64 {
        self.walk(number, |number| {
            (0..ROUNDS).fold(number, |number, round| {
                let (left, right) = self.halves(number);
                self.joined(right, left ^ self.mixed(right, round))
            })
        })
    }

    /// Where a number below the size came from.
    pub(super) fn backward(&self, number: u64) -> u64 {
        self.walk(number, |number| {
            (0..ROUNDS).rev().fold(number, |number, round| {
                let (left, right) = self.halves(number);
                self.joined(right ^ self.mixed(left, round), left)
            })
        })
    }

    /// A number outside the size stays as it is: walking from there might never come in.
    fn walk(&self, mut number: u64, step: impl Fn(u64) -> u64) -> u64 {
        if number >= self.size {
            return number;
        }
        loop {
            number = step(number);
            if number < self.size {
                return number;
            }
        }
    }

    fn mask(&self) -> u64 {
        (1 << self.half_bits) - 1
    }

    fn halves(&self, number: u64) -> (u64, u64) {
        (
            (number >> self.half_bits) & self.mask(),
            number & self.mask(),
        )
    }

    fn joined(&self, left: u64, right: u64) -> u64 {
        (left << self.half_bits) | right
    }

    fn mixed(&self, half: u64, round: u32) -> u64 {
        Chance::new(self.seed, "permutation", half).draw("round", round) & self.mask()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_number_is_hit_once() {
        for size in [1, 2, 3, 10, 256, 1_000, 4_097] {
            let permutation = Permutation::new(7, size);
            let hit: BTreeSet<u64> = (0..size).map(|n| permutation.forward(n)).collect();
            assert_eq!(hit.len() as u64, size);
            assert!(hit.iter().all(|number| *number < size));
        }
        let moved = (0..1_000).filter(|n| Permutation::new(7, 1_000).forward(*n) != *n);
        assert!(moved.count() > 900);
    }

    proptest! {
        #[test]
        fn the_way_back_leads_back(seed: u64, size in 1_u64..=1 << 62, number: u64) {
            let permutation = Permutation::new(seed, size);
            let number = number % size;
            let there = permutation.forward(number);
            prop_assert!(there < size);
            prop_assert_eq!(permutation.backward(there), number);
        }
    }
}
