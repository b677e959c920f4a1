"""What is wrong with stored candles: gaps, doubles, standstills, spikes, disagreement between venues."""

from pbtui.market.audit.finding import Finding, Kind
from pbtui.market.audit.shape import findings_of_rows
from pbtui.market.audit.venues import disagreements

__all__ = ["Finding", "Kind", "disagreements", "findings_of_rows"]
