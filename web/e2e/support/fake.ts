// A server played by the test: four hosts that exist only inside the browser.
//
//   shop.test    the merchant's page        pay.test     the API and the SDK
//   window.test  pages with a script host   pg.test      the gateway's own page
//
// It keeps the contract between SDK, window pages and server, and does on demand what a real server does rarely:
// answers late, loses answers, is unsure, refuses.

import { readFileSync } from "node:fs";
import type { BrowserContext, Page, Request, Route } from "@playwright/test";

const DIST = new URL("../../dist/", import.meta.url);
const dist = (path: string): string => readFileSync(new URL(path, DIST), "utf8");

export const SHOP = "http://shop.test";
const PAY = "http://pay.test";
const WINDOW = "http://window.test";
const PG = "http://pg.test";
const CANCELLED = "사용자가 결제를 취소하셨습니다";

export type Frame = "layer" | "popup" | "redirect";

interface Payment {
  imp_uid: string;
  nonce: string;
  params: Record<string, unknown>;
  state: "open" | "working" | "done";
  result: Record<string, unknown> | null;
}

/** Lets a request wait until the test says go. */
export class Gate {
  private release: () => void = () => {};
  readonly opened = new Promise<void>((resolve) => {
    this.release = resolve;
  });
  open(): void {
    this.release();
  }
}

export class Fake {
  /** What the list of channels says. Its first channel is the default. */
  pc: { frame: Frame; width: number | null; height: number | null; name: string | null } = {
    frame: "layer",
    width: 600,
    height: 500,
    name: null,
  };
  mobileFrame: Frame = "redirect";
  /** Holds back the answers of these paths. */
  readonly gates = new Map<string, Gate>();
  /** Paths that fail as a lost connection does. */
  readonly broken = new Set<string>();
  /** A refusal instead of a window. */
  refusal: { redirect_url: string | null; result: Record<string, unknown> } | null = null;
  /** The server is unsure after a close until this is false. */
  unsure = false;
  /** Result pages without a working script. */
  muteResultPage = false;
  readonly payments: Payment[] = [];
  /** `METHOD path` of every request to the API, in order. */
  readonly calls: string[] = [];
  readonly prepared: Record<string, unknown>[] = [];

  static async start(context: BrowserContext): Promise<Fake> {
    const fake = new Fake();
    await context.route(/^http:\/\/(shop|pay|window|pg)\.test\//, (route) => fake.answer(route));
    return fake;
  }

  /** The merchant's page with its SDK; `extra` goes into its head, before the SDK. */
  page = (extra = "", script = `${PAY}/v1/iamport.js`): string =>
    `<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>shop</title>${extra}
     <script src="${script}"></script></head><body><main><h1>Shop</h1><button id="pay">Pay</button></main></body></html>`;
  html: string = this.page();
  headers: Record<string, string> = {};

  private async answer(route: Route): Promise<void> {
    const request = route.request();
    const url = new URL(request.url());
    if (url.origin === SHOP)
      return html(route, url.pathname === "/" ? this.html : "<h1>landed</h1>", this.headers);
    if (url.origin === PG) return html(route, this.gatewayPage(url));
    if (request.method() === "OPTIONS") return json(route, {});
    if (url.pathname.endsWith("iamport.js") || url.pathname.includes("iamport.payment-")) {
      return route.fulfill({ contentType: "text/javascript", body: dist("sdk/iamport.js") });
    }
    if (url.pathname.startsWith("/window-assets/")) return this.asset(route, url.pathname);
    if (url.origin === WINDOW || url.pathname.startsWith("/w/")) return this.windowPage(route, url);
    return this.api(route, request, url);
  }

  private async api(route: Route, request: Request, url: URL): Promise<void> {
    this.calls.push(`${request.method()} ${url.pathname}${url.search}`);
    await this.gates.get(url.pathname)?.opened;
    if (this.broken.has(url.pathname)) return route.abort("connectionreset");
    if (url.pathname.startsWith("/users/pg/")) return json(route, { code: 0, data: [this.channel()] });
    if (url.pathname.startsWith("/payments/")) return html(route, "<h1>plain page</h1>");
    const body = request.postDataJSON();
    if (url.pathname === "/window/prepare") return this.prepare(route, body);
    const payment = this.payments.find((one) => one.imp_uid === body.imp_uid && one.nonce === body.nonce);
    if (!payment) return json(route, { code: -1, message: "unknown window", response: null });
    if (url.pathname === "/window/close" && payment.state === "open") {
      if (this.unsure) payment.state = "working";
      else this.finish(payment, false, CANCELLED);
    }
    const { state, result } = payment;
    return json(route, { code: 0, response: { state, result, redirect_url: null } });
  }

  private async prepare(route: Route, body: Record<string, unknown>): Promise<void> {
    this.prepared.push(body);
    if (this.refusal) return json(route, { code: 1, message: "refused", response: this.refusal }, 400);
    const params = body.params as Record<string, unknown>;
    const imp_uid = `imp_${String(this.payments.length + 1).padStart(12, "0")}`;
    this.payments.push({ imp_uid, nonce: String(body.nonce), params, state: "open", result: null });
    const response = {
      imp_uid,
      merchant_uid: params.merchant_uid,
      window_url: `${WINDOW}/w/${imp_uid}`,
      token: `token-of-${imp_uid}`,
    };
    return json(route, { code: 0, message: null, response });
  }

  finish(payment: Payment, success: boolean, error_msg = "한도초과"): void {
    payment.state = "done";
    const { imp_uid, params } = payment;
    const facts = { imp_uid, merchant_uid: params.merchant_uid, custom_data: params.custom_data ?? null };
    payment.result = success
      ? { success, ...facts, status: "paid", error_code: null, error_msg: null }
      : { success, ...facts, error_code: "F1", error_msg };
  }

  private async windowPage(route: Route, url: URL): Promise<void> {
    const [, , id, end] = url.pathname.split("/");
    const payment = this.payments.find((one) => one.imp_uid === id);
    if (!payment) return route.fulfill({ status: 404 });
    if (end === "return") {
      if (payment.state === "open") this.finish(payment, url.searchParams.has("ok"));
      return html(route, resultPage(payment));
    }
    // Only a token in a body opens the window.
    if (route.request().postData() !== `token=token-of-${id}`) return route.fulfill({ status: 403 });
    return html(
      route,
      `<body data-nonce="${payment.nonce}" data-page="handoff"><form data-handoff method="get" action="${PG}/pay">
       <input type="hidden" name="id" value="${id}"><input type="hidden" name="submit" value="shadows form.submit">
       <button>go on</button></form><script src="${PAY}/window-assets/handoff.js"></script></body>`,
    );
  }

  private gatewayPage(url: URL): string {
    const id = url.searchParams.get("id");
    return `<body style="background:#fff"><h1>gateway</h1><a id="ok" href="${PAY}/w/${id}/return?ok">pay</a>
      <a id="no" href="${PAY}/w/${id}/return">fail</a></body>`;
  }

  private async asset(route: Route, path: string): Promise<void> {
    const name = path.slice("/window-assets/".length);
    if (this.muteResultPage && name === "result.js") return route.abort();
    return route.fulfill({ contentType: "text/javascript", body: dist(`window/${name}`) });
  }

  private channel(): Record<string, unknown> {
    const mobile = { frame: this.mobileFrame, width: null, height: null, name: null };
    return {
      pg_provider: "red",
      pg_id: "R1",
      channel_key: "channel-key-1",
      sandbox: true,
      type: "payment",
      channel_name: "",
      pc: this.pc,
      mobile,
    };
  }
}

function resultPage(payment: Payment): string {
  const result = JSON.stringify(payment.result).replace(/&/g, "&amp;").replace(/"/g, "&quot;");
  return `<!doctype html><html lang="ko"><title>결과</title><body data-nonce="${payment.nonce}" data-page="result"
    data-result="${result}"><p data-fallback hidden>이 창을 닫아도 됩니다.</p>
    <script src="${PAY}/window-assets/result.js"></script></body></html>`;
}

function json(route: Route, body: unknown, status = 200): Promise<void> {
  const headers = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type" };
  return route.fulfill({ status, headers, contentType: "application/json", body: JSON.stringify(body) });
}

function html(route: Route, body: string, headers: Record<string, string> = {}): Promise<void> {
  return route.fulfill({ headers, contentType: "text/html; charset=utf-8", body });
}

declare global {
  interface Window {
    results: Record<string, unknown>[];
    alerts: string[];
  }
}

/** Opens the merchant's page and makes its button pay with these parameters. Results gather in `window.results`. */
export async function openShop(
  page: Page,
  params: Record<string, unknown> = {},
  url = `${SHOP}/`,
): Promise<void> {
  await page.goto(url);
  await page.evaluate((given) => {
    window.results = [];
    window.alerts = [];
    window.alert = (text) => window.alerts.push(String(text));
    window.IMP?.init("imp00000000");
    document.querySelector("#pay")?.addEventListener("click", () => {
      const base = { merchant_uid: "order_1", amount: 0, customer_uid: "gildong_1" };
      window.IMP?.request_pay({ ...base, ...given }, (rsp) => window.results.push(rsp));
    });
  }, params);
}

/** Waits for the callbacks of the page and gives their results. */
export async function results(page: Page, count = 1): Promise<Record<string, unknown>[]> {
  await page.waitForFunction((wanted) => window.results.length >= wanted, count);
  return page.evaluate(() => window.results);
}
