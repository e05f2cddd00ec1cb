"""Contract: the service list over HTTP, on the real list."""

from __future__ import annotations

from typing import Any

from core.cards import dump_card
from core.settings import Settings
from gateway.chat_api import buttons_of
from gateway.search import Said
from knowledge.answers import AnswerContext, Reply
from tests.gateway_client import running


async def test_the_list_is_searched_paged_filtered_and_read_in_both_languages(
    settings: Settings,
) -> None:
    """What other systems rely on: shapes, filters, languages, and typed errors."""
    async with running(settings) as (client, _):
        found = await (await client.get("/api/v1/services/search?q=社保卡丢了怎么补办&k=3")).json()
        assert found["decision"] == "answer"
        assert found["results"][0]["code"] == "SG-HR-004"
        assert set(found["results"][0]["name"]) == {"zh", "en"}
        page = await (await client.get("/api/v1/services?page_size=50")).json()
        assert page["total"] == 106
        assert len(page["items"]) == 50
        only = await (await client.get("/api/v1/services?city=dongguan&domain=housing")).json()
        codes = {item["code"] for item in only["items"]}
        assert "SG-HF-008" in codes
        assert "SG-HF-002" not in codes
        zh = await (await client.get("/api/v1/services/SG-HR-004")).json()
        en = await (await client.get("/api/v1/services/SG-HR-004?lang=en")).json()
        assert set(zh["cities"]) == {"shenzhen", "dongguan"}
        assert zh["aliases"]
        assert zh["sources"]
        assert zh["as_of"]
        assert zh["differences"][0]["label"] != en["differences"][0]["label"]
        missing = await client.get("/api/v1/services/SG-XX-999?lang=en")
        assert missing.status == 404
        assert (await missing.json())["error"]["code"] == "unknown_service"
        for bad in (
            "/search?q=",
            "/search",
            "?page=0",
            "?city=guangzhou",
            "?page=1&page=2",
            "?x=1",
        ):
            answer = await client.get(f"/api/v1/services{bad}")
            assert answer.status == 400, bad
            assert (await answer.json())["error"]["details"]["fields"]


async def test_an_item_shows_its_whole_guide(settings: Settings) -> None:
    """Steps with who acts, documents with who issues them, questions, places, what changes soon."""
    async with running(settings) as (client, gw):
        item = await (await client.get("/api/v1/services/SG-HR-004")).json()
        side = item["cities"]["dongguan"]
        for fact in [*side["materials"], *side["steps"], *side["channels"], *item["faqs"]]:
            assert {"status", "source", "as_of"} <= fact.keys()
        assert set(item["changes"]) == {"shenzhen", "dongguan"}
        assert item["centres"]
        assert set(item["centres"]) <= set(gw.search.catalogue.centres)
        assert "liaison" not in str(item).lower()
        covered = next(iter(gw.search.catalogue.door_offers.values())).items[0]
        visited = await (await client.get(f"/api/v1/services/{covered}")).json()
        assert visited["door_to_door"]


async def test_life_events_are_planned_for_the_answers_given(settings: Settings) -> None:
    """Steps in order with one list of documents, shorter with every no, in the caller's language."""
    async with running(settings) as (client, _):
        listed = await (await client.get("/api/v1/bundles")).json()
        assert len(listed["items"]) >= 10
        whole = await (await client.get("/api/v1/bundles/B-MOVE")).json()
        assert [step["number"] for step in whole["steps"]] == list(
            range(1, len(whole["steps"]) + 1)
        )
        assert {question["answer"] for question in whole["questions"]} == {None}
        answers = "has_car:no,has_child:no"
        short = await (await client.get(f"/api/v1/bundles/b-move?answers={answers}&lang=en")).json()
        assert len(short["steps"]) == len(whole["steps"]) - 2
        assert len(short["documents"]) < len(whole["documents"])
        assert short["steps"][0]["name"] != whole["steps"][0]["name"]
        assert short["list_version"] == listed["list_version"]
        for bad in (
            "?answers=wings:yes",
            "?answers=has_car",
            "?answers=has_car:yes,has_car:no",
            "?x=1",
        ):
            answer = await client.get(f"/api/v1/bundles/B-MOVE{bad}")
            assert answer.status == 400, bad
        missing = await client.get("/api/v1/bundles/B-NOWHERE")
        assert (missing.status, (await missing.json())["error"]["code"]) == (404, "unknown_bundle")


async def test_centres_are_filtered_ordered_and_paged(settings: Settings) -> None:
    """Every filter narrows, the nearest is first where a position is given, pages add up."""
    async with running(settings) as (client, _):

        async def get(query: str) -> dict[str, Any]:
            answer = await client.get(f"/api/v1/centres{query}")
            assert answer.status == 200, query
            body: dict[str, Any] = await answer.json()
            return body

        everything = await get("?page_size=100")
        assert everything["total"] == len(everything["items"]) >= 60
        second = await get("?page_size=20&page=2")
        assert second["items"][0]["id"] == everything["items"][20]["id"]
        longhua = await get("?district=龙华&item=SG-HR-004")
        assert {item["district"]["zh"] for item in longhua["items"]} == {"龙华区"}
        assert (await get("?district=Longhua"))["total"] >= longhua["total"] > 0
        near = await get("?lat=22.8163&lon=113.8052&all_day=true&city=dongguan")
        distances = [item["distance_m"] for item in near["items"]]
        assert distances == sorted(distances)
        assert {item["city"] for item in near["items"]} == {"dongguan"}
        signing = await get("?accessibility=sign_language&cross_city=true&language=en")
        assert all("sign_language" in item["accessibility"] for item in signing["items"])
        opened = await get("?open_now=true&page_size=100")
        assert all(item["open"] for item in opened["items"])
        one = await (await client.get("/api/v1/centres/sz-city?lang=en")).json()
        assert one["id"] == "SZ-CITY"
        assert one["list_version"] == everything["list_version"]
        for bad in (
            "?lat=22",
            "?city=paris",
            "?accessibility=stairs",
            "?page=0",
            "?open_now=perhaps",
        ):
            assert (await client.get(f"/api/v1/centres{bad}")).status == 400, bad
        assert (await client.get("/api/v1/centres?item=SG-XX-999")).status == 404
        missing = await client.get("/api/v1/centres/SZ-NOWHERE")
        assert (missing.status, (await missing.json())["error"]["code"]) == (404, "unknown_centre")


async def test_chips_of_the_list_work_while_the_dialogue_engine_is_away(settings: Settings) -> None:
    """A life event, places and the missing fact are answered from the list alone; text clients get
    the same as buttons."""
    async with running(settings) as (_, gw):

        async def tap(payload: str, context: AnswerContext) -> Reply:
            return await gw.search.respond(
                Said("c", "", payload), lang="zh", city=None, context=context, now=gw.clock.now()
            )

        plan = await tap('/ask_item{"code":"B-MOVE","answers":"has_car:no"}', AnswerContext())
        assert plan.context.bundle == "B-MOVE"
        buttons = buttons_of(dump_card(plan.cards[0]))
        assert any("has_car:yes" in button["payload"] for button in buttons)
        assert any("SG-PS-003" in button["payload"] for button in buttons)
        places = await tap('/ask_item{"code":"SG-HR-004","view":"centres"}', AnswerContext())
        assert places.cards[0].type == "centres"
        asking = AnswerContext("SG-HF-002", facet="documents", asking="contribution_city")
        token = (
            '/ask_item{"code":"SG-HF-002","facet":"documents","city":"dongguan",'
            '"fact":"contribution_city","place":"dongguan"}'
        )
        known = await tap(token, asking)
        assert known.codes == ("SG-HF-003",)
        assert known.context.facts == {"contribution_city": "dongguan"}
