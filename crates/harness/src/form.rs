//! Just enough of HTML for a browser without script: the first form of a page and its fields.

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

/// Attribute names and values.
type Attributes = Vec<(String, String)>;

/// A form of a page, as it is filled in.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it goes, as written.
    pub action: String,
    /// Whether it goes there in the query rather than in a body.
    pub by_get: bool,
    /// `accept-charset`; `utf-8` when missing.
    pub charset: String,
    /// Its named fields.
    pub fields: Vec<(String, String)>,
    /// The name of the field that wants a card number.
    card_number: Option<String>,
    /// Its buttons: `data-test`, name, value.
    buttons: Vec<(String, String, String)>,
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
        let of_form = |name: &str| attribute(&attributes, name).map(str::to_owned);
        let mut form = Form {
            action: of_form("action").unwrap_or_default(),
            by_get: of_form("method").is_none_or(|method| method.eq_ignore_ascii_case("get")),
            charset: of_form("accept-charset").unwrap_or_else(|| "utf-8".to_owned()),
            fields: Vec::new(),
            card_number: None,
            buttons: Vec::new(),
        };
        for (tag, attributes) in tags {
            form.take(&tag, &attributes);
        }
        Some(form)
    }

    fn take(&mut self, tag: &str, attributes: &Attributes) {
        let text = |name: &str| {
            let found = attribute(attributes, name);
            found.unwrap_or_default().to_owned()
        };
        let (name, value, hook) = (text("name"), text("value"), text("data-test"));
        match tag {
            "button" => self.buttons.push((hook, name, value)),
            "input" => {
                if hook == "card-number" {
                    self.card_number = Some(name.clone());
                }
                let unchecked =
                    text("type") == "checkbox" && attribute(attributes, "checked").is_none();
                if !name.is_empty() && !unchecked {
                    self.fields.push((name, value));
                }
            }
            _ => {}
        }
    }

    /// A field's value.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// Sets a field, which is made when it is not there.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Whether a buyer has something to do here.
    pub fn is_a_step(&self) -> bool {
        let known = ["next", "pay"];
        self.buttons
            .iter()
            .any(|(hook, _, _)| known.contains(&hook.as_str()))
    }

    /// Types the card where one is wanted and presses the button that goes on.
    pub fn go_on(&mut self, card: &str) {
        if let Some(field) = self.card_number.clone() {
            self.set(&field, card);
        }
        self.press(&["next", "pay"]);
    }

    /// Presses the first of these buttons that there is: its own name and value go along.
    pub fn press(&mut self, hooks: &[&str]) {
        let found = hooks
            .iter()
            .find_map(|hook| self.buttons.iter().find(|(known, _, _)| known == hook));
        let (_, name, value) =
            found.unwrap_or_else(|| panic!("no button {hooks:?} among {:?}", self.buttons));
        if !name.is_empty() {
            self.fields.push((name.clone(), value.clone()));
        }
    }

    /// The body as a browser sends it.
    pub fn body(&self) -> Vec<u8> {
        let encoding = encoding_rs::Encoding::for_label(self.charset.as_bytes());
        let encoding = encoding.unwrap_or(encoding_rs::UTF_8);
        let part = |text: &str| {
            let (raw, _, _) = encoding.encode(text);
            percent_encode(&raw, NON_ALPHANUMERIC).to_string()
        };
        let pairs = self
            .fields
            .iter()
            .map(|(name, value)| format!("{}={}", part(name), part(value)));
        pairs.collect::<Vec<_>>().join("&").into_bytes()
    }
}

fn attribute<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|(known, _)| known == name)?;
    Some(&found.1)
}

/// The opening tags of a piece of HTML. Values are in double quotes, as this product writes them.
fn tags(html: &str) -> impl Iterator<Item = (String, Attributes)> + '_ {
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
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}

fn attributes(mut text: &str) -> Attributes {
    let mut found = Vec::new();
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

/// Undoes what the product's two page writers escape.
fn unescape(text: &str) -> String {
    let mut text = text.to_owned();
    for (escaped, plain) in [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        text = text.replace(escaped, plain);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_filled_in_and_sent() {
        let mut form = Form::first(
            r#"<p>a</p><form action="/go" method="post" accept-charset="euc-kr"><input name="a" value="x&amp;&quot;>y">
            <input type="checkbox" name="off" value="1"><input type="checkbox" name="on" value="Y" checked>
            <input data-test="card-number" name="card"><button data-test="next" name="step" value="2">정</button></form>"#,
        )
        .expect("there is a form");
        assert!(form.is_a_step());
        form.go_on("4242");
        form.set("정", "정");
        assert_eq!(form.field("a"), Some("x&\">y"));
        let body = String::from_utf8(form.body()).expect("ASCII");
        assert_eq!(body, "a=x%26%22%3Ey&on=Y&card=4242&step=2&%C1%A4=%C1%A4");
    }
}
