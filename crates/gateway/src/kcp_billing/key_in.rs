//! Key-in by API (V1's provider `kcp`): KCP's contract for card data that a merchant's server sends. Hosts, certificate,
//! signatures, codes and answers are those of the contract with a window, and so are charges of a key, cancels, inquiries
//! and deletions: this connector leaves them to the other one. What is its own is one request with a card in it.

use std::sync::LazyLock;

use async_trait::async_trait;
use dangol_domain::{BillingKey, CardData, Currency, Failure, FailureClass, Outcome, Receipt};

use super::codes::{Meaning, Step, meaning};
use super::talk::{NoAnswer, ask, refused};
use super::{fields, messages, sign, talk};
use crate::contract::{
    CancelOrder, Channel, ChargeOrder, Checked, Gateway, HandOff, Inquired, Inquiry, Issue, KeyIn,
    ReturnClaim, Revoked, WindowOrder, WindowReturn,
};
use crate::profile::Profile;
use crate::wire::Wire;

/// The merchant's side of NHN KCP, with card data.
pub struct Connector;

/// The same PG with a window.
const BILLING: super::Connector = super::Connector;

/// KCP's card numbers, digits.
const NUMBER_DIGITS_MAX: usize = 16;

pub fn facts() -> &'static Profile {
    static PROFILE: LazyLock<Profile> =
        LazyLock::new(|| Profile::parse(include_str!("key_in.toml")));
    &PROFILE
}

#[async_trait]
impl Gateway for Connector {
    fn profile(&self) -> &'static Profile {
        facts()
    }

    async fn open_window(
        &self,
        _: &dyn Wire,
        _: &Channel,
        _: &WindowOrder,
    ) -> Result<HandOff, Failure> {
        Err(no_window())
    }

    fn read_return(&self, _: &Channel, _: &WindowReturn) -> ReturnClaim {
        ReturnClaim {
            order_id: None,
            token: None,
            sealed: false,
        }
    }

    async fn close_window(
        &self,
        _: &dyn Wire,
        _: &Channel,
        _: &WindowOrder,
        _: &WindowReturn,
    ) -> Issue {
        Issue::Refused(no_window())
    }

    async fn charge(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        order: &ChargeOrder,
    ) -> Outcome {
        BILLING.charge(wire, channel, key, order).await
    }

    fn takes_card(
        &self,
        channel: &Channel,
        card: &CardData,
        order: &ChargeOrder,
        wish: KeyIn,
    ) -> Result<(), String> {
        if order.amount.currency != Currency::KRW {
            return Err(super::not_in_won().message);
        }
        // A key alone has an amount of 0, and nothing to divide.
        if order.amount.minor > 0 && super::quota(order).is_none() {
            return Err(super::no_such_quota().message);
        }
        if wish == KeyIn::Issue && channel.dialect(facts(), "key_issue") != "hub" {
            return Err(KEY_ISSUE_OFF.to_owned());
        }
        let says = |name: &str| channel.dialect(facts(), name) == "true";
        if card.number().len() > NUMBER_DIGITS_MAX || (says("luhn") && !card.passes_luhn()) {
            return Err("card_number: 유효하지 않은 카드번호입니다.".to_owned());
        }
        if says("require_birth") && card.birth().is_none() {
            let text = "birth: 생년월일 6자리 또는 사업자등록번호 10자리가 필요합니다.";
            return Err(text.to_owned());
        }
        if says("require_pwd") && card.pwd_2digit().is_none() {
            return Err("pwd_2digit: 카드 비밀번호 앞 2자리가 필요합니다.".to_owned());
        }
        Ok(())
    }

    async fn charge_card(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        card: CardData,
        order: &ChargeOrder,
    ) -> Outcome {
        if order.amount.currency != Currency::KRW || order.amount.minor <= 0 {
            return Outcome::NotSent(super::not_in_won());
        }
        let Some(quota) = super::quota(order) else {
            return Outcome::NotSent(super::no_such_quota());
        };
        let cert = sign::one_line(channel.credential("cert"));
        let expiry = card.yymm();
        let won = order.amount.minor.to_string();
        let question = messages::CardCharge {
            site_cd: &channel.pg_id,
            kcp_cert_info: &cert,
            pay_method: "CARD",
            cust_ip: order.browser_ip.as_deref().unwrap_or_default(),
            amount: won.clone(),
            card_mny: won,
            currency: "410",
            quota,
            ordr_idxx: &order.order_id,
            good_name: fields::good_name(&order.name),
            buyr_name: fields::buyer_name(order.buyer.name.as_deref()),
            buyr_mail: fields::mail(order.buyer.email.as_deref()),
            buyr_tel2: fields::tel(order.buyer.tel.as_deref()),
            card_tx_type: channel.dialect(facts(), "card_tx_type"),
            card: keyed(&card, expiry.expose()),
            tax: super::tax(channel, order),
        };
        let url = format!("{}/gw/hub/v1/payment", channel.host("api"));
        let answered: Result<messages::Charged, NoAnswer> = ask(wire, url, &question).await;
        let masked = card.masked();
        drop(card);
        let mut answer = match answered {
            Ok(answer) => answer,
            Err(no_answer) => return no_answer.outcome(),
        };
        // KCP hides a card's middle with zeros, so that ours says the same in our way.
        answer.card_no.0 = masked;
        match meaning(&answer.res_cd.0, Step::KeyIn) {
            Meaning::Ok => super::approved(answer, order),
            _ => refused(channel, Step::KeyIn, &answer),
        }
    }

    async fn issue_by_card(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        card: CardData,
        order: &ChargeOrder,
    ) -> Issue {
        if channel.dialect(facts(), "key_issue") != "hub" {
            return Issue::Refused(Failure::new(FailureClass::Config, "", KEY_ISSUE_OFF));
        }
        let cert = sign::one_line(channel.credential("cert"));
        let expiry = card.yymm();
        // A guess from end to end; see PROTOCOL.md.
        let question = messages::CardIssue {
            site_cd: &channel.pg_id,
            kcp_cert_info: &cert,
            pay_method: channel.dialect(facts(), "key_issue_pay_method"),
            card_tx_type: "12100000",
            ordr_idxx: &order.order_id,
            card: keyed(&card, expiry.expose()),
            sign_txtype: "0001",
            group_id: channel.credential("group_id"),
        };
        let url = format!("{}/gw/hub/v1/payment", channel.host("api"));
        let answered: Result<messages::Exchanged, NoAnswer> = ask(wire, url, &question).await;
        let masked = card.masked();
        drop(card);
        let answer = match answered {
            Ok(answer) => answer,
            Err(NoAnswer::NotConnected) => return Issue::Refused(talk::not_connected()),
            Err(NoAnswer::Unclear(seen)) => return Issue::Unknown(seen),
        };
        super::window::issued(&answer, Step::KeyIn, masked)
    }

    async fn inquire(&self, wire: &dyn Wire, channel: &Channel, inquiry: &Inquiry) -> Inquired {
        BILLING.inquire(wire, channel, inquiry).await
    }

    async fn cancel(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        receipt: &Receipt,
        order: &CancelOrder,
    ) -> Outcome {
        BILLING.cancel(wire, channel, receipt, order).await
    }

    async fn revoke(
        &self,
        wire: &dyn Wire,
        channel: &Channel,
        key: &BillingKey,
        at_ms: i64,
    ) -> Revoked {
        BILLING.revoke(wire, channel, key, at_ms).await
    }

    async fn check(&self, wire: &dyn Wire, channel: &Channel, at_ms: i64) -> Checked {
        BILLING.check(wire, channel, at_ms).await
    }
}

/// Why no key is issued on a channel whose operator has not said that the guess is right.
const KEY_ISSUE_OFF: &str = "카드정보로 빌링키를 발급하는 NHN KCP API는 공개 규격이 없어 이 채널에서 꺼져 있습니다. \
                             NHN KCP에서 규격을 확인한 뒤 채널의 dialect key_issue를 hub로 설정하세요.";

fn no_window() -> Failure {
    let text = "API 수기결제 채널에는 결제창이 없습니다.";
    Failure::new(FailureClass::Config, "", text)
}

fn keyed<'a>(card: &'a CardData, expiry: &'a str) -> messages::KeyedCard<'a> {
    messages::KeyedCard {
        card_no: card.number(),
        card_expiry: expiry,
        card_taxno: card.birth(),
        card_pwd: card.pwd_2digit(),
    }
}
