//! At least one effect of every kind, as they were written when images were of version 1: what a journal
//! has once been given must stay readable.

use std::collections::BTreeSet;

use super::super::from_json;
use crate::state::Effect;
use crate::state::ledger::LedgerEffect;
use crate::state::webhooks::WebhookEffect;

/// Names each kind of effect, so that one that is added does not compile before it stands here, and is
/// missed below before it stands in `effects.jsonl`.
macro_rules! kinds {
    ($name:ident, $all:ident, $effect:ident: $($pattern:ident)*) => {
        const $all: &[&str] = &[$(stringify!($pattern)),*];

        fn $name(effect: &$effect) -> &'static str {
            match effect {
                $($effect::$pattern { .. } => stringify!($pattern),)*
            }
        }
    };
}

kinds!(kind, KINDS, Effect:
    TimePassed ClockSet LifetimeSet ToolCalled CollectionIndexed CollectionFilled RecordPut RecordDeleted
    TimerSet TimerTaken TimersCleared Ledger LimitCounted LimitPreset LimitPresetCleared
    LimitCleared LimitsCleared ReplySaved CallHeld CallEnded AuthEnforced ErrorQueued ErrorPassed
    ErrorTaken ErrorRemoved ErrorsCleared QuirkQueued QuirkTaken QuirkUsed QuirksCleared FilePut
    FileRemoved SettingsSet StubPut StubRemoved RootStubPut RootStubRemoved StubIdsGiven StubsCleared RecordingStarted RecordingStopped
    ScenarioMoved ScenarioForgotten ScenariosReset Webhook Cleared CallBegan CallNoted StubCalled FaultPut
    FaultRemoved FaultsCleared FaultsPaused FaultAwaited FaultSettled FaultHappened
    FaultEventsCleared CassetteStarted CassettePlayed CassetteMissed CassettePassed CassetteStopped MisfitsFound
);

kinds!(ledger_kind, LEDGER_KINDS, LedgerEffect:
    AccountOpened Transferred HoldPlaced HoldPosted HoldVoided LimitsSet
);

kinds!(webhook_kind, WEBHOOK_KINDS, WebhookEffect:
    EventEmitted FaultRuleMet DeliveryQueued DeliveryReleased DeliverySent DeliveryAttempted
    EndpointDisabled EndpointEnabled FaultQueued FaultTaken FaultRemoved FaultsCleared
);

/// Effects of every kind, in an order in which something of each is left at the end.
pub(crate) fn all() -> Vec<Effect> {
    let lines = include_str!("effects.jsonl").lines();
    lines
        .map(|line| match from_json(line.as_bytes()) {
            Ok(effect) => effect,
            Err(error) => panic!("{error}: {line}"),
        })
        .collect()
}

#[test]
fn there_is_one_of_every_kind() {
    let effects = all();
    let found: BTreeSet<&str> = effects.iter().map(kind).collect();
    assert_eq!(found, KINDS.iter().copied().collect());
    let ledger = effects.iter().filter_map(|effect| match effect {
        Effect::Ledger(effect) => Some(ledger_kind(effect)),
        _ => None,
    });
    let found: BTreeSet<&str> = ledger.collect();
    assert_eq!(found, LEDGER_KINDS.iter().copied().collect());
    let webhooks = effects.iter().filter_map(|effect| match effect {
        Effect::Webhook(effect) => Some(webhook_kind(effect)),
        _ => None,
    });
    let found: BTreeSet<&str> = webhooks.collect();
    assert_eq!(found, WEBHOOK_KINDS.iter().copied().collect());
}
