"""Comparisons: with estimates, with a year earlier, with rivals and with what was feared."""

POSITIVE = (
    "{company}'s {profit|revenue|margin} {beats|tops|exceeds} {estimates|forecasts|consensus}",
    "{company}'s {profit|sales|revenue} well above {analysts' forecasts|consensus|expectations}",
    "{company} earns more than analysts {expected|forecast|predicted}",
    "{company} {outgrows|outperforms|outsells} {its rivals|its peers|the industry}",
    "{company} grows {twice|three times} as fast as {rivals|the market}",
    "{company} {takes|wins|gains} market share from {rivals|larger competitors}",
    "{company}'s {profit|margin|order book} {higher|stronger|better} than a year {ago|earlier}",
    "{company}'s loss smaller than {feared|expected|a year earlier}",
    "{company}'s quarter {not as bad as|less bad than} feared, shares {rally|jump}",
    "{country}'s economy grows faster than {expected|forecast|its neighbours'}",
    "{company} shares {outperform|beat} the {index|sector} with {double-digit gain|record run}",
    "{company}'s bonds now trade at {tighter|narrower} spreads than {peers'|rivals'} after upgrade",
    "Best {quarter|half|year} in {five|six|ten} years for {company}",
    "{company}'s new {model|drug|phone} sells better than {its predecessor|planned|rival products}",
)
NEGATIVE = (
    "{company}'s {profit|revenue|margin} {lags|trails|undershoots} {estimates|forecasts|consensus}",
    "{company}'s {profit|sales|revenue} well below {analysts' forecasts|consensus|expectations}",
    "{company} earns less than analysts {expected|forecast|predicted}",
    "{company} {lags|trails|falls behind} {its rivals|its peers|the industry}",
    "{company} grows only half as fast as {rivals|the market}",
    "{company} {loses|cedes} market share to {rivals|cheaper competitors}",
    "{company}'s {profit|margin|order book} {lower|weaker|worse} than a year {ago|earlier}",
    "{company}'s loss {bigger|larger|deeper} than {feared|expected|a year earlier}",
    "{company}'s quarter {even worse than|worse than} feared, shares {slump|tumble}",
    "{country}'s economy grows more slowly than {expected|forecast|its neighbours'}",
    "{company} shares underperform the {index|sector} with {double-digit loss|record losing run}",
    "{company}'s bonds now trade at wider spreads than {peers'|rivals'} after downgrade",
    "Worst {quarter|half|year} in {five|six|ten} years for {company}",
    "{company}'s new {model|drug|phone} sells worse than {its predecessor|planned|rival products}",
)
NEUTRAL = (
    "{company}'s {profit|sales|revenue|margin} in line with {estimates|forecasts|consensus|expectations}",
    "{company}'s {sales|revenue|output} {level with|unchanged from|the same as} a year {ago|earlier}",
    "{company}'s {results|figures|sales} {match|meet} {estimates|consensus} exactly",
    "{country}'s growth {as forecast|in line with forecasts} in {first|second|third} quarter",
    "{company} shares {track|move with} the {index|sector}",
    "{company} grows at the same pace as {the market|its rivals|the industry}",
    "{company} keeps its market share at a {fifth|quarter|third}, level with last year",
    "{company}'s {headcount|store count|fleet} unchanged from a year {ago|earlier}",
)
PATTERNS = {"positive": POSITIVE, "negative": NEGATIVE, "neutral": NEUTRAL}
