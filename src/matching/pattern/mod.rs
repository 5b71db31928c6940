//! A compiled request pattern: what a call must be like for a stub.

mod difference;
mod template;
mod url;

use http::{HeaderName, Method};
use jiff::Timestamp;

use super::multipart::MultipartPattern;
use super::operator::{BodyOperator, Multi, Operator};
use super::seen::Seen;
use crate::domain::call::Call;

pub use difference::Difference;
pub use template::PathTemplate;
pub use url::UrlPattern;

/// What a call must be like. Empty parts match anything.
#[derive(Clone, Debug, Default)]
pub struct RequestPattern {
    /// The method; any, if none is named.
    pub method: Option<Method>,
    /// With the method GET: whether a HEAD is taken as one (RFC 9110 §9.3.2).
    pub head: bool,
    /// The URL.
    pub url: UrlPattern,
    /// The scheme, `http` or `https`.
    pub scheme: Option<String>,
    /// The host, without a port.
    pub host: Option<Operator>,
    /// The port.
    pub port: Option<u16>,
    /// The address of whoever sent it.
    pub client_ip: Option<Operator>,
    /// Variables of a path that fits a template, as they stand in it.
    pub path: Vec<(String, Operator)>,
    /// Headers.
    pub headers: Vec<(HeaderName, Multi)>,
    /// Query parameters.
    pub query: Vec<(String, Multi)>,
    /// Members of a form.
    pub form: Vec<(String, Multi)>,
    /// Cookies: one of the values must fit.
    pub cookies: Vec<(String, Operator)>,
    /// The body must fit all.
    pub body: Vec<BodyOperator>,
    /// The parts of a multipart body must fit all.
    pub multipart: Vec<MultipartPattern>,
}

/// The variables of a path, by name, decoded.
pub type Variables = Vec<(String, String)>;

impl RequestPattern {
    /// Whether a call fits; if so, with the variables of its path. What costs least is asked first.
    #[must_use]
    pub fn test(&self, seen: &Seen<'_>) -> Option<Variables> {
        if !self.method_fits(seen) {
            return None;
        }
        let variables = self.url.test(seen)?;
        let fits = self.origin_fits(seen)
            && self
                .path
                .iter()
                .all(|(name, operator)| self.path_fits(name, operator, seen))
            && (self.headers.iter())
                .all(|(name, multi)| multi.test(|| seen.header(name), seen.now))
            && (self.query.iter()).all(|(name, multi)| multi.test(|| seen.query(name), seen.now))
            && self
                .cookies
                .iter()
                .all(|(name, operator)| cookie_fits(name, operator, seen))
            && (self.form.iter()).all(|(name, multi)| multi.test(|| seen.form(name), seen.now))
            && self.body.iter().all(|operator| body_fits(operator, seen))
            && self.multipart.iter().all(|pattern| pattern.test(seen));
        fits.then_some(variables)
    }

    /// The same for a call that is held against nothing else.
    #[must_use]
    pub fn fits(&self, call: &Call, now: Timestamp) -> bool {
        self.test(&Seen::new(call, now)).is_some()
    }

    /// Whether a call's method fits.
    #[must_use]
    pub fn method_fits(&self, seen: &Seen<'_>) -> bool {
        let Some(method) = &self.method else {
            return true;
        };
        let given = &seen.call.method;
        // Methods are written in any case, also in a call: WireMock reads them in capitals.
        method == given
            || (self.head && *method == Method::GET && *given == Method::HEAD)
            || method.as_str().eq_ignore_ascii_case(given.as_str())
    }

    pub(super) fn origin_fits(&self, seen: &Seen<'_>) -> bool {
        let text_fits = |wanted: &Option<Operator>, text: &str| {
            (wanted.as_ref()).is_none_or(|operator| operator.test(Some(&seen.subject(text))))
        };
        self.scheme_fits(seen)
            && self.port_fits(seen)
            && text_fits(&self.host, seen.call.host())
            && text_fits(&self.client_ip, seen.call.client_ip())
    }

    fn scheme_fits(&self, seen: &Seen<'_>) -> bool {
        (self.scheme.as_ref()).is_none_or(|scheme| scheme == seen.call.scheme())
    }

    fn port_fits(&self, seen: &Seen<'_>) -> bool {
        self.port.is_none_or(|port| port == seen.call.port())
    }

    /// Only a template has variables: beside another URL they are not looked at.
    fn path_fits(&self, name: &str, operator: &Operator, seen: &Seen<'_>) -> bool {
        match self.path_value(name, seen) {
            None => true,
            Some(value) => operator.test(value.map(|value| seen.subject(value)).as_ref()),
        }
    }

    /// The value of a variable as it stands in the path, if it has one; nothing at all, if the URL is
    /// no template.
    fn path_value<'c>(&self, name: &str, seen: &Seen<'c>) -> Option<Option<&'c str>> {
        let UrlPattern::Template(template) = &self.url else {
            return None;
        };
        let captures = template.captures(seen.call.path());
        let mut captures = captures.into_iter().flatten();
        Some(
            captures
                .find(|(found, _)| *found == name)
                .map(|(_, value)| value),
        )
    }
}

/// One of the values of a cookie; of one that is not there, only that it must be absent.
fn cookie_fits(name: &str, operator: &Operator, seen: &Seen<'_>) -> bool {
    let mut values = seen.cookie(name).peekable();
    match values.peek() {
        None => matches!(operator, Operator::Absent),
        Some(_) => values.any(|value| operator.test(Some(&seen.subject(value)))),
    }
}

fn body_fits(operator: &BodyOperator, seen: &Seen<'_>) -> bool {
    match operator {
        BodyOperator::Binary(bytes) => seen.call.body == *bytes,
        BodyOperator::Text(operator) => operator.test(seen.body()),
    }
}
