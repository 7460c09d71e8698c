//! Calls that V1 has for one gateway alone.

use crate::row::{Row, no, ok};
use crate::shape::Shape::Keys;

const DELIVERY: &str = "POST /paymentwall/delivery";
const UNKNOWN: &str = "존재하지 않는 결제정보입니다.";

#[rustfmt::skip] // A table is read by its lines.
pub fn rows() -> Vec<Row> {
    vec![
        ok("an order is on its way", "POST /payco/orders/status/{payco-paid}", r#"{"status":"DELIVERY_START"}"#,
            Keys("status:s"), r#"{"status":"DELIVERY_START"}"#),
        ok("an order is accepted", "POST /payco/orders/status/{payco-paid}/", "status=PURCHASE_DECISION",
            Keys("status:s"), r#"{"status":"PURCHASE_DECISION"}"#),
        ok("an order is called off", "POST /payco/orders/status/{payco-paid}", "status=CANCELED", Keys("status:s"),
            r#"{"status":"CANCELED"}"#).chosen("it gives no money back"),
        no("a status that the gateway does not know", "POST /payco/orders/status/{payco-paid}", "status=asdf",
            (400, -1), "파라미터 정보가 유효하지 않습니다. orderProductStatus field reject, …")
            .chosen("HTTP 400 and code -1: the text is known, and that it is not 200"),
        no("no status", "POST /payco/orders/status/{payco-paid}", "", (400, 1), "status: 필수…")
            .chosen("HTTP 400, code 1"),
        no("an unknown payment", "POST /payco/orders/status/imps_999999999999", "status=CANCELED", (404, -1), UNKNOWN),
        no("another gateway's", "POST /payco/orders/status/{paid-1}", "status=CANCELED", (200, 1), "imp_uid: …")
            .chosen("refused with code 1, and nobody is asked"),
        no("a registration that took no money", "POST /payco/orders/status/{card-payco}", "status=CANCELED", (200, 1),
            "imp_uid: …").chosen("refused with code 1"),
        ok("something digital was delivered", DELIVERY,
            r#"{"imp_uid":"{wall-paid}","merchant_uid":"wall-paid","type":"digital","status":"delivered",
                "estimated_delivery_datetime":1795048560,"estimated_update_datetime":"1795048560","refundable":"yes",
                "shipping_address_email":"a@b.kr"}"#, Keys("success:i"), r#"{"success":1}"#),
        ok("something physical was shipped", DELIVERY,
            "imp_uid={card-wall}&merchant_uid=card-wall&type=physical&status=order_shipped&carrier_tracking_id=1\
            &carrier_type=CJ&estimated_delivery_datetime=1795048560&estimated_update_datetime=1795048560&refundable=no\
            &shipping_address_email=a@b.kr&shipping_address_country=KR&shipping_address_city=Seoul\
            &shipping_address_zip=06236&shipping_address_state=N/A&shipping_address_street=1&shipping_address_phone=010\
            &shipping_address_firstname=길동&shipping_address_lastname=홍",
            Keys("success:i"), ""),
        no("something physical without an address", DELIVERY,
            r#"{"imp_uid":"{wall-paid}","merchant_uid":"wall-paid","type":"physical","status":"delivered",
                "carrier_tracking_id":"1","carrier_type":"CJ","estimated_delivery_datetime":1795048560,
                "estimated_update_datetime":1795048560,"refundable":"yes","shipping_address_email":"a@b.kr"}"#,
            (400, 1), "shipping_address_country: 필수…").chosen("HTTP 400, code 1"),
        no("what is no type", DELIVERY, "imp_uid={wall-paid}&merchant_uid=wall-paid&type=virtual", (400, 1),
            "type: …").chosen("HTTP 400, code 1"),
        no("no time", DELIVERY,
            "imp_uid={wall-paid}&merchant_uid=wall-paid&type=digital&status=delivered&refundable=yes", (400, 1),
            "estimated_delivery_datetime: 필수…").chosen("HTTP 400, code 1"),
        no("another merchant_uid", DELIVERY,
            r#"{"imp_uid":"{wall-paid}","merchant_uid":"paid-1","type":"digital","status":"delivered",
                "estimated_delivery_datetime":1,"estimated_update_datetime":1,"refundable":"yes",
                "shipping_address_email":"a@b.kr"}"#, (404, -1), UNKNOWN).chosen("both name one payment, or none"),
        no("no merchant_uid", DELIVERY, "imp_uid={wall-paid}&type=digital", (400, 1), "merchant_uid: 필수…")
            .chosen("HTTP 400, code 1"),
    ]
}
