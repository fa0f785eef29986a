// SPDX-License-Identifier: Apache-2.0

//! Threads of the process that are not the service: clients, servers that it asks, and those that measure the truth. Where the service has a
//! CPU quota they leave it, and where it is bound to one CPU they are not.

use std::{fs, sync::Mutex};

/// Names the file that lets a thread out of the quota whose number is written into it.
const QUOTA: &str = "RUNTIMELAB_OUTSIDE_QUOTA";

static OUTSIDE: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// The calling thread leaves the service, and with it the threads that it makes from now on.
pub fn leave() {
    let thread = current();
    if let Ok(file) = std::env::var(QUOTA) {
        fs::write(&file, thread.to_string()).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    // SAFETY: all zeros are a set of no CPU, and the set lives through the call.
    unsafe {
        let mut all: libc::cpu_set_t = std::mem::zeroed();
        for cpu in 0..libc::CPU_SETSIZE as usize {
            libc::CPU_SET(cpu, &mut all);
        }
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &all);
    }
    OUTSIDE.lock().unwrap().push(thread);
}

/// The threads that have left.
pub fn threads() -> Vec<i32> {
    OUTSIDE.lock().unwrap().clone()
}

/// The number of the calling thread.
pub fn current() -> i32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::gettid() }
}
