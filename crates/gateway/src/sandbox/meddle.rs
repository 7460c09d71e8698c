//! Every request that a simulator serves begins at [`World::receive`] and ends at [`Meddling::finish`]: there it is
//! written down, and there the planned fault, if any, strikes.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;

use super::World;
use super::control::{Fault, Operation, Plan};

/// How long the answer of [`Fault::Huge`] is, bytes.
const HUGE_BYTES: usize = 10 * 1024 * 1024;
/// The gap between the bytes of [`Fault::Drip`] when the plan names none.
const DRIP_GAP_MS: u64 = 200;

/// A request as far as plans and the record of calls care.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    /// The provider.
    pub pg: &'static str,
    /// What is asked for.
    pub operation: Operation,
    /// The order it is about, when it can be told.
    pub order_id: Option<&'a str>,
    /// The amount it names, minor units.
    pub amount: Option<i64>,
    /// Faults that can be shown at this very place; plans with others wait for a later request.
    pub able: &'a [Fault],
}

/// What a plan still wants from a request that is being carried out. Empty almost always.
#[must_use]
pub struct Meddling(Option<Plan>);

impl World {
    /// Writes a request down and lets the plan that hits it strike. `Err` is the answer of a request that is not to be
    /// carried out.
    ///
    /// # Errors
    /// The answer to give at once.
    pub async fn receive(&self, incoming: Incoming<'_>) -> Result<Meddling, Response> {
        let Incoming {
            pg,
            operation,
            order_id,
            amount,
            able,
        } = incoming;
        self.calls().push(pg, operation, order_id, self.now_ms());
        let plan = self
            .control()
            .take(pg, operation, order_id, amount, |fault| {
                able.contains(&fault)
            });
        let Some(plan) = plan else {
            return Ok(Meddling(None));
        };
        if plan.delay_ms > 0 && plan.fault != Fault::Drip {
            tokio::time::sleep(Duration::from_millis(plan.delay_ms)).await;
        }
        match plan.fault {
            Fault::DropRequest => Err(close_connection()),
            Fault::Http500 => {
                Err((StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response())
            }
            _ => Ok(Meddling(Some(plan))),
        }
    }

    /// The planned fault of a notice that is about to be queued for an order, if any: the simulator makes it happen. The
    /// faults that it can show are in its declared table, under [`Operation::Notice`].
    pub fn notice_fault(&self, pg: &'static str, order_id: &str) -> Option<Fault> {
        let plan = self
            .control()
            .take(pg, Operation::Notice, Some(order_id), None, |_| true);
        plan.map(|plan| plan.fault)
    }
}

impl Meddling {
    fn is(&self, fault: Fault) -> Option<&Plan> {
        self.0.as_ref().filter(|plan| plan.fault == fault)
    }

    /// The code to refuse with: the plan's, else `usual`. `None` when nothing is to be refused.
    pub fn decline(&self, usual: &str) -> Option<String> {
        let plan = self.is(Fault::Decline)?;
        Some(plan.code.clone().unwrap_or_else(|| usual.to_owned()))
    }

    /// The time-out code to answer with although the request was carried out.
    pub fn says_timeout(&self, usual: &str) -> Option<String> {
        let plan = self.is(Fault::SaysTimeout)?;
        Some(plan.code.clone().unwrap_or_else(|| usual.to_owned()))
    }

    /// The amount to name in the answer: the true one, or another one where the plan wants a lie.
    pub fn told_amount(&self, amount: i64) -> i64 {
        amount + i64::from(self.is(Fault::WrongAmount).is_some())
    }

    /// Whether the answer's signature is to be wrong.
    pub fn breaks_signature(&self) -> bool {
        self.is(Fault::BadSignature).is_some()
    }

    /// The answer as it leaves, after what was asked for is done.
    pub fn finish(self, response: Response) -> Response {
        let Some(plan) = self.0 else { return response };
        match plan.fault {
            Fault::DropAnswer => close_connection(),
            Fault::Garbage => with_body(
                response,
                Body::from(&b"{\"code\":\"00\xff\xfe\x00<html>"[..]),
            ),
            Fault::Huge => {
                let filler = Bytes::from(vec![b' '; 64 * 1024]);
                let chunks =
                    futures::stream::iter(std::iter::repeat_n(filler, HUGE_BYTES / (64 * 1024)));
                with_body(
                    response,
                    Body::from_stream(chunks.map(Ok::<_, std::io::Error>)),
                )
            }
            Fault::Drip => {
                let gap = Duration::from_millis(if plan.delay_ms == 0 {
                    DRIP_GAP_MS
                } else {
                    plan.delay_ms
                });
                drip(response, gap)
            }
            _ => response,
        }
    }
}

/// The same status and headers over another body.
fn with_body(response: Response, body: Body) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}

/// The same answer, byte by byte.
fn drip(response: Response, gap: Duration) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    let bytes = body.into_data_stream().flat_map(move |chunk| {
        let bytes = chunk.unwrap_or_default();
        futures::stream::iter((0..bytes.len()).map(move |i| bytes.slice(i..=i)))
    });
    let slow = bytes.then(move |byte| async move {
        tokio::time::sleep(gap).await;
        Ok::<_, std::io::Error>(byte)
    });
    Response::from_parts(parts, Body::from_stream(slow))
}

/// Marks an answer that is none.
#[derive(Clone, Copy)]
pub(super) struct CloseConnection;

/// An answer upon which [`super::serve`] closes the connection without a byte.
pub fn close_connection() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(CloseConnection);
    response
}
