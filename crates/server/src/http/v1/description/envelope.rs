//! What is around every answer.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::Type;
use utoipa::openapi::schema::{Object, ObjectBuilder};

/// Done. A declined charge and one whose outcome is not known yet are answers of this kind too: look at `status`.
#[derive(Serialize, ToSchema)]
pub struct Done<T> {
    /// Always 0.
    #[schema(minimum = 0, maximum = 0, example = 0)]
    code: i32,
    /// Always null.
    #[schema(schema_with = null)]
    message: (),
    /// What was asked for.
    response: T,
}

/// Not done. A refusal changes nothing; of 500 and 503 read what stands there.
#[derive(Serialize, ToSchema)]
pub struct Refused {
    /// 1: refused before a gateway was asked. -1: not authenticated, not found, refused by a gateway, or broken.
    #[schema(schema_with = refusal_code)]
    code: i32,
    /// Why, for people. A wrong parameter is told as `field: expectation`.
    #[schema(example = "amount: 필수 파라메터가 누락되었습니다. (required)")]
    message: String,
    /// Always null.
    #[schema(schema_with = null)]
    response: (),
}

/// HTTP 200 either way: whether it was done, `code` says.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what others build")]
pub enum Answer<T> {
    /// It was done.
    Done(Done<T>),
    /// It was refused.
    Refused(Refused),
}

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct Paged<T> {
    /// What is on this page.
    list: Vec<T>,
    /// The number of the next page; 0 when this is the last one.
    #[schema(example = 2)]
    next: i64,
    /// The number of the page before; 0 when this is the first one.
    #[schema(example = 0)]
    previous: i64,
    /// How many there are on all pages, exactly.
    #[schema(example = 21)]
    total: i64,
}

fn null() -> Object {
    ObjectBuilder::new().schema_type(Type::Null).build()
}

fn refusal_code() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .enum_values(Some([-1, 1]))
        .description(Some(
            "1: refused before a gateway was asked. -1: not authenticated, not found, refused by a gateway, or broken.",
        ))
        .build()
}
