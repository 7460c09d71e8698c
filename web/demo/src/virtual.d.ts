/** Made by build.mjs from the files in `snippets/`. */
declare module "virtual:snippets" {
  const files: { pg: string; label: string; note: { ko: string; en: string }; code: string }[];
  export default files;
}
