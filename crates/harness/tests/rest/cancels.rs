//! Giving money back. Each row that does has an order of its own.

use crate::row::{Row, no, ok};
use crate::shape::Shape::Payment;

const CANCEL: &str = "POST /payments/cancel";
const NOTHING: &str = "취소할 결제건이 존재하지 않습니다.";
const WHOLE: &str = r#"{"status":"cancelled","amount":3000,"cancel_amount":3000}"#;

#[rustfmt::skip] // A table is read by its lines.
pub fn rows() -> Vec<Row> {
    [
        vec![
            ok("all of it, by imp_uid", CANCEL, r#"{"imp_uid":"{whole}"}"#, Payment,
                r#"{"status":"cancelled","amount":3000,"cancel_amount":3000,"cancel_reason":"취소요청api",
                    "cancel_history":[{"amount":3000,"reason":"취소요청api"}]}"#),
            no("again", CANCEL, r#"{"imp_uid":"{whole}"}"#, (200, 1), "이미 전액취소된 주문입니다."),
            ok("by merchant_uid", CANCEL, r#"{"merchant_uid":"cancel-byuid"}"#, Payment, WHOLE),
            ok("amount 0 is all", CANCEL, r#"{"imp_uid":"{zero}","amount":0,"tax_free":0}"#, Payment, WHOLE),
            ok("null is not given", CANCEL,
                r#"{"imp_uid":"{nulls}","amount":null,"checksum":null,"reason":null,"refund_holder":null,
                    "refund_bank":null,"refund_account":null}"#, Payment, WHOLE),
            ok("a form, numbers as texts", CANCEL,
                "imp_uid={form}&amount=1000&checksum=3000&reason=%EB%B0%98%ED%92%88", Payment,
                r#"{"cancel_amount":1000,"cancel_reason":"반품"}"#),
            ok("raw UTF-8 and a plus", CANCEL, "imp_uid={reason}& reason=고객+변심", Payment,
                r#"{"cancel_reason":"고객 변심"}"#),
            ok("a webhook is asked for", CANCEL, r#"{"imp_uid":"{webhook}","enable_webhook":true}"#, Payment, WHOLE),
            ok("what has no meaning here", CANCEL,
                r#"{"imp_uid":"{extras}","extra":{"requester":"admin"},"retain_promotion":true,
                    "escrow_confirmed":false,"refund_tel":"010","vat_amount":0}"#, Payment, WHOLE).chosen("ignored"),
            ok("with a slash at the end", "POST /payments/cancel/", r#"{"imp_uid":"{slash}"}"#, Payment, WHOLE),
        ],
        parts(),
        refusals(),
    ]
    .concat()
}

#[rustfmt::skip] // A table is read by its lines.
fn parts() -> Vec<Row> {
    vec![
        ok("a part makes it cancelled", CANCEL, r#"{"imp_uid":"{part}","amount":1000,"checksum":3000}"#, Payment,
            r#"{"status":"cancelled","amount":3000,"cancel_amount":1000}"#),
        no("another checksum", CANCEL, r#"{"imp_uid":"{part}","amount":1000,"checksum":3000}"#, (200, 1),
            "checksum: …").chosen("code 1; our text says how much is left"),
        ok("a further part", CANCEL, r#"{"imp_uid":"{part}","amount":500,"reason":"둘"}"#, Payment,
            r#"{"cancel_amount":1500,"cancel_reason":"둘","cancel_history":[{"amount":1000},{"amount":500}]}"#),
        no("more than is left", CANCEL, r#"{"imp_uid":"{part}","amount":1501}"#, (200, 1), "amount: …")
            .chosen("code 1; our text says how much is left"),
        no("a checksum of 0 that is told", CANCEL, r#"{"imp_uid":"{part}","checksum":0}"#, (200, 1), "checksum: …")
            .chosen("0 is a real value when it is told"),
        ok("the rest", CANCEL, r#"{"imp_uid":"{part}"}"#, Payment,
            r#"{"cancel_amount":3000,"cancel_history":[{"amount":1000},{"amount":500},{"amount":1500}]}"#),
        no("and no more", CANCEL, r#"{"imp_uid":"{part}","amount":1}"#, (200, 1), "이미 전액취소된 주문입니다."),
        no("over the whole", CANCEL, r#"{"imp_uid":"{over}","amount":3001}"#, (200, 1), "amount: …")
            .chosen("code 1; our text says how much is left"),
    ]
}

#[rustfmt::skip] // A table is read by its lines.
fn refusals() -> Vec<Row> {
    vec![
        no("the gateway refuses", CANCEL, r#"{"imp_uid":"{refused}"}"#, (200, -1), "[…").fault("cancel decline")
            .chosen("[CODE] text of the gateway; the payment is as before"),
        ok("and may be asked again", CANCEL, r#"{"imp_uid":"{refused}"}"#, Payment, WHOLE),
        ok("the gateway's answer is lost", CANCEL, r#"{"imp_uid":"{lost}"}"#, Payment,
            r#"{"status":"paid","cancel_amount":0}"#).fault("cancel drop_answer")
            .chosen("code 0 and the payment as before: a webhook tells when money was given back"),
        no("and is not asked twice", CANCEL, r#"{"imp_uid":"{lost}"}"#, (200, 1), "이전 취소 요청의 결과를 확인하고 있습니다.…")
            .chosen("refused with code 1 while the first is open"),
        ok("the gateway decides later", CANCEL, r#"{"imp_uid":"{wall-later}"}"#, Payment,
            r#"{"status":"paid","cancel_amount":0}"#).chosen("as when its answer is lost"),
        no("neither id", CANCEL, r#"{"reason":"반품"}"#, (200, 1), "취소할 imp_uid 또는 merchant_uid를 지정해주셔야합니다.")
            .chosen("only the end of the text is known"),
        no("an unknown one", CANCEL, r#"{"imp_uid":"imp_999999999999"}"#, (200, 1), NOTHING),
        no("an unknown imp_uid beside a good merchant_uid", CANCEL,
            r#"{"imp_uid":"imp_999999999999","merchant_uid":"paid-1"}"#, (200, 1), NOTHING),
        no("an unknown merchant_uid", CANCEL, r#"{"merchant_uid":"nobody"}"#, (200, 1), NOTHING),
        no("a decline", CANCEL, r#"{"imp_uid":"{failed-1}"}"#, (200, 1), NOTHING).chosen("as an unknown one"),
        no("a window that nobody finished", CANCEL, r#"{"imp_uid":"{ready}"}"#, (200, 1), NOTHING)
            .chosen("as an unknown one"),
        no("a registration that took no money", CANCEL, r#"{"imp_uid":"{card-1}"}"#, (200, 1), NOTHING)
            .chosen("there is nothing to cancel"),
        no("what is no amount", CANCEL, r#"{"imp_uid":"{over}","amount":"all"}"#, (400, 1), "amount: …")
            .chosen("HTTP 400, code 1"),
        no("less than nothing", CANCEL, r#"{"imp_uid":"{over}","amount":-1}"#, (400, 1), "amount: …")
            .chosen("HTTP 400, code 1"),
        no("a fraction of a won", CANCEL, r#"{"imp_uid":"{over}","amount":0.5}"#, (400, 1), "amount: …")
            .chosen("HTTP 400, code 1"),
        no("another method", "GET /payments/cancel", "", (405, -1), "지원하지 않는 HTTP 메소드입니다.…"),
    ]
}
