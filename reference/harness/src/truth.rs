// SPDX-License-Identifier: Apache-2.0

//! What is true of a span, declared by the handler that made it, as attributes `truth.*`. No rule of the processor reads them.

use std::sync::OnceLock;

use tracing::Span;

use crate::cpu;

/// The finding that a span earns by what its handler does, whatever the load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Earns {
    Nothing,
    /// One poll of 20 ms.
    Blocking,
    /// Many polls, and never pending.
    NeverIdle,
    /// An entered guard over an await.
    Guard,
    /// Ends long after its parent.
    OutlivesParent,
}

impl Earns {
    fn finding(self) -> &'static str {
        match self {
            Earns::Nothing => "none",
            Earns::Blocking => "blocking_suspected",
            Earns::NeverIdle => "never_idle",
            Earns::Guard => "guard_across_await",
            Earns::OutlivesParent => "outlives_parent",
        }
    }
}

/// What the OpenTelemetry in use does for us.
pub struct Hooks {
    pub set_text: fn(&Span, &'static str, &'static str),
    pub set_number: fn(&Span, &'static str, i64),
    pub current_trace: fn() -> u128,
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

pub fn install(hooks: Hooks) {
    let _ = HOOKS.set(hooks);
}

pub fn current_trace() -> u128 {
    HOOKS.get().map_or(0, |h| (h.current_trace)())
}

/// The span of a handler or of a task that runs on a worker, and what it earns.
pub fn known(span: Span, earns: Earns) -> Span {
    cpu::this_is_a_worker();
    declare(span, earns)
}

/// The same of what may run on a thread of the blocking pool.
pub fn declare(span: Span, earns: Earns) -> Span {
    if let Some(h) = HOOKS.get() {
        (h.set_text)(&span, "truth.finding", earns.finding());
    }
    span
}

/// How long the task of this span waited for a worker, as the handler measured it.
pub fn queue_wait(span: &Span, nanos: u64) {
    if let Some(h) = HOOKS.get() {
        (h.set_number)(span, "truth.queue_wait_ns", nanos as i64);
    }
}
