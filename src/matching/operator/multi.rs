//! What the values of one name must be like: a header, a query parameter or a member of a form may
//! have several.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{Operator, Subject};

/// What the values of one name must be like.
#[derive(Clone, Debug)]
pub enum Multi {
    /// One of them is like this; or it says something about there being none.
    One(Operator),
    /// There are as many as here, and for each of these one of them.
    HasExactly(Vec<Operator>),
    /// For each of these there is one.
    Includes(Vec<Operator>),
}

impl Multi {
    /// Whether the values are as they must be. `values` gives them anew each time.
    pub fn test<'v, V>(&self, values: impl Fn() -> V, now: Timestamp) -> bool
    where
        V: Iterator<Item = Cow<'v, str>>,
    {
        let one = |operator: &Operator| {
            let mut subjects = values().map(|value| Subject::text(value, now));
            subjects.any(|subject| operator.test(Some(&subject)))
        };
        match self {
            Self::One(operator) => {
                one(operator) || (values().next().is_none() && operator.test(None))
            }
            Self::HasExactly(all) => {
                let count = values().count();
                count > 0 && count == all.len() && all.iter().all(one)
            }
            Self::Includes(all) => values().next().is_some() && all.iter().all(one),
        }
    }

    /// How far the values are from what they must be, from 0 to 1.
    pub fn distance<'v>(&self, values: impl Iterator<Item = Cow<'v, str>>, now: Timestamp) -> f64 {
        let values: Vec<Subject<'v>> = values.map(|value| Subject::text(value, now)).collect();
        let nearest = |operator: &Operator| {
            let distances = values.iter().map(|value| operator.distance(Some(value)));
            distances.fold(1.0, f64::min)
        };
        match self {
            Self::One(operator) if values.is_empty() => operator.distance(None),
            Self::One(operator) => nearest(operator),
            Self::HasExactly(_) | Self::Includes(_) if values.is_empty() => 1.0,
            Self::HasExactly(all) => {
                let count = f64::from(u8::from(values.len() != all.len()));
                (count + super::distance::mean(all.iter().map(nearest))) / 2.0
            }
            Self::Includes(all) => super::distance::mean(all.iter().map(nearest)),
        }
    }

    /// The operator in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::One(operator) => operator.describe(),
            Self::HasExactly(all) => format!("hasExactly {}", super::joined(all, " AND ")),
            Self::Includes(all) => format!("includes {}", super::joined(all, " AND ")),
        }
    }
}
