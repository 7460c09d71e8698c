// The merchant's page in all its kinds.

import type { Page } from "@playwright/test";
import { CANCELLED, CARD, inWindow, names, openShop, payWith, results } from "../support/buyer";
import { expect, test } from "../support/product";

test.describe("where the gateway's window is a popup", () => {
  /** The channel list as it comes, but with popups on PCs. */
  async function popups(page: Page): Promise<void> {
    await page.route("**/users/pg/*", async (route) => {
      const response = await route.fetch();
      const list = await response.json();
      for (const channel of list.data) channel.pc = { ...channel.pc, frame: "popup", name: "IMP_TEST" };
      await route.fulfill({ response, json: list });
    });
  }

  test("the result comes from the popup", async ({ page, product, merchant }) => {
    await popups(page);
    await openShop(page, product, merchant, names());
    const opening = page.waitForEvent("popup");
    await page.locator("#pay").click();
    const popup = await opening;
    await payWith(popup, CARD.good);
    expect(await results(page)).toMatchObject([{ success: true }]);
  });

  test("a popup that is closed is a cancelled payment", async ({ page, product, merchant }) => {
    await popups(page);
    await openShop(page, product, merchant, names());
    const opening = page.waitForEvent("popup");
    await page.locator("#pay").click();
    const popup = await opening;
    await inWindow(popup, "card-number");
    await popup.close();
    expect(await results(page)).toMatchObject([
      { success: false, error_msg: expect.stringContaining(CANCELLED) },
    ]);
  });

  test("a blocked popup ends in a text and a failure, and no payment", async ({
    page,
    product,
    merchant,
  }) => {
    await popups(page);
    const order = names();
    await openShop(page, product, merchant, order, { head: "<script>window.open = () => null</script>" });
    await page.locator("#pay").click();
    const [result] = await results(page);
    expect(result).toMatchObject({ success: false, merchant_uid: order.merchant_uid });
    expect(await page.evaluate(() => window.alerts)).toEqual([result?.error_msg]);
  });
});

test("the script loaded twice, from an old address, with jQuery on the page", async ({
  page,
  product,
  merchant,
}) => {
  const head = `<script>window.jQuery = window.$ = function () { throw new Error("not needed"); };</script>
    <script src="${product.main}/v1/iamport.js"></script>`;
  await openShop(page, product, merchant, names(), { head, script: "/js/iamport.payment-1.1.8.js" });
  await page.locator("#pay").click();
  await payWith(page, CARD.good);
  expect(await results(page)).toMatchObject([{ success: true }]);
});

test("the page may not be framed by anybody but the shop", async ({ page, product, merchant }) => {
  const pages: { url: string; policy: string | undefined }[] = [];
  page.on("response", (response) => {
    const type = response.headers()["content-type"] ?? "";
    const ours = response.request().isNavigationRequest() && response.request().method() === "POST";
    if (ours && type.includes("html")) {
      pages.push({ url: response.url(), policy: response.headers()["content-security-policy"] });
    }
  });
  await openShop(page, product, merchant, names());
  await page.locator("#pay").click();
  await inWindow(page, "card-number");
  expect(pages[0]?.policy).toContain(`frame-ancestors ${merchant.origin}`);
  for (const { url } of pages) expect(url).not.toMatch(/token=/);
});

test("language en is English on every page of ours", async ({ page, product, merchant }) => {
  await openShop(page, product, merchant, { ...names(), language: "en" });
  await page.locator("#pay").click();
  await expect(page.getByRole("button", { name: "Close the payment window" })).toBeVisible();
  await inWindow(page, "card-number");
  // This gateway's window on a PC takes no language; its neighbours in the frame are ours.
  const ours = page.frames().filter((frame) => new URL(frame.url()).hostname === "window.localhost");
  expect(ours).toHaveLength(1);
  for (const frame of ours) expect(await frame.evaluate(() => document.documentElement.lang)).toBe("en");
});

test("a stranger's user code and a missing customer_uid open nothing", async ({
  page,
  product,
  merchant,
}) => {
  await openShop(page, product, merchant, { ...names(), customer_uid: undefined });
  await page.locator("#pay").click();
  expect(await results(page)).toMatchObject([
    { success: false, error_msg: expect.stringContaining("customer_uid") },
  ]);
  await page.evaluate(() => window.IMP?.init("imp99999999"));
  const params = names();
  await page.evaluate((given) => {
    window.IMP?.request_pay({ ...given, amount: 0 }, (rsp) => window.results.push(rsp));
  }, params);
  expect((await results(page, 2))[1]).toMatchObject({ success: false, error_msg: /./ });
  await expect(page.locator(".imp-dialog")).toHaveCount(0);
});
