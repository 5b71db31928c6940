//! Makes every mutant of a target that fits it.

use serde_json::{Map, Value, json};

use super::likely::{self, Coping, Likely};
use super::target::{Aim, Target};
use super::{Mutant, members};

/// What the rule of a mutant is called: a sandbox has one at the most.
pub const RULE_ID: &str = "mutant";

/// How many calls go well before a fault in the middle of a sequence, where it is not known how many there
/// are.
const SUCCESSES: u64 = 2;

/// How much likelier another member of the same answer must not be than the one before it: so that not all
/// mutants of one kind are about one answer.
pub(super) const NEXT_FIELD: i32 = 9;

/// Every mutant of a target that fits it, in the order of the modes.
#[must_use]
pub fn make(target: &Target) -> Vec<Mutant> {
    let mut made = Vec::new();
    for likely in likely::TABLE {
        match likely.mode {
            "null_field" | "renamed_field" | "type_change" | "corrupt_field" => {
                made.extend(members::mutants(target, likely));
            }
            "empty_list" => made.extend(of_lists(target, likely)),
            _ => made.extend(of_target(target, likely)),
        }
    }
    if target.recorded {
        made.retain_mut(|mutant| of_recorded(target, mutant));
    }
    made
}

/// The mutants with an empty list: one for each list.
fn of_lists<'a>(target: &'a Target, likely: &'a Likely) -> impl Iterator<Item = Mutant> + 'a {
    let lists = target.lists.iter().zip(0..);
    lists.map(move |(list, place)| {
        let name = &target.name;
        let (title, path) = if list.is_empty() {
            (format!("{name} answers an empty list"), None)
        } else {
            let title = format!("{list} is empty in what {name} answers");
            (title, Some(list.as_str()))
        };
        let mut mutant = bare(target, likely, path, title);
        mutant.rank -= NEXT_FIELD * place;
        if let Some(path) = path {
            let with = json!({ "fields": [path] });
            mutant.rule.insert("with".into(), with);
        }
        mutant
    })
}

/// The mutant of a mode that concerns the whole answer, if it fits.
fn of_target(target: &Target, likely: &Likely) -> Option<Mutant> {
    let name = &target.name;
    let after = successes(target, SUCCESSES);
    let later = json!({ "after": after });
    let second_page = json!({ "page": 2 });
    let whenever = json!({});
    let (fits, title, when, with, once) = match likely.mode {
        "rate_limited" => (
            true,
            format!("{name} answers 429 once, {}", after_successes(after)),
            later,
            json!({ "retryAfter": 1 }),
            true,
        ),
        "wrong_status" => (
            true,
            format!("{name} answers 503 once"),
            whenever,
            json!({ "status": 503 }),
            true,
        ),
        "timeout" => (
            true,
            format!("{name} does not answer once"),
            whenever,
            json!({}),
            true,
        ),
        "latency" => (
            true,
            format!("{name} takes 2 s more"),
            whenever,
            json!({ "milliseconds": 2000 }),
            true,
        ),
        "expired_token" if leads_on(target) => (
            true,
            format!("the token has expired when the second page of {name} is asked for"),
            second_page,
            json!({ "token": "page" }),
            true,
        ),
        "expired_token" => (
            target.checked,
            format!(
                "the credential has expired when {name} is called, {}",
                after_successes(after)
            ),
            later,
            json!({ "token": "credential" }),
            true,
        ),
        "error_in_ok" => (
            true,
            format!("{name} answers 200 with an error in the body, once"),
            whenever,
            json!({}),
            true,
        ),
        "missing_has_more" => (
            target.paged.is_some(),
            format!("{name} does not say that more pages follow"),
            whenever,
            json!({}),
            false,
        ),
        "short_page" => (
            target.paged.is_some(),
            format!("the first page of {name} is short"),
            json!({ "page": 1 }),
            json!({}),
            false,
        ),
        "looping_cursor" => (
            leads_on(target),
            format!("the cursor of {name} leads back to a page that was read"),
            whenever,
            json!({}),
            false,
        ),
        "lost_reply" => (
            true,
            format!("{name} takes effect, and its reply is lost, once"),
            whenever,
            json!({}),
            true,
        ),
        "lost_request" => (
            true,
            format!("a request for {name} is lost before it takes effect, once"),
            whenever,
            json!({}),
            true,
        ),
        "connection_reset" => (
            true,
            format!("the connection is reset when {name} is called, once"),
            whenever,
            json!({}),
            true,
        ),
        "empty_reply" => (
            true,
            format!("the connection closes without a reply when {name} is called, once"),
            whenever,
            json!({}),
            true,
        ),
        "partial_batch" => (
            target.batch,
            format!("the second item of {name} is not done, and the others are"),
            json!({ "calls": [2] }),
            json!({}),
            false,
        ),
        "partial_response" => (
            target.fields.len() > 1,
            format!("some members are missing in what {name} answers"),
            whenever,
            json!({}),
            false,
        ),
        "stale_read" => (
            target.reads && !target.writes,
            format!("{name} answers what held one call ago, once"),
            json!({}),
            json!({ "calls": 1 }),
            true,
        ),
        "duplicate_delivery" => (
            target.writes,
            format!("{name} takes effect twice, once"),
            whenever,
            json!({}),
            true,
        ),
        "out_of_order" => (
            target.tells,
            format!("what {name} tells comes after what follows it"),
            whenever,
            json!({}),
            false,
        ),
        "silent_no_op" => (
            target.writes,
            format!("{name} answers with success, and nothing is done, once"),
            whenever,
            json!({}),
            true,
        ),
        "truncated_body" => (
            true,
            format!("what {name} answers is cut, once"),
            whenever,
            json!({}),
            true,
        ),
        "garbage" => (
            true,
            format!("{name} answers a page of a gateway, once"),
            whenever,
            json!({ "garbage": "html" }),
            true,
        ),
        "wrong_entity" => (
            target.reads && !target.writes && !target.fields.is_empty(),
            format!("{name} answers with another record, once"),
            whenever,
            json!({}),
            true,
        ),
        "added_field" => (
            !target.fields.is_empty(),
            format!("there is a member more in what {name} answers"),
            whenever,
            json!({}),
            false,
        ),
        "slow_drip" => (
            !target.lists.is_empty(),
            format!("what {name} answers comes in drops, once"),
            whenever,
            json!({ "milliseconds": 2000 }),
            true,
        ),
        _ => return None,
    };
    let mut mutant = fits.then(|| bare(target, likely, None, title))?;
    for (key, value) in [("when", when), ("with", with)] {
        if value.as_object().is_some_and(|members| !members.is_empty()) {
            merge(&mut mutant.rule, key, value);
        }
    }
    if once {
        mutant.rule.insert("times".into(), 1.into());
    }
    Some(mutant)
}

/// Whether its pages lead on by something that its answers name.
fn leads_on(target: &Target) -> bool {
    target.paged.as_ref().is_some_and(|paged| paged.by_cursor)
}

/// The same fault in a reply that was recorded, where that can be: no state is behind it.
fn of_recorded(target: &Target, mutant: &mut Mutant) -> bool {
    match mutant.mode {
        "stale_read" | "wrong_entity" | "silent_no_op" | "duplicate_delivery"
        | "looping_cursor" | "out_of_order" | "partial_batch" => return false,
        // Whoever sends it again does it twice, and there is no state that would tell.
        "lost_reply" if target.writes => mutant.coping = Coping::Nothing,
        _ => {}
    }
    let when = mutant.rule.get_mut("when").and_then(Value::as_object_mut);
    if let Some(when) = when
        && let Some(page) = when.remove("page")
    {
        // Nobody knows which page a recorded reply is: the second call is for the second one.
        when.insert("calls".into(), json!([page]));
    }
    true
}

/// After how many successes a fault in the middle comes: where it is known that there are fewer calls, at
/// the last of them.
pub(super) fn successes(target: &Target, wanted: u64) -> u64 {
    let others = target.calls.map(|calls| calls.saturating_sub(1));
    others.map_or(wanted, |others| others.min(wanted))
}

fn after_successes(after: u64) -> String {
    match after {
        0 => "at the first call".to_owned(),
        1 => "after one success".to_owned(),
        several => format!("after {several} successes"),
    }
}

/// A mutant with what all have.
pub(super) fn bare(target: &Target, likely: &Likely, place: Option<&str>, title: String) -> Mutant {
    let mut id = format!("{}.{}", likely.mode, slug(&target.name));
    if let Some(place) = place {
        id.push('.');
        id.push_str(place);
    }
    let (boost, because) = boost(target, likely.mode);
    let why = match because {
        Some(because) => format!("{}; {because}", likely.why),
        None => likely.why.to_owned(),
    };
    let mut rule = Map::new();
    rule.insert("id".into(), RULE_ID.into());
    match likely.mode {
        "partial_batch" => {
            rule.insert("mode".into(), "wrong_status".into());
            rule.insert("surface".into(), "items".into());
        }
        mode => {
            rule.insert("mode".into(), mode.into());
        }
    }
    match &target.aim {
        Aim::Tool(name) => rule.insert("tools".into(), json!([name])),
        Aim::Stub(id) => rule.insert("stubs".into(), json!([id])),
        Aim::RecordedTool(name) => {
            let condition = format!("tool == {}", quoted(name));
            rule.insert("when".into(), json!({ "condition": condition }))
        }
        Aim::Endpoint { method, path } => {
            let condition = format!(
                "request.method == {} && request.path == {}",
                quoted(method),
                quoted(path)
            );
            rule.insert("when".into(), json!({ "condition": condition }))
        }
    };
    let seen_as = match place {
        Some(place) => format!("{}.{place}", seen_as(target, likely.mode)),
        None => seen_as(target, likely.mode).to_owned(),
    };
    Mutant {
        id,
        mode: likely.mode,
        target: target.name.clone(),
        place: place.map(str::to_owned),
        title,
        why,
        hint: likely.hint.to_owned(),
        coping: likely.coping,
        rank: likely.weight + boost,
        seen_as,
        rule,
    }
}

/// What a caller sees of a fault: two modes that agree here are one, for this target.
fn seen_as<'a>(target: &Target, mode: &'a str) -> &'a str {
    match mode {
        // Nothing comes, and nothing was done. Where a call changes nothing, it makes no difference whether
        // it was done.
        "lost_reply" if target.writes && !target.recorded => mode,
        "connection_reset" | "empty_reply" | "lost_request" | "lost_reply" => "nothing",
        // What comes cannot be read.
        "truncated_body" | "garbage" => "unreadable",
        _ => mode,
    }
}

/// What makes a mode likelier for a target, and the reason.
fn boost(target: &Target, mode: &str) -> (i32, Option<&'static str>) {
    match mode {
        "lost_reply" if target.moves_money => {
            (40, Some("whoever sends a payment again pays twice"))
        }
        "lost_reply" if target.writes => (20, Some("whoever sends this again does it twice")),
        "duplicate_delivery" if target.moves_money => (24, Some("this one moves money")),
        "timeout" | "latency" if target.moves_money => (8, Some("this one moves money")),
        "silent_no_op" if target.moves_money => (10, Some("this one moves money")),
        "rate_limited" if target.limited => (10, Some("this one is limited")),
        "expired_token" if target.checked => (10, Some("its callers show credentials")),
        "expired_token" => (6, None),
        "missing_has_more" | "short_page" => (20, Some("this one answers in pages")),
        "looping_cursor" => (16, Some("this one answers in pages")),
        "empty_list" if target.paged.is_some() => (6, None),
        "stale_read" if target.moves_money => (10, None),
        _ => (0, None),
    }
}

pub(super) fn merge(rule: &mut Map<String, Value>, key: &str, value: Value) {
    match (rule.get_mut(key), value) {
        (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
        (_, value) => {
            rule.insert(key.to_owned(), value);
        }
    }
}

/// A text as an expression writes it.
fn quoted(text: &str) -> String {
    // CEL reads the escapes of JSON.
    Value::from(text).to_string()
}

/// A name as a part of an id.
fn slug(name: &str) -> String {
    let plain = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() => letter,
        '_' | '-' | '.' | '/' => letter,
        _ => '-',
    };
    name.chars().map(plain).collect()
}
