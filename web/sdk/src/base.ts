// Where the server is: where this script came from.

const SCRIPT_PATH = /\/(v1\/iamport|js\/iamport\.payment-[\d.]+)\.js$/;

/** The server's base URL from a script's own address: without the known path, else its origin. */
export function baseOf(src: string): string | null {
  let url: URL;
  try {
    url = new URL(src);
  } catch {
    return null;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  return SCRIPT_PATH.test(url.pathname) ? url.origin + url.pathname.replace(SCRIPT_PATH, "") : url.origin;
}

/**
 * The base URL of the script that is running now. A script that was put in as a module or by a loader has no
 * `currentScript`: then the last one on the page with a known path is taken. Null when there is none.
 */
export function findBase(page: Document): string | null {
  const current = page.currentScript as HTMLScriptElement | null;
  if (current?.src) return baseOf(current.src);
  const known = Array.from(page.querySelectorAll<HTMLScriptElement>("script[src]")).filter((script) =>
    SCRIPT_PATH.test(script.src.replace(/[?#].*$/, "")),
  );
  const last = known[known.length - 1];
  return last ? baseOf(last.src) : null;
}
