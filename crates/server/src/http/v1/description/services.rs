//! The calls that exist for one PG alone, described from what the PG's folder declares of them.

use std::collections::BTreeMap;

use dangol_gateway::GATEWAYS;
use dangol_gateway::contract::Gateway;
use dangol_gateway::service::{Param, Required, Service, Shape};
use utoipa::Modify;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{
    ContentBuilder, Object, ObjectBuilder, Ref, Required as Must, ResponseBuilder, Type,
};

/// Longest name of a payment, characters.
const UID_MAX: usize = 255;

/// A path for each service of each PG.
pub struct Services;

impl Modify for Services {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for entry in GATEWAYS {
            for service in entry.gateway.services() {
                let item = PathItem::new(HttpMethod::Post, operation(entry.gateway, *service));
                document.paths.paths.insert(service.path().to_owned(), item);
            }
        }
    }
}

fn operation(gateway: &dyn Gateway, service: &dyn Service) -> Operation {
    let profile = gateway.profile();
    let in_path = service.path().contains("{imp_uid}");
    let operation = OperationBuilder::new()
        .operation_id(Some(name(service.path())))
        .tag("Calls of one gateway")
        .summary(Some(format!("Tell {} about an order", profile.title.en)))
        .description(Some(format!(
            "For payments of `{}` alone; that of another is refused. The gateway is asked at once, and a call whose end is \
             not known may be repeated.",
            profile.provider
        )))
        .request_body(Some(body(service, in_path)));
    let operation = match in_path {
        true => operation.parameter(imp_uid_in_path()),
        false => operation,
    };
    let refused = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Refused")));
    let operation = operation
        .response(
            "200",
            ResponseBuilder::new()
                .description(
                    "What the gateway said; or, with another `code` than 0, why it was not done.",
                )
                .content(
                    "application/json",
                    ContentBuilder::new().schema(Some(answer())).build(),
                ),
        )
        .response(
            "400",
            ResponseBuilder::new()
                .description("A parameter has the wrong shape, or the gateway refused.")
                .content("application/json", refused().build()),
        )
        .response(
            "404",
            ResponseBuilder::new()
                .description("No such payment.")
                .content("application/json", refused().build()),
        );
    operation.build()
}

/// An operation's id, of its path: `/a/b/{c}` is `postAB`.
fn name(path: &str) -> String {
    let words = path.split('/').filter(|word| !word.starts_with('{'));
    let words = words.map(|word| match word.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => String::new(),
    });
    format!("post{}", words.collect::<String>())
}

/// The envelope around an object of the gateway's own; after a refusal there may be none.
fn answer() -> Object {
    let nullable = |kind| SchemaType::Array(vec![kind, Type::Null]);
    let of = |kind: SchemaType| ObjectBuilder::new().schema_type(kind);
    of(Type::Object.into())
        .property(
            "code",
            of(Type::Integer.into()).enum_values(Some([-1, 0, 1])),
        )
        .property("message", of(nullable(Type::String)))
        .property("response", of(nullable(Type::Object)))
        .required("code")
        .required("message")
        .required("response")
        .build()
}

fn imp_uid_in_path() -> Parameter {
    ParameterBuilder::new()
        .name("imp_uid")
        .parameter_in(ParameterIn::Path)
        .required(Must::True)
        .description(Some("Our id of the payment."))
        .schema(Some(uid("imps_448280090638")))
        .build()
}

fn body(service: &dyn Service, in_path: bool) -> RequestBody {
    let mut fields: BTreeMap<&str, (Object, bool)> = BTreeMap::new();
    if !in_path {
        fields.insert("imp_uid", (uid("imps_448280090638"), true));
        fields.insert("merchant_uid", (uid("order_id_8237352"), true));
    }
    for param in service.params() {
        let must = matches!(param.required, Required::Always);
        fields.insert(param.name, (field(param), must));
    }
    let mut object = ObjectBuilder::new().schema_type(Type::Object);
    for (name, (schema, must)) in fields {
        object = object.property(name, schema);
        if must {
            object = object.required(name);
        }
    }
    let content = ContentBuilder::new().schema(Some(object.build())).build();
    RequestBodyBuilder::new()
        .content("application/json", content.clone())
        .content("application/x-www-form-urlencoded", content)
        .build()
}

fn field(param: &Param) -> Object {
    let when = match param.required {
        Required::When(other, value) => Some(format!("Required where `{other}` is `{value}`.")),
        Required::Always | Required::Never => None,
    };
    let mut object = match param.shape {
        Shape::Text(max) => text(max),
        Shape::OneOf(known) => ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(known.iter().copied()))
            .build(),
        Shape::Time => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .description(Some("Unix seconds."))
            .build(),
    };
    object.example = Some(match param.shape {
        Shape::Time => param.example.parse::<i64>().unwrap_or_default().into(),
        Shape::Text(_) | Shape::OneOf(_) => param.example.into(),
    });
    if let Some(when) = when {
        let before = object.description.take().map(|text| text + " ");
        object.description = Some(before.unwrap_or_default() + &when);
    }
    object
}

fn text(max: usize) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(max))
        .build()
}

/// A payment's name, with the one that all examples are about.
fn uid(example: &str) -> Object {
    let mut uid = text(UID_MAX);
    uid.example = Some(example.into());
    uid
}
