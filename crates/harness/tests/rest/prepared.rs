//! Orders whose amount is told before a window opens.

use crate::row::{Row, no, ok};
use crate::shape::Shape::Prepared;

const PREPARE: &str = "POST /payments/prepare";
const CHANGE: &str = "PUT /payments/prepare";
const UNKNOWN: &str = "사전등록된 결제정보가 존재하지 않습니다.";

#[rustfmt::skip] // A table is read by its lines.
pub fn rows() -> Vec<Row> {
    // One order goes through its life here, in this order.
    vec![
        ok("an amount is told", PREPARE, r#"{"merchant_uid":"prepared-1","amount":3000}"#, Prepared,
            r#"{"merchant_uid":"prepared-1","amount":3000,"currency":null}"#).chosen("without a currency any will do"),
        no("twice", PREPARE, r#"{"merchant_uid":"prepared-1","amount":3000}"#, (200, 1),
            "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다)."),
        ok("it is found", "GET /payments/prepare/prepared-1", "", Prepared, r#"{"amount":3000}"#),
        ok("it is changed", CHANGE, "merchant_uid=prepared-1&amount=4000&currency=KRW", Prepared,
            r#"{"amount":4000,"currency":"KRW"}"#),
        ok("it is found as it was changed", "GET /payments/prepare/prepared-1/", "", Prepared, r#"{"amount":4000}"#),
        ok("dollars", PREPARE, r#"{"merchant_uid":"prepared-usd","amount":"9.90","currency":"USD"}"#, Prepared,
            r#"{"amount":9.9,"currency":"USD"}"#),
        ok("an amount as a text, a currency that is null", PREPARE,
            r#"{"merchant_uid":"prepared-2","amount":"5000","currency":null}"#, Prepared, r#"{"amount":5000}"#),
        no("an unknown one", "GET /payments/prepare/nobody", "", (404, -1), UNKNOWN)
            .chosen("code -1: the text and HTTP 404 are known"),
        no("a change of an unknown one", CHANGE, "merchant_uid=nobody&amount=1", (404, -1), UNKNOWN),
        no("no merchant_uid", PREPARE, "amount=1", (400, 1), "merchant_uid: …").chosen("HTTP 400, code 1"),
        no("no amount", PREPARE, "merchant_uid=prepared-3", (400, 1), "amount: …").chosen("HTTP 400, code 1"),
        no("41 characters", PREPARE, "merchant_uid={41}&amount=1", (400, 1), "merchant_uid: 최대 40자…")
            .chosen("HTTP 400, code 1"),
        no("less than nothing", PREPARE, "merchant_uid=prepared-3&amount=-1", (400, 1), "amount: …")
            .chosen("HTTP 400, code 1"),
        no("no currency of this world", PREPARE, "merchant_uid=prepared-3&amount=1&currency=WON", (400, 1),
            "currency: …").chosen("HTTP 400, code 1"),
    ]
}
