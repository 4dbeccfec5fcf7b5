"""How much two sketches tell the same story."""

from bearometer_shared.stories.sketch import Code, Sketch, weight

SAME = 0.68  # from here on two items are one story; chosen on half of the labelled pairs
STRANGER = 0.85  # what each subject that the other item never names leaves of the similarity
CLOSE = 0.9  # from here on a copy adds nothing that later copies could be found by

Words = frozenset[Code]


def similarity(a: Sketch, b: Sketch) -> float:
    """In [0, 1]: two parts words, one part numbers.

    Titles agree by the weight of each one's words that the other's title or lead holds: a flash is found in the report
    that follows it. Where both have a body, their leads agree by weighted Jaccard; else the titles count twice.
    Forms filled in for two companies differ in their numbers and in their subject.
    """
    titles = _held_by_each_other(a.title, b.title, a, b)
    words = [titles, _jaccard(a.lead, b.lead) if _have_bodies(a, b) else titles]
    agreements = words if (figures := _figures(a, b)) is None else [*words, figures]
    return sum(agreements) / len(agreements) * STRANGER ** _strangers(a, b)


def _figures(a: Sketch, b: Sketch) -> float | None:
    """How the numbers agree; None where one text could not hold the other's, or corrects them."""
    if a.corrects or b.corrects:
        return None
    if _have_bodies(a, b):
        return _jaccard(a.numbers, b.numbers) if a.numbers or b.numbers else None
    of_a, of_b = a.numbers & a.title, b.numbers & b.title
    return _held_by_each_other(of_a, of_b, a, b) if of_a and of_b else None


def _strangers(a: Sketch, b: Sketch) -> int:
    """How many of the two subjects the other item does not name; 0 where there is no body to look in."""
    if not (a.has_body or b.has_body):
        return 0
    return _is_strange(a.subject, b) + _is_strange(b.subject, a)


def _is_strange(subject: Code, item: Sketch) -> bool:
    return subject != 0 and subject not in item.lead


def _have_bodies(a: Sketch, b: Sketch) -> bool:
    return a.has_body and b.has_body


def _held_by_each_other(of_a: Words, of_b: Words, a: Sketch, b: Sketch) -> float:
    return (_held(of_a, b.lead) + _held(of_b, a.lead)) / 2


def _held(codes: Words, lead: Words) -> float:
    whole = weight(codes)
    return weight(codes & lead) / whole if whole else 0.0


def _jaccard(a: Words, b: Words) -> float:
    both = weight(a & b)
    return both / (weight(a) + weight(b) - both)
