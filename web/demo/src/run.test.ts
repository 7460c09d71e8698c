import { expect, test } from "vitest";
import { type Imp, type Result, run } from "./run.js";

/** An SDK that remembers what it was asked; like a class, its methods need their own `this`. */
class FakeImp implements Imp {
  #code = "";
  asked: Record<string, unknown>[] = [];
  callback: ((rsp: Result) => void) | undefined;
  init(code: string) {
    this.#code = code;
  }
  code() {
    return this.#code;
  }
  request_pay(params: Record<string, unknown>, callback?: (rsp: Result) => void) {
    this.asked.push(params);
    this.callback = callback;
  }
}

function listener() {
  const heard: unknown[] = [];
  return {
    heard,
    asked: (params: unknown) => heard.push(["asked", params]),
    answered: (rsp: Result) => heard.push(["answered", rsp]),
    said: (text: string) => heard.push(["said", text]),
  };
}

test("the snippet runs inside the click, and its answer is heard before its own callback", () => {
  const imp = new FakeImp();
  const { heard, ...listen } = listener();
  run(
    `IMP.request_pay({ a: 1 }, function(rsp) { alert(rsp.success ? 'Success' : 'Failed') }) // end`,
    imp,
    listen,
  );
  expect(imp.asked).toEqual([{ a: 1 }]);
  imp.callback?.({ success: true });
  expect(heard).toEqual([
    ["asked", { a: 1 }],
    ["answered", { success: true }],
    ["said", "Success"],
  ]);
});

test("without a callback none is made up, because the SDK then redirects on failure", () => {
  const imp = new FakeImp();
  run("IMP.request_pay({})", imp, listener());
  expect(imp.callback).toBeUndefined();
});

test("the rest of the SDK works as on a merchant's page, and errors come out", () => {
  const imp = new FakeImp();
  run("IMP.init('imp12345678')", imp, listener());
  expect(imp.code()).toBe("imp12345678");
  expect(() => run("IMP.request_pay({", imp, listener())).toThrow(SyntaxError);
});
