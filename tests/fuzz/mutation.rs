//! Bends inputs at random: the same seed and number give the same input.

/// The longest input: what is longer is a matter of bounds, which other tests look at.
const INPUT_BYTES_MAX: usize = 16 * 1024;

/// What the readers have eyes for.
const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{#each ",
    "{{/each}}",
    "{{#if ",
    "(",
    ")",
    "'",
    "\"",
    "\\",
    "\\u0000",
    "\n---\n",
    "\n",
    "  ",
    "\t",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "<<: ",
    "!!binary ",
    "|\n",
    ">-\n",
    "#",
    "null",
    "true",
    "~",
    "-",
    "0",
    "-1",
    "1e999",
    "9223372036854775808",
    "0.1",
    "1.00",
    "NaN",
    "\u{feff}",
    "\u{0}",
    "é",
    "\u{202e}",
    "😀",
    "%00",
    "%",
    "/",
    "..",
    "?",
    "&",
    "=",
    ";",
    "$",
    "$..*",
    "$[?(@.a)]",
    "(a+)+$",
    "(?=a)",
    ".*",
    "\\b",
    "P1Y",
    "2026-01-01T00:00:00Z",
    "now",
    "request.body",
    "input.name",
    "jsonPath ",
    "money('1.00')",
    "equalToJson",
    "matches",
    "bodyPatterns",
    "request:",
    "response:",
    "tools:",
    "pack: x",
    "doors:",
    "entries:",
    "\"log\":",
];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `bound`; 0, if that is 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or_default()
    }

    fn place(&mut self, bytes: &[u8]) -> usize {
        self.below(bytes.len() + 1)
    }

    /// A short range within.
    fn range(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let start = self.place(bytes);
        let length = 1 << self.below(8);
        start..(start + self.below(length + 1)).min(bytes.len())
    }
}

/// The input `nth` of those with this seed: first all that is committed, as it is.
pub(crate) fn bent(corpus: &[Vec<u8>], seed: u64, nth: u64) -> Vec<u8> {
    let whole = usize::try_from(nth).ok().and_then(|nth| corpus.get(nth));
    if let Some(whole) = whole {
        return whole.clone();
    }
    let mut dice = Dice(seed.rotate_left(32) ^ nth);
    dice.next();
    let mut bytes = corpus[dice.below(corpus.len())].clone();
    for _ in 0..=dice.below(6) {
        bend(&mut bytes, corpus, &mut dice);
    }
    bytes.truncate(INPUT_BYTES_MAX);
    bytes
}

fn bend(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.place(bytes);
    let range = dice.range(bytes);
    match dice.below(9) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = b' ' + u8::try_from(dice.below(95)).unwrap_or_default();
            }
        }
        2 => drop(bytes.drain(range)),
        3 => {
            let copy = bytes[range].to_vec();
            bytes.splice(at..at, copy);
        }
        4 => {
            // Nested deeply.
            let copy = bytes[range].repeat(1 + dice.below(64));
            bytes.splice(at..at, copy);
        }
        5 => {
            let other = &corpus[dice.below(corpus.len())];
            let part = other[dice.range(other)].to_vec();
            bytes.splice(range, part);
        }
        6 => bytes.truncate(at),
        7 => {
            let word = WORDS[dice.below(WORDS.len())];
            bytes.splice(range, word.bytes());
        }
        _ => {
            let word = WORDS[dice.below(WORDS.len())];
            bytes.splice(at..at, word.bytes());
        }
    }
}
