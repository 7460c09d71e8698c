import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fill, newOrder, refill } from "./order.js";

const code = readFileSync("demo/src/snippets/kcp_billing.js", "utf8").replace(/^\/\/: .*\n/gm, "");
const order = newOrder(new Date(2026, 10, 3), () => "0badcafe");

/** What `request_pay` is given when the snippet runs. */
function params(text: string): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  const imp = { request_pay: (params: Record<string, unknown>) => Object.assign(given, params) };
  new Function("IMP", text)(imp);
  return given;
}

test("a filled snippet runs, and no placeholder is left in what it asks for", () => {
  const given = params(fill(code, order, "http://localhost:8082/complete"));
  expect(given).toEqual({
    pg: "kcp_billing",
    pay_method: "card",
    merchant_uid: "issue_20261103_0badcafe",
    name: "Order name: Billing key request test",
    amount: 0,
    customer_uid: "gildong_20261103_0badcafe",
    buyer_email: "johndoe@gmail.com",
    buyer_name: "John Doe",
    buyer_tel: "02-1234-1234",
    m_redirect_url: "http://localhost:8082/complete",
  });
});

test("a fresh order replaces the last one and leaves alone what was typed", () => {
  const fresh = newOrder(new Date(2026, 10, 4), () => "00000001");
  const typed = fill(code, order, "x").replace(order.customer_uid, "my-own-customer");
  const given = params(refill(typed, order, fresh));
  expect(given.merchant_uid).toBe(fresh.merchant_uid);
  expect(given.customer_uid).toBe("my-own-customer");
});
