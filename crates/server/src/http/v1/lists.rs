//! Lists of payments in pages, and how lists are asked for.

use std::borrow::Cow;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use dangol_domain::v1::{PagedView, PaymentView, Refusal, Sorting, Status, messages};
use dangol_engine::flow::look_up::{self, Page, Paging};
use dangol_store::merchants::MerchantRecord;

use super::answer::{Wrong, ok};
use super::asked::InPath;
use super::auth::Caller;
use super::description::asked::{
    CustomerUidInPath, LimitInQuery, MerchantUidInPath, PageInQuery, SortingInQuery, StatusInPath,
    WindowInQuery,
};
use super::description::envelope::{Done, Paged, Refused};
use super::description::payment::Payment;
use super::params::{Params, required};
use crate::http::App;

/// Most ids of one call (V1's own limit).
const IDS_MAX: usize = 100;
/// How many are on a page when nobody says.
const LIMIT: i64 = 20;
/// Most on a page (V1's own limit).
const LIMIT_MAX: i64 = 1_000;
/// Largest page number: far beyond any list.
const PAGE_MAX: i64 = 1_000_000_000;
/// Latest end of a window, unix seconds: in the year 5138.
const SECONDS_MAX: i64 = 99_999_999_999;

/// `GET /payments/findAll/{merchant_uid}?page=&limit=&sorting=`. With a slash at its end the status is empty, which
/// means all.
#[utoipa::path(
    get, path = "/payments/findAll/{merchant_uid}", operation_id = "listPaymentsOfOrder", tag = "Payments",
    summary = "List the payments of an order number",
    params(MerchantUidInPath, PageInQuery, LimitInQuery, SortingInQuery),
    responses(
        (status = 200, description = "A page of payments.", body = Done<Paged<Payment>>),
        (status = 400, description = "A parameter has the wrong shape, or a page beyond the list.", body = Refused),
        (status = 404, description = "Nobody used this order number.", body = Refused),
    ),
)]
pub(super) async fn of_merchant_uid(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(merchant_uid): InPath<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    of_uid(&app, &merchant, &merchant_uid, None, query).await
}

/// `GET /payments/findAll/{merchant_uid}/{payment_status}?page=&limit=&sorting=`.
#[utoipa::path(
    get, path = "/payments/findAll/{merchant_uid}/{payment_status}", operation_id = "listPaymentsOfOrderByStatus", tag = "Payments",
    summary = "List the payments of an order number in a status",
    params(MerchantUidInPath, StatusInPath, PageInQuery, LimitInQuery, SortingInQuery),
    responses(
        (status = 200, description = "A page of payments.", body = Done<Paged<Payment>>),
        (status = 400, description = "A parameter has the wrong shape, a page beyond the list, or no such status.", body = Refused),
        (status = 404, description = "Nobody used this order number.", body = Refused),
    ),
)]
pub(super) async fn of_merchant_uid_and_status(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath((merchant_uid, status)): InPath<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    of_uid(&app, &merchant, &merchant_uid, Some(&status), query).await
}

async fn of_uid(
    app: &App,
    merchant: &MerchantRecord,
    merchant_uid: &str,
    status: Option<&str>,
    query: Option<String>,
) -> Result<Response, Wrong> {
    let query = Params::of_query(query.as_deref().unwrap_or(""))?;
    let (status, sorting, paging) = (
        status_of(status, &query)?,
        sorting(&query)?,
        paging(&query)?,
    );
    let merchant = &merchant.merchant;
    let page =
        look_up::list_of_uid(&app.engine, merchant, merchant_uid, status, sorting, paging).await?;
    Ok(paged(&page, paging))
}

/// `GET /payments/status/{payment_status}?from=&to=&page=&limit=&sorting=`.
#[utoipa::path(
    get, path = "/payments/status/{payment_status}", operation_id = "listPaymentsByStatus", tag = "Payments",
    summary = "List payments by status",
    description = "Within a window of at most 90 days, by the time that belongs to the status: when it was paid, failed or cancelled; for `ready` and `all` when it was started.",
    params(StatusInPath, WindowInQuery, PageInQuery, LimitInQuery, SortingInQuery),
    responses(
        (status = 200, description = "A page of payments.", body = Done<Paged<Payment>>),
        (status = 400, description = "A parameter has the wrong shape, a page beyond the list, no such status, or a window of more than 90 days.", body = Refused),
    ),
)]
pub(super) async fn of_status(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(status): InPath<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    let query = Params::of_query(query.as_deref().unwrap_or(""))?;
    let (status, sorting, paging) = (
        status_of(Some(&status), &query)?,
        sorting(&query)?,
        paging(&query)?,
    );
    let window = look_up::window(
        app.engine.now_ms(),
        query.number("from", SECONDS_MAX)?,
        query.number("to", SECONDS_MAX)?,
    )?;
    let merchant = &merchant.merchant;
    let page =
        look_up::list_of_status(&app.engine, merchant, status, window, sorting, paging).await?;
    Ok(paged(&page, paging))
}

/// `GET /subscribe/customers/{customer_uid}/payments?page=`, 20 on a page. Of a key that nobody knows the list is empty.
#[utoipa::path(
    get, path = "/subscribe/customers/{customer_uid}/payments", operation_id = "listPaymentsOfCustomer", tag = "Billing keys",
    summary = "List the payments of a billing key",
    description = "20 on a page, its registration included. Of a key that nobody knows the list is empty.",
    params(CustomerUidInPath, PageInQuery),
    responses(
        (status = 200, description = "A page of payments.", body = Done<Paged<Payment>>),
        (status = 400, description = "A parameter has the wrong shape, or a page beyond the list.", body = Refused),
    ),
)]
pub(super) async fn of_customer(
    State(app): State<App>,
    Caller(merchant): Caller,
    InPath(customer_uid): InPath<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    let query = Params::of_query(query.as_deref().unwrap_or(""))?;
    let paging = Paging {
        number: query.number("page", PAGE_MAX)?.unwrap_or(1),
        limit: LIMIT,
    };
    let merchant = &merchant.merchant;
    let page = look_up::list_of_customer(&app.engine, merchant, &customer_uid, paging).await?;
    Ok(paged(&page, paging))
}

fn paged(page: &Page, paging: Paging) -> Response {
    let list: Vec<PaymentView> = page.payments.iter().map(PaymentView::from).collect();
    ok(PagedView::new(
        list,
        paging.number,
        paging.limit,
        page.total,
    ))
}

/// The ids under each name, at least one and at most 100 of all together.
///
/// # Errors
/// HTTP 400 when there are none, too many, or something else than texts.
pub(super) fn ids<'a, const N: usize>(
    query: &'a Params<'_>,
    names: [&str; N],
) -> Result<[Vec<Cow<'a, str>>; N], Refusal> {
    let mut all = [const { Vec::new() }; N];
    for (ids, name) in all.iter_mut().zip(names) {
        for id in query.list(name)? {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    let names = names.map(|name| format!("{name}[]")).join(", ");
    match all.iter().map(Vec::len).sum() {
        0 => Err(required(&names)),
        1..=IDS_MAX => Ok(all),
        _ => Err(Refusal::malformed(
            &names,
            &format!("최대 {IDS_MAX}개까지 조회할 수 있습니다. (at most {IDS_MAX} together)"),
        )),
    }
}

/// The status that is asked for; `None`: any. The path's wins; some clients send it as a parameter.
///
/// # Errors
/// HTTP 400 with V1's text for what is no status.
pub(super) fn status_of(
    in_path: Option<&str>,
    query: &Params<'_>,
) -> Result<Option<Status>, Refusal> {
    let asked = match in_path {
        Some(status) => status,
        None => query.text("payment_status")?.unwrap_or("all"),
    };
    match (asked, Status::parse(asked)) {
        ("all", _) => Ok(None),
        (_, Some(status)) => Ok(Some(status)),
        _ => Err(Refusal {
            status: 400,
            code: 1,
            message: messages::BAD_STATUS.to_owned(),
        }),
    }
}

/// `sorting`, `-started` when it is unset.
///
/// # Errors
/// HTTP 400 for what is no sorting.
pub(super) fn sorting(query: &Params<'_>) -> Result<Sorting, Refusal> {
    let sorting = Sorting::parse(query.text("sorting")?.unwrap_or(""));
    sorting.ok_or_else(|| {
        Refusal::malformed(
            "sorting",
            "must be -started, started, -paid, paid, -updated or updated",
        )
    })
}

fn paging(query: &Params<'_>) -> Result<Paging, Refusal> {
    Ok(Paging {
        number: query.number("page", PAGE_MAX)?.unwrap_or(1),
        limit: query.number("limit", LIMIT_MAX)?.unwrap_or(LIMIT),
    })
}
