"""RP80x, RP90x: what can be said about a rule on its way to Kibana."""

from __future__ import annotations

from rulepack.diagnostics import Code, Severity

RP801 = Code(
    "RP801",
    "prebuilt-rule",
    Severity.WARNING,
    "A rule has the rule_id of one of Elastic's prebuilt rules",
    "Why: prebuilt rules are Elastic's; writing to one marks it as customised and stands in the way of its updates.\n\n"
    "Instead: give the rule a rule_id of its own, and disable the prebuilt one in Kibana.",
)
RP802 = Code(
    "RP802",
    "edited-meanwhile",
    Severity.ERROR,
    "A rule was changed in Kibana while it was being deployed",
    "Why: the plan showed other values than those that would have been overwritten, or somebody saved the rule at the "
    "same moment.\n\nInstead: run `rulepack plan` again and look at what changed.",
)
RP803 = Code(
    "RP803",
    "duplicate-in-kibana",
    Severity.ERROR,
    "Kibana has several rules with one rule_id",
    "Why: retried imports can make such twins, and nobody can tell which of them is meant, so none is written.\n\n"
    "Instead: delete all but one of them in Kibana; their ids are in the message.",
)
RP804 = Code(
    "RP804",
    "missing-exception-list",
    Severity.ERROR,
    "A rule names an exception list that the space does not have",
    "Why: without its exceptions the rule would raise the very alerts that they keep away, so it is not enabled.\n\n"
    "Instead: create the list in Kibana, then deploy again and enable the rule.",
)
RP805 = Code(
    "RP805",
    "type-changed",
    Severity.ERROR,
    "A rule has another type in Kibana",
    "Why: Kibana cannot change the type of a rule; it would have to be deleted and made again, with the history of its "
    "alerts left behind.\n\nInstead: delete the rule in Kibana, or give the file a new rule_id.",
)
RP806 = Code(
    "RP806",
    "unreadable-in-kibana",
    Severity.ERROR,
    "Kibana gives a rule in a shape that rulepack cannot deal with",
    "Why: writing such a rule could lose what is in it, so it is left alone. Something on the way may have changed the "
    "answer, or the Kibana is newer than this rulepack.\n\n"
    "Instead: look at the rule in Kibana; if it is in order there, please report it.",
)
RP807 = Code(
    "RP807",
    "version-behind-kibana",
    Severity.ERROR,
    "Kibana has a higher version of a rule than the pack, and another content",
    "Why: somebody deployed something newer, such as a hotfix, and writing the rule would silently take it back.\n\n"
    "Instead: deploy what is newest. Where the pack has just taken the rules over, `rulepack lock --adopt` goes above "
    "the versions that Kibana has. To go back on purpose, add --allow-downgrade.",
)
RP901 = Code(
    "RP901",
    "refused-by-kibana",
    Severity.ERROR,
    "Kibana refused a rule",
    "Why: Kibana's own words are in the message.\n\n"
    "Instead: correct the rule. If rulepack could have known, please report it: that is a gap in its checks.",
)
RP902 = Code(
    "RP902",
    "field-not-kept",
    Severity.ERROR,
    "Kibana took a rule but did not keep one of its fields",
    "Why: a Kibana drops a field that it does not know without a word, so the rule does something else than the file "
    "says.\n\nInstead: raise `min_stack_version` of the rule, or update Kibana.",
)
RP903 = Code(
    "RP903",
    "outcome-unknown",
    Severity.ERROR,
    "The connection broke and it is not known whether a rule was written",
    "Why: no answer came back, and reading the rule again did not settle it.\n\n"
    "Instead: run `rulepack plan`; it shows what is there. Deploying again is safe.",
)
RP904 = Code(
    "RP904",
    "not-attempted",
    Severity.ERROR,
    "A rule was not sent: Kibana was out of reach, refused the credentials, or somebody interrupted",
    "Why: sending the rest would have failed in the same way.\n\n"
    "Instead: look at the first failure; then deploy again, which goes on where this run stopped.",
)
CODES = (RP801, RP802, RP803, RP804, RP805, RP806, RP807, RP901, RP902, RP903, RP904)
