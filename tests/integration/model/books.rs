//! The plain model: wallets, escrows and intents as a sequential program has them, in whole cents.
//!
//! It is written from what the API promises, and shares no line with the server. A refusal changes
//! nothing, because every operation works on a copy and a refused copy is thrown away.

use imbl::OrdMap;
use serde_json::{Value, json};

/// An amount in hundredths.
pub(super) type Cents = i64;

/// What a new agent finds in its wallet.
const FREE_CREDITS: Cents = 50_000;

/// The currencies of the ledger; the free credits are in the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Currency {
    Usd,
    Eur,
}

/// Escrows and intents: both hold money of one agent for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Escrow,
    Intent,
}

/// A cap on spending: left as it is, lifted, or set.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cap {
    Kept,
    Lifted,
    At(Cents),
}

/// What a client can ask for. Agents, and what was made on the way, go by number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Deposit(usize, Currency, Cents),
    Withdraw(usize, Currency, Cents),
    Make {
        kind: Kind,
        payer: usize,
        payee: usize,
        currency: Currency,
        cents: Cents,
    },
    Release(Option<usize>, usize),
    Cancel(Option<usize>, usize),
    Dispute(Option<usize>, usize),
    Resolve {
        escrow: Option<usize>,
        by: Option<usize>,
        release: bool,
    },
    Capture {
        intent: Option<usize>,
        by: Option<usize>,
        cents: Option<Cents>,
    },
    Refund {
        intent: Option<usize>,
        by: Option<usize>,
    },
    /// Caps per transaction, per day, per month.
    SetCaps(usize, Currency, [Cap; 3]),
    Budget(usize, Currency),
    Balance(usize, Currency),
    Look(Option<usize>),
    /// How many pending escrows the agent has.
    Count(usize),
}

/// What must be answered: a status, for a refusal one of these causes, and members of the body.
#[derive(Debug, PartialEq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) causes: Vec<&'static str>,
    pub(super) shows: Vec<(&'static str, Value)>,
}

/// The money of one agent in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Wallet {
    pub(super) available: Cents,
    pub(super) held: Cents,
    pub(super) expected: Cents,
    /// All on one day: the clock stands still.
    spent: Cents,
    caps: [Option<Cents>; 3],
}

/// An escrow or an intent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    kind: Kind,
    payer: usize,
    payee: usize,
    currency: Currency,
    cents: Cents,
    captured: Cents,
    pub(super) state: &'static str,
}

/// Everything that the model knows. A clone costs nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) wallets: OrdMap<(usize, Currency), Wallet>,
    pub(super) held: OrdMap<usize, Held>,
    /// How many entries the journal has.
    pub(super) entries: u64,
}

type Decided = Result<Vec<(&'static str, Value)>, (u16, Vec<&'static str>)>;

fn refuse(status: u16, cause: &'static str) -> Decided {
    Err((status, vec![cause]))
}

/// An amount as the wire has it.
pub(super) fn money(cents: Cents) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Currency {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Eur => "EUR",
        }
    }
}

impl Books {
    /// What is answered, and the books afterwards. What an operation makes gets the number `made`.
    pub(super) fn decide(&self, op: &Op, made: Option<usize>) -> (Reply, Self) {
        let mut after = self.clone();
        match after.run(op, made) {
            Ok(shows) => {
                let reply = Reply {
                    status: 200,
                    causes: Vec::new(),
                    shows,
                };
                (reply, after)
            }
            Err((status, causes)) => {
                let reply = Reply {
                    status,
                    causes,
                    shows: Vec::new(),
                };
                (reply, self.clone())
            }
        }
    }

    fn run(&mut self, op: &Op, made: Option<usize>) -> Decided {
        match *op {
            Op::Deposit(agent, currency, cents) => {
                self.open(agent);
                self.wallet(agent, currency).available += cents;
                self.entries += 1;
                let deposited = ("/deposited", json!(money(cents)));
                Ok(vec![deposited, self.balance(agent, currency)])
            }
            Op::Withdraw(agent, currency, cents) => {
                self.open(agent);
                self.spend(agent, currency, cents)?;
                self.entries += 1;
                let withdrawn = ("/withdrawn", json!(money(cents)));
                Ok(vec![withdrawn, self.balance(agent, currency)])
            }
            Op::Make {
                kind,
                payer,
                payee,
                currency,
                cents,
            } => {
                if payer == payee {
                    return refuse(422, "same_party");
                }
                self.open(payer);
                self.open(payee);
                self.spend(payer, currency, cents)?;
                self.wallet(payer, currency).held += cents;
                self.wallet(payee, currency).expected += cents;
                self.entries += 1;
                let held = Held {
                    kind,
                    payer,
                    payee,
                    currency,
                    cents,
                    captured: 0,
                    state: "pending",
                };
                self.held.extend(made.map(|made| (made, held)));
                let amount = ("/amount", json!(money(cents)));
                Ok(vec![("/status", json!("pending")), amount])
            }
            Op::Release(escrow, by) => {
                let (number, held) = self.find(escrow, Kind::Escrow)?;
                permit(&[held.payer], by)?;
                self.settle(number, held, &["pending"], "released", held.cents)
            }
            Op::Cancel(escrow, by) => {
                let (number, held) = self.find(escrow, Kind::Escrow)?;
                permit(&[held.payer, held.payee], by)?;
                self.settle(number, held, &["pending"], "cancelled", 0)
            }
            Op::Dispute(escrow, by) => {
                let (number, held) = self.find(escrow, Kind::Escrow)?;
                permit(&[held.payer, held.payee], by)?;
                if held.state != "pending" {
                    return refuse(409, "illegal_transition");
                }
                Ok(self.turn(number, held, "disputed"))
            }
            Op::Resolve {
                escrow,
                by,
                release,
            } => {
                let (number, held) = self.find(escrow, Kind::Escrow)?;
                // Paying is the payer's to decide; giving up what it was to get, the payee's too.
                let by = by.unwrap_or(held.payer);
                if release {
                    permit(&[held.payer], by)?;
                    return self.settle(number, held, &["disputed"], "released", held.cents);
                }
                permit(&[held.payer, held.payee], by)?;
                self.settle(number, held, &["disputed"], "cancelled", 0)
            }
            Op::Capture { intent, by, cents } => {
                let (number, held) = self.find(intent, Kind::Intent)?;
                permit(&[held.payer, held.payee], by.unwrap_or(held.payer))?;
                let cents = cents.unwrap_or(held.cents);
                if held.state == "pending" && cents > held.cents {
                    return refuse(422, "exceeds_hold");
                }
                let mut shows = self.settle(number, held, &["pending"], "captured", cents)?;
                shows.push(("/captured_amount", json!(money(cents))));
                Ok(shows)
            }
            Op::Refund { intent, by } => {
                let (number, held) = self.find(intent, Kind::Intent)?;
                permit(&[held.payer, held.payee], by.unwrap_or(held.payee))?;
                if held.state != "captured" {
                    return self.settle(number, held, &["pending"], "refunded", 0);
                }
                let payee = self.wallet(held.payee, held.currency);
                if payee.available < held.captured {
                    return refuse(402, "insufficient_funds");
                }
                payee.available -= held.captured;
                self.wallet(held.payer, held.currency).available += held.captured;
                self.entries += 1;
                Ok(self.turn(number, held, "refunded"))
            }
            Op::SetCaps(agent, currency, caps) => {
                self.open(agent);
                let wallet = self.wallet(agent, currency);
                for (cap, wanted) in wallet.caps.iter_mut().zip(caps) {
                    match wanted {
                        Cap::Kept => {}
                        Cap::Lifted => *cap = None,
                        Cap::At(cents) => *cap = Some(cents),
                    }
                }
                Ok(shown_caps(wallet.caps))
            }
            Op::Budget(agent, currency) => {
                self.open(agent);
                let wallet = self.read(agent, currency);
                let mut shows = shown_caps(wallet.caps);
                shows.push(("/daily_spent", json!(money(wallet.spent))));
                shows.push(("/monthly_spent", json!(money(wallet.spent))));
                // What is spent may exceed a cap that came later.
                let rest = |cap: Option<Cents>| cap.map(|cap| money((cap - wallet.spent).max(0)));
                shows.push(("/daily_remaining", json!(rest(wallet.caps[1]))));
                shows.push(("/monthly_remaining", json!(rest(wallet.caps[2]))));
                Ok(shows)
            }
            Op::Balance(agent, currency) => {
                self.open(agent);
                Ok(vec![self.balance(agent, currency)])
            }
            Op::Look(escrow) => {
                let (_, held) = self.find(escrow, Kind::Escrow)?;
                let amount = ("/amount", json!(money(held.cents)));
                Ok(vec![("/status", json!(held.state)), amount])
            }
            Op::Count(agent) => {
                self.open(agent);
                let pending = self.held.values().filter(|held| {
                    held.kind == Kind::Escrow
                        && held.state == "pending"
                        && (held.payer == agent || held.payee == agent)
                });
                Ok(vec![("/total", json!(pending.count()))])
            }
        }
    }

    /// An agent that an accepted call names for the first time gets its wallet.
    fn open(&mut self, agent: usize) {
        let known = [Currency::Usd, Currency::Eur]
            .iter()
            .any(|currency| self.wallets.contains_key(&(agent, *currency)));
        if !known {
            self.wallet(agent, Currency::Usd).available = FREE_CREDITS;
            self.entries += 1;
        }
    }

    fn wallet(&mut self, agent: usize, currency: Currency) -> &mut Wallet {
        self.wallets.entry((agent, currency)).or_default()
    }

    fn read(&self, agent: usize, currency: Currency) -> Wallet {
        let wallet = self.wallets.get(&(agent, currency));
        wallet.copied().unwrap_or_default()
    }

    fn balance(&self, agent: usize, currency: Currency) -> (&'static str, Value) {
        let available = self.read(agent, currency).available;
        ("/balance", json!(money(available)))
    }

    /// Takes from what is available, within the caps. Where both forbid it, either may be named.
    fn spend(
        &mut self,
        agent: usize,
        currency: Currency,
        cents: Cents,
    ) -> Result<(), (u16, Vec<&'static str>)> {
        let wallet = self.wallet(agent, currency);
        let mut causes = Vec::new();
        let [once, daily, monthly] = wallet.caps;
        let exceeds = |cap: Option<Cents>, sum: Cents| cap.is_some_and(|cap| sum > cap);
        let sum = wallet.spent + cents;
        if exceeds(once, cents) || exceeds(daily, sum) || exceeds(monthly, sum) {
            causes.push("over_limit");
        }
        if cents > wallet.available {
            causes.push("insufficient_funds");
        }
        if !causes.is_empty() {
            return Err((402, causes));
        }
        wallet.available -= cents;
        wallet.spent += cents;
        Ok(())
    }

    fn find(
        &self,
        number: Option<usize>,
        kind: Kind,
    ) -> Result<(usize, Held), (u16, Vec<&'static str>)> {
        let found = number.and_then(|number| Some((number, *self.held.get(&number)?)));
        found
            .filter(|(_, held)| held.kind == kind)
            .ok_or((404, vec!["not_found"]))
    }

    /// Ends what is held: `paid` reaches the payee, the rest goes back and was never spent.
    fn settle(
        &mut self,
        number: usize,
        mut held: Held,
        from: &[&str],
        to: &'static str,
        paid: Cents,
    ) -> Decided {
        if !from.contains(&held.state) {
            return refuse(409, "illegal_transition");
        }
        let payer = self.wallet(held.payer, held.currency);
        payer.held -= held.cents;
        payer.available += held.cents - paid;
        payer.spent -= held.cents - paid;
        let payee = self.wallet(held.payee, held.currency);
        payee.expected -= held.cents;
        payee.available += paid;
        self.entries += 1;
        held.captured = paid;
        Ok(self.turn(number, held, to))
    }

    fn turn(
        &mut self,
        number: usize,
        mut held: Held,
        to: &'static str,
    ) -> Vec<(&'static str, Value)> {
        held.state = to;
        self.held.insert(number, held);
        vec![("/status", json!(to))]
    }
}

/// Only these may, whatever the state.
fn permit(may: &[usize], by: usize) -> Result<(), (u16, Vec<&'static str>)> {
    if may.contains(&by) {
        Ok(())
    } else {
        Err((403, vec!["not_permitted"]))
    }
}

fn shown_caps(caps: [Option<Cents>; 3]) -> Vec<(&'static str, Value)> {
    let names = ["/per_transaction_limit", "/daily_limit", "/monthly_limit"];
    let shown = caps.map(|cap| json!(cap.map(money)));
    names.into_iter().zip(shown).collect()
}
