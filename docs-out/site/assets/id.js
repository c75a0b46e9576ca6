// Leads from id.html#<rule_id> to the rule's page.
(function () {
  "use strict";
  const looking = document.querySelector(".looking");
  function go() {
    const id = decodeURIComponent(location.hash.slice(1)).trim();
    if (!id) return;
    rulepack.load().then(
      function (catalogue) {
        const rule = catalogue.rules.id.indexOf(id);
        if (rule !== -1) location.replace(catalogue.path(rule));
        else looking.textContent = "This pack has no rule with the id " + id + ".";
      },
      function (error) {
        looking.textContent = "The rules could not be loaded: " + error.message;
      }
    );
  }
  window.addEventListener("hashchange", go);
  go();
})();

// Written by rulepack; changes here are overwritten.
