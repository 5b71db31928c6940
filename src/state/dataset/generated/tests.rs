//! Generated rows: the same for ever, found by their keys, each at peace with itself.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

use super::*;
use crate::state::dataset::Dataset;
use crate::state::dataset::fake::{DateFormat, Part};
use crate::state::dataset::key::Alphabet;

fn recipe(count: u64, seed: u64, key: KeyMaker, fields: Vec<(&str, Kind)>) -> Recipe {
    let fields = fields.into_iter().map(|(name, kind)| (name.into(), kind));
    Recipe {
        count,
        seed,
        key_member: "id".into(),
        key,
        fields: fields.collect(),
    }
}

fn sequence() -> KeyMaker {
    KeyMaker::Sequence {
        prefix: "c_".into(),
        start: 1,
        width: 6,
    }
}

/// Every kind of field, by the name of its kind.
fn all_kinds() -> Vec<(&'static str, Kind)> {
    let amount = |text: &str| text.parse::<Decimal>().expect("a decimal");
    let date = |ascending, format| Kind::Date {
        from: 1_704_067_200,
        to: 1_767_225_600,
        ascending,
        format,
    };
    vec![
        ("first_name", Kind::FirstName),
        ("last_name", Kind::LastName),
        ("full_name", Kind::FullName),
        ("email", Kind::Email),
        ("username", Kind::Username),
        ("phone", Kind::Phone),
        ("company", Kind::Company),
        ("job_title", Kind::JobTitle),
        ("domain", Kind::Domain),
        ("url", Kind::Url),
        ("street", Kind::Street),
        ("city", Kind::City),
        ("country", Kind::Country),
        ("country_code", Kind::CountryCode),
        ("postal_code", Kind::PostalCode),
        ("product", Kind::Product),
        ("word", Kind::Word),
        ("sentence", Kind::Sentence),
        ("paragraph", Kind::Paragraph),
        ("boolean", Kind::Boolean),
        ("uuid", Kind::Uuid),
        ("row", Kind::Row),
        ("integer", Kind::Integer { from: -5, to: 100 }),
        (
            "amount",
            Kind::Amount {
                from: amount("1.00"),
                to: amount("999.99"),
            },
        ),
        ("date", date(false, DateFormat::Instant)),
        ("ascending", date(true, DateFormat::UnixSeconds)),
        ("day", date(false, DateFormat::Day)),
        ("millis", date(true, DateFormat::UnixMillis)),
        (
            "one_of",
            Kind::OneOf {
                choices: vec![(json!("never"), 0), (json!("a"), 3), (json!(null), 1)],
            },
        ),
        (
            "reference",
            Kind::Reference(Keys::Listed(Arc::from(["x".into(), "y".into()]))),
        ),
        (
            "object",
            Kind::Object(vec![("city".into(), Kind::City), ("n".into(), Kind::Row)]),
        ),
        (
            "list",
            Kind::List {
                of: Box::new(Kind::Email),
                min: 1,
                max: 3,
            },
        ),
        (
            "text",
            Kind::Text(vec![
                Part::Literal("No. ".into()),
                Part::Row,
                Part::Literal(", ".into()),
                Part::Key,
                Part::Literal(": ".into()),
                Part::Field("first_name".into()),
                Part::Field("integer".into()),
            ]),
        ),
        ("value", Kind::Value(json!({ "by": "import" }))),
    ]
}

fn row(generated: &Generated, index: u64) -> Value {
    let (key, record) = generated.row(index).expect("a row");
    assert_eq!(record["id"], *key);
    (*record).clone()
}

#[test]
fn the_same_seed_gives_the_same_bytes_in_every_version() {
    // Recorded once: a change here changes every row that a seed has ever given.
    let generated = Generated::from(recipe(14_000, 7, sequence(), all_kinds()));
    let pinned = [
        r#""id":"c_000042""#,
        r#""first_name":"Samir""#,
        r#""last_name":"Kowalski""#,
        r#""full_name":"Samir Kowalski""#,
        r#""email":"samir.kowalski42@example.net""#,
        r#""username":"samir.kowalski42""#,
        r#""phone":"+1-518-555-0120""#,
        r#""company":"Mistral Travel""#,
        r#""job_title":"Teacher""#,
        r#""domain":"pine.example""#,
        r#""url":"https://horizon.example/island""#,
        r#""street":"104 Meadow Lane""#,
        r#""city":"Busan""#,
        r#""country":"South Korea""#,
        r#""country_code":"KR""#,
        r#""postal_code":"06774""#,
        r#""product":"Insulated Jacket""#,
        r#""word":"system""#,
        r#""sentence":"Castle market ready review county journey velvet matter flower detail.""#,
        r#""paragraph":"Gentle about kitchen remote local factor summer global quick jacket early cloud. Strong effort river report copper pocket region carbon. Meadow inside button account nature wonder future county engine report honest. Candle little formal before gather second height.""#,
        r#""boolean":true"#,
        r#""uuid":"69643730-233b-4878-9b07-d1f9ab6cd200""#,
        r#""row":42"#,
        r#""integer":44"#,
        r#""amount":"460.87""#,
        r#""date":"2025-05-19T08:47:00Z""#,
        r#""ascending":1704253369"#,
        r#""day":"2025-03-18""#,
        r#""millis":1704256536000"#,
        r#""one_of":"a""#,
        r#""reference":"y""#,
        r#""object":{"city":"Busan","n":42}"#,
        r#""list":["samuel.gomez42-1@example.com","jose.johansson42-2@example.com","sven.novak42-3@example.org"]"#,
        r#""text":"No. 42, c_000042: Samir44""#,
        r#""value":{"by":"import"}"#,
    ];
    assert_eq!(
        row(&generated, 41).to_string(),
        format!("{{{}}}", pinned.join(","))
    );
}

#[test]
fn names_mail_and_places_of_a_row_belong_together() {
    let generated = Generated::from(recipe(2_000, 1, sequence(), all_kinds()));
    let mut mails = BTreeSet::new();
    let mut cities = BTreeSet::new();
    for index in 0..2_000 {
        let row = row(&generated, index);
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let full = format!("{} {}", text("first_name"), text("last_name"));
        assert_eq!(text("full_name"), full);
        let name = text("email");
        let (name, domain) = name.split_once('@').expect("an address");
        assert_eq!(name, text("username"));
        assert!(domain.starts_with("example."), "{domain}");
        assert!(name.ends_with(&(index + 1).to_string()), "{name}");
        let first = text("first_name").to_lowercase();
        assert!(!first.is_ascii() || name.starts_with(&first), "{name}");
        assert_eq!(row["object"]["city"], row["city"]);
        cities.insert((text("city"), text("country"), text("country_code")));
        let listed = row["list"].as_array().expect("a list");
        assert!((1..=3).contains(&listed.len()));
        for mail in listed.iter().chain([&row["email"]]) {
            assert!(mails.insert(mail.to_string()), "{mail} stands twice");
        }
    }
    let names: BTreeSet<&String> = cities.iter().map(|(city, ..)| city).collect();
    assert_eq!(names.len(), cities.len(), "a city lies in one country");
}

#[test]
fn values_keep_to_their_bounds_and_reach_them() {
    let cent = |text: &str| text.parse::<Decimal>().expect("a decimal");
    let bounded = vec![
        ("n", Kind::Integer { from: -1, to: 1 }),
        (
            "all",
            Kind::Integer {
                from: i64::MIN,
                to: i64::MAX,
            },
        ),
        (
            "amount",
            Kind::Amount {
                from: cent("-0.01"),
                to: cent("0.01"),
            },
        ),
    ];
    let generated = Generated::from(recipe(200, 3, sequence(), bounded));
    let seen = |name: &str| -> BTreeSet<String> {
        let values = (0..200).map(|index| row(&generated, index)[name].to_string());
        values.collect()
    };
    let wanted = |values: [&str; 3]| values.map(str::to_owned).into_iter().collect();
    assert_eq!(seen("n"), wanted(["-1", "0", "1"]));
    assert_eq!(
        seen("amount"),
        wanted(["\"-0.01\"", "\"0.00\"", "\"0.01\""])
    );
    assert_eq!(seen("all").len(), 200);
}

#[test]
fn ascending_moments_grow_from_the_first_to_the_last() {
    for count in [1, 2, 1_000, 1_000_000_000] {
        let generated = Generated::from(recipe(count, 5, sequence(), all_kinds()));
        let at = |index: u64| {
            row(&generated, index)["ascending"]
                .as_i64()
                .expect("a number")
        };
        let step = (count / 500).max(1);
        let moments: Vec<i64> = (0..count.min(500)).map(|nth| at(nth * step)).collect();
        assert!(moments.is_sorted(), "{count}");
        assert!((1_704_067_200..=1_767_225_600).contains(&moments[0]));
        assert!(at(count - 1) <= 1_767_225_600);
        if count > 100 {
            assert!(moments[0] < 1_704_300_000 && at(count - 1) > 1_767_000_000);
        }
    }
}

#[test]
fn what_is_kept_is_what_would_be_made() {
    let kept = Generated::from(recipe(KEPT_ROWS_MAX, 9, sequence(), all_kinds()));
    let first = kept.row(5).expect("a row").1;
    assert!(Arc::ptr_eq(&first, &kept.row(5).expect("a row").1));
    assert_eq!(*first, *kept.recipe().made(5).1);
    let large = Generated::from(recipe(KEPT_ROWS_MAX + 1, 9, sequence(), all_kinds()));
    assert_eq!(large.row(5), Some(large.recipe().made(5)));
    assert!(large.kept.get().is_none());
    assert_eq!(kept.row(KEPT_ROWS_MAX), None);
}

#[test]
fn a_dataset_is_the_same_after_a_journey_as_text() {
    let dataset = Dataset::Generated(recipe(3, 9, sequence(), all_kinds()).into());
    let text = serde_json::to_string(&dataset).expect("JSON");
    let back: Dataset = serde_json::from_str(&text).expect("a dataset");
    assert_eq!(back, dataset);
    assert_eq!(back.row(2), dataset.row(2));
}

proptest! {
    #[test]
    fn a_row_is_found_by_its_key(seed: u64, count in 1..2_000_000_u64, index: u64, which in 0..3) {
        let key = match which {
            0 => sequence(),
            1 => KeyMaker::Uuid,
            _ => KeyMaker::Id { prefix: "k".into(), length: 14, alphabet: Alphabet::Base36 },
        };
        let generated = Generated::from(recipe(count, seed, key.clone(), Vec::new()));
        let index = index % count;
        let (found, _) = generated.row(index).expect("a row");
        prop_assert_eq!(generated.key(index), Some(found.clone()));
        prop_assert_eq!(generated.find(&found), Some(index));
        // The key of a row behind the last is well made, and of no row.
        prop_assert_eq!(generated.find(&key.key(seed, count)), None);
    }
}
