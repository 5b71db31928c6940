//! Batches against what their items do when they are called one by one.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Library;
use crate::engine::Decision;
use crate::state::Effect;

/// Notes with keys of their own, and payments.
const SHOP: &str = r#"
doors: [ { route: "POST /call/{tool}" } ]
ledger: { currencies: [EUR], wallets: { opening: { EUR: "10.00" } } }
collections: { notes: { noun: note, key: id } }
tools:
  note:
    description: Notes, and pays for it.
    input: { required: [id, from], properties: { id: { type: string }, from: { type: string }, price: { type: string } } }
    opens: [input.from, "'shop'"]
    do:
      - transfer: { kind: payment, from: input.from, to: "'shop'", amount: "dig(input, 'price', '1.00')" }
      - create: { in: notes, record: { id: "{{input.id}}", from: "{{input.from}}" } }
    response: { jsonBody: "{{record}}" }
  each: { description: A batch., batch: { profile: counted, tool: note } }
  all: { description: A batch., batch: { profile: counted, tool: note, allOrNothing: true } }
  refused: { description: A batch., batch: { profile: counted, tool: note, allOrNothing: true, onFailure: refuse } }
  chained: { description: A batch., batch: { profile: linked, tool: note } }
  drawn: { description: A batch., batch: { profile: counted, tool: note, fail: { probability: 0.5 } } }
  list: { description: Lists notes., pagination: { profile: offset, list: notes } }
  pages: { description: A batch., batch: { profile: multi-status, tool: list } }
  shuffled: { description: A batch., batch: { profile: multi-status, tool: note, order: shuffled } }
  doubtful:
    description: Notes, and says that it did not.
    do: [ { create: { in: notes, record: { id: "{{input.id}}" } } } ]
    response: { status: 409, jsonBody: "{{record}}" }
  declined: { description: A batch., batch: { profile: multi-status, tool: doubtful } }
  policed:
    description: A batch.
    batch:
      profile: multi-status
      tool: note
      allOrNothing: "true"
      fatal: input.policy.strict
      facts: { label: "input.policy.labels[item.index]" }
      succeeded: { label: "{{item.label}}" }
      under: input.policy.under
"#;

/// A sandbox of its own; the pack is compiled once.
fn shop() -> Library {
    static OPEN: LazyLock<Library> = LazyLock::new(|| Library::with(SHOP));
    OPEN.clone()
}

/// Notes of which some are malformed, some meet one before, some cannot be paid.
fn item() -> impl Strategy<Value = Value> {
    let price = prop_oneof![
        Just(json!("1.00")),
        Just(json!("6.00")),
        Just(json!("x")),
        Just(json!(5))
    ];
    prop_oneof![
        9 => (0..6, 0..3, price, any::<bool>()).prop_map(|(id, from, price, linked)| json!({
            "id": format!("n{id}"), "from": format!("a{from}"), "price": price, "linked": linked
        })),
        1 => Just(json!(null)),
        1 => Just(json!({ "id": 5 })),
    ]
}

fn items() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(item(), 1..12)
}

/// What is stored and who has what: all that items change.
fn stored(shop: &Library) -> String {
    format!("{:?} {:?}", shop.state.collections, shop.state.ledger)
}

/// The effects of a decision but for its being counted.
fn changes(decision: &Decision) -> Vec<&Effect> {
    let effects = decision.effects.iter();
    effects
        .filter(|effect| !matches!(effect, Effect::CallBegan { .. } | Effect::ToolCalled { .. }))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn independent_items_are_calls_one_by_one(items in items()) {
        let (mut batch, mut single) = (shop(), shop());
        let (status, body) = batch.call("each", &json!({ "items": items }));
        prop_assert_eq!(status, 200);
        let done = items.iter().filter(|item| single.call("note", item).0 == 200).count();
        prop_assert_eq!(&body["created"], &json!(done));
        prop_assert_eq!(&body["failed"], &json!(items.len() - done));
        prop_assert_eq!(stored(&batch), stored(&single));
    }

    #[test]
    fn all_or_nothing_changes_all_or_nothing(items in items(), refused in any::<bool>()) {
        let (mut batch, mut single) = (shop(), shop());
        let decision = batch.decide(if refused { "refused" } else { "all" }, &json!({ "items": items }));
        let all = items.iter().all(|item| single.call("note", item).0 == 200);
        if all {
            batch.take(&decision);
            prop_assert_eq!(stored(&batch), stored(&single));
        } else {
            prop_assert_eq!(changes(&decision), Vec::<&Effect>::new());
        }
    }

    #[test]
    fn a_chain_is_done_whole_or_not_at_all(items in items()) {
        let mut shop = shop();
        let (_, body) = shop.call("chained", &json!({ "items": items }));
        let results = body["results"].as_array().expect("results");
        let ok: Vec<bool> = results.iter().map(|entry| entry["result"] == "ok").collect();
        for (at, pair) in ok.windows(2).enumerate() {
            if items[at]["linked"] == true {
                prop_assert_eq!(pair[0], pair[1], "{} of {:?}", at, results);
            }
        }
        let notes = shop.state.collections.values().next().map_or(0, |notes| notes.len());
        prop_assert_eq!(notes, ok.iter().filter(|ok| **ok).count());
    }
}

#[test]
fn a_batch_is_one_call_and_its_items_are_none() {
    let mut shop = shop();
    shop.call("each", &json!({ "items": [{ "id": "n", "from": "a" }] }));
    let counted: Vec<String> = shop
        .state
        .tool_calls
        .keys()
        .map(|name| name.name.to_string())
        .collect();
    assert_eq!(counted, ["each"]);
}

#[test]
fn the_trace_has_one_line_and_names_at_most_fifty_items() {
    let shop = shop();
    let items: Vec<Value> = (0..60).map(|_| json!({ "from": "a" })).collect();
    let decision = shop.decide("each", &json!({ "items": items }));
    let lines: Vec<_> = decision
        .trace
        .0
        .iter()
        .filter(|line| line.step == "batch")
        .collect();
    assert_eq!(lines.len(), 1);
    let detail = &lines[0].detail;
    assert_eq!(lines[0].outcome, "failed");
    assert_eq!(detail["items"].as_array().map(Vec::len), Some(50));
    assert_eq!(
        (&detail["failed"], &detail["more"]),
        (&json!(60), &json!(10))
    );
    assert_eq!(
        detail["items"][49],
        json!({ "item": 50, "cause": "invalid_input", "message": "id: \"id\" is a required property" })
    );
    assert!(decision.trace.0.len() < 5, "{:?}", decision.trace);
}

#[test]
fn made_up_failures_and_the_order_are_functions_of_the_seed() {
    let items: Vec<Value> = (0..40)
        .map(|at| json!({ "id": format!("n{at}"), "from": format!("a{at}") }))
        .collect();
    let input = json!({ "items": items });
    let mut one = shop();
    let first = one.call("drawn", &input).1;
    assert_eq!(first, shop().call("drawn", &input).1);
    let failed = first["failed"].as_u64().expect("a count");
    assert!((5..35).contains(&failed), "{failed}");
    let second = one.call("drawn", &input).1;
    assert_ne!(
        first["errors"], second["errors"],
        "each call draws for itself"
    );

    let shuffled = |shop: &mut Library| -> Vec<u64> {
        let body = shop.call("shuffled", &input).1;
        let entries = body["responses"].as_array().expect("entries");
        entries
            .iter()
            .filter_map(|entry| entry["index"].as_u64())
            .collect()
    };
    let order = shuffled(&mut shop());
    assert_eq!(order, shuffled(&mut shop()));
    assert!(!order.is_sorted());
    let mut sorted = order;
    sorted.sort_unstable();
    assert_eq!(sorted, (0..40).collect::<Vec<u64>>());
}

#[test]
fn an_item_may_be_a_page_that_sees_the_items_before() {
    let mut shop = shop();
    let notes: Vec<Value> = (0..3)
        .map(|at| json!({ "id": format!("n{at}"), "from": "a" }))
        .collect();
    shop.call("each", &json!({ "items": notes }));
    let pages = json!({ "items": [{ "limit": 2 }, { "offset": 2 }, { "limit": -1 }] });
    let (status, body) = shop.call("pages", &pages);
    let told = |at: usize| {
        let page = &body["responses"][at];
        (
            page["status"].clone(),
            page["body"]["items"].as_array().map(Vec::len),
        )
    };
    assert_eq!(status, 207, "{body}");
    assert_eq!(
        (told(0), told(1)),
        ((json!(200), Some(2)), (json!(200), Some(1)))
    );
    assert_eq!(told(2).1, None, "{body}");
}

#[test]
fn an_item_whose_tool_declares_a_failure_leaves_nothing() {
    let mut shop = shop();
    let opening = stored(&shop);
    let items = json!({ "items": [{ "id": "n1" }, { "id": "n1" }] });
    let (status, body) = shop.call("declined", &items);
    assert_eq!(status, 207, "{body}");
    for at in 0..2 {
        // The second one does not meet the first one, either.
        assert_eq!(body["responses"][at]["status"], 409, "{body}");
        assert_eq!(body["responses"][at]["body"]["id"], "n1", "{body}");
    }
    assert_eq!(stored(&shop), opening);
}

#[test]
fn expressions_of_items_see_all_of_the_call() {
    let items = json!([{ "id": "n1", "from": "a" }, { "id": "n1", "from": "a" }]);
    for (strict, left) in [(true, 0), (false, 1)] {
        let mut shop = shop();
        let policy = json!({ "strict": strict, "labels": ["one", "two"], "under": "told" });
        let input = json!({ "items": items, "policy": policy });
        let (status, body) = shop.call("policed", &input);
        assert_eq!(status, 207, "{body}");
        let notes = shop
            .state
            .collections
            .values()
            .next()
            .map_or(0, |notes| notes.len());
        assert_eq!(notes, left, "{body}");
        if !strict {
            assert_eq!(body["responses"][0], json!({ "told": { "label": "one" } }));
        }
    }
    // Whether all is to be undone must not be left open.
    let mut shop = shop();
    let opening = stored(&shop);
    let (status, body) = shop.call("policed", &json!({ "items": items }));
    assert_eq!(status, 500, "{body}");
    assert_eq!(stored(&shop), opening);
}
