/** Step 1: the snippet, its run, and what came of it. */
import { byId, copyOnClick } from "./dom.js";
import { Editor } from "./editor.js";
import { current, type Key, say } from "./language.js";
import { notice } from "./notices.js";
import { fill, newOrder, type Order, randomSuffix, refill } from "./order.js";
import { ResultView } from "./result-view.js";
import { type Imp, type Result, run } from "./run.js";
import { keep, keepCard, session } from "./session.js";
import { shopServer } from "./shop-server.js";
import type { Snippet } from "./snippets.js";
import { isOpen, verify } from "./verify.js";

interface Options {
  snippets: Snippet[];
  /** The merchant's id at each gateway. */
  pgIds: ReadonlyMap<string, string>;
  imp: () => Imp | null;
  device: "pc" | "mobile";
  /** A card was registered and the server has said so. */
  registered: () => void;
}

export class Register {
  private readonly editor = new Editor(byId<HTMLTextAreaElement>("snippet"), byId("paint"), () =>
    this.edited(),
  );
  private readonly view = new ResultView(byId("result"), "// rsp");
  private snippet: Snippet;
  private order: Order = newOrder(new Date(), randomSuffix);
  /** Whether the order was already used, so that the next run needs a fresh one. */
  private used = false;
  /** Counts runs: a late answer of an earlier one changes nothing. */
  private runs = 0;

  constructor(private readonly options: Options) {
    const chosen = options.snippets.find(({ pg }) => pg === session.gateway);
    this.snippet = chosen ?? (options.snippets[0] as Snippet);
    this.showTabs();
    this.choose(this.snippet);
    byId("run").addEventListener("click", () => this.start());
    byId("subscribe").addEventListener("click", () => this.start());
    byId("reset").addEventListener("click", () => this.reset());
    byId("new-order").addEventListener("click", () => {
      this.freshen();
      this.idle();
      notice("new.order.done");
    });
    copyOnClick(
      byId<HTMLButtonElement>("copy-snippet"),
      () => this.editor.code,
      () => notice("copied"),
    );
    // Back from a payment that had left the page: the browser may show the page as it was left.
    window.addEventListener("pageshow", (event) => event.persisted && this.idle());
  }

  /** Lets the buttons be pressed, once the SDK is there. */
  enable(): void {
    for (const id of ["run", "subscribe"]) byId<HTMLButtonElement>(id).disabled = false;
  }

  /** Tells the note in the language that the page speaks now. */
  retell(): void {
    byId("gateway-note").textContent = this.snippet.note[current()];
  }

  private showTabs(): void {
    const tabs = this.options.snippets.map((snippet) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.textContent = snippet.label;
      tab.dataset.pg = snippet.pg;
      tab.addEventListener("click", () => this.choose(snippet));
      return tab;
    });
    byId("tabs").replaceChildren(...tabs);
  }

  private choose(snippet: Snippet): void {
    this.snippet = snippet;
    session.gateway = snippet.pg;
    keep();
    for (const tab of byId("tabs").children) {
      tab.setAttribute("aria-pressed", String((tab as HTMLElement).dataset.pg === snippet.pg));
    }
    say(byId("device-opens"), `device.${this.options.device}.${snippet.opens[this.options.device]}` as Key);
    this.retell();
    this.reset();
    this.idle();
  }

  private original(): string {
    const pgId = this.options.pgIds.get(this.snippet.pg) ?? "";
    return fill(this.snippet.code, this.order, { redirectUrl: `${location.origin}/complete`, pgId });
  }

  private edited(): void {
    byId("reset").hidden = this.editor.code === this.original();
  }

  private reset(): void {
    this.editor.code = this.original();
  }

  private freshen(): void {
    const fresh = newOrder(new Date(), randomSuffix);
    const code = refill(this.editor.code, this.order, fresh);
    this.order = fresh;
    this.used = false;
    this.editor.code = code;
  }

  private idle(): void {
    this.runs += 1;
    this.view.show({ mood: "idle", title: "result.idle", next: "result.idle.next" });
  }

  /** Inside the click, without a pause: popups are allowed only there. */
  private start(): void {
    const imp = this.options.imp();
    if (!imp) return;
    if (this.used) this.freshen();
    this.runs += 1;
    const mine = this.runs;
    const current = () => mine === this.runs;
    let asked = false;
    let answered = false;
    try {
      run(this.editor.code, imp, {
        asked: () => {
          asked = true;
          this.used = true;
        },
        answered: (rsp) => {
          answered = true;
          if (current()) this.answered(rsp, current);
        },
        said: (said) => notice("says", { text: said }),
      });
    } catch (error) {
      this.failed("result.error", "result.error.next", String(error));
      return;
    }
    if (!asked) this.failed("result.nothing", "result.nothing.next", "");
    else if (!answered) this.waiting();
  }

  private waiting(): void {
    const [title, next]: [Key, Key] =
      this.options.device === "mobile" && this.snippet.opens.mobile === "redirect"
        ? ["result.leaving", "result.leaving.next"]
        : ["result.waiting", "result.waiting.next"];
    this.view.show({ mood: "busy", title, next });
  }

  private failed(title: Key, next: Key, reason: string): void {
    this.view.show({ mood: "bad", title, next, values: { reason } });
  }

  private answered(rsp: Result, isCurrent: () => boolean): void {
    byId("result").scrollIntoView({ block: "nearest" });
    if (isOpen(rsp.error_code)) {
      this.view.show({ mood: "unsure", title: "result.open", next: "result.open.next", json: rsp });
      this.view.offer({ key: "verify.again", press: () => void this.verify(rsp, isCurrent) });
      return;
    }
    if (rsp.success !== true) {
      const reason = String(rsp.error_msg ?? rsp.error_code ?? "?").replace(/[.\s]+$/, "");
      const cancelled = reason.includes("사용자가 결제를 취소하셨습니다");
      const next = cancelled || !rsp.imp_uid ? "result.failure.next" : "result.failure.card";
      this.view.show({ mood: "bad", title: "result.failure", next, values: { reason }, json: rsp });
      return;
    }
    const values = { customer_uid: String(rsp.customer_uid ?? "") };
    const shown = {
      mood: "unsure",
      title: "result.success",
      next: "result.success.unverified",
      values,
      json: rsp,
    } as const;
    this.view.show(shown);
    void this.verify(rsp, isCurrent);
  }

  /** A callback comes from a browser: what counts is what the server finds out. */
  private async verify(rsp: Result, isCurrent: () => boolean): Promise<void> {
    const impUid = String(rsp.imp_uid ?? "");
    this.view.prove("verify.busy", { imp_uid: impUid });
    this.view.offer(undefined);
    const proof = verify(await shopServer.payment(impUid));
    if (proof.card) {
      keepCard(proof.card);
      this.options.registered();
    }
    if (!isCurrent()) return;
    if (proof.card) {
      const values = { customer_uid: proof.card.customer_uid };
      this.view.show({
        mood: "good",
        title: "result.success",
        next: "result.success.next",
        values,
        json: rsp,
      });
      this.view.offer({ key: "to.charge", press: () => toCharge() });
    } else {
      this.view.offer({ key: "verify.again", press: () => void this.verify(rsp, isCurrent) });
    }
    this.view.prove(proof.key, proof.values);
  }
}

function toCharge(): void {
  byId("charge").scrollIntoView({ block: "start" });
  byId("run-charge").focus({ preventScroll: true });
}

/** The two lines that the page ran before the snippet. */
export function setupCode(mainUrl: string, userCode: string): string {
  return `<script src="${mainUrl}/v1/iamport.js"></script>\n<script>IMP.init("${userCode}");</script>`;
}

/** Marks the device that the page plays, and says so where it is not the real one. */
export function showDevice(device: "pc" | "mobile", real: "pc" | "mobile"): void {
  for (const link of document.querySelectorAll<HTMLElement>("[data-device]")) {
    if (link.dataset.device === device) link.setAttribute("aria-current", "true");
  }
  document.body.dataset.device = device;
  byId("device-overridden").hidden = device === real;
}
