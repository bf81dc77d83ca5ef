/* The keypad: draws the layout, hides what is pressed, hands the ciphertext to the partner's page. */

import { agree, requirePlatform, Untrusted } from "./agreement.js";
import { drawing } from "./glyphs.js";

const config = JSON.parse(document.getElementById("keyboard-config").textContent);
const part = id => document.getElementById(id);
const said = (name, facts = {}) =>
  config.texts[name].replace(/\{(\w+)\}/g, (all, fact) => facts[fact] ?? all);

const state = { offer: null, pressed: null, count: 0, deadline: 0, clock: 0, isAccessible: false };

class Refused extends Error {
  constructor(verdict) { super(verdict); this.verdict = verdict; }
}

/* --- beginning ------------------------------------------------------------------------------- */
function addressed() {
  const given = new URLSearchParams(location.hash.slice(1));
  /* Neither history nor a shared address keeps the token. */
  history.replaceState(null, "", location.pathname + location.search);
  return { id: given.get("session_id") ?? "", token: given.get("client_token") ?? "" };
}

async function fetchOffer({ id, token }) {
  if (!/^[\w-]{1,64}$/.test(id) || !/^[\w-]{1,64}$/.test(token)) throw new Refused("unknown");
  let answer;
  try {
    answer = await fetch(`${config.sessions}/${id}/layout`, {
      headers: { Authorization: `Bearer ${token}` }, cache: "no-store", credentials: "omit",
      redirect: "error",
    });
  } catch { throw new Refused("unreachable"); }
  if (answer.ok) return answer.json();
  throw new Refused({ 404: "unknown", 409: "used", 410: "expired" }[answer.status] ?? "unreachable");
}

async function begin() {
  if (!globalThis.isSecureContext || !crypto?.subtle) throw new Refused("unable");
  const session = addressed(), offer = await fetchOffer(session);
  const isOurs = offer.session_id === session.id && (!config.app_id || offer.app_id === config.app_id);
  const isWhole = offer.layout.length === 10 && new Set(offer.layout).size === 10;
  if (!isOurs || !isWhole) throw new Untrusted();
  await requirePlatform(offer, config.keys);
  state.pressed = await agree(offer);
  state.offer = offer;
  state.deadline = Date.now() + offer.expires_in * 1000;
  show();
}

/* --- drawing --------------------------------------------------------------------------------- */
function show() {
  part("title").textContent = said(state.offer.purpose);
  part("hint").textContent = said("hint", { length: state.offer.length });
  for (let at = 0; at < state.offer.length; at += 1) part("dots").append(document.createElement("i"));
  drawPad();
  for (const id of ["sheet", "mode"]) part(id).hidden = false;
  document.body.dataset.state = "ready";
  tick();
  state.clock = setInterval(tick, 500);
  tell({ status: "ready" });
}

function drawPad() {
  const keys = state.offer.layout.map((name, position) => digitKey(config.glyphs.indexOf(name), position));
  const clear = toolKey("clear-key", () => change("clear", 0));
  const back = toolKey("back-key", () => change("drop", Math.max(0, state.count - 1)));
  part("pad").replaceChildren(...keys.slice(0, 9), clear, keys[9], back);
}

function digitKey(digit, position) {
  const key = document.createElement("button");
  key.type = "button";
  key.className = "key";
  /* Only the person's own choice puts digits where other programs can read them. */
  key.setAttribute("aria-label", state.isAccessible ? String(digit) : said("key", { position: position + 1 }));
  key.append(drawing(digit));
  key.addEventListener("click", () => press(position));
  return key;
}

function toolKey(id, act) {
  const key = part(id).content.firstElementChild.cloneNode(true);
  key.addEventListener("click", act);
  return key;
}

function drawDots() {
  const { count } = state, { length } = state.offer;
  [...part("dots").children].forEach((dot, at) => dot.classList.toggle("full", at < count));
  part("said").textContent = count ? said("entered", { count, length }) : said("cleared");
  part("finish").disabled = count !== length;
}

/* --- pressing -------------------------------------------------------------------------------- */
function press(position) {
  if (document.body.dataset.state !== "ready" || state.count >= state.offer.length) return;
  change("add", state.count + 1, position);
}

function change(verb, count, ...given) {
  if (document.body.dataset.state !== "ready") return;
  state.count = count;
  drawDots();
  state.pressed[verb](...given).catch(() => end("unable"));
}

async function finish() {
  if (document.body.dataset.state !== "ready" || state.count !== state.offer.length) return;
  document.body.dataset.state = "sealing";
  const ciphertext = await state.pressed.take();
  tell({ status: "done", ciphertext });
  end("done");
}

/* --- ending ---------------------------------------------------------------------------------- */
function end(verdict) {
  clearInterval(state.clock);
  state.pressed?.end();
  state.count = 0;
  part("pad").replaceChildren();
  for (const id of ["sheet", "mode", "entry"]) part(id).hidden = true;
  if (part("choice").open) part("choice").close();
  part("verdict-title").textContent = said(verdict);
  part("verdict-text").textContent = said(`${verdict}_more`);
  part("verdict").hidden = false;
  document.body.dataset.state = verdict;
  if (verdict !== "done") tell({ status: verdict });
}

function tick() {
  const left = Math.max(0, Math.ceil((state.deadline - Date.now()) / 1000));
  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  part("left").textContent = said("left", { time });
  part("time").value = left / Math.max(1, state.offer.expires_in);
  part("time").classList.toggle("soon", left <= 30);
  if (left === 30) part("said").textContent = said("soon");
  if (left === 0) end("expired");
}

/* To the partner's page, if it is one of the client's registered origins, and to the app around. */
function tell(news) {
  if (!state.offer) return;
  const message = { type: "rcb-pinpad", session_id: state.offer.session_id, ...news };
  if (window.parent !== window) {
    for (const origin of state.offer.origins) window.parent.postMessage(message, origin);
  } else {
    window.dispatchEvent(new CustomEvent("rcb-pinpad", { detail: message }));
  }
}

/* --- around ---------------------------------------------------------------------------------- */
part("finish").addEventListener("click", finish);
part("mode").addEventListener("click", () => {
  if (state.isAccessible) useAccessible(false);
  else part("choice").showModal();
});
part("choice").addEventListener("close", () => {
  if (part("choice").returnValue === "yes") useAccessible(true);
});

function useAccessible(isWanted) {
  if (document.body.dataset.state !== "ready") return;
  state.isAccessible = isWanted;
  document.body.classList.toggle("accessible", isWanted);
  part("mode").setAttribute("aria-pressed", String(isWanted));
  drawPad();
  part("pad").firstElementChild.focus();
}

for (const name of ["contextmenu", "selectstart", "dragstart", "copy", "cut", "paste"]) {
  document.addEventListener(name, event => event.preventDefault());
}
document.addEventListener("visibilitychange", () => document.body.classList.toggle("away", document.hidden));
window.addEventListener("pagehide", () => state.pressed?.end());

begin().catch(error => end(error instanceof Refused ? error.verdict : "untrusted"));
