//! Forms as browsers send them, in the charset of the page, and text for pages.

use encoding_rs::Encoding;
use percent_encoding::percent_decode_str;

/// Fields of a form in order, with names and values decoded.
#[derive(Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` text in a charset. Bytes that the charset does not know become
    /// replacement characters, as they would at the PG.
    pub fn read(body: &[u8], charset: &'static Encoding) -> Form {
        let text = String::from_utf8_lossy(body);
        let decode = |part: &str| {
            let spaced = part.replace('+', " ");
            let bytes: Vec<u8> = percent_decode_str(&spaced).collect();
            charset.decode_without_bom_handling(&bytes).0.into_owned()
        };
        let fields = text
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name), decode(value))
            })
            .collect();
        Form(fields)
    }

    /// The first field of a name, `None` when it is missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All fields in order: name and value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first field of a name, empty when it is missing.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }
}

/// Text as it may stand in HTML, in an element or a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\0' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// An integer with a comma every three digits, as amounts are shown.
pub fn grouped(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut shown = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if amount < 0 {
        format!("-{shown}")
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_the_charset_of_the_page() {
        let korean = Form::read(
            b"name=%B0%A1+b%26&empty=&name=second&bare",
            encoding_rs::EUC_KR,
        );
        assert_eq!(korean.get("name"), Some("\u{ac00} b&"));
        assert_eq!(korean.get("empty"), Some(""));
        assert_eq!(korean.get("bare"), Some(""));
        assert_eq!(korean.get("none"), None);
        let utf8 = Form::read(b"name=%EA%B0%80", encoding_rs::UTF_8);
        assert_eq!(utf8.text("name"), "\u{ac00}");
    }

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(
            escape("<a href='x'>\"&\0"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;\u{fffd}"
        );
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(-100), "-100");
        assert_eq!(grouped(3000), "3,000");
    }
}
