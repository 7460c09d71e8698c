//! `POST /subscribe/payments/again`: charge a stored billing key.
//!
//! Find the key and what is asked, and carry the charge out.

use std::sync::Arc;
use std::time::Duration;

use dangol_domain::v1::{Refusal, messages};
use dangol_domain::{
    Buyer, Currency, Device, Failure, FailureClass, ImpUid, Money, Order, Outcome, Payment, State,
    Usage,
};
use dangol_gateway::contract::ChargeOrder;
use dangol_store::billing_keys::{self, Sealed};
use dangol_store::merchants::MerchantRecord;
use dangol_store::payments;
use dangol_vault::KeyContext;

use super::attempt::follow;
use super::carry_out::{Act, Attempt, Intent, Sent, carry_out};
use crate::channels::OpenChannel;
use crate::{Engine, FlowError};

/// The parameters of `again`, as far as their shape is right.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// The billing key's name.
    pub customer_uid: String,
    /// The merchant's order number.
    pub merchant_uid: String,
    /// A decimal, as written.
    pub amount: String,
    /// The currency; the channel's when missing.
    pub currency: Option<Currency>,
    /// The order's name.
    pub name: Option<String>,
    /// The buyer.
    pub buyer: Buyer,
    /// Instalment months.
    pub quota: u8,
    /// A decimal, as written.
    pub tax_free: Option<String>,
    /// A decimal, as written.
    pub vat: Option<String>,
    /// Text that comes back in the payment.
    pub custom_data: Option<String>,
    /// URLs that replace the webhook endpoint.
    pub notice_urls: Vec<String>,
    /// The buyer's IP address.
    pub browser_ip: Option<String>,
}

/// Charges. The payment it returns is paid, failed, or still open when its outcome is unknown.
pub async fn charge_again(
    engine: &Engine,
    merchant: &Arc<MerchantRecord>,
    again: Again,
) -> Result<Arc<Payment>, FlowError> {
    let key = billing_keys::find(&engine.db, &merchant.merchant, &again.customer_uid)
        .await?
        .ok_or_else(|| Refusal::business(messages::UNKNOWN_BUYER))?;
    let channel = engine
        .channel(merchant, &key.record.channel_key)
        .await?
        .ok_or_else(|| {
            Refusal::business(format!(
                "customer_uid: 빌링키를 발급한 PG 설정({})이 삭제되었습니다.",
                key.record.pg_provider
            ))
        })?;
    let payment = asked(engine, merchant, &again, &channel)?;
    refuse_nothing(engine, &payment).await?;
    let charge = ChargeKey::new(engine, merchant, key, channel);
    carry_out(
        Attempt::new(engine, merchant, charge, Intent::Asked),
        payment,
    )
    .await
}

/// An order of 0 is refused.
pub(super) async fn refuse_nothing(engine: &Engine, payment: &Payment) -> Result<(), FlowError> {
    if payment.amount != 0 {
        return Ok(());
    }
    let used = payments::find_live(&engine.db, &payment.merchant, &payment.merchant_uid).await?;
    Err(Refusal::business(match used {
        Some(_) => messages::UID_USED,
        None => messages::ZERO_AMOUNT,
    })
    .into())
}

/// The charge that an earlier request of the same caller began since `lost_since` and could not answer for, if any, as it
/// ended.
pub async fn begun_since(
    engine: &Engine,
    merchant: &MerchantRecord,
    again: &Again,
    usage: Option<Usage>,
    lost_since: i64,
) -> Result<Option<Arc<Payment>>, FlowError> {
    let mut found = payments::find_all(&engine.db, &merchant.merchant, &again.merchant_uid).await?;
    found.retain(|payment| {
        payment.started_at >= lost_since
            && payment.order.usage == usage
            && payment.customer_uid.as_deref().unwrap_or("") == again.customer_uid
    });
    let Some(payment) = found.into_iter().max_by_key(|payment| payment.started_at) else {
        return Ok(None);
    };
    let budget = Duration::from_millis(engine.settings.answer_budget_ms);
    follow(engine, &payment, budget).await.map(Some)
}

/// The payment that is asked for, its amounts read by the currency's rules.
pub(super) fn asked(
    engine: &Engine,
    merchant: &MerchantRecord,
    again: &Again,
    channel: &OpenChannel,
) -> Result<Payment, FlowError> {
    let profile = channel.gateway.profile();
    let currency = again
        .currency
        .or_else(|| Currency::parse(&profile.currency))
        .unwrap_or(Currency::KRW);
    let minor = |field: &str, text: &str| {
        Money::parse(text, currency)
            .map(|money| money.minor)
            .map_err(|error| Refusal::malformed(field, &format!("{error} ({})", currency.as_str())))
    };
    let optional =
        |field: &str, text: &Option<String>| text.as_deref().map(|t| minor(field, t)).transpose();
    Ok(Payment {
        merchant: merchant.merchant.clone(),
        imp_uid: ImpUid::api(0),
        merchant_uid: again.merchant_uid.clone(),
        customer_uid: Some(again.customer_uid.clone()),
        channel_key: channel.record.channel_key.clone(),
        state: State::Sending,
        version: 1,
        amount: minor("amount", &again.amount)?,
        cancelled: 0,
        currency,
        started_at: engine.now_ms(),
        paid_at: None,
        failed_at: None,
        cancelled_at: None,
        order: Order {
            name: again.name.clone(),
            buyer: again.buyer.clone(),
            pay_method: "card".to_owned(),
            device: Device::Api,
            usage: Some(Usage::Payment),
            pg_provider: channel.record.provider.clone(),
            pg_id: channel.record.pg_id.clone(),
            sandbox: channel.record.sandbox,
            quota: again.quota,
            tax_free: optional("tax_free", &again.tax_free)?,
            vat: optional("vat_amount", &again.vat)?,
            custom_data: again.custom_data.clone(),
            notice_urls: again.notice_urls.clone(),
            browser_ip: again.browser_ip.clone(),
            user_agent: None,
        },
        receipt: None,
        failure: None,
        cancels: Vec::new(),
    })
}

/// The charge of a stored billing key.
pub(super) struct ChargeKey {
    engine: Engine,
    merchant: Arc<MerchantRecord>,
    key: Sealed,
    channel: Arc<OpenChannel>,
}

impl ChargeKey {
    pub(super) fn new(
        engine: &Engine,
        merchant: &Arc<MerchantRecord>,
        key: Sealed,
        channel: Arc<OpenChannel>,
    ) -> ChargeKey {
        ChargeKey {
            engine: engine.clone(),
            merchant: Arc::clone(merchant),
            key,
            channel,
        }
    }

    /// Opens the key and calls the PG. The only place where a plaintext key meets a request.
    async fn charge(&self, payment: &Payment) -> Outcome {
        let context = KeyContext {
            merchant: self.merchant.merchant.as_str(),
            customer_uid: &self.key.record.customer_uid,
            pg: &self.key.record.pg_provider,
        };
        let opened = match self.engine.vault.open_key(
            &self.merchant.data_key,
            &context,
            &self.key.sealed,
        ) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(imp_uid = %payment.imp_uid, %error, "ALARM: a billing key could not be opened");
                let text = "빌링키를 열 수 없습니다. 키 링을 확인하세요.";
                return Outcome::NotSent(Failure::new(FailureClass::Config, "", text));
            }
        };
        let order = charge_order(payment, &self.key);
        let channel = &self.channel;
        channel
            .gateway
            .charge(self.engine.wire.as_ref(), &channel.channel, &opened, &order)
            .await
    }
}

impl Act for ChargeKey {
    async fn send(self, payment: &Payment) -> Result<Sent, FlowError> {
        Ok(self.charge(payment).await.into())
    }
}

/// What the PG is told: the charge's own words first, else those of the issue, else made ones.
fn charge_order(payment: &Payment, key: &Sealed) -> ChargeOrder {
    let (told, issued) = (&payment.order.buyer, &key.record.buyer);
    let either = |a: &Option<String>, b: &Option<String>| a.clone().or_else(|| b.clone());
    ChargeOrder {
        order_id: payment.imp_uid.to_string(),
        amount: payment.money(),
        name: payment
            .order
            .name
            .clone()
            .unwrap_or_else(|| payment.merchant_uid.clone()),
        buyer: Buyer {
            name: either(&told.name, &issued.name),
            email: either(&told.email, &issued.email),
            tel: either(&told.tel, &issued.tel),
            addr: either(&told.addr, &issued.addr),
            postcode: either(&told.postcode, &issued.postcode),
        },
        customer_uid: key.record.customer_uid.clone(),
        quota: payment.order.quota,
        tax_free: payment.order.tax_free,
        vat: payment.order.vat,
        browser_ip: payment.order.browser_ip.clone(),
        at_ms: payment.started_at,
    }
}
