//! The time limit while the program waits for standard input: no code of it runs then that could look at the clock.
//! A thread ends the process; what the program has printed is out before it waits (`host::Console`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the thread looks after the time is over.
const PAUSE: Duration = Duration::from_millis(10);

/// Shared with the thread.
#[derive(Default)]
struct State {
    /// When the time is over; nothing without a limit.
    deadline: Mutex<Option<Instant>>,
    waiting: AtomicBool,
}

/// Watches waits. The thread is started with the first wait under a limit.
pub(super) struct Watch {
    state: Arc<State>,
    /// Ends the process with a message.
    end: fn(&str),
    /// The limit as the user wrote it.
    limit: String,
    started: bool,
}

impl Watch {
    /// Watches nothing yet.
    pub(super) fn new(limit: &str, end: fn(&str)) -> Watch {
        Watch { state: Arc::default(), end, limit: limit.to_string(), started: false }
    }

    /// The time that a run has from now on.
    pub(super) fn grant(&mut self, time: Option<Duration>) {
        let deadline = time.and_then(|t| Instant::now().checked_add(t));
        *self.state.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    /// Does something that may wait.
    pub(super) fn during<T>(&mut self, wait: impl FnOnce() -> T) -> T {
        if !self.started && self.state.deadline().is_some() {
            self.started = true;
            let (state, end, limit) = (self.state.clone(), self.end, self.limit.clone());
            // Without a thread the limit holds as soon as input comes.
            let _ =
                std::thread::Builder::new().name("watch".into()).spawn(move || watch(&state, end, &limit));
        }
        self.state.waiting.store(true, Ordering::SeqCst);
        let result = wait();
        self.state.waiting.store(false, Ordering::SeqCst);
        result
    }
}

impl State {
    fn deadline(&self) -> Option<Instant> {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn watch(state: &State, end: fn(&str), limit: &str) {
    loop {
        match state.deadline().map(|d| d.saturating_duration_since(Instant::now())) {
            Some(Duration::ZERO) if state.waiting.load(Ordering::SeqCst) => end(limit),
            Some(left) if !left.is_zero() => std::thread::sleep(left),
            _ => std::thread::sleep(PAUSE),
        }
    }
}
