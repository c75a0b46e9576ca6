"""@frozen: the same as a frozen dataclass with slots, whatever is done with it."""

import copy
import dataclasses
import inspect
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepack.frozen import frozen

AS_DATACLASS = {
    "frozen": dataclasses.dataclass(frozen=True, slots=True),
    "frozen(eq=False)": dataclasses.dataclass(frozen=True, slots=True, eq=False),
    "frozen(slots=False)": dataclasses.dataclass(frozen=True),
    "frozen(kw_only=True)": dataclasses.dataclass(frozen=True, slots=True, kw_only=True),
}
AS_FROZEN = {
    "frozen": frozen,
    "frozen(eq=False)": frozen(eq=False),
    "frozen(slots=False)": frozen(slots=False),
    "frozen(kw_only=True)": frozen(kw_only=True),
}


def classes(decorator):
    """Every shape of class that a value can have."""

    class Empty:
        """Without fields."""

    class One:
        """With one."""

        only: object

    class Several:
        """With defaults, factories, and fields that do not count."""

        name: object
        size: int = 5
        words: list = dataclasses.field(default_factory=list)
        place: str = dataclasses.field(default="here", compare=False)
        secret: str = dataclasses.field(default="s", repr=False)
        extra: object = dataclasses.field(default=None, kw_only=True)

    class Odd:
        """With methods of its own."""

        name: object

        def __post_init__(self):
            if self.name == "bad":
                raise ValueError(self.name)

        def __repr__(self):
            return f"<{self.name}>"

        def __hash__(self):
            return 5

    empty, one, several, odd = (decorator(each) for each in (Empty, One, Several, Odd))

    class More(several):
        """With a base."""

        size: int = 6
        last: object = "end"

    return {"Empty": empty, "One": one, "Several": several, "Odd": odd, "More": decorator(More)}


PAIRS = {
    f"{name} {kind}": (standard, classes(AS_FROZEN[name])[kind])
    for name, decorator in AS_DATACLASS.items()
    for kind, standard in classes(decorator).items()
}


def outcome(function):
    """What a call gives, or how it fails."""
    try:
        return function()
    except Exception as error:  # noqa: BLE001 (whatever it is, it must be the same)
        return type(error)


VALUES = st.sampled_from(["a", "bad", 5, 0, True, (), (1, "b"), 1.5, None])
ARGUMENTS = st.lists(VALUES, max_size=3)
BY_NAME = st.dictionaries(
    st.sampled_from(["name", "only", "size", "words", "place", "secret", "extra", "last"]), VALUES
)


@given(st.sampled_from(list(PAIRS.values())), ARGUMENTS, BY_NAME, ARGUMENTS, BY_NAME)
def test_it_is_made_compared_and_shown_as_a_dataclass_is(pair, first, first_by_name, second, second_by_name):
    seen = []
    for cls in pair:
        one = outcome(lambda cls=cls: cls(*first, **first_by_name))
        other = outcome(lambda cls=cls: cls(*second, **second_by_name))
        said = [isinstance(one, cls), isinstance(other, cls), one == other, one != other]
        if isinstance(one, cls):
            by_identity = cls.__hash__ is object.__hash__
            shown = repr(one)
            said += [shown if "Odd" in cls.__qualname__ else shown.rpartition(">.")[2]]
            said += [by_identity or outcome(lambda one=one: hash(one))]
            said += [one == copy.copy(one), one == copy.deepcopy(one), one == 5]
            said += [dataclasses.astuple(one), outcome(lambda one=one: dataclasses.replace(one, name="x").name)]
        else:
            said += [one]
        seen.append(said)
    assert seen[0] == seen[1]


def parameters(cls):
    return [(one.name, one.kind, one.default is one.empty) for one in inspect.signature(cls).parameters.values()]


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_it_says_of_itself_what_a_dataclass_does(pair):
    standard, ours = pair
    arguments = {one.name: "x" for one in dataclasses.fields(ours) if one.default is dataclasses.MISSING}
    value = ours(**arguments)
    assert parameters(ours) == parameters(standard)
    assert [one.name for one in dataclasses.fields(ours)] == [one.name for one in dataclasses.fields(standard)]
    assert ours.__match_args__ == standard.__match_args__
    assert ours.__doc__ == standard.__doc__
    assert hasattr(value, "__dict__") == hasattr(standard(**arguments), "__dict__")


@pytest.mark.parametrize("decorator", [frozen, frozen(slots=False)])
def test_nothing_can_be_changed(decorator):
    value = classes(decorator)["Several"]("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'name'"):
        value.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'name'"):
        del value.name
    assert value.name == "a"


@frozen
class Sent:
    """What goes to another process."""

    name: str
    words: tuple[str, ...] = ()


def test_it_can_be_sent_to_another_process():
    assert pickle.loads(pickle.dumps(Sent("a", ("b",)))) == Sent("a", ("b",))


def test_a_value_that_holds_itself_can_be_shown():
    words = []
    value = Sent("a", words)
    words.append(value)
    assert repr(value) == "Sent(name='a', words=[...])"


def test_each_value_has_a_list_of_its_own():
    cls = classes(frozen)["Several"]
    cls("a").words.append("b")
    assert cls("a").words == []


def test_an_init_is_written_when_it_is_first_needed():
    cls = classes(frozen)["Several"]
    before = cls.__init__
    cls("a")
    after = cls.__init__
    cls("b")
    assert before is not after
    assert cls.__init__ is after


@pytest.mark.parametrize(("name", "cls"), classes(frozen).items())
def test_wrong_arguments_are_refused_by_name(name, cls):
    with pytest.raises(TypeError, match=rf"{name}\.__init__\(\) got an unexpected keyword argument 'nmae'"):
        cls(nmae=1)
