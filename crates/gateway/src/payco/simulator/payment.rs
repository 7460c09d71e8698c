//! `/outseller/autoPayment/payment`: charges a registration; and `getDetailForVerify`: says how an order stands.

use serde_json::Value;

use super::answers;
use super::book::{Order, Record, Seller};
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{PROVIDER, Payco, Stop};
use crate::sandbox::Meddling;
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Kind};

/// A charge whose fields are in order.
struct Asked<'a> {
    reference_key: &'a str,
    auto_payment_no: &'a str,
    certify_key: &'a str,
    amount: i64,
    /// Whether PAYCO shall refuse a repeated order number.
    unique: bool,
}

fn read<'a>(fields: &'a Fields, seller: &Seller) -> Result<Asked<'a>, Refusal> {
    let amount = fields.won("totalPaymentAmt")?;
    if amount == 0 {
        return Err(Refusal::field("totalPaymentAmt"));
    }
    fields.one_of("currency", &["KRW"])?;
    fields.optional("orderTitle", 200)?;
    check_taxes(fields, amount)?;
    check_products(fields, seller, amount)?;
    let kind = fields.one_of("sellerOrderReferenceKeyType", &["", "UNIQUE_KEY"])?;
    Ok(Asked {
        reference_key: fields.required("sellerOrderReferenceKey", 100)?,
        auto_payment_no: fields.required("autoPaymentNo", 100)?,
        certify_key: fields.required("autoPaymentCertifyKey", 200)?,
        amount,
        unique: kind == "UNIQUE_KEY",
    })
}

/// The parts of an amount sum up to it, when there are any.
fn check_taxes(fields: &Fields, amount: i64) -> Result<(), Refusal> {
    let parts = [
        fields.maybe_won("totalTaxfreeAmt")?,
        fields.maybe_won("totalTaxableAmt")?,
        fields.maybe_won("totalVatAmt")?,
    ];
    let told = parts.iter().any(Option::is_some);
    if told && parts.iter().flatten().sum::<i64>() != amount {
        return Err(Refusal::field("totalTaxableAmt"));
    }
    Ok(())
}

fn check_products(fields: &Fields, seller: &Seller, amount: i64) -> Result<(), Refusal> {
    let products = fields.objects("orderProducts")?;
    let mut sum = 0;
    for product in &products {
        check_shop(product, seller)?;
        product.required("sellerOrderProductReferenceKey", 100)?;
        product.required("productName", 200)?;
        product.won("productAmt")?;
        product.won("orderQuantity")?;
        product.won("sortOrdering")?;
        product.one_of("taxationType", &["TAXATION", "DUTYFREE", "COMBINE"])?;
        sum += product.won("productPaymentAmt")?;
    }
    if !products.is_empty() && sum != amount {
        return Err(Refusal::field("productPaymentAmt"));
    }
    Ok(())
}

/// Holds the shop and the product of a part of a call against the contract.
pub fn check_shop(product: &Fields, seller: &Seller) -> Result<(), Refusal> {
    let own = product.required("cpId", 30)? == seller.cp_id
        && product.required("productId", 30)? == seller.product_id;
    if own {
        Ok(())
    } else {
        Err(Refusal::new(codes::FOREIGN_SHOP))
    }
}

/// What a card says to a charge.
fn card_word(card: TestCard) -> Result<(), Refusal> {
    match card {
        TestCard::Good => Ok(()),
        TestCard::OverLimit => Err(Refusal::new(codes::OVER_LIMIT)),
        TestCard::NoBalance => Err(Refusal::new(codes::NO_BALANCE)),
        TestCard::Lost => Err(Refusal::new(codes::LOST_CARD)),
        TestCard::Expired => Err(Refusal::new(codes::EXPIRED_CARD)),
        TestCard::RefusedAtIssue => Err(Refusal::new(codes::ISSUER_DECLINED)),
    }
}

/// An order that is held while it is written down.
struct Held {
    order_no: String,
    order: Order,
    /// What the order number meant before, where the seller did not want it unique.
    before: Option<String>,
}

impl Payco {
    /// Charges a registration.
    pub(super) async fn pay(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Stop> {
        let seller = self.seller(fields)?;
        let asked = read(fields, &seller)?;
        let Held {
            order_no,
            order,
            before,
        } = self.hold_order(&seller, &asked, meddling.decline(codes::ISSUER_DECLINED))?;
        let deed = Deed {
            pg_tid: Some(order_no.clone()),
            amount: Some(order.amount),
            currency: Some("KRW".to_owned()),
            ..Deed::new(Kind::Approval, &order.reference_key, order.at * 1000)
        };
        let record = Record::Order {
            seller_key: order.seller_key.clone(),
            certify_key: order.certify_key.clone(),
            reserve_order_no: order.reserve_order_no.clone(),
            card: order.card,
            admission_no: order.admission_no,
        };
        if let Err(error) = self.world.append(PROVIDER, Some(deed), Some(&record)).await {
            self.book().undo_order(&order_no, before);
            return Err(error.into());
        }
        let told = meddling.told_amount(order.amount);
        Ok(answers::approved(&seller, &order_no, &order, told))
    }

    /// Decides a charge and holds its order number and its approval from here on.
    fn hold_order(
        &self,
        seller: &Seller,
        asked: &Asked<'_>,
        declined: Option<String>,
    ) -> Result<Held, Refusal> {
        if let Some(code) = declined {
            return Err(Refusal::new(&code));
        }
        let seller_key = seller.seller_key.as_str();
        let now_ms = self.world.now_ms();
        let mut book = self.book();
        if asked.unique && book.was_used(seller_key, asked.reference_key) {
            return Err(Refusal {
                field: Some("sellerOrderReferenceKey"),
                ..Refusal::new(&self.settings.duplicate_code)
            });
        }
        let unknown = &self.settings.unknown_key_code;
        let held = book.live(seller_key, asked.certify_key, unknown)?;
        if held.auto_payment_no != asked.auto_payment_no {
            return Err(Refusal::new(unknown));
        }
        let card = held.card;
        card_word(card)?;
        let order = Order {
            seller_key: seller_key.to_owned(),
            reference_key: asked.reference_key.to_owned(),
            certify_key: self.order_key(),
            reserve_order_no: book.new_number(now_ms, || self.world.random()),
            card,
            admission_no: 10_000_000 + (self.world.random() % 90_000_000) as u32,
            amount: asked.amount,
            left: asked.amount,
            cancels: 0,
            at: now_ms.div_euclid(1000),
        };
        let order_no = book.new_number(now_ms, || self.world.random());
        let before = book.order_no(seller_key, asked.reference_key);
        let before = before.map(str::to_owned);
        book.add_order(&order_no, order.clone());
        Ok(Held {
            order_no,
            order,
            before,
        })
    }

    /// Says how an order stands, by the seller's own number.
    pub(super) fn verify(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Refusal> {
        let seller = self.seller(fields)?;
        let reserve_order_no = fields.optional("reserveOrderNo", 100)?;
        let reference_key = fields.required("sellerOrderReferenceKey", 100)?;
        if self.settings.verify_requires_reserve_order_no && reserve_order_no.is_empty() {
            return Err(Refusal::field("reserveOrderNo"));
        }
        if let Some(code) = meddling.decline(codes::NO_ORDER) {
            return Err(Refusal::new(&code));
        }
        let missing = || Refusal::new(codes::NO_ORDER);
        let mut book = self.book();
        let order_no = book
            .order_no(&seller.seller_key, reference_key)
            .ok_or_else(missing)?
            .to_owned();
        let order = book.order(&seller.seller_key, &order_no)?;
        if !reserve_order_no.is_empty() && order.reserve_order_no != reserve_order_no {
            return Err(missing());
        }
        let told = meddling.told_amount(order.amount);
        Ok(answers::approved(&seller, &order_no, order, told))
    }
}
