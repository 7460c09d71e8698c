// A gateway alone: `dangol sandbox` plays it, and the test is the merchant that talks to it directly.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Binary } from "./binary";

type Params = Record<string, string>;
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into, key by key, by the tests.
type Answer = { status: number; body: any };

/** A simulator, and the merchant's address for its notices, which thanks with `OK`. */
export class Gateway {
  /** The queries of the notices that came, in order. */
  readonly notices: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly binary: Binary,
    /** Where the gateway is. */
    readonly url: string,
    /** The credentials that it was started with, by their names. */
    readonly contract: Params,
  ) {
    server.on("request", (request, response) => {
      this.notices.push(new URL(request.url ?? "/", url).search.slice(1));
      response.end("OK");
    });
  }

  /** Starts a gateway's simulator with these switches, lines of `simulators.toml`. */
  static async start(pg: string, switches: string): Promise<Gateway> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const notices = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notice`;
    const command = ["sandbox", "--pg", pg, "--listen", "127.0.0.1:0", "--notice-url", notices];
    const binary = await Binary.start(command, { "simulators.toml": `[${pg}]\n${switches}\n` });
    const named = binary.said.flatMap((line) => {
      const [, name, value] = /^ {2}(\w+) {2}(\S+)$/.exec(line) ?? [];
      return name && value ? [[name, value]] : [];
    });
    return new Gateway(server, binary, `${binary.origins.pg}/${pg}`, Object.fromEntries(named));
  }

  async stop(): Promise<void> {
    await this.binary.stop();
    this.server.closeAllConnections();
    this.server.close();
  }

  async get(path: string, params: Params): Promise<Answer> {
    const answer = await fetch(`${this.url}${path}?${new URLSearchParams(params)}`);
    return { status: answer.status, body: await answer.json() };
  }

  async post(path: string, params: Params, headers: Record<string, string> = {}): Promise<Answer> {
    const request = { method: "POST", body: new URLSearchParams(params), headers };
    const answer = await fetch(this.url + path, request);
    return { status: answer.status, body: await answer.json() };
  }
}
