//! Texts as Markdown.

/// A name in camel case as words: `RateLimit` as `Rate limit`.
pub(super) fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        match letter.is_ascii_uppercase() && !words.is_empty() {
            true => words.extend([' ', letter.to_ascii_lowercase()]),
            false => words.push(letter),
        }
    }
    words
}

/// The anchor that GitHub gives to a heading.
pub(super) fn anchor(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let small = heading.to_lowercase();
    let letters = small.chars().filter(kept);
    letters
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

/// A documentation text in the cell of a table: in one line.
pub(super) fn cell(text: &str) -> String {
    let paragraphs = paragraphs(text).into_iter();
    let paragraphs: Vec<String> = paragraphs.map(|text| text.replace('|', "\\|")).collect();
    paragraphs.join("<br>")
}

/// A documentation text as paragraphs. One that lists things after a colon, each ended by a semicolon,
/// becomes a list.
pub(super) fn prose(text: &str) -> String {
    let mut prose = String::new();
    for paragraph in paragraphs(text) {
        match listed(&paragraph) {
            None => prose.push_str(&paragraph),
            Some((head, items)) => {
                prose.push_str(head);
                prose.push_str(":\n");
                for item in items {
                    prose.push_str("\n- ");
                    prose.push_str(item);
                }
            }
        }
        prose.push_str("\n\n");
    }
    prose
}

/// How many things make a list.
const LISTED_MIN: usize = 5;

fn listed(paragraph: &str) -> Option<(&str, Vec<&str>)> {
    let (head, rest) = paragraph.split_once(": ")?;
    let items: Vec<&str> = rest.trim_end_matches('.').split("; ").collect();
    let plain = !head.contains(['.', ';']);
    (plain && items.len() >= LISTED_MIN).then_some((head, items))
}

/// The paragraphs of a text, each in one line.
fn paragraphs(text: &str) -> Vec<String> {
    let paragraphs = text.trim().split("\n\n");
    let lines = paragraphs.map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>());
    lines
        .filter(|words| !words.is_empty())
        .map(|words| without_tags(&words.join(" ")))
        .collect()
}

/// A text in which nothing but code could be a tag of HTML.
fn without_tags(text: &str) -> String {
    let mut in_code = false;
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        in_code ^= letter == '`';
        match letter {
            '<' if !in_code => shown.push_str("&lt;"),
            letter => shown.push(letter),
        }
    }
    shown
}
