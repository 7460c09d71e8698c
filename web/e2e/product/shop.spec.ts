// The demo shop: every gateway's tab registers a card and charges it, and says what really happened.

import type { Page } from "@playwright/test";
import { overhang, violations } from "../support/access";
import { CARD, payAnywhere } from "../support/buyer";
import { GATEWAYS, type Gateway, phone } from "../support/gateways";
import { expect, test } from "../support/product";

const NARROW = { ...phone("iPhone 13"), viewport: { width: 320, height: 640 } };
const gateway = (pg: string): Gateway => GATEWAYS.find((one) => one.pg === pg) as Gateway;

/** Opens the shop at a gateway's tab. */
async function openTab(page: Page, shop: string, pg: string): Promise<void> {
  await page.goto(`${shop}/?lang=en`);
  await page.locator(`#tabs [data-pg="${pg}"]`).click();
  await expect(page.locator("#run")).toBeEnabled();
}

/** Charges the card that was just registered, as the shop's second step does. */
async function charge(page: Page): Promise<void> {
  await page.locator("#run-charge").click();
  await expect(page.locator("#charge-result .result-title")).toHaveText("₩3,000 paid");
}

for (const { pg, pc } of GATEWAYS) {
  test(`${pg} registers a card on a PC, and charges it`, async ({ page, product }) => {
    await openTab(page, product.shop, pg);
    await expect(page.locator("#device-opens")).toHaveText(pc === "popup" ? /popup/ : /over this page/);
    await page.locator("#run").click();
    await payAnywhere(page, CARD.good);
    await expect(page.locator("#result .result-title")).toHaveText("The card is registered");
    const looked = pg === "paymentwall" ? "paid, $50.00." : "paid, ₩0.";
    await expect(page.locator("#result .result-proof")).toContainText(looked);
    await charge(page);
    expect((await product.journal()).at(-1)).toMatchObject({ pg, kind: "approval", amount: 3000 });
    // The newest is on top; before it Danal's test approval.
    const rows = page.locator("#journal .row-head");
    await expect(rows.first()).toHaveText(/^Approval3,000 KRW/);
    if (pg === "danal_tpay") await expect(rows.nth(1)).toHaveText(/^Test approval10 KRW/);
  });
}

test.describe("on a phone", () => {
  test.use(phone("iPhone 13"));

  test("the page that it comes back to speaks the language that was asked for", async ({ page, product }) => {
    await page.goto(`${product.shop}/?lang=ko`);
    await page.locator('#tabs [data-pg="kcp_billing"]').click();
    await page.locator("#run").click();
    await payAnywhere(page, CARD.good);
    await page.waitForURL(/\/complete\?/);
    await expect(page.locator("html")).toHaveAttribute("lang", "ko");
    await expect(page.getByRole("button", { name: "이 카드로 청구하기" })).toBeVisible();
  });

  for (const { pg, phone: by } of [gateway("danal_tpay"), gateway("paymentwall")]) {
    test(`${pg} comes back by ${by}`, async ({ page, product }) => {
      await openTab(page, product.shop, pg);
      const opens = by === "redirect" ? /returns to m_redirect_url/ : /comes to the callback/;
      await expect(page.locator("#device-opens")).toHaveText(opens);
      await page.locator("#run").click();
      await payAnywhere(page, CARD.good);
      if (by === "redirect") {
        await page.waitForURL(/\/complete\?/);
        await page.getByRole("button", { name: "Charge this card" }).click();
      } else {
        await expect(page.locator("#result .result-title")).toHaveText("The card is registered");
      }
      await charge(page);
    });
  }
});

test("a refused card is told with its reason", async ({ page, product }) => {
  await openTab(page, product.shop, "kicc");
  await page.locator("#run").click();
  await payAnywhere(page, CARD.refused);
  await expect(page.locator("#result .result-title")).toHaveText("The card was not registered");
});

for (const [look, profile] of [
  ["light on a PC in ko", { viewport: { width: 1280, height: 800 }, colorScheme: "light", locale: "ko" }],
  ["dark on a narrow phone in en", { ...NARROW, colorScheme: "dark", locale: "en" }],
] as const) {
  test.describe(look, () => {
    test.use(profile);

    test("every tab is for everybody", async ({ page, product }) => {
      await page.goto(product.shop);
      await expect(page.locator("#run")).toBeEnabled();
      await expect(page.locator("html")).toHaveAttribute("lang", profile.locale);
      for (const { pg } of GATEWAYS) {
        await page.locator(`#tabs [data-pg="${pg}"]`).click();
        expect(await page.evaluate(overhang), pg).toBe(0);
      }
      expect(await violations(page)).toEqual([]);
    });
  });
}

test("a card under review is neither registered nor refused", async ({ page, product }) => {
  // What the callback says after half a minute is told here without the wait.
  await openTab(page, product.shop, "paymentwall");
  await page.evaluate(() => {
    const imp = window.IMP as unknown as {
      request_pay: (params: object, callback: (rsp: object) => void) => void;
    };
    imp.request_pay = (_, callback) =>
      callback({ success: false, error_code: "PENDING", imp_uid: "imp_000000000000" });
  });
  await page.locator("#run").click();
  await expect(page.locator("#result .result-title")).toHaveText("Not known yet");
  await expect(page.getByRole("button", { name: "Look it up again" })).toBeVisible();
});
