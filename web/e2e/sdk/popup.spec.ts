import { expect, test } from "@playwright/test";
import { Fake, Gate, openShop, results, SHOP } from "../support/fake";

const popupFacts = { frame: "popup" as const, width: 727, height: 512, name: "IMP_RED" };

async function start(context: Parameters<typeof Fake.start>[0]): Promise<Fake> {
  const fake = await Fake.start(context);
  fake.pc = popupFacts;
  return fake;
}

test("the popup opens in the click, before the server answers, and closes with the result", async ({
  page,
  context,
}) => {
  const fake = await start(context);
  const gate = new Gate();
  fake.gates.set("/window/prepare", gate);
  await openShop(page);
  await page.waitForFunction(() =>
    performance.getEntriesByType("resource").some((one) => /users/.test(one.name)),
  );
  const opening = page.waitForEvent("popup");
  await page.locator("#pay").click();
  const popup = await opening;
  expect(popup.url()).toBe("about:blank");
  expect(await popup.evaluate(() => window.name)).toBe("IMP_RED");
  await expect(page.locator(".imp-dialog.popup")).toBeVisible();
  await expect(page.locator("iframe")).toHaveCount(0);

  gate.open();
  const closed = popup.waitForEvent("close");
  await popup.locator("#ok").click();
  expect(await results(page)).toMatchObject([{ success: true, imp_uid: "imp_000000000001" }]);
  await closed;
  await expect(page.locator(".imp-dialog")).toHaveCount(0);
  expect(fake.prepared[0]).toMatchObject({ frame: "popup" });
});

test("a popup that the buyer closes is cancelled at the server, then the callback hears", async ({
  page,
  context,
}) => {
  const fake = await start(context);
  await openShop(page);
  const opening = page.waitForEvent("popup");
  await page.locator("#pay").click();
  const popup = await opening;
  await popup.locator("#ok").waitFor();
  await popup.close();
  expect(await results(page)).toMatchObject([
    { success: false, error_msg: "사용자가 결제를 취소하셨습니다" },
  ]);
  expect(fake.calls).toContain("POST /window/close");
});

test("a popup that lost its opener says so, and the merchant's page still gets the result", async ({
  page,
  context,
}) => {
  await start(context);
  await openShop(page);
  const opening = page.waitForEvent("popup");
  await page.locator("#pay").click();
  const popup = await opening;
  await popup.locator("#ok").waitFor();
  await context.addInitScript(() => {
    if (location.host === "pay.test") window.opener = null;
  });
  await popup.locator("#ok").click();
  await expect(popup.locator("[data-fallback]")).toBeVisible();
  expect(await results(page)).toMatchObject([{ success: true }]);
});

for (const [kind, blocked] of [
  ["nothing", () => null],
  ["a window that is closed at once", () => ({ closed: true })],
] as const) {
  test(`a blocker that gives ${kind} ends in a text and a failure`, async ({ page, context }) => {
    const fake = await start(context);
    await openShop(page);
    await page.evaluate(`window.open = ${blocked.toString()}`);
    await page.locator("#pay").click();
    const [result] = await results(page);
    expect(result).toMatchObject({ success: false, error_code: "F500", merchant_uid: "order_1" });
    expect(await page.evaluate(() => window.alerts)).toEqual([result?.error_msg]);
    expect(fake.prepared).toEqual([]);
    await expect(page.locator(".imp-dialog")).toHaveCount(0);
  });
}

test("a popup of that name in the middle of something else is left alone", async ({ page, context }) => {
  await start(context);
  await openShop(page);
  const first = page.waitForEvent("popup");
  await page.evaluate(() => window.open("http://pg.test/pay?id=other", "IMP_RED"));
  const other = await first;
  await other.locator("#ok").waitFor();
  const opening = page.waitForEvent("popup");
  await page.locator("#pay").click();
  const popup = await opening;
  await popup.locator("#ok").waitFor();
  expect(other.url()).toBe("http://pg.test/pay?id=other");
});

test("two tabs end in one result each", async ({ context }) => {
  const fake = await Fake.start(context);
  const [one, two] = [await context.newPage(), await context.newPage()];
  await openShop(one, { merchant_uid: "tab_1" });
  await openShop(two, { merchant_uid: "tab_2" });
  await one.locator("#pay").click();
  await two.locator("#pay").click();
  await one.frameLocator(".imp-dialog iframe").locator("#ok").click();
  await two.frameLocator(".imp-dialog iframe").locator("#no").click();
  expect(await results(one)).toMatchObject([{ success: true, merchant_uid: "tab_1" }]);
  expect(await results(two)).toMatchObject([{ success: false, merchant_uid: "tab_2" }]);
  expect(fake.payments).toHaveLength(2);
  expect(one.url()).toBe(`${SHOP}/`);
});
