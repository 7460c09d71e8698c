//! `ISSUEBILLKEY`: turns what the buyer agreed to in the window into a billing key, and takes the first payment that goes
//! with it. Without one, Danal proves the card by a test approval that it undoes by itself.

use super::answers::Told;
use super::api::Asked;
use super::book::{Approval, BillKey, Record};
use super::codes::{self, Refusal};
use super::fields::AMOUNT_DIGITS;
use super::pairs::Pairs;
use super::timers::Notice;
use super::window::Opened;
use super::{Danal, PROVIDER, Stop, deed};
use crate::sandbox::Meddling;
use crate::sandbox::cards::TestCard;
use crate::sandbox::journal::{Deed, Kind};

/// An issue that is held while it is written down.
struct Held {
    tid: String,
    key_name: String,
    approval_no: String,
    card: TestCard,
    opened: Opened,
    at_ms: i64,
}

impl Danal {
    /// Issues a key.
    pub(super) async fn issue(&self, asked: &Asked, meddling: &Meddling) -> Result<Pairs, Stop> {
        let tid = asked.fields.required("TID", 24)?;
        let amount = asked.fields.maybe_amount(AMOUNT_DIGITS)?;
        let declined = meddling.decline(codes::ASK_ISSUER);
        let held = self.hold_issue(&asked.cpid, tid, amount, declined)?;
        if let Err(error) = self.write_issue(&held).await {
            let (cpid, order_id) = (&held.opened.cpid, held.opened.order_id.as_deref());
            self.book().release_issue(cpid, tid, order_id);
            return Err(error.into());
        }
        let told = held.opened.amount;
        let told = told.map(|amount| meddling.told_amount(amount));
        Ok(held.pairs(told))
    }

    /// Decides an issue and holds its opening and its order number from here on.
    fn hold_issue(
        &self,
        cpid: &str,
        tid: &str,
        amount: Option<i64>,
        declined: Option<String>,
    ) -> Result<Held, Refusal> {
        if let Some(code) = declined {
            return Err(Refusal::new(&code));
        }
        let at_ms = self.world.now_ms();
        let mut book = self.book();
        if book.was_issued(cpid, tid) {
            return Err(Refusal::of(codes::DUPLICATE, "TID"));
        }
        let (opened, card) = self.windows.agreed(cpid, tid, at_ms)?;
        match (amount, opened.is_bill) {
            (None, true) => return Err(Refusal::of(codes::MISSING_FIELD, "AMOUNT")),
            (None, false) => {}
            (Some(amount), _) if amount != opened.amount.unwrap_or(0) => {
                return Err(Refusal::of(codes::OTHER_AMOUNT, "AMOUNT"));
            }
            (Some(_), _) => {}
        }
        let order_id = opened.order_id.as_deref();
        self.check_unused(&book, cpid, order_id)?;
        book.hold_issue(cpid, tid, order_id);
        Ok(Held {
            tid: tid.to_owned(),
            key_name: self.secret_digits(),
            approval_no: self.approval_no(),
            card,
            opened,
            at_ms,
        })
    }

    /// Writes the key down, then the money: a kill between the two leaves a key that nobody knows, never money without one.
    async fn write_issue(&self, held: &Held) -> std::io::Result<()> {
        let Opened { cpid, order_id, .. } = &held.opened;
        let key = BillKey {
            cpid: cpid.clone(),
            order_id: order_id.clone(),
            card: held.card,
            live: true,
        };
        let issued = Deed {
            key: Some(held.key_name.clone()),
            ..deed(Kind::KeyIssued, order_id.as_deref(), &held.tid, held.at_ms)
        };
        let record = Record::Key {
            cpid: cpid.clone(),
            card: held.card,
        };
        let written = self.world.append(PROVIDER, Some(issued), Some(&record));
        written.await?;
        let approval = self.first_approval(held);
        let notice = self.first_notice(held);
        let approved = Deed {
            amount: Some(approval.amount),
            currency: Some(approval.currency.clone()),
            test: approval.test,
            ..deed(Kind::Approval, order_id.as_deref(), &held.tid, held.at_ms)
        };
        let record = Record::Approval {
            cpid: cpid.clone(),
            notice: notice.clone(),
        };
        let written = self.world.append(PROVIDER, Some(approved), Some(&record));
        written.await?;
        let mut book = self.book();
        book.add_key(&held.key_name, key);
        book.add_approval(&held.tid, approval, notice);
        Ok(())
    }

    /// The first payment, or the test approval where there is none.
    fn first_approval(&self, held: &Held) -> Approval {
        let opened = &held.opened;
        let (amount, currency) = match (opened.is_bill, opened.amount) {
            (true, Some(amount)) => (amount, opened.currency),
            _ => (self.settings.test_amount, "KRW"),
        };
        Approval {
            cpid: opened.cpid.clone(),
            order_id: opened.order_id.clone(),
            amount,
            left: amount,
            currency: currency.to_owned(),
            test: !opened.is_bill,
            at: held.at_ms.div_euclid(1000),
        }
    }

    /// The notice of the first payment, where the opening asked for one.
    fn first_notice(&self, held: &Held) -> Option<Notice> {
        let opened = &held.opened;
        let url = opened.notice_url.as_deref().filter(|_| opened.is_bill)?;
        let (cpid, order_id) = (&opened.cpid, opened.order_id.as_deref());
        self.notice(cpid, order_id, url, held.pairs(opened.amount), held.at_ms)
    }
}

impl Held {
    /// The answer, and what a notice says. `told_amount` is the amount that it names.
    fn pairs(&self, told_amount: Option<i64>) -> Pairs {
        let opened = &self.opened;
        let told = Told {
            tid: &self.tid,
            order_id: opened.order_id.as_deref().unwrap_or_default(),
            item_name: &opened.item_name,
            amount: told_amount,
            at: self.at_ms.div_euclid(1000),
            card: self.card,
            approval_no: opened.is_bill.then_some(self.approval_no.as_str()),
            user_id: &opened.user_id,
            user_name: &opened.user_name,
            bypass: &opened.bypass,
        };
        let mut pairs = told.pairs();
        pairs.put("ISBILL", if opened.is_bill { "Y" } else { "N" });
        pairs.put("BILLKEY", &self.key_name);
        pairs.put("USERPHONE", &opened.user_phone);
        pairs
    }
}
