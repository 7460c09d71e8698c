// Before the list of channels is there, and when the server refuses or cannot be reached.

import { devices, expect, test } from "@playwright/test";
import { Fake, Gate, openShop, results } from "../support/fake";

test("of the requests before the list only the last one opens", async ({ page, context }) => {
  const fake = await Fake.start(context);
  const gate = new Gate();
  fake.gates.set("/users/pg/imp00000000", gate);
  await openShop(page);
  await page.evaluate(() => {
    for (const merchant_uid of ["one", "two", "three"]) {
      const params = { merchant_uid, amount: 0, customer_uid: "a" };
      window.IMP?.request_pay(params, (rsp) => window.results.push(rsp));
    }
  });
  gate.open();
  await page.frameLocator(".imp-dialog iframe").locator("#ok").click();
  expect(await results(page)).toMatchObject([{ success: true, merchant_uid: "three" }]);
  expect(fake.prepared).toHaveLength(1);
});

test("a popup asked for before the list is opened when it comes", async ({ page, context }) => {
  const fake = await Fake.start(context);
  fake.pc = { frame: "popup", width: 500, height: 500, name: null };
  const gate = new Gate();
  fake.gates.set("/users/pg/imp00000000", gate);
  await openShop(page);
  await page.locator("#pay").click();
  const opening = page.waitForEvent("popup");
  gate.open();
  await (await opening).locator("#ok").click();
  expect(await results(page)).toMatchObject([{ success: true }]);
});

test("a list that could not be loaded is asked for again by the next request", async ({ page, context }) => {
  const fake = await Fake.start(context);
  fake.broken.add("/users/pg/imp00000000");
  await openShop(page);
  await page.locator("#pay").click();
  expect(await results(page)).toMatchObject([
    { success: false, error_code: "F500", merchant_uid: "order_1" },
  ]);
  fake.broken.clear();
  await page.locator("#pay").click();
  await page.frameLocator(".imp-dialog iframe").locator("#ok").click();
  expect((await results(page, 2))[1]).toMatchObject({ success: true });
});

test("init again with the same code neither loads again nor disturbs the open window", async ({
  page,
  context,
}) => {
  const fake = await Fake.start(context);
  await openShop(page);
  await page.locator("#pay").click();
  await page.frameLocator(".imp-dialog iframe").locator("#ok").waitFor();
  await page.evaluate(() => window.IMP?.init("imp00000000"));
  await page.frameLocator(".imp-dialog iframe").locator("#ok").click();
  expect(await results(page)).toMatchObject([{ success: true }]);
  expect(fake.calls.filter((call) => call.includes("/users/pg"))).toHaveLength(1);
});

const refused = {
  success: false,
  imp_success: false,
  imp_uid: null,
  merchant_uid: "order_1",
  error_code: "F2",
  error_msg: "이미 결제된 주문입니다",
};

test("a refusal closes the layer and is handed to the callback", async ({ page, context }) => {
  const fake = await Fake.start(context);
  fake.refusal = { redirect_url: null, result: refused };
  await openShop(page);
  await page.locator("#pay").click();
  expect(await results(page)).toEqual([refused]);
  await expect(page.locator(".imp-dialog")).toHaveCount(0);
});

test("a lost prepare is a failure, and the next request opens", async ({ page, context }) => {
  const fake = await Fake.start(context);
  fake.broken.add("/window/prepare");
  await openShop(page);
  await page.locator("#pay").click();
  expect(await results(page)).toMatchObject([{ success: false, error_code: "F500" }]);
  fake.broken.clear();
  await page.locator("#pay").click();
  await expect(page.frameLocator(".imp-dialog iframe").locator("#ok")).toBeVisible();
});

test("parameters that cannot be sent are a failure, not an exception", async ({ page, context }) => {
  await Fake.start(context);
  await openShop(page);
  await page.evaluate(() => {
    const circle: Record<string, unknown> = { merchant_uid: "o", amount: 0, customer_uid: "a" };
    circle.custom_data = circle;
    window.IMP?.request_pay(circle as never, (rsp) => window.results.push(rsp));
  });
  expect(await results(page)).toMatchObject([{ success: false, error_code: "F500" }]);
  await expect(page.locator(".imp-dialog")).toHaveCount(0);
});

test.describe("on a phone", () => {
  test.use({ userAgent: devices["iPhone 13"].userAgent });

  test("the page itself goes to the window, with the token in the body", async ({ page, context }) => {
    const fake = await Fake.start(context);
    await openShop(page);
    await page.locator("#pay").click();
    await page.waitForURL("http://pg.test/pay?id=imp_000000000001&submit=shadows+form.submit");
    expect(fake.prepared[0]).toMatchObject({ device: "mobile", frame: "redirect" });
  });

  test("a page that the browser had kept can start again after coming back", async ({ page, context }) => {
    const fake = await Fake.start(context);
    await openShop(page);
    await page.locator("#pay").click();
    await page.locator("#ok").waitFor();
    // The event that tells a page it came out of the back/forward cache, which automation switches off.
    await page.goBack();
    await openShop(page);
    const gate = new Gate();
    fake.gates.set("/window/prepare", gate);
    await page.locator("#pay").click();
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    await page.locator("#pay").click();
    await expect.poll(() => fake.calls.filter((call) => call.includes("prepare")).length).toBe(3);
    expect(await page.evaluate(() => window.results)).toEqual([]);
    gate.open();
  });

  test("a refusal goes where the server says", async ({ page, context }) => {
    const fake = await Fake.start(context);
    fake.refusal = { redirect_url: "http://shop.test/done?imp_success=false", result: refused };
    await openShop(page);
    await page.locator("#pay").click();
    await page.waitForURL("http://shop.test/done?imp_success=false");
  });

  test("without a callback a failure becomes a navigation", async ({ page, context }) => {
    await Fake.start(context);
    await openShop(page);
    await page.evaluate(() => {
      const params = {
        merchant_uid: "o",
        amount: "x",
        customer_uid: "a",
        m_redirect_url: "http://shop.test/done?a=1",
      };
      window.IMP?.request_pay(params);
    });
    await page.waitForURL(
      /^http:\/\/shop\.test\/done\?a=1&merchant_uid=o&imp_success=false&error_code=F400&error_msg=/,
    );
  });

  test("a mobile layer hides the page behind it and brings it back", async ({ page, context }) => {
    const fake = await Fake.start(context);
    fake.mobileFrame = "layer";
    await openShop(page);
    await page.locator("#pay").click();
    await expect(page.locator("body")).toHaveClass(/imp-payment-progress/);
    await expect(page.locator("h1")).toBeHidden();
    await page.locator(".imp-close").click();
    expect(await results(page)).toMatchObject([{ success: false }]);
    await expect(page.locator("h1")).toBeVisible();
  });
});
