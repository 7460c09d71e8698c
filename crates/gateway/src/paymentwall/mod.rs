//! Paymentwall (Terminal3): the merchant's side of its Brick, status, ticket and pingback protocols, as PROTOCOL.md
//! describes them.
//!
//! The window is a page of ours in which Brick's own script takes the card and gives a one-time token; [`window`] makes the
//! first charge with it, and the charge brings a permanent token, Paymentwall's name for a billing key. A risk review may
//! hold any charge back, and pingbacks tell how it ended. Requests by the project key, and all pingbacks, are signed.

use std::sync::LazyLock;

use async_trait::async_trait;
use dangol_domain::{BillingKey, CardData, Failure, Outcome, Receipt};

use crate::Entry;
use crate::contract::{
    CancelOrder, Channel, ChargeOrder, Checked, Gateway, HandOff, Inquired, Inquiry, Issue, KeyIn,
    Notice, NoticeSays, ReturnClaim, Revoked, Tokeniser, WindowOrder, WindowReturn,
};
use crate::profile::Profile;
use crate::service::Service;
use crate::wire::Wire;

mod answers;
mod cancel;
mod charge;
mod check;
mod codes;
mod delivery;
mod fields;
mod inquire;
mod key_in;
mod messages;
mod notice;
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

/// The merchant's side of Paymentwall.
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
        _wire: &dyn Wire,
        channel: &Channel,
        order: &WindowOrder,
    ) -> Result<HandOff, Failure> {
        window::open(channel, order)
    }

    fn page_script(&self) -> Option<&'static str> {
        Some(window::PAGE_SCRIPT)
    }

    fn tokeniser(&self, channel: &Channel) -> Option<Tokeniser> {
        window::tokeniser(channel)
    }

    fn read_return(&self, _: &Channel, returned: &WindowReturn) -> ReturnClaim {
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
        charge::charge(wire, channel, key, order).await
    }

    fn takes_card(
        &self,
        channel: &Channel,
        card: &CardData,
        order: &ChargeOrder,
        _: KeyIn,
    ) -> Result<(), String> {
        key_in::takes(channel, card, order)
    }

    async fn charge_card(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        card: CardData,
        order: &ChargeOrder,
    ) -> Outcome {
        key_in::charge(wire, channel, card, order).await
    }

    async fn issue_by_card(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        card: CardData,
        order: &ChargeOrder,
    ) -> Issue {
        key_in::issue(wire, channel, card, order).await
    }

    async fn inquire(&self, wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry) -> Inquired {
        inquire::inquire(wire, channel, inquiry).await
    }

    async fn cancel(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        receipt: &Receipt,
        order: &CancelOrder,
    ) -> Outcome {
        cancel::cancel(wire, channel, receipt, order).await
    }

    async fn revoke(&self, _: &dyn Wire, _: &Channel, _: &BillingKey, _: i64) -> Revoked {
        Revoked::Unsupported
    }

    fn read_notice(&self, channel: &Channel, notice: &Notice) -> NoticeSays {
        notice::read(channel, notice)
    }

    fn services(&self) -> &'static [&'static dyn Service] {
        &[&delivery::Delivery]
    }

    async fn check(&self, wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked {
        check::check(wire, channel, at_ms).await
    }
}
