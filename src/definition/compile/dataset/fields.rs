//! The fields of generated rows.

use std::sync::Arc;

use indexmap::IndexMap;
use rust_decimal::Decimal;

use super::super::report::{Place, Report};
use crate::definition::model::{AmountField, DateField, DateForm, Field, ListField};
use crate::domain::time::parse_instant;
use crate::state::dataset::fake::{DateFormat, Keys, Kind, Part};

/// How many values a row has at the most, those in lists and objects counted.
const VALUES_MAX: u64 = 10_000;

/// How many items a list has at the most.
const ITEMS_MAX: u64 = 1_000;

/// When moments begin and end that are not bounded, in seconds since 1970: 2024 and 2025.
const DATES: (i64, i64) = (1_704_067_200, 1_767_225_600);

/// What fields may name.
pub(super) struct Scope<'a> {
    /// The keys of what a collection opens with, if it opens with anything.
    pub(super) keys: &'a dyn Fn(&str) -> Option<Keys>,
    pub(super) collections: Vec<&'a str>,
    pub(super) key_member: &'a str,
}

/// The fields of a row, in their order.
pub(super) fn fields(
    models: &IndexMap<String, Field>,
    scope: &Scope<'_>,
    place: &Place,
    report: &mut Report,
) -> Vec<(Arc<str>, Kind)> {
    let mut fields: Vec<(Arc<str>, Kind)> = Vec::with_capacity(models.len());
    for (name, model) in models {
        let place = place.at(name);
        if name == scope.key_member {
            let message = format!("`{name}` is the key, and made by `key`");
            report.error_at_key(&place, message, "expected other members only");
            continue;
        }
        let before: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        let field = Compiler {
            scope,
            before: &before,
            report,
        };
        if let Some(kind) = field.kind(model, &place) {
            fields.push((name.as_str().into(), kind));
        }
    }
    let values: u64 = fields
        .iter()
        .map(|(_, kind)| values(kind))
        .fold(0, u64::saturating_add);
    if values > VALUES_MAX {
        let message = format!("a row may have {values} values");
        report.error_at_key(place, message, format!("expected at most {VALUES_MAX}"));
    }
    fields
}

/// How many values may stand in one.
fn values(kind: &Kind) -> u64 {
    match kind {
        Kind::Object(fields) => {
            let fields = fields.iter().map(|(_, kind)| values(kind));
            fields.fold(1, u64::saturating_add)
        }
        Kind::List { of, max, .. } => max.saturating_mul(values(of)).saturating_add(1),
        _ => 1,
    }
}

struct Compiler<'a, 'r> {
    scope: &'a Scope<'a>,
    /// The fields of the row that stand before this one.
    before: &'a [&'a str],
    report: &'r mut Report,
}

impl Compiler<'_, '_> {
    fn kind(mut self, model: &Field, place: &Place) -> Option<Kind> {
        self.compile(model, place)
    }

    fn compile(&mut self, model: &Field, place: &Place) -> Option<Kind> {
        Some(match model {
            Field::FirstName => Kind::FirstName,
            Field::LastName => Kind::LastName,
            Field::FullName => Kind::FullName,
            Field::Email => Kind::Email,
            Field::Username => Kind::Username,
            Field::Phone => Kind::Phone,
            Field::Company => Kind::Company,
            Field::JobTitle => Kind::JobTitle,
            Field::Domain => Kind::Domain,
            Field::Url => Kind::Url,
            Field::Street => Kind::Street,
            Field::City => Kind::City,
            Field::Country => Kind::Country,
            Field::CountryCode => Kind::CountryCode,
            Field::PostalCode => Kind::PostalCode,
            Field::Product => Kind::Product,
            Field::Word => Kind::Word,
            Field::Sentence => Kind::Sentence,
            Field::Paragraph => Kind::Paragraph,
            Field::Boolean => Kind::Boolean,
            Field::Uuid => Kind::Uuid,
            Field::Row => Kind::Row,
            Field::Integer(bounds) => {
                let (from, to) = (bounds.from, bounds.to);
                self.ordered(&from, &to, &place.at("integer"))?;
                Kind::Integer { from, to }
            }
            Field::Amount(bounds) => self.amount(bounds, &place.at("amount"))?,
            Field::Date(bounds) => self.date(bounds, &place.at("date"))?,
            Field::OneOf(choices) => {
                let weight: u64 = choices.values.iter().map(|(_, weight)| weight).sum();
                if weight == 0 {
                    let place = place.at("oneOf");
                    self.report
                        .error(&place, "no value can be drawn", "expected a weight above 0");
                    return None;
                }
                Kind::OneOf {
                    choices: choices.values.clone(),
                }
            }
            Field::Ref(collection) => self.reference(collection, &place.at("ref"))?,
            Field::Object(members) => {
                let place = place.at("object");
                let mut fields = Vec::with_capacity(members.len());
                for (name, member) in members {
                    let kind = self.compile(member, &place.at(name));
                    fields.extend(kind.map(|kind| (name.as_str().into(), kind)));
                }
                Kind::Object(fields)
            }
            Field::List(list) => self.list(list, &place.at("list"))?,
            Field::Text(text) => Kind::Text(self.text(text, &place.at("text"))?),
            Field::Value(value) => Kind::Value(value.clone()),
        })
    }

    /// The lower bound is not above the upper one.
    fn ordered<T: Ord + std::fmt::Display>(
        &mut self,
        from: &T,
        to: &T,
        place: &Place,
    ) -> Option<()> {
        if from > to {
            let message = format!("nothing lies from {from} to {to}");
            self.report.error(
                &place.at("to"),
                message,
                format!("expected at least {from}"),
            );
            return None;
        }
        Some(())
    }

    fn amount(&mut self, bounds: &AmountField, place: &Place) -> Option<Kind> {
        let from = self.decimal(&bounds.from, &place.at("from"));
        let to = self.decimal(&bounds.to, &place.at("to"));
        let (mut from, mut to) = (from?, to?);
        self.ordered(&from, &to, place)?;
        let (least, greatest) = (from, to);
        let scale = from.scale().max(to.scale());
        from.rescale(scale);
        to.rescale(scale);
        if (from, to) != (least, greatest) || from.scale() != to.scale() {
            let message = format!("{greatest} has too many digits beside {least}");
            self.report
                .error(&place.at("to"), message, "expected at most 28 digits");
            return None;
        }
        Some(Kind::Amount { from, to })
    }

    fn decimal(&mut self, text: &str, place: &Place) -> Option<Decimal> {
        let parsed = Decimal::from_str_exact(text);
        if parsed.is_err() {
            let message = format!("`{text}` is no decimal");
            self.report
                .error(place, message, "expected such as \"1.00\"");
        }
        parsed.ok()
    }

    fn date(&mut self, bounds: &DateField, place: &Place) -> Option<Kind> {
        let from = self.moment(bounds.from.as_ref(), DATES.0, &place.at("from"));
        let to = self.moment(bounds.to.as_ref(), DATES.1, &place.at("to"));
        let (from, to) = (from?, to?);
        if from > to {
            let at = if bounds.to.is_some() { "to" } else { "from" };
            self.report.error(
                &place.at(at),
                "the last moment is before the first",
                "without bounds, moments lie from 2024-01-01 to 2026-01-01",
            );
            return None;
        }
        Some(Kind::Date {
            from,
            to,
            ascending: bounds.ascending,
            format: match bounds.format {
                DateForm::Instant => DateFormat::Instant,
                DateForm::Day => DateFormat::Day,
                DateForm::UnixSeconds => DateFormat::UnixSeconds,
                DateForm::UnixMillis => DateFormat::UnixMillis,
            },
        })
    }

    fn moment(&mut self, text: Option<&String>, otherwise: i64, place: &Place) -> Option<i64> {
        let Some(text) = text else {
            return Some(otherwise);
        };
        let parsed = parse_instant(text);
        if parsed.is_none() {
            let message = format!("`{text}` is no instant");
            let label = "expected a date-time of RFC 3339, such as \"2026-01-01T00:00:00Z\"";
            self.report.error(place, message, label);
        }
        parsed.map(|instant| instant.as_second())
    }

    fn reference(&mut self, collection: &str, place: &Place) -> Option<Kind> {
        let known = &self.scope.collections;
        if !known.contains(&collection) {
            let known = known.iter().copied();
            self.report.unknown(place, "collection", collection, known);
            return None;
        }
        let keys = (self.scope.keys)(collection);
        if keys.is_none() {
            let message = format!("there is nothing to refer to in `{collection}`");
            self.report.error(
                place,
                message,
                "expected a collection that opens with records",
            );
        }
        keys.map(Kind::Reference)
    }

    fn list(&mut self, list: &ListField, place: &Place) -> Option<Kind> {
        self.ordered(&list.min, &list.max, &place.at("max"))?;
        self.ordered(&list.max, &ITEMS_MAX, &place.at("max"))?;
        Some(Kind::List {
            of: Box::new(self.compile(&list.of, &place.at("of"))?),
            min: list.min,
            max: list.max,
        })
    }

    /// A text with names in braces.
    fn text(&mut self, text: &str, place: &Place) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, opened)) = rest.split_once('{') {
            let offset = text.len() - opened.len();
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.into()));
            }
            let Some((name, behind)) = opened.split_once('}') else {
                let message = "the brace is not closed";
                self.report
                    .error_within(place, text, offset - 1, message, "expected } behind it");
                return None;
            };
            parts.push(match name {
                "row" => Part::Row,
                "key" => Part::Key,
                name if self.before.contains(&name) => Part::Field(name.into()),
                name => {
                    let known = ["row", "key"]
                        .into_iter()
                        .chain(self.before.iter().copied());
                    self.report
                        .unknown(place, "field before this one", name, known);
                    return None;
                }
            });
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.into()));
        }
        Some(parts)
    }
}
