"""Words that say little about which story a text tells, in two kinds. Changing them changes every sketch."""

from bearometer_shared.stories.words import words

# They stand in any English sentence, or at the end of any wire item.
_FUNCTION = """
    a about after all also amp an and any are as at be because been before being between but by can could did do does
    down during each either few for from get got had has have he her here him his how i if in into is it its just may
    might more most must my no nor not now of off on one only or other our out over own per said same say says saying
    she should since so some such than that the their them then there these they this those through to told too two
    under until up upon us via very was we were what when where which while who whom whose why will with would you your
    reuter reuters
"""
# They stand in any company's results, dividend or bond, in any market report, and in any stock tip.
_TRADE = """
    inc corp corporation co cos ltd plc ag sa group holdings company companies unit board bank fund
    chairman president director official officials spokesman spokeswoman sources minister ministry government
    share shares shr stock stocks cts ct cents dlr dlrs dollar dollars mln bln million billion pct percent stg
    qtr qtly qtrly mthly quarter quarterly year yr years half month months mth mths week weeks day days today yesterday
    vs net revs sales revenue revenues profit loss earnings results note avg oper prior previous previously ago
    dividend div payout pay payable record regular sets set declared declares annual
    issue issues issued bond bonds notes debt due offer offers offering price prices priced rate rates
    market markets trade traders trading dealers analysts investors open opens opened close closes closed
    rise rises rose rising fall falls fell falling gain gains gained drop drops dropped up higher lower steady
    expected seen sees set total first second third fourth new news
    january february march april june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday
    check click see view watch watching visit try give go goto join free find look looking great best top hot must buy
    sell hold tip tips alert alerts research money finance financial financialnews personalfinance investing invest
    investment moneymanagement wealthmanagement wallstreet nasdaq nyse nse stockmarket daytrading newsletter economy
    equity liquidity overvalued stockaction video updated update
"""

FUNCTION = frozenset(words(_FUNCTION))
TRADE = frozenset(words(_TRADE)) - FUNCTION
