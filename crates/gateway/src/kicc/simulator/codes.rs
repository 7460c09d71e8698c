//! The codes with which the simulator answers. Those that begin with `S` and two more letters are its own: the real ones
//! for these cases are not published, and a code that KICC uses for something else would teach something false.

/// Done.
pub const OK: &str = "0000";
/// The buyer cancelled in the window.
pub const USER_CANCELLED: &str = "W002";
/// A phone's browser in a window that was registered for a PC.
pub const WRONG_DEVICE: &str = "WN14";
/// No such authentication, or an old or used one.
pub const NO_AUTHORIZATION: &str = "R102";
/// Over the limit.
pub const OVER_LIMIT: &str = "8521";
/// Not enough money.
pub const NO_BALANCE: &str = "8035";
/// The card's expiry is wrong or past.
pub const EXPIRED_CARD: &str = "8314";
/// Lost or stolen.
pub const LOST_CARD: &str = "8350";
/// The issuer declined.
pub const ASK_ISSUER: &str = "8373";
/// KICC itself timed out. Documented at cancels; the simulator says it elsewhere as well.
pub const TIMED_OUT: &str = "VTIM";
/// Ours: this `shopTransactionId` came before today, or this `shopOrderNo` was used.
pub const DUPLICATE: &str = "SDUP";
/// Ours: no such batch key, or it was removed.
pub const UNKNOWN_KEY: &str = "SNKEY";
/// Ours: no such call or approval.
pub const NOT_FOUND: &str = "SNOTX";
/// Ours: no such merchant.
pub const UNKNOWN_MALL: &str = "SMALL";
/// Ours: `msgAuthValue` is not what it must be.
pub const BAD_SIGNATURE: &str = "SSIGN";
/// Ours: everything was cancelled before.
pub const CANCELLED_BEFORE: &str = "SDONE";
/// Ours: more than is left.
pub const TOO_MUCH: &str = "SOVER";
/// Ours: a full cancel after a partial one.
pub const FULL_AFTER_PARTIAL: &str = "SPART";
/// Ours: `remainAmount` is not what is left.
pub const WRONG_BALANCE: &str = "SREM";
/// Ours: this cannot be cancelled.
pub const NOT_CANCELLABLE: &str = "SNOCX";
/// Ours: this merchant may not open a window.
pub const NOT_ALLOWED: &str = "SNOPE";
/// Ours: a real card was typed into a simulated window.
pub const TEST_CARDS_ONLY: &str = "SCARD";
/// Ours: the body is not a JSON object.
pub const MALFORMED: &str = "SJSON";
/// Ours: a field is missing.
pub const MISSING_FIELD: &str = "SMISS";
/// Ours: a field is too long, or of a kind or value that it cannot have.
pub const BAD_FIELD: &str = "SFLD";
/// Ours: a value has a character that KICC forbids.
pub const BAD_CHARACTER: &str = "SCHAR";
/// Ours: a date that is not the day on which it is asked.
pub const BAD_DATE: &str = "SDATE";

/// What a code says.
pub fn message(code: &str) -> &'static str {
    match code {
        OK => "정상",
        USER_CANCELLED => "[USER] 사용자가 결제를 취소하였습니다.",
        WRONG_DEVICE => "결제창과 단말 유형이 맞지 않습니다.",
        NO_AUTHORIZATION => "인증 내역이 존재하지 않습니다.",
        OVER_LIMIT => "한도 초과",
        NO_BALANCE => "잔액 부족",
        EXPIRED_CARD => "유효기간 오류",
        LOST_CARD => "분실 또는 도난 카드",
        ASK_ISSUER => "카드사 문의 요망",
        TIMED_OUT => "처리 시간 초과",
        DUPLICATE => "중복 요청 (모의)",
        UNKNOWN_KEY => "등록되지 않은 배치키 (모의)",
        NOT_FOUND => "거래 내역 없음 (모의)",
        UNKNOWN_MALL => "등록되지 않은 상점아이디 (모의)",
        BAD_SIGNATURE => "무결성 검증 값 오류 (모의)",
        CANCELLED_BEFORE => "이미 취소된 거래 (모의)",
        TOO_MUCH => "취소 가능 금액 초과 (모의)",
        FULL_AFTER_PARTIAL => "부분취소 거래는 전체취소 불가 (모의)",
        WRONG_BALANCE => "취소 가능 잔액 불일치 (모의)",
        NOT_CANCELLABLE => "취소 불가 거래 (모의)",
        NOT_ALLOWED => "허용되지 않은 상점 (모의)",
        TEST_CARDS_ONLY => "모의 결제에는 테스트 카드만 쓸 수 있습니다 (test cards only)",
        MALFORMED => "요청 전문 오류 (모의)",
        MISSING_FIELD => "필수 항목 누락 (모의)",
        BAD_FIELD => "항목 값 오류 (모의)",
        BAD_CHARACTER => "사용할 수 없는 문자 (모의)",
        BAD_DATE => "요청 일자 오류 (모의)",
        _ => "처리 실패",
    }
}

/// A refusal: a code, and which field it is about when it is about one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The code.
    pub code: String,
    /// The path of a field; never its value.
    pub field: Option<&'static str>,
}

impl Refusal {
    /// A refusal by code alone.
    pub fn new(code: &str) -> Refusal {
        Refusal {
            code: code.to_owned(),
            field: None,
        }
    }

    /// A refusal because of a field.
    pub fn of(code: &str, field: &'static str) -> Refusal {
        Refusal {
            code: code.to_owned(),
            field: Some(field),
        }
    }

    /// The text.
    pub fn message(&self) -> String {
        match self.field {
            Some(field) => format!("{} ({field})", message(&self.code)),
            None => message(&self.code).to_owned(),
        }
    }
}
