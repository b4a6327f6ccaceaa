"""Whether word of mouth feeds itself: how many further events one event brings about, and what to say.

Below 1 every wave dies; near 1 it dies so slowly that twelve months do not show its end, and small changes of
a constant move results far. From 1 on it runs away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeysim.market.network import Network

NEAR_CRITICAL = 0.5
"""Reproduction from which on each wave is followed by echoes as large, in sum, as itself."""


@dataclass(frozen=True)
class Reproduction:
    """How many further events one event brings about, on average.

    Attributes
    ----------
    contagion : leavers of a bank for each leaver of it.
    relay : hearers of a story for each hearer.
    """

    contagion: float
    relay: float

    def warnings(self) -> list[str]:
        """What a user must be told; nothing where both die quickly."""
        found = []
        for what, number in (
            ("customers who leave because friends left", self.contagion),
            ("stories passed on", self.relay),
        ):
            if number >= 1:
                found.append(f"{what}: each brings about {number:.2f} more, which runs away")
            elif number >= NEAR_CRITICAL:
                found.append(
                    f"{what}: each brings about {number:.2f} more, which is near-critical: "
                    f"the whole effect is {1 / (1 - number):.1f} times the first"
                )
        return found


def reproduction(
    network: Network,
    *,
    share: float,
    hazard_per_month: float,
    contagion: float,
    contagion_months: float,
    relay: float,
) -> Reproduction:
    """How word of mouth and leaving feed themselves on a network.

    Who follows a friend stands, like a hearer, at the end of a tie, and the friend has left already. So
    contagion is reckoned with ``network.onward_ties``.

    Parameters
    ----------
    network : who knows whom.
    relay : mean number of people whom a hearer passes a story on to, >= 0.
    share, hazard_per_month, contagion, contagion_months : see `contagion_reproduction`.
    """
    left = contagion_reproduction(network.onward_ties, share, hazard_per_month, contagion, contagion_months)
    return Reproduction(left, relay_reproduction(network, relay))


def contagion_reproduction(
    ties: float, share: float, hazard_per_month: float, contagion: float, contagion_months: float
) -> float:
    """Leavers of a bank whom one leaver of it brings about.

    Parameters
    ----------
    ties : mean number of a leaver.
    share : of the market that is with the bank, 0..1.
    hazard_per_month : of leaving it, by all reasons that friends' leaving raises.
    contagion : each tied leaver adds this to the hazard at first, as a share of it.
    contagion_months : time constant with which that wears off.

    Returns
    -------
    ``ties * share * hazard * contagion * (1 + exp(-1/c) + exp(-2/c) + …)``. A hazard multiplied by ``(1 +
    contagion)**c`` rises by less than this for a leaver of some months ago, so it is an upper bound as long
    as leavers are few.

    References
    ----------
    Nitzan & Libai (2011), Social effects on customer retention, for the rule.
    """
    months = 1 / -np.expm1(-1 / contagion_months)
    return float(ties * share * hazard_per_month * contagion * months)


def relay_reproduction(network: Network, relay: float) -> float:
    """Hearers whom a hearer passes a story on to; who stands at the end of a tie has more ties than others.

    Parameters
    ----------
    network : who knows whom.
    relay : mean number whom a hearer at random passes it on to, >= 0.

    Returns
    -------
    ``p * network.onward_ties`` with ``p = relay / network.mean_ties`` at most 1; an upper bound, since
    circles of ties lead back to who has heard. The same as ``relay`` where people's numbers of ties are
    Poisson.

    References
    ----------
    Newman (2002), Spread of epidemic disease on networks: the threshold on a network.
    """
    if network.tie.size == 0:
        return 0.0
    return min(relay / network.mean_ties, 1.0) * network.onward_ties
