// SPDX-License-Identifier: Apache-2.0

//! What to play. A plan is text: a line about the runtime, and a line for each request.
//!
//! ```json
//! {"runtime": "tokio", "workers": 2, "channels": [16], "mutexes": 1, "record": true}
//! {"at": 1000000, "steps": [["compute", 20000], ["spawn", 3, false, [["yield"]]], ["join"]]}
//! ```
//!
//! Times are nanoseconds, `at` counts from the first request's place on the clock, which the rig chooses. A request of tokio_per_core may
//! have a `core`, from 0, which has its connection.

use serde_json::Value;

#[derive(Default)]
pub struct Plan {
    pub runtime: String,
    pub workers: usize,
    pub disable_lifo_slot: bool,
    pub global_queue_interval: u32,  // 0: the runtime's own
    pub event_interval: u32,         // 0: the runtime's own
    pub max_blocking_threads: usize, // 0: the runtime's own
    pub bind: bool,                  // thread i of tokio_per_core runs on CPU i alone
    pub channels: Vec<usize>,        // capacities
    pub mutexes: usize,
    pub record: bool,   // every poll; otherwise only the ends of requests
    pub polls: bool,    // print them
    pub block_on: bool, // the requests' futures run in block_on, one after the other
    pub requests: Vec<Request>,
}

pub struct Request {
    pub at: u64,
    pub core: usize,
    pub steps: &'static [Step],
}

pub enum Step {
    Compute(u64),
    Block(u64),
    BlockInPlace(u64),
    Sleep(u64),
    Io(u64),
    SpawnBlocking(u64),
    File(u64),
    Yield,
    Spawn {
        count: u64,
        detached: bool,
        steps: &'static [Step],
    },
    Join,
    Cancel,
    Timeout(u64, &'static [Step]),
    Lock(usize),
    Unlock(usize),
    Send(usize),
    Receive(usize),
}

pub fn parse(text: &str) -> Result<Plan, String> {
    let mut lines = text.lines();
    let first = lines.next().ok_or("empty; want a line about the runtime")?;
    let mut plan = head(&json(first, 1)?);
    for (i, line) in lines.enumerate() {
        let request = json(line, i + 2)?;
        let steps = steps(&request["steps"]).map_err(|e| format!("line {}: {e}", i + 2))?;
        let at = request["at"].as_u64().ok_or_else(|| format!("line {}: at: missing", i + 2))?;
        let core = request["core"].as_u64().unwrap_or(0) as usize;
        if core >= plan.workers {
            return Err(format!(
                "line {}: core {core} is not allowed; want less than workers, {}",
                i + 2,
                plan.workers
            ));
        }
        plan.requests.push(Request { at, core, steps });
    }
    Ok(plan)
}

fn json(line: &str, number: usize) -> Result<Value, String> {
    serde_json::from_str(line).map_err(|e| format!("line {number}: {e}"))
}

fn head(v: &Value) -> Plan {
    let whole = |key: &str| v[key].as_u64().unwrap_or(0);
    let yes = |key: &str| v[key].as_bool().unwrap_or(false);
    Plan {
        runtime: v["runtime"].as_str().unwrap_or("").into(),
        workers: whole("workers").max(1) as usize,
        disable_lifo_slot: yes("disable_lifo_slot"),
        global_queue_interval: whole("global_queue_interval") as u32,
        event_interval: whole("event_interval") as u32,
        max_blocking_threads: whole("max_blocking_threads") as usize,
        channels: v["channels"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|c| c.as_u64().unwrap_or(1) as usize)
            .collect(),
        mutexes: whole("mutexes") as usize,
        bind: yes("bind"),
        record: yes("record"),
        polls: yes("polls"),
        block_on: yes("block_on"),
        requests: vec![],
    }
}

/// Plans live as long as the process, so that a task holds its steps without counting references.
fn steps(list: &Value) -> Result<&'static [Step], String> {
    let list = list.as_array().ok_or("steps: want a list")?;
    let steps: Result<Vec<Step>, String> = list.iter().map(step).collect();
    Ok(Box::leak(steps?.into_boxed_slice()))
}

fn step(v: &Value) -> Result<Step, String> {
    let name = v[0].as_str().ok_or("a step without a name")?;
    let number = || v[1].as_u64().ok_or_else(|| format!("{name}: want a number"));
    let object = || number().map(|n| n as usize);
    Ok(match name {
        "compute" => Step::Compute(number()?),
        "block" => Step::Block(number()?),
        "block_in_place" => Step::BlockInPlace(number()?),
        "sleep" => Step::Sleep(number()?),
        "io" => Step::Io(number()?),
        "spawn_blocking" => Step::SpawnBlocking(number()?),
        "file" => Step::File(number()?),
        "yield" => Step::Yield,
        "spawn" => Step::Spawn {
            count: number()?,
            detached: v[2].as_bool().unwrap_or(false),
            steps: steps(&v[3])?,
        },
        "join" => Step::Join,
        "cancel" => Step::Cancel,
        "timeout" => Step::Timeout(number()?, steps(&v[2])?),
        "lock" => Step::Lock(object()?),
        "unlock" => Step::Unlock(object()?),
        "send" => Step::Send(object()?),
        "receive" => Step::Receive(object()?),
        _ => return Err(format!("the rig has no step {name:?}")),
    })
}
