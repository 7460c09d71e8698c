// Defines `window.IMP` as soon as the script runs; a second copy of the script changes nothing.

import type { Iamport } from "../types/iamport";
import { findBase } from "./base";
import { Imp } from "./imp";

if (!window.IMP) {
  const imp = new Imp(findBase(document));
  // Merchants' code takes functions off the object: `const { request_pay } = window.IMP`.
  const names = [
    "init",
    "agency",
    "deinit",
    "request_pay",
    "certification",
    "loadUI",
    "updateLoadUIRequest",
    "loadModule",
    "close",
    "communicate",
  ] as const;
  const published: Record<string, unknown> = {};
  for (const name of names) published[name] = imp[name].bind(imp);
  window.IMP = published as unknown as Iamport;
}
