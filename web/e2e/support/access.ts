// For everybody: what axe finds, what the keyboard reaches, what scrolls sideways.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Frame, Page } from "@playwright/test";
import { expect } from "./product";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds in a frame, without the frames in it. */
export async function violations(frame: Frame | Page): Promise<string[]> {
  await frame.evaluate(AXE);
  return frame.evaluate(
    "axe.run(document, { iframes: false }).then((found) => found.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html).join(' ')))",
  );
}

/** The frames please axe, and none can be scrolled sideways. */
export async function areForEverybody(frames: Iterable<Frame>): Promise<void> {
  for (const frame of frames) {
    expect(await violations(frame), frame.url()).toEqual([]);
    expect(await frame.evaluate(overhang), `what sticks out of ${frame.url()}`).toBe(0);
  }
}

/** Runs in a frame: by how much its page is wider than what is seen of it. */
export function overhang(): number {
  const root = document.scrollingElement ?? document.documentElement;
  return root.scrollWidth - root.clientWidth;
}

/** Which `data-test` has the focus, in whatever frame of the page. */
export async function focused(page: Page): Promise<string> {
  for (const frame of page.frames()) {
    const name = await frame
      .evaluate(
        () => (document.hasFocus() && (document.activeElement as HTMLElement | null)?.dataset.test) || "",
      )
      // A frame that is about to go away.
      .catch(() => "");
    if (name) return name;
  }
  return "";
}

/** Presses Tab until the element with this name has the focus, in whatever frame. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reached ${name}`);
}
