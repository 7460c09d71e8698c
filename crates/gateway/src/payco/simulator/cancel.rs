//! `/outseller/order/cancel`: cancels in full or in part; and `checkAvailability`: whether that can be done.

use serde_json::{Value, json};

use super::answers::{self, Cancelled};
use super::book::{Order, Record, Seller};
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::payment::check_shop;
use super::{PROVIDER, Payco, Stop};
use crate::sandbox::Meddling;
use crate::sandbox::journal::{Deed, Kind};

/// A cancel whose fields are in order.
struct Asked<'a> {
    order_no: &'a str,
    certify_key: &'a str,
    reference_key: &'a str,
    amount: i64,
    /// Whether it names products, as a partial cancel must.
    is_part: bool,
}

fn read<'a>(fields: &'a Fields, seller: &Seller) -> Result<Asked<'a>, Refusal> {
    let amount = fields.won("cancelTotalAmt")?;
    if amount == 0 {
        return Err(Refusal::field("cancelTotalAmt"));
    }
    fields.optional("requestMemo", 1000)?;
    let products = fields.objects("orderProducts")?;
    let mut sum = 0;
    for product in &products {
        check_shop(product, seller)?;
        product.required("sellerOrderProductReferenceKey", 100)?;
        sum += product.won("productAmt")?;
    }
    if !products.is_empty() && sum != amount {
        return Err(Refusal::field("productAmt"));
    }
    Ok(Asked {
        order_no: fields.required("orderNo", 100)?,
        certify_key: fields.required("orderCertifyKey", 200)?,
        reference_key: fields.optional("sellerOrderReferenceKey", 100)?,
        amount,
        is_part: !products.is_empty(),
    })
}

/// Whether an order can be cancelled so.
fn decide(asked: &Asked<'_>, order: &Order) -> Result<(), Refusal> {
    let refused = |code| Err(Refusal::new(code));
    if asked.certify_key != order.certify_key {
        return refused(codes::WRONG_CERTIFY_KEY);
    }
    if !asked.reference_key.is_empty() && asked.reference_key != order.reference_key {
        return refused(codes::NO_ORDER);
    }
    if order.left == 0 {
        return refused(codes::CANCELLED_BEFORE);
    }
    if asked.amount > order.left {
        return refused(codes::TOO_MUCH);
    }
    // Without a product it is everything that is left.
    if !asked.is_part && asked.amount != order.left {
        return Err(Refusal::field("orderProducts"));
    }
    Ok(())
}

impl Payco {
    /// Cancels an order in full or in part.
    pub(super) async fn cancel(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Stop> {
        let seller = self.seller(fields)?;
        let asked = read(fields, &seller)?;
        let now_ms = self.world.now_ms();
        let (cancel_no, after) = {
            let mut book = self.book();
            let cancel_no = book.new_number(now_ms, || self.world.random());
            let order = book.order(&seller.seller_key, asked.order_no)?;
            if let Some(code) = meddling.decline(codes::NOT_CANCELLABLE) {
                return Err(Refusal::new(&code).into());
            }
            decide(&asked, order)?;
            order.take(asked.amount);
            (cancel_no, order.clone())
        };
        let deed = Deed {
            pg_tid: Some(cancel_no.clone()),
            ref_tid: Some(asked.order_no.to_owned()),
            amount: Some(asked.amount),
            currency: Some("KRW".to_owned()),
            ..Deed::new(Kind::Refund, &after.reference_key, now_ms)
        };
        let written = self.world.append::<Record>(PROVIDER, Some(deed), None);
        if let Err(error) = written.await {
            if let Ok(order) = self.book().order(&seller.seller_key, asked.order_no) {
                order.give_back(asked.amount);
            }
            return Err(error.into());
        }
        Ok(answers::cancelled(&Cancelled {
            order_no: asked.order_no,
            cancel_no: &cancel_no,
            told: meddling.told_amount(asked.amount),
            after: &after,
            at_ms: now_ms,
        }))
    }

    /// Says whether a cancel could be made; changes nothing.
    pub(super) fn check_cancel(&self, fields: &Fields) -> Result<Value, Refusal> {
        let seller = self.seller(fields)?;
        let asked = read(fields, &seller)?;
        let mut book = self.book();
        let order = book.order(&seller.seller_key, asked.order_no)?;
        decide(&asked, order)?;
        Ok(json!({ "remainCancelPossibleAmt": order.left as f64 }))
    }
}
