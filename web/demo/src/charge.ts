/** Step 2: the curl for a registered card, and a button that lets the shop's server send the same. */
import { commands } from "./curl.js";
import { byId, copyOnClick, make } from "./dom.js";
import { paint } from "./highlight.js";
import { say } from "./language.js";
import { notice } from "./notices.js";
import { randomSuffix } from "./order.js";
import { ResultView } from "./result-view.js";
import { session } from "./session.js";
import { type Answer, type Config, type Relayed, shopServer } from "./shop-server.js";

export class ChargeStep {
  private readonly view = new ResultView(byId("charge-result"), "// response");
  private readonly card = byId<HTMLSelectElement>("card");
  private readonly amount = byId<HTMLInputElement>("amount");
  private readonly button = byId<HTMLButtonElement>("run-charge");
  private readonly same = byId<HTMLButtonElement>("same-order");
  /** The order that the command shows and the button would send; not used yet. */
  private next = nextOrderId();
  /** What the button sent last. */
  private sent = "";
  private busy = false;

  constructor(private readonly config: Config) {
    this.button.addEventListener("click", () => {
      this.sent = this.next;
      this.next = nextOrderId();
      void this.charge();
    });
    this.same.addEventListener("click", () => void this.charge());
    this.card.addEventListener("change", () => this.repaint());
    this.amount.addEventListener("input", () => this.repaint());
    const copied = () => {
      // What was copied will be sent from a terminal, so the button needs an order of its own.
      this.next = nextOrderId();
      this.repaint();
      notice("copied");
    };
    copyOnClick(byId<HTMLButtonElement>("copy-curl"), () => this.command(), copied);
    this.view.show({ mood: "idle", title: "charge.idle", next: "charge.idle.next" });
    this.showCards();
  }

  /** Shows the cards that are registered by now, the newest chosen. */
  showCards(): void {
    const options = session.cards.map(({ customer_uid, name, number }) => {
      const option = make(
        "option",
        "",
        [customer_uid, [name, number].filter(Boolean).join(" ")].filter(Boolean).join(" · "),
      );
      option.value = customer_uid;
      return option;
    });
    this.card.replaceChildren(...(options.length ? options : [say(make("option"), "charge.card.none")]));
    this.repaint();
  }

  private won(): number {
    return /^[1-9]\d{0,9}$/.test(this.amount.value.trim()) ? Number(this.amount.value) : 0;
  }

  private command(): string {
    const customer_uid = session.cards.length ? this.card.value : "your-customer-unique-id";
    const charge = { customer_uid, merchant_uid: this.next, amount: this.won() };
    return commands(this.config.main_url, this.config.imp_key, charge);
  }

  private repaint(): void {
    const ready = session.cards.length > 0;
    const good = this.won() > 0;
    this.card.disabled = !ready;
    this.button.disabled = !ready || !good || this.busy;
    this.same.disabled = !good || this.busy;
    this.amount.setAttribute("aria-invalid", String(!good));
    say(byId("charge-hint"), !good ? "charge.amount.bad" : ready ? "charge.ready" : "charge.first");
    paint(byId("curl"), this.command(), "shell");
  }

  private async charge(): Promise<void> {
    const order = { customer_uid: this.card.value, merchant_uid: this.sent, amount: this.won() };
    this.busy = true;
    this.repaint();
    this.view.show({ mood: "busy", title: "charge.busy", next: "charge.busy.next" });
    const answer = await shopServer.again(order);
    this.busy = false;
    this.same.hidden = false;
    this.repaint();
    this.show(answer);
  }

  private show(answer: Answer<Relayed>): void {
    if (!answer.ok) {
      const lost = answer.away === "no_answer" || answer.away === "shop";
      if (lost) this.view.show({ mood: "unsure", title: "charge.lost", next: "charge.lost.next" });
      else this.view.show({ mood: "bad", title: "charge.offline", next: "charge.offline.next" });
      return;
    }
    const { status, body } = answer.value;
    const payment = body?.response;
    const reason = (payment?.fail_reason ?? body?.message ?? "?").replace(/[.\s]+$/, "");
    const values = { reason, paid: { amount: payment?.amount ?? 0, currency: payment?.currency ?? "KRW" } };
    const json = body;
    if (body?.code !== 0 || !payment) {
      this.view.show({ mood: "bad", title: "charge.refused", next: "charge.refused.next", values, json });
    } else if (payment.status === "paid") {
      this.view.show({ mood: "good", title: "charge.paid", next: "charge.paid.next", values, json });
    } else if (payment.status === "failed") {
      this.view.show({ mood: "bad", title: "charge.failed", next: "charge.failed.next", values, json });
    } else {
      this.view.show({ mood: "unsure", title: "charge.open", next: "charge.open.next", values, json });
    }
    this.view.prove("charge.answer", { status });
  }
}

function nextOrderId(): string {
  return `order_id_${randomSuffix()}`;
}
