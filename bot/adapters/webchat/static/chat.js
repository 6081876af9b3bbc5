"use strict";
// The web chat page. Everything that came from a model or an action is inserted as text, or as HTML that the
// server has cleaned; nothing else may become markup.

const log = document.getElementById("log");
const field = document.getElementById("text");
const send = document.getElementById("send");
const halt = document.getElementById("halt");
const banner = document.getElementById("banner");
const empty = document.getElementById("empty");
const store = window.sessionStorage;
let last = "";

function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let conversation = store.getItem("conversation") || fresh();
store.setItem("conversation", conversation);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function add(node) {
  empty.hidden = true;
  log.append(node);
  node.scrollIntoView({ block: "end" });
  return node;
}

function seconds(value) {
  if (value === null || value === undefined) return "";
  return value < 9.95 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

class Answer {
  constructor() {
    this.box = add(element("article", "answer"));
    this.runs = element("ul", "runs");
    this.draft = element("p", "note", "Thinking…");
    this.box.append(this.runs, this.draft);
    this.rows = new Map();
    this.written = "";
  }

  on(name, data) {
    if (name === "planned") this.draft.textContent = "";
    if (name === "run_started") this.started(data);
    if (name === "run_output") this.output(data);
    if (name === "run_ended") this.ended(data);
    if (name === "text") {
      this.written += data.text;
      this.draft.textContent = this.written;
    }
    if (name === "reply") this.finish(data);
  }

  row(data) {
    if (!this.rows.has(data.run_id)) {
      const row = element("li", "running");
      row.append(element("span", "state"), element("span", "name", data.name), element("span", "took"));
      this.runs.append(row);
      this.rows.set(data.run_id, row);
    }
    return this.rows.get(data.run_id);
  }

  started(data) { this.row(data); }

  output(data) {
    const row = this.row(data);
    let shown = row.querySelector("pre");
    if (!shown) {
      const details = element("details");
      shown = element("pre");
      details.append(element("summary", "", "output"), shown);
      row.append(details);
    }
    if (shown.textContent.length < 20000) shown.textContent += data.text;
  }

  ended(data) {
    const row = this.row(data);
    const good = data.outcome === "success";
    row.className = good ? "done" : "failed";
    row.querySelector(".state").textContent = good ? "✓" : "✗";
    row.querySelector(".took").textContent = good ? seconds(data.seconds) : data.detail || data.outcome;
  }

  finish(reply) {
    this.draft.remove();
    const body = element("div", "body");
    body.innerHTML = reply.html; // cleaned by the server: no scripts, images or attributes but href
    this.box.append(body);
    if (reply.question) this.box.append(element("p", "question", reply.question));
    if (reply.approval) this.box.append(card(reply.approval));
    const chips = element("div", "chips");
    for (const used of reply.used) {
      const good = used.outcome === "success";
      chips.append(element("span", good ? "done" : "failed", `${used.name} ${good ? "✓ " + seconds(used.seconds) : "✗ " + (used.detail || used.label)}`));
    }
    if (reply.used.length) this.box.append(chips);
    const pages = sources(reply.used);
    if (pages) this.box.append(pages);
    for (const file of reply.files) this.box.append(shown(file));
    if (reply.reference) this.box.append(element("p", "note", `Reference: ${reply.reference}`));
    show(reply.notices);
    this.box.scrollIntoView({ block: "end" });
  }

  failed(text, again) {
    this.draft.textContent = text + " ";
    const button = element("button", "", "Try again");
    button.addEventListener("click", () => { this.box.remove(); again(); });
    this.draft.append(button);
  }
}

// Each link says the host that it leads to, whatever its label says.
function sources(used) {
  const links = new Map();
  for (const { label, url } of used.flatMap((one) => one.sources)) {
    const link = element("a", "", label);
    link.href = url;
    link.rel = "noopener noreferrer nofollow";
    link.target = "_blank";
    if (["http:", "https:"].includes(link.protocol) && links.size < 10 && !links.has(url)) links.set(url, link);
  }
  if (!links.size) return null;
  const line = element("p", "note sources", "Sources: ");
  [...links.values()].forEach((link, place) => {
    line.append(place ? " · " : "", link, link.textContent === link.host ? "" : ` (${link.host})`);
  });
  return line;
}

function shown(file) {
  const address = `${file.path}?conversation=${encodeURIComponent(conversation)}`;
  const link = element("a", "file", `${file.name} (${Math.max(1, Math.round(file.size / 1000))} kB)`);
  link.href = address;
  link.download = file.name;
  const figure = element("figure");
  if (["image/png", "image/jpeg", "image/gif", "image/webp"].includes(file.media_type)) {
    const picture = element("img");
    picture.src = address;
    picture.alt = file.name;
    figure.append(picture);
  }
  const caption = element("figcaption");
  caption.append(link);
  figure.append(caption);
  return figure;
}

function show(notices) {
  banner.replaceChildren(...notices.map((notice) => element("span", "", notice)));
  banner.hidden = notices.length === 0;
}

function card(approval) {
  const box = element("section", "approval");
  box.setAttribute("aria-label", "Please confirm");
  box.append(element("strong", "", "Please confirm before I run:"));
  for (const item of approval.items) {
    box.append(element("div", "", item.name));
    const list = element("dl");
    for (const [name, value] of Object.entries(item.arguments)) {
      list.append(element("dt", "", name.replaceAll("_", " ")), element("dd", "", String(value)));
    }
    box.append(list);
  }
  const buttons = element("div", "buttons");
  const yes = element("button", "main", "Confirm");
  const no = element("button", "", "Cancel");
  const decide = (approve) => {
    yes.disabled = no.disabled = true;
    post(`/api/v1/approvals/${encodeURIComponent(approval.id)}`, { approve, conversation });
  };
  yes.addEventListener("click", () => decide(true));
  no.addEventListener("click", () => decide(false));
  box.addEventListener("keydown", (event) => {
    if (event.key === "y" && !yes.disabled) decide(true);
    if (event.key === "n" && !no.disabled) decide(false);
  });
  buttons.append(yes, no);
  box.append(buttons);
  setTimeout(() => yes.focus(), 0);
  return box;
}

async function post(path, body) {
  const answer = new Answer();
  busy(true);
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error || `The service answered ${response.status}.`);
    await read(response.body, answer);
  } catch (error) {
    answer.failed(error instanceof TypeError ? "The service cannot be reached." : error.message, () => post(path, body));
  } finally {
    busy(false);
  }
}

function busy(on) {
  send.disabled = on;
  halt.hidden = !on;
  halt.disabled = false;
}

function stopAll() {
  halt.disabled = true;
  fetch(`/api/v1/conversations/${encodeURIComponent(conversation)}/stop`, { method: "POST" }).catch(() => { halt.disabled = false; });
}

async function read(body, answer) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const events = held.split("\n\n");
    held = events.pop();
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event);
      const data = /^data: (.*)$/m.exec(event);
      if (name && data) answer.on(name[1], JSON.parse(data[1]));
    }
  }
}

function ask(text) {
  last = text;
  add(element("div", "mine", text));
  post("/api/v1/chat", { message: text, conversation, message_id: fresh() });
}

function fit() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text || send.disabled) return;
  field.value = "";
  fit();
  ask(text);
});
field.addEventListener("input", fit);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    document.getElementById("form").requestSubmit();
  }
  if (event.key === "ArrowUp" && !field.value && last) { field.value = last; fit(); event.preventDefault(); }
});
halt.addEventListener("click", stopAll);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !halt.hidden && !halt.disabled) stopAll();
});
document.getElementById("fresh").addEventListener("click", () => {
  conversation = fresh();
  store.setItem("conversation", conversation);
  log.replaceChildren(empty);
  empty.hidden = false;
  show([]);
  field.focus();
});
document.getElementById("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
});
if (localStorage.getItem("theme")) document.documentElement.dataset.theme = localStorage.getItem("theme");

fetch("/api/v1/suggestions").then((response) => response.json()).then((data) => {
  const box = document.getElementById("suggestions");
  for (const text of data.suggestions) {
    const button = element("button", "", text);
    button.type = "button";
    button.addEventListener("click", () => ask(text));
    box.append(button);
  }
}).catch(() => {});
