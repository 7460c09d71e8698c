// The layer's looks. Selectors stay weak, so that a merchant's `.imp-dialog.customizable …` wins over them.

const CSS = `
.imp-dialog{position:fixed;top:0;right:0;bottom:0;left:0;z-index:99999;display:flex;flex-direction:column;width:100%;height:100%;margin:0;padding:0;box-sizing:border-box;background:rgba(15,18,25,.6);font:15px/1.5 system-ui,-apple-system,"Apple SD Gothic Neo","Malgun Gothic",sans-serif}
.imp-dialog .imp-header{flex:none;display:flex;justify-content:flex-end;box-sizing:border-box;width:100%;max-width:100%;height:50px;margin:0 auto;padding:3px}
.imp-dialog .imp-close{flex:none;box-sizing:border-box;width:44px;height:44px;margin:0;padding:0;border:0;border-radius:22px;background:#0f1219;color:#fff;font:24px/44px system-ui,sans-serif;text-align:center;cursor:pointer}
.imp-dialog .imp-close:focus-visible{outline:3px solid #fff;outline-offset:-6px}
.imp-dialog .imp-frame{position:relative;flex:1 1 auto;display:block;box-sizing:border-box;width:100%;max-width:100%;min-height:0;margin:0 auto;padding:0;border:0;background:transparent;color-scheme:light}
.imp-dialog .imp-status{position:absolute;top:40%;right:16px;left:16px;margin:0;color:#fff;text-align:center;pointer-events:none}
.imp-dialog.full .imp-header{position:absolute;top:0;right:0;z-index:1;width:auto}
.imp-dialog.mobile{background:#0f1219}
body.imp-payment-progress{margin:0}
body.imp-payment-progress>:not(.imp-dialog){display:none!important}
@media (prefers-contrast:more){.imp-dialog .imp-close{border:2px solid #fff}}
`;

const MARK = "imp-style";
let sheet: CSSStyleSheet | null = null;

/** Puts the style on the page, once. A constructed sheet is not subject to the page's `style-src`. */
export function applyStyle(page: Document): void {
  if ("adoptedStyleSheets" in page && typeof CSSStyleSheet === "function") {
    try {
      if (!sheet) {
        sheet = new CSSStyleSheet();
        sheet.replaceSync(CSS);
      }
      if (!page.adoptedStyleSheets.includes(sheet))
        page.adoptedStyleSheets = [...page.adoptedStyleSheets, sheet];
      return;
    } catch {
      // Browsers before constructed sheets.
    }
  }
  if (page.getElementById(MARK)) return;
  const style = page.createElement("style");
  style.id = MARK;
  style.textContent = CSS;
  (page.head || page.documentElement).appendChild(style);
}
