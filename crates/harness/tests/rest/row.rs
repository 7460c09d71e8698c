//! A row, and how it is written.

use crate::shape::Shape;

/// One thing that clients rely on.
#[derive(Clone)]
pub struct Row {
    /// What it shows.
    pub what: &'static str,
    /// `METHOD /path?query`.
    pub ask: &'static str,
    /// Headers besides those of every call.
    pub headers: &'static [(&'static str, &'static str)],
    /// JSON when it begins with `{`, else a form.
    pub body: &'static str,
    /// A fault of the gateway's that is planned before it is asked, `operation fault`; empty for none.
    pub fault: &'static str,
    /// HTTP status and code.
    pub expected: (u16, i64),
    /// The message: exactly, or with `…` at its end how it begins. Empty for null.
    pub message: &'static str,
    /// What the response is.
    pub shape: Shape,
    /// What is in it, as JSON: a part of it. Empty when the shape says all.
    pub holds: &'static str,
    /// The choice, where the real one is unknown or contradictory.
    pub chosen: &'static str,
}

// In asks, headers, bodies and parts, a name in braces such as {paid} stands for what the world has under it.

/// An answer with code 0.
pub const fn ok(
    what: &'static str,
    ask: &'static str,
    body: &'static str,
    shape: Shape,
    holds: &'static str,
) -> Row {
    Row {
        what,
        ask,
        headers: &[],
        body,
        fault: "",
        expected: (200, 0),
        message: "",
        shape,
        holds,
        chosen: "",
    }
}

/// A refusal.
pub const fn no(
    what: &'static str,
    ask: &'static str,
    body: &'static str,
    expected: (u16, i64),
    message: &'static str,
) -> Row {
    Row {
        expected,
        message,
        ..ok(what, ask, body, Shape::Null, "")
    }
}

impl Row {
    /// The real one is unknown: this is our choice.
    pub const fn chosen(self, chosen: &'static str) -> Row {
        Row { chosen, ..self }
    }

    /// With other headers, and without the token that each call has.
    pub const fn headers(self, headers: &'static [(&'static str, &'static str)]) -> Row {
        Row { headers, ..self }
    }

    /// The gateway of the first channel behaves so.
    pub const fn fault(self, fault: &'static str) -> Row {
        Row { fault, ..self }
    }

    /// HTTP 207: some are missing.
    pub const fn partly(self) -> Row {
        Row {
            expected: (207, 0),
            ..self
        }
    }
}
