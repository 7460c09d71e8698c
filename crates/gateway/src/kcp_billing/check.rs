//! Proves a channel's credentials without moving money: what can be seen locally, then a signed question about a
//! payment that cannot exist.

use super::codes::{Meaning, Step, meaning};
use super::messages::{Inquired, Verdict as _};
use super::sign::{Certificate, Signer};
use super::{fields, talk};
use crate::contract::{Channel, Checked};
use crate::wire::Wire;

/// A number of the right form that KCP never gave out: its numbers begin with a date.
const NO_SUCH_TNO: &str = "00000000000000";

/// Checks a channel.
pub async fn check(wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked {
    let signer = match locally(channel, at_ms) {
        Ok(signer) => signer,
        Err(what) => return Checked::Bad(what),
    };
    let answer: Inquired = match super::ask_about(wire, channel, &signer, NO_SUCH_TNO).await {
        Ok(answer) => answer,
        Err(no_answer) => {
            let seen = no_answer.seen();
            return Checked::CannotProve(format!("the credentials fit each other, but {seen}"));
        }
    };
    let code = answer.code();
    let said = format!("[{code}] {}", fields::said(answer.text()));
    if talk::listed(channel, "not_found_codes", code) {
        return Checked::Good(format!(
            "NHN KCP took certificate and signature and does not know the made-up payment: {said}"
        ));
    }
    match meaning(code, Step::After) {
        Meaning::Refused(dangol_domain::FailureClass::Config) => Checked::Bad(format!(
            "NHN KCP refuses site code, group or certificate: {said}; check that all are of one contract, test or live"
        )),
        _ => Checked::CannotProve(format!(
            "the credentials fit each other; what NHN KCP's answer says of them is not known: {said}"
        )),
    }
}

/// Checks what needs no KCP.
fn locally(channel: &Channel, at_ms: i64) -> Result<Signer, String> {
    let coded = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if !coded(&channel.pg_id, 5) {
        return Err("the site code must be 5 letters and digits, such as A52Q7".to_owned());
    }
    if !coded(channel.credential("group_id"), 12) {
        return Err(
            "group_id must be 12 letters and digits: the batch group id, such as A52Q71000489"
                .to_owned(),
        );
    }
    let certificate = Certificate::read(channel.credential("cert")).ok_or(
        "cert is not a PEM certificate; it must begin with BEGIN CERTIFICATE (is it swapped with private_key?)",
    )?;
    let signer = super::signer(channel).map_err(|error| error.to_string())?;
    if !signer.matches(&certificate) {
        return Err("private_key is not the key of cert; both come from one download".to_owned());
    }
    if at_ms > certificate.not_after_ms {
        return Err(format!(
            "cert expired on {}; get a new one from NHN KCP (the published test certificate ended on 2026-06-28)",
            certificate.not_after
        ));
    }
    Ok(signer)
}
