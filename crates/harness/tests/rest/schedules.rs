//! The texts and the object of schedules, as far as they are told with those of payments. How schedules run is tested in
//! `schedules.rs` beside this folder.

use crate::row::{Row, no, ok};
use crate::shape::Shape::{Schedule, Schedules};

const REGISTER: &str = "POST /subscribe/payments/schedule";
const REVOKE: &str = "POST /subscribe/payments/unschedule";

#[rustfmt::skip] // A table is read by its lines.
pub fn rows() -> Vec<Row> {
    vec![
        ok("a schedule", "GET /subscribe/payments/schedule/scheduled-1", "", Schedule,
            r#"{"customer_uid":"customer-1","merchant_uid":"scheduled-1","imp_uid":null,"schedule_at":4102444800,
                "executed_at":0,"revoked_at":0,"amount":3000,"currency":"KRW","schedule_status":"scheduled",
                "payment_status":null,"name":"customer-1 고객에 대한 2100-01-01 09:00:00 예약 결제"}"#),
        no("an unknown customer without a card", REGISTER,
            r#"{"customer_uid":"nobody","schedules":[{"merchant_uid":"s-x","schedule_at":4102444800,"amount":3000}]}"#,
            (200, 1), "등록된 고객정보가 없습니다."),
        no("a merchant_uid that is scheduled", REGISTER,
            r#"{"customer_uid":"customer-1","schedules":[{ "merchant_uid":"scheduled-1","schedule_at":4102444800,
                "amount":3000}]}"#, (200, 1), "이미 예약되었거나 결제에 사용된 merchant_uid입니다. (scheduled-1)")
            .chosen("code 1 and our text"),
        ok("one is revoked", REVOKE, r#"{"customer_uid":"customer-1","merchant_uid":"to-revoke-1"}"#, Schedules(1),
            r#"[{"merchant_uid":"to-revoke-1","schedule_status":"revoked"}]"#),
        no("nothing to revoke", REVOKE, r#"{"customer_uid":"nobody"}"#, (200, 1), "취소할 예약결제 기록이 존재하지 않습니다."),
        no("nothing more to revoke", REVOKE, "merchant_uid=to-revoke-1", (200, 1), "취소할 예약결제 기록이 존재하지 않습니다."),
    ]
}
