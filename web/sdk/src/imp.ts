// `window.IMP`: what merchants call.

import { readCard } from "./card";
import { deviceOf, frameFor } from "./device";
import { failure } from "./outcome";
import { check, type Params } from "./params";
import { selectChannel } from "./select";
import { type Channel, loadChannels, type Result } from "./server";
import { deliver, messageOf, Session } from "./session";
import { ALREADY_OPEN, NO_BASE, NO_INIT, NO_PARAMS, noUi, START_FAILED, WRONG_TYPE } from "./texts";

/** Who the merchant is, and the channels as far as they are known. */
interface Merchant {
  base: string;
  userCode: string;
  tierCode: string | null;
  /** Null while the list is being loaded. */
  channels: Channel[] | null;
  loading: Promise<Channel[]> | null;
  /** A request that waits for the list. As at i'mport only the last one is kept. */
  queued: Request | null;
}

interface Request {
  params: Params;
  cardInfo?: unknown;
  callback: unknown;
}

export class Imp {
  private merchant: Merchant | null = null;
  private session: Session | null = null;

  /** @param scriptBase the server's base URL as the script's own address tells it */
  constructor(private readonly scriptBase: string | null) {}

  init(userCode: string, options?: { baseUrl?: string }): void {
    this.setMerchant(userCode, null, options);
  }

  agency(userCode: string, tierCode: string, options?: { baseUrl?: string }): void {
    this.setMerchant(userCode, tierCode, options);
  }

  deinit(): void {
    this.merchant = null;
  }

  request_pay(given?: Params, callback?: unknown): false | undefined {
    const merchant = this.ready(given);
    if (!merchant || !given) return false;
    const { params, cardInfo, problem } = check(given, Date.now());
    const request = { params, cardInfo, callback };
    const refuse = (code: string, message: string): void =>
      this.answer(request, failure(params, code, message));

    if (problem) refuse("F400", problem);
    else if (this.session) refuse("F500", ALREADY_OPEN);
    else if (merchant.channels) this.open(merchant, request, merchant.channels);
    else this.enqueue(merchant, request);
    return undefined;
  }

  certification(given?: Params, callback?: unknown): false | undefined {
    if (!this.ready(given) || !given) return false;
    this.answer({ params: given, callback }, wrongType(given));
    return undefined;
  }

  loadUI(_uiType?: unknown, given?: Params, callback?: unknown): false | undefined {
    const merchant = this.ready(given);
    if (!merchant || !given) return false;
    this.load(merchant)
      .catch(() => [])
      .then((channels: Channel[]) => {
        const channel = selectChannel(channels, "payment", given.pg, given.channelKey);
        const provider = channel ? channel.pg_provider : String(given.pg || "");
        this.answer({ params: given, callback }, failure(given, "F500", noUi(provider)));
      });
    return undefined;
  }

  updateLoadUIRequest(uiType?: unknown, given?: Params): false | undefined {
    return this.loadUI(uiType, given);
  }

  loadModule(type?: unknown): Promise<never> {
    const error = new Error(noUi(String(type || "")));
    return Promise.reject(Object.assign(error, { error_code: "F500", error_msg: error.message }));
  }

  close(): void {
    this.session?.close();
  }

  communicate(message?: unknown): void {
    this.session?.communicate(message);
  }

  private setMerchant(userCode: string, tierCode: string | null, options?: { baseUrl?: string }): void {
    const base = options?.baseUrl ? options.baseUrl.replace(/\/+$/, "") : this.scriptBase;
    if (!base) {
      window.alert(NO_BASE);
      return;
    }
    const same = this.merchant;
    // Many pages call init before each request. Loading again would cost them the click that a popup needs.
    if (same && same.base === base && same.userCode === userCode && same.tierCode === tierCode) return;
    this.merchant = { base, userCode, tierCode, channels: null, loading: null, queued: null };
    this.load(this.merchant).catch(() => {
      // Asked for again by the next request, which then says what is wrong.
    });
  }

  /** The merchant, if everything that each call needs is there; else the buyer is told. */
  private ready(given: unknown): Merchant | null {
    if (!this.merchant) window.alert(NO_INIT);
    else if (!given) window.alert(NO_PARAMS);
    else return this.merchant;
    return null;
  }

  private load(merchant: Merchant): Promise<Channel[]> {
    if (merchant.channels) return Promise.resolve(merchant.channels);
    merchant.loading ||= loadChannels(merchant.base, merchant.userCode, merchant.tierCode).then(
      (channels) => {
        merchant.channels = channels;
        return channels;
      },
      (error) => {
        merchant.loading = null;
        throw error;
      },
    );
    return merchant.loading;
  }

  private enqueue(merchant: Merchant, request: Request): void {
    const first = !merchant.queued;
    merchant.queued = request;
    if (!first) return;
    const next = (action: (request: Request) => void): void => {
      const last = merchant.queued;
      merchant.queued = null;
      if (last && this.merchant === merchant) action(last);
    };
    this.load(merchant).then(
      (channels) => next((last) => this.open(merchant, last, channels)),
      (error) =>
        next((last) => this.answer(last, failure(last.params, "F500", START_FAILED + error.message))),
    );
  }

  private open(merchant: Merchant, request: Request, channels: Channel[]): void {
    const { params, cardInfo, callback } = request;
    const channel = selectChannel(channels, "payment", params.pg, params.channelKey);
    if (channel && channel.type !== "payment") {
      this.answer(request, wrongType(params));
      return;
    }
    const device = deviceOf(navigator.userAgent);
    const { base, userCode, tierCode } = merchant;
    const facts = frameFor(channel, device, params.popup);
    const isDefault = channel !== null && channel === channels[0];
    const ask = { base, userCode, tierCode, channel, isDefault, device, facts, params, callback };
    const session = new Session(ask, () => {
      if (this.session === session) this.session = null;
    });
    this.session = session;
    try {
      if (cardInfo && channel?.tokeniser) session.pay(channel.tokeniser, readCard(cardInfo));
      else session.open();
    } catch (error) {
      session.abandon(START_FAILED + messageOf(error));
    }
  }

  /** Answers without a window, and never before the call has returned. */
  private answer({ params, callback }: Request, result: Result): void {
    const ask = { params, callback, base: this.merchant?.base || "", device: deviceOf(navigator.userAgent) };
    Promise.resolve().then(() => deliver(ask, result));
  }
}

/** The misspelled key is what i'mport sends. */
function wrongType(params: Params): Result {
  return Object.assign(failure(params, "F1001", WRONG_TYPE), { imp_uid: null, error_coe: "F1001" });
}
