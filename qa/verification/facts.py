"""The comparable facts that a text states, each kind read when first asked for."""

from collections.abc import Sequence
from functools import cached_property

from qa.verification.claims.entities import Entity, EntityForms, find_entities
from qa.verification.claims.negation import Polarity, read_polarity
from qa.verification.claims.quantities import Quantity, find_quantities
from qa.verification.claims.semantic_roles import Role, find_roles
from vectorstore.text.dates import DateMention, find_dates


class Facts:
    """The names, dates, quantities, roles and negations of a sentence."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def names(self) -> list[Entity]:
        return find_entities(self.text)

    @cached_property
    def forms(self) -> EntityForms:
        """For checking whether the sentence mentions a name in some form."""
        return EntityForms(self.text)

    @cached_property
    def dates(self) -> list[DateMention]:
        return find_dates(self.text)

    @cached_property
    def quantities(self) -> list[Quantity]:
        inside_names = [
            n.span for n in self.names if len(n.words) > 1 or any(c.isdigit() for c in n.text)
        ]
        return find_quantities(self.text, [*(d.span for d in self.dates), *inside_names])

    @cached_property
    def polarity(self) -> Polarity:
        return read_polarity(self.text)

    @cached_property
    def roles(self) -> list[Role]:
        return find_roles(self.text, self.names)


def joint_polarity(facts: Sequence[Facts]) -> Polarity:
    """What several sentences affirm and deny together."""
    each = [one.polarity for one in facts]
    return Polarity(
        frozenset().union(*(one.stems for one in each)),
        frozenset().union(*(one.denied for one in each)),
        frozenset().union(*(one.affirmed for one in each)),
        sum(one.denials for one in each),
        frozenset().union(*(one.heads for one in each)),
        frozenset().union(*(one.opposed for one in each)),
    )
