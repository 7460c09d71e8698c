//! The calls that are signed with the secret key, or bring it: tickets, which ask for refunds, questions about payments,
//! and how deliveries stand. Beside them what no merchant can ask for: the deletion of a token.

use std::io;

use serde_json::{Value, json};

use super::book::{Project, Record, Ticket};
use super::codes::{self, Refusal};
use super::fields::{Fields, minor};
use super::payment::{Charge, State};
use super::{PROVIDER, Paymentwall, Stop, answers};
use crate::sandbox::Meddling;
use crate::sandbox::journal::{Deed, Kind};

/// How long a ticket lies before it is worked off, ms.
const TICKET_MS: i64 = 1000;
/// The code of a delivery that cannot be noted. Its HTTP status is not documented; here it is 200.
const WRONG_DELIVERY: u8 = 2;
/// Fields of a delivery that must be there.
const OF_DELIVERY: [&str; 6] = [
    "merchant_reference_id",
    "status",
    "estimated_delivery_datetime",
    "estimated_update_datetime",
    "refundable",
    "details",
];
/// Fields of the delivery of something physical that must be there.
const OF_ADDRESS: [&str; 7] = [
    "shipping_address[email]",
    "shipping_address[country]",
    "shipping_address[city]",
    "shipping_address[zip]",
    "shipping_address[street]",
    "shipping_address[firstname]",
    "shipping_address[lastname]",
];

/// What a ticket asks for.
#[derive(PartialEq, Eq, Debug)]
enum Ask<'a> {
    /// Everything back.
    Full,
    /// A part: the amount as written, and the merchant's number.
    Part { amount: &'a str, number: &'a str },
    /// A word to the support.
    Word,
}

fn read(fields: &Fields) -> Result<Ask<'_>, String> {
    match fields.text("type") {
        "1" => Ok(Ask::Full),
        "2" => Err("There is no active subscription".to_owned()),
        "3" => match fields.text("message") {
            "" => Err("Message is required".to_owned()),
            _ => Ok(Ask::Word),
        },
        "5" => match (fields.text("amount"), fields.text("merchant_refund_id")) {
            ("", _) => Err("Amount is required".to_owned()),
            (_, "") => Err("Merchant refund id is required".to_owned()),
            (amount, number) => Ok(Ask::Part { amount, number }),
        },
        "" => Err("Type is required".to_owned()),
        _ => Err("Type is wrong".to_owned()),
    }
}

/// How much a ticket takes.
fn decide(ask: &Ask<'_>, charge: &Charge) -> Result<i64, String> {
    let left = charge.refundable().map_err(|refusal| refusal.message())?;
    match ask {
        Ask::Part { amount, .. } => match minor(amount, charge.amount.currency) {
            None => Err("Amount is wrong".to_owned()),
            Some(part) if part > left => Err("Amount exceeds what can be refunded".to_owned()),
            Some(part) => Ok(part),
        },
        _ => Ok(left),
    }
}

impl Paymentwall {
    /// Takes a ticket. It is only opened here: what it asks for happens later.
    pub(super) async fn ticket(&self, fields: &Fields, meddling: &Meddling) -> io::Result<Value> {
        let ticket = match self.open_ticket(fields, meddling) {
            Ok(ticket) => ticket,
            Err(text) => return Ok(answers::no_ticket(&text)),
        };
        if let Some(ticket) = ticket {
            let record = Record::Ticket(ticket.clone());
            if let Err(error) = self.world.append(PROVIDER, None, Some(&record)).await {
                if let Some(charge) = self.book().charge(&ticket.charge) {
                    charge.promised -= ticket.minor;
                }
                return Err(error);
            }
            self.book().add_ticket(ticket);
        }
        Ok(json!({ "result": 1 }))
    }

    /// Decides a ticket and promises what it takes; `None` when nothing is to be done. A refusal is a text for the merchant.
    fn open_ticket(&self, fields: &Fields, meddling: &Meddling) -> Result<Option<Ticket>, String> {
        let project = self
            .signed_by(fields)
            .map_err(|refusal| refusal.message())?;
        let reference = self.reference(&project, fields)?;
        let ask = read(fields)?;
        if let Some(code) = meddling.decline(codes::NOT_REFUNDABLE) {
            return Err(codes::message(&code).to_owned());
        }
        let mut book = self.book();
        let serial = book.queue.new_serial();
        let found = book.charge_of(&project.key, &reference);
        let charge = found.ok_or("There is no such payment")?;
        let uid = fields.text("uid");
        if !uid.is_empty() && uid != charge.uid {
            return Err("There is no such payment".to_owned());
        }
        if ask == Ask::Word {
            return Ok(None);
        }
        let minor = decide(&ask, charge)?;
        charge.promised += minor;
        let partial = match ask {
            Ask::Part { number, .. } => Some(number.to_owned()),
            _ => None,
        };
        Ok(Some(Ticket {
            serial,
            charge: charge.id.clone(),
            minor,
            partial,
            due_ms: self.world.now_ms() + TICKET_MS,
        }))
    }

    /// Which payment a ticket is about: the one it names, else its user's newest.
    fn reference(&self, project: &Project, fields: &Fields) -> Result<String, String> {
        match (fields.text("ref"), fields.text("uid")) {
            ("", "") => Err("Either ref or uid is required".to_owned()),
            ("", uid) => match self.book().newest_of(&project.key, uid) {
                Some(charge) => Ok(charge.id.clone()),
                None => Err("There is no such payment".to_owned()),
            },
            (reference, _) => Ok(reference.to_owned()),
        }
    }

    /// Says how a payment stands, by its reference or by the merchant's user and order number. A mere authorisation is no
    /// payment yet.
    pub(super) fn status(&self, fields: &Fields, meddling: &Meddling) -> Result<Value, Stop> {
        let project = self.signed_by(fields)?;
        if let Some(code) = meddling.decline(codes::NO_PERMISSION) {
            return Err(Refusal::new(&code).into());
        }
        let missing = Refusal::new(codes::NO_CHARGE);
        let mut book = self.book();
        let charge = match fields.text("ref") {
            "" => {
                let uid = fields.required("uid")?;
                let plan = fields.required("ag_external_id")?;
                let ids = book.charges_of(&project.key, plan).to_vec();
                let of_user =
                    |id: &String| book.charge(id).filter(|charge| charge.uid == uid).cloned();
                ids.iter().rev().find_map(of_user)
            }
            reference => book.charge_of(&project.key, reference).cloned(),
        };
        let is_payment = |charge: &Charge| !matches!(charge.state, State::Held | State::Voided);
        let charge = charge.filter(is_payment).ok_or(missing)?;
        let told = meddling.told_amount(charge.amount.minor);
        Ok(answers::payment(&charge, told))
    }

    /// Notes how a delivery stands. What is wrong with one is told by its documented error.
    pub(super) async fn delivery(&self, project: &Project, fields: &Fields) -> Result<Value, Stop> {
        match self.note_delivery(project, fields).await {
            Err(Stop::Refused(refusal)) => Ok(json!({
                "error_code": WRONG_DELIVERY,
                "error": "Wrong parameters passed",
                "notices": [refusal.message()],
            })),
            other => other,
        }
    }

    async fn note_delivery(&self, project: &Project, fields: &Fields) -> Result<Value, Stop> {
        let reference = fields.required("payment_id")?;
        for name in OF_DELIVERY {
            fields.required(name)?;
        }
        match fields.required("type")? {
            "digital" => {}
            "physical" => {
                for name in OF_ADDRESS {
                    fields.required(name)?;
                }
            }
            _ => return Err(Refusal::of(codes::MISSING, "type").into()),
        }
        for name in ["estimated_delivery_datetime", "estimated_update_datetime"] {
            if !is_time(fields.text(name)) {
                return Err(Refusal::of(codes::MISSING, name).into());
            }
        }
        let charge = self.book().charge_of(&project.key, reference).cloned();
        let charge = charge.ok_or(Refusal::new(codes::NO_CHARGE))?;
        let record = Record::Delivery {
            charge: charge.id,
            reference: fields.text("merchant_reference_id").to_owned(),
            status: fields.text("status").to_owned(),
        };
        self.world.append(PROVIDER, None, Some(&record)).await?;
        Ok(json!({ "success": 1 }))
    }

    /// Deletes a permanent token, as happens at Paymentwall without the merchant's doing.
    pub(super) async fn delete_token(
        &self,
        project: &Project,
        fields: &Fields,
    ) -> Result<Value, Stop> {
        let token = fields.required("token")?;
        let plan = {
            let mut book = self.book();
            let card = book.card(token).filter(|card| card.project == project.key);
            let card = card.ok_or(Refusal::new(codes::NO_TOKEN))?;
            if std::mem::replace(&mut card.deleted, true) {
                return Err(Refusal::new(codes::DELETED_TOKEN).into());
            }
            card.plan.clone()
        };
        let deed = Deed {
            key: Some(token.to_owned()),
            ..Deed::new(Kind::KeyRevoked, &plan, self.world.now_ms())
        };
        let record = Record::CardDeleted;
        if let Err(error) = self.world.append(PROVIDER, Some(deed), Some(&record)).await {
            if let Some(card) = self.book().card(token) {
                card.deleted = false;
            }
            return Err(error.into());
        }
        Ok(json!({ "success": 1 }))
    }
}

/// A time as deliveries write it: `2017/01/15 15:04:55 +0500`.
fn is_time(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000/00/00 00:00:00 +0000";
    let fits = |(shape, c): (&u8, u8)| match shape {
        b'0' => c.is_ascii_digit(),
        b'+' => matches!(c, b'+' | b'-'),
        other => c == *other,
    };
    text.len() == SHAPE.len() && SHAPE.iter().zip(text.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_shape() {
        assert!(is_time("2017/01/15 15:04:55 +0500") && is_time("2017/01/15 15:04:55 -0500"));
        for text in [
            "2017-01-15 15:04:55 +0500",
            "2017/01/15 15:04:55",
            "2017/01/15T15:04:55 +0500",
            "",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}
