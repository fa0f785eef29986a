// SPDX-License-Identifier: Apache-2.0

//! The result, as JSON on standard output.

use std::{collections::BTreeMap, sync::atomic::Ordering::Relaxed};

use serde_json::{json, Value};

use crate::{machine::Seen, plan::Plan, record};

pub fn print(plan: &Plan, counters: BTreeMap<&'static str, u64>, seen: &Seen, period_began: u64) {
    let requests: Vec<[u64; 5]> = record::requests()
        .iter()
        .map(|r| [&r.spawned, &r.first_poll, &r.end, &r.wait, &r.polls].map(|n| n.load(Relaxed)))
        .collect();
    let (threads, lost) = record::all_polls();
    let mut result = json!({
        "versions": versions(),
        "requests": requests,
        "counters": counters,
        "threads": seen.threads.iter().map(|t| json!({"name": t.name, "ran": t.ran, "waited": t.waited})).collect::<Vec<_>>(),
        "wall": seen.wall,
        "others": seen.others,
        "stolen": seen.stolen,
        "quota": seen.quota.map(|q| json!({"periods": q.periods, "throttled": q.throttled, "time": q.time, "began": period_began})),
        "lost_polls": lost,
        "recorded_polls": threads.iter().map(|(_, polls)| polls.len()).sum::<usize>(),
    });
    if plan.polls {
        let polls = |list: &[record::Polled]| -> Value {
            list.iter()
                .map(|p| json!([p.task, p.queued, p.start, p.end, u8::from(p.ready)]))
                .collect()
        };
        result["polls"] = threads
            .iter()
            .map(|(name, list)| json!({"thread": name, "polls": polls(list)}))
            .collect();
    }
    println!("{result}");
}

/// The releases of the crates that schedule tasks, as the lockfile has them.
fn versions() -> BTreeMap<&'static str, &'static str> {
    const LOCK: &str = include_str!("../../Cargo.lock");
    const CRATES: [&str; 7] = ["tokio", "async-executor", "async-std", "async-io", "async-task", "blocking", "smol"];
    let package = |text: &'static str| {
        let value = |key: &str| {
            text.lines()
                .find_map(|l| l.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
        };
        Some((value("name")?, value("version")?))
    };
    LOCK.split("[[package]]")
        .filter_map(package)
        .filter(|(name, _)| CRATES.contains(name))
        .collect()
}
