import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "@playwright/test";
import { Fake, Gate, openShop, results } from "../support/fake";

const frame = ".imp-dialog iframe.imp-frame";

test("a success comes over the port, and the page is left as it was", async ({ page, context }) => {
  const fake = await Fake.start(context);
  await openShop(page, { custom_data: { a: [1, "둘"] }, unknown_one: "kept" });
  await page.locator("#pay").click();

  const dialog = page.getByRole("dialog", { name: /결제창|Payment window/ });
  await expect(dialog).toHaveClass("imp-dialog customizable pc payment-red");
  await expect(page.locator(frame)).toHaveClass("imp-frame imp-frame-pc imp-frame-red imp-frame-default");
  await expect(page.locator(".imp-close")).toBeFocused();
  await page.frameLocator(frame).locator("#ok").click();

  const [result] = await results(page);
  expect(result).toEqual({
    success: true,
    imp_success: true,
    imp_uid: "imp_000000000001",
    merchant_uid: "order_1",
    custom_data: { a: [1, "둘"] },
    status: "paid",
  });
  await expect(dialog).toHaveCount(0);
  await expect(page.locator("#pay")).toBeFocused();
  expect(fake.prepared[0]).toMatchObject({
    user_code: "imp00000000",
    tier_code: null,
    channel_key: "channel-key-1",
    device: "pc",
    frame: "layer",
    origin: "http://shop.test/",
    nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
    params: { unknown_one: "kept", pay_method: "card", custom_data: { a: [1, "둘"] } },
  });
  // The result arrived without asking for it.
  expect(fake.calls).toEqual(["GET /users/pg/imp00000000", "POST /window/prepare"]);
});

test("a failure carries both error keys", async ({ page, context }) => {
  await Fake.start(context);
  await openShop(page);
  await page.locator("#pay").click();
  await page.frameLocator(frame).locator("#no").click();
  const [result] = await results(page);
  expect(result).toMatchObject({
    success: false,
    imp_success: false,
    error_code: "F1",
    error_msg: "한도초과",
  });
});

for (const way of ["close button", "Escape", "IMP.close()"]) {
  test(`closing by ${way} tells the server, then the callback`, async ({ page, context }) => {
    const fake = await Fake.start(context);
    await openShop(page);
    await page.locator("#pay").click();
    await page.frameLocator(frame).locator("#ok").waitFor();
    if (way === "close button") await page.locator(".imp-close").click();
    else if (way === "Escape") await page.keyboard.press("Escape");
    else await page.evaluate(() => window.IMP?.close());

    const [result] = await results(page);
    expect(result).toMatchObject({ success: false, error_msg: "사용자가 결제를 취소하셨습니다" });
    expect(fake.calls.filter((call) => call.includes("/window/close"))).toHaveLength(1);
    await expect(page.locator(".imp-dialog")).toHaveCount(0);
  });
}

test("closing while the server still prepares cancels what it has prepared", async ({ page, context }) => {
  const fake = await Fake.start(context);
  const gate = new Gate();
  fake.gates.set("/window/prepare", gate);
  await openShop(page);
  await page.locator("#pay").click();
  await page.locator(".imp-close").click();
  expect(await page.evaluate(() => window.results)).toEqual([]);
  gate.open();
  const [result] = await results(page);
  expect(result).toMatchObject({ success: false, imp_uid: "imp_000000000001" });
  expect(fake.payments[0]?.state).toBe("done");
});

test("a window closed while the gateway decides gives the gateway's word", async ({ page, context }) => {
  const fake = await Fake.start(context);
  fake.unsure = true;
  await page.clock.install();
  await openShop(page);
  await page.locator("#pay").click();
  await page.frameLocator(frame).locator("#ok").waitFor();
  await page.locator(".imp-close").click();
  await expect(page.locator(".imp-status")).toHaveText(/결과를 확인|Checking the result/);
  await page.clock.runFor(10_000);
  expect(await page.evaluate(() => window.results)).toEqual([]);
  const payment = fake.payments[0];
  if (payment) fake.finish(payment, true);
  await page.clock.runFor(2_000);
  expect(await results(page)).toMatchObject([{ success: true, status: "paid" }]);
});

test("when nobody knows for 35 s the callback says so and does not claim a failure", async ({
  page,
  context,
}) => {
  const fake = await Fake.start(context);
  await page.clock.install();
  await openShop(page);
  await page.locator("#pay").click();
  await page.frameLocator(frame).locator("#ok").waitFor();
  fake.broken.add("/window/close");
  await page.locator(".imp-close").click();
  await expect(async () => {
    await page.clock.runFor(1_000);
    expect(await page.evaluate(() => window.results.length)).toBe(1);
  }).toPass({ intervals: [50] });
  const [result] = await results(page);
  expect(result).toMatchObject({ success: false, error_code: "PENDING", imp_uid: "imp_000000000001" });
  // A lost "closed" was said again, not taken for said.
  expect(fake.calls.filter((call) => call.includes("/window/close")).length).toBeGreaterThan(10);
  expect(fake.calls.filter((call) => call.includes("/window/result"))).toEqual([]);
});

test("a result page that cannot speak is noticed by asking the server", async ({ page, context }) => {
  const fake = await Fake.start(context);
  fake.muteResultPage = true;
  await page.clock.install();
  await openShop(page);
  await page.locator("#pay").click();
  await page.frameLocator(frame).locator("#ok").click();
  await page.frameLocator(frame).locator("[data-fallback]").waitFor({ state: "attached" });
  await page.clock.runFor(5_000);
  expect(await results(page)).toMatchObject([{ success: true }]);
  expect(fake.calls).toContain("POST /window/result");
});

test("further requests are answered at once while a window is open", async ({ page, context }) => {
  const fake = await Fake.start(context);
  await openShop(page);
  await page.locator("#pay").click();
  await page.frameLocator(frame).locator("#ok").waitFor();
  await page.locator("#pay").dispatchEvent("click");
  const [second] = await results(page);
  expect(second).toMatchObject({ success: false, merchant_uid: "order_1", error_msg: /열려 있습니다/ });
  await page.frameLocator(frame).locator("#ok").click();
  expect(await results(page, 2)).toMatchObject([{ success: false }, { success: true }]);
  expect(fake.prepared).toHaveLength(1);
});

test("an exception in the callback is logged, the window closes, and the next request opens", async ({
  page,
  context,
}) => {
  await Fake.start(context);
  await openShop(page);
  const logged = page.waitForEvent(
    "console",
    (message) => message.type() === "error" && /callback/.test(message.text()),
  );
  await page.evaluate(() => {
    window.IMP?.request_pay({ merchant_uid: "order_2", amount: 0, customer_uid: "a" }, () => {
      throw new Error("the merchant's own");
    });
  });
  await page.frameLocator(frame).locator("#ok").click();
  await logged;
  await expect(page.locator(".imp-dialog")).toHaveCount(0);
  await page.locator("#pay").click();
  await expect(page.locator(".imp-dialog")).toBeVisible();
});

test("a callback may start the next request", async ({ page, context }) => {
  const fake = await Fake.start(context);
  await openShop(page);
  await page.evaluate(() => {
    const params = { amount: 0, customer_uid: "a" };
    window.IMP?.request_pay({ ...params, merchant_uid: "first" }, () => {
      window.IMP?.request_pay({ ...params, merchant_uid: "second" }, (rsp) => window.results.push(rsp));
    });
  });
  await page.frameLocator(frame).locator("#no").click();
  await page.frameLocator(frame).locator("#ok").click();
  expect(await results(page)).toMatchObject([{ success: true, merchant_uid: "second" }]);
  expect(fake.prepared).toHaveLength(2);
});

test("everything works by keyboard, and Tab stays in the dialog", async ({ page, context }) => {
  await Fake.start(context);
  await openShop(page);
  await page.locator("#pay").focus();
  await page.keyboard.press("Enter");
  await page.frameLocator(frame).locator("#ok").waitFor();
  await expect(page.locator(".imp-close")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.frameLocator(frame).locator("#ok")).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(page.locator(".imp-close")).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await results(page)).toMatchObject([{ success: true }]);
});

test("the layer keeps its looks under a strict policy of the merchant's page", async ({ page, context }) => {
  const fake = await Fake.start(context);
  fake.headers = { "Content-Security-Policy": "style-src 'none'; script-src http://pay.test 'unsafe-eval'" };
  await openShop(page);
  await page.locator("#pay").click();
  await expect(page.locator(".imp-dialog")).toHaveCSS("position", "fixed");
  await expect(page.locator(frame)).toHaveCSS("width", "600px");
});

test("the layer speaks the request's language", async ({ page, context }) => {
  await Fake.start(context);
  await openShop(page, { language: "ko" });
  await page.locator("#pay").click();
  await expect(page.getByRole("button", { name: "결제창 닫기" })).toBeVisible();
  await openShop(page, { language: "en" });
  await page.locator("#pay").click();
  await expect(page.getByRole("button", { name: "Close the payment window" })).toBeVisible();
});

test("axe finds nothing in the layer", async ({ page, context }) => {
  await Fake.start(context);
  await openShop(page);
  await page.locator("#pay").click();
  await page.frameLocator(frame).locator("#ok").waitFor();
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const violations = await page.evaluate(
    "axe.run('.imp-dialog', { iframes: false }).then((found) => found.violations.map((one) => one.id))",
  );
  expect(violations).toEqual([]);
});
