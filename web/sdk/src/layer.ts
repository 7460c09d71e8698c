// The layer over the merchant's page: a dialog with a close button and, unless a popup shows the window, an iframe.
//
// Merchants style and query these class names, so they are part of the interface:
// div.imp-dialog.customizable(.pc|.mobile)(.payment-{provider})(.ios)(.popup), .imp-header, .imp-close,
// iframe.imp-frame.imp-frame-(pc|mobile).imp-frame-{provider}(.imp-frame-default), body.imp-payment-progress.

import { type Device, isIos } from "./device";
import type { FrameFacts } from "./server";
import { applyStyle } from "./style";
import type { LayerTexts } from "./texts";

export interface LayerOptions {
  device: Device;
  /** Null when the merchant has no channel. */
  provider: string | null;
  isDefault: boolean;
  facts: FrameFacts;
  texts: LayerTexts;
  onClose(): void;
  /** A click on anything but the close button: the buyer looks for the popup. */
  onTouch(): void;
}

export interface Layer {
  /** The iframe that shows the window; null when a popup does. */
  frame: HTMLIFrameElement | null;
  /** A page of ours is there: the waiting words can go. */
  arrived(): void;
  /** The window is closed, but the result is not known yet. */
  waitForResult(): void;
  /** Removes the layer and gives back the focus and the page as they were. */
  remove(): void;
}

let count = 0;

export function openLayer(options: LayerOptions): Layer {
  const { device, facts, texts } = options;
  const focused = document.activeElement;
  const scroll = { x: window.scrollX, y: window.scrollY };
  const takesOver = device === "mobile" && facts.frame === "layer";

  applyStyle(document);
  const dialog = element("div", dialogClass(options));
  dialog.setAttribute("role", "dialog");
  dialog.setAttribute("aria-modal", "true");
  dialog.setAttribute("aria-label", texts.title);

  const status = element("p", "imp-status");
  status.setAttribute("role", "status");
  status.textContent = facts.frame === "popup" ? texts.inPopup : texts.loading;
  const header = element("div", "imp-header");
  const close = closeButton(texts.close, options.onClose);
  header.appendChild(close);
  const frame = facts.frame === "layer" ? buildFrame(options) : null;
  if (frame && device === "pc") {
    if (facts.width) centre(frame, header, facts);
    else dialog.classList.add("full");
  }

  // Tab goes round inside the dialog; what is behind it cannot be used now.
  const [before, after] = [sentinel(() => (frame ?? close).focus()), sentinel(() => close.focus())];
  for (const child of [before, status, header, frame, after]) if (child) dialog.appendChild(child);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") options.onClose();
  };
  document.addEventListener("keydown", onKey, true);
  (document.body || document.documentElement).appendChild(dialog);
  dialog.addEventListener("click", options.onTouch);
  if (takesOver) document.body?.classList.add("imp-payment-progress");
  close.focus();

  const arrived = (): void => {
    status.textContent = "";
    // Pages without a background of their own would be read on our dark one; a window that fills a PC's screen
    // draws a layer of its own and wants to be seen through.
    if (frame && (device === "mobile" || facts.width)) frame.style.background = "#fff";
  };
  // A gateway's page may take the place of ours before ours could say hello.
  frame?.addEventListener("load", arrived);

  return {
    frame,
    arrived,
    waitForResult: () => {
      status.textContent = texts.confirming;
      if (frame) frame.style.visibility = "hidden";
    },
    remove: () => {
      document.removeEventListener("keydown", onKey, true);
      dialog.remove();
      document.body?.classList.remove("imp-payment-progress");
      if (takesOver) window.scrollTo(scroll.x, scroll.y);
      if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
    },
  };
}

function dialogClass({ device, provider, facts }: LayerOptions): string {
  const names = ["imp-dialog", "customizable", device];
  if (provider) names.push(`payment-${provider}`);
  if (isIos(navigator.userAgent)) names.push("ios");
  if (facts.frame === "popup") names.push("popup");
  return names.join(" ");
}

function buildFrame({ device, provider, isDefault, texts }: LayerOptions): HTMLIFrameElement {
  const names = ["imp-frame", `imp-frame-${device}`];
  if (provider) names.push(`imp-frame-${provider}`);
  if (isDefault) names.push("imp-frame-default");
  const frame = element("iframe", names.join(" "));
  count += 1;
  frame.name = `imp_frame_${count}`;
  frame.title = texts.title;
  return frame;
}

/** A window of a fixed size is centred below the header; others fill the screen. */
function centre(frame: HTMLIFrameElement, header: HTMLElement, { width, height }: FrameFacts): void {
  if (width) frame.style.width = header.style.width = `${width}px`;
  if (height) {
    frame.style.flex = "0 1 auto";
    frame.style.height = `${height}px`;
  }
}

function closeButton(label: string, onClose: () => void): HTMLButtonElement {
  const button = element("button", "imp-close");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", label);
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    onClose();
  });
  return button;
}

function sentinel(onFocus: () => void): HTMLElement {
  const span = element("span", "");
  span.tabIndex = 0;
  span.addEventListener("focus", onFocus);
  return span;
}

function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}
