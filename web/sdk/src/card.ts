// `card.info`: a card in the parameters of `request_pay`. It goes from here to the gateway and nowhere else.

/** Digits only: the year has four, the month two. */
export interface Card {
  number: string;
  month: string;
  year: string;
  cvc: string;
}

/**
 * Reads a card in the shapes that shops write, spaces and dashes or not: `number` or `card_number`; `expiry` as MM/YY,
 * MM/YYYY or YYYY-MM, or `month` and `year`, also behind `exp_` or `expiry_`; `cvc` or `cvv`. Null for anything else.
 */
export function readCard(info: unknown): Card | null {
  const told: Record<string, string> = {};
  for (const [name, value] of Object.entries(Object(info))) {
    const plain = name.toLowerCase().replace(/card|_|exp(iry)?(?=_?[my])/g, "");
    if (value) told[plain.replace("cvv", "cvc")] = String(value).replace(/\s/g, "");
  }
  const { number = "", cvc = "", expiry = `${told.month}/${told.year}` } = told;
  const digits = number.replace(/-/g, "");
  const yearFirst = expiry.replace(/^(\d\d?)\D?(20)?(\d\d)$/, "20$3-$1");
  const [, year = "", month = ""] = /^(20\d\d)\D?(0?[1-9]|1[0-2])$/.exec(yearFirst) || [];
  const isCard = /^\d{12,19}$/.test(digits) && year && /^\d{3,4}$/.test(cvc);
  return isCard ? { number: digits, month: month.padStart(2, "0"), year, cvc } : null;
}
