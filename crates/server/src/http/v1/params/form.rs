//! Forms and queries: percent-encoded or raw, `+` for a space, white space around a name, PHP's `a[0][b]=c`.

use std::borrow::Cow;

use dangol_domain::v1::Refusal;
use dangol_gateway::contract::decode_korean;
use percent_encoding::percent_decode;

use super::{FIELDS_MAX, Param};

/// `a[..][..]` deeper than this is refused.
const DEPTH_MAX: usize = 8;

/// Reads a form. What stands under brackets becomes the JSON text that a JSON body would have had.
pub(super) fn read(form: &[u8]) -> Result<Vec<(Cow<'_, str>, Param<'_>)>, Refusal> {
    let mut entries = Vec::new();
    let mut nested: Vec<(String, Tree)> = Vec::new();
    let pairs = form
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    for (n, pair) in pairs.enumerate() {
        if n >= FIELDS_MAX {
            return Err(too_many());
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = trimmed(decoded(halves.next().unwrap_or_default()));
        let value = decoded(halves.next().unwrap_or_default());
        match brackets(&name)? {
            Some((base, path)) => {
                let at = nested.iter().position(|(known, _)| known == base);
                let at = at.unwrap_or_else(|| {
                    nested.push((base.to_owned(), Tree::default()));
                    nested.len() - 1
                });
                nested[at].1.put(&path, value.into_owned());
            }
            None if name.is_empty() => {}
            None => entries.push((name, Param::Text(value))),
        }
    }
    for (base, tree) in nested {
        entries.push((Cow::Owned(base), Param::Json(Cow::Owned(tree.json()))));
    }
    Ok(entries)
}

pub(super) fn too_many() -> Refusal {
    Refusal::malformed("body", &format!("must have at most {FIELDS_MAX} fields"))
}

/// Text of a name or a value. Bytes that are not UTF-8 are read as EUC-KR, as old shops write them.
fn decoded(raw: &[u8]) -> Cow<'_, str> {
    if !raw.iter().any(|byte| matches!(byte, b'%' | b'+' | 0x80..)) {
        return String::from_utf8_lossy(raw);
    }
    let spaced: Vec<u8> = raw
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let bytes: Cow<'_, [u8]> = percent_decode(&spaced).into();
    Cow::Owned(decode_korean(&bytes))
}

fn trimmed(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
        Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
    }
}

/// `a[0][b]` as `a` and `["0", "b"]`; `None` for a plain name, as which half-open brackets count too.
fn brackets(name: &str) -> Result<Option<(&str, Vec<&str>)>, Refusal> {
    let Some((base, rest)) = name.split_once('[') else {
        return Ok(None);
    };
    let Some(rest) = rest.strip_suffix(']').filter(|_| !base.is_empty()) else {
        return Ok(None);
    };
    let path: Vec<&str> = rest.split("][").collect();
    if path.len() > DEPTH_MAX {
        return Err(super::malformed(
            base,
            &format!("must be at most {DEPTH_MAX} levels deep"),
        ));
    }
    Ok(Some((base, path)))
}

/// What stands under one name's brackets, in order of arrival.
#[derive(Default)]
struct Tree {
    leaf: String,
    branches: Vec<(String, Tree)>,
}

impl Tree {
    fn put(&mut self, path: &[&str], value: String) {
        let Some((step, rest)) = path.split_first() else {
            self.leaf = value;
            return;
        };
        // `a[]` appends each time; other steps meet their earlier self.
        let known = self
            .branches
            .iter()
            .position(|(name, _)| name == step && !step.is_empty());
        let at = known.unwrap_or_else(|| {
            self.branches.push(((*step).to_owned(), Tree::default()));
            self.branches.len() - 1
        });
        self.branches[at].1.put(rest, value);
    }

    /// Numbered and unnumbered branches are a list, named ones an object.
    fn json(&self) -> String {
        if self.branches.is_empty() {
            return quoted(&self.leaf);
        }
        let is_list = self
            .branches
            .iter()
            .all(|(name, _)| name.bytes().all(|b| b.is_ascii_digit()));
        let parts: Vec<String> = self
            .branches
            .iter()
            .map(|(name, tree)| match is_list {
                true => tree.json(),
                false => format!("{}:{}", quoted(name), tree.json()),
            })
            .collect();
        match is_list {
            true => format!("[{}]", parts.join(",")),
            false => format!("{{{}}}", parts.join(",")),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
