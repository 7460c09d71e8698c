//! What holds for the whole description, so that no handler has to say it.

use utoipa::Modify;
use utoipa::openapi::path::{Operation, Parameter, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{ArrayItems, Schema, SchemaType};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, ResponseBuilder, Type,
};

/// The four ways to send a token.
pub struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("`Authorization: Bearer TOKEN`"))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        for (name, key) in [
            (
                "token",
                ApiKey::Header(ApiKeyValue::with_description(
                    "Authorization",
                    "`Authorization: TOKEN`",
                )),
            ),
            (
                "imp_token_header",
                ApiKey::Header(ApiKeyValue::with_description(
                    "X-ImpTokenHeader",
                    "As old clients send it.",
                )),
            ),
            (
                "query_token",
                ApiKey::Query(ApiKeyValue::with_description(
                    "_token",
                    "As old pages send it. It ends up in logs.",
                )),
            ),
        ] {
            components.add_security_scheme(name, SecurityScheme::ApiKey(key));
        }
    }
}

/// An object with a name is described once and referred to: utoipa copies it into each generic one.
pub struct Named;

impl Modify for Named {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let named: Vec<(String, RefOr<Schema>)> = components
            .schemas
            .iter()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect();
        for schema in components.schemas.values_mut() {
            if let RefOr::T(schema) = schema {
                for inside in parts(schema) {
                    refer(inside, &named);
                }
            }
        }
    }
}

fn refer(schema: &mut RefOr<Schema>, named: &[(String, RefOr<Schema>)]) {
    if let Some((name, _)) = named.iter().find(|(_, known)| known == schema) {
        *schema = Ref::from_schema_name(name).into();
    } else if let RefOr::T(schema) = schema {
        for inside in parts(schema) {
            refer(inside, named);
        }
    }
}

/// The schemas that one is made of.
fn parts(schema: &mut Schema) -> Vec<&mut RefOr<Schema>> {
    match schema {
        Schema::Object(object) => object.properties.values_mut().collect(),
        Schema::Array(array) => match &mut array.items {
            ArrayItems::RefOrSchema(items) => vec![&mut **items],
            ArrayItems::False => Vec::new(),
        },
        Schema::OneOf(one) => one.items.iter_mut().collect(),
        _ => Vec::new(),
    }
}

/// V1's objects have all keys always: what may be null is there all the same, and is null in examples unless told.
pub struct EveryKey;

/// The keys that are absent where there is nothing to tell. Both are ours, and not V1's.
const MAY_BE_ABSENT: [(&str, &str); 2] = [
    ("PublicChannel", "tokeniser"),
    ("PublicChannels", "message"),
];

impl Modify for EveryKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, schema) in &mut components.schemas {
            let RefOr::T(Schema::Object(object)) = schema else {
                continue;
            };
            if !name.ends_with("Request") && name != "ScheduleEntry" {
                let absent = |key: &&String| MAY_BE_ABSENT.contains(&(name, key));
                object.required = object
                    .properties
                    .keys()
                    .filter(|key| !absent(key))
                    .cloned()
                    .collect();
                for property in object.properties.values_mut() {
                    null_by_example(property);
                }
            }
        }
    }
}

fn null_by_example(property: &mut RefOr<Schema>) {
    let null = Some(serde_json::Value::Null);
    match property {
        RefOr::T(Schema::Object(object))
            if object.example.is_none() && is_nullable(&object.schema_type) =>
        {
            object.example = null;
        }
        RefOr::T(Schema::OneOf(one)) if one.example.is_none() => one.example = null,
        _ => {}
    }
}

fn is_nullable(kind: &SchemaType) -> bool {
    matches!(kind, SchemaType::Array(kinds) if kinds.contains(&Type::Null))
}

/// The refusals that any call may meet; those of one call alone stand beside its handler.
pub struct Common;

/// Name, HTTP status and what it means.
const MALFORMED: (&str, &str, &str) = (
    "Malformed",
    "400",
    "A parameter has the wrong shape. `message` is `field: expectation`.",
);
const UNAUTHORIZED: (&str, &str, &str) = (
    "Unauthorized",
    "401",
    "No token, or one that is not good (any more): get a new one.",
);
const FORBIDDEN: (&str, &str, &str) = (
    "Forbidden",
    "403",
    "The merchant allows calls from some addresses only, and this one is none of them.",
);
const TOO_SLOW: (&str, &str, &str) = (
    "TooSlow",
    "408",
    "The body did not arrive within 30 seconds.",
);
const TOO_LARGE: (&str, &str, &str) = ("TooLarge", "413", "The body is larger than 1 MB.");
const TOO_MANY: (&str, &str, &str) = (
    "TooMany",
    "429",
    "Too many requests. Nothing was done: ask again after `Retry-After`.",
);
const BROKEN: (&str, &str, &str) = (
    "Broken",
    "500",
    "A fault of this server's, told in its log. What became of a charge, `GET /payments/find/{merchant_uid}` knows.",
);
const UNAVAILABLE: (&str, &str, &str) = (
    "Unavailable",
    "503",
    "The database is away for the moment. Repeat the request after `Retry-After`, with the same `merchant_uid`: it never charges twice.",
);

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, _, text) in [
            MALFORMED,
            UNAUTHORIZED,
            FORBIDDEN,
            TOO_SLOW,
            TOO_LARGE,
            TOO_MANY,
            BROKEN,
            UNAVAILABLE,
        ] {
            components
                .responses
                .insert(name.to_owned(), refusal(name, text).into());
        }
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                for parameter in operation.parameters.iter_mut().flatten() {
                    if let RefOr::T(parameter) = parameter {
                        not_null(parameter);
                    }
                }
                let mut common = vec![TOO_MANY, BROKEN, UNAVAILABLE];
                if operation.parameters.is_some() || operation.request_body.is_some() {
                    common.push(MALFORMED);
                }
                if operation.request_body.is_some() {
                    common.extend([TOO_SLOW, TOO_LARGE]);
                }
                // Where the document's own rule holds, a token is needed.
                if operation.security.is_none() {
                    common.extend([UNAUTHORIZED, FORBIDDEN]);
                }
                for (name, status, _) in common {
                    let responses = &mut operation.responses.responses;
                    let told = || RefOr::Ref(Ref::from_response_name(name));
                    responses.entry(status.to_owned()).or_insert_with(told);
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.delete,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

/// A parameter that is not required is left out: in a path, a query or a header there is no null.
fn not_null(parameter: &mut Parameter) {
    let Some(RefOr::T(schema)) = &mut parameter.schema else {
        return;
    };
    let kind = match schema {
        Schema::Object(object) => &mut object.schema_type,
        Schema::Array(array) => &mut array.schema_type,
        Schema::OneOf(one) => {
            // One alternative is null.
            one.items.retain(|item| matches!(item, RefOr::Ref(_)));
            if let [only] = &one.items[..] {
                parameter.schema = Some(only.clone());
            }
            return;
        }
        _ => return,
    };
    if let SchemaType::Array(kinds) = kind {
        kinds.retain(|kind| *kind != Type::Null);
        if let [only] = &kinds[..] {
            *kind = SchemaType::Type(only.clone());
        }
    }
}

fn refusal(name: &str, text: &str) -> Response {
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Refused")))
        .build();
    let response = ResponseBuilder::new()
        .description(text)
        .content("application/json", body);
    if name != TOO_MANY.0 && name != UNAVAILABLE.0 {
        return response.build();
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).build();
    let after = HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("Seconds."))
        .build();
    response.header("Retry-After", after).build()
}
