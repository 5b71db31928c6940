//! The profiles that a pack may name.

use indexmap::IndexMap;

use super::layers::Known;
use super::merged::Merged;
use super::report::Place;
use super::shipped;
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

fn take<'a, T>(known: &mut Known<'a, T>, from: &'a IndexMap<String, T>, place: &Place) {
    for (name, profile) in from {
        known.insert(name, (profile, place.at(name)));
    }
}
