"""KN selection: which of several options is best, with a stated probability of choosing it.

All options are replicated together under common random numbers. After every replication those that lie too
far behind another are out, so that poor options cost little and only close ones cost much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeysim.units import FloatArray

FEWEST_FIRST = 2
"""Replications without which there is no variance."""


@dataclass(frozen=True)
class SelectionRule:
    """What a selection is to promise, and how long it may take.

    Parameters
    ----------
    lead : smallest difference worth telling apart (delta), in units of the metric, > 0.
    alpha : largest probability of a wrong choice; above 0, below 1 - 1 / options.
    first : replications of every option from which the variances are estimated (n0), >= 2.
    at_most : replications of an option beyond which the selection gives up its guarantee, >= ``first``.
    smallest : whether the smallest mean is best.
    """

    lead: float
    alpha: float = 0.05
    first: int = 20
    at_most: int = 500
    smallest: bool = False

    def faults(self, options: int) -> list[str]:
        """Say what is wrong with the rule for a number of options, in plain words."""
        most = 1 - 1 / max(options, 1)
        checks = [
            (options >= 2, f"at least 2 options to choose from are required, found {options}"),
            (0 < self.lead < np.inf, f"a lead above 0 is required, found {self.lead:g}"),
            (
                options < 2 or 0 < self.alpha < most,
                f"an alpha above 0 and below {most:.3g} is required, found {self.alpha:g}",
            ),
            (
                self.first >= FEWEST_FIRST,
                f"at least {FEWEST_FIRST} first replications are required, found {self.first}",
            ),
            (
                self.at_most >= self.first,
                f"a ceiling of at least the {self.first} first replications is needed, found {self.at_most}",
            ),
        ]
        return [text for holds, text in checks if not holds]


@dataclass(frozen=True)
class Constants:
    """What the continuation region of KN is made of.

    Parameters
    ----------
    eta : > 0.
    h_squared : 2 eta (n0 - 1).
    """

    eta: float
    h_squared: float


def kn_constants(options: int, first: int, alpha: float) -> Constants:
    """Constants of KN with c = 1, which hold whether or not the options share their luck.

    Parameters
    ----------
    options : number of options, >= 2.
    first : replications behind the variances, >= 2.
    alpha : probability of a wrong choice, above 0 and below 1 - 1 / options.

    References
    ----------
    Kim & Nelson (2001), A fully sequential procedure for indifference-zone selection in simulation, ACM
    TOMACS 11(3): eta solves g(eta) = alpha / (k - 1), the bound that needs no independence.
    """
    eta = ((2 * alpha / (options - 1)) ** (-2 / (first - 1)) - 1) / 2
    return Constants(eta, 2 * eta * (first - 1))


class Selection:
    """A selection under way: takes replications in order and says which options are out.

    Parameters
    ----------
    options : number of options, >= 2; an option is known by its number, from 0.
    rule : what is promised.

    Raises
    ------
    ValueError
        The rule cannot hold for so many options.

    Notes
    -----
    Option i is out after replication r where its mean lies below that of another l that was still in by more
    than W = max(0, lead / (2 r) (h² S² / lead² - r)), S² being the variance of their paired differences in
    the first replications. Once W is 0 for all pairs that are left, only options with exactly equal means
    can be left; the first of them is taken. Pairs that never differ have no variance and are told apart by
    nothing, so they do not prolong a selection.

    The probability of a correct selection holds for normal, independent replications.

    References
    ----------
    Kim & Nelson (2001), procedure KN.
    """

    def __init__(self, options: int, rule: SelectionRule) -> None:
        faults = rule.faults(options)
        if faults:
            raise ValueError("; ".join(faults))
        self.rule = rule
        self.constants = kn_constants(options, rule.first, rule.alpha)
        self.replications = 0
        self._standing = list(range(options))
        self._eliminated_at: dict[int, int] = {}
        self._sums = np.zeros(options)
        self._counts = np.zeros(options, dtype=np.int64)
        self._first: list[FloatArray] = []
        self._horizon = np.full((options, options), np.inf)

    @property
    def standing(self) -> tuple[int, ...]:
        """Options that are still in, ascending."""
        return tuple(self._standing)

    @property
    def eliminated_at(self) -> dict[int, int]:
        """Number of replications after which each option that is out went out, in that order."""
        return dict(self._eliminated_at)

    @property
    def counts(self) -> tuple[int, ...]:
        """Replications of each option that the selection has used."""
        return tuple(int(count) for count in self._counts)

    @property
    def means(self) -> FloatArray:
        """Mean of each option over the replications used; shape (options,), NaN before the first."""
        with np.errstate(invalid="ignore"):
            means: FloatArray = self._sums / self._counts
        return -means if self.rule.smallest else means

    @property
    def settled(self) -> bool:
        """Whether the selection has ended with its guarantee."""
        if self.replications < self.rule.first:
            return False
        return len(self._standing) == 1 or self.replications > self._longest()

    @property
    def finished(self) -> bool:
        """Whether no more replications are wanted: it is settled, or they are all used up."""
        return self.settled or self.replications >= self.rule.at_most

    @property
    def last_replication(self) -> int:
        """Replications after which it ends at the latest."""
        if self.replications < self.rule.first:
            return self.rule.at_most
        if self.finished:
            return self.replications
        return int(min(np.floor(self._longest()) + 1, self.rule.at_most))

    @property
    def best(self) -> int:
        """Option with the best mean among those still in; of equal ones the first."""
        return max(self._standing, key=lambda option: (self._sums[option], -option))

    @property
    def equals(self) -> tuple[int, ...]:
        """Options that could not be told from `best` as they have exactly its mean."""
        best = self.best
        return tuple(i for i in self._standing if i != best and self._sums[i] == self._sums[best])

    def take(self, values: FloatArray) -> tuple[int, ...]:
        """Take the next replication.

        Parameters
        ----------
        values : shape (options,), finite for every option that is still in; others are not looked at.

        Returns
        -------
        Options that go out with it.

        Raises
        ------
        ValueError
            The selection has ended, or a value is missing.
        """
        if self.finished:
            raise ValueError("the selection has ended")
        taken = np.asarray(values, dtype=np.float64)[self._standing]
        if not np.isfinite(taken).all():
            raise ValueError("every option that is still in needs a value")
        signed = -taken if self.rule.smallest else taken
        self._sums[self._standing] += signed
        self._counts[self._standing] += 1
        self.replications += 1
        if self.replications <= self.rule.first:
            self._first.append(signed)
        if self.replications < self.rule.first:
            return ()
        if self.replications == self.rule.first:
            self._look_ahead()
        return self._screen()

    def _look_ahead(self) -> None:
        """Note h² S² / lead² of every pair: the replications at which its continuation region ends."""
        first = np.array(self._first)
        gaps = first[:, :, None] - first[:, None, :]
        variances = gaps.var(axis=0, ddof=1)
        with np.errstate(over="ignore"):
            self._horizon = self.constants.h_squared * (variances / self.rule.lead / self.rule.lead)
        self._first.clear()

    def _screen(self) -> tuple[int, ...]:
        standing, count = self._standing, self.replications
        means = self._sums[standing] / count
        left = self._horizon[np.ix_(standing, standing)] - count
        allowed = np.maximum(0.0, self.rule.lead / (2 * count) * left)
        beaten = means[:, None] < means[None, :] - allowed
        out = tuple(standing[at] for at in np.flatnonzero(beaten.any(axis=1)))
        self._eliminated_at.update(dict.fromkeys(out, count))
        self._standing = [option for option in standing if option not in self._eliminated_at]
        return out

    def _longest(self) -> float:
        """Where the last continuation region among those still in ends, in replications."""
        return float(self._horizon[np.ix_(self._standing, self._standing)].max())
