// A shop that asks for the card itself: no window, and nothing of the card reaches us.

import { randomUUID } from "node:crypto";
import { devices, type Page, type Request } from "@playwright/test";
import type { CardInfo } from "../../sdk/types/iamport";
import { CARD, inWindow, names, results, shopPage } from "../support/buyer";
import { expect, type Merchant, type Product, test } from "../support/product";

const EXPIRY = "11/30";

/** Everything that the browser sent, wherever to. */
function record(page: Page): Request[] {
  const sent: Request[] = [];
  page.context().on("request", (request) => sent.push(request));
  return sent;
}

/** All values of an address and a body, one by one: in a long random text any three digits may stand. */
function values(request: Request): string[] {
  const body = request.postData() ?? "";
  const walk = (value: unknown): unknown[] =>
    value && typeof value === "object" ? Object.values(value).flatMap(walk) : [value];
  const read = body.startsWith("{") ? walk(JSON.parse(body)) : [...new URLSearchParams(body).values()];
  return [...new URL(request.url()).searchParams.values(), ...read].map(String);
}

/** The card went to the gateway so often, and nowhere else: not even the gateway has it in an address. */
async function expectCardAtGatewayOnly(
  product: Product,
  sent: Request[],
  card: { number: string; cvv: string },
  times: number,
): Promise<void> {
  const { pg } = await product.get("/sandbox");
  const digits = card.number.replace(/\D/g, "");
  const carries = (text: string): boolean =>
    decodeURIComponent(text)
      .replace(/[\s+-]/g, "")
      .includes(digits);
  const withCard = sent.filter(
    (request) => carries(request.postData() ?? "") || values(request).includes(card.cvv),
  );
  expect(withCard.map((request) => new URL(request.url()).pathname)).toEqual(
    Array(times).fill(expect.stringMatching(/\/api\/brick\/token$/)),
  );
  for (const request of withCard) expect(request.url()).toContain(pg.paymentwall);
  for (const request of sent) {
    expect(carries(request.url()), request.url()).toBe(false);
    expect(carries(JSON.stringify(request.headers())), request.url()).toBe(false);
  }
  // There is something to look at: the product was spoken to, with bodies.
  const ours = sent.filter((request) => /\/window\/(prepare|\w+\/token)$/.test(request.url()));
  expect(ours.every((request) => (request.postData() ?? "") !== "")).toBe(true);
  expect(ours.length).toBeGreaterThan(0);
}

async function openShop(page: Page, product: Product, merchant: Merchant): Promise<void> {
  // With the list of channels at hand a request begins at once.
  const list = page.waitForResponse("**/users/pg/*").then((response) => response.finished());
  await page.goto(merchant.serve(`/shop/${randomUUID()}`, shopPage(product, "")));
  await list;
}

/** Pays as a shop's script does, so often at once; the card is never in the page. */
function pay(
  page: Page,
  merchant: Merchant,
  order: { merchant_uid: string; customer_uid: string },
  info: CardInfo,
  { pg = "paymentwall", amount = 3000, times = 1 } = {},
): Promise<void> {
  const params = {
    ...order,
    pg,
    amount,
    pay_method: "card",
    name: "Monthly plan",
    buyer_email: "johndoe@example.com",
    buyer_name: "John Doe",
    m_redirect_url: `${merchant.origin}/complete?from=card#top`,
    card: { info },
  };
  return page.evaluate(
    ([given, count]) => {
      for (let i = 0; i < count; i += 1) window.IMP?.request_pay(given, (rsp) => window.results.push(rsp));
    },
    [params, times] as const,
  );
}

test("pays in the callback without a window, and again by the key", async ({ page, product, merchant }) => {
  const sent = record(page);
  await openShop(page, product, merchant);
  const order = names();
  const frames = page.frames().length;
  await pay(page, merchant, order, { card_number: CARD.good, expiry: EXPIRY, cvc: "907" }, { times: 2 });
  const [twice, paid] = await results(page, 2);
  if (!twice || !paid) throw new Error("two results");
  expect(twice).toMatchObject({ success: false, error_msg: expect.stringContaining("이미") });
  expect(paid).toMatchObject({
    success: true,
    status: "paid",
    paid_amount: 3000,
    merchant_uid: order.merchant_uid,
    customer_uid: order.customer_uid,
  });
  await expectCardAtGatewayOnly(product, sent, { number: CARD.good, cvv: "907" }, 1);
  expect(page.frames()).toHaveLength(frames);
  await expect(page.locator(".imp-dialog")).toHaveCount(0);
  const dom = await page.evaluate(() => document.documentElement.outerHTML);
  expect(dom.replace(/[\s-]/g, "")).not.toContain("42424242");
  expect(await product.payment(paid.imp_uid)).toMatchObject({ status: "paid", amount: 3000, channel: "pc" });
  expect((await product.journal(paid.imp_uid)).map((entry) => entry.kind)).toEqual([
    "key_issued",
    "approval",
  ]);
  expect(await product.again(order.customer_uid, names().merchant_uid, 5000)).toMatchObject({
    code: 0,
    response: { status: "paid", amount: 5000 },
  });
});

for (const [how, number, cvv, error] of [
  ["a card that is refused", CARD.refused, "907", /3012/],
  ["a wrong CVV", CARD.good, "111", /3014/],
] as const) {
  test(`${how} fails, and another card pays`, async ({ page, product, merchant }) => {
    const sent = record(page);
    await openShop(page, product, merchant);
    const order = names();
    await pay(page, merchant, order, { number, exp_month: 11, exp_year: 2030, cvv });
    const [failed] = await results(page);
    expect(failed).toMatchObject({
      success: false,
      error_msg: error,
      imp_uid: expect.stringMatching(/^imp_/),
    });
    expect(await product.payment(failed?.imp_uid)).toMatchObject({ status: "failed" });
    expect(await product.hasKey(order.customer_uid)).toBe(false);
    await expectCardAtGatewayOnly(product, sent, { number, cvv }, 1);
    await pay(page, merchant, order, { number: CARD.good, expiry: "2030-11", cvc: "907" });
    expect((await results(page, 2))[1]).toMatchObject({ success: true });
  });
}

test("what the gateway takes for no card is told in its words, and prepares nothing", async ({
  page,
  product,
  merchant,
}) => {
  const sent = record(page);
  await openShop(page, product, merchant);
  await pay(page, merchant, names(), { number: "4242 4242 4242 4241", expiry: EXPIRY, cvc: "907" });
  const [failed] = await results(page);
  expect(failed).toMatchObject({
    success: false,
    error_code: expect.stringMatching(/^\d+$/),
    error_msg: expect.stringMatching(/./),
  });
  expect(failed).not.toHaveProperty("imp_uid");
  expect(sent.filter((request) => request.url().includes("/window/"))).toEqual([]);
});

test("where a gateway has only its window, the card is dropped and the window opens", async ({
  page,
  product,
  merchant,
}) => {
  const sent = record(page);
  await openShop(page, product, merchant);
  const info = { number: CARD.good, expiry: EXPIRY, cvc: "907" };
  await pay(page, merchant, names(), info, { pg: "kcp_billing", amount: 0 });
  await inWindow(page, "card-number");
  await expectCardAtGatewayOnly(product, sent, { number: CARD.good, cvv: "907" }, 0);
});

test.describe("on a phone", () => {
  const { defaultBrowserType: _, ...profile } = devices["iPhone 13"];
  test.use(profile);

  for (const [how, number, cvv, error] of [
    ["the test card", CARD.good, "907", null],
    ["a card that is refused", CARD.refused, "907", /3012/],
    ["a wrong CVV", CARD.good, "111", /3014/],
    ["what is no card", "4242 4242 4242 4241", "907", /./],
  ] as const) {
    test(`${how} lands on m_redirect_url`, async ({ page, product, merchant }) => {
      const sent = record(page);
      await openShop(page, product, merchant);
      const order = names();
      await pay(page, merchant, order, { number, expiry: EXPIRY, cvc: cvv });
      await page.waitForURL((url) => url.origin === merchant.origin && url.pathname === "/complete");
      const landed = new URL(page.url());
      const query = Object.fromEntries(landed.searchParams.entries());
      expect(query).toMatchObject({
        from: "card",
        merchant_uid: order.merchant_uid,
        imp_success: String(!error),
      });
      expect(landed.hash).toBe("#top");
      // The shop's page is asked for by the browser that shows it, once, and not by a script before.
      expect(sent.filter((request) => request.url().includes("/complete"))).toHaveLength(1);
      if (error) {
        expect(query).toMatchObject({
          error_code: expect.stringMatching(/./),
          error_msg: expect.stringMatching(error),
        });
        expect(await product.hasKey(order.customer_uid)).toBe(false);
      } else {
        expect(await product.payment(query.imp_uid)).toMatchObject({ status: "paid", channel: "mobile" });
        const again = await product.again(order.customer_uid, names().merchant_uid, 3000);
        expect(again).toMatchObject({ code: 0, response: { status: "paid" } });
      }
      if (query.imp_uid) await expectCardAtGatewayOnly(product, sent, { number, cvv }, 1);
    });
  }
});
