//! Comparing what the product says with what the PGs believe.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::Api;

/// A payment as the product shows it.
pub struct Shown {
    /// Its order number at the PG.
    pub imp_uid: String,
    /// `ready`, `paid`, `failed`.
    pub status: String,
    /// In minor units of a currency without decimals.
    pub amount: i64,
}

/// Holds the product's books and the journal against each other: every paid payment has exactly one approval of its
/// amount, every approval's payment is paid or still open, and no failed payment was approved.
///
/// # Panics
/// Naming every disagreement.
pub async fn agree(api: &Api, shown: &[Shown]) {
    let mut approvals: BTreeMap<String, Vec<Option<i64>>> = BTreeMap::new();
    for entry in api.journal().await {
        if entry["kind"] == "approval" {
            let order = entry["order_id"].as_str().unwrap_or_default().to_owned();
            approvals
                .entry(order)
                .or_default()
                .push(entry["amount"].as_i64());
        }
    }
    let mut wrong = Vec::new();
    for payment in shown {
        let approved = approvals.remove(&payment.imp_uid).unwrap_or_default();
        let agrees = match payment.status.as_str() {
            "paid" => approved == [Some(payment.amount)],
            "ready" => approved.len() <= 1,
            _ => approved.is_empty(),
        };
        if !agrees {
            wrong.push(format!(
                "{} is {} of {}, and the PG approved {approved:?}",
                payment.imp_uid, payment.status, payment.amount
            ));
        }
    }
    wrong.extend(
        approvals
            .keys()
            .map(|order| format!("the PG approved {order}, which nobody knows")),
    );
    assert!(
        wrong.is_empty(),
        "the books disagree:\n{}",
        wrong.join("\n")
    );
}

/// A payment of an answer.
pub fn shown(payment: &Value) -> Shown {
    let text = |name: &str| payment[name].as_str().unwrap_or_default().to_owned();
    Shown {
        imp_uid: text("imp_uid"),
        status: text("status"),
        amount: payment["amount"].as_i64().unwrap_or_default(),
    }
}
