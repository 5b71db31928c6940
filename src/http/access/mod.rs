//! The gate: who is asking, for which sandbox, and whether that is allowed. It is asked before the body
//! of a request is read, and for every request.
//!
//! To a tenant, a sandbox that is another's is one that does not exist: the same words are answered, from
//! the same lines of code, and nothing is looked up that could tell the two apart.

mod credentials;
mod rate;
mod refusal;
pub(super) mod routes;
mod visitor;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Method, Request, StatusCode};

use super::fault::Connection;
use super::route::{self, Named, Serves, Way};
use crate::access::{Access, Holder, Need, Rates, Unselected, select};
use crate::domain::name::SandboxId;
use crate::log::Audited;
use crate::service::Service;

use credentials::Found;
use routes::{About, Asked};

pub(super) use refusal::{Refused, no_such_sandbox};
pub(super) use visitor::Visitor;

/// Asked for every request.
pub(super) struct Gate {
    service: Arc<Service>,
    default: SandboxId,
    meters: rate::Meters,
}

/// A request that is let in.
pub(super) struct Pass {
    /// Which way it goes.
    pub(super) way: Way,
    /// The sandbox that it is for.
    pub(super) sandbox: SandboxId,
    /// Who is asking.
    pub(super) visitor: Visitor,
    /// Whether the answer to it may change something that others see.
    pub(super) changes: bool,
    /// The largest body that is taken from whoever is asking, in bytes.
    pub(super) body_bytes: Option<usize>,
    /// The headers that no log is to tell.
    pub(super) concealed: Vec<HeaderName>,
}

impl Gate {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self {
            service,
            default: SandboxId::default_sandbox(),
            meters: rate::Meters::default(),
        }
    }

    /// Lets a request in, or says why not. What it brings of our credentials is taken out of its headers.
    ///
    /// # Errors
    /// When it is not to be let in, with who was asking, as far as that is known.
    pub(super) fn enter(
        &self,
        serves: Serves,
        method: &Method,
        target: &str,
        headers: &mut HeaderMap,
    ) -> Result<Pass, (Refused, Visitor)> {
        let access = self.service.access();
        let bound = |key: &str| self.service.sandbox_of_key(key);
        let found = credentials::find(headers, access.as_deref(), bound);
        let visitor = Visitor::new(found.holder.clone(), access.is_some());
        let entered = match access {
            None => self.open(serves, (method, target), headers, &found),
            Some(access) => self.guarded(&access, serves, (method, target), headers, &found),
        };
        match entered {
            Ok(entered) => Ok(Pass {
                way: entered.way,
                sandbox: entered.sandbox,
                visitor,
                changes: entered.changes,
                body_bytes: body_bytes(&found),
                concealed: found.concealed,
            }),
            Err(refused) => Err((refused, visitor)),
        }
    }

    /// What is to be noted of a request to the admin API once it is answered, if anything is.
    pub(super) fn noted(&self, pass: &Pass, method: &Method, peer: &Arc<str>) -> Option<Audited> {
        let (about, id) = asked(&pass.way.target, method);
        let selected = (about == About::Sandbox).then(|| pass.sandbox.to_string());
        pass.changes.then(|| Audited {
            sandbox: id.or(selected),
            ..audited(&pass.visitor, method, &pass.way.target, peer)
        })
    }

    /// Notes what was answered, and the sandbox that was made, if one was.
    pub(super) fn note(&self, noted: Audited, made: Option<&SandboxId>, status: StatusCode) {
        let audit = &self.service.settings().access.audit;
        audit.note(Audited {
            status: status.as_u16(),
            sandbox: made.map(SandboxId::to_string).or(noted.sandbox),
            ..noted
        });
    }

    /// Notes a request to the admin API that was not let in.
    pub(super) fn note_refused<B>(
        &self,
        request: &Request<B>,
        target: &str,
        visitor: &Visitor,
        from: &Connection,
        status: StatusCode,
    ) {
        let way = route::find(target, request.headers(), from.serves, |_| false);
        let peer = &from.peer;
        if !way.admin {
            return;
        }
        let method = request.method();
        let named = match &way.sandbox {
            Some(Named::ByPrefix(id) | Named::ByHeader(id)) => Some(id.to_string()),
            _ => None,
        };
        let noted = Audited {
            sandbox: asked(&way.target, method).1.or(named),
            ..audited(visitor, method, &way.target, peer)
        };
        self.note(noted, None, status);
    }

    /// Without an auth file, everybody may do everything.
    fn open(
        &self,
        serves: Serves,
        (method, target): (&Method, &str),
        headers: &HeaderMap,
        found: &Found,
    ) -> Result<Entered, Refused> {
        let way = route::find(target, headers, serves, |id| {
            self.service.sandbox(id).is_some()
        });
        let named = named(&way)?;
        let sandbox = named.or(found.sandbox.as_ref()).unwrap_or(&self.default);
        let sandbox = sandbox.clone();
        let changes = way.admin && changes(&routes::find(method, path(&way.target)), method);
        Ok(Entered {
            way,
            sandbox,
            changes,
        })
    }

    fn guarded(
        &self,
        access: &Access,
        serves: Serves,
        (method, target): (&Method, &str),
        headers: &HeaderMap,
        found: &Found,
    ) -> Result<Entered, Refused> {
        // A key that a sandbox was opened with has nobody who holds it: whoever has it may call there.
        let of_key = |id: &SandboxId| found.holder.is_none() && found.sandbox.as_ref() == Some(id);
        let holder = found.holder.as_deref();
        let sees = |id: &SandboxId| holder.is_some_and(|holder| holder.sees(id)) || of_key(id);
        let exists = |id: &SandboxId| sees(id) && self.service.sandbox(id).is_some();
        let way = route::find(target, headers, serves, exists);
        let asked = match way.admin {
            true => routes::find(method, path(&way.target)),
            false => Asked::Route {
                need: Need::Call,
                about: About::Sandbox,
                id: None,
            },
        };
        let by_prefix = matches!(way.sandbox, Some(Named::ByPrefix(_)));
        if matches!(
            asked,
            Asked::Route {
                need: Need::Nothing,
                ..
            }
        ) && !by_prefix
        {
            return Ok(self.of_server(way, false));
        }
        let Some(holder) = holder else {
            return self.by_key_alone(access, way, found);
        };
        self.count(holder)?;
        let named = named(&way)?;
        let (need, about, id) = match asked {
            Asked::Route { need, about, id } => (need, about, id),
            // What is not in the list is not there, but for operators: a route that was forgotten must not
            // be open to tenants.
            unknown => {
                if let Some(named) = named.filter(|id| !sees(id)) {
                    return Err(Refused::NoSandbox(named.clone()));
                }
                return match (holder.is_operator() && holder.may(Need::Operate), unknown) {
                    (true, _) => Ok(self.of_server(way, true)),
                    (false, Asked::NoMethod) => Err(Refused::no_method(method, &way.target)),
                    (false, _) => Err(Refused::no_route(&way.target)),
                };
            }
        };
        let changes = changes(
            &Asked::Route {
                need,
                about,
                id: None,
            },
            method,
        );
        if about != About::Sandbox && !by_prefix {
            self.about_server(holder, need, id)?;
            return Ok(self.of_server(way, changes));
        }
        let of_key = found.sandbox.as_ref();
        let sandbox = select(holder, named, of_key).map_err(|error| match error {
            Unselected::Unseen(id) => Refused::NoSandbox(id),
            Unselected::Unnamed => Refused::Unnamed,
        })?;
        if !holder.may(need) {
            return Err(Refused::Role(need));
        }
        let creates = self.service.sandbox(&sandbox).is_none();
        if creates && !(way.admin && holder.may(Need::Own)) {
            return Err(Refused::NoSandbox(sandbox));
        }
        Ok(Entered {
            way,
            sandbox,
            // Whatever an owner asks of a sandbox that is not there makes it.
            changes: changes || creates,
        })
    }

    /// What concerns the server, or a sandbox that the path names.
    fn about_server(&self, holder: &Holder, need: Need, id: Option<String>) -> Result<(), Refused> {
        let Some(text) = id else {
            return match holder.may(need) {
                true => Ok(()),
                false => Err(Refused::Role(need)),
            };
        };
        let id = SandboxId::parse(&text).ok();
        if !id.as_ref().is_some_and(|id| holder.sees(id)) && !holder.is_operator() {
            return Err(Refused::NoSandboxOf(text));
        }
        if !holder.may(need) {
            return Err(Refused::Role(need));
        }
        let exists = id.is_some_and(|id| self.service.sandbox(&id).is_some());
        match exists || holder.is_operator() {
            true => Ok(()),
            false => Err(Refused::NoSandboxOf(text)),
        }
    }

    /// A request of nobody: it may call the sandbox that its key was bound to, and that is all.
    fn by_key_alone(&self, access: &Access, way: Way, found: &Found) -> Result<Entered, Refused> {
        let Some(sandbox) = found.sandbox.clone() else {
            return Err(Refused::Unknown { shown: found.shown });
        };
        if let Some(tenant) = access.owner(&sandbox) {
            self.measure(&tenant.name, tenant.rates)?;
        }
        if let Some(named) = named(&way)?.filter(|named| **named != sandbox) {
            return Err(Refused::NoSandbox(named.clone()));
        }
        if way.admin {
            return Err(Refused::Role(Need::Read));
        }
        Ok(Entered {
            way,
            sandbox,
            changes: false,
        })
    }

    /// The request works on no sandbox, and stands in the one that always exists.
    fn of_server(&self, way: Way, changes: bool) -> Entered {
        let sandbox = match &way.sandbox {
            Some(Named::ByPrefix(id)) => id.clone(),
            _ => self.default.clone(),
        };
        Entered {
            way,
            sandbox,
            changes,
        }
    }

    /// Counts a request of this holder, for itself and for its tenant.
    fn count(&self, holder: &Holder) -> Result<(), Refused> {
        let Some(tenant) = &holder.tenant else {
            return Ok(());
        };
        if holder.rates.calls_per_second.is_some() {
            self.measure(&holder.full_name(), holder.rates)?;
        }
        self.measure(&tenant.name, tenant.rates)
    }

    fn measure(&self, of: &str, rates: Rates) -> Result<(), Refused> {
        match rates.calls_per_second {
            None => Ok(()),
            Some(per_second) => {
                let counted = self.meters.count(of, per_second);
                counted.map_err(|again_in| Refused::TooMany {
                    per_second,
                    again_in,
                })
            }
        }
    }
}

/// What a request is about, and the sandbox that its path names.
fn asked(target: &str, method: &Method) -> (About, Option<String>) {
    match routes::find(method, path(target)) {
        Asked::Route {
            about: About::Named,
            id,
            ..
        } => (About::Named, id),
        Asked::Route { about, .. } => (about, None),
        Asked::NoMethod | Asked::Nothing => (About::Server, None),
    }
}

/// What is noted of a request that is not answered yet.
fn audited(visitor: &Visitor, method: &Method, target: &str, peer: &Arc<str>) -> Audited {
    /// Paths are as long as their senders like.
    const PATH_MAX: usize = 512;
    Audited {
        at: crate::service::now(),
        tenant: visitor.tenant().map(|tenant| tenant.name.clone()),
        name: visitor.name().cloned(),
        peer: peer.clone(),
        method: method.as_str().to_owned(),
        path: path(target).chars().take(PATH_MAX).collect(),
        sandbox: None,
        status: 0,
    }
}

/// What of a pass the request itself decides.
struct Entered {
    way: Way,
    sandbox: SandboxId,
    changes: bool,
}

/// The sandbox that a request names.
fn named(way: &Way) -> Result<Option<&SandboxId>, Refused> {
    match &way.sandbox {
        None => Ok(None),
        Some(Named::ByPrefix(id) | Named::ByHeader(id)) => Ok(Some(id)),
        Some(Named::Badly(text)) => Err(Refused::BadName(text.clone())),
    }
}

fn path(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

/// Whether a request to the admin API may change something.
fn changes(asked: &Asked, method: &Method) -> bool {
    match asked {
        Asked::Route { need, .. } => {
            matches!(need, Need::Change | Need::Own | Need::Operate)
        }
        Asked::NoMethod | Asked::Nothing => !method.is_safe(),
    }
}

/// The largest body that a holder may send: its own bound or its tenant's, whichever is less.
fn body_bytes(found: &Found) -> Option<usize> {
    let holder = found.holder.as_ref()?;
    let tenant = holder.tenant.as_ref().and_then(|it| it.rates.body_bytes);
    holder.rates.body_bytes.into_iter().chain(tenant).min()
}
