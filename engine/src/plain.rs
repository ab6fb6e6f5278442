//! What is kept of a person in a form of our own, as others read it. Knows no table and no file.

use domain::value::Value;

/// An attribute or property as JSON writes it for others: a time is RFC 3339.
#[must_use]
pub fn plain_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Bool(yes) => (*yes).into(),
        Value::Time(at) => at.to_rfc3339().into(),
        Value::Number(number) => {
            serde_json::from_str(&number.to_string()).unwrap_or_else(|_| number.to_string().into())
        }
        Value::Other(json) => serde_json::from_str(json).unwrap_or_else(|_| json.clone().into()),
    }
}
