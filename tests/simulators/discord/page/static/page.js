// The page of the Discord simulator: asks for HTML parts when something changed, and sends what the person does.
const drawn = {};

async function look() {
  const asked = { as: shown.as, channel: shown.channel };
  const state = await (await fetch(`/ui/state?${new URLSearchParams(asked)}`)).json();
  if (asked.as !== shown.as || asked.channel !== shown.channel) return; // the person has moved on meanwhile
  shown.channel = state.channel;
  shown.as ||= state.me;
  shown.commands = state.commands;
  $("#guild").textContent = state.guild;
  $("#link").textContent = state.connected ? `${state.bot} is online` : `${state.bot} is offline`;
  $("#name").textContent = `${state.sign} ${state.name}`;
  $("#composer textarea").placeholder = state.forum ? "What is it about?" : `Message ${state.sign === "#" ? "#" : ""}${state.name}`;
  put("channels", $("#channels"), state.sidebar);
  people(state);
  forum(state);
  put(`list ${state.channel}`, $("#list"), state.main);
  notices(state);
  modal(state);
}

function put(key, place, html) {
  if (drawn[place.id] === key + html) return;
  const bottom = drawn[place.id + "key"] !== key || place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  drawn[place.id] = key + html;
  drawn[place.id + "key"] = key;
  place.innerHTML = html;
  if (bottom && place.id === "list") place.scrollTop = place.scrollHeight;
}

function people(state) {
  const names = state.people.join();
  if (drawn.people === names) return;
  drawn.people = names;
  $("#me").replaceChildren(...state.people.map((name) => new Option(name, name, false, name === shown.as)));
}

function forum(state) {
  $("#post").hidden = !state.forum;
  const key = state.channel + state.tags.join();
  if (drawn.tags === key) return;
  drawn.tags = key;
  $("#tags").replaceChildren(...state.tags.map((name) => {
    const label = Object.assign(document.createElement("label"), { className: "box" });
    label.append(Object.assign(document.createElement("input"), { type: "checkbox", name: "tag", value: name }), name);
    return label;
  }));
}

function notices(state) {
  const line = (text, kind) => Object.assign(document.createElement("p"), { textContent: text, className: kind });
  const alarms = state.alarms.map((live) => line(`Alarm: this would have called people: ${live}`, "alarm"));
  const warnings = state.warnings.slice(-1).map((words) => line(`⚠ ${words}`, ""));
  $("#notices").replaceChildren(...alarms, ...warnings);
}

function modal(state) {
  const dialog = $("#modal");
  if (drawn.modal === state.modalId) return;
  drawn.modal = state.modalId;
  $("form", dialog).innerHTML = state.modal;
  if (state.modal && !dialog.open) dialog.showModal();
  if (!state.modal && dialog.open) dialog.close();
}

function values(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || (field.type === "radio" && !field.checked)) continue;
    if (field.type === "checkbox") found[field.name] = [...(found[field.name] || []), ...(field.checked ? [field.value] : [])];
    else if (field.multiple) found[field.name] = [...field.selectedOptions].map((each) => each.value);
    else found[field.name] = field.value;
  }
  return found;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const data = button.dataset, id = button.closest(".message")?.dataset.id;
  if (data.custom !== undefined) await act("click", { id, custom: data.custom });
  else if (data.channel) go({ channel: data.channel });
  else if (data.react) await act("react", { id, emoji: data.react });
  else if (data.menu) await act("menu", { id, name: data.menu });
  else if (data.do === "reply") replyTo(id, $("header b", button.closest(".message")).textContent);
  else if (data.do === "thread") await named("thread", id, "Name of the thread", "");
  else if (data.do === "edit") await named("edit", id, "Your message", $(".md", button.closest(".message"))?.textContent.trim() ?? "");
  else if (data.do) await act(data.do, { id });
  else if (data.shut === "modal") await act("close");
  else if (data.shut === "reply") replyTo("", "");
  else if (data.shut === "command") close();
});

async function named(deed, id, question, first) {
  const text = prompt(question, first);
  if (text) await act(deed, { id, text });
}

document.addEventListener("change", async (event) => {
  const field = event.target;
  if (field.id === "me") return go({ as: field.value, channel: "" });
  if (field.type === "file") return clip(field);
  if (field.dataset.custom === undefined || !field.value) return;
  const choice = field.multiple ? [...field.selectedOptions].map((each) => each.value) : field.value;
  await act("click", { id: field.closest(".message").dataset.id, custom: field.dataset.custom, choice });
});

$("#modal form").addEventListener("submit", (event) => {
  event.preventDefault();
  act("submit", { values: values(event.target) });
});
$("#modal").addEventListener("cancel", (event) => { event.preventDefault(); act("close"); });

function go(change) {
  Object.assign(shown, change);
  replyTo("", "");
  close();
  look();
}

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
