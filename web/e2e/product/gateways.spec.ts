// The guide's code of each gateway, to the letter, from a shop on another site, on a PC and on a phone; then the guide's
// charge. What the gateway believes it did decides.

import type { Page } from "@playwright/test";
import { CARD, names, openGuide, payAnywhere } from "../support/buyer";
import { phone as profileOf } from "../support/gateways";
import { expect, type Merchant, type Product, test } from "../support/product";

interface Guide {
  pg: string;
  /** How it ends on a phone. */
  phone: "callback" | "redirect";
  /** What the gateway did at the registration: kind, amount in minor units, whether a test. */
  did: [string, number | null, boolean][];
  status: string;
  amount: number;
}

const KEY: [string, null, boolean] = ["key_issued", null, false];
const GUIDES: Guide[] = [
  { pg: "danal_tpay", phone: "callback", did: [KEY, ["approval", 10, true]], status: "paid", amount: 0 },
  { pg: "kcp_billing", phone: "redirect", did: [KEY], status: "paid", amount: 0 },
  { pg: "kicc", phone: "redirect", did: [KEY], status: "paid", amount: 0 },
  { pg: "payco", phone: "callback", did: [KEY], status: "paid", amount: 0 },
  { pg: "paymentwall", phone: "redirect", did: [KEY, ["approval", 5000, false]], status: "paid", amount: 50 },
];

/** Opens the shop, runs the guide's code and goes through the window. */
async function register(page: Page, product: Product, merchant: Merchant, guide: Guide) {
  const order = await openGuide(page, product, merchant, guide.pg);
  await payAnywhere(page, CARD.good);
  return order;
}

/** Holds the payment and the gateway's books against the guide, then charges as the guide does. */
async function holds(
  product: Product,
  guide: Guide,
  order: { merchant_uid: string; customer_uid: string },
): Promise<void> {
  const issued = await product.get(`/payments/find/${order.merchant_uid}`, await product.authorized());
  const { imp_uid } = issued.response;
  expect(issued.response).toMatchObject({
    status: guide.status,
    amount: guide.amount,
    pg_provider: guide.pg,
    customer_uid: order.customer_uid,
    customer_uid_usage: "issue",
  });
  const deeds = await product.journal(imp_uid);
  expect(deeds.map(({ kind, amount, test }) => [kind, amount, test])).toEqual(guide.did);

  const charge = await product.again(order.customer_uid, names().merchant_uid, 3000);
  expect(charge).toMatchObject({
    code: 0,
    response: { status: "paid", amount: 3000, pg_provider: guide.pg },
  });
  const charged = await product.journal(charge.response.imp_uid);
  expect(charged.map(({ kind, amount }) => [kind, amount])).toEqual([["approval", 3000]]);
}

for (const guide of GUIDES) {
  test(`${guide.pg} on a PC ends in the callback`, async ({ page, product, merchant }) => {
    const order = await register(page, product, merchant, guide);
    await page.waitForFunction(() => window.alerts.length > 0, undefined, { timeout: 40_000 });
    expect(await page.evaluate(() => window.alerts)).toEqual(["Success"]);
    await holds(product, guide, order);
  });

  for (const phone of ["iPhone 13", "Pixel 7"] as const) {
    test.describe(`${guide.pg} on ${phone}`, () => {
      test.use(profileOf(phone));

      test(`ends in the ${guide.phone}`, async ({ page, product, merchant }) => {
        const order = await register(page, product, merchant, guide);
        if (guide.phone === "callback") {
          await page.waitForFunction(() => window.alerts.length > 0, undefined, { timeout: 40_000 });
          expect(await page.evaluate(() => window.alerts)).toEqual(["Success"]);
        } else {
          await expect
            .poll(() => page.url().split("?")[0], { timeout: 40_000 })
            .toBe(`${merchant.origin}/complete`);
          expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({
            merchant_uid: order.merchant_uid,
            imp_success: "true",
          });
        }
        await holds(product, guide, order);
      });
    });
  }
}
