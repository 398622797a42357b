// Live reload: keeps an open page as the last build made it, and tells what is wrong with the files behind it.
(() => {
  "use strict";
  const script = document.currentScript;
  const build = Number(script.dataset.build);
  const here = () => location.pathname + location.search;
  let served; // the page as it came, to find out what a build changed in it

  const fetched = async () => {
    const answer = await fetch(here(), { cache: "no-cache", headers: { Accept: "text/html" } });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };
  const sheets = (page) => [...page.querySelectorAll('link[rel~="stylesheet"]')];
  // All of a page but its style sheets, and the mark of its build.
  const rest = (page) => {
    const copy = page.documentElement.cloneNode(true);
    for (const one of copy.querySelectorAll('link[rel~="stylesheet"], script[data-build]')) one.remove();
    return copy.outerHTML;
  };
  fetched().then((page) => (served = page)).catch(() => {});

  const swap = (next) => {
    const old = sheets(document).filter((link) => !link.dataset.live);
    sheets(next).forEach((link, place) => {
      const now = old[place];
      if (now && now.getAttribute("href") === link.getAttribute("href")) return;
      const fresh = document.importNode(link, true);
      // The old one goes when the new one is there, so that the page is never bare.
      if (now) fresh.addEventListener("load", () => now.remove(), { once: true });
      if (now) now.after(fresh);
      else document.head.append(fresh);
    });
    old.slice(sheets(next).length).forEach((link) => link.remove());
  };
  const renew = async () => {
    let next;
    try {
      next = await fetched();
    } catch {
      return; // the server has gone; when it is back, it says which build it has
    }
    if (served && rest(served) === rest(next)) {
      swap(next);
      served = next;
    } else {
      location.reload();
    }
  };

  // ------------------------------------------------------------------------------------------------------- problems
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const excerpt = (problem) =>
    element(
      "pre",
      { tabindex: "0" },
      ...problem.lines.map(({ number, text }) =>
        element("span", number === problem.line ? { class: "here" } : {}, `${String(number).padStart(5)}  ${text}\n`),
      ),
    );
  const item = (problem) => {
    const place = [problem.file, problem.line].filter(Boolean).join(":");
    const parts = [element("p", {}, element("code", { class: "code" }, problem.code), " ", problem.message)];
    if (place) parts.unshift(element("p", { class: "place" }, place));
    if (problem.lines.length) parts.push(excerpt(problem));
    if (problem.remedy) parts.push(element("p", { class: "remedy" }, problem.remedy));
    return element("li", {}, ...parts);
  };
  let shown;
  const close = () => {
    shown?.remove();
    shown = undefined;
  };
  const show = (problems) => {
    close();
    if (!problems.length) return;
    const title = problems.length === 1 ? "The build failed" : `The build failed: ${problems.length} problems`;
    const button = element("button", { type: "button" }, "Close");
    button.addEventListener("click", close);
    const box = element(
      "div",
      { class: "box", role: "alertdialog", "aria-labelledby": "title", "aria-describedby": "hint", tabindex: "-1" },
      element("header", {}, element("h1", { id: "title" }, title), button),
      element("ul", {}, ...problems.map(item)),
      element("p", { id: "hint" }, "Below is the last good page. This goes away when the files are mended."),
    );
    box.addEventListener("keydown", (event) => event.key === "Escape" && close());
    shown = element("sitegen-problems");
    const root = shown.attachShadow({ mode: "open" });
    root.append(element("link", { rel: "stylesheet", href: new URL("live.css", script.src).href }), box);
    document.documentElement.append(shown);
    box.focus({ preventScroll: true });
  };

  // --------------------------------------------------------------------------------------------------------- events
  const address = new URL("events", script.src);
  address.searchParams.set("page", location.pathname);
  const events = new EventSource(address);
  events.addEventListener("state", (event) => {
    const state = JSON.parse(event.data);
    if (state.build !== build && !served) location.reload();
    else if (state.build !== build) renew();
    show(state.problems);
  });
  events.addEventListener("changed", renew);
  events.addEventListener("problems", (event) => show(JSON.parse(event.data)));
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
})();
