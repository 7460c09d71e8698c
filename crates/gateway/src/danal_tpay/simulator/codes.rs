//! The codes with which the simulator answers. All of them are Danal's own, from its list for the Pay Card.

/// Done.
pub const OK: &str = "0000";
/// What was decrypted is not pairs.
pub const PARSE_ERROR: &str = "1100";
/// A field is missing.
pub const MISSING_FIELD: &str = "1101";
/// A field is too long, has a character that Danal forbids, or a value that it cannot have.
pub const WRONG_REQUEST: &str = "1102";
/// A key was issued for this `TID` before.
pub const DUPLICATE: &str = "1103";
/// No such `TID`, or its buyer has not agreed.
pub const NOT_FOUND: &str = "1104";
/// `AMOUNT` is not that of the opening.
pub const OTHER_AMOUNT: &str = "1105";
/// No such merchant.
pub const UNKNOWN_CPID: &str = "1106";
/// Less than may be charged.
pub const TOO_LITTLE: &str = "1110";
/// `DATA` cannot be decrypted.
pub const NOT_DECRYPTED: &str = "1114";
/// Everything was cancelled before.
pub const CANCELLED_BEFORE: &str = "1115";
/// This cannot be cancelled.
pub const NOT_CANCELLABLE: &str = "1116";
/// The approval to be cancelled does not exist.
pub const NO_ORIGINAL: &str = "1117";
/// No such billing key, or it was deleted.
pub const UNKNOWN_KEY: &str = "1121";
/// Too late for a cancel.
pub const CANCEL_TOO_LATE: &str = "1123";
/// The time for the window and what follows it is over.
pub const SESSION_OVER: &str = "1124";
/// A full cancel that is not of the whole approval.
pub const CANCEL_AMOUNT: &str = "1126";
/// A partial cancel of more than is left.
pub const TOO_MUCH: &str = "1128";
/// This merchant may not do that.
pub const NOT_ALLOWED: &str = "1131";
/// The card's number is wrong.
pub const WRONG_CARD_NUMBER: &str = "1149";
/// This `ORDERID` was used.
pub const DUPLICATE_ORDER: &str = "1156";
/// The buyer cancelled in the window.
pub const USER_CANCELLED: &str = "2101";
/// The server's address is not registered.
pub const FOREIGN_IP: &str = "2186";
/// Expired card.
pub const EXPIRED_CARD: &str = "3100";
/// Over the limit.
pub const OVER_LIMIT: &str = "3112";
/// Lost or stolen.
pub const LOST_CARD: &str = "3122";
/// Not enough money.
pub const NO_BALANCE: &str = "3133";
/// The issuer declined.
pub const ASK_ISSUER: &str = "3143";
/// The issuer did not answer in time.
pub const TIMED_OUT: &str = "3201";

/// What a code says.
pub fn message(code: &str) -> &'static str {
    match code {
        OK => "성공",
        PARSE_ERROR => "요청 전문 오류",
        MISSING_FIELD => "필수 항목 누락",
        WRONG_REQUEST => "잘못된 요청",
        DUPLICATE => "중복 요청",
        NOT_FOUND => "거래 내역 없음",
        OTHER_AMOUNT => "인증 금액과 불일치",
        UNKNOWN_CPID => "등록되지 않은 가맹점",
        TOO_LITTLE => "결제 가능 금액 미만",
        NOT_DECRYPTED => "암복호화 실패",
        CANCELLED_BEFORE => "이미 취소된 거래",
        NOT_CANCELLABLE => "취소 불가 거래",
        NO_ORIGINAL => "원거래 없음",
        UNKNOWN_KEY => "유효하지 않은 빌링키",
        CANCEL_TOO_LATE => "취소 가능 기간 경과",
        SESSION_OVER => "거래 유효시간 경과",
        CANCEL_AMOUNT => "취소 금액 불일치",
        TOO_MUCH => "부분취소 가능 금액 초과",
        NOT_ALLOWED => "허용되지 않은 거래",
        WRONG_CARD_NUMBER => "카드번호 오류",
        DUPLICATE_ORDER => "가맹점 주문번호 중복",
        USER_CANCELLED => "사용자 취소",
        FOREIGN_IP => "허용되지 않은 IP",
        EXPIRED_CARD => "유효기간 만료 카드",
        OVER_LIMIT => "한도 초과",
        LOST_CARD => "분실 또는 도난 카드",
        NO_BALANCE => "잔액 부족",
        ASK_ISSUER => "카드사 문의 요망",
        TIMED_OUT => "카드사 응답 시간 초과",
        _ => "처리 실패",
    }
}

/// A refusal: a code, and what it is about when that can be said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The code.
    pub code: String,
    /// The name of a field, never its value; or a remark.
    pub about: Option<&'static str>,
}

impl Refusal {
    /// A refusal by code alone.
    pub fn new(code: &str) -> Refusal {
        Refusal {
            code: code.to_owned(),
            about: None,
        }
    }

    /// A refusal because of something.
    pub fn of(code: &str, about: &'static str) -> Refusal {
        Refusal {
            code: code.to_owned(),
            about: Some(about),
        }
    }

    /// A field with a value that it cannot have.
    pub fn field(name: &'static str) -> Refusal {
        Refusal::of(WRONG_REQUEST, name)
    }

    /// The text.
    pub fn message(&self) -> String {
        match self.about {
            Some(about) => format!("{} ({about})", message(&self.code)),
            None => message(&self.code).to_owned(),
        }
    }
}
