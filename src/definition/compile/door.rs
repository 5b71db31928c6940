//! Doors: each names the tool that a call is for, in one way.

use super::report::{Place, Report};
use super::routes;
use super::webhook::header;
use crate::definition::compiled::Door;
use crate::definition::model::{self, Envelope};

/// Compiles the doors of a pack.
pub(super) fn doors(models: &[(&model::Door, Place)], report: &mut Report) -> Vec<Door> {
    let doors = models.iter();
    doors
        .map(|(model, place)| {
            check(model, place, report);
            door(model, place, report)
        })
        .collect()
}

/// Compiles a door, as far as it is right.
pub(super) fn door(model: &model::Door, place: &Place, report: &mut Report) -> Door {
    let tool = model.tool.as_ref().and_then(|tool| {
        let place = place.at("tool").at("header");
        let header = header(&tool.header, &place, report)?;
        Some((header, tool.prefix.clone()))
    });
    Door {
        route: routes::shown(&model.route),
        envelope: model.envelope,
        tool,
    }
}

fn check(model: &model::Door, place: &Place, report: &mut Report) {
    let in_path = model.route.contains("{tool}");
    let enveloped = model.envelope != Envelope::None;
    let by_header = model.tool.is_some();
    if by_header && (in_path || enveloped) {
        let other = match in_path {
            true => "the path names the tool already",
            false => "an envelope would name the tool, too",
        };
        report.error_at_key(&place.at("tool"), other, "one too many");
    } else if !by_header && !in_path && model.envelope != Envelope::Required {
        report.error(
            &place.at("route"),
            "neither the path nor an envelope nor a header names the tool",
            "expected {tool} in it, or `envelope: required`, or `tool: { header: … }`",
        );
    }
}
