// SPDX-License-Identifier: Apache-2.0

//! Tokio's bounded channel for several receivers. Tokio's has one receiver, which programs share behind a fair lock: one task at a time has
//! the turn to receive, and the others wait for it in the order in which they came. A single receiver never gets here but for a lock that
//! nobody contends for.

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
    turn: Option<u64>, // of the one that may receive; none: of whoever comes
    others: VecDeque<(u64, Waker)>,
    count: u64, // receives so far
}

impl Receivers {
    fn next_turn(&mut self) {
        self.turn = None;
        if let Some((number, waker)) = self.others.pop_front() {
            self.turn = Some(number);
            waker.wake();
        }
    }

    fn wait_for_turn(&mut self, number: u64, waker: &Waker) {
        match self.others.iter_mut().find(|(other, _)| *other == number) {
            Some((_, old)) => old.clone_from(waker),
            None => self.others.push_back((number, waker.clone())),
        }
    }
}

impl Channel {
    pub fn new(capacity: usize) -> Self {
        let (sender, receiver) = mpsc::channel(capacity);
        let receivers = Receivers {
            receiver,
            turn: None,
            others: VecDeque::new(),
            count: 0,
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
            number: 0,
        }
    }
}

pub struct Receive {
    receivers: &'static Mutex<Receivers>,
    number: u64, // 0: it has not been polled, or has its message
}

impl Future for Receive {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        let mut r = self.receivers.lock().unwrap();
        if self.number == 0 {
            r.count += 1;
            self.number = r.count;
        }
        if r.turn.is_some_and(|turn| turn != self.number) {
            r.wait_for_turn(self.number, context.waker());
            return Poll::Pending;
        }
        r.turn = Some(self.number);
        let message = r.receiver.poll_recv(context);
        if message.is_ready() {
            self.number = 0;
            r.next_turn();
        }
        message.map(|message| message.expect("the sender lives"))
    }
}

impl Drop for Receive {
    fn drop(&mut self) {
        if self.number == 0 {
            return;
        }
        let mut r = self.receivers.lock().unwrap();
        if r.turn == Some(self.number) {
            r.next_turn();
        } else {
            r.others.retain(|(number, _)| *number != self.number);
        }
    }
}
