//! Paths to what does not count.

/// How many paths there may be.
const PATHS_MAX: usize = 200;

/// How many steps a path may have.
const STEPS_MAX: usize = 32;

/// Paths of names, letter case and `-` and `_` aside.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    /// From the root; `*` is a step of its own.
    rooted: Vec<Vec<String>>,
    /// From wherever.
    anywhere: Vec<Vec<String>>,
}

impl Paths {
    pub(super) fn new<'a>(paths: impl Iterator<Item = &'a String>) -> Result<Self, String> {
        let mut all = Self::default();
        for path in paths {
            let (rest, list) = match path.strip_prefix("**.") {
                Some(rest) => (rest, &mut all.anywhere),
                None => (path.as_str(), &mut all.rooted),
            };
            let steps: Vec<String> = rest.split('.').map(fold).collect();
            if steps.iter().any(String::is_empty) || steps.len() > STEPS_MAX {
                return Err(format!(
                    "{path:?} is no path: write `a.b`, `items.*.id` or `**.name`"
                ));
            }
            list.push(steps);
            if all.rooted.len() + all.anywhere.len() > PATHS_MAX {
                return Err(format!("more than {PATHS_MAX} paths"));
            }
        }
        Ok(all)
    }

    /// Whether a path, its names folded, is one of these.
    pub(super) fn has(&self, path: &[String]) -> bool {
        let fits = |steps: &[String], path: &[String]| {
            let mut pairs = steps.iter().zip(path);
            steps.len() == path.len() && pairs.all(|(step, name)| step == "*" || step == name)
        };
        let tail = |steps: &Vec<String>| {
            let start = path.len().checked_sub(steps.len());
            start.is_some_and(|start| fits(steps, &path[start..]))
        };
        self.anywhere.iter().any(tail) || self.rooted.iter().any(|steps| fits(steps, path))
    }
}

/// The name without what only distinguishes naming habits.
pub(super) fn fold(name: &str) -> String {
    let letters = name.chars().filter(|letter| !matches!(letter, '-' | '_'));
    letters.flat_map(char::to_lowercase).collect()
}
