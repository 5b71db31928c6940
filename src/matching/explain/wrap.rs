//! Texts cut into the lines of a column, as WireMock's diff has them.

/// The lines of a text, of at most `width` characters each. When one is longer, the whole text is
/// wrapped at spaces, an older line break counting as one more character; blank lines go then.
pub(super) fn lines(text: &str, width: usize) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let is_long = text.lines().any(|line| line.chars().count() > width);
    let mut lines: Vec<String> = if is_long {
        let wrapped = wrap(&text, width);
        let lines = wrapped.split('\n');
        let written = lines.filter(|line| !line.trim_matches([' ', '\t']).is_empty());
        written.map(str::to_owned).collect()
    } else {
        text.split('\n').map(str::to_owned).collect()
    };
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Breaks a text at the last space within `width` characters, or within a word that has none.
fn wrap(text: &str, width: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut wrapped = String::with_capacity(text.len() + text.len() / width.max(1) + 1);
    let mut at = 0;
    while at < chars.len() {
        if chars[at] == ' ' {
            at += 1;
            continue;
        }
        if chars.len() - at <= width {
            break;
        }
        let space = chars[at..=at + width].iter().rposition(|c| *c == ' ');
        let end = at + space.unwrap_or(width);
        wrapped.extend(&chars[at..end]);
        wrapped.push('\n');
        at = if space.is_some() { end + 1 } else { end };
    }
    wrapped.extend(&chars[at.min(chars.len())..]);
    wrapped
}
