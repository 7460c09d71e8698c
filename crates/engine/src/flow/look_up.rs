//! Reading payments and billing keys for the V1 API: one, several, and lists in pages.

use dangol_domain::v1::{BalanceView, Refusal, Sorting, Status, messages};
use dangol_domain::{ImpUid, Payment, UserCode};
use dangol_gateway::GATEWAYS;
use dangol_store::billing_keys::{self, Sealed};
use dangol_store::lists::{self, List, Slice, Window};
use dangol_store::payments;
use futures::future::try_join_all;

use crate::{Engine, FlowError};

/// The longest window of a status list, and the one that is meant when none is told, seconds: 90 days.
const WINDOW_S: i64 = 90 * 86_400;

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

/// The payment of a merchant_uid, in a status if one is asked for; of several the first by `sorting`. 404 when there is
/// none.
pub async fn payment_of_uid(
    engine: &Engine,
    merchant: &UserCode,
    merchant_uid: &str,
    status: Option<Status>,
    sorting: Sorting,
) -> Result<Payment, FlowError> {
    let first = Slice {
        limit: 1,
        offset: 0,
    };
    let found = lists::of_uid(&engine.db, merchant, merchant_uid, status, sorting, first).await?;
    let found = found.into_iter().next();
    found.ok_or_else(|| Refusal::not_found(messages::NO_SUCH_PAYMENT).into())
}

/// What a look-up of several things found.
pub struct Found<T> {
    /// In the order in which they were asked for, none twice.
    pub items: Vec<T>,
    /// Whether something that was asked for is not there.
    pub is_partial: bool,
}

/// Payments by imp_uid and by merchant_uid; 404 when there is none at all. Of the payments that share a merchant_uid the
/// one that holds it is meant, else the latest.
pub async fn payments_of(
    engine: &Engine,
    merchant: &UserCode,
    imp_uids: &[&str],
    merchant_uids: &[&str],
) -> Result<Found<Payment>, FlowError> {
    let by_imp_uid = imp_uids.iter().map(|imp_uid| async {
        match ImpUid::parse(imp_uid) {
            Some(imp_uid) => payments::find(&engine.db, merchant, &imp_uid).await,
            None => Ok(None),
        }
    });
    let by_uid = merchant_uids.iter().map(|uid| async {
        match payments::find_live(&engine.db, merchant, uid).await? {
            Some(holder) => Ok(Some(holder)),
            None => {
                let latest = Slice {
                    limit: 1,
                    offset: 0,
                };
                let sorting = Sorting::NEWEST_FIRST;
                let found = lists::of_uid(&engine.db, merchant, uid, None, sorting, latest).await?;
                Ok(found.into_iter().next())
            }
        }
    });
    let (mut found, more) = tokio::try_join!(try_join_all(by_imp_uid), try_join_all(by_uid))?;
    found.extend(more);
    let is_partial = found.iter().any(Option::is_none);
    let mut items: Vec<Payment> = Vec::new();
    for payment in found.into_iter().flatten() {
        if items.iter().all(|known| known.imp_uid != payment.imp_uid) {
            items.push(payment);
        }
    }
    if items.is_empty() {
        return Err(Refusal::not_found(messages::NO_SUCH_PAYMENTS).into());
    }
    Ok(Found { items, is_partial })
}

/// Which page of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paging {
    /// From 1.
    pub number: i64,
    /// How many are on a page.
    pub limit: i64,
}

impl Paging {
    /// The slice of a list of `total`.
    ///
    /// # Errors
    /// HTTP 400 when the list has no such page. The first one is there even when it is empty.
    fn slice(self, total: i64) -> Result<Slice, Refusal> {
        let offset = (self.number - 1).saturating_mul(self.limit);
        if self.number > 1 && offset >= total {
            return Err(Refusal::malformed(
                "page",
                "데이터 범위를 벗어난 페이지입니다. (there is no such page)",
            ));
        }
        Ok(Slice {
            limit: self.limit,
            offset,
        })
    }
}

/// A page of a list.
pub struct Page {
    /// What is on it.
    pub payments: Vec<Payment>,
    /// How many the whole list has.
    pub total: i64,
}

/// The payments that share a merchant_uid, in a status if one is asked for; 404 when nobody used the merchant_uid.
pub async fn list_of_uid(
    engine: &Engine,
    merchant: &UserCode,
    merchant_uid: &str,
    status: Option<Status>,
    sorting: Sorting,
    paging: Paging,
) -> Result<Page, FlowError> {
    let db = &engine.db;
    let sharing = lists::count_of_uid(db, merchant, merchant_uid, status).await?;
    if sharing.all == 0 {
        return Err(Refusal::not_found(messages::NO_SUCH_PAYMENT).into());
    }
    let total = sharing.with_status;
    let slice = paging.slice(total)?;
    let payments = lists::of_uid(db, merchant, merchant_uid, status, sorting, slice).await?;
    Ok(Page { payments, total })
}

/// The window of a status list, from both ends in unix seconds, each of them in it; `None`: up to now, and 90 days.
///
/// # Errors
/// HTTP 400 when it ends before it begins, or is longer than 90 days.
pub fn window(now_ms: i64, from: Option<i64>, to: Option<i64>) -> Result<Window, Refusal> {
    let to = to.unwrap_or(now_ms.div_euclid(1_000));
    let from = from.unwrap_or((to - WINDOW_S).max(0));
    if from > to {
        return Err(Refusal::malformed(
            "from",
            "to보다 늦을 수 없습니다. (must not be after to)",
        ));
    }
    if to - from > WINDOW_S {
        return Err(Refusal::malformed(
            "from",
            "조회기간은 최대 90일입니다. (at most 90 days before to)",
        ));
    }
    Ok(Window {
        from: from * 1_000,
        until: (to + 1) * 1_000,
    })
}

/// The payments shown with a status (`None`: all) within a window of the time that belongs to it.
pub async fn list_of_status(
    engine: &Engine,
    merchant: &UserCode,
    status: Option<Status>,
    window: Window,
    sorting: Sorting,
    paging: Paging,
) -> Result<Page, FlowError> {
    let list = List {
        merchant,
        status,
        window,
    };
    let total = list.count(&engine.db).await?;
    let slice = paging.slice(total)?;
    let payments = list.slice(&engine.db, sorting, slice, total).await?;
    Ok(Page { payments, total })
}

/// The payments made with a billing key; empty when nobody knows it.
pub async fn list_of_customer(
    engine: &Engine,
    merchant: &UserCode,
    customer_uid: &str,
    paging: Paging,
) -> Result<Page, FlowError> {
    let total = lists::count_of_customer(&engine.db, merchant, customer_uid).await?;
    let slice = paging.slice(total)?;
    let payments = lists::of_customer(&engine.db, merchant, customer_uid, slice).await?;
    Ok(Page { payments, total })
}

/// How a payment's money divides; 404 where it did not move, or went through a PG for which V1 does not tell.
pub async fn balance(
    engine: &Engine,
    merchant: &UserCode,
    imp_uid: &str,
) -> Result<BalanceView, FlowError> {
    let payment = payment(engine, merchant, imp_uid).await?;
    let gateway = dangol_gateway::find(&payment.order.pg_provider);
    let tells = gateway.is_some_and(|entry| entry.gateway.profile().balance.is_some());
    let balance = BalanceView::of(&payment).filter(|_| tells);
    balance.ok_or_else(|| Refusal::not_found(messages::no_balance(&balance_names())).into())
}

/// The PGs that tell balances, as V1's text lists them.
fn balance_names() -> String {
    let profiles = GATEWAYS.iter().map(|entry| entry.gateway.profile());
    let mut told: Vec<_> = profiles.filter_map(|p| p.balance.as_ref()).collect();
    told.sort_by_key(|balance| balance.place);
    let names: Vec<&str> = told.iter().map(|balance| balance.name.as_str()).collect();
    names.join(", ")
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

/// Billing keys' records; 404 when there is none at all.
pub async fn customers_of(
    engine: &Engine,
    merchant: &UserCode,
    customer_uids: &[&str],
) -> Result<Found<Sealed>, FlowError> {
    let finds = customer_uids
        .iter()
        .map(|uid| billing_keys::find(&engine.db, merchant, uid));
    let found = try_join_all(finds).await?;
    let is_partial = found.iter().any(Option::is_none);
    let items: Vec<Sealed> = found.into_iter().flatten().collect();
    if items.is_empty() {
        let asked = customer_uids.join(", ");
        return Err(Refusal::not_found(messages::no_such_customer(&asked)).into());
    }
    Ok(Found { items, is_partial })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_both_its_ends_and_ninety_days_at_most() {
        const NOW_MS: i64 = 1_700_000_000_999;
        const NOW: i64 = 1_700_000_000;
        let of = |from, to| window(NOW_MS, from, to).map(|w| (w.from, w.until));
        let until = (NOW + 1) * 1_000;
        assert_eq!(of(None, None), Ok(((NOW - WINDOW_S) * 1_000, until)));
        assert_eq!(of(Some(NOW), None), Ok((NOW * 1_000, until)));
        assert_eq!(of(Some(NOW - WINDOW_S), None).map(|w| w.1), Ok(until));
        assert_eq!(of(None, Some(10)), Ok((0, 11_000)));
        assert_eq!(of(Some(7), Some(7)), Ok((7_000, 8_000)));
        for (from, to) in [
            (Some(8), Some(7)),
            (Some(NOW - WINDOW_S - 1), None),
            (Some(1), Some(2 + WINDOW_S)),
            (Some(NOW + 1), None),
        ] {
            let refused = of(from, to).expect_err("no window");
            assert_eq!((refused.status, refused.code), (400, 1), "{from:?} {to:?}");
        }
    }
}
