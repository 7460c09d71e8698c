//! The codes with which the simulator answers. PAYCO publishes few; those of six digits from 990001 on are the
//! simulator's own, because a code that PAYCO uses for something else would teach something false.

use serde_json::Value;

/// Done.
pub const OK: &str = "0";
/// The buyer cancelled in the window.
pub const USER_CANCELLED: &str = "2222";
/// A parameter is wrong; also an order number that was used before.
pub const BAD_PARAMETER: &str = "1001";
/// The time for the window is over.
pub const TIME_OVER: &str = "1012";
/// Over the card's limit.
pub const OVER_LIMIT: &str = "1402";
/// Ours: no such seller.
pub const UNKNOWN_SELLER: &str = "990001";
/// Ours: the shop or the product is not this seller's.
pub const FOREIGN_SHOP: &str = "990002";
/// Ours: the server's address is not registered. PAYCO's text for it is known, its code is not.
pub const FOREIGN_IP: &str = "990003";
/// Ours: something that PAYCO has and this simulator does not.
pub const NOT_SIMULATED: &str = "990004";
/// Ours: the body is not a JSON object.
pub const MALFORMED: &str = "990005";
/// Ours: this seller may not open a window now.
pub const NOT_ALLOWED: &str = "990006";
/// Ours: the card was refused at registration.
pub const CARD_REFUSED: &str = "990010";
/// Ours: a real card was typed into a simulated window.
pub const TEST_CARDS_ONLY: &str = "990011";
/// Ours: not enough money.
pub const NO_BALANCE: &str = "990020";
/// Ours: lost card.
pub const LOST_CARD: &str = "990021";
/// Ours: expired card.
pub const EXPIRED_CARD: &str = "990022";
/// Ours: the issuer declined.
pub const ISSUER_DECLINED: &str = "990023";
/// Ours: no such registration, or it was deleted.
pub const UNKNOWN_KEY: &str = "990030";
/// Ours: no such order.
pub const NO_ORDER: &str = "990031";
/// Ours: `orderCertifyKey` is not this order's.
pub const WRONG_CERTIFY_KEY: &str = "990032";
/// Ours: everything was cancelled before.
pub const CANCELLED_BEFORE: &str = "990033";
/// Ours: more than is left.
pub const TOO_MUCH: &str = "990034";
/// Ours: this cannot be cancelled.
pub const NOT_CANCELLABLE: &str = "990035";
/// Ours: PAYCO itself timed out.
pub const TIMED_OUT: &str = "990040";

/// What a code says.
pub fn message(code: &str) -> &'static str {
    match code {
        OK => "success",
        USER_CANCELLED => "사용자가 결제를 취소하였습니다.",
        BAD_PARAMETER => "파라미터 오류",
        TIME_OVER => "결제 가능 시간이 지났습니다.",
        OVER_LIMIT => "카드 한도 초과",
        UNKNOWN_SELLER => "등록되지 않은 판매자 (모의)",
        FOREIGN_SHOP => "판매자의 상점 또는 상품이 아님 (모의)",
        FOREIGN_IP => "허용되지 않은 IP",
        NOT_SIMULATED => "모의 결제에 없는 기능 (모의)",
        MALFORMED => "요청 전문 오류 (모의)",
        NOT_ALLOWED => "허용되지 않은 요청 (모의)",
        CARD_REFUSED => "카드 등록 거절 (모의)",
        TEST_CARDS_ONLY => "모의 결제에는 테스트 카드만 쓸 수 있습니다 (test cards only)",
        NO_BALANCE => "잔액 부족 (모의)",
        LOST_CARD => "분실 카드 (모의)",
        EXPIRED_CARD => "유효기간 만료 카드 (모의)",
        ISSUER_DECLINED => "카드사 승인 거절 (모의)",
        UNKNOWN_KEY => "등록되지 않은 자동결제 (모의)",
        NO_ORDER => "주문 없음 (모의)",
        WRONG_CERTIFY_KEY => "주문인증키 불일치 (모의)",
        CANCELLED_BEFORE => "이미 취소된 주문 (모의)",
        TOO_MUCH => "취소 가능 금액 초과 (모의)",
        NOT_CANCELLABLE => "취소 불가 주문 (모의)",
        TIMED_OUT => "처리 시간 초과 (모의)",
        _ => "처리 실패",
    }
}

/// A code as it stands in an answer: an integer, or a text where somebody asked for a code that is none or for texts.
pub fn in_json(code: &str, as_text: bool) -> Value {
    match code.parse::<i64>() {
        Ok(number) if !as_text => number.into(),
        _ => code.into(),
    }
}

/// A refusal: a code, and which field it is about when it is about one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The code.
    pub code: String,
    /// The name of a field; never its value.
    pub field: Option<&'static str>,
    /// The text, where it is not the code's own.
    pub text: Option<String>,
}

impl Refusal {
    /// A refusal by code alone.
    pub fn new(code: &str) -> Refusal {
        Refusal {
            code: code.to_owned(),
            field: None,
            text: None,
        }
    }

    /// A refusal with a text of its own.
    pub fn saying(code: &str, text: String) -> Refusal {
        Refusal {
            text: Some(text),
            ..Refusal::new(code)
        }
    }

    /// A field that is missing or has a value that it cannot have.
    pub fn field(name: &'static str) -> Refusal {
        Refusal {
            field: Some(name),
            ..Refusal::new(BAD_PARAMETER)
        }
    }

    /// The text.
    pub fn message(&self) -> String {
        if let Some(text) = &self.text {
            return text.clone();
        }
        match self.field {
            Some(field) => format!("{} ({field})", message(&self.code)),
            None => message(&self.code).to_owned(),
        }
    }
}
