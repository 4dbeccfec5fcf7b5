"""What is measured, in what unit, and whether more of it is good."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """A measured thing. `plural` is its grammar; `good` says that more of it is good for its owner."""

    name: str
    unit: str
    good: bool

    @property
    def plural(self) -> bool:
        """English takes most names in -s for plurals."""
        return self.name.endswith("s") and not self.name.endswith(("ss", "gross"))


def _all(unit: str, good: str, bad: str) -> list[Subject]:
    named = [(name, True) for name in good.split(", ")] + [(name, False) for name in bad.split(", ")]
    return [Subject(name, unit, is_good) for name, is_good in named]


COMPANY = (
    _all(
        "money",
        "sales, net sales, revenue, turnover, net profit, pretax profit, operating profit, EBIT, EBITDA, "
        "core earnings, "
        "free cash flow, operating cash flow, cash, order intake, new orders, order backlog, net interest income, "
        "fee income, bookings, assets under management, net inflows, licence revenue, rental income, premium income, "
        "net income, quarterly profit, earnings, royalties, deposits, attributable profit, underlying profit, "
        "export sales, online sales, service revenue, half-year profit, new contracts, gross profit, trading income, "
        "profit after tax, comparable operating profit, cash in hand, advertising revenue, lease income",
        "net loss, operating loss, pretax loss, costs, operating costs, staff costs, raw material costs, fuel costs, "
        "net debt, borrowings, bad loans, non-performing loans, loan-loss provisions, credit losses, impairments, "
        "writedowns, restructuring charges, interest expense, finance costs, warranty costs, insurance claims, "
        "catastrophe claims, cash burn, overheads, overdue receivables, litigation costs, client outflows, debt, "
        "pension deficit, stressed assets, energy bill, quarterly loss, half-year loss, net interest-bearing debt, "
        "gross NPAs, freight costs, loss after tax, administrative expenses, exceptional charges, storm losses",
    )
    + _all(
        "percent",
        "operating margin, gross margin, net margin, sales growth, organic growth, return on equity, market share, "
        "capital ratio, equity ratio, occupancy, load factor, capacity utilisation, customer retention, EBITDA margin, "
        "like-for-like sales growth, order growth, net interest margin, solvency ratio, win rate, loan growth",
        "customer churn, churn, gearing, bad-loan ratio, gross NPA ratio, cost-to-income ratio, default rate, "
        "delinquency rate, vacancy rate, combined ratio, claims ratio, staff attrition, return rate, scrap rate, "
        "cancellation rate, loss ratio, credit cost ratio, arrears rate, cost inflation",
    )
    + _all(
        "count",
        "subscribers, paying customers, passengers, shipments, deliveries, units sold, new policies, active users, "
        "vehicle sales, home completions, reservations, handset sales, tonnes shipped, client wins, "
        "members, output, contracts signed",
        "order cancellations, complaints, warranty claims, product recalls, defects, subscriber losses, outages, "
        "cancelled flights, insurance claims, defaults, unsold homes, lost customers, faulty units, injury claims",
    )
    + _all(
        "share",
        "earnings per share, EPS, dividend, adjusted EPS, net asset value per share, dividend per share, "
        "profit per share, interim dividend, cash flow per share, diluted earnings per share",
        "loss per share, adjusted loss per share, diluted loss per share, loss a share, LPS",
    )
)
PLACE = (
    _all(
        "money",
        "exports, trade surplus, tax revenue, retail sales, factory orders, foreign reserves, business investment, "
        "current account surplus, foreign direct investment, construction spending, machinery orders",
        "trade deficit, budget deficit, public debt, current account deficit, mortgage arrears, bank bad loans, "
        "household arrears, unpaid taxes, fiscal gap, capital flight, corporate defaults",
    )
    + _all(
        "percent",
        "economic growth, industrial output growth, GDP growth, employment rate, export growth, retail sales growth, "
        "real wage growth, labour participation, factory growth, productivity growth",
        "unemployment rate, inflation, jobless rate, consumer price inflation, core inflation, mortgage default rate, "
        "youth unemployment, poverty rate, food inflation, wholesale inflation, office vacancy rate",
    )
    + _all(
        "count",
        "housing starts, payrolls, job openings, car registrations, building permits, tourist arrivals, new hires",
        "jobless claims, initial jobless claims, bankruptcies, layoffs, foreclosures, company insolvencies, "
        "unemployment claims, business failures, redundancies, evictions",
    )
    + _all(
        "points",
        "manufacturing PMI, services PMI, consumer confidence, business sentiment index, investor morale, "
        "economic sentiment gauge, builder confidence",
        "misery index, financial stress index, economic uncertainty index, policy uncertainty gauge",
    )
)
# Of the market's quotes, with the company's name or the place's in its slot.
QUOTES = (
    _all(
        "price",
        "{company} shares, shares in {company}, shares of {company}, {company} stock, {cashtag}, {company}, "
        "the {company} share price, {company} ordinary shares, the stock of {company}, {cashtag} shares",
        "the cost of insuring {company} debt, the cost of borrowing {company} stock",
    )
    + _all(
        "points",
        "{place} stocks, the {place} benchmark index, the {place} main index, the {place} small-cap index, "
        "the {place} blue-chip gauge, {place} equities, the {place} bank index",
        "the {place} volatility index, the {place} fear gauge, the {place} stress gauge",
    )
    + _all(
        "spread",
        "the funding cushion of {company}, the excess spread of {company} loans",
        "{company} credit default swaps, default insurance on {company} debt, {company} bond spreads, "
        "the risk premium on {company} bonds, {place} sovereign spreads, {place} default swaps",
    )
)


def draw(pool: list[Subject], good: bool, rng: random.Random) -> Subject:
    """One subject of that polarity."""
    return rng.choice([subject for subject in pool if subject.good is good])
