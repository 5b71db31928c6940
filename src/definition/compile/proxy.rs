//! How a stub's calls are sent on.

use indexmap::IndexMap;

use super::expression::stub_template;
use super::report::{Place, Report};
use super::response::{Kind, headers};
use crate::definition::compiled::{BaseUrl, ProxySpec};
use crate::definition::model::{OneOrMany, Response};

/// Compiles how calls are sent on, if they are. Where they lead is not checked here: the server may be
/// told later where it may send them, and then the stub is still right.
pub(super) fn proxy(
    model: &Response,
    kind: Kind<'_>,
    templated: bool,
    place: &Place,
    report: &mut Report,
) -> Option<Option<Box<ProxySpec>>> {
    let Some(base) = &model.proxy_base_url else {
        return Some(None);
    };
    let base_place = place.at("proxyBaseUrl");
    if matches!(kind, Kind::Tool(_)) {
        let message = "only the calls of a stub can be sent on, not those of a tool";
        report.error_at_key(&base_place, message, "declare a stub for this route");
        return None;
    }
    let base = match templated {
        false => BaseUrl::Static(base.trim().to_owned()),
        true => {
            let made = stub_template(base.trim(), &base_place, report)?;
            match made.text().map(str::to_owned) {
                Some(text) => BaseUrl::Static(text),
                None => BaseUrl::Template(made),
            }
        }
    };
    let place = place.at("additionalProxyRequestHeaders");
    let adds = first_values(&model.additional_proxy_request_headers);
    let adds = headers(&adds, templated, None, &place, report)?;
    Some(Some(Box::new(ProxySpec {
        base,
        prefix: model.proxy_url_prefix_to_remove.clone().unwrap_or_default(),
        adds,
        removes: removed(&model.remove_proxy_request_headers, templated),
    })))
}

/// The names of headers that are not sent. As in WireMock, capital letters in them fit nothing, unless the
/// response is a template.
fn removed(names: &[String], templated: bool) -> Vec<String> {
    let names = names.iter();
    match templated {
        true => names.map(|name| name.to_ascii_lowercase()).collect(),
        false => names.cloned().collect(),
    }
}

/// Of a header that is given several values, WireMock sends the first.
fn first_values(
    headers: &IndexMap<String, OneOrMany<String>>,
) -> IndexMap<String, OneOrMany<String>> {
    let first = |values: &OneOrMany<String>| OneOrMany {
        items: values.items.iter().take(1).cloned().collect(),
        ..values.clone()
    };
    headers
        .iter()
        .map(|(name, values)| (name.clone(), first(values)))
        .collect()
}
