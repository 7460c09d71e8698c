// Builds the demo shop into web/dist/demo/, which the server embeds. Run `node demo/build.mjs` in web/.
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "dist", "demo");

/** One snippet file: `//: name value` lines on top, then the code. */
function parseSnippet(file, text) {
  const lines = text.split("\n");
  const head = lines.filter((line) => line.startsWith("//: "));
  const facts = Object.fromEntries(
    head.map((line) => [line.split(" ")[1], line.split(" ").slice(2).join(" ")]),
  );
  for (const name of ["label", "note.ko", "note.en", "pc", "mobile"]) {
    if (!facts[name]) throw new Error(`${file}: the line "//: ${name} …" is missing`);
  }
  const code = lines
    .filter((line) => !line.startsWith("//: "))
    .join("\n")
    .trimEnd();
  return {
    pg: basename(file, ".js"),
    label: facts.label,
    note: { ko: facts["note.ko"], en: facts["note.en"] },
    opens: { pc: facts.pc, mobile: facts.mobile },
    code,
  };
}

/** The module `virtual:snippets`: every file in src/snippets, so that adding a gateway is adding a file. */
export const snippetsPlugin = {
  name: "snippets",
  setup(builder) {
    const folder = join(here, "src", "snippets");
    builder.onResolve({ filter: /^virtual:snippets$/ }, () => ({ path: "snippets", namespace: "snippets" }));
    builder.onLoad({ filter: /.*/, namespace: "snippets" }, async () => {
      const files = (await readdir(folder)).filter((file) => file.endsWith(".js")).sort();
      const read = async (file) => parseSnippet(file, await readFile(join(folder, file), "utf8"));
      const contents = `export default ${JSON.stringify(await Promise.all(files.map(read)))}`;
      return { contents, loader: "js" };
    });
  },
};

/** A page with its `<!-- include … -->` lines replaced by the files they name. */
async function page(name) {
  const html = await readFile(join(here, name), "utf8");
  const names = [...html.matchAll(/<!-- include (\S+) -->/g)].map(([, file]) => file);
  const files = await Promise.all(names.map((file) => readFile(join(here, "src", file), "utf8")));
  const whole = names.reduce(
    (text, file, at) => text.replace(`<!-- include ${file} -->`, () => files[at].trim()),
    html,
  );
  await writeFile(join(out, name), whole);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  entryPoints: { shop: join(here, "src/shop.ts"), complete: join(here, "src/complete.ts") },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  outdir: out,
  plugins: [snippetsPlugin],
  logLevel: "warning",
});
await build({
  entryPoints: { shop: join(here, "src/style/shop.css") },
  bundle: true,
  minify: true,
  outdir: out,
  logLevel: "warning",
});
await Promise.all([
  page("index.html"),
  page("complete.html"),
  cp(join(here, "src/art/icon.svg"), join(out, "icon.svg")),
]);
