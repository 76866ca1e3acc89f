"""How things lie in Firestore: deadlines, indexes, databases and what may be cleaned up, as Terraform is told of them."""

from __future__ import annotations

from fakes.clock import START
from firestore_bench import LOOKUPS, QUERIES, WRITES, Bench

from shared.adapters.firestore_database import CLEANED_UP, CONCERNS, EXPIRES, INDEXED_TOGETHER, NOT_INDEXED, SECONDS
from shared.errors import Overtaken


def test_every_call_has_a_deadline(bench: Bench) -> None:
    bench.fill()
    for do in [*WRITES.values(), *LOOKUPS.values(), *QUERIES.values()]:
        try:
            do(bench)
        except Overtaken:  # a line that an earlier one of them wrote
            continue
    assert len(bench.network.asked) > 30
    assert {name for name, _, _ in bench.network.asked} == {"Commit", "BatchGetDocuments", "RunQuery"}
    assert max(seconds for _, _, seconds in bench.network.asked) <= SECONDS + 1


def test_the_queries_need_the_indexes_that_are_named_and_no_others(bench: Bench) -> None:
    from google.cloud.firestore_v1.types import RunQueryRequest

    bench.fill()
    for do in QUERIES.values():
        do(bench)
    queries = [
        RunQueryRequest.deserialize(message).structured_query
        for name, message, _ in bench.network.asked
        if name == "RunQuery"
    ]
    assert len(queries) >= len(QUERIES)
    needed = {query.from_[0].collection_id: index for query in queries if (index := composite(query))}
    assert needed == INDEXED_TOGETHER


def test_every_collection_has_a_database_of_its_concern(bench: Bench) -> None:
    bench.fill()
    for do in WRITES.values():
        do(bench)
    with bench.database.reading() as client:
        top = {one.id for one in client.collections()}
        under = {one.id for path in ("runs/r-1", "fixes/f-1") for one in client.document(path).collections()}
    known = [name for names in CONCERNS.values() for name in names]
    assert top | under <= set(known)
    assert len(known) == len(set(known))
    assert {*CLEANED_UP, *INDEXED_TOGETHER, *NOT_INDEXED} <= set(known)


def test_documents_that_may_be_cleaned_up_say_after_when(bench: Bench) -> None:
    bench.fill()
    for do in WRITES.values():
        do(bench)
    with bench.database.reading() as client:
        for name in CLEANED_UP:
            found = client.collection_group(name).get()
            assert found or name == "leases", name
            assert all(one.get(EXPIRES) > START for one in found), name


def composite(query: object) -> tuple[tuple[str, str], ...]:
    """The composite index that production asks for; () where the indexes of single fields do."""
    where = query.where  # type: ignore[attr-defined]
    filters = list(where.composite_filter.filters) or ([where] if where.field_filter.field.field_path else [])
    told = [(one.field_filter.field.field_path, one.field_filter.op.name) for one in filters]
    equal = [field for field, how in told if how == "EQUAL"]
    order = [(one.field.field_path, one.direction.name) for one in query.order_by]  # type: ignore[attr-defined]
    ranged = [(field, "ASCENDING") for field, how in told if how != "EQUAL" and field not in dict(order)]
    sorted_by = [(field, how) for field, how in [*order, *ranged] if field not in (*equal, "__name__")]
    index = (*((field, "ASCENDING") for field in equal), *sorted_by)
    return index if sorted_by and len(index) > 1 else ()
