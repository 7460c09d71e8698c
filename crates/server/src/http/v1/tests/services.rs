//! Calls that V1 has for one PG alone. That the PGs' own are reached is tested against their simulators; here it is what
//! is refused before a PG is asked.

use dangol_domain::State;
use dangol_gateway::GATEWAYS;
use dangol_gateway::service::{Required, Service, Shape};

use super::shop::{Answered, Shop};

fn all() -> Vec<&'static dyn Service> {
    let services = GATEWAYS.iter().flat_map(|entry| entry.gateway.services());
    let services: Vec<_> = services.copied().collect();
    assert!(services.len() >= 2);
    services
}

/// A form with the service's examples, but for what is changed; an empty value takes one out.
fn form(service: &dyn Service, uids: (&str, &str), change: (&str, &str)) -> String {
    let params = service.params().iter();
    let mut fields: Vec<(&str, &str)> = params.map(|param| (param.name, param.example)).collect();
    fields.extend([("imp_uid", uids.0), ("merchant_uid", uids.1)]);
    for field in fields.iter_mut().filter(|field| field.0 == change.0) {
        field.1 = change.1;
    }
    fields.retain(|field| !field.1.is_empty());
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

async fn ask(
    shop: &Shop,
    service: &dyn Service,
    uids: (&str, &str),
    change: (&str, &str),
) -> Answered {
    let path = service.path().replace("{imp_uid}", uids.0);
    let token = shop.token().await;
    let body = form(service, uids, change);
    shop.ask(&format!("POST {path}"), &[("authorization", &token)], body)
        .await
}

#[tokio::test]
async fn a_service_is_about_an_approved_payment_of_its_pg() {
    for shop in [Shop::sqlite().await, Shop::postgres().await] {
        let paid = shop.add_payment("paid-1", State::Paid, 1_000, None).await;
        let failed = shop
            .add_payment("failed-1", State::Failed, 1_000, None)
            .await;
        for service in all() {
            let nobody = ("imp_999999999999", "paid-1");
            let got = ask(&shop, service, nobody, ("", "")).await;
            let unknown = "존재하지 않는 결제정보입니다.";
            assert_eq!((got.status, got.code(), got.message()), (404, -1, unknown));
            if !service.path().contains("{imp_uid}") {
                // Both name it.
                let got = ask(&shop, service, (paid.as_str(), "paid-2"), ("", "")).await;
                assert_eq!((got.status, got.code(), got.message()), (404, -1, unknown));
                for missing in ["imp_uid", "merchant_uid"] {
                    let got = ask(&shop, service, (paid.as_str(), "paid-1"), (missing, "")).await;
                    assert_eq!((got.status, got.code()), (400, 1), "{}", got.text);
                    assert!(got.message().starts_with(missing), "{}", got.text);
                }
            }
            // The shop's payments are another PG's, approved or not.
            for (imp_uid, merchant_uid) in [(&paid, "paid-1"), (&failed, "failed-1")] {
                let got = ask(&shop, service, (imp_uid.as_str(), merchant_uid), ("", "")).await;
                assert_eq!((got.status, got.code()), (200, 1), "{}", got.text);
                assert!(
                    got.message().ends_with("결제건이 아닙니다."),
                    "{}",
                    got.text
                );
            }
            let path = service.path().replace("{imp_uid}", paid.as_str());
            let got = shop.ask(&format!("POST {path}"), &[], "").await;
            assert_eq!((got.status, got.message()), (401, "Unauthorized"));
            let got = shop.ask(&format!("GET {path}"), &[], "").await;
            assert_eq!((got.status, got.code()), (405, -1));
        }
        assert_eq!(shop.pg_calls(), 0);
    }
}

#[tokio::test]
async fn a_parameter_that_is_missing_or_wrong_is_named() {
    let shop = Shop::sqlite().await;
    let paid = shop.add_payment("paid-1", State::Paid, 1_000, None).await;
    let long = "x".repeat(500);
    for service in all() {
        for param in service.params() {
            let name = param.name;
            let wrong: &[&str] = match param.shape {
                Shape::Text(_) => &[&long],
                Shape::OneOf(_) => &["nonsense"],
                Shape::Time => &["soon", "-1", "99999999999999"],
            };
            let missing: &[&str] = match param.required {
                Required::Never => &[],
                // The examples fulfil the condition.
                Required::Always | Required::When(..) => &[""],
            };
            for value in wrong.iter().chain(missing) {
                let got = ask(&shop, service, (paid.as_str(), "paid-1"), (name, value)).await;
                assert_eq!(
                    (got.status, got.code()),
                    (400, 1),
                    "{name}={value}: {}",
                    got.text
                );
                assert!(
                    got.message().starts_with(&format!("{name}: ")),
                    "{}",
                    got.text
                );
            }
            // Where the condition is not met, nothing is missing: what is refused is the payment.
            if let Required::When(other, value) = param.required {
                let another = service.params().iter().find_map(|param| match param.shape {
                    Shape::OneOf(known) if param.name == other => {
                        known.iter().find(|known| **known != value)
                    }
                    _ => None,
                });
                let body = form(service, (paid.as_str(), "paid-1"), (name, ""));
                let body = format!("{body}&{other}={}", another.unwrap());
                let token = shop.token().await;
                let head = format!("POST {}", service.path());
                let got = shop.ask(&head, &[("authorization", &token)], body).await;
                assert_eq!((got.status, got.code()), (200, 1), "{name}: {}", got.text);
            }
        }
    }
}
