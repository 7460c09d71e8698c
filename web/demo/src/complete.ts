/** Where a mobile payment returns to: what the address says, and what the shop's server finds out. */
import { byId, make } from "./dom.js";
import { paint } from "./highlight.js";
import { say, startLanguage } from "./language.js";
import { ResultView } from "./result-view.js";
import { keepCard } from "./session.js";
import { shopServer } from "./shop-server.js";
import { isOpen, verify } from "./verify.js";

const query = new URLSearchParams(location.search);
const view = new ResultView(byId("outcome"), null);
const back = { key: "complete.back", press: () => location.assign("/") } as const;

function showQuery(): void {
  const rows = [...query]
    .filter(([name]) => name !== "lang")
    .map(([name, value]) => {
      const head = make("th", "", name);
      head.scope = "row";
      return make("tr", "", head, make("td", "", make("code", "", value)));
    });
  if (rows.length === 0) rows.push(make("tr", "", say(make("td"), "complete.query.none")));
  byId("query").replaceChildren(...rows);
}

async function lookUp(impUid: string): Promise<void> {
  view.show({ mood: "busy", title: "complete.busy", next: "complete.busy.next" });
  const answer = await shopServer.payment(impUid);
  paint(
    byId("verified"),
    JSON.stringify(answer.ok ? answer.value.body : { error: answer.away }, null, 2),
    "json",
  );
  const proof = verify(answer);
  if (proof.card) {
    keepCard(proof.card);
    view.show({ mood: "good", title: "complete.success", next: "complete.success.next" });
    view.prove(proof.key, proof.values);
    view.offer({ key: "to.charge", press: () => location.assign("/#charge") });
  } else if (isOpen(query.get("error_code"))) {
    view.show({ mood: "unsure", title: "result.open", next: "result.open.next" });
    view.prove(proof.key, proof.values);
    view.offer({ key: "verify.again", press: () => void lookUp(impUid) });
  } else if (query.get("imp_success") === "true") {
    view.show({ mood: "unsure", title: "complete.unsure", next: "complete.unsure.next" });
    view.prove(proof.key, proof.values);
    view.offer({ key: "verify.again", press: () => void lookUp(impUid) });
  } else {
    failed();
  }
}

function failed(): void {
  const reason = (query.get("error_msg") ?? query.get("error_code") ?? "?").replace(/[.\s]+$/, "");
  view.show({
    mood: "bad",
    title: "complete.failure",
    next: "complete.failure.next",
    values: { reason },
    action: back,
  });
}

showQuery();
startLanguage();
const impUid = query.get("imp_uid");
if (impUid) {
  void lookUp(impUid);
} else {
  say(byId("verified"), "complete.verify.none");
  if (query.get("imp_success") === "false") failed();
  else view.show({ mood: "idle", title: "complete.empty", next: "complete.empty.next", action: back });
}
