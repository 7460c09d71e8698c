// The page's half of the private line to the SDK that opened it.
//
// Our page may be opened by anybody, so it tells nothing to anybody: a hello without data, and everything else on the
// port of the one who answers with the nonce of this request.

/** Connects to the opener. `onPort` is called for each opener that proves itself, which is one at most. */
export function connect(onPort: (port: MessagePort) => void): void {
  const nonce = document.body.dataset.nonce;
  const openers = openersOf(window);
  if (!nonce || openers.length === 0) return;

  const onMessage = (event: MessageEvent): void => {
    const port = event.ports[0];
    const known = openers.some((opener) => opener === event.source);
    if (!known || !port || event.data?.dangol !== "port" || event.data.nonce !== nonce) return;
    window.removeEventListener("message", onMessage);
    onPort(port);
  };
  window.addEventListener("message", onMessage);
  for (const opener of openers) opener.postMessage({ dangol: "hello" }, "*");
}

/** The windows that may have opened this one. */
export function openersOf(page: Window): Window[] {
  const found: Window[] = [];
  if (page.parent !== page) found.push(page.parent);
  if (page.opener && page.opener !== page) found.push(page.opener as Window);
  return found;
}
