"use strict";

/* The chat page: Telegram's side of the sandbox as a person sees it.
 *
 * `/page/state` fills `state`, the event stream keeps it true, and the `draw…` functions show it. Every text reaches the
 * page as a text node, so whatever a message holds is shown and never run. The open chat or topic is the address's hash:
 * `#<chat id>` or `#<chat id>/<thread id>`.
 */

const LINK_SCHEMES = new Set(["http:", "https:", "tg:"]);
const TOGETHER_S = 10 * 60; // messages of one sender closer than this share a name, an avatar and a tail
const TYPING_MS = 5500; // Telegram shows "typing…" for five seconds
const PRESS_MS = 15000; // a button stops waiting for an answer after this
const TOAST_MS = 3500;
const RETRY_MS = 2000;
const NEAR_BOTTOM_PX = 60;
const NEAR_TOP_PX = 200;
const PAGE = 200; // messages drawn at once; scrolling up draws as many more

const state = { user: null, users: [], bot: null, chats: [] };
const open = { chat: null, topic: null };
const unread = new Map(); // place → messages that arrived unseen; a place is what the hash says
const typing = new Map(); // place → timer that ends "typing…"
const drafts = new Map(); // place → text left in the box
const nodes = new Map(); // message id → its node in the open place
const presses = new Map(); // query id → button that waits for its answer
const earlyAnswers = new Map(); // query id → answer that overtook the reply to the press

let events = null; // the EventSource
let turns = 0; // how often we connected
let forumShown = null; // the group whose topics cover the chat list
let replyTo = null; // message that the next one answers
let pinned = true; // the newest message is in sight, keep it there
let toastTimer = 0;
let retryTimer = 0;

const $ = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 600px)");

/* ---- building blocks ------------------------------------------------------------------------------------- */

/** A new element; functions become listeners, `true` an empty attribute, null and false nothing. */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const button = (attributes, ...children) => make("button", { type: "button", ...attributes }, ...children);

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** The address if it is one that a message may link to, else null. */
function safeLink(address) {
  try {
    const url = new URL(address, location.href);
    return LINK_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function link(address, attributes, ...children) {
  const href = safeLink(address);
  if (href === null) return make("span", attributes, ...children);
  return make("a", { ...attributes, href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Redraw something without taking the focus away from whoever is on a part of it. */
function keepingFocus(redraw) {
  const key = document.activeElement?.dataset.focus;
  redraw();
  if (key && document.activeElement === document.body) document.querySelector(`[data-focus="${CSS.escape(key)}"]`)?.focus();
}

/** What the browser remembers for us; it may refuse to. */
function remembered(key, value) {
  try {
    if (value !== undefined) localStorage.setItem(key, value);
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

const formats = {
  time: new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }),
  weekday: new Intl.DateTimeFormat("en-GB", { weekday: "short" }),
  short: new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "2-digit", year: "2-digit" }),
  day: new Intl.DateTimeFormat("en-US", { month: "long", day: "numeric" }),
  full: new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" }),
};

const dayOf = (seconds) => new Date(seconds * 1000).setHours(0, 0, 0, 0);

function shortTime(seconds) {
  const age = dayOf(Date.now() / 1000) - dayOf(seconds);
  const format = age <= 0 ? formats.time : age < 6.5 * 86400e3 ? formats.weekday : formats.short;
  return format.format(seconds * 1000).replaceAll("/", ".");
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function avatar(id, name) {
  const initials = name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
  return make("span", { class: `avatar tint-${Math.abs(id) % 7}`, "aria-hidden": "true" }, initials);
}

/** A private chat is with the bot, so it wears the bot's colour. */
const chatAvatar = (chat) => avatar(chat.type === "private" ? state.bot.id : chat.id, chat.title);

function topicSign(chat, topic) {
  const general = topic === chat.topics[0];
  const tint = general ? "none" : topic.thread_id % 7;
  return make("span", { class: `sign tint-${tint}`, "aria-hidden": "true" }, general ? "#" : [...topic.name][0]);
}

function badge(count) {
  return count ? make("span", { class: "badge", "aria-label": `${count} unread` }, String(count)) : null;
}

/* ---- places: a chat, or a topic of a forum --------------------------------------------------------------- */

const placeOf = (chat, topic) => (topic ? `${chat.id}/${topic.thread_id}` : String(chat.id));
const openPlace = () => (open.chat ? placeOf(open.chat, open.topic) : "");
const chatById = (id) => state.chats.find((chat) => String(chat.id) === String(id)) ?? null;
const atPlace = (place) => place !== "" && openPlace() === place;

/** The topic that a thread id of Telegram belongs to: messages without one are in the first, General. */
function topicOf(chat, threadId) {
  if (!chat.is_forum) return null;
  return chat.topics.find((topic) => topic.thread_id === threadId) ?? chat.topics[0] ?? null;
}

const placeOfMessage = (chat, message) => placeOf(chat, topicOf(chat, message.thread_id));

function messagesAt(chat, topic) {
  const all = [...chat.messages.values()];
  return topic ? all.filter((message) => topicOf(chat, message.thread_id) === topic) : all;
}

function unreadIn(chat) {
  let count = 0;
  for (const [place, some] of unread) if (place.split("/")[0] === String(chat.id)) count += some;
  return count;
}

const isGroup = (chat) => chat.type === "group" || chat.type === "supergroup";
const isOwn = (chat, message) => chat.type !== "channel" && message.from.id === state.user.id;

/* ---- the server ------------------------------------------------------------------------------------------ */

async function call(path, body) {
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`/page/${path}`, options).catch(() => {
    throw new Error("Not sent: no connection to the sandbox.");
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? "That did not work.");
  return answer;
}

const userInAddress = () => new URLSearchParams(location.search).get("user");
const asUser = () => (userInAddress() ? `?user=${encodeURIComponent(userInAddress())}` : "");

/** Read the whole state, then follow what happens after it. The browser resumes a cut stream where it was. */
async function connect() {
  clearTimeout(retryTimer);
  events?.close();
  const turn = ++turns;
  const response = await fetch(`/page/state${asUser()}`).catch(() => null);
  const fresh = response?.ok ? await response.json().catch(() => null) : null;
  if (turn !== turns) return; // the user was switched meanwhile
  if (response?.status === 400) history.replaceState(null, "", location.pathname + location.hash); // no such user
  if (!fresh) return reconnectSoon();
  takeState(fresh);
  follow(`user=${fresh.user.id}&after=${encodeURIComponent(fresh.event_id)}`);
}

function follow(query) {
  const stream = (events = new EventSource(`/page/events?${query}`));
  stream.onopen = () => showConnection(true);
  stream.onmessage = (event) => {
    const body = JSON.parse(event.data);
    onEvent[body.kind]?.(body);
  };
  stream.onerror = () => {
    showConnection(false);
    if (stream.readyState === EventSource.CLOSED) reconnectSoon();
  };
}

function reconnectSoon() {
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, RETRY_MS);
}

function takeState(fresh) {
  const isStart = state.user === null;
  const sameUser = state.user?.id === fresh.user.id;
  Object.assign(state, fresh);
  for (const chat of state.chats) {
    chat.messages = new Map(chat.messages.sort((one, other) => one.id - other.id).map((message) => [message.id, message]));
  }
  if (!sameUser) unread.clear();
  if (isStart && !location.hash && !narrow.matches) history.replaceState(null, "", `${location.search}#${fresh.user.id}`);
  drawUsers();
  goWhereTheAddressSays(sameUser);
  readWeather();
}

const onEvent = {
  message: ({ message }) => receiveMessage(message),
  edit: ({ message }) => chatById(message.chat_id)?.messages.has(message.id) && receiveMessage(message),
  delete: (event) => receiveDelete(event),
  typing: (event) => receiveTyping(event),
  answer: (event) => receiveAnswer(event),
  commands: ({ chats }) => {
    for (const [id, commands] of Object.entries(chats)) if (chatById(id)) chatById(id).commands = commands;
    drawComposer();
  },
  chat: ({ kind, ...changed }) => {
    Object.assign(chatById(changed.id) ?? {}, changed);
    goWhereTheAddressSays(true);
  },
  weather: ({ kind, ...told }) => takeWeather(told),
  reload: () => connect(),
};

function receiveMessage(message) {
  const chat = chatById(message.chat_id);
  if (!chat) return;
  const place = placeOfMessage(chat, message);
  const isNew = !chat.messages.has(message.id);
  const own = isOwn(chat, message);
  chat.messages.set(message.id, message);
  if (isNew && !own) stopTyping(place);
  if (isNew && !own && !(atPlace(place) && pinned && !document.hidden)) unread.set(place, (unread.get(place) ?? 0) + 1);
  if (atPlace(place)) {
    if (isNew || nodes.has(message.id)) drawMessage(message);
    if (isNew && own) pinned = true;
    settle();
    if (pinned && nodes.size > 2 * PAGE) drawMessages(PAGE); // a page left open for days stays quick
    if (isNew) drawComposer(); // START goes away
  }
  drawAround();
}

function receiveDelete({ chat_id, ids }) {
  const chat = chatById(chat_id);
  if (!chat) return;
  for (const id of ids) {
    chat.messages.delete(id);
    if (open.chat === chat) {
      nodes.get(id)?.remove();
      nodes.delete(id);
    }
  }
  if (open.chat === chat) {
    if (ids.includes(replyTo?.id)) replyTo = null;
    settle();
    drawComposer();
  }
  drawAround();
}

function receiveTyping({ chat_id, thread_id }) {
  const chat = chatById(chat_id);
  if (!chat) return;
  const place = placeOf(chat, topicOf(chat, thread_id));
  clearTimeout(typing.get(place));
  typing.set(place, setTimeout(() => (stopTyping(place), drawAround()), TYPING_MS));
  drawAround();
}

function stopTyping(place) {
  clearTimeout(typing.get(place));
  typing.delete(place);
}

/* ---- left column ----------------------------------------------------------------------------------------- */

function showConnection(up) {
  document.body.classList.toggle("offline", !up);
  $("connection").textContent = up ? "" : "Connecting…";
  if (state.user) drawBar();
}

function drawUsers() {
  keepingFocus(() => $("users").replaceChildren(...state.users.map(userButton)));
}

function userButton(user) {
  const role = user.role === "admin" ? "admin" : "member";
  const label = make("span", {}, make("b", {}, user.name), make("i", {}, role));
  const attributes = {
    class: "user",
    title: `${user.name}, ${role}`,
    "data-user-id": user.id,
    "data-focus": `user-${user.id}`,
    "aria-pressed": String(user.id === state.user.id),
    click: () => becomeUser(user),
  };
  return button(attributes, avatar(user.id, user.name), label);
}

function becomeUser(user) {
  if (user.id === state.user.id) return;
  // a private chat has its user's id: stay in "the private chat", else in the same group or channel
  const hash = open.chat?.type === "private" ? `#${user.id}` : location.hash;
  history.replaceState(null, "", `?user=${user.id}${hash}`);
  connect();
}

/** The parts around the messages that any event may change. */
function drawAround() {
  drawList();
  drawBar();
  drawToBottom();
  drawFates();
  const total = [...unread.values()].reduce((sum, some) => sum + some, 0);
  document.title = `${total ? `(${total}) ` : ""}${open.chat ? nameOfOpen() : "Nutgraf"} – Sandbox`;
}

function drawList() {
  const newest = (chat) => [...chat.messages.values()].at(-1)?.date ?? 0;
  const sorted = [...state.chats].sort((one, other) => newest(other) - newest(one));
  keepingFocus(() => $("chats").replaceChildren(...sorted.map(chatRow)));
  $("topic-panel").hidden = forumShown === null;
  $("list-panel").classList.toggle("covered", forumShown !== null);
  $("list-panel").inert = forumShown !== null;
  const forum = forumShown === null ? null : chatById(forumShown);
  if (!forum) return;
  $("topics-title").textContent = forum.title;
  $("topics-subtitle").textContent = subtitleOf(forum);
  const rows = forum.topics.map((topic) => topicRow(forum, topic));
  keepingFocus(() => $("topics").replaceChildren(...rows));
}

function chatRow(chat) {
  const sign = chat.type === "channel" ? "channel" : isGroup(chat) ? "group" : null;
  const title = make("span", { class: "name" }, sign ? icon(sign) : null, make("span", { dir: "auto" }, chat.title));
  const isTyping = [...typing.keys()].some((place) => place.split("/")[0] === String(chat.id));
  const last = [...chat.messages.values()].at(-1);
  const row = listRow(`#${chat.id}`, chatAvatar(chat), title, chat, last, isTyping, unreadIn(chat));
  row.dataset.chatId = chat.id;
  if (open.chat === chat) row.setAttribute("aria-current", "true");
  return row;
}

function topicRow(chat, topic) {
  const place = placeOf(chat, topic);
  const title = make("span", { class: "name" }, make("span", { dir: "auto" }, topic.name));
  const last = messagesAt(chat, topic).at(-1);
  const row = listRow(`#${place}`, topicSign(chat, topic), title, chat, last, typing.has(place), unread.get(place));
  row.dataset.threadId = topic.thread_id;
  if (atPlace(place)) row.setAttribute("aria-current", "true");
  return row;
}

function listRow(href, picture, title, chat, last, isTyping, count) {
  const time = make("time", {}, last ? shortTime(last.date) : "");
  const below = isTyping ? make("span", { class: "preview accent" }, "typing…") : preview(chat, last);
  const row = make("a", { class: "row", href, "data-focus": href }, picture, title, time, below, badge(count));
  // the hash may already be this one: the topics were closed, or the phone went back
  row.addEventListener("click", () => row.hash === location.hash && goWhereTheAddressSays());
  return row;
}

function preview(chat, last) {
  const line = make("span", { class: "preview", dir: "auto" });
  if (!last) return line;
  const who = isOwn(chat, last) ? "You" : isGroup(chat) ? last.from.name : null;
  if (who && !last.service) line.append(make("b", {}, `${who}: `));
  line.append(last.text.slice(0, 200) || last.document?.name || last.service || "");
  return line;
}

/* ---- the open chat: its bar ------------------------------------------------------------------------------ */

const nameOfOpen = () => open.topic?.name ?? open.chat.title;

function subtitleOf(chat) {
  if (chat.type === "private") return "bot";
  const what = chat.type === "channel" ? "channel" : `${state.users.length + (chat.bot_present ? 1 : 0)} members`;
  return chat.bot_present ? what : `${what}, without the bot`;
}

function drawBar() {
  const { chat, topic } = open;
  if (!chat) return;
  const members = topic ? `${chat.title}, ${topic.closed ? "closed, " : ""}${subtitleOf(chat)}` : subtitleOf(chat);
  const offline = document.body.classList.contains("offline");
  const busy = typing.has(openPlace());
  $("chat-title").textContent = nameOfOpen();
  $("chat-avatar").replaceChildren(topic ? topicSign(chat, topic) : chatAvatar(chat));
  const subtitle = offline ? "Connecting…" : busy ? "typing…" : members;
  if ($("chat-subtitle").textContent !== subtitle) $("chat-subtitle").textContent = subtitle; // or it is read out again
  $("chat-subtitle").classList.toggle("accent", busy && !offline);
  $("block").hidden = chat.type !== "private";
  $("block").replaceChildren(icon("block"), chat.blocked ? "Unblock" : "Block bot");
}

function showChatMenu(shown) {
  $("chat-menu").hidden = !shown;
  $("chat-menu-button").setAttribute("aria-expanded", String(shown));
  if (shown) menuItems()[0].focus();
}

const menuItems = () => [...$("chat-menu").querySelectorAll("button:not([hidden])")];

function onMenuKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const items = menuItems();
  items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
  event.preventDefault();
}

async function setBlocked(blocked) {
  const chat = open.chat;
  showChatMenu(false);
  try {
    chat.blocked = (await call("block", { user: state.user.id, blocked })).blocked;
    drawAround();
    drawComposer();
  } catch (error) {
    toast(error.message);
  }
}

/* ---- the open chat: its messages ------------------------------------------------------------------------- */

function drawMessages(most) {
  nodes.clear();
  $("messages").replaceChildren();
  messagesAt(open.chat, open.topic).slice(-most).forEach(drawMessage);
  settle();
}

function drawEarlier() {
  const box = $("scroller");
  if (pinned || nodes.size >= messagesAt(open.chat, open.topic).length) return;
  const fromEnd = box.scrollHeight - box.scrollTop;
  drawMessages(nodes.size + PAGE);
  box.scrollTop = box.scrollHeight - fromEnd;
}

/** Put a message where it belongs, or in place of what it was. */
function drawMessage(message) {
  const old = nodes.get(message.id);
  const node = messageNode(open.chat, message);
  nodes.set(message.id, node);
  if (old) keepingFocus(() => old.replaceWith(node));
  else daySection(message.date).append(node);
}

function daySection(date) {
  const day = String(dayOf(date));
  const last = $("messages").lastElementChild;
  if (last?.dataset.day === day) return last;
  const section = make("section", { class: "day", "data-day": day }, make("h3", { class: "service" }, dayName(date)));
  $("messages").append(section);
  return section;
}

function dayName(date) {
  return dayOf(date) === dayOf(Date.now() / 1000) ? "Today" : formats.day.format(date * 1000);
}

/** After any change: who shares a tail with whom, which quotes are long, and where to be. */
function settle() {
  for (const section of document.querySelectorAll(".day")) {
    const rows = [...section.querySelectorAll(".message")];
    if (!rows.length) section.remove();
    rows.forEach((row, index) => {
      row.classList.toggle("first", !together(rows[index - 1], row));
      row.classList.toggle("last", !together(row, rows[index + 1]));
    });
  }
  $("empty")?.remove();
  if (!nodes.size) $("messages").append(make("p", { id: "empty", class: "service" }, "No messages here yet…"));
  markLongQuotes();
  if (pinned) toBottom();
}

function together(one, other) {
  return one && other && one.dataset.from === other.dataset.from && other.dataset.date - one.dataset.date < TOGETHER_S;
}

function markLongQuotes() {
  const quotes = [...document.querySelectorAll(".expandable:not(.measured)")];
  // all reads before all writes, or the page is laid out once for each quote
  const long = quotes.map(({ firstChild }) => firstChild.scrollHeight > firstChild.clientHeight + 2);
  quotes.forEach((quote, index) => {
    quote.classList.add("measured");
    if (long[index]) foldable(quote);
  });
}

function foldable(quote) {
  const toggle = (event) => {
    if (event.target.closest("a, .spoiler:not(.shown)") || String(getSelection())) return;
    const folded = quote.classList.toggle("folded");
    arrow.setAttribute("aria-expanded", String(!folded));
  };
  const arrow = button({ class: "unfold", "aria-label": "Whole quote", "aria-expanded": "false" }, icon("down"));
  quote.classList.add("folded", "long");
  quote.append(arrow);
  quote.addEventListener("click", toggle);
}

function toBottom(behavior = "instant") {
  pinned = true;
  $("scroller").scrollTo({ top: $("scroller").scrollHeight, behavior });
  if (!document.hidden) unread.delete(openPlace());
}

function onScroll() {
  const box = $("scroller");
  pinned = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_BOTTOM_PX;
  if (pinned && unread.delete(openPlace())) drawAround();
  if (box.scrollTop < NEAR_TOP_PX) drawEarlier();
  drawToBottom();
}

function drawToBottom() {
  const count = unread.get(openPlace()) ?? 0;
  $("to-bottom").hidden = pinned;
  $("to-bottom").querySelector(".badge").textContent = count;
  $("to-bottom").querySelector(".badge").hidden = !count;
}

/* ---- one message ----------------------------------------------------------------------------------------- */

function messageNode(chat, message) {
  if (message.service) return serviceNode(message);
  const own = isOwn(chat, message);
  const attributes = {
    class: `message ${own ? "own" : "other"}`,
    "data-message-id": message.id,
    "data-from": message.from.id,
    "data-date": message.date,
    dblclick: (event) => event.target.closest("button, a, .spoiler") || startReply(message),
  };
  const picture = isGroup(chat) && !own ? avatar(message.from.id, message.from.name) : null;
  const stack = make("div", { class: "stack" }, bubble(chat, message, own), keyboard(message));
  return make("article", attributes, picture, stack, chat.can_write ? replyButton(message) : null);
}

/** What Telegram itself says in a chat. */
function serviceNode({ id, date, service }) {
  const attributes = { class: "message said", "data-message-id": id, "data-from": `said-${id}`, "data-date": date };
  return make("article", attributes, make("p", { class: "service" }, service));
}

function replyButton(message) {
  const attributes = { class: "answer", "aria-label": "Reply", "data-focus": `reply-${message.id}` };
  return button({ ...attributes, click: () => startReply(message) }, icon("reply"));
}

function bubble(chat, message, own) {
  const text = make("div", { class: "text", dir: "auto" });
  renderText(text, message.text, spansOf(message));
  const card = message.preview ? previewCard(message) : null;
  const above = message.preview?.above;
  const node = make("div", { class: "bubble" }, senderName(chat, message, own), replyQuote(message), above ? card : null,
    message.document ? documentCard(message.document) : null, text, above ? null : card);
  // the time sits on the last line of the text where there is room
  (card && !above ? node : text).append(meta(message, own));
  return node;
}

function senderName(chat, message, own) {
  if (own || chat.type === "private") return null;
  const name = chat.type === "channel" ? chat.title : message.from.name;
  const id = chat.type === "channel" ? chat.id : message.from.id;
  return make("div", { class: `sender ink-${Math.abs(id) % 7}`, dir: "auto" }, name);
}

function meta(message, own) {
  const when = make("time", { title: formats.full.format(message.date * 1000) }, formats.time.format(message.date * 1000));
  const silent = message.silent ? make("span", { title: "Sent without sound" }, icon("silent")) : null;
  const edited = message.edited ? make("span", { class: "edited" }, "edited ") : null;
  return make("span", { class: "meta" }, silent, edited, when, own ? icon("read") : null);
}

function replyQuote(message) {
  if (!message.reply_to) return null;
  const { id, name, text } = message.reply_to;
  const show = () => {
    const node = nodes.get(id);
    node?.scrollIntoView({ block: "center", behavior: "smooth" });
    node?.classList.add("flash");
    node?.addEventListener("animationend", () => node.classList.remove("flash"), { once: true });
  };
  const words = make("span", { dir: "auto" }, text.slice(0, 200));
  return button({ class: "quoted", click: show }, make("b", {}, name), words);
}

/** The sandbox fetches no page: without a title stand the message's own words for the link, else the path. */
function previewCard({ text, entities, preview: { url, title, small } }) {
  const href = safeLink(url);
  if (!href) return null;
  const { hostname, pathname } = new URL(href);
  const said = entities.find((entity) => entity.type === "text_link" && safeLink(entity.url) === href);
  const words = title ?? (said ? text.slice(said.offset, said.offset + said.length) : pathname.replace(/^\/$/, ""));
  const domain = make("b", {}, hostname.replace(/^www\./, ""));
  return link(url, { class: small ? "card small" : "card" }, domain, words ? make("span", { dir: "auto" }, words) : null);
}

function documentCard(file) {
  const disc = make("span", { class: "disc" }, icon("file"));
  return link(file.url, { class: "document" }, disc, make("b", { dir: "auto" }, file.name), make("i", {}, size(file.size)));
}

/* ---- text with entities ---------------------------------------------------------------------------------- */

const MARKS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code" };
const NAMES = new Set(["mention", "text_mention", "hashtag", "cashtag", "email", "phone_number"]);
const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);

/** Entities as spans in drawing order: outer before inner, as they start. */
function spansOf({ text, entities }) {
  const spans = entities.map((entity) => {
    return { entity, start: Math.max(0, entity.offset), end: Math.min(text.length, entity.offset + entity.length) };
  });
  return spans.filter(({ start, end }) => start < end).sort(byPlace);
}

// of two that cover the same text the block is outside, or a quote would be cut into pieces
const byPlace = (one, other) =>
  one.start - other.start || other.end - one.end || BLOCKS.has(other.entity.type) - BLOCKS.has(one.entity.type);

/** Draw text[from:to]; a span that crosses the end of an earlier one goes on behind it. Offsets are UTF-16 units. */
function renderText(parent, text, spans, from = 0, to = text.length) {
  while (spans.length) {
    const [{ entity, start, end }, ...others] = spans;
    if (from < start) parent.append(text.slice(from, start));
    const inside = others.filter((span) => span.start < end).map((span) => ({ ...span, end: Math.min(span.end, end) }));
    const node = entityNode(entity, text.slice(start, end));
    renderText(node.querySelector(".inside") ?? node, text, inside, start, end);
    parent.append(node);
    // a block ends its own line
    from = BLOCKS.has(entity.type) && text[end] === "\n" ? end + 1 : end;
    const rest = from;
    spans = others.filter((span) => span.end > rest).map((span) => ({ ...span, start: Math.max(span.start, rest) }));
    spans.sort(byPlace);
  }
  if (from < to) parent.append(text.slice(from, to));
}

function entityNode(entity, words) {
  switch (entity.type) {
    case "text_link":
      return link(entity.url, { title: safeLink(entity.url) });
    case "url":
      return link(/^[a-z][a-z0-9+.-]*:/i.test(words) ? words : `https://${words}`, {});
    case "bot_command":
      return button({ class: "link", click: () => sendCommand(words) });
    case "spoiler":
      return spoiler();
    case "blockquote":
      return make("blockquote", { dir: "auto" });
    case "expandable_blockquote":
      return make("blockquote", { class: "expandable", dir: "auto" }, make("div", { class: "inside" }));
    case "pre":
      return make("pre", { "data-language": entity.language });
    default:
      return make(MARKS[entity.type] ?? "span", { class: NAMES.has(entity.type) && "link" });
  }
}

/** Hidden until asked for; like Telegram, one click shows all that the message hides. */
function spoiler() {
  const show = (event) => {
    if (node.classList.contains("shown") || (event.key && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault(); // a link inside is not followed by the click that shows it
    event.stopPropagation();
    for (const hidden of node.closest(".text").querySelectorAll(".spoiler")) reveal(hidden);
  };
  const asButton = { role: "button", tabindex: "0", "aria-label": "Show the hidden text" };
  const node = make("span", { class: "spoiler", ...asButton, keydown: show });
  node.addEventListener("click", show, { capture: true });
  return node;
}

function reveal(node) {
  node.classList.add("shown");
  for (const name of ["role", "tabindex", "aria-label"]) node.removeAttribute(name);
}

/* ---- buttons under a message ----------------------------------------------------------------------------- */

function keyboard(message) {
  if (!message.keyboard.length) return null;
  const rows = message.keyboard.map((row, y) => {
    return make("div", { class: "keys" }, ...row.map((key, x) => keyNode(message, key, `key-${message.id}-${y}-${x}`)));
  });
  return make("div", { class: "keyboard" }, ...rows);
}

function keyNode(message, key, focus) {
  const label = make("span", { dir: "auto" }, key.text);
  if (key.url) return link(key.url, { class: "key", "data-focus": focus }, label, icon("link"));
  return button({ class: "key", "data-focus": focus, click: (event) => press(event.currentTarget, message, key) }, label);
}

async function press(node, { chat_id, id: message_id }, { data }) {
  if (node.hasAttribute("aria-busy")) return;
  node.setAttribute("aria-busy", "true");
  setTimeout(() => node.removeAttribute("aria-busy"), PRESS_MS);
  try {
    const { query_id: id } = await call("press", { user: state.user.id, chat_id, message_id, data });
    presses.set(id, node);
    if (earlyAnswers.has(id)) receiveAnswer(earlyAnswers.get(id));
  } catch (error) {
    node.removeAttribute("aria-busy");
    toast(error.message);
  }
}

/** Answers belong to the page that pressed; one that overtakes the reply to its press waits for it. */
function receiveAnswer(answer) {
  const id = answer.query_id;
  earlyAnswers.delete(id);
  if (!presses.has(id)) {
    earlyAnswers.set(id, answer);
    if (earlyAnswers.size > 20) earlyAnswers.delete(earlyAnswers.keys().next().value);
    return;
  }
  presses.get(id).removeAttribute("aria-busy");
  presses.delete(id);
  if (answer.text && answer.alert) alertBox(answer.text);
  else if (answer.text) toast(answer.text);
}

function toast(text) {
  clearTimeout(toastTimer);
  $("toast").textContent = text;
  $("toast").hidden = false;
  toastTimer = setTimeout(() => ($("toast").hidden = true), TOAST_MS);
}

function alertBox(text) {
  $("alert-title").textContent = state.bot.name;
  $("alert-text").textContent = text;
  if (!$("alert").open) $("alert").showModal();
}

/* ---- writing --------------------------------------------------------------------------------------------- */

function drawComposer() {
  const { chat } = open;
  if (!chat) return;
  const instead = chat.blocked ? "Unblock" : chat.type === "private" && !chat.messages.size ? "Start" : "";
  $("start").hidden = !instead;
  $("start").textContent = instead;
  $("composer").hidden = !chat.can_write || Boolean(instead);
  $("bottom").classList.toggle("read-only", !chat.can_write && !instead);
  $("menu-button").hidden = chat.type !== "private" || !chat.commands.length;
  $("message-box").placeholder = chat.type === "channel" ? "Broadcast" : "Message";
  $("replying").hidden = replyTo === null;
  if (replyTo) {
    $("replying").querySelector("b").textContent = `Reply to ${replyTo.from.name}`;
    $("replying").querySelector(".quoted span").textContent = replyTo.text.slice(0, 200);
  }
  fitBox();
}

function pressInstead() {
  if (open.chat.blocked) setBlocked(false);
  else sendText("/start");
}

/** The box grows with its text up to what the style sheet allows. */
function fitBox() {
  const box = $("message-box");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
  $("send").disabled = !box.value.trim();
}

function startReply(message) {
  if (!open.chat.can_write || open.chat.blocked) return;
  setReply(message);
  getSelection().removeAllRanges(); // the double click marked a word
  $("message-box").focus();
}

function setReply(message) {
  replyTo = message;
  drawComposer();
}

async function sendBox() {
  const box = $("message-box");
  const text = box.value.trim();
  const chat = open.chat;
  if (!text) return;
  box.value = "";
  showCommands(null);
  fitBox();
  const sent = await sendText(text);
  if (!sent && open.chat === chat && !box.value) box.value = text;
  fitBox();
}

/** Send to the open place; true if the sandbox took it. */
async function sendText(text) {
  const body = { user: state.user.id, chat_id: open.chat.id, thread_id: open.topic?.thread_id ?? 0, text };
  if (replyTo) body.reply_to = replyTo.id;
  setReply(null);
  try {
    await call("message", body); // the event stream brings it, in its order among the others
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  }
}

/** In groups a command names its bot, as Telegram's own clients write it. */
function fullCommand(command) {
  return open.chat.type === "private" || command.includes("@") ? command : `${command}@${state.bot.username}`;
}

function sendCommand(command) {
  if (open.chat.can_write && !open.chat.blocked) sendText(fullCommand(command));
}

/* ---- the command menu ------------------------------------------------------------------------------------ */

const commandsShown = () => !$("command-menu").hidden;
const chosen = () => $("command-menu").querySelector("[aria-selected=true]");

/** Show the commands that begin with `typed`; null closes the menu. */
function showCommands(typed) {
  const fitting = typed === null ? [] : open.chat.commands.filter(({ command }) => command.startsWith(typed.toLowerCase()));
  $("command-menu").replaceChildren(...fitting.map(commandRow));
  $("command-menu").hidden = !fitting.length;
  $("menu-button").setAttribute("aria-expanded", String(Boolean(fitting.length)));
  if (fitting.length) choose($("command-menu").firstElementChild);
  else $("message-box").removeAttribute("aria-activedescendant");
}

function commandRow({ command, description }) {
  return make("li", { id: `command-${command}`, role: "option", "data-command": command, "aria-selected": "false",
    pointermove: (event) => choose(event.currentTarget), click: () => takeCommand(command) },
    avatar(state.bot.id, state.bot.name), make("b", {}, `/${command}`), make("span", { dir: "auto" }, description));
}

function choose(row) {
  chosen()?.setAttribute("aria-selected", "false");
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
  $("message-box").setAttribute("aria-activedescendant", row.id);
}

function takeCommand(command) {
  $("message-box").value = "";
  showCommands(null);
  fitBox();
  sendCommand(`/${command}`);
}

/** Tab writes the command and leaves room for its words. */
function writeCommand(command) {
  $("message-box").value = `${fullCommand(`/${command}`)} `;
  $("message-box").focus();
  showCommands(null);
  fitBox();
}

function onBoxInput() {
  const typed = /^\/(\w*)$/.exec($("message-box").value);
  showCommands(typed ? typed[1] : null);
  fitBox();
}

const COMMAND_KEYS = {
  ArrowDown: () => choose(chosen().nextElementSibling ?? $("command-menu").firstElementChild),
  ArrowUp: () => choose(chosen().previousElementSibling ?? $("command-menu").lastElementChild),
  Enter: () => takeCommand(chosen().dataset.command),
  Tab: () => writeCommand(chosen().dataset.command),
  Escape: () => showCommands(null),
};

function onComposerKey(event) {
  if (event.isComposing || event.shiftKey) return;
  if (commandsShown() && event.key in COMMAND_KEYS) COMMAND_KEYS[event.key]();
  else if (event.key === "Escape" && replyTo) setReply(null);
  else if (event.key === "Enter" && event.target === $("message-box")) sendBox();
  else return;
  event.preventDefault();
}

/* ---- where we are ---------------------------------------------------------------------------------------- */

/** Open what the hash names; `stay` keeps the scroll position of a place that was open already. */
function goWhereTheAddressSays(stay = false) {
  const [chatId, threadId] = location.hash.slice(1).split("/");
  const chat = chatById(chatId);
  const topic = chat?.is_forum && threadId !== undefined ? topicOf(chat, Number(threadId)) : null;
  const before = openPlace();
  const draft = $("message-box").value;
  if (!stay) forumShown = chat?.is_forum ? chat.id : null;
  Object.assign(open, chat && (topic || !chat.is_forum) ? { chat, topic } : { chat: null, topic: null });
  if (before !== openPlace()) enterPlace(before, draft);
  drawPlace(stay && before === openPlace());
}

function enterPlace(before, draft) {
  if (before) drafts.set(before, draft);
  $("message-box").value = drafts.get(openPlace()) ?? "";
  replyTo = null;
  showCommands(null);
  showChatMenu(false);
}

function drawPlace(stay) {
  const top = $("scroller").scrollTop;
  document.body.dataset.view = open.chat ? "chat" : "list";
  $("nothing-open").hidden = Boolean(open.chat);
  $("chat-bar").hidden = $("bottom").hidden = $("scroller").hidden = !open.chat;
  if (!stay) pinned = true;
  if (open.chat) {
    drawMessages(stay ? Math.max(nodes.size, PAGE) : PAGE);
    drawComposer();
    if (stay && !pinned) $("scroller").scrollTop = top;
    else toBottom();
  }
  drawAround();
  if (!stay && open.chat && !narrow.matches && document.activeElement === document.body) $("message-box").focus();
}

function goBack() {
  location.hash = open.topic ? String(open.chat.id) : "";
}

function closeTopics() {
  forumShown = null;
  drawList();
}

/* ---- dark and light -------------------------------------------------------------------------------------- */

function applyTheme(theme) {
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
}

function toggleTheme() {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  applyTheme(dark ? "light" : "dark");
  remembered("theme", dark ? "light" : "dark");
}

/* ---- start ----------------------------------------------------------------------------------------------- */

function onEscape(event) {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (!$("chat-menu").hidden) showChatMenu(false);
  else if (commandsShown()) showCommands(null);
}

function listen() {
  addEventListener("hashchange", () => goWhereTheAddressSays());
  document.addEventListener("keydown", onEscape);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#chat-menu, #chat-menu-button")) showChatMenu(false);
    if (!event.target.closest("#command-menu, #composer")) showCommands(null);
  });
  document.addEventListener("visibilitychange", () => document.hidden || (open.chat && onScroll()));
  $("scroller").addEventListener("scroll", onScroll, { passive: true });
  new ResizeObserver(() => pinned && open.chat && toBottom()).observe($("scroller"));
  $("to-bottom").addEventListener("click", () => (toBottom("smooth"), drawAround()));
  $("chat-back").addEventListener("click", goBack);
  $("topics-back").addEventListener("click", closeTopics);
  $("chat-menu-button").addEventListener("click", () => showChatMenu($("chat-menu").hidden));
  $("chat-menu").addEventListener("keydown", onMenuKey);
  $("block").addEventListener("click", () => setBlocked(!open.chat.blocked));
  $("start").addEventListener("click", pressInstead);
  $("no-reply").addEventListener("click", () => setReply(null));
  $("menu-button").addEventListener("click", () => showCommands(commandsShown() ? null : ""));
  $("message-box").addEventListener("input", onBoxInput);
  $("composer").addEventListener("keydown", onComposerKey);
  $("composer").addEventListener("submit", (event) => (event.preventDefault(), sendBox(), $("message-box").focus()));
  $("theme").addEventListener("click", toggleTheme);
  listenToWeather();
}

applyTheme(remembered("theme"));
listen();
connect();
