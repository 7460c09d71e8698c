// Builds the SDK, the window's scripts and the shop into web/dist.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));

// Merchants' pages run in whatever browser their customers have; so do the window's pages.
const shared = {
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2017",
  legalComments: "none",
  charset: "utf8",
};

await build({
  ...shared,
  entryPoints: ["sdk/src/index.ts"],
  outfile: "dist/sdk/iamport.js",
  banner: { js: "/*! Dangol, Apache-2.0 */" },
});
copyFileSync("sdk/types/iamport.d.ts", "dist/sdk/iamport.d.ts");

mkdirSync("dist/window", { recursive: true });
await build({
  ...shared,
  entryPoints: ["window/src/handoff.ts", "window/src/result.ts"],
  outdir: "dist/window",
});

if (existsSync("demo/build.mjs")) {
  const demo = spawnSync(process.execPath, ["demo/build.mjs"], { stdio: "inherit" });
  if (demo.status !== 0) process.exit(demo.status ?? 1);
}
