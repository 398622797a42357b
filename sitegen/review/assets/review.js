// The review desk works without this; it adds keys, the live preview, passages that light up, and news of the engine.
import { keys } from "./keys.js";

const at = (id) => document.getElementById(id);
const follow = (id) => () => at(id)?.click();
const goTo = (id) => () => at(id)?.focus();
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// ------------------------------------------------------------------------------------------------------------- the list

const rows = [...document.querySelectorAll("a.row")];
let row = -1;

function toRow(step) {
  const now = rows.indexOf(document.activeElement);
  row = Math.max(0, Math.min(rows.length - 1, (now >= 0 ? now : row) + step));
  rows[row]?.focus();
}

const bar = at("bar");
const picks = [...document.querySelectorAll("input[name=pick]")];

function count() {
  const picked = picks.filter((box) => box.checked).length;
  bar.hidden = picked === 0;
  at("picked").textContent = `${picked} picked:`;
}

function pick() {
  const box = document.activeElement?.closest("li.pickable")?.querySelector("input[name=pick]") ?? picks[0];
  if (!box) return;
  box.checked = !box.checked;
  count();
}

function pickAll() {
  const all = picks.every((box) => box.checked);
  for (const box of picks) box.checked = !all;
  count();
}

if (bar) {
  at("many").addEventListener("change", count);
  addEventListener("pageshow", count);
  at("many").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "many-withdraw") return;
    event.preventDefault(); // the first button of a form, which Enter would press, is another one
    bar.querySelector("[value=withdraw]").click();
  });
  count();
}

// ---------------------------------------------------------------------------------------------- passages of the document

const points = [...document.querySelectorAll("a.seek")];
let point = -1;

function light(number, scroll) {
  for (const lit of document.querySelectorAll(".now")) lit.classList.remove("now");
  if (!number) return;
  document.querySelector(`a.seek[href="#span-${number}"]`)?.closest("li")?.classList.add("now");
  const found = document.querySelectorAll(`#source [data-points~="${number}"]`);
  for (const mark of found) mark.classList.add("now");
  const pane = at("source");
  if (!scroll || !found.length) return;
  const beside = getComputedStyle(pane).maxHeight !== "none";
  if (beside) {
    const away = found[0].getBoundingClientRect().top - pane.getBoundingClientRect().top;
    pane.scrollTo({ top: pane.scrollTop + away - pane.clientHeight / 3, behavior: calm ? "auto" : "smooth" });
  } else {
    found[0].scrollIntoView({ block: "center" });
  }
}

const numberOf = (link) => link.hash.slice("#span-".length);

for (const link of points) {
  const item = link.closest("li");
  const wide = () => matchMedia("(min-width: 62rem)").matches;
  link.addEventListener("focus", () => light(numberOf(link), wide()));
  item.addEventListener("mouseenter", () => light(numberOf(link), wide()));
  link.addEventListener("click", (event) => {
    event.preventDefault();
    light(numberOf(link), true);
  });
  item.addEventListener("click", (event) => {
    if (!event.target.closest("a") && !getSelection().toString()) light(numberOf(link), wide());
  });
}

function toPoint(step) {
  const now = points.indexOf(document.activeElement);
  point = Math.max(0, Math.min(points.length - 1, (now >= 0 ? now : point) + step));
  points[point]?.focus();
}

async function fetchDocument(pane) {
  try {
    const answer = await fetch(pane.dataset.from);
    if (answer.ok) pane.innerHTML = await answer.text(); // our own server's, where everything is escaped
  } finally {
    pane.removeAttribute("aria-busy");
  }
  const link = document.activeElement;
  if (points.includes(link)) light(numberOf(link), true);
}

const pane = at("source");
pane?.addEventListener("click", (event) => {
  const [number] = event.target.closest("[data-points]")?.dataset.points.split(" ") ?? [];
  const link = number && points.find((one) => numberOf(one) === number);
  if (link && !getSelection().toString()) link.focus(); // and back to the point
});
if (pane?.dataset.from) fetchDocument(pane);

// ---------------------------------------------------------------------------------------------------------------- edit

const form = at("edit-form");

// The text of a field as the site shows it, made anew whenever somebody pauses. Call what this returns to make it at once.
function previewed(field, preview, trouble) {
  const token = document.querySelector("meta[name=review-token]").content;
  let wait = 0;
  let round = 0;

  async function show() {
    const mine = ++round;
    const answer = await fetch("/_review/preview", {
      method: "POST",
      body: new URLSearchParams({ token, body: field.value }),
    }).catch(() => null);
    if (mine !== round) return;
    if (answer?.ok) preview.innerHTML = await answer.text(); // cleaned by the server
    trouble.textContent = answer?.ok
      ? ""
      : "The preview cannot be made now. Is `sitegen serve` still running? Keep a copy of what you wrote.";
  }
  field.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(show, 250);
  });
  return show;
}

let sent = false;
document.addEventListener("submit", (event) => {
  if (event.target.method === "post") sent = true;
});

// Ctrl+Enter and Escape within an element.
function sending(element, send, leave) {
  element.addEventListener("keydown", (event) => {
    if (at("help").open || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
    else if (event.key === "Escape") leave();
  });
}

function editing() {
  const said = () => new URLSearchParams(new FormData(form)).toString();
  const before = said();
  previewed(at("body"), at("preview"), at("preview-trouble"));
  // After a refusal nothing of what is there has been saved.
  addEventListener("beforeunload", (event) => !sent && (at("problems") || said() !== before) && event.preventDefault());
  sending(document, () => at("save").click(), () => form.contains(document.activeElement) && at("cancel").click());
  if (at("problems") || !form.dataset.field) (at("problems") ?? at("title")).focus();
  else toSpot(at(form.dataset.field), Number(form.dataset.row));
}

// The line that somebody came for is selected, and in sight.
function toSpot(field, row) {
  field.focus();
  if (field.id !== "body") return field.select();
  const lines = field.value.split("\n");
  const start = lines.slice(0, row).join("\n").length + (row ? 1 : 0);
  const end = start + (lines[row] ?? "").length;
  // A field scrolls to its caret when it gets the focus, and not when something in it is selected.
  field.blur();
  field.setSelectionRange(start, start);
  field.focus();
  field.setSelectionRange(start, end);
  field.scrollTop = (field.scrollHeight * row) / lines.length - field.clientHeight / 3;
}

if (form) editing();

// Proposals in other words.

const owns = [...document.querySelectorAll("details.own")];

for (const own of owns) {
  const field = own.querySelector("textarea");
  const preview = at(`${field.id}-preview`);
  const show = preview ? previewed(field, preview, at(`${field.id}-trouble`)) : () => {};
  own.addEventListener("toggle", () => own.open && show());
  sending(
    own,
    () => own.querySelector("button").click(),
    () => {
      own.open = false;
      own.closest("form").querySelector("button.accept").focus();
    },
  );
}
if (owns.length) {
  const changed = (own) => own.querySelector("textarea").value !== own.querySelector("textarea").defaultValue;
  addEventListener("beforeunload", (event) => !sent && owns.some(changed) && event.preventDefault());
}

function reword() {
  const own = document.activeElement?.closest("form.piece")?.querySelector("details.own") ?? owns[0];
  if (!own) return;
  own.open = true;
  own.querySelector("textarea").focus();
}

// ------------------------------------------------------------------------------------------------------- made anew

function watch(job) {
  const news = new EventSource("/_review/job/news");
  news.addEventListener("message", (event) => {
    const state = JSON.parse(event.data);
    if (!state || String(state.number) !== job.dataset.job) return news.close();
    const said = state.error || `${state.note}${state.ended ? "" : ` ${state.seconds} s.`}`;
    if (job.textContent !== said) job.textContent = said;
    if (!state.ended) return;
    news.close();
    if (!state.error) location.replace(location.pathname + location.search.replace(/[?&]done=\w+/, ""));
  });
}

const job = at("job");
if (job?.dataset.job && !("ended" in job.dataset)) watch(job);

// ---------------------------------------------------------------------------------------------------------------- keys

// Goes to the next of some elements with each call, and round.
function around(selector) {
  let now = -1;
  return () => {
    const found = [...document.querySelectorAll(selector)];
    now = (now + 1) % (found.length || 1);
    found[now]?.focus();
  };
}

if (at("problems") && !form) at("problems").focus();

if (at("bad")) at("bad").focus();

keys(
  document.querySelector("ol.briefs, form.filter, ul.results")
    ? {
        j: () => toRow(1),
        k: () => toRow(-1),
        "/": goTo("filter"),
        x: pick,
        X: pickAll,
        a: goTo("many-approve"),
        p: goTo("many-publish"),
        w: goTo("many-withdraw"),
        h: goTo("many-reject"),
        z: follow("undo"),
        u: follow("back"),
      }
    : {
        j: follow("next"),
        k: follow("previous"),
        n: () => toPoint(1),
        b: () => toPoint(-1),
        e: follow("edit"),
        a: follow("approve"),
        p: goTo("publish"),
        w: goTo("withdraw"),
        r: goTo("regenerate"),
        h: around("button.accept"),
        m: reword,
        f: around("a.spot"),
        z: follow("undo"),
        u: follow("back"),
      },
);
