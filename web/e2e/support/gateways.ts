// The gateways, as far as the tests of their windows differ.

import { devices } from "@playwright/test";

export interface Gateway {
  pg: string;
  /** How the window opens on a PC. */
  pc: "layer" | "popup";
  /** How a request ends on a phone; on a PC it is the callback. */
  phone: "callback" | "redirect";
  /** What its `request_pay` wants besides the usual. */
  params: Record<string, unknown>;
}

export const GATEWAYS: Gateway[] = [
  { pg: "danal_tpay", pc: "layer", phone: "callback", params: {} },
  { pg: "kcp_billing", pc: "layer", phone: "redirect", params: {} },
  { pg: "kicc", pc: "layer", phone: "redirect", params: {} },
  { pg: "payco", pc: "popup", phone: "callback", params: {} },
  { pg: "paymentwall", pc: "layer", phone: "redirect", params: { amount: 50, currency: "USD" } },
];

/** A phone's profile. */
export function phone(name: "iPhone 13" | "Pixel 7") {
  const { defaultBrowserType: _, ...profile } = devices[name];
  return profile;
}
