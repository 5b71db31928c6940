//! Fake values: what one field of a generated row holds.
//!
//! This is the generator `rows-1`: the same seed gives the same bytes in every version of the
//! server. What would change them becomes a generator of another name. Nothing in it belongs to
//! anybody: mail goes to the domains of RFC 2606, telephone numbers are those kept for fiction.

use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::key::KeyMaker;
use super::words::{self, plain};
use crate::domain::chance::Chance;

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Kind {
    /// A given name; the names and the mail of one row are one person's.
    FirstName,
    /// A family name.
    LastName,
    /// Both.
    FullName,
    /// An address with the person's name and the number of the row in it: no two rows share one.
    Email,
    /// A name to log in with, which no two rows share.
    Username,
    /// A telephone number.
    Phone,
    /// A company.
    Company,
    /// A job.
    JobTitle,
    /// A domain.
    Domain,
    /// An address on the web.
    Url,
    /// A street with a number.
    Street,
    /// A city; the places of one row belong together.
    City,
    /// A country.
    Country,
    /// A country's code of ISO 3166-1.
    CountryCode,
    /// Five digits.
    PostalCode,
    /// A product.
    Product,
    /// A word.
    Word,
    /// A sentence.
    Sentence,
    /// Some sentences.
    Paragraph,
    /// True or false.
    Boolean,
    /// A UUID.
    Uuid,
    /// The number of the row, from 1.
    Row,
    /// A whole number.
    Integer {
        /// The least.
        from: i64,
        /// The greatest.
        to: i64,
    },
    /// A decimal text.
    Amount {
        /// The least.
        from: Decimal,
        /// The greatest; it has as many decimals as the least.
        to: Decimal,
    },
    /// A moment, in whole seconds.
    Date {
        /// The first, in seconds since 1970.
        from: i64,
        /// The last.
        to: i64,
        /// Whether a later row has no earlier one.
        ascending: bool,
        /// How it is written.
        format: DateFormat,
    },
    /// One of several values.
    OneOf {
        /// The values, each with its weight.
        choices: Vec<(Value, u64)>,
    },
    /// The key of a row of a collection.
    Reference(Keys),
    /// An object.
    Object(Vec<(Arc<str>, Kind)>),
    /// A list.
    List {
        /// What its items are.
        of: Box<Kind>,
        /// How many at the least.
        min: u64,
        /// How many at the most.
        max: u64,
    },
    /// A text with something of the row in it.
    Text(Vec<Part>),
    /// Always the same.
    Value(Value),
}

/// How a moment is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DateFormat {
    /// `2026-01-01T00:00:00Z`.
    #[default]
    Instant,
    /// `2026-01-01`.
    Day,
    /// Seconds since 1970, as a number.
    UnixSeconds,
    /// Milliseconds since 1970, as a number.
    UnixMillis,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// As it stands.
    Literal(Arc<str>),
    /// The number of the row, from 1.
    Row,
    /// The row's key.
    Key,
    /// A field of the row that stands before this one.
    Field(Arc<str>),
}

/// The keys of a collection, to refer to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Keys {
    /// Those of generated rows.
    Made {
        /// How they are made.
        maker: KeyMaker,
        /// Out of which seed.
        seed: u64,
        /// How many.
        count: u64,
    },
    /// Those that are listed.
    Listed(Arc<[Arc<str>]>),
}

impl Keys {
    fn draw(&self, chance: Chance) -> Value {
        let drawn = chance.draw("key", 0);
        match self {
            Self::Made { count: 0, .. } => Value::Null,
            Self::Made { maker, seed, count } => (*maker.key(*seed, drawn % count)).into(),
            Self::Listed(keys) => match keys.get(below(drawn, keys.len())) {
                Some(key) => (**key).into(),
                None => Value::Null,
            },
        }
    }
}

/// What the fields of one row have in common.
#[derive(Clone, Debug)]
pub(super) struct RowScope<'a> {
    /// The number of the row, from 0.
    pub(super) index: u64,
    /// How many rows there are.
    pub(super) count: u64,
    pub(super) key: &'a str,
    /// Whom names and mail are of, and where places are.
    pub(super) person: Chance,
    /// What makes mail and names to log in with differ: the number of the row, and of the list's item.
    pub(super) label: String,
}

impl Kind {
    /// The value of a field, where `made` are the fields before it.
    pub(super) fn draw(
        &self,
        chance: Chance,
        scope: &RowScope<'_>,
        made: &Map<String, Value>,
    ) -> Value {
        let person = scope.person;
        let pick = |label: &str, list: &[&'static str]| pick(chance, label, list);
        match self {
            Self::FirstName => first_name(person).into(),
            Self::LastName => last_name(person).into(),
            Self::FullName => format!("{} {}", first_name(person), last_name(person)).into(),
            Self::Email => {
                let domain = words::MAIL_DOMAINS[below(person.draw("mail", 0), 3)];
                format!("{}@{domain}", username(scope)).into()
            }
            Self::Username => username(scope).into(),
            Self::Phone => {
                let drawn = chance.draw("phone", 0);
                let area = 201 + drawn % 798;
                format!("+1-{area}-555-01{:02}", (drawn >> 32) % 100).into()
            }
            Self::Company => {
                let kind = pick("kind", words::COMPANY_KINDS);
                format!("{} {kind}", pick("name", words::COMPANY_NAMES)).into()
            }
            Self::JobTitle => {
                let title = format!(
                    "{} {}",
                    pick("level", words::JOB_LEVELS),
                    pick("job", words::JOBS)
                );
                title.trim_start().into()
            }
            Self::Domain => domain(chance).into(),
            Self::Url => {
                let page = pick("page", words::WORDS);
                format!("https://{}/{page}", domain(chance)).into()
            }
            Self::Street => {
                let number = 1 + chance.draw("number", 0) % 250;
                format!("{number} {}", pick("street", words::STREETS)).into()
            }
            Self::City => place(person).0.into(),
            Self::Country => place(person).1.into(),
            Self::CountryCode => place(person).2.into(),
            Self::PostalCode => format!("{:05}", chance.draw("code", 0) % 100_000).into(),
            Self::Product => {
                let quality = pick("quality", words::PRODUCT_QUALITIES);
                format!("{quality} {}", pick("product", words::PRODUCTS)).into()
            }
            Self::Word => pick("word", words::WORDS).into(),
            Self::Sentence => sentence(chance).into(),
            Self::Paragraph => {
                let sentences = 2 + chance.draw("sentences", 0) % 4;
                let sentences = (0..sentences).map(|at| sentence(chance.again(at as u32 + 1)));
                sentences.collect::<Vec<_>>().join(" ").into()
            }
            Self::Boolean => (chance.draw("flag", 0) & 1 == 1).into(),
            Self::Uuid => {
                let [high, low] = [0, 1].map(|at| u128::from(chance.draw("uuid", at)));
                let bytes = ((high << 64) | low).to_be_bytes();
                let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
                uuid.to_string().into()
            }
            Self::Row => (scope.index + 1).into(),
            Self::Integer { from, to } => {
                let span = to.abs_diff(*from);
                let drawn = chance.draw("integer", 0);
                let drawn = span.checked_add(1).map_or(drawn, |span| drawn % span);
                from.saturating_add_unsigned(drawn).into()
            }
            Self::Amount { from, to } => amount(chance, *from, *to).into(),
            Self::Date {
                from,
                to,
                ascending,
                format,
            } => {
                let span = u128::from(to.abs_diff(*from)) + 1;
                let drawn = u128::from(chance.draw("date", 0));
                let passed = if *ascending {
                    // Each row has a share of the time, and lies somewhere in it.
                    let share = (u128::from(scope.index) << 64) | drawn;
                    let whole = u128::from(scope.count.max(1));
                    // 32 bits of fraction are kept, so that no count and span can overflow.
                    ((share >> 32) / whole * span) >> 32
                } else {
                    drawn % span
                };
                format.written(from.saturating_add_unsigned(passed as u64).min(*to))
            }
            Self::OneOf { choices } => choose(chance, choices),
            Self::Reference(keys) => keys.draw(chance),
            Self::Object(fields) => {
                let mut members = Map::with_capacity(fields.len());
                for (name, kind) in fields {
                    let value = kind.draw(chance.named(name), scope, made);
                    members.insert(name.to_string(), value);
                }
                Value::Object(members)
            }
            Self::List { of, min, max } => {
                let span = max.saturating_sub(*min).saturating_add(1);
                let length = min + chance.draw("length", 0) % span;
                let items = (0..length).map(|at| {
                    let chance = chance.again(at as u32 + 1);
                    let scope = RowScope {
                        person: chance.named("person"),
                        label: format!("{}-{}", scope.label, at + 1),
                        ..*scope
                    };
                    of.draw(chance.named("item"), &scope, made)
                });
                Value::Array(items.collect())
            }
            Self::Text(parts) => text(parts, scope, made).into(),
            Self::Value(value) => value.clone(),
        }
    }
}

impl DateFormat {
    fn written(self, seconds: i64) -> Value {
        let instant = Timestamp::from_second(seconds).unwrap_or_default();
        match self {
            Self::Instant => instant.to_string().into(),
            Self::Day => instant
                .to_string()
                .chars()
                .take(10)
                .collect::<String>()
                .into(),
            Self::UnixSeconds => seconds.into(),
            Self::UnixMillis => instant.as_millisecond().into(),
        }
    }
}

/// A number below `length`; 0, if there is none.
fn below(drawn: u64, length: usize) -> usize {
    (drawn % (length as u64).max(1)) as usize
}

fn pick(chance: Chance, label: &str, list: &[&'static str]) -> &'static str {
    list[below(chance.draw(label, 0), list.len())]
}

fn first_name(person: Chance) -> &'static str {
    pick(person, "first", words::FIRST_NAMES)
}

fn last_name(person: Chance) -> &'static str {
    pick(person, "last", words::LAST_NAMES)
}

fn username(scope: &RowScope<'_>) -> String {
    let first = plain(first_name(scope.person));
    format!("{first}.{}{}", plain(last_name(scope.person)), scope.label)
}

fn place(person: Chance) -> (&'static str, &'static str, &'static str) {
    words::CITIES[below(person.draw("place", 0), words::CITIES.len())]
}

fn domain(chance: Chance) -> String {
    format!(
        "{}.example",
        plain(pick(chance, "name", words::COMPANY_NAMES))
    )
}

fn sentence(chance: Chance) -> String {
    let length = 5 + chance.draw("length", 0) % 8;
    let words = (0..length as u32).map(|at| {
        let drawn = chance.draw("words", at);
        words::WORDS[below(drawn, words::WORDS.len())]
    });
    let text = words.collect::<Vec<_>>().join(" ");
    let (first, rest) = text.split_at(1);
    format!("{}{rest}.", first.to_ascii_uppercase())
}

fn amount(chance: Chance, from: Decimal, to: Decimal) -> String {
    let span = to.mantissa().abs_diff(from.mantissa()).saturating_add(1);
    let [high, low] = [0, 1].map(|at| u128::from(chance.draw("amount", at)));
    let drawn = ((high << 64) | low) % span;
    let mantissa = from.mantissa().saturating_add_unsigned(drawn);
    // Between two decimals of this scale lie decimals only.
    Decimal::try_from_i128_with_scale(mantissa, from.scale())
        .unwrap_or(from)
        .to_string()
}

fn choose(chance: Chance, choices: &[(Value, u64)]) -> Value {
    let all: u64 = choices.iter().map(|(_, weight)| weight).sum();
    let mut left = chance.draw("choice", 0) % all.max(1);
    for (value, weight) in choices {
        match left.checked_sub(*weight) {
            Some(rest) => left = rest,
            None => return value.clone(),
        }
    }
    Value::Null
}

fn text(parts: &[Part], scope: &RowScope<'_>, made: &Map<String, Value>) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Row => text.push_str(&(scope.index + 1).to_string()),
            Part::Key => text.push_str(scope.key),
            Part::Field(name) => match made.get(&**name) {
                Some(Value::String(value)) => text.push_str(value),
                Some(value) => text.push_str(&value.to_string()),
                None => {}
            },
        }
    }
    text
}
