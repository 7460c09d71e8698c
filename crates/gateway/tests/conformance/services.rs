//! Calls that V1 has for one PG alone.

use std::sync::Arc;

use dangol_gateway::service::{Served, Service, ServiceOrder};

use crate::subject::{GOOD_CARD, Held, Subject};

pub async fn services_of_one_pg_are_served_and_move_no_money(subject: Arc<Subject>) -> Held {
    let services = subject.gateway.services();
    if services.is_empty() {
        return Held::CannotBeShown("no service".to_owned());
    }
    let (order, receipt) = subject.approved(&subject.key(GOOD_CARD).await, 3000).await;
    let nowhere = subject.channel_to_nowhere().await;
    for service in services {
        let mut asked = ServiceOrder {
            order_id: order.order_id.clone(),
            merchant_uid: "order-1".to_owned(),
            name: order.name.clone(),
            receipt: receipt.clone(),
            values: examples(*service),
        };
        let (wire, channel) = (&subject.wire, &subject.channel);
        let served = service.call(wire, channel, &asked).await;
        assert!(matches!(served, Served::Done(_)), "{served:?}");
        let served = service.call(wire, &nowhere, &asked).await;
        assert!(matches!(served, Served::NotSent(_)), "{served:?}");
        asked.receipt.pg_tid = "1000000001".to_owned();
        let served = service.call(wire, channel, &asked).await;
        assert!(matches!(served, Served::Refused { .. }), "{served:?}");
    }
    assert_eq!(
        subject.journal(&order.order_id).len(),
        1,
        "the charge alone"
    );
    Held::Yes
}

fn examples(service: &dyn Service) -> std::collections::BTreeMap<&'static str, String> {
    let examples = service.params().iter();
    examples
        .map(|param| (param.name, param.example.to_owned()))
        .collect()
}
