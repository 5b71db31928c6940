//! Telling which tools there are: what describes them to an agent may be wrong on purpose.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::behaviours::fault::choose::{Asked, choose};
use crate::behaviours::fault::tools::flawed;
use crate::behaviours::{Variables, View};
use crate::definition::compiled::Definitions;
use crate::domain::chance::Chance;
use crate::domain::fault::Surface;
use crate::engine::draft::Draft;
use crate::state::Effect;
use crate::state::faults::{Calls, Event, Site};

/// The schemas that are told wrong, by `pack.tool`.
pub(super) fn tell(definitions: &Definitions, draft: &mut Draft) -> Value {
    let mut wrong = Map::new();
    let tools = definitions
        .packs
        .iter()
        .flat_map(|pack| pack.tools.values().map(move |tool| (pack, tool)));
    let nothing = Variables::new();
    for (pack, tool) in tools {
        let state = draft.state().clone();
        let counted = |counts: &imbl::OrdMap<_, u64>| counts.get(&tool.name).copied().unwrap_or(0);
        let asked = Asked {
            site: Site::Tool(&tool.name),
            before: Calls {
                all: counted(&state.tool_calls),
                refused: counted(&state.tool_refusals),
            },
            agent: None,
            page: &|| None,
            item: None,
        };
        let view = || View {
            pack,
            state: &state,
            variables: &nothing,
            record: None,
            chance: Chance::new(state.seed, "tools", 0),
        };
        let mut schema = None;
        for chosen in choose(&state, &asked, &[Surface::Tools], &view)
            .into_iter()
            .flatten()
        {
            let rule = &chosen.planned.rule;
            let told = schema.as_ref().unwrap_or(&*tool.input.schema);
            let Some((made, detail)) = flawed(rule, told, &chosen.chance) else {
                continue;
            };
            schema = Some(made);
            draft.push(Effect::FaultHappened(Arc::new(Event {
                number: draft.state().faults.happened() + 1,
                rule: rule.id.clone(),
                mode: rule.mode,
                call: None,
                tool: Some(tool.name.clone()),
                stub: None,
                agent: None,
                nth: None,
                at: state.now,
                detail,
            })));
        }
        if let Some(schema) = schema {
            wrong.insert(tool.name.to_string(), schema.into());
        }
    }
    Value::Object(wrong)
}
