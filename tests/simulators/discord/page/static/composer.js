// The composer: words, files, replies, posts in forums, and slash commands with their options.
const $ = (query, from = document) => from.querySelector(query);
const shown = { as: "", channel: "", reply: "", commands: [] };

async function act(deed, more = {}) {
  const body = JSON.stringify({ deed, as: shown.as, channel: shown.channel, ...more });
  const answer = await (await fetch("/ui/do", { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
  if (answer.refused) $("#notices").append(Object.assign(document.createElement("p"), { textContent: answer.refused }));
  if (answer.channel) go({ channel: answer.channel });
  return answer;
}

function replyTo(id, name) {
  shown.reply = id;
  $("#replying").hidden = !id;
  $("#replying span").textContent = `Replying to ${name}`;
  if (id) $("#composer textarea").focus();
}

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

const area = $("#composer textarea"), picker = $("#composer [type=file]");

function matching() {
  return area.value.startsWith("/") ? shown.commands.filter((each) => each.name.startsWith(area.value.trim())) : [];
}

area.addEventListener("input", () => {
  const found = matching();
  $("#palette").hidden = !found.length;
  $("#palette").replaceChildren(...found.map((command, place) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: place ? "" : "first" });
    button.append(command.name, Object.assign(document.createElement("small"), { textContent: command.about }));
    button.onclick = () => open(command);
    return button;
  }));
});

area.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  const found = matching();
  if (found.length) open(found[0]);
  else $("#composer").requestSubmit();
});

$("#composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const files = {};
  for (const file of picker.files) files[file.name] = await coded(file);
  const text = area.value.trim(), post = $("#post");
  if (!post.hidden && !post.reportValidity()) return;
  area.value = picker.value = "";
  clip(picker);
  if (!text && !Object.keys(files).length) return;
  if (post.hidden) {
    const reply = shown.reply;
    replyTo("", "");
    await act("say", { text, files, reply });
  } else {
    const tags = [...post.querySelectorAll("[name=tag]:checked")].map((each) => each.value);
    const answer = await act("post", { title: post.title.value, text, files, tags });
    if (!answer.refused) post.reset();
  }
});

function open(command) {
  area.value = "";
  $("#palette").hidden = true;
  const form = $("#command");
  form.dataset.command = command.name;
  form.replaceChildren(Object.assign(document.createElement("b"), { textContent: command.name }));
  form.append(...command.options.map((option) => field(option)));
  form.append(Object.assign(document.createElement("button"), { textContent: "Run", className: "primary" }));
  const shut = Object.assign(document.createElement("button"), { textContent: "×", type: "button" });
  shut.dataset.shut = "command";
  form.append(shut);
  form.hidden = false;
  (form.querySelector("input, select") ?? form.querySelector("button")).focus();
}

function close() {
  $("#command").hidden = true;
}

function field(option) {
  const label = document.createElement("label");
  label.append(option.required ? option.name : `${option.name} (optional)`);
  label.title = option.description;
  const input = option.choices?.length || option.type === 5 ? choice(option) : document.createElement("input");
  input.name = option.name;
  input.required = Boolean(option.required);
  if (option.type === 4) input.inputMode = "numeric";
  if (option.autocomplete) offer(input, label);
  label.append(input);
  return label;
}

function choice(option) {
  const select = document.createElement("select");
  const offered = option.type === 5 ? [{ name: "yes", value: "true" }, { name: "no", value: "false" }] : option.choices;
  select.append(new Option("", ""), ...offered.map((each) => new Option(each.name, each.value)));
  return select;
}

function offer(input, label) {
  const list = Object.assign(document.createElement("datalist"), { id: `offered-${input.name}` });
  input.setAttribute("list", list.id);
  input.autocomplete = "off";
  label.append(list);
  input.addEventListener("input", async () => {
    const typed = input.value;
    const more = { command: $("#command").dataset.command, option: input.name, typed, options: given() };
    const answer = await act("choices", more);
    if (input.value === typed) list.replaceChildren(...(answer.choices ?? []).map((each) => new Option(each.name, each.value)));
  });
}

function given() {
  return Object.fromEntries([...$("#command").elements].filter((each) => each.name).map((each) => [each.name, each.value]));
}

$("#command").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await act("run", { command: event.target.dataset.command, options: given() });
  if (!answer.refused) { close(); area.focus(); }
});
