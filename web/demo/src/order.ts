/** Orders, and how their values get into a snippet. */

/** What a run fills in. */
export interface Order {
  merchant_uid: string;
  customer_uid: string;
}

/** A new order for a new card: the date, and enough randomness that no two tabs meet. */
export function newOrder(now: Date, random: () => string): Order {
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const suffix = random();
  return { merchant_uid: `issue_${day}_${suffix}`, customer_uid: `gildong_${day}_${suffix}` };
}

/** Eight random hex digits. */
export function randomSuffix(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a snippet is filled with besides its order. */
export interface Place {
  redirectUrl: string;
  /** The merchant's id at the gateway, where the snippet names one. */
  pgId: string;
}

/** The code with the placeholders filled. A value stands inside quotes there, and ours need no escape. */
export function fill(code: string, order: Order, place: Place): string {
  return code
    .replaceAll(/\{(Merchant created )?Order ID\}/g, order.merchant_uid)
    .replaceAll("{Unique ID for the card (billing key)}", order.customer_uid)
    .replaceAll("{redirect URL}", place.redirectUrl)
    .replaceAll("{Merchant ID}", place.pgId);
}

/** The code with one order's values replaced by another's. What a person typed instead stays as it was typed. */
export function refill(code: string, old: Order, fresh: Order): string {
  return code
    .replaceAll(old.merchant_uid, fresh.merchant_uid)
    .replaceAll(old.customer_uid, fresh.customer_uid);
}
