"""Invented companies: stems of many regions, what they trade in, and the legal form of the place."""

import random

_STEMS = (  # beginnings, endings, legal forms
    (
        "Kvil Hjar Lyng Vask Rund Fjol Bryd Sauk Tuol Ylp Oksa Gjerm Skav Myrs Ulvk",
        "anko ersti olmen ikka undby estad avik orva elund amark",
        ("Oyj", "AB", "ASA", "A/S", "Abp", "Oy", "Group", "hf"),
    ),
    (
        "Hart Pem Dun Wex Cobb Thur Ald Brack Lang Stow Whit Ems Fen Mar Gar",
        "lowick erstoke inghurst esbrook ombe igrove umthwaite enmoor astead orcliffe",
        ("plc", "PLC", "Holdings", "Group", "Ltd", "& Sons", "Partners"),
    ),
    (
        "Trel Zan Corz Quil Vant Ox Brim Sper Nuld Hexo Ard Lurv Cael Dorv Myr",
        "avance entix oro ibrand uvia ostar elyne axiom idyne omera",
        ("Inc", "Corp", "Inc.", "Co", "Technologies", "Brands", "Industries", "LLC"),
    ),
    (
        "Kol Brenz Wald Trau Schel Dietz Hof Gries Lind Ruhl Vogt Aarn Zwe",
        "enauer ingsen echthal ofenau arber udorf ermann eltrich isbach",
        ("AG", "SE", "GmbH", "KGaA", "NV", "Holding", "AG & Co"),
    ),
    (
        "Morv Val Cass Ferr Oliv Torr Bel Sarr Alc Lun Pin Cort Mirav",
        "erano ignac abella ellori andreda ovaz imonte uretto oques",
        ("SA", "SpA", "S.A.", "SGPS", "Group", "S.p.A.", "SCA"),
    ),
    (
        "Shan Vid Rudh Pra Kes Ambi Suv Dhan Niv Jal Tar Mahi Gor",
        "arvati endra ukesh ilakam antara opuri iveni aksha umbal",
        ("Ltd", "Industries", "India", "Limited", "Enterprises", "Finserv", "Infra"),
    ),
    (
        "Kaga Mori Tsuru Haya Ishi Naka Sato Kuro Yana Oda Mina Fuse Hiro",
        "mune zato kubo wasa minori tetsu hisa gaya shiro",
        ("Holdings", "Co", "Corp", "KK", "Industries", "Kogyo", "Seisakusho"),
    ),
    (
        "Han Dae Jeong Xin Guang Long Tian Hua Bao Sun Kwang Yue Fong",
        "shuobei jiaowen ryong weicheng dongli mingtai hwarim zhuo tongli",
        ("Group", "Co", "Holdings", "Electronics", "Heavy Industries", "International"),
    ),
    (
        "Zam Oke Bula Thab Nk Adeb Moro Kib Sef Lwa Chid Orap",
        "ombela anduro ewale isenga ukari athule ogbene aruki",
        ("Plc", "Ltd", "Holdings", "Group", "Mining", "Bancorp"),
    ),
    (
        "Bor Vlod Kras Pol Zel Drag Stan Miro Tat Vesn Grod Jar",
        "izny owiec enkovo avia odarsk omirsk ocel ynska ubrin",
        ("SA", "PJSC", "a.s.", "d.d.", "JSC", "Nyrt", "Group"),
    ),
)
_TRADES = (
    "Bank Foods Steel Energy Pharma Motors Telecom Logistics Software Chemicals Retail Insurance Airlines Shipping "
    "Cement Media Paper Semiconductor Mining Homes Beverages Apparel Robotics Biotech Utilities Finance Hotels Rail "
    "Packaging Solar Gaming Fertilisers Oilfield Dairy Marine Optics Timber Aerospace Healthcare Cables"
)
_PLAIN, _TRADED, _FORMAL = 0.4, 0.35, 0.25


def company(rng: random.Random) -> str:
    """One name: "Kvilanko", "Hartlowick Foods", "Trelavance Inc"."""
    starts, ends, forms = rng.choice(_STEMS)
    stem = rng.choice(starts.split()) + rng.choice(ends.split())
    (shape,) = rng.choices(("plain", "traded", "formal"), (_PLAIN, _TRADED, _FORMAL))
    if shape == "plain":
        return stem
    return f"{stem} {rng.choice(_TRADES.split() if shape == 'traded' else forms)}"


def companies(count: int, rng: random.Random) -> list[str]:
    """So many names, no two of which begin with the same word."""
    found: dict[str, str] = {}
    while len(found) < count:
        name = company(rng)
        found.setdefault(name.split()[0], name)
    return list(found.values())


def cashtag(name: str) -> str:
    """A ticker of five letters in the way of tweets: the first letter and those consonants that follow."""
    letters = [c for c in name.upper() if c.isalpha()]
    kept = [letters[0], *(c for c in letters[1:] if c not in "AEIOU"), "X", "Q", "Z", "X"]
    return "$" + "".join(kept[:5])
