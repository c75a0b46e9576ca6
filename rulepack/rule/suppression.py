"""Alert suppression: fewer alerts for what happens again and again."""

from __future__ import annotations

from rulepack.fields import Choice, Many, Text, Whole
from rulepack.schema import Table, key, model


@model
class SuppressionDuration:
    """How long alerts are suppressed."""

    value: int = key(Whole(least=1, required=True), "How many units.")
    unit: str = key(Choice("s", "m", "h", required=True), "Seconds, minutes or hours.")


@model
class AlertSuppression:
    """One alert for all events that agree in some fields."""

    group_by: tuple[str, ...] = key(Many(Text(), least=1, most=3, required=True), "One to three fields.")
    duration: SuppressionDuration | None = key(Table(SuppressionDuration), "How long; otherwise per run of the rule.")
    missing_fields_strategy: str | None = key(
        Choice("suppress", "doNotSuppress"), "What happens to events that lack such a field."
    )


@model
class ThresholdSuppression:
    """The same for threshold rules, which group by their threshold fields already."""

    duration: SuppressionDuration = key(Table(SuppressionDuration, required=True), "How long.")
