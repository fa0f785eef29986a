// SPDX-License-Identifier: Apache-2.0

//! The command line that all services have.

use std::time::Duration;

use crate::lack;

#[derive(Clone, Debug)]
pub struct Args {
    /// Where the sidecar listens: `http://localhost:4317`. The scheme is needed: without one the exporter uses TLS.
    pub endpoint: String,
    pub protocol: Protocol,
    pub exporter: Exporter,
    /// How long requests are sent.
    pub duration: Duration,
    /// The same service without its offenders.
    pub healthy: bool,
    /// One thread instead of two workers, where the service can.
    pub current_thread: bool,
    /// Spans tell what their futures measured: poll_count, scheduled_ns, ...
    pub task_fields: bool,
    /// Requests at once.
    pub clients: usize,
    /// From an answer to the client's next request, on average.
    pub pause: Duration,
    /// The service.name, if it is not what the service is called by itself.
    pub name: Option<String>,
    /// Spans tell for how long they lacked a CPU.
    pub lack: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Protocol {
    Grpc,
    Http,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exporter {
    Batch,
    Simple,
}

impl Args {
    /// Reads the command line; ends the process with a word about what is wrong with it.
    pub fn parse() -> Self {
        let mut args = Args {
            endpoint: String::new(),
            protocol: Protocol::Grpc,
            exporter: Exporter::Batch,
            duration: Duration::from_secs(10),
            healthy: false,
            current_thread: false,
            task_fields: false,
            clients: 8,
            pause: Duration::from_millis(30),
            name: None,
            lack: false,
        };
        let mut words = std::env::args().skip(1);
        while let Some(flag) = words.next() {
            let mut value = |wanted: &str| words.next().unwrap_or_else(|| usage(&format!("{flag} wants {wanted}")));
            match flag.as_str() {
                "--endpoint" => args.endpoint = value("http://host:port"),
                "--protocol" => match value("grpc or http").as_str() {
                    "grpc" => args.protocol = Protocol::Grpc,
                    "http" => args.protocol = Protocol::Http,
                    other => usage(&format!("--protocol {other} is not allowed; want grpc or http")),
                },
                "--exporter" => match value("batch or simple").as_str() {
                    "batch" => args.exporter = Exporter::Batch,
                    "simple" => args.exporter = Exporter::Simple,
                    other => usage(&format!("--exporter {other} is not allowed; want batch or simple")),
                },
                "--duration" => args.duration = Duration::from_secs(number(&flag, &value("seconds"))),
                "--clients" => args.clients = number(&flag, &value("a number")) as usize,
                "--pause" => args.pause = Duration::from_millis(number(&flag, &value("milliseconds"))),
                "--name" => args.name = Some(value("a name")),
                "--lack" => args.lack = true,
                "--healthy" => args.healthy = true,
                "--current-thread" => args.current_thread = true,
                "--task-fields" => args.task_fields = true,
                _ => usage(&format!("{flag} is no flag")),
            }
        }
        if args.lack {
            lack::measure();
        }
        if args.endpoint.is_empty() {
            args.endpoint = match args.protocol {
                Protocol::Grpc => "http://localhost:4317".into(),
                Protocol::Http => "http://localhost:4318".into(),
            };
        }
        args
    }
}

fn number(flag: &str, value: &str) -> u64 {
    value
        .parse()
        .unwrap_or_else(|_| usage(&format!("{flag} {value} is no whole number")))
}

fn usage(wrong: &str) -> ! {
    eprintln!(
        "{wrong}\nusage: [--endpoint http://host:port] [--protocol grpc|http] [--exporter batch|simple] [--duration SECONDS] \
         [--clients N] [--pause MILLISECONDS] [--name NAME] [--lack] [--healthy] [--current-thread] [--task-fields]"
    );
    std::process::exit(2)
}
