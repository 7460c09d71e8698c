// The merchant's parameters: defaults, and what is refused before anything opens.

export type Params = Record<string, unknown>;

/** Parameters that may open a window, or the reason why they may not. */
export interface Checked {
  params: Params;
  /** What `card.info` was, which must not be among the parameters: those are sent to our server. */
  cardInfo: unknown;
  problem: string | null;
}

/**
 * Copies the parameters but for `card`, fills in the defaults and checks them. As i'mport does, the defaults are also
 * written into the caller's object: code that reads `merchant_uid` from it afterwards relies on that.
 *
 * @param nowMs unix milliseconds, for the order number of somebody who gave none
 */
export function check(given: Params, nowMs: number): Checked {
  const params: Params = Object.assign({}, given);
  const fillIn = (key: string, value: string): void => {
    if (given[key]) return;
    params[key] = value;
    try {
      given[key] = value;
    } catch {
      // Frozen objects stay as they are.
    }
  };
  fillIn("merchant_uid", `nobody_${nowMs}`);
  fillIn("pay_method", "card");
  if (typeof params.merchant_uid === "number") params.merchant_uid = String(params.merchant_uid);
  const { card } = params;
  delete params.card;
  return { params, cardInfo: card && (card as Params).info, problem: problemOf(params) };
}

function problemOf(params: Params): string | null {
  if (typeof params.merchant_uid !== "string") return "merchant_uid는 문자열이어야 합니다.";
  if (!isAmount(params.amount)) return "amount는 숫자여야 합니다.";
  if (!params.customer_uid) {
    return "customer_uid가 누락되었습니다. 빌링키를 발급하려면 customer_uid를 지정해야 합니다.";
  }
  return null;
}

/** A finite number, or a text that is one: the official mobile SDKs send the amount as a text. */
export function isAmount(amount: unknown): boolean {
  if (typeof amount === "number") return Number.isFinite(amount);
  return typeof amount === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(amount);
}
