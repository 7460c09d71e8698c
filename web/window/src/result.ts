// The page that carries the result home. Where nobody takes it, it says so: the merchant's page asks the server.

import { connect, openersOf } from "./port";

const FALLBACK_MS = 1_500;

const raw = document.body.dataset.result;
let delivered = false;

if (raw) {
  const result: unknown = JSON.parse(raw);
  connect((port) => {
    delivered = true;
    port.postMessage({ type: "result", result });
  });
}

const fallback = document.querySelector<HTMLElement>("[data-fallback]");
const show = (): void => {
  if (!delivered && fallback) fallback.hidden = false;
};
if (openersOf(window).length === 0) show();
else setTimeout(show, FALLBACK_MS);
