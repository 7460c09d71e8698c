//! The pairs of answers and notices that tell of a payment.

use super::issuer;
use super::pairs::Pairs;
use crate::sandbox::cards::TestCard;
use crate::sandbox::korea;

/// A payment, or a key that was issued without one.
pub struct Told<'a> {
    /// Its number.
    pub tid: &'a str,
    /// `ORDERID`; empty when there is none.
    pub order_id: &'a str,
    /// `ITEMNAME`.
    pub item_name: &'a str,
    /// As it is told; `None` where none was asked.
    pub amount: Option<i64>,
    /// When, unix seconds.
    pub at: i64,
    /// On which card.
    pub card: TestCard,
    /// The issuer's approval number; without one the card's number is not told either.
    pub approval_no: Option<&'a str>,
    /// `USERID`.
    pub user_id: &'a str,
    /// `USERNAME`; empty when there is none.
    pub user_name: &'a str,
    /// `BYPASSVALUE`; empty when there is none.
    pub bypass: &'a str,
}

impl Told<'_> {
    /// All that is told of it.
    pub fn pairs(&self) -> Pairs {
        let mut pairs = Pairs::done();
        let (code, name) = issuer(self.card);
        pairs.put("TID", self.tid);
        pairs.put("ORDERID", self.order_id);
        pairs.put("ITEMNAME", self.item_name);
        if let Some(amount) = self.amount {
            pairs.put("AMOUNT", &amount.to_string());
        }
        put_time(&mut pairs, self.at);
        pairs.put("CARDCODE", code);
        pairs.put("CARDNAME", name);
        pairs.put("QUOTA", "00");
        if let Some(approval_no) = self.approval_no {
            pairs.put("CARDNO", &self.card.masked());
            pairs.put("CARDAUTHNO", approval_no);
        }
        pairs.put("USERID", self.user_id);
        pairs.put("USERNAME", self.user_name);
        pairs.put("BYPASSVALUE", self.bypass);
        pairs
    }
}

/// Adds when something was done (unix seconds).
pub fn put_time(pairs: &mut Pairs, at: i64) {
    let stamp = korea::stamp(at * 1000);
    let (day, clock) = stamp.split_at(8);
    pairs.put("TRANDATE", day);
    pairs.put("TRANTIME", clock);
}
