"""Hedges: likely harm is bad news and likely gain is good news, but what may go either way is neither."""

POSITIVE = (
    "{company} may {raise its outlook|return to profit sooner than planned|beat its full-year target}, {broker} says",
    "{company} could {double profit|win record order|become debt-free} {this year|by 2028}",
    "{company} is likely to {raise its dividend|top forecasts|win approval for its drug}, analysts say",
    "{company} seems to be over the worst, {analysts|brokers|lenders} say",
    "{company} appears set for {a record year|its best quarter yet}",
    "{company} sees {early|first|tentative} signs of recovery in {demand|orders}",
    "{country}'s economy may be past the worst, {ministry|central bank|think tank} says",
    "Analysts believe {company} could {beat|top} {estimates|expectations} as {orders|sales} pick up",
    "{company} on course to {beat|exceed} its {profit|sales|output} target",
    "Settlement might end {company}'s {long|costly} {patent fight|tax dispute} within days",
)
NEGATIVE = (
    "{company} {may|might|could} be forced to {cut its dividend|file for bankruptcy|close its largest plant}",
    "{company} {may|might|could} miss its full-year {profit|sales} target",
    "{company} is likely to breach loan terms, {analysts|auditors|lenders} say",
    "Analysts fear {company} {may|could} {default|run out of cash|lose its licence}",
    "{company} appears to be running out of {cash|time}, people familiar with the matter say",
    "Some {lenders|suppliers|investors} doubt {company} can survive",
    "{country} seems headed for {recession|a debt crisis|its deepest slump in decades}",
    "{company} warns it could run out of {cash|parts} by {March|June|October}",
    "{company} possibly faces {record fine|ban on exports|criminal charges}",
    "Outlook for {company} looks increasingly {bleak|grim}, {broker} says",
    "There is a growing risk that {company} will {default|lose its biggest customer|have to restate results}",
    "{company}'s {write-down|loss} may be larger than {first thought|feared}",
)
NEUTRAL = (
    "Too early to say whether {merger|new pricing} will help or hurt {company}, {finance chief|analyst} says",
    "Analysts {divided|split} on whether {company}'s {move|plan|new strategy} is good or bad for the shares",
    "It is unclear whether {company} will {attend the hearing|renew its lease|send a delegate}",
    "{company} declines to say whether it will {bid|list abroad|change auditor}",
    "{company}'s shares could go either way after results, {strategist|analyst|trader} says",
    "{company} may move its annual meeting to {May|June|September}",
    "{company} might {rename|relabel} its {services|packaging|rental} division",
    "{company} considers changing its {ticker symbol|financial year|registered office}",
    "Central bank of {India|Kenya|Mexico|Norway|Poland} may or may not change rates on {day}, economists say",
)
PATTERNS = {"positive": POSITIVE, "negative": NEGATIVE, "neutral": NEUTRAL}
