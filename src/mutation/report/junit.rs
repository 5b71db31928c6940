//! A report as JUnit XML, which CI systems show: a test case a mutant, and a failure is a survivor.

use super::super::verdict::{Fate, Outcome};
use super::Report;

/// The report.
#[must_use]
pub fn report(report: &Report) -> String {
    let counts = report.counts();
    let skipped = counts.never_fired + counts.not_run;
    let time: f64 = report
        .outcomes
        .iter()
        .map(|outcome| outcome.took.as_secs_f64())
        .sum();
    let head = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{skipped}\" time=\"{time:.3}\"",
        report.outcomes.len(),
        counts.survived,
    );
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(&format!("<testsuites name=\"sparring mutate\" {head}>\n"));
    xml.push_str(&format!(
        "  <testsuite name=\"{}\" {head}>\n",
        escaped(&report.of)
    ));
    xml.push_str("    <properties>\n");
    let score = counts.score();
    xml.push_str(&format!(
        "      <property name=\"score\" value=\"{}\"/>\n",
        escaped(&score)
    ));
    xml.push_str("    </properties>\n");
    for outcome in &report.outcomes {
        xml.push_str(&case(outcome));
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(outcome: &Outcome) -> String {
    let mutant = &outcome.mutant;
    let mut xml = format!(
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\">\n",
        escaped(&mutant.target),
        escaped(&mutant.id),
        outcome.took.as_secs_f64(),
    );
    match outcome.fate {
        Fate::Survived => {
            let got = outcome
                .injections
                .iter()
                .map(|injection| injection.described());
            let lines: Vec<String> = got.chain(outcome.otherwise.iter().cloned()).collect();
            xml.push_str(&format!(
                "      <failure type=\"survived\" message=\"{}\">{}\n{}</failure>\n",
                escaped(&mutant.title),
                escaped(&lines.join("\n")),
                escaped(&mutant.hint),
            ));
        }
        Fate::NeverFired { .. } => {
            xml.push_str("      <skipped message=\"the fault was never injected\"/>\n");
        }
        Fate::NotRun => xml.push_str("      <skipped message=\"the run was broken off\"/>\n"),
        Fate::Noticed | Fate::TimedOut | Fate::Coped => {}
    }
    let output = format!(
        "{}: {}\n{}",
        outcome.fate.title(),
        mutant.title,
        outcome.output
    );
    xml.push_str(&format!(
        "      <system-out>{}</system-out>\n",
        escaped(&output)
    ));
    xml.push_str("    </testcase>\n");
    xml
}

/// A text as XML has it, in content and in attributes. What XML 1.0 forbids altogether (§2.2), such as the
/// escapes of a terminal, becomes the sign for what cannot be shown.
fn escaped(text: &str) -> String {
    let mut made = String::with_capacity(text.len() + text.len() / 8);
    for letter in text.chars() {
        match letter {
            '&' => made.push_str("&amp;"),
            '<' => made.push_str("&lt;"),
            '>' => made.push_str("&gt;"),
            '"' => made.push_str("&quot;"),
            '\n' | '\t' => made.push(letter),
            // A reader makes a line break of it otherwise.
            '\r' => made.push_str("&#13;"),
            '\u{0}'..'\u{20}' | '\u{FFFE}' | '\u{FFFF}' => made.push('\u{FFFD}'),
            letter => made.push(letter),
        }
    }
    made
}
