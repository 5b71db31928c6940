//! The server under floods and attacks, at size. It takes minutes and both cores, so it runs only when
//! asked for, one test after the other:
//! `cargo test --test integration overload:: -- --ignored --nocapture --test-threads 1`.
//!
//! The figures are of the profile that cargo builds, and of a machine that does nothing else: add
//! `--release` for those of a release.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures on the machine's clock, and its figures are its result"
)]

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::frames::{self, CONTINUATION, END_STREAM, HEADERS, Http2, RST_STREAM, frame, get, head};
use crate::support::Server;
use crate::wire::{Wire, post};

/// How many calls are measured at a time.
const CALLS: usize = 500;

/// How much longer the slowest calls of one sandbox may take while another is flooded.
const RATIO_MAX: f64 = 2.0;

/// What a small machine that does other things, too, adds to a measurement.
const SLACK: Duration = Duration::from_millis(5);

const PACK: [&str; 2] = ["--stubs", "stubs/greenhelix"];

/// How long calls took.
struct Times(Vec<Duration>);

impl Times {
    fn at(&self, part: f64) -> Duration {
        // A position in so short a list is exact.
        self.0[(part * (self.0.len() - 1) as f64) as usize]
    }

    fn print(&self, what: &str) {
        let (p50, p99) = (self.at(0.5), self.at(0.99));
        println!("{what}: p50 {p50:.1?}, p99 {p99:.1?}, of {}", self.0.len());
    }
}

/// Calls one after the other, with pauses, each of which must be answered well.
fn measure(server: &Server, path: &str, calls: usize) -> Times {
    let request = post(path, &[], &json!({ "agent_id": "alice" }));
    let mut wire = Wire::connect(server);
    let mut times: Vec<Duration> = (0..calls)
        .map(|_| {
            thread::sleep(Duration::from_millis(2));
            let started = Instant::now();
            let answer = wire.exchange(&request).expect("an answer");
            let took = started.elapsed();
            assert_eq!(answer.status, 200, "{}", answer.text);
            took
        })
        .collect();
    times.sort_unstable();
    Times(times)
}

/// Threads that go on with something until they are told to stop; how often they did it.
struct Going {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Going {
    fn on(threads: usize, attack: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let (stop, done) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let attack = Arc::new(attack);
        let threads = (0..threads)
            .map(|_| {
                let (stop, done, attack) = (stop.clone(), done.clone(), attack.clone());
                thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        done.fetch_add(attack(), Ordering::Relaxed);
                    }
                })
            })
            .collect();
        Self {
            stop,
            done,
            threads,
        }
    }

    fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("an attack goes on");
        }
        self.done.load(Ordering::Relaxed)
    }
}

/// Another place to reach the same server from.
fn again(server: &Server) -> Arc<Server> {
    Arc::new(Server::at(&server.base))
}

/// How calls of one sandbox do while another one is attacked: beside how they do when nothing else goes
/// on, and beside how they do when the same is sent to another server on this machine. What callers and
/// attackers take from each other is in the last one, too, so the rest is the server's own.
fn check_others(
    server: &Server,
    what: &str,
    threads: usize,
    attack: impl Fn(&Server) -> u64 + Send + Sync + 'static,
) {
    let other = self::server(&[]);
    let attack = Arc::new(attack);
    let measured = |name: &str, attacked: Option<&Server>| {
        let going = attacked.map(|attacked| {
            let (attacked, attack) = (again(attacked), attack.clone());
            Going::on(threads, move || attack(&attacked))
        });
        thread::sleep(Duration::from_millis(500));
        let started = Instant::now();
        let times = measure(server, "/s/quiet/v1/get_balance", CALLS);
        let took = started.elapsed();
        times.print(&format!("{what}: {name}"));
        if let Some(going) = going {
            let done = going.end();
            println!("{what}: {done} attacks, measured for {took:.1?}");
        }
        times.at(0.99)
    };
    measure(server, "/s/quiet/v1/get_balance", CALLS / 5);
    let quiet = measured("quiet", None);
    let beside = measured("another server is attacked", Some(&other));
    let meanwhile = measured("this one is attacked", Some(server));
    let ratio = |to: Duration| meanwhile.as_secs_f64() / to.as_secs_f64();
    let (to_quiet, to_beside) = (ratio(quiet), ratio(beside));
    println!(
        "{what}: ratio of p99 {to_quiet:.2} to quiet, {to_beside:.2} to another server attacked"
    );
    let bound = quiet.max(beside).mul_f64(RATIO_MAX) + SLACK;
    assert!(meanwhile <= bound, "p99 beyond {bound:?}");
}

fn server(more: &[&str]) -> Server {
    let server = Server::with(&[&PACK, more].concat());
    for id in ["quiet", "flood"] {
        server
            .post("/__admin/sandboxes", &json!({ "id": id }))
            .expect(201);
    }
    server
}

#[test]
#[ignore = "it takes minutes: cargo test --test integration overload:: -- --ignored"]
fn a_flood_in_one_sandbox_leaves_others_as_they_were() {
    let server = server(&[]);
    // Each thread has several connections, and several calls under way on each.
    check_others(&server, "flood", 4, move |at: &Server| {
        const CONNECTIONS: usize = 32;
        const EACH: usize = 4;
        let call = post(
            "/s/flood/v1/get_balance",
            &[],
            &json!({ "agent_id": "alice" }),
        );
        let calls = call.repeat(EACH);
        let mut wires: Vec<Wire> = (0..CONNECTIONS).map(|_| Wire::connect(at)).collect();
        for wire in &mut wires {
            wire.send(&calls).expect("it is sent");
        }
        for wire in &mut wires {
            for _ in 0..EACH {
                wire.answer().expect("an answer");
            }
        }
        (CONNECTIONS * EACH) as u64
    });
}

#[test]
#[ignore = "it takes minutes: cargo test --test integration overload:: -- --ignored"]
fn bombs_and_large_bodies_leave_others_as_they_were() {
    let server = server(&[]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder
        .write_all(&vec![0; 64 << 20])
        .expect("memory takes it");
    let bomb = encoder.finish().expect("memory takes it");
    let head = format!(
        "POST /s/flood/v1/get_balance HTTP/1.1\r\nhost: test\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        bomb.len()
    );
    let request = [head.as_bytes(), &bomb].concat();
    check_others(&server, "gzip bombs", 4, move |at: &Server| {
        let answer = Wire::connect(at).exchange(&request).expect("an answer");
        assert_eq!(answer.status, 413);
        1
    });
    let deep = json!("[".repeat(1 << 20)).to_string();
    let request = post("/s/flood/v1/get_balance", &[], &json!({ "agent_id": deep }));
    check_others(&server, "megabytes of brackets", 2, move |at: &Server| {
        let answer = Wire::connect(at).exchange(&request).expect("an answer");
        assert_eq!(answer.status, 422);
        1
    });
}

#[test]
#[ignore = "it takes minutes: cargo test --test integration overload:: -- --ignored"]
fn attacks_by_http_2_leave_others_as_they_were() {
    let server = server(&[]);
    check_others(&server, "rapid resets", 2, move |at: &Server| {
        let mut wire = Http2::connect(at);
        let mut streams = 0;
        let call = |n: u32| {
            let reset = frame(RST_STREAM, 0, 2 * n + 1, &8_u32.to_be_bytes());
            [get(2 * n + 1, "/s/flood/v1/x"), reset].concat()
        };
        while streams < 10_000 && wire.send(&call(streams)).is_ok() {
            streams += 1;
        }
        u64::from(streams)
    });
    let more = frames::header("x", &"x".repeat(1000));
    check_others(&server, "heads without an end", 2, move |at: &Server| {
        let mut wire = Http2::connect(at);
        let mut sent = wire.send(&frame(HEADERS, END_STREAM, 1, &head("/x")));
        let mut frames = 0;
        while sent.is_ok() && frames < 100_000 {
            sent = wire.send(&frame(CONTINUATION, 0, 1, &more));
            frames += 1;
        }
        frames
    });
    check_others(&server, "many streams", 2, move |at: &Server| {
        let mut wire = Http2::connect(at);
        let calls = (0..128).flat_map(|n| get(2 * n + 1, "/s/flood/v1/nothing"));
        let calls: Vec<u8> = calls.collect();
        let mut left = 128;
        if wire.send(&calls).is_err() {
            return 0;
        }
        while left > 0 {
            match wire.frame() {
                Ok(answer) if answer.flags & END_STREAM != 0 => left -= 1,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        128 - left
    });
}

#[test]
#[ignore = "it takes minutes: cargo test --test integration overload:: -- --ignored"]
fn thousands_of_slow_connections_leave_others_as_they_were() {
    let files = rlimit::increase_nofile_limit(1 << 20).expect("a limit");
    let slow = usize::try_from(files.saturating_sub(1500)).map_or(10_000, |room| room.min(10_000));
    let bound = (slow + 200).to_string();
    let server = server(&[
        "--connections",
        &bound,
        "--connections-per-address",
        &bound,
        "--header-seconds",
        "60",
        "--body-seconds",
        "60",
    ]);
    let address = server.base.trim_start_matches("http://").to_owned();
    let head = "POST /s/flood/v1/get_balance HTTP/1.1\r\nhost: test\r\n";
    let body = format!("{head}content-length: 1000\r\n\r\n{{");
    let mut streams: Vec<TcpStream> = (0..slow)
        .map(|n| {
            let mut stream = TcpStream::connect(&address).expect("a connection");
            let begun = if n % 2 == 0 { head } else { &body };
            stream.write_all(begun.as_bytes()).expect("it is sent");
            stream
        })
        .collect();
    println!("slow connections: {slow}, half in their heads, half in their bodies");
    check_others(&server, "slow connections", 1, move |_| {
        // Each says one byte more, now and then.
        thread::sleep(Duration::from_millis(500));
        0
    });
    let still = streams
        .iter_mut()
        .filter_map(|stream| stream.write_all(b" ").ok());
    println!("slow connections: {} took another byte", still.count());
    let started = Instant::now();
    let pid = server.pid().to_string();
    let told = std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status();
    assert!(told.is_ok_and(|told| told.success()));
    let mut server = server;
    assert!(server.wait());
    println!(
        "slow connections: SIGTERM obeyed in {:.0?}",
        started.elapsed()
    );
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
#[ignore = "it takes minutes: cargo test --test integration overload:: -- --ignored"]
fn slow_connections_are_closed_in_time() {
    let server = server(&["--header-seconds", "2", "--body-seconds", "2"]);
    let head = "POST /s/flood/v1/get_balance HTTP/1.1\r\nhost: test\r\n";
    let body = format!("{head}content-length: 1000\r\n\r\n{{");
    let started = Instant::now();
    let mut wires: Vec<Wire> = (0..2000)
        .map(|n| {
            let mut wire = Wire::connect(&server);
            let begun = if n % 2 == 0 { head } else { &body };
            wire.send(begun.as_bytes()).expect("it is sent");
            wire
        })
        .collect();
    let answered = wires.iter_mut().filter_map(|wire| wire.answer().ok());
    let answered: Vec<u16> = answered.map(|answer| answer.status).collect();
    println!(
        "2000 slow connections: all ended within {:.1?}, {} with 408",
        started.elapsed(),
        answered.len()
    );
    assert!(answered.iter().all(|&status| status == 408));
    assert_eq!(answered.len(), 1000);
}

#[test]
#[ignore = "it takes minutes: cargo test --test integration overload:: -- --ignored"]
fn a_thousand_sandboxes_at_once() {
    let server = Server::with(&PACK);
    let at = again(&server);
    let started = Instant::now();
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let at = at.clone();
            thread::spawn(move || {
                let mut wire = Wire::connect(&at);
                for n in 0..125 {
                    let id = format!("s{thread}-{n}");
                    let open = post("/__admin/sandboxes", &[], &json!({ "id": id }));
                    assert_eq!(wire.exchange(&open).expect("an answer").status, 201);
                    let path = format!("/s/{id}/v1/deposit");
                    let input = json!({ "agent_id": "alice", "amount": "1.00" });
                    let paid = wire.exchange(&post(&path, &[], &input)).expect("an answer");
                    assert_eq!(paid.status, 200, "{}", paid.text);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("all sandboxes");
    }
    println!(
        "1000 sandboxes were opened and called in {:.1?}",
        started.elapsed()
    );
    let path = "/s/s7-124/v1/get_balance";
    let balance = server
        .post(path, &json!({ "agent_id": "alice" }))
        .expect(200);
    let first = server
        .tool("get_balance", &json!({ "agent_id": "alice" }))
        .expect(200);
    assert_ne!(balance["balance"], first["balance"], "each has its own");
}
