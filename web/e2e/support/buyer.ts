// What a merchant's customer does: clicks on the shop's page, fills in the gateway's window.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Frame, Locator, Page } from "@playwright/test";
import { fill } from "../../demo/src/order";
import { expect, type Merchant, type Product, SEED_SNIPPET } from "./product";

export const CARD = {
  good: "4242 4242 4242 4242",
  refused: "4000 0000 0000 0002",
  overLimit: "4000 0000 0000 0341",
};
export const CANCELLED = "사용자가 결제를 취소하셨습니다";

/** Names that no other test uses. */
export function names(prefix = "order"): { merchant_uid: string; customer_uid: string } {
  const unique = randomUUID().slice(0, 8);
  return { merchant_uid: `${prefix}_${unique}`, customer_uid: `gildong_${unique}` };
}

/** The guide's snippet with its placeholders filled in and nothing else changed. */
export function seedSnippet(order: { merchant_uid: string; customer_uid: string }, redirect: string): string {
  return SEED_SNIPPET.replace("{Merchant created Order ID}", order.merchant_uid)
    .replace("{Unique ID for the card (billing key)}", order.customer_uid)
    .replace("{redirect URL}", redirect);
}

/** A gateway's guide snippet, as the shop shows it, with its placeholders filled in and nothing else changed. */
export function guideSnippet(
  pg: string,
  order: { merchant_uid: string; customer_uid: string },
  place: { redirectUrl: string; pgId: string },
): string {
  const file = new URL(`../../demo/src/snippets/${pg}.js`, import.meta.url);
  return fill(readFileSync(file, "utf8"), order, place);
}

/** Opens a shop with a gateway's guide snippet, changed where the test says so, and presses its button. */
export async function openGuide(
  page: Page,
  product: Product,
  merchant: Merchant,
  pg: string,
  change: (snippet: string) => string = (snippet) => snippet,
): Promise<{ merchant_uid: string; customer_uid: string }> {
  const order = names("issue_billingkey");
  const { channels } = await product.get("/sandbox");
  const channel = channels.find((channel: { pg_provider: string }) => channel.pg_provider === pg);
  const place = { redirectUrl: `${merchant.origin}/complete`, pgId: channel.pg_id };
  const snippet = change(guideSnippet(pg, order, place));
  await page.goto(merchant.serve(`/guide/${order.merchant_uid}`, shopPage(product, snippet)));
  await page.locator("#pay").click();
  return order;
}

/** A shop's page whose button runs this code. */
export function shopPage(
  product: Product,
  onClick: string,
  options: { head?: string; script?: string } = {},
): string {
  const script = options.script ?? "/v1/iamport.js";
  return `<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>shop</title>
<meta name="viewport" content="width=device-width">${options.head ?? ""}<script src="${product.main}${script}"></script></head>
<body><main><h1>Shop</h1><button id="pay">Pay</button></main><script>
window.results = []; window.alerts = []; window.alert = function (text) { window.alerts.push(text); };
IMP.init("imp00000000");
document.getElementById("pay").addEventListener("click", function () {
${onClick}
});
</script></body></html>`;
}

/** As the guide's snippet, but the callback keeps its results in `window.results`. */
export function payCode(params: Record<string, unknown>): string {
  const all = {
    pg: "kcp_billing",
    pay_method: "card",
    name: "월간 원두 구독",
    amount: 0,
    buyer_email: "johndoe@gmail.com",
    buyer_name: "John Doe",
    buyer_tel: "02-1234-1234",
    ...params,
  };
  return `IMP.request_pay(${JSON.stringify(all)}, function (rsp) { window.results.push(rsp); });`;
}

/** Opens a shop's page that pays with these parameters. */
export async function openShop(
  page: Page,
  product: Product,
  merchant: Merchant,
  params: Record<string, unknown>,
  options: { head?: string; script?: string } = {},
): Promise<void> {
  const path = `/shop/${randomUUID()}`;
  await page.goto(merchant.serve(path, shopPage(product, payCode(params), options)));
}

/** The callbacks' results so far, once there are as many as wanted. */
export async function results(page: Page, count = 1): Promise<Record<string, unknown>[]> {
  await page.waitForFunction((wanted) => window.results.length >= wanted, count);
  return page.evaluate(() => window.results);
}

/** How a request ended, as the merchant is told: by the callback, or in the query of `m_redirect_url`. */
export async function ending(
  page: Page,
  merchant: Merchant,
  by: "callback" | "redirect",
): Promise<Record<string, unknown>> {
  if (by === "callback") return (await results(page))[0] ?? {};
  await page.waitForURL((url) => url.origin === merchant.origin && url.pathname === "/complete");
  const query = Object.fromEntries(new URL(page.url()).searchParams);
  return { ...query, success: query.imp_success === "true" };
}

/** An element of the simulated window, in whatever frame or page it is, once it is there. */
export async function inWindow(page: Page, name: string): Promise<Locator> {
  const selector = `body[data-simulated] [data-test="${name}"]`;
  let found: Locator | null = null;
  await expect(async () => {
    for (const frame of page.frames()) if (await isThere(frame, selector)) found = frame.locator(selector);
    expect(
      found,
      `${name} in one of ${page.frames().map((frame) => frame.url().slice(0, 80))}`,
    ).not.toBeNull();
  }).toPass({ intervals: [50], timeout: 15_000 });
  return found as unknown as Locator;
}

/** A frame that is about to go away answers with an error; the next look is at its successor. */
async function isThere(frame: Frame, selector: string): Promise<boolean> {
  try {
    return await frame.locator(selector).isVisible();
  } catch {
    return false;
  }
}

/** What a window shows next, in whatever page or frame of the browser it is, looked at in one moment. */
export async function shown(page: Page): Promise<{ step: string; at: Locator } | null> {
  const frames = page
    .context()
    .pages()
    .flatMap((open) => open.frames());
  for (const frame of frames) {
    const step = await frame.evaluate(nextStep).catch(() => null);
    if (step) return { step, at: frame.locator(`[data-test="${step}"]`) };
  }
  return null;
}

/** Runs in a frame: the step that a simulated window is at. */
function nextStep(): string | null {
  if (document.readyState === "loading" || !document.body?.matches("[data-simulated]")) return null;
  const steps = ["card-number", "pay", "next"].map((step) => ({
    step,
    at: document.querySelector<HTMLInputElement>(`[data-test="${step}"]`),
  }));
  const open = steps.find(
    ({ step, at }) => at?.checkVisibility() && !(step === "card-number" && at.value !== ""),
  );
  return open?.step ?? null;
}

/**
 * Goes through any gateway's window, for all can be gone through like this: a card number where one is asked for, next,
 * next, pay. Pages come and go meanwhile: a step that was just leaving is looked for again.
 */
export async function payAnywhere(page: Page, card: string): Promise<void> {
  let paid = false;
  await expect(async () => {
    const found = await shown(page);
    expect(found, "a step of the window").not.toBeNull();
    const { step, at } = found as { step: string; at: Locator };
    await at.page().bringToFront();
    if (step === "card-number") {
      await at.fill(card, { timeout: 1_000 });
    } else {
      const left = await press(at);
      paid = step === "pay" && left;
    }
    expect(paid, "the window's end").toBe(true);
  }).toPass({ intervals: [20], timeout: 25_000 });
}

/** Gives up in any gateway's window, at whatever step it is; as patient with it as `payAnywhere`. */
export async function cancelAnywhere(page: Page): Promise<void> {
  await expect(async () => {
    const found = await shown(page);
    expect(found, "a step of the window").not.toBeNull();
    const { at } = found as { at: Locator };
    await at.page().bringToFront();
    const frame = (await at.elementHandle({ timeout: 1_000 }))?.ownerFrame();
    const cancel = (await frame)?.locator('[data-test="cancel"]');
    expect(cancel && (await press(cancel)), "the window's end").toBe(true);
  }).toPass({ intervals: [20], timeout: 25_000 });
}

/** Presses a button of the window once; whether it then left, alone or with its page. */
async function press(at: Locator): Promise<boolean> {
  const button = await at.elementHandle({ timeout: 1_000 });
  await button?.click({ timeout: 2_000, noWaitAfter: true });
  const left = button?.waitForElementState("hidden", { timeout: 10_000 }).then(
    () => true,
    // A page or frame that went away has left; only waiting in vain has not.
    (error: Error) => error.name !== "TimeoutError",
  );
  return (await left) === true;
}

/** Types the card and goes through the window's steps to its end. */
export async function payWith(page: Page, card: string): Promise<void> {
  // Nobody can click in a tab that is behind another, and the browser may drop such a click.
  await page.bringToFront();
  await (await inWindow(page, "card-number")).fill(card);
  await (await inWindow(page, "next")).click();
  await (await inWindow(page, "pay")).click();
}
