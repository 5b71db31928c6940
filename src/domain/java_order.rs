//! The order in which a hash set or a hash map of Java goes through texts: where WireMock answers in
//! it, so do we.

/// Puts `items` into the order that they have in a `HashSet` or `HashMap` by `name`, to which they
/// came in the order given.
#[must_use]
pub fn in_java_order<T>(items: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    let mut buckets: usize = 16;
    while items.len() > buckets / 4 * 3 {
        buckets *= 2;
    }
    let bucket = |name: &str| {
        let units = name.encode_utf16();
        let hash = units.fold(0u32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(u32::from(unit))
        });
        (hash ^ hash >> 16) as usize & (buckets - 1)
    };
    let mut items = items;
    items.sort_by_cached_key(|item| bucket(name(item)));
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_as_a_hash_set_of_java_has_them() {
        let given = vec!["two", "Started", "three", "added", "Ä", "Aa", "BB"];
        let ordered = in_java_order(given, |text| text);
        assert_eq!(
            ordered,
            ["Aa", "BB", "Started", "Ä", "added", "two", "three"]
        );
    }
}
