"""CPSV-AP 3.2.0 in JSON-LD (https://semiceu.github.io/CPSV-AP/releases/3.2.0/).

One `cpsv:PublicService` for each item and city that handles it: competent authority, documents, costs
and channels differ between the cities. Life events are the bundles. Working days have no xsd:duration,
so a time in working days is a `cpsv:Rule` in words. Names are written with prefixes; nothing is loaded.
"""

from __future__ import annotations

from core.cards import CITIES, City, LocalText
from core.i18n import text
from knowledge.exports.linked import (
    CITY_NAMES,
    Linked,
    Node,
    document,
    duration,
    join,
    numbered,
    page,
)
from knowledge.imports.areas import CITY_AREAS
from knowledge.model import Bundle, ChannelOffer, ServiceItem, SourceRecord, Variant

CONTEXT: Node = {
    "cpsv": "http://purl.org/vocab/cpsv#",
    "cv": "http://data.europa.eu/m8g/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "time": "http://www.w3.org/2006/time#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_LANGUAGES = {"zh": "ZHO", "en": "ENG", "yue": "YUE"}
_AUTHORITY = "http://publications.europa.eu/resource/authority/"


def to_cpsv(linked: Linked) -> bytes:
    """The list as one graph."""
    graph = _Graph(linked)
    for item, city, variant in linked.services():
        graph.service(item, city, variant)
    for bundle in linked.catalogue.bundles.values():
        graph.life_event(bundle)
    return document(CONTEXT, graph.nodes)


def _label(key: str) -> LocalText:
    return LocalText(zh=text(key, "zh"), en=text(key, "en"))


class _Graph:
    def __init__(self, linked: Linked) -> None:
        self._to = linked
        self.nodes: list[Node] = []

    def _add(self, iri: str, kind: str, **properties: object) -> Node:
        """Add a node; `dct_title` stands for `dct:title`. Returns a reference to it."""
        body = {key.replace("_", ":", 1): value for key, value in properties.items()}
        self.nodes.append({"@id": iri, "@type": kind, **body})
        return {"@id": iri}

    def _concept(self, scheme: str, value: str) -> Node:
        return self._add(
            self._to.iri("code", scheme, value), "skos:Concept", skos_notation=f"{scheme}/{value}"
        )

    def _area(self, city: City) -> Node:
        return self._add(
            self._to.area(city),
            "dct:Location",
            dct_identifier=CITY_AREAS[city],
            skos_prefLabel=self._to.texts(CITY_NAMES[city]),
        )

    def _language(self, code: str) -> Node:
        return self._add(f"{_AUTHORITY}language/{_LANGUAGES[code]}", "dct:LinguisticSystem")

    def _page(self, url: str | None) -> Node | None:
        iri = page(url)
        return self._add(iri, "foaf:Document") if iri else None

    def _organisation(self, city: City, department: LocalText) -> Node:
        iri = self._to.organisation(city, department)
        return self._add(
            iri,
            "cv:PublicOrganisation",
            dct_identifier=iri,
            dct_title=self._to.texts(department),
            skos_prefLabel=self._to.texts(department),
            dct_spatial=self._area(city),
        )

    def service(self, item: ServiceItem, city: City, variant: Variant) -> None:
        """One item in one city with everything it refers to."""
        to = self._to
        here = (item.item_id, city)
        channels = [self._channel(here, i, offer) for i, offer in enumerate(variant.channels, 1)]
        department = variant.department or CITY_NAMES[city]
        known = [to.catalogue.sources[s] for s in item.sources if s in to.catalogue.sources]
        laws = [law for law in known if law.kind == "official"]
        self._add(
            to.service(*here),
            "cpsv:PublicService",
            dct_identifier=f"{item.item_id}-{city}",
            dct_title=to.texts(item.name),
            dct_description=to.texts(item.summary),
            cv_hasCompetentAuthority=self._organisation(city, department),
            cv_hasChannel=channels,
            cpsv_hasInput=self._evidence(here, variant),
            cv_holdsRequirement=self._requirements(here, variant),
            cv_hasCost=self._costs(here, variant),
            cpsv_produces=self._output(here, item),
            cpsv_follows=self._rules(here, item, variant),
            cv_contactPoint=self._contact(here, variant),
            cv_hasLegalResource=[self._source(law) for law in laws],
            cv_relatedService=[
                {"@id": to.service(code, city)} for code in item.related if to.there(code, city)
            ],
            cv_isGroupedBy=[
                {"@id": to.iri("event", bundle.id)}
                for bundle in to.catalogue.bundles.values()
                if any(step.item == item.item_id for step in bundle.steps)
            ],
            cv_thematicArea=self._concept("domain", item.domain),
            cv_processingTime=_xsd("duration", duration(variant.time)),
            dct_audience=[self._concept("audience", who) for who in item.audience],
            dct_spatial=self._area(city),
            dct_language=[self._language("zh"), self._language("en")],
            dcat_keyword=[
                *to.words("zh", [*item.aliases.zh]),
                *to.words("en", [*item.aliases.en]),
            ],
            dct_source=[self._source(source) for source in known],
            dct_modified=_xsd("date", item.as_of.isoformat()),
        )

    def _channel(self, here: tuple[str, City], number: int, offer: ChannelOffer) -> Node:
        to = self._to
        hours = None
        if offer.hours is not None:
            hours = self._add(
                to.iri("hours", *here, str(number)),
                "time:TemporalEntity",
                dct_description=to.texts(offer.hours),
            )
        return self._add(
            to.iri("channel", *here, str(number)),
            "cv:Channel",
            dct_identifier=f"{here[0]}-{here[1]}-channel-{number}",
            dct_type=self._concept("channel", offer.channel),
            dct_description=to.texts(offer.name),
            cv_openingHours=hours,
            foaf_page=self._page(offer.url),
        )

    def _evidence(self, here: tuple[str, City], variant: Variant) -> list[Node]:
        to = self._to
        found = []
        for material in variant.materials:
            if material.need == "exempt":  # the list says that it need not be brought
                continue
            kind = self._add(
                to.iri("evidence-type", material.id), "cv:EvidenceType", dct_identifier=material.id
            )
            notes = [words for words in (material.condition, material.fill_hint) if words]
            found.append(
                self._add(
                    to.iri("evidence", *here, material.id),
                    "cv:Evidence",
                    dct_identifier=f"{here[0]}-{here[1]}-{material.id}",
                    dct_title=to.texts(material.name),
                    dct_description=to.texts(join(notes)) if notes else None,
                    dct_type=self._concept("need", material.need),
                    dct_conformsTo=kind,
                    foaf_page=self._page(material.form_url),
                )
            )
        return found

    def _requirements(self, here: tuple[str, City], variant: Variant) -> list[Node]:
        to = self._to
        found = []
        for kind, facts in (("condition", variant.conditions), ("exclusion", variant.exclusions)):
            for number, fact in enumerate(facts, 1):
                found.append(
                    self._add(
                        to.iri("requirement", *here, kind, str(number)),
                        "cv:Requirement",
                        dct_identifier=f"{here[0]}-{here[1]}-{kind}-{number}",
                        dct_title=to.texts(fact.text),
                        dct_type=self._concept("requirement", kind),
                    )
                )
        return found

    def _costs(self, here: tuple[str, City], variant: Variant) -> list[Node]:
        to = self._to
        found = []
        for number, fee in enumerate(variant.fees, 1):
            words = join([fee.name, fee.text, *([fee.waiver] if fee.waiver else [])], "：", ": ")
            currency = self._add(
                f"{_AUTHORITY}currency/{fee.currency}", "skos:Concept", skos_notation=fee.currency
            )
            found.append(
                self._add(
                    to.iri("cost", *here, str(number)),
                    "cv:Cost",
                    dct_identifier=f"{here[0]}-{here[1]}-cost-{number}",
                    cv_hasValue=_xsd("double", None if fee.amount is None else f"{fee.amount:f}"),
                    cv_currency=currency if fee.amount is not None else None,
                    dct_description=to.texts(words),
                )
            )
        return found

    def _output(self, here: tuple[str, City], item: ServiceItem) -> Node | None:
        if item.result is None:
            return None
        return self._add(
            self._to.iri("output", *here),
            "cv:Output",
            dct_identifier=f"{here[0]}-{here[1]}-output",
            dct_title=self._to.texts(item.result),
        )

    def _rules(self, here: tuple[str, City], item: ServiceItem, variant: Variant) -> list[Node]:
        rules: list[tuple[str, LocalText]] = [("which_city", item.jurisdiction.text)]
        if variant.time is not None:
            rules.append(("time", variant.time.text))
        if variant.steps:
            rules.append(("steps", numbered([step.text for step in variant.steps])))
        return [
            self._add(
                self._to.iri("rule", *here, name),
                "cpsv:Rule",
                dct_identifier=f"{here[0]}-{here[1]}-{name}",
                dct_title=self._to.texts(_label(f"knowledge.facet.{name}")),
                dct_description=self._to.texts(words),
            )
            for name, words in rules
            if self._to.texts(words)
        ]

    def _contact(self, here: tuple[str, City], variant: Variant) -> Node | None:
        if not variant.phones:
            return None
        return self._add(
            self._to.iri("contact", *here), "cv:ContactPoint", cv_telephone=list(variant.phones)
        )

    def _source(self, source: SourceRecord) -> Node:
        """What the list was read in; only what an authority issued is a legal resource."""
        return self._add(
            self._to.iri("source", source.id),
            "eli:LegalResource" if source.kind == "official" else "foaf:Document",
            dct_title=self._to.texts(source.title),
            dct_identifier=source.doc_no,
            dct_issued=_xsd("date", source.issued.isoformat() if source.issued else None),
            foaf_page=self._page(source.url),
        )

    def life_event(self, bundle: Bundle) -> None:
        """A bundle and the services it groups."""
        to = self._to
        services = [
            {"@id": to.service(step.item, city)}
            for step in bundle.steps
            for city in CITIES
            if to.there(step.item, city)
        ]
        self._add(
            to.iri("event", bundle.id),
            "cv:LifeEvent",
            dct_identifier=bundle.id,
            dct_title=to.texts(bundle.name),
            dct_description=to.texts(bundle.summary),
            cv_hasRelatedService=services,
        )


def _xsd(kind: str, value: str | None) -> Node | None:
    return None if value is None else {"@type": f"xsd:{kind}", "@value": value}
