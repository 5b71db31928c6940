//! Reads cassettes of every format, entry by entry, as their bytes come in: what is not an entry yet
//! is never more than the bounds allow, however large a file is.
//!
//! A file is cut into its entries first (`cut_json`, `cut_yaml`), and each is read by the reader of
//! definition files, so that a mistake is told with its line, what was expected and the nearest
//! name. What is left when the entries are cut out, the *skeleton*, is read last.

mod cut_json;
mod cut_yaml;
mod order;
pub(in crate::cassette) mod place;

use std::sync::Arc;

use crate::cassette::error::{Error, Kind};
use crate::cassette::format::{self, Format};
use crate::cassette::model::{Cassette, Entry};
use crate::definition::source::{Document, Source, Syntax, parse_as};
use place::{Item, Place};

/// How much of a file is cut at a time: what is cut and not read yet stays small.
const CHUNK_BYTES: usize = 64 * 1024;

/// How large a cassette may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many bytes of bodies, headers and targets it may hold together.
    pub held_bytes: usize,
    /// How many bytes of text one entry may take, and the head of the file.
    pub entry_bytes: usize,
    /// How many entries it may have.
    pub entries: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            held_bytes: 256 << 20,
            entry_bytes: 64 << 20,
            entries: 1_000_000,
        }
    }
}

/// Reads a whole text; `path` is what it is called in errors.
///
/// # Errors
/// When it is no cassette, or more than the bounds allow.
pub fn read(
    path: impl Into<Arc<str>>,
    bytes: &[u8],
    bounds: Bounds,
) -> Result<(Cassette, Format), Error> {
    let mut reader = Reader::new(path, bounds);
    reader.feed(bytes)?;
    reader.finish()
}

/// Reads a text that comes in parts.
pub struct Reader {
    path: Arc<str>,
    bounds: Bounds,
    /// What came before it was clear what it is.
    start: Vec<u8>,
    cutter: Option<(Box<dyn Cutter>, Syntax)>,
    format: Option<Format>,
    /// What the first of WireMock's mappings says of the cassette.
    head: Option<Cassette>,
    entries: Vec<Arc<Entry>>,
    /// Where each of WireMock's mappings stands in its scenario.
    steps: Vec<Option<format::wiremock::Step>>,
    held_bytes: usize,
}

impl Reader {
    /// A reader of the file that is called `path` in errors.
    pub fn new(path: impl Into<Arc<str>>, bounds: Bounds) -> Self {
        Self {
            path: path.into(),
            bounds,
            start: Vec::new(),
            cutter: None,
            format: None,
            head: None,
            entries: Vec::new(),
            steps: Vec::new(),
            held_bytes: 0,
        }
    }

    /// Takes the next part of the text.
    ///
    /// # Errors
    /// As soon as it is known that this is no cassette, or more than the bounds allow.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        bytes
            .chunks(CHUNK_BYTES)
            .try_for_each(|chunk| self.feed_chunk(chunk))
    }

    /// What was read, when the text is over.
    ///
    /// # Errors
    /// When it is no cassette, or has no end.
    pub fn finish(mut self) -> Result<(Cassette, Format), Error> {
        if self.cutter.is_none() {
            // White space alone: the reader of YAML says that there is nothing.
            self.begin(Syntax::YamlWithBinary)?;
        }
        let (cutter, syntax) = self.cutter.take().expect("it has begun");
        let mut pieces = Vec::new();
        let shape = cutter.shape();
        let skeleton = cutter.finish(&mut pieces);
        self.take_pieces(pieces, shape, syntax)?;
        let (place, text) = skeleton.text(&self.path)?;
        let document = self.parse(&place, text, syntax)?;
        let root = Item::root(&document, &place);
        let format = match self.format {
            Some(format) => format,
            None => self.take_skeleton(&root, syntax)?,
        };
        let mut cassette = match self.head.take() {
            Some(head) => head,
            None => format::read_head(format, &root)?,
        };
        cassette.entries = order::in_order(&self.entries, &self.steps);
        order::name_upstream(&mut cassette, format);
        Ok((cassette, format))
    }

    fn feed_chunk(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.cutter.is_none() {
            self.start.extend_from_slice(bytes);
            let text = self.start.strip_prefix(b"\xef\xbb\xbf");
            let text = text.unwrap_or(&self.start).trim_ascii_start();
            return match text.first() {
                Some(b'{' | b'[') => self.begin(Syntax::Json),
                Some(_) if self.start.len() > 3 => self.begin(Syntax::YamlWithBinary),
                _ => self.check_open(self.start.len(), Position::default()),
            };
        }
        self.cut(bytes)
    }

    fn begin(&mut self, syntax: Syntax) -> Result<(), Error> {
        let cutter: Box<dyn Cutter> = match syntax {
            Syntax::Json => Box::<cut_json::CutJson>::default(),
            Syntax::Yaml | Syntax::YamlWithBinary => Box::<cut_yaml::CutYaml>::default(),
        };
        self.cutter = Some((cutter, syntax));
        let start = std::mem::take(&mut self.start);
        self.cut(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start))
    }

    fn cut(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Some((cutter, syntax)) = &mut self.cutter else {
            return Ok(());
        };
        let mut pieces = Vec::new();
        cutter.feed(bytes, &mut pieces);
        let (shape, syntax) = (cutter.shape(), *syntax);
        let (open, at) = (cutter.open_bytes(), cutter.position());
        self.take_pieces(pieces, shape, syntax)?;
        self.check_open(open, at)
    }

    fn check_open(&self, open: usize, at: Position) -> Result<(), Error> {
        let most = self.bounds.entry_bytes;
        match open > most {
            true => Err(self.place(at).error_at(
                (1, 1),
                Kind::TooLarge,
                format!("what begins here is larger than {most} bytes"),
                Some("a cassette is a list of entries, each smaller than that".to_owned()),
            )),
            false => Ok(()),
        }
    }

    fn place(&self, at: Position) -> Place {
        Place {
            path: self.path.clone(),
            line: at.line,
            column: at.column,
            resumes: None,
        }
    }

    fn parse(&self, place: &Place, text: String, syntax: Syntax) -> Result<Document, Error> {
        let source = Source::new(self.path.clone(), text);
        parse_as(source, syntax).map_err(|diagnostics| place.of_diagnostics(&diagnostics))
    }

    fn take_pieces(
        &mut self,
        pieces: Vec<Piece>,
        shape: Option<Shape>,
        syntax: Syntax,
    ) -> Result<(), Error> {
        for piece in pieces {
            let place = self.place(piece.at);
            let text = utf_8(piece.text, &place)?;
            let document = self.parse(&place, text, syntax)?;
            let root = Item::root(&document, &place);
            match syntax {
                Syntax::Json => self.take_item(&root, shape, syntax)?,
                // A dash and what follows it is a list of one.
                Syntax::Yaml | Syntax::YamlWithBinary => {
                    for item in root.items()? {
                        self.take_item(&item, shape, syntax)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn take_item(
        &mut self,
        item: &Item<'_>,
        shape: Option<Shape>,
        syntax: Syntax,
    ) -> Result<(), Error> {
        let format = match self.format {
            Some(format) => format,
            None => {
                let format = Shape::format(shape, item, syntax);
                self.format = Some(format);
                format
            }
        };
        let entry = format::read_entry(format, item)?;
        if format == Format::WireMock {
            self.steps.push(format::wiremock::read_step(item)?);
            if self.entries.is_empty() {
                self.head = format::wiremock::read_head(item)?;
            }
        }
        self.held_bytes += entry.held_bytes();
        let over = match self.held_bytes > self.bounds.held_bytes {
            true => Some(format!("{} bytes", self.bounds.held_bytes)),
            false if self.entries.len() == self.bounds.entries => {
                Some(format!("{} entries", self.bounds.entries))
            }
            false => None,
        };
        if let Some(most) = over {
            let mut error = item.error(format!("the cassette holds more than {most}"));
            error.kind = Kind::TooLarge;
            return Err(error);
        }
        self.entries.push(Arc::new(entry));
        Ok(())
    }

    /// Takes the entries of a file that could not be cut, or has none.
    fn take_skeleton(&mut self, root: &Item<'_>, syntax: Syntax) -> Result<Format, Error> {
        let format = format::detect(root, syntax)?;
        let items = match format {
            Format::Har => root.required("log")?.member("entries"),
            Format::Vcr => root.member("interactions"),
            Format::WireMock if root.member("mappings").is_none() => {
                self.format = Some(format);
                self.take_item(root, None, syntax)?;
                None
            }
            Format::WireMock => root.member("mappings"),
            Format::Yaml | Format::Json | Format::Document => root.member("entries"),
        };
        self.format = Some(format);
        for item in items.map_or(Ok(Vec::new()), |items| items.items())? {
            self.take_item(&item, None, syntax)?;
        }
        Ok(format)
    }
}

/// Cuts a text into the items of its list of entries.
trait Cutter {
    /// Takes the next bytes, and adds the items that are whole.
    fn feed(&mut self, bytes: &[u8], pieces: &mut Vec<Piece>);

    /// How many bytes are held of what is not whole yet.
    fn open_bytes(&self) -> usize;

    /// Where that begins.
    fn position(&self) -> Position;

    /// Which list it is whose items are cut, as far as that is known.
    fn shape(&self) -> Option<Shape>;

    /// Adds the last item, whole or not, and gives what is left without the items.
    fn finish(self: Box<Self>, pieces: &mut Vec<Piece>) -> Skeleton;
}

/// One item of the list, as it was written.
struct Piece {
    text: Vec<u8>,
    at: Position,
}

/// A place in the file: line and column, from 1.
#[derive(Clone, Copy, Debug)]
struct Position {
    line: usize,
    column: usize,
}

impl Default for Position {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl Position {
    fn pass(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                self.line += 1;
                self.column = 1;
            }
            // The later bytes of a character count for nothing.
            0x80..=0xbf => {}
            _ => self.column += 1,
        }
    }
}

/// The text without its entries.
#[derive(Default)]
struct Skeleton {
    text: Vec<u8>,
    /// From which byte on it is what stood behind the entries, and where that stood.
    resumed: Option<(usize, Position)>,
}

impl Skeleton {
    /// What comes now stood at that place.
    fn resume(&mut self, at: Position) {
        self.resumed = Some((self.text.len(), at));
    }

    fn text(self, path: &Arc<str>) -> Result<(Place, String), Error> {
        let mut place = Place {
            path: path.clone(),
            line: 1,
            column: 1,
            resumes: None,
        };
        let resumed = self.resumed;
        let text = utf_8(self.text, &place)?;
        place.resumes = resumed.map(|(offset, at)| {
            let from = Source::new(path.clone(), text.as_str()).line_column(offset);
            (from, (at.line, at.column))
        });
        Ok((place, text))
    }
}

fn utf_8(bytes: Vec<u8>, place: &Place) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let before = error.utf8_error().valid_up_to();
        let mut at = Position::default();
        for byte in &error.as_bytes()[..before] {
            at.pass(*byte);
        }
        let at = (at.line, at.column);
        let message = "this is no text: these bytes are not UTF-8";
        place.error_at(at, Kind::Malformed, message, None)
    })
}

/// Which list of a document holds the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `entries`.
    Entries,
    /// `log.entries`.
    Log,
    /// `interactions`.
    Interactions,
    /// `mappings`.
    Mappings,
}

impl Shape {
    fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"entries" => Some(Self::Entries),
            b"interactions" => Some(Self::Interactions),
            b"mappings" => Some(Self::Mappings),
            _ => None,
        }
    }

    /// The format whose list it is, of which `item` is the first.
    fn format(shape: Option<Self>, item: &Item<'_>, syntax: Syntax) -> Format {
        match shape {
            Some(Self::Log) => Format::Har,
            Some(Self::Interactions) => Format::Vcr,
            Some(Self::Mappings) => Format::WireMock,
            Some(Self::Entries) | None => match item.value.get("request_tool") {
                Some(_) => Format::Document,
                None if syntax == Syntax::Json => Format::Json,
                None => Format::Yaml,
            },
        }
    }
}
