/** What the shop's server found out about a payment, as merchants must before they believe a browser. */
import type { Key, Values } from "./language.js";
import type { Card } from "./session.js";
import type { Answer, Relayed } from "./shop-server.js";

export interface Proof {
  /** The registered card, when the look-up says that there is one. */
  card: Card | null;
  key: Key;
  values: Values;
}

/** Whether a failure only says that the result is not known yet: the payment may still be paid. */
export function isOpen(errorCode: unknown): boolean {
  return errorCode === "PENDING";
}

/** Reads a look-up. Only `paid` with a `customer_uid` counts. */
export function verify(answer: Answer<Relayed>): Proof {
  const payment = answer.ok ? answer.value.body?.response : null;
  if (!payment) return { card: null, key: "verify.lost", values: {} };
  const { status, amount, currency } = payment;
  const values = { status, paid: { amount, currency } };
  if (payment.status !== "paid" || !payment.customer_uid) return { card: null, key: "verify.bad", values };
  const card = {
    customer_uid: payment.customer_uid,
    name: payment.card_name ?? "",
    number: payment.card_number ?? "",
  };
  return { card, key: "verify.good", values };
}
