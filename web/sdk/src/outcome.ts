// The result objects and redirect addresses that merchants see.

import type { Params } from "./params";
import type { Result } from "./server";

/** A failure that was found before a payment existed. As at i'mport it has no `imp_uid` key. */
export function failure(params: Params, code: string, message: string): Result {
  return {
    success: false,
    imp_success: false,
    merchant_uid: params.merchant_uid,
    error_code: code,
    error_msg: message,
  };
}

/**
 * A result from the server, as the callback may have it: merchants test `success`, or `imp_success`, or the absence
 * of the error keys, and all of these must agree.
 */
export function tidy(result: Result): Result {
  const success = result.success === true;
  const tidied: Result = Object.assign({}, result, { success, imp_success: success });
  if (success) {
    delete tidied.error_code;
    delete tidied.error_msg;
  } else {
    tidied.error_code ||= "F500";
    tidied.error_msg ||= "결제에 실패하였습니다.";
  }
  return tidied;
}

/**
 * Where a mobile page without a callback goes after a failure that opened no window: `m_redirect_url` with the
 * failure in its query, or the server's own page. Null when the address given would run as a script.
 */
export function failureUrl(base: string, redirectUrl: unknown, result: Result): string | null {
  const { imp_uid, merchant_uid, error_code, error_msg } = result;
  if (typeof redirectUrl !== "string" || redirectUrl === "") {
    return `${base}/payments/fail?${query({ imp_uid: imp_uid || "", success: false, error_msg })}`;
  }
  if (isScript(redirectUrl)) return null;
  const [, path, old = "", fragment] = /^([^?#]*)\??([^#]*)([\s\S]*)/.exec(redirectUrl) || [];
  const told = { imp_uid, merchant_uid, imp_success: false, error_code, error_msg };
  // Some of i'mport's mobile SDKs crash on a key that comes twice.
  const ours = Object.keys(told);
  const kept = old.split("&").filter((part) => part !== "" && !ours.includes(String(part.split("=")[0])));
  return `${path}?${kept.concat(query(told)).join("&")}${fragment}`;
}

function query(told: Result): string {
  const pairs = Object.entries(told).filter(([, value]) => value != null);
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&");
}

/** Addresses whose scheme runs script or shows content of its own, however a browser would read them. */
export function isScript(url: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers skip them in front of and inside a scheme.
  return /^(javascript|data|vbscript|blob):/i.test(url.replace(/[\u0000-\u0020\u007f]/g, ""));
}
