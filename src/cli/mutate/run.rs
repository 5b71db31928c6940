//! `sparring mutate run`: the clean run, then a run for each mutant, and the report.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sparring::domain::name::SandboxId;
use sparring::mutation::report::{Report, to_json, to_junit, to_text};
use sparring::mutation::verdict::{self, Fate, Outcome};
use sparring::mutation::{Limits, Mutant, Target, choose};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::args::Run;
use super::process::{self, Ended};
use super::progress::Progress;
use super::server::{Server, Start};
use super::subject;
use super::witness::{Witness, Witnessed};
use super::{FAILED, all, limits};

/// The sandbox of the clean run.
const CLEAN: &str = "mutate-clean";

/// How long the clean run may take, unless the caller says otherwise.
const CLEAN_TIME: Duration = Duration::from_secs(600);

/// The least time that a mutant's run may take, unless the caller says otherwise.
const TIME_MIN: Duration = Duration::from_secs(30);

/// What a run is of.
struct Plan {
    server: Server,
    command: Vec<OsString>,
    clean: verdict::Run,
    time: Duration,
    stop: watch::Receiver<bool>,
}

/// Runs a command against mutants.
pub(super) fn run(arguments: &Run) -> Result<ExitCode, String> {
    for file in [&arguments.json, &arguments.junit].into_iter().flatten() {
        writable(file)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let report = runtime.block_on(reported(arguments));
    // What is still being answered has nobody who waits for it.
    runtime.shutdown_background();
    tell(arguments, &report?)
}

async fn reported(arguments: &Run) -> Result<Report, String> {
    let subject = subject::load(&arguments.what)?;
    let wanted = limits(&arguments.what, &subject.targets)?;
    let clean = SandboxId::parse(CLEAN).map_err(|error| error.to_string())?;
    let witness = Arc::new(Witness::of(subject.targets.clone(), clean.clone()));
    let server = Server::start(Start {
        definitions: subject.definitions,
        sources: subject.sources,
        cassette: subject.cassette,
        witness,
        seed: arguments.seed,
        clock: arguments.clock,
    });
    let server = server.await.map_err(|error| error.to_string())?;
    let stop = stopped().map_err(|error| error.to_string())?;
    let (ended, seen) = clean_run(arguments, &server, &clean, &stop).await?;
    let (mutants, uncalled) = mutants_of(&subject.targets, &seen, &wanted);
    let time = match arguments.timeout {
        Some(seconds) => Duration::from_secs(seconds),
        None => TIME_MIN.max(ended.took * 10 + Duration::from_secs(10)),
    };
    let plan = Arc::new(Plan {
        server,
        command: arguments.command.clone(),
        clean: left_behind(&ended, &seen),
        time,
        stop: stop.clone(),
    });
    let jobs = match arguments.jobs {
        Some(jobs) => jobs.get(),
        None => thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
    };
    let (outcomes, refused) = run_all(&plan, mutants, jobs).await;
    Ok(Report {
        of: subject.name,
        clean: ended.took,
        outcomes,
        uncalled,
        refused,
        broken_off: *stop.borrow(),
    })
}

/// Runs the command against an API in which nothing is wrong: it must pass.
async fn clean_run(
    arguments: &Run,
    server: &Server,
    sandbox: &SandboxId,
    stop: &watch::Receiver<bool>,
) -> Result<(Ended, Witnessed), String> {
    let url = server.open(sandbox, None).await?;
    let time = arguments.timeout.map_or(CLEAN_TIME, Duration::from_secs);
    let environment = environment(&url, sandbox, None);
    let ended = process::run(&arguments.command, &environment, time, stop.clone()).await;
    let ended = ended.map_err(|error| not_started(&arguments.command, &error))?;
    let seen = server.close(sandbox).await;
    match ended.status {
        _ if ended.stopped => Err("broken off during the clean run".into()),
        Some(status) if status.success() => Ok((ended, seen)),
        Some(status) => Err(format!(
            "the command must pass while nothing is wrong, and ended with {status}; it said:\n{}",
            ended.output
        )),
        None => Err(format!(
            "the command did not end within {} s while nothing is wrong; it said:\n{}",
            time.as_secs(),
            ended.output
        )),
    }
}

/// The mutants of what the clean run has called, and those of what it has not.
fn mutants_of(targets: &[Target], seen: &Witnessed, wanted: &Limits) -> (Vec<Mutant>, Vec<Mutant>) {
    let called: Vec<Target> = seen.targets.values().cloned().collect();
    let others = targets.iter().enumerate();
    let others = others.filter(|(at, _)| !seen.targets.contains_key(at));
    let others: Vec<Target> = others.map(|(_, target)| target.clone()).collect();
    let all_of_them = Limits {
        max: usize::MAX,
        ..wanted.clone()
    };
    (
        choose(all(&called), wanted),
        choose(all(&others), &all_of_them),
    )
}

/// Runs all mutants, so many at a time: what became of each, in their order, and those whose rules were not
/// taken.
async fn run_all(
    plan: &Arc<Plan>,
    mutants: Vec<Mutant>,
    jobs: usize,
) -> (Vec<Outcome>, Vec<(Mutant, String)>) {
    let mut progress = Progress::of(mutants.len());
    let mut waiting: VecDeque<(usize, Mutant)> = mutants.into_iter().enumerate().collect();
    let mut running = JoinSet::new();
    let (mut outcomes, mut refused) = (Vec::new(), Vec::new());
    loop {
        while running.len() < jobs
            && let Some((at, mutant)) = waiting.pop_front()
        {
            let plan = plan.clone();
            running.spawn(async move { (at, run_one(&plan, at, mutant).await) });
        }
        match running.join_next().await {
            None => break,
            Some(Ok((at, Ok(outcome)))) => {
                progress.done(&outcome);
                outcomes.push((at, outcome));
            }
            Some(Ok((_, Err(not_taken)))) => refused.push(*not_taken),
            Some(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
    progress.end();
    outcomes.sort_by_key(|(at, _)| *at);
    (outcomes.into_iter().map(|(_, it)| it).collect(), refused)
}

/// Runs the command against a mutant; why not, if the server does not take its rule or the command does not
/// start.
async fn run_one(plan: &Plan, at: usize, mutant: Mutant) -> Result<Outcome, Box<(Mutant, String)>> {
    if *plan.stop.borrow() {
        return Ok(untold(mutant));
    }
    let Ok(sandbox) = SandboxId::parse(&format!("mutant-{}", at + 1)) else {
        return Ok(untold(mutant));
    };
    let url = match plan.server.open(&sandbox, Some(&mutant)).await {
        Ok(url) => url,
        Err(why) => return Err(Box::new((mutant, why))),
    };
    let environment = environment(&url, &sandbox, Some(&mutant));
    let ended = process::run(&plan.command, &environment, plan.time, plan.stop.clone()).await;
    let seen = plan.server.close(&sandbox).await;
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => {
            let why = not_started(&plan.command, &error);
            return Err(Box::new((mutant, why)));
        }
    };
    if ended.stopped {
        return Ok(untold(mutant));
    }
    let run = left_behind(&ended, &seen);
    Ok(Outcome {
        fate: verdict::judge(&mutant, &run, &plan.clean),
        mutant,
        took: ended.took,
        injections: seen.injections,
        otherwise: verdict::otherwise(&run.ends, &plan.clean.ends),
        output: ended.output,
    })
}

/// A mutant that was not run.
fn untold(mutant: Mutant) -> Outcome {
    Outcome {
        mutant,
        fate: Fate::NotRun,
        took: Duration::ZERO,
        injections: Vec::new(),
        otherwise: Vec::new(),
        output: String::new(),
    }
}

fn left_behind(ended: &Ended, seen: &Witnessed) -> verdict::Run {
    verdict::Run {
        passed: ended.status.map(|status| status.success()),
        calls: seen.calls,
        injected: seen.injected,
        ends: seen.ends.clone(),
    }
}

fn environment(
    url: &str,
    sandbox: &SandboxId,
    mutant: Option<&Mutant>,
) -> [(&'static str, String); 3] {
    let mutant = mutant.map_or("", |mutant| &mutant.id);
    [
        ("SPARRING_URL", url.to_owned()),
        ("SPARRING_SANDBOX", sandbox.to_string()),
        ("SPARRING_MUTANT", mutant.to_owned()),
    ]
}

fn not_started(command: &[OsString], error: &io::Error) -> String {
    let program = command.first().map(|program| program.to_string_lossy());
    let program = program.unwrap_or_default();
    match error.kind() {
        io::ErrorKind::NotFound => format!("the command {program:?} is not found"),
        _ => format!("the command {program:?} cannot be started: {error}"),
    }
}

/// Listens for the signals that tell the process to stop, from now on.
fn stopped() -> io::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // Without anybody who listens, the run is over already.
        let _ = tell.send(true);
        tell.closed().await;
    });
    Ok(told)
}

/// Tells what became of the mutants, to whoever wants to know.
fn tell(arguments: &Run, report: &Report) -> Result<ExitCode, String> {
    let dash = Path::new("-");
    let json = || format!("{:#}\n", to_json(report));
    let text = match &arguments.json {
        Some(file) if file == dash => json(),
        Some(file) => {
            written(file, &json())?;
            to_text(report, arguments.verbose)
        }
        None => to_text(report, arguments.verbose),
    };
    if let Some(file) = &arguments.junit {
        written(file, &to_junit(report))?;
    }
    // A closed output has nobody who could be told.
    let _ = io::stdout().lock().write_all(text.as_bytes());
    let tenths = report.counts().score_tenths();
    let enough = arguments
        .min_score
        .is_none_or(|min| tenths.is_none_or(|tenths| tenths >= u64::from(min) * 10));
    Ok(match (report.broken_off, enough) {
        (true, _) => ExitCode::from(FAILED),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::FAILURE,
    })
}

/// Finds out before the run whether its report can be written.
fn writable(file: &Path) -> Result<(), String> {
    if file == Path::new("-") {
        return Ok(());
    }
    let opened = fs::OpenOptions::new().append(true).create(true).open(file);
    opened.map(drop).map_err(|error| unwritten(file, &error))
}

fn written(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| unwritten(file, &error))
}

fn unwritten(file: &Path, error: &io::Error) -> String {
    format!("{} cannot be written: {error}", file.display())
}
