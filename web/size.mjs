// Fails when a script that strangers' browsers load has grown over what we promise.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const limits = [
  ["dist/sdk/iamport.js", 8_000],
  ["dist/window/handoff.js", 5_000],
  ["dist/window/result.js", 5_000],
];
let failed = false;
for (const [path, limit] of limits) {
  const raw = readFileSync(new URL(path, import.meta.url));
  const size = gzipSync(raw, { level: 9 }).length;
  const over = size > limit;
  failed ||= over;
  console.log(`${path}  ${raw.length} bytes, ${size} gzip, limit ${limit}${over ? "  OVER" : ""}`);
}
process.exit(failed ? 1 : 0);
