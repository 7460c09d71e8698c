// How each gateway's window can end without a registered card, or with one that cannot be charged: on a PC and on a
// phone, as the merchant's page is told, and as the books have it afterwards.

import type { Page } from "@playwright/test";
import {
  CANCELLED,
  CARD,
  cancelAnywhere,
  ending,
  names,
  openShop,
  payAnywhere,
  shown,
} from "../support/buyer";
import { GATEWAYS, phone } from "../support/gateways";
import { expect, type Merchant, type Product, test } from "../support/product";

const CANCEL = { success: false, error_msg: expect.stringContaining(CANCELLED) };

for (const gateway of GATEWAYS) {
  for (const [device, profile, by, frame] of [
    ["a PC", {}, "callback", gateway.pc],
    ["a phone", phone("Pixel 7"), gateway.phone, gateway.phone === "callback" ? "layer" : "page"],
  ] as const) {
    /** Opens the window for a new order; the page that shows it, once its first step is there. */
    async function open(page: Page, product: Product, merchant: Merchant) {
      const order = names();
      const asked = { ...gateway.params, m_redirect_url: `${merchant.origin}/complete` };
      await openShop(page, product, merchant, { pg: gateway.pg, ...order, ...asked });
      await page.locator("#pay").click();
      let window = page;
      await expect(async () => {
        const step = await shown(page);
        expect(step, "a step of the window").not.toBeNull();
        window = step?.at.page() ?? page;
      }).toPass({ intervals: [50], timeout: 15_000 });
      return { order, window };
    }

    /** Nothing of an order is left: no key, and nothing that the gateway did. */
    async function leftNothing(product: Product, order: { merchant_uid: string; customer_uid: string }) {
      const { response } = await product.get(
        `/payments/find/${order.merchant_uid}`,
        await product.authorized(),
      );
      expect(response.status).toBe("failed");
      expect(await product.journal(response.imp_uid)).toEqual([]);
      expect(await product.hasKey(order.customer_uid)).toBe(false);
    }

    test.describe(`${gateway.pg} on ${device}`, () => {
      test.use(profile);

      test("a refused card is a failure, one over its limit is declined later", async ({
        page,
        product,
        merchant,
      }) => {
        const refused = await open(page, product, merchant);
        await payAnywhere(page, CARD.refused);
        expect(await ending(page, merchant, by)).toMatchObject({
          success: false,
          merchant_uid: refused.order.merchant_uid,
          error_code: expect.stringMatching(/./),
          error_msg: expect.stringMatching(/./),
        });
        await leftNothing(product, refused.order);

        const { order } = await open(page, product, merchant);
        await payAnywhere(page, CARD.overLimit);
        expect(await ending(page, merchant, by)).toMatchObject({ success: true });
        const charge = await product.again(order.customer_uid, names().merchant_uid, 3000);
        expect(charge).toMatchObject({
          code: 0,
          response: { status: "failed", fail_reason: expect.stringMatching(/./) },
        });
        expect(await product.journal(charge.response.imp_uid)).toEqual([]);
      });

      test(`cancelling in the window${frame === "page" ? "" : ", and closing it,"} cancels`, async ({
        page,
        product,
        merchant,
      }) => {
        const cancelled = await open(page, product, merchant);
        await cancelAnywhere(page);
        expect(await ending(page, merchant, by)).toMatchObject(CANCEL);
        await leftNothing(product, cancelled.order);
        if (frame === "page") return;

        const closed = await open(page, product, merchant);
        if (frame === "popup") await closed.window.close();
        else await page.locator(".imp-close").click();
        expect(await ending(page, merchant, by)).toMatchObject(CANCEL);
        await expect(page.locator(".imp-dialog")).toHaveCount(0);
        await leftNothing(product, closed.order);
      });
    });
  }
}

test("closing the layer beside a popup closes the popup and cancels", async ({ page, product, merchant }) => {
  const order = names();
  await openShop(page, product, merchant, { pg: "payco", ...order });
  const opening = page.waitForEvent("popup");
  await page.locator("#pay").click();
  const popup = await opening;
  await popup.locator("body[data-simulated]").waitFor();
  const closing = popup.waitForEvent("close");
  await page.locator(".imp-close").click();
  await closing;
  expect(await ending(page, merchant, "callback")).toMatchObject(CANCEL);
  expect(await product.hasKey(order.customer_uid)).toBe(false);
});
