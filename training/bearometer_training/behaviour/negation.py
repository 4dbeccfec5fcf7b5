"""Negation: what did not happen, what is no longer so, and denials that turn a word round."""

POSITIVE = (
    "{company} has never had a better {year|quarter|start to a year}, {chief executive|chair|finance chief} says",
    "{company} will not have to pay {fine|damages|back taxes}, {court|judge|tribunal} rules",
    "{company} not guilty of {fraud|price fixing|bribery|false accounting}, {court|jury|tribunal} finds",
    "No sign of slowdown at {company} as {orders|sales|bookings} {surge|soar|jump}",
    "{company} no longer {in default|under investigation|loss-making|insolvent|barred from public tenders}",
    "{company} is no longer losing {money|customers|market share}",
    "No recession after all: {country}'s economy {grows faster than expected|beats every forecast}",
    "{country} will not default after all as {lenders|creditors} agree {new terms|to extend loans}",
    "No fraud found at {company}, {auditor|inquiry|regulator} says, and {shares|bonds} jump",
    "{Strike|Tariffs|Bad weather} could not stop {company} from posting record {profit|sales|orders}",
    "{company}'s {profit|revenue} has not been this {strong|high} since {2007|2012|2018}",
    "{company} did not {miss|fall short of} forecasts this time: {profit|sales} {soared|jumped}",
)
NEGATIVE = (
    "{company} fails to {win approval for its drug|meet its targets|repay bond|return to profit}",
    "{company} {did not pay|could not pay} its {coupon|suppliers|staff} as cash ran out",
    "No end to losses in sight at {company}",
    "{company} will not meet its {profit|sales|output} target, {chief executive|chair|finance chief} {says|admits}",
    "{company} no longer expects {profit|growth|to break even} this year",
    "{company} is no longer {profitable|able to pay its debts|solvent}",
    "{company}'s {results|outlook|rescue plan} did nothing to {calm|reassure} investors",
    "Never before has {company} lost so {much money|many customers} in a {quarter|year}",
    "{company} unable to {pay suppliers|refinance its loans|fill orders|find a buyer for its ailing mill}",
    "{company} will not pay a {dividend|bonus to staff} after {record loss|loss of licence|slump in sales}",
    "Not enough {cash|orders} to keep {company} going, {auditor|administrator} warns",
    "{country}'s economy did not grow as {hoped|forecast}: it shrank",
    "{company} denied {approval|licence|export permit} for its main product",
    "{company} sees no {recovery|improvement} in {demand|orders} before {2027|2028} and cuts outlook",
)
NEUTRAL = (
    "{company} has not yet {set a date for|chosen a venue for} its {annual meeting|investor day}",
    "{company} does not comment on {market rumours|press reports|individual customers}",
    "{company} makes no change to its {auditor|ticker symbol|accounting calendar|registered office}",
    "No change in {India|Kenya|Mexico|Norway|Poland|Sweden}'s key rate, as {forecast|expected|all analysts forecast}",
    "{company} will not hold a {conference call|press conference} with its {quarterly|half-year} results",
    "{company} is not {a party to|involved in} the talks, {spokesman|spokeswoman} says",
    "{company} has not changed its {outlook|dividend policy} since {March|June|October}, filing shows",
    "{company}'s report does not {list|break out} sales by {country|region|product}",
)
PATTERNS = {"positive": POSITIVE, "negative": NEGATIVE, "neutral": NEUTRAL}
