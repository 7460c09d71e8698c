import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { tokens } from "./highlight.js";

test("painted code is the code, half-written strings and all", () => {
  const code = readFileSync("demo/src/snippets/kcp_billing.js", "utf8");
  for (const text of [code, "'open", "`a${b", "/* open", "a\\", "x:'http://a' // 'b", "{한글: '값'}\n"]) {
    for (const kind of ["js", "json", "shell"] as const) {
      expect(
        tokens(text, kind)
          .map((token) => token.text)
          .join(""),
      ).toBe(text);
    }
  }
});

test("an address inside a string is not taken for a comment", () => {
  expect(tokens("'http://a.test' // note", "js")).toEqual([
    { text: "'http://a.test'", is: "string" },
    { text: " ", is: "" },
    { text: "// note", is: "comment" },
  ]);
});
