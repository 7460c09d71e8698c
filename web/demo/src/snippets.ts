/** The snippets, one file for each gateway in `snippets/`. */
import files from "virtual:snippets";
import type { Language } from "./language.js";

export interface Snippet {
  /** The provider's name in a channel and in `pg`. */
  pg: string;
  label: string;
  note: Record<Language, string>;
  /** How the gateway's window opens; after a redirect the result comes to `m_redirect_url`, else to the callback. */
  opens: { pc: "layer" | "popup"; mobile: "layer" | "redirect" };
  /** The code with its `{placeholders}`. */
  code: string;
}

/** The snippets by provider. */
export const snippets: ReadonlyMap<string, Snippet> = new Map(files.map((file) => [file.pg, file]));
