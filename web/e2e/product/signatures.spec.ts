// The public library of Standard Webhooks against our signatures: what it believes, and what it does not.

import type { Page } from "@playwright/test";
import { Webhook } from "standardwebhooks";
import { CARD, names, openShop, payWith, results } from "../support/buyer";
import { expect, type Merchant, type Product, clockTest as test } from "../support/product";

const DAY_S = 24 * 60 * 60;

/** What somebody else made of a webhook. */
interface Changed {
  text?: string;
  headers?: Record<string, string>;
}

async function registerCard(page: Page, product: Product, merchant: Merchant): Promise<string> {
  const order = names();
  await openShop(page, product, merchant, order);
  await page.locator("#pay").click();
  await payWith(page, CARD.good);
  expect((await results(page))[0]).toMatchObject({ success: true });
  return order.customer_uid;
}

/** Charges the key; the webhook about it as it came. */
async function charge(product: Product, merchant: Merchant, customer_uid: string) {
  const { response } = await product.again(customer_uid, names().merchant_uid, 3000);
  const about = () => merchant.received.find(({ text }) => text.includes(response.imp_uid));
  await expect.poll(about).toBeDefined();
  return about() as NonNullable<ReturnType<typeof about>>;
}

test("the library believes a webhook, and no changed one", async ({ page, product, merchant }) => {
  const customer_uid = await registerCard(page, product, merchant);
  const secret = product.run("webhook", "secret").trim();
  // Whichever encoding: the signature is over the body as it is sent.
  for (const content_type of ["application/json", "application/x-www-form-urlencoded"]) {
    const url = `${merchant.origin.replace("localhost", "127.0.0.1")}/webhook`;
    expect((await product.post("/sandbox/webhook", { url, content_type })).status).toBe(200);
    const { headers, text } = await charge(product, merchant, customer_uid);
    expect(headers["content-type"]).toBe(content_type);
    const verify = (changed: Changed) => () =>
      new Webhook(secret).verify(
        changed.text ?? text,
        { ...headers, ...changed.headers },
        { jsonParse: false },
      );
    expect(verify({})).not.toThrow();
    const timestamp = `${Number(headers["webhook-timestamp"]) + 1}`;
    const changes: Changed[] = [
      { text: text.replace("paid", "fail") },
      { text: `${text} ` },
      { headers: { "webhook-id": `${headers["webhook-id"]}0` } },
      { headers: { "webhook-timestamp": timestamp } },
      { headers: { "webhook-signature": `v1,${"A".repeat(43)}=` } },
    ];
    for (const changed of changes) {
      expect(verify(changed), JSON.stringify(changed)).toThrow("No matching signature");
    }
  }
});

test("while the secret changes, the library believes under both", async ({ page, product, merchant }) => {
  const customer_uid = await registerCard(page, product, merchant);
  const before = product.run("webhook", "secret").trim();
  const after = product.run("webhook", "secret", "--rotate").trim();
  expect(after).not.toBe(before);
  const verify = (secret: string, { headers, text }: Merchant["received"][number]) => {
    try {
      return new Webhook(secret).verify(text, headers);
    } catch (error) {
      return `${error}`;
    }
  };
  const during = await charge(product, merchant, customer_uid);
  for (const secret of [before, after]) {
    expect(verify(secret, during)).toEqual(JSON.parse(during.text));
    expect(verify(secret, { ...during, text: `${during.text} ` })).toContain("No matching signature");
  }
  // A day later the old one is over. The sandbox's time moved, and the receiver's did not.
  await product.advance(DAY_S);
  const later = await charge(product, merchant, customer_uid);
  expect(verify(after, later)).toEqual(JSON.parse(later.text));
  expect(verify(before, later)).toContain("No matching signature");
});
