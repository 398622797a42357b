// The search page: asks Pagefind's index, which lies beside the page, and shows what it finds.
// Texts of documents are set as text, never as HTML.

const SHOWN = 10;
const OFFERED = 6;
const LONGEST = 32; // words of an excerpt
const WAIT = 100;

const form = document.querySelector("[data-search]");
const page = document.querySelector("main");
const field = document.getElementById("search-field");
const status = document.querySelector("[data-search-status]");
const advice = document.querySelector("[data-search-advice]");
const list = document.querySelector("[data-search-results]");
const more = document.querySelector("[data-search-more]");
const begin = document.querySelector("[data-search-begin]");
const facets = document.querySelector("[data-search-facets]");
const clear = document.querySelector("[data-search-clear]");
const key = document.querySelector("[data-search-key]");
const groups = [...document.querySelectorAll("[data-facet]")];
const words = form.dataset;
const siteLanguage = document.documentElement.lang;
const number = new Intl.NumberFormat(siteLanguage);
const plural = new Intl.PluralRules(siteLanguage);
const dates = new Intl.DateTimeFormat(siteLanguage === "en" ? "en-GB" : siteLanguage, { dateStyle: "long", timeZone: "UTC" });

let index;
let known;
let found = [];
let asked = "";
let offerAgain = () => {};

function say(text) {
  status.textContent = text;
}

// What came of it. Before anything is asked for, and where nothing is found, the page offers where to begin.
function tell(query, wanted) {
  const count = found.length;
  const form = `found${plural.select(count).replace(/^./, (letter) => letter.toUpperCase())}`;
  say(!wanted ? "" : count ? words[form].replace("{found}", number.format(count)) : words.none.replace("{query}", query));
  advice.hidden = !wanted || count > 0;
  begin.hidden = count > 0;
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

// The words around what was found, from the beginning of their sentence where that is near. The headline stands above
// them, so it is left out; and where it alone has what was found, or lists of names do, it is how the text begins.
// Languages that write no spaces come with marks between words.
function excerpt(data) {
  const text = data.raw_content.replaceAll("&lt;", "<").replaceAll("&gt;", ">");
  const marked = text.includes("\u200B");
  const all = text.split(marked ? "\u200B" : /\s+/);
  const size = (word) => word.replace(/\s/g, "").length;
  let first = 0;
  for (let left = size(data.meta.title); left > 0 && first < all.length; first++) {
    left -= size(all[first]);
  }
  const hits = new Set(data.locations.filter((place) => place >= first));
  const ends = (place) => /[^\d][.!?]$|[。！？]$/.test(all[place].trim()); // "29." is a day in many languages
  // Many words that were found, and few sentences that end: those of one word are names in a list, which say little.
  const worth = (place) => {
    const near = all.slice(place, place + LONGEST - 8).map((_, step) => place + step);
    return Math.min(3, near.filter((other) => hits.has(other)).length) - near.filter(ends).length / 2;
  };
  const [best, hit] = [...hits].reduce((best, place) => (worth(place) > best[0] ? [worth(place), place] : best), [-1, first]);
  let start = first;
  if (best > -1 && hit - first > 8) {
    const back = [0, 1, 2, 3, 4, 5, 6, 7, 8].find((steps) => ends(hit - steps - 1));
    start = hit - (back ?? 4);
  }
  if (all.length - start < LONGEST / 2) {
    start = Math.max(first, all.length - LONGEST);
  }
  const shown = all.slice(start, start + LONGEST);
  const line = document.createElement("p");
  line.className = "item-dek";
  line.append(start > first && !ends(start - 1) ? "… " : "");
  shown.forEach((word, place) => {
    const space = marked || !place ? "" : " ";
    const [, before, core, after] = /^(\P{L}*?)([\p{L}\p{N}].*?)?(\p{P}*)$/su.exec(word) ?? ["", "", word, ""];
    if (hits.has(start + place) && core) {
      line.append(space + before, part("mark", "", core), after);
    } else {
      line.append(space + word);
    }
  });
  line.append(start + LONGEST < all.length && !ends(start + LONGEST - 1) ? " …" : "");
  line.normalize();
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
  if (className) {
    element.className = className;
  }
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
  const text = part("div", "item-text", part("h2", "item-title", link(data.url, title)), excerpt(data));
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
    const offered = Number(group.dataset.offered ?? OFFERED);
    const first = there.sort(order).filter(([value], place) => place < offered || picked.includes(value));
    const values = first.map(([value, count]) => choice(facet, value, count, picked.includes(value)));
    group.querySelector("[data-facet-values]").replaceChildren(...values);
    group.querySelector("[data-facet-count]").textContent = number.format(there.length);
    group.querySelector(".facet-more").hidden = first.length === there.length;
    group.hidden = there.length < 2 && !picked.length;
    group.open ||= picked.length > 0;
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
  offerAgain = () => offer(counted(answer.results, filters), filters);
  offerAgain();
  tell(query, query || picked);
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
    begin.hidden = false;
  }
}

// The arrows go through what was found; Esc leads back to the field, and empties it there.
function walk(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  const links = [...list.querySelectorAll(".item-title a")];
  const place = links.indexOf(document.activeElement);
  if (event.key === "Escape" && document.activeElement === field && field.value) {
    field.value = "";
    search();
  } else if (event.key === "Escape" && list.contains(document.activeElement)) {
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
page.addEventListener("keydown", walk);
field.addEventListener("input", () => search());
facets.addEventListener("change", () => search());
clear.addEventListener("click", () => {
  groups.forEach((group) => group.querySelectorAll("input").forEach((box) => (box.checked = false)));
  field.focus();
  search();
});
for (const group of groups) {
  group.querySelector(".facet-more button").addEventListener("click", () => {
    const boxes = group.getElementsByTagName("input");
    const before = boxes.length;
    group.dataset.offered = before + 5 * OFFERED;
    offerAgain();
    boxes[before]?.focus();
  });
}
more.addEventListener("click", async () => {
  const next = await showMore();
  next?.querySelector("a").focus();
});

const keyBox = key.querySelector("input");
try {
  keyBox.checked = localStorage.getItem("search-key") !== "off";
  key.hidden = false;
} catch {
  // without storage there is nothing to choose
}
keyBox.addEventListener("change", () => localStorage.setItem("search-key", keyBox.checked ? "on" : "off"));

const start = new URL(location.href);
const wide = matchMedia("(min-width: 60rem)").matches;
field.value = start.searchParams.get("q") ?? "";
facets.open = wide;
groups.slice(0, 3).forEach((group) => (group.open = true));
document.querySelector("[data-search-without]").hidden = true; // for browsers that do not know (scripting)
begin.hidden = start.search !== "";
if (start.hash === "#search-field") {
  field.focus();
}
search(
  Object.fromEntries(
    groups.map((group) => [group.dataset.facet, start.searchParams.getAll(group.dataset.facet)]).filter(([, values]) => values.length),
  ),
);
