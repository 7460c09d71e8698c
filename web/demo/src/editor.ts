/**
 * A small editor: a transparent textarea over painted code. The paint decides the size and the box around both
 * scrolls, so that they cannot drift apart. Tab leaves the field, as in every other field.
 */
import { paint } from "./highlight.js";

export class Editor {
  constructor(
    private readonly field: HTMLTextAreaElement,
    private readonly painted: HTMLElement,
    private readonly changed: () => void,
  ) {
    field.addEventListener("input", () => this.repaint());
  }

  get code(): string {
    return this.field.value;
  }

  set code(code: string) {
    this.field.value = code;
    this.repaint();
  }

  private repaint(): void {
    paint(this.painted, this.field.value, "js");
    this.changed();
  }
}
