//! What the server says of itself, against what it does: every described operation is called as the description's own
//! examples say, and every answer is what was promised.

use std::collections::BTreeSet;

use jsonschema::Validator;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, RequestBuilder};
use serde_json::{Map, Value, json};

use super::GOOD_CARD;
use super::sandbox::Sandbox;

/// The examples' names of billing keys, one of them to be deleted, and of our id.
const CUSTOMERS: [&str; 2] = ["gildong_0001_1234", "gildong_0002_1234"];
const IMP_UID: &str = "imps_448280090638";
/// Calls that build on one another. Their examples must succeed in this order; all others are called before, and
/// succeed as well.
const IN_ORDER: &[&str] = &[
    "chargeAgain",
    "getPayment",
    "findPayment",
    "findPaymentByStatus",
    "listPaymentsByIds",
    "listPaymentsOfOrder",
    "listPaymentsOfOrderByStatus",
    "listPaymentsByStatus",
    "listPaymentsOfCustomer",
    "getBalance",
    "cancelPayment",
    "getPayment",
    "getBalance",
    "prepareOrder",
    "changePreparedOrder",
    "getPreparedOrder",
    "registerSchedules",
    "getSchedule",
    "changeScheduleTime",
    "listSchedules",
    "listSchedulesOfCustomer",
    "listSchedulesUnderCustomer",
    "unschedule",
    "getSchedule",
    "reschedule",
    "unschedule",
    "retrySchedule",
    "getSchedule",
    "listCustomersByIds",
    "deleteCustomer",
    "listWebhooks",
    "getWebhook",
    "resendWebhook",
];
/// There is nothing to find.
const NEVER_SUCCEEDS: &[&str] = &["getTier"];
/// The examples' payment is of another gateway.
const ANOTHER_GATEWAYS: &str = "Calls of one gateway";
/// The examples' webhook.
const WEBHOOK: &str = "msg_019abcdef01230123456789abcdef";

/// An operation of the description.
struct Operation<'a> {
    id: &'a str,
    method: &'a str,
    path: &'a str,
    told: &'a Value,
}

/// The description, strict: an answer with a key that is not described is wrong as well.
struct Contract {
    document: Value,
}

impl Contract {
    async fn of(shop: &Sandbox) -> Contract {
        let mut document = shop.get("/openapi.json").await;
        assert_eq!(document["openapi"], "3.1.0");
        close(&mut document["components"]["schemas"]);
        Contract { document }
    }

    fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        let operations = paths.flat_map(|(path, item)| {
            let item = item.as_object().unwrap().iter();
            item.map(move |(method, told)| Operation {
                id: told["operationId"].as_str().unwrap(),
                method,
                path,
                told,
            })
        });
        operations.collect()
    }

    /// Follows a `$ref`.
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self
                .document
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or_else(|| panic!("{reference} leads nowhere")),
            None => value,
        }
    }

    /// Fails unless an answer is one of those that are described.
    fn check(&self, operation: &Operation<'_>, answered: &Answered) {
        let (id, status) = (operation.id, answered.status);
        let response = self.resolve(&operation.told["responses"][status.to_string()]);
        let schema = &response["content"]["application/json"]["schema"];
        assert!(
            schema.is_object(),
            "{id}: {status} is not described: {}",
            answered.body
        );
        assert_eq!(answered.kind, "application/json", "{id}");
        let mut whole = schema.clone();
        whole["components"] = self.document["components"].clone();
        let validator: Validator = jsonschema::draft202012::new(&whole).unwrap();
        let wrong: Vec<_> = validator
            .iter_errors(&answered.body)
            .map(|error| error.to_string())
            .collect();
        assert!(
            wrong.is_empty(),
            "{id}: {status}: {wrong:?}\n{}",
            answered.body
        );
    }

    /// What the example of a schema is: required properties and those that have an example.
    fn example(&self, schema: &Value) -> Option<Value> {
        let schema = self.resolve(schema);
        if let Some(example) = schema.get("example") {
            return Some(example.clone());
        }
        if let Some(item) = schema.get("items") {
            return Some(json!([self.example(item)?]));
        }
        let properties = schema["properties"].as_object()?;
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let mut example = Map::new();
        for (key, property) in properties {
            let must = required.iter().any(|name| name == key);
            match (self.example(property), must) {
                (Some(value), _) => drop(example.insert(key.clone(), value)),
                (None, true) => panic!("{key} is required and has no example"),
                (None, false) => {}
            }
        }
        Some(Value::Object(example))
    }
}

/// Forbids keys that are not described, in every object.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("properties").is_some_and(Value::is_object)
                && map.get("type") == Some(&json!("object"))
            {
                map.insert("additionalProperties".to_owned(), json!(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}

struct Answered {
    status: u16,
    kind: String,
    body: Value,
}

/// A caller, who knows the ids that the examples stand for.
struct Caller<'a> {
    shop: &'a Sandbox,
    http: Client,
    imp_uid: String,
    webhook: String,
}

impl Caller<'_> {
    /// The request that the examples make; `unknown` names something else in the path.
    fn request(
        &self,
        contract: &Contract,
        operation: &Operation<'_>,
        unknown: bool,
    ) -> RequestBuilder {
        let (mut path, mut query) = (operation.path.to_owned(), Vec::new());
        for parameter in operation.told["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = parameter["name"].as_str().unwrap();
            let example = parameter
                .get("example")
                .cloned()
                .or_else(|| contract.example(&parameter["schema"]));
            let all = match &example {
                Some(Value::Array(list)) => list.clone(),
                Some(one) => vec![one.clone()],
                None => Vec::new(),
            };
            let text = |value: &Value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            };
            let mut texts = all
                .iter()
                .map(text)
                .map(|text| text.replace(IMP_UID, &self.imp_uid))
                .map(|text| text.replace(WEBHOOK, &self.webhook));
            match parameter["in"].as_str() {
                Some("path") if unknown => path = path.replace(&format!("{{{name}}}"), "unknown"),
                Some("path") => {
                    let text = texts
                        .next()
                        .unwrap_or_else(|| panic!("{name} has no example"));
                    path = path.replace(&format!("{{{name}}}"), &text);
                }
                Some("query") => {
                    query.extend(texts.map(|text| format!("{}={}", encode(name), encode(&text))))
                }
                _ => {}
            }
        }
        let method = operation.method.to_uppercase().parse().unwrap();
        let url = format!("{}{path}?{}", self.shop.url(), query.join("&"));
        self.http.request(method, url)
    }

    fn body(&self, contract: &Contract, operation: &Operation<'_>) -> Option<Value> {
        let schema = &operation.told["requestBody"]["content"]["application/json"]["schema"];
        let mut body = schema
            .is_object()
            .then(|| contract.example(schema).unwrap())?;
        if operation.id == "getToken" {
            body["imp_secret"] = json!(super::sandbox::SECRET);
        }
        Some(body)
    }

    /// Calls as the examples say.
    async fn call(&self, contract: &Contract, operation: &Operation<'_>) -> Answered {
        let mut request = self
            .request(contract, operation, false)
            .header("authorization", self.shop.token());
        if let Some(body) = self.body(contract, operation) {
            request = request
                .body(body.to_string())
                .header("content-type", "application/json");
        }
        send(request).await
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

async fn send(request: RequestBuilder) -> Answered {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let kind = response
        .headers()
        .get("content-type")
        .map(|kind| kind.to_str().unwrap().to_owned());
    let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    Answered {
        status,
        kind: kind.unwrap_or_default(),
        body,
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test asks as anybody does")]
async fn every_described_call_answers_as_described() {
    let shop = Sandbox::start().await;
    shop.hear_webhooks().await;
    for customer in CUSTOMERS {
        shop.register(customer, GOOD_CARD).await;
    }
    let contract = Contract::of(&shop).await;
    let mut caller = Caller {
        shop: &shop,
        http: Client::new(),
        imp_uid: IMP_UID.to_owned(),
        webhook: WEBHOOK.to_owned(),
    };
    let operations = contract.operations();
    for operation in &operations {
        wrong_calls(&caller, &contract, operation).await;
    }
    let (ordered, free): (Vec<_>, Vec<_>) = operations
        .iter()
        .partition(|operation| IN_ORDER.contains(&operation.id));
    let named: BTreeSet<_> = ordered.iter().map(|operation| operation.id).collect();
    assert_eq!(
        named,
        IN_ORDER.iter().copied().collect(),
        "all of these are described"
    );
    let find = |id: &&str| {
        *ordered
            .iter()
            .find(|operation| operation.id == *id)
            .unwrap()
    };
    for operation in free.into_iter().chain(IN_ORDER.iter().map(find)) {
        let answered = caller.call(&contract, operation).await;
        contract.check(operation, &answered);
        if operation.id == "chargeAgain" {
            caller.imp_uid = answered.body["response"]["imp_uid"]
                .as_str()
                .unwrap()
                .to_owned();
            caller.webhook = shop.told_about(&caller.imp_uid).await;
        }
        let done = (answered.status, &answered.body["code"]) == (200, &json!(0));
        assert_eq!(
            done,
            !NEVER_SUCCEEDS.contains(&operation.id)
                && operation.told["tags"][0] != ANOTHER_GATEWAYS,
            "{}: {}",
            operation.id,
            answered.body
        );
    }
}

/// Without a token, about something that is not there, and with an empty body.
async fn wrong_calls(caller: &Caller<'_>, contract: &Contract, operation: &Operation<'_>) {
    let open = operation.told["security"].is_array();
    let answered = send(caller.request(contract, operation, false)).await;
    contract.check(operation, &answered);
    assert_eq!(
        open,
        answered.status != 401,
        "{}: {}",
        operation.id,
        answered.body
    );
    for unknown in [false, true] {
        if !unknown && operation.told["requestBody"].is_null() {
            continue;
        }
        let request = caller.request(contract, operation, unknown);
        let answered = send(
            request
                .header("authorization", caller.shop.token())
                .body("{}"),
        )
        .await;
        contract.check(operation, &answered);
    }
}
