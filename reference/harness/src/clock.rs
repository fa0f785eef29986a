// SPDX-License-Identifier: Apache-2.0

//! Time as the spans have it: nanoseconds since 1970, by the clock with which the SDK stamps them. Ledger and spans must agree, so a
//! clock that never steps would not do.

use std::time::{SystemTime, UNIX_EPOCH};

pub fn now() -> u64 {
    nanos(SystemTime::now())
}

pub fn nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64)
}

/// CPU time that this thread has used, in nanoseconds.
pub fn thread_cpu() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec that lives through the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
