//! Guesses which name an author meant.

/// Names longer than this are not compared by distance, which costs the product of the lengths.
const COMPARED_CHARS_MAX: usize = 100;

/// The candidate that an author who wrote `name` most likely meant, if any is close enough.
///
/// A candidate that differs only in case, `_`, `-` or camel case wins. Else the one with the
/// smallest Damerau-Levenshtein distance does, if that is at most a third of the longer name (at
/// least one edit is allowed). Of equals, the first wins.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = fold(name);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        let folded = fold(candidate);
        if folded == wanted {
            return Some(candidate);
        }
        let longest = wanted.chars().count().max(folded.chars().count());
        if longest > COMPARED_CHARS_MAX {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&wanted, &folded);
        // A replaced single letter is no typing mistake but another name.
        let is_close = distance <= (longest / 3).max(1) && distance < longest;
        if is_close && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The name without what only distinguishes naming habits.
fn fold(name: &str) -> String {
    name.chars()
        .filter(|letter| !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_the_meant_name() {
        let check = |name: &str, candidates: &[&str], expected: Option<&str>| {
            let found = nearest(name, candidates.iter().copied());
            assert_eq!(found, expected, "for {name}");
        };
        check(
            "urlPaht",
            &["url", "urlPath", "urlPattern"],
            Some("urlPath"),
        );
        check("url_path", &["urlPat", "urlPath"], Some("urlPath"));
        check("URL-PATH", &["urlPath"], Some("urlPath"));
        check(
            "transitons",
            &["transitions", "initial"],
            Some("transitions"),
        );
        check("form", &["to", "from"], Some("from"));
        check("x", &["y"], None);
        check("colour", &["flavour", "shape"], None);
        check("abcdef", &["abcdxy"], Some("abcdxy"));
        check("abcdef", &["abcxyz"], None);
        check("", &["a"], None);
        check("-", &["_"], Some("_"));
        check(&"a".repeat(5000), &["aaaa"], None);
        check("ab", &[], None);
    }
}
