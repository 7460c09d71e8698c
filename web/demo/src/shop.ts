/** The shop's page: starts everything, in the order in which a merchant's page would. */
import { ChargeStep } from "./charge.js";
import { startDevice } from "./device.js";
import { byId } from "./dom.js";
import { startFeeds } from "./feeds.js";
import { paint } from "./highlight.js";
import { startLanguage } from "./language.js";
import { banner, hideBanner } from "./notices.js";
import { Register, setupCode, showDevice } from "./register.js";
import type { Imp } from "./run.js";
import { type Config, shopServer } from "./shop-server.js";
import { snippets } from "./snippets.js";
import { showTestCards } from "./test-cards.js";

declare global {
  interface Window {
    IMP?: Imp;
  }
}

/** Loads the SDK as a merchant's script tag does. */
function loadSdk(url: string): Promise<boolean> {
  return new Promise((loaded) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => loaded(window.IMP !== undefined);
    script.onerror = () => loaded(false);
    document.head.append(script);
  });
}

async function start(): Promise<Register | null> {
  const config = await shopServer.config();
  if (!config.ok) {
    const again = () => location.reload();
    banner(config.away === "shop" ? "offline.shop" : "offline.title", { url: location.origin }, again);
    return null;
  }
  hideBanner();
  return open(config.value);
}

async function open(config: Config): Promise<Register | null> {
  const listed = config.channels.filter(({ type }) => type === "payment");
  const pgIds = new Map(listed.map(({ pg_provider, pg_id }) => [pg_provider, pg_id]));
  const known = [...new Set(listed.map(({ pg_provider }) => pg_provider))].flatMap(
    (pg) => snippets.get(pg) ?? [],
  );
  if (known.length === 0) {
    banner("no.channel", {}, () => location.reload());
    return null;
  }
  paint(byId("setup"), setupCode(config.main_url, config.user_code), "js");
  const charge = new ChargeStep(config);
  const register = new Register({
    snippets: known,
    pgIds,
    imp: () => window.IMP ?? null,
    device,
    registered: () => charge.showCards(),
  });
  startFeeds((answer) => {
    if (answer.ok) hideBanner();
    else
      banner(answer.away === "shop" ? "offline.shop" : "offline.title", { url: config.main_url }, () =>
        location.reload(),
      );
  });
  const url = `${config.main_url}/v1/iamport.js`;
  if (!(await loadSdk(url))) {
    banner("sdk.failed", { url }, () => location.reload());
    return register;
  }
  window.IMP?.init(config.user_code);
  register.enable();
  return register;
}

const { device, real } = startDevice();
let register: Register | null = null;
startLanguage(() => register?.retell());
showDevice(device, real);
showTestCards();
void start().then((opened) => {
  register = opened;
});
