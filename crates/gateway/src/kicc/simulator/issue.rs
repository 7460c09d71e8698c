//! `/api/ep9/trades/approval`: turns what the buyer agreed to in the window into a batch key. No money moves.

use serde_json::Value;

use super::answers::{self, Asked};
use super::book::{BatchKey, CallId, End, Record};
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::{Kicc, PROVIDER, Stop};
use crate::sandbox::Meddling;
use crate::sandbox::journal::{Deed, Kind};

impl Kicc {
    /// Issues a key.
    pub(super) async fn issue(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Stop> {
        let call = self.call_id(fields, "approvalReqDate")?;
        let authorization = fields.required("authorizationId", 60)?;
        let order_id = fields.order_no()?;
        self.begin(&call)?;
        let declined = meddling.decline(codes::ASK_ISSUER);
        let (name, key) = match self.hold_key(&call, order_id, authorization, declined) {
            Ok(held) => held,
            Err(refusal) => return Err(self.end_refused(call, Some(order_id), refusal).await),
        };
        let deed = Deed {
            pg_tid: Some(key.pg_cno.clone()),
            key: Some(name.clone()),
            ..Deed::new(Kind::KeyIssued, order_id, key.at * 1000)
        };
        let record = Record::Key {
            call: call.clone(),
            card: key.card,
        };
        if let Err(error) = self.world.append(PROVIDER, Some(deed), Some(&record)).await {
            let mut book = self.book();
            book.undo_key(&name);
            book.forget(&call);
            return Err(error.into());
        }
        let mut book = self.book();
        book.revive(&name);
        book.ended(call.clone(), End::Key(name.clone()));
        let asked = Asked {
            mall_id: &call.mall_id,
            id: &call.id,
        };
        let answer = answers::issued(&asked, &name, &key, meddling.told_amount(0));
        Ok(answers::sign(
            answer,
            book.secret(&call.mall_id).unwrap_or_default(),
            meddling,
        ))
    }

    /// Uses the authorization up and holds a key for it, dead until it is written down.
    fn hold_key(
        &self,
        call: &CallId,
        order_id: &str,
        authorization: &str,
        declined: Option<String>,
    ) -> Result<(String, BatchKey), Refusal> {
        if let Some(code) = declined {
            return Err(Refusal::new(&code));
        }
        let now_ms = self.world.now_ms();
        let card = self
            .windows
            .use_up(authorization, &call.mall_id, order_id, now_ms);
        let card = card.ok_or_else(|| Refusal::new(codes::NO_AUTHORIZATION))?;
        let mut book = self.book();
        if book.was_used(&call.mall_id, order_id) {
            return Err(Refusal::of(&self.settings.duplicate_code, "shopOrderNo"));
        }
        let random = || self.world.random();
        let key = BatchKey {
            mall_id: call.mall_id.clone(),
            order_id: order_id.to_owned(),
            pg_cno: book.new_number(now_ms, random),
            card,
            at: now_ms.div_euclid(1000),
            live: true,
        };
        Ok((book.add_key(key.clone(), random), key))
    }
}
