//! PAYCO, automatic payment: the merchant's side of the autoPayment protocol, as PROTOCOL.md describes it.
//!
//! Nothing in this protocol is signed. The window's return is a hint, and PAYCO's own word over our connection decides.
//! A billing key has three parts ([`key`]); an approval has a certify key, without which PAYCO cancels nothing.

use std::sync::LazyLock;

use async_trait::async_trait;
use dangol_domain::{BillingKey, Failure, Outcome, Receipt};

use crate::Entry;
use crate::contract::{
    CancelOrder, Channel, ChargeOrder, Checked, Gateway, HandOff, Inquired, Inquiry, Issue,
    ReturnClaim, Revoked, WindowOrder, WindowReturn,
};
use crate::profile::Profile;
use crate::service::Service;
use crate::wire::Wire;

mod cancel;
mod charge;
mod check;
mod codes;
mod fields;
mod key;
mod messages;
pub mod simulator;
mod status;
mod talk;
#[cfg(test)]
mod tests;
mod window;

/// The line of this PG in the list.
pub const ENTRY: Entry = Entry {
    gateway: &Connector,
    simulator: simulator::make,
};

/// The merchant's side of PAYCO.
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

    async fn discard(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        order: &WindowOrder,
        returned: &WindowReturn,
    ) -> Revoked {
        window::discard(wire, channel, order, returned).await
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

    async fn inquire(&self, wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry) -> Inquired {
        Inquired::Outcome(charge::inquire(wire, channel, inquiry).await)
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

    async fn revoke(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        _at_ms: i64,
    ) -> Revoked {
        cancel::revoke(wire, channel, key).await
    }

    fn services(&self) -> &'static [&'static dyn Service] {
        &[&status::OrderStatus]
    }

    async fn check(&self, wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked {
        check::check(wire, channel, at_ms).await
    }
}
