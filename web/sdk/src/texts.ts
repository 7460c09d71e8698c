// What merchants' code and their customers read. The messages that i'mport itself shows are kept to the letter.

export const NO_INIT =
  "판매자 코드가 설정되지 않았습니다. IMP.init() 또는 IMP.agency() 함수를 먼저 호출하세요.";
export const NO_PARAMS = "결제요청 파라메터가 누락되었습니다.";
export const START_FAILED =
  "결제모듈 구동 중에 오류가 발생하였습니다. 페이지 새로고침 후 다시 시도해주세요.\n";
export const WRONG_TYPE =
  "등록되지 않은 PG모듈 정보입니다. 아임포트 관리자페이지에서 PG모듈 정보를 설정하신 후 다시 시도해주세요.";
export const ALREADY_OPEN = "이미 결제창이 열려 있습니다. 열려 있는 결제창을 닫은 후 다시 시도해주세요.";
export const NOT_CONFIRMED =
  "결제 결과를 아직 확인하지 못했습니다. 결제가 완료되었을 수 있으니 다시 결제하기 전에 결제 내역을 확인해주세요.";
export const BAD_CARD = "카드 정보를 확인해주세요.";
export const NO_BASE = "서버 주소를 알 수 없습니다. IMP.init(userCode, { baseUrl })로 지정해주세요.";

export function noUi(provider: string): string {
  return `해당 PG사(${provider})는 UI 로딩을 지원하지 않습니다.`;
}

/** By the browser's language, as the merchant's page may be in any. */
export function popupBlocked(browserLanguage: string): string {
  if (/^ja/i.test(browserLanguage)) return "ポップアップブロックを解除すると決済画面が表示されます。";
  if (/^ko/i.test(browserLanguage)) return "팝업차단을 해제해주셔야 결제창이 나타납니다.";
  return "Please allow pop-ups to see the payment window.";
}

/** Words of the layer itself. */
export interface LayerTexts {
  title: string;
  close: string;
  loading: string;
  inPopup: string;
  confirming: string;
}

const KOREAN: LayerTexts = {
  title: "결제창",
  close: "결제창 닫기",
  loading: "결제창을 불러오고 있습니다.",
  inPopup: "새로 열린 창에서 결제를 진행해주세요.",
  confirming: "결제 결과를 확인하고 있습니다.",
};

const ENGLISH: LayerTexts = {
  title: "Payment window",
  close: "Close the payment window",
  loading: "Loading the payment window.",
  inPopup: "Please continue in the window that has just opened.",
  confirming: "Checking the result of the payment.",
};

/** By the request's `language`, else by the browser's. */
export function layerTexts(language: unknown, browserLanguage: string): LayerTexts {
  const chosen = typeof language === "string" && language !== "" ? language : browserLanguage;
  return /^ko/i.test(chosen) ? KOREAN : ENGLISH;
}
