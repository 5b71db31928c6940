//! Names of forms and queries that are paths: `metadata[color]=red`, `expand[]=a`, `items[0][price]=p`.

use std::borrow::Cow;

use indexmap::IndexMap;

/// How many steps a path may have.
pub const STEPS_MAX: usize = 20;

/// The greatest number that an item of a list may have.
pub const INDEX_MAX: usize = 999;

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A text.
    Text(String),
    /// What stands under longer names, by the next step: members, or the items of a list by number.
    Steps(IndexMap<String, Node>),
    /// A list whose items were given without numbers.
    List(Vec<Node>),
}

/// Reads pairs whose names are paths. Of several texts under one name the last counts. A name with
/// brackets that are not in pairs is no path, and stands for itself.
///
/// # Errors
/// A sentence that says which name is wrong: one that is a text and has members, too, that is a list and
/// has names, too, or that has too many steps.
pub fn nested<'a>(
    pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<IndexMap<String, Node>, String> {
    let mut root = IndexMap::new();
    for (name, text) in pairs {
        let (first, steps) = path(&name);
        if steps.len() >= STEPS_MAX {
            let shown: String = name.chars().take(64).collect();
            return Err(format!("`{shown}` has more than {STEPS_MAX} steps"));
        }
        put(&mut root, first, &steps, &text).map_err(|found| conflict(first, &found))?;
    }
    Ok(root)
}

/// What a list's item is given as, where the steps are numbers: the items in the order of their numbers.
///
/// # Errors
/// A sentence, if a number is greater than [`INDEX_MAX`].
pub fn items(steps: &IndexMap<String, Node>) -> Result<Vec<&Node>, String> {
    let mut numbered = Vec::with_capacity(steps.len());
    for (step, node) in steps {
        match step.parse::<usize>() {
            Ok(number) if number <= INDEX_MAX => numbered.push((number, node)),
            _ => {
                return Err(format!(
                    "a list has no item {step}: {INDEX_MAX} is the last"
                ));
            }
        }
    }
    numbered.sort_by_key(|(number, _)| *number);
    Ok(numbered.into_iter().map(|(_, node)| node).collect())
}

/// Whether all steps are numbers, so that they may be the items of a list.
#[must_use]
pub fn is_numbered(steps: &IndexMap<String, Node>) -> bool {
    let digits = |step: &String| step.bytes().all(|byte| byte.is_ascii_digit());
    !steps.is_empty() && steps.keys().all(digits)
}

/// What stands where something else was given.
enum Found {
    Text,
    List,
    Steps,
}

fn conflict(name: &str, found: &Found) -> String {
    let name: String = name.chars().take(64).collect();
    match found {
        Found::Text => format!("`{name}` is given as a text, and with members, too"),
        Found::List => format!("`{name}` is given as a list, and with names, too"),
        Found::Steps => format!("`{name}` is given with members, and in another way, too"),
    }
}

/// The first name and the steps after it: `a[b][]` is `a` and `b`, ``.
fn path(name: &str) -> (&str, Vec<&str>) {
    let Some((first, rest)) = name.split_once('[') else {
        return (name, Vec::new());
    };
    let Some(inner) = rest.strip_suffix(']').filter(|_| !first.is_empty()) else {
        return (name, Vec::new());
    };
    let steps: Vec<&str> = inner.split("][").collect();
    match steps.iter().any(|step| step.contains(['[', ']'])) {
        true => (name, Vec::new()),
        false => (first, steps),
    }
}

fn put(
    members: &mut IndexMap<String, Node>,
    name: &str,
    steps: &[&str],
    text: &str,
) -> Result<(), Found> {
    match members.get_mut(name) {
        Some(node) => lay(node, steps, text),
        None => {
            members.insert(name.to_owned(), made(steps, text));
            Ok(())
        }
    }
}

fn lay(node: &mut Node, steps: &[&str], text: &str) -> Result<(), Found> {
    match (node, steps) {
        (Node::Text(old), []) => {
            text.clone_into(old);
            Ok(())
        }
        (Node::Text(_), _) => Err(Found::Text),
        (Node::List(list), ["", rest @ ..]) => {
            append(list, rest, text);
            Ok(())
        }
        (Node::List(_), _) => Err(Found::List),
        (Node::Steps(members), [step, rest @ ..]) if !step.is_empty() => {
            put(members, step, rest, text)
        }
        (Node::Steps(_), _) => Err(Found::Steps),
    }
}

/// Another item of a list; or another member of the last one, if that does not have it yet:
/// `a[][x]=1&a[][y]=2&a[][x]=3` are two items.
fn append(list: &mut Vec<Node>, steps: &[&str], text: &str) {
    if let (Some(Node::Steps(members)), [step, ..]) = (list.last_mut(), steps)
        && !step.is_empty()
        && !members.contains_key(*step)
    {
        members.insert((*step).to_owned(), made(&steps[1..], text));
        return;
    }
    list.push(made(steps, text));
}

fn made(steps: &[&str], text: &str) -> Node {
    steps
        .iter()
        .rev()
        .fold(Node::Text(text.to_owned()), |node, step| match *step {
            "" => Node::List(vec![node]),
            step => Node::Steps(IndexMap::from([(step.to_owned(), node)])),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::pairs;

    /// What comes of a query, in short.
    fn check(query: &str, expected: &str) {
        let found = match nested(pairs(query)) {
            Ok(members) => shown(&Node::Steps(members)),
            Err(message) => message,
        };
        assert_eq!(found, expected, "{query}");
    }

    fn shown(node: &Node) -> String {
        match node {
            Node::Text(text) => text.clone(),
            Node::List(list) => {
                let items: Vec<String> = list.iter().map(shown).collect();
                format!("[{}]", items.join(" "))
            }
            Node::Steps(steps) => {
                let members = steps.iter();
                let members = members.map(|(name, node)| format!("{name}:{}", shown(node)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(" "))
            }
        }
    }

    #[test]
    fn names_are_paths() {
        for (query, expected) in [
            ("a=1&b=2&a=3", "{a:3 b:2}"),
            ("m[c]=red&m[d]=5&m[c]=blue", "{m:{c:blue d:5}}"),
            ("e[]=a&e[]=b", "{e:[a b]}"),
            ("i[0][p]=x&i[0][q]=2&i[1][p]=y", "{i:{0:{p:x q:2} 1:{p:y}}}"),
            ("a[][x]=1&a[][y]=2&a[][x]=3", "{a:[{x:1 y:2} {x:3}]}"),
            ("a[][]=1&a[][]=2", "{a:[[1] [2]]}"),
            ("a%5Bb%5D=1", "{a:{b:1}}"),
            (
                "a[b]c=1&a[b=2&[a]=3&a[b[c]]=4",
                "{a[b]c:1 a[b:2 [a]:3 a[b[c]]:4}",
            ),
            (
                "a[b.c]=1&a[]=",
                "`a` is given with members, and in another way, too",
            ),
            ("a[b", "{a[b:}"),
        ] {
            check(query, expected);
        }
    }

    #[test]
    fn what_contradicts_itself_or_goes_too_deep_is_refused() {
        for (query, expected) in [
            (
                "a=1&a[b]=2",
                "`a` is given as a text, and with members, too",
            ),
            (
                "a[b]=2&a=1",
                "`a` is given with members, and in another way, too",
            ),
            ("a[]=2&a=1", "`a` is given as a list, and with names, too"),
            (
                "a[]=2&a[b]=1",
                "`a` is given as a list, and with names, too",
            ),
            (
                "a[b]=1&a[b][c]=2",
                "`a` is given as a text, and with members, too",
            ),
        ] {
            check(query, expected);
        }
        let deep = |steps: usize| format!("a{}=1", "[b]".repeat(steps));
        assert!(nested(pairs(&deep(STEPS_MAX - 1))).is_ok());
        let refused = nested(pairs(&deep(STEPS_MAX))).expect_err("too deep");
        assert!(refused.ends_with("has more than 20 steps"), "{refused}");
        assert!(nested(pairs(&deep(100_000))).is_err());
    }

    #[test]
    fn items_stand_in_the_order_of_their_numbers() {
        let list = |query: &str| {
            let members = nested(pairs(query)).expect("members");
            let Some(Node::Steps(steps)) = members.get("a") else {
                panic!("{query} has no steps");
            };
            assert!(is_numbered(steps), "{query}");
            let found = items(steps)?;
            Ok(found.into_iter().map(shown).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(list("a[2]=z&a[0]=x&a[10]=y"), Ok("x z y".to_owned()));
        assert_eq!(list("a[999]=x"), Ok("x".to_owned()));
        for query in ["a[1000]=x", "a[99999999999999999999999]=x"] {
            let refused: String = list(query).expect_err("too large");
            assert!(refused.contains("a list has no item"), "{refused}");
        }
    }
}
