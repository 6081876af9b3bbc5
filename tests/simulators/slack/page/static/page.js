// The page of the Slack simulator: asks for HTML parts when something changed, and sends what the person does.
const $ = (query, from = document) => from.querySelector(query);
const shown = { as: "", channel: "", thread: "", tab: "messages" };
const drawn = {};

async function look() {
  const state = await (await fetch(`/ui/state?${new URLSearchParams(shown)}`)).json();
  shown.channel = state.channel;
  shown.as ||= state.me;
  people(state);
  put("channels", $("#channels"), state.sidebar);
  $("#name").textContent = state.kind === "im" ? state.name : `# ${state.name}`;
  $("#link").textContent = state.connected ? `${state.bot} is connected` : `${state.bot} is not connected`;
  $("#tabs").hidden = state.kind !== "im";
  for (const tab of $("#tabs").children) tab.classList.toggle("on", tab.dataset.tab === shown.tab);
  const home = state.kind === "im" && shown.tab === "home";
  $("#list").classList.toggle("home", home);
  $("main .composer").hidden = home;
  $("main textarea").placeholder = `Message ${state.kind === "im" ? state.name : "#" + state.name}`;
  put("list", $("#list"), state.main);
  $("#thread").hidden = !shown.thread;
  put("replies", $("#replies"), state.thread);
  $("#stop").hidden = !(state.streaming || state.session === "processing");
  notices(state);
  prompts(home ? [] : state.prompts);
  modal(state);
}

function put(key, place, html) {
  if (drawn[key] === html) return;
  const bottom = place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  place.innerHTML = drawn[key] = html;
  if (bottom && !place.classList.contains("home")) place.scrollTop = place.scrollHeight;
}

function people(state) {
  const names = state.people.join();
  if (drawn.people === names) return;
  drawn.people = names;
  $("#me").replaceChildren(...state.people.map((name) => new Option(name, name, false, name === shown.as)));
}

function notices(state) {
  const line = (text, kind) => Object.assign(document.createElement("p"), { textContent: text, className: kind });
  const alarms = state.alarms.map((live) => line(`Alarm: this would have called people: ${live}`, "alarm"));
  const warnings = state.warnings.slice(-1).map((word) => line(`⚠ The app did not respond (${word})`, ""));
  $("#notices").replaceChildren(...alarms, ...warnings);
}

function prompts(found) {
  $("#prompts").replaceChildren(...found.map((each) => {
    const button = Object.assign(document.createElement("button"), { textContent: each.title });
    button.onclick = () => act("say", { text: each.message });
    return button;
  }));
}

function modal(state) {
  const dialog = $("#modal");
  if (drawn.modal === state.modal) return;
  drawn.modal = state.modal;
  const kept = drawn.view === state.view ? values($("form", dialog)) : {};
  drawn.view = state.view;
  $("form", dialog).innerHTML = state.modal;
  for (const field of $("form", dialog).elements) if (kept[field.name] !== undefined) field.value = kept[field.name];
  if (state.modal && !dialog.open) dialog.showModal();
  if (!state.modal && dialog.open) dialog.close();
}

function values(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || (field.type === "radio" && !field.checked)) continue;
    if (field.type === "checkbox") found[field.name] = [...(found[field.name] || []), ...(field.checked ? [field.value] : [])];
    else if (field.multiple) found[field.name] = [...field.selectedOptions].map((each) => each.value);
    else if (field.value) found[field.name] = field.value;
  }
  return found;
}

async function act(deed, more = {}) {
  const body = JSON.stringify({ deed, as: shown.as, channel: shown.channel, ...more });
  const answer = await (await fetch("/ui/do", { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
  if (answer.refused) $("#notices").append(Object.assign(document.createElement("p"), { textContent: answer.refused }));
}

function sure(text) {
  if (!text) return Promise.resolve(true);
  const asked = JSON.parse(text), dialog = $("#confirm");
  $("h2", dialog).textContent = asked.title.text;
  $("p", dialog).textContent = asked.text.text;
  $("[value=no]", dialog).textContent = asked.deny.text;
  $("[value=yes]", dialog).textContent = asked.confirm.text;
  $("[value=yes]", dialog).className = asked.style === "danger" ? "danger" : "primary";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

async function use(element, choice) {
  const { target, action, confirm } = element.dataset;
  if (await sure(confirm)) await act("click", { target, action, choice });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const at = button.closest(".message")?.dataset ?? {};
  if (button.dataset.action !== undefined) await use(button, button.dataset.choice);
  else if (button.dataset.channel) go({ channel: button.dataset.channel, thread: "", tab: "messages" });
  else if (button.dataset.tab) { go({ tab: button.dataset.tab }); await act(button.dataset.tab); }
  else if (button.dataset.thread || "reply" in button.dataset) go({ thread: button.dataset.thread || at.root });
  else if (button.dataset.react) await act("react", { ts: at.ts, emoji: button.dataset.react });
  else if (button.dataset.shortcut) await act("shortcut", { ts: at.ts, callback: button.dataset.shortcut });
  else if (button.dataset.close) await act("close", { view: button.dataset.close });
  else if (button.id === "shut") go({ thread: "" });
  else if (button.id === "stop") await act("stop", { ts: shown.thread });
  else if (button.id === "dark") theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
});

document.addEventListener("change", async (event) => {
  const field = event.target;
  if (field.id === "me") return go({ as: field.value, thread: "", channel: "" });
  if (field.type === "file") return clip(field);
  if (field.dataset.target && field.value) await use(field, field.multiple ? [...field.selectedOptions].map((o) => o.value) : field.value);
});

function clip(field) {
  field.parentElement.classList.toggle("full", field.files.length > 0);
  field.parentElement.dataset.count = field.files.length;
}

function coded(file) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1]);
    reader.readAsDataURL(file);
  });
}

for (const composer of document.querySelectorAll(".composer")) {
  const area = $("textarea", composer), picker = $("[type=file]", composer);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); composer.requestSubmit(); }
  });
  composer.addEventListener("submit", async (event) => {
    event.preventDefault();
    const files = {};
    for (const file of picker.files) files[file.name] = await coded(file);
    const text = area.value.trim();
    area.value = picker.value = "";
    clip(picker);
    if (text || Object.keys(files).length) await act("say", { text, files, thread: composer.dataset.where === "thread" ? shown.thread : "" });
  });
}

$("#modal form").addEventListener("submit", (event) => { event.preventDefault(); act("submit", { values: values(event.target) }); });
$("#modal").addEventListener("cancel", (event) => { event.preventDefault(); act("close", { view: drawn.view }); });

function go(change) {
  Object.assign(shown, change);
  look();
}

function theme(name) {
  document.documentElement.dataset.theme = name;
}

theme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
let busy = false, again = false;
new EventSource("/ui/news").onmessage = async () => {
  if (busy) { again = true; return; }
  busy = true;
  try {
    do { again = false; await look(); } while (again);
  } finally {
    busy = false;
  }
};
