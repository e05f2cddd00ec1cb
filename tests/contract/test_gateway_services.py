"""Contract: the service list over HTTP, on the real list."""

from __future__ import annotations

from core.settings import Settings
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
