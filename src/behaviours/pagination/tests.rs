//! Pages against a plain list: what is seen while rows come and go.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::behaviours::Variables;
use crate::definition::compile::{self, PackSource, Place, Report};
use crate::definition::compiled::{Pack, Produce};
use crate::definition::model::PackFile;
use crate::definition::source::{self, Source};
use crate::domain::chance::Chance;
use crate::state::collection::Collection;
use crate::state::dataset::generated::Recipe;
use crate::state::dataset::key::KeyMaker;
use crate::state::dataset::{Dataset, Generated, Rows};
use crate::state::{Effect, SandboxState};

const LISTS: &str = r#"
doors: [ { route: "POST /call/{tool}" } ]
collections: { rows: { key: id } }
profiles:
  pagination:
    both:
      size: { parameter: n, default: 3, max: 50 }
      after: { parameter: after, as: token }
      before: { parameter: before, as: token }
tools:
  made: { description: By age., pagination: both }
  newest: { description: The newest first., pagination: { profile: both, newestFirst: true } }
  valued: { description: By value., pagination: { profile: both, orderBy: [{ by: record.value, descending: true }, { by: record.kind }] } }
  keyed: { description: By key., pagination: { profile: both, orderByKey: true } }
  odd: { description: Some., pagination: { profile: both, where: record.value != 2 } }
  numbers: { description: By number., pagination: { profile: both, after: { parameter: after, as: offset }, total: exact } }
  nth: { description: By value and number., pagination: { profile: both, orderBy: [{ by: record.value, descending: true }, { by: record.kind }], after: { parameter: after, as: offset }, filters: [kind], total: exact } }
  nth_key: { description: By key and number., pagination: { profile: both, orderByKey: true, after: { parameter: after, as: offset }, filters: [kind], total: exact } }
  some: { description: Some by number., pagination: { profile: both, newestFirst: true, after: { parameter: after, as: offset }, filters: [kind], total: exact } }
"#;

static PACK: LazyLock<Arc<Pack>> = LazyLock::new(Lists::pack);

/// A row as the plain list has it.
#[derive(Clone, Debug, PartialEq)]
struct Plain {
    id: String,
    value: u8,
    kind: String,
}

/// A list, and the plain one beside it, in the order of making.
struct Lists {
    pack: Arc<Pack>,
    state: SandboxState,
    plain: Vec<Plain>,
    made: usize,
}

impl Lists {
    fn open() -> Self {
        Self {
            pack: PACK.clone(),
            state: SandboxState::new(Arc::default(), Timestamp::UNIX_EPOCH),
            plain: Vec::new(),
            made: 0,
        }
    }

    fn pack() -> Arc<Pack> {
        let document = source::parse(Source::new("lists.yaml", LISTS)).expect("YAML");
        let file: PackFile = serde_json::from_value(document.value.clone()).expect("a pack");
        let place = Place::root(&Arc::new(document));
        let source = PackSource {
            name: "lists".into(),
            files: vec![(file, place)],
            ..PackSource::default()
        };
        let mut report = Report::default();
        let pack = compile::pack(&source, &[], &mut report);
        assert_eq!(report.diagnostics, []);
        pack.expect("a pack")
    }

    fn insert(&mut self, value: u8) {
        self.made += 1;
        // In the order of their keys rows do not come as they are made.
        let id = format!("{:03}-{}", (self.made * 37) % 100, self.made);
        let kind = if value.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        }
        .to_owned();
        let record = json!({ "id": id, "value": value, "kind": kind });
        self.state.apply(&Effect::RecordPut {
            collection: Name::new(&"lists".into(), "rows"),
            key: id.as_str().into(),
            record: Arc::new(record),
        });
        self.plain.push(Plain { id, value, kind });
    }

    /// What there is becomes the collection's base, whose keys do not ascend.
    fn settle(&mut self) {
        let rows = |state: &SandboxState| -> Vec<_> {
            let collection = state.collections.get(&Name::new(&"lists".into(), "rows"));
            collection.into_iter().flat_map(Collection::iter).collect()
        };
        let dataset = Dataset::Rows(Rows::from(rows(&self.state)));
        self.fill(dataset);
    }

    fn fill(&mut self, dataset: Dataset) {
        self.state.apply(&Effect::CollectionFilled {
            collection: Name::new(&"lists".into(), "rows"),
            dataset: Arc::new(dataset),
        });
    }

    fn delete(&mut self, at: usize) {
        if self.plain.is_empty() {
            return;
        }
        let gone = self.plain.remove(at % self.plain.len());
        self.state.apply(&Effect::RecordDeleted {
            collection: Name::new(&"lists".into(), "rows"),
            key: gone.id.as_str().into(),
        });
    }

    fn page(&self, tool: &str, input: Value) -> Page {
        let tool = &self.pack.tools[tool];
        let Produce::Page(spec) = &tool.produce else {
            panic!("{} makes no pages", tool.name);
        };
        let variables = Variables::from_iter([("input".to_owned(), input)]);
        let view = View {
            pack: &self.pack,
            state: &self.state,
            variables: &variables,
            record: None,
            chance: Chance::new(0, "", 0),
        };
        let call = Call::new(
            1,
            Method::GET,
            "/".into(),
            HeaderMap::new(),
            Bytes::new(),
            String::new(),
            "".into(),
        );
        let subject = Subject {
            call: &call,
            tool: &tool.name,
            given: &[],
        };
        let page = page(&view, spec, &subject, &Quirk::default());
        page.unwrap_or_else(|refusal| panic!("{refusal:?}"))
    }

    /// The ids of the plain list, in the order of a tool.
    fn ordered(&self, tool: &str) -> Vec<String> {
        let mut rows = self.plain.clone();
        match tool {
            "newest" | "some" => rows.reverse(),
            "valued" | "nth" => rows.sort_by(|one, other| {
                let by_value = other.value.cmp(&one.value);
                by_value.then_with(|| one.kind.cmp(&other.kind))
            }),
            "keyed" | "nth_key" => rows.sort_by(|one, other| one.id.cmp(&other.id)),
            "odd" => rows.retain(|row| row.value != 2),
            _ => {}
        }
        rows.into_iter().map(|row| row.id).collect()
    }
}

fn ids(page: &Page) -> Vec<String> {
    let items = page.facts["items"].as_array().expect("items").iter();
    items
        .map(|row| row["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// What happens between two pages.
#[derive(Clone, Debug)]
enum Change {
    Insert(u8),
    Delete(usize),
}

fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let change = prop_oneof![
        (0..5_u8).prop_map(Change::Insert),
        (0..60_usize).prop_map(Change::Delete),
    ];
    prop::collection::vec(prop::collection::vec(change, 0..6), 40)
}

/// Pages through a list to its end, or from its end to its beginning, while it changes. What was there
/// all along is seen once, in order; nothing is seen twice.
fn seen_while_changing(
    tool: &str,
    rows: &[u8],
    size: u8,
    changes: &[Vec<Change>],
    backward: bool,
    based: bool,
) -> Result<(), TestCaseError> {
    let mut lists = Lists::open();
    rows.iter().for_each(|value| lists.insert(*value));
    if based {
        lists.settle();
    }
    let mut before = lists.ordered(tool);
    let mut at = None;
    if backward {
        let (first, previous) = lists.last_page(tool, size);
        let Some(previous) = previous else {
            return Ok(());
        };
        before.truncate(before.iter().position(|id| *id == first).unwrap_or(0));
        at = Some(previous);
    }
    let mut seen: Vec<String> = Vec::new();
    let (name, fact) = match backward {
        true => ("before", "previous"),
        false => ("after", "next"),
    };
    // At last nothing changes any more, so it comes to an end.
    let nothing = Vec::new();
    let quiet = std::iter::repeat_n(&nothing, 300);
    for (nth, changes) in changes.iter().chain(quiet).enumerate() {
        let page = match &at {
            Some(at) => lists.page(tool, json!({ "n": size, name: at })),
            None => lists.page(tool, json!({ "n": size })),
        };
        let mut found = ids(&page);
        if backward {
            found.reverse();
        }
        seen.extend(found);
        at = page.facts.get(fact).cloned();
        let more = at.is_some();
        prop_assert_eq!(more, page.facts["hasMore"] == true, "page {}", nth);
        if !more {
            break;
        }
        for change in changes {
            match change {
                Change::Insert(value) => lists.insert(*value),
                Change::Delete(at) => lists.delete(*at),
            }
        }
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    prop_assert_eq!(once.len(), seen.len(), "a row was seen twice: {:?}", seen);
    let still = lists.ordered(tool);
    let mut expected: Vec<&String> = before.iter().filter(|id| still.contains(id)).collect();
    if backward {
        expected.reverse();
    }
    let all_along: Vec<&String> = seen.iter().filter(|id| expected.contains(id)).collect();
    prop_assert_eq!(all_along, expected);
    Ok(())
}

impl Lists {
    /// The first row of the last page, and the cursor before it.
    fn last_page(&self, tool: &str, size: u8) -> (String, Option<Value>) {
        let mut page = self.page(tool, json!({ "n": size }));
        while let Some(next) = page.facts.get("next").cloned() {
            page = self.page(tool, json!({ "n": size, "after": next }));
        }
        let first = ids(&page).into_iter().next().unwrap_or_default();
        (first, page.facts.get("previous").cloned())
    }
}

#[test]
fn keys_in_order_are_not_sorted_anew() {
    let mut lists = Lists::open();
    // A list of which nobody could hold, or look at, all rows.
    lists.fill(Dataset::Generated(Generated::from(Recipe {
        count: 1_000_000_000_000,
        seed: 7,
        key_member: "id".into(),
        key: KeyMaker::Sequence {
            prefix: "c".into(),
            start: 0,
            width: 12,
        },
        fields: Vec::new(),
    })));
    lists.insert(1);
    let first = lists.page("keyed", json!({ "n": 2 }));
    assert_eq!(ids(&first), ["037-1", "c000000000000"]);
    let next = &first.facts["next"];
    let second = lists.page("keyed", json!({ "n": 2, "after": next }));
    assert_eq!(ids(&second), ["c000000000001", "c000000000002"]);
    let previous = &second.facts["previous"];
    let again = lists.page("keyed", json!({ "n": 2, "before": previous }));
    assert_eq!(ids(&again), ids(&first));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_row_that_stays_is_seen_once(
        rows in prop::collection::vec(0..5_u8, 0..40),
        size in 1..6_u8,
        changes in changes(),
        backward: bool,
        based: bool,
    ) {
        for tool in ["made", "newest", "valued", "keyed", "odd"] {
            seen_while_changing(tool, &rows, size, &changes, backward, based)?;
        }
    }

    #[test]
    fn a_number_of_rows_is_a_plain_slice(
        rows in prop::collection::vec(0..5_u8, 0..40),
        gone in prop::collection::vec(0..40_usize, 0..10),
        offset in 0..60_usize,
        size in 1..20_usize,
        odd: bool,
        based: bool,
    ) {
        let mut lists = Lists::open();
        rows.iter().for_each(|value| lists.insert(*value));
        if based {
            lists.settle();
        }
        gone.iter().for_each(|at| lists.delete(*at));
        let kind = odd.then_some("odd");
        for (tool, kind) in [("numbers", None), ("some", kind), ("nth", kind), ("nth_key", kind)] {
            let mut all = lists.ordered(tool);
            let of_kind = |id: &String| {
                let row = lists.plain.iter().find(|row| row.id == *id);
                row.is_some_and(|row| kind.is_none_or(|kind| row.kind == kind))
            };
            all.retain(of_kind);
            let page = lists.page(tool, json!({ "n": size, "after": offset, "kind": kind }));
            let slice: Vec<String> = all.iter().skip(offset).take(size).cloned().collect();
            prop_assert_eq!(ids(&page), slice);
            prop_assert_eq!(page.facts["hasMore"] == true, offset + size < all.len());
            prop_assert_eq!(&page.facts["total"], &json!(all.len()));
        }
    }
}
