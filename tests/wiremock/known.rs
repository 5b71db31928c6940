//! The known differences: one list, `known.yaml`, which the comparison skips, the documentation
//! publishes, and a case each keeps honest.

use std::fmt::Write as _;

use regex::Regex;
use serde_json::Value;

use crate::case::{Case, read_yaml};
use crate::compare::Difference;

/// The list as it is written.
const LIST: &str = include_str!("known.yaml");

/// All known differences.
pub(crate) struct Known {
    pub(crate) entries: Vec<Entry>,
}

/// One known difference.
pub(crate) struct Entry {
    pub(crate) id: String,
    what: String,
    reason: String,
    rules: Vec<Rule>,
    /// In it, the difference occurs.
    pub(crate) case: Case,
}

/// What is skipped: whatever is named has to fit.
struct Rule {
    place: Regex,
    /// The method and the target.
    request: Option<Regex>,
    /// Something in the body of the request.
    body: Option<Regex>,
    /// Something anywhere in the case.
    case: Option<Regex>,
    /// Both statuses: `200 404`.
    answered: Option<Regex>,
    wiremock: Option<Regex>,
    sparring: Option<Regex>,
}

impl Known {
    /// No difference is known.
    pub(crate) fn nothing() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// The reviewed list.
    pub(crate) fn list() -> Self {
        let written = read_yaml("known", LIST);
        let entries = written.as_array().expect("a list");
        Self {
            entries: entries.iter().map(Entry::read).collect(),
        }
    }

    /// What of these differences is not known.
    pub(crate) fn unknown(&self, case: &Case, found: Vec<Difference>) -> Vec<Difference> {
        let mut found = found;
        found.retain(|found| !self.entries.iter().any(|entry| entry.explains(case, found)));
        found
    }

    /// The list as a table of the documentation.
    pub(crate) fn table(&self) -> String {
        let mut table = String::from("| difference | what | why |\n|---|---|---|\n");
        for Entry {
            id, what, reason, ..
        } in &self.entries
        {
            let _ = writeln!(table, "| `{id}` | {what} | {reason} |");
        }
        table
    }
}

impl Entry {
    fn read(written: &Value) -> Self {
        let text = |key: &str| match written[key].as_str() {
            Some(text) => text.trim().replace('\n', " "),
            None => panic!("a known difference says its {key}: {written}"),
        };
        let rules = written["skip"].as_array().expect("a list of rules");
        assert!(!rules.is_empty(), "a known difference skips something");
        let mut case = written["example"].clone();
        case["case"] = text("id").into();
        Self {
            id: text("id"),
            what: text("what"),
            reason: text("reason"),
            rules: rules.iter().map(Rule::read).collect(),
            case: Case::read("known", &case),
        }
    }

    /// Whether this is the reason of a difference.
    pub(crate) fn explains(&self, case: &Case, found: &Difference) -> bool {
        self.rules.iter().any(|rule| rule.fits(case, found))
    }
}

impl Rule {
    fn read(written: &Value) -> Self {
        let known = [
            "place", "request", "body", "case", "answered", "wiremock", "sparring",
        ];
        for key in written.as_object().expect("a rule").keys() {
            assert!(known.contains(&&**key), "{key} is no key of a rule");
        }
        let pattern = |key: &str| {
            let text = written[key].as_str()?;
            Some(Regex::new(&format!("(?s){text}")).unwrap_or_else(|error| panic!("{error}")))
        };
        Self {
            place: pattern("place").expect("a rule says the place"),
            request: pattern("request"),
            body: pattern("body"),
            case: pattern("case"),
            answered: pattern("answered"),
            wiremock: pattern("wiremock"),
            sparring: pattern("sparring"),
        }
    }

    fn fits(&self, case: &Case, found: &Difference) -> bool {
        let fits = |rule: &Option<Regex>, text: &dyn Fn() -> String| match rule {
            Some(rule) => rule.is_match(&text()),
            None => true,
        };
        let request = &case.steps[found.step].request;
        self.place.is_match(&found.place)
            && fits(&self.request, &|| {
                format!("{} {}", request.method, request.target)
            })
            && fits(&self.body, &|| {
                String::from_utf8_lossy(&request.body).into_owned()
            })
            && fits(&self.case, &|| case.text())
            && fits(&self.answered, &|| found.answered.clone())
            && fits(&self.wiremock, &|| found.wiremock.clone())
            && fits(&self.sparring, &|| found.sparring.clone())
    }
}
