//! The profiles that Sparring ships: the files of `stubs/profiles`, as they were when it was built.

use std::sync::{Arc, LazyLock};

use super::report::Place;
use crate::definition::model::PackFile;
use crate::definition::source::{self, Source};

/// The files, by name.
const FILES: &[(&str, &str)] = &[
    (
        "auth.yaml",
        include_str!("../../../stubs/profiles/auth.yaml"),
    ),
    (
        "batch.yaml",
        include_str!("../../../stubs/profiles/batch.yaml"),
    ),
    (
        "idempotency.yaml",
        include_str!("../../../stubs/profiles/idempotency.yaml"),
    ),
    (
        "pagination.yaml",
        include_str!("../../../stubs/profiles/pagination.yaml"),
    ),
    (
        "rate-limit.yaml",
        include_str!("../../../stubs/profiles/rate-limit.yaml"),
    ),
    (
        "webhooks.yaml",
        include_str!("../../../stubs/profiles/webhooks.yaml"),
    ),
];

/// The shipped files, read. A file with a mistake gives nothing: a test sees to it that none has one.
pub(super) fn files() -> &'static [(PackFile, Place)] {
    static READ: LazyLock<Vec<(PackFile, Place)>> = LazyLock::new(|| {
        FILES
            .iter()
            .filter_map(|(name, text)| {
                let source = Source {
                    path: format!("profiles/{name}").into(),
                    text: (*text).into(),
                };
                let document = Arc::new(source::parse(Arc::new(source)).ok()?);
                let file = serde_json::from_value(document.value.clone()).ok()?;
                Some((file, Place::root(&document)))
            })
            .collect()
    });
    &READ
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::compile::{Report, check_shared};
    use crate::definition::model::pack_schema;

    #[test]
    fn every_shipped_file_is_read_whole() {
        for (name, text) in FILES {
            let source = Source {
                path: (*name).into(),
                text: (*text).into(),
            };
            let document = source::parse(Arc::new(source)).expect("a document");
            let mistakes = source::check(&document, &pack_schema());
            let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            assert!(shown.is_empty(), "{}", shown.join("\n"));
        }
        assert_eq!(files().len(), FILES.len());
    }

    #[test]
    fn every_shipped_profile_compiles() {
        let mut report = Report::default();
        check_shared(files(), &mut report);
        let mistakes = report.diagnostics.iter();
        let shown: Vec<String> = mistakes.map(ToString::to_string).collect();
        assert!(shown.is_empty(), "{}", shown.join("\n"));
    }
}
