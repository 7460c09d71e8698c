import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fill, newOrder, refill } from "./order.js";

const folder = "demo/src/snippets";
const read = (file: string) => readFileSync(`${folder}/${file}`, "utf8").replace(/^\/\/: .*\n/gm, "");
const code = read("kcp_billing.js");
const place = { redirectUrl: "http://localhost:8082/complete", pgId: "MID-1" };
const order = newOrder(new Date(2026, 10, 3), () => "0badcafe");

/** What `request_pay` is given when the snippet runs. */
function params(text: string): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  const imp = { request_pay: (params: Record<string, unknown>) => Object.assign(given, params) };
  new Function("IMP", text)(imp);
  return given;
}

test("a filled snippet runs, and no placeholder is left in what it asks for", () => {
  const given = params(fill(code, order, place));
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

test.each(readdirSync(folder))("no placeholder is left in %s", (file) => {
  const given = params(fill(read(file), order, place));
  expect(given).toMatchObject({ merchant_uid: order.merchant_uid, customer_uid: order.customer_uid });
  expect(JSON.stringify(given)).not.toMatch(/\{[A-Za-z ]+\}/);
  expect(String(given.pg).split(".")[0]).toBe(file.replace(/\.js$/, ""));
});

test("a fresh order replaces the last one and leaves alone what was typed", () => {
  const fresh = newOrder(new Date(2026, 10, 4), () => "00000001");
  const typed = fill(code, order, place).replace(order.customer_uid, "my-own-customer");
  const given = params(refill(typed, order, fresh));
  expect(given.merchant_uid).toBe(fresh.merchant_uid);
  expect(given.customer_uid).toBe("my-own-customer");
});
