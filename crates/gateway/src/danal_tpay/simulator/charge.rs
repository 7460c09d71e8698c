//! `OTBILL`: charges a billing key.

use super::answers::Told;
use super::api::Asked;
use super::book::{Approval, Record};
use super::codes::{self, Refusal};
use super::fields::{AMOUNT_DIGITS, Fields};
use super::pairs::Pairs;
use super::{Danal, PROVIDER, Stop, deed};
use crate::sandbox::Meddling;
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Kind};

/// The least that can be charged.
const AMOUNT_MIN: i64 = 301;

/// A charge whose fields are in order.
struct Order<'a> {
    order_id: Option<&'a str>,
    key: &'a str,
    item_name: &'a str,
    amount: i64,
    currency: &'static str,
    user_id: &'a str,
    user_name: &'a str,
    bypass: &'a str,
}

fn read(fields: &Fields) -> Result<Order<'_>, Refusal> {
    // With `N` the card's number itself would be charged.
    fields.one_of("ISREBILL", &[("Y", ())])?;
    fields.one_of("USERAGENT", &[("ONLINE", ())])?;
    fields.optional("SUBCPID", 64)?;
    fields.optional("USERPHONE", 20)?;
    let order_id = fields.optional("ORDERID", 255)?;
    let order = Order {
        order_id: (!order_id.is_empty()).then_some(order_id),
        key: fields.required("BILLINFO", 255)?,
        item_name: fields.required("ITEMNAME", 255)?,
        amount: fields.amount(AMOUNT_DIGITS)?,
        currency: fields.currency()?,
        user_id: fields.required("USERID", 128)?,
        user_name: fields.optional("USERNAME", 20)?,
        bypass: fields.optional("BYPASSVALUE", 255)?,
    };
    if order.amount < AMOUNT_MIN {
        return Err(Refusal::of(codes::TOO_LITTLE, "AMOUNT"));
    }
    Ok(order)
}

/// What a card says to a charge.
fn card_word(card: TestCard) -> Result<(), Refusal> {
    match card {
        TestCard::Good => Ok(()),
        TestCard::OverLimit => Err(Refusal::new(codes::OVER_LIMIT)),
        TestCard::NoBalance => Err(Refusal::new(codes::NO_BALANCE)),
        TestCard::Lost => Err(Refusal::new(codes::LOST_CARD)),
        TestCard::Expired => Err(Refusal::new(codes::EXPIRED_CARD)),
        TestCard::RefusedAtIssue => Err(Refusal::new(codes::ASK_ISSUER)),
    }
}

impl Danal {
    /// Charges a key.
    pub(super) async fn charge(&self, asked: &Asked, meddling: &Meddling) -> Result<Pairs, Stop> {
        if !self.settings.ip_is_registered {
            return Err(Refusal::new(codes::FOREIGN_IP).into());
        }
        let order = read(&asked.fields)?;
        let cpid = &asked.cpid;
        let card = self.hold_charge(cpid, &order, meddling.decline(codes::ASK_ISSUER))?;
        let now_ms = self.world.now_ms();
        let tid = self.book().new_tid(now_ms, || self.world.random());
        let approved = Deed {
            amount: Some(order.amount),
            currency: Some(order.currency.to_owned()),
            ..deed(Kind::Approval, order.order_id, &tid, now_ms)
        };
        let at = approved.at;
        let record = Record::Approval {
            cpid: cpid.clone(),
            notice: None,
        };
        let written = self.world.append(PROVIDER, Some(approved), Some(&record));
        if let Err(error) = written.await {
            self.book().release_order(cpid, order.order_id);
            return Err(error.into());
        }
        let approval = Approval {
            cpid: cpid.clone(),
            order_id: order.order_id.map(str::to_owned),
            amount: order.amount,
            left: order.amount,
            currency: order.currency.to_owned(),
            test: false,
            at,
        };
        self.book().add_approval(&tid, approval, None);
        let told = Told {
            tid: &tid,
            order_id: order.order_id.unwrap_or_default(),
            item_name: order.item_name,
            amount: Some(meddling.told_amount(order.amount)),
            at,
            card,
            approval_no: Some(&self.approval_no()),
            user_id: order.user_id,
            user_name: order.user_name,
            bypass: order.bypass,
        };
        Ok(told.pairs())
    }

    /// Decides a charge and holds its order number from here on; the card.
    fn hold_charge(
        &self,
        cpid: &str,
        order: &Order<'_>,
        declined: Option<String>,
    ) -> Result<TestCard, Refusal> {
        if let Some(code) = declined {
            return Err(Refusal::new(&code));
        }
        let mut book = self.book();
        self.check_unused(&book, cpid, order.order_id)?;
        let key = book.live_key(cpid, order.key);
        let card = key.ok_or_else(|| Refusal::new(codes::UNKNOWN_KEY))?.card;
        card_word(card)?;
        book.hold_order(cpid, order.order_id);
        Ok(card)
    }
}
