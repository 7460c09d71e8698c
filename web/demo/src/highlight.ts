/** Colours for the three kinds of code on the page. Not a parser: a token list that is right for short snippets. */
import { make } from "./dom.js";

export type Kind = "js" | "json" | "shell";
export interface Token {
  text: string;
  /** The CSS class, empty for plain text. */
  is: "" | "comment" | "string" | "number" | "word" | "name";
}

const STRING = /"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`(?:[^`\\]|\\.)*`?/y;
const rules: Record<Kind, [RegExp, Token["is"]][]> = {
  js: [
    [/\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y, "comment"],
    [STRING, "string"],
    [/[A-Za-z_$][\w$]*(?=\s*:)/y, "name"],
    [
      /(?:async|await|const|else|false|for|function|if|let|new|null|return|true|typeof|undefined|var|while)\b/y,
      "word",
    ],
    [/[A-Za-z_$][\w$]*/y, ""],
    [/\d[\d._]*/y, "number"],
  ],
  json: [
    [/"(?:[^"\\\n]|\\.)*"(?=\s*:)/y, "name"],
    [/"(?:[^"\\\n]|\\.)*"/y, "string"],
    [/(?:true|false|null)\b/y, "word"],
    [/-?\d[\d.eE+-]*/y, "number"],
  ],
  shell: [
    [/#[^\n]*/y, "comment"],
    [/'[^']*'?|"(?:[^"\\]|\\.)*"?/y, "string"],
    [/(?:curl|sed)\b/y, "word"],
    [/(?<=\s)-[A-Za-z]\b/y, "name"],
    [/https?:\/\/[^\s)]+/y, "number"],
    [/[\w./:]+/y, ""],
  ],
};

/** Cuts code into tokens; put together again they are the code. */
export function tokens(code: string, kind: Kind): Token[] {
  const found: Token[] = [];
  const push = (text: string, is: Token["is"]) => {
    const last = found.at(-1);
    if (last && last.is === is) last.text += text;
    else found.push({ text, is });
  };
  for (let at = 0; at < code.length; ) {
    let taken = 0;
    for (const [pattern, is] of rules[kind]) {
      pattern.lastIndex = at;
      const text = pattern.exec(code)?.[0];
      if (text) {
        push(text, is);
        taken = text.length;
        break;
      }
    }
    if (!taken) push(code.charAt(at), "");
    at += taken || 1;
  }
  return found;
}

/** Shows coloured code in an element. */
export function paint(element: HTMLElement, code: string, kind: Kind): void {
  element.replaceChildren(
    ...tokens(code, kind).map(({ text, is }) => (is ? make("span", `t-${is}`, text) : text)),
    // An editor's last line needs its height even while it is empty.
    "\n",
  );
}
