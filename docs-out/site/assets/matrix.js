// The matrix counted again for a platform or a data source; shades, gaps and links follow.
(function () {
  "use strict";
  const form = document.querySelector(".matrix-filters");
  const summary = document.querySelector(".summary");
  const matrix = document.querySelector(".matrix");
  const root = rulepack.root;
  const selects = { platform: form.elements.platform, source: form.elements.source };
  const show = form.elements.show;
  const unfold = form.querySelector(".unfold");
  const lasting = summary.textContent.match(/MITRE.*$/);
  const cells = [...matrix.querySelectorAll(".technique")].map(function (element) {
    return { element: element, tactic: element.closest(".tactic").dataset.id, id: element.dataset.id, sub: Boolean(element.parentElement.closest(".technique")), count: 0 };
  });

  function shade(count) {
    return "s" + (count === 0 ? 0 : count < 3 ? 1 : count < 8 ? 2 : count < 20 ? 3 : 4);
  }

  function make(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function draw(cell, count, chosen) {
    const old = cell.element.querySelector(":scope > a, :scope > .none");
    const made = make(count ? "a" : "span", count ? "" : "none");
    if (count) {
      const asked = new URLSearchParams({ place: cell.tactic + "/" + cell.id });
      for (const [key, value] of Object.entries(chosen)) if (value) asked.set(key, value);
      made.href = root + "index.html?" + asked;
    }
    const number = make("span", "n");
    if (count) number.append(String(count), make("span", "unseen", count === 1 ? " rule" : " rules"));
    else {
      const dash = make("span", "", "–");
      dash.setAttribute("aria-hidden", "true");
      number.append(dash, make("span", "unseen", "no rule"));
    }
    made.append(make("span", "id", cell.id), " ", make("span", "name", old.querySelector(".name").textContent), " ", number);
    old.replaceWith(made);
    cell.element.classList.remove("s0", "s1", "s2", "s3", "s4");
    cell.element.classList.add(shade(count));
    cell.count = count;
  }

  function update(catalogue, push) {
    const chosen = { platform: selects.platform.value, source: selects.source.value };
    const counts = new Map();
    const wanted = Object.entries(chosen).filter((pair) => pair[1]).map((pair) => [catalogue.facets[pair[0]].rows, catalogue.facets[pair[0]].numbers.get(pair[1])]);
    const places = catalogue.facets.place;
    for (let rule = 0; rule < catalogue.size; rule++) {
      if (catalogue.rules.flags[rule] & 1) continue;
      if (!wanted.every(([rows, number]) => rows.values.subarray(rows.starts[rule], rows.starts[rule + 1]).includes(number))) continue;
      for (let i = places.rows.starts[rule]; i < places.rows.starts[rule + 1]; i++) {
        const key = places.names[places.rows.values[i]];
        counts.set(key, (counts.get(key) || 0) + 1);
      }
    }
    const every = [new Set(), new Set()];
    const covered = [new Set(), new Set()];
    for (const cell of cells) {
      const count = counts.get(cell.tactic + "/" + cell.id) || 0;
      draw(cell, count, chosen);
      every[cell.sub ? 1 : 0].add(cell.id);
      if (count) covered[cell.sub ? 1 : 0].add(cell.id);
    }
    for (const cell of cells) {
      const subs = cells.filter((other) => other.sub && cell.element.contains(other.element) && other !== cell);
      const number = cell.element.querySelector(":scope > details > summary > .sub-n");
      if (number) number.textContent = subs.filter((sub) => sub.count).length;
      const kind = show.value;
      cell.element.hidden = kind === "covered" ? !cell.count : kind === "gaps" ? cell.count > 0 && !subs.some((sub) => !sub.count) : false;
    }
    for (const tactic of matrix.querySelectorAll(".tactic")) {
      const own = cells.filter((cell) => !cell.sub && cell.tactic === tactic.dataset.id);
      tactic.querySelector("h2 .n").textContent = own.filter((cell) => cell.count).length + " of " + own.length;
    }
    summary.replaceChildren(make("b", "", covered[0].size), " of " + every[0].size + " techniques and ", make("b", "", covered[1].size), " of " + every[1].size + " sub-techniques have a rule" + (wanted.length ? " with these filters. " : ". ") + (lasting ? lasting[0] : ""));
    const asked = new URLSearchParams(Object.entries({ ...chosen, show: show.value }).filter((pair) => pair[1]));
    const text = asked.toString();
    if (push) history.replaceState(history.state, "", location.pathname + (text ? "?" + text : "") + location.hash);
  }

  rulepack.load().then(function (catalogue) {
    const asked = new URLSearchParams(location.search);
    for (const [key, select] of Object.entries(selects)) {
      for (const name of catalogue.facets[key].names) select.append(new Option(name, name));
      select.value = asked.get(key) || "";
      if (select.selectedIndex < 0) select.value = "";
      select.addEventListener("change", () => update(catalogue, true));
    }
    show.value = asked.get("show") || "";
    if (show.selectedIndex < 0) show.value = "";
    show.addEventListener("change", () => update(catalogue, true));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    if (asked.toString()) update(catalogue, false);
  });

  unfold.addEventListener("click", function () {
    const open = unfold.getAttribute("aria-pressed") !== "true";
    unfold.setAttribute("aria-pressed", String(open));
    unfold.textContent = open ? "Fold sub-techniques" : "Unfold sub-techniques";
    for (const one of matrix.querySelectorAll("details")) one.open = open;
  });
})();

// Written by rulepack; changes here are overwritten.
