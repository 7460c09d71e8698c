//! Reading payments and billing keys for the V1 API.

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{ImpUid, Payment, UserCode};
use dangol_store::billing_keys::{self, Sealed};
use dangol_store::payments;

use crate::{Engine, FlowError};

/// How payments that share a merchant_uid are ordered; the first is the one that is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sorting {
    /// `-started`: the latest attempt.
    #[default]
    StartedDescending,
    /// `started`.
    StartedAscending,
    /// `-paid`.
    PaidDescending,
    /// `paid`.
    PaidAscending,
    /// `-updated`.
    UpdatedDescending,
    /// `updated`.
    UpdatedAscending,
}

impl Sorting {
    /// Reads V1's word.
    pub fn parse(text: &str) -> Option<Sorting> {
        Some(match text {
            "" | "-started" => Sorting::StartedDescending,
            "started" => Sorting::StartedAscending,
            "-paid" => Sorting::PaidDescending,
            "paid" => Sorting::PaidAscending,
            "-updated" => Sorting::UpdatedDescending,
            "updated" => Sorting::UpdatedAscending,
            _ => return None,
        })
    }

    fn sort(self, payments: &mut [Payment]) {
        let updated = |p: &Payment| {
            p.cancelled_at
                .max(p.paid_at)
                .max(p.failed_at)
                .unwrap_or(p.started_at)
        };
        match self {
            Sorting::StartedDescending => payments.sort_by_key(|p| std::cmp::Reverse(p.started_at)),
            Sorting::StartedAscending => payments.sort_by_key(|p| p.started_at),
            Sorting::PaidDescending => payments.sort_by_key(|p| std::cmp::Reverse(p.paid_at)),
            Sorting::PaidAscending => payments.sort_by_key(|p| p.paid_at),
            Sorting::UpdatedDescending => payments.sort_by_key(|p| std::cmp::Reverse(updated(p))),
            Sorting::UpdatedAscending => payments.sort_by_key(updated),
        }
    }
}

/// A payment by imp_uid; 404 when the merchant has none.
pub async fn payment(
    engine: &Engine,
    merchant: &UserCode,
    imp_uid: &str,
) -> Result<Payment, FlowError> {
    let not_found = || Refusal::not_found(messages::NO_SUCH_PAYMENT);
    let imp_uid = ImpUid::parse(imp_uid).ok_or_else(not_found)?;
    let found = payments::find(&engine.db, merchant, &imp_uid).await?;
    found.ok_or_else(|| not_found().into())
}

/// The payment of a merchant_uid, in a status if one is asked for; 404 when there is none.
pub async fn payment_of_uid(
    engine: &Engine,
    merchant: &UserCode,
    merchant_uid: &str,
    status: Option<&str>,
    sorting: Sorting,
) -> Result<Payment, FlowError> {
    let mut found = payments::find_all(&engine.db, merchant, merchant_uid).await?;
    found.retain(|p| status.is_none_or(|status| p.state.v1() == status));
    sorting.sort(&mut found);
    let first = found.into_iter().next();
    first.ok_or_else(|| Refusal::not_found(messages::NO_SUCH_PAYMENT).into())
}

/// A billing key's record; V1 answers an unknown one with HTTP 200 and code 1.
pub async fn customer(
    engine: &Engine,
    merchant: &UserCode,
    customer_uid: &str,
) -> Result<Sealed, FlowError> {
    let found = billing_keys::find(&engine.db, merchant, customer_uid).await?;
    found.ok_or_else(|| Refusal::business(messages::no_such_customer(customer_uid)).into())
}
