//! Which operator a pattern has.

use serde_json::Value;

use crate::definition::compile::report::{Place, Report};
use crate::definition::model::Pattern;

/// The operator of a pattern, as it is written.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    EqualTo(&'a str),
    Contains(&'a str),
    DoesNotContain(&'a str),
    Matches(&'a str),
    DoesNotMatch(&'a str),
    Anything,
    Absent,
    MatchesPathTemplate(&'a str),
    BinaryEqualTo(&'a str),
    EqualToJson(&'a Value),
    MatchesJsonPath(&'a Value),
    MatchesJsonSchema(&'a Value),
    And(&'a [Pattern]),
    Or(&'a [Pattern]),
    Not(&'a Pattern),
    HasExactly(&'a [Pattern]),
    Includes(&'a [Pattern]),
    EqualToXml(&'a str),
    MatchesXPath(&'a Value),
    Before(&'a str),
    After(&'a str),
    EqualToDateTime(&'a str),
}

/// Where a pattern stands: not every operator may stand everywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// It is about one value.
    Single,
    /// It is about all values of one name.
    Multi,
    /// It is about a body.
    Body,
}

impl Given<'_> {
    /// The key by which it is written.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::EqualTo(_) => "equalTo",
            Self::Contains(_) => "contains",
            Self::DoesNotContain(_) => "doesNotContain",
            Self::Matches(_) => "matches",
            Self::DoesNotMatch(_) => "doesNotMatch",
            Self::Anything => "anything",
            Self::Absent => "absent",
            Self::MatchesPathTemplate(_) => "matchesPathTemplate",
            Self::BinaryEqualTo(_) => "binaryEqualTo",
            Self::EqualToJson(_) => "equalToJson",
            Self::MatchesJsonPath(_) => "matchesJsonPath",
            Self::MatchesJsonSchema(_) => "matchesJsonSchema",
            Self::And(_) => "and",
            Self::Or(_) => "or",
            Self::Not(_) => "not",
            Self::HasExactly(_) => "hasExactly",
            Self::Includes(_) => "includes",
            Self::EqualToXml(_) => "equalToXml",
            Self::MatchesXPath(_) => "matchesXPath",
            Self::Before(_) => "before",
            Self::After(_) => "after",
            Self::EqualToDateTime(_) => "equalToDateTime",
        }
    }

    fn may_stand(self, place: Where) -> bool {
        match self {
            Self::BinaryEqualTo(_) => place == Where::Body,
            Self::HasExactly(_) | Self::Includes(_) => place == Where::Multi,
            _ => true,
        }
    }
}

/// All operators that a pattern has.
fn all(model: &Pattern) -> Vec<Given<'_>> {
    let anything = model.anything.as_ref().map(|_| Given::Anything);
    let absent = model.absent.as_ref().map(|_| Given::Absent);
    let given = [
        model.equal_to.as_deref().map(Given::EqualTo),
        model.contains.as_deref().map(Given::Contains),
        model.does_not_contain.as_deref().map(Given::DoesNotContain),
        model.matches.as_deref().map(Given::Matches),
        model.does_not_match.as_deref().map(Given::DoesNotMatch),
        anything,
        absent,
        (model.matches_path_template.as_deref()).map(Given::MatchesPathTemplate),
        model.binary_equal_to.as_deref().map(Given::BinaryEqualTo),
        model.equal_to_json.as_ref().map(Given::EqualToJson),
        model.matches_json_path.as_ref().map(Given::MatchesJsonPath),
        (model.matches_json_schema.as_ref()).map(Given::MatchesJsonSchema),
        model.and.as_deref().map(Given::And),
        model.or.as_deref().map(Given::Or),
        model.not.as_deref().map(Given::Not),
        model.has_exactly.as_deref().map(Given::HasExactly),
        model.includes.as_deref().map(Given::Includes),
        model.equal_to_xml.as_deref().map(Given::EqualToXml),
        model.matches_x_path.as_ref().map(Given::MatchesXPath),
        model.before.as_deref().map(Given::Before),
        model.after.as_deref().map(Given::After),
        (model.equal_to_date_time.as_deref()).map(Given::EqualToDateTime),
    ];
    given.into_iter().flatten().collect()
}

/// The names of all operators, those first that are asked for most.
const KEYS: [&str; 22] = [
    "equalTo",
    "contains",
    "doesNotContain",
    "matches",
    "doesNotMatch",
    "absent",
    "anything",
    "equalToJson",
    "matchesJsonPath",
    "matchesJsonSchema",
    "equalToXml",
    "matchesXPath",
    "binaryEqualTo",
    "before",
    "after",
    "equalToDateTime",
    "matchesPathTemplate",
    "and",
    "or",
    "not",
    "hasExactly",
    "includes",
];

/// The only operator of a pattern.
pub(super) fn only<'a>(
    model: &'a Pattern,
    whither: Where,
    place: &Place,
    report: &mut Report,
) -> Option<Given<'a>> {
    let given = all(model);
    match given.as_slice() {
        [only] if only.may_stand(whither) => return Some(*only),
        [only] => {
            let key = only.key();
            let label = match only {
                Given::BinaryEqualTo(_) => "expected it in `bodyPatterns`",
                _ => "expected it for a header, a query parameter or a form parameter",
            };
            report.error_at_key(&place.at(key), format!("`{key}` cannot stand here"), label);
        }
        [] => {
            let label = format!("expected one of {}", KEYS.join(", "));
            report.error(place, "no operator", label);
        }
        [first, second, ..] => {
            let (first, second) = (first.key(), second.key());
            let message = format!("a pattern has one operator, not `{first}` and `{second}`");
            report.error_at_key(&place.at(second), message, "one too many");
        }
    }
    None
}
