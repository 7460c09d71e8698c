//! Channels, codes, and paths that are not here.

use crate::row::{Row, no, ok};
use crate::shape::Shape::{Channels, Code, Codes};

const ELSEWHERE: &str = "정기결제가 아닌 기능은 지원하지 않습니다.…";
const NOWHERE: &str = "존재하지 않는 API입니다.…";

#[rustfmt::skip] // A table is read by its lines.
pub fn rows() -> Vec<Row> {
    vec![
        ok("channels", "GET /users/pg", "", Channels(5), ""),
        ok("card companies", "GET /cards", "", Codes(20), ""),
        ok("one", "GET /cards/361", "", Code, r#"{"code":"361"}"#),
        ok("with zeros before it, and a slash", "GET /cards/041/", "", Code, r#"{"code":"041"}"#),
        no("an unknown one", "GET /cards/999", "", (404, -1), "코드에 해당되는 카드사정보를 찾을 수 없습니다.")
            .chosen("code -1 and our text: HTTP 404 is known"),
        ok("banks", "GET /banks", "", Codes(20), ""),
        ok("a bank", "GET /banks/004", "", Code, r#"{"code":"004"}"#),
        no("an unknown bank", "GET /banks/999", "", (404, -1), "코드에 해당되는 은행정보를 찾을 수 없습니다.")
            .chosen("code -1 and our text: HTTP 404 is known"),
        no("a sub-store", "GET /tiers/ABC", "", (404, -1), "등록되지 않았거나 이미 삭제된 tier_code입니다.").chosen("there are none"),
        no("identity verification", "GET /certifications/imp_1", "", (501, -1), ELSEWHERE)
            .chosen("501: V1 has it and this server does not"),
        no("its deletion", "DELETE /certifications/imp_1", "", (501, -1), ELSEWHERE).chosen("501"),
        no("one-time passwords", "POST /certifications/otp/request", "", (501, -1), ELSEWHERE).chosen("501"),
        no("receipts", "GET /receipts/imp_1", "", (501, -1), ELSEWHERE).chosen("501"),
        no("virtual accounts", "POST /vbanks", "", (501, -1), ELSEWHERE).chosen("501"),
        no("escrow", "POST /escrows/logis/imp_1", "", (501, -1), ELSEWHERE).chosen("501"),
        no("convenience stores", "POST /cvs", "", (501, -1), ELSEWHERE).chosen("501"),
        no("another wallet's own", "GET /naver/reviews", "", (501, -1), ELSEWHERE).chosen("501"),
        no("another gateway's members", "DELETE /kcpquick/members/1", "", (501, -1), ELSEWHERE).chosen("501"),
        no("points", "POST /benepia/point", "", (501, -1), ELSEWHERE).chosen("501"),
        no("a retired look-up", "GET /vbanks/holder?bank_code=04&bank_num=1", "", (404, -1), NOWHERE)
            .chosen("404 in the envelope"),
        no("a retired path", "GET /kakao/payment/orders", "", (404, -1), NOWHERE).chosen("404 in the envelope"),
        no("no path at all", "POST /nowhere", "", (404, -1), NOWHERE).chosen("404 in the envelope"),
    ]
}
