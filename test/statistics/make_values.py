"""Makes values.json: the bounds of test/statistics, by another implementation than ours.

    pip install scipy==1.17.1 && python3 make_values.py > values.json

Bounds of Clopper and Pearson are quantiles of the beta distribution (scipy.special.betaincinv). The nightly bounds are found
with exact fractions: the mixture is a rational number, and so is 1/(1 - confidence).
"""
import json
import sys
from fractions import Fraction

import scipy
from scipy.special import betaincinv
from scipy.stats import binom, norm

TALLIES = [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (0, 59), (0, 62), (0, 80), (1, 100), (5, 93), (40, 93), (2, 1000),
           (0, 2995), (0, 3139), (7, 3000), (500, 20000), (2013, 100000), (19, 1000000)]
CONFIDENCES = ['0.9', '0.95', '0.975', '0.99']


def once(failed, trials, confidence):
    upper = 1.0 if failed == trials else float(betaincinv(failed + 1, trials - failed, confidence))
    lower = 0.0 if failed == 0 else float(betaincinv(failed, trials - failed + 1, 1 - confidence))
    return lower, upper


def wilson(failed, trials, confidence):
    z = norm.ppf((1 + confidence) / 2)
    rate = failed / trials
    # As the roots of (rate - p)^2 = z^2 p (1 - p) / trials, not by the formula of the interval.
    a, b, c = 1 + z * z / trials, -2 * rate - z * z / trials, rate * rate
    root = max(0.0, b * b - 4 * a * c) ** 0.5
    return float((-b - root) / (2 * a)), float((-b + root) / (2 * a))


def below(failed, trials, limit):
    lower = [(Fraction(57, 100), 0), (Fraction(39, 100), Fraction(1, 10)), (Fraction(2, 100), Fraction(3, 10)),
             (Fraction(2, 100), Fraction(6, 10))]
    return sum(w * (Fraction(r) ** failed) * ((1 - r * limit) / (1 - limit)) ** (trials - failed) for w, r in lower)


def above(failed, trials, limit):
    total = Fraction(0)
    for i in range(30):
        rate = limit + (1 - limit) / 2 ** i
        total += Fraction(1, (i + 1) * (i + 2)) * (rate / limit) ** failed * ((1 - rate) / (1 - limit)) ** (trials - failed)
    return total


def solve(holds):
    low, high = Fraction(0), Fraction(1)
    for _ in range(30):
        middle = (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return float(high)


def nightly(failed, trials, confidence):
    bar = 1 / (1 - Fraction(confidence))
    lower = solve(lambda limit: above(failed, trials, limit) < bar) if failed else 0.0
    upper = solve(lambda limit: below(failed, trials, limit) >= bar) if failed < trials else 1.0
    return lower, upper


def change(before, after, confidence):
    (x1, n1), (x2, n2) = before, after
    total, share = x1 + x2, n2 / (n1 + n2)
    chance = min(1.0, 2 * float(binom.cdf(x2, total, share)), 2 * float(binom.sf(x2 - 1, total, share)))
    low, high = once(x2, total, (1 + confidence) / 2)
    to_ratio = lambda p: None if p == 1 else p / (1 - p) * n1 / n2
    return {'before': before, 'after': after, 'chance': chance, 'low': to_ratio(low), 'high': to_ratio(high)}


def row(failed, trials, confidence):
    number = float(confidence)
    made = {'failed': failed, 'trials': trials, 'confidence': number, 'once': once(failed, trials, number),
            'wilson': wilson(failed, trials, number)}
    # Powers of fractions grow with the trials.
    return made | ({'nightly': nightly(failed, trials, confidence)} if trials <= 100 else {})


json.dump({
    'madeBy': f'make_values.py, Python {sys.version.split()[0]}, scipy {scipy.__version__}',
    'bounds': [row(failed, trials, confidence) for failed, trials in TALLIES for confidence in CONFIDENCES],
    'changes': [change(before, after, 0.95) for before, after in [
        ((20, 1000), (1, 1000)), ((2013, 100000), (98, 100000)), ((3, 120), (3, 60)), ((0, 500), (7, 400)), ((9, 400), (0, 900)),
        ((120, 6000), (1, 4000))]],
}, sys.stdout, indent=1)
