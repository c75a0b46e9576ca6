"""machine_learning rules: anomalies that Elastic's jobs find."""

from __future__ import annotations

from rulepack.fields import OneOrMany, Whole
from rulepack.rule.base import Rule, suppression
from rulepack.rule.suppression import AlertSuppression
from rulepack.schema import key, model


@model
class MachineLearningRule(Rule):
    """Fires for anomalies whose score reaches a threshold."""

    anomaly_threshold: int = key(Whole(least=0, required=True), "The score from which on an anomaly counts.")
    machine_learning_job_id: str | tuple[str, ...] = key(OneOrMany(least=1, required=True), "The jobs.")
    alert_suppression: AlertSuppression | None = suppression("8.15")

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs, whichever shape the file has."""
        if isinstance(self.machine_learning_job_id, str):
            return (self.machine_learning_job_id,)
        return self.machine_learning_job_id
