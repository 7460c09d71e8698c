//! Charges of a key, and questions about them.

use dangol_domain::{
    BillingKey, CancelKey, CardFacts, Currency, Failure, FailureClass, Money, Outcome, Receipt,
};

use super::codes::{Step, listed};
use super::key::Key;
use super::messages::{Approved, CardSettle, Charge, Product, Tax, Verify, card};
use super::talk::{Answer, ask, failure, refused};
use super::{facts, fields};
use crate::contract::{Channel, ChargeOrder, Inquiry};
use crate::wire::Wire;

/// Charges a key.
pub async fn charge(
    wire: &dyn Wire,
    channel: &Channel,
    key: &BillingKey,
    order: &ChargeOrder,
) -> Outcome {
    if order.amount.currency != Currency::KRW || order.amount.minor <= 0 {
        let text = "PAYCO 자동결제는 1원 이상의 원화(KRW)만 지원합니다.";
        return Outcome::NotSent(Failure::new(FailureClass::BadAmount, "", text));
    }
    if order.quota > 1 {
        let text = "PAYCO 자동결제는 일시불만 지원합니다.";
        return Outcome::NotSent(Failure::new(FailureClass::BadAmount, "", text));
    }
    let Some(key) = Key::split(key) else {
        return Outcome::NotSent(unreadable_key());
    };
    let question = question(channel, &key, order);
    match ask(wire, channel, "/outseller/autoPayment/payment", &question).await {
        Ok(answer) if answer.is_ok() => approved(
            answer.result().unwrap_or_default(),
            &order.order_id,
            order.amount,
        ),
        Ok(answer) => refused(channel, Step::Charge, &answer),
        Err(no_answer) => no_answer.outcome(),
    }
}

/// A key that another connector wrote.
pub fn unreadable_key() -> Failure {
    let text = "the stored billing key is not one of PAYCO's";
    Failure::new(FailureClass::UnknownKey, "", text)
}

fn question<'a>(channel: &'a Channel, key: &'a Key, order: &'a ChargeOrder) -> Charge<'a> {
    let tax = (channel.dialect(facts(), "tax_split") == "true")
        .then(|| tax_split(order))
        .flatten();
    let amount = order.amount.minor;
    let product_id = channel.credential("product_id");
    let product = Product {
        cp_id: channel.credential("cp_id"),
        product_id,
        product_amt: amount,
        product_payment_amt: amount,
        order_quantity: 1,
        sort_ordering: 1,
        product_name: fields::title(&order.name),
        seller_order_product_reference_key: &order.order_id,
        taxation_type: match tax {
            Some(tax) if tax.total_taxfree_amt == amount => "DUTYFREE",
            Some(tax) if tax.total_taxfree_amt > 0 => "COMBINE",
            _ => "TAXATION",
        },
    };
    Charge {
        seller_key: &channel.pg_id,
        auto_payment_no: key.number.expose(),
        auto_payment_certify_key: key.certify_key.expose(),
        seller_order_reference_key: &order.order_id,
        // Makes PAYCO refuse an order number that it has seen.
        seller_order_reference_key_type: "UNIQUE_KEY",
        currency: "KRW",
        total_payment_amt: amount,
        tax,
        order_title: fields::title(&order.name),
        order_products: (!product_id.is_empty()).then_some([product]),
    }
}

/// The parts of the amount, when the merchant told any. VAT that was not told is a tenth on top of the taxed part.
/// Parts that do not fit the amount are left out, so that PAYCO uses what the contract says.
pub fn tax_split(order: &ChargeOrder) -> Option<Tax> {
    if order.tax_free.is_none() && order.vat.is_none() {
        return None;
    }
    let free = order.tax_free.unwrap_or(0);
    let with_vat = order.amount.minor.checked_sub(free)?;
    let vat = order
        .vat
        .unwrap_or((with_vat.saturating_add(5)).div_euclid(11));
    let taxed = with_vat.checked_sub(vat)?;
    [free, taxed, vat]
        .iter()
        .all(|part| *part >= 0)
        .then_some(Tax {
            total_taxfree_amt: free,
            total_taxable_amt: taxed,
            total_vat_amt: vat,
        })
}

/// Reads `0` as an approval of exactly this order, else as something that nobody understands.
fn approved(answer: Approved, order_id: &str, amount: Money) -> Outcome {
    let unknown = |what: &str| Outcome::Unknown(format!("PAYCO said 0 {what}"));
    if answer.seller_order_reference_key.0 != order_id {
        return unknown("for another order number");
    }
    if answer.total_payment_amt.won() != Some(amount.minor) {
        return unknown("for another amount");
    }
    if !matches!(answer.payment_completion_yn.0.as_str(), "" | "Y") {
        return unknown("for a payment that is not complete");
    }
    let Some(order_no) = answer.order_no.some() else {
        return unknown("without its number (orderNo)");
    };
    let certify_key = answer.order_certify_key.0;
    let settled = answer
        .payment_details
        .into_iter()
        .find_map(|detail| detail.card_settle_info);
    let settled = settled.unwrap_or_default();
    Outcome::Approved(Receipt {
        pg_tid: order_no.to_owned(),
        amount,
        approval_number: settled.card_admission_no.some().map(str::to_owned),
        approved_at_ms: answer.payment_complete_ymdt.korean_time_ms(),
        quota: settled.card_installment_month_number.0.parse().unwrap_or(0),
        partial_cancel: match settled.part_cancel_possible_yn.0.as_str() {
            "Y" => Some(true),
            "N" => Some(false),
            _ => None,
        },
        card: card_of(settled),
        receipt_url: None,
        cancel_key: (!certify_key.is_empty()).then(|| CancelKey::new(certify_key.expose())),
    })
}

fn card_of(settled: CardSettle) -> CardFacts {
    card(
        &settled.card_company_code,
        &settled.card_company_name,
        settled.card_no.0,
    )
}

/// Asks how a charge ended.
pub async fn inquire(wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry) -> Outcome {
    match look_up(wire, channel, &inquiry.order_id, inquiry.amount).await {
        Told::Outcome(Outcome::Approved(receipt)) => match &inquiry.pg_tid {
            Some(tid) if *tid != receipt.pg_tid => {
                Outcome::Unknown("PAYCO told of another payment".to_owned())
            }
            _ => Outcome::Approved(receipt),
        },
        Told::Outcome(other) => other,
        Told::NotFound(answer) => {
            let age_ms = inquiry.at_ms - inquiry.sent_at_ms;
            let seconds = channel.dialect(facts(), "not_found_after_s").parse::<i64>();
            // A request that is still on its way is not found either.
            match seconds {
                Ok(seconds) if age_ms >= seconds.saturating_mul(1000) => {
                    Outcome::Declined(failure(FailureClass::NotFound, &answer))
                }
                _ => Outcome::Unknown("PAYCO does not know the payment yet".to_owned()),
            }
        }
    }
}

/// What a question by our order number brings.
pub enum Told {
    /// The approval, or [`Outcome::Unknown`].
    Outcome(Outcome),
    /// PAYCO says, with a code that the operator has named, that there is no such payment.
    NotFound(Answer),
}

/// Asks for a payment by our order number. The call was made for payments that were reserved before; a charge of a key has
/// no such number, and whether it goes as an empty text or not at all is not known, so both are tried.
pub async fn look_up(wire: &dyn Wire, channel: &Channel, order_id: &str, amount: Money) -> Told {
    let mut answers = Vec::new();
    for reserve_order_no in [Some(""), None] {
        let question = Verify {
            seller_key: &channel.pg_id,
            reserve_order_no,
            seller_order_reference_key: order_id,
        };
        let path = "/outseller/payment/approval/getDetailForVerify";
        match ask(wire, channel, path, &question).await {
            Ok(answer) if answer.is_ok() => {
                let answer = answer.result().unwrap_or_default();
                return Told::Outcome(approved(answer, order_id, amount));
            }
            Ok(answer) => answers.push(answer),
            // That this question was not sent says nothing of the attempt that it is about.
            Err(no_answer) => return Told::Outcome(Outcome::Unknown(no_answer.seen())),
        }
    }
    let not_found = |answer: &Answer| listed(channel, "not_found_codes", &answer.code.0);
    let everywhere = answers.iter().all(not_found);
    match answers.pop() {
        Some(answer) if everywhere => Told::NotFound(answer),
        last => {
            let shown = last.map(|answer| answer.shown()).unwrap_or_default();
            let seen = format!("PAYCO does not tell of this payment: {shown}");
            Told::Outcome(Outcome::Unknown(seen))
        }
    }
}
