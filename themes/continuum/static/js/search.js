// The search page: asks Pagefind's index, which lies beside the page, and shows what it finds.
// Texts of documents are set as text, never as HTML.

const SHOWN = 10;
const WAIT = 200;

const form = document.querySelector("[data-search]");
const field = form.querySelector("input");
const status = document.querySelector("[data-search-status]");
const list = document.querySelector("[data-search-results]");
const more = document.querySelector("[data-search-more]");
const without = document.querySelector("[data-search-without]");
const words = form.dataset;
const siteLanguage = document.documentElement.lang;

let index;
let found = [];
let asked = "";

function say(text) {
  status.textContent = text;
}

async function load() {
  index ??= await import(words.bundle + "pagefind.js");
  await index.options({ baseUrl: words.base, excerptLength: 30 });
  await index.init();
  return index;
}

// After a new version of the site was published, a page that stayed open knows of an index that is gone.
async function reload() {
  await index.destroy();
  await load();
}

// The excerpt is text with <mark> around what was found, and with < and > escaped.
function excerpt(html) {
  const line = document.createElement("p");
  line.className = "item-dek";
  html.split(/(<mark>.*?<\/mark>)/s).forEach((part, number) => {
    const text = part.replace(/<\/?mark>/g, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">");
    if (number % 2) {
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
  time.textContent = new Intl.DateTimeFormat(siteLanguage, { dateStyle: "long", timeZone: "UTC" }).format(new Date(value));
  return part("p", "item-date", time);
}

function entry(data) {
  const { title, date, language } = data.meta;
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
  return part("li", "", part("article", "item", ...(date ? [day(date)] : []), text));
}

async function showMore() {
  const first = list.childElementCount;
  const entries = await Promise.all(found.slice(first, first + SHOWN).map((result) => result.data()));
  list.append(...entries.map(entry));
  more.hidden = list.childElementCount >= found.length;
  return list.children[first];
}

async function look(query, again = true) {
  const answer = await index.debouncedSearch(query, {}, WAIT);
  if (answer === null) {
    return; // the reader has typed on
  }
  found = answer.results;
  list.replaceChildren();
  try {
    await showMore();
  } catch (error) {
    if (!again) {
      throw error;
    }
    await reload();
    await look(query, false);
    return;
  }
  say(found.length ? words.found.replace("{found}", new Intl.NumberFormat(siteLanguage).format(found.length)) : words.none.replace("{query}", query));
}

async function search() {
  const query = field.value.trim();
  if (query === asked) {
    return;
  }
  asked = query;
  const address = new URL(location.href);
  address.searchParams.delete("q");
  if (query) {
    address.searchParams.set("q", query);
  }
  history.replaceState(null, "", address);
  if (!query) {
    found = [];
    list.replaceChildren();
    more.hidden = true;
    say("");
    return;
  }
  try {
    await load();
    await look(query);
  } catch (error) {
    console.error(error);
    say(words.failed);
    without.hidden = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
field.addEventListener("input", search);
field.addEventListener("focus", () => load().catch(() => {}), { once: true });
more.addEventListener("click", async () => {
  const next = await showMore();
  next?.querySelector("a").focus();
});

field.value = new URL(location.href).searchParams.get("q") ?? "";
form.hidden = false;
without.hidden = true;
search();
