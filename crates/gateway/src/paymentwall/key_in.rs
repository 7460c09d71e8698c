//! Card data by API: a merchant's server sends it, and it is told to Paymentwall for a one-time token, which is charged at
//! once. Only merchants who may see cards (PCI DSS) may do so.
//!
//! A token alone moves no money. So whatever becomes of the first question, nothing is charged until the second.

use dangol_domain::{CardData, Failure, FailureClass, MaskedPan, Outcome, Secret};

use super::answers::{Standing, is_one_time};
use super::charge::{self, Asked};
use super::codes::Step;
use super::messages::{Charge, OneTime, Params};
use super::talk::{self, NoAnswer};
use super::{facts, window};
use crate::contract::{Channel, ChargeOrder, Issue};
use crate::wire::Wire;

/// The longest number of a card that makes a token, digits.
const NUMBER_DIGITS_MAX: usize = 16;

/// Whether a card can be charged for this order.
///
/// # Errors
/// Why not, for the merchant.
pub fn takes(channel: &Channel, card: &CardData, order: &ChargeOrder) -> Result<(), String> {
    let holds_luhn = channel.dialect(facts(), "luhn") == "true";
    if card.number().len() > NUMBER_DIGITS_MAX || (holds_luhn && !card.passes_luhn()) {
        return Err("card_number: 유효하지 않은 카드번호입니다.".to_owned());
    }
    if card.cvc().is_none() {
        return Err("cvc: Paymentwall 결제에는 카드 인증번호(cvc)가 필요합니다.".to_owned());
    }
    let asked = request(channel, order, "").map(drop);
    asked.map_err(|failure| failure.message)
}

/// Charges a card once, and has Paymentwall keep nothing.
pub async fn charge(
    wire: &dyn Wire,
    channel: &Channel,
    card: CardData,
    order: &ChargeOrder,
) -> Outcome {
    let masked = card.masked();
    match first_charge(wire, channel, card, order, "0").await {
        Ok((_, Standing::Paid(mut receipt))) => {
            receipt.card.number = masked;
            Outcome::Approved(receipt)
        }
        Ok((_, Standing::InReview(why))) => Outcome::Pending(why),
        Err(Missed::Card(failure)) => Outcome::NotSent(failure),
        Err(Missed::Charge(no_answer)) => no_answer.outcome(),
    }
}

/// Charges a card, and has the charge bring its permanent token.
pub async fn issue(
    wire: &dyn Wire,
    channel: &Channel,
    card: CardData,
    order: &ChargeOrder,
) -> Issue {
    let masked = card.masked();
    match first_charge(wire, channel, card, order, "1").await {
        Ok((answer, standing)) => numbered(window::issued(&answer, standing), masked),
        Err(Missed::Card(failure)) => Issue::Refused(failure),
        Err(Missed::Charge(NoAnswer::NotConnected)) => Issue::Refused(talk::not_connected()),
        Err(Missed::Charge(NoAnswer::Refused(failure))) => Issue::Refused(failure),
        Err(Missed::Charge(NoAnswer::Unclear(seen))) => Issue::Unknown(seen),
    }
}

/// Paymentwall tells four digits of a card; of one that came through here six more are known.
fn numbered(issue: Issue, masked: Option<MaskedPan>) -> Issue {
    match issue {
        Issue::Issued(mut issued) => {
            if let Some(receipt) = &mut issued.first_charge {
                receipt.card.number.clone_from(&masked);
            }
            issued.card.number = masked;
            Issue::Issued(issued)
        }
        Issue::Pending {
            why,
            key: Some(mut issued),
        } => {
            issued.card.number = masked;
            Issue::Pending {
                why,
                key: Some(issued),
            }
        }
        other => other,
    }
}

/// Why there is no charge to speak of.
enum Missed {
    /// The card brought no token, so that nothing was charged.
    Card(Failure),
    /// The charge has no answer, or a refusal.
    Charge(NoAnswer),
}

async fn first_charge(
    wire: &dyn Wire,
    channel: &Channel,
    card: CardData,
    order: &ChargeOrder,
    store: &str,
) -> Result<(Charge, Standing), Missed> {
    let token = tokenise(wire, channel, card).await.map_err(Missed::Card)?;
    let mut form = request(channel, order, token.expose()).map_err(Missed::Card)?;
    form.push(("store_card", store.to_owned()));
    let charged = charge::send(wire, channel, &form, order.amount, Step::Issue).await;
    charged.map_err(Missed::Charge)
}

/// The charge of a one-time token.
///
/// # Errors
/// When it cannot be asked for.
fn request(channel: &Channel, order: &ChargeOrder, token: &str) -> Result<Params, Failure> {
    charge::one_payment(order)?;
    let asked = Asked {
        token,
        order_id: &order.order_id,
        amount: order.amount,
        name: &order.name,
        buyer_name: order.buyer.name.as_deref(),
        buyer_email: order.buyer.email.as_deref(),
        customer_uid: &order.customer_uid,
        at_ms: order.at_ms,
    };
    let mut form = asked.form(channel)?;
    let config = |text: &str| Failure::new(FailureClass::Config, "", text);
    let domain = channel.dialect(facts(), "browser_domain").trim();
    if domain.is_empty() {
        return Err(config(
            "카드정보를 직접 받는 Paymentwall 결제에는 상점의 도메인이 필요합니다. 채널의 dialect browser_domain을 설정하세요.",
        ));
    }
    let Some(ip) = &order.browser_ip else {
        return Err(config("browser_ip: 구매자의 IP 주소가 필요합니다."));
    };
    form.push(("browser_ip", ip.clone()));
    form.push(("browser_domain", domain.to_owned()));
    Ok(form)
}

/// Tells Paymentwall the card. It is gone afterwards.
///
/// # Errors
/// When there is no token, whatever came instead.
async fn tokenise(wire: &dyn Wire, channel: &Channel, card: CardData) -> Result<Secret, Failure> {
    let config = |text: &str| Failure::new(FailureClass::Config, "", text);
    let how = window::tokeniser(channel).ok_or_else(|| {
        config("Paymentwall 카드결제에는 dialect token_source가 brick이어야 합니다.")
    })?;
    let cvc = card.cvc().ok_or_else(|| config("cvc: 필요합니다."))?;
    let mut form: Params = how
        .fields
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    form.extend([
        (how.card.number, card.number().to_owned()),
        (how.card.month, card.month().to_owned()),
        (how.card.year, card.year().to_owned()),
        (how.card.cvc, cvc.to_owned()),
    ]);
    let told = talk::ask_for_token(wire, how.url, &form).await;
    drop((card, form));
    let read = told.and_then(|told| match told.refusal_of_a_card() {
        Some(refusal) => Err(talk::refused(Step::Issue, &refusal)),
        None => told.answer::<OneTime>(),
    });
    match read {
        Ok(answer) if answer.r#type.0 == "token" && is_one_time(answer.token.0.expose()) => {
            Ok(answer.token.0)
        }
        Ok(_) => Err(no_token(
            "Paymentwall told of something that is no one-time token",
        )),
        Err(NoAnswer::Refused(failure)) => Err(failure),
        Err(other) => Err(no_token(&other.seen())),
    }
}

/// No money moved, so that it may be tried again.
fn no_token(seen: &str) -> Failure {
    let text = format!("페이먼트월에 카드정보를 전달하지 못했습니다. ({seen})");
    Failure::new(FailureClass::Retryable, "", text)
}
