/** The sandbox's test cards. They are no secrets: no other number is accepted. */
import { byId, copyOnClick, make } from "./dom.js";
import { type Key, label, say } from "./language.js";
import { notice } from "./notices.js";

const CARDS: [number: string, does: Key, mood: "good" | "bad"][] = [
  ["4242 4242 4242 4242", "cards.ok", "good"],
  ["4000 0000 0000 0002", "cards.refused", "bad"],
  ["4000 0000 0000 0341", "cards.limit", "bad"],
  ["4000 0000 0000 9995", "cards.balance", "bad"],
  ["4000 0000 0000 9987", "cards.lost", "bad"],
  ["4000 0000 0000 0069", "cards.expired", "bad"],
];

export function showTestCards(): void {
  const rows = CARDS.map(([number, does, mood]) => {
    const button = label(say(make("button", "quiet"), "copy"), "copy.card");
    button.type = "button";
    copyOnClick(
      button,
      () => number,
      () => notice("copied"),
    );
    const what = make("div", "", make("code", "", number), say(make("span", ""), does));
    const row = make("li", "", make("i", `dot ${mood}`), what, button);
    what.id = `card-${number.slice(-4)}`;
    button.setAttribute("aria-describedby", what.id);
    return row;
  });
  byId("test-cards").replaceChildren(...rows);
}
