/** Runs a snippet as the merchant's page would, and listens in on its callback. */

/** The part of `window.IMP` that the page itself uses. */
export interface Imp {
  init(userCode: string): void;
  request_pay(params: Record<string, unknown>, callback?: (rsp: Result) => void): unknown;
}

/** What a callback is given. */
export type Result = Record<string, unknown>;

export interface Listener {
  /** `request_pay` was called with these parameters. */
  asked(params: Record<string, unknown>): void;
  /** The callback was called. */
  answered(rsp: Result): void;
  /** The snippet, or its callback, called `alert`. */
  said(text: string): void;
}

/**
 * Runs `code` at once, so that a click that called this is still a click for the browser (popups need one). `alert` is
 * shadowed, because a blocking dialog would stop the page from showing what arrived. Throws what the code throws.
 */
export function run(code: string, imp: Imp, listener: Listener): void {
  const requestPay: Imp["request_pay"] = (params, callback) => {
    listener.asked(params);
    if (typeof callback !== "function") return imp.request_pay(params);
    return imp.request_pay(params, (rsp) => {
      listener.answered(rsp);
      callback(rsp);
    });
  };
  const listening = new Proxy(imp, {
    get(target, name) {
      if (name === "request_pay") return requestPay;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const alert = (text: unknown) => listener.said(String(text));
  // The runner is why the page's content security policy has 'unsafe-eval'; a merchant's page needs neither.
  new Function("IMP", "alert", `${code}\n`)(listening, alert);
}
