//! What V1 has besides subscriptions: the paths are known, the functions are not built.

use axum::response::Response;
use axum::routing::{MethodRouter, any};
use dangol_domain::v1::Refusal;

use super::answer::{no_such_path, refused};
use crate::http::App;

/// The paths of V1 that are not about subscriptions: identity verification, receipts, virtual accounts, escrow, and
/// what single wallets and PGs have of their own.
const PATHS: &[&str] = &[
    "/benepia/payment",
    "/benepia/point",
    "/certifications/otp/confirm/{imp_uid}",
    "/certifications/otp/request",
    "/certifications/{imp_uid}",
    "/cvs",
    "/cvs/{imp_uid}",
    "/escrows/logis/{imp_uid}",
    "/kcpquick/autopay/{customer_uid}",
    "/kcpquick/members/{member_id}",
    "/kcpquick/members/{member_id}/fido/release",
    "/kcpquick/payment/autopay",
    "/kcpquick/payment/money",
    "/kcpquick/prepare/{merchant_uid}",
    "/naver/product-orders/{product_order_id}",
    "/naver/reviews",
    "/partners/receipts/{imp_uid}",
    "/payments/{imp_uid}/naver/{operation}",
    "/receipts/external/{merchant_uid}",
    "/receipts/{imp_uid}",
    "/vbanks",
    "/vbanks/{imp_uid}",
];

/// Paths that V1 itself retired and that old clients still call, as far as they would be taken for one of the above.
const RETIRED: &[&str] = &["/vbanks/holder"];

/// Answers each of these paths, whatever the method and whoever asks: HTTP 501 in the envelope, 404 for the retired
/// ones.
pub(super) fn routes() -> impl Iterator<Item = (&'static str, MethodRouter<App>)> {
    let retired = RETIRED.iter().map(|path| (*path, any(no_such_path)));
    PATHS
        .iter()
        .map(|path| (*path, any(not_built)))
        .chain(retired)
}

async fn not_built() -> Response {
    refused(&Refusal {
        status: 501,
        code: -1,
        message: "정기결제가 아닌 기능은 지원하지 않습니다. (only subscription payments are built)"
            .to_owned(),
    })
}
