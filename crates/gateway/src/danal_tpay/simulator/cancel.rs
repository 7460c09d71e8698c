//! `CANCEL`: cancels an approval in full or in part; and `DELBILLKEY`.

use super::answers::put_time;
use super::api::Asked;
use super::book::{Approval, Record};
use super::codes::{self, Refusal};
use super::pairs::Pairs;
use super::{Danal, PROVIDER, Stop, deed};
use crate::sandbox::Meddling;
use crate::sandbox::journal::{Deed, Kind};

/// Digits of a cancel's `AMOUNT` at most.
const AMOUNT_DIGITS: usize = 9;
/// For how long an approval can be cancelled, seconds.
const CANCEL_LIFE_S: i64 = 365 * 24 * 60 * 60;

/// `CANCELTYPE`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Extent {
    /// `C`
    Full,
    /// `P`
    Part,
}

/// Whether a cancel is taken. A full cancel is one of the whole approval: it names the approved amount, and nothing of it
/// was cancelled before. Everything else is a part, also the last one.
fn decide(extent: Extent, amount: i64, approval: &Approval, now_ms: i64) -> Result<(), Refusal> {
    let is_whole = amount == approval.amount && approval.left == approval.amount;
    let refused = |code| Err(Refusal::new(code));
    if approval.test {
        // Danal undoes it by itself.
        refused(codes::NOT_CANCELLABLE)
    } else if approval.left == 0 {
        refused(codes::CANCELLED_BEFORE)
    } else if now_ms.div_euclid(1000) - approval.at > CANCEL_LIFE_S {
        refused(codes::CANCEL_TOO_LATE)
    } else if extent == Extent::Full && !is_whole {
        refused(codes::CANCEL_AMOUNT)
    } else if amount > approval.left {
        refused(codes::TOO_MUCH)
    } else {
        Ok(())
    }
}

impl Danal {
    /// Cancels an approval in full or in part.
    pub(super) async fn cancel(&self, asked: &Asked, meddling: &Meddling) -> Result<Pairs, Stop> {
        let Asked { cpid, fields, .. } = asked;
        let tid = fields.required("TID", 24)?;
        let extents = [("C", Extent::Full), ("P", Extent::Part)];
        let extent = fields.one_of("CANCELTYPE", &extents)?;
        let amount = fields.amount(AMOUNT_DIGITS)?;
        if amount == 0 {
            return Err(Refusal::field("AMOUNT").into());
        }
        fields.optional("CANCELREQUESTER", 20)?;
        fields.optional("CANCELDESC", 255)?;
        let now_ms = self.world.now_ms();
        let declined = meddling.decline(codes::NOT_CANCELLABLE);
        let (cancel_tid, after) = {
            let mut book = self.book();
            let cancel_tid = book.new_tid(now_ms, || self.world.random());
            let approval = book.approval(cpid, tid);
            let approval = approval.ok_or_else(|| Refusal::new(codes::NO_ORIGINAL))?;
            if let Some(code) = declined {
                return Err(Refusal::new(&code).into());
            }
            decide(extent, amount, approval, now_ms)?;
            approval.left -= amount;
            (cancel_tid, approval.clone())
        };
        let refund = Deed {
            ref_tid: Some(tid.to_owned()),
            amount: Some(amount),
            currency: Some(after.currency.clone()),
            ..deed(Kind::Refund, after.order_id.as_deref(), &cancel_tid, now_ms)
        };
        let at = refund.at;
        let written = self.world.append::<Record>(PROVIDER, Some(refund), None);
        if let Err(error) = written.await {
            if let Some(approval) = self.book().approval(cpid, tid) {
                approval.left += amount;
            }
            return Err(error.into());
        }
        let mut pairs = Pairs::done();
        pairs.put("O_TID", tid);
        pairs.put("TID", &cancel_tid);
        pairs.put("AMOUNT", &meddling.told_amount(amount).to_string());
        pairs.put("BALANCE", &after.left.to_string());
        put_time(&mut pairs, at);
        Ok(pairs)
    }

    /// Deletes a key for good.
    pub(super) async fn delete_key(
        &self,
        asked: &Asked,
        meddling: &Meddling,
    ) -> Result<Pairs, Stop> {
        let Asked { cpid, fields, .. } = asked;
        let name = fields.required("BILLKEY", 255)?;
        if let Some(code) = meddling.decline(codes::UNKNOWN_KEY) {
            return Err(Refusal::new(&code).into());
        }
        let now_ms = self.world.now_ms();
        let (tid, order_id) = {
            let mut book = self.book();
            let tid = book.new_tid(now_ms, || self.world.random());
            let key = book.live_key(cpid, name);
            let key = key.ok_or_else(|| Refusal::new(codes::UNKNOWN_KEY))?;
            key.live = false;
            (tid, key.order_id.clone())
        };
        let revoked = Deed {
            key: Some(name.to_owned()),
            ..deed(Kind::KeyRevoked, order_id.as_deref(), &tid, now_ms)
        };
        let written = self.world.append::<Record>(PROVIDER, Some(revoked), None);
        if let Err(error) = written.await {
            self.book().revive(name);
            return Err(error.into());
        }
        let mut pairs = Pairs::done();
        pairs.put("TID", &tid);
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancels_follow_the_rules_of_the_balance() {
        let mut approval = Approval {
            cpid: "9810030929".to_owned(),
            order_id: None,
            amount: 1000,
            left: 1000,
            currency: "KRW".to_owned(),
            test: false,
            at: 0,
        };
        let refused = |code| Err(Refusal::new(code));
        let (full, part) = (Extent::Full, Extent::Part);
        assert_eq!(decide(full, 1000, &approval, 0), Ok(()));
        assert_eq!(decide(part, 1000, &approval, 0), Ok(()));
        for amount in [999, 1001] {
            let decided = decide(full, amount, &approval, 0);
            assert_eq!(decided, refused(codes::CANCEL_AMOUNT), "{amount}");
        }
        let decided = decide(part, 1001, &approval, 0);
        assert_eq!(decided, refused(codes::TOO_MUCH));
        approval.left = 600;
        for amount in [600, 1000] {
            let decided = decide(full, amount, &approval, 0);
            assert_eq!(decided, refused(codes::CANCEL_AMOUNT), "{amount}");
        }
        let decided = decide(part, 601, &approval, 0);
        assert_eq!(decided, refused(codes::TOO_MUCH));
        assert_eq!(decide(part, 600, &approval, 0), Ok(()));
        let year_ms = CANCEL_LIFE_S * 1000;
        assert_eq!(decide(part, 600, &approval, year_ms + 999), Ok(()));
        let decided = decide(part, 600, &approval, year_ms + 1000);
        assert_eq!(decided, refused(codes::CANCEL_TOO_LATE));
        approval.left = 0;
        for extent in [full, part] {
            let decided = decide(extent, 1000, &approval, 0);
            assert_eq!(decided, refused(codes::CANCELLED_BEFORE));
        }
        approval.test = true;
        assert_eq!(
            decide(full, 1000, &approval, 0),
            refused(codes::NOT_CANCELLABLE)
        );
    }
}
