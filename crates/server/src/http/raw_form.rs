//! Forms and queries that a PG wrote.

/// Names and raw values of a form or query: percent-decoded, not charset-decoded, because PGs mix UTF-8 and EUC-KR.
pub(super) fn fields(encoded: &[u8]) -> Vec<(String, Vec<u8>)> {
    encoded
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default());
            let value = decode(halves.next().unwrap_or_default());
            (String::from_utf8_lossy(&name).into_owned(), value)
        })
        .collect()
}

fn decode(encoded: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = encoded
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_encoding::percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn values_keep_their_bytes() {
        let read = fields(b"res_msg=%C1%A4%BB%F3+ok&a=%EC%A0%95&b&=c&d=e=f");
        let expected: Vec<(String, Vec<u8>)> = vec![
            ("res_msg".into(), b"\xC1\xA4\xBB\xF3 ok".to_vec()),
            ("a".into(), "정".as_bytes().to_vec()),
            ("b".into(), Vec::new()),
            (String::new(), b"c".to_vec()),
            ("d".into(), b"e=f".to_vec()),
        ];
        assert_eq!(read, expected);
    }
}
