"""A map that uses most of the grammar, for tests that change one thing in it."""

from __future__ import annotations

EXAMPLE = """\
journey: City branch
description: A walk-in retail branch with self-service, counters and advisers.
currency: CNY
hours: {open: 09:00, close: 17:00, at_close: serve}

segments:
  regular:
    share: 0.9
    priority: 2
    patience: {exponential: {mean: 21 min}}
    acceptable_wait: {lognormal: {median: 15 min, sigma: 0.4}}
    margin_per_year: 900
  vip: {share: 0.1, priority: 1, acceptable_wait: {constant: 5 min}, margin_per_year: 9000}

needs:
  cash:   {share: {regular: 0.7, vip: 0.4}, start: welcome}
  advice: {share: {regular: 0.3, vip: 0.6}, start: welcome}

arrivals:
  per_hour: {09:00: 24, 10:00: 40, 12:00: 55, 14:00: 30}
  scale: 1.0
  day_of_week: {mon: 1.2, sat: 0.6, sun: 0}

staff:
  greeters: {count: 1, serves: [door]}
  machines: {count: 3, serves: [kiosk_line], kind: machine}
  tellers:
    count: {09:00: 3, 11:30: 4, 14:00: 3}
    serves: [vip_line, counter_line]
    cost_per_hour: 60
    attentive: 0.8
  advisers: {count: 2, serves: [adviser_line], cost_per_hour: 90, attentive: 0.9}

queues:
  door: {}
  kiosk_line: {capacity: 10, balk: {at_length: 6, probability: 0.5}}
  vip_line: {}
  counter_line: {discipline: priority, conditions: [seated, informed]}
  adviser_line: {patience: none}

touchpoints:
  welcome:
    stage: Arrive
    queue: door
    service: {triangular: {low: 10 s, mode: 20 s, high: 60 s}}
    moment_of_truth: true
    next:
      - {to: vip_counter, when: {segment: vip}}
      - {to: {kiosk: 0.6, counter: 0.4}, when: {need: cash}}
      - {to: counter}
  kiosk:
    stage: Transact
    channel: self-service
    queue: kiosk_line
    service: {lognormal: {mean: 3 min, cv: 0.6}}
    fails: 0.08
    if_failed: counter
  vip_counter:
    stage: Transact
    queue: vip_line
    service: {gamma: {mean: 7 min, cv: 0.6}}
  counter:
    stage: Transact
    queue: counter_line
    service: {by_need: {cash: {gamma: {mean: 5 min, cv: 0.7}}, other: {gamma: {mean: 9 min, cv: 0.7}}}}
    next:
      - {to: adviser, when: {need: advice}, probability: 0.5}
      - {to: leave}
  adviser:
    stage: Advise
    kano: attractive
    queue: adviser_line
    service: {erlang: {mean: 20 min, k: 3}}
"""
