/** What the page remembers while its tab lives: a mobile payment leaves the page and comes back. */

/** A card that was registered here. */
export interface Card {
  customer_uid: string;
  name: string;
  number: string;
}

interface Session {
  device: "pc" | "mobile" | null;
  gateway: string | null;
  cards: Card[];
}

const STORED = "dangol-shop";

function read(): Session {
  const empty: Session = { device: null, gateway: null, cards: [] };
  try {
    return { ...empty, ...(JSON.parse(sessionStorage.getItem(STORED) ?? "{}") as Partial<Session>) };
  } catch {
    return empty;
  }
}

export const session: Session = read();

/** Keeps what was changed in `session`. */
export function keep(): void {
  sessionStorage.setItem(STORED, JSON.stringify(session));
}

/** Adds a card, newest first; the same customer_uid is replaced. */
export function keepCard(card: Card): void {
  session.cards = [card, ...session.cards.filter((known) => known.customer_uid !== card.customer_uid)].slice(
    0,
    20,
  );
  keep();
}
