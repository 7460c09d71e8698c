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
use super::description::asked::{
    CustomerUidInPath, LimitInQuery, NewTimeRequest, PageInQuery, ScheduleRequest,
    ScheduleWindowInQuery, ScheduledUidInPath, UnscheduleRequest,
};
use super::description::envelope::{Answer, Done, Paged, Refused};
use super::description::objects;
use super::description::payment::Payment;
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
            get(list_under_customers),
        ),
    ]
}

/// `POST /subscribe/payments/schedule`: an array of what was registered, all of it or nothing.
#[utoipa::path(
    post, path = "/subscribe/payments/schedule", operation_id = "registerSchedules", tag = "Schedules",
    summary = "Schedule charges",
    description = "All of them, or none.",
    request_body(content((ScheduleRequest = "application/json"), (ScheduleRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "What was registered, in that order. Refused with `code` 1 for an unknown billing key, an order number that is scheduled or used, or a card that `checking_amount` did not prove.", body = Answer<objects::Schedules>),
        (status = 400, description = "A parameter has the wrong shape, or a time is over.", body = Refused),
    ),
)]
pub(super) async fn register(
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
#[utoipa::path(
    post, path = "/subscribe/payments/unschedule", operation_id = "unschedule", tag = "Schedules",
    summary = "Revoke schedules",
    request_body(content((UnscheduleRequest = "application/json"), (UnscheduleRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "What was revoked. Refused with `code` 1 when there was nothing: `취소할 예약결제 기록이 존재하지 않습니다.`", body = Answer<objects::Schedules>),
    ),
)]
pub(super) async fn unschedule(
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
#[utoipa::path(
    get, path = "/subscribe/payments/schedule/{merchant_uid}", operation_id = "getSchedule", tag = "Schedules",
    summary = "Find a schedule",
    description = "The latest of this order number.",
    params(ScheduledUidInPath),
    responses(
        (status = 200, description = "The schedule.", body = Done<objects::Schedule>),
        (status = 404, description = "No such schedule: `존재하지 않는 예약결제입니다.`", body = Refused),
    ),
)]
pub(super) async fn find(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
) -> Result<Response, Wrong> {
    let found = schedule::find(&app.engine, &merchant.merchant, &merchant_uid).await?;
    Ok(ok(ScheduleView::from(&found)))
}

/// `PUT /subscribe/payments/schedule/{merchant_uid}`: another time for what is yet to run.
#[utoipa::path(
    put, path = "/subscribe/payments/schedule/{merchant_uid}", operation_id = "changeScheduleTime", tag = "Schedules",
    summary = "Move a schedule that is yet to run",
    params(ScheduledUidInPath),
    request_body(content((NewTimeRequest = "application/json"), (NewTimeRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The schedule.", body = Done<objects::Schedule>),
        (status = 400, description = "No time or one that is over, or the schedule ran or was revoked.", body = Refused),
        (status = 404, description = "No such schedule: `존재하지 않는 예약결제입니다.`", body = Refused),
    ),
)]
pub(super) async fn change_time(
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
#[utoipa::path(
    post, path = "/subscribe/payments/schedule/{merchant_uid}/reschedule", operation_id = "reschedule", tag = "Schedules",
    summary = "Schedule again what failed or was revoked",
    params(ScheduledUidInPath),
    request_body(content((NewTimeRequest = "application/json"), (NewTimeRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The schedule.", body = Done<objects::Schedule>),
        (status = 400, description = "No time or one that is over, or the schedule did not run, is running, or was paid.", body = Refused),
        (status = 404, description = "No such schedule: `존재하지 않는 예약결제입니다.`", body = Refused),
    ),
)]
pub(super) async fn reschedule(
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
#[utoipa::path(
    post, path = "/subscribe/payments/schedule/{merchant_uid}/retry", operation_id = "retrySchedule", tag = "Schedules",
    summary = "Charge at once what failed or was revoked",
    params(ScheduledUidInPath),
    responses(
        (status = 200, description = "The payment, as of `again`.", body = Done<Payment>),
        (status = 400, description = "The schedule did not run, is running, or was paid.", body = Refused),
        (status = 404, description = "No such schedule, or no billing key any more.", body = Refused),
    ),
)]
pub(super) async fn retry(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
) -> Result<Response, Wrong> {
    let payment = retry_schedule(&app.engine, &merchant, &merchant_uid).await?;
    Ok(ok(PaymentView::from(&*payment)))
}

/// `GET /subscribe/payments/schedule`: everything that is due within a window.
#[utoipa::path(
    get, path = "/subscribe/payments/schedule", operation_id = "listSchedules", tag = "Schedules",
    summary = "List schedules by due time",
    params(ScheduleWindowInQuery, PageInQuery, LimitInQuery),
    responses(
        (status = 200, description = "A page of schedules. One beyond the last is empty.", body = Done<Paged<objects::Schedule>>),
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    Caller(merchant): Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    page(&app, &merchant, None, query).await
}

/// `GET /subscribe/payments/schedule/customers/{customer_uid}`. An unknown customer has an empty list.
#[utoipa::path(
    get, path = "/subscribe/payments/schedule/customers/{customer_uid}", operation_id = "listSchedulesOfCustomer", tag = "Schedules",
    summary = "List the schedules of a billing key",
    description = "Of a key that nobody knows the list is empty.",
    params(CustomerUidInPath, ScheduleWindowInQuery, PageInQuery, LimitInQuery),
    responses(
        (status = 200, description = "A page of schedules. One beyond the last is empty.", body = Done<Paged<objects::Schedule>>),
    ),
)]
pub(super) async fn list_of_customer(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(customer_uid): InPath<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    page(&app, &merchant, Some(&customer_uid), query).await
}

/// `GET /subscribe/customers/{customer_uid}/schedules`: the same.
#[utoipa::path(
    get, path = "/subscribe/customers/{customer_uid}/schedules", operation_id = "listSchedulesUnderCustomer", tag = "Billing keys",
    summary = "List the schedules of a billing key",
    description = "Of a key that nobody knows the list is empty.",
    params(CustomerUidInPath, ScheduleWindowInQuery, PageInQuery, LimitInQuery),
    responses(
        (status = 200, description = "A page of schedules. One beyond the last is empty.", body = Done<Paged<objects::Schedule>>),
    ),
)]
pub(super) async fn list_under_customers(
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
