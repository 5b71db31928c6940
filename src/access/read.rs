//! Reads the auth file: every mistake is told, with its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;

use super::model::{self, AuthFile, OperatorRole, auth_schema};
use super::{Access, Caps, Hash, Holder, Pattern, Rates, Role, Tenant, masked};
use crate::definition::source::{self, Diagnostic, Document, Source, quote};
use crate::domain::name::SandboxId;
use crate::domain::targets::Targets;

/// What to do about a hash that is none.
const HASH_HELP: &str = "`sparring token` makes a token and prints its hash; the file never has the token itself, \
                         and one that stood in it should not be used any more";

/// Makes an [`Access`] of the text of an auth file: JSON where the path ends in `.json`, else YAML.
///
/// # Errors
/// Every mistake that could be found. What they show of the text has no tokens in it.
pub fn read(path: &str, text: &str) -> Result<Access, Vec<Diagnostic>> {
    let source = Source::new(path, text);
    let document = source::parse(source).map_err(|mistakes| masked::mask(mistakes, &[]))?;
    let mut reader = Reader {
        access: Access::default(),
        mistakes: source::check(&document, auth_schema()),
        secret: plain_tokens(&document),
        hashes: BTreeMap::new(),
        document: &document,
    };
    if reader.mistakes.is_empty() {
        match AuthFile::deserialize(&document.value) {
            Ok(file) => reader.read(&file),
            Err(error) => reader.report("", &error.to_string(), "in this file", None),
        }
    }
    match reader.mistakes.is_empty() {
        true => Ok(reader.access),
        false => Err(masked::mask(reader.mistakes, &reader.secret)),
    }
}

/// Where something else than a hash stands in the place of one.
fn plain_tokens(document: &Document) -> Vec<Range<usize>> {
    let operators = [("/operators".to_owned(), document.value.get("operators"))];
    let tenants = document.value.get("tenants").and_then(|it| it.as_object());
    let tenants = tenants.into_iter().flatten().flat_map(|(name, tenant)| {
        let name = name.replace('~', "~0").replace('/', "~1");
        ["tokens", "keys"].map(|list| (format!("/tenants/{name}/{list}"), tenant.get(list)))
    });
    let mut found = Vec::new();
    for (pointer, list) in operators.into_iter().chain(tenants) {
        let holders = list.and_then(|list| list.as_array()).into_iter().flatten();
        for (at, holder) in holders.enumerate() {
            let is_hash = |hash: &serde_json::Value| {
                hash.as_str()
                    .is_some_and(|hash| hash.parse::<Hash>().is_ok())
            };
            if holder.get("hash").is_some_and(|hash| !is_hash(hash)) {
                found.push(document.span(&format!("{pointer}/{at}/hash")));
            }
        }
    }
    found
}

struct Reader<'a> {
    document: &'a Document,
    access: Access,
    mistakes: Vec<Diagnostic>,
    /// What must not be shown.
    secret: Vec<Range<usize>>,
    /// Where each hash stands.
    hashes: BTreeMap<Hash, Range<usize>>,
}

impl Reader<'_> {
    fn read(&mut self, file: &AuthFile) {
        if file.operators.is_empty() && file.tenants.is_empty() {
            let help =
                "without --auth the server is open; a file must name an operator or a tenant";
            self.report("", "nobody is named who may do anything", "", Some(help));
        }
        let mut names = Names::default();
        for (at, operator) in file.operators.iter().enumerate() {
            let place = format!("/operators/{at}");
            self.name(&mut names, &operator.name, &format!("{place}/name"));
            let Some(hash) = self.hash(&operator.hash, &format!("{place}/hash")) else {
                continue;
            };
            let holder = Holder {
                name: operator.name.as_str().into(),
                tenant: None,
                role: match operator.role {
                    None | Some(OperatorRole::Owner) => Role::Owner,
                    Some(OperatorRole::Viewer) => Role::Viewer,
                },
                is_key: false,
                sandboxes: Vec::new(),
                rates: Rates::default(),
            };
            self.access.add(hash, holder);
        }
        let mut taken = Vec::new();
        for (name, tenant) in &file.tenants {
            let place = format!("/tenants/{}", name.replace('~', "~0").replace('/', "~1"));
            self.tenant(name, tenant, &place, &mut taken);
        }
    }

    fn tenant(
        &mut self,
        name: &str,
        model: &model::Tenant,
        place: &str,
        taken: &mut Vec<(Pattern, Range<usize>)>,
    ) {
        if SandboxId::parse(name).is_err() {
            let span = self.document.key_span(place);
            self.report_at(span, &not_a_name(name), "this name", None);
        }
        let sandboxes = self.patterns(&model.sandboxes, &format!("{place}/sandboxes"));
        if model.sandboxes.is_empty() {
            let message = format!("the tenant {} has no sandboxes", quote(name));
            self.report(&format!("{place}/sandboxes"), &message, "none", None);
        }
        let mut own = Vec::new();
        for (pattern, span) in sandboxes {
            if let Some((other, first)) = taken.iter().find(|(other, _)| other.overlaps(&pattern)) {
                let message = format!("`{pattern}` and `{other}` of another tenant overlap");
                let mistake = Diagnostic::new(
                    &self.document.source,
                    span.clone(),
                    message,
                    "no two tenants may share a sandbox",
                );
                self.mistakes
                    .push(mistake.with_secondary(first.clone(), "the other one"));
            }
            own.push((pattern, span));
        }
        let quotas = &model.quotas;
        let tenant = Arc::new(Tenant {
            name: name.into(),
            sandboxes: own.iter().map(|(pattern, _)| pattern.clone()).collect(),
            sandboxes_max: quotas.sandboxes,
            rates: Rates {
                calls_per_second: quotas.calls_per_second,
                body_bytes: quotas.body_bytes.map(Into::into),
            },
            caps: Caps {
                stubs: quotas.stubs,
                records: quotas.records,
                log_bytes: quotas.log_bytes,
                targets: self.targets(quotas.targets.as_deref(), place),
            },
        });
        taken.extend(own);
        let mut names = Names::default();
        for (at, token) in model.tokens.iter().enumerate() {
            self.token(token, &format!("{place}/tokens/{at}"), &tenant, &mut names);
        }
        for (at, key) in model.keys.iter().enumerate() {
            self.key(key, &format!("{place}/keys/{at}"), &tenant, &mut names);
        }
        self.access.tenants.insert(tenant.name.clone(), tenant);
    }

    fn token(
        &mut self,
        token: &model::Token,
        place: &str,
        tenant: &Arc<Tenant>,
        names: &mut Names,
    ) {
        self.name(names, &token.name, &format!("{place}/name"));
        let hash = self.hash(&token.hash, &format!("{place}/hash"));
        let sandboxes = match &token.sandboxes {
            None => tenant.sandboxes.clone(),
            Some(given) => {
                let given = self.patterns(given, &format!("{place}/sandboxes"));
                for (pattern, span) in &given {
                    self.within(tenant, pattern, span.clone());
                }
                given.into_iter().map(|(pattern, _)| pattern).collect()
            }
        };
        if let Some(hash) = hash {
            let holder = Holder {
                name: token.name.as_str().into(),
                tenant: Some(tenant.clone()),
                role: token.role,
                is_key: false,
                sandboxes,
                rates: Rates::default(),
            };
            self.access.add(hash, holder);
        }
    }

    fn key(&mut self, key: &model::Key, place: &str, tenant: &Arc<Tenant>, names: &mut Names) {
        self.name(names, &key.name, &format!("{place}/name"));
        let hash = self.hash(&key.hash, &format!("{place}/hash"));
        let at = format!("{place}/sandbox");
        let sandbox = match SandboxId::parse(&key.sandbox) {
            Ok(sandbox) => Pattern::One(sandbox),
            Err(error) => {
                let help = "a key is bound to one sandbox";
                let span = self.document.span(&at);
                return self.report_at(span, &error.to_string(), "no id", Some(help));
            }
        };
        self.within(tenant, &sandbox, self.document.span(&at));
        if let Some(hash) = hash {
            let holder = Holder {
                name: key.name.as_str().into(),
                tenant: Some(tenant.clone()),
                role: Role::Caller,
                is_key: true,
                sandboxes: vec![sandbox],
                rates: Rates {
                    calls_per_second: key.quotas.calls_per_second,
                    body_bytes: key.quotas.body_bytes.map(Into::into),
                },
            };
            self.access.add(hash, holder);
        }
    }

    /// A token is for no sandbox that its tenant has not.
    fn within(&mut self, tenant: &Tenant, pattern: &Pattern, span: Range<usize>) {
        if tenant.sandboxes.iter().any(|own| own.contains(pattern)) {
            return;
        }
        let has: Vec<String> = tenant.sandboxes.iter().map(Pattern::to_string).collect();
        let message = format!(
            "the tenant {} has no {}",
            quote(&tenant.name),
            quote(&pattern.to_string())
        );
        let help = format!("it has {}", has.join(", "));
        self.report_at(span, &message, "not within the tenant's", Some(&help));
    }

    fn patterns(&mut self, given: &[String], place: &str) -> Vec<(Pattern, Range<usize>)> {
        let mut patterns = Vec::with_capacity(given.len());
        for (at, text) in given.iter().enumerate() {
            let span = self.document.span(&format!("{place}/{at}"));
            match text.parse() {
                Ok(pattern) => patterns.push((pattern, span)),
                Err(error) => {
                    let message = format!("{} names no sandboxes: {error}", quote(text));
                    let help = "an id such as team-a, or a beginning such as team-a-*";
                    self.report_at(span, &message, "", Some(help));
                }
            }
        }
        patterns
    }

    fn targets(&mut self, given: Option<&[String]>, place: &str) -> Option<Arc<Targets>> {
        let given = given?;
        for (at, target) in given.iter().enumerate() {
            let read = match target.contains(',') {
                true => Err("one target an item".to_owned()),
                false => target.parse::<Targets>().map(drop),
            };
            if let Err(error) = read {
                let help = "a host, an address or a network, with a port if it is to be the only one; or *";
                let place = format!("{place}/quotas/targets/{at}");
                self.report(&place, &error, "no target", Some(help));
            }
        }
        given.join(",").parse().ok().map(Arc::new)
    }

    fn name(&mut self, names: &mut Names, name: &str, place: &str) {
        let span = self.document.span(place);
        if SandboxId::parse(name).is_err() {
            return self.report_at(span, &not_a_name(name), "this name", None);
        }
        if let Some(first) = names.0.get(name) {
            let message = format!("{} is named twice", quote(name));
            let mistake = Diagnostic::new(&self.document.source, span, message, "the second time");
            let mistake = mistake.with_secondary(first.clone(), "the first time");
            return self.mistakes.push(mistake);
        }
        names.0.insert(name.to_owned(), span);
    }

    fn hash(&mut self, text: &str, place: &str) -> Option<Hash> {
        let span = self.document.span(place);
        let hash: Hash = match text.parse() {
            Ok(hash) => hash,
            Err(error) => {
                self.report_at(span, &error, "no hash", Some(HASH_HELP));
                return None;
            }
        };
        if let Some(first) = self.hashes.insert(hash, span.clone()) {
            let message = "two have the same hash, and so the same token";
            let mistake = Diagnostic::new(&self.document.source, span, message, "the second time");
            self.mistakes
                .push(mistake.with_secondary(first, "the first time"));
            return None;
        }
        Some(hash)
    }

    fn report(&mut self, place: &str, message: &str, label: &str, help: Option<&str>) {
        self.report_at(self.document.head_span(place), message, label, help);
    }

    fn report_at(&mut self, span: Range<usize>, message: &str, label: &str, help: Option<&str>) {
        let mistake = Diagnostic::new(&self.document.source, span, message, label);
        self.mistakes.push(match help {
            Some(help) => mistake.with_help(help),
            None => mistake,
        });
    }
}

/// Where each name stands.
#[derive(Default)]
struct Names(BTreeMap<String, Range<usize>>);

fn not_a_name(name: &str) -> String {
    format!(
        "{} is no name: it has 1 to 64 characters out of A-Z a-z 0-9 . _ -",
        quote(name)
    )
}
