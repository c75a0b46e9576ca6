// What every page can do: the theme, copying, keys, and a table of contents that knows where the reader is.
(function () {
  "use strict";
  const said = document.getElementById("ui:said");

  function say(words) {
    // The same words twice in a row would not be read out twice.
    said.textContent = "";
    setTimeout(function () {
      said.textContent = words;
    }, 50);
  }

  // The theme: as the system has it, light, or dark.
  const THEMES = ["auto", "light", "dark"];
  const theme = document.querySelector("button.theme");
  function showTheme() {
    const chosen = document.documentElement.dataset.theme || "auto";
    theme.textContent = "Theme: " + chosen;
    return chosen;
  }
  if (theme) {
    theme.hidden = false;
    showTheme();
    theme.addEventListener("click", function () {
      const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme || "auto") + 1) % THEMES.length];
      if (next === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = next;
      try {
        localStorage.setItem("rulepack-theme", next);
      } catch (error) {
        // It holds for this page only.
      }
      say("Theme: " + showTheme());
    });
  }

  for (const link of document.querySelectorAll("nav.main a")) {
    if (link.href.split("#")[0] === location.href.split(/[?#]/)[0] && !link.hash) link.setAttribute("aria-current", "page");
  }

  // Copying.
  async function write(text) {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(await text);
      return;
    }
    const field = document.createElement("textarea");
    field.value = await text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("the browser does not let this page copy");
  }

  async function copy(button, text, what) {
    const label = button.textContent;
    if (button.dataset.busy) return;
    button.dataset.busy = "yes";
    try {
      await write(text);
      button.textContent = "Copied";
      button.classList.add("done");
      say(what + " copied");
    } catch (error) {
      button.textContent = "Not copied";
      say(what + " not copied: " + error.message);
    }
    setTimeout(function () {
      button.textContent = label;
      button.classList.remove("done");
      delete button.dataset.busy;
    }, 1600);
  }

  function textOf(pre) {
    return pre.querySelector("code").textContent.replace(/\n+$/, "\n");
  }

  async function pretty(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error("the file is not there");
    const rule = JSON.parse((await answer.text()).split("\n")[0]);
    return JSON.stringify(rule, null, 2) + "\n";
  }

  for (const actions of document.querySelectorAll(".actions")) actions.hidden = false;
  for (const button of document.querySelectorAll("[data-copies]")) {
    const what = button.dataset.copies;
    button.addEventListener("click", function () {
      const pre = document.querySelector('[data-copy="' + what + '"] pre');
      if (button.dataset.from) copy(button, pretty(button.dataset.from), "Kibana JSON");
      else if (button.dataset.text) copy(button, button.dataset.text, "Rule id");
      else if (pre) copy(button, textOf(pre), what === "TOML" ? "TOML" : "Query");
    });
  }
  for (const pre of document.querySelectorAll(".text pre")) {
    const frame = document.createElement("div");
    frame.className = "framed";
    pre.replaceWith(frame);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy this code");
    button.addEventListener("click", function () {
      copy(button, textOf(pre), "Code");
    });
    frame.append(pre, button);
  }

  // What scrolls sideways can be reached by key.
  function reachable() {
    for (const one of document.querySelectorAll(".text pre, .text .table")) {
      if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
      else one.removeAttribute("tabindex");
    }
  }
  reachable();
  window.addEventListener("resize", reachable);
  document.addEventListener("toggle", reachable, true);

  document.addEventListener("keydown", function (event) {
    const at = event.target;
    const typing = at instanceof HTMLElement && (at.isContentEditable || /^(?:input|textarea|select)$/i.test(at.tagName));
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      const field = document.getElementById("ui:q");
      field.focus();
      field.select();
    }
  });

  // Where the reader is.
  const links = new Map();
  for (const link of document.querySelectorAll(".toc a")) links.set(decodeURIComponent(link.hash.slice(1)), link);
  if (links.size && "IntersectionObserver" in window) {
    const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
    let current = null;
    const mark = function () {
      let last = null;
      for (const heading of headings) {
        if (heading.getBoundingClientRect().top > 140) break;
        last = heading;
      }
      const link = last && links.get(last.id);
      if (link === current) return;
      if (current) current.removeAttribute("aria-current");
      if (link) {
        link.setAttribute("aria-current", "true");
        const list = link.closest(".toc");
        const top = link.offsetTop - list.clientHeight / 2;
        list.scrollTop = top;
      }
      current = link;
    };
    let waiting = false;
    window.addEventListener("scroll", function () {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(function () {
        waiting = false;
        mark();
      });
    }, { passive: true });
    mark();
  }
})();

// Written by rulepack; changes here are overwritten.
