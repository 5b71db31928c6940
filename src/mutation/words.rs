//! Names as APIs write them, and how the next version of one writes them.

/// Words that a later version of an API calls otherwise, and how.
const SYNONYMS: &[(&str, &str)] = &[
    ("amount", "value"),
    ("balance", "available_balance"),
    ("count", "total"),
    ("cursor", "next_cursor"),
    ("email", "email_address"),
    ("id", "identifier"),
    ("items", "results"),
    ("name", "display_name"),
    ("results", "items"),
    ("state", "status"),
    ("status", "state"),
    ("total", "count"),
    ("type", "kind"),
];

/// What another version of an API calls a member: `user_id` becomes `userId`, and the other way round; one
/// word becomes another.
pub(super) fn renamed(name: &str) -> String {
    if name.trim_matches('_').contains('_') {
        return camel(name);
    }
    if name.chars().any(char::is_uppercase) {
        return snake(name);
    }
    let synonym = SYNONYMS.iter().find(|(old, _)| *old == name);
    match synonym {
        Some((_, new)) => (*new).to_owned(),
        None => format!("{name}_value"),
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |made, word| {
        let mut letters = word.chars();
        let initial = letters
            .next()
            .map(|letter| letter.to_uppercase().to_string());
        made + &initial.unwrap_or_default() + letters.as_str()
    })
}

fn snake(name: &str) -> String {
    let mut made = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() {
            if !made.is_empty() && !made.ends_with('_') {
                made.push('_');
            }
            made.extend(letter.to_lowercase());
        } else {
            made.push(letter);
        }
    }
    // A capital at the beginning may be all that there was to change.
    if made == name {
        format!("{name}_value")
    } else {
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_always_becomes_another() {
        for (old, new) in [
            ("user_id", "userId"),
            ("userId", "user_id"),
            ("created_at_utc", "createdAtUtc"),
            ("NextToken", "next_token"),
            ("status", "state"),
            ("zip", "zip_value"),
            ("_", "__value"),
            ("a__b", "aB"),
            ("", "_value"),
            ("straße_id", "straßeId"),
        ] {
            assert_eq!(renamed(old), new, "{old:?}");
            assert_ne!(renamed(old), old);
        }
    }
}
