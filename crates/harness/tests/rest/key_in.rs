//! Key-in by API, at a merchant who has a channel for it. Without one, the server's own tests ask.

use crate::row::{Row, no, ok};
use crate::shape::Shape::{Customer, Payment};

const ONETIME: &str = "POST /subscribe/payments/onetime";
const USED: &str =
    "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)";
/// The gateway's code follows.
const REFUSED: &str = "카드정보 인증에 실패하였습니다. […";
const NO_KEY: &str = "카드정보 인증 및 빌키 발급에 실패하였습니다. […";

#[rustfmt::skip] // A table is read by its lines.
pub fn rows() -> Vec<Row> {
    vec![
        ok("a card is charged once", ONETIME,
            r#"{"merchant_uid":"once-1","amount":3000,"card_number":"5164-5312-3456-7890","expiry":"2030-11",
                "birth":"910203","pwd_2digit":"47","name":"10월 구독","buyer_name":"홍길동","custom_data":{"a":1}}"#,
            Payment,
            r#"{"status":"paid","amount":3000,"channel":"api","customer_uid":null,"customer_uid_usage":null,
                "card_number":"516453******7890","name":"10월 구독","buyer_name":"홍길동","custom_data":"{\"a\":1}"}"#),
        ok("the same as a form, with a slash", "POST /subscribe/payments/onetime/",
            "merchant_uid=once-2& amount=3000& card_number=5164531234567890& expiry=2030-11& birth=910203& pwd_2digit=47",
            Payment, r#"{"status":"paid"}"#),
        no("a used merchant_uid", ONETIME,
            "merchant_uid=once-1&amount=3000&card_number=5164-5312-3456-7890&expiry=2030-11&birth=910203&pwd_2digit=47",
            (200, 1), USED),
        no("the gateway refuses", ONETIME,
            "merchant_uid=once-3&amount=3000&card_number=4000-0000-0000-9995&expiry=2030-11&birth=910203&pwd_2digit=47",
            (200, -1), REFUSED),
        ok("what was refused is a payment, and its number is free again", "GET /payments/find/once-3", "", Payment,
            r#"{"status":"failed","channel":"api"}"#),
        no("no card", ONETIME, "merchant_uid=once-4&amount=3000&expiry=2030-11&birth=910203&pwd_2digit=47", (400, 1),
            "card_number: 필수…"),
        no("no expiry", ONETIME, "merchant_uid=once-4&amount=3000&card_number=5164-5312-3456-7890", (400, 1),
            "expiry: 필수…"),
        no("an expiry in another form", ONETIME,
            "merchant_uid=once-4&amount=3000&card_number=5164-5312-3456-7890&expiry=11/30", (400, 1), "expiry: …")
            .chosen("HTTP 400, code 1, and the card is never quoted"),
        no("no merchant_uid", ONETIME, "amount=3000&card_number=5164-5312-3456-7890&expiry=2030-11", (400, 1),
            "merchant_uid: 필수…"),
        ok("a card is charged, and its key kept", ONETIME,
            "customer_uid=keyed-1&merchant_uid=once-5&amount=3000&card_number=5164-5312-3456-7890&expiry=2030-11\
            &birth=910203&pwd_2digit=47",
            Payment, r#"{"status":"paid","customer_uid":"keyed-1","customer_uid_usage":"issue"}"#),
        ok("the kept key is charged", "POST /subscribe/payments/again",
            "customer_uid=keyed-1&merchant_uid=once-6&amount=3000", Payment,
            r#"{"status":"paid","customer_uid":"keyed-1","customer_uid_usage":"payment"}"#),
        ok("a key is made, and nothing charged", "POST /subscribe/customers/keyed-2",
            r#"{"card_number":"5164-5312-3456-7890","expiry":"2030-11","birth":"910203","pwd_2digit":"47",
                "customer_name":"홍길동","customer_tel":"010","customer_email":"a@b.kr","customer_addr":"서울",
                "customer_postcode":"06018"}"#,
            Customer,
            r#"{"customer_uid":"keyed-2","customer_name":"홍길동","customer_tel":"010","customer_email":"a@b.kr",
                "customer_addr":"서울","customer_postcode":"06018","card_number":"516453******7890"}"#),
        ok("another card takes the key's place", "POST /subscribe/customers/keyed-2",
            "card_number=4242-4242-4242-4242&expiry=2030-11&birth=910203&pwd_2digit=47", Customer,
            r#"{"customer_uid":"keyed-2","card_number":"424242******4242"}"#),
        no("a refused card leaves the key", "POST /subscribe/customers/keyed-2",
            "card_number=4000-0000-0000-0002&expiry=2030-11&birth=910203&pwd_2digit=47", (200, -1), NO_KEY),
        ok("as it was", "GET /subscribe/customers/keyed-2", "", Customer, r#"{"card_number":"424242******4242"}"#),
        no("a key without a card", "POST /subscribe/customers/keyed-3", "expiry=2030-11", (400, 1),
            "card_number: 필수…"),
    ]
}
