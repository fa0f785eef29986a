// SPDX-License-Identifier: Apache-2.0

//! What the axum services share: routes for the handlers, and a server that loads itself. A service adds the layer that makes its spans.

use std::{convert::Infallible, future::IntoFuture, time::Duration};

use axum::{body::Body, routing::get, Router};
use futures_util::stream;
use harness::{
    handlers,
    load::{self, Weight},
    task_span,
    truth::{known, Earns},
    Args,
};
use tracing::Instrument;

/// The operations of a service, and how often they are asked for.
pub fn mix(args: &Args) -> Vec<Weight> {
    let mut mix = handlers::mix(args.healthy, args.current_thread);
    mix.push(("streams", 3));
    mix
}

/// Routes for all operations. `bare` is the name of the span that the service's layer makes for `block_bare`.
pub fn routes(mix: &[Weight], bare: &'static str) -> Router {
    let mut router = Router::new().route("/streams", get(streams));
    for &(operation, _) in mix.iter().filter(|weight| weight.0 != "streams") {
        router = router.route(&format!("/{operation}"), get(move || handlers::serve(operation, bare)));
    }
    router
}

/// A body of eight parts, 4 ms apart. Its span goes on after the handler has answered.
async fn streams() -> Body {
    let span = known(task_span!("streams"), Earns::Nothing);
    Body::from_stream(stream::unfold((0, span), |(part, span)| {
        let inside = span.clone();
        let next = async move {
            if part == 8 {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(4)).await;
            Some((Ok::<_, Infallible>("part"), (part + 1, span)))
        };
        next.instrument(inside)
    }))
}

/// Serves until the load has ended.
pub async fn serve(args: Args, mix: Vec<Weight>, router: Router) {
    let listener = tokio::net::TcpListener::bind("localhost:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = axum::serve(listener, router).into_future();
    let (over, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        load::http(address, &mix, &args);
        let _ = over.send(());
    });
    tokio::select! {
        result = tokio::spawn(server) => panic!("the server ended: {result:?}"),
        _ = end => (),
    }
}
