// SPDX-License-Identifier: Apache-2.0

//! A socket whose peer answers after a time, to the microsecond. A peer that is a thread or a process would take a CPU from the
//! workers, and would answer late itself. So the descriptor is a timer of the kernel's: to epoll, and to the runtime, it is like any
//! other that becomes readable.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

pub fn open() -> OwnedFd {
    // Safety: the descriptor is new, and nobody else's.
    unsafe {
        let fd = libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK | libc::TFD_CLOEXEC);
        assert!(fd >= 0, "timerfd_create: {}", std::io::Error::last_os_error());
        OwnedFd::from_raw_fd(fd)
    }
}

pub fn readable_in(socket: &impl AsRawFd, nanos: u64) {
    let nanos = nanos.max(1); // 0 would stop the timer
                              // Safety: all zero is a valid itimerspec.
    let mut spec: libc::itimerspec = unsafe { std::mem::zeroed() };
    spec.it_value.tv_sec = (nanos / 1_000_000_000) as _;
    spec.it_value.tv_nsec = (nanos % 1_000_000_000) as _;
    // Safety: the pointers are valid during the call.
    let code = unsafe { libc::timerfd_settime(socket.as_raw_fd(), 0, &spec, std::ptr::null_mut()) };
    assert_eq!(code, 0, "timerfd_settime: {}", std::io::Error::last_os_error());
}

pub fn read(socket: &impl AsRawFd) -> std::io::Result<()> {
    let mut expired = 0u64;
    // Safety: a read of a timer writes 8 bytes.
    match unsafe { libc::read(socket.as_raw_fd(), std::ptr::from_mut(&mut expired).cast(), 8) } {
        8 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
