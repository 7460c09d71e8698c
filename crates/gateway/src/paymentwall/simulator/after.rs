//! Brick's calls about one charge: how it stands, its refund, capture and void.

use std::io;

use serde_json::Value;

use super::book::{Project, Record};
use super::codes::{self, Refusal};
use super::fields::decimal;
use super::payment::{Charge, HOLD_MS, State};
use super::{PROVIDER, Paymentwall, Stop, answers, pingback};
use crate::sandbox::Meddling;

/// The reason of a refund that the merchant asked for, in pingbacks.
const REASON_CANCELLED: &str = "9";

impl Paymentwall {
    /// A project's charge.
    fn charge_of(&self, project: &Project, id: &str) -> Result<Charge, Refusal> {
        let mut book = self.book();
        let found = book
            .charge(id)
            .filter(|charge| charge.project == project.key);
        found.cloned().ok_or(Refusal::new(codes::NO_CHARGE))
    }

    /// A charge as it stands after a change.
    fn shown(&self, id: &str, meddling: &Meddling) -> Result<Value, Stop> {
        let charge = self.book().charge(id).cloned();
        let charge = charge.ok_or(Refusal::new(codes::NO_CHARGE))?;
        let told = meddling.told_amount(charge.amount.minor);
        Ok(answers::charge(&charge, told, &self.world))
    }

    /// Says how a charge stands.
    pub(super) fn details(
        &self,
        project: &Project,
        id: &str,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        if let Some(code) = meddling.decline(codes::NO_PERMISSION) {
            return Err(Refusal::new(&code).into());
        }
        self.charge_of(project, id)?;
        self.shown(id, meddling)
    }

    /// Gives back what is left of a charge.
    pub(super) async fn refund_all(
        &self,
        project: &Project,
        id: &str,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        self.charge_of(project, id)?;
        if let Some(code) = meddling.decline(codes::NOT_REFUNDABLE) {
            return Err(Refusal::new(&code).into());
        }
        let minor = {
            let mut book = self.book();
            let charge = book.charge(id).ok_or(Refusal::new(codes::NO_CHARGE))?;
            let minor = charge.refundable()?;
            charge.promised += minor;
            minor
        };
        let refunded = self.refund(id, minor, None, None).await;
        if let Some(charge) = self.book().charge(id) {
            charge.promised -= minor;
        }
        refunded?;
        self.shown(id, meddling)
    }

    /// Gives back what was promised before: in full, or in part under the merchant's number; for a ticket or without one.
    pub(super) async fn refund(
        &self,
        id: &str,
        minor: i64,
        partial: Option<&str>,
        ticket: Option<u64>,
    ) -> io::Result<()> {
        let (charge, number) = {
            let mut book = self.book();
            let Some(charge) = book.charge(id).cloned() else {
                return Ok(());
            };
            (charge, book.new_number(|| self.world.random()))
        };
        let currency = charge.amount.currency;
        let amount = decimal(minor, currency);
        let pingbacks = match partial {
            None => self.pingbacks_of(&charge, pingback::REFUNDED, &[("reason", REASON_CANCELLED)]),
            Some(merchants_number) => {
                let further = [
                    ("refund_amount", amount.as_str()),
                    ("currency", currency.as_str()),
                    ("merchant_refund_id", merchants_number),
                ];
                self.pingbacks_of(&charge, pingback::PARTLY_REFUNDED, &further)
            }
        };
        let deed = charge.refund(&number, minor, self.world.now_ms());
        let record = Record::Refunded {
            charge: id.to_owned(),
            ticket,
            pingbacks: pingbacks.clone(),
        };
        self.world
            .append(PROVIDER, Some(deed), Some(&record))
            .await?;
        let mut book = self.book();
        if let Some(charge) = book.charge(id) {
            charge.given_back += minor;
        }
        if let Some(serial) = ticket {
            book.close_ticket(serial);
        }
        book.queue.add(pingbacks);
        Ok(())
    }

    /// Captures an authorisation.
    pub(super) async fn capture(
        &self,
        project: &Project,
        id: &str,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        let held = self.charge_of(project, id)?;
        if let Some(code) = meddling.decline(codes::DECLINED) {
            return Err(Refusal::new(&code).into());
        }
        let now_ms = self.world.now_ms();
        if held.state == State::Held && now_ms - held.at * 1000 > HOLD_MS {
            return Err(Refusal::new(codes::HOLD_IS_OVER).into());
        }
        let charge = self.turn(id, State::Captured, codes::NOT_CAPTURABLE)?;
        let pingbacks = self.pingbacks_of(&charge, pingback::PAID, &[]);
        let record = Record::Captured {
            charge: id.to_owned(),
            pingbacks: pingbacks.clone(),
        };
        let deed = charge.approval(now_ms);
        let written = self.world.append(PROVIDER, Some(deed), Some(&record)).await;
        self.turned(id, written)?;
        self.book().queue.add(pingbacks);
        self.shown(id, meddling)
    }

    /// Gives an authorisation up.
    pub(super) async fn void(
        &self,
        project: &Project,
        id: &str,
        meddling: &Meddling,
    ) -> Result<Value, Stop> {
        self.charge_of(project, id)?;
        if let Some(code) = meddling.decline(codes::NOT_VOIDABLE) {
            return Err(Refusal::new(&code).into());
        }
        let charge = self.turn(id, State::Voided, codes::NOT_VOIDABLE)?;
        let pingbacks = self.pingbacks_of(&charge, pingback::VOIDED, &[]);
        let record = Record::Voided {
            charge: id.to_owned(),
            pingbacks: pingbacks.clone(),
        };
        let written = self.world.append(PROVIDER, None, Some(&record)).await;
        self.turned(id, written)?;
        self.book().queue.add(pingbacks);
        self.shown(id, meddling)
    }

    /// Turns an authorisation into something else; `refused` when it is none.
    fn turn(&self, id: &str, into: State, refused: &str) -> Result<Charge, Refusal> {
        let mut book = self.book();
        let found = book.charge(id).filter(|charge| charge.state == State::Held);
        let charge = found.ok_or(Refusal::new(refused))?;
        charge.state = into;
        Ok(charge.clone())
    }

    /// Turns a charge back into an authorisation when its change could not be written down.
    fn turned(&self, id: &str, written: io::Result<()>) -> io::Result<()> {
        if written.is_err()
            && let Some(charge) = self.book().charge(id)
        {
            charge.state = State::Held;
        }
        written
    }
}
