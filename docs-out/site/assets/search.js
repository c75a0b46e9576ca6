// The catalogue's data and the search in it; home.js, matrix.js and id.js use this as `rulepack`.
(function () {
  "use strict";
  const FORMAT = 1;
  const WORD = /[\p{L}\p{N}]+(?:[._-]+[\p{L}\p{N}]+)*/gu;
  const LETTER = /[\p{L}\p{N}]/u;
  const SEVERITIES = ["low", "medium", "high", "critical"];
  const root = document.body.dataset.root || "";

  async function fetchJson(path) {
    // Asked for again each time, so that data and pages are of one build; the server says if nothing changed.
    const answer = await fetch(root + path, { cache: "no-cache" });
    if (!answer.ok) throw new Error(answer.status + " for " + path);
    return answer.json();
  }

  // Texts in one, so that looking for a word in all of them is one pass; each ends with a line break.
  function haystack(texts) {
    const starts = new Uint32Array(texts.length + 1);
    const parts = new Array(texts.length);
    let at = 0;
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i].normalize("NFKC").toLowerCase().replace(/\n/g, " ") + "\n";
      starts[i] = at;
      parts[i] = text;
      at += text.length;
    }
    starts[texts.length] = at;
    return { text: parts.join(""), starts: starts };
  }

  // Calls `hit(rule, whole)` for each place where a word of the haystack begins with `word`.
  function scan(hay, word, hit) {
    const text = hay.text;
    const starts = hay.starts;
    let rule = 0;
    for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
      if (at > 0 && isLetter(text, at - 1)) continue;
      let low = rule;
      let high = starts.length - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (starts[middle] <= at) low = middle;
        else high = middle;
      }
      rule = low;
      hit(rule, !isLetter(text, at + word.length));
    }
  }

  function isLetter(text, at) {
    const code = text.charCodeAt(at);
    if (code < 128) return (code > 96 && code < 123) || (code > 47 && code < 58);
    return code >= 128 && LETTER.test(text[at]);
  }

  function wordsOf(query) {
    return query.normalize("NFKC").toLowerCase().match(WORD) || [];
  }

  // Lists of numbers, all in one.
  function lists(rows) {
    const starts = new Uint32Array(rows.length + 1);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      starts[i] = count;
      count += rows[i].length;
    }
    starts[rows.length] = count;
    const values = new Uint16Array(count);
    for (let i = 0, at = 0; i < rows.length; i++) for (const value of rows[i]) values[at++] = value;
    return { starts: starts, values: values };
  }

  // A facet: its names, how they are shown, and which each rule has.
  function facet(names, rows, labels) {
    const numbers = new Map();
    names.forEach(function (name, number) {
      if (!numbers.has(name)) numbers.set(name, number);
    });
    return { names: names, labels: labels || names, numbers: numbers, rows: lists(rows) };
  }

  class Catalogue {
    constructor(data) {
      const rules = data.rules;
      this.rules = rules;
      this.size = rules.name.length;
      this.techniques = data.techniques;
      this.facets = this.makeFacets(data);
      this.names = haystack(rules.name);
      this.descriptions = haystack(rules.description);
      const self = this;
      const known = rules.name.map(function (_, rule) {
        const parts = [rules.id[rule]];
        for (const key of ["tactic", "technique", "tag", "integration", "source", "platform", "type", "language", "severity"]) {
          const one = self.facets[key];
          for (let i = one.rows.starts[rule]; i < one.rows.starts[rule + 1]; i++) parts.push(one.labels[one.rows.values[i]]);
        }
        return parts.join(" | ");
      });
      this.known = haystack(known);
    }

    makeFacets(data) {
      const rules = data.rules;
      const one = function (row) {
        return row.map(function (number) {
          return number < 0 ? [] : [number];
        });
      };
      const made = {};
      const tacticNames = [...new Set(data.tactics.map((pair) => pair[1]))];
      const tacticNumber = new Map(tacticNames.map((name, number) => [name, number]));
      const techniqueIds = new Set();
      const pairs = new Set();
      // What each place stands for: a tactic, its technique, and the technique above that.
      const meaning = data.places.map(function (place) {
        const tactic = data.tactics[place[0]];
        const ids = place[1] ? [place[1]] : [];
        const dot = place[1].lastIndexOf(".");
        if (dot > 0 && /^T\d+\.\d+$/.test(place[1])) ids.unshift(place[1].slice(0, dot));
        ids.forEach((id) => techniqueIds.add(id));
        const keys = [tactic[0], ...ids.map((id) => tactic[0] + "/" + id)];
        keys.forEach((key) => pairs.add(key));
        return { tactic: tacticNumber.get(tactic[1]), ids: ids, keys: keys };
      });
      const ids = [...techniqueIds].sort();
      const idNumber = new Map(ids.map((id, number) => [id, number]));
      const keys = [...pairs].sort();
      const keyNumber = new Map(keys.map((key, number) => [key, number]));
      const gather = function (of) {
        return rules.place.map(function (row) {
          return [...new Set(row.flatMap((place) => of(meaning[place])))];
        });
      };
      const tacticName = new Map(data.tactics);
      const label = function (id) {
        return data.techniques[id] ? id + " " + data.techniques[id] : id;
      };
      made.tactic = facet(tacticNames, gather((place) => [place.tactic]));
      made.technique = facet(ids, gather((place) => place.ids.map((id) => idNumber.get(id))), ids.map(label));
      for (const key of ["platform", "source", "integration"]) made[key] = facet(data.facets[key], rules[key]);
      for (const key of ["severity", "type", "language"]) made[key] = facet(data.facets[key], one(rules[key]));
      made.tag = facet(data.facets.tag, rules.tag);
      made.place = facet(keys, gather((place) => place.keys.map((key) => keyNumber.get(key))), keys.map(function (key) {
        const parts = key.split("/");
        const tactic = tacticName.get(parts[0]);
        return parts[1] ? label(parts[1]) + ", as " + tactic : tactic;
      }));
      return made;
    }

    path(rule) {
      return root + (this.rules.flags[rule] & 1 ? "rules/deprecated/" : "rules/") + encodeURIComponent(this.rules.slug[rule]) + ".html";
    }
  }

  // The files of the index, each fetched when a word is typed that begins so.
  class Index {
    constructor(changed) {
      this.changed = changed;
      this.files = new Map();
      this.heads = null;
      this.letters = 2;
      this.stop = new Set();
      this.failed = false;
    }

    start() {
      const self = this;
      if (this.starting) return;
      this.starting = fetchJson("data/search/index.json").then(
        function (data) {
          if (data.format !== FORMAT) throw new Error("another format");
          self.heads = new Set(data.heads);
          self.letters = data.letters;
          self.stop = new Set(data.stop);
          self.changed();
        },
        function () {
          self.failed = true;
          self.changed();
        }
      );
    }

    file(head) {
      const self = this;
      let found = this.files.get(head);
      if (found === undefined) {
        found = { data: null };
        this.files.set(head, found);
        let name = "";
        for (const one of head) name += /[a-z0-9]/.test(one) ? one : "_" + one.codePointAt(0).toString(16) + "_";
        fetchJson("data/search/w-" + name + ".json").then(
          function (data) {
            found.data = new Map(Object.entries(data));
            self.changed();
          },
          function () {
            self.failed = true;
            found.data = new Map();
            self.changed();
          }
        );
      }
      return found.data;
    }

    // The files there are for a word, and whether these are all.
    find(word) {
      const letters = [...word];
      const data = [];
      if (letters.length < 2) return { data: data, complete: true };
      if (!this.heads) {
        this.start();
        return { data: data, complete: this.failed };
      }
      const head = letters.slice(0, this.letters).join("");
      if (!this.heads.has(head)) return { data: data, complete: true };
      const wanted = [head];
      let complete = true;
      while (wanted.length) {
        const next = wanted.pop();
        const found = this.file(next);
        if (found === null) {
          complete = false;
          continue;
        }
        data.push(found);
        // Of one beginning there may be too many words; those of just these letters are in the first file.
        if (found.has("") && letters.length > this.letters) {
          for (const below of found.get("").split(" ")) if (below && (word.startsWith(below) || below.startsWith(word))) wanted.push(below);
        }
      }
      return { data: data, complete: complete };
    }
  }

  const VALUES = new Int8Array(128).fill(-1);
  [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].forEach(function (digit, value) {
    VALUES[digit.charCodeAt(0)] = value;
  });

  function readPostings(text, hit) {
    let last = -2;
    let value = 0;
    for (let i = 0; i < text.length; i++) {
      const digit = VALUES[text.charCodeAt(i)];
      value = value * 32 + (digit & 31);
      if (digit < 32) {
        last = last + 2 + (value & ~1);
        hit(last >> 1, value & 1);
        value = 0;
      }
    }
  }

  // What a word is worth by where it stands: [the whole word, the beginning of one].
  const NAME = [40, 26];
  const KNOWN = [24, 12];
  const DESCRIPTION = [9, 6];
  const QUERY = [5, 4];
  const GUIDE = [2, 1.5];

  class Search {
    constructor(catalogue, changed) {
      this.catalogue = catalogue;
      this.index = new Index(changed);
    }

    // The rules that have every word: their numbers, scores by number, and where else than in what is shown a word is.
    run(query) {
      let words = [...new Set(wordsOf(query))];
      const spoken = words.filter((word) => !this.index.stop.has(word));
      if (spoken.length) words = spoken;
      if (!words.length) return null;
      const size = this.catalogue.size;
      const total = new Float32Array(size);
      const inQuery = new Uint8Array(size);
      const seen = new Uint8Array(size);
      let complete = true;
      for (let number = 0; number < words.length; number++) {
        const word = words[number];
        const best = new Float32Array(size);
        const where = new Uint8Array(size);
        const take = function (worth, bit) {
          return function (rule, whole) {
            const score = worth[whole ? 0 : 1];
            if (score > best[rule]) best[rule] = score;
            where[rule] |= bit;
          };
        };
        scan(this.catalogue.names, word, take(NAME, 1));
        // One letter is the beginning of a word in nearly every description.
        if (word.length > 1) {
          scan(this.catalogue.known, word, take(KNOWN, 1));
          scan(this.catalogue.descriptions, word, take(DESCRIPTION, 1));
        }
        const files = this.index.find(word);
        complete = complete && files.complete;
        for (const data of files.data) {
          for (const [term, postings] of data) {
            if (!term.startsWith(word) || term === "") continue;
            const query = take(QUERY, 2);
            const guide = take(GUIDE, 4);
            const whole = term === word;
            readPostings(postings, function (rule, kind) {
              (kind ? guide : query)(rule, whole);
            });
          }
        }
        for (let rule = 0; rule < size; rule++) {
          if (best[rule] && seen[rule] === number) {
            seen[rule] = number + 1;
            total[rule] += best[rule];
            if (!(where[rule] & 1)) inQuery[rule] |= where[rule] & 2 ? 1 : 2;
          }
        }
      }
      const found = [];
      for (let rule = 0; rule < size; rule++) if (seen[rule] === words.length) found.push(rule);
      if (words.length > 1) this.praise(query, total);
      return { rules: found, scores: total, elsewhere: inQuery, words: words, complete: complete, failed: this.index.failed };
    }

    // A name that has all that was typed, as it was typed, comes first.
    praise(query, total) {
      const phrase = query.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");
      scan(this.catalogue.names, phrase, function (rule) {
        total[rule] += 30;
      });
    }
  }

  async function load() {
    const data = await fetchJson("data/catalogue.json");
    if (data.format !== FORMAT) throw new Error("the data is of another version than this page: reload it");
    return new Catalogue(data);
  }

  window.rulepack = { load: load, Search: Search, root: root, severities: SEVERITIES, wordsOf: wordsOf };
})();

// Written by rulepack; changes here are overwritten.
