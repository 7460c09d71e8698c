//! Charging a key.

use crate::row::{Row, no, ok};
use crate::shape::Shape::Payment;

const AGAIN: &str = "POST /subscribe/payments/again";
const USED: &str =
    "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)";
const NOBODY: &str = "등록되지 않은 구매자입니다.";
const PAID: &str = r#"{"status":"paid"}"#;

pub fn rows() -> Vec<Row> {
    [charges(), refusals()].concat()
}

#[rustfmt::skip] // A table is read by its lines.
fn charges() -> Vec<Row> {
    vec![
        ok("three fields", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"again-1","amount":3000}"#, Payment,
            r#"{"status":"paid","amount":3000,"channel":"api","currency":"KRW","customer_uid":"customer-1",
                "customer_uid_usage":"payment","buyer_name":null,"buyer_email":null,"custom_data":null}"#)
            .chosen("name is not required, whatever V1's own description says"),
        ok("with a slash at the end", "POST /subscribe/payments/again/",
            "customer_uid=customer-1&merchant_uid=again-2&amount=3000", Payment, PAID),
        ok("everything", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-3","amount":3000,"currency":"KRW","name":"10월 구독",
                "buyer_name":"홍길동","buyer_email":"a@b.kr","buyer_tel":"010","buyer_addr":"서울",
                "buyer_postcode":"06018","tax_free":1000,"vat_amount":182,"custom_data":"{\"a\":1}",
                "browser_ip":"203.0.113.7","product_type":"digital","product_count":1,
                "cash_receipt_type":"anonymous","bypass":"{}","extra":{"x":1},"use_card_point":false,
                "interest_free_by_merchant":true,"promotion_id":"p","channel_key":"k","vat":0,
                "notice_url":"http://127.0.0.1:9/"}"#, Payment,
            r#"{"name":"10월 구독","buyer_name":"홍길동","buyer_email":"a@b.kr","buyer_tel":"010","buyer_addr":"서울",
                "buyer_postcode":"06018","custom_data":"{\"a\":1}"}"#),
        ok("raw UTF-8 in a form, spaces before names", AGAIN,
            "customer_uid=customer-1& merchant_uid=again-4& amount=3000& name=10월+구독", Payment,
            r#"{"name":"10월 구독"}"#),
        ok("nulls for what is not given", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-5","amount":3000,"name":null,"buyer_name":null,
                "currency":null,"tax_free":null,"vat_amount":null,"custom_data":null,"notice_url":null,
                "card_quota":null}"#, Payment, r#"{"status":"paid","custom_data":null,"buyer_name":null}"#),
        ok("zeros and false for what is not given", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-6","amount":3000,"card_quota":0,"tax_free":0,
                "product_count":0,"interest_free_by_merchant":false,"use_card_point":false}"#, Payment,
            r#"{"status":"paid","card_quota":0}"#),
        ok("empty texts for what is not given", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-7","amount":"3000","buyer_addr":"",
                "custom_data":"","card_quota":""}"#, Payment, r#"{"buyer_addr":null,"custom_data":null}"#)
            .chosen("an empty text is not given"),
        ok("numbers as texts and texts as numbers", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":95382678123123123,"amount":"3000"}"#, Payment,
            r#"{"merchant_uid":"95382678123123123","amount":3000}"#),
        ok("an object as custom_data", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-8","amount":3000,"custom_data":{"a":[1,"둘"]}}"#,
            Payment, r#"{"custom_data":"{\"a\":[1,\"둘\"]}"}"#),
        ok("unknown fields", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-9","amount":3000,"user_id":7,
                "meta":{"plugin":"x"}}"#, Payment, PAID),
        ok("40 characters, Korean and signs in them", AGAIN, "customer_uid=customer-1&merchant_uid={40}&amount=3000",
            Payment, r#"{"merchant_uid":"{40}"}"#),
        ok("another customer's name, encoded", AGAIN,
            "customer_uid=%EB%8B%A8%EA%B3%A8%2F1&merchant_uid=again-10&amount=3000", Payment,
            r#"{"customer_uid":"단골/1"}"#),
        ok("a decline", AGAIN, r#"{"customer_uid":"poor","merchant_uid":"again-poor","amount":3000}"#, Payment,
            r#"{"status":"failed","amount":3000,"paid_at":0,"customer_uid":"poor"}"#)
            .chosen("HTTP 200, code 0, status failed, fail_reason [CODE] text: clients disagree"),
        ok("an outcome that nobody knows", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-lost","amount":3000}"#, Payment,
            r#"{"status":"ready","merchant_uid":"again-lost"}"#).fault("charge drop_answer")
            .chosen("code 0, status ready, imp_uid set; a webhook tells the end"),
        ok("which holds its merchant_uid", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-lost","amount":3000}"#, Payment,
            r#"{"status":"ready"}"#).chosen("it joins the first"),
        ok("again after a decline", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-poor","amount":3000}"#, Payment, PAID),
    ]
}

#[rustfmt::skip] // A table is read by its lines.
fn refusals() -> Vec<Row> {
    vec![
        no("an unknown customer", AGAIN, r#"{"customer_uid":"nobody","merchant_uid":"again-x","amount":3000}"#,
            (200, 1), NOBODY).chosen("code 1; an old test has -1"),
        no("a deleted one", AGAIN, r#"{"customer_uid":"left","merchant_uid":"again-x","amount":3000}"#, (200, 1),
            NOBODY),
        no("a number as an unknown customer", AGAIN,
            r#"{"customer_uid":95382678,"merchant_uid":"again-x","amount":3000}"#, (200, 1), NOBODY),
        no("a paid merchant_uid", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"paid-1","amount":3000}"#,
            (200, 1), USED),
        no("a cancelled one", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"cancelled-1","amount":3000}"#,
            (200, 1), USED),
        no("a registration's", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"card-1","amount":3000}"#,
            (200, 1), USED),
        no("nothing to pay", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"again-x","amount":0}"#, (200, 1),
            "amount: …").chosen("refused with code 1: the text is unknown"),
        no("the customer is looked at first", AGAIN,
            r#"{"customer_uid":"nobody","merchant_uid":"paid-1","amount":0}"#, (200, 1), NOBODY)
            .chosen("customer, merchant_uid, amount, gateway: taken from clients' tests"),
        no("the merchant_uid then", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"paid-1","amount":0}"#,
            (200, 1), USED),
        no("no customer", AGAIN, r#"{"merchant_uid":"again-x","amount":3000}"#, (400, 1), "customer_uid: 필수…")
            .chosen("HTTP 400, code 1"),
        no("no merchant_uid", AGAIN, r#"{"customer_uid":"customer-1","amount":3000}"#, (400, 1), "merchant_uid: 필수…")
            .chosen("HTTP 400, code 1"),
        no("no amount", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"again-x"}"#, (400, 1), "amount: 필수…")
            .chosen("HTTP 400, code 1"),
        no("less than nothing", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"again-x","amount":-1}"#,
            (400, 1), "amount: …").chosen("HTTP 400, code 1"),
        no("a fraction of a won", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-x","amount":0.5,"currency":"KRW"}"#, (400, 1),
            "amount: …").chosen("HTTP 400, code 1"),
        no("what is no amount", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"again-x","amount":"much"}"#,
            (400, 1), "amount: …").chosen("HTTP 400, code 1"),
        no("an amount that is a list", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-x","amount":[1]}"#, (400, 1), "amount: …")
            .chosen("HTTP 400, code 1"),
        no("41 characters", AGAIN, r#"{"customer_uid":"customer-1","merchant_uid":"{41}","amount":3000}"#, (400, 1),
            "merchant_uid: 최대 40자…").chosen("HTTP 400, code 1"),
        no("81 characters", AGAIN, r#"{"customer_uid":"{81}","merchant_uid":"again-x","amount":3000}"#, (400, 1),
            "customer_uid: 최대 80자…").chosen("HTTP 400, code 1"),
        no("no currency of this world", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-x","amount":1,"currency":"WON"}"#, (400, 1),
            "currency: …").chosen("HTTP 400, code 1"),
        no("what is no number of months", AGAIN,
            r#"{"customer_uid":"customer-1","merchant_uid":"again-x","amount":1,"card_quota":"many"}"#, (400, 1),
            "card_quota: …").chosen("HTTP 400, code 1"),
        no("broken JSON", AGAIN, r#"{"customer_uid":"customer-1","#, (400, 1), "body: JSON…")
            .chosen("HTTP 400, code 1"),
        no("nothing of the refused ones was charged", "GET /payments/find/again-x", "", (404, -1), "존재하지 않는 결제정보입니다."),
        no("another method", "GET /subscribe/payments/again", "", (405, -1), "지원하지 않는 HTTP 메소드입니다.…"),
        no("the retired call for foreign cards", "POST /subscribe/payments/foreign", "", (404, -1),
            "존재하지 않는 API입니다.…").chosen("HTTP 404 in the envelope"),
    ]
}
