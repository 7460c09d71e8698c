// Paymentwall's own library for merchants against our two sides, with the project that Paymentwall publishes for trials:
// what it accepts of our simulator, what our simulator accepts of it, and what our connector believes of it. Our simulator
// and our connector share one codec of signatures, so only somebody else's can show that it is the right one.

import { readFileSync } from "node:fs";
import library from "paymentwall";
import { CARD, names, openShop, payAnywhere, results } from "../support/buyer";
import { Gateway } from "../support/gateway";
import { test as base, expect } from "../support/product";

const PROJECT = "c22f895840bf2391f67a40da64bfed26";
const SECRET = "a7408723eaf4bfa2e3ac49b3cb695046";
const FIXTURES = new URL("../../../crates/gateway/src/paymentwall/fixtures/", import.meta.url);
/** Texts that a signature over encoded values, or over another encoding than UTF-8, would get wrong. */
const BUYER = "단골 & 1";
const ORDER = "주문/1 + 2=3 100%";

type Params = Record<string, string>;

/** A simulated Paymentwall that signs its pingbacks in a version. */
const test = base.extend<{ version: number; gateway: Gateway }>({
  version: [3, { option: true }],
  gateway: async ({ version }, use) => {
    const gateway = await Gateway.start("paymentwall", `pingback_version = ${version}`);
    await use(gateway);
    await gateway.stop();
  },
});

/** Reads a pingback's query as the vendor's library does. It comes from this machine: no address is checked. */
function read(query: string, secret = SECRET) {
  library.Configure(library.Base.API_GOODS, PROJECT, secret);
  const pingback = new library.Pingback(query, "127.0.0.1");
  return { pingback, valid: pingback.validate(true), errors: pingback.getErrors() };
}

/** A query with one field set; all of it is encoded anew. */
function set(query: string, name: string, value: string): string {
  const params = new URLSearchParams(query);
  params.set(name, value);
  return params.toString();
}

/** Signs a merchant's call with the vendor's library. */
function signed(params: Params, version: number): Params {
  const all = { ...params, sign_version: `${version}` };
  return { ...all, sign: library.WidgetSignature.calculateSignature({ ...all }, SECRET, version) };
}

/** Charges a card for the first time; the charge's number. */
async function charge(gateway: Gateway): Promise<string> {
  const { brick_public_key, brick_private_key } = gateway.contract;
  const card = {
    "card[number]": CARD.good,
    "card[exp_month]": "12",
    "card[exp_year]": "2099",
    "card[cvv]": "123",
  };
  const token = await gateway.post("/api/brick/token", { public_key: `${brick_public_key}`, ...card });
  const order = {
    token: token.body.token,
    fingerprint: "f",
    email: "jack@example.com",
    amount: "9.90",
    currency: "USD",
    description: "Monthly plan",
    plan: ORDER,
    uid: BUYER,
    "customer[firstname]": "Jack",
    "customer[lastname]": "Son",
  };
  const made = await gateway.post("/api/brick/charge", order, { "X-ApiKey": `${brick_private_key}` });
  expect(made).toMatchObject({ status: 200, body: { captured: true } });
  return made.body.id;
}

/** The next pingback, once it has come. */
async function pingback(gateway: Gateway): Promise<string> {
  await expect.poll(() => gateway.notices.length, { timeout: 15_000 }).toBeGreaterThan(0);
  return gateway.notices.shift() as string;
}

for (const version of [1, 2, 3]) {
  test.describe(`version ${version}`, () => {
    test.use({ version });

    // Proves: our simulator signs pingbacks as Paymentwall does, or the vendor's library would not take them.
    test("the library believes the simulator's pingbacks, and no changed one", async ({ gateway }) => {
      const id = await charge(gateway);
      const query = await pingback(gateway);
      const paid = read(query);
      expect(paid).toMatchObject({ valid: true, errors: [] });
      expect([paid.pingback.getUserId(), paid.pingback.getProductId()]).toEqual([BUYER, ORDER]);
      expect(paid.pingback.getReferenceId()).toBe(`b${id}`);
      expect([paid.pingback.isDeliverable(), paid.pingback.isCancelable()]).toEqual([true, false]);

      const told = Object.fromEntries(new URLSearchParams(query));
      const first = ["uid", "goodsid", "slength", "speriod", "type", "ref"];
      // Version 1 proves these six alone.
      const covered = version === 1 ? [...first, "sig"] : Object.keys(told);
      expect(covered).toEqual(expect.arrayContaining([...first, "sig"]));
      for (const name of covered) {
        expect(read(set(query, name, `${told[name]}`)).valid, `${name}, only written anew`).toBe(true);
        const changed = read(set(query, name, `${told[name]}1`));
        expect(changed, `${name}, changed`).toMatchObject({ valid: false, errors: ["Wrong signature"] });
      }
      expect(read(set(query, "amount", "1")).valid, "a field more").toBe(version === 1);
      expect(read(query, "0".repeat(32)).valid, "another secret").toBe(false);

      const key = { "X-ApiKey": `${gateway.contract.brick_private_key}` };
      const refund = await gateway.post(`/api/brick/charge/${id}/refund`, {}, key);
      expect(refund.body).toMatchObject({ refunded: true });
      const refunded = read(await pingback(gateway));
      expect(refunded).toMatchObject({ valid: true, errors: [] });
      expect([refunded.pingback.isDeliverable(), refunded.pingback.isCancelable()]).toEqual([false, true]);
      expect(refunded.pingback.getParameter("reason")).toBe("9");
    });
  });

  // Proves: our simulator opens what the vendor's library signs, and that it checks what is covered: version 1 covers the
  // user alone. Our connector opens no widget (PROTOCOL.md says why).
  test(`the simulator opens the library's widget of version ${version}, and no changed one`, async ({
    gateway,
  }) => {
    library.Configure(library.Base.API_GOODS, PROJECT, SECRET);
    const products = [new library.Product(ORDER, 9.9, "USD", "월간 원두 + 구독")];
    const widget = new library.Widget(BUYER, "t3_1", products, {
      email: "jack@example.com",
      "history[registration_date]": "1795048560",
      "customer[firstname]": "Jack",
      "customer[lastname]": "Son",
      ps: "all",
      success_url: "http://127.0.0.1:8080/return?window=w&ref=$ref",
      sign_version: version,
    });
    const [host, query] = widget.getUrl().split("/api/subscription?");
    expect(host).toBe("https://api.paymentwall.com");
    const open = async (query: string) => {
      const page = await fetch(`${gateway.url}/api/subscription?${query}`);
      return { status: page.status, text: await page.text() };
    };
    const right = `${query}`;
    for (const query of [right, set(right, "amount", "9.90")]) {
      expect(await open(query)).toMatchObject({
        status: 200,
        text: expect.stringContaining("월간 원두 + 구독"),
      });
    }
    const covered = version === 1 ? ["uid"] : ["uid", "amount", "customer[firstname]", "success_url"];
    for (const name of [...covered, "sign"]) {
      const value = name === "amount" ? "0.10" : "http://127.0.0.1/1";
      const refused = { status: 403, text: expect.stringContaining("Unauthorised") };
      expect(await open(set(right, name, value)), `${name}, changed`).toMatchObject(refused);
    }
  });
}

for (const version of [2, 3]) {
  // Proves: tickets and questions, which our connector signs, are signed as our simulator demands when the vendor's library
  // signs them. The ticket's end comes a second later by itself, with a pingback of further fields.
  test(`the simulator takes the library's calls of version ${version}, and no changed one`, async ({
    gateway,
  }) => {
    const id = await charge(gateway);
    await pingback(gateway);
    const question = signed({ key: PROJECT, uid: BUYER, ag_external_id: ORDER }, version);
    const found = { status: 200, body: { id: `b${id}`, product_id: ORDER, uid: BUYER } };
    expect(await gateway.get("/api/rest/payment/", question)).toMatchObject(found);
    const other = await gateway.get("/api/rest/payment/", { ...question, ag_external_id: "other" });
    expect(other).toMatchObject({ status: 401, body: { code: 3001 } });

    const part = { type: "5", amount: "3.30", merchant_refund_id: "rf-0001", message: "부분 취소" };
    const ticket = signed({ key: PROJECT, ref: `b${id}`, ...part }, version);
    const changed = await gateway.post("/developers/api/ticket", { ...ticket, amount: "9.90" });
    expect(changed.body).toMatchObject({ result: 0 });
    expect((await gateway.post("/developers/api/ticket", ticket)).body).toEqual({ result: 1 });
    const query = await pingback(gateway);
    const refunded = read(query);
    expect(refunded).toMatchObject({ valid: true, errors: [] });
    const told = ["type", "refund_amount", "merchant_refund_id"];
    expect(told.map((name) => refunded.pingback.getParameter(name))).toEqual(["220", "3.30", "rf-0001"]);
    expect(read(set(query, "refund_amount", "9.90")).valid).toBe(false);
  });
}

// Proves: our connector signs what it sends as the vendor's library would. The transcripts are what it sends: its own tests
// hold it to them, signature included (tests/after.rs, tests/inquire.rs; tests/notice.rs for what it reads).
test("the connector's transcripts are signed as the library signs", () => {
  const transcript = (name: string): Params =>
    JSON.parse(readFileSync(new URL(`${name}.json`, FIXTURES), "utf8")).request.params;
  for (const name of ["ticket_part", "status"]) {
    const { sign, sign_version, ...params } = transcript(name);
    expect(signed(params, Number(sign_version)).sign, name).toBe(sign);
    const changed = signed({ ...params, key: "0".repeat(32) }, Number(sign_version));
    expect(changed.sign, `${name}, changed`).not.toBe(sign);
  }
  expect(read(new URLSearchParams(transcript("pingback")).toString()).valid).toBe(true);
});

// Proves: the product acts on what the vendor's library signs, and on nothing that was changed or signed in an older
// version than the channel allows. A refund that nobody ordered here cancels the payment.
test("the product believes a pingback that the library signed, and no changed one", async ({
  page,
  product,
  merchant,
}) => {
  const order = names();
  await openShop(page, product, merchant, { ...order, pg: "paymentwall", amount: 50, currency: "USD" });
  await page.locator("#pay").click();
  await payAnywhere(page, CARD.good);
  const [result] = await results(page);
  const { imp_uid } = result as { imp_uid: string };
  const paid = await product.payment(imp_uid);
  expect(paid).toMatchObject({ status: "paid", amount: 50, cancel_amount: 0 });

  const { channels } = await product.get("/sandbox");
  const channel = channels.find((channel: { pg_provider: string }) => channel.pg_provider === "paymentwall");
  expect(channel.pg_id).toBe(PROJECT);
  const tell = async (params: Params) => {
    const url = `${product.main}/notice/imp00000000/${channel.channel_key}`;
    const answer = await fetch(`${url}?${new URLSearchParams(params)}`);
    return [answer.status, await answer.text()];
  };
  const of = (version: number): Params => {
    const refund = {
      uid: order.customer_uid,
      goodsid: imp_uid,
      slength: "",
      speriod: "",
      type: "2",
      ref: `b${paid.pg_tid}`,
      is_test: "1",
      reason: "1",
      sign_version: `${version}`,
    };
    const sig = library.PingbackSignature.calculateSignature({ ...refund }, SECRET, version);
    return { ...refund, sig };
  };
  const refund = of(3);
  const changed = Object.entries(refund).map(([name, value]) => ({ ...refund, [name]: `${value}1` }));
  for (const params of [...changed, { ...refund, amount: "1" }, of(2)]) {
    expect(await tell(params), JSON.stringify(params)).toEqual([403, ""]);
  }
  expect(await product.payment(imp_uid)).toMatchObject({ status: "paid", cancel_amount: 0 });

  expect(await tell(refund)).toEqual([200, "OK"]);
  const cancelled = { status: "cancelled", amount: 50, cancel_amount: 50 };
  expect(await product.payment(imp_uid)).toMatchObject(cancelled);
  expect(await tell(refund), "it comes again").toEqual([200, "OK"]);
  expect((await product.payment(imp_uid)).cancel_history).toHaveLength(1);
});
