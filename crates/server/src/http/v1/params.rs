//! The parameters of a request, read leniently: i'mport takes JSON and forms for every call, and its clients of ten
//! years write both in odd ways. Values keep their exact text, so that no amount passes through floating point.
//!
//! Unset is: absent, `null`, the empty string, `false`. A value that holds NUL is refused here, for every field.
//! Nothing here has `Debug`: `imp_secret` passes through.

mod form;
mod json;
mod notice_url;
mod objects;

use std::borrow::Cow;

use dangol_domain::Currency;
use dangol_domain::v1::Refusal;

/// More fields than this are refused; i'mport's own server takes as many.
const FIELDS_MAX: usize = 1_000;

/// Longest `merchant_uid`, characters (V1's own limit).
pub const MERCHANT_UID_MAX: usize = 40;
/// Longest way to write an amount.
pub const DECIMAL_MAX: usize = 64;

/// One parameter.
enum Param<'a> {
    /// JSON's `null`.
    Unset,
    /// A JSON string or a value of a form.
    Text(Cow<'a, str>),
    /// A JSON number, `true` or `false`, as it was written.
    Bare(&'a str),
    /// A JSON object or array without needless white space; also what a form writes as `a[0][b]=c`.
    Json(Cow<'a, str>),
}

/// The parameters of one request. A name that stands twice counts by its last value.
pub struct Params<'a> {
    entries: Vec<(Cow<'a, str>, Param<'a>)>,
}

impl<'a> Params<'a> {
    /// Reads query and body; a name in the body hides the same name in the query.
    ///
    /// The body is JSON when it begins with `{` or says so, else a form: old clients send either under any type.
    ///
    /// # Errors
    /// HTTP 400, code 1, naming the field or the place in the body.
    pub fn read(
        query: Option<&'a str>,
        content_type: Option<&str>,
        body: &'a [u8],
    ) -> Result<Params<'a>, Refusal> {
        let mut params = Params::of_body(content_type, body)?;
        if let Some(query) = query.filter(|query| !query.is_empty()) {
            let mut query = Params::of_query(query)?;
            query
                .entries
                .retain(|(name, _)| params.find(name).is_none());
            params.entries.append(&mut query.entries);
        }
        Ok(params)
    }

    /// Reads a query.
    ///
    /// # Errors
    /// As [`Params::read`].
    pub fn of_query(query: &'a str) -> Result<Params<'a>, Refusal> {
        Params::checked(form::read(query.as_bytes())?)
    }

    fn of_body(content_type: Option<&str>, body: &'a [u8]) -> Result<Params<'a>, Refusal> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let kind = content_type.unwrap_or("").to_ascii_lowercase();
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            None => Ok(Params {
                entries: Vec::new(),
            }),
            Some(_) if kind.starts_with("multipart/") => Err(Refusal::malformed(
                "Content-Type",
                "must be application/json or application/x-www-form-urlencoded",
            )),
            Some(b'{') => Params::checked(json::read_object(body)?),
            Some(_) if kind.contains("json") => Err(Refusal::malformed(
                "body",
                "JSON 객체여야 합니다. (must be a JSON object)",
            )),
            Some(_) => Params::checked(form::read(body)?),
        }
    }

    fn checked(entries: Vec<(Cow<'a, str>, Param<'a>)>) -> Result<Params<'a>, Refusal> {
        for (name, param) in &entries {
            let holds_nul = match param {
                Param::Text(text) => text.contains('\0'),
                Param::Json(json) => json::escapes_nul(json),
                Param::Unset | Param::Bare(_) => false,
            };
            if holds_nul || name.contains('\0') {
                return Err(malformed(name, "must not contain NUL"));
            }
        }
        Ok(Params { entries })
    }

    /// All of them as bytes but for these, for telling one request from another.
    pub fn without(&self, hidden: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, param) in &self.entries {
            let value = match param {
                Param::Unset => "",
                Param::Text(text) | Param::Json(text) => text,
                Param::Bare(text) => text,
            };
            if !hidden.contains(&&**name) {
                // No value has a NUL in it.
                bytes.extend([name.as_bytes(), value.as_bytes()].join(&0));
                bytes.push(0);
            }
        }
        bytes
    }

    fn find(&self, name: &str) -> Option<&Param<'a>> {
        let mut newest_first = self.entries.iter().rev();
        newest_first
            .find(|(given, _)| given == name)
            .map(|(_, param)| param)
    }

    /// A value as text, numbers exactly as they were written; `None` when it is unset.
    ///
    /// # Errors
    /// When it is an object or a list.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.find(name) {
            None | Some(Param::Unset | Param::Bare("false")) => Ok(None),
            Some(Param::Text(text)) => Ok(Some(&**text).filter(|text| !text.is_empty())),
            Some(Param::Bare(text)) => Ok(Some(text)),
            Some(Param::Json(_)) => Err(malformed(name, "must be a text or a number")),
        }
    }

    /// As [`Params::text`], at most `max` characters.
    ///
    /// # Errors
    /// When it is longer, or no text.
    pub fn short(&self, name: &str, max: usize) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        // Bytes are at least as many as characters: most texts need no counting.
        if text.len() > max && text.chars().count() > max {
            return Err(too_long(name, max));
        }
        Ok(Some(text.to_owned()))
    }

    /// A name of the merchant's making: required, at most `max` characters, no control characters.
    ///
    /// # Errors
    /// When it is missing or has another shape.
    pub fn name(&self, name: &str, max: usize) -> Result<String, Refusal> {
        let text = self
            .short(name, max)?
            .filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| required(name))?;
        if text.chars().any(char::is_control) {
            return Err(malformed(name, "must not contain control characters"));
        }
        Ok(text)
    }

    /// A whole number of at most `max`; unset is 0.
    ///
    /// # Errors
    /// When it is something else.
    pub fn count(&self, name: &str, max: u8) -> Result<u8, Refusal> {
        let Some(text) = self.text(name)? else {
            return Ok(0);
        };
        let number = text.trim().parse().ok().filter(|number| *number <= max);
        number.ok_or_else(|| malformed(name, &format!("must be a whole number from 0 to {max}")))
    }

    /// A whole number from 1 to `max`; `None` when it is unset, as 0 is.
    ///
    /// # Errors
    /// When it is something else.
    pub fn number(&self, name: &str, max: i64) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let number = text.trim().parse().ok();
        match number.filter(|number| (0..=max).contains(number)) {
            Some(0) => Ok(None),
            Some(number) => Ok(Some(number)),
            None => Err(malformed(
                name,
                &format!(
                    "1부터 {max}까지의 정수여야 합니다. (must be a whole number from 1 to {max})"
                ),
            )),
        }
    }

    /// `currency`; `None` when it is unset.
    ///
    /// # Errors
    /// When ISO 4217 does not have it.
    pub fn currency(&self) -> Result<Option<Currency>, Refusal> {
        let Some(code) = self.text("currency")? else {
            return Ok(None);
        };
        let known = Currency::parse(code);
        known
            .map(Some)
            .ok_or_else(|| malformed("currency", "must be an ISO 4217 code such as KRW"))
    }

    /// Free text of at most `max` bytes; an object or a list becomes its JSON text, as i'mport stores it.
    ///
    /// # Errors
    /// When it is longer.
    pub fn free_text(&self, name: &str, max: usize) -> Result<Option<String>, Refusal> {
        let text = match self.find(name) {
            Some(Param::Json(json)) => Some(&**json),
            _ => self.text(name)?,
        };
        if text.is_some_and(|text| text.len() > max) {
            return Err(malformed(name, &format!("must be at most {max} bytes")));
        }
        Ok(text.map(str::to_owned))
    }

    /// Texts that are given as one value, as a list, or by repeating the name.
    ///
    /// # Errors
    /// When something in it is no text.
    pub fn list(&self, name: &str) -> Result<Vec<Cow<'_, str>>, Refusal> {
        let mut texts = Vec::new();
        for (_, param) in self.entries.iter().filter(|(given, _)| given == name) {
            match param {
                Param::Unset | Param::Bare("false") => {}
                Param::Text(text) => texts.push(Cow::Borrowed(&**text)),
                Param::Bare(text) => texts.push(Cow::Borrowed(*text)),
                Param::Json(json) => {
                    for param in json::read_list(json).ok_or_else(|| no_list(name))? {
                        match param {
                            Param::Unset => {}
                            Param::Text(text) => texts.push(text),
                            Param::Bare(text) => texts.push(Cow::Borrowed(text)),
                            Param::Json(_) => return Err(no_list(name)),
                        }
                    }
                }
            }
        }
        texts.retain(|text| !text.is_empty());
        Ok(texts)
    }
}

/// A refusal that names a field; a field's name is the caller's, so it is shortened.
fn malformed(name: &str, expected: &str) -> Refusal {
    const SHOWN_MAX: usize = 60;
    let shown: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(SHOWN_MAX)
        .collect();
    Refusal::malformed(&shown, expected)
}

/// A required field is missing.
pub fn required(name: &str) -> Refusal {
    malformed(name, "필수 파라메터가 누락되었습니다. (required)")
}

fn too_long(name: &str, max: usize) -> Refusal {
    malformed(
        name,
        &format!("최대 {max}자까지 가능합니다. (at most {max} characters)"),
    )
}

fn no_list(name: &str) -> Refusal {
    malformed(name, "must be a text or a list of texts")
}

#[cfg(test)]
mod tests;
