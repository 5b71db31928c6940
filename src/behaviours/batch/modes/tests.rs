use super::*;
use crate::behaviours::batch::plan::Planned;

/// Does items by noting them; `bad` and `soft` ones fail.
struct Notes<'a> {
    words: &'a [Word<'a>],
    done: Vec<usize>,
    tried: Vec<usize>,
}

/// An item as a test writes it: `bad+#a<b` fails, is linked with the next, has the id a and needs b.
struct Word<'a> {
    text: &'a str,
    planned: Planned,
}

impl<'a> Word<'a> {
    fn read(word: &'a str) -> Self {
        let end = word.find(['+', '#', '<']).unwrap_or(word.len());
        let (text, mut rest) = word.split_at(end);
        let mut planned = Planned::default();
        if let Some(after) = rest.strip_prefix('+') {
            planned.linked = true;
            rest = after;
        }
        let (id, needs) = rest.split_once('<').unwrap_or((rest, ""));
        planned.id = id.strip_prefix('#').map(Arc::from);
        planned.needs = needs
            .split(',')
            .filter(|id| !id.is_empty())
            .map(Arc::from)
            .collect();
        if text == "made" {
            planned.fails = Some((Refusal::new("unavailable", ""), Kind::Injected));
        }
        Self { text, planned }
    }
}

impl Tried for Notes<'_> {
    type Mark = usize;
    type Answer = ();

    fn mark(&self) -> usize {
        self.done.len()
    }

    fn roll_back(&mut self, mark: usize) {
        self.done.truncate(mark);
    }

    fn decide_one(&mut self, at: usize) -> Result<(), Box<Failed<()>>> {
        self.tried.push(at);
        if self.words[at].text == "ok" {
            self.done.push(at);
            return Ok(());
        }
        let refusal = Refusal::new(self.words[at].text, "");
        Err(Failed::untried(refusal, Kind::Own))
    }

    fn is_fatal(&mut self, at: usize, _: &Failed<()>) -> Result<bool, Refusal> {
        Ok(self.words[at].text != "soft")
    }
}

/// The modes of a plan as a test writes them.
fn plan(modes: &str, words: &[Word<'_>]) -> Plan {
    Plan {
        stop_at_first: modes.contains("stop"),
        all_or_nothing: modes.contains("all"),
        refuses: modes.contains("refuse"),
        items: words.iter().map(|word| word.planned.clone()).collect(),
    }
}

/// Runs the items in the modes; `outcomes` has a word each, and `done` the items that remain done.
#[track_caller]
fn check(modes: &str, items: &str, outcomes: &str, done: &[usize]) {
    let words: Vec<Word<'_>> = items.split_whitespace().map(Word::read).collect();
    let mut notes = Notes {
        words: &words,
        done: Vec::new(),
        tried: Vec::new(),
    };
    let told = match run(&mut plan(modes, &words), &mut notes) {
        Err(refusal) => format!(
            "refused {} {}",
            refusal.details["item"]["index"], refusal.cause
        ),
        Ok(outcomes) => {
            let told = outcomes.iter().map(|outcome| match outcome {
                Outcome::Done(()) => "ok",
                Outcome::Failed(failed) => &failed.refusal.cause,
                Outcome::Skipped => "-",
            });
            let told: Vec<&str> = told.collect();
            told.join(" ")
        }
    };
    let told = told.replace("linked_event_failed", "chained");
    let told = told.replace("linked_event_chain_open", "open");
    assert_eq!(told, outcomes, "{modes}: {items}");
    assert_eq!(notes.done, done, "{modes}: {items}");
    assert!(notes.tried.is_sorted(), "{modes}: {items}");
}

#[test]
fn independent_items_fail_alone() {
    check("", "", "", &[]);
    check("", "ok ok", "ok ok", &[0, 1]);
    check(
        "",
        "ok bad ok made ok",
        "ok bad ok unavailable ok",
        &[0, 2, 4],
    );
}

#[test]
fn nothing_is_tried_after_the_first_failure() {
    check("stop", "ok ok", "ok ok", &[0, 1]);
    check("stop", "ok bad ok bad", "ok bad - -", &[0]);
    check("stop", "ok made ok", "ok unavailable -", &[0]);
    check("stop", "ok ok+ bad ok", "ok chained bad -", &[0]);
    check("stop", "ok bad+ ok ok", "ok bad chained -", &[0]);
}

#[test]
fn all_are_done_or_none() {
    check("all", "ok ok", "ok ok", &[0, 1]);
    check("all", "ok bad ok", "rolled_back bad rolled_back", &[]);
    check("all", "ok soft ok", "ok soft ok", &[0, 2]);
    check("all stop", "ok bad ok", "rolled_back bad -", &[]);
    check(
        "all",
        "ok bad ok made",
        "rolled_back bad rolled_back unavailable",
        &[],
    );
}

#[test]
fn the_first_failure_that_undoes_all_refuses_the_call() {
    check("all refuse", "ok ok", "ok ok", &[0, 1]);
    check("all refuse", "ok worse bad", "refused 1 worse", &[0]);
    check("all refuse", "soft bad", "refused 1 bad", &[]);
    check("refuse", "ok bad", "ok bad", &[0]);
}

#[test]
fn of_a_chain_all_are_done_or_none() {
    check("", "ok+ ok ok", "ok ok ok", &[0, 1, 2]);
    check(
        "",
        "ok ok+ bad+ ok ok",
        "ok chained bad chained ok",
        &[0, 4],
    );
    check("", "bad+ ok+ worse", "bad chained chained", &[]);
    check("", "ok+ ok+ bad", "chained chained bad", &[]);
    check("", "ok+ bad ok+ ok", "chained bad ok ok", &[2, 3]);
    check("", "ok+ made+ ok", "chained unavailable chained", &[]);
}

#[test]
fn a_chain_that_has_no_end_fails() {
    check("", "ok ok+", "ok open", &[0]);
    check("", "ok ok+ ok+", "ok chained open", &[0]);
    check("", "bad+ ok+ ok+", "bad chained open", &[]);
    check("all", "ok ok+", "rolled_back open", &[]);
}

#[test]
fn what_an_item_depends_on_must_be_done_before() {
    check("", "ok#a ok<a", "ok ok", &[0, 1]);
    check(
        "",
        "bad#a ok#b<a ok<b",
        "bad failed_dependency failed_dependency",
        &[],
    );
    check("", "ok<a ok#a", "failed_dependency ok", &[1]);
    check("", "ok<nobody", "failed_dependency", &[]);
    check("", "ok#a bad#b ok<a,b", "ok bad failed_dependency", &[0]);
    check("", "ok#a<a", "failed_dependency", &[]);
    check("", "ok+#a bad ok<a", "chained bad failed_dependency", &[]);
    check("", "ok+#a ok<a ok", "ok ok ok", &[0, 1, 2]);
}
