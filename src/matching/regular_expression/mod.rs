//! Regular expressions that must fit the whole of a text, in Java's dialect: mappings are written in
//! it.
//!
//! An expression runs in time linear in the text, unless it looks around or refers back: no linear
//! engine can do that, so such an expression backtracks, within [`BACKTRACKS_MAX`]. One that needs
//! more fits nothing.

mod dialect;

use regex::{Regex, RegexBuilder};

/// The longest expression, in bytes.
pub const PATTERN_BYTES_MAX: usize = 65_536;
/// So large an expression may become when it is compiled, in bytes.
pub const COMPILED_BYTES_MAX: usize = 1 << 20;
/// So often an expression that looks around or refers back may try again on one text.
pub const BACKTRACKS_MAX: usize = 100_000;

/// An expression for the whole of a text, as Java's `matches()` has it. `.` takes line ends too.
#[derive(Clone, Debug)]
pub struct Whole {
    source: String,
    prefix: String,
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Linear(Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

impl Whole {
    /// Compiles an expression.
    ///
    /// # Errors
    /// A sentence, when it is none, or too large.
    pub fn compile(source: &str) -> Result<Self, String> {
        Self::below("", source)
    }

    /// Compiles an expression for what follows a text, such as the path below `/api`.
    ///
    /// # Errors
    /// A sentence, when it is none, or too large.
    pub fn below(before: &str, source: &str) -> Result<Self, String> {
        if source.len() > PATTERN_BYTES_MAX {
            return Err(format!(
                "a regular expression has at most {PATTERN_BYTES_MAX} bytes"
            ));
        }
        let translated = dialect::translate(source)
            .map_err(|message| format!("not a regular expression: {message}"))?;
        let text = format!("^{}(?s:{})$", regex::escape(before), translated.text);
        let engine = match translated.backtracks {
            true => backtracking(&text)?,
            false => linear(&text)?,
        };
        Ok(Self {
            source: source.to_owned(),
            prefix: format!("{before}{}", translated.prefix),
            engine,
        })
    }

    /// Whether the whole of a text fits.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.engine {
            Engine::Linear(regex) => regex.is_match(text),
            Engine::Backtracking(regex) => regex.is_match(text).unwrap_or(false),
        }
    }

    /// The expression as it was given.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What every text that fits begins with, as far as the expression says so literally.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

fn linear(text: &str) -> Result<Engine, String> {
    RegexBuilder::new(text)
        .size_limit(COMPILED_BYTES_MAX)
        .build()
        .map(Engine::Linear)
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => too_large(),
            error => refused(&error.to_string()),
        })
}

fn backtracking(text: &str) -> Result<Engine, String> {
    fancy_regex::RegexBuilder::new(text)
        .backtrack_limit(BACKTRACKS_MAX)
        .delegate_size_limit(COMPILED_BYTES_MAX)
        .build()
        .map(|regex| Engine::Backtracking(Box::new(regex)))
        .map_err(|error| refused(&error.to_string()))
}

fn too_large() -> String {
    "the regular expression is too large: its repetitions multiply".to_owned()
}

/// The engines show the expression that they were given, which is not the author's: only the last
/// line of what they say is the cause.
fn refused(message: &str) -> String {
    let cause = message.lines().last().unwrap_or(message);
    let cause = cause.trim().trim_start_matches("error: ");
    format!("not a regular expression: {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, fitting: &[&str], others: &[&str]) {
        let whole = Whole::compile(source).expect("an expression");
        for text in fitting {
            assert!(whole.is_match(text), "{source} on {text:?}");
            assert!(text.starts_with(whole.prefix()), "{source} on {text:?}");
        }
        for text in others {
            assert!(!whole.is_match(text), "{source} on {text:?}");
        }
    }

    #[test]
    fn the_whole_of_a_text_fits_or_not() {
        check("a.c", &["abc", "a\nc"], &["abcd", "xabc", ""]);
        check("a|b", &["a", "b"], &["ab"]);
        check("", &[""], &["a"]);
        check("(?i)ABC", &["abc", "aBc"], &["abd"]);
        check(
            "/things/[0-9]+",
            &["/things/12"],
            &["/things/", "/things/x"],
        );
    }

    #[test]
    fn javas_words_mean_what_they_mean_there() {
        check(r"\d+", &["12"], &["١"]);
        check(r"[\w-.]+", &["a-b.c"], &["a b"]);
        check(r"[\w.-]+@[a-z\-]+", &["a.b-c@x-y"], &["@"]);
        check(r"[^\s,]+", &["ab"], &["a b", "a,b"]);
        check(r"[\W&&[^ ]]", &["-"], &["a", " "]);
        check(r"\Qa.b\E+", &["a.bb"], &["axb"]);
        check(r"\<a\>", &["<a>"], &["a"]);
        check(r"\p{Alpha}+\p{Upper}\p{IsAlphabetic}", &["abCé"], &["abcé"]);
        check(r"[\p{Alpha}\p{Punct}]+\P{Digit}", &["a!b"], &["a!1"]);
        check(r"\u00e9\x41\t\h", &["éA\t "], &["eA\t "]);
        check(r"a\/b\-c\_", &["a/b-c_"], &["a/b-c"]);
        check(r"(?<year>\d{4})-x{2,}", &["2024-xx"], &["2024-x"]);
        check(r"x#y ]}~", &["x#y ]}~"], &[]);
        check(r"[a~~b]+", &["a~b"], &["-"]);
        check(r"(?U)a(?u:b)", &["ab"], &["a"]);
        check(r"\/a\.b/.*\z", &["/a.b/c"], &["/a-b/c"]);
    }

    #[test]
    fn what_looks_around_or_refers_back_is_taken_too() {
        check("(?=.*b)a.*", &["ab"], &["ac"]);
        check("(?!.*admin).*", &["/user"], &["/admin/x"]);
        check(r"(a|b)\1", &["aa", "bb"], &["ab"]);
        check(r"(?<c>a|b)\k<c>", &["aa"], &["ab"]);
        check("a*+a", &[], &["aaa"]);
        check("(?>a*)b", &["aab"], &["aa"]);
        check(".*(?<!x)", &["ab"], &["ax"]);
    }

    #[test]
    fn no_expression_takes_for_ever() {
        let text = "a".repeat(50);
        check("(a+)+(?=b)", &[], &[&text]);
        check("(a|aa)+$(?!c)b", &[], &[&text]);
        check("(a*)*b", &[], &[&text]);
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for (source, message) in [
            ("a(", "unclosed group"),
            ("a)(b", "unopened group"),
            ("[a", "unclosed character class"),
            ("*", "repetition operator missing expression"),
            (r"\", "incomplete escape"),
            (r"a{1000}{1000}{1000}", "too large"),
            (r"(?=(a{1000}){1000}{1000})", "not a regular expression"),
            (r"\p{Nonsense}", "property not found"),
        ] {
            let error = Whole::compile(source).expect_err(source);
            assert!(error.to_lowercase().contains(message), "{source}: {error}");
        }
        assert!(Whole::compile(&"(".repeat(1_000)).is_err());
        assert!(Whole::compile(&"[".repeat(1_000)).is_err());
        assert!(Whole::compile(&"(?=".repeat(1_000)).is_err());
        assert!(Whole::compile(&"a".repeat(PATTERN_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn the_literal_beginning_is_known() {
        for (source, prefix) in [
            ("/things/[0-9]+", "/things/"),
            ("/a/b", "/a/b"),
            (r"/a\.b/.*", "/a.b/"),
            ("/ab*", "/a"),
            ("/ab?", "/a"),
            ("/ab{0}", "/a"),
            ("/ab+c", "/ab"),
            ("/a|/b", ""),
            ("/a(b|c)", "/a"),
            ("(?i)/a", ""),
            ("/a(?i)b", "/a"),
            ("^/a", "/a"),
            ("a^/a", "a"),
            ("/a$", "/a"),
            (r"/\Qa.b\E*", "/"),
            (r"\Qab\E", ""),
            ("", ""),
        ] {
            let whole = Whole::compile(source).expect(source);
            assert_eq!(whole.prefix(), prefix, "{source}");
        }
        let whole = Whole::below("/api", "/a|/b").expect("an expression");
        assert_eq!(whole.prefix(), "/api");
        assert!(whole.is_match("/api/b"));
        assert!(!whole.is_match("/b"));
    }
}
