//! The profiles that a pack may name.

use indexmap::IndexMap;

use super::expression::Scope;
use super::layers::Known;
use super::merged::Merged;
use super::report::{Place, Report};
use super::{Names, auth, batch, idempotency, pagination, rate_limit, shipped};
use crate::definition::model::{
    self, Auth, Batch, Idempotency, PackFile, Pagination, RateLimit, WebhookProfile,
};

/// All profiles that a pack may name, by kind: its own before the shared ones before the shipped.
#[derive(Default)]
pub(super) struct Profiles<'a> {
    pub(super) pagination: Known<'a, Pagination>,
    pub(super) rate_limit: Known<'a, RateLimit>,
    pub(super) batch: Known<'a, Batch>,
    pub(super) idempotency: Known<'a, Idempotency>,
    pub(super) auth: Known<'a, Auth>,
    pub(super) webhooks: Known<'a, WebhookProfile>,
}

impl<'a> Profiles<'a> {
    /// The shipped profiles, and over them the shared ones.
    pub(super) fn shared(shared: &'a [(PackFile, Place)]) -> Self {
        let mut profiles = Self::default();
        for (file, place) in shipped::files().iter().chain(shared) {
            profiles.add(&file.profiles, &place.at("profiles"));
        }
        profiles
    }

    /// What a pack may name.
    pub(super) fn of(merged: &Merged<'a>, shared: &'a [(PackFile, Place)]) -> Self {
        let mut profiles = Self::shared(shared);
        for (own, place) in &merged.profiles {
            profiles.add(own, place);
        }
        profiles
    }

    fn add(&mut self, from: &'a model::Profiles, place: &Place) {
        let model::Profiles {
            pagination,
            rate_limit,
            batch,
            idempotency,
            auth,
            webhooks,
        } = from;
        take(&mut self.pagination, pagination, &place.at("pagination"));
        take(&mut self.rate_limit, rate_limit, &place.at("rateLimit"));
        take(&mut self.batch, batch, &place.at("batch"));
        take(&mut self.idempotency, idempotency, &place.at("idempotency"));
        take(&mut self.auth, auth, &place.at("auth"));
        take(&mut self.webhooks, webhooks, &place.at("webhooks"));
    }
}

/// Compiles the shared profiles for what is wrong with them, whether or not a pack names them.
pub fn check_shared(shared: &[(PackFile, Place)], report: &mut Report) {
    let known = Profiles::shared(shared);
    let names = super::pack::names(&Merged::default());
    for (file, place) in shared {
        check(
            &file.profiles,
            &place.at("profiles"),
            &known,
            &names,
            report,
        );
    }
}

/// Compiles the profiles of one place.
pub(super) fn check(
    from: &model::Profiles,
    place: &Place,
    known: &Profiles<'_>,
    names: &Names,
    report: &mut Report,
) {
    let model::Profiles {
        pagination,
        rate_limit,
        batch,
        idempotency,
        auth,
        // All of them are compiled by each pack.
        webhooks: _,
    } = from;
    // A list, or keys, must stand somewhere; whoever names the profile says where.
    let mut names = names.clone();
    if names.collections.is_empty() {
        names.collections.insert("any".to_owned(), None);
    }
    let names = &names;
    let call = Scope::of_call(names);
    // What comes after the steps of a tool may name what those find and make.
    let mut done = call.with("record");
    names.bound.iter().for_each(|name| done.add(name));
    let context = pagination::Context {
        names,
        profiles: known,
        scope: &done,
        response: None,
    };
    for (name, profile) in pagination {
        let place = place.at("pagination").at(name);
        pagination::check(profile, &place, &context, report);
    }
    for (name, profile) in rate_limit {
        let place = place.at("rateLimit").at(name);
        rate_limit::check(profile, &place, known, &call, report);
    }
    let around = batch::Around {
        names,
        profiles: known,
        tools: &batch::Tools::default(),
        scope: &done,
        own_response: false,
    };
    for (name, profile) in batch {
        let place = place.at("batch").at(name);
        batch::check(profile, &place, &around, report);
    }
    for (name, profile) in idempotency {
        let place = place.at("idempotency").at(name);
        idempotency::check(profile, &place, known, &call, report);
    }
    for (name, profile) in auth {
        let place = place.at("auth").at(name);
        auth::check(profile, &place, names, known, report);
    }
}

fn take<'a, T>(known: &mut Known<'a, T>, from: &'a IndexMap<String, T>, place: &Place) {
    for (name, profile) in from {
        known.insert(name, (profile, place.at(name)));
    }
}
