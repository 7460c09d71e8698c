// What the SDK asks the server. Everything here is public: no cookie, no credential.

import type { Card } from "./card";
import type { Device, Frame } from "./device";

/** One of the merchant's contracts, as `GET /users/pg/{user_code}` lists them. */
export interface Channel {
  pg_provider: string;
  pg_id: string;
  type: string;
  channel_key?: string;
  pc?: FrameFacts;
  mobile?: FrameFacts;
  tokeniser?: Tokeniser;
}

/** How a page makes a one-time token of a card at the gateway, and the names that are used for it there and here. */
export interface Tokeniser {
  url: string;
  /** Names and values that are sent with each card. */
  fields: [string, string][];
  card: Record<keyof Card, string>;
  answer: { token: string; code: string; message: string };
  returns: { order_id: string; return_token: string; token: string };
}

/** How a channel's window shows itself. Sizes are CSS pixels; null fills the screen. */
export interface FrameFacts {
  frame: Frame;
  width: number | null;
  height: number | null;
  /** A popup's window name. */
  name: string | null;
}

/** A result object as the merchant's callback receives it. */
export type Result = Record<string, unknown>;

/** What the server says when it opens a window. */
export interface Opened {
  imp_uid: string;
  merchant_uid: string;
  window_url: string;
  /** One-time; travels in a form's body only. */
  token: string;
}

/** What the server says when it opens none. */
export interface Refused {
  redirect_url: string | null;
  result: Result;
}

/** What a gateway makes of a card; without a token it has refused. */
export interface Tokenised {
  token: string | undefined;
  code: string;
  message: string;
}

/** How far a window has come. `working` means that the gateway's word is being fetched. */
export interface Progress {
  state: "open" | "working" | "done";
  result: Result | null;
  redirect_url: string | null;
}

/** Which window is asked about. The nonce was made here and is known to us and our pages only. */
export interface WindowRef {
  imp_uid: string;
  nonce: string;
}

export interface PrepareRequest {
  user_code: string;
  tier_code: string | null;
  channel_key: string | null;
  device: Device;
  frame: Frame;
  origin: string;
  nonce: string;
  params: Record<string, unknown>;
}

const TIMEOUT_MS = 30_000;

/** Lists the channels, the default one first. An unknown merchant has none: then `prepare` says what is wrong. */
export async function loadChannels(
  base: string,
  userCode: string,
  tierCode: string | null,
): Promise<Channel[]> {
  const tier = tierCode ? `?tier=${encodeURIComponent(tierCode)}` : "";
  const answer = await call(`${base}/users/pg/${encodeURIComponent(userCode)}${tier}`);
  return Array.isArray(answer.data) ? (answer.data as Channel[]) : [];
}

/** Asks for a window. */
export function prepare(base: string, request: PrepareRequest): Promise<Opened | Refused> {
  return respond(`${base}/window/prepare`, request);
}

/** Asks how far a window has come. */
export function askProgress(base: string, ref: WindowRef): Promise<Progress> {
  return respond(`${base}/window/result`, ref);
}

/** Says that the buyer closed the window; a window that is still open is cancelled by this. */
export function tellClosed(base: string, ref: WindowRef): Promise<Progress> {
  return respond(`${base}/window/close`, { imp_uid: ref.imp_uid, nonce: ref.nonce, reason: "closed" });
}

/** Sends a card to the gateway, which answers with a token or with a code and a text. */
export async function tokenise(
  { url, fields, card: names, answer }: Tokeniser,
  card: Card,
): Promise<Tokenised> {
  const form = new URLSearchParams(fields);
  for (const part in names) form.append(names[part as keyof Card], card[part as keyof Card]);
  const told = await call(url, form);
  // What a gateway says of a number may repeat it, and goes on into a callback or an address.
  const text = (name: string): string => String(told[name] || "").replace(/\d[\d -]{9,}\d/g, "*");
  return {
    token: told[answer.token] as string | undefined,
    code: text(answer.code),
    message: text(answer.message),
  };
}

/** Brings a one-time token to the window that was prepared for it, and waits for its end; twice is as good as once. */
export function handOver(opened: Opened, { returns }: Tokeniser, token: string): Promise<Progress> {
  const form = new URLSearchParams([
    [returns.order_id, opened.imp_uid],
    [returns.return_token, opened.token],
    [returns.token, token],
  ]);
  return respond(`${opened.window_url}/token`, form);
}

async function respond<R>(url: string, body: unknown): Promise<R> {
  const answer = await call(url, body);
  if (!answer.response) throw new Error(String(answer.message || "no answer"));
  return answer.response as R;
}

/**
 * GET without a body, else POST of a form or of JSON. Refusals carry JSON under any HTTP status, so the status is not
 * looked at.
 */
function call(url: string, body?: unknown): Promise<Record<string, unknown>> {
  const request: RequestInit = { credentials: "omit", cache: "no-store" };
  if (body !== undefined) {
    const isForm = body instanceof URLSearchParams;
    request.method = "POST";
    if (!isForm) request.headers = { "Content-Type": "application/json" };
    request.body = isForm ? body : JSON.stringify(body);
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("timeout")), TIMEOUT_MS);
    fetch(url, request)
      .then((response) => response.json())
      .then(resolve, reject)
      .then(() => clearTimeout(timer));
  });
}
