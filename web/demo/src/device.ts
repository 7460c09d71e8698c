/**
 * PC or mobile. The SDK decides by the User-Agent, as i'mport's does, and a page cannot change what its browser sends.
 * So this page overrides its own `navigator.userAgent` before the SDK is loaded: only here, only for the demo.
 */
import { keep, session } from "./session.js";

export type Device = "pc" | "mobile";

const AGENTS: Record<Device, string> = {
  mobile:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
  pc: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
};

/** What a User-Agent is to i'mport's SDK. */
export function deviceOf(agent: string): Device {
  return /iPhone|iPod|iPad|Android|Mobile/i.test(agent) ? "mobile" : "pc";
}

/** The device that is asked for (`?device=`, the last choice), else the real one; overrides the agent where they differ. */
export function startDevice(): { device: Device; real: Device } {
  const real = deviceOf(navigator.userAgent);
  const asked = new URLSearchParams(location.search).get("device");
  if (asked === "pc" || asked === "mobile") {
    session.device = asked;
    keep();
  }
  const device = session.device ?? real;
  if (device !== real) {
    Object.defineProperty(navigator, "userAgent", { get: () => AGENTS[device], configurable: true });
  }
  return { device, real };
}
