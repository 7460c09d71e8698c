/** The snippets, one file for each gateway in `snippets/`. */
import files from "virtual:snippets";
import type { Language } from "./language.js";

export interface Snippet {
  /** The provider's name in a channel and in `pg`. */
  pg: string;
  label: string;
  note: Record<Language, string>;
  /** The code with its `{placeholders}`. */
  code: string;
}

/** The snippets by provider. */
export const snippets: ReadonlyMap<string, Snippet> = new Map(files.map((file) => [file.pg, file]));
