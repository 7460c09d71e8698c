/** Made by build.mjs from the files in `snippets/`. */
declare module "virtual:snippets" {
  const files: import("./snippets.js").Snippet[];
  export default files;
}
