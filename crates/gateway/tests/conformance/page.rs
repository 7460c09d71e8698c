//! Just enough of a browser: reads the forms of a page and fills them in.

/// A form of a page.
#[derive(Debug)]
pub struct Form {
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
    /// Its named fields as they are filled in.
    pub fields: Vec<(String, String)>,
    /// The name of the field with the hook `card-number`.
    pub card_number: Option<String>,
    /// Its buttons: hook, name, value.
    pub buttons: Vec<(String, String, String)>,
}

impl Form {
    /// The first form of a page.
    pub fn first(html: &str) -> Option<Form> {
        let start = html.find("<form")?;
        let end = html[start..]
            .find("</form>")
            .map_or(html.len(), |at| start + at);
        let mut tags = tags(&html[start..end]);
        let (_, attributes) = tags.next()?;
        let mut form = Form {
            attributes,
            fields: vec![],
            card_number: None,
            buttons: vec![],
        };
        for (tag, attributes) in tags {
            form.take(&tag, &attributes);
        }
        Some(form)
    }

    fn take(&mut self, tag: &str, attributes: &[(String, String)]) {
        let name = attribute(attributes, "name").unwrap_or_default().to_owned();
        let value = attribute(attributes, "value")
            .unwrap_or_default()
            .to_owned();
        let hook = attribute(attributes, "data-test")
            .unwrap_or_default()
            .to_owned();
        match tag {
            "button" => self.buttons.push((hook, name, value)),
            "input" => {
                if hook == "card-number" {
                    self.card_number = Some(name.clone());
                }
                let unchecked = attribute(attributes, "type") == Some("checkbox")
                    && attribute(attributes, "checked").is_none();
                if !name.is_empty() && !unchecked {
                    self.fields.push((name, value));
                }
            }
            _ => {}
        }
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        attribute(&self.attributes, name)
    }

    /// The fields as they leave when a button with one of these hooks is pressed, the first that there is.
    pub fn press(mut self, hooks: &[&str]) -> Vec<(String, String)> {
        let found = hooks
            .iter()
            .find_map(|hook| self.buttons.iter().find(|(known, _, _)| known == hook));
        let (_, name, value) =
            found.unwrap_or_else(|| panic!("no button {hooks:?} among {:?}", self.buttons));
        if !name.is_empty() {
            self.fields.push((name.clone(), value.clone()));
        }
        self.fields
    }

    /// Types a card number where one is asked for.
    pub fn type_card(&mut self, number: &str) {
        if let Some(field) = &self.card_number {
            let (_, value) = self
                .fields
                .iter_mut()
                .find(|(name, _)| name == field)
                .expect("the card's field is a field");
            *value = number.to_owned();
        }
    }
}

fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|(known, _)| known == name)?;
    Some(&found.1)
}

/// The tags of a piece of HTML with their attributes. Values are in double quotes, as the simulators write them.
fn tags(html: &str) -> impl Iterator<Item = (String, Vec<(String, String)>)> + '_ {
    html.split('<').skip(1).filter_map(|piece| {
        let end = tag_end(piece)?;
        let (name, rest) = piece[..end]
            .split_once(char::is_whitespace)
            .unwrap_or((&piece[..end], ""));
        Some((name.to_owned(), attributes(rest)))
    })
}

/// Where a tag ends: the first `>` that is in no value.
fn tag_end(piece: &str) -> Option<usize> {
    let mut quoted = false;
    piece.char_indices().find_map(|(at, c)| {
        if c == '"' {
            quoted = !quoted;
        }
        (c == '>' && !quoted).then_some(at)
    })
}

fn attributes(mut text: &str) -> Vec<(String, String)> {
    let mut found = vec![];
    loop {
        text = text.trim_start();
        let end = text
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if name.is_empty() {
            return found;
        }
        let (value, rest) = match rest.strip_prefix("=\"") {
            Some(value) => value.split_once('"').unwrap_or((value, "")),
            None => ("", rest),
        };
        found.push((name.to_owned(), unescape(value)));
        text = rest;
    }
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Fields as a browser sends them, in UTF-8 or EUC-KR.
pub fn encode(fields: &[(String, String)], charset: &str) -> Vec<(String, Vec<u8>)> {
    let korean = charset.eq_ignore_ascii_case("euc-kr");
    let raw = |text: &str| match korean {
        true => encoding_rs::EUC_KR.encode(text).0.into_owned(),
        false => text.as_bytes().to_vec(),
    };
    let encoded = fields
        .iter()
        .map(|(name, value)| (name.clone(), raw(value)));
    encoded.collect()
}

/// The body of a form.
pub fn urlencoded(fields: &[(String, String)], charset: &str) -> Vec<u8> {
    use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
    let pairs: Vec<String> = encode(fields, charset)
        .iter()
        .map(|(name, value)| {
            let part = |raw: &[u8]| percent_encode(raw, NON_ALPHANUMERIC).to_string();
            format!("{}={}", part(name.as_bytes()), part(value))
        })
        .collect();
    pairs.join("&").into_bytes()
}

/// Reads a form or a query: names, and values as bytes.
pub fn read_form(encoded: &[u8]) -> Vec<(String, Vec<u8>)> {
    let decode = |part: &[u8]| -> Vec<u8> {
        let spaced: Vec<u8> = part
            .iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect();
        percent_encoding::percent_decode(&spaced).collect()
    };
    let pairs = encoded
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let at = pair
                .iter()
                .position(|byte| *byte == b'=')
                .unwrap_or(pair.len());
            let value = pair.get(at + 1..).unwrap_or_default();
            let name = decode(&pair[..at]);
            (String::from_utf8_lossy(&name).into_owned(), decode(value))
        })
        .collect()
}
