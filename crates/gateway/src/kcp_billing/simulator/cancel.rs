//! `/gw/mod/v1/cancel` and `/std/inquery`: the two calls that are signed.

use serde_json::{Value, json};

use super::book::{Approval, Record};
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{Kcp, Stop, issuer};
use crate::sandbox::journal::{Deed, Kind};
use crate::sandbox::{Meddling, korea};

/// What a cancel asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    /// `STSC`: everything.
    Full,
    /// `STPC`: part, with the balance that the merchant believes in.
    Part { amount: i64, balance: i64 },
}

fn read(fields: &Fields) -> Result<Asked, Refusal> {
    fields.required("mod_desc", 100)?;
    match fields.required("mod_type", 4)? {
        "STSC" => Ok(Asked::Full),
        "STPC" => match (fields.won("mod_mny")?, fields.won("rem_mny")?) {
            (0, _) => Err(Refusal::of(codes::BAD_FIELD, "mod_mny")),
            (amount, balance) => Ok(Asked::Part { amount, balance }),
        },
        _ => Err(Refusal::of(codes::BAD_FIELD, "mod_type")),
    }
}

/// How much a cancel takes from an approval.
fn decide(asked: Asked, approval: &Approval) -> Result<i64, Refusal> {
    let refused = |code| Err(Refusal::new(code));
    match asked {
        _ if approval.left == 0 => refused(codes::CANCELLED_BEFORE),
        Asked::Full if approval.cancels > 0 => refused(codes::FULL_AFTER_PARTIAL),
        Asked::Full => Ok(approval.left),
        Asked::Part { balance, .. } if balance != approval.left => refused(codes::WRONG_BALANCE),
        Asked::Part { amount, .. } if amount > approval.left => refused(codes::TOO_MUCH),
        Asked::Part { amount, .. } => Ok(amount),
    }
}

impl Kcp {
    /// The order that a `tno` belongs to: for plans and the record of calls.
    pub(super) fn order_of_tno(&self, fields: &Fields) -> Option<String> {
        let (site_cd, tno) = fields.get("site_cd").zip(fields.get("tno"))?;
        let mut book = self.book();
        Some(
            book.approval(site_cd, tno)
                .ok()?
                .order
                .order_id()
                .to_owned(),
        )
    }

    /// Checks certificate and signature of a call on an approval; returns its site and number.
    fn check_signed<'a>(
        &self,
        fields: &'a Fields,
        last: &'static str,
    ) -> Result<(&'a str, &'a str), Refusal> {
        let contract = self.check_site(fields)?;
        let site_cd = fields.required("site_cd", 5)?;
        let tno = fields.required("tno", 14)?;
        let message = format!("{site_cd}^{tno}^{}", fields.required(last, 40)?);
        if !contract.signed(&message, fields.required("kcp_sign_data", 1024)?) {
            return Err(Refusal::new(codes::BAD_SIGNATURE));
        }
        Ok((site_cd, tno))
    }

    /// Cancels an approval in full or in part.
    pub(super) async fn cancel(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Stop> {
        let (site_cd, tno) = self.check_signed(fields, "mod_type")?;
        let asked = read(fields)?;
        let now_ms = self.world.now_ms();
        let (amount, before, after) = {
            let mut book = self.book();
            let approval = book.approval(site_cd, tno)?;
            let amount = decide(asked, approval)?;
            let before = approval.clone();
            approval.take(amount, now_ms.div_euclid(1000));
            (amount, before, approval.clone())
        };
        let deed = Deed {
            pg_tid: Some(tno.to_owned()),
            ref_tid: Some(tno.to_owned()),
            amount: Some(amount),
            currency: Some("KRW".to_owned()),
            ..Deed::new(Kind::Refund, before.order.order_id(), now_ms)
        };
        if let Err(error) = self
            .world
            .append::<Record>(self.provider, Some(deed), None)
            .await
        {
            if let Ok(approval) = self.book().approval(site_cd, tno) {
                approval.give_back(amount, before.cancelled_at);
            }
            return Err(error.into());
        }
        Ok(cancelled(tno, asked, amount, &after, now_ms, meddling))
    }

    /// Says how an approval stands.
    pub(super) async fn inquire(
        &self,
        fields: &Fields,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        let (site_cd, tno) = self.check_signed(fields, "pay_type")?;
        fields.constant("pay_type", "PACA")?;
        let approval = self.book().approval(site_cd, tno)?.clone();
        let state = match (approval.left, approval.cancels) {
            (_, 0) => "STSR",
            (0, _) => "STSC",
            _ => "STPC",
        };
        let (card_cd, card_name) = issuer(approval.card.card);
        let cancelled_at = approval.cancelled_at.map(|at| korea::stamp(at * 1000));
        Ok(json!({
            "res_cd": codes::OK,
            "res_msg": codes::message(codes::OK).0,
            "tno": tno,
            "order_no": approval.order.order_id(),
            "pay_method": "PACA",
            "amount": meddling.told_amount(approval.amount).to_string(),
            "rem_mny": approval.left.to_string(),
            "stat_ca_cd": state,
            "canc_card_yn": if approval.cancels > 0 { "Y" } else { "N" },
            "app_time": korea::stamp(approval.at * 1000),
            "can_time": cancelled_at.unwrap_or_default(),
            "app_no": approval.app_no.to_string(),
            "card_cd": card_cd,
            "card_name": card_name,
            "card_no": self.shown(&approval.card),
            "quota": format!("{:02}", approval.quota),
            "noinf": "N",
        }))
    }
}

fn cancelled(
    tno: &str,
    asked: Asked,
    amount: i64,
    after: &Approval,
    now_ms: i64,
    meddling: &Meddling,
) -> Value {
    let told = meddling.told_amount(amount);
    let mut answer = json!({
        "res_cd": codes::OK,
        "res_msg": codes::message(codes::OK).0,
        "tno": tno,
        "canc_time": korea::stamp(now_ms),
    });
    // A full cancel names no amount, unless a plan wants a lie.
    if asked == Asked::Full && told == amount {
        return answer;
    }
    answer["mod_mny"] = told.to_string().into();
    answer["card_mod_mny"] = told.to_string().into();
    answer["coupon_mod_mny"] = "0".into();
    answer["rem_mny"] = after.left.to_string().into();
    answer["mod_pcan_seq_no"] = format!("{tno}{:02}", after.cancels).into();
    answer
}

#[cfg(test)]
mod tests {
    use super::super::book::OrderAt;
    use super::super::key_in::Keyed;
    use super::*;
    use crate::sandbox::cards::TestCard;

    fn approval() -> Approval {
        Approval {
            order: OrderAt::new("A52Q7", "o"),
            card: Keyed::test(TestCard::Good),
            app_no: 1,
            quota: 0,
            amount: 1000,
            left: 1000,
            cancels: 0,
            at: 0,
            cancelled_at: None,
        }
    }

    fn code(result: Result<i64, Refusal>) -> String {
        result
            .err()
            .map_or("none".to_owned(), |refusal| refusal.code)
    }

    #[test]
    fn cancels_follow_the_rules_of_the_balance() {
        let part = |amount, balance| Asked::Part { amount, balance };
        let mut approval = approval();
        assert_eq!(
            decide(part(1000, 1000), &approval),
            Ok(1000),
            "a first partial cancel may take all"
        );
        assert_eq!(code(decide(part(1001, 1000), &approval)), codes::TOO_MUCH);
        assert_eq!(
            code(decide(part(100, 900), &approval)),
            codes::WRONG_BALANCE
        );
        approval.take(400, 1);
        assert_eq!(
            code(decide(Asked::Full, &approval)),
            codes::FULL_AFTER_PARTIAL
        );
        assert_eq!(
            code(decide(part(100, 1000), &approval)),
            codes::WRONG_BALANCE
        );
        assert_eq!(decide(part(600, 600), &approval), Ok(600));
        approval.take(600, 2);
        assert_eq!(
            code(decide(Asked::Full, &approval)),
            codes::CANCELLED_BEFORE
        );
        assert_eq!(
            code(decide(part(600, 600), &approval)),
            codes::CANCELLED_BEFORE
        );
        approval.give_back(600, Some(1));
        assert_eq!(decide(part(600, 600), &approval), Ok(600));
    }
}
