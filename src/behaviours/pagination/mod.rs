//! Pagination: a list that comes in pages.
//!
//! Where a page begins is told in one of two ways. *By a row* (keyset): the place behind the last row
//! that was given, which stays where it is whatever is made or dropped meanwhile; so no row is seen
//! twice, and none that was there all along is missed. *By a number* (offset): so many rows from the
//! beginning, which is somebody else's place once a row before it comes or goes. Real APIs have both,
//! and so has this: keys and keyset tokens are of the first kind, offsets, page numbers and offset
//! tokens of the second.

mod link;
mod listing;
mod parameter;
mod quirks;
mod request;
mod select;
#[cfg(test)]
mod tests;
mod token;
mod told;
mod window;

use serde_json::{Map, Value};

use super::{Refusal, View};
use crate::definition::compiled::{PageSpec, PositionSpec};
use crate::definition::model::{PositionKind, Relation, Semantics, Total};
use crate::domain::call::Call;
use crate::domain::name::Name;
use crate::domain::quirk::Quirk;
use link::Links;
use listing::{Listing, Spot};
use request::{Asked, At};
use token::Position;
use window::{Cut, Place, Window};

pub use quirks::{Chosen, add, choose, stir};
pub use request::given_names;

/// Whose call it is that wants a page.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The call.
    pub call: &'a Call,
    /// The tool, or the stub.
    pub tool: &'a Name,
    /// The names of what it gave, without the variables of its path.
    pub given: &'a [String],
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// What templates see as `page`.
    pub facts: Map<String, Value>,
    /// The value of the `Link` header, if there is any.
    pub link: Option<String>,
    /// Why it is as it is, for the trace.
    pub why: Value,
}

/// What holds for this call: the pagination, or the one that holds otherwise.
#[must_use]
pub fn holding<'a>(view: &View<'_>, spec: &'a PageSpec) -> &'a PageSpec {
    let Some((unless, other)) = &spec.otherwise else {
        return spec;
    };
    let input = view.variables.get("input");
    let given = input.and_then(|input| input.get(unless)).is_some();
    if given { spec } else { other }
}

/// Makes a page.
///
/// # Errors
/// As the profile refuses what it does not take, and when an expression or a template fails.
pub fn page(
    view: &View<'_>,
    spec: &PageSpec,
    subject: &Subject<'_>,
    quirk: &Quirk,
) -> Result<Page, Refusal> {
    let asked = request::read(view, spec, subject, quirk)?;
    let mut variables = view.variables.clone();
    variables.insert("input".into(), Value::Object(asked.input.clone()));
    let view = View {
        variables: &variables,
        ..*view
    };
    let listing = Listing::new(view, spec).map_err(|refusal| refusal.shaped(&spec.refusals))?;
    let making = Making {
        view: &view,
        spec,
        subject,
        quirk,
        asked: &asked,
        listing: &listing,
    };
    making.page()
}

/// The number of the page that a call asks for, where a quirk wants to know: 1, if it cannot be told.
///
/// # Errors
/// As [`page`].
pub fn number(view: &View<'_>, spec: &PageSpec, subject: &Subject<'_>) -> Result<u64, Refusal> {
    let asked = request::read(view, spec, subject, &Quirk::default())?;
    let mut variables = view.variables.clone();
    variables.insert("input".into(), Value::Object(asked.input.clone()));
    let view = View {
        variables: &variables,
        ..*view
    };
    let size = asked.size.max(1);
    Ok(match asked.after.as_ref().or(asked.before.as_ref()) {
        None => 1,
        Some(At::Token(token)) => token.number,
        Some(At::Page(page)) => *page,
        Some(At::Rows(rows)) => rows / size + 1,
        Some(At::Key(key)) => {
            let listing = Listing::new(view, spec)?;
            match listing.spot_of(key)? {
                Some(spot) => listing.up_to(&spot)?.div_ceil(size) + 1,
                None => 1,
            }
        }
    })
}

/// What a page is made with.
pub(super) struct Making<'m, 'v> {
    view: &'m View<'v>,
    spec: &'m PageSpec,
    subject: &'m Subject<'m>,
    quirk: &'m Quirk,
    asked: &'m Asked,
    listing: &'m Listing<'v>,
}

impl Making<'_, '_> {
    fn page(&self) -> Result<Page, Refusal> {
        let (asked, spec) = (self.asked, self.spec);
        let size = asked.most.map_or(asked.size, |most| asked.size.min(most));
        let after = self.place(asked.after.as_ref(), spec.after.as_ref(), asked.size)?;
        let before = self.place(asked.before.as_ref(), spec.before.as_ref(), asked.size)?;
        let by_rows = self.by_rows(after.as_ref(), before.as_ref());
        let backward = match asked.last {
            Some(_) => asked.requested.is_none(),
            None => before.is_some() && after.is_none(),
        };
        let window = Window {
            size: match (backward, asked.last) {
                (true, Some(last)) => last,
                _ => size,
            },
            last: asked.last.filter(|_| !backward),
            skip: asked.skip,
            after,
            before,
            backward,
        };
        self.check_depth(&window, by_rows)?;
        let mut cut = window::cut(self.listing, spec, &window, by_rows, self.quirk)?;
        let count = u64::try_from(cut.rows.len()).unwrap_or(u64::MAX);
        let left = asked.most.map(|most| most.saturating_sub(count));
        if left == Some(0) {
            (cut.more, cut.has_next) = (false, false);
        }
        let mut number = self.number(&window, &cut);
        let wants_total = spec.total != Total::None
            || spec
                .shape
                .link
                .iter()
                .any(|(one, _)| *one == Relation::Last);
        let total = wants_total.then(|| self.listing.total()).transpose()?;
        if self.quirk.turns && !cut.more && !window.backward {
            self.turn(&mut cut, &window, by_rows)?;
            number = 1;
        }
        told::told(self, &window, &cut, number, total, left)
    }

    /// Goes on as behind the first page.
    fn turn(&self, cut: &mut Cut, window: &Window, by_rows: bool) -> Result<(), Refusal> {
        let first = Window {
            after: None,
            before: None,
            size: window.size,
            last: None,
            backward: false,
            skip: 0,
        };
        let first = window::cut(self.listing, self.spec, &first, by_rows, &Quirk::default())?;
        cut.next = first.next;
        (cut.more, cut.has_next) = (true, true);
        Ok(())
    }

    fn place(
        &self,
        at: Option<&At>,
        spec: Option<&PositionSpec>,
        size: u64,
    ) -> Result<Option<Place>, Refusal> {
        let Some(at) = at else {
            return Ok(None);
        };
        let name = spec.and_then(|spec| spec.parameter.as_deref());
        let bad = |value: Value, reason: &str| {
            parameter::bad_position(
                self.view,
                self.spec,
                name.unwrap_or("cursor"),
                &value,
                reason,
            )
        };
        Ok(Some(match at {
            At::Rows(rows) => Place::Rows(*rows),
            At::Page(page) => Place::Rows((page - 1).saturating_mul(size)),
            At::Key(key) => match self.listing.spot_of(key)? {
                Some(spot) => Place::Spot(spot),
                None => return Err(bad(key.as_str().into(), "gone")),
            },
            At::Token(token) => match &token.position {
                Position::Start => Place::Start,
                Position::Rows(rows) => Place::Rows(*rows),
                Position::Behind(values, age) => {
                    // The pack may be another one since: then it says another order.
                    if values.len() != self.listing.width() {
                        return Err(bad(Value::Null, "bound"));
                    }
                    Place::Spot(Spot {
                        values: values.clone(),
                        age: *age,
                    })
                }
            },
        }))
    }

    fn by_rows(&self, after: Option<&Place>, before: Option<&Place>) -> bool {
        match after.or(before) {
            Some(Place::Rows(_)) => true,
            Some(Place::Spot(_)) => false,
            Some(Place::Start) | None => {
                let kind = self.spec.after.as_ref().map(|after| after.kind);
                match kind {
                    Some(PositionKind::Offset | PositionKind::Page) => true,
                    Some(PositionKind::Token) => self.spec.semantics == Semantics::Offset,
                    Some(PositionKind::Key) | None => false,
                }
            }
        }
    }

    fn check_depth(&self, window: &Window, by_rows: bool) -> Result<(), Refusal> {
        let Some(deepest) = self.spec.deepest.filter(|_| by_rows) else {
            return Ok(());
        };
        let from = match &window.after {
            Some(Place::Rows(rows)) => *rows,
            _ => 0,
        };
        let to = from.saturating_add(window.size);
        if to <= deepest {
            return Ok(());
        }
        let name = self
            .spec
            .after
            .as_ref()
            .and_then(|after| after.parameter.as_deref());
        let message = format!("paging by numbers ends after {deepest} rows");
        Err(Refusal::new("too_deep", message)
            .with("parameter", name.unwrap_or_default())
            .with("max", deepest)
            .with("value", to)
            .shaped(&self.spec.refusals))
    }

    /// The number of the page; of one that is found by a key, it is not known.
    fn number(&self, window: &Window, cut: &Cut) -> u64 {
        let at = self.asked.after.as_ref().or(self.asked.before.as_ref());
        match (at, cut.offset) {
            (Some(At::Token(token)), _) => token.number,
            (Some(At::Page(page)), _) => *page,
            (_, Some(offset)) => offset / window.size.max(1) + 1,
            _ => 1,
        }
    }

    /// A position as the caller has to send it back; nothing, where it cannot be written.
    fn written(
        &self,
        spec: &PositionSpec,
        (position, key): &(Position, String),
        number: u64,
        back: bool,
    ) -> Result<Option<Value>, Refusal> {
        let rows = match position {
            Position::Rows(rows) => *rows,
            Position::Start | Position::Behind(..) => 0,
        };
        let plain = match spec.kind {
            PositionKind::Key if key.is_empty() => return Ok(None),
            PositionKind::Key => Value::String(key.clone()),
            PositionKind::Offset => rows.into(),
            PositionKind::Page => (rows / self.asked.size.max(1) + 1).into(),
            PositionKind::Token => {
                let token = token::Token {
                    position: position.clone(),
                    back,
                    number,
                    // One that lives for ever is the same whenever it is given.
                    issued_ms: match self.spec.token_lifetime_ms {
                        Some(_) => self.view.now().as_millisecond(),
                        None => 0,
                    },
                    bound: self.asked.bound.clone(),
                    carried: self.asked.carried.clone(),
                };
                let sealed = token::seal(&token, self.view.state.seed);
                let behind = spec.offset_after.as_ref();
                let behind = behind.map_or_else(String::new, |sep| format!("{sep}{rows}"));
                format!("{}{sealed}{behind}", spec.prefix).into()
            }
        };
        let Some(value) = &spec.value else {
            return Ok(Some(plain));
        };
        let mut variables = self.view.variables.clone();
        variables.insert("cursor".into(), plain);
        let seen = View {
            variables: &variables,
            ..*self.view
        };
        seen.fill(value).map(Some)
    }
}
