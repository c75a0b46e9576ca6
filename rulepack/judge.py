"""What is wrong with a table that does not fit its model: marshmallow asks every field, and nothing is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from marshmallow import RAISE, Schema, ValidationError, fields

from rulepack.fields import Field, Problems, RefusedError
from rulepack.schema import UNKNOWN, keys


class _Asked(fields.Field[Any]):
    """A field of a model, as marshmallow asks it."""

    def __init__(self, field: Field) -> None:
        super().__init__(required=field.required)
        self.field = field

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002 (signature)
        try:
            return self.field.deserialize(value)
        except RefusedError as refused:
            raise ValidationError(refused.problems) from None

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:  # noqa: ARG002 (signature)
        """Marshmallow's own refusals, of what is missing and of null, in our words."""
        problems = [self.field.missing()] if key == "required" else self.field.wrong_type(None).problems
        return ValidationError(problems)


class _ModelSchema(Schema):
    """What all models' schemas have in common."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": UNKNOWN}  # noqa: RUF012 (marshmallow's own form)


# Filled when a table of a model is first found wrong.
_SCHEMAS: dict[type, Schema] = {}


def verdict(cls: type, data: Mapping[str, Any]) -> Problems:
    """All that is wrong with a table, by the names of the fields in the file; an unknown field's is `UNKNOWN`.

    First what the model has, in its order, then what it has not, in the file's.
    """
    if cls not in _SCHEMAS:
        asked: dict[str, fields.Field[Any]] = {one.name: _Asked(one.field) for one in keys(cls).values()}
        _SCHEMAS[cls] = _ModelSchema.from_dict(asked, name=f"{cls.__name__}Schema")()
    found = cast("dict[Any, Problems]", _SCHEMAS[cls].validate(data))
    return {name: found[name] for name in (*_SCHEMAS[cls].fields, *data) if name in found}
