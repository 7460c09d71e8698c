//! What came back through the browser. Danal seals it (`RETURNPARAMS`) or, as its guide has it, sends plain fields. Only the
//! seal says that Danal wrote it; either is a hint, and can at most end a window without a key.

use dangol_domain::Secret;

use super::facts;
use super::pairs::{self, Pairs};
use crate::contract::{Channel, ReturnClaim, WindowOrder, WindowReturn};

/// Our part of `BYPASSVALUE`.
const TOKEN: &str = "token";

/// A return as read.
pub struct Returned {
    /// `RETURNCODE`.
    pub code: String,
    /// `RETURNMSG`.
    pub text: String,
    /// `TID`.
    pub tid: String,
    /// `ORDERID`.
    pub order_id: String,
    /// Whether Danal wrote it.
    pub sealed: bool,
    bypass: Secret,
}

impl Returned {
    /// Reads a return; `None` when it says nothing, or is sealed and does not open. Plain fields beside sealed ones do not
    /// count.
    pub fn read(channel: &Channel, returned: &WindowReturn) -> Option<Returned> {
        let plain = |name: &str| returned.text(name).unwrap_or_default().trim().to_owned();
        let params = plain("RETURNPARAMS");
        if !params.is_empty() {
            let key = pairs::crypto_key(channel)?;
            let opened = Pairs::read_strictly(&pairs::open(&key, &params)?)?;
            return Some(Returned::of(true, |name| opened.get(name).to_owned()));
        }
        let told = Returned::of(false, plain);
        (!told.code.is_empty()).then_some(told)
    }

    fn of(sealed: bool, get: impl Fn(&str) -> String) -> Returned {
        Returned {
            code: get("RETURNCODE"),
            text: get("RETURNMSG"),
            tid: get("TID"),
            order_id: get("ORDERID"),
            sealed,
            bypass: Secret::new(get("BYPASSVALUE")),
        }
    }

    /// What it claims.
    pub fn claim(&self, channel: &Channel) -> ReturnClaim {
        let may_lack_token = channel.dialect(facts(), "return_echo") == "false";
        ReturnClaim {
            order_id: Some(self.order_id.clone()).filter(|id| !id.is_empty()),
            token: token_in(self.bypass.expose()),
            // An echo that is not ours is no lack of one.
            sealed: self.sealed && may_lack_token && self.bypass.is_empty(),
        }
    }
}

/// What Danal is asked to echo: `NAME=value;`, without an ampersand.
pub fn bypass_value(order: &WindowOrder) -> String {
    format!("{TOKEN}={};", order.return_token.expose())
}

/// Our token in an echo.
pub fn token_in(bypass: &str) -> Option<Secret> {
    let token = bypass
        .split(';')
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| *name == TOKEN);
    token
        .map(|(_, token)| token)
        .filter(|token| !token.is_empty())
        .map(Secret::new)
}
