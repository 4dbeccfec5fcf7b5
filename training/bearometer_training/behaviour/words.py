"""Names that fill the slots of patterns. Companies are invented; people's names are common ones of no one in mind."""

from bearometer_training.behaviour.template import Words

COMPANIES = (
    "Arvenholt",
    "Brackwell Group",
    "Castellane",
    "Denholm & Son",
    "Eskdale plc",
    "Fenwright",
    "Grunewalder AG",
    "Hollin",
    "Ishigaki Corp",
    "Karvonen Oyj",
    "Lindqvist AB",
    "Marchetti SpA",
    "Nordhavn",
    "Okonjo Group",
    "Pellegrin SA",
    "Quorndale",
    "Rastogi Ltd",
    "Sandoval Inc",
)
RIVALS = (
    "Belvoir",
    "Dralle AG",
    "Ensor",
    "Falmer Group",
    "Haverson plc",
    "Jessop",
    "Korhonen Oyj",
    "Merrow",
    "Orsini SpA",
    "Tolland Inc",
    "Umbrianova",
    "Varga",
    "Wexcombe",
    "Yarrow Ltd",
    "Zellmann",
)
BANKS = ("Dunmere Bank", "Banco Alvorada", "Tindall Savings Bank", "Nordvik Bank", "Mossgate Bank", "Bank Surya")
BROKERS = ("Galbraith Capital", "Ivanhoe Securities", "Kerr Lowe", "Nakasone Securities")
COUNTRIES = (
    "Australia",
    "Brazil",
    "Canada",
    "Chile",
    "Egypt",
    "France",
    "Germany",
    "Ghana",
    "India",
    "Indonesia",
    "Italy",
    "Japan",
    "Kenya",
    "Mexico",
    "Nigeria",
    "Norway",
    "Pakistan",
    "Poland",
    "Spain",
    "Sweden",
    "Turkey",
    "Vietnam",
)
PARTNERS = ("Argentina", "China", "Peru", "South Korea", "Switzerland", "Thailand")
PEOPLE = ("Anna Keller", "James Whitford", "Maria Santos", "Kenji Mori", "Ngozi Balogun", "Ravi Menon", "Elif Demir")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
CITIES = ("Oslo", "Osaka", "Lyon", "Lagos", "Denver", "Pune", "Porto", "Leeds")

WORDS: Words = {
    "company": COMPANIES,
    "rival": RIVALS,
    "bank": BANKS,
    "broker": BROKERS,
    "country": COUNTRIES,
    "partner": PARTNERS,
    "person": PEOPLE,
    "day": DAYS,
    "city": CITIES,
    "nth": ("second", "third", "fourth", "fifth"),
}
