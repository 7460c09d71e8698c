// Starts the real binary with a data folder of its own.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BINARY =
  process.env.DANGOL_BIN || fileURLToPath(new URL("../../../target/debug/dangol", import.meta.url));

/** The running binary. */
export class Binary {
  /** What it said until it was ready. */
  readonly said: string[] = [];
  /** Where it listens, by the listener's name. */
  readonly origins: Record<string, string> = {};

  private constructor(
    private readonly child: ChildProcess,
    private readonly data: string,
  ) {}

  /** Runs a command that listens, over a new data folder that holds these files. */
  static async start(command: string[], files: Record<string, string> = {}): Promise<Binary> {
    const data = mkdtempSync(join(tmpdir(), "dangol-e2e-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(data, name), text);
    const child = spawn(BINARY, [...command, "--data", data], { stdio: ["ignore", "pipe", "pipe"] });
    const binary = new Binary(child, data);
    let log = "";
    child.stderr.on("data", (chunk) => {
      log = (log + chunk).slice(-20_000);
    });
    await new Promise<void>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code) =>
        reject(new Error(`${BINARY} ended with ${code} before it was ready\n${log}`)),
      );
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [, name, url] = /^listening (\w+) (\S+)$/.exec(line) ?? [];
        if (name && url) binary.origins[name] = url;
        if (line === "ready") resolve();
        else binary.said.push(line);
      });
    });
    return binary;
  }

  /** Runs another command on the same data; what it printed. */
  run(command: string[]): string {
    return execFileSync(BINARY, [...command, "--data", this.data], { encoding: "utf8" });
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    await ended;
    rmSync(this.data, { recursive: true, force: true });
  }
}
