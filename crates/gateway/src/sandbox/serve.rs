//! The simulators' origin.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{Html, Response};
use axum::routing::get;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::Simulator;
use super::form::escape;
use super::meddle::CloseConnection;

/// How long open connections may finish what they are at, after shutdown was asked for.
const DRAIN: Duration = Duration::from_secs(5);

/// All routes of the simulators' origin: each under its provider's name, and a page at `/` that lists them.
pub fn routes(simulators: &[Arc<dyn Simulator>]) -> Router {
    let names: Vec<_> = simulators
        .iter()
        .map(|simulator| simulator.provider())
        .collect();
    let page = index_page(&names);
    let start = Router::new().route("/", get(move || async move { Html(page) }));
    simulators.iter().fold(start, |routes, simulator| {
        routes.nest(
            &format!("/{}", simulator.provider()),
            Arc::clone(simulator).router(),
        )
    })
}

fn index_page(names: &[&str]) -> String {
    let items: String = names
        .iter()
        .map(|name| format!("<li><code>/{}</code></li>", escape(name)))
        .collect();
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Payment simulators</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><main><h1>Payment simulators</h1>\
         <p>This origin plays the payment gateways of a sandbox. No gateway is behind it and no money moves.</p>\
         <ul>{items}</ul></main></html>\n"
    )
}

/// Serves the simulators until `shutdown` ends, then lets open connections finish for a few seconds.
///
/// # Errors
/// None at present; a connection's error ends that connection only.
pub async fn serve(
    listener: TcpListener,
    simulators: Vec<Arc<dyn Simulator>>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let routes = routes(&simulators);
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Answers are single small writes; waiting to fill a packet only costs.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(connection(stream, routes.clone(), stopped.clone()));
                }
                // Out of descriptors, or a peer that gave up: neither ends the sandbox.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    stop.send_replace(true);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        connections.shutdown().await;
    }
    Ok(())
}

async fn connection<S>(stream: S, routes: Router, mut stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        answer(routes.clone(), request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // A connection that breaks, or that a plan closed, is nothing to report.
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// The connection is to be closed without a byte.
#[derive(Debug, thiserror::Error)]
#[error("closed as planned")]
struct Closed;

/// Answers one request. It runs in a task of its own: a PG finishes what it began, also when the merchant hangs up.
async fn answer(routes: Router, request: hyper::Request<Incoming>) -> Result<Response, Closed> {
    let request = request.map(Body::new);
    let response = tokio::spawn(routes.oneshot(request)).await;
    let response = response
        .map_err(|_| Closed)?
        .unwrap_or_else(|never: Infallible| match never {});
    match response.extensions().get::<CloseConnection>() {
        Some(CloseConnection) => Err(Closed),
        None => Ok(response),
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::post;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::mpsc;

    use super::*;
    use crate::sandbox::close_connection;

    const REQUEST: &[u8] = b"POST /do HTTP/1.1\r\nhost: pg\r\ncontent-length: 0\r\n\r\n";

    #[tokio::test]
    async fn a_closed_connection_carries_no_byte() {
        let routes = Router::new().route("/do", post(|| async { close_connection() }));
        let (mut client, server) = tokio::io::duplex(1024);
        let (_stop, stopped) = watch::channel(false);
        tokio::spawn(connection(server, routes, stopped));
        client.write_all(REQUEST).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        assert!(answer.is_empty());
    }

    #[tokio::test]
    async fn what_was_begun_is_finished_when_the_merchant_hangs_up() {
        let (begun, mut begins) = mpsc::channel::<()>(1);
        let (go, gone) = watch::channel(false);
        let (finished, mut finishes) = mpsc::channel::<()>(1);
        let work = move || {
            let (begun, mut gone, finished) = (begun.clone(), gone.clone(), finished.clone());
            async move {
                begun.send(()).await.unwrap();
                gone.wait_for(|gone| *gone).await.unwrap();
                finished.send(()).await.unwrap();
            }
        };
        let (mut client, server) = tokio::io::duplex(1024);
        let (_stop, stopped) = watch::channel(false);
        let served = tokio::spawn(connection(
            server,
            Router::new().route("/do", post(work)),
            stopped,
        ));
        client.write_all(REQUEST).await.unwrap();
        begins.recv().await.unwrap();
        drop(client);
        served.await.unwrap();
        go.send_replace(true);
        assert!(finishes.recv().await.is_some());
    }
}
