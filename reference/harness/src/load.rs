// SPDX-License-Identifier: Apache-2.0

//! The load: threads outside of the runtime that send requests over HTTP, one after the other, with a pause between them.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{outside, Args};

/// An operation and how often it is asked for, relative to the others.
pub type Weight = (&'static str, u32);

/// Asks for the operations of the mix until the time is over. The same clients ask in the same order each time.
pub fn http(address: SocketAddr, mix: &[Weight], args: &Args) {
    let end = Instant::now() + args.duration;
    std::thread::scope(|scope| {
        for client in 0..args.clients {
            std::thread::Builder::new()
                .name("client".into())
                .spawn_scoped(scope, move || {
                    outside::leave();
                    let agent = ureq::Agent::new_with_defaults();
                    let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (client as u64 + 1));
                    while Instant::now() < end {
                        std::thread::sleep(random.pause(args.pause));
                        let url = format!("http://{address}/{}", random.pick(mix));
                        if let Ok(mut response) = agent.get(&url).call() {
                            let _ = response.body_mut().read_to_string();
                        }
                    }
                })
                .expect("a thread for a client");
        }
    });
}

/// A generator of its own (splitmix64), so that the order of the requests is the same on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// An exponentially distributed pause, at most five times its mean.
    pub fn pause(&mut self, mean: Duration) -> Duration {
        mean.mul_f64((-(1.0 - self.unit()).ln()).min(5.0))
    }

    pub fn pick(&mut self, mix: &[Weight]) -> &'static str {
        let total: u64 = mix.iter().map(|w| u64::from(w.1)).sum();
        let mut at = self.next() % total;
        for &(operation, weight) in mix {
            if at < u64::from(weight) {
                return operation;
            }
            at -= u64::from(weight);
        }
        unreachable!("the weights sum up to the total")
    }
}
