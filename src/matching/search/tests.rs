use proptest::prelude::*;

use super::*;

/// A text, and its terms in short: `!` before one that is negated, `|` between them if any is enough.
fn check(table: &[(&str, &str)]) {
    for (text, expected) in table {
        let found = terms(text);
        let problem = found["problem"].as_str().expect("a text");
        let all = found["terms"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|term| {
                let negated = if term["negated"] == true { "!" } else { "" };
                let part = |name: &str| term[name].as_str().unwrap_or("NULL").to_owned();
                format!(
                    "{negated}{}{}{}",
                    part("field"),
                    part("operator"),
                    part("value")
                )
            });
        let all: Vec<String> = all.collect();
        let joined = all.join(if found["any"] == true { " | " } else { " & " });
        let told = if problem.is_empty() { &joined } else { problem };
        assert_eq!(told, *expected, "{text}");
    }
}

#[test]
fn texts_become_terms() {
    check(&[
        ("", ""),
        ("  some   words ", ":some & :words"),
        (
            "email:'a@b.c' AND metadata['key']:'v'",
            "email:a@b.c & metadata.key:v",
        ),
        (r#"metadata["a b"]["c"]:"it's""#, "metadata.a b.c:it's"),
        ("-field:value", "!field:value"),
        ("created>=5", "created>=5"),
        ("created:>=2020-01-01", "created>=2020-01-01"),
        (
            "a<1 b<=2 c>3 d=4 e:<5 f:=6",
            "a<1 & b<=2 & c>3 & d=4 & e<5 & f=6",
        ),
        (r#"name~"part""#, "name~part"),
        (
            r#"is:open label:"help wanted" repo:o/r some words"#,
            "is:open & label:help wanted & repo:o/r & :some & :words",
        ),
        (r#"label:"a b","c""#, "label:a b,c"),
        ("field:null", "field:NULL"),
        ("field:'null' null", "field:null & :null"),
        ("-metadata['x']:null", "!metadata.x:NULL"),
        ("NOT a -b NOT -c -", "!:a & !:b & :c & :-"),
        ("a:1 OR b:2 OR c:3", "a:1 | b:2 | c:3"),
        (r#""two words" it's"#, ":two words & :it's"),
        (r"a:'it\'s' b:'\\' c:'\n'", r"a:it's & b:\ & c:\n"),
        ("and or not", ":and & :or & :not"),
        (
            "author:@me created:2020..2021",
            "author:@me & created..2020..2021",
        ),
        ("a: b", "a: & :b"),
        ("list[0] x", ":list[0] & :x"),
        ("größe:ü", "größe:ü"),
    ]);
}

#[test]
fn ranges_have_ends() {
    let found = terms("created:2020-01-01..* stars:1..5 'a..b'");
    assert_eq!(found["terms"][0]["from"], "2020-01-01");
    assert_eq!(found["terms"][0]["to"], "");
    assert_eq!(found["terms"][1]["to"], "5");
    assert_eq!(found["terms"][2].get("to"), None);
}

#[test]
fn what_is_not_understood_is_told() {
    let long = "a ".repeat(3_000);
    let many = "a ".repeat(101);
    check(&[
        (
            "a:1 AND b:2 OR c:3",
            "terms are joined by AND or by OR, and not by both",
        ),
        (
            "a b OR c",
            "terms are joined by AND or by OR, and not by both",
        ),
        ("a:'open", "a quote is not closed: 'open"),
        ("a['b:1", "a quote is not closed: 'b:1"),
        ("a['b':1", "the bracket behind `a` is not closed"),
        ("a:'b\\", "a quote is not closed: 'b\\"),
        ("(a OR b)", "there are no parentheses"),
        ("OR a", "`OR` stands between terms"),
        ("a AND OR b", "`OR` stands between terms"),
        ("a AND", "a term is missing at the end"),
        ("NOT", "a term is missing at the end"),
        ("NOT NOT a", "`NOT` stands before a term"),
        (&long, "the text has more than 4096 bytes"),
        (&many, "there are more than 100 terms"),
    ]);
}

#[test]
fn records_are_found() {
    let record = json!({
        "email": "Ann@B.c", "amount": 100, "price": "12.50", "open": true, "gone": null,
        "labels": ["bug", "help wanted"], "created": "2020-05-01",
        "metadata": { "color": "red", "a.b": "dotted" }, "title": "The long way home"
    });
    for (text, expected) in [
        ("", true),
        ("email:'ann@b.c'", true),
        ("-email:'ann@b.c'", false),
        ("email~'B.'", true),
        ("amount>99 amount<=100 amount=100.0", true),
        ("price>9 price<100", true),
        ("amount<5", false),
        ("open:true", true),
        ("labels:\"Help wanted\" labels:bug -labels:other", true),
        (
            "created:>=2020-05-01 created:2020-01-01..2020-12-31 created:*..2021",
            true,
        ),
        ("created:2021..*", false),
        ("metadata['color']:RED metadata['a.b']:dotted", true),
        ("gone:null absent:null -email:null", true),
        ("absent:x", false),
        ("-absent:x", true),
        ("LONG home", true),
        ("short", false),
        ("short OR open:true", true),
        ("short OR (", false),
    ] {
        assert_eq!(matches(&terms(text), &record), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = matches(&terms(&text), &json!({ "a": "a" }));
    }

    #[test]
    fn any_marks_are_read_or_refused(text in "[a\"'\\\\:<>=~ \\[\\]()-]{0,40}( OR | AND | NOT |ü)?[a\"': ]{0,20}") {
        let _ = matches(&terms(&text), &json!({ "a": "a" }));
    }
}
