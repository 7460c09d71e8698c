//! JSON parameters: one level is read at a time, and what lies deeper stays text until it is asked for.

use std::borrow::Cow;
use std::fmt;

use dangol_domain::v1::Refusal;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{FIELDS_MAX, Param, malformed};

type Entries<'a> = Vec<(Cow<'a, str>, Param<'a>)>;

/// Reads an object. A name that stands twice keeps its last value.
pub(super) fn read_object(body: &[u8]) -> Result<Entries<'_>, Refusal> {
    let Object(fields) = serde_json::from_slice(body).map_err(|error| broken(&error))?;
    let mut entries: Entries<'_> = Vec::with_capacity(fields.len());
    for (name, raw) in fields {
        let param = param(raw).map_err(|_| malformed(&name, "must be valid Unicode text"))?;
        match entries.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = param,
            None => entries.push((name, param)),
        }
        if entries.len() > FIELDS_MAX {
            return Err(super::form::too_many());
        }
    }
    Ok(entries)
}

/// The elements of a list; `None` when the text is something else.
pub(super) fn read_list(text: &str) -> Option<Vec<Param<'_>>> {
    let list: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    list.into_iter().map(|raw| param(raw).ok()).collect()
}

/// The parser's own text may quote the value, so only the place is told.
fn broken(error: &serde_json::Error) -> Refusal {
    let place = format!("at line {}, column {}", error.line(), error.column());
    Refusal::malformed(
        "body",
        &format!("JSON 형식이 잘못되었습니다. (broken JSON {place})"),
    )
}

/// `Err` only for a string that is no Unicode text, such as half of a surrogate pair.
fn param(raw: &RawValue) -> Result<Param<'_>, serde_json::Error> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'"') if text.contains('\\') => Param::Text(Cow::Owned(serde_json::from_str(text)?)),
        Some(b'"') => Param::Text(Cow::Borrowed(&text[1..text.len() - 1])),
        Some(b'{' | b'[') => Param::Json(compact(text)),
        Some(b'n') => Param::Unset,
        _ => Param::Bare(text),
    })
}

/// Drops white space outside strings.
fn compact(text: &str) -> Cow<'_, str> {
    let (mut in_string, mut escaped) = (false, false);
    let mut needless = |c: char| {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            return false;
        }
        in_string = c == '"';
        c.is_ascii_whitespace()
    };
    let kept: String = text.chars().filter(|c| !needless(*c)).collect();
    match kept.len() == text.len() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(kept),
    }
}

/// Whether valid JSON holds an escaped NUL; a raw one cannot stand in valid JSON.
pub(super) fn escapes_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let before = json[..at].bytes().rev().take_while(|byte| *byte == b'\\');
        before.count() % 2 == 0
    })
}

struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(Key(name)) = map.next_key()? {
                    // One more than may be is enough to see that there are too many.
                    let raw = map.next_value()?;
                    if fields.len() <= FIELDS_MAX {
                        fields.push((name, raw));
                    }
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A name that is borrowed from the body where it can be.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Name)
    }
}
