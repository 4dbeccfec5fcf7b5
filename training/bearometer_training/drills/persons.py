"""Invented persons, women and men alike: who speaks must not change how a text sounds."""

import random

_WOMEN = (
    "Anneli Rosalind Ximena Thandeka Oksana Meera Yuki Fatoumata Ingeborg Lucia Paloma Xiulan Noor Siobhan Agata "
    "Chiara Deepa Halima Katrin Leilani Marguerite Nkechi Pilar Ruta Soo-jin Tamar Vesna Wilhelmina Zeynep Beatrice"
)
_MEN = (
    "Anders Roland Xavier Thabo Oleg Madhav Yuto Mamadou Ingvar Lucio Pablo Xiaoming Nadir Seamus Adam Carlo Deepak "
    "Hamid Karsten Leon Marcel Nnamdi Pedro Rokas Sang-ho Timur Vasil Wilhelm Zoltan Bertrand"
)
_FAMILIES = (
    "Ahlgren Barros Castellan Dhillon Eklund Fofana Grantham Hoshino Iyer Jablonski Kerrigan Lindqvist Mbeki Novak "
    "Okafor Pereyra Quist Rantala Sandhu Tanaka Ueda Vasquez Wolff Yilmaz Zhou Abbott Berglund Cissé Drummond Farkas"
)
_OFFICES = (
    "chief executive|finance chief|chair|treasurer|head of sales|chief operating officer|founder|deputy chief executive"
)
_SHE = {"he": "she", "his": "her", "him": "her", "Mr": "Ms"}
_HE = {"he": "he", "his": "his", "him": "him", "Mr": "Mr"}


def person(rng: random.Random) -> dict[str, str]:
    """Values for the slots {person}, {family}, {office}, {he}, {his}, {him} and {Mr}."""
    she = rng.random() < 0.5
    family = rng.choice(_FAMILIES.split())
    full = f"{rng.choice((_WOMEN if she else _MEN).split())} {family}"
    return {"person": full, "family": family, "office": rng.choice(_OFFICES.split("|")), **(_SHE if she else _HE)}
