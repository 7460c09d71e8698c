import {
  CANCELLED,
  CARD,
  inWindow,
  names,
  openShop,
  payWith,
  results,
  seedSnippet,
  shopPage,
} from "../support/buyer";
import { expect, test } from "../support/product";

test("the guide's snippet registers a card, and its curl charges it", async ({ page, product, merchant }) => {
  const order = names("issue_billingkey_monthly");
  const snippet = seedSnippet(order, `${merchant.origin}/complete`);
  await page.goto(merchant.serve("/seed", shopPage(product, snippet)));
  await page.locator("#pay").click();
  await payWith(page, CARD.good);
  await page.waitForFunction(() => window.alerts.length > 0);
  expect(await page.evaluate(() => window.alerts)).toEqual(["Success"]);

  const charge = names("order_id");
  const answer = await product.again(order.customer_uid, charge.merchant_uid, 3000);
  expect(answer).toMatchObject({
    code: 0,
    response: {
      status: "paid",
      amount: 3000,
      pg_provider: "kcp_billing",
      merchant_uid: charge.merchant_uid,
      customer_uid: order.customer_uid,
      imp_uid: expect.stringMatching(/^imps_\d{12}$/),
    },
  });
  const { imp_uid } = answer.response;
  expect(await product.journal(imp_uid)).toMatchObject([{ kind: "approval", amount: 3000, currency: "KRW" }]);
  await expect
    .poll(() => merchant.webhookFor(imp_uid))
    .toMatchObject({
      imp_uid,
      merchant_uid: charge.merchant_uid,
      status: "paid",
    });

  const second = await product.again(order.customer_uid, charge.merchant_uid, 3000);
  expect(second.code).not.toBe(0);
  expect(await product.journal(imp_uid)).toHaveLength(1);
});

test("the callback's result has i'mport's shape, and no approval was made", async ({
  page,
  product,
  merchant,
}) => {
  const order = names();
  const custom_data = { plan: "월간", seats: [1, 2] };
  await openShop(page, product, merchant, { ...order, amount: "1500", custom_data });
  await page.locator("#pay").click();
  await payWith(page, CARD.good);
  const [result] = await results(page);
  expect(result).toMatchObject({
    success: true,
    imp_success: true,
    imp_uid: expect.stringMatching(/^imp_\d{12}$/),
    merchant_uid: order.merchant_uid,
    customer_uid: order.customer_uid,
    pay_method: "card",
    pg_provider: "kcp_billing",
    pg_type: "payment",
    status: "paid",
    buyer_name: "John Doe",
    paid_at: expect.any(Number),
    custom_data,
  });
  expect(result).not.toHaveProperty("error_code");
  expect(result).not.toHaveProperty("error_msg");
  expect((await product.journal(result?.imp_uid)).map((entry) => entry.kind)).toEqual(["key_issued"]);
  expect(await product.payment(result?.imp_uid)).toMatchObject({ status: "paid", amount: 1500 });
});

for (const way of ["its button", "Escape"]) {
  test(`closing the layer by ${way} cancels the payment`, async ({ page, product, merchant }) => {
    const order = names();
    await openShop(page, product, merchant, order);
    await page.locator("#pay").click();
    await inWindow(page, "card-number");
    if (way === "Escape") {
      await page.locator(".imp-close").focus();
      await page.keyboard.press("Escape");
    } else {
      await page.locator(".imp-close").click();
    }
    const [result] = await results(page);
    expect(result).toMatchObject({ success: false, error_msg: expect.stringContaining(CANCELLED) });
    await expect(page.locator(".imp-dialog")).toHaveCount(0);
    // The same order can be tried again, and then it succeeds.
    await page.locator("#pay").click();
    await payWith(page, CARD.good);
    expect((await results(page, 2))[1]).toMatchObject({ success: true });
    expect(await product.hasKey(order.customer_uid)).toBe(true);
  });
}
