// The search page: asks Pagefind's index, which lies beside the page, and shows what it finds.
// Texts of documents are set as text, never as HTML.

const SHOWN = 10;
const OFFERED = 12;
const WAIT = 150;

const form = document.querySelector("[data-search]");
const field = document.getElementById("search-field");
const status = document.querySelector("[data-search-status]");
const list = document.querySelector("[data-search-results]");
const more = document.querySelector("[data-search-more]");
const without = document.querySelector("[data-search-without]");
const facets = document.querySelector("[data-search-facets]");
const clear = document.querySelector("[data-search-clear]");
const key = document.querySelector("[data-search-key]");
const groups = [...document.querySelectorAll("[data-facet]")];
const words = form.dataset;
const siteLanguage = document.documentElement.lang;
const number = new Intl.NumberFormat(siteLanguage);

const dates = new Intl.DateTimeFormat(siteLanguage === "en" ? "en-GB" : siteLanguage, { dateStyle: "long", timeZone: "UTC" });

let index;
let known;
let found = [];
let asked = "";

function say(text) {
  status.textContent = text;
}

async function load() {
  index ??= await import(words.bundle + "pagefind.js");
  await index.options({ baseUrl: words.base, excerptLength: 30 });
  await index.init();
  known ??= await (await fetch(words.bundle + "facets.json", { cache: "no-cache" })).json();
}

// After a new version of the site was published, a page that stayed open knows of an index that is gone.
async function reload() {
  await index.destroy();
  known = undefined;
  await load();
}

// The excerpt is text with <mark> around what was found, and with < and > escaped.
function excerpt(html) {
  const line = document.createElement("p");
  line.className = "item-dek";
  html.split(/(<mark>.*?<\/mark>)/s).forEach((part, place) => {
    const text = part.replace(/<\/?mark>/g, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">");
    if (place % 2) {
      const mark = document.createElement("mark");
      mark.textContent = text;
      line.append(mark);
    } else {
      line.append(text);
    }
  });
  return line;
}

function link(url, text) {
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.textContent = text;
  return anchor;
}

function part(name, className, ...children) {
  const element = document.createElement(name);
  element.className = className;
  element.append(...children);
  return element;
}

function day(value) {
  const time = document.createElement("time");
  time.dateTime = value;
  time.textContent = dates.format(new Date(value));
  return part("p", "item-date", time);
}

function entry(data) {
  const { title, date, language, types, correspondents } = data.meta;
  const text = part("div", "item-text", part("h2", "item-title", link(data.url, title)), excerpt(data.excerpt));
  const sections = data.sub_results.filter((section) => section.url !== data.url).slice(0, 2);
  if (sections.length) {
    text.append(part("p", "search-sections", ...sections.map((section) => link(section.url, section.title))));
  }
  for (const element of text.children) {
    element.dir = "auto";
    if (language !== siteLanguage) {
      element.lang = language;
    }
  }
  const about = [types, correspondents].filter(Boolean).map((words) => part("span", "", words));
  if (about.length) {
    text.append(part("p", "byline", ...about));
  }
  return part("li", "", part("article", "item", ...(date ? [day(date)] : []), text));
}

// What results can be narrowed down by. A count says how many there would be of a value, with what is chosen elsewhere.

function chosen() {
  const filters = {};
  for (const group of groups) {
    const values = [...group.querySelectorAll("input:checked")].map((box) => box.value);
    if (values.length) {
      filters[group.dataset.facet] = values;
    }
  }
  return filters;
}

// The values of a result: facet → values.
function facetsOf(result) {
  const own = {};
  for (const place of known.pages[result.id] ?? []) {
    const [facet, value] = known.facets[place];
    (own[facet] ??= []).push(value);
  }
  return own;
}

function fits(own, filters, but) {
  return Object.entries(filters).every(([facet, values]) => facet === but || own[facet]?.some((value) => values.includes(value)));
}

function counted(results, filters) {
  const counts = {};
  for (const own of results.map(facetsOf)) {
    for (const { dataset } of groups) {
      const facet = dataset.facet;
      if (own[facet] && fits(own, filters, facet)) {
        counts[facet] ??= {};
        own[facet].forEach((value) => (counts[facet][value] = (counts[facet][value] ?? 0) + 1));
      }
    }
  }
  return counts;
}

function shown(facet, value) {
  try {
    return facet === "language" ? new Intl.DisplayNames(siteLanguage, { type: "language" }).of(value) : value;
  } catch {
    return value;
  }
}

function choice(facet, value, count, checked) {
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", name: facet, value, checked });
  const name = part("span", "facet-name", shown(facet, value));
  name.dir = "auto";
  return part("label", "facet", box, name, part("span", "term-count", number.format(count)));
}

function offer(counts, filters) {
  const focused = document.activeElement;
  const { name, value } = focused;
  for (const group of groups) {
    const facet = group.dataset.facet;
    const picked = filters[facet] ?? [];
    const there = Object.entries(counts[facet] ?? {});
    picked.forEach((value) => counts[facet]?.[value] ?? there.push([value, 0]));
    const order = facet === "year" ? (a, b) => b[0] - a[0] : (a, b) => b[1] - a[1] || a[0].localeCompare(b[0], siteLanguage);
    const first = there.sort(order).filter(([value], place) => place < OFFERED || picked.includes(value));
    group.querySelectorAll("label").forEach((label) => label.remove());
    group.append(...first.map(([value, count]) => choice(facet, value, count, picked.includes(value))));
    group.hidden = there.length < 2 && !picked.length;
  }
  facets.hidden = groups.every((group) => group.hidden);
  clear.hidden = !Object.keys(filters).length;
  if (!focused.isConnected && name) {
    facets.querySelector(`[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`)?.focus();
  }
}

async function showMore() {
  const [results, first] = [found, list.childElementCount];
  const entries = await Promise.all(results.slice(first, first + SHOWN).map((result) => result.data()));
  if (results !== found || first !== list.childElementCount) {
    return undefined; // meanwhile something else was found
  }
  list.append(...entries.map(entry));
  more.hidden = list.childElementCount >= found.length;
  return list.children[first];
}

async function look(query, filters, again = true) {
  const question = asked;
  const answer = await index.debouncedSearch(query || null, {}, query ? WAIT : 0);
  if (answer === null || question !== asked) {
    return; // the reader has typed on
  }
  const picked = Object.keys(filters).length > 0;
  found = query || picked ? answer.results.filter((result) => !picked || fits(facetsOf(result), filters)) : [];
  list.replaceChildren();
  try {
    await showMore();
  } catch (error) {
    if (!again) {
      throw error;
    }
    await reload();
    await look(query, filters, false);
    return;
  }
  if (question !== asked) {
    return;
  }
  offer(counted(answer.results, filters), filters);
  say(!query && !picked ? "" : found.length ? words.found.replace("{found}", number.format(found.length)) : words.none.replace("{query}", query));
}

function remember(query, filters) {
  const address = new URL(location.href);
  address.search = "";
  address.hash = "";
  if (query) {
    address.searchParams.set("q", query);
  }
  for (const [facet, values] of Object.entries(filters)) {
    values.forEach((value) => address.searchParams.append(facet, value));
  }
  history.replaceState(null, "", address);
}

async function search(filters = chosen()) {
  const query = field.value.trim();
  const question = JSON.stringify([query, filters]);
  if (question === asked) {
    return;
  }
  asked = question;
  remember(query, filters);
  try {
    await load();
    await look(query, filters);
  } catch (error) {
    console.error(error);
    say(words.failed);
    without.hidden = false;
  }
}

// The arrows go through what was found; Esc leads back to the field, and empties it there.
function walk(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  const links = [...list.querySelectorAll(".item-title a")];
  const place = links.indexOf(document.activeElement);
  if (event.key === "Escape" && place >= 0) {
    field.focus();
  } else if (event.key === "ArrowDown" && links.length && (place >= 0 || document.activeElement === field)) {
    links[Math.min(place + 1, links.length - 1)].focus();
  } else if (event.key === "ArrowUp" && place >= 0) {
    (links[place - 1] ?? field).focus();
  } else {
    return;
  }
  event.preventDefault();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
form.addEventListener("keydown", walk);
field.addEventListener("input", () => search());
facets.addEventListener("change", () => search());
clear.addEventListener("click", () => {
  groups.forEach((group) => group.querySelectorAll("input").forEach((box) => (box.checked = false)));
  field.focus();
  search();
});
more.addEventListener("click", async () => {
  const next = await showMore();
  next?.querySelector("a").focus();
});
key.addEventListener("change", () => localStorage.setItem("search-key", key.checked ? "on" : "off"));
try {
  key.checked = localStorage.getItem("search-key") !== "off";
} catch {
  key.closest("p").hidden = true;
}

const start = new URL(location.href);
field.value = start.searchParams.get("q") ?? "";
facets.open = matchMedia("(min-width: 60rem)").matches;
form.hidden = false;
without.hidden = true;
if (start.hash === "#search-field") {
  field.focus();
}
search(
  Object.fromEntries(
    groups.map((group) => [group.dataset.facet, start.searchParams.getAll(group.dataset.facet)]).filter(([, values]) => values.length),
  ),
);
