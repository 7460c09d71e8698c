//! `/gw/hub/v1/payment`: charges a batch key, or deletes it.

use serde_json::{Value, json};

use super::book::{Approval, OrderAt, Record};
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::key_in::{self, CARD_CHARGES, Keyed};
use super::{Kcp, Stop, issuer};
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Kind};
use crate::sandbox::{Meddling, korea};

/// Instalments need at least this much, won.
const INSTALMENT_AMOUNT_MIN: i64 = 50_000;
/// What the test site takes when its limits are switched on, won.
const TEST_AMOUNTS: std::ops::RangeInclusive<i64> = 1_000..=5_004;

/// A charge whose fields are in order.
struct Asked<'a> {
    site_cd: &'a str,
    order_id: &'a str,
    amount: i64,
    quota: u8,
    by: By<'a>,
}

/// What is charged.
enum By<'a> {
    /// A batch key of a group.
    Key { key: &'a str, group_id: &'a str },
    /// A card in the request.
    Card(Keyed),
}

fn read(fields: &Fields, accept_any_card: bool) -> Result<Asked<'_>, Refusal> {
    fields.present("cust_ip")?;
    fields.constant("currency", "410")?;
    fields.required("good_name", 100)?;
    fields.at_most("buyr_name", 40)?;
    fields.at_most("buyr_mail", 100)?;
    fields.at_most("buyr_tel2", 20)?;
    let amount = fields.won("amount")?;
    if amount == 0 {
        return Err(Refusal::new(codes::AMOUNT_TOO_SMALL));
    }
    if fields.won("card_mny")? != amount {
        return Err(Refusal::of(codes::BAD_FIELD, "card_mny"));
    }
    Ok(Asked {
        site_cd: fields.required("site_cd", 5)?,
        order_id: fields.required("ordr_idxx", 40)?,
        amount,
        quota: quota(fields, amount)?,
        by: match fields.required("card_tx_type", 8)? {
            "11511000" => By::Key {
                key: fields.required("bt_batch_key", 40)?,
                group_id: fields.required("bt_group_id", 12)?,
            },
            kind if CARD_CHARGES.contains(&kind) => {
                By::Card(key_in::read(fields, accept_any_card)?)
            }
            _ => return Err(Refusal::of(codes::BAD_FIELD, "card_tx_type")),
        },
    })
}

fn quota(fields: &Fields, amount: i64) -> Result<u8, Refusal> {
    let wrong = Refusal::of(codes::BAD_FIELD, "quota");
    let text = fields.required("quota", 2)?;
    let quota: u8 = match text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => text.parse().map_err(|_| wrong.clone())?,
        false => return Err(wrong),
    };
    match quota {
        0 => Ok(quota),
        2..=12 if amount >= INSTALMENT_AMOUNT_MIN => Ok(quota),
        _ => Err(wrong),
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

impl Kcp {
    /// Charges a key.
    pub(super) async fn charge(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Stop> {
        self.check_site(fields)?;
        let kind = fields.required("card_tx_type", 8)?;
        if CARD_CHARGES.contains(&kind) && !self.takes_cards {
            return Err(Refusal::new(codes::KEY_IN_OFF).into());
        }
        let asked = read(fields, self.settings.accept_any_card)?;
        let (tno, approval) = self.reserve(&asked)?;
        let deed = Deed {
            pg_tid: Some(format!("{tno:014}")),
            amount: Some(asked.amount),
            currency: Some("KRW".to_owned()),
            ..Deed::new(Kind::Approval, asked.order_id, approval.at * 1000)
        };
        let record = Record::Approval {
            site_cd: asked.site_cd.to_owned(),
            card: approval.card.card,
            app_no: approval.app_no,
            quota: approval.quota,
            shown: approval.card.shown.clone(),
        };
        if let Err(error) = self
            .world
            .append(self.provider, Some(deed), Some(&record))
            .await
        {
            self.book().undo_approval(tno);
            return Err(error.into());
        }
        let number = self.shown(&approval.card);
        Ok(receipt(tno, &approval, &number, meddling))
    }

    /// Decides a charge and holds its order number and its approval number from here on.
    fn reserve(&self, asked: &Asked<'_>) -> Result<(u64, Approval), Refusal> {
        let now_ms = self.world.now_ms();
        let order = OrderAt::new(asked.site_cd, asked.order_id);
        let mut book = self.book();
        match &asked.by {
            By::Key { group_id, .. } => {
                let contract = book.known_site(asked.site_cd);
                if contract.is_none_or(|contract| contract.papers.group_id != *group_id) {
                    return Err(Refusal::new(codes::WRONG_GROUP));
                }
            }
            By::Card(_) => {}
        }
        if self.settings.test_amount_range && !TEST_AMOUNTS.contains(&asked.amount) {
            return Err(Refusal::new(codes::TEST_AMOUNT));
        }
        if book.was_charged(&order) {
            return Err(Refusal::new(&self.settings.duplicate_code));
        }
        let card = match &asked.by {
            By::Card(keyed) => keyed.clone(),
            By::Key { key, .. } => {
                let unknown = || Refusal::new(&self.settings.unknown_key_code);
                let held = book.live_key(asked.site_cd, key).ok_or_else(unknown)?;
                held.card.clone()
            }
        };
        card_word(card.card)?;
        let approval = Approval {
            order,
            card,
            app_no: 10_000_000 + (self.world.random() % 90_000_000) as u32,
            quota: asked.quota,
            amount: asked.amount,
            left: asked.amount,
            cancels: 0,
            at: now_ms.div_euclid(1000),
            cancelled_at: None,
        };
        let tno = book.add_approval(approval.clone(), || self.world.random());
        Ok((tno, approval))
    }

    /// A card's number as this contract's answers have it.
    pub(super) fn shown(&self, card: &Keyed) -> String {
        match self.takes_cards {
            true => key_in::zeroed(card),
            false => card.card.masked(),
        }
    }

    /// The order with which a key was issued: for plans and the record of calls.
    pub(super) fn order_of_key(&self, fields: &Fields) -> Option<String> {
        let (site_cd, key) = fields.get("site_cd").zip(fields.get("batch_key"))?;
        let mut book = self.book();
        Some(book.live_key(site_cd, key)?.order.order_id().to_owned())
    }

    /// Deletes a key.
    pub(super) async fn revoke(&self, fields: &Fields) -> Result<Value, Stop> {
        self.check_site(fields)?;
        fields.constant("tx_type", "10005010")?;
        let site_cd = fields.required("site_cd", 5)?;
        let group_id = fields.required("group_id", 12)?;
        let key = fields.required("batch_key", 40)?;
        let unknown = || Refusal::new(&self.settings.unknown_key_code);
        let order = {
            let mut book = self.book();
            if book
                .known_site(site_cd)
                .is_none_or(|contract| contract.papers.group_id != group_id)
            {
                return Err(Refusal::new(codes::WRONG_GROUP).into());
            }
            let held = book.live_key(site_cd, key).ok_or_else(unknown)?;
            held.deleted = true;
            held.order.clone()
        };
        let mut deed = Deed::new(Kind::KeyRevoked, order.order_id(), self.world.now_ms());
        deed.key = Some(key.to_owned());
        if let Err(error) = self
            .world
            .append::<Record>(self.provider, Some(deed), None)
            .await
        {
            self.book().keep_key(key);
            return Err(error.into());
        }
        Ok(super::done())
    }
}

/// The answer to a charge.
fn receipt(tno: u64, approval: &Approval, number: &str, meddling: &Meddling) -> Value {
    let told = meddling.told_amount(approval.amount).to_string();
    let (card_cd, card_name) = issuer(approval.card.card);
    json!({
        "res_cd": codes::OK,
        "res_msg": codes::message(codes::OK).0,
        "res_en_msg": codes::message(codes::OK).1,
        "pay_method": "PACA",
        "tno": format!("{tno:014}"),
        "order_no": approval.order.order_id(),
        "amount": told,
        "card_mny": told,
        "coupon_mny": "0",
        "card_cd": card_cd,
        "card_name": card_name,
        "card_no": number,
        "acqu_cd": card_cd,
        "acqu_name": card_name,
        "app_no": approval.app_no.to_string(),
        "app_time": korea::stamp(approval.at * 1000),
        "quota": format!("{:02}", approval.quota),
        "noinf": "N",
        "partcanc_yn": "Y",
        "card_bin_type_01": "0",
        "card_bin_type_02": "0",
    })
}
