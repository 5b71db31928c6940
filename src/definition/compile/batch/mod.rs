//! Batches: a block out of its profiles.

mod causes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::StatusCode;
use indexmap::IndexMap;
use serde_json::Value;

use super::expression::{Scope, document, template};
use super::layers::Layers;
use super::profiles::Profiles;
use super::report::{Place, Report};
use super::{Names, response, wire};
use crate::definition::compiled::{
    BatchLook, BatchSpec, CallWork, FailureSpec, Produce, ToolWork, Work,
};
use crate::definition::model::{
    self, Batch, BatchMode, Cel, Choice, EntryOrder, ItemCall, Named, OnFailure,
};
use crate::render::{Document, Template};

/// The most items of a batch: they are decided in one go, and the sandbox waits for it.
pub(super) const BATCH_ITEMS_MAX: u64 = 50_000;

/// How many items a batch may have that says nothing of it.
const BATCH_ITEMS_DEFAULT: u64 = 10_000;

/// The tools of a pack, as they are written.
pub(super) type Tools<'a> = IndexMap<&'a str, (&'a model::Tool, Place)>;

/// What a batch is compiled with.
pub(super) struct Around<'a> {
    /// What the pack declares.
    pub(super) names: &'a Names,
    /// The profiles that it may name.
    pub(super) profiles: &'a Profiles<'a>,
    /// The tools that it may name.
    pub(super) tools: &'a Tools<'a>,
    /// The names that a call has once its steps are done.
    pub(super) scope: &'a Scope,
    /// Whether there is a response beside it.
    pub(super) own_response: bool,
}

/// Compiles what stands under `batch`; a response, if nothing does.
pub(super) fn produce(
    model: Option<&Named<Batch>>,
    around: &Around<'_>,
    place: &Place,
    report: &mut Report,
) -> Option<Produce> {
    let Some(Named(model)) = model else {
        return Some(Produce::Response);
    };
    let known = &around.profiles.batch;
    let layers = Layers::of(model, place, "batch", known, report)?;
    let spec = Compiler::new(layers, around, place).batch(report)?;
    Some(Produce::Batch(Box::new(spec)))
}

/// Compiles a profile for what is wrong with it, whatever tool its items are for. What it leaves to
/// those who name it may be missing.
pub(super) fn check(profile: &Batch, place: &Place, around: &Around<'_>, report: &mut Report) {
    let known = &around.profiles.batch;
    let Some(layers) = Layers::of(profile, place, "batch", known, report) else {
        return;
    };
    let item = model::Tool::default();
    let tools = Tools::from_iter([(ANY, (&item, place.clone()))]);
    let around = Around {
        tools: &tools,
        ..*around
    };
    let items = Batch {
        items: Some(Cel("input.items".to_owned())),
        ..Batch::default()
    };
    let tool = Batch {
        tool: Some(Choice::One(ANY.to_owned())),
        ..Batch::default()
    };
    // A request that does an item is checked, and a tool that only some pack has is not.
    let calls = layers.all(|layer| layer.call.as_ref()).next().is_some();
    let mut layers = layers.over(&Layers::alone(&items, place));
    if !calls {
        layers = Layers::alone(&tool, place).over(&layers);
    }
    Compiler::new(layers, &around, place).batch(report);
}

/// The tool that does items of a profile that is checked without one.
const ANY: &str = "";

/// One block with its profiles, and the names that its parts may use.
struct Compiler<'a> {
    layers: Layers<'a, Batch>,
    around: &'a Around<'a>,
    place: &'a Place,
    of_item: Scope,
    of_batch: Scope,
}

/// What may be left out: nothing at all, where something was given that has a mistake.
type Optional<T> = Option<Option<T>>;

impl<'a> Compiler<'a> {
    fn new(layers: Layers<'a, Batch>, around: &'a Around<'a>, place: &'a Place) -> Self {
        Self {
            of_item: around.scope.with("item"),
            of_batch: around.scope.with("batch"),
            layers,
            around,
            place,
        }
    }

    fn batch(&self, report: &mut Report) -> Option<BatchSpec> {
        let scope = self.around.scope;
        let items = self.cel("items", |b| b.items.as_ref(), scope, report);
        if matches!(items, Some(None)) {
            let message = "the batch has no `items`";
            report.error(self.place, message, "expected what its items are");
        }
        let line = Scope::of_line(self.around.names);
        let paired = self.cel("paired", |b| b.paired.as_ref(), &line, report);
        let work = self.work(report);
        let min = self.layers.find("min", |b| b.min.as_ref());
        let id = self.of_item("id", |b| b.id.as_ref(), report);
        let all = self.cel("allOrNothing", |b| b.all_or_nothing.as_ref(), scope, report);
        let fatal = self.of_item("fatal", |b| b.fatal.as_ref(), report);
        let linked = self.of_item("linked", |b| b.linked.as_ref(), report);
        let depends_on = self.of_item("dependsOn", |b| b.depends_on.as_ref(), report);
        let failures = self.failures(report);
        let max = self.max(report);
        let none_succeeded = self.none_succeeded(report);
        let refusals = self.refusals(report);
        let mut look = self.look(report)?;
        let work = work?;
        let failures = failures?;
        names_of(&work, &failures, &mut look);
        let mode = self.layers.find("mode", |b| b.mode.as_ref());
        let refuses = self.layers.find("onFailure", |b| b.on_failure.as_ref());
        let order = self.layers.find("order", |b| b.order.as_ref());
        Some(BatchSpec {
            items: items??,
            paired: paired?,
            work,
            max: max?,
            min: min.map_or(1, |(min, _)| count(*min)),
            id: id?,
            stop_at_first: mode.is_some_and(|(mode, _)| *mode == BatchMode::StopAtFirst),
            all_or_nothing: all?,
            fatal: fatal?,
            refuses: refuses.is_some_and(|(what, _)| *what == OnFailure::Refuse),
            linked: linked?,
            depends_on: depends_on?,
            shuffled: order.is_some_and(|(order, _)| *order == EntryOrder::Shuffled),
            failures,
            look,
            none_succeeded: none_succeeded?,
            refusals,
        })
    }

    fn cel(
        &self,
        key: &str,
        get: impl Fn(&'a Batch) -> Option<&'a Cel>,
        scope: &Scope,
        report: &mut Report,
    ) -> Optional<crate::matching::condition::Expression> {
        match self.layers.find(key, get) {
            None => Some(None),
            Some((cel, place)) => scope.expression(cel, &place, report).map(Some),
        }
    }

    fn of_item(
        &self,
        key: &str,
        get: impl Fn(&'a Batch) -> Option<&'a Cel>,
        report: &mut Report,
    ) -> Optional<crate::matching::condition::Expression> {
        self.cel(key, get, &self.of_item, report)
    }

    fn document(
        &self,
        key: &str,
        get: impl Fn(&'a Batch) -> Option<&'a Value>,
        scope: &Scope,
        report: &mut Report,
    ) -> Optional<Document> {
        match self.layers.find(key, get) {
            None => Some(None),
            Some((model, place)) => document(model, Some(scope), &place, report).map(Some),
        }
    }

    fn max(&self, report: &mut Report) -> Option<usize> {
        match self.layers.find("max", |b| b.max.as_ref()) {
            None => Some(count(BATCH_ITEMS_DEFAULT)),
            Some((max, _)) if *max <= BATCH_ITEMS_MAX => Some(count(*max)),
            Some((max, place)) => {
                let label = format!("a batch has at most {BATCH_ITEMS_MAX} items");
                report.error(&place, format!("{max} items are too many"), label);
                None
            }
        }
    }

    fn work(&self, report: &mut Report) -> Option<Work> {
        // Of the two, what stands nearer counts: a block may have `tool` where its profile has `call`.
        let nearest = self.layers.find("tool", |b| match (&b.tool, &b.call) {
            (None, None) => None,
            _ => Some(b),
        });
        let Some((nearest, place)) = nearest else {
            let message = "nothing says what does an item";
            report.error(self.place, message, "expected `tool`, or `call`");
            return None;
        };
        let place = place.parent();
        match (&nearest.tool, &nearest.call) {
            (Some(_), Some(_)) => {
                let message = "an item is done by `tool` or by `call`, not by both";
                report.error_at_key(&place.at("call"), message, "one too many");
                None
            }
            (Some(choice), None) => self.tools(choice, &place.at("tool"), report),
            (None, Some(call)) => self.call(call, &place.at("call"), report),
            (None, None) => None,
        }
    }

    fn tools(&self, choice: &Choice, place: &Place, report: &mut Report) -> Option<Work> {
        let input = self.document("input", |b| b.input.as_ref(), &self.of_item, report)?;
        match choice {
            Choice::One(tool) => {
                self.check_tool(tool, place, report);
                let tool = Arc::from(tool.as_str());
                Some(Work::Tool(ToolWork { tool, input }))
            }
            Choice::By(by, tools) => {
                let by = self.of_item.expression(by, &place.at("by"), report);
                let mut compiled = BTreeMap::new();
                for (name, chosen) in tools {
                    let place = place.at(name);
                    let (tool_place, input_place) = match place.json().is_string() {
                        true => (place.clone(), place),
                        false => (place.at("tool"), place.at("input")),
                    };
                    self.check_tool(&chosen.tool, &tool_place, report);
                    let input = match &chosen.input {
                        Some(own) => {
                            Some(document(own, Some(&self.of_item), &input_place, report)?)
                        }
                        None => input.clone(),
                    };
                    let tool = Arc::from(chosen.tool.as_str());
                    compiled.insert(name.clone(), ToolWork { tool, input });
                }
                Some(Work::Choice(by?, compiled))
            }
        }
    }

    fn check_tool(&self, name: &str, place: &Place, report: &mut Report) {
        match self.around.tools.get(name) {
            None => report.unknown(place, "tool", name, self.around.tools.keys().copied()),
            Some((tool, _)) if tool.batch.is_some() => {
                let message = format!("the tool `{name}` is a batch itself");
                report.error(place, message, "an item of a batch cannot be a batch");
            }
            Some(_) => {}
        }
    }

    fn call(&self, call: &ItemCall, place: &Place, report: &mut Report) -> Option<Work> {
        let scope = Some(&self.of_item);
        let text = |text: &Option<String>, key: &str, report: &mut Report| match text {
            None => Some(None),
            Some(text) => template(text, scope, &place.at(key), report).map(Some),
        };
        let value = |value: &Option<Value>, key: &str, report: &mut Report| match value {
            None => Some(None),
            Some(value) => document(value, scope, &place.at(key), report).map(Some),
        };
        let method = text(&call.method, "method", report);
        let url = template(&call.url, scope, &place.at("url"), report);
        let headers = value(&call.headers, "headers", report);
        let body = value(&call.body, "body", report);
        Some(Work::Call(CallWork {
            method: method?,
            url: url?,
            headers: headers?,
            body: body?,
        }))
    }

    fn look(&self, report: &mut Report) -> Option<BatchLook> {
        let item = &self.of_item;
        let mut facts = Vec::new();
        for (name, (cel, place)) in self.layers.table("facts", |b| &b.facts) {
            facts.push((name.to_owned(), item.expression(cel, &place, report)?));
        }
        let mut codes = BTreeMap::new();
        let known = self.known_causes();
        let own = self.layers.refusals();
        for (cause, (code, place)) in self.layers.table("codes", |b| &b.codes) {
            if cause != "default" && !known.contains(cause) && !own.contains_key(cause) {
                let known = known.iter().map(String::as_str).chain(["default"]);
                report.unknown_key(&place, "cause", cause, known);
            }
            let code = document(code, Some(item), &place, report)?;
            codes.insert(Arc::from(cause), code);
        }
        let succeeded = self.document("succeeded", |b| b.succeeded.as_ref(), item, report);
        let failed = self.document("failed", |b| b.failed.as_ref(), item, report);
        let skipped = self.document("skipped", |b| b.skipped.as_ref(), item, report);
        let error = self.document("error", |b| b.error.as_ref(), item, report);
        let under = self.of_item("under", |b| b.under.as_ref(), report);
        let body = self.document("body", |b| b.body.as_ref(), &self.of_batch, report);
        let headers = self.layers.table("headers", |b| &b.headers);
        let headers = response::header_table(&headers, &self.of_batch, report);
        Some(BatchLook {
            facts,
            codes,
            succeeded: succeeded?,
            failed: failed?,
            skipped: skipped?,
            error: error?,
            under: under?,
            body: body?,
            headers: headers?,
            status: self.status(report)?,
            own_response: self.around.own_response,
            names: BTreeSet::new(),
        })
    }

    fn status(&self, report: &mut Report) -> Option<[StatusCode; 3]> {
        let mut code = |key: &str, get: fn(&model::BatchStatus) -> Option<u16>| {
            let found = self.layers.find("status", |b| {
                b.status.as_ref().filter(|status| get(status).is_some())
            });
            match found {
                None => Some(None),
                Some((status, place)) => {
                    let code = get(status).unwrap_or(200);
                    wire::status(code, &place.at(key), report).map(Some)
                }
            }
        };
        let all = code("all", |status| status.all)?.unwrap_or(StatusCode::OK);
        let some = code("some", |status| status.some)?.unwrap_or(all);
        let none = code("none", |status| status.none)?.unwrap_or(some);
        Some([all, some, none])
    }
}

/// Notes the names that the documents of items ask for.
fn names_of(work: &Work, failures: &[FailureSpec], look: &mut BatchLook) {
    let mut documents: Vec<&Document> = look.codes.values().collect();
    documents.extend(&look.succeeded);
    documents.extend(&look.failed);
    documents.extend(&look.skipped);
    documents.extend(&look.error);
    let mut templates: Vec<&Template> = Vec::new();
    match work {
        Work::Tool(tool) => documents.extend(&tool.input),
        Work::Choice(_, tools) => {
            documents.extend(tools.values().filter_map(|tool| tool.input.as_ref()));
        }
        Work::Call(call) => {
            documents.extend(&call.headers);
            documents.extend(&call.body);
            templates.extend(&call.method);
            templates.push(&call.url);
        }
    }
    templates.extend(failures.iter().filter_map(|one| one.message.as_ref()));
    let of_documents = documents.iter().flat_map(|document| document.names());
    let mut names: BTreeSet<String> = of_documents.map(|(_, name)| name.to_owned()).collect();
    let of_templates = templates.iter().flat_map(|template| template.names());
    names.extend(of_templates.map(str::to_owned));
    look.names = names;
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
