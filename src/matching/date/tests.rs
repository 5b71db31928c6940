//! What WireMock 3.13.2 answers to `before`, `after` and `equalToDateTime`, tried case by case.

use jiff::Timestamp;

use super::{DateMatch, Kind, Options, Truncation, Unit};

const NOW: &str = "2026-11-21T07:30:15.5Z";

fn holds(kind: Kind, expected: &str, options: Options, actual: &str) -> bool {
    let now: Timestamp = NOW.parse().expect("a time");
    let matcher = DateMatch::compile(kind, expected, options);
    let matcher = matcher.unwrap_or_else(|error| panic!("{expected}: {error}"));
    matcher.test(actual, now)
}

/// Which hold of before, after and equal, by their first letters.
fn check(expected: &str, options: &Options, actual: &str, holding: &str) {
    let kinds = [("b", Kind::Before), ("a", Kind::After), ("e", Kind::Equal)];
    let holds = kinds.map(
        |(letter, kind)| match holds(kind, expected, options.clone(), actual) {
            true => letter,
            false => "",
        },
    );
    assert_eq!(
        holds.concat(),
        holding,
        "{actual} to {expected} by {options:?}"
    );
}

#[test]
fn dates_are_read_as_java_reads_them() {
    for (actual, to_zoned, to_local) in DATES {
        check(
            "2021-06-14T12:13:14Z",
            &Options::default(),
            actual,
            to_zoned,
        );
        check("2021-06-14T12:13:14", &Options::default(), actual, to_local);
    }
}

#[test]
fn dates_are_read_in_a_form() {
    for (form, actual, holding) in FORMS {
        let options = Options {
            actual_format: Some((*form).into()),
            ..Options::default()
        };
        check("2021-06-14T12:13:14Z", &options, actual, holding);
    }
}

#[test]
fn what_is_there_is_cut() {
    for (name, actual, expected) in TRUNCATED {
        let options = Options {
            truncate_actual: Some(Truncation::named(name).expect("a truncation")),
            ..Options::default()
        };
        check(expected, &options, actual, "e");
    }
}

#[test]
fn the_present_is_shifted_and_cut() {
    let cut = |name: &str, apply_truncation_last| Options {
        truncate_expected: Truncation::named(name),
        apply_truncation_last,
        ..Options::default()
    };
    let month = "first day of month";
    for (expected, options, is) in [
        ("now", Options::default(), "2026-11-21T07:30:15.5Z"),
        ("Now", Options::default(), "2026-11-21T07:30:15.5"),
        ("now +3 days", Options::default(), "2026-11-24T07:30:15.5Z"),
        ("now 3 days", Options::default(), "2026-11-24T07:30:15.5Z"),
        ("-2 HOURS", Options::default(), "2026-11-21T05:30:15.5Z"),
        (
            "now -12 months",
            Options::default(),
            "2025-11-21T07:30:15.5Z",
        ),
        ("now +1 years", Options::default(), "2027-11-21T07:30:15.5Z"),
        (
            "now +90 seconds",
            Options::default(),
            "2026-11-21T07:31:45.5Z",
        ),
        (
            "now",
            cut("first second of minute", false),
            "2026-11-21T07:30:00Z",
        ),
        ("now +15 days", cut(month, false), "2026-11-16T00:00:00Z"),
        ("now +15 days", cut(month, true), "2026-12-01T00:00:00Z"),
    ] {
        check(expected, &options, is, "e");
    }
    let told = Options {
        expected_offset: Some(-5),
        expected_offset_unit: Some(Unit::Minutes),
        ..Options::default()
    };
    check("now", &told, "2026-11-21T07:25:15.5Z", "e");
    check("now +3 days", &told, "2026-11-21T07:25:15.5Z", "e");
    check("2021-06-14T12:13:14Z", &told, "2021-06-14T12:13:14Z", "e");
    check(
        "now +20000 years",
        &Options::default(),
        "9000-01-01T00:00:00Z",
        "b",
    );
}

#[test]
fn what_is_no_date_is_refused() {
    let form = |form: &str| Options {
        actual_format: Some(form.into()),
        ..Options::default()
    };
    for (expected, options) in [
        ("banana", Options::default()),
        ("", Options::default()),
        ("15 days before now", Options::default()),
        ("now +3 weeks", Options::default()),
        ("now +99999999999 days", Options::default()),
        ("now", form("bogus")),
        ("now", form("yyyy#")),
        ("now", form("yyyy'")),
        ("now", form("[[[[[[[[[[yyyy")),
        ("now", form("yyyy]")),
        ("now", form(&"y".repeat(101))),
    ] {
        let shown = format!("{expected} by {options:?}");
        assert!(
            DateMatch::compile(Kind::Equal, expected, options).is_err(),
            "{shown}"
        );
    }
}

/// A date, and how it stands to 12:13:14 on June 14th 2021 in UTC, and by the clock.
const DATES: &[(&str, &str, &str)] = &[
    ("2021-06-14T12:13:14Z", "e", "e"),
    ("2021-06-14T12:13:13Z", "b", "b"),
    ("2021-06-14T12:13:15Z", "a", "a"),
    ("2021-06-14T12:13:14", "e", "e"),
    ("2021-06-14T12:13:13", "b", "b"),
    ("2021-06-14T14:13:14+02:00", "e", "a"),
    ("2021-06-14T14:13:14+02:00[Europe/Paris]", "e", "a"),
    ("2021-06-14T12:13:14[Europe/Paris]", "", ""),
    ("2021-06-14T12:13Z", "b", "b"),
    ("2021-06-14T12:13", "b", "b"),
    ("2021-06-14", "b", "b"),
    ("2021-06", "b", "b"),
    ("2021", "b", "b"),
    ("2022", "a", "a"),
    ("2021-06-15", "a", "a"),
    ("2020-13-01", "", ""),
    ("2021-02-31", "", ""),
    ("x", "", ""),
    ("", "", ""),
    ("Mon, 14 Jun 2021 12:13:14 GMT", "e", "e"),
    ("Mon, 14 Jun 2021 12:13:13 GMT", "b", "b"),
    ("Tue, 14 Jun 2021 12:13:14 GMT", "", ""),
    ("14 Jun 2021 12:13:14 GMT", "e", "e"),
    ("Mon, 14 Jun 2021 12:13:14 +0200", "b", "e"),
    ("Monday, 14-Jun-21 12:13:14 GMT", "e", "e"),
    ("Monday, 14-Jun-21 12:13:14 UTC", "e", "e"),
    ("Monday, 14-Jun-21 12:13:13 PST", "a", "b"),
    ("Monday, 14-Jun-21 12:13:13 CET", "b", "b"),
    ("Mon Jun 14 12:13:14 2021", "e", "e"),
    ("Mon Jun 07 12:13:14 2021", "b", "b"),
    ("Mon Jun  7 12:13:14 2021", "b", "b"),
    ("Mon Jun 7 12:13:14 2021", "", ""),
    ("2021-06-14t12:13:14z", "e", "e"),
    ("2021-06-14T12:13:14.999Z", "a", "a"),
    ("2021-06-14T12:13:14.123456789Z", "a", "a"),
    ("2021-06-14T12:13:14.Z", "e", "e"),
    ("2021-06-14T12:13:14+02", "b", "e"),
    ("2021-06-14T12:13:14+0200", "", ""),
    ("2021-06-14T12:13:14+02:00:30", "b", "e"),
    ("2021-06-14 12:13:14", "", ""),
    ("2021-06-14 12:13:14Z", "", ""),
    (" 2021-06-14T12:13:14Z", "", ""),
    ("20210614T121314Z", "", ""),
    ("2021-06-14T24:00:00Z", "", ""),
    ("2021-06-14T12:13:60Z", "", ""),
    ("+12021-06-14T12:13:14Z", "a", "a"),
    ("12021-06-14T12:13:14Z", "", ""),
    ("-0001-06-14T12:13:14Z", "b", "b"),
    ("2021-06-14T12:13:14-00:00", "e", "e"),
    ("2021-06-14T12:13:14 02:00", "", ""),
    ("1623672794", "", ""),
    ("2021-6-14", "", ""),
    ("2021-06-14T12:13:14[UTC]", "", ""),
    ("2021-06-14T12:13:14Z[UTC]", "e", "e"),
    ("2021-06-14Z", "", ""),
    ("2021-06-14T12Z", "", ""),
    ("mon, 14 jun 2021 12:13:14 gmt", "e", "e"),
    ("Mon, 4 Jan 2021 12:13:14 GMT", "b", "b"),
    ("Mon, 04 Jan 2021 12:13:14 GMT", "b", "b"),
    ("Mon, 14 Jun 2021 12:13 GMT", "b", "b"),
    ("0000", "b", "b"),
    ("10000", "a", "a"),
    ("-2021", "b", "b"),
    ("2021-06-14T12:13:14.5", "a", "a"),
];

/// A form, a date in it, and how it stands to 12:13:14 on June 14th 2021 in UTC.
const FORMS: &[(&str, &str, &str)] = &[
    ("dd/MM/yyyy", "14/06/2021", "b"),
    ("dd/MM/yyyy", "14/6/2021", ""),
    ("d/M/yyyy", "14/6/2021", "b"),
    ("d/M/yyyy", "14/06/2021", "b"),
    ("dd/MM/yyyy", "13/06/2021", "b"),
    ("dd/MM/yyyy", "31/02/2021", "b"),
    ("dd/MM/yyyy", "32/01/2021", ""),
    ("dd/MM/uuuu", "14/06/2021", "b"),
    ("dd/MM/yy", "14/06/21", "b"),
    ("dd/MM/y", "14/06/2021", "b"),
    ("yyyyMMdd", "20210614", "b"),
    ("yyyyMMddHHmmss", "20210614121314", "e"),
    ("yyyy-MM-dd HH:mm:ss", "2021-06-14 12:13:14", "e"),
    ("yyyy-MM-dd hh:mm:ss a", "2021-06-14 12:13:14 PM", "e"),
    ("yyyy-MM-dd hh:mm:ss a", "2021-06-14 12:13:14 pm", ""),
    ("yyyy-MM-dd h:mm a", "2021-06-14 1:13 PM", "a"),
    ("yyyy-MM-dd hh:mm", "2021-06-14 12:13", "b"),
    ("yyyy-MM-dd HH", "2021-06-14 12", "b"),
    ("yyyy-MM-dd mm", "2021-06-14 12", "b"),
    ("yyyy-MM-dd'T'HH:mm:ss.SSS", "2021-06-14T12:13:14.000", "e"),
    ("yyyy-MM-dd'T'HH:mm:ss.SSS", "2021-06-14T12:13:14.0", ""),
    (
        "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
        "2021-06-14T12:13:14.000000",
        "e",
    ),
    ("yyyy-MM-dd'T'HH:mm:ssX", "2021-06-14T12:13:14Z", "e"),
    ("yyyy-MM-dd'T'HH:mm:ssX", "2021-06-14T14:13:14+02", "e"),
    ("yyyy-MM-dd'T'HH:mm:ssX", "2021-06-14T14:13:14+0230", "b"),
    ("yyyy-MM-dd'T'HH:mm:ssX", "2021-06-14T14:13:14+02:00", ""),
    ("yyyy-MM-dd'T'HH:mm:ssXX", "2021-06-14T14:13:14+0200", "e"),
    ("yyyy-MM-dd'T'HH:mm:ssXX", "2021-06-14T12:13:14Z", "e"),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2021-06-14T14:13:14+02:00", "e"),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2021-06-14T14:13:14+0200", ""),
    ("yyyy-MM-dd'T'HH:mm:ssxxx", "2021-06-14T14:13:14+02:00", "e"),
    ("yyyy-MM-dd'T'HH:mm:ssxxx", "2021-06-14T12:13:14Z", ""),
    ("yyyy-MM-dd'T'HH:mm:ssxxx", "2021-06-14T12:13:14+00:00", "e"),
    ("yyyy-MM-dd'T'HH:mm:ssXXX", "2021-06-14T12:13:14+00:00", "e"),
    ("yyyy-MM-dd'T'HH:mm:ssZ", "2021-06-14T14:13:14+0200", "e"),
    ("yyyy-MM-dd'T'HH:mm:ssZ", "2021-06-14T12:13:14Z", ""),
    (
        "yyyy-MM-dd'T'HH:mm:ssZZZZZ",
        "2021-06-14T14:13:14+02:00",
        "e",
    ),
    (
        "yyyy-MM-dd'T'HH:mm:ssZZZZ",
        "2021-06-14T14:13:14GMT+02:00",
        "e",
    ),
    ("yyyy-MM-dd HH:mm:ss z", "2021-06-14 12:13:14 UTC", "e"),
    ("yyyy-MM-dd HH:mm:ss z", "2021-06-14 14:13:14 CEST", "e"),
    (
        "yyyy-MM-dd HH:mm:ss z",
        "2021-06-14 14:13:14 Europe/Paris",
        "e",
    ),
    (
        "yyyy-MM-dd HH:mm:ss VV",
        "2021-06-14 14:13:14 Europe/Paris",
        "e",
    ),
    ("yyyy-MM-dd HH:mm:ss z", "2021-06-14 12:13:14 GMT", "e"),
    ("yyyy-MM-dd HH:mm:ss z", "2021-06-14 08:13:14 EDT", "e"),
    ("yyyy-MM-dd HH:mm:ss z", "2021-06-14 08:13:14 EST", "e"),
    (
        "EEE, dd MMM yyyy HH:mm:ss zzz",
        "Mon, 14 Jun 2021 12:13:14 GMT",
        "e",
    ),
    (
        "EEE, dd MMM yyyy HH:mm:ss Z",
        "Mon, 14 Jun 2021 12:13:14 +0000",
        "e",
    ),
    ("EEE, dd MMM yyyy", "Mon, 14 Jun 2021", "b"),
    ("EEE, dd MMM yyyy", "Tue, 14 Jun 2021", ""),
    ("EEEE, dd MMMM yyyy", "Monday, 14 June 2021", "b"),
    ("EEEE, dd MMMM yyyy", "Mon, 14 Jun 2021", ""),
    ("dd MMM yyyy", "14 JUN 2021", ""),
    ("dd MMM yyyy", "14 June 2021", ""),
    ("D yyyy", "165 2021", "b"),
    ("DDD yyyy", "165 2021", "b"),
    ("MM/yyyy", "06/2021", "b"),
    ("yyyy", "2021", "b"),
    ("MM", "06", ""),
    ("HH:mm", "12:13", ""),
    ("unix", "1623672794", "e"),
    ("unix", "1623672795", "a"),
    ("epoch", "1623672794000", "e"),
    ("epoch", "1623672794", "b"),
    ("UNIX", "1623672794", "e"),
    ("unix", "9999999999999", "a"),
    ("unix", "-5", "b"),
    ("unix", "+5", "b"),
    ("yyyy-MM-dd[ HH:mm:ss]", "2021-06-14", "b"),
    ("yyyy-MM-dd[ HH:mm:ss]", "2021-06-14 12:13:14", "e"),
    ("yyyy''MM", "2021'06", "b"),
    ("QQQ yyyy", "Q2 2021", "b"),
    ("w YYYY", "24 2021", ""),
    ("e yyyy", "1 2021", "b"),
    ("yyyy-MM-dd G", "2021-06-14 AD", "b"),
    ("kk:mm dd/MM/yyyy", "24:13 14/06/2021", "b"),
    ("KK:mm a dd/MM/yyyy", "00:13 PM 14/06/2021", "b"),
    ("yyyyy", "02021", "b"),
    ("yyyy", "12021", ""),
    ("yyyy", "+12021", "a"),
    ("yyy", "2021", "b"),
    ("u-M-d", "2021-6-14", "b"),
    ("yyyy-MM-dd n", "2021-06-14 5", "b"),
    ("yyyy-MM-dd A", "2021-06-14 5", "b"),
    ("LLL yyyy", "Jun 2021", "b"),
    ("LLLL yyyy", "June 2021", "b"),
    ("ccc d M yyyy", "Mon 14 6 2021", "b"),
    ("dd.MM.yyyy HH:mm O", "14.06.2021 12:13 GMT+2", "b"),
    ("dd.MM.yyyy HH:mm OOOO", "14.06.2021 12:13 GMT+02:00", "b"),
    (
        "yyyy-MM-dd HH:mm:ss.SSSZ",
        "2021-06-14 12:13:14.000+0000",
        "e",
    ),
    ("HH:mm:ss yyyy-MM-dd", "12:13:60 2021-06-14", ""),
    ("HH:mm yyyy-MM-dd", "24:00 2021-06-14", "a"),
    ("HH:mm yyyy-MM-dd", "25:00 2021-06-14", ""),
    ("", "2021", ""),
    ("dd-MM-yyyy", "14-06-2021 extra", ""),
    ("dd-MM-yyyy", " 14-06-2021", ""),
    ("hh:mm a dd/MM/yyyy", "13:13 PM 14/06/2021", ""),
    ("dd/MMM/yyyy:HH:mm:ss Z", "14/Jun/2021:12:13:14 +0000", "e"),
    ("MMM d, yyyy", "Jun 14, 2021", "b"),
    ("yyyy-MM-dd HH:mm:ss SSS", "2021-06-14 12:13:14 000", "e"),
    ("yyyyMMddHHmmssSSS", "20210614121314000", "e"),
    ("dd MMM", "14 Jun", ""),
    ("yyyy-MM-ddXXX", "2021-06-14+02:00", "b"),
    ("E d", "Mon 14", ""),
];

/// A truncation, a date, and what it is cut to.
const TRUNCATED: &[(&str, &str, &str)] = &[
    (
        "first second of minute",
        "2021-06-14T12:13:14Z",
        "2021-06-14T12:13:00Z",
    ),
    (
        "first minute of hour",
        "2021-06-14T12:13:14Z",
        "2021-06-14T12:00:00Z",
    ),
    (
        "first hour of day",
        "2021-06-14T12:13:14Z",
        "2021-06-14T00:00:00Z",
    ),
    (
        "first hour of day",
        "2021-06-14T12:13:14Z",
        "2021-06-14T00:00:00",
    ),
    (
        "first hour of day",
        "2021-06-14T12:13:14+02:00",
        "2021-06-14T00:00:00",
    ),
    (
        "first hour of day",
        "2021-12-31T23:59:59.5Z",
        "2021-12-31T00:00:00Z",
    ),
    (
        "first day of month",
        "2021-06-14T12:13:14Z",
        "2021-06-01T00:00:00Z",
    ),
    (
        "first day of month",
        "2021-06-14T12:13:14Z",
        "2021-06-01T00:00:00",
    ),
    (
        "first day of month",
        "2021-06-14T12:13:14+02:00",
        "2021-06-01T00:00:00",
    ),
    (
        "first day of next month",
        "2021-06-14T12:13:14Z",
        "2021-07-01T00:00:00Z",
    ),
    (
        "first day of next month",
        "2021-12-31T23:59:59.5Z",
        "2022-01-01T00:00:00Z",
    ),
    (
        "last day of month",
        "2021-06-14T12:13:14Z",
        "2021-06-30T00:00:00Z",
    ),
    (
        "last day of month",
        "2021-12-31T23:59:59.5Z",
        "2021-12-31T00:00:00Z",
    ),
    (
        "first day of year",
        "2021-06-14T12:13:14Z",
        "2021-01-01T00:00:00Z",
    ),
    (
        "first day of year",
        "2021-12-31T23:59:59.5Z",
        "2021-01-01T00:00:00Z",
    ),
    (
        "first day of next year",
        "2021-06-14T12:13:14Z",
        "2022-01-01T00:00:00Z",
    ),
    (
        "first day of next year",
        "2021-12-31T23:59:59.5Z",
        "2022-01-01T00:00:00Z",
    ),
    (
        "last day of year",
        "2021-06-14T12:13:14Z",
        "2021-12-31T00:00:00Z",
    ),
    (
        "last day of year",
        "2021-12-31T23:59:59.5Z",
        "2021-12-31T00:00:00Z",
    ),
    (
        "FIRST_HOUR_OF_DAY",
        "2021-06-14T12:13:14Z",
        "2021-06-14T00:00:00Z",
    ),
    (
        "FIRST_HOUR_OF_DAY",
        "2021-06-14T12:13:14Z",
        "2021-06-14T00:00:00",
    ),
    (
        "FIRST_HOUR_OF_DAY",
        "2021-06-14T12:13:14+02:00",
        "2021-06-14T00:00:00",
    ),
    (
        "FIRST_HOUR_OF_DAY",
        "2021-12-31T23:59:59.5Z",
        "2021-12-31T00:00:00Z",
    ),
    (
        "First Hour Of Day",
        "2021-06-14T12:13:14Z",
        "2021-06-14T00:00:00Z",
    ),
    (
        "First Hour Of Day",
        "2021-06-14T12:13:14Z",
        "2021-06-14T00:00:00",
    ),
    (
        "First Hour Of Day",
        "2021-06-14T12:13:14+02:00",
        "2021-06-14T00:00:00",
    ),
    (
        "First Hour Of Day",
        "2021-12-31T23:59:59.5Z",
        "2021-12-31T00:00:00Z",
    ),
];
