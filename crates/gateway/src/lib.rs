//! Payment gateways (PGs): the contract they share, the wire port they speak through, and one folder per
//! PG with its connector and its simulator.
//!
//! Adding a PG is one folder and one line in [`GATEWAYS`]. The smallest one is a folder of the conformance suite, outside
//! of this crate: what it needs is public.

mod codec_aes_cbc;
pub mod codec_hmac;
mod codec_rsa;
mod codec_sorted_hash;
pub mod contract;
pub mod danal_tpay;
pub mod kcp_billing;
pub mod kicc;
pub mod lenient;
pub mod link;
pub mod payco;
pub mod paymentwall;
pub mod profile;
pub mod sandbox;
pub mod service;
pub mod wire;

use contract::Gateway;
use sandbox::MakeSimulator;

/// A PG: its connector and the maker of its simulator.
pub struct Entry {
    /// The merchant's side.
    pub gateway: &'static dyn Gateway,
    /// The PG's side.
    pub simulator: MakeSimulator,
}

/// The one list of PGs.
pub static GATEWAYS: &[Entry] = &[
    kcp_billing::ENTRY,
    danal_tpay::ENTRY,
    kicc::ENTRY,
    payco::ENTRY,
    paymentwall::ENTRY,
    kcp_billing::KEY_IN,
];

/// The entry of a provider's name.
pub fn find(provider: &str) -> Option<&'static Entry> {
    GATEWAYS
        .iter()
        .find(|entry| entry.gateway.profile().provider == provider)
}
