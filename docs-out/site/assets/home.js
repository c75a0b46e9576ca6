// The home: what is typed and chosen, kept in the address; the rules that fit; how many more choices would give.
(function () {
  "use strict";
  const FACETS = [
    ["tactic", "Tactic", true],
    ["technique", "Technique", true],
    ["platform", "Platform", true],
    ["severity", "Severity", true],
    ["source", "Data source", false],
    ["integration", "Integration", false],
    ["type", "Rule type", false],
    ["language", "Language", false],
    ["updated", "Last changed", false],
    ["tag", "Tag", false],
  ];
  const HIDDEN = ["place"];
  const AGES = [["7", "Last 7 days"], ["30", "Last 30 days"], ["90", "Last 90 days"], ["180", "Last 6 months"], ["365", "Last year"]];
  const FEW = 8;
  // What is drawn at once, and what is added each time that the end comes near.
  const FIRST = 20;
  const SLICE = 40;
  const DEPRECATED = 1;
  const BUILDING_BLOCK = 2;

  const field = document.getElementById("ui:q");
  const home = document.querySelector(".catalogue");
  const count = home.querySelector(".count");
  const hits = home.querySelector(".hits");
  const chosen = home.querySelector(".chosen");
  const more = home.querySelector(".more");
  const sort = home.querySelector("select");
  const facetForm = home.querySelector(".facets");
  home.hidden = false;
  if (window.matchMedia("(max-width: 760px)").matches) home.querySelector(".filters").open = false;

  let catalogue = null;
  let search = null;
  let state = readState();
  let result = [];
  let shown = 0;
  let match = null;
  const boxes = new Map();

  function readState() {
    const asked = new URLSearchParams(location.search);
    const facets = new Map();
    for (const key of [...FACETS.map((one) => one[0]), ...HIDDEN]) {
      const values = asked.getAll(key).filter(Boolean);
      if (values.length) facets.set(key, new Set(values));
    }
    const order = asked.get("sort") || "";
    return { q: asked.get("q") || "", facets: facets, sort: [...sort.options].some((one) => one.value === order) ? order : "", deprecated: asked.get("deprecated") === "1" };
  }

  function address() {
    const made = new URLSearchParams();
    if (state.q) made.set("q", state.q);
    for (const [key] of [...FACETS, ...HIDDEN.map((key) => [key])]) for (const value of state.facets.get(key) || []) made.append(key, value);
    if (state.deprecated) made.set("deprecated", "1");
    if (state.sort) made.set("sort", state.sort);
    const text = made.toString();
    return location.pathname + (text ? "?" + text : "");
  }

  function keep(push) {
    if (push) history.pushState({}, "", address());
    else history.replaceState(history.state, "", address());
  }

  function make(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function rules(number) {
    return number.toLocaleString("en") + (number === 1 ? " rule" : " rules");
  }

  // The text with what was looked for marked, at the beginnings of words.
  let pattern = null;
  function lookFor(words) {
    const any = words.map((word) => word.replace(/[.]/g, "\\$&")).sort((a, b) => b.length - a.length);
    pattern = new RegExp("(?<![\\p{L}\\p{N}])(?:" + any.join("|") + ")", "giu");
  }

  function marked(into, text, words) {
    if (!words || !words.length) {
      into.append(text);
      return into;
    }
    let at = 0;
    for (const found of text.matchAll(pattern)) {
      into.append(text.slice(at, found.index), make("mark", "", found[0]));
      at = found.index + found[0].length;
    }
    into.append(text.slice(at));
    return into;
  }

  // Of a long text the part where a word is.
  function excerpt(text, words) {
    if (!words || text.length < 220) return text;
    const low = text.toLowerCase();
    let first = Infinity;
    for (const word of words) {
      const at = low.indexOf(word);
      if (at !== -1 && at < first) first = at;
    }
    if (first === Infinity || first < 180) return text;
    const start = text.indexOf(" ", first - 80) + 1;
    return "… " + text.slice(start);
  }

  // The numbers of days that a rule's last change is ago, or none.
  let ages = null;
  function ageOf(rule) {
    if (!ages) {
      const now = Date.now();
      ages = catalogue.rules.updated.map((day) => (day ? Math.floor((now - Date.parse(day)) / 86400000) : Infinity));
    }
    return ages[rule];
  }

  // Which rules fit, and for each choice how many would if it were made: those that all the other filters let through.
  function filter() {
    const size = catalogue.size;
    match = search.run(state.q);
    let candidates = match ? match.rules : null;
    const keys = [];
    for (const [key, one] of Object.entries(catalogue.facets)) {
      const wanted = state.facets.get(key);
      const set = wanted ? new Uint8Array(one.names.length) : null;
      if (set) for (const name of wanted) if (one.numbers.has(name)) set[one.numbers.get(name)] = 1;
      keys.push({ key: key, rows: one.rows, set: set, counts: new Uint32Array(one.names.length) });
    }
    const longest = state.facets.has("updated") ? Math.max(...[...state.facets.get("updated")].map(Number).filter((days) => days > 0)) : null;
    const byAge = new Uint32Array(AGES.length);
    const found = [];
    let deprecated = 0;
    const total = candidates ? candidates.length : size;
    for (let place = 0; place < total; place++) {
      const rule = candidates ? candidates[place] : place;
      let missed = 0;
      let missing = null;
      for (let k = 0; k < keys.length && missed < 2; k++) {
        const one = keys[k];
        if (!one.set) continue;
        let has = false;
        for (let i = one.rows.starts[rule]; i < one.rows.starts[rule + 1] && !has; i++) has = one.set[one.rows.values[i]] === 1;
        if (!has) {
          missed++;
          missing = one;
        }
      }
      const old = longest !== null && !(ageOf(rule) <= longest);
      if (missed > 1 || (missed && old)) continue;
      if (catalogue.rules.flags[rule] & DEPRECATED && !state.deprecated) {
        if (!missed && !old) deprecated++;
        continue;
      }
      if (!old) {
        for (let k = 0; k < keys.length; k++) {
          const one = keys[k];
          if (missed && one !== missing) continue;
          for (let i = one.rows.starts[rule]; i < one.rows.starts[rule + 1]; i++) one.counts[one.rows.values[i]]++;
        }
      }
      if (!missed) {
        const age = ageOf(rule);
        for (let i = 0; i < AGES.length; i++) if (age <= Number(AGES[i][0])) byAge[i]++;
        if (!old) found.push(rule);
      }
    }
    const counts = {};
    for (const one of keys) counts[one.key] = one.counts;
    counts.updated = byAge;
    return { found: found, counts: counts, deprecated: deprecated };
  }

  // Rules by name, as people sort; and the place of each there. Comparing texts is slow: once for all.
  let byName = null;
  let placeOf = null;
  function sortNames() {
    const names = catalogue.rules.name;
    const collator = new Intl.Collator("en", { numeric: true });
    byName = [...names.keys()].sort((a, b) => collator.compare(names[a], names[b]));
    placeOf = new Uint32Array(byName.length);
    byName.forEach((rule, place) => (placeOf[rule] = place));
  }

  // Sorted as one number each, which takes a tenth of the time that comparing two rules does: worth, then name.
  function order(found) {
    const r = catalogue.rules;
    const by = {
      match: (rule) => 1e4 - Math.min(match.scores[rule], 1e3) * 10,
      name: () => 0,
      updated: (rule) => (r.updated[rule] ? 1e5 - Math.floor(Date.parse(r.updated[rule]) / 86400000) : 1e6),
      severity: (rule) => 1e4 - r.severity[rule] * 1000 - r.risk[rule],
      risk: (rule) => 1e4 - r.risk[rule],
    };
    const worth = by[state.sort || (match ? "match" : "name")] || by.name;
    const size = byName.length;
    const keys = new Float64Array(found.length);
    for (let i = 0; i < found.length; i++) keys[i] = Math.round(worth(found[i])) * size + placeOf[found[i]];
    keys.sort();
    return Array.from(keys, (key) => byName[key % size]);
  }

  function labels(rule, key) {
    const one = catalogue.facets[key];
    const found = [];
    for (let i = one.rows.starts[rule]; i < one.rows.starts[rule + 1]; i++) found.push(one.names[one.rows.values[i]]);
    return found;
  }

  function hit(rule) {
    const r = catalogue.rules;
    const words = match && match.words;
    const made = make("li", "hit");
    const title = make("h2");
    const link = make("a");
    link.href = catalogue.path(rule);
    link.dir = "auto";
    marked(link, r.name[rule], words);
    title.append(link);
    if (r.flags[rule] & DEPRECATED) title.append(make("span", "state", "deprecated"));
    if (r.flags[rule] & BUILDING_BLOCK) title.append(make("span", "state", "building block"));
    const text = marked(make("p", "desc"), excerpt(r.description[rule], words), words);
    const meta = make("p", "meta");
    const techniques = labels(rule, "technique").filter((id, _, all) => !all.some((other) => other !== id && other.startsWith(id + ".")));
    const parts = [
      labels(rule, "platform").join(", "),
      labels(rule, "tactic").join(", "),
      techniques.slice(0, 4).join(" ") + (techniques.length > 4 ? " +" + (techniques.length - 4) : ""),
    ];
    for (const part of parts) if (part) meta.append(marked(make("span"), part, words));
    if (match && match.elsewhere[rule]) meta.append(make("span", "where", "found in the " + ["", "query", "guide", "query and guide"][match.elsewhere[rule]]));
    const side = make("div", "side");
    const severity = labels(rule, "severity")[0];
    side.append(make("span", "severity " + severity, severity[0].toUpperCase() + severity.slice(1)), make("span", "", "Risk " + r.risk[rule]));
    side.append(make("span", "", labels(rule, "language")[0] || labels(rule, "type")[0]));
    if (r.updated[rule]) side.append(make("span", "", r.updated[rule]));
    made.append(title, text, meta, side);
    return made;
  }

  function showMore(target) {
    const until = Math.min(result.length, target);
    const added = document.createDocumentFragment();
    for (; shown < until; shown++) added.append(hit(result[shown]));
    hits.append(added);
    more.hidden = shown >= result.length;
  }

  function showCount(deprecated) {
    count.replaceChildren();
    const narrowed = match || state.facets.size;
    count.append(rules(result.length));
    if (!narrowed && !state.deprecated) count.append(make("span", "quiet", " in this pack"));
    if (match && !match.complete) count.append(make("span", "quiet", ", looking in queries and guides"));
    if (match && match.failed) count.append(make("span", "quiet", ". Queries and guides could not be searched"));
    if (narrowed && (deprecated || state.deprecated)) {
      const button = make("button", "", state.deprecated ? "without deprecated rules" : "and " + rules(deprecated).replace(" rule", " deprecated rule"));
      button.type = "button";
      button.addEventListener("click", function () {
        state.deprecated = !state.deprecated;
        keep(true);
        render();
        field.focus();
      });
      count.append(" ", button);
    }
  }

  function showNothing() {
    const made = make("li", "nothing");
    made.append(make("p", "", "No rule has all of this."));
    const help = make("p", "quiet", "Use fewer or shorter words: each one must be the beginning of a word in the rule. ");
    if (state.facets.size) {
      const button = make("button", "", "Clear the filters");
      button.type = "button";
      button.addEventListener("click", clearFilters);
      help.append(button);
    }
    made.append(help);
    hits.append(made);
  }

  function clearFilters() {
    state.facets.clear();
    keep(true);
    render();
    field.focus();
  }

  function labelOf(key, value) {
    if (key === "updated") return (AGES.find((one) => one[0] === value) || [value, "Last " + value + " days"])[1];
    const one = catalogue.facets[key];
    return one.numbers.has(value) ? one.labels[one.numbers.get(value)] : value;
  }

  function showChosen() {
    chosen.replaceChildren();
    let number = 0;
    for (const [key, values] of state.facets) {
      for (const value of values) {
        number++;
        const title = (FACETS.find((one) => one[0] === key) || ["", "Technique"])[1];
        const button = make("button", "", title + ": " + labelOf(key, value));
        button.type = "button";
        button.setAttribute("aria-label", "Remove the filter " + title + ": " + labelOf(key, value));
        button.addEventListener("click", function () {
          choose(key, value, false);
          (chosen.querySelector("button") || field).focus();
        });
        const item = make("li");
        item.append(button);
        chosen.append(item);
      }
    }
    if (number > 1) {
      const item = make("li");
      const button = make("button", "clear", "Clear all");
      button.type = "button";
      button.addEventListener("click", clearFilters);
      item.append(button);
      chosen.append(item);
    }
  }

  function choose(key, value, on) {
    let values = state.facets.get(key);
    if (on) {
      // Of ages one says all.
      if (!values || key === "updated") state.facets.set(key, (values = new Set()));
      values.add(value);
    } else if (values) {
      values.delete(value);
      if (!values.size) state.facets.delete(key);
    }
    keep(true);
    render();
  }

  // Facets. Each choice keeps its element, so that one that has the focus keeps it.
  function makeFacets() {
    for (const [key, title, open] of FACETS) {
      const names = key === "updated" ? AGES.map((one) => one[0]) : catalogue.facets[key].names;
      if (!names.length) continue;
      const box = make("details", "facet");
      box.dataset.facet = key;
      box.open = open || state.facets.has(key);
      const summary = make("summary", "", title);
      const number = make("span", "chosen-n");
      summary.append(number);
      const list = make("ul");
      box.append(summary);
      const one = { key: key, box: box, list: list, number: number, items: new Map(), all: false, wanted: "", button: null };
      if (names.length > 2 * FEW) {
        const find = make("input");
        find.type = "search";
        find.placeholder = "Find in " + names.length.toLocaleString("en");
        find.setAttribute("aria-label", "Find a " + title.toLowerCase());
        find.addEventListener("input", function () {
          one.wanted = find.value.trim().toLowerCase();
          showFacet(one);
        });
        box.append(find);
      }
      box.append(list);
      box.addEventListener("toggle", function () {
        if (box.open) showFacet(one);
      });
      boxes.set(key, one);
      facetForm.append(box);
    }
    facetForm.addEventListener("submit", (event) => event.preventDefault());
  }

  function item(one, number, name) {
    let made = one.items.get(number);
    if (made) return made;
    const element = make("li");
    const label = make("label");
    const box = make("input");
    box.type = "checkbox";
    box.name = one.key;
    box.value = name;
    box.addEventListener("change", function () {
      choose(one.key, name, box.checked);
    });
    const words = labelOf(one.key, name);
    const text = make("span", "", one.key === "severity" ? words[0].toUpperCase() + words.slice(1) : words);
    text.dir = "auto";
    const amount = make("span", "n");
    label.append(box, text, amount);
    element.append(label);
    made = { element: element, box: box, amount: amount };
    one.items.set(number, made);
    return made;
  }

  let counts = null;
  function showFacet(one) {
    const key = one.key;
    const wanted = state.facets.get(key);
    one.number.textContent = wanted ? wanted.size : "";
    if (!one.box.open || !counts) return;
    const names = key === "updated" ? AGES.map((age) => age[0]) : catalogue.facets[key].names;
    const texts = key === "updated" ? AGES.map((age) => age[1]) : catalogue.facets[key].labels;
    const amounts = counts[key];
    let numbers = [...names.keys()].filter((number) => (amounts[number] || (wanted && wanted.has(names[number]))) && (!one.wanted || texts[number].toLowerCase().includes(one.wanted)));
    const fixed = key === "updated" || key === "severity";
    if (key === "severity") numbers.reverse();
    if (!fixed) {
      const isWanted = (number) => (wanted && wanted.has(names[number]) ? 1 : 0);
      numbers.sort((a, b) => isWanted(b) - isWanted(a) || amounts[b] - amounts[a] || a - b);
    }
    const busy = one.list.contains(document.activeElement) && document.activeElement.type === "checkbox";
    const rest = numbers.length - FEW;
    if (!one.all && rest > 2) numbers = numbers.slice(0, Math.max(FEW, wanted ? wanted.size : 0));
    if (busy) {
      // In place: what the reader is at must not move away.
      const now = [...one.items].filter((pair) => pair[1].element.isConnected).map((pair) => pair[0]);
      numbers = [...now, ...numbers.filter((number) => !now.includes(number))];
      if (!one.all) numbers = numbers.slice(0, Math.max(now.length, FEW));
    }
    const elements = [];
    for (const number of numbers) {
      const made = item(one, number, names[number]);
      made.box.checked = Boolean(wanted && wanted.has(names[number]));
      made.amount.textContent = amounts[number].toLocaleString("en");
      made.element.classList.toggle("zero", !amounts[number]);
      elements.push(made.element);
    }
    if (busy) {
      for (const element of elements) if (!element.isConnected) one.list.append(element);
    } else {
      one.list.replaceChildren(...elements);
    }
    if (one.button) one.button.remove();
    if (rest > 2 && !one.wanted) {
      one.button = make("li");
      const button = make("button", "", one.all ? "Show fewer" : "Show all " + (rest + FEW));
      button.type = "button";
      button.addEventListener("click", function () {
        one.all = !one.all;
        showFacet(one);
        const next = one.button && one.button.querySelector("button");
        if (next) next.focus();
      });
      one.button.append(button);
      one.list.append(one.button);
    }
  }

  function render(keepShown) {
    if (!catalogue) return;
    const outcome = filter();
    counts = outcome.counts;
    result = order(outcome.found);
    if (match) lookFor(match.words);
    const until = keepShown ? Math.max(shown, FIRST) : FIRST;
    shown = 0;
    // More may be found after the reader has moved into the list.
    const reading = hits.contains(document.activeElement) ? document.activeElement.href : null;
    hits.replaceChildren();
    showCount(outcome.deprecated);
    showChosen();
    if (result.length || (match && !match.complete)) showMore(until);
    else showNothing();
    more.hidden = shown >= result.length;
    if (reading) ([...hits.querySelectorAll("a")].find((link) => link.href === reading) || field).focus({ preventScroll: true });
    sort.value = state.sort;
    sort.options[0].textContent = match ? "Best match" : "Name (A–Z)";
    for (const one of boxes.values()) showFacet(one);
    document.dispatchEvent(new CustomEvent("rulepack:rendered"));
  }

  field.value = state.q;
  field.addEventListener("input", function () {
    state.q = field.value;
    window.scrollTo(0, 0);
    render();
    // Browsers allow few changes of the address in a time.
    clearTimeout(keep.timer);
    keep.timer = setTimeout(keep, 150, false);
  });
  field.form.addEventListener("submit", function (event) {
    event.preventDefault();
    keep(false);
    const first = hits.querySelector("a");
    if (first) first.focus();
  });
  sort.addEventListener("change", function () {
    state.sort = sort.value;
    keep(true);
    render();
  });
  more.querySelector("button").addEventListener("click", function () {
    const next = shown;
    showMore(shown + SLICE);
    const link = hits.children[next] && hits.children[next].querySelector("a");
    if (link) link.focus();
  });
  if ("IntersectionObserver" in window) {
    new IntersectionObserver(function (entries) {
      if (entries.some((entry) => entry.isIntersecting) && catalogue) showMore(shown + SLICE);
    }, { rootMargin: "600px" }).observe(more);
  }
  window.addEventListener("popstate", function () {
    state = readState();
    field.value = state.q;
    render();
  });

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = document.activeElement;
    const row = at && at.closest && at.closest(".hit");
    if (at === field) {
      if (event.key === "ArrowDown") {
        event.preventDefault();
        const first = hits.querySelector("a");
        if (first) first.focus();
      } else if (event.key === "Escape" && state.q) {
        event.preventDefault();
        field.value = state.q = "";
        keep(false);
        render();
      }
      return;
    }
    if (/^(?:input|textarea|select)$/i.test(at.tagName)) return;
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step && (row || event.key === "j" || event.key === "k")) {
      event.preventDefault();
      let next = row ? (step > 0 ? row.nextElementSibling : row.previousElementSibling) : hits.firstElementChild;
      if (!next && row && step > 0 && shown < result.length) {
        showMore(shown + SLICE);
        next = row.nextElementSibling;
      }
      const link = next && next.querySelector("a");
      if (link) link.focus();
      else if (step < 0) field.focus();
    } else if (event.key === "Escape" && row) {
      field.focus();
      field.select();
    }
  });

  // Whoever comes back from a rule finds the list where it was.
  const before = history.state && history.state.shown ? history.state : null;
  window.addEventListener("pagehide", function () {
    if (catalogue) history.replaceState({ shown: shown, y: window.scrollY }, "", address());
  });

  count.textContent = "Loading the rules";
  rulepack.load().then(
    function (loaded) {
      catalogue = loaded;
      search = new rulepack.Search(catalogue, function () {
        render(true);
      });
      sortNames();
      makeFacets();
      if (before) shown = before.shown;
      render(Boolean(before));
      if (before) window.scrollTo(0, before.y);
      if (!state.q && !state.facets.size && window.matchMedia("(hover: hover)").matches && !location.hash) field.focus({ preventScroll: true });
    },
    function (error) {
      count.textContent = location.protocol === "file:" ? "Search needs a web server: run rulepack serve." : "The rules could not be loaded: " + error.message;
    }
  );
})();

// Written by rulepack; changes here are overwritten.
