// What Danal takes when a card is registered: with an amount of 0 a test approval, which it undoes half an hour later;
// with more than 0 that amount, once.

import { CARD, openGuide, payAnywhere } from "../support/buyer";
import { expect, type Product, clockTest as test } from "../support/product";

const HALF_AN_HOUR_S = 30 * 60;

/** What the gateway did for a payment. */
async function did(product: Product, merchant_uid: string) {
  const found = await product.get(`/payments/find/${merchant_uid}`, await product.authorized());
  return product.journal(found.response.imp_uid);
}

test("an amount of 0 makes a test approval of 10 won, undone half an hour later", async ({
  page,
  product,
  merchant,
}) => {
  const order = await openGuide(page, product, merchant, "danal_tpay");
  await payAnywhere(page, CARD.good);
  await page.waitForFunction(() => window.alerts.length > 0);
  const approval = { kind: "approval", amount: 10, currency: "KRW", test: true, ref_tid: null };
  const issued = [{ kind: "key_issued" }, approval];
  expect(await did(product, order.merchant_uid)).toMatchObject(issued);

  // A minute before its time it still stands.
  await product.advance(HALF_AN_HOUR_S - 60);
  const before = await did(product, order.merchant_uid);
  expect(before).toMatchObject(issued);
  await product.advance(60);
  const undone = { kind: "void", amount: 10, currency: "KRW", test: true, ref_tid: before[1]?.pg_tid };
  expect(await did(product, order.merchant_uid)).toMatchObject([...issued, undone]);

  // The key outlives it, and what it is charged stays.
  const charge = await product.again(order.customer_uid, `${order.merchant_uid}_1`, 3000);
  expect(charge).toMatchObject({ code: 0, response: { status: "paid", amount: 3000 } });
  await product.advance(HALF_AN_HOUR_S);
  const charged = await product.journal(charge.response.imp_uid);
  expect(charged.map(({ kind, amount }) => [kind, amount])).toEqual([["approval", 3000]]);
});

test("an amount above 0 is charged once, without a test approval", async ({ page, product, merchant }) => {
  const order = await openGuide(page, product, merchant, "danal_tpay", (snippet) =>
    snippet.replace("amount : 0", "amount : 1004"),
  );
  await payAnywhere(page, CARD.good);
  await page.waitForFunction(() => window.alerts.length > 0);
  expect(await page.evaluate(() => window.alerts)).toEqual(["Success"]);
  await product.advance(HALF_AN_HOUR_S);
  expect(
    (await did(product, order.merchant_uid)).map(({ kind, amount, test }) => [kind, amount, test]),
  ).toEqual([
    ["key_issued", null, false],
    ["approval", 1004, false],
  ]);
  const found = await product.get(`/payments/find/${order.merchant_uid}`, await product.authorized());
  expect(found.response).toMatchObject({ status: "paid", amount: 1004 });
});
