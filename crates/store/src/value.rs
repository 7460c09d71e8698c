//! Values that go into statements and rows that come out, the same for both engines.

use std::fmt;
use std::sync::Arc;

use crate::StoreError;

/// A parameter of a statement or a column of a row.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// A `BIGINT`: money in minor units, times in milliseconds, counts.
    Int(i64),
    /// A `TEXT`.
    Text(String),
    /// A `BYTEA` (PostgreSQL) or `BLOB` (SQLite).
    Blob(Vec<u8>),
}

/// Prints the kind only: values are buyers' data and sealed keys, and must not reach a log.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Value::Null => "Null",
            Value::Int(_) => "Int(..)",
            Value::Text(_) => "Text(..)",
            Value::Blob(_) => "Blob(..)",
        })
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Value {
        Value::Int(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Int(value.into())
    }
}

/// 1 or 0: both engines keep truth in a `BIGINT`.
impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Value {
        Value::Text(value.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Value {
        Value::Blob(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Value {
        Value::Blob(value.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// The parameters of a statement: `values![merchant, amount, None::<i64>]`.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::Value::from($value)),*]
    };
}

/// A text with a NUL cannot be kept by PostgreSQL; refusing it here makes both engines alike.
pub(crate) fn check_params(params: &[Value]) -> Result<(), StoreError> {
    let with_nul = params
        .iter()
        .position(|value| matches!(value, Value::Text(text) if text.contains('\0')));
    match with_nul {
        Some(index) => Err(StoreError::Statement(format!(
            "parameter ${} is a text with a NUL in it",
            index + 1
        ))),
        None => Ok(()),
    }
}

/// One row of a result; columns are read by their index, from 0.
#[derive(Clone)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

/// Prints the columns' names only.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Row").field(&self.columns).finish()
    }
}

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, values: Vec<Value>) -> Row {
        Row { columns, values }
    }

    /// The number in column `index`. An error when it is NULL or no number.
    pub fn int(&self, index: usize) -> Result<i64, StoreError> {
        self.opt_int(index)?
            .ok_or_else(|| self.unexpected(index, "a number"))
    }

    /// The number in column `index`, or `None` for NULL.
    pub fn opt_int(&self, index: usize) -> Result<Option<i64>, StoreError> {
        match self.values.get(index) {
            Some(Value::Null) => Ok(None),
            Some(Value::Int(value)) => Ok(Some(*value)),
            _ => Err(self.unexpected(index, "a number")),
        }
    }

    /// The text in column `index`. An error when it is NULL or no text.
    pub fn text(&self, index: usize) -> Result<&str, StoreError> {
        self.opt_text(index)?
            .ok_or_else(|| self.unexpected(index, "a text"))
    }

    /// The text in column `index`, or `None` for NULL.
    pub fn opt_text(&self, index: usize) -> Result<Option<&str>, StoreError> {
        match self.values.get(index) {
            Some(Value::Null) => Ok(None),
            Some(Value::Text(value)) => Ok(Some(value)),
            _ => Err(self.unexpected(index, "a text")),
        }
    }

    /// The bytes in column `index`. An error when it is NULL or no bytes.
    pub fn blob(&self, index: usize) -> Result<&[u8], StoreError> {
        self.opt_blob(index)?
            .ok_or_else(|| self.unexpected(index, "bytes"))
    }

    /// The bytes in column `index`, or `None` for NULL.
    pub fn opt_blob(&self, index: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.values.get(index) {
            Some(Value::Null) => Ok(None),
            Some(Value::Blob(value)) => Ok(Some(value)),
            _ => Err(self.unexpected(index, "bytes")),
        }
    }

    /// The error for a column whose value the caller cannot read as what it should be: a state's
    /// unknown name, JSON that does not parse.
    pub fn unexpected(&self, index: usize, expected: &'static str) -> StoreError {
        let column = match self.columns.get(index) {
            Some(name) => name.clone(),
            None => format!("#{index}"),
        };
        StoreError::Column { column, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_content() {
        let row = Row::new(
            Arc::from(["sealed_key".to_owned()]),
            values!["canary-4242", 4242, b"canary".as_slice()],
        );
        let printed = format!("{row:?} {:?}", row.values);
        assert!(!printed.contains("canary") && !printed.contains("4242"));
        assert!(printed.contains("sealed_key"));
    }

    #[test]
    fn a_wrong_column_is_named() {
        let row = Row::new(
            Arc::from(["amount".to_owned(), "name".to_owned()]),
            values![None::<i64>, "김단골"],
        );
        assert_eq!(row.opt_int(0), Ok(None));
        assert_eq!(row.text(1), Ok("김단골"));
        let error = row.int(0).expect_err("NULL is no number");
        assert_eq!(error.to_string(), "column amount does not hold a number");
        let error = row.text(7).expect_err("there is no such column");
        assert_eq!(error.to_string(), "column #7 does not hold a text");
    }
}
