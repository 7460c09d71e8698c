// Each gateway's window for everybody: by keyboard alone, in Korean and English, on a PC and on a phone of 320 px. At
// every step axe finds nothing and nothing scrolls sideways, a form with a mistake included.

import type { Frame, Locator, Page } from "@playwright/test";
import { areForEverybody, focused, tabTo } from "../support/access";
import { CARD, ending, names, openShop, shown } from "../support/buyer";
import { GATEWAYS, phone } from "../support/gateways";
import { expect, test } from "../support/product";

const NO_CARD = "4242";
const PHONE = { ...phone("iPhone 13"), viewport: { width: 320, height: 640 } };

/** The window's step that is open, once there is one. */
async function nextStep(page: Page): Promise<{ step: string; at: Locator }> {
  let found: Awaited<ReturnType<typeof shown>> = null;
  await expect(async () => {
    found = await shown(page);
    expect(found, "a step of the window").not.toBeNull();
  }).toPass({ intervals: [50], timeout: 15_000 });
  return found as unknown as { step: string; at: Locator };
}

async function frameOf(element: Locator): Promise<Frame> {
  const frame = await (await element.elementHandle())?.ownerFrame();
  return frame ?? element.page().mainFrame();
}

/** Types a card's number where the window asks for one, and goes on. */
async function typeCard(page: Page, number: string): Promise<string> {
  const { step, at } = await nextStep(page);
  expect(step).toBe("card-number");
  const window = at.page();
  await tabTo(window, "card-number");
  await window.keyboard.type(number);
  return goOn(page);
}

/** Presses the step's button, waits until its page has gone, and says which button it was: `next`, or `pay` at the end. */
async function goOn(page: Page): Promise<string> {
  const { step, at } = await nextStep(page);
  const button = await at.elementHandle();
  await tabTo(at.page(), step);
  // The frame may be gone before the key comes up, and Chromium then never says that it did.
  at.page()
    .keyboard.press("Enter")
    .catch(() => {});
  await button?.waitForElementState("hidden").catch((error: Error) => {
    // A page or frame that went away has left; only waiting in vain has not.
    if (error.name === "TimeoutError") throw error;
  });
  return step;
}

for (const gateway of GATEWAYS) {
  for (const [device, profile, by] of [
    ["a PC", { viewport: { width: 1280, height: 800 } }, "callback"],
    ["a phone", PHONE, gateway.phone],
  ] as const) {
    for (const language of ["ko", "en"]) {
      test.describe(`${gateway.pg} on ${device} in ${language}`, () => {
        test.use({ ...profile, locale: language });

        test("is for everybody", async ({ page, product, merchant }) => {
          const asked = { ...gateway.params, language, m_redirect_url: `${merchant.origin}/complete` };
          await openShop(page, product, merchant, { pg: gateway.pg, ...names(), ...asked });
          await page.keyboard.press("Tab");
          await expect(page.locator("#pay")).toBeFocused();
          await page.keyboard.press("Enter");

          const { at } = await nextStep(page);
          // NHN KCP's window on a PC takes no language.
          const spoken = gateway.pg === "kcp_billing" && device === "a PC" ? "ko" : language;
          expect(await at.evaluate((field) => field.ownerDocument.documentElement.lang)).toBe(spoken);
          await areForEverybody(new Set([page, at.page()].flatMap((open) => open.frames())));

          await typeCard(page, NO_CARD);
          const again = (await nextStep(page)).at;
          await expect.poll(() => focused(again.page())).toBe("card-number");
          await areForEverybody([await frameOf(again)]);

          let pressed = await typeCard(page, CARD.good);
          while (pressed !== "pay") {
            await areForEverybody([await frameOf((await nextStep(page)).at)]);
            pressed = await goOn(page);
          }
          expect(await ending(page, merchant, by)).toMatchObject({ success: true });
          if (by === "callback") await expect(page.locator("#pay")).toBeFocused();
        });
      });
    }
  }
}
