//! XMLUnit's placeholders: expected texts that stand for any text of a kind.

use regex::{Regex, RegexBuilder};

use crate::matching::date::lenient;

/// A compiled pattern takes at most so many bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// What an expected text stands for.
#[derive(Debug, Clone)]
pub(super) enum Placeholder {
    /// Anything, or nothing.
    Ignore,
    IsNumber,
    /// A date in one of these forms.
    IsDateTime(Vec<Regex>),
    /// A text in which this is found; none matches nothing.
    MatchesRegex(Option<Regex>),
    /// A placeholder with other text beside it, which nothing fits.
    NotAlone,
}

impl Placeholder {
    /// Whether it stands for `text`, or for its absence.
    pub(super) fn accepts(&self, text: Option<&str>) -> bool {
        match (self, text) {
            (Self::Ignore, _) => true,
            (Self::NotAlone, _) | (_, None) => false,
            (Self::IsNumber, Some(text)) => is_number(text.trim()),
            (Self::IsDateTime(forms), Some(text)) => forms.iter().any(|form| form.is_match(text)),
            (Self::MatchesRegex(pattern), Some(text)) => pattern
                .as_ref()
                .is_some_and(|pattern| pattern.is_match(text.trim())),
        }
    }
}

/// How placeholders are written.
#[derive(Debug, Clone)]
pub(super) struct Grammar {
    whole: Regex,
    arguments: Regex,
}

impl Grammar {
    /// Placeholders between these regular expressions, or between `${` and `}`.
    pub(super) fn compile(opening: Option<&str>, closing: Option<&str>) -> Result<Self, String> {
        let given = |text: Option<&str>, default: &str| {
            let text = text.filter(|text| !text.trim().is_empty());
            text.map_or_else(|| regex::escape(default), str::to_owned)
        };
        let (opening, closing) = (given(opening, "${"), given(closing, "}"));
        // Each alone first, so that a bracket which one opens and the other closes is refused.
        pattern(&opening)?;
        pattern(&closing)?;
        Ok(Self {
            whole: pattern(&format!(
                r"(\s*(?:{opening})\s*xmlunit\.(.+)\s*(?:{closing})\s*)"
            ))?,
            arguments: pattern(r"((.*)\s*\((.+)\s*\)\s*)")?,
        })
    }

    /// What `text` stands for, if it is a placeholder.
    pub(super) fn read(&self, text: &str) -> Result<Option<Placeholder>, String> {
        let Some((whole, content)) = self.find(text) else {
            return Ok(None);
        };
        let found = self.arguments.captures(content);
        let part = |index| {
            let found = found.as_ref()?.get(index)?;
            Some(found.as_str())
        };
        let keyword = part(2).unwrap_or(content).trim();
        // Java's split leaves out what is empty at the end.
        let arguments: Vec<&str> = match part(3) {
            Some(list) => list.trim_end_matches(',').split(',').collect(),
            None => Vec::new(),
        };
        let placeholder = match keyword {
            "ignore" => Placeholder::Ignore,
            "isNumber" => Placeholder::IsNumber,
            "isDateTime" => Placeholder::IsDateTime(match arguments[..] {
                [form] => vec![lenient::compile(form)?],
                _ => lenient::usual(),
            }),
            "matchesRegex" => Placeholder::MatchesRegex(match arguments.first() {
                Some(&text) if !text.is_empty() => Some(pattern(text.trim())?),
                _ => None,
            }),
            _ => return Ok(None),
        };
        let is_alone = whole.trim() == text.trim();
        Ok(Some(if is_alone {
            placeholder
        } else {
            Placeholder::NotAlone
        }))
    }

    /// The first placeholder in `text`, and what it says.
    fn find<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let found = self.whole.captures(text)?;
        Some((found.get(1)?.as_str(), found.get(2)?.as_str().trim()))
    }
}

fn pattern(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .size_limit(PATTERN_BYTES_MAX)
        .build()
        .map_err(|error| format!("the regular expression `{text}` is refused: {error}"))
}

/// XMLUnit's `^[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?$`.
fn is_number(text: &str) -> bool {
    let unsigned = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let is_exponent = |text: &str| unsigned(text.strip_prefix(['-', '+']).unwrap_or(text));
    let is_mantissa = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole.is_empty() || unsigned(whole)) && unsigned(fraction),
        None => unsigned(mantissa),
    };
    is_mantissa && exponent.is_none_or(is_exponent)
}
