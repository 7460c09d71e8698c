//! Danal, subscription payments by "T-pay credit": the merchant's side of its protocol, as PROTOCOL.md describes it.
//!
//! Everything travels as pairs that are sealed under the contract's crypto key ([`pairs`]); nothing is signed. The window
//! authenticates a card, and [`window`] exchanges that for a billing key, which with an amount is a charge too. Danal has no
//! inquiry: a charge without an answer stays open for a person.

use std::sync::LazyLock;

use async_trait::async_trait;
use dangol_domain::{BillingKey, Failure, FailureClass, Outcome, Receipt};

use crate::Entry;
use crate::contract::{
    CancelOrder, Channel, ChargeOrder, Checked, Gateway, HandOff, Inquired, Inquiry, Issue, Notice,
    NoticeSays, ReturnClaim, Revoked, WindowOrder, WindowReturn,
};
use crate::profile::Profile;
use crate::wire::Wire;
use returns::Returned;
use talk::ask;

mod answers;
mod check;
mod codes;
mod fields;
mod messages;
mod notice;
mod pairs;
mod returns;
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

/// The merchant's side of Danal.
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

    fn read_return(&self, channel: &Channel, returned: &WindowReturn) -> ReturnClaim {
        let nothing = ReturnClaim {
            order_id: None,
            token: None,
            sealed: false,
        };
        Returned::read(channel, returned).map_or(nothing, |told| told.claim(channel))
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
        let money = fields::money(channel, order.amount).filter(|_| order.amount.minor > 0);
        let Some(money) = money.filter(|_| order.quota <= 1) else {
            let text = "다날 정기결제는 1원 이상의 원화(KRW), 일시불만 지원합니다.";
            return Outcome::NotSent(Failure::new(FailureClass::BadAmount, "", text));
        };
        let question = messages::charge(key.expose(), order, money);
        match ask(wire, channel, &question).await {
            Ok(answer) => answers::charged(channel, order, &answer),
            Err(no_answer) => no_answer.outcome(),
        }
    }

    /// Danal publishes no way to ask. To send the same order number again would tell something, and could charge twice.
    async fn inquire(&self, _wire: &dyn Wire, _channel: &Channel, _inquiry: &Inquiry) -> Inquired {
        Inquired::Unsupported
    }

    async fn cancel(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        receipt: &Receipt,
        order: &CancelOrder,
    ) -> Outcome {
        let Some((_, amount)) = fields::money(channel, order.amount) else {
            let text = "다날 정기결제는 원화(KRW)만 지원합니다.";
            return Outcome::NotSent(Failure::new(FailureClass::BadAmount, "", text));
        };
        let kind = match (order.amount.minor == order.balance, order.partly_cancelled) {
            (true, false) => "C",
            (true, true) => channel.dialect(facts(), "rest_cancel_type"),
            (false, _) => "P",
        };
        let question = messages::cancel(&receipt.pg_tid, kind, order, amount);
        match ask(wire, channel, &question).await {
            Ok(answer) => answers::cancelled(channel, receipt, order, &answer),
            Err(no_answer) => no_answer.outcome(),
        }
    }

    async fn revoke(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        _at_ms: i64,
    ) -> Revoked {
        match ask(wire, channel, &messages::delete_key(key.expose())).await {
            Ok(answer) => answers::revoked(channel, &answer),
            Err(no_answer) => Revoked::Unknown(no_answer.seen()),
        }
    }

    fn read_notice(&self, channel: &Channel, notice: &Notice) -> NoticeSays {
        notice::read(channel, notice)
    }

    async fn check(&self, wire: &dyn Wire, channel: &Channel, _at_ms: i64) -> Checked {
        check::check(wire, channel).await
    }
}
