//! `/outseller/autoPayment/reserve`: a seller's server asks for a window; `info`: what a registration is; `delete`.

use serde_json::{Value, json};

use super::book::Record;
use super::codes::{self, Refusal};
use super::fields::Fields;
use super::window::Opened;
use super::{PROVIDER, Payco, Stop, issuer};
use crate::sandbox::journal::{Deed, Kind};
use crate::sandbox::{Meddling, korea};

impl Payco {
    /// Reserves a registration and says where its window is.
    pub(super) fn reserve(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Refusal> {
        if let Some(code) = meddling.decline(codes::NOT_ALLOWED) {
            return Err(Refusal::new(&code));
        }
        let opened = self.read_opened(fields)?;
        let now_ms = self.world.now_ms();
        let random = self.world.random() % 1_000_000_000_000;
        let number = format!("{}{random:012}", &korea::stamp(now_ms)[..8]);
        self.windows.put(&number, opened, now_ms);
        let base = self.world.url(PROVIDER);
        Ok(json!({
            "reserveOrderNo": number,
            "orderSheetUrl": format!("{base}/easyLogin/{number}"),
        }))
    }

    fn read_opened(&self, fields: &Fields) -> Result<Opened, Refusal> {
        let seller = self.seller(fields)?;
        if fields.required("cpId", 30)? != seller.cp_id {
            return Err(Refusal::new(codes::FOREIGN_SHOP));
        }
        let reference_key = fields.required("sellerAutoPaymentReferenceKey", 100)?;
        for name in ["autoPaymentNo", "autoPaymentCertifyKey"] {
            // PAYCO changes the card of a registration that is named here.
            if !fields.optional(name, 200)?.is_empty() {
                return Err(Refusal::new(codes::NOT_SIMULATED));
            }
        }
        if self.book().is_registered(&seller.seller_key, reference_key) {
            return Err(Refusal::field("sellerAutoPaymentReferenceKey"));
        }
        let return_url = fields.required("returnUrl", 1000)?;
        if !is_web_url(return_url) {
            return Err(Refusal::field("returnUrl"));
        }
        fields.required("orderMethod", 20)?;
        fields.one_of("orderMethod", &["EASYPAY", "EASYPAY_F", "CHECKOUT"])?;
        fields.required("orderChannel", 20)?;
        let mobile = fields.one_of("orderChannel", &["PC", "MOBILE"])? == "MOBILE";
        fields.one_of("currency", &["KRW"])?;
        fields.one_of("inAppYn", &["N", "Y"])?;
        fields.one_of("customUrlSchemeUseYn", &["Y", "N"])?;
        let extra = fields.object_in_text("extraData", 4000)?;
        let view = extra.object("viewOptions")?;
        let cancel_url = extra.optional("cancelMobileUrl", 1000)?;
        if !cancel_url.is_empty() && !is_web_url(cancel_url) {
            return Err(Refusal::field("extraData"));
        }
        Ok(Opened {
            reference_key: reference_key.to_owned(),
            shop_name: seller.cp_id,
            seller_key: seller.seller_key,
            order_name: fields.optional("orderTitle", 200)?.to_owned(),
            amount: fields.maybe_won("totalPaymentAmt")?,
            return_url: return_url.to_owned(),
            cancel_url: (mobile && !cancel_url.is_empty()).then(|| cancel_url.to_owned()),
            in_frame: view.one_of("iframeYn", &["N", "Y"])? == "Y",
            echoed: fields
                .object_in_text("returnUrlParam", 1000)?
                .members("returnUrlParam")?,
        })
    }

    /// What a registration is. The return of a window is a hint; this is PAYCO's word.
    pub(super) fn info(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Refusal> {
        let seller_key = self.seller(fields)?.seller_key;
        let reference_key = fields.required("sellerAutoPaymentReferenceKey", 100)?;
        let certify_key = fields.required("autoPaymentCertifyKey", 200)?;
        let unknown = &self.settings.unknown_key_code;
        if let Some(code) = meddling.decline(unknown) {
            return Err(Refusal::new(&code));
        }
        let mut book = self.book();
        let held = book.live(&seller_key, certify_key, unknown)?;
        if held.reference_key != reference_key {
            return Err(Refusal::new(unknown));
        }
        let (code, name) = issuer(held.card);
        Ok(json!({
            "sellerAutoPaymentReferenceKey": held.reference_key,
            "autoPaymentCertifyKey": certify_key,
            "autoPaymentNo": held.auto_payment_no,
            "paymentMethodCode": "31",
            "paymentMethodName": "신용카드",
            "pinNo": held.card.masked(),
            "corporationCode": code,
            "corporationName": name,
            "registYmdt": korea::stamp(held.at * 1000),
        }))
    }

    /// Deletes a registration for good.
    pub(super) async fn delete(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Stop> {
        let seller_key = self.seller(fields)?.seller_key;
        let reference_key = fields.required("sellerAutoPaymentReferenceKey", 100)?;
        let certify_key = fields.required("autoPaymentCertifyKey", 200)?;
        let unknown = &self.settings.unknown_key_code;
        if let Some(code) = meddling.decline(unknown) {
            return Err(Refusal::new(&code).into());
        }
        {
            let mut book = self.book();
            let held = book.live(&seller_key, certify_key, unknown)?;
            if held.reference_key != reference_key {
                return Err(Refusal::new(unknown).into());
            }
            held.live = false;
        }
        let mut deed = Deed::new(Kind::KeyRevoked, reference_key, self.world.now_ms());
        deed.key = Some(certify_key.to_owned());
        let written = self.world.append::<Record>(PROVIDER, Some(deed), None);
        if let Err(error) = written.await {
            self.book().revive(certify_key);
            return Err(error.into());
        }
        Ok(json!({}))
    }

    /// `/outseller/code/checkUsability`: whether the keys that are named can be used. Its fields are not published; those of
    /// the other calls are read.
    pub(super) fn check_usability(&self, fields: &Fields) -> Result<Value, Refusal> {
        let seller = self.seller(fields)?;
        let own = [("cpId", &seller.cp_id), ("productId", &seller.product_id)];
        for (name, own) in own {
            let sent = fields.optional(name, 100)?;
            if !sent.is_empty() && sent != own {
                return Err(Refusal::new(codes::FOREIGN_SHOP));
            }
        }
        Ok(json!({}))
    }
}

fn is_web_url(url: &str) -> bool {
    let scheme = ["http://", "https://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    scheme.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !url.contains(char::is_control)
}
