// The line between SDK and window page, and those who would like to be on it.

import { expect, test } from "@playwright/test";
import { Fake, openShop, results, SHOP } from "../support/fake";

/** Sends forged messages from a frame and gives every port that came back, once an echo shows that all was heard. */
const forge = (target: string): Promise<unknown[]> =>
  new Promise((resolve) => {
    const heard: unknown[] = [];
    window.addEventListener("message", (event) => {
      if (event.data === "echoed") resolve(heard);
      else if (event.data?.dangol === "port") heard.push(event.data);
    });
    const forged = [
      { dangol: "hello" },
      { type: "result", result: { success: true } },
      '{"action":"done"}',
      null,
    ];
    const to = target === "self" ? window : window.parent;
    for (const message of [...forged, "echo"]) to.postMessage(message, "*");
  });

test("the SDK ignores messages from anywhere but its own window's pages", async ({ page, context }) => {
  await Fake.start(context);
  await openShop(page);
  await page.locator("#pay").click();
  const frame = page.frameLocator(".imp-dialog iframe");
  await frame.locator("#ok").waitFor();
  await page.evaluate(() => {
    window.addEventListener("message", (event) => {
      if (event.data === "echo") (event.source as Window).postMessage("echoed", "*");
    });
    const other = document.createElement("iframe");
    other.name = "other";
    other.src = "http://pay.test/payments/success";
    document.body.appendChild(other);
  });
  await page.frameLocator("[name=other]").locator("h1").waitFor();

  // An extension in the merchant's page.
  expect(await page.evaluate(forge, "self")).toEqual([]);
  // The right window with a wrong origin: the gateway's page inside our iframe.
  const gateway = page.frames().find((one) => one.url().startsWith("http://pg.test/"));
  expect(await gateway?.evaluate(forge, "parent")).toEqual([]);
  // The right origin in a wrong window.
  expect(await page.frame("other")?.evaluate(forge, "parent")).toEqual([]);

  expect(await page.evaluate(() => window.results)).toEqual([]);
  await frame.locator("#no").click();
  expect(await results(page)).toMatchObject([{ success: false }]);
});

test("the result page speaks only to the one who knows the nonce", async ({ page, context }) => {
  const fake = await Fake.start(context);
  await openShop(page);
  await page.locator("#pay").click();
  await page.frameLocator(".imp-dialog iframe").locator("#ok").click();
  await results(page);

  const nonce = fake.payments[0]?.nonce ?? "";
  for (const [known, expected] of [
    ["0".repeat(32), 0],
    [nonce, 1],
  ] as const) {
    // Somebody else's page frames the result page and answers its hello.
    await page.goto(`${SHOP}/`);
    await page.evaluate((answer) => {
      window.results = [];
      window.addEventListener("message", (event) => {
        if (event.data?.dangol !== "hello") return;
        const channel = new MessageChannel();
        channel.port1.onmessage = ({ data }) => window.results.push(data);
        (event.source as Window).postMessage({ dangol: "port", nonce: answer }, "*", [channel.port2]);
      });
      const frame = document.createElement("iframe");
      frame.src = "http://pay.test/w/imp_000000000001/return";
      document.body.appendChild(frame);
    }, known);
    if (expected === 1) await page.waitForFunction(() => window.results.length > 0);
    // Its words for the case that nobody listens are there: it has given up.
    else await expect(page.frameLocator("iframe").locator("[data-fallback]")).toBeVisible();
    expect(await page.evaluate(() => window.results)).toHaveLength(expected);
  }
});
