// SPDX-License-Identifier: Apache-2.0

//! tonic: a server on two workers, and its client on a runtime of one thread in the same process. No code is generated: the messages are
//! empty, and the path names the operation.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use harness::{
    handlers, ledger,
    load::{Random, Weight},
    outside,
    truth::{declare, Earns},
    Args,
};
use tonic::{body::Body, codegen::http, codegen::Service, server::NamedService, transport::Server, Request, Response, Status};
use tonic_prost::ProstCodec;
use tracing::Instrument;

fn main() {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    ledger::shared_by(2);
    let provider = {
        let _context = runtime.enter();
        telemetry::start("tonic", &args, &[])
    };
    runtime.block_on(async {
        serve(args).await;
        // The exporter needs the runtime until its end.
        tokio::task::spawn_blocking(move || provider.shutdown())
            .await
            .expect("the pool")
            .expect("all spans sent");
    });
}

async fn serve(args: Args) {
    let mix = handlers::mix(args.healthy, false);
    let listener = tokio::net::TcpListener::bind("localhost:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let served = Server::builder()
        .trace_fn(|request| tracing::info_span!("grpc", otel.name = request.uri().path(), otel.kind = "server"))
        .add_service(Operations(mix.clone()))
        .serve_with_incoming(tonic::transport::server::TcpIncoming::from(listener));
    let (over, end) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("grpc-client".into())
        .spawn(move || {
            outside::leave();
            let client = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            client.block_on(load(format!("http://{address}"), mix, &args));
            let _ = over.send(());
        })
        .expect("a thread for the client");
    tokio::select! {
        result = tokio::spawn(served) => panic!("the server ended: {result:?}"),
        _ = end => (),
    }
}

#[derive(Clone)]
struct Operations(Vec<Weight>);

impl NamedService for Operations {
    const NAME: &'static str = "reference.Operations";
}

impl Service<http::Request<Body>> for Operations {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let name = request.uri().path().rsplit('/').next().unwrap_or("");
        let operation = self.0.iter().find(|weight| weight.0 == name).map(|weight| weight.0);
        Box::pin(async move {
            let Some(operation) = operation else {
                return Ok(Status::unimplemented("no such operation").into_http());
            };
            Ok(tonic::server::Grpc::new(ProstCodec::default())
                .unary(Operation(operation), request)
                .await)
        })
    }
}

struct Operation(&'static str);

impl Service<Request<()>> for Operation {
    type Response = Response<()>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<()>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let operation = self.0;
        Box::pin(async move {
            handlers::serve(operation, "/reference.Operations/block_bare").await;
            Ok(Response::new(()))
        })
    }
}

/// Clients that share a connection; each asks again after a pause.
async fn load(url: String, mix: Vec<Weight>, args: &Args) {
    let channel = tonic::transport::Channel::from_shared(url)
        .expect("an address")
        .connect()
        .await
        .expect("the server");
    let end = Instant::now() + args.duration;
    let mut asking = Vec::new();
    for client in 0..args.clients {
        let (mut grpc, mix, pause, lack) = (tonic::client::Grpc::new(channel.clone()), mix.clone(), args.pause, args.lack);
        asking.push(tokio::spawn(async move {
            let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (client as u64 + 1));
            while Instant::now() < end {
                tokio::time::sleep(random.pause(pause)).await;
                let path = format!("/reference.Operations/{}", random.pick(&mix));
                let span = if lack {
                    tracing::Span::none() // its thread is outside of the service's limits, as that of another process would be
                } else {
                    declare(tracing::info_span!("call", otel.kind = "client", rpc.method = path), Earns::Nothing)
                };
                async {
                    if grpc.ready().await.is_ok() {
                        let path = path.parse().expect("a path");
                        let _: Result<Response<()>, Status> = grpc.unary(Request::new(()), path, ProstCodec::<(), ()>::default()).await;
                    }
                }
                .instrument(span)
                .await;
            }
        }));
    }
    for client in asking {
        let _ = client.await;
    }
}
