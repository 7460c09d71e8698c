// Builds the SDK, the window's scripts, the API's page and the shop into web/dist.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
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

mkdirSync("dist/docs", { recursive: true });
await build({ ...shared, target: "es2022", entryPoints: ["docs/src/page.ts"], outdir: "dist/docs" });
await build({ entryPoints: ["docs/src/page.css"], bundle: true, minify: true, outdir: "dist/docs" });
copyFileSync("docs/index.html", "dist/docs/index.html");
const bundles = "node_modules/redoc/bundles/redoc.standalone.js";
copyFileSync(`${bundles}.LICENSE.txt`, "dist/docs/redoc.js.LICENSE.txt");
writeFileSync("dist/docs/redoc.js.gz", gzipSync(redoc(readFileSync(bundles, "utf8")), { level: 9 }));

/** Redoc without what it would load from elsewhere: a picture beside the name of its makers, and source maps. */
function redoc(script) {
  const parts = [
    [/\w+\?\w+\.createElement\("img",\{[^}]*logo-mini\.svg"\}\):null/g, "null"],
    [/\/\/# sourceMappingURL=[\w.]+/g, ""],
    [/redoc\.standalone\.js\.LICENSE\.txt/g, "redoc.js.LICENSE.txt"],
  ];
  return parts.reduce((text, [part, instead]) => {
    const without = text.replace(part, instead);
    if (without === text) throw new Error(`redoc has changed: ${part}`);
    return without;
  }, script);
}

if (existsSync("demo/build.mjs")) {
  const demo = spawnSync(process.execPath, ["demo/build.mjs"], { stdio: "inherit" });
  if (demo.status !== 0) process.exit(demo.status ?? 1);
}
