//! Card data by API: a charge of a card, and the issue of a key by one. The former is published; the latter is this
//! simulator's own idea of what nobody has published.

use serde_json::{Value, json};

use super::book::{OrderAt, Record};
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{Kcp, Stop, issuer};
use crate::sandbox::cards::{self, TestCard, Typed};
use crate::sandbox::journal::{Deed, Kind};

/// What `card_tx_type` calls a charge of a card: with authentication, and by its number alone.
pub const CARD_CHARGES: [&str; 2] = ["11121000", "11111000"];
/// What it calls the issue of a key.
pub const CARD_ISSUE: &str = "12100000";

/// A card as this simulator keeps it: what it does, and how its number is shown where that does not follow from it.
#[derive(Clone)]
pub struct Keyed {
    /// What it does.
    pub card: TestCard,
    /// Six digits, stars, four digits; `None` for a test card.
    pub shown: Option<String>,
}

impl Keyed {
    /// A test card of a window.
    pub fn test(card: TestCard) -> Keyed {
        Keyed { card, shown: None }
    }
}

/// Reads the card of a request. The number is forgotten here.
pub fn read(fields: &Fields, accept_any_card: bool) -> Result<Keyed, Refusal> {
    let number = fields.required("card_no", 40)?;
    let possible = (13..=16).contains(&number.len()) && all_digits(number);
    let card = match cards::read(number) {
        _ if !possible => return Err(Refusal::of(codes::BAD_CARD_NUMBER, "card_no")),
        Typed::Test(card) => Keyed::test(card),
        Typed::OtherCard if accept_any_card => Keyed {
            card: TestCard::Good,
            shown: Some(masked(number)),
        },
        Typed::OtherCard | Typed::Nonsense => return Err(Refusal::new(codes::BAD_CARD_NUMBER)),
    };
    let expiry = fields.required("card_expiry", 40)?;
    // The year comes first.
    let month = expiry.get(2..).and_then(|month| month.parse().ok());
    if expiry.len() != 4 || !all_digits(expiry) || !month.is_some_and(|m: u8| (1..=12).contains(&m))
    {
        return Err(Refusal::of(codes::BAD_EXPIRY, "card_expiry"));
    }
    if let Some(birth) = fields.get("card_taxno")
        && (!all_digits(birth) || !matches!(birth.len(), 6 | 10))
    {
        return Err(Refusal::of(codes::BAD_BIRTH, "card_taxno"));
    }
    if let Some(pin) = fields.get("card_pwd")
        && (!all_digits(pin) || pin.len() != 2)
    {
        return Err(Refusal::of(codes::BAD_PIN, "card_pwd"));
    }
    Ok(card)
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// What may be kept of a number of 13 to 16 digits.
fn masked(number: &str) -> String {
    let (head, tail) = (&number[..6], &number[number.len() - 4..]);
    format!("{head}{}{tail}", "*".repeat(number.len() - 10))
}

/// A card's number as KCP's answers to card data have it: the middle is zeros, so that it looks whole and is not.
pub fn zeroed(card: &Keyed) -> String {
    let shown = card.shown.clone().unwrap_or_else(|| card.card.masked());
    shown.replace('*', "0")
}

impl Kcp {
    /// Issues a key by a card. No money moves.
    pub(super) async fn issue_by_card(&self, fields: &Fields) -> Result<Value, Stop> {
        let contract = self.check_site(fields)?;
        if !self.takes_cards {
            return Err(Refusal::new(codes::KEY_IN_OFF).into());
        }
        fields.constant("pay_method", "CARD")?;
        fields.constant("sign_txtype", "0001")?;
        if fields.required("group_id", 12)? != contract.papers.group_id {
            return Err(Refusal::new(codes::WRONG_GROUP).into());
        }
        let order_id = fields.required("ordr_idxx", 40)?;
        let keyed = read(fields, self.settings.accept_any_card)?;
        if keyed.card == TestCard::RefusedAtIssue {
            return Err(Refusal::new(codes::ISSUER_DECLINED).into());
        }
        let (site_cd, now_ms) = (contract.papers.site_cd.clone(), self.world.now_ms());
        let order = OrderAt::new(&site_cd, order_id);
        let key = self
            .book()
            .hold_key(order, keyed.clone(), now_ms, || self.world.random());
        let mut deed = Deed::new(Kind::KeyIssued, order_id, now_ms);
        deed.key = Some(key.clone());
        let record = Record::Key {
            site_cd,
            card: keyed.card,
            nonce: String::new(),
            shown: keyed.shown.clone(),
        };
        if let Err(error) = self
            .world
            .append(self.provider, Some(deed), Some(&record))
            .await
        {
            self.book().drop_key(&key);
            return Err(error.into());
        }
        self.book().keep_key(&key);
        let (card_cd, card_name) = issuer(keyed.card);
        Ok(json!({
            "res_cd": codes::OK,
            "res_msg": codes::message(codes::OK).0,
            "batch_key": key,
            "card_cd": card_cd,
            "card_name": card_name,
            "card_bank_cd": "0311",
            "card_bin_type_01": "0",
            "card_bin_type_02": "0",
            "van_tx_id": "",
            "join_cd": "",
        }))
    }
}
