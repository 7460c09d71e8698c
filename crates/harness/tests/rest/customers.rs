//! Billing keys. Key-in by API has rows elsewhere.

use crate::row::{Row, no, ok};
use crate::shape::Shape::{Customer, Customers, PaymentPage, SchedulePage};

const UNKNOWN: &str = "요청하신 customer_uid(nobody)로 등록된 정보를 찾을 수 없습니다.";

#[rustfmt::skip] // A table is read by its lines.
pub fn rows() -> Vec<Row> {
    vec![
        ok("a holder", "GET /subscribe/customers/customer-1", "", Customer,
            r#"{"customer_uid":"customer-1","pg_provider":"kcp_billing","pg_id":"A52Q7","sandbox":true,
                "customer_id":null,"customer_name":"아임포트","customer_email":"iamport@siot.do",
                "customer_tel":"02-1234-1234"}"#),
        ok("percent-encoded, with a slash", "GET /subscribe/customers/%EB%8B%A8%EA%B3%A8%2F1/", "", Customer,
            r#"{"customer_uid":"단골/1"}"#),
        no("an unknown one", "GET /subscribe/customers/nobody", "", (200, 1), UNKNOWN)
            .chosen("HTTP 200 and code 1, as live clients expect; V1's own description says 404"),
        no("a deleted one", "GET /subscribe/customers/left", "", (200, 1), "요청하신 customer_uid(left)로…")
            .chosen("as an unknown one"),
        ok("several", "GET /subscribe/customers?customer_uid[]=customer-1&customer_uid[]=poor", "", Customers(2), ""),
        ok("several, numbered", "GET /subscribe/customers?customer_uid[0]=customer-1&customer_uid[1]=poor", "",
            Customers(2), r#"[{"customer_uid":"customer-1"},{"customer_uid":"poor"}]"#),
        ok("several, without brackets", "GET /subscribe/customers?customer_uid=customer-1&customer_uid=poor", "",
            Customers(2), ""),
        ok("some are missing", "GET /subscribe/customers?customer_uid[]=customer-1&customer_uid[]=nobody", "",
            Customers(1), "").partly(),
        no("all are missing", "GET /subscribe/customers?customer_uid[]=nobody", "", (404, -1), UNKNOWN),
        no("none is asked for", "GET /subscribe/customers", "", (400, 1), "customer_uid[]: …")
            .chosen("HTTP 400, code 1"),
        ok("payments made with a key", "GET /subscribe/customers/poor/payments", "", PaymentPage(3),
            r#"{"total":3,"previous":0,"next":0}"#).chosen("its registration is one of them"),
        ok("payments on a page", "GET /subscribe/customers/poor/payments/?page=1", "", PaymentPage(3), ""),
        ok("payments of an unknown key", "GET /subscribe/customers/nobody/payments", "", PaymentPage(0),
            r#"{"total":0}"#)
            .chosen("HTTP 200 and an empty list, as live clients expect; V1's own description says 404"),
        no("a page beyond the end", "GET /subscribe/customers/poor/payments?page=2", "", (400, 1), "page: …")
            .chosen("as in other lists"),
        ok("schedules of a key", "GET /subscribe/customers/customer-1/schedules?from=4102444800&to=4102444801", "",
            SchedulePage(2), "").chosen("paged; both ways to name the window"),
        ok("schedules by the longer names",
            "GET /subscribe/customers/customer-1/schedules?schedule_from=4102444800&schedule_to=4102444801&schedule_status=scheduled",
            "", SchedulePage(2), ""),
        ok("schedules of an unknown key", "GET /subscribe/customers/nobody/schedules?from=4102444800&to=4102444801",
            "", SchedulePage(0), r#"{"total":0}"#),
        ok("a deletion", "DELETE /subscribe/customers/leaving?reason=left&extra[requester]=customer", "", Customer,
            r#"{"customer_uid":"leaving"}"#).chosen("the record that the key had"),
        no("a deletion of an unknown one", "DELETE /subscribe/customers/nobody", "", (200, 1), UNKNOWN)
            .chosen("as a look-up"),
        no("a deletion of a deleted one", "DELETE /subscribe/customers/left", "", (200, 1),
            "요청하신 customer_uid(left)로…").chosen("as an unknown one"),
    ]
}
