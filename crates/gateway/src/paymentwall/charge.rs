//! Charges of a token: the first one by a one-time token, the others by the permanent token that the first one brought.

use dangol_domain::{BillingKey, Failure, FailureClass, Money, Outcome};

use super::answers::{Standing, standing};
use super::codes::Step;
use super::fields;
use super::messages::{Charge, Params};
use super::talk::{CHARGES, NoAnswer, ask_brick};
use crate::contract::{Channel, ChargeOrder};
use crate::wire::Wire;

/// Charges a key.
pub async fn charge(
    wire: &dyn Wire,
    channel: &Channel,
    key: &BillingKey,
    order: &ChargeOrder,
) -> Outcome {
    if let Err(failure) = one_payment(order) {
        return Outcome::NotSent(failure);
    }
    let asked = Asked {
        token: key.expose(),
        order_id: &order.order_id,
        amount: order.amount,
        name: &order.name,
        buyer_name: order.buyer.name.as_deref(),
        buyer_email: order.buyer.email.as_deref(),
        customer_uid: &order.customer_uid,
        at_ms: order.at_ms,
    };
    let mut form = match asked.form(channel) {
        Ok(form) => form,
        Err(failure) => return Outcome::NotSent(failure),
    };
    if let Some(ip) = &order.browser_ip {
        form.push(("browser_ip", ip.clone()));
    }
    match send(wire, channel, &form, order.amount, Step::Charge).await {
        Ok((_, Standing::Paid(receipt))) => Outcome::Approved(receipt),
        Ok((_, Standing::InReview(why))) => Outcome::Pending(why),
        Err(no_answer) => no_answer.outcome(),
    }
}

/// Refuses instalments.
///
/// # Errors
/// When there are to be some.
pub fn one_payment(order: &ChargeOrder) -> Result<(), Failure> {
    if order.quota > 1 {
        let text = "Paymentwall 정기결제는 일시불만 지원합니다.";
        return Err(Failure::new(FailureClass::BadAmount, "", text));
    }
    Ok(())
}

/// What both kinds of charge ask for.
pub struct Asked<'a> {
    /// A one-time or a permanent token.
    pub token: &'a str,
    pub order_id: &'a str,
    pub amount: Money,
    pub name: &'a str,
    pub buyer_name: Option<&'a str>,
    /// The same for all charges of a token, or Paymentwall declines them.
    pub buyer_email: Option<&'a str>,
    pub customer_uid: &'a str,
    pub at_ms: i64,
}

impl Asked<'_> {
    /// As Brick wants it.
    ///
    /// # Errors
    /// When it cannot be asked for; nothing was sent then.
    pub fn form(&self, channel: &Channel) -> Result<Params, Failure> {
        let amount = fields::amount(channel, self.amount).ok_or_else(fields::bad_amount)?;
        let email = fields::email(self.buyer_email).ok_or_else(no_email)?;
        let (first, last) = fields::names(self.buyer_name);
        Ok(vec![
            ("token", self.token.to_owned()),
            ("amount", amount),
            ("currency", self.amount.currency.as_str().to_owned()),
            ("email", email.to_owned()),
            ("description", fields::description(self.name)),
            // Comes back as `goodsid` in pingbacks and as `product_id` in inquiries.
            ("plan", self.order_id.to_owned()),
            ("uid", fields::uid(channel, self.customer_uid)),
            ("customer[firstname]", first),
            ("customer[lastname]", last),
            ("timestamp", self.at_ms.div_euclid(1000).to_string()),
        ])
    }
}

/// The refusal of an order without a buyer's e-mail address.
pub fn no_email() -> Failure {
    let text = "Paymentwall 결제에는 구매자의 이메일(buyer_email)이 필요합니다.";
    Failure::new(FailureClass::Config, "", text)
}

/// Sends a charge, once.
///
/// # Errors
/// Unless there is a charge that is this one.
pub async fn send(
    wire: &dyn Wire,
    channel: &Channel,
    form: &Params,
    amount: Money,
    step: Step,
) -> Result<(Charge, Standing), NoAnswer> {
    let told = ask_brick(wire, channel, CHARGES, Some(form)).await?;
    let answer: Charge = told.done(step)?;
    if answer.demands_3d_secure() {
        return Err(NoAnswer::Refused(needs_3d_secure()));
    }
    let standing = standing(&answer, amount, false).map_err(NoAnswer::Unclear)?;
    Ok((answer, standing))
}

/// 3-D Secure is asked for before anything is charged, and is not built.
fn needs_3d_secure() -> Failure {
    let text = "이 카드는 3-D Secure 인증을 요구하여 결제할 수 없습니다. (3-D Secure is not built)";
    Failure::new(FailureClass::Decline, "", text)
}
