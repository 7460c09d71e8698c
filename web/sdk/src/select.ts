// Which of the merchant's channels a request means.

import type { Channel } from "./server";

/**
 * i'mport's order: provider and MID of that type, the default channel if its provider matches, any of that provider,
 * the default channel if its type matches, any of that type, the default channel. So an unknown provider quietly
 * means the default. A `channelKey` that exists wins over everything. Null only when there is no channel at all.
 *
 * @param channels the default one first
 * @param pg `provider` or `provider.MID`
 */
export function selectChannel(
  channels: Channel[],
  type: string,
  pg: unknown,
  channelKey: unknown,
): Channel | null {
  const standard = channels[0];
  if (!standard) return null;
  const byKey = channelKey ? channels.find((channel) => channel.channel_key === channelKey) : undefined;
  if (byKey) return byKey;

  const preferred = (some: Channel[]) => (some.includes(standard) ? standard : some[0]);
  const ofType = channels.filter((channel) => channel.type === type);
  if (typeof pg === "string" && pg !== "") {
    const dot = pg.indexOf(".");
    const provider = dot < 0 ? pg : pg.slice(0, dot);
    const mid = dot < 0 ? null : pg.slice(dot + 1);
    const ofProvider = ofType.filter((channel) => channel.pg_provider === provider);
    const exact = ofProvider.find((channel) => channel.pg_id === mid);
    const named = exact || preferred(ofProvider);
    if (named) return named;
  }
  return preferred(ofType) || standard;
}
