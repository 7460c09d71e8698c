//! The description of the API against the routes and the objects that there are.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::shop::Shop;
use crate::http::v1::{description, elsewhere, routes};

const METHODS: [&str; 5] = ["delete", "get", "patch", "post", "put"];

fn document() -> Value {
    serde_json::from_slice(&description::JSON).unwrap()
}

/// The described operations: path and method.
fn described(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| (path.clone(), method.clone()))
    });
    operations.collect()
}

#[tokio::test]
async fn what_is_routed_is_described_and_nothing_else() {
    let shop = Shop::sqlite().await;
    let not_built: BTreeSet<&str> = elsewhere::routes().map(|(path, _)| path).collect();
    let mut routed = BTreeSet::new();
    for (path, _) in routes() {
        if not_built.contains(path) {
            continue;
        }
        let url = path.replace(['{', '}'], "");
        for method in METHODS {
            let head = format!("{} {url}", method.to_uppercase());
            // Without a token nothing is done, but what is routed is not a 405.
            if shop.ask(&head, &[], "").await.status != 405 {
                routed.insert((path.to_owned(), method.to_owned()));
            }
        }
    }
    let described = described(&document());
    let difference: Vec<_> = routed.symmetric_difference(&described).collect();
    assert!(
        difference.is_empty(),
        "routed or described, but not both: {difference:?}"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let document = document();
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let used: BTreeSet<&str> = text
        .split("#/components/schemas/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let known: BTreeSet<&str> = schemas.keys().map(String::as_str).collect();
    assert_eq!(used, known);
}

/// Whoever changes what a client sees should see it here. What is really answered is compared with the description by
/// `tests/rest/contract.rs`.
#[test]
fn the_objects_of_the_api() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut table = String::new();
    for (name, schema) in schemas {
        writeln!(table, "{name}").unwrap();
        match schema["properties"].as_object() {
            Some(properties) => {
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                for (key, property) in properties {
                    let mark = match required.iter().any(|name| name == key) {
                        true => "",
                        false => "?",
                    };
                    writeln!(table, "  {key}{mark}: {}", kind(property)).unwrap();
                }
            }
            None => writeln!(table, "  {}", kind(schema)).unwrap(),
        }
    }
    insta::assert_snapshot!(table);
}

/// A type in a word: `string | null`.
fn kind(schema: &Value) -> String {
    let joined = |all: &Value| {
        let all = all.as_array().into_iter().flatten();
        all.map(kind).collect::<Vec<_>>().join(" | ")
    };
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or("").to_owned();
    }
    if schema["oneOf"].is_array() {
        return joined(&schema["oneOf"]);
    }
    if let Some(values) = schema["enum"].as_array() {
        let words: Vec<_> = values.iter().map(Value::to_string).collect();
        return words.join(" | ");
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("[{}]", kind(&schema["items"])),
        Value::String(name) if name == "object" && schema["properties"].is_object() => {
            let properties = schema["properties"].as_object().unwrap().iter();
            let inside: Vec<_> = properties
                .map(|(key, property)| format!("{key}: {}", kind(property)))
                .collect();
            format!("{{{}}}", inside.join(", "))
        }
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let items = &schema["items"];
            let names = names.iter().filter_map(Value::as_str);
            let word = |name| match name {
                "array" => format!("[{}]", kind(items)),
                name => name.to_owned(),
            };
            names.map(word).collect::<Vec<_>>().join(" | ")
        }
        _ => "any".to_owned(),
    }
}
