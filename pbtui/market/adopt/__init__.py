"""Taking over a Passivbot folder: what is in it, what becomes of it here, and the copying."""

from pbtui.market.adopt.copying import Done, apply
from pbtui.market.adopt.items import Candles, Item, Plan
from pbtui.market.adopt.survey import survey

__all__ = ["Candles", "Done", "Item", "Plan", "apply", "survey"]
