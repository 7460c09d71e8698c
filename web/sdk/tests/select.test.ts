import { describe, expect, it } from "vitest";
import { selectChannel } from "../src/select";
import type { Channel } from "../src/server";

const channel = (pg_provider: string, pg_id: string, type = "payment"): Channel => ({
  pg_provider,
  pg_id,
  type,
  channel_key: `key-${pg_provider}-${pg_id}`,
});
const standard = channel("blue", "B1");
const list = [
  standard,
  channel("red", "R1"),
  channel("red", "R2"),
  channel("blue", "B2"),
  channel("id", "I1", "certification"),
];

describe("selectChannel", () => {
  it.each([
    ["nothing named means the default", undefined, "B1"],
    ["provider and MID", "red.R2", "R2"],
    ["the default's provider means the default", "blue", "B1"],
    ["a provider alone means its first", "red", "R1"],
    ["an unknown MID means its provider", "red.R9", "R1"],
    ["an unknown MID of the default's provider means the default", "blue.B9", "B1"],
    ["an unknown provider quietly means the default", "green", "B1"],
    ["a MID with a dot in it is not cut", "red.R2.x", "R1"],
    ["a provider of another type is not taken", "id", "B1"],
    ["not a text", 7, "B1"],
  ])("%s", (_, pg, expected) => {
    expect(selectChannel(list, "payment", pg, undefined)?.pg_id).toBe(expected);
  });

  it("lets an existing channelKey win over pg, and forgets an unknown one", () => {
    expect(selectChannel(list, "payment", "red", "key-blue-B2")?.pg_id).toBe("B2");
    expect(selectChannel(list, "payment", "red", "key-none")?.pg_id).toBe("R1");
  });

  it("prefers the type over the default, and the default over nothing", () => {
    const identityFirst = [channel("id", "I1", "certification"), channel("red", "R1")];
    expect(selectChannel(identityFirst, "payment", undefined, undefined)?.pg_id).toBe("R1");
    expect(selectChannel(identityFirst.slice(0, 1), "payment", "red", undefined)?.pg_id).toBe("I1");
    expect(selectChannel([], "payment", "red", undefined)).toBeNull();
  });
});
