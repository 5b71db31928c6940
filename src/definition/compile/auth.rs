//! Authentication: a pack's block out of its profiles, and what single tools ask for.

use std::sync::Arc;

use super::Names;
use super::expression::{Scope, template};
use super::layers::Layers;
use super::profiles::Profiles;
use super::report::{Place, Report, optional};
use super::response;
use crate::definition::compiled::{AuthSpec, ScopeRule};
use crate::definition::model::{Auth, AuthRule, Cel};

/// What it refuses for.
const CAUSES: (&str, &[&str]) = (
    "auth",
    &[
        "unauthenticated",
        "invalid_credential",
        "expired_credential",
        "revoked_credential",
        "insufficient_scope",
    ],
);

/// Compiles what stands under `auth` of a pack.
pub(super) fn auth(
    model: &Auth,
    place: &Place,
    names: &Names,
    profiles: &Profiles<'_>,
    report: &mut Report,
) -> Option<Arc<AuthSpec>> {
    let layers = Layers::of(model, place, "auth", &profiles.auth, report)?;
    compiled(&layers, place, names, report)
}

/// Compiles a profile for what is wrong with it, whatever collection it is for.
pub(super) fn check(
    profile: &Auth,
    place: &Place,
    names: &Names,
    profiles: &Profiles<'_>,
    report: &mut Report,
) {
    let Some(layers) = Layers::of(profile, place, "auth", &profiles.auth, report) else {
        return;
    };
    let rest = Auth {
        keys: names.collections.keys().next().cloned(),
        ..Auth::default()
    };
    compiled(
        &Layers::alone(&rest, place).over(&layers),
        place,
        names,
        report,
    );
}

fn compiled(
    layers: &Layers<'_, Auth>,
    place: &Place,
    names: &Names,
    report: &mut Report,
) -> Option<Arc<AuthSpec>> {
    let call = Scope::of_call(names);
    let from = layers.find("from", |layer| layer.from.as_deref());
    let from = from.map(|(text, place)| template(text, Some(&call), &place, report));
    let keys = keys(layers, place, names, report);
    let enforced = layers.find("enforced", |layer| layer.enforced.as_ref());
    let scope = call.with("record");
    let mut out_of_record = |key: &str, get: fn(&Auth) -> Option<&Cel>| {
        let found = layers.find(key, get);
        optional(found.map(|(cel, place)| scope.expression(cel, &place, report)))
    };
    let scopes = out_of_record("scopes", |layer| layer.scopes.as_ref());
    let expires = out_of_record("expires", |layer| layer.expires.as_ref());
    let revoked = out_of_record("revoked", |layer| layer.revoked.as_ref());
    let agent = out_of_record("agent", |layer| layer.agent.as_ref());
    let refusals = response::refusals(layers, CAUSES, &call, report);
    Some(Arc::new(AuthSpec {
        from: optional(from)?,
        keys: keys?,
        enforced: enforced.is_some_and(|(enforced, _)| *enforced),
        scopes: scopes?,
        expires: expires?,
        revoked: revoked?,
        agent: agent?,
        refusals,
    }))
}

fn keys(
    layers: &Layers<'_, Auth>,
    place: &Place,
    names: &Names,
    report: &mut Report,
) -> Option<Arc<str>> {
    let known = names.collections.keys().map(String::as_str);
    let Some((keys, at)) = layers.find("keys", |layer| layer.keys.as_deref()) else {
        let expected = "expected the collection that holds the credentials";
        report.error(place, "`auth` has no `keys`", expected);
        return None;
    };
    if !names.collections.contains_key(keys) {
        report.unknown(&at, "collection", keys, known);
        return None;
    }
    Some(keys.into())
}

/// What a tool asks for. `checked` tells whether its pack checks credentials at all.
pub(super) fn rule(
    model: Option<&AuthRule>,
    place: &Place,
    checked: bool,
    report: &mut Report,
) -> ScopeRule {
    let Some(model) = model else {
        return ScopeRule::default();
    };
    if !checked {
        let expected = "declare `auth:` in the pack, with the collection that holds the keys";
        report.error_at_key(place, "the pack checks no credentials", expected);
    }
    if model.public && !model.scopes.is_empty() {
        let message = "what anybody may call asks for no scopes";
        report.error_at_key(&place.at("scopes"), message, "one of both is too much");
    }
    if model.public && model.optional {
        let message = "what is public looks at no credential";
        report.error_at_key(&place.at("optional"), message, "one of both is too much");
    }
    ScopeRule {
        scopes: model.scopes.clone(),
        public: model.public,
        optional: model.optional,
    }
}
