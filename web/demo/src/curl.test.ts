import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { commands } from "./curl.js";

const charge = { customer_uid: `o'brien "x" $HOME`, merchant_uid: "order_id_1", amount: 3000 };

/** Runs the commands in a real shell whose `curl` prints what it was given, or what the sandbox would answer. */
function shell(script: string): string {
  const curl = `curl() { case "$*" in
    */sandbox) printf '%s' '{"merchants":[{"user_code":"imp00000000","imp_key":"k","imp_secret":"the+secret"}]}' ;;
    */getToken) case "$*" in *"imp_secret=the+secret"*) printf '%s' '{"code":0,"response":{"access_token":"the-token","now":1}}' ;; esac ;;
    *) printf '%s\\n' "$@" ;; esac; }\n`;
  const ran = spawnSync("sh", ["-c", curl + script], { encoding: "utf8" });
  expect(ran.stderr).toBe("");
  return ran.stdout;
}

test("the commands fetch a token and send exactly the three fields, whatever is in them", () => {
  const sent = shell(commands("http://127.0.0.1:8080", "imp_apikey", charge))
    .trimEnd()
    .split("\n");
  expect(sent).toContain("Authorization: the-token");
  expect(sent.at(-1)).toBe("http://127.0.0.1:8080/subscribe/payments/again");
  expect(JSON.parse(sent[sent.indexOf("-d") + 1] ?? "")).toEqual(charge);
});
