/** The commands that a terminal needs to charge a card. */

export interface Charge {
  customer_uid: string;
  merchant_uid: string;
  amount: number;
}

/** A word for a POSIX shell, whatever is in it. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Token and charge, ready to paste. The secret is read from the sandbox, so that the page never has it. */
export function commands(mainUrl: string, impKey: string, charge: Charge): string {
  const { customer_uid, merchant_uid, amount } = charge;
  const body =
    `{"customer_uid":${JSON.stringify(customer_uid)}, ` +
    `"merchant_uid":${JSON.stringify(merchant_uid)}, "amount":${amount}}`;
  return [
    `SECRET=$(curl -s ${mainUrl}/sandbox | sed -n 's/.*"imp_secret": *"\\([^"]*\\)".*/\\1/p')`,
    `TOKEN=$(curl -s -d imp_key=${impKey} --data-urlencode imp_secret="$SECRET" ${mainUrl}/users/getToken |`,
    `        sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p')`,
    "",
    `curl -H "Content-Type: application/json" -H "Authorization: $TOKEN" \\`,
    `     -X POST -d ${quote(body)} \\`,
    `     ${mainUrl}/subscribe/payments/again`,
  ].join("\n");
}
