//! Lists of payments in pages, and how many they have.
//!
//! A page is found in an index alone, and only the payments that are on it are read from the table. Which index, each
//! statement says by repeating its condition (`started_at >= 0` or `shown_at >= 0`); see migration 0002.
//!
//! Totals come from the counters of whole hours and from the index for the two broken hours at the ends of a window.
//! Both are one statement, so that they see one state of the database.

use dangol_domain::v1::{SortKey, Sorting, Status};
use dangol_domain::{Payment, UserCode};

use crate::{Db, Row, StoreError, Value, payments, values};

/// Milliseconds of an hour, by which payments are counted.
const HOUR_MS: i64 = 3_600_000;

/// A payment's status changes no earlier than it starts, but for clocks of several nodes that disagree: by this much at
/// most, ms.
const CLOCK_SLACK_MS: i64 = 600_000;

/// A walk may always go past so many index entries.
const WALK_MIN: i64 = 1_000;

/// To sort an index entry costs as much as to walk past so many (measured on both engines).
const SORTING_COST: i64 = 4;

/// The payments of one page: `$inner` names them and their order (`k`, then `started_at`, then `imp_uid`).
macro_rules! page {
    ($direction:literal $inner:literal) => {
        concat![
            "SELECT p.merchant, p.imp_uid, p.merchant_uid, p.customer_uid, p.channel_key, p.state, p.version, p.amount, \
             p.cancelled, p.currency, p.started_at, p.paid_at, p.failed_at, p.cancelled_at, p.ordered, p.receipt, p.failure, p.cancels \
             FROM (",
            $inner,
            ") AS page JOIN payment AS p ON p.merchant = page.merchant AND p.imp_uid = page.imp_uid ORDER BY page.k ",
            $direction,
            ", page.started_at ",
            $direction,
            ", page.imp_uid ",
            $direction
        ]
    };
}

crate::statements! {
    COUNT_ALL = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM (\
        SELECT SUM(n) AS n FROM payment_count WHERE merchant = $1 AND shown = 0 AND hour >= $2 AND hour < $3 UNION ALL \
        SELECT COUNT(*) FROM payment WHERE merchant = $1 AND started_at >= $4 AND started_at < $5 AND started_at >= 0 UNION ALL \
        SELECT COUNT(*) FROM payment WHERE merchant = $1 AND started_at >= $6 AND started_at < $7 AND started_at >= 0) AS part";
    COUNT_SHOWN = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM (\
        SELECT SUM(n) AS n FROM payment_count WHERE merchant = $1 AND shown = $2 AND hour >= $3 AND hour < $4 UNION ALL \
        SELECT COUNT(*) FROM payment WHERE merchant = $1 AND shown = $2 AND shown_at >= $5 AND shown_at < $6 AND shown_at >= 0 UNION ALL \
        SELECT COUNT(*) FROM payment WHERE merchant = $1 AND shown = $2 AND shown_at >= $7 AND shown_at < $8 AND shown_at >= 0) AS part";
    /// All, in the order of their start: a walk along the index.
    ALL_STARTED_DESC = page!("DESC" "SELECT merchant, imp_uid, started_at AS k, started_at FROM payment \
        WHERE merchant = $1 AND started_at >= $2 AND started_at < $3 AND started_at >= 0 \
        ORDER BY started_at DESC, imp_uid DESC LIMIT $4 OFFSET $5");
    ALL_STARTED_ASC = page!("ASC" "SELECT merchant, imp_uid, started_at AS k, started_at FROM payment \
        WHERE merchant = $1 AND started_at >= $2 AND started_at < $3 AND started_at >= 0 \
        ORDER BY started_at, imp_uid LIMIT $4 OFFSET $5");
    /// All, by another time: the window is sorted, in the index alone.
    /// Latest start first already: what is nearly in order is sorted faster.
    ALL_SORTED_DESC = page!("DESC" "SELECT merchant, imp_uid, CASE CAST($1 AS BIGINT) WHEN 1 THEN shown_at \
        ELSE COALESCE(paid_at, 0) END AS k, started_at FROM (SELECT merchant, imp_uid, started_at, shown_at, paid_at FROM payment \
        WHERE merchant = $2 AND started_at >= $3 AND started_at < $4 AND started_at >= 0 \
        ORDER BY started_at DESC, imp_uid DESC LIMIT 9223372036854775807) AS part \
        ORDER BY k DESC, started_at DESC, imp_uid DESC LIMIT $5 OFFSET $6");
    ALL_SORTED_ASC = page!("ASC" "SELECT merchant, imp_uid, CASE CAST($1 AS BIGINT) WHEN 1 THEN shown_at \
        ELSE COALESCE(paid_at, 0) END AS k, started_at FROM payment \
        WHERE merchant = $2 AND started_at >= $3 AND started_at < $4 AND started_at >= 0 \
        ORDER BY k, started_at, imp_uid LIMIT $5 OFFSET $6");
    /// Those shown with a status, in the order of the time that belongs to it: a walk along the index.
    SHOWN_DESC = page!("DESC" "SELECT merchant, imp_uid, shown_at AS k, started_at FROM payment \
        WHERE merchant = $1 AND shown = $2 AND shown_at >= $3 AND shown_at < $4 AND shown_at >= 0 \
        ORDER BY shown_at DESC, started_at DESC, imp_uid DESC LIMIT $5 OFFSET $6");
    SHOWN_ASC = page!("ASC" "SELECT merchant, imp_uid, shown_at AS k, started_at FROM payment \
        WHERE merchant = $1 AND shown = $2 AND shown_at >= $3 AND shown_at < $4 AND shown_at >= 0 \
        ORDER BY shown_at, started_at, imp_uid LIMIT $5 OFFSET $6");
    /// The same, by another time: the window is sorted, in the index alone.
    SHOWN_SORTED_DESC = page!("DESC" "SELECT merchant, imp_uid, CASE CAST($1 AS BIGINT) WHEN 0 THEN started_at \
        ELSE COALESCE(paid_at, 0) END AS k, started_at FROM (SELECT merchant, imp_uid, started_at, paid_at FROM payment \
        WHERE merchant = $2 AND shown = $3 AND shown_at >= $4 AND shown_at < $5 AND shown_at >= 0 \
        ORDER BY shown_at DESC, started_at DESC, imp_uid DESC LIMIT 9223372036854775807) AS part \
        ORDER BY k DESC, started_at DESC, imp_uid DESC LIMIT $6 OFFSET $7");
    SHOWN_SORTED_ASC = page!("ASC" "SELECT merchant, imp_uid, CASE CAST($1 AS BIGINT) WHEN 0 THEN started_at \
        ELSE COALESCE(paid_at, 0) END AS k, started_at FROM payment \
        WHERE merchant = $2 AND shown = $3 AND shown_at >= $4 AND shown_at < $5 AND shown_at >= 0 \
        ORDER BY k, started_at, imp_uid LIMIT $6 OFFSET $7");
    /// Those shown with a status, latest start first: a walk along all payments that stops after so many of them.
    SHOWN_WALK = page!("DESC" "SELECT merchant, imp_uid, started_at AS k, started_at FROM (\
        SELECT merchant, imp_uid, started_at, shown, shown_at FROM payment \
        WHERE merchant = $1 AND started_at < $2 AND started_at >= 0 ORDER BY started_at DESC, imp_uid DESC LIMIT $3) AS walk \
        WHERE shown = $4 AND shown_at >= $5 AND shown_at < $6 ORDER BY started_at DESC, imp_uid DESC LIMIT $7 OFFSET $8");
    COUNT_UID = "SELECT COUNT(*), CAST(COALESCE(SUM(hit), 0) AS BIGINT) FROM (\
        SELECT CASE WHEN CAST($1 AS BIGINT) IN (0, shown) THEN 1 ELSE 0 END AS hit FROM payment \
        WHERE merchant = $2 AND merchant_uid = $3 AND state >= 10 UNION ALL \
        SELECT CASE WHEN CAST($1 AS BIGINT) IN (0, shown) THEN 1 ELSE 0 END FROM payment \
        WHERE merchant = $2 AND merchant_uid = $3 AND state < 10) AS part";
    UID_DESC = page!("DESC" "SELECT merchant, imp_uid, CASE CAST($1 AS BIGINT) WHEN 0 THEN started_at WHEN 1 THEN shown_at \
        ELSE COALESCE(paid_at, 0) END AS k, started_at FROM (\
        SELECT merchant, imp_uid, started_at, shown, shown_at, paid_at FROM payment \
        WHERE merchant = $2 AND merchant_uid = $3 AND state >= 10 UNION ALL \
        SELECT merchant, imp_uid, started_at, shown, shown_at, paid_at FROM payment \
        WHERE merchant = $2 AND merchant_uid = $3 AND state < 10) AS part \
        WHERE CAST($4 AS BIGINT) IN (0, shown) ORDER BY k DESC, started_at DESC, imp_uid DESC LIMIT $5 OFFSET $6");
    UID_ASC = page!("ASC" "SELECT merchant, imp_uid, CASE CAST($1 AS BIGINT) WHEN 0 THEN started_at WHEN 1 THEN shown_at \
        ELSE COALESCE(paid_at, 0) END AS k, started_at FROM (\
        SELECT merchant, imp_uid, started_at, shown, shown_at, paid_at FROM payment \
        WHERE merchant = $2 AND merchant_uid = $3 AND state >= 10 UNION ALL \
        SELECT merchant, imp_uid, started_at, shown, shown_at, paid_at FROM payment \
        WHERE merchant = $2 AND merchant_uid = $3 AND state < 10) AS part \
        WHERE CAST($4 AS BIGINT) IN (0, shown) ORDER BY k, started_at, imp_uid LIMIT $5 OFFSET $6");
    /// Windows that nobody finished (states 1 and 2) were not made with a key.
    COUNT_CUSTOMER = "SELECT COUNT(*) FROM payment WHERE merchant = $1 AND customer_uid = $2 AND state >= 3";
    CUSTOMER_DESC = page!("DESC" "SELECT merchant, imp_uid, started_at AS k, started_at FROM payment \
        WHERE merchant = $1 AND customer_uid = $2 AND state >= 3 ORDER BY started_at DESC, imp_uid DESC LIMIT $3 OFFSET $4");
}

/// From when until before when, ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// The first millisecond.
    pub from: i64,
    /// The first one that is no longer in it.
    pub until: i64,
}

/// What of a list is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slice {
    /// How many.
    pub limit: i64,
    /// After how many.
    pub offset: i64,
}

/// A status list: of one status, or of all (`None`), within a window of the time that belongs to the status. For all
/// that is their start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct List<'a> {
    /// Whose.
    pub merchant: &'a UserCode,
    /// Which status; `None`: all.
    pub status: Option<Status>,
    /// When.
    pub window: Window,
}

impl List<'_> {
    /// How many it has, exactly.
    pub async fn count(&self, db: &Db) -> Result<i64, StoreError> {
        let merchant = self.merchant.as_str();
        // What is ready is not counted by hours.
        let by_hours = self.status != Some(Status::Ready);
        let Window { from, until } = self.window;
        let (first, last) = match ((from + HOUR_MS - 1) / HOUR_MS, until / HOUR_MS) {
            (first, last) if by_hours && first < last => (first, last),
            // No whole hour: all of it is the first broken one.
            _ => (until / HOUR_MS, until / HOUR_MS),
        };
        let broken = match first < last {
            true => [from, first * HOUR_MS, last * HOUR_MS, until],
            false => [from, until, until, until],
        };
        let mut params = values![merchant];
        let sql = match self.status {
            None => COUNT_ALL,
            Some(status) => {
                params.push(status.code().into());
                COUNT_SHOWN
            }
        };
        params.extend(values![first, last]);
        params.extend(broken.map(Value::from));
        number(&db.read(sql, params).await?, 0)
    }

    /// A slice of it, sorted. `total` is what [`List::count`] told.
    pub async fn slice(
        &self,
        db: &Db,
        sorting: Sorting,
        slice: Slice,
        total: i64,
    ) -> Result<Vec<Payment>, StoreError> {
        let Some(status) = self.status else {
            return self.slice_of_all(db, sorting, slice).await;
        };
        match sorting.key {
            key if is_own_time(status, key) => {
                let sql = [SHOWN_ASC, SHOWN_DESC][usize::from(sorting.descending)];
                self.read(db, sql, values![], &[status.code()], slice).await
            }
            SortKey::Started if sorting.descending => {
                match self.walk(db, status, slice, total).await? {
                    Some(found) => Ok(found),
                    None => self.slice_sorted(db, status, sorting, slice).await,
                }
            }
            _ => self.slice_sorted(db, status, sorting, slice).await,
        }
    }

    async fn slice_of_all(
        &self,
        db: &Db,
        sorting: Sorting,
        slice: Slice,
    ) -> Result<Vec<Payment>, StoreError> {
        let direction = usize::from(sorting.descending);
        if sorting.key == SortKey::Started {
            let sql = [ALL_STARTED_ASC, ALL_STARTED_DESC][direction];
            return self.read(db, sql, values![], &[], slice).await;
        }
        let sql = [ALL_SORTED_ASC, ALL_SORTED_DESC][direction];
        self.read(db, sql, values![key_code(sorting.key)], &[], slice)
            .await
    }

    async fn slice_sorted(
        &self,
        db: &Db,
        status: Status,
        sorting: Sorting,
        slice: Slice,
    ) -> Result<Vec<Payment>, StoreError> {
        // Nothing that is ready or failed was ever paid: all are equal by that time, and their start decides.
        let key = match (sorting.key, status) {
            (SortKey::Paid, Status::Ready | Status::Failed) => SortKey::Started,
            (key, _) => key,
        };
        let sql = [SHOWN_SORTED_ASC, SHOWN_SORTED_DESC][usize::from(sorting.descending)];
        self.read(db, sql, values![key_code(key)], &[status.code()], slice)
            .await
    }

    /// Walks along all payments, latest start first, where that is cheaper than sorting the window. `None` when it is not,
    /// or when the payments lie otherwise than expected.
    async fn walk(
        &self,
        db: &Db,
        status: Status,
        slice: Slice,
        total: i64,
    ) -> Result<Option<Vec<Payment>>, StoreError> {
        let here = slice.limit.min(total - slice.offset);
        if here <= 0 {
            return Ok(None);
        }
        let all = List {
            status: None,
            ..*self
        };
        // As far as all payments lie among those of this status evenly.
        let met = (slice.offset + here).saturating_mul(all.count(db).await?) / total;
        if met > total.saturating_mul(SORTING_COST) {
            return Ok(None);
        }
        let Window { from, until } = self.window;
        let params = values![
            self.merchant.as_str(),
            until.saturating_add(CLOCK_SLACK_MS),
            met.saturating_mul(2).saturating_add(WALK_MIN),
            status.code(),
            from,
            until,
            here,
            slice.offset
        ];
        let found = payments_of(&db.read(SHOWN_WALK, params).await?)?;
        let whole = i64::try_from(found.len()).is_ok_and(|found| found == here);
        Ok(whole.then_some(found))
    }

    /// Parameters in the order in which every statement of a list has them.
    async fn read(
        &self,
        db: &Db,
        sql: &'static str,
        mut params: Vec<Value>,
        shown: &[i64],
        slice: Slice,
    ) -> Result<Vec<Payment>, StoreError> {
        params.push(self.merchant.as_str().into());
        params.extend(shown.iter().copied().map(Value::from));
        params.extend(values![
            self.window.from,
            self.window.until,
            slice.limit,
            slice.offset
        ]);
        payments_of(&db.read(sql, params).await?)
    }
}

/// Whether a status' payments, sorted by `key`, are in the order of the time that belongs to the status.
fn is_own_time(status: Status, key: SortKey) -> bool {
    match key {
        SortKey::Updated => true,
        SortKey::Paid => status == Status::Paid,
        SortKey::Started => status == Status::Ready,
    }
}

fn key_code(key: SortKey) -> i64 {
    match key {
        SortKey::Started => 0,
        SortKey::Updated => 1,
        SortKey::Paid => 2,
    }
}

fn status_code(status: Option<Status>) -> i64 {
    status.map_or(0, Status::code)
}

/// How many payments share a merchant_uid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sharing {
    /// All of them.
    pub all: i64,
    /// Those with the status that was asked for.
    pub with_status: i64,
}

/// How many payments share a merchant_uid, and how many of them have a status (`None`: any).
pub async fn count_of_uid(
    db: &Db,
    merchant: &UserCode,
    merchant_uid: &str,
    status: Option<Status>,
) -> Result<Sharing, StoreError> {
    let params = values![status_code(status), merchant.as_str(), merchant_uid];
    let rows = db.read(COUNT_UID, params).await?;
    Ok(Sharing {
        all: number(&rows, 0)?,
        with_status: number(&rows, 1)?,
    })
}

/// Payments that share a merchant_uid, of one status or of any.
pub async fn of_uid(
    db: &Db,
    merchant: &UserCode,
    merchant_uid: &str,
    status: Option<Status>,
    sorting: Sorting,
    slice: Slice,
) -> Result<Vec<Payment>, StoreError> {
    let params = values![
        key_code(sorting.key),
        merchant.as_str(),
        merchant_uid,
        status_code(status),
        slice.limit,
        slice.offset
    ];
    let sql = [UID_ASC, UID_DESC][usize::from(sorting.descending)];
    payments_of(&db.read(sql, params).await?)
}

/// How many payments were made with a billing key, its issue included.
pub async fn count_of_customer(
    db: &Db,
    merchant: &UserCode,
    customer_uid: &str,
) -> Result<i64, StoreError> {
    let params = values![merchant.as_str(), customer_uid];
    number(&db.read(COUNT_CUSTOMER, params).await?, 0)
}

/// Payments that were made with a billing key, its issue included; latest start first.
pub async fn of_customer(
    db: &Db,
    merchant: &UserCode,
    customer_uid: &str,
    slice: Slice,
) -> Result<Vec<Payment>, StoreError> {
    let params = values![merchant.as_str(), customer_uid, slice.limit, slice.offset];
    payments_of(&db.read(CUSTOMER_DESC, params).await?)
}

fn number(rows: &[Row], column: usize) -> Result<i64, StoreError> {
    rows.first().map_or(Ok(0), |row| row.int(column))
}

fn payments_of(rows: &[Row]) -> Result<Vec<Payment>, StoreError> {
    rows.iter().map(payments::payment).collect()
}
