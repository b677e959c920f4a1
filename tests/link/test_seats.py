from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pbtui.link.base import Seating, Wish
from pbtui.link.seats import Seats


class Hall:
    """Consoles that remember what they were told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.seats = Seats(self.notes.append)
        self.told: dict[str, Seating] = {}

    def sit(self, name: str, *, take: bool = False, waits: bool = True) -> None:
        self.seats.claim(name, lambda seating: self.told.update({name: seating}), name=name, take=take, waits=waits)
        self.told[name] = self.seats.seating(name)


def test_asking_and_handing_over_is_told_to_everyone() -> None:
    hall = Hall()
    for name in ("desk", "phone", "tablet"):
        hall.sit(name)
    assert hall.told["desk"] == Seating("controller", holder="desk", watchers=2)
    refused = hall.seats.wish("desk", "take")
    assert (refused.ok, hall.notes) == (True, [])
    assert hall.seats.wish("tablet", "ask").text == "asked desk for the controls"
    assert hall.told["desk"] == Seating("controller", holder="desk", asker="tablet", watchers=2)
    assert hall.told["phone"] == Seating("viewer", holder="desk", asker="tablet", watchers=2)
    assert hall.seats.wish("phone", "give").refused
    assert hall.seats.wish("desk", "give").text == "handed the controls to tablet"
    assert {name: seating.role for name, seating in hall.told.items()} == {
        "desk": "viewer",
        "phone": "viewer",
        "tablet": "controller",
    }
    assert hall.notes == ["tablet asks desk for the controls", "tablet has the controls now, handed over"]


def test_taking_by_force_and_leaving() -> None:
    hall = Hall()
    hall.sit("desk")
    hall.sit("glance", waits=False)
    assert hall.seats.wish("desk", "give").refused, "who only watches does not inherit"
    assert hall.seats.wish("glance", "take").ok
    assert (hall.told["desk"].role, hall.told["desk"].holder) == ("viewer", "glance")
    assert hall.notes == ["glance has the controls now, by force"]
    hall.sit("phone", take=True)
    hall.seats.leave("phone")
    assert hall.seats.role("glance") == "viewer"
    assert hall.seats.role("desk") == "controller", "who waits longest inherits"
    hall.seats.leave("desk")
    hall.seats.leave("glance")
    assert hall.seats.wish("desk", "take").refused


OWNERS = st.sampled_from("abcd")
STEPS = st.one_of(
    st.tuples(st.just("sit"), OWNERS, st.booleans(), st.booleans()),
    st.tuples(st.just("leave"), OWNERS),
    st.tuples(st.sampled_from(["ask", "take", "give"]), OWNERS),
)


@given(st.lists(STEPS, max_size=30))
def test_there_is_never_more_than_one_controller_and_everyone_agrees_who_it_is(steps: list[tuple]) -> None:
    hall = Hall()
    here: set[str] = set()
    for word, who, *flags in steps:
        if word == "sit" and who not in here:
            hall.sit(who, take=flags[0], waits=flags[1])
            here.add(who)
        elif word == "leave":
            hall.seats.leave(who)
            here.discard(who)
        elif word in ("ask", "take", "give"):
            wish: Wish = word
            assert hall.seats.wish(who, wish).ok or word == "give" or who not in here
        holders = {hall.seats.seating(name).holder for name in here}
        in_charge = [name for name in here if hall.seats.role(name) == "controller"]
        assert len(in_charge) <= 1
        assert holders <= ({in_charge[0]} if in_charge else {""})
        for name in here - {who}:
            assert hall.told[name] == hall.seats.seating(name)
