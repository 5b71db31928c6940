//! Idempotency: a block out of its profiles.

use std::sync::Arc;

use http::HeaderName;

use super::expression::{Scope, template};
use super::layers::Layers;
use super::profiles::Profiles;
use super::report::{Place, Report};
use super::{duration, response};
use crate::definition::compiled::{IdempotencySpec, KeySource};
use crate::definition::model::{Idempotency, Named};

/// The header of a key, where nobody names one.
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, in characters, where nobody says.
const LENGTH_MAX: u64 = 255;

/// The longest key that may be allowed, in characters: keys are kept as long as they are remembered.
const LENGTH_LIMIT: u64 = 4096;

/// How long a key is remembered, where nobody says: a day, in milliseconds.
const RETENTION_MS: u64 = 24 * 3_600_000;

/// What it refuses for.
const CAUSES: (&str, &[&str]) = (
    "idempotency",
    &[
        "idempotency_key_missing",
        "idempotency_key_invalid",
        "idempotency_mismatch",
        "idempotency_in_flight",
    ],
);

/// A block and where it stands.
type Block<'a> = (&'a Idempotency, Place);

/// What a pack says for all its tools.
#[derive(Clone, Debug, Default)]
pub(super) struct OfPack<'a> {
    block: Option<Block<'a>>,
    spec: Option<Arc<IdempotencySpec>>,
}

impl<'a> OfPack<'a> {
    /// Compiles what stands under `idempotency` of a pack: it counts for calls by POST.
    pub(super) fn of(
        block: Option<Block<'a>>,
        profiles: &Profiles<'_>,
        scope: &Scope,
        report: &mut Report,
    ) -> Self {
        let spec = block.as_ref().and_then(|(block, place)| {
            let known = &profiles.idempotency;
            let layers = Layers::of(*block, place, "idempotency", known, report)?;
            compiled(&layers, true, scope, report)
        });
        Self {
            block,
            spec: spec.map(Arc::new),
        }
    }
}

/// Compiles what stands under `idempotency` of a tool or stub, over what its pack says.
pub(super) fn idempotency(
    own: Option<&Named<Idempotency>>,
    place: &Place,
    pack: &OfPack<'_>,
    profiles: &Profiles<'_>,
    scope: &Scope,
    report: &mut Report,
) -> Option<Arc<IdempotencySpec>> {
    let Some(Named(own)) = own else {
        return pack.spec.clone();
    };
    let known = &profiles.idempotency;
    let mut layers = Layers::of(own, place, "idempotency", known, report)?;
    if let Some((block, place)) = &pack.block {
        // The pack has reported its own mistakes.
        let silent = &mut Report::default();
        let below = Layers::of(*block, place, "idempotency", known, silent);
        layers = layers.over(&below?);
    }
    compiled(&layers, false, scope, report).map(Arc::new)
}

/// Compiles a profile for what is wrong with it.
pub(super) fn check(
    profile: &Idempotency,
    place: &Place,
    profiles: &Profiles<'_>,
    scope: &Scope,
    report: &mut Report,
) {
    let known = &profiles.idempotency;
    let layers = Layers::of(profile, place, "idempotency", known, report);
    layers.and_then(|layers| compiled(&layers, false, scope, report));
}

fn compiled(
    layers: &Layers<'_, Idempotency>,
    posts_only: bool,
    names: &Scope,
    report: &mut Report,
) -> Option<IdempotencySpec> {
    let key = key(layers, names, report);
    let format = layers.find("format", |layer| layer.format.as_ref());
    let length = layers.find("maxLength", |layer| layer.max_length.as_ref());
    let length = match length {
        None => Some(LENGTH_MAX),
        Some((length, _)) if (1..=LENGTH_LIMIT).contains(length) => Some(*length),
        Some((length, place)) => {
            let expected = format!("expected 1 to {LENGTH_LIMIT}");
            report.error(&place, format!("no key has {length} characters"), expected);
            None
        }
    };
    let required = layers.find("required", |layer| layer.required.as_ref());
    let retention = layers.find("retention", |layer| layer.retention.as_deref());
    let retention = match retention {
        None => Some(RETENTION_MS),
        Some((text, place)) => duration::millis(text, &place, report),
    };
    let scope = layers.find("scope", |layer| layer.scope.as_ref());
    let saves = layers.find("saves", |layer| layer.saves.as_ref());
    let mismatch = layers.find("mismatch", |layer| layer.mismatch.as_ref());
    let headers = layers.table("replayHeaders", |layer| &layer.replay_headers);
    let headers = response::header_table(&headers, &names.with("idempotency"), report);
    let refusals = response::refusals(layers, CAUSES, names, report);
    Some(IdempotencySpec {
        key: key?,
        format: format.map_or_else(Default::default, |(format, _)| *format),
        length_max: usize::try_from(length?).ok()?,
        required: required.is_some_and(|(required, _)| *required),
        retention_ms: i64::try_from(retention?).ok()?,
        scope: scope.map_or_else(Default::default, |(scope, _)| *scope),
        saves: saves.map_or_else(Default::default, |(saves, _)| *saves),
        mismatch: mismatch.map_or_else(Default::default, |(mismatch, _)| *mismatch),
        replay_headers: headers?,
        posts_only,
        refusals,
    })
}

/// The nearest layer that says where the key stands decides whether that is a header.
fn key(layers: &Layers<'_, Idempotency>, scope: &Scope, report: &mut Report) -> Option<KeySource> {
    let says = |layer: &&Idempotency| layer.key.is_some() || layer.header.is_some();
    let Some((nearest, _)) = layers.find("key", |layer| Some(layer).filter(says)) else {
        return Some(KeySource::Header(HEADER));
    };
    if let (Some(_), Some(header)) = (&nearest.key, &nearest.header) {
        let place = layers.find("header", |layer| layer.header.as_ref());
        let message = format!("the key stands in `{header}` or where `key` says");
        report.error_at_key(&place?.1, message, "one too many");
        return None;
    }
    if nearest.key.is_some() {
        let (text, place) = layers.find("key", |layer| layer.key.as_ref())?;
        return template(text, Some(scope), &place, report).map(KeySource::Template);
    }
    let (name, place) = layers.find("header", |layer| layer.header.as_ref())?;
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(name) => Some(KeySource::Header(name)),
        Err(_) => {
            report.error(
                &place,
                format!("`{name}` is not a name of a header"),
                "not a token (RFC 9110 §5.1)",
            );
            None
        }
    }
}
