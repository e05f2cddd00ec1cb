"""schema.org in JSON-LD (release 30.0): GovernmentService, GovernmentOffice, ServiceChannel, HowTo, FAQPage.

One `GovernmentService` for each item and city that handles it. Texts carry their language. The context
is inline; nothing is loaded from the network.
"""

from __future__ import annotations

from core.cards import City, LocalText
from core.i18n import text
from knowledge.exports.linked import CITY_NAMES, Linked, Node, document, duration, join, page
from knowledge.imports.areas import CITY_AREAS
from knowledge.model import Centre, ChannelOffer, Faq, OpeningHours, ServiceItem, Variant

CONTEXT: Node = {
    "@vocab": "https://schema.org/",
    **{name: {"@type": "@id"} for name in ("dayOfWeek", "serviceUrl", "url")},
}
"""As schema.org's own context has them: what these name are IRIs and no texts."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def to_schema_org(linked: Linked) -> bytes:
    """The list as one graph."""
    graph = _Graph(linked)
    for item, city, variant in linked.services():
        graph.service(item, city, variant)
    for centre in linked.catalogue.centres.values():
        graph.office(centre)
    return document(CONTEXT, graph.nodes)


class _Graph:
    def __init__(self, linked: Linked) -> None:
        self._to = linked
        self.nodes: list[Node] = []

    def _add(self, iri: str, kind: str, **properties: object) -> Node:
        self.nodes.append({"@id": iri, "@type": kind, **properties})
        return {"@id": iri}

    def _area(self, city: City) -> Node:
        return self._add(
            self._to.area(city),
            "AdministrativeArea",
            name=self._to.texts(CITY_NAMES[city]),
            identifier=CITY_AREAS[city],
        )

    def service(self, item: ServiceItem, city: City, variant: Variant) -> None:
        """One item in one city."""
        to = self._to
        here = (item.item_id, city)
        department = variant.department or CITY_NAMES[city]
        operator = self._add(
            to.organisation(city, department),
            "GovernmentOrganization",
            name=to.texts(department),
            areaServed=self._area(city),
        )
        related = [(code, city) for code in item.related if to.there(code, city)]
        other: City = "dongguan" if city == "shenzhen" else "shenzhen"
        if to.there(item.item_id, other):
            related.append((item.item_id, other))
        self._add(
            to.service(*here),
            "GovernmentService",
            identifier=item.item_id,
            name=to.texts(item.name),
            alternateName=[*to.words("zh", item.aliases.zh), *to.words("en", item.aliases.en)],
            description=to.texts(item.summary),
            category=item.domain,
            jurisdiction=self._area(city),
            areaServed=self._area(city),
            serviceOperator=operator,
            serviceOutput=self._output(here, item.result),
            audience=[self._audience(who) for who in item.audience],
            availableChannel=[
                self._channel(here, number, offer, variant)
                for number, offer in enumerate(variant.channels, 1)
            ],
            offers=self._offers(here, variant),
            isRelatedTo=[{"@id": to.service(code, place)} for code, place in related],
            subjectOf=[*self._how_to(here, item, variant), *self._faq(here, item)],
        )

    def _output(self, here: tuple[str, City], result: LocalText | None) -> Node | None:
        if result is None:
            return None
        return self._add(self._to.iri("output", *here), "Thing", name=self._to.texts(result))

    def _audience(self, who: str) -> Node:
        return self._add(self._to.iri("code", "audience", who), "Audience", audienceType=who)

    def _channel(
        self, here: tuple[str, City], number: int, offer: ChannelOffer, variant: Variant
    ) -> Node:
        to = self._to
        phones = (
            [offer.phone] if offer.phone else variant.phones if offer.channel == "phone" else []
        )
        place = None
        if offer.channel == "window" and variant.where is not None:
            place = self._add(
                to.iri("place", *here, str(number)),
                "Place",
                description=to.texts(variant.where.text),
            )
        return self._add(
            to.iri("channel", *here, str(number)),
            "ServiceChannel",
            name=to.texts(offer.name),
            description=to.texts(offer.hours),
            availableLanguage=list(offer.languages),
            processingTime=duration(variant.time),
            providesService={"@id": to.service(*here)},
            serviceLocation=place,
            serviceUrl=page(offer.url),
            servicePhone=[
                self._add(to.iri("phone", phone), "ContactPoint", telephone=phone)
                for phone in phones
            ],
        )

    def _offers(self, here: tuple[str, City], variant: Variant) -> list[Node]:
        to = self._to
        return [
            self._add(
                to.iri("fee", *here, str(number)),
                "Offer",
                name=to.texts(fee.name),
                description=to.texts(join([fee.text, *([fee.waiver] if fee.waiver else [])])),
                price=None if fee.amount is None else f"{fee.amount:f}",
                priceCurrency=None if fee.amount is None else fee.currency,
                category="fee",
            )
            for number, fee in enumerate(variant.fees, 1)
        ]

    def _how_to(self, here: tuple[str, City], item: ServiceItem, variant: Variant) -> list[Node]:
        to = self._to
        if not variant.steps:
            return []
        steps = [
            self._add(
                to.iri("step", *here, str(number)),
                "HowToStep",
                position=number,
                text=to.texts(step.text),
            )
            for number, step in enumerate(variant.steps, 1)
        ]
        supplies = [
            self._add(
                to.iri("material", *here, material.id),
                "HowToSupply",
                name=to.texts(material.name),
                description=to.texts(material.condition),
            )
            for material in variant.materials
            if material.need != "exempt"
        ]
        title = LocalText(
            zh=f"{item.name.zh}：{text('knowledge.ask.steps', 'zh')}",
            en=f"{item.name.en}: {text('knowledge.ask.steps', 'en')}",
        )
        return [
            self._add(
                to.iri("howto", *here),
                "HowTo",
                name=to.texts(title),
                step=steps,
                supply=supplies,
                about={"@id": to.service(*here)},
                dateModified=item.as_of.isoformat(),
                isBasedOn=self._sources(item),
            )
        ]

    def _sources(self, item: ServiceItem) -> list[Node]:
        to = self._to
        return [
            self._add(
                to.iri("source", source.id),
                "CreativeWork",
                name=to.texts(source.title),
                url=page(source.url),
                identifier=source.doc_no,
                datePublished=source.issued.isoformat() if source.issued else None,
            )
            for source in (
                to.catalogue.sources[key] for key in item.sources if key in to.catalogue.sources
            )
        ]

    def _faq(self, here: tuple[str, City], item: ServiceItem) -> list[Node]:
        to = self._to
        asked: list[Faq] = [f for f in item.faqs if f.city in (None, here[1]) and f.holds(to.today)]
        questions = []
        for number, faq in enumerate(asked, 1):
            answer = self._add(
                to.iri("answer", *here, str(number)), "Answer", text=to.texts(faq.answer)
            )
            questions.append(
                self._add(
                    to.iri("question", *here, str(number)),
                    "Question",
                    name=to.texts(faq.question),
                    acceptedAnswer=answer,
                )
            )
        if not questions:
            return []
        return [
            self._add(
                to.iri("faq", *here),
                "FAQPage",
                name=to.texts(item.name),
                about={"@id": to.service(*here)},
                mainEntity=questions,
                dateModified=item.as_of.isoformat(),
            )
        ]

    def office(self, centre: Centre) -> None:
        """A centre with its position and hours."""
        to = self._to
        iri = to.iri("office", centre.id)
        self._add(
            iri,
            "GovernmentOffice",
            identifier=centre.id,
            name=to.texts(centre.name),
            description=to.texts(centre.transit),
            address=self._add(
                to.iri("address", centre.id),
                "PostalAddress",
                streetAddress=to.texts(centre.address),
                addressLocality=to.texts(CITY_NAMES[centre.city]),
                addressRegion=to.texts(LocalText(zh="广东省", en="Guangdong")),
                addressCountry="CN",
            ),
            geo=self._add(
                to.iri("geo", centre.id),
                "GeoCoordinates",
                latitude=centre.lat,
                longitude=centre.lon,
            ),
            openingHoursSpecification=[
                self._hours(centre.id, number, hours)
                for number, hours in enumerate(centre.hours, 1)
            ],
            telephone=list(centre.phones),
            areaServed=self._area(centre.city),
            amenityFeature=[
                self._add(
                    to.iri("code", "amenity", name),
                    "LocationFeatureSpecification",
                    name=name,
                    value=True,
                )
                for name in centre.accessibility
            ],
        )

    def _hours(self, centre: str, number: int, hours: OpeningHours) -> Node:
        return self._add(
            self._to.iri("hours", centre, str(number)),
            "OpeningHoursSpecification",
            dayOfWeek=[f"https://schema.org/{_DAYS[day - 1]}" for day in hours.days],
            opens=hours.opens,
            closes=hours.closes,
        )
