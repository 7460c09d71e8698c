/** One place for a result: what happened, what to do next, and what came over the wire. Its size does not change. */
import { make } from "./dom.js";
import { paint } from "./highlight.js";
import { type Key, say, silence, type Values } from "./language.js";

export type Mood = "idle" | "busy" | "good" | "bad" | "unsure";

export interface Shown {
  mood: Mood;
  title: Key;
  next: Key;
  values?: Values;
  /** What came over the wire; without it the last one is cleared. */
  json?: unknown;
  /** What to press next. */
  action?: { key: Key; press: () => void };
}

export class ResultView {
  private readonly title = make("p", "result-title");
  private readonly next = make("p", "result-next");
  private readonly proof = make("p", "result-proof");
  private readonly actions = make("p", "result-actions");
  private readonly output: HTMLPreElement | null;

  /** `placeholder` stands where the JSON will be; without it there is no such place. */
  constructor(
    private readonly root: HTMLElement,
    private readonly placeholder: string | null,
  ) {
    const head = make("div", "result-head", this.title, this.next, this.proof, this.actions);
    // Only the words are read out; the JSON below can be visited.
    head.setAttribute("role", "status");
    root.append(head);
    this.output = placeholder === null ? null : make("pre", "code output");
    if (this.output) {
      this.output.tabIndex = 0;
      this.output.setAttribute("aria-label", "JSON");
      root.append(this.output);
    }
  }

  show(shown: Shown): void {
    this.root.dataset.mood = shown.mood;
    say(this.title, shown.title, shown.values);
    say(this.next, shown.next, shown.values);
    silence(this.proof);
    this.offer(shown.action);
    if (!this.output) return;
    if (shown.json === undefined) paint(this.output, this.placeholder ?? "", "js");
    else paint(this.output, JSON.stringify(shown.json, null, 2), "json");
    this.output.scrollTop = 0;
  }

  /** A line below that says what the server's own look-up found. */
  prove(key: Key, values: Values): void {
    say(this.proof, key, values);
  }

  offer(action: Shown["action"]): void {
    this.actions.replaceChildren();
    if (!action) return;
    const button = say(make("button", "button plain small"), action.key);
    button.type = "button";
    button.addEventListener("click", action.press);
    this.actions.append(button);
  }
}
