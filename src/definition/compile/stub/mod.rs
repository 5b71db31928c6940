//! Stubs in WireMock's words.

mod listed;
mod pattern;
mod request;

use std::sync::Arc;

use serde_json::Value;

use super::listener::listeners;
use super::merged::PackSource;
use super::report::{Place, Report};
use super::response::{self, Kind};
use super::{tool, wire};
use crate::definition::compiled::{Files, LimitSpec, Pack, ScenarioSpec, Stub};
use crate::definition::model::{PackFile, RequestPattern as RequestModel, StubMapping};
use crate::domain::stub_name::StubName;
use crate::matching::pattern::RequestPattern;

/// WireMock's default: 1 is the highest.
const DEFAULT_PRIORITY: u32 = 5;

/// Compiles a stub. `source` is its definition as it was given; the id stands in it afterwards.
pub fn stub(
    model: &StubMapping,
    source: &Value,
    id: &Arc<str>,
    pack: Option<Owner<'_>>,
    files: &Files,
    place: &Place,
    report: &mut Report,
) -> Option<Stub> {
    let nothing = RequestModel::default();
    let wanted = model.request.as_ref().unwrap_or(&nothing);
    let prefix = pack.map_or("", |owner| owner.pack.prefix.as_str());
    let pattern = request::pattern(wanted, prefix, &place.at("request"), report);
    report_not_with_proxy(model, place, report);
    let tool = match does_more(model) {
        true => Some(tool::of_stub(model, id, pack, files, place, report)?),
        false => None,
    };
    let listeners = listeners(model, place, report);
    let place = place.at("response");
    let response = response::response(model.response.as_ref(), Kind::Stub, files, &place, report);
    let mut response = response?;
    // What answers from elsewhere is not of this stub.
    if pack.is_none() && response.proxy.is_none() {
        response
            .headers
            .extend(wire::matched_stub(id, model.name.as_deref()));
    }
    let source = Arc::new(listed::listed(source, id));
    let name: Option<Arc<str>> = model.name.as_deref().map(Into::into);
    Some(Stub {
        id: id.clone(),
        name: name.clone(),
        pack: pack.map(|owner| owner.pack.clone()),
        pattern: Arc::new(pattern?),
        priority: model.priority.unwrap_or(DEFAULT_PRIORITY),
        scenario: scenario(model, pack.map(|owner| &**owner.pack)),
        prepared: response.prepared().map(Arc::new),
        response,
        tool: tool.map(Arc::new),
        listeners: listeners?,
        named: Arc::new(StubName {
            id: id.clone(),
            name,
            source: source.clone(),
        }),
        source,
        faults: Vec::new(),
    })
}

/// A stub's part in a scenario. States without a scenario are nothing, as in WireMock.
fn scenario(model: &StubMapping, pack: Option<&Pack>) -> Option<ScenarioSpec> {
    let name = model.scenario_name.as_deref()?;
    Some(ScenarioSpec {
        name: match pack {
            Some(pack) => format!("{}.{name}", pack.name).into(),
            None => name.into(),
        },
        required: model.required_scenario_state.as_deref().map(Into::into),
        next: model.new_scenario_state.as_deref().map(Into::into),
    })
}

/// Compiles what a request must be like, on its own: verification and removal ask with one.
pub fn request_pattern(
    model: &RequestModel,
    place: &Place,
    report: &mut Report,
) -> Option<RequestPattern> {
    request::pattern(model, "", place, report)
}

/// The pack that a stub belongs to, and what is beside it.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The pack as compiled.
    pub pack: &'a Arc<Pack>,
    /// The pack as written.
    pub source: &'a PackSource,
    /// The profiles that all packs share.
    pub shared: &'a [(PackFile, Place)],
    /// The stubs before, of other packs too.
    pub before: &'a [Arc<Stub>],
}

impl Owner<'_> {
    /// The limits of the pack, of its tools and of its stubs before.
    pub(super) fn limits(&self) -> Vec<Arc<LimitSpec>> {
        let of_pack = |stub: &&Arc<Stub>| {
            stub.pack
                .as_ref()
                .is_some_and(|pack| pack.name == self.pack.name)
        };
        let stubs = self.before.iter().filter(of_pack);
        let stubs = stubs.filter_map(|stub| stub.tool.as_ref());
        let tools = self.pack.tools.values().chain(stubs);
        let limits = tools.flat_map(|tool| &tool.guards.limits);
        limits.chain(&self.pack.limits).cloned().collect()
    }
}

/// What cannot be done where the answer comes from elsewhere: it is not there yet when the call is
/// decided about.
fn report_not_with_proxy(model: &StubMapping, place: &Place, report: &mut Report) {
    let response = model.response.as_ref();
    if response.is_none_or(|response| response.proxy_base_url.is_none()) {
        return;
    }
    for (key, said) in [
        ("idempotency", model.idempotency.is_some()),
        ("pagination", model.pagination.is_some()),
        ("batch", model.batch.is_some()),
    ] {
        if said {
            let message =
                format!("`{key}` cannot be done with an answer that comes from elsewhere");
            report.error_at_key(
                &place.at(key),
                message,
                "leave it out, or leave `proxyBaseUrl` out",
            );
        }
    }
}

/// Whether a stub does more than answer.
fn does_more(model: &StubMapping) -> bool {
    model.auth.is_some()
        || model.rate_limit.is_some()
        || model.idempotency.is_some()
        || model.pagination.is_some()
        || model.batch.is_some()
}
