"""What comes back from operations that run: errors that pass and errors that do not, time, hanging up, extensions."""

import asyncio

import pytest

from tests.server.stand_in import CANARY, KEY, KEYED, codes, standing


async def test_an_answer_has_its_data_and_the_reads_behind_it() -> None:
    async with standing() as stand:
        body = (await stand.post("{ name }")).json()
    assert body["data"] == {"name": "stand-in"}
    assert [entry["readId"] for entry in body["extensions"]["reports"]] == ["r1", "r1"]


async def test_one_failing_field_leaves_the_others_standing() -> None:
    async with standing() as stand:
        response = await stand.post("{ refused name }")
    assert response.status_code == 200
    assert response.json()["data"] == {"refused": None, "name": "stand-in"}
    (error,) = response.json()["errors"]
    assert error["message"] == "no such thing"
    assert error["path"] == ["refused"]
    assert error["extensions"] == {"code": "NOT_FOUND", "hint": "look elsewhere"}


@pytest.mark.parametrize("field", ["unexpected", "big"])
async def test_an_unexpected_error_is_told_by_the_requests_id_alone(field: str) -> None:
    async with standing() as stand:
        response = await stand.post(f"{{ {field} name }}")
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": response.headers["x-request-id"]}
    assert CANARY not in response.text
    assert "32-bit" not in response.text
    assert response.json()["data"] == {field: None, "name": "stand-in"}


async def test_data_that_became_null_is_still_an_answer() -> None:
    async with standing() as stand:
        response = await stand.post("{ must }")
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert codes(response) == ["NOT_FOUND"]


async def test_a_mutation_runs_by_post() -> None:
    async with standing() as stand:
        assert (await stand.post("mutation { change }")).json()["data"] == {"change": "changed"}


async def test_the_callers_name_is_the_keys() -> None:
    async with standing(KEYED, demo=False) as stand:
        response = await stand.post("{ caller }", headers={"authorization": f"Bearer {KEY}"})
    assert response.json()["data"] == {"caller": "alice"}


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), ("application/graphql-response+json", 504)])
async def test_an_operation_that_takes_too_long_is_cancelled_and_told(accept: str, status: int) -> None:
    async with standing(operation_seconds=0.05) as stand:
        response = await stand.post("{ slow name }", headers={"accept": accept})
        await asyncio.wait_for(stand.service.cancelled.wait(), 5)
    assert response.status_code == status
    assert set(response.json()) == {"errors"}
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "TIMEOUT", "requestId": response.headers["x-request-id"]}


async def test_an_operation_is_cancelled_when_its_caller_hangs_up() -> None:
    async with standing() as stand:
        asking = asyncio.create_task(stand.post("{ slow }"))
        await asyncio.wait_for(stand.service.started.wait(), 5)
        asking.cancel()
        await asyncio.wait_for(stand.service.cancelled.wait(), 5)
        stand.service.release.set()
        assert (await stand.post("{ slow }")).json()["data"] == {"slow": "done"}
        metrics = (await stand.client.get("/metrics")).text
    assert 'itsm_operations_total{code="CLIENT_GONE"} 1.0' in metrics


async def test_a_slow_operation_holds_up_nobody_else() -> None:
    async with standing() as stand:
        asking = asyncio.create_task(stand.post("{ slow }"))
        await asyncio.wait_for(stand.service.started.wait(), 5)
        assert (await stand.post("{ name }")).json()["data"] == {"name": "stand-in"}
        assert not asking.done()
        stand.service.release.set()
        assert (await asking).json()["data"] == {"slow": "done"}
