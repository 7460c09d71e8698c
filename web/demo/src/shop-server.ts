/** What the shop's page asks the shop's own server. The page never talks to the payment API itself. */

/** A channel as `/sandbox` lists it. */
export interface Channel {
  pg_provider: string;
  pg_id: string;
  channel_key: string;
  type: string;
  default: boolean;
}

/** `GET /api/config`. */
export interface Config {
  main_url: string;
  user_code: string;
  imp_key: string;
  channels: Channel[];
}

/** What Dangol answered to the shop's server. */
export interface Relayed {
  status: number;
  body: Envelope | null;
}

/** The V1 envelope. */
export interface Envelope {
  code: number;
  message: string | null;
  response: Payment | null;
}

/** The fields of a payment that the shop reads. */
export interface Payment {
  imp_uid: string;
  merchant_uid: string;
  status: string;
  /** In the currency's own unit: won, dollars. */
  amount: number;
  currency: string;
  fail_reason: string | null;
  customer_uid: string | null;
  card_name: string | null;
  card_number: string | null;
}

/** A line of the journal (`GET /api/journal`). */
export interface JournalEntry {
  seq: number;
  pg: string;
  kind: string;
  order_id: string;
  pg_tid: string;
  amount: number;
  currency: string;
  test: boolean;
  /** Unix seconds. */
  at: number;
}

/** A webhook that arrived (`GET /api/webhooks`). */
export interface Webhook {
  seq: number;
  /** Unix milliseconds. */
  at_ms: number;
  content_type: string;
  body: Record<string, unknown> | string;
}

/**
 * Why there is no answer: the shop's server is away, Dangol was not reached (nothing was sent), or Dangol was reached
 * and its answer is lost (it may have worked).
 */
export type Away = "shop" | "not_connected" | "no_answer";
export type Answer<T> = { ok: true; value: T } | { ok: false; away: Away };

async function ask<T>(path: string, init?: RequestInit): Promise<Answer<T>> {
  try {
    const answer = await fetch(path, { cache: "no-store", ...init });
    const value = await answer.json();
    if (answer.ok) return { ok: true, value: value as T };
    return { ok: false, away: value?.error === "not_connected" ? "not_connected" : "no_answer" };
  } catch {
    return { ok: false, away: "shop" };
  }
}

export const shopServer = {
  config: () => ask<Config>("/api/config"),
  payment: (impUid: string) => ask<Relayed>(`/api/payment/${encodeURIComponent(impUid)}`),
  again: (order: { customer_uid: string; merchant_uid: string; amount: number }) =>
    ask<Relayed>("/api/again", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(order),
    }),
  journal: (after: number) => ask<{ entries: JournalEntry[] }>(`/api/journal?after=${after}`),
  webhooks: () => ask<{ entries: Webhook[] }>("/api/webhooks"),
};
