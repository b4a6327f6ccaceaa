"""One queue with a roster as a Markov chain, and what a customer at the end of its line can expect.

The states and equations that `transient` follows through a day.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from journeysim.branch.formulas.markov import Moves, generator
from journeysim.units import BoolArray, FloatArray, IntArray


class QueueChain:
    """One period as a Markov chain over (busy servers, customers waiting).

    While fewer servers are busy than on duty nobody waits. More can be busy than on duty after the roster
    fell, for service is not interrupted; whoever then finishes leaves, and takes no next customer.

    Parameters
    ----------
    servers : on duty, >= 0.
    most_busy : servers that can be busy at once, >= servers.
    places : customers who can wait, >= 0.
    arrivals_per_min : >= 0.
    service_mean_min, patience_mean_min : means of exponentials, minutes, > 0; patience may be infinite.

    Notes
    -----
    The same states follow one customer who waits last in line and whom no later arrival concerns: the number
    waiting then counts those ahead and the customer; 0 means that the customer's service has started.
    """

    def __init__(
        self,
        servers: int,
        most_busy: int,
        places: int,
        *,
        arrivals_per_min: float,
        service_mean_min: float,
        patience_mean_min: float,
    ) -> None:
        self.servers, self.places = servers, places
        self.arrivals_per_min = arrivals_per_min
        self.reneging_per_min = 1.0 / patience_mean_min
        full_busy = np.arange(servers, most_busy + 1)
        nobody = np.zeros(servers, dtype=np.int64)
        self.busy = np.concatenate((np.arange(servers), np.repeat(full_busy, places + 1)))
        self.waiting = np.concatenate((nobody, np.tile(np.arange(places + 1), full_busy.size)))
        self.service_per_min = self.busy / service_mean_min
        self.states = self.busy.size
        self.has_free = self.busy < self.servers
        self.has_room = ~self.has_free & (self.waiting < places)
        self.has_waiting = self.waiting > 0
        self.takes_next = self.has_waiting & (self.busy == self.servers)

    def state(self, busy: IntArray, waiting: IntArray) -> IntArray:
        """Number of the state with so many busy and waiting."""
        full = self.servers + (busy - self.servers) * (self.places + 1) + waiting
        return np.where(busy < self.servers, busy, full)

    def successor(self, after: QueueChain) -> IntArray:
        """State of the period ``after`` that each state becomes: servers who come on duty take customers."""
        taken = np.clip(after.servers - self.busy, 0, self.waiting)
        return after.state(self.busy + taken, self.waiting - taken)

    def queue_generator(self) -> sparse.csr_array:
        """Rates of the queue."""
        arriving = np.full(self.states, self.arrivals_per_min)
        moves = [
            self._moves(self.has_free, arriving, busy=1),
            self._moves(self.has_room, arriving, waiting=1),
            self._moves(self.takes_next, self.service_per_min, waiting=-1),
            self._moves(~self.takes_next & (self.busy > 0), self.service_per_min, busy=-1),
            self._moves(self.has_waiting, self._giving_up(self.waiting), waiting=-1),
        ]
        return generator(self.states, moves)

    def last_in_line_generator(self) -> sparse.csr_array:
        """Rates of the line up to one waiting customer; the customer's own giving up only drains."""
        moves = [
            self._moves(self.takes_next, self.service_per_min, waiting=-1),
            self._moves(self.has_waiting & ~self.takes_next, self.service_per_min, busy=-1),
            self._moves(self.waiting > 1, self._giving_up(self.waiting - 1), waiting=-1),
        ]
        own = sparse.diags_array(self.has_waiting * self.reneging_per_min)
        return sparse.csr_array(generator(self.states, moves) - own)

    def _giving_up(self, customers: IntArray) -> FloatArray:
        """Rate at which so many waiting customers lose one, per minute."""
        return customers.astype(np.float64) * self.reneging_per_min

    def _moves(self, where: BoolArray, per_min: FloatArray, busy: int = 0, waiting: int = 0) -> Moves:
        """Transitions from the states ``where`` that change the numbers busy and waiting by so much."""
        source = np.flatnonzero(where)
        target = self.state(self.busy[source] + busy, self.waiting[source] + waiting)
        return Moves(source, target, per_min[source])


def after_closing(chain: QueueChain) -> FloatArray:
    """Value of the last in line, by state, once nobody comes any more and the servers stay.

    Returns
    -------
    shape (3, states): expected wait in minutes, probability of service, expected wait times whether served.
    """
    values = np.zeros((3, chain.states))
    values[1, ~chain.has_waiting] = 1.0
    line = np.flatnonzero(chain.has_waiting)
    if line.size:
        rates = chain.last_in_line_generator()[line]
        solve = splu(sparse.csc_array(-rates[:, line])).solve
        values[0, line] = solve(np.ones(line.size))
        values[1, line] = solve(rates @ values[1])
        values[2, line] = solve(values[1, line])
    return values


def arrivals_and_line(chain: QueueChain) -> sparse.csr_array:
    """Backward equations of a period.

    Returns
    -------
    shape (6 states + 1, 6 states + 1): for each state the three values of `after_closing` summed over the
    arrivals still to come in the period, then the three values themselves, then the constant 1.
    """
    queue, line = chain.queue_generator(), chain.last_in_line_generator()
    waits = sparse.diags_array(chain.has_waiting.astype(np.float64))
    joiners = np.flatnonzero(chain.has_room)
    last = chain.state(chain.busy[joiners], chain.waiting[joiners] + 1)
    per_min = np.full(joiners.size, chain.arrivals_per_min)
    joining = sparse.csr_array((per_min, (joiners, last)), shape=queue.shape)
    each = sparse.eye_array(3)
    while_served = sparse.csr_array(([1.0], ([2], [1])), shape=(3, 3))
    values = sparse.kron(each, line) + sparse.kron(while_served, waits)
    sums = sparse.hstack([sparse.kron(each, queue), sparse.kron(each, joining)])
    together = sparse.vstack([sums, sparse.hstack([sparse.csr_array(values.shape), values])])
    growth = np.zeros((6, chain.states, 1))
    growth[3, :, 0] = chain.has_waiting
    with_growth = sparse.hstack([together, sparse.csr_array(growth.reshape(-1, 1))])
    return sparse.csr_array(sparse.vstack([with_growth, sparse.csr_array((1, with_growth.shape[1]))]))
