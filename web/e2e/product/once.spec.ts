// Whatever a buyer does with buttons, tabs and history: one clear result, at most one key.

import { CARD, inWindow, names, openShop, payWith, results } from "../support/buyer";
import { expect, test } from "../support/product";

test("a double click opens one window; the second click is answered", async ({ page, product, merchant }) => {
  const order = names();
  // With the list of channels at hand the first click opens at once and does not wait.
  const list = page.waitForResponse("**/users/pg/*").then((response) => response.finished());
  await openShop(page, product, merchant, order);
  await list;
  const keys = await product.keysIssued();
  await page.locator("#pay").dispatchEvent("click");
  await page.locator("#pay").dispatchEvent("click");
  expect(await results(page)).toMatchObject([{ success: false, error_msg: /열려 있습니다/ }]);
  await expect(page.locator(".imp-dialog")).toHaveCount(1);
  await payWith(page, CARD.good);
  expect((await results(page, 2))[1]).toMatchObject({ success: true });
  expect(await product.keysIssued()).toBe(keys + 1);
});

test("two tabs with the same order make one key, and each ends", async ({ context, product, merchant }) => {
  const order = names();
  const keys = await product.keysIssued();
  const [one, two] = [await context.newPage(), await context.newPage()];
  for (const page of [one, two]) {
    await openShop(page, product, merchant, order);
    await page.locator("#pay").click();
    await inWindow(page, "card-number");
  }
  await payWith(one, CARD.good);
  expect(await results(one)).toMatchObject([{ success: true }]);
  await payWith(two, CARD.good);
  expect(await results(two)).toMatchObject([{ success: false, error_msg: /./ }]);
  expect(await product.keysIssued()).toBe(keys + 1);
});

test("two tabs with two orders do not disturb each other", async ({ context, product, merchant }) => {
  const [one, two] = [await context.newPage(), await context.newPage()];
  const [first, second] = [names(), names()];
  await openShop(one, product, merchant, first);
  await openShop(two, product, merchant, second);
  await one.locator("#pay").click();
  await two.locator("#pay").click();
  await payWith(two, CARD.refused);
  await payWith(one, CARD.good);
  expect(await results(one)).toMatchObject([{ success: true, merchant_uid: first.merchant_uid }]);
  expect(await results(two)).toMatchObject([{ success: false, merchant_uid: second.merchant_uid }]);
});

test("a refresh of the shop in the middle leaves the order free for another try", async ({
  page,
  product,
  merchant,
}) => {
  const order = names();
  await openShop(page, product, merchant, order);
  await page.locator("#pay").click();
  await inWindow(page, "card-number");
  await page.reload();
  await page.locator("#pay").click();
  await payWith(page, CARD.good);
  expect(await results(page)).toMatchObject([{ success: true }]);
  expect(await product.hasKey(order.customer_uid)).toBe(true);
});

test("an order that was paid is refused before a window opens", async ({ page, product, merchant }) => {
  const order = names();
  await openShop(page, product, merchant, order);
  await page.locator("#pay").click();
  await payWith(page, CARD.good);
  await results(page);
  const keys = await product.keysIssued();
  await page.locator("#pay").click();
  expect((await results(page, 2))[1]).toMatchObject({
    success: false,
    error_msg: expect.stringContaining("이미"),
  });
  expect(await product.keysIssued()).toBe(keys);
});
