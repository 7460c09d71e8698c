// A card that Paymentwall reviews: nobody knows the end yet when the buyer's window ends, and the notice tells it later.

import type { Page } from "@playwright/test";
import { CARD, ending, inWindow, openGuide, payAnywhere } from "../support/buyer";
import { phone } from "../support/gateways";
import { expect, type Merchant, type Product, clockTest as test } from "../support/product";

const REVIEW_S = 2 * 60;
/** CVVs that send a charge into review, and how it ends. */
const ACCEPTED = "555";
const DECLINED = "556";
// The window waits half a minute of real time for a decision.
test.describe.configure({ timeout: 90_000 });

/** The guide's snippet, with a callback that keeps its results. */
async function payReviewed(page: Page, product: Product, merchant: Merchant, cvv: string) {
  const order = await openGuide(page, product, merchant, "paymentwall", (snippet) =>
    snippet.replace("if ( rsp.success ) {", "window.results.push(rsp); if ( rsp.success ) {"),
  );
  await (await inWindow(page, "card-cvc")).fill(cvv);
  await payAnywhere(page, CARD.good);
  return order;
}

/** The payment of an order. */
async function payment(product: Product, merchant_uid: string) {
  return (await product.get(`/payments/find/${merchant_uid}`, await product.authorized())).response;
}

test("an undecided review is told as PENDING, and the notice decides it", async ({
  browser,
  page,
  product,
  merchant,
}) => {
  // Both wait at the same time: one on a PC, the other on a phone.
  const context = await browser.newContext(phone("iPhone 13"));
  const onPhone = await context.newPage();
  const accepted = await payReviewed(page, product, merchant, ACCEPTED);
  const declined = await payReviewed(onPhone, product, merchant, DECLINED);
  const pending = { success: false, error_code: "PENDING", error_msg: expect.stringMatching(/./) };
  await page.waitForFunction(() => window.results.length > 0, undefined, { timeout: 35_000 });
  expect(await ending(page, merchant, "callback")).toMatchObject({
    ...pending,
    merchant_uid: accepted.merchant_uid,
  });
  expect(await ending(onPhone, merchant, "redirect")).toMatchObject({
    ...pending,
    merchant_uid: declined.merchant_uid,
  });
  await context.close();
  for (const order of [accepted, declined]) {
    const open = await payment(product, order.merchant_uid);
    expect(open).toMatchObject({ status: "ready", amount: 50, currency: "USD" });
    expect(merchant.webhookFor(open.imp_uid)).toBeUndefined();
    expect((await product.journal(open.imp_uid)).map(({ kind }) => kind)).toEqual(["key_issued"]);
    expect(await product.hasKey(order.customer_uid)).toBe(false);
  }

  await product.advance(REVIEW_S);
  const paid = await payment(product, accepted.merchant_uid);
  expect(paid).toMatchObject({ status: "paid", amount: 50, currency: "USD" });
  const approved = (await product.journal(paid.imp_uid)).filter(({ kind }) => kind === "approval");
  expect(approved).toMatchObject([{ amount: 5000, currency: "USD" }]);
  await expect.poll(() => merchant.webhookFor(paid.imp_uid)).toMatchObject({ status: "paid" });
  const charge = await product.again(accepted.customer_uid, `${accepted.merchant_uid}_1`, 3000);
  expect(charge).toMatchObject({ code: 0, response: { status: "paid", amount: 3000, currency: "KRW" } });

  const failed = await payment(product, declined.merchant_uid);
  expect(failed).toMatchObject({ status: "failed", fail_reason: expect.stringMatching(/./) });
  await expect.poll(() => merchant.webhookFor(failed.imp_uid)).toMatchObject({ status: "failed" });
  expect((await product.journal(failed.imp_uid)).map(({ kind }) => kind)).not.toContain("approval");
  expect(await product.hasKey(declined.customer_uid)).toBe(false);
});

test("a review that ends while the buyer waits is told at once", async ({ page, product, merchant }) => {
  const order = await payReviewed(page, product, merchant, ACCEPTED);
  const { imp_uid } = await payment(product, order.merchant_uid);
  await expect
    .poll(async () => (await product.journal(imp_uid)).map(({ kind }) => kind))
    .toEqual(["key_issued"]);
  await product.advance(REVIEW_S);
  expect(await ending(page, merchant, "callback")).toMatchObject({ success: true, ...order });
});
