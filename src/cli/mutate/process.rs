//! The command, run once: in a process group of its own, for a limited time, and what it said.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// How much of the beginning of what a command says is kept, in bytes.
const HEAD_BYTES: usize = 16 << 10;

/// How much of the end is kept.
const TAIL_BYTES: usize = 48 << 10;

/// How long the rest of what a command has said is waited for once it has ended.
const REST_TIME: Duration = Duration::from_millis(500);

/// How a run of the command ended.
pub(super) struct Ended {
    /// Its status; nothing, if it did not end by itself.
    pub(super) status: Option<ExitStatus>,
    /// It was ended because everything is.
    pub(super) stopped: bool,
    /// How long it took.
    pub(super) took: Duration,
    /// What it said: the beginning and the end.
    pub(super) output: String,
}

/// Runs the command until it ends, until its time is over, or until `stop` says so; then whatever it has
/// started ends with it.
///
/// # Errors
/// When it cannot be started.
pub(super) async fn run(
    command: &[OsString],
    environment: &[(&str, String)],
    limit: Duration,
    mut stop: watch::Receiver<bool>,
) -> io::Result<Ended> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let started = stopwatch();
    let mut child = Command::new(program)
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let group = Group(child.id());
    let said = Arc::new(Mutex::new(Said::default()));
    let out = child
        .stdout
        .take()
        .map(|pipe| tokio::spawn(read(pipe, said.clone())));
    let errors = child
        .stderr
        .take()
        .map(|pipe| tokio::spawn(read(pipe, said.clone())));
    let (status, stopped) = tokio::select! {
        ended = timeout(limit, child.wait()) => match ended {
            Ok(status) => (Some(status?), false),
            Err(_) => (None, false),
        },
        _ = stop.wait_for(|stop| *stop) => (None, true),
    };
    let took = since(started);
    // Whatever it has left behind holds the pipes open, and ports.
    drop(group);
    if status.is_none() {
        end(&mut child).await;
    }
    for mut reader in [out, errors].into_iter().flatten() {
        if timeout(REST_TIME, &mut reader).await.is_err() {
            reader.abort();
        }
    }
    let output = said.lock().unwrap_or_else(PoisonError::into_inner).text();
    Ok(Ended {
        status,
        stopped,
        took,
        output,
    })
}

/// Makes sure that the command itself is gone.
async fn end(child: &mut Child) {
    // It may be gone already.
    let _ = child.start_kill();
    let _ = timeout(REST_TIME, child.wait()).await;
}

/// The processes that a command has started; they end when this goes.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let Some(leader) = self.0 else {
            return;
        };
        // A group that is empty by now is what most commands leave.
        let _ = std::process::Command::new("kill")
            .args(["-KILL", "--", &format!("-{leader}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

async fn read(mut pipe: impl AsyncRead + Unpin, said: Arc<Mutex<Said>>) {
    let mut buffer = [0; 8 << 10];
    while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.take(&buffer[..read]);
    }
}

/// The beginning and the end of what was said.
#[derive(Default)]
struct Said {
    head: Vec<u8>,
    tail: Vec<u8>,
    left_out: usize,
}

impl Said {
    fn take(&mut self, bytes: &[u8]) {
        let room = HEAD_BYTES - self.head.len();
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);
        self.tail.extend_from_slice(rest);
        // Only now and then, so that a chatty command costs no copy for each piece.
        if self.tail.len() > 2 * TAIL_BYTES {
            let gone = self.tail.len() - TAIL_BYTES;
            self.tail.drain(..gone);
            self.left_out += gone;
        }
    }

    fn text(&self) -> String {
        let too_much = self.tail.len().saturating_sub(TAIL_BYTES);
        let left_out = self.left_out + too_much;
        let (head, tail) = (&self.head, &self.tail[too_much..]);
        if left_out == 0 {
            return String::from_utf8_lossy(&[head, tail].concat()).into_owned();
        }
        format!(
            "{}\n… {left_out} bytes left out …\n{}",
            String::from_utf8_lossy(head),
            String::from_utf8_lossy(tail)
        )
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a command took is told, and limits the next"
)]
fn stopwatch() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a command took is told, and limits the next"
)]
fn since(started: Instant) -> Duration {
    started.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_story_the_beginning_and_the_end_are_kept() {
        let mut said = Said::default();
        said.take(b"begin ");
        for _ in 0..100 {
            said.take(&[b'x'; 4_000]);
        }
        said.take(b" end");
        let text = said.text();
        assert!(text.starts_with("begin xxx") && text.ends_with("xxx end"));
        let left_out = 6 + 400_000 + 4 - HEAD_BYTES - TAIL_BYTES;
        assert!(text.contains(&format!("… {left_out} bytes left out …")));

        let mut said = Said::default();
        said.take(b"all ");
        said.take(b"of it");
        assert_eq!(said.text(), "all of it");
    }
}
