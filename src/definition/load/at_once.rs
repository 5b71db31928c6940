//! Work on several packs at once. To compile one needs nothing of what is made of another, and who starts
//! a server waits for all of them.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::COMPILER_STACK_BYTES;

/// Does the same with each item, on as many threads as there are processors. What came of them is in the
/// order of the items.
pub(super) fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(items.len());
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let waiting = Mutex::new(items.into_iter().enumerate());
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.next()
    };
    let until_done = || {
        let mut done = Vec::new();
        while let Some((number, item)) = next() {
            done.push((number, work(item)));
        }
        done
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                thread::Builder::new()
                    .name("definitions".into())
                    .stack_size(COMPILER_STACK_BYTES)
                    .spawn_scoped(scope, until_done)
            })
            .collect();
        let joined = threads.into_iter().map(|thread| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(error) => panic!("a thread that compiles definitions cannot start: {error}"),
        });
        joined.flatten().collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: usize) {
        let items: Vec<usize> = (0..count).collect();
        let twice = each(items.clone(), |item| 2 * item);
        let expected: Vec<usize> = items.iter().map(|item| 2 * item).collect();
        assert_eq!(twice, expected);
    }

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        for count in [0, 1, 2, 7, 1000] {
            check(count);
        }
    }
}
