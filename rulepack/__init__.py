"""rulepack: detection as code for Elastic Security."""
