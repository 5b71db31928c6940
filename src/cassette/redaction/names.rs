//! Names whose values are secret.

use regex::{Regex, RegexBuilder, escape};

use super::PATTERN_BYTES_MAX;

/// Names that are secret by default, folded. The tokens with which one pages are none: they are
/// listed one by one, for `page_token` must stay.
const SECRET: &str = concat!(
    r"^(?:(?:proxy)?authorization|(?:set)?cookie2?|credentials?",
    r"|(?:x|access|refresh|id|auth|authentication|oauth|oauth2|api|bearer|session|csrf|xsrf|security|amz",
    r"|secret|private|personal|vault|job|deploy|user|device|identity|web|service|app|client|admin)*tokens?",
    r"|.*(?:secret|password|passwd|passphrase)",
    r"|.*(?:api|access|private|secret|signing|encryption|subscription|auth)key(?:id)?",
    r"|xauth|xsignature|xhubsignature|xhubsignature256|pwd|sessionid|jwt|otp|cvv|cvc)$",
);

/// What headers are called besides that carry a credential: each vendor puts its own name before the token.
const SECRET_HEADER: &str = r"token$";

/// Tokens with which one pages or goes on, which headers carry, too.
const PLAIN_HEADER: &str = r"page|next|prev|cursor|continu|sync";

/// How many names may be asked for.
const NAMES_MAX: usize = 200;

/// Tells whether a name is that of a secret.
#[derive(Clone, Debug)]
pub(super) struct Names {
    secret: Regex,
    secret_header: Regex,
    plain_header: Regex,
    more: Option<Regex>,
    keep: Option<Regex>,
}

impl Names {
    /// The names that are secret by default and those that are listed, but for those to `keep`.
    pub(super) fn new(more: &[String], keep: &[String]) -> Result<Self, String> {
        Ok(Self {
            secret: Regex::new(SECRET).expect("it is well formed"),
            secret_header: Regex::new(SECRET_HEADER).expect("it is well formed"),
            plain_header: Regex::new(PLAIN_HEADER).expect("it is well formed"),
            more: any_of(more)?,
            keep: any_of(keep)?,
        })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        let name = fold(name);
        let is = |names: &Option<Regex>| names.as_ref().is_some_and(|names| names.is_match(&name));
        !is(&self.keep) && (self.secret.is_match(&name) || is(&self.more))
    }
}

impl Names {
    /// Whether a header of this name carries a secret.
    pub(super) fn has_header(&self, name: &str) -> bool {
        let folded = fold(name);
        let is_token = self.secret_header.is_match(&folded) && !self.plain_header.is_match(&folded);
        let is_kept = self
            .keep
            .as_ref()
            .is_some_and(|keep| keep.is_match(&folded));
        self.has(name) || (is_token && !is_kept)
    }
}

/// The name without what only distinguishes naming habits.
fn fold(name: &str) -> String {
    let letters = name.chars().filter(|letter| !matches!(letter, '-' | '_'));
    letters.flat_map(char::to_lowercase).collect()
}

/// One expression for names in which `*` stands for any letters.
fn any_of(names: &[String]) -> Result<Option<Regex>, String> {
    if names.len() > NAMES_MAX {
        return Err(format!("more than {NAMES_MAX} names"));
    }
    if names.is_empty() {
        return Ok(None);
    }
    let names: Vec<String> = names
        .iter()
        .map(|name| escape(&fold(name)).replace(r"\*", ".*"))
        .collect();
    let all = format!("^(?:{})$", names.join("|"));
    let built = RegexBuilder::new(&all)
        .size_limit(PATTERN_BYTES_MAX)
        .build();
    built
        .map(Some)
        .map_err(|error| format!("these names are too many: {error}"))
}
