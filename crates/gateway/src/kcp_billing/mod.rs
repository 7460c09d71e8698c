//! NHN KCP, subscription payments: the merchant's side of KCP's SPL protocol, as PROTOCOL.md describes it.
//!
//! The window brings `enc_data` and `enc_info` through the browser; [`window`] exchanges them for a batch key,
//! KCP's name for a billing key. Charges with that key are not signed; cancels and inquiries are.

use std::sync::LazyLock;

use async_trait::async_trait;
use dangol_domain::{BillingKey, Currency, Failure, FailureClass, Money, Outcome, Receipt};

use crate::Entry;
use crate::contract::{
    CancelOrder, Channel, ChargeOrder, Checked, Gateway, HandOff, Inquired, Inquiry, Issue,
    ReturnClaim, Revoked, WindowOrder, WindowReturn,
};
use crate::profile::Profile;
use crate::wire::Wire;
use codes::{Meaning, Step, meaning};
use sign::{KeyError, Signer};
use talk::{NoAnswer, ask, refused};

mod check;
mod codes;
mod fields;
mod key_in;
mod messages;
mod sign;
pub mod simulator;
mod talk;
#[cfg(test)]
mod tests;
mod window;

/// The line of this PG in the list.
pub const ENTRY: Entry = Entry {
    gateway: &Connector,
    simulator: simulator::make,
};

/// The same PG under V1's other name for it, without a window.
pub const KEY_IN: Entry = Entry {
    gateway: &key_in::Connector,
    simulator: simulator::make_key_in,
};

/// The merchant's side of NHN KCP.
pub struct Connector;

fn facts() -> &'static Profile {
    static PROFILE: LazyLock<Profile> =
        LazyLock::new(|| Profile::parse(include_str!("profile.toml")));
    &PROFILE
}

#[async_trait]
impl Gateway for Connector {
    fn profile(&self) -> &'static Profile {
        facts()
    }

    async fn open_window(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        order: &WindowOrder,
    ) -> Result<HandOff, Failure> {
        window::open(wire, channel, order).await
    }

    fn page_script(&self) -> Option<&'static str> {
        Some(window::PAGE_SCRIPT)
    }

    fn read_return(&self, _channel: &Channel, returned: &WindowReturn) -> ReturnClaim {
        window::read_return(returned)
    }

    async fn close_window(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        order: &WindowOrder,
        returned: &WindowReturn,
    ) -> Issue {
        window::close(wire, channel, order, returned).await
    }

    async fn charge(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        order: &ChargeOrder,
    ) -> Outcome {
        if order.amount.currency != Currency::KRW || order.amount.minor <= 0 {
            return Outcome::NotSent(not_in_won());
        }
        let Some(quota) = quota(order) else {
            return Outcome::NotSent(no_such_quota());
        };
        let cert = sign::one_line(channel.credential("cert"));
        let won = order.amount.minor.to_string();
        let question = messages::Charge {
            site_cd: &channel.pg_id,
            kcp_cert_info: &cert,
            pay_method: "CARD",
            cust_ip: order.browser_ip.as_deref().unwrap_or_default(),
            amount: won.clone(),
            card_mny: won,
            currency: "410",
            quota,
            ordr_idxx: &order.order_id,
            good_name: fields::good_name(&order.name),
            buyr_name: fields::buyer_name(order.buyer.name.as_deref()),
            buyr_mail: fields::mail(order.buyer.email.as_deref()),
            buyr_tel2: fields::tel(order.buyer.tel.as_deref()),
            card_tx_type: "11511000",
            bt_batch_key: key.expose(),
            bt_group_id: channel.credential("group_id"),
            tax: tax(channel, order),
        };
        let url = format!("{}/gw/hub/v1/payment", channel.host("api"));
        let answer: messages::Charged = match ask(wire, url, &question).await {
            Ok(answer) => answer,
            Err(no_answer) => return no_answer.outcome(),
        };
        match meaning(&answer.res_cd.0, Step::Charge) {
            Meaning::Ok => approved(answer, order),
            _ => refused(channel, Step::Charge, &answer),
        }
    }

    async fn inquire(&self, wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry) -> Inquired {
        // KCP knows a payment by its own number only; an answer that was lost took that number with it.
        let Some(tno) = &inquiry.pg_tid else {
            return Inquired::Unsupported;
        };
        let signer = match signer(channel) {
            Ok(signer) => signer,
            Err(error) => return Inquired::Outcome(Outcome::Unknown(error.to_string())),
        };
        Inquired::Outcome(match ask_about(wire, channel, &signer, tno).await {
            Ok(answer) => told(channel, inquiry, tno, answer),
            // That this question was not sent says nothing of the attempt that it is about.
            Err(no_answer) => Outcome::Unknown(no_answer.seen()),
        })
    }

    async fn cancel(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        receipt: &Receipt,
        order: &CancelOrder,
    ) -> Outcome {
        let signer = match signer(channel) {
            Ok(signer) => signer,
            Err(error) => {
                let failure = Failure::new(FailureClass::Config, "", error.to_string());
                return Outcome::NotSent(failure);
            }
        };
        // After a first partial cancel KCP takes only further partial ones, even for all that is left.
        let whole = !order.partly_cancelled && order.amount.minor == order.balance;
        let (mod_type, tno) = (if whole { "STSC" } else { "STPC" }, receipt.pg_tid.as_str());
        let cert = sign::one_line(channel.credential("cert"));
        let question = messages::Cancel {
            site_cd: &channel.pg_id,
            kcp_cert_info: &cert,
            kcp_sign_data: signer.sign(&format!("{}^{tno}^{mod_type}", channel.pg_id)),
            tno,
            mod_type,
            mod_desc: fields::reason(&order.reason),
            mod_mny: (!whole).then(|| order.amount.minor.to_string()),
            // KCP wants the balance before this cancel.
            rem_mny: (!whole).then(|| order.balance.to_string()),
        };
        let url = format!("{}/gw/mod/v1/cancel", channel.host("api"));
        let answer: messages::Cancelled = match ask(wire, url, &question).await {
            Ok(answer) => answer,
            Err(no_answer) => return no_answer.outcome(),
        };
        match meaning(&answer.res_cd.0, Step::After) {
            Meaning::Ok => cancelled(&answer, receipt, order, whole),
            _ if talk::listed(channel, "not_found_codes", &answer.res_cd.0) => {
                Outcome::Declined(talk::failure(FailureClass::NotFound, &answer))
            }
            _ => refused(channel, Step::After, &answer),
        }
    }

    async fn revoke(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        _at_ms: i64,
    ) -> Revoked {
        let cert = sign::one_line(channel.credential("cert"));
        let question = messages::Revoke {
            site_cd: &channel.pg_id,
            kcp_cert_info: &cert,
            pay_method: "BATCH",
            tx_type: "10005010",
            group_id: channel.credential("group_id"),
            batch_key: key.expose(),
        };
        let url = format!("{}/gw/hub/v1/payment", channel.host("api"));
        let answer: messages::Revoked = match ask(wire, url, &question).await {
            Ok(answer) => answer,
            Err(no_answer) => return Revoked::Unknown(no_answer.seen()),
        };
        if meaning(&answer.res_cd.0, Step::After) == Meaning::Ok {
            return Revoked::Done;
        }
        match refused(channel, Step::After, &answer) {
            Outcome::Declined(failure) => Revoked::Refused(failure),
            _ => Revoked::Unknown(talk::unlisted(&answer)),
        }
    }

    async fn check(&self, wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked {
        check::check(wire, channel, at_ms).await
    }
}

/// Reads "0000" as an approval of exactly this order, else as something that nobody understands.
fn approved(answer: messages::Charged, order: &ChargeOrder) -> Outcome {
    if answer.order_no.0 != order.order_id {
        return Outcome::Unknown("NHN KCP said 0000 for another order number".to_owned());
    }
    if answer.amount.won() != Some(order.amount.minor) {
        // Its number is for the person who looks the payment up at KCP.
        let tno: String = answer
            .tno
            .0
            .chars()
            .filter(char::is_ascii_digit)
            .take(20)
            .collect();
        return Outcome::Unknown(format!("NHN KCP said 0000 for another amount (tno {tno})"));
    }
    let Some(tno) = answer.tno.some() else {
        return Outcome::Unknown("NHN KCP said 0000 without its number (tno)".to_owned());
    };
    Outcome::Approved(Receipt {
        pg_tid: tno.to_owned(),
        amount: order.amount,
        approval_number: answer.app_no.some().map(str::to_owned),
        approved_at_ms: answer.app_time.korean_time_ms(),
        quota: answer.quota.0.parse().unwrap_or(order.quota),
        partial_cancel: match answer.partcanc_yn.0.as_str() {
            "Y" => Some(true),
            "N" => Some(false),
            _ => None,
        },
        card: messages::card(
            &answer.card_cd,
            &answer.card_name,
            &answer.card_bin_type_02,
            answer.card_no.0,
        ),
        receipt_url: None,
        cancel_key: None,
    })
}

/// What an inquiry's answer says of the attempt.
fn told(channel: &Channel, inquiry: &Inquiry, tno: &str, answer: messages::Inquired) -> Outcome {
    if meaning(&answer.res_cd.0, Step::After) != Meaning::Ok {
        return Outcome::Unknown(talk::unlisted(&answer));
    }
    if answer.tno.0 != tno || answer.order_no.0 != inquiry.order_id {
        return Outcome::Unknown("NHN KCP told of another payment".to_owned());
    }
    if answer.amount.won() != Some(inquiry.amount.minor) {
        return Outcome::Unknown("NHN KCP told of another amount".to_owned());
    }
    let state = answer.stat_ca_cd.0.as_str();
    match state {
        // What was cancelled since had been approved.
        "STSR" | "STPC" | "STSC" => {}
        _ if talk::listed(channel, "pending_states", state) => {
            return Outcome::Pending(format!("NHN KCP has it as {state}"));
        }
        _ if talk::listed(channel, "failed_states", state) => {
            let failure = Failure::new(FailureClass::Decline, state, "승인되지 않은 거래입니다.");
            return Outcome::Declined(failure);
        }
        _ => return Outcome::Unknown("NHN KCP told a state that is not listed".to_owned()),
    }
    Outcome::Approved(Receipt {
        pg_tid: tno.to_owned(),
        amount: inquiry.amount,
        approval_number: answer.app_no.some().map(str::to_owned),
        approved_at_ms: answer.app_time.korean_time_ms(),
        card: messages::card(
            &answer.card_cd,
            &answer.card_name,
            &Default::default(),
            answer.card_no.0,
        ),
        quota: answer.quota.0.parse().unwrap_or(0),
        partial_cancel: None,
        receipt_url: None,
        cancel_key: None,
    })
}

/// Reads "0000" as this cancel, when every number that KCP repeats agrees.
fn cancelled(
    answer: &messages::Cancelled,
    receipt: &Receipt,
    order: &CancelOrder,
    whole: bool,
) -> Outcome {
    if answer.tno.0 != receipt.pg_tid {
        return Outcome::Unknown("NHN KCP said 0000 for another payment".to_owned());
    }
    if !whole {
        let either = |new: &messages::Text, old: &messages::Text| new.won().or(old.won());
        let taken = either(&answer.mod_mny, &answer.panc_mod_mny);
        let left = either(&answer.rem_mny, &answer.panc_rem_mny);
        let agrees = taken == Some(order.amount.minor)
            && left.is_none_or(|left| left == order.balance - order.amount.minor);
        if !agrees {
            return Outcome::Unknown("NHN KCP said 0000 for another amount".to_owned());
        }
    }
    Outcome::Approved(Receipt {
        amount: order.amount,
        approved_at_ms: answer.canc_time.korean_time_ms(),
        receipt_url: None,
        ..receipt.clone()
    })
}

/// Asks about a payment by KCP's number.
async fn ask_about(
    wire: &dyn Wire,
    channel: &Channel,
    signer: &Signer,
    tno: &str,
) -> Result<messages::Inquired, NoAnswer> {
    const PAY_TYPE: &str = "PACA";
    let message = channel
        .dialect(facts(), "inquiry_sign")
        .replace("{site_cd}", &channel.pg_id)
        .replace("{tno}", tno)
        .replace("{pay_type}", PAY_TYPE);
    let cert = sign::one_line(channel.credential("cert"));
    let question = messages::Inquire {
        site_cd: &channel.pg_id,
        kcp_cert_info: &cert,
        kcp_sign_data: signer.sign(&message),
        tno,
        pay_type: PAY_TYPE,
    };
    let url = format!("{}/std/inquery", channel.host("api"));
    ask(wire, url, &question).await
}

fn signer(channel: &Channel) -> Result<Signer, KeyError> {
    Signer::read(
        channel.credential("private_key"),
        channel.credential("private_key_password"),
    )
}

fn not_in_won() -> Failure {
    Failure::new(
        FailureClass::BadAmount,
        "",
        "NHN KCP 정기결제는 1원 이상의 원화(KRW)만 지원합니다.",
    )
}

/// The instalments, months, as KCP takes them; its code for others is not published, so they are not sent.
fn quota(order: &ChargeOrder) -> Option<String> {
    const AMOUNT_MIN: i64 = 50_000;
    match order.quota {
        0 | 1 => Some("00".to_owned()),
        2..=12 if order.amount.minor >= AMOUNT_MIN => Some(format!("{:02}", order.quota)),
        _ => None,
    }
}

fn no_such_quota() -> Failure {
    let text = "NHN KCP 할부는 50,000원 이상, 2~12개월만 가능합니다.";
    Failure::new(FailureClass::BadAmount, "", text)
}

/// The parts of the amount, on channels that tell them.
fn tax(channel: &Channel, order: &ChargeOrder) -> Option<messages::Tax> {
    let told = channel.dialect(facts(), "tax_split") == "true";
    told.then(|| tax_split(order)).flatten()
}

/// The parts of the amount, when the merchant told any. VAT that was not told is a tenth on top of the taxed part.
/// Parts that do not fit the amount are left out, so that KCP uses what the contract says.
fn tax_split(order: &ChargeOrder) -> Option<messages::Tax> {
    if order.tax_free.is_none() && order.vat.is_none() {
        return None;
    }
    let free = order.tax_free.unwrap_or(0);
    let with_vat = order.amount.minor - free;
    let vat = order.vat.unwrap_or((with_vat + 5).div_euclid(11));
    let taxed = with_vat - vat;
    let parts = [taxed, vat, free];
    let won = |part: i64| Money::new(part, Currency::KRW).decimal();
    parts.iter().all(|part| *part >= 0).then(|| messages::Tax {
        comm_tax_mny: won(taxed),
        comm_vat_mny: won(vat),
        comm_free_mny: won(free),
    })
}
