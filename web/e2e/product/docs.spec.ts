// The page that describes the API: whole from this server, and quiet.

import { expect, test } from "../support/product";

test("the API's page shows what is described, and asks nobody else", async ({ page, product }) => {
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== product.main)
      elsewhere.push(request.url());
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));

  const opened = await page.goto(`${product.main}/docs/api`);
  expect(opened?.headers()["content-security-policy"]).toContain("script-src 'self';");
  await expect(page).toHaveTitle(/PortOne V1/);
  await expect(page.getByRole("heading", { name: "Charge a billing key" })).toBeVisible({ timeout: 20_000 });
  const charge = page.locator('[id="tag/Charges/operation/chargeAgain"]');
  await expect(charge).toContainText("/subscribe/payments/again");
  await expect(charge).toContainText("The merchant's order number, used once");

  await page.getByRole("textbox", { name: /search/i }).fill("unschedule");
  await expect(page.locator('[role="search"]')).toContainText("Revoke schedules");
  expect(elsewhere).toEqual([]);
  expect(complaints).toEqual([]);
});
