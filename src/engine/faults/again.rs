//! Faults that decide a call in another way: over an older state, about another record, with a flaw of
//! paging, or twice.

use http::header::LINK;
use serde_json::{Value, json};

use super::{Victim, detail, writes};
use crate::behaviours::fault::Injected;
use crate::behaviours::fault::choose::Chosen;
use crate::behaviours::{OUTSIDE, Refusal, View};
use crate::definition::compiled::Produce;
use crate::domain::chance::Chance;
use crate::domain::fault::{Mode, Token, With};
use crate::domain::quirk::Quirk;
use crate::domain::reply::Reply;
use crate::domain::trace::Trace;
use crate::engine::call::{Called, answered};
use crate::engine::door::Entered;
use crate::engine::draft::Draft;
use crate::engine::respond;
use crate::engine::steps::{Flaws, Run};
use crate::engine::unknown::named;
use crate::state::SandboxState;
use crate::state::ledger::AccountId;

/// What a fault of this kind makes of a call that was answered with `clean`; nothing, if it cannot be.
#[expect(
    clippy::too_many_arguments,
    reason = "a call is decided anew with all that it was decided with"
)]
pub(super) fn decide<'a>(
    victim: &Victim<'a>,
    chosen: &Chosen,
    called: &Called<'_>,
    entered: &Entered<'a>,
    run: &mut Run<'a>,
    draft: &mut Draft,
    trace: &mut Trace,
    clean: &Reply,
) -> Option<Injected> {
    let rule = &chosen.planned.rule;
    let with = &rule.with;
    let case = Case {
        victim,
        called,
        entered,
        clean,
    };
    match rule.mode {
        Mode::StaleRead => case.stale(with, run, draft),
        Mode::WrongEntity => case.another(run, draft, &chosen.chance),
        Mode::DuplicateDelivery => case.twice(run, draft, trace),
        Mode::ExpiredToken => case.expired(with, run, draft, trace),
        Mode::LoopingCursor => {
            let flaws = Flaws {
                quirk: Quirk {
                    turns: true,
                    ..Quirk::default()
                },
                ..Flaws::default()
            };
            case.flawed(flaws, Value::Null, run, draft, trace)
        }
        Mode::MissingHasMore => {
            let flaws = Flaws {
                forgets_more: true,
                ..Flaws::default()
            };
            case.flawed(flaws, Value::Null, run, draft, trace)
        }
        Mode::ShortPage => case.short(with, run, draft, trace),
        _ => None,
    }
}

/// A call that is decided anew.
struct Case<'c, 'a> {
    victim: &'c Victim<'a>,
    called: &'c Called<'c>,
    entered: &'c Entered<'a>,
    clean: &'c Reply,
}

impl<'a> Case<'_, 'a> {
    /// The same call, over the state as it was.
    fn stale(&self, with: &With, run: &Run<'a>, draft: &Draft) -> Option<Injected> {
        if writes(draft.since(&self.victim.mark)) || run.forward.is_some() {
            return None;
        }
        let state = draft.state();
        let past = &self.victim.past;
        let root = match with.seconds {
            Some(seconds) => past.seconds_ago(state.now, seconds),
            None => past.calls_ago(with.calls.unwrap_or(1)),
        }?;
        // What is counted is counted now; only what is told is old.
        let old = SandboxState {
            now: state.now,
            clock: state.clock,
            limits: state.limits.clone(),
            limit_presets: state.limit_presets.clone(),
            in_flight: state.in_flight.clone(),
            saved: state.saved.clone(),
            auth_enforced: state.auth_enforced.clone(),
            ..SandboxState::clone(root)
        };
        let (mut seen, mut unseen) = (Draft::new(&old), Trace::default());
        let mut again = self.victim.first.clone();
        let reply = answered(
            self.called,
            self.entered,
            &mut again,
            &mut seen,
            &mut unseen,
        );
        self.differs(reply, detail("asOf", root.now.to_string()))
    }

    /// The same call about another record, or another account.
    fn another(&self, run: &Run<'a>, draft: &Draft, chance: &Chance) -> Option<Injected> {
        if writes(draft.since(&self.victim.mark)) || run.forward.is_some() {
            return None;
        }
        let state = draft.state();
        let input = self.victim.first.variables.get("input")?.as_object()?;
        let (member, key, others) = match &run.at_hand {
            Some((collection, key)) => {
                let name = run.view(state).name(collection);
                let records = state.collections.get(&name)?;
                let others: Vec<_> = records
                    .keys()
                    .filter(|other| other != key)
                    .take(OTHERS_MAX)
                    .collect();
                let (member, _) = input
                    .iter()
                    .find(|(_, value)| value.as_str() == Some(&**key))?;
                (member, key.clone(), others)
            }
            None => input.iter().find_map(|(member, value)| {
                let key = value.as_str()?;
                let accounts = state.ledger.accounts().map(|(id, _)| id);
                let own =
                    |id: &&AccountId| id.pack == self.entered.pack.name && &*id.name != OUTSIDE;
                let accounts = accounts.filter(own).map(|id| id.name.clone());
                let accounts: Vec<_> = accounts.take(OTHERS_MAX).collect();
                accounts.iter().any(|name| &**name == key).then_some(())?;
                let others = accounts.into_iter().filter(|name| &**name != key).collect();
                Some((member, key.into(), others))
            })?,
        };
        let at = usize::try_from(chance.draw("entity", 0)).unwrap_or(usize::MAX);
        let other = others.get(at.checked_rem(others.len())?)?;
        let mut again = self.victim.first.clone();
        again.variables.get_mut("input")?[member] = (**other).into();
        let (mut seen, mut unseen) = (draft.back_to(&self.victim.mark), Trace::default());
        let reply = answered(
            self.called,
            self.entered,
            &mut again,
            &mut seen,
            &mut unseen,
        );
        self.differs(reply, json!({ "asked": &*key, "told": &**other }))
    }

    /// The call takes effect once more; its second reply is nobody's.
    fn twice(&self, run: &Run<'a>, draft: &mut Draft, trace: &mut Trace) -> Option<Injected> {
        if !writes(draft.since(&self.victim.mark)) || run.forward.is_some() {
            return None;
        }
        let mut again = self.victim.first.clone();
        again.chance = again.chance.named("again");
        let before = draft.mark();
        let second = answered(self.called, self.entered, &mut again, draft, trace);
        Some(Injected {
            reply: self.clean.clone(),
            detail: json!({
                "secondStatus": second.status.as_u16(),
                "secondChanged": writes(draft.since(&before)),
            }),
        })
    }

    /// The page's token has expired, or else the credential.
    fn expired(
        &self,
        with: &With,
        run: &mut Run<'a>,
        draft: &mut Draft,
        trace: &mut Trace,
    ) -> Option<Injected> {
        if with.token != Some(Token::Credential) {
            let flaws = Flaws {
                quirk: Quirk {
                    expire_token: true,
                    ..Quirk::default()
                },
                ..Flaws::default()
            };
            let pages = self.entered.tool.map(|tool| &tool.produce);
            if with.token.is_some() || matches!(pages, Some(Produce::Page(_))) {
                return self.flawed(flaws, detail("token", "page"), run, draft, trace);
            }
        }
        if self.entered.pack.auth.is_none() && with.token.is_none() {
            return None;
        }
        let refusal = Refusal::new("expired_credential", "the credential has expired");
        let refusal = match &self.entered.pack.auth {
            Some(spec) => refusal.shaped(&spec.refusals),
            None => refusal,
        };
        draft.roll_back(self.victim.mark.clone());
        let mut variables = run.variables.clone();
        if let Some(Value::Object(credential)) = variables.get_mut("credential") {
            credential.insert("expiredFor".into(), JUST.into());
        }
        let view = View {
            variables: &variables,
            ..run.view(draft.state())
        };
        let reply = respond::refusal(&refusal, &view, named(self.entered));
        Some(Injected {
            reply,
            detail: detail("token", "credential"),
        })
    }

    /// A page has fewer rows: half of those that it has, where the rule does not say.
    fn short(
        &self,
        with: &With,
        run: &mut Run<'a>,
        draft: &mut Draft,
        trace: &mut Trace,
    ) -> Option<Injected> {
        let items = run.variables.get("page")?.get("items")?.as_array()?.len();
        let half = u64::try_from(items / 2).unwrap_or(1).max(1);
        let rows = with.rows.unwrap_or(half);
        let flaws = Flaws {
            quirk: Quirk {
                short_page: Some(rows),
                ..Quirk::default()
            },
            ..Flaws::default()
        };
        self.flawed(flaws, detail("rows", rows), run, draft, trace)
    }

    /// The same call with flaws of its page: it takes the place of the clean one, if it differs.
    fn flawed(
        &self,
        flaws: Flaws,
        detail: Value,
        run: &mut Run<'a>,
        draft: &mut Draft,
        trace: &mut Trace,
    ) -> Option<Injected> {
        run.variables.get("page")?;
        let mut again = self.victim.first.clone();
        again.flaws = flaws;
        let (mut seen, mut told) = (draft.back_to(&self.victim.mark), Trace::default());
        let reply = answered(self.called, self.entered, &mut again, &mut seen, &mut told);
        let injected = self.differs(reply, detail)?;
        *draft = seen;
        *run = again;
        trace.0.extend(told.0);
        Some(injected)
    }

    fn differs(&self, reply: Reply, detail: Value) -> Option<Injected> {
        let same = reply.status == self.clean.status
            && reply.body == self.clean.body
            && reply.headers.get(LINK) == self.clean.headers.get(LINK);
        (!same).then_some(Injected { reply, detail })
    }
}

/// How many seconds ago a credential has expired.
const JUST: u64 = 1;

/// Among how many other records or accounts one is chosen.
const OTHERS_MAX: usize = 1_000;
