// SPDX-License-Identifier: Apache-2.0

//! Tokio's bounded channel for several receivers. Tokio's knows one waiting receiver; further ones queue up here, and each that gets a
//! message lets the next one wait at the channel itself. A single receiver never gets here but for a lock that nobody contends for.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
};

use tokio::sync::mpsc;

pub struct Channel {
    sender: mpsc::Sender<()>,
    receivers: Mutex<Receivers>,
}

struct Receivers {
    receiver: mpsc::Receiver<()>,
    waits: bool, // one at the channel
    others: VecDeque<Waker>,
}

impl Receivers {
    fn next(&mut self) {
        self.waits = false;
        if let Some(other) = self.others.pop_front() {
            other.wake();
        }
    }
}

impl Channel {
    pub fn new(capacity: usize) -> Self {
        let (sender, receiver) = mpsc::channel(capacity);
        let receivers = Receivers {
            receiver,
            waits: false,
            others: VecDeque::new(),
        };
        Channel {
            sender,
            receivers: Mutex::new(receivers),
        }
    }

    pub async fn send(&self) {
        self.sender.send(()).await.expect("the receiver lives");
    }

    pub fn receive(&'static self) -> Receive {
        Receive {
            receivers: &self.receivers,
            waits: false,
        }
    }
}

pub struct Receive {
    receivers: &'static Mutex<Receivers>,
    waits: bool, // at the channel
}

impl Future for Receive {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        let mut r = self.receivers.lock().unwrap();
        if r.waits && !self.waits {
            r.others.push_back(context.waker().clone());
            return Poll::Pending;
        }
        let message = r.receiver.poll_recv(context);
        if message.is_ready() {
            r.next();
        } else {
            r.waits = true;
        }
        self.waits = message.is_pending();
        message.map(|message| message.expect("the sender lives"))
    }
}

impl Drop for Receive {
    fn drop(&mut self) {
        if self.waits {
            self.receivers.lock().unwrap().next();
        }
    }
}
