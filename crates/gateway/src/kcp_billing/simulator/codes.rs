//! The codes with which the simulator answers. Those that begin with `S9` are its own: the real ones for these cases are
//! not published, and a code that KCP uses for something else would teach something false.

/// Done.
pub const OK: &str = "0000";
/// The buyer cancelled in the window.
pub const USER_CANCELLED: &str = "3001";
/// The issuer declined.
pub const ISSUER_DECLINED: &str = "CC03";
/// Lost card.
pub const LOST_CARD: &str = "CC04";
/// Not enough money.
pub const NO_BALANCE: &str = "CC10";
/// Expired card.
pub const EXPIRED_CARD: &str = "CC54";
/// Amount over the card's limit.
pub const OVER_LIMIT: &str = "CC61";
/// The group id is not this site's.
pub const WRONG_GROUP: &str = "5209";
/// `enc_data` and `enc_info` are not what the window made, or were used before.
pub const BAD_ENC: &str = "6004";
/// The signature does not match.
pub const BAD_SIGNATURE: &str = "8002";
/// This merchant may not do that.
pub const NOT_ALLOWED: &str = "8012";
/// A partial cancel of more than is left.
pub const TOO_MUCH: &str = "8036";
/// `rem_mny` is not what is left.
pub const WRONG_BALANCE: &str = "8037";
/// A full cancel after a partial one.
pub const FULL_AFTER_PARTIAL: &str = "8040";
/// KCP itself timed out.
pub const TIMED_OUT: &str = "8041";
/// Not a card's number that is taken here.
pub const BAD_CARD_NUMBER: &str = "8107";
/// The expiry cannot be one.
pub const BAD_EXPIRY: &str = "8109";
/// The birth date or business number cannot be one.
pub const BAD_BIRTH: &str = "8110";
/// The first two digits of the password cannot be that.
pub const BAD_PIN: &str = "8111";
/// This site's contract is not for card data.
pub const KEY_IN_OFF: &str = "CC35";
/// Outside the amounts of the test site.
pub const TEST_AMOUNT: &str = "8129";
/// No such approval.
pub const NO_ORIGINAL: &str = "8132";
/// Cancelled before.
pub const CANCELLED_BEFORE: &str = "8133";
/// This approval cannot be cancelled.
pub const NOT_CANCELLABLE: &str = "8134";
/// Under the least amount.
pub const AMOUNT_TOO_SMALL: &str = "8135";
/// The time for the window has passed.
pub const EXPIRED_SESSION: &str = "8310";
/// The order number was used before.
pub const DUPLICATE_ORDER: &str = "8338";
/// The certificate is not accepted.
pub const BAD_CERTIFICATE: &str = "S032";
/// Ours: the request is not a JSON object of strings and numbers.
pub const MALFORMED: &str = "S900";
/// Ours: a field is missing.
pub const MISSING_FIELD: &str = "S901";
/// Ours: a field is too long or has a value that it cannot have.
pub const BAD_FIELD: &str = "S902";
/// Ours: no such call.
pub const NO_SUCH_CALL: &str = "S903";
/// Ours: no such batch key, or it was deleted.
pub const UNKNOWN_KEY: &str = "S910";

/// What a code says, Korean and English.
pub fn message(code: &str) -> (&'static str, &'static str) {
    match code {
        OK => ("정상처리", "success"),
        USER_CANCELLED => ("사용자가 결제를 취소하였습니다.", "cancelled by the user"),
        ISSUER_DECLINED => ("카드사 승인 거절", "declined by the issuer"),
        LOST_CARD => ("분실 또는 사용불가 카드", "lost or unusable card"),
        NO_BALANCE => ("잔액 부족", "insufficient balance"),
        EXPIRED_CARD => ("유효기간 경과 카드", "expired card"),
        OVER_LIMIT => ("거래금액 한도초과", "amount over the limit"),
        WRONG_GROUP => ("[배치] 사용할 수 없는 그룹아이디", "group id not usable"),
        BAD_ENC => ("암복호화 데이터 오류", "bad encrypted data"),
        BAD_SIGNATURE => ("인증 정보 확인 실패", "signature check failed"),
        NOT_ALLOWED => ("허용되지 않은 가맹점", "merchant not allowed"),
        TOO_MUCH => ("취소 가능 금액 초과", "more than can be cancelled"),
        WRONG_BALANCE => ("취소 가능 잔액 불일치", "remaining balance does not match"),
        FULL_AFTER_PARTIAL => (
            "부분취소 거래는 전체취소 불가",
            "no full cancel after a partial one",
        ),
        TIMED_OUT => ("처리 시간 초과", "timed out"),
        BAD_CARD_NUMBER => (
            "모의 결제에는 테스트 카드만 쓸 수 있습니다 (test cards only)",
            "test cards only",
        ),
        BAD_EXPIRY => ("유효기간 오류", "bad expiry"),
        BAD_BIRTH => ("생년월일/사업자번호 오류", "bad birth date"),
        BAD_PIN => ("비밀번호 앞 2자리 오류", "bad password digits"),
        KEY_IN_OFF => ("수기결제 불가 가맹점", "no key-in for this merchant"),
        TEST_AMOUNT => (
            "테스트 결제 가능 금액은 1,000원 ~ 5,004원",
            "test amounts are 1,000 to 5,004",
        ),
        NO_ORIGINAL => ("원거래 없음", "no such approval"),
        CANCELLED_BEFORE => ("기취소된 거래", "cancelled before"),
        NOT_CANCELLABLE => ("취소 불가 거래", "not cancellable"),
        AMOUNT_TOO_SMALL => ("최소 결제금액 미만", "below the minimum amount"),
        EXPIRED_SESSION => ("거래 유효시간 경과", "session expired"),
        DUPLICATE_ORDER => ("주문번호 중복", "duplicate order number"),
        BAD_CERTIFICATE => (
            "접근 권한 없음 (인증서 확인 필요)",
            "certificate not accepted",
        ),
        MALFORMED => ("요청 전문 오류", "malformed request"),
        MISSING_FIELD => ("필수 항목 누락", "missing field"),
        BAD_FIELD => ("항목 값 오류", "bad field"),
        NO_SUCH_CALL => ("지원하지 않는 요청", "no such call"),
        UNKNOWN_KEY => ("등록되지 않은 배치키", "unknown batch key"),
        _ => ("처리 실패", "failed"),
    }
}

/// A refusal: a code, and which field it is about when it is about one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The code.
    pub code: String,
    /// The name of a field; never its value.
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

    /// The text in Korean.
    pub fn message(&self) -> String {
        let (korean, _) = message(&self.code);
        match self.field {
            Some(field) => format!("{korean} ({field})"),
            None => korean.to_owned(),
        }
    }
}
