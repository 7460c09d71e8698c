//! The texts of the windows.

use super::tokens::Mistake;

/// A text in both languages: Korean, English.
pub type Words = (&'static str, &'static str);

/// Language of a window.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Korean.
    Korean,
    /// English.
    English,
}

impl Language {
    /// The text in this language.
    pub fn say(self, words: Words) -> &'static str {
        match self {
            Language::Korean => words.0,
            Language::English => words.1,
        }
    }

    /// The language's tag in HTML.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Korean => "ko",
            Language::English => "en",
        }
    }
}

/// The windows' title.
pub const TITLE: Words = (
    "Paymentwall 모의 카드 결제창",
    "Paymentwall, simulated: pay by card",
);
/// That it is a simulation.
pub const SIMULATED: Words = (
    "모의 결제창입니다. 실제 결제가 이루어지지 않으며 테스트 카드만 쓸 수 있습니다.",
    "This is a simulation. No money moves and only test cards work.",
);
/// Label of the shop.
pub const SHOP: Words = ("상점", "Shop");
/// Label of the order's name.
pub const ORDER: Words = ("상품", "Order");
/// Label of the amount.
pub const AMOUNT: Words = ("금액", "Amount");
/// Label of the card's number.
pub const CARD_NUMBER: Words = ("카드번호", "Card number");
/// A number that works.
pub const CARD_HINT: Words = ("예: 4242 4242 4242 4242", "Such as 4242 4242 4242 4242");
/// Label of the expiry.
pub const EXPIRY: Words = ("유효기간 (MM/YY)", "Expiry (MM/YY)");
/// Label of the CVV.
pub const CVC: Words = ("CVV (카드 뒷면 3자리)", "CVV (3 digits on the back)");
/// What the CVV does.
pub const CVC_HINT: Words = (
    "111·222·333은 거절, 555·556은 심사로 이어집니다.",
    "111, 222 and 333 are declined; 555 and 556 go into review.",
);
/// Label of the postal code.
pub const ZIP: Words = ("우편번호", "Postal code");
/// The button that pays.
pub const PAY: Words = ("결제", "Pay");
/// The button that gives up.
pub const CANCEL: Words = ("취소", "Cancel");
/// The button that goes on without scripts.
pub const BACK_TO_SHOP: Words = ("상점으로 돌아가기", "Back to the shop");
/// The window has ended.
pub const ENDED: Words = (
    "처리 결과를 상점에 전달하고 있습니다.",
    "Handing the result to the shop.",
);
/// The window has ended and there is nowhere to go.
pub const MAY_CLOSE: Words = (
    "이 창을 닫고 상점으로 돌아가세요.",
    "You may close this window and go back to the shop.",
);
/// There is no such window.
pub const GONE: Words = (
    "이 결제창은 더 이상 유효하지 않습니다. 창을 닫고 다시 시도해 주세요.",
    "This window is no longer valid. Close it and try again.",
);
/// The widget's address is not signed as it must be.
pub const UNAUTHORISED: Words = (
    "승인되지 않은 요청입니다. 결제가 진행되지 않습니다.",
    "Unauthorised request. No payment is made.",
);

impl Mistake {
    /// What the buyer is told.
    pub fn words(self) -> Words {
        match self {
            Mistake::CardNumber => ("카드번호를 확인해 주세요.", "Check the card number."),
            Mistake::Expiry => ("유효기간을 확인해 주세요.", "Check the expiry."),
            Mistake::Cvc => ("CVV를 확인해 주세요.", "Check the CVV."),
        }
    }
}
