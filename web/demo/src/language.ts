/**
 * Korean and English. Every text on the page is bound to its key, so that a switch retells the whole page, results
 * that have already arrived included.
 */
import { make } from "./dom.js";
import { en } from "./text/en.js";
import { type Key, ko } from "./text/ko.js";

export type Language = "ko" | "en";
/** An amount in the currency's own unit. */
export interface Money {
  amount: number;
  currency: string;
}
export type Values = Record<string, string | number | Money>;
export type { Key };

const texts: Record<Language, Record<Key, string>> = { ko, en };
const STORED = "dangol-shop-language";
let language: Language = "ko";

/** The language that the page speaks now. */
export function current(): Language {
  return language;
}

/** The text of a key. */
export function text(key: Key): string {
  return texts[language][key];
}

/** An amount as the page's language writes it. */
export function money({ amount, currency }: Money): string {
  if (language === "ko" && currency === "KRW") return `${amount.toLocaleString("ko")}원`;
  return amount.toLocaleString(language, { style: "currency", currency });
}

/** Binds an element to a text with its `{names}` filled. Backquotes become `<code>`, numbers and amounts get commas. */
export function say<E extends HTMLElement>(element: E, key: Key, values?: Values): E {
  element.dataset.t = key;
  if (values) element.dataset.values = JSON.stringify(values);
  else delete element.dataset.values;
  tell(element);
  return element;
}

/** Unbinds an element from its text and empties it. */
export function silence(element: HTMLElement): void {
  delete element.dataset.t;
  delete element.dataset.values;
  element.replaceChildren();
}

/** Binds an element's accessible name. */
export function label<E extends HTMLElement>(element: E, key: Key): E {
  element.dataset.tLabel = key;
  element.setAttribute("aria-label", text(key));
  return element;
}

function tell(element: HTMLElement): void {
  const values = element.dataset.values ? (JSON.parse(element.dataset.values) as Values) : undefined;
  const parts = texts[language][element.dataset.t as Key].split("`");
  const value = (name: string) => {
    const found = values?.[name];
    if (typeof found === "object") return money(found);
    return typeof found === "number" ? found.toLocaleString("en-US") : found;
  };
  const fill = (part: string) => part.replace(/\{(\w+)\}/g, (whole, name: string) => value(name) ?? whole);
  element.replaceChildren(...parts.map((part, at) => (at % 2 ? make("code", "", fill(part)) : fill(part))));
}

function retell(): void {
  document.documentElement.lang = language;
  document.title = text("title");
  for (const element of document.querySelectorAll<HTMLElement>("[data-t]")) tell(element);
  for (const element of document.querySelectorAll<HTMLElement>("[data-t-label]")) {
    element.setAttribute("aria-label", text(element.dataset.tLabel as Key));
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-lang]")) {
    button.setAttribute("aria-pressed", String(button.dataset.lang === language));
  }
}

/** Chooses the language (`?lang=`, the last choice, the browser's), tells the page and listens to the switch. */
export function startLanguage(changed: () => void = () => {}): void {
  const inAddress = new URLSearchParams(location.search).get("lang");
  const asked = inAddress ?? localStorage.getItem(STORED) ?? navigator.language;
  language = asked.toLowerCase().startsWith("ko") ? "ko" : "en";
  // The page that a window comes back to has no `?lang=`: it speaks as this one did.
  if (inAddress !== null) localStorage.setItem(STORED, language);
  retell();
  document.body.removeAttribute("data-booting");
  for (const button of document.querySelectorAll<HTMLElement>("[data-lang]")) {
    button.addEventListener("click", () => {
      language = button.dataset.lang as Language;
      localStorage.setItem(STORED, language);
      retell();
      changed();
    });
  }
}
