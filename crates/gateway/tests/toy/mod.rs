//! ToyPay, the merchant's side: the smallest gateway that keeps the whole contract, for whoever adds a real one. It is
//! written from PROTOCOL.md. A real one has its codes, messages and fields in files of their own.

use std::sync::LazyLock;

use async_trait::async_trait;
use dangol_domain::{
    BillingKey, CardFacts, Currency, Failure, FailureClass, Money, Outcome, Receipt,
};
use dangol_gateway::contract::{
    CancelOrder, Channel, ChargeOrder, Checked, Gateway, HandOff, Inquired, Inquiry, Issue,
    IssuedKey, News, Notice, NoticeSays, NoticeWord, ReturnClaim, Revoked, Way, WindowOrder,
    WindowReturn,
};
use dangol_gateway::lenient::{MaskedNumber, SecretText, Text, shown_code};
use dangol_gateway::profile::Profile;
use dangol_gateway::wire::{Request, Wire, WireError};
use dangol_gateway::{Entry, codec_hmac, link};
use serde::Deserialize;
use serde_json::{Value, json};

mod simulator;

/// The line of this PG in the list.
pub const ENTRY: Entry = Entry {
    gateway: &Connector,
    simulator: simulator::make,
};

/// How long after it was sent a charge that ToyPay does not know will never be approved.
const NEVER_AFTER_MS: i64 = 60_000;

/// What ToyPay says, in answers, returns and notices.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    code: Text,
    order: Text,
    ticket: SecretText,
    key: SecretText,
    card: MaskedNumber,
    tid: Text,
    amount: Text,
    left: Text,
}

/// Why there is no `OK`.
enum No {
    /// ToyPay has received nothing.
    NotSent(Failure),
    /// ToyPay's word: a code that is listed as a refusal of this step.
    Refused(Failure),
    /// ToyPay does not know this shop by this secret. Nothing proves that it was ToyPay who said so.
    Unauthorized,
    /// Anything else. The text says what was seen, without any of it.
    Unclear(String),
}

impl No {
    /// As the outcome of something that moves money.
    fn outcome(self) -> Outcome {
        match self {
            No::NotSent(failure) => Outcome::NotSent(failure),
            No::Refused(failure) => Outcome::Declined(failure),
            other => Outcome::Unknown(other.seen()),
        }
    }

    fn seen(self) -> String {
        match self {
            No::NotSent(failure) | No::Refused(failure) => failure.message,
            No::Unauthorized => "ToyPay does not know this shop and secret".to_owned(),
            No::Unclear(seen) => seen,
        }
    }
}

/// What a refusal means. What is one of a charge need not be one of a cancel.
fn class(step: &str, code: &str) -> Option<FailureClass> {
    Some(match (step, code) {
        ("return", "CANCEL") => FailureClass::UserCancel,
        ("return" | "/key" | "/charge", "REFUSED") => FailureClass::Decline,
        ("/key", "NO_CARD") => FailureClass::ExpiredSession,
        ("/charge", "LIMIT" | "BALANCE") => FailureClass::Limit,
        ("/charge", "LOST") => FailureClass::HardDecline,
        ("/charge", "EXPIRED") => FailureClass::Expired,
        ("/charge" | "/revoke", "NO_KEY") => FailureClass::UnknownKey,
        ("/inquire" | "/cancel", "NO_ORDER") => FailureClass::NotFound,
        ("/cancel", "TOO_MUCH" | "REFUSED") => FailureClass::CancelRule,
        ("/revoke", "REFUSED") => FailureClass::Config,
        _ => return None,
    })
}

/// What was told, when its code is `OK`.
fn ok(step: &str, told: Told) -> Result<Told, No> {
    let (code, shown) = (told.code.0.as_str(), shown_code(&told.code.0));
    let text = "토이페이가 거절했습니다.";
    match class(step, code) {
        _ if code == "OK" => Ok(told),
        Some(class) => Err(No::Refused(Failure::new(class, shown, text))),
        None => Err(No::Unclear(format!("ToyPay said {shown:?} to {step}"))),
    }
}

/// Our signature of a message.
fn sign(channel: &Channel, purpose: &str, message: &str) -> String {
    let secret = channel.credential("secret").as_bytes();
    codec_hmac::code(secret, format!("{purpose}\n{message}").as_bytes())
}

/// What a message says, when ToyPay signed it for this purpose.
fn proven(
    channel: &Channel,
    purpose: &str,
    field: impl Fn(&str) -> Option<String>,
) -> Option<Told> {
    let (message, sign) = (field("message")?, field("sign")?);
    let secret = channel.credential("secret").as_bytes();
    let signed = format!("{purpose}\n{message}");
    // Anybody can sign with an empty secret.
    let is_theirs = !secret.is_empty() && codec_hmac::fits(secret, signed.as_bytes(), &sign);
    is_theirs.then(|| serde_json::from_str(&message).ok())?
}

/// Asks ToyPay. An answer is signed together with the question's signature: it can be the answer to no other.
async fn ask(wire: &dyn Wire, channel: &Channel, path: &str, question: Value) -> Result<Told, No> {
    let message = question.to_string();
    let sign = sign(channel, path, &message);
    let body = json!({ "shop": channel.pg_id, "message": message, "sign": sign }).to_string();
    let url = format!("{}{path}", channel.host("api"));
    let request = Request::post(url, "application/json", body.into_bytes());
    let answer = wire.send(request).await.map_err(|error| match error {
        WireError::NotConnected => {
            let text = "토이페이에 연결하지 못했습니다.";
            No::NotSent(Failure::new(FailureClass::Retryable, "", text))
        }
        other => No::Unclear(other.to_string()),
    })?;
    match answer.status {
        200 => {}
        401 => return Err(No::Unauthorized),
        status => return Err(No::Unclear(format!("ToyPay answered HTTP {status}"))),
    }
    let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let field = |name: &str| answer[name].as_str().map(str::to_owned);
    match proven(channel, &format!("answer to {sign}"), field) {
        Some(told) => ok(path, told),
        None => Err(No::Unclear("the answer is not signed by ToyPay".to_owned())),
    }
}

/// An approval of this order and amount, else something that nobody understands.
fn approved(told: Told, order_id: &str, amount: Money) -> Outcome {
    if told.order.0 != order_id || told.amount.won() != Some(amount.minor) {
        return Outcome::Unknown("ToyPay approved another order or amount".to_owned());
    }
    let Some(tid) = told.tid.some() else {
        return Outcome::Unknown("ToyPay approved without its number".to_owned());
    };
    Outcome::Approved(Receipt {
        pg_tid: tid.to_owned(),
        amount,
        approval_number: None,
        approved_at_ms: None,
        card: card(told.card),
        quota: 0,
        partial_cancel: Some(true),
        receipt_url: None,
        cancel_key: None,
    })
}

fn card(number: MaskedNumber) -> CardFacts {
    CardFacts {
        number: number.0,
        ..CardFacts::default()
    }
}

/// The merchant's side of ToyPay.
struct Connector;

#[async_trait]
impl Gateway for Connector {
    fn profile(&self) -> &'static Profile {
        static PROFILE: LazyLock<Profile> =
            LazyLock::new(|| Profile::parse(include_str!("profile.toml")));
        &PROFILE
    }

    async fn open_window(
        &self,
        _: &dyn Wire,
        channel: &Channel,
        order: &WindowOrder,
    ) -> Result<HandOff, Failure> {
        if order.amount.currency != Currency::KRW {
            let text = "토이페이는 원화만 지원합니다.";
            return Err(Failure::new(FailureClass::BadAmount, "", text));
        }
        let message = json!({
            "order": order.order_id,
            "name": order.name,
            "shop_name": order.shop_name,
            "amount": order.amount.minor,
            "return_url": order.return_url,
        })
        .to_string();
        let sign = sign(channel, "/window", &message);
        let url = format!("{}/window", channel.host("api"));
        let (origins, method) = (vec![link::origin(&url).to_owned()], "post");
        let fields = [
            ("shop", channel.pg_id.clone()),
            ("message", message),
            ("sign", sign),
        ];
        Ok(HandOff {
            way: Way::Form { method, url },
            fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
            form_name: None,
            charset: "utf-8",
            origins,
        })
    }

    fn read_return(&self, channel: &Channel, returned: &WindowReturn) -> ReturnClaim {
        let told = proven(channel, "return", |name| returned.text(name));
        ReturnClaim {
            sealed: told.is_some(),
            order_id: told.map(|told| told.order.0),
            token: None,
        }
    }

    async fn close_window(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        order: &WindowOrder,
        returned: &WindowReturn,
    ) -> Issue {
        let refused = |text| Issue::Refused(Failure::new(FailureClass::Protocol, "", text));
        let told = proven(channel, "return", |name| returned.text(name));
        let Some(told) = told.filter(|told| told.order.0 == order.order_id) else {
            return refused("이 결제의 결과가 아닙니다.");
        };
        let ticket = match ok("return", told) {
            Ok(told) => told.ticket.0,
            Err(No::Refused(failure)) => return Issue::Refused(failure),
            // No key was asked for yet.
            Err(_) => return refused("결제창이 완료되지 않았습니다."),
        };
        let question = json!({ "order": order.order_id, "ticket": ticket.expose() });
        let told = match ask(wire, channel, "/key", question).await {
            Ok(told) => told,
            Err(No::NotSent(failure) | No::Refused(failure)) => return Issue::Refused(failure),
            Err(no) => return Issue::Unknown(no.seen()),
        };
        if told.order.0 != order.order_id || told.key.0.is_empty() {
            return Issue::Unknown("ToyPay said OK without a key of this order".to_owned());
        }
        Issue::Issued(IssuedKey {
            key: BillingKey::new(told.key.0.expose()),
            card: card(told.card),
            pg_tid: None,
            first_charge: None,
        })
    }

    async fn charge(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        order: &ChargeOrder,
    ) -> Outcome {
        let (id, amount) = (order.order_id.as_str(), order.amount);
        if amount.currency != Currency::KRW || amount.minor <= 0 || order.quota > 0 {
            let text = "토이페이는 1원 이상의 원화 일시불만 지원합니다.";
            return Outcome::NotSent(Failure::new(FailureClass::BadAmount, "", text));
        }
        let question = json!({ "order": id, "key": key.expose(), "amount": amount.minor });
        match ask(wire, channel, "/charge", question).await {
            Ok(told) => approved(told, id, amount),
            Err(no) => no.outcome(),
        }
    }

    async fn inquire(&self, wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry) -> Inquired {
        if inquiry.issues_key {
            return Inquired::Unsupported;
        }
        let known = inquiry.pg_tid.as_deref();
        let age_ms = inquiry.at_ms - inquiry.sent_at_ms;
        let question = json!({ "order": inquiry.order_id });
        Inquired::Outcome(match ask(wire, channel, "/inquire", question).await {
            Ok(told) if known.is_some_and(|tid| tid != told.tid.0) => {
                Outcome::Unknown("ToyPay told of another payment".to_owned())
            }
            Ok(told) => approved(told, &inquiry.order_id, inquiry.amount),
            Err(No::Refused(failure)) if age_ms > NEVER_AFTER_MS => Outcome::Declined(failure),
            // That this question was not sent says nothing of the attempt that it is about.
            Err(no) => Outcome::Unknown(no.seen()),
        })
    }

    async fn cancel(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        receipt: &Receipt,
        order: &CancelOrder,
    ) -> Outcome {
        let question = json!({
            "order": order.order_id,
            "tid": receipt.pg_tid,
            "amount": order.amount.minor,
            "left": order.balance,
            "cancel": order.cancel_id,
        });
        let told = match ask(wire, channel, "/cancel", question).await {
            Ok(told) => told,
            Err(no) => return no.outcome(),
        };
        let agrees = told.order.0 == order.order_id
            && told.tid.0 == receipt.pg_tid
            && told.amount.won() == Some(order.amount.minor)
            && told.left.won() == Some(order.balance - order.amount.minor);
        match agrees {
            true => Outcome::Approved(Receipt {
                amount: order.amount,
                ..receipt.clone()
            }),
            false => Outcome::Unknown("ToyPay said OK to another cancel".to_owned()),
        }
    }

    async fn revoke(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        _: i64,
    ) -> Revoked {
        match ask(wire, channel, "/revoke", json!({ "key": key.expose() })).await {
            Ok(_) => Revoked::Done,
            Err(No::Refused(failure)) => Revoked::Refused(failure),
            Err(no) => Revoked::Unknown(no.seen()),
        }
    }

    fn read_notice(&self, channel: &Channel, notice: &Notice) -> NoticeSays {
        let Some(told) = proven(channel, "notice", |name| notice.text(name)) else {
            return NoticeSays::Refused("the notice is not signed by ToyPay".to_owned());
        };
        match (told.code.0.as_str(), told.order.some(), told.tid.some()) {
            ("OK", Some(order_id), Some(pg_tid)) => NoticeSays::Word(NoticeWord {
                order_id: order_id.to_owned(),
                pg_tid: pg_tid.to_owned(),
                news: News::Approved { key: None },
            }),
            _ => NoticeSays::Nothing,
        }
    }

    /// Any answer proves the secret, also that there is no such order.
    async fn check(&self, wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked {
        let question = json!({ "order": format!("check-{at_ms}") });
        match ask(wire, channel, "/inquire", question).await {
            Ok(_) | Err(No::Refused(_)) => Checked::Good("ToyPay knows the secret".to_owned()),
            Err(No::Unauthorized) => Checked::Bad(No::Unauthorized.seen()),
            Err(no) => Checked::CannotProve(no.seen()),
        }
    }
}
