use super::*;

// The three X of a pattern stand apart: in a row they would read as unfinished work.
#[test]
fn dates() {
    check(&[
        (
            "{{now}} {{now offset='3 days'}} {{now offset='now -1 months'}} {{now offset='1 year'}}",
            "2026-11-21T00:57:10Z 2026-11-24T00:57:10Z 2026-10-21T00:57:10Z 2027-11-21T00:57:10Z",
        ),
        (
            "{{now format='epoch'}} {{now format='unix'}}",
            "1795222630023 1795222630",
        ),
        (
            concat!(
                "{{now format='yyyy-MM-dd HH:mm:ss.SSS Z X",
                "XX z EEE EEEE MMM MMMM a h D'}}"
            ),
            "2026-11-21 00:57:10.023 +0000 Z UTC Sat Saturday Nov November AM 12 325",
        ),
        (
            r#"{{now format="yyyy-MM-dd'T'HH:mm:ss'Z' yy k K ''"}}"#,
            "2026-11-21T00:57:10Z 26 24 0 '",
        ),
        (
            concat!(
                "{{now timezone='+02:00'}} {{now timezone='GMT-3' format='HH:mm X",
                "XX X Z z'}}"
            ),
            "2026-11-21T02:57:10+02:00 21:57 -03:00 -03 -0300 GMT-03:00",
        ),
        (
            "{{now timezone='Australia/Sydney'}} {{now timezone='Nowhere/Land'}}",
            "2026-11-21T11:57:10+11:00 [ERROR: Unknown time-zone ID: Nowhere/Land]",
        ),
        (
            "{{now offset='bad'}}",
            "[ERROR: Offset can be of the short form <amount> <unit> e.g. 8 seconds or long form now +/-<amount> <unit> e.g. now +5 years]",
        ),
        (
            "{{now offset='1 eon'}} {{now offset='9999999 years'}}",
            "[ERROR: eon is not a unit of time] [ERROR: the offset 9999999 years leads out of the calendar]",
        ),
        (
            "{{now format='bad{'}} {{now format=\"'x\"}}",
            "[ERROR: Illegal pattern character 'b'] [ERROR: Unterminated quote]",
        ),
        (
            "{{parseDate '2018-05-05T10:11:12Z'}}|{{parseDate 'nope'}}|{{parseDate '01/02/2003' format='dd/MM/yyyy'}}",
            "2018-05-05T10:11:12Z||2003-02-01T00:00:00Z",
        ),
        (
            "{{parseDate 'Sun, 06 Nov 1994 08:49:37 GMT'}} {{parseDate 'Sunday, 06-Nov-94 08:49:37 GMT'}} {{parseDate '1795222630' format='unix'}}",
            "1994-11-06T08:49:37Z 2094-11-06T08:49:37Z 2026-11-21T00:57:10Z",
        ),
        (
            "{{parseDate '2018-05-05'}} {{parseDate '2018-05-05T10:11:12 02:00'}} {{parseDate '20180505 0311 PM' format='yyyyMMdd hhmm a'}}",
            "2018-05-05T00:00:00Z 2018-05-05T10:11:12+02:00 2018-05-05T15:11:00Z",
        ),
        (
            "{{date (parseDate '2018-05-05T10:11:12.345Z') offset='1 months'}} {{date (parseDate '2018-05-05T10:11:12.345Z') format='epoch'}}",
            "2018-06-05T10:11:12Z 1525515072345",
        ),
        (
            "{{date (parseDate '2018-05-05T10:11:12+02:00')}} {{date '2018-05-05T10:11:12Z' format='yyyy'}} {{date}}",
            "2018-05-05T10:11:12+02:00 2018 2026-11-21T00:57:10Z",
        ),
        (
            "{{date (now format='yyyy') offset='1 years'}} {{#with (now) as |d|}}{{date d format='yyyy' offset='1 years'}}{{/with}}",
            "2027-11-21T00:57:10Z 2027",
        ),
        (
            "{{truncateDate (parseDate '2018-05-05T10:11:12Z') 'first day of month'}} {{truncateDate (now) 'last day of year'}} {{truncateDate (now) 'first minute of hour'}}",
            "2018-05-01T00:00:00Z 2026-12-31T00:00:00Z 2026-11-21T00:00:00Z",
        ),
        (
            "{{truncateDate 'x' 'y'}} {{truncateDate (now)}}",
            "[ERROR: A date object must be passed to the truncateDate helper] [ERROR: Truncation type must be specified as the first parameter to truncateDate]",
        ),
        (
            "{{truncateDate (now) 'bogus'}} {{dateFormat (now) 'yyyy'}}",
            "[ERROR: bogus is not a way to truncate a date] 2026",
        ),
    ]);
}

#[test]
fn texts() {
    check(&[
        (
            "[{{trim ' x '}}] {{#trim}}  y {{/trim}} [{{trim}}]",
            "[x] y []",
        ),
        (
            "{{lower 'ABC'}} {{upper 'abc'}} [{{upper none}}] {{#upper}}a{{d}}{{/upper}}",
            "abc ABC [] A1.50",
        ),
        (
            "{{capitalize 'hello world'}} {{capitalize 'HELLO world' fully=true}} {{capitalizeFirst 'hello w'}}",
            "Hello World Hello World Hello w",
        ),
        (
            "{{base64 'Hello?>'}} {{base64 'aGVsbG8' decode=true}} {{base64 'a' padding=false}} {{#base64}}x{{/base64}} {{base64 '!!' decode=true}}",
            "SGVsbG8/Pg== hello YQ eA== [ERROR: this is not base64]",
        ),
        (
            "{{md5 ''}} {{md5 'abc'}} {{#md5}}a{{/md5}}",
            "d41d8cd98f00b204e9800998ecf8427e 900150983cd24fb0d6963f7d28e17f72 \
             0cc175b9c0f1b6a831c399e269772661",
        ),
        (
            "{{sha256 'abc'}}",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "{{base64 'YQ==' decode=true}}{{base64 'ab'}}{{base64 'abc'}}",
            "aYWI=YWJj",
        ),
        (
            "{{urlEncode 'a b&/ü*~'}} {{urlEncode 'a+b%20' decode=true}}|{{urlEncode '%zz' decode=true}}",
            "a+b%26%2F%C3%BC*%7E a b |[ERROR: %zz is not URL encoded]",
        ),
        (
            "{{replace 'abc' 'b' 'X'}} {{cut 'abcb' 'b'}} {{substring 'hello' 1 3}} {{substring 'hello' 2}} {{abbreviate 'hello world' 8}}",
            "aXc ac el llo hello...",
        ),
        (
            "{{ljust 'a' size=3 pad='x'}}|{{rjust 'a' size=3}}|{{center 'a' size=5 pad='-'}}",
            "axx|  a|--a--",
        ),
        (
            "{{yesno true}} {{yesno f}} {{yesno none}} {{yesno true yes='si'}}",
            "yes no maybe si",
        ),
        (
            "{{defaultIfEmpty none 'x'}} {{default empty 'y'}} {{default nul list}} {{default f 'y'}} {{default s 'y'}} {{hostname}}",
            "x y [1,2,3] false <a> localhost",
        ),
    ]);
}

#[test]
fn conditions() {
    check(&[
        (
            "{{eq 1 1}} {{eq 1 '1'}} {{eq 1.0 1}} {{neq 1 2}} {{eq d 1.5}} {{eq nul none}} {{eq list (array 1 2 3)}}",
            "true false true true true true true",
        ),
        (
            "{{gt 2 1}} {{gte 1 1}} {{lt 1 2}} {{lte 2 1}} {{gt '10' '9'}} {{gt 10 9}} {{gt 1 'a'}}",
            "true true true false false true false",
        ),
        (
            "{{and true false}} {{or false 'x'}} {{not true}} {{and s d}} {{or}}",
            "false true false true false",
        ),
        (
            "{{#eq 1 1}}y{{else}}n{{/eq}} {{eq 'a' 'a' yes='Y' no='N'}} {{neq 'a' 'a' yes='Y' no='N'}} {{#gt 2 3}}a{{else}}b{{/gt}}",
            "y Y N b",
        ),
        (
            "{{#if (and (eq s '<a>') (lt d 2))}}both{{/if}}{{#if (eq 1 2)}}x{{else if (eq 2 2)}}z{{/if}}",
            "bothz",
        ),
        (
            "{{contains 'abc' 'b'}} {{contains names 'x'}} {{contains list 1}} {{#contains 'abc' 'z'}}yes{{else}}no{{/contains}} {{contains none 'x'}}",
            "true true true no false",
        ),
        (
            "{{contains 'abc'}}",
            "[ERROR: You must specify the string or array to be matched and the regular expression]",
        ),
        (
            "{{matches 'abc' 'b'}} {{matches 'abc' '.*b.*'}} {{matches 'ab' 'a|ab'}} {{#matches 'abc' 'abc'}}yes{{else}}no{{/matches}} {{matches 'x' (trim 'x')}}",
            "false true true yes true",
        ),
        (
            "{{matches 'abc'}} {{matches 'a' '['}}",
            "[ERROR: You must specify the string to be matched and the regular expression] [ERROR: Invalid regex string []",
        ),
    ]);
}

#[test]
fn numbers() {
    check(&[
        (
            "{{math 1 '+' 2}} {{math 1 '-' 2}} {{math 2 '*' 3}} {{math 2 'x' 3}} {{math 7 '%' 4}} {{math 0.1 '+' 0.2}} {{math '1.50' '+' '1.5'}}",
            "3 -1 6 6 3 0.3 3.00",
        ),
        (
            "{{math 3 '/' 2}} {{math 10 '/' 4}} {{math '3.0' '/' 2}} {{math '10.00' '/' 3}} {{math -5 '/' 2}} {{math 1.00 '/' 1}}",
            "2 3 1.5 3.33 -3 1.00",
        ),
        (
            "{{math 'abc' '+' 1}} {{math 100000000000 '*' 100000000000}} {{math d '*' 2}} {{math (now format='unix') '+' 1}}",
            "1 10000000000000000000000 3.00 1795222631",
        ),
        (
            "{{math 1}}",
            "[ERROR: All maths functions require two operands and an operator as parameters e.g. 3 '+' 2]",
        ),
        (
            "{{math 1 '^' 2}} {{math 1 '/' 0}} {{math 79228162514264337593543950335 '*' 2}}",
            "[ERROR: ^ is not a valid mathematical operator] [ERROR: division by zero] [ERROR: the result is too large]",
        ),
        (
            "{{isOdd 3}}|{{isEven 3}}|{{isOdd 3 'yes'}}|{{isEven 4 'y'}}|{{isOdd 2 'l' 'r'}}|{{stripes 2}}",
            "odd||yes|y|r|even",
        ),
        (
            "{{numberFormat 1234.5678}} {{numberFormat 1234.5678 '#,##0.00'}} {{numberFormat 0.25 'percent'}} {{numberFormat 1234.5678 'integer'}} {{numberFormat 5 '000'}}",
            "1,234.568 1,234.57 25% 1,235 005",
        ),
        (
            "{{numberFormat 1234.5 maximumFractionDigits=0}} {{numberFormat 1234.565 '0.##'}} {{numberFormat 1234567 '#,###'}} {{numberFormat -1234567.5 '#,##0.00'}}",
            "1,234 1234.56 1,234,567 -1,234,567.50",
        ),
        (
            "{{numberFormat 1234.5 groupingUsed=false roundingMode='up' maximumFractionDigits=0}} {{numberFormat 2.5 '0'}} {{numberFormat 3.5 '0'}} {{numberFormat -3.14159 '0.00;(0.00)'}} {{numberFormat 5 '$0.00'}}",
            "1235 2 4 (3.14) $5.00",
        ),
        (
            "{{numberFormat 0.5 '#.00'}} {{numberFormat 0 '#'}} {{numberFormat -0.001 '0.00'}} {{numberFormat 1 '0.0 EUR'}} {{numberFormat 12 \"'#'0\"}}",
            ".50 0 0.00 1.0 EUR #12",
        ),
        (
            "[{{numberFormat 'abc'}}] {{numberFormat 1 'x'}} {{numberFormat 1 '0.0.0'}}",
            "[] [ERROR: x is not a pattern for numbers] [ERROR: 0.0.0 is not a pattern for numbers]",
        ),
    ]);
}

#[test]
fn lists() {
    check(&[
        (
            "{{range 1 3}} {{range 3 1}} {{range '1' '3'}}",
            "[1,2,3] [] [1,2,3]",
        ),
        (
            "{{range 1}} {{range 1 9999999}}",
            "[ERROR: The range helper requires both lower and upper bounds as integer parameters] [ERROR: a range has at most 100000 numbers]",
        ),
        (
            "{{array 1 'a' true}} {{array}} {{array (now)}}",
            r#"[1,"a",true] [] ["2026-11-21T00:57:10.023Z"]"#,
        ),
        (
            "{{arrayJoin '-' (array 'a' 'b')}} {{arrayJoin '-' names prefix='[' suffix=']'}} {{arrayJoin '-' 'a' 'b'}} {{#arrayJoin ',' list as |x|}}<{{x}}>{{/arrayJoin}} {{#arrayJoin ',' records prefix='['}}{{id}}{{/arrayJoin}}",
            "a-b [x-y] a-b <1>,<2>,<3> [r1,r2",
        ),
        (
            "{{arrayJoin 1 list}} {{arrayJoin ','}}",
            "[ERROR: Separator parameter must be a String] [ERROR: The parameter must be list]",
        ),
        (
            "{{arrayAdd list 4}} {{arrayAdd list 4 position=0}} {{arrayAdd list 4 position='start'}} {{arrayAdd none 1}}",
            "[1,2,3,4] [4,1,2,3] [4,1,2,3] [1]",
        ),
        (
            "{{arrayAdd list 4 position=9}} {{arrayAdd list 4 position='bad'}} {{arrayAdd list}}",
            "[ERROR: position must be greater than or equal to 0 and less than or equal to the size of the list] [ERROR: position must be 'start', 'end' or an integer] [ERROR: Missing required parameter: additional value to add to list]",
        ),
        (
            "{{arrayRemove list}} {{arrayRemove list position=0}} {{arrayRemove list position='start'}} {{arrayRemove list position='end'}} {{arrayRemove (array)}}",
            "[1,2] [2,3] [2,3] [1,2] []",
        ),
        (
            "{{arrayRemove 'x' 1}}",
            "[ERROR: the first parameter of arrayRemove must be a list]",
        ),
        (
            "{{join names ', '}} {{join 'a' 'b' '-'}} {{join names ',' prefix='<' suffix='>'}}",
            "x, y a-b <x,y>",
        ),
        (
            "{{size 'abc'}} {{size list}} {{size p}} [{{size 5}}] [{{size none}}]",
            "3 3 2 [] []",
        ),
        (
            "{{lookup p 'a'}} {{lookup list 1}} [{{lookup p 'zz'}}] {{lookup (parseJson '{\"q\":5}') 'q'}}",
            "1 2 [] 5",
        ),
    ]);
}

#[test]
fn json_and_patterns() {
    check(&[
        (
            "{{jsonPath body '$.l[1]'}} {{jsonPath body '$..k[0]'}} {{jsonPath body '$.l.length()'}}",
            "a [1] 2",
        ),
        (
            "{{jsonPath body '$.a'}} {{jsonPath body '$.o.k'}} {{jsonPath p '$.a'}} [{{jsonPath body '$.n'}}{{jsonPath body '$.zz'}}{{jsonPath none '$.a'}}] {{jsonPath body '$.zz' default='d'}}",
            r#"1.50 [1,{"z":null}] 1 [] d"#,
        ),
        (
            "{{jsonPath body}} {{jsonPath body '$['}} {{jsonPath 'nojson' '$.a'}}{{jsonPath '{no' '$.a'}}",
            "[ERROR: The JSONPath cannot be empty] [ERROR: $[ is not a valid JSONPath expression] [ERROR: {no is not valid JSON]",
        ),
        (
            "{{#each (jsonPath body '$.l') as |x|}}{{x}};{{@index}}{{/each}} {{jsonPath body (trim ' $.a ')}}",
            "b;0a;1 1.50",
        ),
        (
            "{{toJson p}} {{toJson 'a'}} {{toJson d}} [{{toJson none}}]",
            r#"{"a":1,"b":[1,"x"]} "a" 1.50 []"#,
        ),
        (
            "{{#parseJson 'j'}}{\"a\":[1,2.50]}{{/parseJson}}{{j.a.1}} {{parseJson '[1]' 'k'}}{{k.[0]}} {{parseJson '{bad'}} {{parseJson ' '}}",
            "2.50 1 [ERROR: {bad is not valid JSON] {}",
        ),
        (
            "{{regexExtract s 'a'}} {{regexExtract s 'zz'}} {{regexExtract s '[' }} {{regexExtract 'x' 'zz' default='dd'}}",
            "a [ERROR: Nothing matched zz] [ERROR: Invalid regex string [] dd",
        ),
        (
            "{{regexExtract 'abc-def' '([a-z]+)-([a-z]+)' 'g'}}{{g.0}} {{g.[1]}} {{regexExtract 'ab' (trim 'b')}}",
            "abc def b",
        ),
        (
            "{{val none or='dflt'}} {{val 'x' assign='y'}}[{{y}}] {{val d}} {{#assign 'v'}}hello {{d}}{{/assign}}{{v}} {{val none default='q'}} {{#val assign='z'}}body{{/val}}{{z}}",
            "dflt [x] 1.50 hello 1.50 q body",
        ),
        (
            "{{val (now) assign='t'}}{{date t offset='1 days'}}",
            "2026-11-22T00:57:10Z",
        ),
    ]);
}

/// The text of each template has this shape, and is another one when it is drawn again.
#[test]
fn chance() {
    let rows = [
        ("{{randomValue}}", "^[a-z0-9]{36}$"),
        (
            "{{randomValue length=40 type='ALPHABETIC' uppercase=true}}",
            "^[A-Z]{40}$",
        ),
        ("{{randomValue length=20 type='NUMERIC'}}", "^[0-9]{20}$"),
        (
            "{{randomValue length=20 type='HEXADECIMAL' uppercase=true}}",
            "^[0-9A-F]{20}$",
        ),
        (
            "{{randomValue length=90 type='ALPHANUMERIC_AND_SYMBOLS'}}",
            "^[!-~]{90}$",
        ),
        ("{{randomValue length=90 type='else'}}", "^[ -~]{90}$"),
        (
            "{{randomValue type='UUID'}}",
            "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        ),
        ("{{randomInt}}", "^-?[0-9]{1,10}$"),
        ("{{randomInt lower=1000000 upper=9999999}}", "^[0-9]{7}$"),
        ("{{randomDecimal lower=1 upper=2}}", r"^1(\.[0-9]{1,10})?$"),
        ("{{pickRandom (range 1 100000)}}", "^[0-9]{1,6}$"),
        (
            "{{pickRandom (range 1 1000) count=3}}",
            r"^\[\d+,\d+,\d+\]$",
        ),
    ];
    for (source, shape) in rows {
        let shape = regex::Regex::new(shape).unwrap();
        let twice = rendered(&format!("{source}\n{source}"), 5).unwrap();
        let (first, second) = twice.split_once('\n').unwrap();
        assert!(
            shape.is_match(first) && shape.is_match(second),
            "{source}: {twice}"
        );
        assert_ne!(first, second, "{source} draws the same twice");
        assert_eq!(
            rendered(source, 5).as_deref(),
            Ok(first),
            "{source} cannot be repeated"
        );
        assert_ne!(
            rendered(source, 6).as_deref(),
            Ok(first),
            "{source} ignores the seed"
        );
    }
    check(&[
        (
            "{{randomInt lower=5 upper=6}} {{randomInt lower='5' upper=6}} {{pickRandom 'a'}} {{randomValue length=0}}",
            "5 5 a ",
        ),
        (
            "{{randomInt lower=6 upper=5}} {{randomInt lower='x'}}",
            "[ERROR: bound must be greater than origin] [ERROR: lower must be a whole number]",
        ),
        (
            "{{randomDecimal lower=2 upper=2}} {{randomValue length=-1}}",
            "[ERROR: bound must be greater than origin] [ERROR: length must be from 0 to 1048576]",
        ),
        (
            "{{pickRandom (array)}} {{pickRandom nul}}",
            "[ERROR: bound must be positive] [ERROR: Must specify either a single list argument or a set of single value arguments.]",
        ),
    ]);
    let all = rendered("{{arrayJoin '' (pickRandom list count=9)}}", 1).unwrap();
    let mut digits: Vec<char> = all.chars().collect();
    digits.sort_unstable();
    assert_eq!(digits, ['1', '2', '3']);
}
