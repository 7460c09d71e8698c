// For work on the page alone: serves web/dist/demo with made-up answers, no product behind it. From web/:
//   node demo/build.mjs && node demo/dev/mock.mjs [port]
// The "SDK" asks nobody: it answers after half a second, and fails when `buyer_name` is "Fail".
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const port = Number(process.argv[2] ?? 8082);
const root = fileURLToPath(new URL("../../dist/demo/", import.meta.url));
const main = `http://127.0.0.1:${port}`;
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const journal = [];
const webhooks = [];
const payments = new Map();

function record(kind, impUid, amount) {
  journal.push({
    seq: journal.length + 1,
    pg: "kcp_billing",
    kind,
    order_id: impUid,
    pg_tid: `2611${journal.length}`,
    amount,
    currency: "KRW",
    test: false,
    at: Date.now() / 1000,
  });
}

function notify(payment) {
  const body = { imp_uid: payment.imp_uid, merchant_uid: payment.merchant_uid, status: payment.status };
  webhooks.push({ seq: webhooks.length + 1, at_ms: Date.now(), content_type: "application/json", body });
}

const sdk = `window.IMP = { init() {}, request_pay(params, callback) {
  const imp_uid = "imp_" + String(Date.now()).slice(1);
  const fail = params.buyer_name === "Fail";
  setTimeout(async () => {
    if (!fail) await fetch("/mock/issue", { method: "POST", body: JSON.stringify({ ...params, imp_uid }) });
    const rsp = fail
      ? { success: false, imp_success: false, imp_uid, merchant_uid: params.merchant_uid, error_code: "8002", error_msg: "[8002] 거절된 카드입니다." }
      : { success: true, imp_success: true, imp_uid, pay_method: "card", merchant_uid: params.merchant_uid, name: params.name, paid_amount: params.amount, currency: "KRW", pg_provider: "kcp_billing", pg_type: "payment", status: "paid", customer_uid: params.customer_uid, card_name: "단골카드", card_number: "42424242****4242" };
    if (/Mobile/.test(navigator.userAgent)) location.assign(params.m_redirect_url + "?imp_uid=" + imp_uid + "&merchant_uid=" + params.merchant_uid + "&imp_success=" + !fail + (fail ? "&error_msg=%EA%B1%B0%EC%A0%88" : ""));
    else callback(rsp);
  }, 500);
} };`;

const routes = {
  "GET /v1/iamport.js": () => sdk,
  "GET /api/config": () => ({
    main_url: main,
    user_code: "imp00000000",
    imp_key: "imp_apikey",
    channels: [
      {
        pg_provider: "kcp_billing",
        pg_id: "A52Q7",
        channel_key: "channel-1",
        type: "payment",
        default: true,
      },
    ],
  }),
  "GET /api/journal": (url) => ({
    entries: journal.filter(({ seq }) => seq > Number(url.searchParams.get("after"))),
  }),
  "GET /api/webhooks": () => ({ entries: webhooks }),
  "POST /mock/issue": (_, body) => {
    const made = {
      imp_uid: body.imp_uid,
      merchant_uid: body.merchant_uid,
      status: "paid",
      amount: body.amount,
      currency: "KRW",
      fail_reason: null,
      customer_uid: body.customer_uid,
      card_name: "단골카드",
      card_number: "42424242****4242",
    };
    payments.set(body.imp_uid, made);
    record("key_issued", body.imp_uid, 0);
    notify(made);
    return {};
  },
  "POST /api/again": (_, body) => {
    const known = [...payments.values()].some(({ merchant_uid }) => merchant_uid === body.merchant_uid);
    if (known)
      return { status: 200, body: { code: 1, message: "이미 결제완료된 거래입니다.", response: null } };
    const failed = body.amount === 341;
    const payment = {
      imp_uid: `imps_${String(Date.now()).slice(1)}`,
      ...body,
      currency: "KRW",
      status: failed ? "failed" : "paid",
      fail_reason: failed ? "한도 초과" : null,
      card_name: "단골카드",
      card_number: "42424242****4242",
    };
    if (!failed) {
      payments.set(payment.imp_uid, payment);
      record("approval", payment.imp_uid, body.amount);
    }
    notify(payment);
    return { status: 200, body: { code: 0, message: null, response: payment } };
  },
};

createServer(async (request, response) => {
  const url = new URL(request.url, main);
  let body = "";
  for await (const part of request) body += part;
  const route = routes[`${request.method} ${url.pathname}`];
  const uid = url.pathname.match(/^\/api\/payment\/(.+)$/)?.[1];
  if (route || uid) {
    const payment = payments.get(uid) ?? null;
    const looked = {
      status: payment ? 200 : 404,
      body: {
        code: payment ? 0 : -1,
        message: payment ? null : "존재하지 않는 결제정보입니다.",
        response: payment,
      },
    };
    const answer = route ? route(url, body ? JSON.parse(body) : {}) : looked;
    response.setHeader("content-type", typeof answer === "string" ? "text/javascript" : "application/json");
    return response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  }
  const name = { "/": "index.html", "/complete": "complete.html" }[url.pathname] ?? url.pathname.slice(1);
  const file = await readFile(join(root, name)).catch(() => null);
  response.statusCode = file ? 200 : 404;
  response.setHeader("content-type", types[extname(name)] ?? "text/plain");
  response.end(file ?? "not found");
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
