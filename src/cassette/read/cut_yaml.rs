//! Cuts a YAML document into the items of its list of entries, as its lines come in. An item begins
//! at a dash that stands as deep as the first one; nothing that is written within an item can.

use super::{Cutter, Piece, Position, Shape, Skeleton};

#[derive(Default)]
pub(super) struct CutYaml {
    skeleton: Skeleton,
    item: Option<Piece>,
    shape: Option<Shape>,
    part: Part,
    /// The line that is being read.
    line: Vec<u8>,
    /// Where that line begins.
    at: Position,
}

/// What part of the document is being read.
#[derive(Clone, Copy, Default, PartialEq)]
enum Part {
    #[default]
    Head,
    /// The list, whose dashes stand that deep.
    List(Option<usize>),
    Tail,
}

impl Cutter for CutYaml {
    fn feed(&mut self, bytes: &[u8], pieces: &mut Vec<Piece>) {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(line);
            if line.ends_with(b"\n") {
                self.take_line(pieces);
            }
        }
    }

    fn open_bytes(&self) -> usize {
        let item = self.item.as_ref().map_or(0, |item| item.text.len());
        item.max(self.skeleton.text.len()) + self.line.len()
    }

    fn position(&self) -> Position {
        self.item.as_ref().map_or(self.at, |item| item.at)
    }

    fn shape(&self) -> Option<Shape> {
        self.shape
    }

    fn finish(mut self: Box<Self>, pieces: &mut Vec<Piece>) -> Skeleton {
        if !self.line.is_empty() {
            self.take_line(pieces);
        }
        pieces.extend(self.item.take());
        self.skeleton
    }
}

impl CutYaml {
    fn take_line(&mut self, pieces: &mut Vec<Piece>) {
        let line = std::mem::take(&mut self.line);
        match self.part {
            Part::Head => {
                self.shape = self.shape.or_else(|| begins_list(&line));
                if self.shape.is_some() {
                    self.part = Part::List(None);
                }
                self.skeleton.text.extend_from_slice(&line);
            }
            Part::List(depth) => self.take_line_of_list(&line, depth, pieces),
            Part::Tail => self.skeleton.text.extend_from_slice(&line),
        }
        self.at.line += 1;
    }

    fn take_line_of_list(&mut self, line: &[u8], depth: Option<usize>, pieces: &mut Vec<Piece>) {
        let spaces = line.iter().take_while(|byte| **byte == b' ').count();
        let rest = line[spaces..].trim_ascii_end();
        let is_dash = rest == b"-" || rest.starts_with(b"- ");
        let is_silent = rest.is_empty() || rest.starts_with(b"#");
        if is_dash && depth.is_none_or(|depth| depth == spaces) {
            self.part = Part::List(Some(spaces));
            pieces.extend(self.item.take());
            self.item = Some(Piece {
                text: line.to_vec(),
                at: self.at,
            });
        } else if let Some(item) = &mut self.item
            && (is_silent || spaces > 0)
        {
            item.text.extend_from_slice(line);
        } else if !is_silent {
            pieces.extend(self.item.take());
            self.part = Part::Tail;
            self.skeleton.resume(self.at);
            self.skeleton.text.extend_from_slice(line);
        }
    }
}

/// Whether a line is the key of the list, and nothing else.
fn begins_list(line: &[u8]) -> Option<Shape> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, rest) = (line[..colon].trim_ascii_end(), &line[colon + 1..]);
    let is_bare = match rest.trim_ascii() {
        [] => true,
        [b'#', ..] => rest.first().is_some_and(u8::is_ascii_whitespace),
        _ => false,
    };
    is_bare.then(|| Shape::named(name)).flatten()
}
