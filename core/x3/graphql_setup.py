"""What is asked of X3 at set-up where it is read by GraphQL (sage-x3.md 10.15).

Entities without a node, and everything that is written, are checked as in `core.x3.setup`.
"""

from __future__ import annotations

from core.errors import ConfigError
from core.words import area
from core.x3.api1 import Api1Reader
from core.x3.fields import Field
from core.x3.graphql_answers import UnknownField
from core.x3.graphql_completion import is_refusal, lacking
from core.x3.graphql_documents import paths_of
from core.x3.graphql_questions import Question, Questions
from core.x3.profile import GraphNode
from core.x3.setup import SetUp, absent
from core.x3.soap_writer import SoapWriter
from core.x3.transport import Wire

say = area(__name__)

_BY_ID = Question("", "{_id:1}")
_LINES = "invoice_line"


class GraphqlSetUp(SetUp):
    """Checks of one endpoint; each raises the errors of a read when X3 cannot be asked."""

    def __init__(
        self, wire: Wire, reader: Api1Reader, writer: SoapWriter, questions: Questions
    ) -> None:
        super().__init__(wire, reader, writer)
        self._questions = questions

    def check_paging(self) -> None:
        """Read `company` one by one; what X3 offers is read anew for the checks that follow.

        Raises:
            ConfigError: X3 has more companies and does not lead to them, or GraphQL is not there.
        """
        if self._node("company") is None:
            super().check_paging()
            return
        self._questions.schema(is_fresh=True)
        if self._questions.page("company", _BY_ID, first=1).after:
            return
        if len(self._questions.page("company", _BY_ID, first=2).rows) > 1:
            why = say("x3_gives_one_company_of_several_and")
            raise ConfigError("CFG-01", why, "x3")

    def missing_properties(self, entity: str) -> tuple[str, ...] | None:
        """Required paths that the node lacks, or the node; None when that cannot be told.

        Where X3 does not tell its schema one page is asked for instead. Lines whose node X3 does
        not have are read by api1, and their properties are those of api1.
        """
        shape = self._node(entity)
        if shape is None:
            return super().missing_properties(entity)
        schema = self._questions.schema()
        if schema is None:
            return self._tried(entity, shape)
        if not schema.has_node(shape.node):
            return super().missing_properties(entity) if entity == _LINES else (shape.node,)
        needed = {field.path for field in shape.fields if field.is_required}
        missing = schema.missing(shape.node, (path for path in paths_of(shape) if path in needed))
        return tuple(dict.fromkeys(path.text for path in missing))

    def unknown_fields(self, entity: str) -> tuple[Field, ...]:
        """Fields that the node has no path for and api1 does not give either.

        Without a node as for api1; empty where api1 shows neither its fields nor a row.
        """
        if self._node(entity) is None:
            return super().unknown_fields(entity)
        wanted = [one for one in lacking(self._wire.profile, entity) if one.path.steps]
        if not wanted:
            return ()
        try:
            self._reader.rows(entity, "", count=1)  # what is described may still be refused
            present = self._present(entity)
        except ConfigError as error:
            if not is_refusal(error):
                raise
            return tuple(wanted)
        return absent(wanted, present)

    def _tried(self, entity: str, shape: GraphNode) -> tuple[str, ...] | None:
        """What one page shows; a wrong name is told by X3 without its path."""
        try:
            self._questions.page(entity, _BY_ID, first=1)
        except UnknownField as error:
            names = {name for name in error.names if name}
            return tuple(sorted(names)) or (shape.node,)
        return ()

    def _node(self, entity: str) -> GraphNode | None:
        shape = self._wire.profile.graphql.get(entity)
        return shape if shape is not None and shape.node else None
