// The kinds of pages that merchants load the script into.

import { expect, type Page, test } from "@playwright/test";
import { Fake, openShop, results, SHOP } from "../support/fake";

const frame = ".imp-dialog iframe";

async function paysOnce(page: Page): Promise<void> {
  await page.locator("#pay").click();
  await page.frameLocator(frame).locator("#ok").click();
  expect(await results(page)).toMatchObject([{ success: true }]);
}

test("window.IMP is there when the next script runs, and a second copy changes nothing", async ({
  page,
  context,
}) => {
  const fake = await Fake.start(context);
  const script = '<script src="http://pay.test/v1/iamport.js"></script>';
  fake.html = fake.page(
    `${script}<script>window.first = window.IMP</script>${script}<script>window.same = window.first === window.IMP && !!window.IMP</script>`,
  );
  await openShop(page);
  expect(await page.evaluate("window.same")).toBe(true);
  await paysOnce(page);
});

for (const version of ["1.1.2", "1.1.8", "1.3.0"]) {
  test(`the older address of ${version} works, over plain names and with jQuery around`, async ({
    page,
    context,
  }) => {
    const fake = await Fake.start(context);
    const jquery = "<script>window.jQuery = window.$ = () => { throw new Error('not needed') }</script>";
    fake.html = fake.page(jquery, `http://pay.test/js/iamport.payment-${version}.js`);
    await openShop(page);
    await paysOnce(page);
  });
}

test("a script put in by another script finds its server", async ({ page, context }) => {
  const fake = await Fake.start(context);
  fake.html = fake
    .page("", "http://pay.test/nothing.js")
    .replace(/<script src="[^"]*nothing.js"><\/script>/, "");
  await page.goto(`${SHOP}/`);
  await page.addScriptTag({ url: "http://pay.test/v1/iamport.js" });
  await page.evaluate(() => {
    window.results = [];
    window.IMP?.agency("imp00000000", "A b");
    window.IMP?.request_pay({ merchant_uid: "o", amount: "0", customer_uid: "a" }, (rsp) =>
      window.results.push(rsp),
    );
  });
  await page.frameLocator(frame).locator("#ok").click();
  expect(await results(page)).toMatchObject([{ success: true }]);
  expect(fake.calls[0]).toBe("GET /users/pg/imp00000000?tier=A%20b");
  expect(fake.prepared[0]).toMatchObject({ tier_code: "A b" });
});

test("a page of no origin (a webview's data: page) gets its result", async ({ page, context }) => {
  const fake = await Fake.start(context);
  await page.goto(`data:text/html;charset=utf-8,${encodeURIComponent(fake.page())}`);
  await page.evaluate(() => {
    window.results = [];
    window.IMP?.init("imp00000000");
    const params = { merchant_uid: "o", amount: 0, customer_uid: "a" };
    document.querySelector("#pay")?.addEventListener("click", () => {
      window.IMP?.request_pay(params, (rsp) => window.results.push(rsp));
    });
  });
  await paysOnce(page);
});

test("a sandboxed page, whose frames have no origin either, gets its result by asking", async ({
  page,
  context,
}) => {
  const fake = await Fake.start(context);
  fake.headers = { "Content-Security-Policy": "sandbox allow-scripts allow-forms" };
  await page.clock.install();
  await openShop(page);
  expect(await page.evaluate(() => window.origin)).toBe("null");
  await page.locator("#pay").click();
  await page.frameLocator(frame).locator("#ok").click();
  await page.frameLocator(frame).locator("[data-fallback]").waitFor({ state: "attached" });
  await page.clock.runFor(5_000);
  expect(await results(page)).toMatchObject([{ success: true }]);
});

test("nothing is stored in the merchant's page", async ({ page, context }) => {
  await Fake.start(context);
  await openShop(page);
  await paysOnce(page);
  const kept = await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]);
  expect(kept).toEqual(["", 0, 0]);
  expect(await context.cookies()).toEqual([]);
});

test("a request before init, and one without parameters, are told to the developer", async ({
  page,
  context,
}) => {
  await Fake.start(context);
  await openShop(page);
  const answers = await page.evaluate(() => {
    const imp = window.IMP;
    const pay = imp?.request_pay as unknown as (...args: unknown[]) => unknown;
    const without = pay(undefined);
    imp?.deinit();
    return [without, pay({ amount: 0 }), ...window.alerts];
  });
  expect(answers).toEqual([
    false,
    false,
    "결제요청 파라메터가 누락되었습니다.",
    "판매자 코드가 설정되지 않았습니다. IMP.init() 또는 IMP.agency() 함수를 먼저 호출하세요.",
  ]);
});

test("what is not offered answers with i'mport's own errors", async ({ page, context }) => {
  await Fake.start(context);
  await openShop(page);
  await page.evaluate(() => {
    window.IMP?.certification({ merchant_uid: "c1" }, (rsp) => window.results.push(rsp));
  });
  expect(await results(page)).toEqual([
    {
      success: false,
      imp_success: false,
      imp_uid: null,
      merchant_uid: "c1",
      error_code: "F1001",
      error_coe: "F1001",
      error_msg: expect.stringContaining("등록되지 않은 PG모듈 정보입니다."),
    },
  ]);
  await page.evaluate(() => {
    window.IMP?.loadUI("payment-bridge", { merchant_uid: "u1" }, (rsp) => window.results.push(rsp));
  });
  const noUi = "해당 PG사(red)는 UI 로딩을 지원하지 않습니다.";
  expect((await results(page, 2))[1]).toMatchObject({ error_code: "F500", error_msg: noUi });
  const rejected = await page.evaluate(() => window.IMP?.loadModule("x").catch((error) => error.error_code));
  expect(rejected).toBe("F500");
});

test("a request without customer_uid opens nothing and says what is missing", async ({ page, context }) => {
  const fake = await Fake.start(context);
  await openShop(page, { customer_uid: undefined });
  await page.locator("#pay").click();
  const [result] = await results(page);
  expect(result).toEqual({
    success: false,
    imp_success: false,
    merchant_uid: "order_1",
    error_code: "F400",
    error_msg: expect.stringContaining("customer_uid"),
  });
  expect(fake.prepared).toEqual([]);
});
