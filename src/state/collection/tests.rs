//! A collection over a dataset behaves as one whose rows were put one by one.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::state::dataset::generated::Recipe;
use crate::state::dataset::key::{Alphabet, KeyMaker};
use crate::state::dataset::{Generated, Rows};

fn held(count: u64) -> Dataset {
    let row = |at| (format!("k{at}").into(), Arc::new(json!({ "row": at })));
    Dataset::Rows(Rows::from((0..count).map(row).collect::<Vec<_>>()))
}

fn generated(count: u64) -> Dataset {
    Dataset::Generated(Generated::from(Recipe {
        count,
        seed: 7,
        key_member: "id".into(),
        key: KeyMaker::Id {
            prefix: "k".into(),
            length: 8,
            alphabet: Alphabet::Hex,
        },
        fields: Vec::new(),
    }))
}

#[test]
fn records_are_listed_by_age_and_keep_their_place() {
    let mut collection = Collection::default();
    for key in ["z", "a", "m"] {
        collection.put(&key.into(), &Arc::new(json!({ "v": 1 })));
    }
    collection.put(&"a".into(), &Arc::new(json!({ "v": 2 })));
    collection.remove("z");
    collection.remove("nothing");
    collection.put(&"z".into(), &Arc::new(json!({ "v": 3 })));
    let listed: Vec<_> = collection
        .iter()
        .map(|(key, record)| format!("{key}{}", record["v"]))
        .collect();
    assert_eq!(listed, ["a2", "m1", "z3"]);
    assert_eq!(collection.len(), 3);
}

#[test]
fn a_long_run_that_is_gone_is_one_entry() {
    let dataset = Arc::new(held(10_000));
    let mut collection = Collection::over(dataset);
    // From both ends and from the middle, so that runs begin, grow both ways, and meet.
    for at in (0..3_000).chain((6_000..9_999).rev()).chain(3_000..6_000) {
        collection.remove(&format!("k{at}"));
    }
    assert_eq!(collection.gone.len(), 1);
    assert_eq!(collection.len(), 1);
    let left = collection.after(None).map(|(age, ..)| age);
    assert_eq!(left.collect::<Vec<_>>(), [9_999]);
    assert_eq!(collection.before(Some(9_999)).count(), 0);
    assert_eq!(collection.after(Some(4_000)).count(), 1);
}

#[test]
fn an_untouched_collection_holds_nothing_of_its_own() {
    let collection = Collection::over(Arc::new(generated(1_000_000)));
    assert_eq!(collection.len(), 1_000_000);
    assert!(collection.by_age.is_empty() && collection.by_key.is_empty());
    let (age, key, _) = collection.iter_from(999_999);
    assert_eq!((age, collection.age_of(&key)), (999_999, Some(999_999)));
    assert_eq!(collection.after(None).nth(1_000_000), None);
}

#[test]
fn rows_that_are_passed_over_are_not_made() {
    // To make them would take hours.
    let count = 4_000_000_000;
    let collection = Collection::over(Arc::new(generated(count)));
    let (age, ..) = collection.after(None).nth(3_999_999_999).expect("a row");
    assert_eq!(age, 3_999_999_999);
    let (age, ..) = collection.before(None).nth(3_999_999_999).expect("a row");
    assert_eq!(age, 0);
    assert_eq!(collection.before(None).nth(4_000_000_000), None);
}

impl Collection {
    fn iter_from(&self, at: usize) -> Aged {
        self.after(None).nth(at).expect("a row")
    }
}

/// What is done to both.
#[derive(Clone, Debug)]
enum Deed {
    Put(usize),
    Remove(usize),
    RemoveRun(usize, usize),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        (0..40_usize).prop_map(Deed::Put),
        (0..40_usize).prop_map(Deed::Remove),
        (0..40_usize, 0..12_usize).prop_map(|(from, length)| Deed::RemoveRun(from, length)),
    ];
    prop::collection::vec(deed, 0..40)
}

proptest! {
    #[test]
    fn a_base_is_the_same_as_its_rows_put_one_by_one(
        count in 0..25_u64, is_held: bool, deeds in deeds(), pass in 0..30_usize,
    ) {
        let dataset = if is_held { held(count) } else { generated(count) };
        let rows: Vec<Row> = (0..count).map(|at| dataset.row(at).expect("a row")).collect();
        let mut over = Collection::over(Arc::new(dataset));
        let mut put = Collection::default();
        for (key, record) in &rows {
            put.put(key, record);
        }
        let mut keys: Vec<Arc<str>> = rows.into_iter().map(|(key, _)| key).collect();
        keys.extend((0..15).map(|at| Arc::from(format!("n{at}"))));
        for (version, deed) in deeds.iter().enumerate() {
            for collection in [&mut over, &mut put] {
                match *deed {
                    Deed::Put(at) => {
                        collection.put(&keys[at % keys.len()], &Arc::new(json!(version)));
                    }
                    Deed::Remove(at) => collection.remove(&keys[at % keys.len()]),
                    Deed::RemoveRun(from, length) => {
                        for key in keys.iter().skip(from % keys.len()).take(length) {
                            collection.remove(key);
                        }
                    }
                }
            }
        }
        prop_assert_eq!(over.len(), put.len());
        prop_assert_eq!(over.is_empty(), put.is_empty());
        prop_assert_eq!(over.made(), put.made());
        for key in &keys {
            prop_assert_eq!(over.get(key), put.get(key));
            prop_assert_eq!(over.age_of(key), put.age_of(key));
        }
        let all: Vec<Aged> = put.after(None).collect();
        prop_assert_eq!(all.len(), put.len());
        prop_assert!(all.is_sorted_by(|one, other| one.0 < other.0));
        prop_assert_eq!(over.iter().collect::<Vec<_>>(), put.iter().collect::<Vec<_>>());
        prop_assert_eq!(over.keys().collect::<Vec<_>>(), put.keys().collect::<Vec<_>>());
        for age in (0..over.made() + 2).map(Some).chain([None, Some(u64::MAX)]) {
            let younger: Vec<Aged> = all.iter().filter(|row| age.is_none_or(|age| row.0 > age)).cloned().collect();
            let mut older: Vec<Aged> = all.iter().filter(|row| age.is_none_or(|age| row.0 < age)).cloned().collect();
            older.reverse();
            for collection in [&over, &put] {
                prop_assert_eq!(collection.after(age).nth(pass), younger.get(pass).cloned());
                prop_assert_eq!(&collection.after(age).collect::<Vec<_>>(), &younger);
                prop_assert_eq!(&collection.before(age).collect::<Vec<_>>(), &older);
                prop_assert_eq!(collection.before(age).nth(pass), older.get(pass).cloned());
                let places = [0, 1 + pass / 2, 2 + pass / 2 + pass / 3];
                let mut stepwise = collection.after(age);
                let found = [stepwise.next(), stepwise.nth(pass / 2), stepwise.nth(pass / 3)];
                prop_assert_eq!(found, places.map(|at| younger.get(at).cloned()));
                let mut stepwise = collection.before(age);
                let found = [stepwise.next(), stepwise.nth(pass / 2), stepwise.nth(pass / 3)];
                prop_assert_eq!(found, places.map(|at| older.get(at).cloned()));
            }
        }
    }
}
