// One request_pay from the click to the callback. Whatever happens, it ends in exactly one result.

import type { Card } from "./card";
import type { Device } from "./device";
import { type Layer, openLayer } from "./layer";
import { failure, failureUrl, tidy } from "./outcome";
import type { Params } from "./params";
import { openPopup } from "./popup";
import { type Line, listen, newNonce } from "./port";
import {
  askProgress,
  type Channel,
  type FrameFacts,
  handOver,
  type Opened,
  type Progress,
  prepare,
  type Result,
  type Tokeniser,
  tellClosed,
  tokenise,
} from "./server";
import { BAD_CARD, layerTexts, NOT_CONFIRMED, popupBlocked } from "./texts";

/** Everything that is known when the window is about to open. */
export interface Ask {
  base: string;
  userCode: string;
  tierCode: string | null;
  channel: Channel | null;
  isDefault: boolean;
  device: Device;
  facts: FrameFacts;
  params: Params;
  callback: unknown;
}

type Question = typeof askProgress;

/** How often the server is asked while the window is open, in case the page in it cannot reach us. */
const WATCH_MS = 4_000;
const POPUP_CHECK_MS = 250;
/** After closing: how long we wait for the gateway's word. */
const SETTLE_MS = 35_000;

export class Session {
  private readonly nonce = newNonce();
  private layer: Layer | null = null;
  private popup: Window | null = null;
  private line: Line | null = null;
  private opened: Opened | null = null;
  private closing = false;
  private ended = false;
  /** Whether there is nothing to close. */
  private windowless = false;
  private readonly timers: number[] = [];

  /** @param onEnd called before the callback, so that the callback may start the next request */
  constructor(
    private readonly ask: Ask,
    private readonly onEnd: () => void,
  ) {}

  /** Opens the window. Has to run inside the click when the frame is a popup. */
  open(): void {
    const { device, channel, facts, params, isDefault } = this.ask;
    const texts = layerTexts(params.language, navigator.language);
    if (facts.frame === "popup") {
      this.popup = openPopup(facts, `imp_popup_${newNonce().slice(0, 8)}`, texts.loading);
      if (!this.popup) {
        const message = popupBlocked(navigator.language);
        window.alert(message);
        Promise.resolve().then(() => this.abandon(message));
        return;
      }
    }
    if (facts.frame === "redirect") {
      window.addEventListener("pageshow", this.onReturn);
    } else {
      const provider = channel ? channel.pg_provider : null;
      const onClose = (): void => this.close();
      const onTouch = (): void => this.popup?.focus();
      this.layer = openLayer({ device, provider, isDefault, facts, texts, onClose, onTouch });
    }
    this.start().catch((error) => this.abandon(messageOf(error)));
  }

  /** Pays by a card that the shop's page has asked for itself, without a window. Null is a card that cannot be read. */
  pay(tokeniser: Tokeniser, card: Card | null): void {
    this.windowless = true;
    // The page is still here, and goes itself where a redirecting window would have sent it.
    if (this.ask.facts.frame === "redirect") this.ask.callback = null;
    this.payBy(tokeniser, card).catch((error) => this.abandon(messageOf(error)));
  }

  /** Ends a request that never got as far as a window. */
  abandon(message: string): void {
    this.end(failure(this.ask.params, "F500", message));
  }

  /** Closes the window as the buyer's click on the close button does. */
  close(): void {
    if (this.ended || this.closing || this.windowless || this.ask.facts.frame === "redirect") return;
    this.closing = true;
    this.layer?.waitForResult();
    // A window that the server is still preparing is settled as soon as it has a number.
    if (this.opened) this.settle(this.opened, tellClosed);
  }

  communicate(message: unknown): void {
    this.line?.send({ type: "communicate", data: message });
  }

  private async start(): Promise<void> {
    const opened = await this.prepare();
    if (!opened) return;
    if (this.closing) this.settle(opened, tellClosed);
    else this.show(opened);
  }

  private async payBy(tokeniser: Tokeniser, card: Card | null): Promise<void> {
    const unread = { token: "", code: "F400", message: BAD_CARD };
    const { token, code, message } = card ? await tokenise(tokeniser, card) : unread;
    if (!token) return this.end(failure(this.ask.params, code, message));
    // Only now, so that a card that the gateway refuses leaves no payment behind.
    const opened = await this.prepare();
    if (opened) this.settle(opened, () => handOver(opened, tokeniser, token));
  }

  /** A window of the server's; null when this has ended meanwhile. */
  private async prepare(): Promise<Opened | null> {
    const { base, userCode, tierCode, channel, device, facts, params } = this.ask;
    const answer = await prepare(base, {
      user_code: userCode,
      tier_code: tierCode,
      channel_key: channel?.channel_key || null,
      device,
      frame: facts.frame,
      origin: location.href,
      nonce: this.nonce,
      params,
    });
    if (this.ended) return null;
    if (!("window_url" in answer)) {
      this.end(answer.result, answer.redirect_url);
      return null;
    }
    this.opened = answer;
    return answer;
  }

  private show(opened: Opened): void {
    const { facts, base } = this.ask;
    if (facts.frame === "redirect") {
      sendToken(opened, "_self");
      return;
    }
    const origins = [new URL(opened.window_url).origin, new URL(base).origin];
    this.line = listen(() => this.popup || this.layer?.frame?.contentWindow || null, origins, this.nonce, {
      onPage: () => {
        if (!this.popup && !this.closing) this.layer?.arrived();
      },
      onResult: (result) => this.end(result),
    });
    if (this.popup) {
      this.every(POPUP_CHECK_MS, () => {
        if (this.popup?.closed) this.close();
      });
    }
    this.every(WATCH_MS, () => {
      if (!this.closing) this.inquire(askProgress);
    });
    sendToken(opened, this.popup ? this.popup.name : this.layer?.frame?.name || "");
  }

  /** Tells the server and waits for the result, however often the network fails meanwhile. */
  private async settle(opened: Opened, tell: Question): Promise<void> {
    let question = tell;
    const until = Date.now() + SETTLE_MS;
    for (let pause = 250; !this.ended; pause = Math.min(1_000, pause * 1.5)) {
      const progress = await this.inquire(question);
      if (progress) question = askProgress;
      if (Date.now() > until) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    // Nobody knows yet, and saying that it failed would invite a second payment.
    const result = failure({ merchant_uid: opened.merchant_uid }, "PENDING", NOT_CONFIRMED);
    this.end(Object.assign(result, { imp_uid: opened.imp_uid }));
  }

  /** One question; ends the session when it is answered. Null when the network failed. */
  private async inquire(question: Question): Promise<Progress | null> {
    if (!this.opened || this.ended) return null;
    try {
      const progress = await question(this.ask.base, { imp_uid: this.opened.imp_uid, nonce: this.nonce });
      if (progress.state === "done" && progress.result) this.end(progress.result, progress.redirect_url);
      return progress;
    } catch {
      return null;
    }
  }

  private every(ms: number, action: () => void): void {
    this.timers.push(window.setInterval(action, ms));
  }

  /** The buyer came back to a page that the browser had kept: no callback here, but the next request may open. */
  private readonly onReturn = (event: PageTransitionEvent): void => {
    if (!event.persisted) return;
    this.ended = true;
    this.tearDown();
  };

  /** @param redirectUrl where the server would have sent a redirecting window */
  private end(result: Result, redirectUrl?: string | null): void {
    if (this.ended) return;
    this.ended = true;
    this.tearDown();
    if (redirectUrl) location.href = redirectUrl;
    else deliver(this.ask, tidy(result));
  }

  private tearDown(): void {
    for (const timer of this.timers) clearInterval(timer);
    window.removeEventListener("pageshow", this.onReturn);
    this.line?.hangUp();
    this.layer?.remove();
    this.popup?.close();
    this.onEnd();
  }
}

/** Gives a result to the merchant. On mobile a failure without a callback becomes a navigation, as at i'mport. */
export function deliver(ask: Pick<Ask, "base" | "device" | "params" | "callback">, result: Result): void {
  if (typeof ask.callback === "function") {
    try {
      ask.callback(result);
    } catch (error) {
      console.error("IMP.request_pay: the callback failed", error);
    }
    return;
  }
  if (result.success === true) return;
  const url = ask.device === "mobile" ? failureUrl(ask.base, ask.params.m_redirect_url, result) : null;
  if (url) location.href = url;
  else window.alert(String(result.error_msg));
}

/** Opens the window's page with its token in the body, where no log and no Referer shows it. */
function sendToken(opened: Opened, target: string): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = opened.window_url;
  form.target = target;
  form.acceptCharset = "utf-8";
  form.hidden = true;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "token";
  field.value = opened.token;
  form.appendChild(field);
  (document.body || document.documentElement).appendChild(form);
  form.submit();
  form.remove();
}

export function messageOf(error: unknown): string {
  return error instanceof Error && error.message ? error.message : String(error);
}
