"""Places to go as a card, and as JSON. Pure; every word comes from the list."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from core.cards import Action, CentreLine, CentresCard
from core.clock import CITY_TZ
from core.errors import InvalidInput
from core.i18n import Lang, text
from knowledge.catalogue import Catalogue
from knowledge.centres import Place, Wish, is_open
from knowledge.facts import city_name, join, weakest
from knowledge.guide import source_of
from knowledge.model import Centre, OpeningHours
from knowledge.payloads import ask_item, payload

MOST = 5
"""Centres on a card."""
_WEEK = list(range(1, 8))


def centres_card(
    catalogue: Catalogue,
    places: Sequence[Place],
    wish: Wish,
    *,
    lang: Lang,
    now: dt.datetime | None,
    unrecorded: Sequence[str] = (),
) -> CentresCard:
    """The first five of `places`, which fit `wish`, as of the instant `now` (aware; None: whether they are
    open is not told). `unrecorded`: what was asked that the list does not hold of them."""
    shown = places[:MOST]
    status = weakest(place.centre.status for place in shown)
    item = wish.item
    actions = []
    if item is not None:
        name = item.name.in_(lang)
        title = text("knowledge.ask.about", lang, name=name)
        actions.append(Action(title=title, token=ask_item(item.item_id, city=wish.city)))
    report = payload("report_outdated", code=",".join(place.centre.id for place in shown))
    actions += [
        Action(title=text("knowledge.ask.report", lang), kind="report", token=report),
        Action(title=text("knowledge.ask.person", lang), kind="handoff"),
    ]
    return CentresCard(
        lang=lang,
        title=_title(catalogue, wish, lang),
        code=item.item_id if item else None,
        centres=[_line(catalogue, place, lang, now) for place in shown],
        total=len(places),
        note=_note(wish, len(places), unrecorded, lang),
        actions=actions,
        as_of=min(place.centre.as_of for place in shown).isoformat(),
        status=status,
        disclaimer=text("knowledge.disclaimer", lang) if status == "to_confirm" else None,
        list_version=catalogue.version,
    )


def _note(wish: Wish, total: int, unrecorded: Sequence[str], lang: Lang) -> str:
    note = text("knowledge.centres.note", lang)
    if unrecorded:
        things = [text(f"knowledge.access.{name}", lang) for name in unrecorded]
        listed = join(things, lang, listing=True)
        note = join([text("knowledge.centres.unrecorded", lang, things=listed), note], lang)
    if total > MOST and not wish.districts and wish.near is None:
        note = join([note, text("knowledge.centres.say_district", lang)], lang)
    return note


def _title(catalogue: Catalogue, wish: Wish, lang: Lang) -> str:
    """What is listed: the matter, else the kind of place; with where."""
    if wish.item is not None:
        what = text("knowledge.centres.for", lang, name=wish.item.name.in_(lang))
    elif wish.cross_city:
        what = text("knowledge.centres.cross_city", lang)
    elif wish.all_day:
        what = text("knowledge.centres.all_day", lang)
    elif wish.terminal:
        what = text("knowledge.centres.terminals", lang)
    else:
        what = text("knowledge.centres.any", lang)
    names = {c.district.zh: c.district.in_(lang) for c in catalogue.centres.values()}
    where = [names[district] for district in wish.districts]
    if not where and wish.city is not None:
        where = [city_name(wish.city, lang)]
    if not where:
        return what
    return text("knowledge.centres.at", lang, what=what, where=join(where, lang, listing=True))


def _line(catalogue: Catalogue, place: Place, lang: Lang, now: dt.datetime | None) -> CentreLine:
    centre = place.centre
    return CentreLine(
        id=centre.id,
        name=centre.name.in_(lang),
        city=centre.city,
        district=centre.district.in_(lang),
        address=centre.address.in_(lang),
        transit=centre.transit.in_(lang) if centre.transit else "",
        hours=hours_lines(centre, lang),
        open=is_open(centre, now) if now is not None and centre.hours else None,
        windows=[
            _named(f"{w.name.in_(lang)} {w.number}", w.cross_city, "cross_city", lang)
            for w in place.windows
        ],
        terminals=[_named(t.name.in_(lang), t.all_day, "all_day", lang) for t in place.terminals],
        accessibility=[text(f"knowledge.access.{name}", lang) for name in centre.accessibility],
        phones=list(centre.phones),
        lat=centre.lat,
        lon=centre.lon,
        distance_m=place.distance_m,
        source=source_of(catalogue, centre.source, lang),
        as_of=centre.as_of.isoformat(),
        status=centre.status,
    )


def _named(name: str, marked: bool, mark: str, lang: Lang) -> str:
    if not marked:
        return name
    return text("knowledge.qualified", lang, name=name, note=text(f"knowledge.place.{mark}", lang))


def _days(days: Sequence[int], lang: Lang) -> str:
    """`周一至周五`, `周六、周日`, `每天`."""
    ordered = sorted(set(days))
    if ordered == _WEEK:
        return text("knowledge.every_day", lang)
    names = [text(f"knowledge.day.{day}", lang) for day in ordered]
    if len(ordered) > 2 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return text("knowledge.days", lang, first=names[0], last=names[-1])
    return join(names, lang, listing=True)


def hours_lines(centre: Centre, lang: Lang) -> list[str]:
    """Weekly hours, the same days in one line, then the note."""
    by_days: dict[tuple[int, ...], list[OpeningHours]] = {}
    for hours in centre.hours:
        by_days.setdefault(tuple(sorted(set(hours.days))), []).append(hours)
    lines = [
        text(
            "knowledge.hours", lang, days=_days(days, lang),
            times=join([f"{h.opens}–{h.closes}" for h in rows], lang, listing=True),
        )
        for days, rows in by_days.items()
    ]  # fmt: skip
    if centre.hours_note is not None:
        lines.append(centre.hours_note.in_(lang))
    return lines


def centre_json(centre: Centre, now: dt.datetime, distance: int | None = None) -> dict[str, Any]:
    """One centre as the API shows it, in both languages."""
    body = centre.model_dump(mode="json", exclude_none=True)
    body["open"] = is_open(centre, now) if centre.hours else None
    body["distance_m"] = distance
    return body


def list_centres(
    catalogue: Catalogue, places: Sequence[Place], *, now: dt.datetime, page: int, page_size: int
) -> dict[str, Any]:
    """One page of centres, shape of `GET /api/v1/centres`; raises `InvalidInput` for a bad page."""
    if page < 1 or page_size < 1:
        raise InvalidInput(details={"page": page, "page_size": page_size})
    start = (page - 1) * page_size
    return {
        "items": [
            centre_json(place.centre, now, place.distance_m)
            for place in places[start : start + page_size]
        ],
        "page": page,
        "page_size": page_size,
        "total": len(places),
        "pages": max(1, math.ceil(len(places) / page_size)),
        "at": now.astimezone(CITY_TZ).isoformat(timespec="minutes"),
        "list_version": catalogue.version,
    }
