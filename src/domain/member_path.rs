//! Ways to a member of a JSON value, as people write them.

/// A way to a member as a form writes it: `items[0][price]`.
#[must_use]
pub fn bracketed<'s>(mut steps: impl Iterator<Item = &'s str>) -> String {
    let first = steps.next().unwrap_or_default().to_owned();
    steps.fold(first, |path, step| format!("{path}[{step}]"))
}

/// The same as programs write it: `items[0].price`.
#[must_use]
pub fn place<'s>(steps: impl Iterator<Item = &'s str>) -> String {
    steps.fold(String::new(), |place, step| {
        let number = step.bytes().all(|byte| byte.is_ascii_digit());
        match (number, place.is_empty()) {
            (_, true) => step.to_owned(),
            (true, false) => format!("{place}[{step}]"),
            (false, false) => format!("{place}.{step}"),
        }
    })
}
