//! Channel credentials as bytes to be sealed: each name and value with its length before it.

use std::collections::BTreeMap;

use dangol_domain::Secret;
use zeroize::Zeroizing;

use crate::sealed::push_part;

pub(crate) fn write(credentials: &BTreeMap<String, Secret>) -> Zeroizing<Vec<u8>> {
    let length = |text: &str| size_of::<u64>() + text.len();
    let total = credentials
        .iter()
        .map(|(name, value)| length(name) + length(value.expose()))
        .sum();
    // Room for everything from the start: a buffer that grows leaves pieces of itself behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(total));
    for (name, value) in credentials {
        push_part(&mut bytes, name);
        push_part(&mut bytes, value.expose());
    }
    bytes
}

/// `None` when the bytes were not written by [`write`].
pub(crate) fn read(mut bytes: &[u8]) -> Option<BTreeMap<String, Secret>> {
    let mut credentials = BTreeMap::new();
    while !bytes.is_empty() {
        let name = take_part(&mut bytes)?.to_owned();
        let value = Secret::new(take_part(&mut bytes)?);
        credentials.insert(name, value);
    }
    Some(credentials)
}

fn take_part<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    let (part, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(part).ok()
}
