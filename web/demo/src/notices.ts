/** Short notices at the page's edge; they go by themselves. */
import { byId, make } from "./dom.js";
import { type Key, say, type Values } from "./language.js";

const SHOWN_MS = 4000;

export function notice(key: Key, values?: Values): void {
  const shown = say(make("p", "notice"), key, values);
  byId("notices").append(shown);
  setTimeout(() => shown.remove(), SHOWN_MS);
}

/** The banner at the top for what keeps the page from working, with a way out. */
export function banner(key: Key, values: Values, retry: () => void): void {
  const button = say(make("button", "button small"), "retry");
  button.type = "button";
  button.addEventListener("click", retry);
  const root = byId("banner");
  root.replaceChildren(say(make("span"), key, values), button);
  root.hidden = false;
}

export function hideBanner(): void {
  byId("banner").hidden = true;
}
