//! Targets: where a server may send requests of its own, so that a URL which a stranger has written
//! reaches nothing that the operator did not mean.
//!
//! A URL is checked twice: by its text before it is handed out, and by the address that its name
//! stands for, right before that very address is connected to. Nothing here resolves a name.

mod rule;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;

use rule::{Host, Rule};

/// Where requests may go: hosts, addresses and networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    rules: Vec<Rule>,
    /// What else must allow it.
    within: Option<Arc<Targets>>,
}

/// A URL that may be tried, in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `https`, or else `http`.
    pub secure: bool,
    /// The name or the address, without brackets.
    pub host: String,
    /// The port, the scheme's own if none is given.
    pub port: u16,
    /// What stands in the `Host` header.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// Why a URL or an address is not to be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// The text is no absolute URL of `http` or `https` with a plain host.
    NoUrl(&'static str),
    /// It is one, and no rule allows it.
    NotAllowed(String),
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUrl(why) => write!(f, "the URL {why}"),
            Self::NotAllowed(host) => {
                write!(f, "{host} is not an allowed target: see --webhook-targets")
            }
        }
    }
}

impl Default for Targets {
    /// Loopback alone.
    fn default() -> Self {
        let rules = ["localhost", "127.0.0.0/8", "::1"];
        let rules = rules.iter().filter_map(|rule| rule.parse().ok());
        Self {
            rules: rules.collect(),
            within: None,
        }
    }
}

impl FromStr for Targets {
    type Err = String;

    /// Reads a comma-separated list of host names, addresses and networks (`10.0.0.0/8`), each with
    /// a port if it is to be the only one (`hooks.test:9000`, `[::1]:9000`), or `*`.
    fn from_str(list: &str) -> Result<Self, String> {
        let rules = list.split(',').map(str::trim);
        let rules = rules.filter(|rule| !rule.is_empty()).map(str::parse);
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
            within: None,
        })
    }
}

impl Targets {
    /// Those of these targets that others allow, too.
    #[must_use]
    pub fn within(&self, others: &Arc<Self>) -> Self {
        Self {
            rules: self.rules.clone(),
            within: Some(others.clone()),
        }
    }

    /// Takes a URL apart, if it may be tried as far as its text tells.
    ///
    /// # Errors
    /// When it is no plain URL, or no rule allows its host and port.
    pub fn check_url(&self, url: &str) -> Result<Target, TargetError> {
        let target = parse(url)?;
        let allowed = match target.host.parse::<IpAddr>() {
            Ok(address) => self.allows_address(&target, address),
            Err(_) => self.names(&target) || self.has_any(target.port),
        };
        if let Some(within) = &self.within {
            within.check_url(url)?;
        }
        match allowed {
            true => Ok(target),
            false => Err(TargetError::NotAllowed(target.authority)),
        }
    }

    /// Whether the address that a target's host stands for may be connected to.
    ///
    /// # Errors
    /// When no rule allows it.
    pub fn check_address(&self, target: &Target, address: IpAddr) -> Result<(), TargetError> {
        if let Some(within) = &self.within {
            within.check_address(target, address)?;
        }
        // An IPv4 address in IPv6 clothes is judged as what it is.
        match self.allows_address(target, address.to_canonical()) {
            true => Ok(()),
            false => Err(TargetError::NotAllowed(format!(
                "{} ({address})",
                target.authority
            ))),
        }
    }

    /// Whether a target is listed with its very port, by its name or its address: what no one meets by
    /// chance may be reached only so.
    #[must_use]
    pub fn lists(&self, target: &Target, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let lists = |rule: &Rule| {
            let host = match &rule.host {
                Host::Name(name) => *name == target.host,
                Host::Network(..) => rule.host.contains(address),
                Host::Any => false,
            };
            host && rule.port == Some(target.port)
        };
        self.rules.iter().any(lists)
    }

    /// A network that is listed allows its addresses; `*` those of the open internet and of the
    /// machine itself; a name that is listed whatever it stands for, but for what is never a host. The
    /// addresses at which clouds tell their machines about themselves are allowed by nothing but an
    /// entry of their own.
    fn allows_address(&self, target: &Target, address: IpAddr) -> bool {
        let metadata = rule::is_metadata(address);
        let contains = |rule: &Rule| match metadata {
            true => rule.host.is_just(address),
            false => rule.host.contains(address),
        };
        let mut rules = self.rules.iter();
        let listed = rules.any(|rule| rule.fits_port(target.port) && contains(rule));
        let open = rule::is_public(address) || address.is_loopback();
        listed
            || (open && self.has_any(target.port))
            || (self.names(target) && !rule::is_never_a_host(address))
    }

    fn names(&self, target: &Target) -> bool {
        let fits = |rule: &Rule| match &rule.host {
            Host::Name(name) => *name == target.host && rule.fits_port(target.port),
            Host::Any | Host::Network(..) => false,
        };
        self.rules.iter().any(fits)
    }

    fn has_any(&self, port: u16) -> bool {
        let any = |rule: &Rule| rule.host == Host::Any && rule.fits_port(port);
        self.rules.iter().any(any)
    }
}

fn parse(url: &str) -> Result<Target, TargetError> {
    let uri: Uri = url
        .parse()
        .map_err(|_| TargetError::NoUrl("is not an absolute one"))?;
    let secure = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        Some(_) => return Err(TargetError::NoUrl("is neither of http nor of https")),
        None => return Err(TargetError::NoUrl("is not an absolute one")),
    };
    let authority = uri.authority().ok_or(TargetError::NoUrl("names no host"))?;
    if authority.as_str().contains('@') {
        return Err(TargetError::NoUrl("carries a user name"));
    }
    let host = authority.host().to_ascii_lowercase();
    let inner = host.trim_start_matches('[').trim_end_matches(']');
    check_host(inner, inner.len() != host.len())?;
    let port = match (authority.port_u16(), authority.as_str().ends_with(':')) {
        (Some(port), _) => port,
        (None, false) if !has_port(authority.as_str()) => match secure {
            true => 443,
            false => 80,
        },
        (None, _) => return Err(TargetError::NoUrl("has a port that is none")),
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Ok(Target {
        secure,
        host: inner.to_owned(),
        port,
        authority: authority.as_str().to_owned(),
        path: path.to_owned(),
    })
}

fn has_port(authority: &str) -> bool {
    let after = authority
        .rsplit_once(']')
        .map_or(authority, |(_, after)| after);
    after.contains(':')
}

/// A host must be an address in its usual form, or a name that nobody could take for one: resolvers
/// read `2130706433`, `0x7f.1` and `0177.0.0.1` as addresses too.
fn check_host(host: &str, bracketed: bool) -> Result<(), TargetError> {
    const STRANGE: TargetError = TargetError::NoUrl("has an address in an unusual form");
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => return Err(STRANGE),
        Ok(address) if address.is_ipv6() == bracketed => return Ok(()),
        Ok(_) => return Err(STRANGE),
        Err(_) if bracketed => return Err(STRANGE),
        Err(_) => {}
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(STRANGE);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    match name.chars().all(plain) {
        true => Ok(()),
        false => Err(TargetError::NoUrl("has a host that is no name")),
    }
}

#[cfg(test)]
mod tests;
