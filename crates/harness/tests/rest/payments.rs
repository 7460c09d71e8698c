//! One payment, and several by their ids.

use crate::row::{Row, no, ok};
use crate::shape::Shape::{Balance, Payment, Payments};

const UNKNOWN: &str = "존재하지 않는 결제정보입니다.";
const NONE: &str = "해당되는 결제건…";
const BAD_STATUS: &str = "지원되지 않는 상태값입니다.";
const NO_BALANCE: &str = "(현재는 PAYCO, KCP만 지원됩니다) 결제건에 대한 금액상세정보가 확인되지 않습니다. \
    결제 상태가 paid 또는 cancelled가 아닌 경우 확인되지 않습니다.";
const BOTH: &str = r#"[{"merchant_uid":"paid-1"},{"merchant_uid":"failed-1"}]"#;

pub fn rows() -> Vec<Row> {
    [one(), by_uid(), several(), balances()].concat()
}

#[rustfmt::skip] // A table is read by its lines.
fn one() -> Vec<Row> {
    vec![
        ok("a charge", "GET /payments/{paid-1}", "", Payment,
            r#"{"imp_uid":"{paid-1}","merchant_uid":"paid-1","status":"paid","amount":3000,"cancel_amount":0,
                "currency":"KRW","channel":"api","sandbox":true,"buyer_name":null,"buyer_email":null,
                "buyer_tel":null,"buyer_addr":null,"buyer_postcode":null,"customer_uid":"customer-1",
                "customer_uid_usage":"payment","failed_at":0,"cancelled_at":0,"fail_reason":null,
                "cancel_reason":null,"cancel_history":[],"cancel_receipt_urls":[],"vbank_date":0,"vbank_issued_at":0,
                "escrow":false,"card_quota":0,"user_agent":"sorry_not_supported_anymore",
                "pg_provider":"kcp_billing"}"#),
        ok("a registration", "GET /payments/{card-1}", "", Payment,
            r#"{"status":"paid","amount":0,"customer_uid_usage":"issue","channel":"mobile"}"#)
            .chosen("a registration that only shows its amount is paid with that amount"),
        ok("a registration that charges", "GET /payments/{card-wall}", "", Payment,
            r#"{"status":"paid","amount":3000,"customer_uid_usage":"issue"}"#),
        ok("a decline", "GET /payments/{failed-1}", "", Payment, r#"{"status":"failed","paid_at":0,"amount":3000}"#),
        ok("a cancelled one", "GET /payments/{cancelled-1}", "", Payment,
            r#"{"status":"cancelled","amount":3000,"cancel_amount":3000,"cancel_reason":"반품",
                "cancel_history":[{"amount":3000,"reason":"반품"}]}"#),
        ok("a window that nobody finished", "GET /payments/{ready}", "", Payment,
            r#"{"status":"ready","paid_at":0,"failed_at":0,"pg_tid":null}"#),
        ok("with the parameters that newer clients send",
            "GET /payments/{paid-1}?include_sandbox=true&extension=true", "", Payment, r#"{"status":"paid"}"#)
            .chosen("they change nothing"),
        ok("with a slash at the end", "GET /payments/{paid-1}/", "", Payment, r#"{"status":"paid"}"#),
        no("an unknown one", "GET /payments/imps_999999999999", "", (404, -1), UNKNOWN),
        no("what is no imp_uid", "GET /payments/nonsense", "", (404, -1), UNKNOWN),
        no("a merchant_uid in its place", "GET /payments/paid-1", "", (404, -1), UNKNOWN),
    ]
}

#[rustfmt::skip] // A table is read by its lines.
fn by_uid() -> Vec<Row> {
    vec![
        ok("by merchant_uid", "GET /payments/find/paid-1", "", Payment, r#"{"imp_uid":"{paid-1}"}"#),
        ok("with an empty status", "GET /payments/find/paid-1/", "", Payment, r#"{"imp_uid":"{paid-1}"}"#),
        ok("with its status", "GET /payments/find/paid-1/paid", "", Payment, r#"{"imp_uid":"{paid-1}"}"#),
        ok("percent-encoded", "GET /payments/find/%EC%A3%BC%EB%AC%B8%201%2Fa%40b%3Ac", "", Payment,
            r#"{"merchant_uid":"주문 1/a@b:c"}"#),
        ok("of several the newest", "GET /payments/find/twice-1", "", Payment,
            r#"{"imp_uid":"{twice-1}","status":"paid"}"#),
        ok("or the oldest", "GET /payments/find/twice-1?sorting=started", "", Payment,
            r#"{"imp_uid":"{twice-failed}","status":"failed"}"#),
        ok("or the one of a status", "GET /payments/find/twice-1/failed", "", Payment,
            r#"{"imp_uid":"{twice-failed}"}"#),
        ok("sorted by payment", "GET /payments/find/twice-1?sorting=-paid", "", Payment, r#"{"imp_uid":"{twice-1}"}"#),
        ok("sorted by change", "GET /payments/find/twice-1?sorting=updated", "", Payment,
            r#"{"imp_uid":"{twice-failed}"}"#),
        no("none of that status", "GET /payments/find/paid-1/failed", "", (404, -1), UNKNOWN),
        no("nobody's merchant_uid", "GET /payments/find/nobody", "", (404, -1), UNKNOWN),
        no("what is no status", "GET /payments/find/paid-1/bought", "", (400, 1), BAD_STATUS)
            .chosen("code 1: only the text is known"),
        no("what is no sorting", "GET /payments/find/paid-1?sorting=amount", "", (400, 1), "sorting: …")
            .chosen("a malformed parameter is HTTP 400 and code 1"),
    ]
}

#[rustfmt::skip] // A table is read by its lines.
fn several() -> Vec<Row> {
    vec![
        ok("several", "GET /payments?imp_uid[]={paid-1}&imp_uid[]={failed-1}", "", Payments(2), BOTH)
            .chosen("in the order in which they are asked for"),
        ok("encoded brackets", "GET /payments?imp_uid%5B%5D={paid-1}&imp_uid%5B%5D={failed-1}", "", Payments(2), BOTH),
        ok("numbered", "GET /payments?imp_uid[0]={paid-1}&imp_uid[1]={failed-1}", "", Payments(2), BOTH),
        ok("without brackets", "GET /payments?imp_uid={paid-1}&imp_uid={failed-1}", "", Payments(2), BOTH),
        ok("with a slash", "GET /payments/?imp_uid[]={paid-1}", "", Payments(1), ""),
        ok("by both names", "GET /payments?merchant_uid[]=failed-1&imp_uid[]={paid-1}", "", Payments(2), BOTH)
            .chosen("imp_uid[] first"),
        ok("by merchant_uid, paid after a decline", "GET /payments?merchant_uid[]=twice-1", "", Payments(1),
            r#"[{"imp_uid":"{twice-1}"}]"#).chosen("the one that was paid, else the latest"),
        ok("some are missing", "GET /payments?imp_uid[]={paid-1}&imp_uid[]=imp_999999999999", "", Payments(1), "")
            .partly(),
        no("all are missing", "GET /payments?imp_uid[]=imp_999999999999", "", (404, -1), NONE),
        no("none is asked for", "GET /payments", "", (400, 1), "imp_uid[], merchant_uid[]: …")
            .chosen("HTTP 400 and code 1"),
        no("more than a hundred", "GET /payments?x=1{101}", "", (400, 1), "imp_uid[], merchant_uid[]: 최대 100개…")
            .chosen("HTTP 400 and code 1"),
        no("another method", "DELETE /payments", "", (405, -1), "지원하지 않는 HTTP 메소드입니다.…"),
    ]
}

#[rustfmt::skip] // A table is read by its lines.
fn balances() -> Vec<Row> {
    vec![
        ok("a balance", "GET /payments/{paid-1}/balance", "", Balance,
            r#"{"amount":3000,"primary":{"supply":2727,"vat":273,"tax_free":0,"service":0}}"#)
            .chosen("VAT that was not told is an eleventh"),
        ok("a cancelled one", "GET /payments/{cancelled-1}/balance", "", Balance, ""),
        ok("at the other gateway that tells one", "GET /payments/{payco-paid}/balance", "", Balance, ""),
        no("at a gateway that tells none", "GET /payments/{wall-paid}/balance", "", (404, -1), NO_BALANCE)
            .chosen("HTTP 404 and code -1: the text is known, and that it is not 200"),
        no("of a decline", "GET /payments/{failed-1}/balance", "", (404, -1), NO_BALANCE),
        no("of a registration that took no money", "GET /payments/{card-1}/balance", "", (404, -1), NO_BALANCE)
            .chosen("as what is not paid"),
        no("of nothing", "GET /payments/imp_999999999999/balance", "", (404, -1), "…").chosen("HTTP 404 and code -1"),
        no("another method", "POST /payments/{paid-1}/balance", "", (405, -1), "지원하지 않는 HTTP 메소드입니다.…"),
    ]
}
