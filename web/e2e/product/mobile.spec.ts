import { devices, type Page } from "@playwright/test";
import { CANCELLED, CARD, inWindow, names, openShop, payWith } from "../support/buyer";
import { expect, type Merchant, type Product, test } from "../support/product";

async function start(page: Page, product: Product, merchant: Merchant, order: object): Promise<void> {
  await openShop(page, product, merchant, {
    m_redirect_url: `${merchant.origin}/complete?from=mobile#top`,
    ...order,
  });
  await page.locator("#pay").click();
}

/** The query that a merchant's server would read, from the address as it is on the wire. */
async function landing(page: Page, merchant: Merchant): Promise<{ raw: string; query: [string, string][] }> {
  await page.waitForURL((url) => url.origin === merchant.origin && url.pathname === "/complete");
  const raw = page.url();
  return { raw, query: [...new URL(raw).searchParams.entries()] };
}

/**
 * One step back in the history. The pages on the way were sent by forms and are not kept, so that Chromium may ask
 * before it sends one again; its own button would pass over them, because nobody clicked on them.
 */
async function goBack(page: Page): Promise<void> {
  await page.goBack().catch((error) => expect(String(error)).toContain("ERR_CACHE_MISS"));
}

for (const phone of ["iPhone 13", "Pixel 7"] as const) {
  test.describe(phone, () => {
    const { defaultBrowserType: _, ...profile } = devices[phone];
    test.use(profile);

    test("lands on m_redirect_url with the result in its query", async ({ page, product, merchant }) => {
      const order = names("monthly order");
      await start(page, product, merchant, order);
      await payWith(page, CARD.good);
      const { raw, query } = await landing(page, merchant);
      expect(query.map(([key]) => key)).toEqual(["from", "imp_uid", "merchant_uid", "imp_success"]);
      const of = Object.fromEntries(query);
      expect(of).toMatchObject({ from: "mobile", merchant_uid: order.merchant_uid, imp_success: "true" });
      expect(raw).toContain(`merchant_uid=${encodeURIComponent(order.merchant_uid)}`);
      expect(raw).toMatch(/%20/);
      expect(raw.endsWith("#top")).toBe(true);
      expect(await product.payment(of.imp_uid)).toMatchObject({
        status: "paid",
        customer_uid: order.customer_uid,
      });
      expect((await product.journal(of.imp_uid)).map((entry) => entry.kind)).toEqual(["key_issued"]);
      expect(await product.again(order.customer_uid, names().merchant_uid, 3000)).toMatchObject({
        code: 0,
        response: { status: "paid" },
      });
    });
  });
}

test.describe("on a phone", () => {
  const { defaultBrowserType: _, ...profile } = devices["iPhone 13"];
  test.use(profile);

  for (const [how, end, reason] of [
    ["a refused card", (page: Page) => payWith(page, CARD.refused), /./],
    ["cancelling", async (page: Page) => (await inWindow(page, "cancel")).click(), new RegExp(CANCELLED)],
  ] as const) {
    test(`${how} lands on m_redirect_url with the error`, async ({ page, product, merchant }) => {
      const order = names();
      await start(page, product, merchant, order);
      await end(page);
      const { raw, query } = await landing(page, merchant);
      const keys = query.map(([key]) => key);
      expect(keys).toEqual(["from", "imp_uid", "merchant_uid", "imp_success", "error_code", "error_msg"]);
      expect(Object.fromEntries(query)).toMatchObject({
        imp_success: "false",
        error_code: expect.stringMatching(/./),
        error_msg: expect.stringMatching(reason),
      });
      expect(raw).not.toContain("+");
      expect(await product.hasKey(order.customer_uid)).toBe(false);
    });
  }

  test("without m_redirect_url the product's own pages say how it ended", async ({
    page,
    product,
    merchant,
  }) => {
    const good = names();
    await start(page, product, merchant, { ...good, m_redirect_url: undefined });
    await payWith(page, CARD.good);
    await page.waitForURL(/\/payments\/success\?/);
    expect(page.url()).toMatch(
      new RegExp(`/payments/success\\?success=true&merchant_uid=${good.merchant_uid}&imp_uid=imp_\\d{12}$`),
    );
    await start(page, product, merchant, { ...names(), m_redirect_url: undefined });
    await payWith(page, CARD.refused);
    await page.waitForURL(/\/payments\/fail\?imp_uid=imp_\d{12}&success=false&error_msg=./);
  });

  test("a merchant_uid that was used is refused before the window", async ({ page, product, merchant }) => {
    const order = names();
    await start(page, product, merchant, order);
    await payWith(page, CARD.good);
    await landing(page, merchant);
    const keys = await product.keysIssued();
    await start(page, product, merchant, order);
    const { query } = await landing(page, merchant);
    expect(Object.fromEntries(query)).toMatchObject({
      imp_success: "false",
      merchant_uid: order.merchant_uid,
      error_msg: expect.stringContaining("이미"),
    });
    expect(await product.keysIssued()).toBe(keys);
  });

  test("a return that is loaded twice shows the stored result", async ({ page, product, merchant }) => {
    const order = names();
    await start(page, product, merchant, order);
    await inWindow(page, "card-number");
    const returned = page.waitForRequest(
      (request) => request.url().startsWith(`${product.main}/`) && request.method() === "POST",
    );
    await payWith(page, CARD.good);
    const { raw } = await landing(page, merchant);
    const request = await returned;
    const again = await fetch(request.url(), {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: request.postData() ?? "",
    });
    expect(again.status).toBe(303);
    expect(again.headers.get("location")).toBe(raw);
    const imp_uid = new URL(raw).searchParams.get("imp_uid");
    expect(await product.journal(imp_uid)).toHaveLength(1);
  });

  test("back from the window, and back after the end, make no second key", async ({
    page,
    product,
    merchant,
  }) => {
    const order = names();
    await start(page, product, merchant, order);
    await inWindow(page, "card-number");
    await goBack(page);
    const opened = page.waitForRequest(
      (request) => request.isNavigationRequest() && request.method() === "POST",
    );
    await start(page, product, merchant, order);
    const handOff = await opened;
    await payWith(page, CARD.good);
    const { raw } = await landing(page, merchant);
    const keys = await product.keysIssued();
    await goBack(page);
    // And when the buyer says yes, the window that is over leads to its result.
    const resent = await fetch(handOff.url(), {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: handOff.postData() ?? "",
    });
    expect([resent.status, resent.headers.get("location")]).toEqual([303, raw]);
    expect(await product.keysIssued()).toBe(keys);
    expect(await product.hasKey(order.customer_uid)).toBe(true);
  });

  test("language en reaches the gateway's window", async ({ page, product, merchant }) => {
    await start(page, product, merchant, { ...names(), language: "en" });
    const number = await inWindow(page, "card-number");
    expect(await number.evaluate(() => document.documentElement.lang)).toBe("en");
  });

  test("a refresh of the window goes on to one result", async ({ page, product, merchant }) => {
    const order = names();
    await start(page, product, merchant, order);
    await inWindow(page, "card-number");
    await page.reload();
    await payWith(page, CARD.good);
    const { query } = await landing(page, merchant);
    expect(Object.fromEntries(query)).toMatchObject({ imp_success: "true" });
    expect(await product.journal(Object.fromEntries(query).imp_uid)).toHaveLength(1);
  });
});
