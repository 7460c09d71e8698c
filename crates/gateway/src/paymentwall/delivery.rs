//! How a delivery stands: V1's `/paymentwall/delivery`. A merchant who ships goods and does not tell is not paid out.

use async_trait::async_trait;
use dangol_domain::{Failure, FailureClass};
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;

use super::fields;
use super::messages::{Delivered, Params};
use super::notice::is_test_channel;
use super::talk::{NoAnswer, ask_brick_as, not_connected};
use crate::contract::Channel;
use crate::lenient::{Text, said};
use crate::service::{Param, Required, Served, Service, ServiceOrder, Shape};
use crate::wire::Wire;

/// Tells Paymentwall how a delivery stands.
pub struct Delivery;

/// V1's parameters with V1's lengths; `status` alone may be longer than V1 says, because V1's own words are.
const PARAMS: &[Param] = &[
    always("type", Shape::OneOf(&["physical", "digital"]), "physical"),
    always(
        "status",
        Shape::OneOf(&["order_placed", "order_shipped", "delivering", "delivered"]),
        "order_shipped",
    ),
    shipped("carrier_tracking_id", 64, "622123456789"),
    shipped("carrier_type", 64, "CJ Logistics"),
    always("estimated_delivery_datetime", Shape::Time, "1795134960"),
    always("estimated_update_datetime", Shape::Time, "1795134960"),
    maybe("reason", 64, "none"),
    always("refundable", Shape::OneOf(&["yes", "no"]), "yes"),
    maybe("details", 400, "one parcel"),
    always(
        "shipping_address_email",
        Shape::Text(50),
        "jack@example.com",
    ),
    shipped("shipping_address_country", 40, "KR"),
    shipped("shipping_address_city", 40, "Seoul"),
    shipped("shipping_address_zip", 40, "06236"),
    shipped("shipping_address_state", 40, "N/A"),
    shipped("shipping_address_street", 40, "Teheran-ro 1"),
    shipped("shipping_address_phone", 40, "01012345678"),
    shipped("shipping_address_firstname", 40, "Jack"),
    shipped("shipping_address_lastname", 40, "Son"),
];

const fn always(name: &'static str, shape: Shape, example: &'static str) -> Param {
    Param {
        name,
        shape,
        required: Required::Always,
        example,
    }
}

const fn shipped(name: &'static str, max: usize, example: &'static str) -> Param {
    Param {
        name,
        shape: Shape::Text(max),
        required: Required::When("type", "physical"),
        example,
    }
}

const fn maybe(name: &'static str, max: usize, example: &'static str) -> Param {
    Param {
        name,
        shape: Shape::Text(max),
        required: Required::Never,
        example,
    }
}

/// V1's names of what Paymentwall takes as it is, and Paymentwall's.
const TAKEN: &[(&str, &str)] = &[
    ("type", "type"),
    ("status", "status"),
    ("reason", "reason"),
    ("carrier_tracking_id", "carrier_tracking_id"),
    ("carrier_type", "carrier_type"),
    ("shipping_address_email", "shipping_address[email]"),
    ("shipping_address_country", "shipping_address[country]"),
    ("shipping_address_city", "shipping_address[city]"),
    ("shipping_address_zip", "shipping_address[zip]"),
    ("shipping_address_state", "shipping_address[state]"),
    ("shipping_address_street", "shipping_address[street]"),
    ("shipping_address_phone", "shipping_address[phone]"),
    ("shipping_address_firstname", "shipping_address[firstname]"),
    ("shipping_address_lastname", "shipping_address[lastname]"),
];

#[async_trait]
impl Service for Delivery {
    fn path(&self) -> &'static str {
        "/paymentwall/delivery"
    }

    fn params(&self) -> &'static [Param] {
        PARAMS
    }

    async fn call(&self, wire: &dyn Wire, channel: &Channel, order: &ServiceOrder) -> Served {
        let Some(form) = form(channel, order) else {
            let text =
                "the receipt has no number of a Paymentwall charge, or a time cannot be written";
            return Served::NotSent(Failure::new(FailureClass::NotFound, "", text));
        };
        let key = channel.credential("secret_key");
        match ask_brick_as(wire, channel, "/api/delivery", Some(&form), key).await {
            Ok(told) => match told.described() {
                Ok(answer) => delivered(&answer),
                Err(no_answer) => Served::Unknown(no_answer.seen()),
            },
            Err(NoAnswer::NotConnected) => Served::NotSent(not_connected()),
            Err(no_answer) => Served::Unknown(no_answer.seen()),
        }
    }
}

fn form(channel: &Channel, order: &ServiceOrder) -> Option<Params> {
    let id = fields::plain_id(&order.receipt.pg_tid)?;
    let details = match order.value("details") {
        "" => fields::description(&order.name),
        details => details.to_owned(),
    };
    let refundable = match order.value("refundable") {
        "yes" => "1",
        _ => "0",
    };
    let mut form = vec![
        ("payment_id", fields::reference(channel, id)),
        ("merchant_reference_id", order.merchant_uid.clone()),
        ("refundable", refundable.to_owned()),
        ("details", details),
    ];
    for name in ["estimated_delivery_datetime", "estimated_update_datetime"] {
        form.push((name, time_of(order.value(name))?));
    }
    for (ours, theirs) in TAKEN {
        match order.value(ours) {
            "" => {}
            value => form.push((theirs, value.to_owned())),
        }
    }
    if is_test_channel(channel) {
        form.push(("is_test", "1".to_owned()));
    }
    Some(form)
}

/// Unix seconds as deliveries write a time: `2017/01/15 15:04:55 +0000`.
fn time_of(seconds: &str) -> Option<String> {
    let format = format_description!("[year]/[month]/[day] [hour]:[minute]:[second] +0000");
    let time = OffsetDateTime::from_unix_timestamp(seconds.parse().ok()?).ok()?;
    time.format(format).ok()
}

/// Done where Paymentwall says success and no error. V1 hands Paymentwall's own words of a refusal on.
fn delivered(answer: &Delivered) -> Served {
    let code = answer.error_code.some().or(answer.code.some());
    let error = answer.error.some();
    match (answer.success.0.as_str(), code, error) {
        ("1" | "true", None, None) => Served::Done(json!({ "success": 1 })),
        (_, None, None) => {
            Served::Unknown("Paymentwall did not say whether it took the delivery".to_owned())
        }
        (_, code, error) => {
            let notices = answer.notices.iter().map(|Text(notice)| said(notice));
            let notices: Vec<String> = notices.collect();
            let error = said(error.unwrap_or("페이먼트월이 거절했습니다."));
            let message = match notices.is_empty() {
                true => error.clone(),
                false => format!("{error} ({})", notices.join(" / ")),
            };
            let code: Option<i64> = code.and_then(|code| code.parse().ok());
            Served::Refused {
                message,
                detail: Some(json!({ "error": error, "error_code": code, "notices": notices })),
            }
        }
    }
}
