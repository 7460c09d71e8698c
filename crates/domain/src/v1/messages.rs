//! Literal texts of the V1 API. Merchants compare some of them exactly, so none may change.

/// Any call without a valid token (HTTP 401).
pub const UNAUTHORIZED: &str = "Unauthorized";
/// getToken with a wrong key or secret (HTTP 401).
pub const BAD_CREDENTIALS: &str = "인증에 실패하였습니다. API키와 secret을 확인하세요.";
/// getToken with a missing parameter (HTTP 400).
pub const MISSING_CREDENTIALS: &str = "imp_key, imp_secret 파라메터가 누락되었습니다.";
/// A payment that does not exist (HTTP 404).
pub const NO_SUCH_PAYMENT: &str = "존재하지 않는 결제정보입니다.";
/// A look-up of several payments that found none (HTTP 404).
pub const NO_SUCH_PAYMENTS: &str = "해당되는 결제건을 찾지 못하였습니다.";
/// A status that does not exist (HTTP 400).
pub const BAD_STATUS: &str = "지원되지 않는 상태값입니다.";
/// A charge with an unknown customer_uid.
pub const UNKNOWN_BUYER: &str = "등록되지 않은 구매자입니다.";
/// A merchant_uid that was paid or cancelled.
pub const UID_USED: &str =
    "이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)";
/// Nothing to cancel.
pub const NOTHING_TO_CANCEL: &str = "취소할 결제건이 존재하지 않습니다.";
/// Cancelled before.
pub const ALREADY_CANCELLED: &str = "이미 전액취소된 주문입니다.";
/// A cancel that names no payment. V1's text is known by its end only.
pub const NAME_A_PAYMENT: &str = "취소할 imp_uid 또는 merchant_uid를 지정해주셔야합니다.";
/// A cancel while another one is open (V1's own text is unknown; this one is ours).
pub const CANCEL_IN_PROGRESS: &str =
    "이전 취소 요청의 결과를 확인하고 있습니다. 확인된 후 다시 시도해주세요.";
/// The buyer gave up. Merchants compare it by equality.
pub const USER_CANCELLED: &str = "사용자가 결제를 취소하셨습니다";
/// The reason of a merchant's server that gave none when it refused a payment.
pub const CONFIRM_NO_REASON: &str = "알 수 없음";
/// The merchant has no channel.
pub const NO_CHANNEL: &str = "등록된 PG 설정 정보가 없습니다.";
/// A charge of 0 (V1's own text is unknown; this one is ours).
pub const ZERO_AMOUNT: &str = "amount: 결제금액은 0보다 커야 합니다.";

/// A second registration of a prepared order.
pub const PREPARED_TWICE: &str =
    "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).";
/// A prepared order that does not exist (HTTP 404).
pub const NO_SUCH_PREPARED: &str = "사전등록된 결제정보가 존재하지 않습니다.";
/// A window that asks for another amount or currency than was prepared (V1's own text is unknown; this one is ours).
pub const PREPARED_OTHERWISE: &str =
    "amount: 사전등록된 결제정보와 결제금액 또는 통화가 일치하지 않아 결제를 중단합니다.";
/// A card company's code that does not exist (HTTP 404).
pub const NO_SUCH_CARD: &str = "코드에 해당되는 카드사정보를 찾을 수 없습니다.";
/// A bank's code that does not exist (HTTP 404).
pub const NO_SUCH_BANK: &str = "코드에 해당되는 은행정보를 찾을 수 없습니다.";
/// A sub-store that does not exist (HTTP 404).
pub const NO_SUCH_TIER: &str = "등록되지 않았거나 이미 삭제된 tier_code입니다.";

/// What a buyer is told when the merchant's server refused the payment. `reason`: the merchant's.
pub fn not_confirmed(reason: &str) -> String {
    format!("고객사 요청에 의해 결제를 중단합니다. (상세사유 : {reason})")
}

/// A balance that is not known (HTTP 404). `names`: the PGs that tell one, as V1 lists them.
pub fn no_balance(names: &str) -> String {
    format!(
        "(현재는 {names}만 지원됩니다) 결제건에 대한 금액상세정보가 확인되지 않습니다. 결제 상태가 paid 또는 cancelled가 아닌 경우 확인되지 않습니다."
    )
}

/// A schedule for a customer_uid without a card.
pub const NO_CUSTOMER: &str = "등록된 고객정보가 없습니다.";
/// Nothing to unschedule.
pub const NOTHING_TO_UNSCHEDULE: &str = "취소할 예약결제 기록이 존재하지 않습니다.";
/// An unschedule that names nothing (V1's own text is unknown; this one is ours).
pub const NAME_A_SCHEDULE: &str =
    "취소할 예약결제의 customer_uid 또는 merchant_uid를 지정해주셔야합니다.";
/// A schedule that does not exist (HTTP 404; ours).
pub const NO_SUCH_SCHEDULE: &str = "존재하지 않는 예약결제입니다.";
/// A schedule that ran or was revoked and cannot be moved (HTTP 400; ours).
pub const SCHEDULE_IS_OVER: &str = "이미 실행되었거나 취소된 예약결제입니다.";
/// Trying a schedule again that is yet to run (HTTP 400; ours).
pub const SCHEDULE_NOT_RUN: &str = "아직 실행되지 않은 예약결제입니다.";
/// Trying a schedule again whose payment is open (HTTP 400; ours).
pub const SCHEDULE_IS_RUNNING: &str = "결제가 진행 중인 예약결제입니다.";
/// Trying a schedule again that was paid (HTTP 400; ours).
pub const SCHEDULE_IS_PAID: &str = "이미 결제가 승인된 예약결제입니다.";
/// What a pending schedule shows while its customer has no billing key (ours).
pub const SCHEDULE_WITHOUT_KEY: &str =
    "빌링키가 없습니다. 다시 등록하지 않으면 예약결제가 실패합니다.";

/// A webhook that does not exist (HTTP 404; ours).
pub const NO_SUCH_WEBHOOK: &str = "존재하지 않는 웹훅입니다. (no such webhook)";
/// Sending a webhook again that is on its way (ours).
pub const WEBHOOK_ON_ITS_WAY: &str = "아직 전송 중인 웹훅입니다. (the webhook is still on its way)";

/// Sending a webhook again to an endpoint that is switched off (ours).
pub fn endpoint_is_off(url: &str) -> String {
    format!(
        "전송이 중지된 URL입니다: {url} (switched off; `dangol webhook on` switches it on again)"
    )
}

/// A schedule whose merchant_uid is scheduled, or used up (V1's own text is unknown; this one is ours).
pub fn schedule_taken(merchant_uid: &str) -> String {
    format!("이미 예약되었거나 결제에 사용된 merchant_uid입니다. ({merchant_uid})")
}

/// The charge that was to prove a card was not approved.
pub fn card_not_proven(reason: &str) -> String {
    format!("카드정보 확인에 실패하였습니다. {reason}")
}

/// Card data without a channel that takes it (V1's own text is unknown; this one is ours).
pub const NO_KEY_IN: &str = "카드정보를 직접 전달하는 결제(API 수기결제)가 설정되지 않았습니다. api_payment 유형의 PG 설정을 추가해야 \
    사용할 수 있습니다. (key-in by API is off: this merchant has no channel of type api_payment)";
/// A key without a charge, where the PG makes keys by charging (V1's own text is unknown; this one is ours).
pub const KEY_NEEDS_CHARGE: &str = "이 PG는 결제 없이 빌링키를 발급할 수 없습니다. customer_uid와 함께 /subscribe/payments/onetime을 \
    호출하세요.";
/// How the refusal of a card begins that was to be charged once; the PG's code and text follow.
pub const CARD_REFUSED: &str = "카드정보 인증에 실패하였습니다.";
/// How the refusal of a card begins that was to be registered; the PG's code and text follow.
pub const CARD_NOT_REGISTERED: &str = "카드정보 인증 및 빌키 발급에 실패하였습니다.";
/// What is said of a registration whose outcome nobody knows (ours).
pub const OUTCOME_UNKNOWN: &str = "PG사의 응답을 확인하지 못했습니다. 잠시 후 다시 시도해주세요.";

/// A look-up of a customer_uid that is not registered.
pub fn no_such_customer(customer_uid: &str) -> String {
    format!("요청하신 customer_uid({customer_uid})로 등록된 정보를 찾을 수 없습니다.")
}

/// A request whose `Idempotency-Key` is being answered at this moment (HTTP 409; ours).
pub const KEY_IN_FLIGHT: &str =
    "Idempotency-Key: 같은 키의 요청을 처리하고 있습니다. 잠시 후 다시 시도해주세요.";
/// A request whose `Idempotency-Key` was used for another one (HTTP 409; ours).
pub const KEY_OF_ANOTHER: &str = "Idempotency-Key: 다른 내용의 요청에 이미 사용된 키입니다.";

/// A cancel whose `checksum` is not what is left (V1's own text is unknown; this one is ours).
pub fn checksum_differs(left: &str) -> String {
    format!("checksum: 취소가능금액({left})과 일치하지 않습니다.")
}

/// A cancel of more than is left (V1's own text is unknown; this one is ours).
pub fn more_than_left(left: &str) -> String {
    format!("amount: 취소금액이 취소가능금액({left})보다 큽니다.")
}

/// A PG's own call about a payment of another PG (V1's own text is unknown; this one is ours).
pub fn not_of_this_pg(title: &str, provider: &str) -> String {
    format!("imp_uid: {title}({provider}) 결제건이 아닙니다.")
}

/// A PG's own call about a payment that the PG did not approve (V1's own text is unknown; this one is ours).
pub const NOT_APPROVED: &str = "imp_uid: PG사가 승인한 결제건이 아닙니다.";

/// A call about a payment whose channel was removed (ours).
pub fn channel_is_gone(provider: &str) -> String {
    format!("imp_uid: 결제에 사용된 PG 설정({provider})이 삭제되었습니다.")
}
