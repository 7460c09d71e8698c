//! The case of a PG that starts anew.

use std::sync::Arc;

use dangol_domain::Outcome;
use dangol_gateway::contract::Channel;
use dangol_gateway::sandbox::serve;
use tokio::net::TcpListener;

use crate::subject::{GOOD_CARD, Held, Subject};

/// A channel to a simulator that was made anew from what the ledger holds.
async fn anew(subject: &Subject) -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let simulator = (subject.make)(Arc::clone(&subject.world)).expect("a ledger that it can read");
    tokio::spawn(serve(listener, vec![simulator], std::future::pending()));
    let mut channel = subject.channel_to_nowhere().await;
    for host in channel.hosts.values_mut() {
        *host = format!("http://{address}/{}", subject.provider());
    }
    channel
}

pub async fn a_pg_that_starts_anew_knows_what_it_did(subject: Arc<Subject>) -> Held {
    let key = subject.key(GOOD_CARD).await;
    let (before, _) = subject.approved(&key, 3000).await;
    let (gateway, wire, channel) = (subject.gateway, &subject.wire, anew(&subject).await);
    let again = gateway.charge(wire, &channel, &key, &before).await;
    assert!(
        !matches!(again, Outcome::Declined(_) | Outcome::NotSent(_)),
        "the payment stands: {again:?}"
    );
    assert_eq!(subject.taken(&before.order_id), [3000]);
    let after = subject.charge_order(3000);
    let charged = gateway.charge(wire, &channel, &key, &after).await;
    assert!(matches!(charged, Outcome::Approved(_)), "{charged:?}");
    assert_eq!(subject.taken(&after.order_id), [3000]);
    Held::Yes
}
