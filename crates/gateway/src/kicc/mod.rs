//! KICC EasyPay, subscription payments: the merchant's side of the EP9 JSON protocol, as PROTOCOL.md describes it.
//!
//! The window brings an authorization through the browser; [`window`] exchanges it for a batch key, KICC's name for a
//! billing key. KICC signs its approvals (`msgAuthValue`), and we sign cancels. Every request has a number of ours,
//! `shopTransactionId`; a charge's is its order number, and by it a charge without an answer is asked about.

use std::sync::LazyLock;

use async_trait::async_trait;
use dangol_domain::{BillingKey, Currency, Failure, FailureClass, Outcome, Receipt};

use crate::Entry;
use crate::contract::{
    CancelOrder, Channel, ChargeOrder, Checked, Gateway, HandOff, Inquired, Inquiry, Issue, Notice,
    NoticeSays, ReturnClaim, Revoked, WindowOrder, WindowReturn,
};
use crate::lenient::said;
use crate::profile::Profile;
use crate::wire::Wire;
use codes::{Meaning, Step, meaning};
use messages::{Approved, ChargedCard, cancel_code};
use talk::{ask, refused};

mod answers;
mod check;
mod codes;
mod fields;
mod messages;
pub mod simulator;
mod talk;
#[cfg(test)]
mod tests;
mod window;

/// `currency` of won.
const CURRENCY_WON: &str = "00";

/// The line of this PG in the list.
pub const ENTRY: Entry = Entry {
    gateway: &Connector,
    simulator: simulator::make,
};

/// The merchant's side of KICC.
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
        let question = charge_message(channel, key, order);
        let answer: Approved<ChargedCard> =
            match ask(wire, channel, "/api/trades/approval/batch", &question).await {
                Ok(answer) => answer,
                Err(no_answer) => return no_answer.outcome(),
            };
        if meaning(&answer.res_cd.0, Step::Charge) == Meaning::Ok {
            return answers::approved(channel, order, answer);
        }
        let told = &answer.shop_transaction_id;
        if told.some().is_some_and(|told| told != order.order_id) {
            return Outcome::Unknown("KICC refused another shopTransactionId".to_owned());
        }
        refused(channel, Step::Charge, &answer)
    }

    async fn inquire(&self, wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry) -> Inquired {
        let day = fields::korean_day(inquiry.sent_at_ms);
        // KICC tells of today and yesterday only.
        if (fields::korean_day(inquiry.at_ms) - day).whole_days() > 1 {
            return Inquired::Unsupported;
        }
        let question = messages::Inquire {
            mall_id: &channel.pg_id,
            shop_transaction_id: &inquiry.order_id,
            // The day of the attempt, whatever day it is now.
            transaction_date: fields::day(inquiry.sent_at_ms),
        };
        let path = "/api/trades/retrieveTransaction";
        Inquired::Outcome(match ask(wire, channel, path, &question).await {
            Ok(answer) => answers::told(channel, inquiry, answer),
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
        let whole = !order.partly_cancelled && order.amount.minor == order.balance;
        let secret = channel.credential("secret");
        let question = messages::Cancel {
            mall_id: &channel.pg_id,
            shop_transaction_id: &order.cancel_id,
            pg_cno: &receipt.pg_tid,
            revise_type_code: if whole { "40" } else { "32" },
            amount: (!whole).then_some(order.amount.minor),
            // KICC wants the balance before this cancel, and checks it.
            remain_amount: (!whole).then_some(order.balance),
            revise_message: fields::reason(&order.reason),
            cancel_req_date: fields::day(order.at_ms),
            msg_auth_value: cancel_code(secret, &receipt.pg_tid, &order.cancel_id),
        };
        let answer: messages::Cancelled =
            match ask(wire, channel, "/api/trades/revise", &question).await {
                Ok(answer) => answer,
                Err(no_answer) => return no_answer.outcome(),
            };
        let code = answer.res_cd.0.as_str();
        let class = match meaning(code, Step::After) {
            Meaning::Ok => return answers::cancelled(channel, &answer, receipt, order, whole),
            _ if talk::listed(channel, "cancel_refusal_codes", code) => FailureClass::CancelRule,
            _ if talk::listed(channel, "not_found_codes", code) => FailureClass::NotFound,
            _ if talk::listed(channel, "bad_signature_codes", code) => FailureClass::Config,
            _ => return refused(channel, Step::After, &answer),
        };
        Outcome::Declined(talk::failure(class, &answer))
    }

    async fn revoke(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        at_ms: i64,
    ) -> Revoked {
        let id = revoke_id(channel, key, at_ms);
        let question = messages::Revoke {
            mall_id: &channel.pg_id,
            shop_transaction_id: &id,
            batch_key: key.expose(),
            remove_req_date: fields::day(at_ms),
        };
        let answer: messages::Revoked =
            match ask(wire, channel, "/api/trades/removeBatchKey", &question).await {
                Ok(answer) => answer,
                Err(no_answer) => return Revoked::Unknown(no_answer.seen()),
            };
        if meaning(&answer.res_cd.0, Step::After) == Meaning::Ok {
            let ours =
                answer.shop_transaction_id.0 == id && answer.mall_id.0 == channel.pg_id.as_str();
            return match ours {
                true => Revoked::Done,
                false => Revoked::Unknown("KICC said 0000 to another request".to_owned()),
            };
        }
        match refused(channel, Step::After, &answer) {
            Outcome::Declined(failure) => Revoked::Refused(failure),
            Outcome::Unknown(seen) => Revoked::Unknown(seen),
            _ => Revoked::Unknown(talk::unlisted(&answer)),
        }
    }

    /// KICC signs no notice, so that it is a hint at most; one of another merchant is none.
    fn read_notice(&self, channel: &Channel, notice: &Notice) -> NoticeSays {
        let field = |name| notice.text(name).filter(|text| !text.is_empty());
        if field("mallId").as_deref() != Some(&channel.pg_id) {
            return NoticeSays::Refused("the noti is of another mallId".to_owned());
        }
        let Some(order_id) = field("shopOrderNo") else {
            return NoticeSays::Refused("the noti names no shopOrderNo".to_owned());
        };
        let kind = field("notiType").unwrap_or_default();
        let amount = field("amount").unwrap_or_default();
        NoticeSays::Hint {
            order_id,
            pg_tid: field("pgCno"),
            claim: said(&format!("a noti of KICC: notiType {kind}, amount {amount}")),
        }
    }

    async fn check(&self, wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked {
        check::check(wire, channel, at_ms).await
    }
}

/// The charge as KICC wants it.
fn charge_message<'a>(
    channel: &'a Channel,
    key: &'a BillingKey,
    order: &'a ChargeOrder,
) -> messages::Charge<'a> {
    messages::Charge {
        mall_id: &channel.pg_id,
        shop_transaction_id: &order.order_id,
        shop_order_no: &order.order_id,
        approval_req_date: fields::day(order.at_ms),
        amount: order.amount.minor,
        currency: CURRENCY_WON,
        order_info: messages::OrderInfo {
            goods_name: fields::goods_name(&order.name),
            customer_info: messages::Customer {
                customer_name: fields::customer_name(order.buyer.name.as_deref()),
                customer_mail: fields::mail(order.buyer.email.as_deref()),
                customer_contact_no: fields::tel(order.buyer.tel.as_deref()),
            },
        },
        pay_method_info: messages::ChargeMethod {
            bill_key_method_info: messages::BatchKey {
                batch_key: key.expose(),
            },
            card_method_info: messages::CardMethod {
                installment_month: order.quota,
                free_installment_used: false,
            },
        },
        tax_info: (channel.dialect(facts(), "tax_split") == "true")
            .then(|| tax_split(order))
            .flatten(),
    }
}

fn not_in_won() -> Failure {
    let text = "KICC 정기결제는 1원 이상의 원화(KRW)만 지원합니다.";
    Failure::new(FailureClass::BadAmount, "", text)
}

/// The number of a deletion: KICC wants a new one for each request of a day. The key decides a part of it, so that the
/// deletions of two keys in one millisecond differ, through a code that nobody can turn back.
fn revoke_id(channel: &Channel, key: &BillingKey, at_ms: i64) -> String {
    let secret = channel.credential("secret").as_bytes();
    let code = crate::codec_hmac::code(secret, key.expose().as_bytes());
    format!("del-{at_ms}-{}", &code[..16])
}

/// The parts of the amount, when the merchant told any. VAT that was not told is a tenth on top of the taxed part.
/// Parts that do not fit the amount are left out, so that KICC uses what the contract says.
fn tax_split(order: &ChargeOrder) -> Option<messages::Tax> {
    if order.tax_free.is_none() && order.vat.is_none() {
        return None;
    }
    let free_amount = order.tax_free.unwrap_or(0);
    let with_vat = order.amount.minor.checked_sub(free_amount)?;
    let vat_amount = order.vat.unwrap_or((with_vat + 5).div_euclid(11));
    let tax_amount = with_vat.checked_sub(vat_amount)?;
    let parts = [tax_amount, vat_amount, free_amount];
    parts
        .iter()
        .all(|part| *part >= 0)
        .then_some(messages::Tax {
            tax_amount,
            free_amount,
            vat_amount,
        })
}
