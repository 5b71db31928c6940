//! Pagination. How pages look is in `look`.

mod look;

use std::sync::Arc;

use super::expression::{Scope, document, template};
use super::layers::Layers;
use super::profiles::Profiles;
use super::report::{Place, Report, optional};
use super::step::TAKEN;
use super::{Names, duration, response};
use crate::definition::compiled::{PageSpec, PositionSpec, SizeSpec, SortKey};
use crate::definition::model::{
    Named, OnBad, OrderBy, Pagination, PositionKind, PositionParameter, Semantics, SizeParameter,
};
use crate::matching::condition::Expression;

/// How many rows a page has, where nobody says.
const SIZE_DEFAULT: u64 = 20;

/// How many rows a page may have, where nobody says.
const SIZE_MAX: u64 = 100;

/// How many rows a page may have where its profile knows no bound, so that no call is answered with
/// a whole collection of millions.
const ROWS_MAX: u64 = 10_000;

/// What pages refuse for. It is `invalid_input`, where the profile says nothing of the closer cause.
const CAUSES: (&str, &[&str]) = (
    "pagination",
    &[
        "invalid_cursor",
        "expired_cursor",
        "invalid_page_size",
        "page_size_malformed",
        "page_size_too_small",
        "page_size_too_large",
        "conflicting_parameters",
        "missing_parameter",
        "invalid_sort",
        "too_deep",
        "invalid_input",
    ],
);

/// What the pages of one tool share.
pub(super) struct Context<'a, 'p> {
    /// What the pack declares.
    pub(super) names: &'a Names,
    /// The profiles that may be named.
    pub(super) profiles: &'a Profiles<'p>,
    /// The names at hand after the tool's steps.
    pub(super) scope: &'a Scope,
    /// Whether the tool has a response of its own, and its text.
    pub(super) response: Option<&'a str>,
}

type Layered<'a> = Layers<'a, Pagination>;

/// Which of a layer's sizes.
type OwnSize = fn(&Pagination) -> Option<&SizeParameter>;

/// Compiles what stands under `pagination`.
pub(super) fn pages(
    Named(block): &Named<Pagination>,
    place: &Place,
    context: &Context<'_, '_>,
    report: &mut Report,
) -> Option<PageSpec> {
    let known = &context.profiles.pagination;
    let layers = Layers::of(block, place, "pagination", known, report)?;
    of_layers(&layers, place, context, report)
}

/// Compiles a profile for what is wrong with it, whatever list it is for.
pub(super) fn check(
    profile: &Pagination,
    place: &Place,
    context: &Context<'_, '_>,
    report: &mut Report,
) {
    let known = &context.profiles.pagination;
    let Some(layers) = Layers::of(profile, place, "pagination", known, report) else {
        return;
    };
    let rest = Pagination {
        list: context.names.collections.keys().next().cloned(),
        ..Pagination::default()
    };
    of_layers(
        &Layers::alone(&rest, place).over(&layers),
        place,
        context,
        report,
    );
}

fn of_layers(
    layers: &Layered<'_>,
    place: &Place,
    context: &Context<'_, '_>,
    report: &mut Report,
) -> Option<PageSpec> {
    let known = &context.profiles.pagination;
    let otherwise = layers.find("otherwise", |layer| layer.otherwise.as_ref());
    let otherwise = match otherwise {
        None => None,
        Some((otherwise, at)) => {
            let Some(&(profile, ref profile_place)) = known.get(otherwise.profile.as_str()) else {
                let names = known.keys().copied();
                report.unknown(
                    &at.at("profile"),
                    "pagination profile",
                    &otherwise.profile,
                    names,
                );
                return None;
            };
            let other = Layers::of(profile, profile_place, "pagination", known, report)?;
            let nearer = layers.before(|layer| layer.otherwise.is_some());
            let spec = page(&nearer.over(&other), place, context, report)?;
            Some((otherwise.unless.clone(), Arc::new(spec)))
        }
    };
    let mut spec = page(layers, place, context, report)?;
    spec.otherwise = otherwise;
    check_quirks(layers, &spec, report);
    Some(spec)
}

fn page(
    layers: &Layered<'_>,
    place: &Place,
    context: &Context<'_, '_>,
    report: &mut Report,
) -> Option<PageSpec> {
    let collection = collection(layers, place, context.names, report);
    let of_record = context.scope.with("record");
    let filter = layers.find("where", |layer| layer.filter.as_ref());
    let filter = optional(filter.map(|(cel, at)| of_record.expression(cel, &at, report)));
    let order = layers.find("orderBy", |layer| layer.order_by.as_deref());
    let order = order.map_or(Some(Vec::new()), |(keys, at)| {
        sort_keys(keys, &of_record, &at, report)
    });
    let item = layers.find("item", |layer| layer.item.as_ref());
    let (facts, mut item_scope) = facts(layers, item.is_some(), of_record.clone(), report);
    item_scope.add("cursor");
    let item_text = item.as_ref().map(|(item, _)| item.to_string());
    let item = item.map(|(item, at)| document(item, Some(&item_scope), &at, report));
    let names = context.scope;
    let size = size(
        layers,
        "size",
        ROWS_MAX,
        |layer| Some(&layer.size),
        names,
        report,
    );
    let mut own_size = |key: &str, most: u64, get: OwnSize| {
        let there = layers.find(key, get);
        optional(there.map(|_| self::size(layers, key, most, get, names, report)))
    };
    let size_before = own_size("sizeBefore", ROWS_MAX, |layer| layer.size_before.as_ref());
    let most = own_size("most", u64::MAX, |layer| layer.most.as_ref());
    let after = layers.find("after", |layer| layer.after.as_ref());
    let after = optional(after.map(|(model, at)| position(model, context, &at, report)));
    let before = layers.find("before", |layer| layer.before.as_ref());
    let before = optional(before.map(|(model, at)| position(model, context, &at, report)));
    let lifetime = layers.find("tokenLifetime", |layer| layer.token_lifetime.as_deref());
    let lifetime = optional(lifetime.map(|(text, at)| duration::millis(text, &at, report)));
    let shape = look::shape(layers, context, report);
    let shows = |text: &str| text.contains("page.edges") || text.contains("Cursor");
    let body = layers.find("body", |layer| layer.body.as_ref());
    let cursors = item_text.is_some_and(|text| text.contains("{{cursor}}"))
        || body.is_some_and(|(body, _)| shows(&body.to_string()))
        || context.response.is_some_and(shows);
    let refusals = response::refusals(layers, CAUSES, context.scope, report);
    macro_rules! said {
        ($key:ident, $name:literal) => {
            layers
                .find($name, |layer| layer.$key.as_ref())
                .map(|(said, _)| said.clone())
        };
    }
    check_tokens(layers, after.as_ref()?.as_ref(), report);
    Some(PageSpec {
        collection: collection?,
        filter: filter?,
        filters: said!(filters, "filters").unwrap_or_default(),
        order: order?,
        by_key: said!(order_by_key, "orderByKey").unwrap_or(false),
        newest_first: said!(newest_first, "newestFirst").unwrap_or(false),
        sort: said!(sort, "sort"),
        fields: said!(fields, "fields").map(|fields| fields.parameter),
        facts: facts?,
        item: optional(item)?,
        cursors,
        size: size?,
        size_before: size_before?,
        after: after?,
        before: before?,
        exclusive: said!(exclusive, "exclusive").unwrap_or_default(),
        alone: said!(alone, "alone"),
        requires: said!(requires, "requires").unwrap_or_default(),
        skip: said!(skip, "skip"),
        most: most?,
        otherwise: None,
        semantics: said!(semantics, "semantics").unwrap_or_default(),
        size_counts: said!(size_counts, "sizeCounts").unwrap_or_default(),
        knows_end: said!(knows_end, "knowsEnd").unwrap_or(true),
        deepest: said!(deepest, "deepest"),
        token_lifetime_ms: lifetime?,
        token_binding: said!(token_binding, "tokenBinding").unwrap_or_default(),
        total: said!(total, "total").unwrap_or_default(),
        shape: shape?,
        quirks: said!(quirks, "quirks").unwrap_or_default(),
        responds: context.response.is_some(),
        refusals,
    })
}

/// The facts of each row, and the names that its document sees.
fn facts(
    layers: &Layered<'_>,
    shown: bool,
    mut scope: Scope,
    report: &mut Report,
) -> (Option<Vec<(String, Expression)>>, Scope) {
    let mut facts = Some(Vec::new());
    for (name, (cel, place)) in layers.table("facts", |layer| &layer.facts) {
        if TAKEN.contains(&name) || name == "cursor" {
            let message = format!("`{name}` has a meaning already");
            report.error_at_key(&place, message, "choose another name");
        }
        if !shown {
            let message = format!("nothing shows `{name}`");
            report.error_at_key(&place, message, "expected an `item` beside the facts");
        }
        let value = scope.expression(cel, &place, report);
        facts = facts.zip(value).map(|(mut facts, value)| {
            facts.push((name.to_owned(), value));
            facts
        });
        scope.add(name);
    }
    (facts, scope)
}

/// What quirks cannot be, on any pages or on these.
fn check_quirks(layers: &Layered<'_>, spec: &PageSpec, report: &mut Report) {
    let Some((quirks, place)) = layers.find("quirks", |layer| layer.quirks.as_ref()) else {
        return;
    };
    let ways = spec.ways();
    for (at, quirk) in quirks.iter().enumerate() {
        let place = place.at(at);
        let mistakes = quirk.mistakes().into_iter().chain(quirk.misfits(&ways));
        for (field, message) in mistakes {
            let message = format!("this cannot be: {message}");
            report.error(&place.at(field), message, "leave the quirk out, or mend it");
        }
    }
}

/// What only tokens can do.
fn check_tokens(layers: &Layered<'_>, after: Option<&PositionSpec>, report: &mut Report) {
    let number =
        after.is_some_and(|after| matches!(after.kind, PositionKind::Offset | PositionKind::Page));
    let quirks = layers.find("quirks", |layer| layer.quirks.as_ref());
    for (at, quirk) in quirks
        .iter()
        .flat_map(|(quirks, _)| quirks.iter().enumerate())
    {
        if let (true, true, None, Some((_, place))) =
            (quirk.empty_page, number, quirk.times, &quirks)
        {
            let message = "an empty page leads on only by a token";
            report.error(
                &place.at(at),
                message,
                "say how many `times`, or nobody gets past it",
            );
        }
    }
    let semantics = layers.find("semantics", |layer| layer.semantics.as_ref());
    let by_row = semantics.is_none_or(|(semantics, _)| *semantics == Semantics::Keyset);
    if let (Some((_, place)), true) = (layers.find("after", |layer| layer.after.as_ref()), by_row)
        && after.is_some_and(|after| after.offset_after.is_some())
    {
        let message = "a token behind which a number of rows stands must be one itself";
        report.error(&place.at("offsetAfter"), message, "say `semantics: offset`");
    }
}

fn collection(
    layers: &Layered<'_>,
    place: &Place,
    names: &Names,
    report: &mut Report,
) -> Option<Arc<str>> {
    let known = || names.collections.keys().map(String::as_str);
    let Some((list, at)) = layers.find("list", |layer| layer.list.as_deref()) else {
        let mut all = known();
        if let (Some(only), None) = (all.next(), all.next()) {
            return Some(only.into());
        }
        report.error(
            place,
            "there is no `list`",
            "expected the name of a collection",
        );
        return None;
    };
    if !names.collections.contains_key(list) {
        report.unknown(&at, "collection", list, known());
        return None;
    }
    Some(list.into())
}

fn sort_keys(
    keys: &[OrderBy],
    scope: &Scope,
    place: &Place,
    report: &mut Report,
) -> Option<Vec<SortKey>> {
    let mut compiled = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let place = place.at(at).at("by");
        compiled.push(SortKey {
            by: scope.expression(&key.by, &place, report)?,
            descending: key.descending,
        });
    }
    Some(compiled)
}

/// A size: each of its members from the nearest layer that says it.
fn size(
    layers: &Layered<'_>,
    key: &str,
    most: u64,
    get: impl Fn(&Pagination) -> Option<&SizeParameter>,
    scope: &Scope,
    report: &mut Report,
) -> Option<SizeSpec> {
    macro_rules! said {
        ($key:ident) => {
            layers
                .find(key, |layer| get(layer)?.$key.as_ref())
                .map(|(said, _)| said.clone())
        };
    }
    let from = layers.find(key, |layer| get(layer)?.from.as_deref());
    let from = from.map(|(text, at)| template(text, Some(scope), &at.at("from"), report));
    let min = said!(min).unwrap_or(1);
    let max = match said!(max) {
        None => SIZE_MAX,
        Some(0) => most,
        Some(max) => max.min(most),
    };
    let too_small = said!(too_small).unwrap_or(OnBad::Refuse);
    if min > max {
        let (_, at) = layers.find(key, |layer| get(layer)?.min.as_ref())?;
        report.error(
            &at,
            format!("the least is {min} and the most {max}"),
            "no size is possible",
        );
        return None;
    }
    Some(SizeSpec {
        parameter: said!(parameter),
        from: optional(from)?,
        default: said!(default).unwrap_or(SIZE_DEFAULT).min(max),
        min,
        max,
        strict: said!(strict).unwrap_or(false),
        zero: said!(zero).unwrap_or(too_small),
        too_small,
        too_large: said!(too_large).unwrap_or(OnBad::Refuse),
        malformed: said!(malformed).unwrap_or(OnBad::Refuse),
    })
}

fn position(
    model: &PositionParameter,
    context: &Context<'_, '_>,
    place: &Place,
    report: &mut Report,
) -> Option<PositionSpec> {
    let Some(kind) = model.kind else {
        report.error(
            place,
            "the position has no `as`",
            "expected key, token, offset or page",
        );
        return None;
    };
    if model.parameter.is_none() && model.from.is_none() {
        report.error(
            place,
            "the position stands nowhere",
            "expected `parameter` or `from`",
        );
        return None;
    }
    let from = model.from.as_deref();
    let from = from.map(|text| template(text, Some(context.scope), &place.at("from"), report));
    let scope = context.scope.with("cursor");
    let value = model.value.as_ref();
    let value = value.map(|value| document(value, Some(&scope), &place.at("value"), report));
    Some(PositionSpec {
        parameter: model.parameter.clone(),
        from: optional(from)?,
        kind,
        value: optional(value)?,
        prefix: model.prefix.clone().unwrap_or_default(),
        offset_after: model.offset_after.clone(),
        in_path: model.in_path.unwrap_or(false),
        empty: model.empty.unwrap_or(OnBad::Default),
        null: model.null.unwrap_or(OnBad::Default),
        malformed: model.malformed.unwrap_or(OnBad::Refuse),
    })
    .filter(|spec| fits(spec, place, report))
}

fn fits(spec: &PositionSpec, place: &Place, report: &mut Report) -> bool {
    let token = spec.kind == PositionKind::Token;
    let fits = token || (spec.prefix.is_empty() && spec.offset_after.is_none());
    if !fits {
        report.error(
            place,
            "only a token has something before or behind it",
            "not this one",
        );
    }
    fits
}
