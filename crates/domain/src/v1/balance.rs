//! How a payment's money divides: V1's balance object.
//!
//! What we know is one approval and its cancels. Points and the PG's own discounts are not told apart from the card's
//! part, and cash receipts do not exist for cards, so these parts are 0.

use serde::Serialize;
use serde_json::Value;

use crate::clock::seconds;
use crate::{CancelState, Money, Payment};

use super::Status;

/// V1's balance of a payment.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the field names are V1's own vocabulary")]
pub struct BalanceView {
    pub amount: Value,
    pub cash_receipt: PartsView,
    pub discount: PartsView,
    pub histories: Vec<HistoryView>,
    pub primary: PartsView,
    pub secondary: PartsView,
}

/// One change of a balance; a cancel's is negative.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the field names are V1's own vocabulary")]
pub struct HistoryView {
    pub cash_receipt: PartsView,
    pub created: i64,
    pub discount: PartsView,
    pub primary: PartsView,
    pub secondary: PartsView,
}

/// An amount in its parts.
#[derive(Serialize)]
#[expect(missing_docs, reason = "the field names are V1's own vocabulary")]
pub struct PartsView {
    pub service: Value,
    pub supply: Value,
    pub tax_free: Value,
    pub vat: Value,
}

impl BalanceView {
    /// The balance; `None` when no money moved: only paid and cancelled payments have one, and none has a payment whose
    /// amount was shown at the registration of a card and never charged.
    pub fn of(payment: &Payment) -> Option<BalanceView> {
        let settled = matches!(Status::of(payment.state), Status::Paid | Status::Cancelled);
        if !settled || !payment.took_money() {
            return None;
        }
        let view = |parts: Parts| parts.view(payment);
        let none = || view(Parts::default());
        let history = |at: Option<i64>, parts: Parts| HistoryView {
            cash_receipt: none(),
            created: at.map_or(0, seconds),
            discount: none(),
            primary: view(parts),
            secondary: none(),
        };
        let mut left = Parts::left(payment, payment.amount);
        let mut histories = vec![history(payment.paid_at, left)];
        let mut balance = payment.amount;
        let cancels = payment.cancels.iter();
        for cancel in cancels.filter(|cancel| cancel.state == CancelState::Done) {
            balance -= cancel.amount;
            let after = Parts::left(payment, balance);
            histories.push(history(cancel.ended_at, after.minus(left)));
            left = after;
        }
        Some(BalanceView {
            amount: payment.money().json(),
            cash_receipt: none(),
            discount: none(),
            histories,
            primary: view(left),
            secondary: none(),
        })
    }
}

/// An amount in its parts, in minor units.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Parts {
    tax_free: i64,
    supply: i64,
    vat: i64,
}

impl Parts {
    /// As it was paid. VAT that was not told is an eleventh of what is taxed, as V1 documents it.
    fn paid(payment: &Payment) -> Parts {
        let tax_free = payment.order.tax_free.unwrap_or(0).min(payment.amount);
        let taxed = payment.amount - tax_free;
        let vat = payment.order.vat.unwrap_or((2 * taxed + 11) / 22);
        let vat = vat.min(taxed);
        Parts {
            tax_free,
            supply: taxed - vat,
            vat,
        }
    }

    /// When `balance` is left. A cancel takes from what is taxed first, and of that in proportion.
    fn left(payment: &Payment, balance: i64) -> Parts {
        let paid = Parts::paid(payment);
        let tax_free = paid.tax_free.min(balance);
        let (taxed_once, taxed) = (paid.supply + paid.vat, balance - tax_free);
        let vat = match taxed_once {
            0 => 0,
            // Amounts are at most 10^12 each: their product needs more than 64 bits.
            _ => i128::from(paid.vat) * i128::from(taxed) / i128::from(taxed_once),
        };
        let vat = i64::try_from(vat).unwrap_or(0);
        Parts {
            tax_free,
            supply: taxed - vat,
            vat,
        }
    }

    fn minus(self, other: Parts) -> Parts {
        Parts {
            tax_free: self.tax_free - other.tax_free,
            supply: self.supply - other.supply,
            vat: self.vat - other.vat,
        }
    }

    fn view(self, payment: &Payment) -> PartsView {
        let json = |minor| Money::new(minor, payment.currency).json();
        PartsView {
            service: json(0),
            supply: json(self.supply),
            tax_free: json(self.tax_free),
            vat: json(self.vat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Buyer, Cancel, CardFacts, Currency, Device, ImpUid, Order, Receipt, State, UserCode,
    };

    /// Paid after two seconds; then cancels a second apart.
    fn payment(state: State, cancels: &[i64], tax_free: Option<i64>, vat: Option<i64>) -> Payment {
        let mut payment = Payment {
            merchant: UserCode::new(0),
            imp_uid: ImpUid::api(0),
            merchant_uid: "uid".to_owned(),
            customer_uid: None,
            channel_key: "key".to_owned(),
            state,
            version: 2,
            amount: 3_000,
            cancelled: 0,
            currency: Currency::KRW,
            started_at: 1_000,
            paid_at: Some(2_000),
            failed_at: None,
            cancelled_at: None,
            order: Order {
                name: None,
                buyer: Buyer::default(),
                pay_method: "card".to_owned(),
                device: Device::Api,
                usage: None,
                pg_provider: "pg".to_owned(),
                pg_id: "mid".to_owned(),
                sandbox: true,
                quota: 0,
                tax_free,
                vat,
                custom_data: None,
                notice_urls: Vec::new(),
                browser_ip: None,
                user_agent: None,
            },
            receipt: Some(Receipt {
                pg_tid: "tid".to_owned(),
                amount: Money::new(3_000, Currency::KRW),
                approval_number: None,
                approved_at_ms: None,
                card: CardFacts::default(),
                quota: 0,
                partial_cancel: None,
                receipt_url: None,
                cancel_key: None,
            }),
            failure: None,
            cancels: Vec::new(),
        };
        for (n, amount) in (0..).zip(cancels) {
            payment.put_cancel(cancel(n, *amount, CancelState::Done));
            // What was refused gave nothing back.
            payment.put_cancel(cancel(n + 100, 999, CancelState::Refused));
        }
        payment
    }

    fn cancel(n: i64, amount: i64, state: CancelState) -> Cancel {
        Cancel {
            cancel_id: format!("cancel_{n}"),
            state,
            amount,
            reason: String::new(),
            requested_at: 0,
            ended_at: Some((3 + n) * 1_000),
            pg_tid: None,
            receipt_url: None,
            failure: None,
            webhook: false,
        }
    }

    #[test]
    fn the_parts_make_the_whole() {
        for (cancels, tax_free, vat, left) in [
            (&[][..], None, None, (0, 2_727, 273)),
            (&[], Some(1_000), None, (1_000, 1_818, 182)),
            (&[], Some(1_000), Some(100), (1_000, 1_900, 100)),
            (&[], Some(9_000), Some(9_000), (3_000, 0, 0)),
            (&[1_000], None, None, (0, 1_818, 182)),
            (&[1_000, 1_500], Some(1_000), None, (500, 0, 0)),
            (&[3_000], Some(1_000), Some(100), (0, 0, 0)),
            (&[1_000, 1_000, 1_000], Some(1_000), None, (0, 0, 0)),
        ] {
            let state = match cancels {
                [] => State::Paid,
                _ => State::PartlyCancelled,
            };
            let payment = payment(state, cancels, tax_free, vat);
            let view = BalanceView::of(&payment).expect("it was paid");
            let of = |parts: &PartsView| {
                [&parts.tax_free, &parts.supply, &parts.vat].map(|part| part.as_i64().unwrap())
            };
            let primary = of(&view.primary);
            assert_eq!(
                primary,
                [left.0, left.1, left.2],
                "{cancels:?} {tax_free:?} {vat:?}"
            );
            assert_eq!(primary.iter().sum::<i64>(), payment.balance());
            let mut sum = [0; 3];
            for history in &view.histories {
                let change = of(&history.primary);
                sum = [0, 1, 2].map(|part| sum[part] + change[part]);
            }
            assert_eq!(sum, primary, "the histories add up");
            let created: Vec<i64> = view.histories.iter().map(|h| h.created).collect();
            let expected: Vec<i64> = (2..).take(cancels.len() + 1).collect();
            assert_eq!(created, expected);
        }
    }

    #[test]
    fn where_no_money_moved_there_is_no_balance() {
        for state in State::ALL {
            let known = BalanceView::of(&payment(state, &[], None, None)).is_some();
            let expected = matches!(Status::of(state), Status::Paid | Status::Cancelled);
            assert_eq!(known, expected, "{state:?}");
        }
        let mut shown_only = payment(State::Paid, &[], None, None);
        shown_only.receipt.as_mut().unwrap().amount.minor = 0;
        assert!(BalanceView::of(&shown_only).is_none());
        shown_only.receipt = None;
        assert!(BalanceView::of(&shown_only).is_none());
    }
}
