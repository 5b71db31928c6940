//! Which rows a page has: as many as are asked for, from a place on, in a direction.

use super::Refusal;
use super::listing::{Listing, Row, Spot};
use super::token::Position;
use crate::definition::compiled::PageSpec;
use crate::definition::model::{PositionKind, SizeCounts};
use crate::domain::quirk::Quirk;

/// Where a page begins and ends, and how many rows it may have.
#[derive(Debug)]
pub(super) struct Window {
    /// Behind this.
    pub(super) after: Option<Place>,
    /// Before this.
    pub(super) before: Option<Place>,
    /// How many rows.
    pub(super) size: u64,
    /// How many of these at the end.
    pub(super) last: Option<u64>,
    /// From the end.
    pub(super) backward: bool,
    /// How many rows to pass over.
    pub(super) skip: u64,
}

/// A place in a list.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Its beginning; before it, its end.
    Start,
    /// A row, or where one was.
    Spot(Spot),
    /// So many rows from its beginning.
    Rows(u64),
}

/// The rows of a page.
#[derive(Debug, Default)]
pub(super) struct Cut {
    /// The rows, in the list's order.
    pub(super) rows: Vec<Row>,
    /// How many were looked at.
    pub(super) scanned: u64,
    /// Whether there is more in the direction of the page.
    pub(super) more: bool,
    /// Whether there is something behind it.
    pub(super) has_next: bool,
    /// Whether there is something before it.
    pub(super) has_previous: bool,
    /// Where the next page begins, and the key of the row before.
    pub(super) next: Option<(Position, String)>,
    /// Before what the previous page ends, and the key of that row.
    pub(super) previous: Option<(Position, String)>,
    /// How many rows are before it, where that is known.
    pub(super) offset: Option<u64>,
}

/// Cuts a page out of a list.
///
/// # Errors
/// When a filter fails.
pub(super) fn cut(
    listing: &Listing<'_>,
    spec: &PageSpec,
    window: &Window,
    by_rows: bool,
    quirk: &Quirk,
) -> Result<Cut, Refusal> {
    match by_rows {
        true => by_offset(listing, spec, window, quirk),
        false => by_spot(listing, spec, window, quirk),
    }
}

fn by_offset(
    listing: &Listing<'_>,
    spec: &PageSpec,
    window: &Window,
    quirk: &Quirk,
) -> Result<Cut, Refusal> {
    let (from, size) = match (&window.after, &window.before) {
        (Some(Place::Rows(rows)), _) => (rows.saturating_add(window.skip), window.size),
        (_, Some(Place::Rows(rows))) => {
            let from = rows.saturating_sub(window.size);
            (from, rows - from)
        }
        _ => (window.skip, window.size),
    };
    let rows = listing.from(from, size.saturating_add(1))?;
    let taken = take(rows, spec, size, None, quirk)?;
    let count = u64::try_from(taken.rows.len()).unwrap_or(u64::MAX);
    let key = |row: Option<&Row>| row.map_or_else(String::new, |row| row.key.to_string());
    let next = from.saturating_add(count);
    Ok(Cut {
        next: Some((Position::Rows(next), key(taken.rows.last()))),
        previous: (from > 0).then(|| (Position::Rows(from), key(taken.rows.first()))),
        scanned: taken.scanned,
        more: taken.more,
        has_next: taken.more,
        has_previous: from > 0,
        offset: Some(from),
        rows: taken.rows,
    })
}

fn by_spot(
    listing: &Listing<'_>,
    spec: &PageSpec,
    window: &Window,
    quirk: &Quirk,
) -> Result<Cut, Refusal> {
    let spot = |place: &Option<Place>| match place {
        Some(Place::Spot(spot)) => Some(spot.clone()),
        _ => None,
    };
    let (after, before) = (spot(&window.after), spot(&window.before));
    let (from, until) = match window.backward {
        true => (before.as_ref(), after.as_ref()),
        false => (after.as_ref(), before.as_ref()),
    };
    // One more tells whether there is more.
    let expected = window.skip.saturating_add(window.size).saturating_add(1);
    let mut rows = listing.rows(from, window.backward, expected);
    let mut left = window.skip;
    while left > 0
        && let Some(row) = rows.next()
    {
        left -= u64::from(row?.wanted);
    }
    let until = until.map(|until| (listing, until, window.backward));
    let mut taken = take(rows, spec, window.size, until, quirk)?;
    let mut trimmed = false;
    if window.backward {
        taken.rows.reverse();
    } else if let Some(last) = window.last {
        let last = usize::try_from(last).unwrap_or(usize::MAX);
        let over = taken.rows.len().saturating_sub(last);
        trimmed = over > 0;
        taken.rows.drain(..over);
    }
    let position = |spot: &Spot| Position::Behind(spot.values.clone(), spot.age);
    let at = |row: &Row| (position(&row.spot), row.key.to_string());
    let edge = taken.edge.as_ref().filter(|_| !window.backward);
    // An empty page goes on where it was, so that nothing is left out.
    let here = match &after {
        Some(after) => (position(after), String::new()),
        None => (Position::Start, String::new()),
    };
    let there = match &before {
        Some(before) => (position(before), String::new()),
        None => (Position::Start, String::new()),
    };
    let empty = taken.rows.is_empty();
    let goes_back = !empty || (window.backward && window.size > 0);
    let first = taken.rows.first().map(at);
    let (has_next, has_previous) = match window.backward {
        true => (before.is_some(), taken.more),
        false => (taken.more || taken.beyond, trimmed || after.is_some()),
    };
    Ok(Cut {
        next: Some(edge.or(taken.rows.last()).map_or(here, at)),
        previous: first.or(goes_back.then_some(there)),
        scanned: taken.scanned,
        more: taken.more,
        has_next,
        has_previous: has_previous && goes_back,
        offset: None,
        rows: taken.rows,
    })
}

/// What was taken from the rows.
#[derive(Debug, Default)]
struct Taken {
    rows: Vec<Row>,
    scanned: u64,
    more: bool,
    /// Whether it ended because the other bound was met.
    beyond: bool,
    /// The last row that was looked at and passed.
    edge: Option<Row>,
}

fn take(
    rows: impl Iterator<Item = Result<Row, Refusal>>,
    spec: &PageSpec,
    size: u64,
    until: Option<(&Listing<'_>, &Spot, bool)>,
    quirk: &Quirk,
) -> Result<Taken, Refusal> {
    let size = size.saturating_sub(quirk.short_page.unwrap_or(0));
    // Behind a page without a row no key leads on.
    let by_key = spec.after.as_ref().map(|after| after.kind) == Some(PositionKind::Key);
    let size = if quirk.empty_page && !by_key { 0 } else { size };
    let counts_all = spec.size_counts == SizeCounts::Scanned;
    let mut taken = Taken::default();
    let mut counted = 0;
    for row in rows {
        let row = row?;
        if until.is_some_and(|(listing, until, backward)| listing.reaches(&row, until, backward)) {
            taken.beyond = true;
            break;
        }
        if !row.wanted && !counts_all {
            taken.scanned += 1;
            continue;
        }
        if counted == size {
            taken.more = true;
            break;
        }
        counted += 1;
        taken.scanned += 1;
        if row.wanted {
            taken.rows.push(row.clone());
        }
        taken.edge = Some(row);
        if counted == size && !spec.knows_end {
            taken.more = true;
            break;
        }
    }
    Ok(taken)
}
