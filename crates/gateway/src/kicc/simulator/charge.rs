//! `/api/trades/approval/batch`: charges a batch key; and `/api/trades/retrieveTransaction`: says how a call ended.

use serde_json::Value;

use super::answers::{self, Asked};
use super::book::{Approval, CallId, End, Record};
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{Kicc, PROVIDER, Stop};
use crate::sandbox::Meddling;
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Kind};

/// A charge whose fields are in order.
struct Order<'a> {
    order_id: &'a str,
    key: &'a str,
    amount: i64,
    months: u8,
}

fn read(fields: &Fields) -> Result<Order<'_>, Refusal> {
    let wrong = |path| Refusal::of(codes::BAD_FIELD, path);
    fields.constant("currency", "00")?;
    fields.required("orderInfo.goodsName", 50)?;
    fields.optional("orderInfo.customerInfo.customerName", 20)?;
    let amount = fields.number("amount")?;
    if amount == 0 {
        return Err(wrong("amount"));
    }
    let months_path = "payMethodInfo.cardMethodInfo.installmentMonth";
    let months = match fields.number(months_path)? {
        1 => return Err(wrong(months_path)),
        months => u8::try_from(months)
            .ok()
            .filter(|months| *months <= 60)
            .ok_or(wrong(months_path))?,
    };
    for path in [
        "taxInfo.taxAmount",
        "taxInfo.freeAmount",
        "taxInfo.vatAmount",
    ] {
        if fields.maybe_number(path)?.is_some_and(|part| part > amount) {
            return Err(wrong(path));
        }
    }
    let key = fields.required("payMethodInfo.billKeyMethodInfo.batchKey", 60)?;
    Ok(Order {
        order_id: fields.order_no()?,
        key,
        amount,
        months,
    })
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

impl Kicc {
    /// Charges a key.
    pub(super) async fn charge(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Stop> {
        let call = self.call_id(fields, "approvalReqDate")?;
        let order = read(fields)?;
        self.begin(&call)?;
        let declined = meddling.decline(codes::ASK_ISSUER);
        let (pg_cno, approval) = match self.hold_approval(&call, &order, declined) {
            Ok(held) => held,
            Err(refusal) => {
                return Err(self.end_refused(call, Some(order.order_id), refusal).await);
            }
        };
        let deed = Deed {
            pg_tid: Some(pg_cno.clone()),
            amount: Some(order.amount),
            currency: Some("KRW".to_owned()),
            ..Deed::new(Kind::Approval, order.order_id, approval.at * 1000)
        };
        let Approval {
            card,
            app_no,
            months,
            ..
        } = approval;
        let record = Record::Approval {
            call: call.clone(),
            card,
            app_no,
            months,
        };
        if let Err(error) = self.world.append(PROVIDER, Some(deed), Some(&record)).await {
            let mut book = self.book();
            book.undo_approval(&pg_cno);
            book.forget(&call);
            return Err(error.into());
        }
        self.notis.queue(&self.world, &pg_cno, &approval);
        let mut book = self.book();
        book.ended(call.clone(), End::Approval(pg_cno.clone()));
        let asked = Asked {
            mall_id: &call.mall_id,
            id: &call.id,
        };
        let answer = answers::charged(
            &asked,
            &pg_cno,
            &approval,
            meddling.told_amount(order.amount),
        );
        Ok(answers::sign(
            answer,
            book.secret(&call.mall_id).unwrap_or_default(),
            meddling,
        ))
    }

    /// Decides a charge and holds its order number and its approval from here on.
    fn hold_approval(
        &self,
        call: &CallId,
        order: &Order<'_>,
        declined: Option<String>,
    ) -> Result<(String, Approval), Refusal> {
        if let Some(code) = declined {
            return Err(Refusal::new(&code));
        }
        let now_ms = self.world.now_ms();
        let mut book = self.book();
        if book.was_used(&call.mall_id, order.order_id) {
            return Err(Refusal::of(&self.settings.duplicate_code, "shopOrderNo"));
        }
        let key = book.live_key(&call.mall_id, order.key);
        let card = key
            .ok_or_else(|| Refusal::new(&self.settings.unknown_key_code))?
            .card;
        card_word(card)?;
        let approval = Approval {
            mall_id: call.mall_id.clone(),
            order_id: order.order_id.to_owned(),
            card,
            app_no: 10_000_000 + (self.world.random() % 90_000_000) as u32,
            months: order.months,
            amount: order.amount,
            left: order.amount,
            cancels: 0,
            at: now_ms.div_euclid(1000),
        };
        let pg_cno = book.new_number(now_ms, || self.world.random());
        book.add_approval(&pg_cno, approval.clone());
        Ok((pg_cno, approval))
    }

    /// Says how a call of today or yesterday ended.
    pub(super) fn retrieve(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Refusal> {
        let missing = || Refusal::new(&self.settings.not_found_code);
        let now_ms = self.world.now_ms();
        let call = CallId {
            mall_id: self.mall(fields)?.to_owned(),
            id: fields.required("shopTransactionId", 60)?.to_owned(),
            date: fields
                .today_or_yesterday("transactionDate", now_ms)?
                .to_owned(),
        };
        if let Some(code) = meddling.decline(&self.settings.not_found_code) {
            return Err(Refusal::new(&code));
        }
        let asked = Asked {
            mall_id: &call.mall_id,
            id: &call.id,
        };
        let mut book = self.book();
        // A call that is still being carried out is not to be found yet.
        match book.end_of(&call).cloned().ok_or_else(missing)? {
            End::Running | End::Removed => Err(missing()),
            End::Refused { order_id, code } => Ok(answers::was_refused(
                &asked,
                order_id.as_deref(),
                &Refusal::new(&code),
            )),
            End::Key(name) => {
                let key = book.key(&name).ok_or_else(missing)?;
                Ok(answers::issued(&asked, &name, key, meddling.told_amount(0)))
            }
            End::Approval(pg_cno) => {
                let approval = book.approval(&call.mall_id, &pg_cno).ok_or_else(missing)?;
                let told = meddling.told_amount(approval.amount);
                Ok(answers::charged(&asked, &pg_cno, approval, told))
            }
            End::Cancel(cancel) => {
                let approval = book
                    .approval(&call.mall_id, &cancel.pg_cno)
                    .ok_or_else(missing)?;
                let told = meddling.told_amount(cancel.amount);
                Ok(answers::cancelled(&asked, &cancel, approval, told))
            }
        }
    }
}
