// The private line to our own page inside the layer or popup.
//
// Anything can post to a merchant's page: browser extensions, advertisements, the gateway's own pages. A hello is
// answered only when it comes from the window that we opened and from an origin of ours, and everything that matters
// travels on the port that the answer hands over.

export interface Line {
  /** Sends to our page; lost when no page is listening. */
  send(message: unknown): void;
  /** Stops listening. */
  hangUp(): void;
}

export interface LineEvents {
  /** A page of ours has said hello. */
  onPage(): void;
  onResult(result: Record<string, unknown>): void;
}

/**
 * Listens for our pages.
 *
 * @param peer the window that was opened; asked each time, as an iframe has none before it is in the document
 * @param origins origins of our pages
 * @param nonce proves to the page that we are the opener
 */
export function listen(
  peer: () => Window | null,
  origins: string[],
  nonce: string,
  events: LineEvents,
): Line {
  let port: MessagePort | null = null;

  const onMessage = (event: MessageEvent): void => {
    const source = peer();
    if (!source || event.source !== source || !origins.includes(event.origin)) return;
    if (event.data?.dangol !== "hello") return;
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }) => {
      if (data?.type === "result" && data.result && typeof data.result === "object") {
        events.onResult(data.result);
      }
    };
    source.postMessage({ dangol: "port", nonce }, event.origin, [channel.port2]);
    events.onPage();
  };

  window.addEventListener("message", onMessage);
  return {
    send: (message) => port?.postMessage(message),
    hangUp: () => {
      window.removeEventListener("message", onMessage);
      port?.close();
      port = null;
    },
  };
}

/** 32 hex digits that nobody can guess. */
export function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
