//! Paths over the documents of Jayway's README and of its and WireMock's own tests.

use serde_json::{Value, json};

use super::{Found, JsonPath, MissingLeaf, matches};

const STORE: &str = r#"{
  "store": {
    "book": [
      {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
      {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
      {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
      {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99}
    ],
    "bicycle": {"color": "red", "price": 19.95}
  },
  "expensive": 10
}"#;

pub(super) fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(super) fn compile(path: &str) -> JsonPath {
    JsonPath::compile(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a path finds, as a line: `missing`, `one <json>`, `many <json>` or `computed <json>`.
pub(super) fn found(path: &str, document: &Value) -> String {
    line(compile(path).find(document))
}

fn line(found: Found<'_>) -> String {
    let kind = match found {
        Found::Missing => return "missing".to_owned(),
        Found::One(_) => "one",
        Found::Many(_) => "many",
        Found::Computed(_) => "computed",
    };
    format!("{kind} {}", found.into_value().unwrap_or_default())
}

/// Each line of the table is a path, `=>`, and what it finds.
fn check(document: &str, table: &str) {
    let document = parse(document);
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (path, expected) = row.split_once("=>").expect("a row has an arrow");
        let (path, expected) = (path.trim(), expected.trim());
        assert_eq!(found(path, &document), expected, "{path}");
    }
}

#[test]
fn examples_of_the_readme() {
    check(
        STORE,
        r#"
        $.store.book[*].author => many ["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]
        $..author => many ["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]
        $.store..price => many [8.95,12.99,8.99,22.99,19.95]
        $..book[2].title => many ["Moby Dick"]
        $..book[-2].title => many ["Moby Dick"]
        $..book[0,1].title => many ["Sayings of the Century","Sword of Honour"]
        $..book[:2].title => many ["Sayings of the Century","Sword of Honour"]
        $..book[1:2].title => many ["Sword of Honour"]
        $..book[-2:].title => many ["Moby Dick","The Lord of the Rings"]
        $..book[2:].title => many ["Moby Dick","The Lord of the Rings"]
        $..book[?(@.isbn)].title => many ["Moby Dick","The Lord of the Rings"]
        $.store.book[?(@.price < 10)].title => many ["Sayings of the Century","Moby Dick"]
        $..book[?(@.price <= $['expensive'])].title => many ["Sayings of the Century","Moby Dick"]
        $..book[?(@.author =~ /.*REES/i)].title => many ["Sayings of the Century"]
        $..book.length() => computed 4
        $.store.book[?(@.price < 10 && @.category == 'fiction')].title => many ["Moby Dick"]
        $.store.book[?(@.category == 'reference' || @.price > 10)].price => many [8.95,12.99,22.99]
        $.store.book[?(!(@.price < 10 && @.category == 'fiction'))].price => many [8.95,12.99,22.99]
        $.store.book[0].author => one "Nigel Rees"
        $['store']['book'][0]['author'] => one "Nigel Rees"
        "#,
    );
    let store = parse(STORE);
    let whole = |path: &str| compile(path).find(&store).into_value().expect(path);
    assert_eq!(
        whole("$.store.*"),
        json!([store["store"]["book"], store["store"]["bicycle"]])
    );
    let everything = whole("$..*");
    assert_eq!(everything.as_array().map(Vec::len), Some(28));
    assert_eq!(everything[1], parse("10"));
}

#[test]
fn names_and_brackets() {
    check(
        r#"{"store-name": 1, "a b": 2, "été": 3, "2x": 4, "it's": 5, "q\"": 6, "a.b": 7, "x": {"y": [10, 11, 12]}, "": 8, "😀!": 9}"#,
        r#"
        $.store-name => one 1
        store-name => one 1
        $['a b'] => one 2
        $["a b"] => one 2
        été => one 3
        $.2x => one 4
        $['it\'s'] => one 5
        $["it's"] => one 5
        $["q\""] => one 6
        $['\u00e9t\u00E9'] => one 3
        $['a.b'] => one 7
        $[''] => one 8
        $.x.['y'] => one [10,11,12]
        $[ 'x' ][ "y" ][ 1 ] => one 11
        x.y[1] => one 11
        x.y[-1] => one 12
        x.y[3] => missing
        x.y[-4] => missing
        @.x.y[0] => one 10
        $['store-name', 'a b'] => computed {"store-name":1,"a b":2}
        $['store-name','none'] => computed {"store-name":1}
        $['x','none'].y => many [[10,11,12]]
        $..['x','none'].y => many [[10,11,12]]
        $..['x','none'] => many []
        $['\ud83d\ude00!'] => one 9
        $['x']y[0] => one 10
        "#,
    );
}

#[test]
fn missing_is_not_the_same_as_empty() {
    check(
        r#"{"a": {"null": null, "list": [], "text": "t"}, "items": [{"n": 1}, {}, {"n": null}, 7]}"#,
        r#"
        $.b => missing
        $.a.b => missing
        $.a.null => one null
        $.a.null.x => missing
        $.a.text.x => missing
        $.a.list => one []
        $.a.list[0] => missing
        $.a.list[*] => many []
        $.a.list[0].x[*] => many []
        $.b[*] => missing
        $.a.b[*] => missing
        $.a.text[*] => many []
        $.a.text[0,1] => missing
        $.a.text[0:] => missing
        $.a.text[?(@)] => missing
        $..none => many []
        $.items[*].n => many [1,null]
        $.items[*].n.m => many []
        $.items[0,1].n => many [1]
        $.items[?(@.n)] => many [{"n":1},{"n":null}]
        $.items[?(!@.n)] => many [{},7]
        $.items[?(@.n == null)] => many [{"n":null}]
        $.items[?(@.n != null)] => many [{"n":1},{},7]
        "#,
    );
}

#[test]
fn slices_follow_jayway() {
    check(
        "[0,1,2,3,4]",
        r"
        $[1:3] => many [1,2]
        $[:2] => many [0,1]
        $[:-3] => many [0,1]
        $[3:] => many [3,4]
        $[-2:] => many [3,4]
        $[-9:] => many [0,1,2,3,4]
        $[9:] => many []
        $[:9] => many [0,1,2,3,4]
        $[-3:-1] => many [2,3]
        $[1:-1] => many []
        $[-1:1] => many [4,0]
        $[-2147483648:2147483647] => many [0,1,2,3,4,0,1,2,3,4]
        $[ 1 , -1 ] => many [1,4]
        $[0,9] => many [0]
        ",
    );
}

#[test]
fn operators() {
    check(
        r#"[
          {"id": 1, "n": 10, "s": "ten", "tags": ["a", "b"], "ok": true},
          {"id": 2, "n": 10.50, "s": "TEN", "tags": [], "ok": false},
          {"id": 3, "n": "10", "s": "", "tags": ["c", 10], "o": {"k": 1.0}}
        ]"#,
        r#"
        $[?(@.n == 10)].id => many [1,3]
        $[?(10.0 == @.n)].id => many [1,3]
        $[?(@.n == '10.0')].id => many [1]
        $[?('10' == @.n)].id => many [1,3]
        $[?('10.0' == @.n)].id => many []
        $[?(@.n === 10)].id => many [1]
        $[?(@.n !== 10)].id => many [2,3]
        $[?(@.n == 1.05e1)].id => many [2]
        $[?(@.n != 10)].id => many [2]
        $[?(@.n > 10)].id => many [2]
        $[?(@.n>=10)].id => many [1,2]
        $[?(@.n<10.5)].id => many [1]
        $[?(@.n <= -1)].id => many []
        $[?(@.s < 'b')].id => many [2,3]
        $[?(@.s =~ /ten/)].id => many [1]
        $[?(@.s =~ /T.N/i)].id => many [1,2]
        $[?(@.s =~ /te/)].id => many []
        $[?(/ten|\/|x/ =~ @.s)].id => many [1]
        $[?(@.tags[*] =~ /[BC]/i)].id => many [1,3]
        $[?(@.tags =~ /1\d/)].id => many [3]
        $[?(@.none =~ /.*/)].id => many [1,2,3]
        $[?(@.s in ['ten', "x"])].id => many [1]
        $[?(@.n IN [10, 11])].id => many [1,3]
        $[?(@.s nin ['ten'])].id => many [2,3]
        $[?('a' in @.tags)].id => many [1]
        $[?(@.s in @.s)].id => many []
        $[?(@.s nin @.none)].id => many []
        $[?(!(@.s in @.none))].id => many []
        $[?(@.tags subsetof ['a', 'b', 'z'])].id => many [1,2]
        $[?(@.tags anyof ['b', 'c'])].id => many [1,3]
        $[?(@.tags noneof ['b', 'c'])].id => many [2]
        $[?(@.tags all ['b', 'a'])].id => many [1]
        $[?(@.none noneof ['b'])].id => many []
        $[?(@.tags size 2)].id => many [1,3]
        $[?(@.s size 3)].id => many [1,2]
        $[?(@.s size 3.0)].id => many [1,2]
        $[?(@.o size 1)].id => many []
        $[?(@.tags empty true)].id => many [2]
        $[?(@.s empty false)].id => many [1,2]
        $[?(@.none empty true)].id => many []
        $[?(@.tags contains 'a')].id => many [1]
        $[?(@.s contains 'en')].id => many [1]
        $[?(@.tags contains '10')].id => many [3]
        $[?(@.tags == ['a', 'b'])].id => many [1]
        $[?(@.tags[*] == ['a', 'b'])].id => many [1]
        $[?(@.o == {'k': 1})].id => many [3]
        $[?(@.ok == true)].id => many [1]
        $[?(@.ok)].id => many [1,2]
        $[?(@.none == @.none)].id => many []
        $[?(@.none != 1)].id => many [1,2,3]
        $[?(@.tags.length() == 2 && @.id<2||@.id==2)].id => many [1,2]
        $[?(@.tags.size() > $[1].tags.size())].id => many [1,3]
        $[?(@['id'] == 2)].id => many [2]
        $[?(@.tags[?(@ == 'c')])].id => many [1,2,3]
        $[?(@.tags[0])].id => many [1,3]
        $[?(@.o.k)].id => many [3]
        $[?(@.o[*].k)].id => many [3]
        $[?(@.tags[*].k)].id => many [1,2,3]
        $[?(!!(@.id == 1))].id => many [1]
        "#,
    );
}

/// Jayway: the list of an indefinite path is there even if it is empty, but a property that is
/// missing from any object on the way is not.
#[test]
fn existence() {
    check(
        r#"[{"id": 1, "l": [{"k": 1}, {}]}, {"id": 2, "l": [{"k": 1}, 7]}, {"id": 3, "l": []}, {"id": 4}]"#,
        "
        $[?(@.l)].id => many [1,2,3]
        $[?(@.l[*].k)].id => many [2,3]
        $[?(@.l[?(@.k == 9)])].id => many [1,2,3]
        $[?(@..k)].id => many [1,2,3,4]
        $[?(@.l[0])].id => many [1,2]
        $[?(@.l[0]['k','m'])].id => many []
        ",
    );
}

#[test]
fn a_filter_applies_to_an_object_itself() {
    check(
        r#"{"numbers": [{"number": 1, "decimal": 2.3}, {"number": 2}], "things": {"thingOne": {"innerOne": 11}, "thingTwo": 2}}"#,
        r#"
        $.numbers[?(@.number == 2)] => many [{"number":2}]
        $.numbers[?(@.decimal == '2.3')].number => many [1]
        $.numbers[?(@.decimal == '2.3000')].number => many [1]
        $.numbers[?(@.number =~ /2/i)] => many [{"number":2}]
        $[?(@.numbers.size() == 2)].things.thingTwo => many [2]
        $..thingOne[?(@.innerOne == 11)] => many [{"innerOne":11}]
        $..[?(@.innerOne)] => many [{"innerOne":11}]
        $..[?(@.number)].number => many [1,2]
        $..[0].number => many [1]
        $..[*].number => many [1,2]
        $.things.[?(@=='test222')] => many []
        "#,
    );
}

#[test]
fn functions() {
    check(
        r#"{"n": [3, 1.5, -2, "x"], "e": [], "t": "text", "o": {"b": 1, "a": {"b": 2}}, "w": ["a", "b"],
            "money": [0.1, 0.2], "huge": [1e40, 2e40], "l": [{"p": [1, 2]}, {"p": [3]}]}"#,
        r#"
        $.n.length() => computed 4
        $.n.size() => computed 4
        $.o.length() => computed 2
        $.t.length() => computed null
        $.none.length() => missing
        $.n.min() => computed -2.0
        $.n.max() => computed 3.0
        $.n.sum() => computed 2.5
        $.money.sum() => computed 0.3
        $.money.avg() => computed 0.15
        $.e.sum() => missing
        $.t.max() => missing
        $.huge.max() => computed 2e+40
        $.huge.sum() => missing
        $.o.keys() => computed ["b","a"]
        $.t.keys() => computed null
        $.n.first() => one 3
        $.n.last() => one "x"
        $.n.index(-2) => one -2
        $.e.first() => missing
        $.l.last().p => one [3]
        $.w.concat() => computed "ab"
        $.w.concat("-", 'c', 1, $.t, @[0]) => computed "ab-c1texta"
        $.concat($.t, "!") => computed "text!"
        $.w.append("c", [1]) => computed ["a","b","c",[1]]
        $.sum($.n, $.money) => computed 2.8
        $.sum($..p) => missing
        $..p.sum() => missing
        $.sum($..p[*]) => computed 6.0
        $.l[*].p.length() => many [2,1]
        $.l[*].p.max() => many [2.0,3.0]
        $.l[*].max() => missing
        $..p.length() => computed 3
        $..b.sum() => computed 3.0
        $..b.max() => computed 2.0
        $.length($.w) => computed 2
        $.l[?(@.p.length() > 1)] => many [{"p":[1,2]}]
        $.l[?(@.p.max() == 3)] => many [{"p":[3]}]
        "#,
    );
}

#[test]
fn templates_read_missing_leaves_as_null() {
    let document = parse(r#"{"items": [{"n": 1}, {}], "o": {}}"#);
    let read = |path: &str| line(compile(path).find_with(&document, MissingLeaf::Null));
    assert_eq!(read("$.items[*].n"), "many [1,null]");
    assert_eq!(read("$.o.none"), "one null");
    assert_eq!(read("$.o.none.deeper"), "missing");
    assert_eq!(read("$..n"), "many [null,1,null,null]");
    assert_eq!(read("$.items[?(@.n == null)]"), "many [{}]");
    assert_eq!(read("$.items[?(@.n)]"), r#"many [{"n":1}]"#);
    assert_eq!(
        read("$.items[1]['n','m']"),
        r#"computed {"n":null,"m":null}"#
    );
}

#[test]
fn numbers_keep_their_text_and_compare_exactly() {
    let document = parse(r#"[{"v": 9007199254740993}, {"v": 0.10}, {"v": 1e400}]"#);
    assert_eq!(found("$[1].v", &document), "one 0.10");
    assert_eq!(found("$[?(@.v == 9007199254740992)]", &document), "many []");
    assert_eq!(found("$[?(@.v == 0.1)].v", &document), "many [0.10]");
    assert_eq!(
        found("$[?(@.v > 9007199254740993)].v", &document),
        "many [1e+400]"
    );
}

#[test]
fn definite_paths() {
    let definite = [
        "$",
        "$.a",
        "a[0]",
        "$['a','b']",
        "$.a.length()",
        "$..a.sum()",
        "$.a.last()",
    ];
    let indefinite = [
        "$..a",
        "$.a[*]",
        "$.a[0,1]",
        "$.a[1:]",
        "$[?(@.a)]",
        "$['a','b'].c",
        "$[*].length()",
    ];
    for path in definite {
        assert!(compile(path).is_definite(), "{path}");
    }
    for path in indefinite {
        assert!(!compile(path).is_definite(), "{path}");
    }
}

/// WireMock 3.13: null, an empty list and an empty object do not match.
#[test]
fn wiremock_matches() {
    let table = [
        ("$.a", r#"{"a": 1}"#, true),
        ("$.a", r#"{"a": false}"#, true),
        ("$.a", r#"{"a": ""}"#, true),
        ("$.a", r#"{"a": null}"#, false),
        ("$.a", r#"{"b": 1}"#, false),
        ("$.a", r#"{"a": []}"#, false),
        ("$.a", r#"{"a": {}}"#, false),
        ("$.a", r#"{"a": [null]}"#, true),
        ("$..a", r#"{"b": {"a": null}}"#, true),
        ("$..a", r#"{"b": 1}"#, false),
        ("$[?(@.a == 2)]", r#"{"a": 2}"#, true),
        ("$[?(@.a == 2)]", r#"{"a": 3}"#, false),
        ("$.a.length()", r#"{"a": []}"#, true),
        ("$.a.length()", r#"{"a": "text"}"#, false),
        ("$.a.keys()", r#"{"a": {}}"#, false),
        ("$['a','b']", r#"{"c": 1}"#, false),
        (
            "$.RequestDetail.[?(@=='test222')]",
            r#"{"RequestDetail": {"ClientTag": "test111"}}"#,
            false,
        ),
    ];
    for (path, document, expected) in table {
        let is_match = matches(&compile(path), &parse(document));
        assert_eq!(is_match, expected, "{path} on {document}");
    }
}
