//! Schedules: charges that make themselves.

use std::collections::BTreeSet;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use dangol_domain::v1::{PaymentView, Refusal, ScheduleView, messages};
use dangol_domain::{Schedule, ScheduleState};
use dangol_engine::flow::retry_schedule;
use dangol_engine::flow::schedule::{self, Entry, Registration};
use dangol_store::merchants::MerchantRecord;
use dangol_store::schedules::List;
use serde::Serialize;

use super::answer::{Wrong, ok};
use super::asked::{Asked, InPath};
use super::auth::Caller;
use super::params::{Params, required};
use super::subscribe::{CUSTOMER_UID_MAX, read_order};
use crate::http::App;

/// Most schedules of one registration, and most merchant_uids of one unschedule.
const AT_ONCE_MAX: usize = 1_000;
/// Longest way to write an amount.
const DECIMAL_MAX: usize = 64;
/// Longest name that is looked for, characters.
const UID_MAX: usize = 255;
/// Latest time, unix seconds: in the year 5138. What is written in milliseconds is later.
const SECONDS_MAX: i64 = 99_999_999_999;
/// The longest window of a list, seconds: three months, whichever.
const WINDOW_S: i64 = 93 * 86_400;
/// How many are on a page when nobody says, and at most.
const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 1_000;
/// Largest page number: far beyond any list.
const PAGE_MAX: i64 = 1_000_000_000;

/// The routes about schedules.
pub(super) fn routes() -> [(&'static str, MethodRouter<App>); 7] {
    [
        ("/subscribe/payments/schedule", post(register).get(list)),
        ("/subscribe/payments/unschedule", post(unschedule)),
        (
            "/subscribe/payments/schedule/{merchant_uid}",
            get(find).put(change_time),
        ),
        (
            "/subscribe/payments/schedule/{merchant_uid}/reschedule",
            post(reschedule),
        ),
        (
            "/subscribe/payments/schedule/{merchant_uid}/retry",
            post(retry),
        ),
        (
            "/subscribe/payments/schedule/customers/{customer_uid}",
            get(list_of_customer),
        ),
        (
            "/subscribe/customers/{customer_uid}/schedules",
            get(list_of_customer),
        ),
    ]
}

/// `POST /subscribe/payments/schedule`: an array of what was registered, all of it or nothing.
async fn register(
    State(app): State<App>,
    Caller(merchant): Caller,
    asked: Asked,
) -> Result<Response, Wrong> {
    let registration = read(&asked.params()?)?;
    let registered = schedule::register(&app.engine, &merchant, registration).await?;
    Ok(ok(views(&registered)))
}

/// The shape of every parameter, before anything is looked up. Card data and `pg` are for keys that do not exist yet, and
/// are ignored.
fn read(params: &Params<'_>) -> Result<Registration, Refusal> {
    let customer_uid = params.name("customer_uid", CUSTOMER_UID_MAX)?;
    let entries = params.objects("schedules", AT_ONCE_MAX, |entry| {
        let again = read_order(entry, customer_uid.clone())?;
        let at = seconds(entry, &["schedule_at"])?.ok_or_else(|| required("schedule_at"))?;
        Ok(Entry {
            again,
            at_ms: at * 1_000,
        })
    })?;
    if entries.is_empty() {
        return Err(required("schedules"));
    }
    Ok(Registration {
        checking_amount: params.short("checking_amount", DECIMAL_MAX)?,
        customer_uid,
        entries,
    })
}

/// `POST /subscribe/payments/unschedule`: an array of what was revoked.
async fn unschedule(
    State(app): State<App>,
    Caller(merchant): Caller,
    asked: Asked,
) -> Result<Response, Wrong> {
    let params = asked.params()?;
    let customer_uid = params.short("customer_uid", UID_MAX)?;
    let uids = params.list("merchant_uid")?;
    if uids.len() > AT_ONCE_MAX {
        let expected = format!("must be at most {AT_ONCE_MAX}");
        return Err(Refusal::malformed("merchant_uid", &expected).into());
    }
    let uids: BTreeSet<String> = uids.into_iter().map(|uid| uid.into_owned()).collect();
    let (engine, merchant) = (&app.engine, &merchant.merchant);
    let revoked = schedule::unschedule(engine, merchant, customer_uid.as_deref(), &uids).await?;
    Ok(ok(views(&revoked)))
}

/// `GET /subscribe/payments/schedule/{merchant_uid}`: the latest of this merchant_uid.
async fn find(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
) -> Result<Response, Wrong> {
    let found = schedule::find(&app.engine, &merchant.merchant, &merchant_uid).await?;
    Ok(ok(ScheduleView::from(&found)))
}

/// `PUT /subscribe/payments/schedule/{merchant_uid}`: another time for what is yet to run.
async fn change_time(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
    asked: Asked,
) -> Result<Response, Wrong> {
    let at_ms = new_time(&asked)?;
    let merchant = &merchant.merchant;
    let moved = schedule::change_time(&app.engine, merchant, &merchant_uid, at_ms).await?;
    Ok(ok(ScheduleView::from(&moved)))
}

/// `POST …/{merchant_uid}/reschedule`: another time for what failed or was revoked.
async fn reschedule(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
    asked: Asked,
) -> Result<Response, Wrong> {
    let at_ms = new_time(&asked)?;
    let merchant = &merchant.merchant;
    let moved = schedule::reschedule(&app.engine, merchant, &merchant_uid, at_ms).await?;
    Ok(ok(ScheduleView::from(&moved)))
}

/// `POST …/{merchant_uid}/retry`: charges what failed or was revoked at once. A decline is a payment too.
async fn retry(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
) -> Result<Response, Wrong> {
    let payment = retry_schedule(&app.engine, &merchant, &merchant_uid).await?;
    Ok(ok(PaymentView::from(&*payment)))
}

/// `GET /subscribe/payments/schedule`: everything that is due within a window.
async fn list(
    State(app): State<App>,
    Caller(merchant): Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    page(&app, &merchant, None, query).await
}

/// `GET /subscribe/payments/schedule/customers/{customer_uid}`, and the same under `/subscribe/customers`. An unknown
/// customer has an empty list.
async fn list_of_customer(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(customer_uid): InPath<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    page(&app, &merchant, Some(&customer_uid), query).await
}

/// A page of a list.
#[derive(Serialize)]
struct Page {
    list: Vec<ScheduleView>,
    next: i64,
    previous: i64,
    total: i64,
}

async fn page(
    app: &App,
    merchant: &MerchantRecord,
    customer_uid: Option<&str>,
    query: Option<String>,
) -> Result<Response, Wrong> {
    let query = Params::of_query(query.as_deref().unwrap_or(""))?;
    let (from, to) = window(&query)?;
    let number = count(&query, "page", PAGE_MAX)?.unwrap_or(1);
    let limit = count(&query, "limit", LIMIT_MAX)?.unwrap_or(LIMIT);
    let descending = match query.text("sorting")? {
        None | Some("-scheduled") => true,
        Some("scheduled") => false,
        Some(_) => {
            let expected = "must be scheduled or -scheduled";
            return Err(Refusal::malformed("sorting", expected).into());
        }
    };
    let list = List {
        merchant: &merchant.merchant,
        customer_uid,
        from: from * 1_000,
        until: to * 1_000,
        state: status(&query)?,
    };
    let offset = (number - 1) * limit;
    let (found, total) = schedule::list(&app.engine, list, descending, limit, offset).await?;
    let more = number * limit < total;
    Ok(ok(Page {
        list: views(&found),
        next: if more { number + 1 } else { 0 },
        previous: number - 1,
        total,
    }))
}

fn views(schedules: &[Schedule]) -> Vec<ScheduleView> {
    schedules.iter().map(ScheduleView::from).collect()
}

fn new_time(asked: &Asked) -> Result<i64, Refusal> {
    let at = seconds(&asked.params()?, &["schedule_at"])?;
    Ok(at.ok_or_else(|| required("schedule_at"))? * 1_000)
}

/// The window of a list, unix seconds, its end not in it.
fn window(query: &Params<'_>) -> Result<(i64, i64), Refusal> {
    let from = seconds(query, &["schedule_from", "from"])?;
    let to = seconds(query, &["schedule_to", "to"])?;
    let from = from.ok_or_else(|| required("schedule_from"))?;
    let to = to.ok_or_else(|| required("schedule_to"))?;
    if from > to {
        let expected = "schedule_to보다 늦을 수 없습니다. (must not be after schedule_to)";
        return Err(Refusal::malformed("schedule_from", expected));
    }
    if to - from > WINDOW_S {
        let expected = "조회기간은 최대 3개월입니다. (at most three months before schedule_to)";
        return Err(Refusal::malformed("schedule_from", expected));
    }
    Ok((from, to))
}

fn status(query: &Params<'_>) -> Result<Option<ScheduleState>, Refusal> {
    let Some(word) = first(query, &["schedule_status", "schedule-status"])? else {
        return Ok(None);
    };
    let state = ScheduleState::parse(word).ok_or_else(|| Refusal {
        status: 400,
        code: 1,
        message: messages::BAD_STATUS.to_owned(),
    });
    state.map(Some)
}

/// The value of the first of several names that is told.
fn first<'a>(params: &'a Params<'_>, names: &[&str]) -> Result<Option<&'a str>, Refusal> {
    for name in names {
        if let Some(text) = params.text(name)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// A time in unix seconds under the first of several names that is told.
fn seconds(params: &Params<'_>, names: &[&str]) -> Result<Option<i64>, Refusal> {
    let Some(text) = first(params, names)? else {
        return Ok(None);
    };
    let number = text.trim().parse().ok();
    let number = number.filter(|seconds| (0..=SECONDS_MAX).contains(seconds));
    let expected = "초 단위의 UNIX timestamp여야 합니다. (must be unix seconds)";
    number
        .map(Some)
        .ok_or_else(|| Refusal::malformed(names[0], expected))
}

/// A whole number from 1 to `max`; `None` when it is unset, as 0 is.
fn count(query: &Params<'_>, name: &str, max: i64) -> Result<Option<i64>, Refusal> {
    let Some(text) = query.text(name)? else {
        return Ok(None);
    };
    let number: Option<i64> = text.trim().parse().ok();
    match number.filter(|number| (0..=max).contains(number)) {
        Some(0) => Ok(None),
        Some(number) => Ok(Some(number)),
        None => Err(Refusal::malformed(
            name,
            &format!("must be a whole number from 1 to {max}"),
        )),
    }
}
