// SPDX-License-Identifier: Apache-2.0

//! Tells of each span what the ledger and the scheduler of Linux know, and passes it on.

use std::{
    sync::{
        mpsc::{channel, Receiver, Sender},
        Arc, OnceLock,
    },
    time::Duration,
};

use harness::{clock, cpu, lack, ledger, outside};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
    Resource,
};

use crate::polls::{self, Polls};

#[derive(Debug)]
pub struct Truth<P> {
    next: Arc<P>,
    /// Where spans wait until it is known what they lacked.
    later: OnceLock<Sender<Message>>,
}

impl<P> Truth<P> {
    pub fn new(next: P) -> Self {
        Truth {
            next: Arc::new(next),
            later: OnceLock::new(),
        }
    }
}

#[derive(Debug)]
enum Message {
    Ended(Box<Ended>),
    /// All that came before is to be passed on first.
    Flush(Sender<()>),
}

#[derive(Debug)]
struct Ended {
    span: SpanData,
    polls: Polls,
    held: Option<ledger::HeldUp>,
    /// The thread that polled it, where no other would have.
    thread: Option<i32>,
}

impl<P: SpanProcessor + 'static> SpanProcessor for Truth<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.next.on_start(span, context);
    }

    fn on_end(&self, mut span: SpanData) {
        let (start, end) = (clock::nanos(span.start_time), clock::nanos(span.end_time));
        let trace = u128::from_be_bytes(span.span_context.trace_id().to_bytes());
        let held = cpu::is_worker().then(|| ledger::held_up(trace, start, end)).flatten();
        if lack::is_measured() {
            let ended = Ended {
                span,
                polls: polls::of_this_span().unwrap_or_default(),
                held,
                thread: (!cpu::is_worker() || !ledger::is_shared()).then(outside::current),
            };
            let _ = self.later().send(Message::Ended(Box::new(ended)));
            return;
        }
        declare_held_up(&mut span, held);
        span.attributes
            .push(KeyValue::new("truth.cpu_wait_ns", cpu::wait_since(start) as i64));
        self.next.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flush();
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.flush();
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        Arc::get_mut(&mut self.next)
            .expect("no span has ended before the provider is built")
            .set_resource(resource);
    }
}

impl<P: SpanProcessor + 'static> Truth<P> {
    fn later(&self) -> &Sender<Message> {
        self.later.get_or_init(|| {
            let (send, receive) = channel();
            let next = self.next.clone();
            std::thread::Builder::new()
                .name("truth-spans".into())
                .spawn(move || pass_on(&receive, next.as_ref()))
                .expect("a thread for the spans");
            send
        })
    }

    fn flush(&self) {
        let Some(later) = self.later.get() else { return };
        let (done, wait) = channel();
        if later.send(Message::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }
}

/// Passes spans on once each wait for a CPU that they suffered is counted.
fn pass_on(messages: &Receiver<Message>, next: &impl SpanProcessor) {
    outside::leave();
    for message in messages {
        match message {
            Message::Ended(ended) => {
                let settled = clock::nanos(ended.span.end_time) + lack::SETTLED.as_nanos() as u64;
                std::thread::sleep(Duration::from_nanos(settled.saturating_sub(clock::now())));
                next.on_end(ended.with_lack());
            }
            Message::Flush(done) => drop(done.send(())),
        }
    }
}

impl Ended {
    fn with_lack(mut self) -> SpanData {
        let (start, end) = (clock::nanos(self.span.start_time), clock::nanos(self.span.end_time));
        // What all workers were held up by while they had no CPU was no poll.
        let held = self.held.map(|mut held| {
            held.nanos = held.nanos.saturating_sub(lack::within(&held.times, self.thread).own);
            held
        });
        declare_held_up(&mut self.span, held.filter(|held| held.nanos > 0));
        let idle = lack::within(&self.polls.gaps(start, end), self.thread).any;
        self.span
            .attributes
            .push(KeyValue::new("truth.lacked_polled_ns", self.polls.lacked() as i64));
        self.span.attributes.push(KeyValue::new("truth.lacked_idle_ns", idle as i64));
        self.span
    }
}

fn declare_held_up(span: &mut SpanData, held: Option<ledger::HeldUp>) {
    if let Some(held) = held {
        span.attributes.push(KeyValue::new("truth.held_up_ns", held.nanos as i64));
        span.attributes.push(KeyValue::new("truth.held_up_by", held.by));
    }
}
