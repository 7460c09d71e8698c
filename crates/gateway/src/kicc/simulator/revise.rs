//! `/api/trades/revise`: cancels in full or in part, signed; and `/api/trades/removeBatchKey`.

use serde_json::{Value, json};

use super::answers::{self, Asked};
use super::book::{Approval, CallId, Cancel, End, Record};
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{Kicc, PROVIDER, Stop, signature};
use crate::sandbox::Meddling;
use crate::sandbox::journal::{Deed, Kind};

/// What a cancel asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Wanted {
    /// The part; `None` for everything.
    part: Option<i64>,
    /// What the merchant believes is left.
    balance: Option<i64>,
}

fn read(fields: &Fields) -> Result<Wanted, Refusal> {
    fields.optional("clientIp", 20)?;
    fields.optional("clientId", 32)?;
    fields.optional("reviseMessage", 100)?;
    let balance = fields.maybe_number("remainAmount")?;
    let part = match fields.required("reviseTypeCode", 2)? {
        "40" => None,
        "32" => match fields.number("amount")? {
            0 => return Err(Refusal::of(codes::BAD_FIELD, "amount")),
            amount => Some(amount),
        },
        _ => return Err(Refusal::of(codes::BAD_FIELD, "reviseTypeCode")),
    };
    Ok(Wanted { part, balance })
}

/// How much a cancel takes from an approval.
fn decide(wanted: Wanted, approval: &Approval) -> Result<i64, Refusal> {
    let refused = |code| Err(Refusal::new(code));
    match wanted {
        _ if approval.left == 0 => refused(codes::CANCELLED_BEFORE),
        Wanted {
            balance: Some(balance),
            ..
        } if balance != approval.left => refused(codes::WRONG_BALANCE),
        Wanted { part: None, .. } if approval.cancels > 0 => refused(codes::FULL_AFTER_PARTIAL),
        Wanted { part: None, .. } => Ok(approval.left),
        Wanted {
            part: Some(amount), ..
        } if amount > approval.left => refused(codes::TOO_MUCH),
        Wanted {
            part: Some(amount), ..
        } => Ok(amount),
    }
}

impl Kicc {
    /// Cancels an approval in full or in part.
    pub(super) async fn revise(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Stop> {
        let call = self.call_id(fields, "cancelReqDate")?;
        let pg_cno = fields.required("pgCno", 20)?;
        let wanted = read(fields)?;
        let sent = fields.required("msgAuthValue", 200)?;
        let secret = self
            .book()
            .secret(&call.mall_id)
            .unwrap_or_default()
            .to_owned();
        if !signature::is(sent, &secret, &[pg_cno, &call.id]) {
            return Err(Refusal::of(codes::BAD_SIGNATURE, "msgAuthValue").into());
        }
        self.begin(&call)?;
        let declined = meddling.decline(codes::NOT_CANCELLABLE);
        let (cancel, approval) = match self.hold_cancel(&call, pg_cno, wanted, declined) {
            Ok(held) => held,
            Err((order_id, refusal)) => {
                return Err(self.end_refused(call, order_id.as_deref(), refusal).await);
            }
        };
        let deed = Deed {
            pg_tid: Some(cancel.cancel_pg_cno.clone()),
            ref_tid: Some(pg_cno.to_owned()),
            amount: Some(cancel.amount),
            currency: Some("KRW".to_owned()),
            ..Deed::new(Kind::Refund, &approval.order_id, cancel.at * 1000)
        };
        let record = Record::Cancel { call: call.clone() };
        if let Err(error) = self.world.append(PROVIDER, Some(deed), Some(&record)).await {
            let mut book = self.book();
            if let Some(approval) = book.approval(&call.mall_id, pg_cno) {
                approval.give_back(cancel.amount);
            }
            book.forget(&call);
            return Err(error.into());
        }
        let asked = Asked {
            mall_id: &call.mall_id,
            id: &call.id,
        };
        let told = meddling.told_amount(cancel.amount);
        let answer = answers::cancelled(&asked, &cancel, &approval, told);
        self.book().ended(call, End::Cancel(cancel));
        Ok(answer)
    }

    /// Decides a cancel and takes it; a refusal comes with the order that it is about.
    fn hold_cancel(
        &self,
        call: &CallId,
        pg_cno: &str,
        wanted: Wanted,
        declined: Option<String>,
    ) -> Result<(Cancel, Approval), (Option<String>, Refusal)> {
        let now_ms = self.world.now_ms();
        let mut book = self.book();
        let cancel_pg_cno = book.new_number(now_ms, || self.world.random());
        let Some(approval) = book.approval(&call.mall_id, pg_cno) else {
            return Err((None, Refusal::new(&self.settings.not_found_code)));
        };
        let decided = match declined {
            Some(code) => Err(Refusal::new(&code)),
            None => decide(wanted, approval),
        };
        let amount = decided.map_err(|refusal| (Some(approval.order_id.clone()), refusal))?;
        let left = approval.take(amount);
        let (pg_cno, at) = (pg_cno.to_owned(), now_ms.div_euclid(1000));
        Ok((
            Cancel {
                pg_cno,
                cancel_pg_cno,
                amount,
                left,
                at,
            },
            approval.clone(),
        ))
    }

    /// Removes a key.
    pub(super) async fn remove_key(
        &self,
        fields: &Fields,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        let call = self.call_id(fields, "removeReqDate")?;
        let key = fields.required("batchKey", 40)?;
        self.begin(&call)?;
        let order_id = match meddling.decline(&self.settings.unknown_key_code) {
            Some(code) => Err(code),
            None => match self.book().live_key(&call.mall_id, key) {
                Some(held) => {
                    held.live = false;
                    Ok(held.order_id.clone())
                }
                None => Err(self.settings.unknown_key_code.clone()),
            },
        };
        let order_id = match order_id {
            Ok(order_id) => order_id,
            Err(code) => return Err(self.end_refused(call, None, Refusal::new(&code)).await),
        };
        let mut deed = Deed::new(Kind::KeyRevoked, &order_id, self.world.now_ms());
        deed.key = Some(key.to_owned());
        let record = Record::Removed { call: call.clone() };
        if let Err(error) = self.world.append(PROVIDER, Some(deed), Some(&record)).await {
            let mut book = self.book();
            book.revive(key);
            book.forget(&call);
            return Err(error.into());
        }
        let answer = json!({
            "resCd": codes::OK,
            "resMsg": codes::message(codes::OK),
            "mallId": call.mall_id,
            "shopTransactionId": call.id,
            "removeReqDate": call.date,
        });
        self.book().ended(call, End::Removed);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::cards::TestCard;

    #[test]
    fn cancels_follow_the_rules_of_the_balance() {
        let mut approval = Approval {
            mall_id: "T5102001".to_owned(),
            order_id: "o".to_owned(),
            card: TestCard::Good,
            app_no: 1,
            months: 0,
            amount: 1000,
            left: 1000,
            cancels: 0,
            at: 0,
        };
        let wanted = |part, balance| Wanted { part, balance };
        let refused = |code| Err(Refusal::new(code));
        assert_eq!(decide(wanted(None, None), &approval), Ok(1000));
        assert_eq!(decide(wanted(Some(1000), Some(1000)), &approval), Ok(1000));
        assert_eq!(
            decide(wanted(None, Some(900)), &approval),
            refused(codes::WRONG_BALANCE)
        );
        assert_eq!(
            decide(wanted(Some(1001), None), &approval),
            refused(codes::TOO_MUCH)
        );
        assert_eq!(approval.take(400), 600);
        assert_eq!(
            decide(wanted(None, None), &approval),
            refused(codes::FULL_AFTER_PARTIAL)
        );
        assert_eq!(
            decide(wanted(Some(1), Some(1000)), &approval),
            refused(codes::WRONG_BALANCE)
        );
        assert_eq!(decide(wanted(Some(600), Some(600)), &approval), Ok(600));
        assert_eq!(approval.take(600), 0);
        assert_eq!(
            decide(wanted(Some(1), None), &approval),
            refused(codes::CANCELLED_BEFORE)
        );
        approval.give_back(600);
        assert_eq!(approval.status().0, "TS06");
    }
}
