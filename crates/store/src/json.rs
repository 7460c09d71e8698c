//! JSON columns, and columns whose text is one of the domain's words.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;

/// A value as JSON text.
pub(crate) fn write<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the domain's types are plain JSON objects")
}

/// A JSON column.
pub(crate) fn read<T: DeserializeOwned>(text: &str, column: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| corrupt(column))
}

/// The error for a column that does not hold one of the domain's words.
pub(crate) fn corrupt(column: &str) -> StoreError {
    StoreError::Column {
        column: column.to_owned(),
        expected: "what this version writes there",
    }
}
