//! Faults on demand: plans that tell a simulator to misbehave.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// How many plans are kept; used-up ones go first.
const PLANS_MAX: usize = 1000;

macro_rules! words {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$of])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// The word in the control's JSON.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            fn parse(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// What a merchant asks a PG for.
    Operation {
        /// To open its window.
        OpenWindow = "open_window",
        /// To issue a billing key.
        IssueKey = "issue_key",
        /// To charge one.
        Charge = "charge",
        /// To say how a charge ended.
        Inquire = "inquire",
        /// To cancel an approval.
        Cancel = "cancel",
        /// To delete a billing key.
        Revoke = "revoke",
        /// To acknowledge a notice: the one direction in which the PG asks.
        Notice = "notice",
    }
}

words! {
    /// What goes wrong.
    Fault {
        /// Nothing but time: `delay_ms` before the request is read.
        Delay = "delay",
        /// The connection closes and nothing was done.
        DropRequest = "drop_request",
        /// Done, then the connection closes without a byte.
        DropAnswer = "drop_answer",
        /// HTTP 500 and nothing was done.
        Http500 = "http_500",
        /// Done, and the answer is unreadable.
        Garbage = "garbage",
        /// Done as asked, and the answer names another amount.
        WrongAmount = "wrong_amount",
        /// Done, and the answer's signature is wrong.
        BadSignature = "bad_signature",
        /// Refused with `code`, else with a usual code of that PG.
        Decline = "decline",
        /// A notice comes twice.
        DuplicateNotice = "duplicate_notice",
        /// A notice comes late.
        LateNotice = "late_notice",
        /// A notice never comes.
        NoNotice = "no_notice",
        /// Done, and the answer says the PG's own time-out code (`code`, else a usual one).
        SaysTimeout = "says_timeout",
        /// Done, and the answer is 10 MB long.
        Huge = "huge",
        /// Done, and the answer comes byte by byte, `delay_ms` (else 200 ms) apart.
        Drip = "drip",
    }
}

/// What a simulator can be told to do: faults by operation.
pub type Faults = &'static [(Operation, &'static [Fault])];

/// A plan as it is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The provider.
    pub pg: String,
    /// An [`Operation`]'s word.
    pub operation: String,
    /// A [`Fault`]'s word.
    pub fault: String,
    /// How many requests it hits.
    #[serde(default = "once")]
    pub times: u32,
    /// Real milliseconds before the request is looked at; between bytes for `drip`.
    #[serde(default)]
    pub delay_ms: u64,
    /// The PG's code to answer with.
    #[serde(default)]
    pub code: Option<String>,
    /// Which requests it hits.
    #[serde(default, rename = "match")]
    pub only: Only,
}

fn once() -> u32 {
    1
}

/// Which requests a plan hits: those that agree with everything said here.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Only {
    /// The order number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// The amount in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

/// A plan.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Its number, from 1.
    pub id: u64,
    /// The provider.
    pub pg: &'static str,
    /// The operation.
    pub operation: Operation,
    /// The fault.
    pub fault: Fault,
    /// How many requests it still hits.
    pub left: u32,
    /// Real milliseconds.
    pub delay_ms: u64,
    /// The PG's code to answer with.
    pub code: Option<String>,
    /// Which requests it hits.
    #[serde(rename = "match")]
    pub only: Only,
}

/// The answer to a plan that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Planned {
    /// Its number.
    pub id: u64,
    /// How many requests it still hits.
    pub left: u32,
}

/// A plan that cannot be; the text lists what can.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(String);

/// The plans.
#[derive(Default)]
pub struct Control(Mutex<Plans>);

#[derive(Default)]
struct Plans {
    known: BTreeMap<&'static str, Faults>,
    last_id: u64,
    plans: Vec<Plan>,
}

impl Control {
    /// A simulator says what it can be told to do.
    pub fn declare(&self, pg: &'static str, faults: Faults) {
        self.lock().known.insert(pg, faults);
    }

    /// Adds a plan behind those there are.
    ///
    /// # Errors
    /// When this PG's protocol cannot show it, with what it can show.
    pub fn plan(&self, request: PlanRequest) -> Result<Planned, PlanError> {
        let mut plans = self.lock();
        let (pg, operation, fault) = plans.read(&request)?;
        if plans.plans.len() >= PLANS_MAX {
            plans.plans.retain(|plan| plan.left > 0);
        }
        if plans.plans.len() >= PLANS_MAX {
            return Err(PlanError(format!(
                "there are {PLANS_MAX} plans waiting already; delete some"
            )));
        }
        plans.last_id += 1;
        let planned = Planned {
            id: plans.last_id,
            left: request.times,
        };
        let PlanRequest {
            delay_ms,
            code,
            only,
            ..
        } = request;
        plans.plans.push(Plan {
            id: planned.id,
            pg,
            operation,
            fault,
            left: planned.left,
            delay_ms,
            code,
            only,
        });
        Ok(planned)
    }

    /// All plans in order, used-up ones (`left` 0) included.
    pub fn list(&self) -> Vec<Plan> {
        self.lock().plans.clone()
    }

    /// Deletes one plan; whether there was one.
    pub fn remove(&self, id: u64) -> bool {
        let mut plans = self.lock();
        let before = plans.plans.len();
        plans.plans.retain(|plan| plan.id != id);
        plans.plans.len() < before
    }

    /// Deletes all plans.
    pub fn clear(&self) {
        self.lock().plans.clear();
    }

    /// The first plan that hits a request and whose fault is among `able`, counted down.
    pub(super) fn take(
        &self,
        pg: &str,
        operation: Operation,
        order_id: Option<&str>,
        amount: Option<i64>,
        able: impl Fn(Fault) -> bool,
    ) -> Option<Plan> {
        let mut plans = self.lock();
        let hit = plans.plans.iter_mut().find(|plan| {
            plan.left > 0
                && plan.pg == pg
                && plan.operation == operation
                && plan
                    .only
                    .order_id
                    .as_deref()
                    .is_none_or(|wanted| order_id == Some(wanted))
                && plan.only.amount.is_none_or(|wanted| amount == Some(wanted))
                && able(plan.fault)
        })?;
        hit.left -= 1;
        Some(hit.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Plans> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plans {
    fn read(&self, request: &PlanRequest) -> Result<(&'static str, Operation, Fault), PlanError> {
        let Some((pg, faults)) = self.known.get_key_value(request.pg.as_str()) else {
            let known: Vec<_> = self.known.keys().copied().collect();
            return Err(PlanError(format!(
                "pg must be one of: {}",
                known.join(", ")
            )));
        };
        if request.times == 0 {
            return Err(PlanError("times must be at least 1".to_owned()));
        }
        let pair = Operation::parse(&request.operation).zip(Fault::parse(&request.fault));
        let can = |(operation, fault)| {
            faults
                .iter()
                .any(|(at, able)| *at == operation && able.contains(&fault))
        };
        match pair.filter(|pair| can(*pair)) {
            Some((operation, fault)) => Ok((pg, operation, fault)),
            None => {
                let asked = format!("{} at {}", request.fault, request.operation);
                Err(PlanError(format!(
                    "{pg} cannot show {asked}; it can show {}",
                    list(faults)
                )))
            }
        }
    }
}

fn list(faults: Faults) -> String {
    let mut text = String::new();
    for (operation, faults) in faults {
        let words: Vec<_> = faults.iter().map(|fault| fault.word()).collect();
        let gap = if text.is_empty() { "" } else { "; " };
        write!(text, "{gap}at {}: {}", operation.word(), words.join(", "))
            .expect("a String takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control() -> Control {
        let control = Control::default();
        control.declare(
            "acme",
            &[(Operation::Charge, &[Fault::Decline, Fault::Http500])],
        );
        control
    }

    fn request(json: serde_json::Value) -> PlanRequest {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_first_matching_plan_wins_and_counts_down() {
        let control = control();
        let plan = |json| control.plan(request(json)).unwrap();
        plan(
            serde_json::json!({"pg":"acme","operation":"charge","fault":"decline","match":{"amount":7}}),
        );
        let all = plan(
            serde_json::json!({"pg":"acme","operation":"charge","fault":"http_500","times":2}),
        );
        assert_eq!(all, Planned { id: 2, left: 2 });
        let take = |amount| {
            let plan = control.take("acme", Operation::Charge, Some("o"), amount, |_| true);
            plan.map(|plan| (plan.fault, plan.left))
        };
        assert_eq!(
            control
                .take("acme", Operation::Cancel, Some("o"), Some(7), |_| true)
                .map(|plan| plan.id),
            None
        );
        assert_eq!(take(Some(8)), Some((Fault::Http500, 1)));
        assert_eq!(take(Some(7)), Some((Fault::Decline, 0)));
        assert_eq!(take(Some(7)), Some((Fault::Http500, 0)));
        assert_eq!(take(Some(7)), None);
        assert!(control.remove(1) && !control.remove(1));
        assert_eq!(
            serde_json::to_value(control.list()).unwrap()[0]["match"],
            serde_json::json!({})
        );
    }

    #[test]
    fn what_a_pg_cannot_show_is_refused_with_what_it_can() {
        let refused = |json| control().plan(request(json)).unwrap_err().to_string();
        let text =
            refused(serde_json::json!({"pg":"acme","operation":"charge","fault":"bad_signature"}));
        assert_eq!(
            text,
            "acme cannot show bad_signature at charge; it can show at charge: decline, http_500"
        );
        let text =
            refused(serde_json::json!({"pg":"other","operation":"charge","fault":"decline"}));
        assert_eq!(text, "pg must be one of: acme");
        let text = refused(
            serde_json::json!({"pg":"acme","operation":"charge","fault":"decline","times":0}),
        );
        assert_eq!(text, "times must be at least 1");
    }
}
