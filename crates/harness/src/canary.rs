//! Searching everything that a product leaves behind for what it must not tell, in every usual writing.

use std::fs;
use std::path::Path;

/// Something that must not be found.
pub struct Secret {
    name: &'static str,
    writings: Vec<(&'static str, Vec<u8>)>,
}

/// Somewhere to search.
pub struct Place {
    /// What it is, for the finding.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Place {
    /// A text.
    pub fn text(name: &str, text: &str) -> Place {
        Place {
            name: name.to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }
}

impl Secret {
    /// A secret in its usual writings: raw, hex, base64 at each alignment, UTF-16.
    ///
    /// # Panics
    /// When it is so short that it would be found anywhere.
    pub fn new(name: &'static str, text: &str) -> Secret {
        assert!(text.len() >= 8, "{name} is too short to search for");
        let raw = text.as_bytes();
        let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
        let wide =
            |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let mut writings = vec![
            ("raw", raw.to_vec()),
            ("HEX", hex.to_uppercase().into_bytes()),
            ("hex", hex.into_bytes()),
            ("UTF-16LE", wide(u16::to_le_bytes)),
            ("UTF-16BE", wide(u16::to_be_bytes)),
        ];
        for before in 0..3 {
            writings.push(("base64", base64_middle(raw, before)));
        }
        Secret { name, writings }
    }

    /// A card number: with and without what people put between the groups.
    pub fn card(number: &str) -> Vec<Secret> {
        let groups: Vec<&str> = number.split(' ').collect();
        ["", " ", "-"]
            .map(|gap| Secret::new("a card number", &groups.join(gap)))
            .into()
    }
}

/// What of a base64 text does not depend on what stands around the secret, when `before` bytes of a group of three
/// stand before it.
fn base64_middle(raw: &[u8], before: usize) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let own = &raw[(3 - before) % 3..];
    let groups = own.chunks_exact(3);
    groups
        .flat_map(|three| {
            let bits = three
                .iter()
                .fold(0, |bits: usize, byte| bits << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| LETTERS[bits >> shift & 63])
        })
        .collect()
}

/// All files below a folder, without the folders that are named.
pub fn files(folder: &Path, without: &[&str]) -> Vec<Place> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
    {
        let (path, name) = (entry.path(), entry.file_name());
        if without.iter().any(|left| *left == name) {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path, &[]));
        } else {
            let bytes = fs::read(&path).expect("a file");
            found.push(Place {
                name: path.display().to_string(),
                bytes,
            });
        }
    }
    found
}

/// Where which secret is, in which writing. Never quotes it.
pub fn search(secrets: &[Secret], places: &[Place]) -> Vec<String> {
    let mut found = Vec::new();
    for place in places {
        for secret in secrets {
            for (writing, wanted) in &secret.writings {
                if contains(&place.bytes, wanted) {
                    found.push(format!("{} ({writing}) in {}", secret.name, place.name));
                }
            }
        }
    }
    found
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, rest)) = wanted.split_first() else {
        return false;
    };
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        from += at + 1;
        if bytes[from..].starts_with(rest) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn each_writing_is_found_wherever_it_begins() {
        let secret = [Secret::new("it", "2026112199990001")];
        let hidden = "2026112199990001";
        for before in ["", "x", "xy", "xyz", "xyzx"] {
            let inner = format!("{before}{hidden}and more");
            let wide: Vec<u8> = inner.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for bytes in [
                inner.clone().into_bytes(),
                STANDARD.encode(&inner).into_bytes(),
                hex::encode(&inner).into_bytes(),
                hex::encode_upper(&inner).into_bytes(),
                wide,
            ] {
                let place = Place {
                    name: "there".to_owned(),
                    bytes,
                };
                assert!(!search(&secret, &[place]).is_empty(), "behind {before:?}");
            }
        }
        assert!(search(&secret, &[Place::text("there", "2026112199990002")]).is_empty());
    }
}
