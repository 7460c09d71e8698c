/** Small helpers for the page's elements. */

/** The element with this id; the page's own HTML promises it. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element as T;
}

/** An element with a class and children; texts become text nodes, never HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Copies a text and says so on the button for a moment. */
export function copyOnClick(button: HTMLButtonElement, text: () => string, done: () => void): void {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      // Without the permission the old way still works inside a click.
      const field = make("textarea", "offscreen");
      field.value = text();
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    done();
  });
}
