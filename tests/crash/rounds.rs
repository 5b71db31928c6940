//! Rounds of a server's life: clients change things, the server is killed, it starts again, and what it
//! shows is held against what the clients were told.
//!
//! A client knows what was answered, and the one thing that was not when the server died. After the
//! restart its part of the world is as it knows it, or as it would be with that one thing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Server;

/// Clients, each with the sandbox that it works in. Two share one.
const CLIENTS: [&str; 4] = ["shared", "shared", "alone", "apart"];

/// Runs so many rounds; gives a line on what happened.
pub(crate) fn run(rounds: u64, seed: u64) -> String {
    let folder = std::env::temp_dir().join(format!("sparring-crash-{}-{seed}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let data_dir = folder.to_str().expect("a path").to_owned();
    let mut chance = Chance(seed);
    let mut clients: Vec<Client> = CLIENTS
        .iter()
        .enumerate()
        .map(|(at, sandbox)| Client::new(at, sandbox, chance.next()))
        .collect();
    let (mut answered, mut doubtful, mut happened) = (0, 0, 0);
    for round in 0..rounds {
        let server = Server::with(&["--workers", "2", "--data-dir", &data_dir]);
        let wire = Wire::to(&server);
        if round == 0 {
            for sandbox in ["shared", "alone", "apart"] {
                let clock = json!({ "mode": "frozen", "now": "2026-01-01T00:00:00Z" });
                let opening = json!({ "id": sandbox, "clock": clock });
                let made = wire.ask("POST", "/__admin/sandboxes", None, &opening);
                assert_eq!(made.expect("an answer").0, 201);
            }
        }
        for client in &mut clients {
            doubtful += u64::from(client.pending.is_some());
            happened += u64::from(client.compare(&wire, seed, round));
        }
        let calls = 1 + chance.below(120);
        answered += live_and_die(server, &mut clients, calls);
    }
    // The last crash is looked at, too.
    let server = Server::with(&["--workers", "2", "--data-dir", &data_dir]);
    for client in &mut clients {
        client.compare(&Wire::to(&server), seed, rounds);
    }
    drop(server);
    let _ = std::fs::remove_dir_all(&folder);
    format!(
        "killed {rounds} times (seed {seed}): {answered} answered changes are there; of {doubtful} that were not answered {happened} had happened, as a whole"
    )
}

/// Lets the clients work until so many of their calls are answered, and kills the server.
fn live_and_die(mut server: Server, clients: &mut [Client], calls: u64) -> u64 {
    let (tell, told) = channel();
    let mut answered = 0;
    std::thread::scope(|scope| {
        for client in clients {
            let (wire, tell) = (Wire::to(&server), tell.clone());
            scope.spawn(move || client.work(&wire, &tell));
        }
        drop(tell);
        while told.recv().is_ok() {
            answered += 1;
            if answered == calls {
                server.kill();
            }
        }
    });
    answered
}

/// One kind of change, with what is needed to know what it does.
#[derive(Clone, Debug)]
enum Change {
    Deposit(i64),
    Escrow(i64),
    Release(String),
    Cancel(String),
    Contact(String),
    Pay(String),
    QueueErrors(i64),
    MeetError,
    Advance,
}

/// What a client knows of its part of the world.
#[derive(Clone, Debug, Default, PartialEq)]
struct World {
    /// What its two agents have, in cents.
    payer: i64,
    payee: i64,
    /// Amount and status, by id.
    escrows: BTreeMap<String, (i64, String)>,
    /// Emails, by id.
    contacts: BTreeMap<String, String>,
    /// What was answered, by key.
    payments: BTreeMap<String, String>,
    errors: i64,
    minutes: i64,
}

/// Somebody who uses the server.
struct Client {
    at: usize,
    sandbox: &'static str,
    chance: Chance,
    knows: World,
    pending: Option<Change>,
    made: u64,
    /// A number that its sandbox has given to a call.
    last_call: u64,
}

/// The id of what was made by a call that was not answered.
const UNKNOWN: &str = "unknown";

impl Client {
    fn new(at: usize, sandbox: &'static str, seed: u64) -> Self {
        Self {
            at,
            sandbox,
            chance: Chance(seed),
            // As the pack opens wallets.
            knows: World {
                payer: 50_000,
                payee: 50_000,
                ..World::default()
            },
            pending: None,
            made: 0,
            last_call: 0,
        }
    }

    /// Whether nobody else works in its sandbox.
    fn is_alone(&self) -> bool {
        self.sandbox != "shared"
    }

    fn path(&self, path: &str) -> String {
        format!("/s/{}{path}", self.sandbox)
    }

    fn agents(&self) -> (String, String) {
        (format!("payer{}", self.at), format!("payee{}", self.at))
    }

    /// Changes one thing after the other until the server is gone.
    fn work(&mut self, wire: &Wire, tell: &Sender<()>) {
        loop {
            let change = self.choose();
            self.pending = Some(change.clone());
            let Some((status, text)) = self.send(wire, &change) else {
                return;
            };
            self.pending = None;
            assert!(
                status < 300 || matches!(change, Change::MeetError),
                "{change:?}: {status} {text}"
            );
            self.know(&change, &text);
            if tell.send(()).is_err() {
                return;
            }
        }
    }

    fn choose(&mut self) -> Change {
        self.made += 1;
        let name = format!("k{}-{}", self.at, self.made);
        let pending = self.knows.escrows.iter();
        let open: Vec<_> = pending
            .filter(|(_, escrow)| escrow.1 == "pending")
            .map(|(id, _)| id.clone())
            .collect();
        let kinds = if self.is_alone() { 10 } else { 7 };
        match self.chance.below(kinds) {
            0 => Change::Deposit(1 + self.cents()),
            3 if !open.is_empty() => Change::Release(open[0].clone()),
            4 if !open.is_empty() => Change::Cancel(open[open.len() - 1].clone()),
            5 => Change::Contact(format!("{name}@example.com")),
            6 if self.is_alone() => Change::Pay(name),
            7 => Change::QueueErrors(1 + self.cents() % 3),
            8 if self.knows.errors > 0 => Change::MeetError,
            9 => Change::Advance,
            _ if self.knows.payer > 100 => Change::Escrow(1 + self.cents() % 100),
            _ => Change::Deposit(10_000),
        }
    }

    fn cents(&mut self) -> i64 {
        i64::try_from(self.chance.below(1000)).expect("it is small")
    }

    fn send(&self, wire: &Wire, change: &Change) -> Option<(u16, String)> {
        let (payer, payee) = self.agents();
        let tool = |name: &str| self.path(&format!("/v1/{name}"));
        let (path, key, body) = match change {
            Change::Deposit(cents) => (
                tool("deposit"),
                None,
                json!({ "agent_id": payer, "amount": money(*cents) }),
            ),
            Change::Escrow(cents) => (
                tool("create_escrow"),
                None,
                json!({ "payer": payer, "payee": payee, "amount": money(*cents) }),
            ),
            Change::Release(id) => (
                tool("release_escrow"),
                None,
                json!({ "escrow_id": id, "agent_id": payer }),
            ),
            Change::Cancel(id) => (
                tool("cancel_escrow"),
                None,
                json!({ "escrow_id": id, "agent_id": payer }),
            ),
            Change::Contact(email) => (
                self.path("/crm/v1/contacts"),
                None,
                json!({ "email": email, "name": "Ada" }),
            ),
            Change::Pay(key) => (
                self.path("/gallery/idempotency/stripe/payments"),
                Some(key.as_str()),
                json!({ "amount": "0.01" }),
            ),
            Change::QueueErrors(count) => (
                self.path("/__admin/errors"),
                None,
                json!({ "tool": "withdraw", "status": 503, "count": count }),
            ),
            Change::MeetError => (
                tool("withdraw"),
                None,
                json!({ "agent_id": payer, "amount": "1.00" }),
            ),
            Change::Advance => (
                self.path("/__admin/clock/advance"),
                None,
                json!({ "by": "PT1M" }),
            ),
        };
        wire.ask("POST", &path, key, &body)
    }

    /// Takes note of what a change did, of which this was told.
    fn know(&mut self, change: &Change, text: &str) {
        let told: Value = serde_json::from_str(text).unwrap_or_default();
        let id = |name: &str| told[name].as_str().unwrap_or(UNKNOWN).to_owned();
        let knows = &mut self.knows;
        match change {
            Change::Deposit(cents) => knows.payer += cents,
            Change::Escrow(cents) => {
                knows.payer -= cents;
                let escrow = (*cents, "pending".to_owned());
                knows.escrows.insert(id("escrow_id"), escrow);
            }
            Change::Release(id) => {
                let escrow = knows.escrows.get_mut(id).expect("it was there");
                escrow.1 = "released".into();
                knows.payee += escrow.0;
            }
            Change::Cancel(id) => {
                let escrow = knows.escrows.get_mut(id).expect("it was there");
                escrow.1 = "cancelled".into();
                knows.payer += escrow.0;
            }
            Change::Contact(email) => drop(knows.contacts.insert(id("id"), email.clone())),
            Change::Pay(key) => drop(knows.payments.insert(key.clone(), text.to_owned())),
            Change::QueueErrors(count) => knows.errors += count,
            Change::MeetError => knows.errors -= 1,
            Change::Advance => knows.minutes += 1,
        }
    }

    /// Holds what the server shows against what the client knows; whether the change that was not
    /// answered has happened.
    fn compare(&mut self, wire: &Wire, seed: u64, round: u64) -> bool {
        let shown = self.look(wire);
        let without = self.knows.clone();
        let pending = self.pending.take();
        if let Some(change) = &pending {
            self.know(change, "{}");
        }
        let with = std::mem::replace(&mut self.knows, without.clone());
        let happened = !shown.is(&without);
        assert!(
            !happened || shown.is(&with),
            "seed {seed}, round {round}, client {}: there is\n{}\nexpected was\n{}\nor, with {pending:?},\n{}",
            self.at,
            shown.told(),
            without.told(),
            with.told()
        );
        for (id, escrow) in &without.escrows {
            let now = if happened { &with } else { &without };
            assert_eq!(
                shown.escrows.get(id),
                now.escrows.get(id),
                "{id} {escrow:?}"
            );
        }
        for (id, email) in &without.contacts {
            assert_eq!(shown.contacts.get(id), Some(email), "{id}");
        }
        let payments = without.payments.clone();
        self.knows = shown;
        self.knows.payments = payments;
        self.pay_again(wire, pending.filter(|it| matches!(it, Change::Pay(_))));
        self.numbers_go_on(wire);
        happened
    }

    /// A key that was answered is answered the same; one that was not pays once.
    fn pay_again(&mut self, wire: &Wire, pending: Option<Change>) {
        for (key, before) in self.knows.payments.iter().rev().take(5) {
            let again = self.send(wire, &Change::Pay(key.clone()));
            assert_eq!(again.as_ref().map(|(_, text)| text), Some(before), "{key}");
        }
        if let Some(change) = pending {
            let (status, text) = self.send(wire, &change).expect("an answer");
            assert!(status < 300, "{status} {text}");
            self.know(&change, &text);
        }
        let paid = self.records(wire, "gallery.payments").len();
        if self.is_alone() {
            assert_eq!(paid, self.knows.payments.len(), "each key has paid once");
        }
    }

    fn numbers_go_on(&mut self, wire: &Wire) {
        let (payer, _) = self.agents();
        let look = json!({ "agent_id": payer });
        let path = self.path("/v1/get_balance");
        let looked = wire.ask("POST", &path, None, &look).expect("an answer");
        assert_eq!(looked.0, 200, "{}", looked.1);
        let calls = wire.get(&self.path("/__admin/calls"));
        let calls = calls["calls"].as_array().expect("calls").iter();
        let numbers: Vec<u64> = calls.filter_map(|call| call["id"].as_u64()).collect();
        let (least, most) = (numbers.iter().min(), numbers.iter().max());
        assert!(
            least > Some(&self.last_call),
            "{numbers:?} after {}",
            self.last_call
        );
        if self.at != 0 {
            // The other of the two that share one still looks.
            self.last_call = *most.expect("a call");
        }
    }

    fn records(&self, wire: &Wire, collection: &str) -> Vec<Value> {
        let shown = wire.get(&self.path(&format!("/__admin/collections/{collection}?limit=10000")));
        shown["records"].as_array().expect("records").clone()
    }

    fn look(&self, wire: &Wire) -> World {
        let (payer, payee) = self.agents();
        let balance = |agent: &str| {
            let path = self.path("/v1/get_balance");
            let look = json!({ "agent_id": agent });
            let (status, text) = wire.ask("POST", &path, None, &look).expect("an answer");
            assert_eq!(status, 200, "{text}");
            let told: Value = serde_json::from_str(&text).expect("JSON");
            cents(told["balance"].as_str().expect("an amount"))
        };
        let audit = wire.get(&self.path("/__admin/ledger/audit"));
        assert_eq!(audit["ok"], true, "{audit}");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let escrows = self.records(wire, "greenhelix.escrows").into_iter();
        let escrows = escrows
            .filter(|escrow| escrow["payer"] == payer.as_str())
            .map(|escrow| {
                let amount = cents(&text(&escrow["amount"]));
                (
                    text(&escrow["escrow_id"]),
                    (amount, text(&escrow["status"])),
                )
            })
            .collect();
        let mine = format!("k{}-", self.at);
        let contacts =
            wire.get(&self.path("/__admin/collections/crm.contacts?limit=10000&offset=14000"));
        let contacts = contacts["records"].as_array().expect("records").iter();
        let contacts = contacts
            .map(|contact| (text(&contact["id"]), text(&contact["email"])))
            .filter(|(_, email)| email.starts_with(&mine))
            .collect();
        let errors = wire.get(&self.path("/__admin/errors"));
        let errors = errors["errors"].as_array().expect("errors").iter();
        let errors = errors.filter_map(|error| error["count"].as_i64()).sum();
        let now = wire.get(&self.path("/__admin/clock"));
        World {
            payer: balance(&payer),
            payee: balance(&payee),
            escrows,
            contacts,
            payments: BTreeMap::new(),
            errors: if self.is_alone() { errors } else { 0 },
            minutes: minutes(&text(&now["now"])),
        }
    }
}

impl World {
    /// Whether this is what is shown, but for names that nobody was told.
    fn is(&self, other: &Self) -> bool {
        self.told() == other.told()
    }

    /// Everything but names that a client may not have been told.
    fn told(&self) -> String {
        let mut escrows: Vec<_> = self.escrows.values().collect();
        escrows.sort();
        let mut contacts: Vec<_> = self.contacts.values().collect();
        contacts.sort();
        let mut told = format!("{} {} ", self.payer, self.payee);
        let _ = write!(told, "{escrows:?} {contacts:?} ");
        let _ = write!(told, "errors {} minutes {}", self.errors, self.minutes);
        told
    }
}

/// A way to the server that may break.
struct Wire {
    agent: ureq::Agent,
    base: String,
}

impl Wire {
    fn to(server: &Server) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self {
            agent: agent.into(),
            base: server.base.clone(),
        }
    }

    /// What was answered; nothing, if the server is gone.
    fn ask(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Option<(u16, String)> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let body = match method {
            "GET" => String::new(),
            _ => body.to_string(),
        };
        let mut answer = self
            .agent
            .run(request.body(body).expect("a request"))
            .ok()?;
        let text = answer.body_mut().read_to_string().ok()?;
        Some((answer.status().as_u16(), text))
    }

    fn get(&self, path: &str) -> Value {
        let (status, text) = self
            .ask("GET", path, None, &Value::Null)
            .expect("an answer");
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn cents(amount: &str) -> i64 {
    let (whole, cents) = amount.split_once('.').expect("cents");
    whole.parse::<i64>().expect("a number") * 100 + cents.parse::<i64>().expect("a number")
}

/// Minutes since the sandbox began.
fn minutes(now: &str) -> i64 {
    let now: jiff::Timestamp = now.parse().expect("a time");
    let began: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    now.duration_since(began).as_mins()
}

/// Chance that can be had again: SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
