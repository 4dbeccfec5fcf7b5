"""Two companies in one text: who gains and who is harmed. Each pattern says how `company` and `rival` fare.

Where how one of them fares could be disputed, it is None and not asked.
"""

PATTERNS: tuple[tuple[str, str | None, str | None], ...] = (
    ("{company} shares {soar|jump|surge} while {rival} {slumps|tumbles|sinks}", "positive", "negative"),
    ("{company}'s profit {falls|drops} as {rival}'s {rises|jumps}", "negative", "positive"),
    ("{company} {wins|takes} market share from {rival}", "positive", "negative"),
    ("{company} loses {big|key|navy} contract to {rival}", "negative", "positive"),
    (
        "Court orders {company} to pay {rival} {40|90|250} million dollars over {patents|breach of contract}",
        "negative",
        "positive",
    ),
    ("{company} wins {patent|trade-mark} suit against {rival}", "positive", "negative"),
    ("{broker} {upgrades|raises} {company} to buy, {downgrades|cuts} {rival} to sell", "positive", "negative"),
    ("{company} beats {estimates|forecasts}; {rival} misses", "positive", "negative"),
    ("Unlike {rival}, {company} {raises outlook|lifts dividend|reports higher profit}", "positive", "negative"),
    ("{company} {recall|strike|outage} hands {sales|orders|customers} to {rival}", "negative", "positive"),
    ("{company} replaces {rival} as {sole|main} supplier to {country}'s railway", "positive", "negative"),
    ("{company} overtakes {rival} as {industry|market} leader", "positive", "negative"),
    ("{rival} dropped from {blue-chip|benchmark} index, {company} takes its place", "positive", "negative"),
    ("{company} {files for bankruptcy|collapses}, clearing the field for {rival}", "negative", "positive"),
    ("Regulator fines {company}, clears {rival}", "negative", "positive"),
    ("{company} rescues {rival} from {collapse|bankruptcy} with cash injection", None, "positive"),
    ("{company} launches hostile bid for {rival} at {40|60|75} percent premium, {rival} shares soar", None, "positive"),
    ("{company} walks away from takeover of {rival}, whose shares {plunge|crash}", None, "negative"),
    ("{company} sues {rival} for {stealing trade secrets|unpaid bills}", None, "negative"),
    ("{company} cancels order with {rival} over {defects|delays}", None, "negative"),
    ("{broker} prefers {company} to {rival}", "positive", "negative"),
    ("{company} shares fall {9|12|17} percent on profit warning; {rival} reports on {day}", "negative", "neutral"),
    ("{company} soars on takeover bid; {rival} unchanged", "positive", "neutral"),
    ("{company} names former {rival} accountant {person} to its audit committee", "neutral", "neutral"),
    ("{company} and {rival} both to report results on {day}", "neutral", "neutral"),
    ("{company} moves into {city} building next to {rival}", "neutral", "neutral"),
    ("Both {company} and {rival} {post record profit|beat forecasts}", "positive", "positive"),
    ("Both {company} and {rival} {fined for price fixing|issue profit warnings}", "negative", "negative"),
    ("{company}'s bonds {rally|rise} on upgrade, {rival}'s {slide|sink} on default fears", "positive", "negative"),
    ("Customers {desert|abandon} {company} for {rival}", "negative", "positive"),
    ("{company}'s drug works better than {rival}'s in trial", "positive", "negative"),
    ("{rival} loses licence; {company} gets it", "positive", "negative"),
    ("Losses at {company} deepen, {rival} back in the black", "negative", "positive"),
)
