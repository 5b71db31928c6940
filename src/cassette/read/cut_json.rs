//! Cuts a JSON document into the items of its list of entries, as its bytes come in. It finds where
//! an item ends and no more: what is wrong within one, its reader says.

use super::{Cutter, Piece, Shape};

/// The longest name of a member that is looked at.
const NAME_BYTES_MAX: usize = 32;

#[derive(Default)]
pub(super) struct CutJson {
    /// The document without the items.
    skeleton: super::Skeleton,
    item: Option<Piece>,
    shape: Option<Shape>,
    in_list: bool,
    /// Whether an item must follow: after a comma.
    awaits_item: bool,
    depth: usize,
    /// How deep the list itself stands.
    list_depth: usize,
    in_text: bool,
    escaped: bool,
    /// The last text that was read.
    text: Vec<u8>,
    /// The names of the members that are open, of the first two levels.
    names: [Vec<u8>; 2],
    at: super::Position,
}

impl Cutter for CutJson {
    fn feed(&mut self, bytes: &[u8], pieces: &mut Vec<Piece>) {
        for byte in bytes {
            match self.in_list {
                true => self.take_in_list(*byte, pieces),
                false => self.take(*byte),
            }
            self.at.pass(*byte);
        }
    }

    fn open_bytes(&self) -> usize {
        let item = self.item.as_ref().map_or(0, |item| item.text.len());
        item.max(self.skeleton.text.len())
    }

    fn position(&self) -> super::Position {
        self.item.as_ref().map(|item| item.at).unwrap_or_default()
    }

    fn shape(&self) -> Option<Shape> {
        self.shape
    }

    fn finish(mut self: Box<Self>, pieces: &mut Vec<Piece>) -> super::Skeleton {
        pieces.extend(self.item.take());
        if self.in_list {
            // Where the file ends is where something is missing.
            self.skeleton.resume(self.at);
        }
        self.skeleton
    }
}

impl CutJson {
    /// Takes a byte outside the list.
    fn take(&mut self, byte: u8) {
        self.skeleton.text.push(byte);
        if self.in_text {
            self.take_of_text(byte);
            return;
        }
        match byte {
            b'"' => {
                self.in_text = true;
                self.text.clear();
            }
            b':' if (1..=2).contains(&self.depth) => {
                self.names[self.depth - 1] = std::mem::take(&mut self.text);
            }
            b'[' if self.shape.is_none() && self.begins_list() => {
                self.in_list = true;
                self.list_depth = std::mem::take(&mut self.depth);
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn take_of_text(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_text = false,
            _ if self.text.len() < NAME_BYTES_MAX => self.text.push(byte),
            _ => {}
        }
    }

    fn begins_list(&mut self) -> bool {
        let names = (self.names[0].as_slice(), self.names[1].as_slice());
        self.shape = match (self.depth, names) {
            (1, (name, _)) => Shape::named(name),
            (2, (b"log", b"entries")) => Some(Shape::Log),
            _ => None,
        };
        self.shape.is_some()
    }

    fn take_in_list(&mut self, byte: u8, pieces: &mut Vec<Piece>) {
        let Some(item) = &mut self.item else {
            self.begin_item(byte);
            return;
        };
        if self.in_text {
            item.text.push(byte);
            self.take_of_text(byte);
            return;
        }
        match byte {
            b',' | b']' if self.depth == 0 => {
                pieces.extend(self.item.take());
                self.awaits_item = byte == b',';
                if byte == b']' {
                    self.end_list();
                }
                return;
            }
            b'"' => {
                self.in_text = true;
                self.text.clear();
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        item.text.push(byte);
    }

    /// Takes a byte between two items.
    fn begin_item(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => return,
            b']' if !self.awaits_item => {
                self.end_list();
                return;
            }
            b'"' => {
                self.in_text = true;
                self.text.clear();
            }
            b'{' | b'[' => self.depth += 1,
            _ => {}
        }
        // A stray bracket or comma becomes an item: its reader says what is wrong with it.
        self.item = Some(Piece {
            text: vec![byte],
            at: self.at,
        });
    }

    fn end_list(&mut self) {
        self.in_list = false;
        self.depth = self.list_depth;
        self.skeleton.resume(self.at);
        self.skeleton.text.push(b']');
    }
}
