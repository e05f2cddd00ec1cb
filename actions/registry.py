"""Every action of the dialogue engine's domain, by name."""

from __future__ import annotations

from rasa_sdk import Action

from actions import account, forms, guess, people, service, talk
from actions.base import TopicAction
from actions.services import Services, Topic

TOPICS: dict[str, Topic] = {
    "action_service": service.service,
    "action_source": service.source,
    "action_fallback": guess.fallback,
    "action_out_of_scope": service.out_of_scope,
    "action_account": account.account,
    "action_consent": account.consent,
    "action_signed_in": account.signed_in,
    "action_identity": account.identity,
    "action_handoff": people.handoff,
    "action_feelings": people.feelings,
    "action_crisis": people.crisis,
    "action_refuse": people.refuse,
    "action_minor": people.minor,
    "action_act": people.act,
    "action_chat": talk.chat,
    "action_flow": talk.flow,
    "action_language": talk.language,
    "action_privacy": talk.privacy,
    "action_submit_callback": forms.submit_callback,
    "action_submit_case": forms.submit_case,
}


def actions(services: Services) -> list[Action]:
    """All actions, ready to run."""
    made: list[Action] = [TopicAction(name, topic, services) for name, topic in TOPICS.items()]
    for form, fields in forms.FIELDS.items():
        made.append(forms.FormValidate(form, services))
        made += [forms.FormAsk(form, field, services) for field in fields]
    return made
