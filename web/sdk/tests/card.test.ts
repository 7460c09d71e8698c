import { afterEach, describe, expect, it, vi } from "vitest";
import { readCard } from "../src/card";
import { Imp } from "../src/imp";
import { failureUrl } from "../src/outcome";
import { check } from "../src/params";

const CARD = { number: "4242424242424242", month: "07", year: "2030", cvc: "9071" };
const INFO = { number: "4242 4242 4242 4242", expiry: "07/30", cvc: "9071" };

describe("readCard", () => {
  it.each([
    INFO,
    { number: 4242424242424242, expiry: "7/2030", cvc: 9071 },
    { card_number: "4242-4242-4242-4242", expiry: "2030-07", cvv: "9071" },
    { cardNumber: "4242424242424242", cardExpiry: "0730", cardCvc: "9071" },
    { number: "4242424242424242", expiry: "203007", cvc: "9071" },
    { number: "4242424242424242", expiry: " 07 / 30 ", cvv: " 9071 " },
    { number: "4242424242424242", expiry: "07-2030", cvc: "9071", pwd_2digit: "00", birth: "800101" },
    { number: "4242424242424242", exp_month: 7, exp_year: 2030, cvc: "9071" },
    { number: "4242424242424242", expiry_month: "07", expiry_year: "30", cvc: "9071" },
    { number: "4242424242424242", expMonth: "7", expYear: "30", expiry: null, cvc: "9071" },
    { card_number: "4242424242424242", month: "07", year: "2030", cvc: "9071" },
  ])("%j", (info) => expect(readCard(info)).toEqual(CARD));

  it.each([
    undefined,
    null,
    "4242424242424242",
    {},
    { ...INFO, number: "4242" },
    { ...INFO, number: "4242 4242 4242 424x" },
    { ...INFO, expiry: "13/30" },
    { ...INFO, expiry: "00/30" },
    { ...INFO, expiry: "3007" },
    { ...INFO, expiry: "1930-07" },
    { number: INFO.number, exp_month: "07", cvc: "123" },
    { ...INFO, cvc: "12" },
    { ...INFO, cvc: "12345" },
    { number: { a: 1 }, expiry: [], cvc: true },
  ])("%j is none", (info) => expect(readCard(info)).toBeNull());
});

it("takes the card out of what is sent, and leaves the caller's object alone", () => {
  const given = {
    merchant_uid: "a",
    amount: 1,
    customer_uid: "b",
    card: { info: INFO, direct: { code: "1" } },
  };
  const { params, cardInfo } = check(given, 1);
  expect([cardInfo, JSON.stringify(params)]).toEqual([INFO, expect.not.stringContaining('card":{')]);
  expect(given.card.info).toBe(INFO);
  for (const card of [undefined, null, "text", { number: "4242" }]) {
    const read = check({ ...given, card }, 1);
    expect(read.cardInfo || null).toBeNull();
    expect("card" in read.params).toBe(false);
  }
});

it("names a payment that exists in the address of a failure", () => {
  const result = { imp_uid: "imp_1", merchant_uid: "o", error_code: "PENDING", error_msg: "m" };
  expect(failureUrl("http://pay.test", "https://shop.test/?imp_uid=0&a=1", result)).toBe(
    "https://shop.test/?a=1&imp_uid=imp_1&merchant_uid=o&imp_success=false&error_code=PENDING&error_msg=m",
  );
});

describe("request_pay with card.info", () => {
  const tokeniser = {
    url: "https://pg.test/token",
    fields: [["key", "public"]],
    card: { number: "n", month: "m", year: "y", cvc: "c" },
    answer: { token: "made", code: "why", message: "text" },
    returns: { order_id: "order", return_token: "proof", token: "card_token" },
  };
  const frame = { frame: "layer", width: null, height: null, name: null };
  const opened = {
    imp_uid: "imp_1",
    merchant_uid: "order_1",
    window_url: "https://pay.test/window/w1",
    token: "t1",
  };
  const params = { merchant_uid: "order_1", amount: 1, customer_uid: "gildong", card: { info: INFO } };
  const done = { state: "done", result: { success: true, imp_uid: "imp_1" }, redirect_url: null };

  type Call = { url: string; body: string };
  type Answer = object | Error | (() => Promise<object>);

  /** Plays server and gateway by the ends of their addresses; answers of one address come in order, the last one stays. */
  function play(answers: Record<string, Answer[]>): { imp: Imp; calls: Call[] } {
    const calls: Call[] = [];
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      calls.push({ url, body: String(init.body ?? "") });
      const end = Object.keys(answers).find((key) => url.endsWith(key));
      const left = end ? (answers[end] as Answer[]) : [new Error(`nobody expects ${url}`)];
      const answer = left.length > 1 ? left.shift() : left[0];
      if (answer instanceof Error) throw answer;
      const said = typeof answer === "function" ? await answer() : answer;
      return new Response(`\ufeff${JSON.stringify(said)}`);
    });
    const imp = new Imp("https://pay.test");
    imp.init("imp1");
    return { imp, calls };
  }

  const list = (more: object) => [
    {
      code: 0,
      data: [{ pg_provider: "red", pg_id: "R1", type: "payment", pc: frame, mobile: frame, ...more }],
    },
  ];

  function pay(imp: Imp, given: Record<string, unknown> = params): Promise<Record<string, unknown>> {
    return new Promise((resolve) => imp.request_pay({ ...given }, resolve));
  }

  const ways = (calls: Call[]) => calls.map((call) => new URL(call.url).pathname);
  const seenByUs = (calls: Call[]) => JSON.stringify(calls.filter((call) => !call.url.includes("pg.test")));

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    document.body.innerHTML = "";
  });

  it("sends the card to the gateway and its token to us, and opens nothing", async () => {
    let answerOfPg: (answer: object) => void = () => {};
    const waiting = new Promise<object>((resolve) => {
      answerOfPg = resolve;
    });
    const { imp, calls } = play({
      "/users/pg/imp1": list({ tokeniser }),
      "pg.test/token": [() => waiting],
      "/window/prepare": [{ code: 0, response: opened }],
      "/w1/token": [{ code: 0, response: done }],
    });
    const first = pay(imp);
    await vi.waitFor(() => expect(calls.length).toBeGreaterThan(1));
    expect(await pay(imp)).toMatchObject({ success: false, error_msg: expect.stringContaining("이미") });
    imp.close();
    answerOfPg({ made: "ot_1" });
    expect(await first).toEqual({ success: true, imp_success: true, imp_uid: "imp_1" });
    expect(ways(calls)).toEqual(["/users/pg/imp1", "/token", "/window/prepare", "/window/w1/token"]);
    expect(calls[1]?.body).toBe("key=public&n=4242424242424242&m=07&y=2030&c=9071");
    expect(calls[3]?.body).toBe("order=imp_1&proof=t1&card_token=ot_1");
    expect(seenByUs(calls)).not.toMatch(/4242|9071|07\/30/);
    expect(document.querySelector(".imp-dialog")).toBeNull();
    expect(document.documentElement.outerHTML).not.toContain("4242");
  });

  it("tells a refusal in the gateway's words, without the number, and prepares nothing", async () => {
    const refusal = { made: null, why: 3003, text: "card 4242 4242 4242 4242 is wrong" };
    const { imp, calls } = play({ "/users/pg/imp1": list({ tokeniser }), "pg.test/token": [refusal] });
    const told = {
      success: false,
      merchant_uid: "order_1",
      error_code: "3003",
      error_msg: "card * is wrong",
    };
    expect(await pay(imp)).toMatchObject(told);
    expect(ways(calls)).toEqual(["/users/pg/imp1", "/token"]);
    expect(await pay(imp)).toMatchObject(told);
  });

  it("sends a card nowhere that it cannot read", async () => {
    const { imp, calls } = play({ "/users/pg/imp1": list({ tokeniser }) });
    const card = { info: { ...INFO, expiry: "soon" } };
    expect(await pay(imp, { ...params, card })).toMatchObject({ success: false, error_code: "F400" });
    expect(ways(calls)).toEqual(["/users/pg/imp1"]);
  });

  it("ends when the gateway cannot be reached", async () => {
    const { imp, calls } = play({
      "/users/pg/imp1": list({ tokeniser }),
      "pg.test/token": [new Error("away")],
    });
    expect(await pay(imp)).toMatchObject({ success: false, error_code: "F500", error_msg: "away" });
    expect(ways(calls)).toEqual(["/users/pg/imp1", "/token"]);
  });

  it("brings the token again when the answer is lost, and in the end leaves the payment open", async () => {
    vi.useFakeTimers();
    const server = {
      "/users/pg/imp1": list({ tokeniser }),
      "pg.test/token": [{ made: "ot_1" }],
      "/window/prepare": [{ code: 0, response: opened }],
    };
    const lost = play({
      ...server,
      "/w1/token": [new Error("lost"), new Error("lost"), { code: 0, response: done }],
    });
    const told = pay(lost.imp);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await told).toMatchObject({ success: true });
    const handed = lost.calls.filter((call) => call.url.endsWith("/w1/token")).map((call) => call.body);
    expect(handed).toEqual(Array(3).fill("order=imp_1&proof=t1&card_token=ot_1"));

    const away = play({ ...server, "/w1/token": [new Error("lost")] });
    const open = pay(away.imp);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(await open).toMatchObject({ success: false, error_code: "PENDING", imp_uid: "imp_1" });
  });

  it("drops the card and opens the window where the channel takes none", async () => {
    const shown: number[] = [];
    const { imp, calls } = play({
      "/users/pg/imp1": list({}),
      "/window/prepare": [
        async () => {
          shown.push(document.querySelectorAll(".imp-dialog").length);
          return { code: 1, response: { redirect_url: null, result: { success: false, error_msg: "no" } } };
        },
      ],
    });
    expect(await pay(imp)).toMatchObject({ success: false, error_msg: "no" });
    expect(shown).toEqual([1]);
    expect(ways(calls)).toEqual(["/users/pg/imp1", "/window/prepare"]);
    expect(seenByUs(calls)).not.toMatch(/4242|9071/);
  });
});
