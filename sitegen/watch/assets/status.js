// Shows the page anew four times a minute, while somebody looks; where it was scrolled to stays.
setInterval(async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [was, is] = [document.querySelector("main"), fresh.querySelector("main")];
    if (is && !was.contains(document.activeElement)) was.replaceWith(is);
    document.title = fresh.title;
  } catch {
    document.querySelector(".state").textContent = "The daemon does not answer";
    document.querySelector(".state").classList.add("bad");
  }
}, 15000);
