"use strict";

/* The panel of bad days: what Telegram does to the bot now and then, and to the open chat.
 *
 * Loaded before `chat.js`, whose building blocks it uses when it is called. The server keeps the weather, one for all
 * users; `weather` is the last that it told.
 */

const KINDS = {
  flood: ["Too many requests", "429 – nothing is sent"],
  error: ["Server errors", "500 or 502 – nothing is sent"],
  late_error: ["Errors after sending", "502, yet the message is there"],
  lost: ["Lost answers", "sent, but the bot never hears of it"],
  reset: ["Broken connections", "nothing is sent"],
  delay: ["Slow answers", "half a second late"],
};
const LEVELS = { off: "Off", sometimes: "Sometimes", often: "Often" };
const LATENCIES = { 0: "None", 50: "50 ms", 500: "500 ms" };
const GOOD_WEATHER = { limits: false, latency_ms: 0, kinds: Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, "off"])) };

let weather = null;

/** One line of the panel: what it is, what it means, and its control. */
function setting(name, meaning, control) {
  return make("label", { class: "setting" }, make("span", {}, name, make("small", {}, meaning)), control);
}

function choice(id, options, change) {
  const shown = Object.entries(options).map(([value, name]) => make("option", { value }, name));
  return make("select", { id, change: (event) => change(event.target.value) }, ...shown);
}

function buildWeather() {
  const kinds = Object.entries(KINDS).map(([kind, [name, meaning]]) =>
    setting(name, meaning, choice(`weather-${kind}`, LEVELS, (level) => setWeather({ kinds: { [kind]: level } }))));
  const limits = make("input", { id: "weather-limits", type: "checkbox", role: "switch",
    change: (event) => setWeather({ limits: event.target.checked }) });
  const latency = choice("weather-latency", LATENCIES, (value) => setWeather({ latency_ms: Number(value) }));
  $("weather-settings").replaceChildren(
    setting("Telegram’s limits", "30 a second, 1 to a person, 20 a minute to a group", limits), ...kinds,
    setting("Latency", "before every answer", latency));
}

async function readWeather() {
  const response = await fetch("/page/weather").catch(() => null);
  if (response?.ok) takeWeather(await response.json());
}

async function setWeather(changed) {
  try {
    takeWeather(await call("weather", changed));
    sayWeather("");
  } catch (error) {
    drawWeather(); // the controls go back to what is true
    sayWeather(error.message);
  }
}

function takeWeather(told) {
  weather = told;
  drawWeather();
}

const isGood = () => !weather || JSON.stringify(inOrder(weather)) === JSON.stringify(GOOD_WEATHER);
const inOrder = ({ limits, latency_ms, kinds }) =>
  ({ limits, latency_ms, kinds: Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, kinds[kind]])) });

function drawWeather() {
  if (!weather) return;
  $("weather-limits").checked = weather.limits;
  $("weather-latency").value = String(weather.latency_ms);
  for (const kind of Object.keys(KINDS)) $(`weather-${kind}`).value = weather.kinds[kind];
  const label = isGood() ? "Bad days" : "Bad days (some are on)";
  $("weather-button").setAttribute("aria-label", label);
  $("weather-button").title = label;
  $("weather-button").classList.toggle("accent", !isGood());
}

/** Under the settings: what went wrong with the last one. */
function sayWeather(text) {
  $("weather-said").textContent = text;
}

/* ---- the open chat --------------------------------------------------------------------------------------- */

/** What may happen to the open chat: the words on the button, and what it asks for. */
function fatesOf({ chat, topic }) {
  const where = { user: state.user.id, chat_id: chat.id };
  if (chat.type === "private")
    return [[chat.blocked ? "Unblock the bot" : "Block the bot", "block", { ...where, blocked: !chat.blocked }]];
  const fates = [[chat.bot_present ? "Throw the bot out" : "Take the bot in", "bot", { ...where, present: !chat.bot_present }]];
  if (topic) {
    const body = { ...where, thread_id: topic.thread_id, closed: !topic.closed };
    fates.push([topic.closed ? "Open this topic" : "Close this topic", "topic", body]);
  }
  return fates;
}

function drawFates() {
  $("weather-chat").hidden = !open.chat;
  if (!open.chat) return;
  $("weather-chat-title").textContent = `In “${nameOfOpen()}”`;
  const rows = fatesOf(open).map(([words, path, body]) =>
    button({ class: "fate", "data-focus": `fate-${path}`, click: () => changeFate(path, body) }, words));
  keepingFocus(() => $("weather-fates").replaceChildren(...rows));
}

async function changeFate(path, body) {
  try {
    await call(path, body); // the event stream brings what it changed
    sayWeather("");
  } catch (error) {
    sayWeather(error.message);
  }
}

function showWeather() {
  showChatMenu(false);
  sayWeather("");
  drawFates();
  $("weather").showModal();
}

function listenToWeather() {
  buildWeather();
  $("weather-button").addEventListener("click", showWeather);
  $("bad-days").addEventListener("click", showWeather);
  $("good-weather").addEventListener("click", () => setWeather(GOOD_WEATHER));
}
