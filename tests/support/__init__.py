"""What tests share: sample rules, and packs made of texts."""
