import { describe, expect, it } from "vitest";
import { baseOf } from "../src/base";
import { deviceOf, frameFor } from "../src/device";
import { failureUrl, isScript, tidy } from "../src/outcome";
import { check } from "../src/params";
import type { Channel } from "../src/server";

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148";
const ANDROID = "Mozilla/5.0 (Linux; android 14; Pixel 8) AppleWebKit/537.36 Chrome/126";
const WINDOWS_PHONE = "Mozilla/5.0 (Windows Phone) AppleWebKit IEmobile/11";
const IPAD_AS_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15";

describe("device and frame", () => {
  it.each([
    [IPHONE, "mobile"],
    [ANDROID, "mobile"],
    [WINDOWS_PHONE, "mobile"],
    [IPAD_AS_MAC, "pc"],
  ])("%s", (userAgent, device) => expect(deviceOf(userAgent)).toBe(device));

  const facts = (frame: "layer" | "popup" | "redirect") => ({ frame, width: null, height: null, name: null });
  const framed = (mobile: "layer" | "popup" | "redirect"): Channel => ({
    pg_provider: "red",
    pg_id: "R1",
    type: "payment",
    pc: facts("popup"),
    mobile: facts(mobile),
  });

  it("lets `popup` choose between popup and layer on mobile only, and never instead of a redirect", () => {
    expect(frameFor(framed("layer"), "mobile", true).frame).toBe("popup");
    expect(frameFor(framed("popup"), "mobile", false).frame).toBe("layer");
    expect(frameFor(framed("popup"), "mobile", undefined).frame).toBe("popup");
    expect(frameFor(framed("redirect"), "mobile", true).frame).toBe("redirect");
    expect(frameFor(framed("layer"), "pc", false).frame).toBe("popup");
  });

  it("expects a refusal in a layer or a redirect when there is no channel", () => {
    expect(frameFor(null, "pc", undefined).frame).toBe("layer");
    expect(frameFor(null, "mobile", undefined).frame).toBe("redirect");
  });
});

describe("parameters", () => {
  const good = { merchant_uid: "order_1", amount: 100, customer_uid: "gildong_1" };

  it("fills in the defaults, in the caller's object too", () => {
    const given: Record<string, unknown> = { amount: 0, customer_uid: "a" };
    const { params, problem } = check(given, 1_700_000_000_000);
    expect(problem).toBeNull();
    expect(params).toMatchObject({ merchant_uid: "nobody_1700000000000", pay_method: "card" });
    expect(given).toMatchObject({ merchant_uid: "nobody_1700000000000", pay_method: "card" });
  });

  it("takes a frozen object", () => {
    const { params, problem } = check(Object.freeze({ amount: 0, customer_uid: "a" }), 5);
    expect([problem, params.merchant_uid]).toEqual([null, "nobody_5"]);
  });

  it("passes everything it does not know through, as the same value", () => {
    const bypass = { site_logo: "https://shop.test/logo.png" };
    expect(check({ ...good, bypass, custom_data: [1, { a: null }] }, 1).params).toMatchObject({
      bypass,
      custom_data: [1, { a: null }],
    });
  });

  it.each([100, 0, "1000", "10.50", " 7 "])("accepts %j as an amount", (amount) => {
    expect(check({ ...good, amount }, 1).problem).toBeNull();
  });

  it.each([undefined, null, "", "1,000", "abc", "1e309", Number.NaN, Number.POSITIVE_INFINITY, {}, true])(
    "refuses %j as an amount",
    (amount) => expect(check({ ...good, amount }, 1).problem).toContain("amount"),
  );

  it("makes a text of a numeric merchant_uid and refuses other kinds", () => {
    expect(check({ ...good, merchant_uid: 123 }, 1).params.merchant_uid).toBe("123");
    expect(check({ ...good, merchant_uid: { a: 1 } }, 1).problem).toContain("merchant_uid");
  });

  it("names the missing customer_uid", () => {
    expect(check({ ...good, customer_uid: "" }, 1).problem).toContain("customer_uid");
  });
});

describe("results", () => {
  it("has no error keys on success, whatever the server sent", () => {
    const result = tidy({ success: true, imp_uid: "imp_1", error_code: null, error_msg: null });
    expect(result).toEqual({ success: true, imp_success: true, imp_uid: "imp_1" });
  });

  it("has both error keys as texts on failure", () => {
    const result = tidy({ success: false, error_code: null, error_msg: "" });
    expect(result.error_code).toMatch(/./);
    expect(result.error_msg).toMatch(/./);
  });

  it("never calls a result a success that does not say so", () => {
    expect(tidy({ success: "true" }).success).toBe(false);
    expect(tidy({ imp_success: true })).toMatchObject({ success: false, imp_success: false });
  });
});

describe("failureUrl", () => {
  const result = { merchant_uid: "o 1", error_code: "F400", error_msg: "안 됨&" };
  const tail = "merchant_uid=o%201&imp_success=false&error_code=F400&error_msg=%EC%95%88%20%EB%90%A8%26";

  it.each([
    ["https://shop.test/done", `https://shop.test/done?${tail}`],
    ["https://shop.test/done?", `https://shop.test/done?${tail}`],
    ["https://shop.test/done?a=1#top?b", `https://shop.test/done?a=1&${tail}#top?b`],
    ["https://shop.test/done?merchant_uid=x&a=1", `https://shop.test/done?a=1&${tail}`],
    ["myapp://done", `myapp://done?${tail}`],
  ])("%s", (given, expected) => expect(failureUrl("http://pay.test", given, result)).toBe(expected));

  it("goes to the server's page without an address", () => {
    expect(failureUrl("http://pay.test", undefined, result)).toBe(
      "http://pay.test/payments/fail?imp_uid=&success=false&error_msg=%EC%95%88%20%EB%90%A8%26",
    );
  });

  it("never follows an address that runs as a script", () => {
    for (const url of ["javascript:alert(1)", " java\nscript:alert(1)", "DATA:text/html,x", "\u0001blob:x"]) {
      expect(isScript(url)).toBe(true);
      expect(failureUrl("http://pay.test", url, result)).toBeNull();
    }
    expect(isScript("https://shop.test/?next=javascript:alert(1)")).toBe(false);
  });
});

describe("baseOf", () => {
  it.each([
    ["https://pay.test/v1/iamport.js", "https://pay.test"],
    ["http://pay.test:8080/js/iamport.payment-1.1.8.js?v=3", "http://pay.test:8080"],
    ["https://pay.test/billing/v1/iamport.js", "https://pay.test/billing"],
    ["https://pay.test/assets/copy.js", "https://pay.test"],
    ["file:///android_asset/iamport.js", null],
    ["nonsense", null],
  ])("%s", (src, base) => expect(baseOf(src)).toBe(base));
});
