//! Payments as these tests think of them, and how they get into the store.

use dangol_domain::v1::{SortKey, Status};
use dangol_domain::{State, UserCode};
use dangol_store::{Db, Write, values};

pub const HOUR: i64 = 3_600_000;

const INSERT: &str = "INSERT INTO payment (merchant, imp_uid, merchant_uid, customer_uid, channel_key, state, version, \
    revised_by, amount, cancelled, currency, started_at, paid_at, failed_at, cancelled_at, ordered) \
    VALUES ($1, $2, $3, $4, 'key', $5, 1, $6, 3000, 0, 'KRW', $7, $8, $9, $10, $11)";
const MOVE: &str = "UPDATE payment SET state = $1, paid_at = $2, failed_at = $3, cancelled_at = $4 \
    WHERE merchant = $5 AND imp_uid = $6";
const ORDERED: &str =
    r#"{"pay_method":"card","device":"api","usage":"payment","pg_provider":"pg","pg_id":"mid"}"#;

pub fn merchant() -> UserCode {
    UserCode::new(1)
}

/// A row as these tests think of it.
#[derive(Clone, Debug)]
pub struct Line {
    pub n: i64,
    pub state: State,
    pub started: i64,
    pub paid: Option<i64>,
    pub failed: Option<i64>,
    pub cancelled: Option<i64>,
}

impl Line {
    /// A payment that started, and that stands in `state` since `later` ms after that.
    pub fn new(n: i64, state: State, started: i64, later: i64) -> Line {
        let mut line = Line {
            n,
            state,
            started,
            paid: None,
            failed: None,
            cancelled: None,
        };
        line.stand(state, started + later);
        line
    }

    pub fn stand(&mut self, state: State, at: i64) {
        self.state = state;
        match Status::of(state) {
            Status::Ready => {}
            Status::Paid => self.paid = Some(at),
            Status::Failed => self.failed = Some(at),
            Status::Cancelled => {
                self.paid = self.paid.or(Some(at - 1));
                self.cancelled = Some(at);
            }
        }
    }

    pub fn imp_uid(&self) -> String {
        // Their order is not that of the lines.
        format!("imps_{:012}", self.n * 7_919 % 1_000_003)
    }

    pub fn status(&self) -> Status {
        Status::of(self.state)
    }

    /// The time that belongs to the status.
    pub fn at(&self) -> i64 {
        match self.status() {
            Status::Ready => Some(self.started),
            Status::Paid => self.paid,
            Status::Failed => self.failed,
            Status::Cancelled => self.cancelled,
        }
        .expect("it has its time")
    }

    pub fn key(&self, key: SortKey) -> i64 {
        match key {
            SortKey::Started => self.started,
            SortKey::Paid => self.paid.unwrap_or(0),
            SortKey::Updated => self.at(),
        }
    }

    pub async fn insert(&self, db: &Db) {
        self.insert_as(db, &format!("uid-{}", self.n), Some("someone"))
            .await;
    }

    pub async fn insert_as(&self, db: &Db, merchant_uid: &str, customer_uid: Option<&str>) {
        let params = values![
            merchant().as_str(),
            self.imp_uid(),
            merchant_uid,
            customer_uid,
            self.state.code(),
            self.n,
            self.started,
            self.paid,
            self.failed,
            self.cancelled,
            ORDERED
        ];
        let key = u64::try_from(self.n).expect("not negative");
        let written = db.write(Write::new(key).step(INSERT, params)).await;
        written.expect("a payment");
    }

    pub async fn update(&self, db: &Db) {
        let params = values![
            self.state.code(),
            self.paid,
            self.failed,
            self.cancelled,
            merchant().as_str(),
            self.imp_uid()
        ];
        let key = u64::try_from(self.n).expect("not negative");
        let written = db.write(Write::new(key).step(MOVE, params)).await;
        assert_eq!(
            written.expect("a change").affected(0),
            1,
            "triggers do not count"
        );
    }
}

/// Numbers that look drawn and are the same in each run.
pub struct Drawn(pub u64);

impl Drawn {
    pub fn below(&mut self, limit: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from((self.0 >> 33) % u64::try_from(limit).expect("positive")).expect("small")
    }
}

/// Payments over three days, some at the very edge of an hour and many at the same time.
pub fn three_days(drawn: &mut Drawn) -> Vec<Line> {
    (0..160)
        .map(|n| {
            let state = State::ALL[drawn.below(11) as usize];
            let started = match drawn.below(3) {
                0 => drawn.below(72) * HOUR,
                1 => drawn.below(72) * HOUR - 1 + drawn.below(2),
                _ => drawn.below(72 * HOUR),
            };
            let later = match drawn.below(4) {
                0 => 0,
                1 => drawn.below(30 * HOUR),
                _ => drawn.below(5_000),
            };
            Line::new(n, state, started.max(0), later)
        })
        .collect()
}
