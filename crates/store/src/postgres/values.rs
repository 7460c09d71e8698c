//! Our values in PostgreSQL's binary formats.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::{StoreError, Value};

/// A column or parameter has a type that the store does not use. Carries no value.
#[derive(Debug, thiserror::Error)]
#[error("the column's type is {0}")]
struct OtherType(Type);

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(value), &Type::INT8) => value.to_sql(ty, out),
            (Value::Int(value), &Type::INT4) => i32::try_from(*value)?.to_sql(ty, out),
            (Value::Int(value), &Type::INT2) => i16::try_from(*value)?.to_sql(ty, out),
            // `WHERE $1 OR ...`: SQLite takes any number but 0 for true.
            (Value::Int(value), &Type::BOOL) => (*value != 0).to_sql(ty, out),
            (Value::Text(value), &Type::TEXT | &Type::VARCHAR | &Type::NAME) => {
                value.to_sql(ty, out)
            }
            (Value::Blob(value), &Type::BYTEA) => value.to_sql(ty, out),
            _ => Err(Box::new(OtherType(ty.clone()))),
        }
    }

    /// The value's own kind decides, in `to_sql`.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Value, Box<dyn Error + Sync + Send>> {
        match *ty {
            Type::INT8 => i64::from_sql(ty, raw).map(Value::Int),
            Type::INT4 => i32::from_sql(ty, raw).map(Value::from),
            Type::INT2 => i16::from_sql(ty, raw).map(|value| Value::Int(value.into())),
            // SQLite has no truth values: there a comparison is 1 or 0.
            Type::BOOL => bool::from_sql(ty, raw).map(Value::from),
            Type::TEXT | Type::VARCHAR | Type::NAME => String::from_sql(ty, raw).map(Value::Text),
            Type::BYTEA => Vec::from_sql(ty, raw).map(Value::Blob),
            // What a function without a result returns.
            Type::VOID => Ok(Value::Null),
            _ => Err(Box::new(OtherType(ty.clone()))),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Value, Box<dyn Error + Sync + Send>> {
        Ok(Value::Null)
    }

    /// The column's type decides, in `from_sql`.
    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Whether the store can write and read values of this type.
#[cfg(feature = "test-support")]
pub(super) fn is_known(ty: &Type) -> bool {
    let numbers = [Type::INT8, Type::INT4, Type::INT2, Type::BOOL, Type::VOID];
    let texts = [Type::TEXT, Type::VARCHAR, Type::NAME, Type::BYTEA];
    numbers.contains(ty) || texts.contains(ty)
}

/// Reads a row. `columns` are its columns' names.
pub(super) fn read(
    row: &tokio_postgres::Row,
    columns: &[String],
) -> Result<Vec<Value>, StoreError> {
    let values = columns.iter().enumerate().map(|(index, column)| {
        row.try_get(index).map_err(|_| StoreError::Column {
            column: column.clone(),
            expected: "a BIGINT, TEXT or BYTEA (CAST it in the statement)",
        })
    });
    values.collect()
}
