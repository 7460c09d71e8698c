// PC or mobile, and in which kind of frame a channel's window opens.

import type { Channel, FrameFacts } from "./server";

export type Device = "pc" | "mobile";
export type Frame = "layer" | "popup" | "redirect";

/** i'mport's own rule. An iPad that calls itself a Macintosh counts as a PC, as it does there. */
export function deviceOf(userAgent: string): Device {
  return /iPhone|iPod|iPad/.test(userAgent) || /Android|Mobile/i.test(userAgent) ? "mobile" : "pc";
}

/** Whether merchants' styles for iOS apply. */
export function isIos(userAgent: string): boolean {
  return /iPhone|iPod|iPad/.test(userAgent);
}

const UNKNOWN: Record<Device, FrameFacts> = {
  pc: { frame: "layer", width: null, height: null, name: null },
  mobile: { frame: "redirect", width: null, height: null, name: null },
};

/**
 * The frame of a channel on a device. Without a channel the server will refuse, and a layer or a redirect is what
 * that refusal needs. On mobile, `popup` chooses between a popup and a layer where the channel uses either.
 */
export function frameFor(channel: Channel | null, device: Device, popup: unknown): FrameFacts {
  const facts = channel?.[device] || UNKNOWN[device];
  if (device === "pc" || facts.frame === "redirect") return facts;
  if (popup === true) return Object.assign({}, facts, { frame: "popup" });
  if (popup === false) return Object.assign({}, facts, { frame: "layer" });
  return facts;
}
