import { expect, test } from "vitest";
import type { Payment } from "./shop-server.js";
import { verify } from "./verify.js";

const paid: Payment = {
  imp_uid: "imp_1",
  merchant_uid: "m",
  status: "paid",
  amount: 0,
  currency: "KRW",
  fail_reason: null,
  customer_uid: "gildong",
  card_name: null,
  card_number: null,
};
const found = (response: Payment | null) =>
  verify({ ok: true, value: { status: 200, body: { code: response ? 0 : 1, message: null, response } } });

test("a card counts as registered on the server's word alone", () => {
  expect(found(paid).card?.customer_uid).toBe("gildong");
  for (const status of ["ready", "failed", "cancelled"]) expect(found({ ...paid, status }).card).toBeNull();
  expect(found({ ...paid, customer_uid: null }).card).toBeNull();
  expect(found(null)).toEqual({ card: null, key: "verify.lost", values: {} });
  expect(verify({ ok: false, away: "no_answer" }).key).toBe("verify.lost");
});
