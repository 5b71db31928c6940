//! Numbers as Java's `NumberFormat` prints them in English.

/// `number` with at most three digits behind the point, and a comma between thousands.
pub(super) fn format(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let size = number.abs();
    if size.is_infinite() {
        return format!("{sign}∞");
    }
    let mut whole = size.trunc();
    let mut thousandths = ((size - whole) * 1000.0).round_ties_even();
    if thousandths >= 1000.0 {
        whole += 1.0;
        thousandths = 0.0;
    }
    let digits = format!("{whole}");
    let mut text = sign.to_owned();
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if thousandths > 0.0 {
        let fraction = format!("{thousandths:03}");
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn numbers_are_printed_as_java_prints_them() {
        for (number, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (1234.5678, "1,234.568"),
            (-1234.5, "-1,234.5"),
            (3_000_000.0, "3,000,000"),
            (0.1, "0.1"),
            (0.0005, "0"),
            (0.0015, "0.002"),
            (0.9999, "1"),
            (12_345_678_901_234_567_890.0, "12,345,678,901,234,567,000"),
            (f64::INFINITY, "∞"),
            (f64::NEG_INFINITY, "-∞"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(format(number), text);
        }
    }
}
