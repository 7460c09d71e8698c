//! `/gw/enc/v1/payment`: turns what the window gave into a batch key. No money moves.

use serde_json::{Value, json};

use super::book::Record;
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::seal::Agreed;
use super::{Kcp, Stop, TRAN_CD, issuer};
use crate::sandbox::journal::{Deed, Kind};

impl Kcp {
    /// What the fields of an exchange are about, when their seal is whole: for plans, before anything is decided.
    pub(super) fn order_of_exchange(&self, fields: &Fields) -> Option<String> {
        let agreed = self.open_seal(fields).ok()?;
        Some(agreed.ordr_idxx)
    }

    fn open_seal(&self, fields: &Fields) -> Result<Agreed, Refusal> {
        let data = fields.required("enc_data", 4096)?;
        let info = fields.required("enc_info", 4096)?;
        self.seal.open(
            data,
            info,
            fields.required("site_cd", 5)?,
            self.world.now_ms(),
        )
    }

    /// Issues a key.
    pub(super) async fn exchange(&self, fields: &Fields) -> Result<Value, Stop> {
        self.check_site(fields)?;
        if fields.required("tran_cd", 40)? != TRAN_CD {
            return Err(Refusal::new(codes::BAD_ENC).into());
        }
        let agreed = self.open_seal(fields)?;
        let now_ms = self.world.now_ms();
        let key = self
            .book()
            .begin_exchange(&agreed, now_ms, || self.world.random())?;
        let mut deed = Deed::new(Kind::KeyIssued, &agreed.ordr_idxx, now_ms);
        deed.key = Some(key.clone());
        let Agreed {
            site_cd,
            card,
            nonce,
            ..
        } = agreed.clone();
        let record = Record::Key {
            site_cd,
            card,
            nonce,
            shown: None,
        };
        if let Err(error) = self
            .world
            .append(self.provider, Some(deed), Some(&record))
            .await
        {
            self.book().undo_exchange(&agreed, &key);
            return Err(error.into());
        }
        self.book().keep_key(&key);
        let (card_cd, card_name) = issuer(card);
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
