// Pages without an origin: webviews that show a data: page, and sandboxed frames.

import { CANCELLED, CARD, inWindow, names, payCode, payWith, results, shopPage } from "../support/buyer";
import { launchOptions } from "../support/chromium";
import { expect, test } from "../support/product";

// Chromium keeps data: pages from this machine's own addresses, which is where the product is in a test only.
test.use({
  launchOptions: {
    ...launchOptions,
    args: [...launchOptions.args, "--disable-features=LocalNetworkAccessChecks"],
  },
});

test("a data: page gets its result", async ({ page, product }) => {
  const html = shopPage(product, payCode(names()));
  await page.goto(`data:text/html;charset=utf-8,${encodeURIComponent(html)}`);
  await page.locator("#pay").click();
  await payWith(page, CARD.good);
  expect(await results(page)).toMatchObject([{ success: true }]);
});

test("a sandboxed frame opens the window and can close it", async ({ page, product, merchant }) => {
  // To the end it cannot go here: this gateway's script reports to a page with an origin only.
  const inner = merchant.serve("/sandboxed-inner", shopPage(product, payCode(names())));
  const html = `<iframe src="${inner}" sandbox="allow-scripts allow-forms" width="1000" height="800"></iframe>`;
  await page.goto(merchant.serve("/sandboxed", html));
  const shop = page.frameLocator("iframe");
  await shop.locator("#pay").click();
  await inWindow(page, "card-number");
  await shop.locator(".imp-close").click();
  const frame = page.frames().find((one) => one.url() === inner);
  await frame?.waitForFunction(() => window.results.length > 0);
  expect(await frame?.evaluate(() => window.results)).toMatchObject([
    { success: false, error_msg: expect.stringContaining(CANCELLED) },
  ]);
});
