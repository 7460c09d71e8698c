//! Lists of payments in pages.

use crate::row::{Row, no, ok};
use crate::shape::Shape::PaymentPage;

const BAD_STATUS: &str = "지원되지 않는 상태값입니다.";

#[rustfmt::skip] // A table is read by its lines.
pub fn rows() -> Vec<Row> {
    vec![
        ok("all of a merchant_uid, newest first", "GET /payments/findAll/twice-1", "", PaymentPage(2),
            r#"{"total":2,"previous":0,"next":0,"list":[{"status":"paid"},{"status":"failed"}]}"#),
        ok("with an empty status", "GET /payments/findAll/twice-1/", "", PaymentPage(2), ""),
        ok("with any", "GET /payments/findAll/twice-1/all", "", PaymentPage(2), ""),
        ok("of a status", "GET /payments/findAll/twice-1/failed", "", PaymentPage(1), r#"{"total":1}"#),
        ok("oldest first", "GET /payments/findAll/twice-1?sorting=started", "", PaymentPage(2),
            r#"{"list":[{"status":"failed"},{"status":"paid"}]}"#),
        ok("the first page", "GET /payments/findAll/twice-1?limit=1", "", PaymentPage(1),
            r#"{"total":2,"previous":0,"next":2,"list":[{"status":"paid"}]}"#),
        ok("the second", "GET /payments/findAll/twice-1?limit=1&page=2", "", PaymentPage(1),
            r#"{"total":2,"previous":1,"next":0,"list":[{"status":"failed"}]}"#),
        ok("zeros", "GET /payments/findAll/twice-1?limit=0&page=0", "", PaymentPage(2), "").chosen("0 is not given"),
        ok("the largest page", "GET /payments/findAll/twice-1?limit=1000", "", PaymentPage(2), ""),
        ok("a used merchant_uid without that status", "GET /payments/findAll/paid-1/failed", "", PaymentPage(0),
            r#"{"total":0,"previous":0,"next":0}"#).chosen("empty: 404 is for a merchant_uid that nobody used"),
        no("nobody's merchant_uid", "GET /payments/findAll/nobody", "", (404, -1), "존재하지 않는 결제정보입니다."),
        no("what is no status", "GET /payments/findAll/paid-1/bought", "", (400, 1), BAD_STATUS)
            .chosen("code 1: only the text is known"),
        no("a page beyond the end", "GET /payments/findAll/paid-1?page=2", "", (400, 1), "page: …")
            .chosen("code 1 and our text: HTTP 400 is known"),
        no("too large a page", "GET /payments/findAll/paid-1?limit=1001", "", (400, 1), "limit: 1부터 1000까지…")
            .chosen("V1's newest limit; more is refused"),
        no("what is no number", "GET /payments/findAll/paid-1?page=one", "", (400, 1), "page: …")
            .chosen("a malformed parameter is HTTP 400 and code 1"),
        ok("the ready ones", "GET /payments/status/ready?sorting=started&limit=1", "", PaymentPage(1),
            r#"{"list":[{"imp_uid":"{ready}"}]}"#),
        ok("the failed ones", "GET /payments/status/failed?sorting=started", "", PaymentPage(2),
            r#"{"list":[{"merchant_uid":"failed-1"},{"merchant_uid":"twice-1"}]}"#),
        ok("paid ones on pages", "GET /payments/status/paid?limit=2&page=2", "", PaymentPage(2),
            r#"{"previous":1,"next":3}"#),
        ok("cancelled ones", "GET /payments/status/cancelled?limit=1", "", PaymentPage(1), r#"{"previous":0}"#),
        ok("twenty on a page when nobody says", "GET /payments/status/all", "", PaymentPage(20),
            r#"{"previous":0,"next":2}"#),
        ok("any", "GET /payments/status/all?limit=3&sorting=-started", "", PaymentPage(3), ""),
        ok("a window without any", "GET /payments/status/all?from=1&to=2", "", PaymentPage(0),
            r#"{"total":0,"previous":0,"next":0,"list":[]}"#),
        ok("a window of ninety days", "GET /payments/status/paid?from=1&to=7776001", "", PaymentPage(0), ""),
        no("a longer one", "GET /payments/status/paid?from=1&to=7776002", "", (400, 1), "from: …").chosen("refused"),
        no("one that ends before it begins", "GET /payments/status/paid?from=2&to=1", "", (400, 1), "from: …")
            .chosen("refused"),
        no("what is no status", "GET /payments/status/bought", "", (400, 1), BAD_STATUS)
            .chosen("code 1: only the text is known"),
        no("a page beyond the end", "GET /payments/status/ready?page=2", "", (400, 1), "page: …"),
        no("what is no sorting", "GET /payments/status/ready?sorting=amount", "", (400, 1), "sorting: …"),
    ]
}
