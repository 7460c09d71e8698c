/** What the gateway did and what the shop's server was told, beside the steps, as it happens. */
import { byId, make } from "./dom.js";
import { paint } from "./highlight.js";
import { type Key, label, say } from "./language.js";
import { type Answer, type JournalEntry, shopServer, type Webhook } from "./shop-server.js";

const EVERY_MS = 1500;
const ROWS_MAX = 50;
const MINOR_DIGITS: Record<string, number> = { KRW: 0, JPY: 0 };

/** Starts both lists. `away` is told when Dangol does not answer, and when it answers again. */
export function startFeeds(away: (answer: Answer<unknown>) => void): void {
  const journal = new Feed<JournalEntry>("journal", journalRow);
  const webhooks = new Feed<Webhook>("webhooks", webhookRow);
  const look = async () => {
    if (document.hidden) return;
    const [done, told] = await Promise.all([shopServer.journal(journal.last), shopServer.webhooks()]);
    away(done.ok ? told : done);
    // A data folder that was swapped below starts its numbers again.
    if (done.ok) journal.add(done.value.entries);
    else journal.forget();
    if (told.ok) webhooks.add(told.value.entries);
    else webhooks.forget();
  };
  let looking = false;
  const tick = async () => {
    if (looking) return;
    looking = true;
    await look().finally(() => {
      looking = false;
    });
  };
  setInterval(tick, EVERY_MS);
  document.addEventListener("visibilitychange", tick);
  void tick();
}

class Feed<T extends { seq: number }> {
  last = 0;
  private stale = false;
  private readonly list: HTMLElement;
  private readonly empty: HTMLElement;

  constructor(
    id: string,
    private readonly row: (entry: T) => HTMLElement,
  ) {
    this.list = byId(id);
    this.empty = byId(`${id}-empty`);
  }

  /** Puts what is new on top, and keeps the list short. */
  add(entries: T[]): void {
    if (this.stale) {
      this.stale = false;
      this.list.replaceChildren();
    }
    for (const entry of entries) {
      if (entry.seq <= this.last) continue;
      this.last = entry.seq;
      this.list.prepend(this.row(entry));
    }
    while (this.list.children.length > ROWS_MAX) this.list.lastElementChild?.remove();
    this.empty.hidden = this.list.children.length > 0;
  }

  /** After a silence the whole list is asked for again. What is shown stays until then. */
  forget(): void {
    this.last = 0;
    this.stale = true;
  }
}

const KINDS = new Set<string>(["key_issued", "key_revoked", "approval", "void", "refund"]);

function journalRow(entry: JournalEntry): HTMLElement {
  const kind = make("span", `kind kind-${entry.kind}`);
  if (entry.test && entry.kind === "approval") say(kind, "journal.test");
  else if (KINDS.has(entry.kind)) say(kind, `journal.${entry.kind}` as Key);
  else kind.textContent = entry.kind;
  const head = make("div", "row-head", kind, amount(entry), time(entry.at * 1000));
  const facts = make(
    "div",
    "row-facts",
    make("code", "", entry.kind),
    ` ${entry.pg} · `,
    make("code", "", entry.order_id),
  );
  return make("li", "row", head, facts);
}

function amount(entry: JournalEntry): HTMLElement {
  if (entry.kind.startsWith("key_")) return make("span", "amount");
  const digits = MINOR_DIGITS[entry.currency] ?? 2;
  const shown = (entry.amount / 10 ** digits).toLocaleString("en-US", { minimumFractionDigits: digits });
  return make("span", "amount", `${shown} ${entry.currency}`);
}

function webhookRow(webhook: Webhook): HTMLElement {
  const body = typeof webhook.body === "string" ? {} : webhook.body;
  const status = String(body.status ?? "?");
  const head = make(
    "div",
    "row-head",
    make("span", `kind kind-${status}`, status),
    make("span", "amount"),
    time(webhook.at_ms),
  );
  const pre = make("pre", "code small");
  paint(pre, typeof webhook.body === "string" ? webhook.body : JSON.stringify(webhook.body, null, 2), "json");
  pre.tabIndex = 0;
  label(pre, "webhooks.title");
  const facts = make(
    "summary",
    "row-facts",
    make("code", "", String(body.imp_uid ?? "")),
    ` · ${webhook.content_type.split(";")[0]}`,
  );
  return make("li", "row", head, make("details", "", facts, pre));
}

function time(atMs: number): HTMLElement {
  const at = new Date(atMs);
  const element = make("time", "", at.toLocaleTimeString("en-GB"));
  element.dateTime = at.toISOString();
  return element;
}
