//! Services: calls of V1 that exist for one PG alone, such as how a delivery stands. A PG's folder declares them with their
//! paths and parameters, and whoever serves V1 routes them without knowing the PG. No service moves money.

use std::collections::BTreeMap;

use async_trait::async_trait;
use dangol_domain::{Failure, Receipt};
use serde_json::Value;

use crate::contract::Channel;
use crate::wire::Wire;

/// A service of a PG, about one of its payments.
#[async_trait]
pub trait Service: Send + Sync {
    /// V1's path, asked by POST. With `{imp_uid}` in it the path names the payment; else the parameters `imp_uid` and
    /// `merchant_uid` do, both of them.
    fn path(&self) -> &'static str;

    /// The parameters beside those that name the payment, in the order in which a missing one is told.
    fn params(&self) -> &'static [Param];

    /// The HTTP status of a refusal of the PG's, as V1 answers it.
    fn refusal_status(&self) -> u16 {
        200
    }

    /// Asks the PG.
    async fn call(&self, wire: &dyn Wire, channel: &Channel, order: &ServiceOrder) -> Served;
}

/// A parameter of a service.
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: Required,
    /// A value that the PG takes.
    pub example: &'static str,
}

/// What a parameter may be.
pub enum Shape {
    /// A text of at most so many characters.
    Text(usize),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A time, unix seconds.
    Time,
}

/// Whether a parameter must be there.
pub enum Required {
    /// In each call.
    Always,
    /// Only where another parameter has this value.
    When(&'static str, &'static str),
    /// In none.
    Never,
}

/// What a service is asked.
pub struct ServiceOrder {
    /// Our order number: the payment's `imp_uid`.
    pub order_id: String,
    /// The merchant's order number.
    pub merchant_uid: String,
    /// The order's name; empty when it has none.
    pub name: String,
    /// The PG's approval of the payment.
    pub receipt: Receipt,
    /// The parameters that were given, by name; each of its shape.
    pub values: BTreeMap<&'static str, String>,
}

impl ServiceOrder {
    /// A parameter; empty when it was not given.
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }
}

/// How a service ended.
#[derive(Debug)]
pub enum Served {
    /// The PG did it. What V1 answers, an object.
    Done(Value),
    /// The PG refused.
    Refused {
        /// Why, in the PG's words, without secrets.
        message: String,
        /// What V1 answers beside the text; nothing at most PGs.
        detail: Option<Value>,
    },
    /// The PG was not asked.
    NotSent(Failure),
    /// Nobody knows. The text says what was seen, without secrets.
    Unknown(String),
}
