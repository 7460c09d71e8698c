// A popup has to be opened inside the buyer's click, long before the server says what it will show.

import type { FrameFacts } from "./server";

const STANDARD = { width: 720, height: 700 };

/**
 * Opens an empty popup in the middle of the merchant's window.
 *
 * @param unique a name that no other window has
 * @returns null when the browser does not allow it
 */
export function openPopup(facts: FrameFacts, unique: string, waiting: string): Window | null {
  const popup = open(facts.name || unique, facts);
  if (!popup) return null;
  // A window of that name may be there already, in the middle of another tab's payment.
  const ours = isEmpty(popup) ? popup : open(unique, facts);
  if (ours) write(ours, waiting);
  return ours;
}

function open(name: string, facts: FrameFacts): Window | null {
  const width = facts.width || STANDARD.width;
  const height = facts.height || STANDARD.height;
  const left = Math.max(0, Math.round(window.screenX + (window.outerWidth - width) / 2));
  const top = Math.max(0, Math.round(window.screenY + (window.outerHeight - height) / 2));
  const features = `popup,width=${width},height=${height},left=${left},top=${top},resizable=yes,scrollbars=yes`;
  try {
    const popup = window.open("", name, features);
    // Some blockers hand out a window that is closed at once.
    return popup && !popup.closed ? popup : null;
  } catch {
    return null;
  }
}

function isEmpty(popup: Window): boolean {
  try {
    return popup.location.href === "about:blank";
  } catch {
    return false;
  }
}

function write(popup: Window, waiting: string): void {
  try {
    popup.document.title = waiting;
    popup.document.body.textContent = waiting;
  } catch {
    // Only words: the window works without them.
  }
}
