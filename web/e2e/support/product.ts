// Starts the real binary, and a merchant beside it: a web site of its own and a receiver for webhooks.

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { test as base, expect } from "@playwright/test";
import { Binary } from "./binary";

export const IMP_KEY = "imp_apikey";
export const IMP_SECRET = "ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f";
/** The guide's own code, to the letter. */
export const SEED_SNIPPET = readFileSync(new URL("./seed-snippet.js", import.meta.url), "utf8");

/** One entry of the sandbox's journal: what the gateway believes it did. */
export interface JournalEntry {
  pg: string;
  kind: string;
  order_id: string;
  pg_tid: string | null;
  /** The approval that a void or a refund is about. */
  ref_tid: string | null;
  /** In minor units. */
  amount: number | null;
  currency: string | null;
  test: boolean;
}

type Body = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into, key by key, by the tests.
type Answer = any;

/** The product: the binary with its sandbox and shop. */
export class Product {
  private constructor(
    private readonly binary: Binary,
    readonly main: string,
    readonly shop: string,
  ) {}

  static async start(): Promise<Product> {
    const [main, pg, shop] = await freePorts();
    const listen = [
      "--listen",
      `127.0.0.1:${main}`,
      "--pg-listen",
      `127.0.0.1:${pg}`,
      "--shop-listen",
      `127.0.0.1:${shop}`,
    ];
    const binary = await Binary.start(["demo", ...listen]);
    return new Product(binary, binary.origins.main ?? "", binary.origins.shop ?? "");
  }

  stop(): Promise<void> {
    return this.binary.stop();
  }

  /** Runs another command on the same data; what it printed. */
  run(...command: string[]): string {
    return this.binary.run(command);
  }

  async post(
    path: string,
    body: Body,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Answer }> {
    const request = { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(this.main + path, {
      ...request,
      headers: { "Content-Type": "application/json", ...headers },
    });
    return { status: answer.status, body: await answer.json() };
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return (await fetch(this.main + path, { headers })).json();
  }

  /** A token's header, as the merchant's server has it. */
  async authorized(): Promise<{ Authorization: string }> {
    const { body } = await this.post("/users/getToken", { imp_key: IMP_KEY, imp_secret: IMP_SECRET });
    return { Authorization: body.response.access_token };
  }

  /** Charges a key with exactly the guide's three fields. */
  async again(customer_uid: string, merchant_uid: string, amount: number): Promise<Answer> {
    const fields = { customer_uid, merchant_uid, amount };
    return (await this.post("/subscribe/payments/again", fields, await this.authorized())).body;
  }

  async payment(imp_uid: unknown): Promise<Answer> {
    return (await this.get(`/payments/${imp_uid}`, await this.authorized())).response;
  }

  /** What the gateway did for these payments; all of it without a filter. */
  async journal(...orders: unknown[]): Promise<JournalEntry[]> {
    const { entries } = (await this.get("/sandbox/journal")) as { entries: JournalEntry[] };
    return orders.length === 0 ? entries : entries.filter((entry) => orders.includes(entry.order_id));
  }

  /** Moves the clock on; everything that falls due meanwhile has happened then. */
  async advance(seconds: number): Promise<void> {
    expect((await this.post("/sandbox/clock/advance", { seconds })).status).toBe(200);
  }

  /** How many keys the gateway has issued so far. */
  async keysIssued(): Promise<number> {
    return (await this.journal()).filter((entry) => entry.kind === "key_issued").length;
  }

  /** Whether a key is kept under this name. */
  async hasKey(customer_uid: string): Promise<boolean> {
    const path = `/subscribe/customers/${encodeURIComponent(customer_uid)}`;
    const answer = await this.get(path, await this.authorized());
    return answer.code === 0;
  }
}

/** The merchant: pages on http://localhost:PORT, which is another site than the product's, and a webhook receiver. */
export class Merchant {
  private readonly pages = new Map<string, string>();
  /** Webhooks as they came: the signature is over the very bytes. */
  readonly received: { headers: Record<string, string>; text: string }[] = [];

  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {
    server.on("request", (request, response) => {
      const path = new URL(request.url ?? "/", origin).pathname;
      if (path !== "/webhook") {
        const page = this.pages.get(path) ?? "<!doctype html><title>shop</title><h1>landed</h1>";
        response.setHeader("Content-Type", "text/html; charset=utf-8").end(page);
        return;
      }
      let text = "";
      request.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        response.end("ok");
        this.received.push({ headers: request.headers as Record<string, string>, text });
      });
    });
  }

  static async start(): Promise<Merchant> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Merchant(server, `http://localhost:${(server.address() as AddressInfo).port}`);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Puts a page at a path and gives its address. */
  serve(path: string, html: string): string {
    this.pages.set(path, html);
    return this.origin + path;
  }

  webhookFor(imp_uid: unknown): Body | undefined {
    return this.received.map(({ text }) => JSON.parse(text)).find((body) => body.imp_uid === imp_uid);
  }
}

async function freePorts(): Promise<[number, number, number]> {
  const sockets = [createSocket(), createSocket(), createSocket()];
  for (const socket of sockets) await new Promise<void>((done) => socket.listen(0, "127.0.0.1", done));
  const ports = sockets.map((socket) => (socket.address() as AddressInfo).port);
  for (const socket of sockets) await new Promise((done) => socket.close(done));
  return ports as [number, number, number];
}

interface Pair {
  product: Product;
  merchant: Merchant;
}

// biome-ignore lint/correctness/noEmptyPattern: the runner wants a pattern here.
async function withProduct({}: object, use: (product: Product) => Promise<void>): Promise<void> {
  const product = await Product.start();
  await use(product);
  await product.stop();
}

async function withMerchant(
  { product }: { product: Product },
  use: (merchant: Merchant) => Promise<void>,
): Promise<void> {
  const merchant = await Merchant.start();
  const receiver = {
    url: `${merchant.origin.replace("localhost", "127.0.0.1")}/webhook`,
    content_type: "application/json",
  };
  expect((await product.post("/sandbox/webhook", receiver)).status).toBeLessThan(300);
  await use(merchant);
  merchant.stop();
}

/** One binary and one merchant for each of the runner's workers. */
export const test = base.extend<object, Pair>({
  product: [withProduct, { scope: "worker" }],
  merchant: [withMerchant, { scope: "worker" }],
});

/** One binary and one merchant for each test: for tests that move the clock. */
export const clockTest = base.extend<Pair>({ product: withProduct, merchant: withMerchant });

export { expect };
