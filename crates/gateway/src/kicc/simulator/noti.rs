//! KICC's notices ("noti"): an approval is told to the merchant's server, again every three minutes until it says that it
//! heard, ten times at most. They carry no signature. A restart forgets what was not heard by then.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::PROVIDER;
use super::book::Approval;
use crate::sandbox::control::Fault;
use crate::sandbox::{World, korea};
use crate::wire::Request;

/// Between two tries, ms.
const PAUSE_MS: i64 = 3 * 60 * 1000;
/// How often a notice is sent at most.
const TRIES_MAX: u32 = 10;
/// How late a late notice is, ms.
const LATE_MS: i64 = 30 * 60 * 1000;

/// The merchants' addresses and what is still to be sent.
#[derive(Default)]
pub struct Notis(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    urls: HashMap<String, String>,
    waiting: Vec<Noti>,
}

struct Noti {
    due_ms: i64,
    tries: u32,
    url: String,
    body: String,
}

impl Notis {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a merchant wants its notices.
    pub fn send_to(&self, mall_id: &str, url: &str) {
        self.lock().urls.insert(mall_id.to_owned(), url.to_owned());
    }

    /// Queues the notice of an approval, due at once, for a merchant that wants notices.
    pub fn queue(&self, world: &World, pg_cno: &str, approval: &Approval) {
        let Some(url) = self.lock().urls.get(&approval.mall_id).cloned() else {
            return;
        };
        let fault = world.notice_fault(PROVIDER, &approval.order_id);
        let (delay_ms, copies) = match fault {
            Some(Fault::NoNotice) => return,
            Some(Fault::LateNotice) => (LATE_MS, 1),
            Some(Fault::DuplicateNotice) => (0, 2),
            _ => (0, 1),
        };
        let body = told(pg_cno, approval).to_string();
        let noti = |_| Noti {
            due_ms: world.now_ms() + delay_ms,
            tries: 0,
            url: url.clone(),
            body: body.clone(),
        };
        self.lock().waiting.extend((0..copies).map(noti));
    }

    /// When the next one is due, ms.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.lock().waiting.iter().map(|noti| noti.due_ms).min()
    }

    /// Sends what is due; how many.
    pub async fn send_due(&self, world: &World, now_ms: i64) -> usize {
        let due: Vec<Noti> = {
            let mut queue = self.lock();
            let is_due = |noti: &mut Noti| noti.due_ms <= now_ms;
            queue.waiting.extract_if(.., is_due).collect()
        };
        let count = due.len();
        for mut noti in due {
            let body = noti.body.clone().into_bytes();
            let request = Request::post(noti.url.clone(), "application/json;charset=utf-8", body);
            let heard = match world.notify(request).await {
                Ok(answer) => answer.status == 200 && says_ok(&answer.body),
                Err(_) => false,
            };
            noti.tries += 1;
            noti.due_ms = now_ms + PAUSE_MS;
            if !heard && noti.tries < TRIES_MAX {
                self.lock().waiting.push(noti);
            }
        }
        count
    }
}

fn says_ok(body: &[u8]) -> bool {
    let answer: Result<Value, _> = serde_json::from_slice(body);
    answer.is_ok_and(|answer| answer["resCd"] == "0000")
}

/// What KICC tells of an approval.
fn told(pg_cno: &str, approval: &Approval) -> Value {
    json!({
        "resCd": "0000",
        "resMsg": "정상",
        "mallId": approval.mall_id,
        "notiType": "10",
        "pgCno": pg_cno,
        "shopOrderNo": approval.order_id,
        "amount": approval.amount.to_string(),
        "approvalNo": format!("{:08}", approval.app_no),
        "transactionDate": korea::stamp(approval.at * 1000),
        "cardNo": approval.card.masked(),
        "installmentMonth": format!("{:02}", approval.months),
        "statusCode": "TS03",
        "statusMessage": "매입요청",
        "payMethodTypeCode": "11",
    })
}
