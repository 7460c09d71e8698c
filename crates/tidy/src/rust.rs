//! Just enough reading of Rust: what is code, what is a comment or a string, what is a test, how long a
//! function is. Everything keeps its byte position, so that lines can be counted.

use std::ops::Range;

/// Rust source with its comments and literals blanked out.
pub struct Masked {
    /// As long as the source; comments, strings and characters are spaces, line ends are kept.
    pub code: String,
    /// Where each string literal's contents are in the source.
    pub strings: Vec<Range<usize>>,
}

/// Blanks comments and literals.
pub fn mask(text: &str) -> Masked {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut strings = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => line_end(bytes, at),
            b'/' if bytes[at..].starts_with(b"/*") => comment_end(bytes, at),
            b'"' => {
                let end = string_end(bytes, at);
                strings.push(at + 1..end.saturating_sub(1).max(at + 1));
                end
            }
            b'r' if !follows_word(bytes, at) && raw_hashes(bytes, at).is_some() => {
                let hashes = raw_hashes(bytes, at).unwrap_or_default();
                let start = at + hashes + 2;
                let end = raw_end(bytes, start, hashes);
                strings.push(start..end.saturating_sub(hashes + 1).max(start));
                end
            }
            b'\'' if character_end(bytes, at).is_some() => {
                character_end(bytes, at).unwrap_or(at + 1)
            }
            _ => {
                // One step, but over the prefix of b"…" and br"…" too: they end up at the arms above.
                at += 1;
                continue;
            }
        };
        blank(&mut code, at..end);
        at = end;
    }
    // Only whole characters inside literals and comments were replaced, by spaces.
    let code = String::from_utf8_lossy(&code).into_owned();
    Masked { code, strings }
}

fn blank(code: &mut [u8], range: Range<usize>) {
    for byte in &mut code[range] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |length| from + length)
}

fn comment_end(bytes: &[u8], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The number of hashes of a raw string that starts here, `r"` or `r##"`.
fn raw_hashes(bytes: &[u8], at: usize) -> Option<usize> {
    let hashes = bytes[at + 1..]
        .iter()
        .take_while(|byte| **byte == b'#')
        .count();
    (bytes.get(at + 1 + hashes) == Some(&b'"')).then_some(hashes)
}

fn raw_end(bytes: &[u8], start: usize, hashes: usize) -> usize {
    let mut closing = vec![b'"'];
    closing.resize(hashes + 1, b'#');
    let found = bytes[start..]
        .windows(closing.len())
        .position(|window| window == closing);
    found.map_or(bytes.len(), |length| start + length + closing.len())
}

/// The end of a character literal; `None` for a lifetime.
fn character_end(bytes: &[u8], from: usize) -> Option<usize> {
    let text = std::str::from_utf8(&bytes[from + 1..]).ok()?;
    if let Some(escaped) = text.strip_prefix('\\') {
        let skipped = escaped.chars().next()?.len_utf8();
        let close = escaped[skipped..].find('\'')?;
        return Some(from + 2 + skipped + close + 1);
    }
    let first = text.chars().next()?;
    text[first.len_utf8()..]
        .starts_with('\'')
        .then_some(from + 1 + first.len_utf8() + 1)
}

/// Whether the byte before is part of a word. A `b` or `c` before a raw string is its prefix.
fn follows_word(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else {
        return false;
    };
    let prefix =
        matches!(bytes[before], b'b' | b'c') && (before == 0 || !is_word(bytes[before - 1]));
    is_word(bytes[before]) && !prefix
}

/// Whether a byte belongs to an identifier.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The line of a byte position, from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

/// Where a word or path stands in masked code, not as a part of a longer word at its start or end.
pub fn places(code: &str, wanted: &str) -> Vec<usize> {
    let bytes = code.as_bytes();
    let starts_word = wanted.as_bytes().first().is_some_and(|byte| is_word(*byte));
    let ends_word = wanted.as_bytes().last().is_some_and(|byte| is_word(*byte));
    code.match_indices(wanted)
        .map(|(at, _)| at)
        .filter(|at| !starts_word || *at == 0 || !is_word(bytes[at - 1]))
        .filter(|at| {
            !ends_word
                || bytes
                    .get(at + wanted.len())
                    .is_none_or(|byte| !is_word(*byte))
        })
        .collect()
}

/// The spans of items under `#[cfg(test)]` (or any `cfg` that names `test` without `not`).
pub fn test_spans(code: &str) -> Vec<Range<usize>> {
    if places(code, "#![cfg(test)]")
        .first()
        .is_some_and(|at| code[..*at].trim().is_empty())
    {
        return std::iter::once(0..code.len()).collect();
    }
    let mut spans: Vec<Range<usize>> = Vec::new();
    for at in places(code, "#[cfg(") {
        if spans.last().is_some_and(|span| span.contains(&at)) {
            continue;
        }
        let Some(close) = group_end(code, at + 1) else {
            continue;
        };
        let condition = &code[at..close];
        if !places(condition, "test").is_empty() && places(condition, "not").is_empty() {
            spans.push(at..item_end(code, close));
        }
    }
    spans
}

/// The names of modules in files of their own that are declared under `#[cfg(test)]`.
pub fn test_modules(code: &str) -> Vec<&str> {
    let declared = |span: Range<usize>| {
        let item = code[span].trim_end().strip_suffix(';')?;
        let (before, name) = item.rsplit_once(char::is_whitespace)?;
        before.ends_with("mod").then_some(name)
    };
    test_spans(code).into_iter().filter_map(declared).collect()
}

/// The end of the item that starts at a position: its `;` or its closing brace.
fn item_end(code: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = code.as_bytes().get(at) {
        match byte {
            b'(' | b'[' => at = group_end(code, at).unwrap_or(code.len()),
            b'{' => return group_end(code, at).unwrap_or(code.len()),
            b';' => return at + 1,
            _ => at += 1,
        }
    }
    code.len()
}

/// The position after the bracket that closes the one at a position.
fn group_end(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (offset, byte) in code.as_bytes()[open..].iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + offset + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The source with the given spans blanked.
pub fn without(text: &str, spans: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for span in spans {
        blank(&mut bytes, span.clone());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The spans of the outermost items of a file.
pub fn top_items(code: &str) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let end = item_end(code, at);
        items.push(at..end);
        at = end;
    }
    items
}

/// A function and its size.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, without its type's.
    pub name: String,
    /// The line of its `fn`.
    pub line: usize,
    /// Lines from `fn` to the closing brace.
    pub lines: usize,
}

/// Every function with a body, nested ones too.
pub fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for at in places(code, "fn") {
        let after = code[at + 2..].trim_start();
        let name: String = after
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        // `fn(u8)` is a type.
        if name.is_empty() {
            continue;
        }
        let end = item_end(code, at);
        if code[..end].ends_with('}') {
            let (first, last) = (line_of(code, at), line_of(code, end));
            found.push(Function {
                name,
                line: first,
                lines: last - first + 1,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_code_is_not() {
        let text = r##"let a = "x // y\" z"; // now() "
let b = r#"raw " now()"#; /* a /* b */ now() */ call('"', 'a', "한글"); fn f<'a>(x: &'a str) {}"##;
        let masked = mask(text);
        assert_eq!(masked.code.len(), text.len());
        assert!(!masked.code.contains("now()"));
        assert!(masked.code.contains("call(") && masked.code.contains("fn f<'a>(x: &'a str) {}"));
        let contents: Vec<&str> = masked
            .strings
            .iter()
            .map(|span| &text[span.clone()])
            .collect();
        assert_eq!(contents, [r#"x // y\" z"#, r#"raw " now()"#, "한글"]);
    }

    #[test]
    fn prefixed_strings_are_strings() {
        let text = r###"a(b"one", br#"t"wo"#, c"three", xr"#, "four")"###;
        let masked = mask(text);
        let contents: Vec<&str> = masked
            .strings
            .iter()
            .map(|span| &text[span.clone()])
            .collect();
        assert_eq!(contents[..3], ["one", "t\"wo", "three"]);
    }

    #[test]
    fn test_items_end_where_they_end() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { {} } }\nfn c() {}\n#[cfg(not(test))]\nfn d() {}\n";
        let left = without(code, &test_spans(code));
        assert!(
            left.contains("fn a")
                && left.contains("fn c")
                && left.contains("fn d")
                && !left.contains("fn b")
        );
        assert_eq!(
            test_modules("#[cfg(test)]\n#[path = 1]\nmod world;\n#[cfg(test)]\nmod x { }"),
            ["world"]
        );
    }

    #[test]
    fn a_function_is_measured_to_its_closing_brace() {
        let code = "type F = fn(u8);\ntrait T { fn none(); }\nimpl X {\n  fn one(a: [u8; 2]) -> u8\n  {\n    if a {\n    }\n  }\n}\n";
        assert_eq!(
            functions(code),
            [Function {
                name: "one".into(),
                line: 4,
                lines: 5
            }]
        );
    }
}
