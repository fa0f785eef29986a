// SPDX-License-Identifier: Apache-2.0

//! What all services of this workspace share.
//!
//! A service is a framework with the handlers of [`handlers`]. Each handler knows its truth: the finding that its span earns is
//! declared beside it ([`truth`]), and its long polls are entered in a ledger ([`ledger`]). From the ledger a span that ends learns for how
//! long all workers were inside the long polls of others, and from the scheduler of Linux for how long workers lacked a CPU
//! ([`cpu`], and [`lack`] where it has a limit). The load comes from threads of the same process ([`load`]), which share nothing with the runtime.
//!
//! This crate knows no version of OpenTelemetry; the crate `telemetry` connects it to one.

pub mod args;
pub mod clock;
pub mod cpu;
pub mod handlers;
pub mod lack;
pub mod ledger;
pub mod load;
pub mod measured;
pub mod outside;
pub mod portable;
pub mod truth;

pub use args::Args;
